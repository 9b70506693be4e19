/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools: their life, what they are, their document. */
#include "document.h"
#include "find.h"
#include "groups.h"

#include <stdlib.h>
#include "base/alloc.h"

#define POOL_RUN(function, call, done, failed)                                                     \
    static bool function(struct vr_cmd *cmd)                                                       \
    {                                                                                              \
        const char *name = NULL;                                                                   \
        vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", &name);                        \
        if (!pool)                                                                                 \
            return false;                                                                          \
        if (call != 0)                                                                             \
            return vr_complain(cmd, failed, name);                                                 \
        vr_print_extra(cmd, done "\n", name);                                                      \
        return true;                                                                               \
    }
POOL_RUN(refresh_run, virStoragePoolRefresh(pool, 0), "Pool %s refreshed", "Failed to refresh pool %s")
POOL_RUN(delete_run, virStoragePoolDelete(pool, 0), "Pool %s deleted", "Failed to delete pool %s")
POOL_RUN(destroy_run, virStoragePoolDestroy(pool), "Pool %s destroyed", "Failed to destroy pool %s")
POOL_RUN(undefine_run, virStoragePoolUndefine(pool), "Pool %s has been undefined", "Failed to undefine pool %s")

static const struct vr_opt pool_opts[] = { VR_OPT_POOL, { 0 } };
static const struct vr_opt active_opts[] = { VR_OPT_POOL_(vr_complete_pool_active), { 0 } };
static const struct vr_opt inactive_opts[] = { VR_OPT_POOL_(vr_complete_pool_inactive), { 0 } };
static const struct vr_command cmd_refresh = {
    "pool-refresh", active_opts, refresh_run, 0, N_("look again at which volumes a pool has"), NULL, NULL,
};
static const struct vr_command cmd_delete = {
    "pool-delete", inactive_opts, delete_run, 0, N_("delete what a pool is made of"),
    N_("Deletes the directory, volume group or disk label that a stopped pool is made of. This cannot be undone."), NULL,
};
static const struct vr_command cmd_destroy = {
    "pool-destroy", active_opts, destroy_run, 0, N_("stop a pool"), N_("Stops a pool. Its data stays as it is."), NULL,
};
static const struct vr_command cmd_undefine = {
    "pool-undefine", inactive_opts, undefine_run, 0, N_("remove a stopped pool's definition"), NULL, NULL,
};

static bool autostart_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    bool on = !vr_opt_bool(cmd, "disable");
    vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", &name);
    if (!pool)
        return false;
    if (virStoragePoolSetAutostart(pool, on) < 0) {
        return on ? vr_complain(cmd, _("failed to mark pool %s as autostarted"), name)
                  : vr_complain(cmd, _("failed to unmark pool %s as autostarted"), name);
    }
    vr_print_extra(cmd, on ? _("Pool %s marked as autostarted\n") : _("Pool %s unmarked as autostarted\n"), name);
    return true;
}
static const struct vr_command cmd_autostart = {
    "pool-autostart",
    (const struct vr_opt[]){ VR_OPT_POOL, { "disable", VR_OPT_BOOL, .help = N_("do not start it with the host") }, { 0 } },
    autostart_run, 0, N_("start a pool with the host, or not"), NULL, NULL,
};

#define OPTS_OVERWRITE                                                                             \
    { "no-overwrite", VR_OPT_BOOL, .help = N_("refuse where there is data already") },              \
        { "overwrite", VR_OPT_BOOL, .help = N_("overwrite what is there") }

static bool build_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    unsigned flags = (vr_opt_bool(cmd, "no-overwrite") ? VIR_STORAGE_POOL_BUILD_NO_OVERWRITE : 0) |
        (vr_opt_bool(cmd, "overwrite") ? VIR_STORAGE_POOL_BUILD_OVERWRITE : 0);
    vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", &name);
    if (!pool)
        return false;
    if (virStoragePoolBuild(pool, flags) != 0)
        return vr_complain(cmd, _("Failed to build pool %s"), name);
    vr_print_extra(cmd, _("Pool %s built\n"), name);
    return true;
}
static const struct vr_command cmd_build = {
    "pool-build", (const struct vr_opt[]){ VR_OPT_POOL_(vr_complete_pool_inactive), OPTS_OVERWRITE, { 0 } }, build_run, 0,
    N_("make the directory, file system or volume group of a pool"), NULL, NULL,
};

static bool start_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    unsigned flags = (vr_opt_bool(cmd, "build") ? VIR_STORAGE_POOL_CREATE_WITH_BUILD : 0) |
        (vr_opt_bool(cmd, "overwrite") ? VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE : 0) |
        (vr_opt_bool(cmd, "no-overwrite") ? VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE : 0);
    vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", &name);
    if (!pool)
        return false;
    if (virStoragePoolCreate(pool, flags) != 0)
        return vr_complain(cmd, _("Failed to start pool %s"), name);
    vr_print_extra(cmd, _("Pool %s started\n"), name);
    return true;
}
static const struct vr_command cmd_start = {
    "pool-start",
    (const struct vr_opt[]){ VR_OPT_POOL_(vr_complete_pool_inactive), { "build", VR_OPT_BOOL, .help = N_("build it first") },
                             OPTS_OVERWRITE, { 0 } },
    start_run, 0, N_("start a defined pool"), NULL, NULL,
};

static bool dumpxml_run(struct vr_cmd *cmd)
{
    vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", NULL);
    return pool && vr_document_print(cmd, virStoragePoolGetXMLDesc(pool, vr_opt_bool(cmd, "inactive") ? VIR_STORAGE_XML_INACTIVE : 0));
}
static const struct vr_command cmd_dumpxml = {
    "pool-dumpxml",
    (const struct vr_opt[]){ VR_OPT_POOL, { "inactive", VR_OPT_BOOL, .help = N_("what the next start uses") }, VR_OPTS_DOCUMENT, { 0 } },
    dumpxml_run, VR_CMD_JSON, N_("print a pool's document"), NULL, NULL,
};

struct edit {
    virStoragePoolPtr pool;
    char *name;
};

static char *edit_fetch(struct vr_cmd *cmd, void *opaque)
{
    virStoragePoolPtr pool = ((struct edit *)opaque)->pool;
    char *xml = virStoragePoolGetXMLDesc(pool, VIR_STORAGE_XML_INACTIVE);
    if (!xml && vr_last_code(cmd) == VIR_ERR_INVALID_ARG) { /* a driver without that flag */
        vr_forget_error(cmd);
        xml = virStoragePoolGetXMLDesc(pool, 0);
    }
    return xml;
}

static bool edit_define(struct vr_cmd *cmd, const char *xml, void *opaque)
{
    struct edit *e = opaque;
    virStoragePoolPtr pool = virStoragePoolDefineXML(vr_conn(cmd), xml, 0);
    if (!pool)
        return false;
    free(e->name);
    e->name = vr_strdup(virStoragePoolGetName(pool));
    virStoragePoolFree(pool);
    return true;
}

static bool edit_run(struct vr_cmd *cmd)
{
    vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", NULL);
    if (!pool)
        return false;
    struct edit e = { pool, NULL };
    struct vr_edit how = { .fetch = edit_fetch, .define = edit_define, .opaque = &e };
    int done = vr_edit_xml(cmd, &how);
    if (done == 0)
        vr_print(cmd, _("Pool %s XML configuration not changed.\n"), virStoragePoolGetName(pool));
    else if (done > 0)
        vr_print(cmd, _("Pool %s XML configuration edited.\n"), e.name);
    free(e.name);
    return done >= 0;
}
static const struct vr_command cmd_edit = {
    "pool-edit", pool_opts, edit_run, 0, N_("edit a pool's document"), N_("Opens a pool's definition in $VISUAL or $EDITOR."), NULL,
};

static bool info_run(struct vr_cmd *cmd)
{
    virStoragePoolInfo data;
    char uuid[VIR_UUID_STRING_BUFLEN];
    int autostart;
    bool bytes = vr_opt_bool(cmd, "bytes");
    vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", NULL);
    if (!pool)
        return false;
    VR_AUTO(vr_info) *info = vr_info_new(cmd, "%-15s %s\n");
    vr_info_str(info, _("Name:"), "%s", virStoragePoolGetName(pool));
    if (virStoragePoolGetUUIDString(pool, uuid) == 0)
        vr_info_str(info, _("UUID:"), "%s", uuid);
    if (virStoragePoolGetInfo(pool, &data) < 0)
        return false;
    vr_info_str(info, _("State:"), "%s", vr_pool_state_word(data.state));
    int persistent = virStoragePoolIsPersistent(pool);
    if (persistent < 0)
        vr_info_str(info, _("Persistent:"), "%s", _("unknown"));
    else
        vr_info_bool(info, _("Persistent:"), persistent, _("yes"), _("no"));
    if (virStoragePoolGetAutostart(pool, &autostart) < 0)
        vr_info_str(info, _("Autostart:"), "%s", _("no autostart"));
    else
        vr_info_bool(info, _("Autostart:"), autostart, _("yes"), _("no"));
    if (data.state == VIR_STORAGE_POOL_RUNNING || data.state == VIR_STORAGE_POOL_DEGRADED) {
        const struct { const char *label; unsigned long long value; } sizes[] = {
            { _("Capacity:"), data.capacity }, { _("Allocation:"), data.allocation }, { _("Available:"), data.available },
        };
        for (size_t i = 0; i < VR_COUNT(sizes); i++) {
            if (bytes)
                vr_info_uint(info, sizes[i].label, sizes[i].value, NULL);
            else
                vr_info_size(info, sizes[i].label, "%2.2lf %s", sizes[i].value);
        }
    }
    vr_info_done(vr_take(info));
    return true;
}
static const struct vr_command cmd_info = {
    "pool-info", (const struct vr_opt[]){ VR_OPT_POOL, { "bytes", VR_OPT_BOOL, .help = N_("sizes in bytes") }, { 0 } },
    info_run, VR_CMD_JSON, N_("show a pool"), NULL, NULL,
};

static bool name_run(struct vr_cmd *cmd)
{
    vr_auto(pool) virStoragePoolPtr pool = vr_pool_by(cmd, VR_BY_UUID);
    if (!pool)
        return false;
    vr_print(cmd, "%s\n", virStoragePoolGetName(pool));
    return true;
}
static const struct vr_command cmd_name = {
    "pool-name", (const struct vr_opt[]){ { "pool", VR_OPT_DATA, .help = N_("a pool's uuid") }, { 0 } }, name_run, 0,
    N_("the name of a pool by its uuid"), NULL, NULL,
};

static bool uuid_run(struct vr_cmd *cmd)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    vr_auto(pool) virStoragePoolPtr pool = vr_pool_by(cmd, VR_BY_NAME);
    if (!pool)
        return false;
    if (virStoragePoolGetUUIDString(pool, uuid) < 0)
        return vr_complain(cmd, "%s", _("failed to get pool UUID"));
    vr_print(cmd, "%s\n", uuid);
    return true;
}
static const struct vr_command cmd_uuid = {
    "pool-uuid",
    (const struct vr_opt[]){ { "pool", VR_OPT_DATA, .help = N_("a pool's name"), .complete = vr_complete_pool }, { 0 } }, uuid_run, 0,
    N_("the uuid of a pool by its name"), NULL, NULL,
};

static bool capabilities_run(struct vr_cmd *cmd)
{
    vr_autofree char *xml = virConnectGetStoragePoolCapabilities(vr_conn(cmd), 0);
    if (!xml)
        return vr_complain(cmd, "%s", _("failed to get storage pool capabilities"));
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "xml", xml);
    else
        vr_print(cmd, "%s\n", xml);
    return true;
}
static const struct vr_command cmd_capabilities = {
    "pool-capabilities", NULL, capabilities_run, VR_CMD_JSON, N_("print which kinds of pools there can be"), NULL, NULL,
};

const char *vr_pool_state_word(int state)
{
    static const char *const words[] = { N_("inactive"), N_("building"), N_("running"), N_("degraded"), N_("inaccessible") };
    return state >= 0 && (size_t)state < VR_COUNT(words) ? words[state] : _("unknown");
}

const struct vr_command *const vr_pool_commands[] = {
    &vr_cmd_find_sources_as, &vr_cmd_find_sources, &cmd_autostart, &cmd_build, &vr_cmd_pool_create_as, &vr_cmd_pool_create,
    &vr_cmd_pool_define_as, &vr_cmd_pool_define, &cmd_delete, &cmd_destroy, &cmd_dumpxml, &cmd_edit, &cmd_info, &vr_cmd_pool_list, &cmd_name,
    &cmd_refresh, &cmd_start, &cmd_undefine, &cmd_uuid, &vr_cmd_pool_event, &cmd_capabilities, NULL,
};
