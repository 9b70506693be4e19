/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host that a guest is given: -device for the guest's side, and what backs it. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/blocks.h"

static bool host_usb(struct build *b, const struct vr_hostdev *h)
{
    struct vr_json *p = vr_json_object();
    if (!h->usb_bus && !h->usb_device) {
        vr_json_free(p);
        return vr_fail(b->err, VIR_ERR_INTERNAL_ERROR, "%s", _("USB host device is missing bus/device information"));
    }
    vr_json_add_str(p, "driver", "usb-host");
    vr_json_add_strf(p, "hostdevice", "/dev/bus/usb/%03u/%03u", h->usb_bus, h->usb_device);
    vr_json_add_str(p, "id", h->info.alias);
    if (h->guest_reset) {
        vr_json_add_bool(p, "guest-reset", !vr_streq(h->guest_reset, "off"));
        if (!vr_streq(h->guest_reset, "off"))
            vr_json_add_bool(p, "guest-resets-all", vr_streq(h->guest_reset, "on"));
    }
    add_boot(p, &h->info, 0);
    return cmd_placed_device(b, p, &h->info);
}

static bool host_pci(struct build *b, const struct vr_hostdev *h)
{
    /* A start has chosen by then; what only the document says is no answer, and stock says so where it only shows. */
    const char *driver = h->driver_name ? h->driver_name : "default";
    if (!vr_streq(driver, "vfio"))
        return vr_fail(b->err, VIR_ERR_INTERNAL_ERROR, _("invalid PCI passthrough type '%s'"), driver);
    struct vr_json *p = vr_json_object();
    vr_json_add_str(p, "driver", "vfio-pci");
    vr_json_add_strf(p, "host", "%04x:%02x:%02x.%x", h->pci.domain, h->pci.bus, h->pci.slot, h->pci.function);
    vr_json_add_str(p, "id", h->info.alias);
    add_boot(p, &h->info, 0);
    if (!add_address(p, b->def, &h->info, b->err)) {
        vr_json_free(p);
        return false;
    }
    add_rom(p, &h->info);
    return cmd_device(b, p);
}

static bool host_mdev(struct build *b, const struct vr_hostdev *h)
{
    char text[VR_UUID_TEXT];
    if (!vr_streq0(h->model, "vfio-pci"))
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("mediated devices of model '%s' are not supported by this "
                       "version of QEMU"), h->model ? h->model : "");
    struct vr_json *p = vr_json_object();
    vr_json_add_str(p, "driver", h->ramfb == VR_TRI_ON ? "vfio-pci-nohotplug" : "vfio-pci");
    vr_json_add_str(p, "id", h->info.alias);
    vr_json_add_strf(p, "sysfsdev", "/sys/bus/mdev/devices/%s", vr_uuid_format(&h->mdev_uuid, text));
    add_tri_onoff(p, "display", h->display);
    if (h->ramfb == VR_TRI_ON)
        vr_json_add_bool(p, "ramfb", true);
    add_boot(p, &h->info, 0);
    return cmd_placed_device(b, p, &h->info);
}

/* Where a SCSI device is told apart depends on its controller: the narrow ones know a target only, said as lun or id. */
static bool add_scsi_place(struct build *b, struct vr_json *p, const struct vr_device_info *info)
{
    const struct vr_controller *c = vr_qemu_find_controller(b->def, VR_CONTROLLER_SCSI, info->drive.controller);
    if (info->type != VR_ADDRESS_DRIVE || !c)
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("Unable to find a SCSI controller for a host device"));
    bool narrow = c->model == VR_CMODEL_LSILOGIC;
    vr_json_add_strf(p, "bus", "%s.%u", c->info.alias, narrow ? 0 : info->drive.bus);
    if (narrow) {
        vr_json_add_uint(p, "scsi-id", info->drive.unit);
        return true;
    }
    vr_json_add_uint(p, "channel", 0);
    vr_json_add_uint(p, "scsi-id", info->drive.target);
    vr_json_add_uint(p, "lun", info->drive.unit);
    return true;
}

static struct vr_json *scsi_backend(const struct vr_hostdev *h, const char *node, struct vr_error **err)
{
    VR_AUTO(vr_json) *p = vr_json_object();
    if (h->iscsi) {
        struct vr_storage_source s = *h->iscsi;
        s.node_storage = node;
        if (!vr_qemu_protocol_node(p, &s, s.auth, err))
            return NULL;
    } else {
        if (!h->host_node)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("the SCSI host device was not looked up")), NULL;
        vr_json_add_str(p, "driver", "host_device");
        vr_json_add_str(p, "filename", h->host_node);
    }
    vr_json_add_str(p, "node-name", node);
    vr_json_add_bool(p, "read-only", h->readonly);
    return vr_json_ref(p);
}

static bool host_scsi(struct build *b, const struct vr_hostdev *h)
{
    vr_autofree char *node = vr_printf("libvirt-%u-backend", h->block_id);
    vr_autofree char *secret = vr_printf("%s-secret0", node);
    struct vr_json *object = vr_qemu_secret_object(b->run, secret);
    if (object)
        cmd_json(b, "-object", object);
    if (!cmd_json(b, "-blockdev", scsi_backend(h, node, b->err)))
        return false;
    struct vr_json *p = vr_json_object();
    vr_json_add_str(p, "driver", "scsi-generic");
    vr_json_add_str(p, "drive", node);
    vr_json_add_str(p, "id", h->info.alias);
    add_boot(p, &h->info, 0);
    if (!add_scsi_place(b, p, &h->info)) {
        vr_json_free(p);
        return false;
    }
    return cmd_device(b, p);
}

static bool host_vhost_scsi(struct build *b, const struct vr_hostdev *h)
{
    int fd = b->run->fd_of ? b->run->fd_of(b->run->opaque, VR_QEMU_FD_VHOST_SCSI, h->info.alias, 0) : -1;
    if (fd < 0)
        return vr_error_report(b->err, VIR_FROM_NONE, VIR_ERR_CONFIG_UNSUPPORTED, -1,
                               _("vhost-scsi device file '%s' cannot be found"), "/dev/vhost-scsi");
    enum vr_virtio_model model = vr_streq0(h->model, "virtio-transitional")       ? VR_VIRTIO_MODEL_TRANSITIONAL
                                 : vr_streq0(h->model, "virtio-non-transitional") ? VR_VIRTIO_MODEL_NON_TRANSITIONAL
                                                                                  : VR_VIRTIO_MODEL_UNSET;
    struct vr_json *p = virtio_device("vhost-scsi", b->def, &h->info, model, NULL);
    vr_json_add_str(p, "wwpn", h->wwpn);
    vr_json_add_strf(p, "vhostfd", "%d", fd);
    vr_json_add_str(p, "id", h->info.alias);
    return cmd_placed_device(b, p, &h->info);
}

bool build_hostdevs(struct build *b)
{
    static bool (*const builders[])(struct build *b, const struct vr_hostdev *h) = {
        [VR_HOSTDEV_USB] = host_usb, [VR_HOSTDEV_PCI] = host_pci, [VR_HOSTDEV_SCSI] = host_scsi,
        [VR_HOSTDEV_SCSI_HOST] = host_vhost_scsi, [VR_HOSTDEV_MDEV] = host_mdev,
    };
    for (size_t i = 0; i < b->def->hostdevs.n; i++) {
        const struct vr_hostdev *h = b->def->hostdevs.v[i];
        if (h->info.type == VR_ADDRESS_UNASSIGNED || h->missing == VR_TRI_YES)
            continue; /* kept from the host, not given to the guest */
        if (h->mode != VR_HOSTDEV_MODE_SUBSYS)
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("hostdev mode 'capabilities' is not supported in %s"),
                           "qemu");
        if (h->type <= 0 || (size_t)h->type >= VR_COUNT(builders) || !builders[h->type])
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("a host device of this type is not supported"));
        if (!builders[h->type](b, h))
            return false;
    }
    return true;
}
