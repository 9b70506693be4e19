/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks: the guest's side of a drive. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/blocks.h"

static bool ide_place(struct vr_json *props, const struct vr_domain_def *def, const struct vr_disk *d)
{
    const struct vr_device_info *i = &d->info;
    vr_json_add_str(props, "driver", d->device == VR_DISK_CDROM ? "ide-cd" : "ide-hd");
    /* The board's own controllers carry QEMU's bus names; an added AHCI controller has one drive per bus. */
    if (d->bus == VR_DISK_BUS_IDE && vr_qemu_is_i440fx(def)) {
        vr_json_add_strf(props, "bus", "ide.%u", i->drive.bus);
        vr_json_add_uint(props, "unit", i->drive.unit);
        return true;
    }
    const struct vr_controller *c = vr_qemu_find_controller(
        def, d->bus == VR_DISK_BUS_SATA ? VR_CONTROLLER_SATA : VR_CONTROLLER_IDE, i->drive.controller);
    vr_json_add_strf(props, "bus", "%s.%u", c && c->info.alias ? c->info.alias : "ide", i->drive.unit);
    return true;
}

static bool scsi_wide(const struct vr_controller *c)
{
    return c->model != VR_CMODEL_LSILOGIC && c->model != VR_CMODEL_BUSLOGIC && c->model != VR_CMODEL_NCR53C90 &&
           c->model != VR_CMODEL_DC390 && c->model != VR_CMODEL_AM53C974;
}

static bool scsi_place(struct vr_json *props, const struct vr_domain_def *def, const struct vr_disk *d,
                       struct vr_error **err)
{
    const struct vr_device_info *i = &d->info;
    const struct vr_controller *c = vr_qemu_find_controller(def, VR_CONTROLLER_SCSI, i->drive.controller);
    if (!c)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to find a SCSI controller with idx=%d"),
                       i->drive.controller);
    vr_json_add_str(props, "driver", d->device == VR_DISK_LUN     ? "scsi-block"
                                     : d->device == VR_DISK_CDROM ? "scsi-cd"
                                                                  : "scsi-hd");
    if (d->device == VR_DISK_LUN && d->src->type == VR_STORAGE_NETWORK) {
        vr_json_remove(props, "driver");
        vr_json_add_str(props, "driver", "scsi-generic");
    }
    if (!scsi_wide(c)) {
        if (i->drive.target != 0)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("target must be 0 for controller model 'lsilogic'"));
        vr_json_add_strf(props, "bus", "%s.%u", c->info.alias, i->drive.bus);
        vr_json_add_uint(props, "scsi-id", i->drive.unit);
    } else {
        vr_json_add_strf(props, "bus", "%s.0", c->info.alias);
        vr_json_add_uint(props, "channel", i->drive.bus);
        vr_json_add_uint(props, "scsi-id", i->drive.target);
        vr_json_add_uint(props, "lun", i->drive.unit);
    }
    if (d->device == VR_DISK_LUN)
        return true;
    /* what the guest sees as the device's name */
    if (d->serial)
        vr_json_add_str(props, "device_id", d->serial);
    else
        vr_json_add_strf(props, "device_id", "drive-%s", d->info.alias);
    return true;
}

static bool is_vhost_user(const struct vr_disk *d)
{
    return d->src && d->src->type == VR_STORAGE_VHOST_USER;
}

static struct vr_json *place(const struct vr_domain_def *def, const struct vr_disk *d, struct vr_error **err)
{
    VR_AUTO(vr_json) *props = NULL;
    switch (d->bus) {
    case VR_DISK_BUS_IDE:
    case VR_DISK_BUS_SATA:
        props = vr_json_object();
        if (!ide_place(props, def, d))
            return NULL;
        break;
    case VR_DISK_BUS_SCSI:
        props = vr_json_object();
        if (!scsi_place(props, def, d, err))
            return NULL;
        break;
    case VR_DISK_BUS_VIRTIO:
        props = virtio_device(is_vhost_user(d) ? "vhost-user-blk" : "virtio-blk", def, &d->info, d->model, &d->virtio);
        if (d->iothread.set && d->iothread.v)
            vr_json_add_strf(props, "iothread", "iothread%u", d->iothread.v);
        add_tri(props, "ioeventfd", d->ioeventfd);
        add_tri(props, "event_idx", d->event_idx);
        if (d->device == VR_DISK_LUN)
            vr_json_add_bool(props, "scsi", true);
        add_uint_if(props, "num-queues", d->queues);
        add_uint_if(props, "queue-size", d->queue_size);
        if (!add_address(props, def, &d->info, err))
            return NULL;
        break;
    case VR_DISK_BUS_USB:
        props = vr_json_object();
        vr_json_add_str(props, "driver", "usb-storage");
        if (!add_address(props, def, &d->info, err))
            return NULL;
        break;
    case VR_DISK_BUS_FDC:
        props = vr_json_object();
        vr_json_add_str(props, "driver", "floppy");
        vr_json_add_uint(props, "unit", d->info.drive.unit);
        break;
    default:
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("unsupported disk bus '%s' with device setup"),
                vr_disk_bus_names[d->bus]);
        return NULL;
    }
    return vr_json_ref(props);
}

static bool wwn_number(const char *text, uint64_t *out)
{
    if (vr_starts_with(text, "0x"))
        text += 2;
    return vr_parse_u64(text, 16, UINT64_MAX, out);
}

/* Stock puts a backslash before blanks, from the time when they ended an option; guests have seen it ever since. */
static void add_serial(struct vr_json *props, const char *serial)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    for (const char *p = serial; p && *p; p++) {
        if (*p == ' ' || *p == '\\')
            vr_buf_char(&text, '\\');
        vr_buf_char(&text, *p);
    }
    vr_json_add_str(props, "serial", serial ? (text.data ? text.data : "") : NULL);
}

struct vr_json *vr_qemu_disk_device(const struct vr_domain_def *def, const struct vr_disk *d, unsigned bootindex,
                                    struct vr_error **err)
{
    VR_AUTO(vr_json) *props = place(def, d, err);
    if (!props)
        return NULL;
    if (is_vhost_user(d)) { /* the other process has the image, and everything that is said of it */
        vr_json_add_strf(props, "chardev", "chr-vu-%s", d->info.alias);
        vr_json_add_str(props, "id", d->info.alias);
        add_boot(props, &d->info, bootindex);
        return vr_json_ref(props);
    }
    bool empty = vr_qemu_disk_empty(d);
    if (d->shareable)
        vr_json_add_bool(props, "share-rw", true);
    if (!empty) {
        if (d->copy_on_read == VR_TRI_ON)
            vr_json_add_strf(props, "drive", "libvirt-CoR-%s", d->target);
        else
            vr_json_add_str(props, "drive", d->src->node_format);
    }
    vr_json_add_str(props, "id", d->info.alias);
    if (d->bus != VR_DISK_BUS_FDC)
        add_boot(props, &d->info, bootindex);
    add_uint_if(props, "logical_block_size", d->blockio.logical);
    add_uint_if(props, "physical_block_size", d->blockio.physical);
    add_uint_if(props, "discard_granularity", d->blockio.discard_granularity);
    uint64_t wwn;
    if (d->wwn && !wwn_number(d->wwn, &wwn))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Failed to parse wwn '%s' as number"), d->wwn), NULL;
    if (d->wwn)
        vr_json_add_uint(props, "wwn", wwn);
    if (d->rotation_rate.set)
        vr_json_add_uint(props, "rotation_rate", d->rotation_rate.v);
    vr_json_add_str(props, "vendor", d->vendor);
    vr_json_add_str(props, "product", d->product);
    if (d->bus == VR_DISK_BUS_USB)
        vr_json_add_bool(props, "removable", d->removable == VR_TRI_ON);
    if (!empty && d->cache != VR_CACHE_UNSET && d->bus != VR_DISK_BUS_FDC &&
        (d->device != VR_DISK_CDROM || d->bus == VR_DISK_BUS_USB) && d->device != VR_DISK_LUN)
        vr_json_add_str(props, "write-cache",
                        d->cache == VR_CACHE_WRITETHROUGH || d->cache == VR_CACHE_DIRECTSYNC ? "off" : "on");
    if (d->geometry.cyls) {
        vr_json_add_uint(props, "cyls", d->geometry.cyls);
        vr_json_add_uint(props, "heads", d->geometry.heads);
        vr_json_add_uint(props, "secs", d->geometry.secs);
        if (d->geometry.trans)
            vr_json_add_str(props, "bios-chs-trans", vr_geometry_trans_names[d->geometry.trans]);
    }
    add_serial(props, d->serial);
    static const char *const policy[] = { [VR_POLICY_UNSET] = NULL, [VR_POLICY_STOP] = "stop",
                                          [VR_POLICY_REPORT] = "report", [VR_POLICY_IGNORE] = "ignore",
                                          [VR_POLICY_ENOSPACE] = "enospc" };
    if (!empty && d->bus != VR_DISK_BUS_FDC) {
        vr_json_add_str(props, "werror", policy[d->error_policy]);
        /* reading has no "no space" case: stock writes only what the document says for reads */
        if (d->rerror_policy)
            vr_json_add_str(props, "rerror", policy[d->rerror_policy]);
        else if (d->error_policy && d->error_policy != VR_POLICY_ENOSPACE && d->error_policy != VR_POLICY_REPORT)
            vr_json_add_str(props, "rerror", policy[d->error_policy]);
    }
    return vr_json_ref(props);
}

struct vr_json *vr_qemu_disk_throttle(const struct vr_disk *d)
{
    const struct vr_iotune *t = &d->iotune;
    const struct {
        const char *key;
        uint64_t value;
        bool always; /* zero, "no limit", is said too */
    } limits[] = { { "bps", t->total_bytes_sec, true },
                   { "bps_rd", t->read_bytes_sec, true },
                   { "bps_wr", t->write_bytes_sec, true },
                   { "iops", t->total_iops_sec, true },
                   { "iops_rd", t->read_iops_sec, true },
                   { "iops_wr", t->write_iops_sec, true },
                   { "bps_max", t->total_bytes_sec_max, false },
                   { "bps_rd_max", t->read_bytes_sec_max, false },
                   { "bps_wr_max", t->write_bytes_sec_max, false },
                   { "iops_max", t->total_iops_sec_max, false },
                   { "iops_rd_max", t->read_iops_sec_max, false },
                   { "iops_wr_max", t->write_iops_sec_max, false },
                   { "iops_size", t->size_iops_sec, false },
                   { "bps_max_length", t->total_bytes_sec_max_length, false },
                   { "bps_rd_max_length", t->read_bytes_sec_max_length, false },
                   { "bps_wr_max_length", t->write_bytes_sec_max_length, false },
                   { "iops_max_length", t->total_iops_sec_max_length, false },
                   { "iops_rd_max_length", t->read_iops_sec_max_length, false },
                   { "iops_wr_max_length", t->write_iops_sec_max_length, false } };
    bool any = t->group_name != NULL;
    for (size_t i = 0; i < VR_COUNT(limits); i++)
        any = any || limits[i].value;
    if (!any || vr_qemu_disk_empty(d))
        return NULL;
    struct vr_json *args = vr_json_object();
    if (d->bus == VR_DISK_BUS_VIRTIO) /* the drive hangs on a device inside the PCI one */
        vr_json_add_strf(args, "id", "/machine/peripheral/%s/virtio-backend", d->info.alias);
    else
        vr_json_add_str(args, "id", d->info.alias);
    for (size_t i = 0; i < VR_COUNT(limits); i++)
        if (limits[i].always || limits[i].value)
            vr_json_add_uint(args, limits[i].key, limits[i].value);
    vr_json_add_str(args, "group", t->group_name);
    return args;
}

static bool copy_on_read(struct build *b, const struct vr_disk *d)
{
    struct vr_json *node = vr_json_object();
    vr_json_add_str(node, "driver", "copy-on-read");
    vr_json_add_strf(node, "node-name", "libvirt-CoR-%s", d->target);
    vr_json_add_str(node, "file", d->src->node_format);
    vr_json_add_str(node, "discard", "unmap");
    return cmd_json(b, "-blockdev", node);
}

/* An SD card cannot be a device: QEMU wires it by an old-style drive. */
static bool sd_card(struct build *b, const struct vr_disk *d)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (vr_qemu_disk_empty(d) || d->src->type != VR_STORAGE_FILE)
        return not_yet(b->err, "an SD card that is no file");
    vr_buf_str(&text, "file=");
    buf_escaped(&text, d->src->path);
    vr_buf_printf(&text, ",format=%s,if=sd,index=%d",
                  d->src->format ? vr_storage_format_names[d->src->format] : "raw", vr_qemu_disk_index(d->target));
    if (d->serial) {
        vr_buf_str(&text, ",serial=");
        buf_escaped(&text, d->serial);
    }
    cmd_opt_buf(b, "-drive", &text);
    return true;
}

static void vhost_user_chardev(struct build *b, const struct vr_disk *d)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    const struct vr_reconnect *r = d->src->reconnect;
    vr_buf_printf(&text, "socket,id=chr-vu-%s,path=", d->info.alias);
    buf_escaped(&text, d->src->vhost_path ? d->src->vhost_path : "");
    if (r && r->enabled)
        vr_buf_printf(&text, ",reconnect=%u", r->enabled == VR_TRI_YES ? r->timeout : 0);
    cmd_opt_buf(b, "-chardev", &text);
}

bool build_disks(struct build *b)
{
    const struct vr_domain_def *def = b->def;
    unsigned boot_cd = boot_position(def, VR_BOOT_CDROM), boot_hd = boot_position(def, VR_BOOT_HD),
             boot_fd = boot_position(def, VR_BOOT_FD);
    for (size_t i = 0; i < def->disks.n; i++) {
        const struct vr_disk *d = def->disks.v[i];
        unsigned bootindex = 0;
        if (!d->info.boot_order) {
            unsigned *slot = d->device == VR_DISK_CDROM    ? &boot_cd
                             : d->device == VR_DISK_FLOPPY ? &boot_fd
                                                           : &boot_hd;
            bootindex = *slot; /* the first drive of a kind is the one that boots */
            *slot = 0;
        } else {
            bootindex = d->info.boot_order;
        }
        if (d->bus == VR_DISK_BUS_SD) {
            if (!sd_card(b, d))
                return false;
            continue;
        }
        if (is_vhost_user(d)) {
            vhost_user_chardev(b, d);
        } else if (!vr_qemu_disk_empty(d)) {
            if (!cmd_chain(b, d, d->src, 0))
                return false;
            if (d->copy_on_read == VR_TRI_ON && !copy_on_read(b, d))
                return false;
        }
        if (!cmd_device(b, vr_qemu_disk_device(def, d, bootindex, b->err)))
            return false;
    }
    return true;
}
