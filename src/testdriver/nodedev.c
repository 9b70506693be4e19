/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Node devices: what the host's document lists, and virtual fibre channel adapters that come and go. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <stdlib.h>
#include "internal.h"
#include "model/nodedev.h"

#define NODEDEV_FAIL(err, code, ...) vr_error_report((err), VIR_FROM_NODEDEV, (code), -1, __VA_ARGS__)

/* Every virtual adapter is made after this one, under that name. */
#define PATTERN "scsi_host11"
#define VPORT "scsi_host12"

static struct vr_nodedev_def *find(const struct vr_test *test, const char *name)
{
    VR_TEST_EACH(vr_nodedev_def, dev, test->devices)
        if (vr_streq(dev->name, name))
            return dev;
    return NULL;
}

static struct vr_nodedev_def *device_of(struct vr_call *call, const char *name, struct vr_error **err)
{
    struct vr_nodedev_def *dev = find(vr_test_of(call), name);
    if (!dev)
        vr_fail(err, VIR_ERR_NO_NODE_DEVICE, "no node device with matching name '%s'", name);
    return dev;
}

void vr_test_devices_free(struct vr_test *test)
{
    VR_TEST_EACH(vr_nodedev_def, dev, test->devices)
        vr_nodedev_def_free(dev);
    vr_test_list_done(&test->devices);
}

static void tell(struct vr_test *test, const char *name, int event)
{
    struct vr_event_object about = { .name = name };
    struct vr_node_device_event_lifecycle_msg m = { .dev = { .name = name }, .event = event };
    vr_test_event(test, VR_EVENTS_NODE_DEVICE, VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE, &about, &m);
}

/* A device of the same name is replaced. */
static void add(struct vr_test *test, struct vr_nodedev_def *def)
{
    struct vr_nodedev_def *old = find(test, def->name);
    if (old) {
        vr_test_list_remove(&test->devices, old);
        vr_nodedev_def_free(old);
    }
    vr_test_list_add(&test->devices, def);
}

bool vr_test_load_device(struct vr_test *test, const char *text, size_t len, struct vr_error **err)
{
    struct vr_nodedev_def *def = vr_nodedev_def_parse(text, len, VR_FORM_TEST, err);
    if (def)
        add(test, def);
    return def != NULL;
}

/* ---- capabilities ------------------------------------------------------------------------------------------------ */

static struct vr_nodedev_sub *sub_of(const struct vr_nodedev_def *dev, enum vr_nodedev_subtype type)
{
    for (size_t i = 0; i < dev->caps.n; i++)
        for (size_t k = 0; k < dev->caps.v[i]->subs.n; k++)
            if (dev->caps.v[i]->subs.v[k]->type == type)
                return dev->caps.v[i]->subs.v[k];
    return NULL;
}

/* A capability as callers ask for it: by name, by list flag; one inside another counts as well. */
static const struct {
    const char *name;
    unsigned flag;
    enum vr_nodedev_subtype sub;
} kinds[] = {
    { "system", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM, 0 },
    { "pci", VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV, 0 },
    { "usb_device", VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV, 0 },
    { "usb", VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_INTERFACE, 0 },
    { "net", VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET, 0 },
    { "scsi_host", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_HOST, 0 },
    { "scsi_target", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_TARGET, 0 },
    { "scsi", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI, 0 },
    { "storage", VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE, 0 },
    { "fc_host", VIR_CONNECT_LIST_NODE_DEVICES_CAP_FC_HOST, VR_NODEDEV_SUB_FC_HOST },
    { "vports", VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPORTS, VR_NODEDEV_SUB_VPORT_OPS },
    { "scsi_generic", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_GENERIC, 0 },
    { "drm", VIR_CONNECT_LIST_NODE_DEVICES_CAP_DRM, 0 },
    { "mdev_types", VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES, VR_NODEDEV_SUB_MDEV_TYPES },
    { "mdev", VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV, 0 },
    { "ccw", VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCW_DEV, 0 },
    { "css", VIR_CONNECT_LIST_NODE_DEVICES_CAP_CSS_DEV, 0 },
    { "vdpa", VIR_CONNECT_LIST_NODE_DEVICES_CAP_VDPA, 0 },
    { "ap_card", VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_CARD, 0 },
    { "ap_queue", VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_QUEUE, 0 },
    { "ap_matrix", VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_MATRIX, 0 },
    { "vpd", VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD, VR_NODEDEV_SUB_VPD },
};

static bool has_kind(const struct vr_nodedev_def *dev, size_t kind)
{
    if (kinds[kind].sub)
        return sub_of(dev, kinds[kind].sub) != NULL;
    for (size_t i = 0; i < dev->caps.n; i++)
        if (vr_streq(vr_nodedev_type_names[dev->caps.v[i]->type], kinds[kind].name))
            return true;
    return false;
}

static bool has_named(const struct vr_nodedev_def *dev, const char *name)
{
    for (size_t i = 0; i < VR_COUNT(kinds); i++)
        if (vr_streq(kinds[i].name, name))
            return has_kind(dev, i);
    return false;
}

static bool fits(const struct vr_nodedev_def *dev, unsigned flags)
{
    for (size_t i = 0; i < VR_COUNT(kinds); i++)
        if (flags & kinds[i].flag && has_kind(dev, i))
            return true;
    return flags == 0;
}

/* ---- virtual adapters -------------------------------------------------------------------------------------------- */

bool vr_test_vport_create(struct vr_test *test, const char *wwnn, const char *wwpn, struct vr_error **err)
{
    const struct vr_nodedev_def *like = find(test, PATTERN);
    if (!like)
        return vr_fail(err, VIR_ERR_NO_NODE_DEVICE, "no node device with matching name '%s'", PATTERN);
    struct vr_nodedev_def *def = vr_nodedev_def_copy(like);
    def->name = vr_arena_strdup(def->arena, VPORT);
    struct vr_nodedev_sub *fc = sub_of(def, VR_NODEDEV_SUB_FC_HOST);
    if (fc) {
        fc->wwnn = vr_arena_strdup(def->arena, wwnn);
        fc->wwpn = vr_arena_strdup(def->arena, wwpn);
    }
    add(test, def);
    tell(test, VPORT, VIR_NODE_DEVICE_EVENT_CREATED);
    return true;
}

static void remove_device(struct vr_test *test, struct vr_nodedev_def *dev)
{
    tell(test, dev->name, VIR_NODE_DEVICE_EVENT_DELETED);
    vr_test_list_remove(&test->devices, dev);
    vr_nodedev_def_free(dev);
}

void vr_test_vport_destroy(struct vr_test *test, const char *wwnn, const char *wwpn)
{
    VR_TEST_EACH(vr_nodedev_def, dev, test->devices) {
        const struct vr_nodedev_sub *fc = sub_of(dev, VR_NODEDEV_SUB_FC_HOST);
        if (fc && vr_streq0(fc->wwnn, wwnn) && vr_streq0(fc->wwpn, wwpn)) {
            remove_device(test, dev);
            return;
        }
    }
}

/* Which adapter the new one shall hang on. */
static const struct vr_nodedev_def *parent_for(const struct vr_test *test, const struct vr_nodedev_def *def,
                                               struct vr_error **err)
{
    VR_TEST_EACH(vr_nodedev_def, dev, test->devices) {
        const struct vr_nodedev_sub *fc = sub_of(dev, VR_NODEDEV_SUB_FC_HOST);
        bool chosen = def->parent ? vr_streq(dev->name, def->parent)
                      : def->parent_wwnn && def->parent_wwpn
                          ? fc && vr_streq0(fc->wwnn, def->parent_wwnn) && vr_streq0(fc->wwpn, def->parent_wwpn)
                      : def->parent_fabric_wwn ? fc && vr_streq0(fc->fabric_wwn, def->parent_fabric_wwn)
                                               : sub_of(dev, VR_NODEDEV_SUB_VPORT_OPS) != NULL;
        if (chosen)
            return dev;
    }
    NODEDEV_FAIL(err, VIR_ERR_INTERNAL_ERROR, "%s", "Could not find parent device for 'new device'");
    return NULL;
}

VR_FN(create_xml, node_device_create_xml_args, node_device_create_xml_ret)
{
    struct vr_test *test = vr_test_of(call);
    unsigned flags = in->flags & VIR_NODE_DEVICE_CREATE_XML_VALIDATE ? VR_FORM_VALIDATE : 0;
    VR_AUTO(vr_nodedev_def) *def = vr_nodedev_def_parse(in->xml_desc, strlen(in->xml_desc),
                                                        flags | VR_FORM_TEST | VR_NODEDEV_CREATE, err);
    if (!def)
        return false;
    const struct vr_nodedev_sub *fc = sub_of(def, VR_NODEDEV_SUB_FC_HOST);
    if (!fc)
        return NODEDEV_FAIL(err, VIR_ERR_INTERNAL_ERROR, "%s", "Device is not a fibre channel HBA");
    const struct vr_nodedev_def *parent = parent_for(test, def, err);
    if (!parent)
        return false;
    if (!sub_of(parent, VR_NODEDEV_SUB_VPORT_OPS))
        return NODEDEV_FAIL(err, VIR_ERR_INTERNAL_ERROR, "Parent device %s is not capable of vport operations",
                            parent->name);
    if (!vr_test_vport_create(test, fc->wwnn, fc->wwpn, err))
        return false;
    out->dev.name = VPORT;
    return true;
}

VR_FN(destroy, node_device_destroy_args, void)
{
    struct vr_nodedev_def *dev = device_of(call, in->name, err);
    if (dev && dev->parent) /* the computer itself stays */
        remove_device(vr_test_of(call), dev);
    return dev != NULL;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static uint32_t names(struct vr_call *call, const char *cap, int most, const char ***out)
{
    struct vr_test *test = vr_test_of(call);
    uint32_t n = 0;
    *out = vr_arena_alloc(call->arena, test->devices.n * sizeof(**out) + 1);
    VR_TEST_EACH(vr_nodedev_def, dev, test->devices)
        if ((!cap || has_named(dev, cap)) && (most < 0 || n < (uint32_t)most))
            (*out)[n++] = vr_arena_strdup(call->arena, dev->name);
    return n;
}

VR_FN(num_of_devices, node_num_of_devices_args, node_num_of_devices_ret)
{
    const char **unused;
    out->num = (int)names(call, in->cap, -1, &unused);
    return true;
}

VR_FN(list_devices, node_list_devices_args, node_list_devices_ret)
{
    out->names_count = names(call, in->cap, in->maxnames, &out->names);
    return true;
}

VR_FN(list_all_devices, connect_list_all_node_devices_args, connect_list_all_node_devices_ret)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_nonnull_node_device *list = vr_arena_alloc(call->arena, test->devices.n * sizeof(*list) + 1);
    VR_TEST_EACH(vr_nodedev_def, dev, test->devices)
        if (fits(dev, in->flags))
            list[out->ret++].name = vr_arena_strdup(call->arena, dev->name);
    out->devices = list;
    out->devices_count = in->need_results ? out->ret : 0;
    return true;
}

VR_FN(lookup_by_name, node_device_lookup_by_name_args, node_device_lookup_by_name_ret)
{
    struct vr_nodedev_def *dev = device_of(call, in->name, err);
    if (dev)
        out->dev.name = vr_arena_strdup(call->arena, dev->name);
    return dev != NULL;
}

VR_FN(get_xml, node_device_get_xml_desc_args, node_device_get_xml_desc_ret)
{
    struct vr_nodedev_def *dev = device_of(call, in->name, err);
    if (!dev)
        return false;
    vr_autofree char *text = vr_nodedev_def_format(dev, 0);
    out->xml = vr_arena_strdup(call->arena, text);
    return true;
}

VR_FN(get_parent, node_device_get_parent_args, node_device_get_parent_ret)
{
    struct vr_nodedev_def *dev = device_of(call, in->name, err);
    if (dev)
        out->parent_name = vr_arena_strdup(call->arena, dev->parent);
    return dev != NULL;
}

VR_FN(num_of_caps, node_device_num_of_caps_args, node_device_num_of_caps_ret)
{
    struct vr_nodedev_def *dev = device_of(call, in->name, err);
    if (dev)
        out->num = (int)dev->caps.n;
    return dev != NULL;
}

VR_FN(list_caps, node_device_list_caps_args, node_device_list_caps_ret)
{
    struct vr_nodedev_def *dev = device_of(call, in->name, err);
    if (!dev)
        return false;
    const char **list = vr_arena_alloc(call->arena, dev->caps.n * sizeof(*list) + 1);
    for (size_t i = 0; i < dev->caps.n && out->names_count < (uint32_t)in->maxnames; i++)
        list[out->names_count++] = vr_nodedev_type_names[dev->caps.v[i]->type];
    out->names = list;
    return true;
}

const struct vr_driver_row vr_test_nodedev_rows[] = {
    VR_ROW(node_device_create_xml, create_xml, VIR_NODE_DEVICE_CREATE_XML_VALIDATE),
    VR_ROW(node_device_destroy, destroy, 0),
    VR_ROW(node_num_of_devices, num_of_devices, 0),
    VR_ROW(node_list_devices, list_devices, 0),
    VR_ROW(connect_list_all_node_devices, list_all_devices, 0x3fffff),
    VR_ROW(node_device_lookup_by_name, lookup_by_name, 0),
    VR_ROW(node_device_get_xml_desc, get_xml, 0),
    VR_ROW(node_device_get_parent, get_parent, 0),
    VR_ROW(node_device_num_of_caps, num_of_caps, 0),
    VR_ROW(node_device_list_caps, list_caps, 0),
    { 0 },
};
