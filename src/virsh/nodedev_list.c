/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host listed, as names or as a tree; and their events. */
#include "event_kinds.h"
#include "find.h"
#include "groups.h"
#include "tree.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"

VR_SORT_BY_NAME(by_name, virNodeDevicePtr, virNodeDeviceGetName)

#define CAP(word, name) { word, VIR_CONNECT_LIST_NODE_DEVICES_CAP_##name }
static const struct { const char *word; unsigned flag; } capabilities[] = {
    CAP("system", SYSTEM), CAP("pci", PCI_DEV), CAP("usb_device", USB_DEV), CAP("usb", USB_INTERFACE), CAP("net", NET),
    CAP("scsi_host", SCSI_HOST), CAP("scsi_target", SCSI_TARGET), CAP("scsi", SCSI), CAP("storage", STORAGE), CAP("fc_host", FC_HOST),
    CAP("vports", VPORTS), CAP("scsi_generic", SCSI_GENERIC), CAP("drm", DRM), CAP("mdev_types", MDEV_TYPES), CAP("mdev", MDEV),
    CAP("ccw", CCW_DEV), CAP("css", CSS_DEV), CAP("vdpa", VDPA), CAP("ap_card", AP_CARD), CAP("ap_queue", AP_QUEUE),
    CAP("ap_matrix", AP_MATRIX), CAP("vpd", VPD),
};
#undef CAP

static void complete_capability(struct vr_cmd *cmd, struct vr_completion *to)
{
    const char *names[VR_COUNT(capabilities) + 1] = { NULL };
    for (size_t i = 0; i < VR_COUNT(capabilities); i++)
        names[i] = capabilities[i].word;
    vr_complete_list(cmd, to, names);
}

static bool capability_flags(struct vr_cmd *cmd, const char *list, unsigned *flags)
{
    vr_autofree char *copy = vr_strdup(list);
    char *save = NULL;
    for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        size_t i = 0;
        while (i < VR_COUNT(capabilities) && !vr_streq(capabilities[i].word, word))
            i++;
        if (i == VR_COUNT(capabilities))
            return vr_complain(cmd, "%s", _("Invalid capability type"));
        *flags |= capabilities[i].flag;
    }
    return true;
}

static void print_tree(struct vr_cmd *cmd, virNodeDevicePtr *all, size_t n)
{
    VR_AUTO(vr_map) *index = vr_map_new();
    vr_autofree const char **names = vr_alloc((n + 1) * sizeof(*names));
    vr_autofree int *parents = vr_alloc((n + 1) * sizeof(*parents));
    for (size_t i = 0; i < n; i++) {
        names[i] = virNodeDeviceGetName(all[i]);
        vr_map_put_str(index, names[i], &names[i]);
    }
    for (size_t i = 0; i < n; i++) {
        const char *parent = virNodeDeviceGetParent(all[i]);
        const char **at = parent && !vr_streq(names[i], "computer") ? vr_map_get_str(index, parent) : NULL;
        parents[i] = at ? (int)(at - names) : -1;
    }
    /* Whoever is in a loop, which no honest daemon sends, hangs on no root and is not drawn. */
    struct vr_tree tree = { n, names, parents };
    vr_tree_print(cmd, &tree);
}

static void print_json(struct vr_cmd *cmd, virNodeDevicePtr *all, int n)
{
    struct vr_table *table = vr_table_new(cmd, _("Name"), _("Parent"), NULL);
    for (int i = 0; i < n; i++)
        vr_table_row(table, virNodeDeviceGetName(all[i]), virNodeDeviceGetParent(all[i]));
    vr_table_print(table);
}

static int count(virConnectPtr conn)
{
    return virNodeNumOfDevices(conn, NULL, 0);
}

static bool list_run(struct vr_cmd *cmd)
{
    bool tree = vr_opt_bool(cmd, "tree"), inactive = vr_opt_bool(cmd, "inactive"), both = vr_opt_bool(cmd, "all");
    const char *list = vr_opt_raw(cmd, "cap");
    unsigned flags = 0;
    if (both && inactive)
        return vr_complain(cmd, "%s", _("Option --all is incompatible with --inactive"));
    if (tree && (list || inactive))
        return vr_complain(cmd, "%s", _("Option --tree is incompatible with --cap and --inactive"));
    if (list && !capability_flags(cmd, list, &flags))
        return false;
    if (inactive || both)
        flags |= VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE;
    if (!inactive)
        flags |= VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE;
    virNodeDevicePtr *all;
    int n = virConnectListAllNodeDevices(vr_conn(cmd), &all, flags);
    if (n < 0)
        return vr_list_failed(cmd, _("Failed to list node devices"), count, _("Failed to count node devices"));
    vr_sort(all, (size_t)n, sizeof(*all), by_name);
    if (vr_json_wanted(cmd))
        print_json(cmd, all, n);
    else if (tree)
        print_tree(cmd, all, (size_t)n);
    for (int i = 0; i < n; i++) {
        if (!tree && !vr_json_wanted(cmd))
            vr_print(cmd, "%s\n", virNodeDeviceGetName(all[i]));
        virNodeDeviceFree(all[i]);
    }
    free(all);
    return true;
}
const struct vr_command vr_cmd_nodedev_list = {
    "nodedev-list",
    (const struct vr_opt[]){
        { "tree", VR_OPT_BOOL, .help = N_("draw what is plugged into what") },
        { "cap", VR_OPT_STRING, .help = N_("only devices of these kinds, divided by commas"), .complete = complete_capability },
        { "inactive", VR_OPT_BOOL, .help = N_("defined devices that are not started") },
        { "all", VR_OPT_BOOL, .help = N_("those and all others") },
        { 0 } },
    list_run, VR_CMD_JSON, N_("list the host's devices"), NULL, NULL,
};

/* ---- events ------------------------------------------------------------------------------------------------------- */

static void on_lifecycle(virConnectPtr conn, virNodeDevicePtr dev, int event, int detail, void *opaque)
{
    static const char *const names[] = { N_("Created"), N_("Deleted"), N_("Defined"), N_("Undefined") };
    vr_event_line(opaque, _("event 'lifecycle' for node device %s: %s"), virNodeDeviceGetName(dev),
                        event >= 0 && (size_t)event < VR_COUNT(names) ? names[event] : _("unknown"));
}

static void on_update(virConnectPtr conn, virNodeDevicePtr dev, void *opaque)
{
    vr_event_line(opaque, _("event '%s' for node device %s"), "update", virNodeDeviceGetName(dev));
}

static const char *const event_kinds[] = { "lifecycle", "update", NULL };
static const struct { int id; virConnectNodeDeviceEventGenericCallback callback; } events[] = {
    { VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE, VR_EVENT_CALLBACK_AS(virConnectNodeDeviceEventGenericCallback, on_lifecycle) },
    { VIR_NODE_DEVICE_EVENT_ID_UPDATE, on_update },
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
    vr_auto(nodedev) virNodeDevicePtr dev = NULL;
    if (vr_opt_raw(cmd, "device") && !(dev = vr_nodedev(cmd, NULL)))
        return false;
    struct vr_event_wait wait;
    if (!vr_event_wait_init(cmd, &wait))
        return false;
    bool ok = false;
    int id = virConnectNodeDeviceEventRegisterAny(vr_conn(cmd), dev, events[kind].id, events[kind].callback, &wait, NULL);
    if (id >= 0) {
        ok = vr_event_wait_run(&wait);
        virConnectNodeDeviceEventDeregisterAny(vr_conn(cmd), id);
    }
    vr_event_wait_done(&wait);
    return ok;
}
const struct vr_command vr_cmd_nodedev_event = {
    "nodedev-event",
    (const struct vr_opt[]){ { "device", VR_OPT_STRING, .help = N_("only events of this device"), .complete = vr_complete_nodedev },
                             VR_OPTS_EVENT(complete_event), { 0 } },
    event_run, 0, N_("wait for events of the host's devices"), NULL, NULL,
};
