/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* virDomainFDAssociate. */
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "fdgroups.h"
#include "rows.h"

const struct vr_fdgroup *vr_fdgroup_find(const struct vr_domain *dom, const char *name)
{
    for (const struct vr_fdgroup *g = dom->fdgroups; g; g = g->next)
        if (vr_streq(g->name, name))
            return g;
    return NULL;
}

static void group_free(struct vr_fdgroup *g)
{
    for (size_t i = 0; i < g->n; i++)
        close(g->fds[i]);
    free(g->fds);
    free(g->name);
    free(g);
}

static void remove_group(struct vr_fdgroup *gone)
{
    for (struct vr_fdgroup **at = &gone->dom->fdgroups; *at; at = &(*at)->next)
        if (*at == gone) {
            *at = gone->next;
            break;
        }
    group_free(gone);
}

/* The guest keeps what its QEMU was given. */
static void client_gone(void *opaque)
{
    remove_group(opaque);
}

void vr_fdgroups_free(struct vr_domain *dom)
{
    while (dom->fdgroups) {
        struct vr_fdgroup *g = dom->fdgroups;
        vr_conn_off_close(g->conn, g);
        remove_group(g);
    }
}

static bool fd_associate(struct vr_call *call, const struct vr_domain_fd_associate_args *in, struct vr_void *out,
                         struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    if (!call->fd_count)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("no file descriptors came with the association of group '%s'"), in->name);
    struct vr_fdgroup *old = (struct vr_fdgroup *)(uintptr_t)vr_fdgroup_find(dom, in->name);
    if (old) { /* the last word counts */
        vr_conn_off_close(old->conn, old);
        remove_group(old);
    }
    struct vr_fdgroup *g = vr_new(struct vr_fdgroup);
    g->dom = dom;
    g->conn = call->conn;
    g->name = vr_strdup(in->name);
    g->fds = vr_alloc(call->fd_count * sizeof(*g->fds));
    for (size_t i = 0; i < call->fd_count; i++) {
        g->fds[g->n++] = call->fds[i];
        call->fds[i] = -1;
    }
    g->next = dom->fdgroups;
    dom->fdgroups = g;
    vr_conn_on_close(call->conn, g, client_gone, g);
    return true;
}

const struct vr_driver_row vr_rows_fdgroup[] = {
    VR_ROW(domain_fd_associate, fd_associate, 0),
    { 0 },
};
