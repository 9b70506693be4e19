/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools listed, and their events. */
#include "event_kinds.h"
#include "find.h"
#include "groups.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

VR_SORT_BY_NAME(by_name, virStoragePoolPtr, virStoragePoolGetName)

static const struct filter {
    const char *word;
    unsigned flag;
} filters[] = {
    { "transient", VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT },
    { "persistent", VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT },
    { "autostart", VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART },
    { "no-autostart", VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART },
}, types[] = {
    { "dir", VIR_CONNECT_LIST_STORAGE_POOLS_DIR },
    { "fs", VIR_CONNECT_LIST_STORAGE_POOLS_FS },
    { "netfs", VIR_CONNECT_LIST_STORAGE_POOLS_NETFS },
    { "logical", VIR_CONNECT_LIST_STORAGE_POOLS_LOGICAL },
    { "disk", VIR_CONNECT_LIST_STORAGE_POOLS_DISK },
    { "iscsi", VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI },
    { "iscsi-direct", VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT },
    { "scsi", VIR_CONNECT_LIST_STORAGE_POOLS_SCSI },
    { "mpath", VIR_CONNECT_LIST_STORAGE_POOLS_MPATH },
    { "rbd", VIR_CONNECT_LIST_STORAGE_POOLS_RBD },
    { "sheepdog", VIR_CONNECT_LIST_STORAGE_POOLS_SHEEPDOG },
    { "gluster", VIR_CONNECT_LIST_STORAGE_POOLS_GLUSTER },
    { "zfs", VIR_CONNECT_LIST_STORAGE_POOLS_ZFS },
    { "vstorage", VIR_CONNECT_LIST_STORAGE_POOLS_VSTORAGE },
};

static void complete_types(struct vr_cmd *cmd, struct vr_completion *to)
{
    const char *names[VR_COUNT(types) + 1] = { NULL };
    for (size_t i = 0; i < VR_COUNT(types); i++)
        names[i] = types[i].word;
    vr_complete_list(cmd, to, names);
}

/** "dir,fs" as flags; false, reported. */
static bool type_flags(struct vr_cmd *cmd, const char *list, unsigned *flags)
{
    vr_autofree char *copy = vr_strdup(list);
    char *save = NULL;
    for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        size_t i = 0;
        while (i < VR_COUNT(types) && !vr_streq(types[i].word, word))
            i++;
        if (i == VR_COUNT(types))
            return vr_complain(cmd, _("Invalid pool type '%s'"), word);
        *flags |= types[i].flag;
    }
    return true;
}

static const char *autostart_word(virStoragePoolPtr pool)
{
    int autostart;
    if (virStoragePoolGetAutostart(pool, &autostart) < 0)
        return _("no autostart");
    return autostart ? _("yes") : _("no");
}

static void plain_row(struct vr_table *table, virStoragePoolPtr pool)
{
    vr_table_row(table, virStoragePoolGetName(pool), virStoragePoolIsActive(pool) == 1 ? _("active") : _("inactive"),
                 autostart_word(pool));
}

static bool details_row(struct vr_cmd *cmd, struct vr_table *table, virStoragePoolPtr pool)
{
    virStoragePoolInfo data;
    if (virStoragePoolGetInfo(pool, &data) < 0)
        return vr_complain(cmd, "%s", _("Could not retrieve pool information"));
    bool known = data.state == VIR_STORAGE_POOL_RUNNING || data.state == VIR_STORAGE_POOL_DEGRADED;
    const unsigned long long sizes[] = { data.capacity, data.allocation, data.available };
    char shown[VR_COUNT(sizes)][64];
    for (size_t i = 0; i < VR_COUNT(sizes); i++) {
        const char *unit;
        double value = vr_pretty_size(sizes[i], &unit);
        snprintf(shown[i], sizeof(shown[i]), "%.2lf %s", value, unit);
        if (!known)
            snprintf(shown[i], sizeof(shown[i]), "-");
    }
    int persistent = virStoragePoolIsPersistent(pool);
    vr_table_row(table, virStoragePoolGetName(pool), vr_pool_state_word(data.state), autostart_word(pool),
                 persistent < 0 ? _("unknown") : persistent ? _("yes") : _("no"), shown[0], shown[1], shown[2]);
    return true;
}

static bool print_lines(struct vr_cmd *cmd, virStoragePoolPtr *all, int n, bool uuid, bool name)
{
    for (int i = 0; i < n; i++) {
        char text[VIR_UUID_STRING_BUFLEN];
        if (uuid) {
            if (virStoragePoolGetUUIDString(all[i], text) < 0)
                return vr_complain(cmd, "%s", _("failed to get pool UUID"));
            vr_print(cmd, "%-36s%c", text, name ? ' ' : '\n');
        }
        if (name)
            vr_print(cmd, "%-20s\n", virStoragePoolGetName(all[i]));
    }
    return true;
}

static bool print_table(struct vr_cmd *cmd, virStoragePoolPtr *all, int n, bool details)
{
    VR_AUTO(vr_table) *table = details ? vr_table_new(cmd, _("Name"), _("State"), _("Autostart"), _("Persistent"), _("Capacity"),
                                                      _("Allocation"), _("Available"), NULL)
                                       : vr_table_new(cmd, _("Name"), _("State"), _("Autostart"), NULL);
    for (int i = 0; i < n; i++) {
        if (!details)
            plain_row(table, all[i]);
        else if (!details_row(cmd, table, all[i]))
            return false;
    }
    vr_table_print(vr_take(table));
    return true;
}

static bool list_run(struct vr_cmd *cmd)
{
    bool inactive = vr_opt_bool(cmd, "inactive"), details = vr_opt_bool(cmd, "details");
    bool uuid = vr_opt_bool(cmd, "uuid"), name = vr_opt_bool(cmd, "name");
    unsigned flags = inactive ? VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE : VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE;
    const char *list;
    if (vr_opt_bool(cmd, "all"))
        flags = VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE | VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE;
    for (size_t i = 0; i < VR_COUNT(filters); i++)
        flags |= vr_opt_bool(cmd, filters[i].word) ? filters[i].flag : 0;
    if (!vr_exclusive(cmd, details, "details", uuid, "uuid") || !vr_exclusive(cmd, details, "details", name, "name") ||
        !vr_opt_string(cmd, "type", &list) || (list && !type_flags(cmd, list, &flags)))
        return false;
    virStoragePoolPtr *all;
    int n = virConnectListAllStoragePools(vr_conn(cmd), &all, flags);
    if (n < 0) {
        return inactive ? vr_list_failed(cmd, _("Failed to list pools"), virConnectNumOfDefinedStoragePools,
                                         _("Failed to get the number of inactive pools"))
                        : vr_list_failed(cmd, _("Failed to list pools"), virConnectNumOfStoragePools,
                                         _("Failed to get the number of active pools "));
    }
    vr_sort(all, (size_t)n, sizeof(*all), by_name);
    bool ok = (uuid || name) && !vr_json_wanted(cmd) ? print_lines(cmd, all, n, uuid, name) : print_table(cmd, all, n, details);
    for (int i = 0; i < n; i++)
        virStoragePoolFree(all[i]);
    free(all);
    return ok;
}
const struct vr_command vr_cmd_pool_list = {
    "pool-list",
    (const struct vr_opt[]){
        { "inactive", VR_OPT_BOOL, .help = N_("pools that are not active") },
        { "all", VR_OPT_BOOL, .help = N_("active and other pools") },
        { "transient", VR_OPT_BOOL, .help = N_("only pools without a stored definition") },
        { "persistent", VR_OPT_BOOL, .help = N_("only pools with one") },
        { "autostart", VR_OPT_BOOL, .help = N_("only pools that start with the host") },
        { "no-autostart", VR_OPT_BOOL, .help = N_("only pools that do not") },
        { "type", VR_OPT_STRING, .help = N_("only pools of these kinds, divided by commas"), .complete = complete_types },
        { "details", VR_OPT_BOOL, .help = N_("show sizes too") },
        { "uuid", VR_OPT_BOOL, .help = N_("print uuids") },
        { "name", VR_OPT_BOOL, .help = N_("print names") },
        { 0 } },
    list_run, VR_CMD_JSON, N_("list storage pools"), NULL, NULL,
};

/* ---- events ------------------------------------------------------------------------------------------------------- */

static void on_lifecycle(virConnectPtr conn, virStoragePoolPtr pool, int event, int detail, void *opaque)
{
    static const char *const names[] = { N_("Defined"), N_("Undefined"), N_("Started"), N_("Stopped"), N_("Created"), N_("Deleted") };
    vr_event_line(opaque, _("event 'lifecycle' for storage pool %s: %s"), virStoragePoolGetName(pool),
                        event >= 0 && (size_t)event < VR_COUNT(names) ? names[event] : _("unknown"));
}

static void on_refresh(virConnectPtr conn, virStoragePoolPtr pool, void *opaque)
{
    vr_event_line(opaque, _("event '%s' for storage pool %s"), "refresh", virStoragePoolGetName(pool));
}

static const char *const event_kinds[] = { "lifecycle", "refresh", NULL };
static const struct { int id; virConnectStoragePoolEventGenericCallback callback; } events[] = {
    { VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, VR_EVENT_CALLBACK_AS(virConnectStoragePoolEventGenericCallback, on_lifecycle) },
    { VIR_STORAGE_POOL_EVENT_ID_REFRESH, on_refresh },
};

static void complete_event(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, event_kinds);
}

static bool event_run(struct vr_cmd *cmd)
{
    int kind = vr_event_kind(cmd, event_kinds);
    if (kind < 0)
        return kind == -2;
    vr_auto(pool) virStoragePoolPtr pool = NULL;
    if (vr_opt_raw(cmd, "pool") && !(pool = vr_pool(cmd, "pool", NULL)))
        return false;
    struct vr_event_wait wait;
    if (!vr_event_wait_init(cmd, &wait))
        return false;
    bool ok = false;
    int id = virConnectStoragePoolEventRegisterAny(vr_conn(cmd), pool, events[kind].id, events[kind].callback, &wait, NULL);
    if (id >= 0) {
        ok = vr_event_wait_run(&wait);
        virConnectStoragePoolEventDeregisterAny(vr_conn(cmd), id);
    }
    vr_event_wait_done(&wait);
    return ok;
}
const struct vr_command vr_cmd_pool_event = {
    "pool-event",
    (const struct vr_opt[]){ { "pool", VR_OPT_STRING, .help = N_("only events of this pool"), .complete = vr_complete_pool },
                             VR_OPTS_EVENT(complete_event), { 0 } },
    event_run, 0, N_("wait for events of storage pools"), NULL, NULL,
};
