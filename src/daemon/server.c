/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "daemon.server"
/* The server: which procedures its drivers answer, and its end. */
#include <stdlib.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "client.h"

static int program_index(const struct vr_api_program *program)
{
    for (int i = 0; vr_api_programs[i]; i++)
        if (vr_api_programs[i] == program)
            return i;
    return -1;
}

static bool add_rows(const struct vr_driver_row **index[8], const struct vr_driver_row *row, const char *whose,
                     struct vr_error **err)
{
    for (; row->api; row++) {
        int p = program_index(row->api->program);
        if (p < 0 || p >= 8 || row->api->type != VR_API_CALL || !row->fn)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("driver %s: %s is no procedure that can be answered"), whose,
                           row->api->name);
        if (!index[p])
            index[p] = vr_alloc(row->api->program->call_count * sizeof(*index[p]));
        const struct vr_driver_row **slot = &index[p][row->api->number - 1];
        if (*slot)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("driver %s: two rows for %s"), whose, row->api->name);
        *slot = row;
    }
    return true;
}

bool vr_server_init(struct vr_server *s, const char *name, const struct vr_api_program *const *programs,
                    const struct vr_driver_row *builtin, const struct vr_driver *const *drivers,
                    struct vr_error **err)
{
    *s = (struct vr_server){ .name = name, .programs = programs, .builtin = builtin };
    s->limits = (struct vr_limits){ .max_clients = 5000, .max_anonymous = 20, .max_queued = 1000,
                                    .max_client_requests = 5, .keepalive_interval = 5, .keepalive_count = 5 };
    s->group = vr_group_new("server");
    while (drivers[s->driver_count])
        s->driver_count++;
    s->drivers = vr_alloc((s->driver_count + 1) * sizeof(*s->drivers));
    bool ok = add_rows(s->builtin_index, builtin, "libvirtd", err);
    for (size_t i = 0; ok && i < s->driver_count; i++) {
        s->drivers[i].driver = drivers[i];
        for (const struct vr_driver_row *const *table = drivers[i]->rows; ok && *table; table++)
            ok = add_rows(s->drivers[i].rows, *table, drivers[i]->name, err);
    }
    if (!ok)
        vr_server_done(s);
    return ok;
}

void vr_server_done(struct vr_server *s)
{
    for (int p = 0; p < 8; p++) {
        free(s->builtin_index[p]);
        for (size_t i = 0; i < s->driver_count; i++)
            free(s->drivers[i].rows[p]);
    }
    free(s->drivers);
    vr_group_free(s->group);
    *s = (struct vr_server){ 0 };
}

const struct vr_driver_row *vr_server_builtin(const struct vr_server *s, const struct vr_api_call *api)
{
    int p = program_index(api->program);
    return p >= 0 && p < 8 && s->builtin_index[p] ? s->builtin_index[p][api->number - 1] : NULL;
}

const struct vr_driver_row *vr_driver_entry_row(const struct vr_driver_entry *entry, const struct vr_api_call *api)
{
    int p = program_index(api->program);
    return entry && p >= 0 && p < 8 && entry->rows[p] ? entry->rows[p][api->number - 1] : NULL;
}

const struct vr_driver_entry *vr_server_driver(const struct vr_server *s, enum vr_driver_kind kind)
{
    for (size_t i = 0; i < s->driver_count; i++)
        if (s->drivers[i].driver->kind == kind)
            return &s->drivers[i];
    return NULL;
}

const struct vr_driver_entry *vr_server_hypervisor(const struct vr_server *s, const char *scheme)
{
    for (size_t i = 0; i < s->driver_count; i++) {
        const struct vr_driver *driver = s->drivers[i].driver;
        /* without a wish it is a hypervisor; by its scheme another driver can be opened for itself, as network:///system */
        if (scheme ? driver->schemes && vr_name_index(driver->schemes, scheme) >= 0 : driver->kind == VR_DRIVER_HYPERVISOR)
            return &s->drivers[i];
    }
    return NULL;
}

VR_SUSPENDS bool vr_server_stop(struct vr_server *s, vr_time deadline)
{
    s->stopping = true;
    vr_listen_stop(s);
    for (struct vr_client *c = s->first; c; c = c->next)
        vr_client_close(c, "the daemon ends");
    while (s->client_count && vr_cond_wait(&s->room, deadline, NULL))
        ;
    for (const struct vr_client *c = s->first; c; c = c->next)
        vr_warn("client %llu still has %zu calls under way", (unsigned long long)c->conn.id,
                vr_group_count(c->changes) + vr_group_count(c->conn.group));
    return s->client_count == 0;
}
