/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules that span elements and need no hypervisor. One function per rule, called in stock's order. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <string.h>
#include "base/str.h"
#include "model/domain_xml.h"
#include "tables.h"

#define D struct vr_domain_def

static const char *source_text(const struct vr_disk *d)
{
    return d->src->path ? d->src->path : d->src->name ? d->src->name : "";
}

static bool check_disk_targets(const D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->disks.n; i++)
        for (size_t k = i + 1; k < d->disks.n; k++)
            if (vr_streq0(d->disks.v[i]->target, d->disks.v[k]->target))
                return vr_fail(err, VIR_ERR_XML_ERROR, _("target '%s' duplicated for disk sources '%s' and '%s'"),
                               d->disks.v[i]->target, source_text(d->disks.v[i]), source_text(d->disks.v[k]));
    return true;
}

static bool check_drive_addresses(const D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->disks.n; i++) {
        const struct vr_disk *a = d->disks.v[i];
        if (a->info.type != VR_ADDRESS_DRIVE)
            continue;
        for (size_t k = i + 1; k < d->disks.n; k++) {
            const struct vr_disk *b = d->disks.v[k];
            if (b->bus == a->bus && b->info.type == VR_ADDRESS_DRIVE && !memcmp(&a->info.drive, &b->info.drive,
                sizeof(a->info.drive)))
                return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                               _("Found duplicate drive address for disk with target name '%s' controller='%u' bus='%u' target='%u' unit='%u'"),
                               a->target, a->info.drive.controller, a->info.drive.bus, a->info.drive.target,
                                   a->info.drive.unit);
        }
    }
    for (size_t i = 0; i < d->hostdevs.n; i++) {
        const struct vr_hostdev *h = d->hostdevs.v[i];
        if (h->type != VR_HOSTDEV_SCSI || h->info.type != VR_ADDRESS_DRIVE)
            continue;
        for (size_t k = 0; k < d->hostdevs.n; k++) {
            const struct vr_hostdev *o = d->hostdevs.v[k];
            if (k != i && o->type == VR_HOSTDEV_SCSI && o->info.type == VR_ADDRESS_DRIVE && !memcmp(&h->info.drive,
                &o->info.drive, sizeof(h->info.drive)))
                return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                               _("SCSI host address controller='%u' bus='%u' target='%u' unit='%u' in use by another SCSI host device"),
                               h->info.drive.controller, h->info.drive.bus, h->info.drive.target, h->info.drive.unit);
        }
    }
    return true;
}

static bool check_disks(const D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->disks.n; i++) {
        const struct vr_disk *k = d->disks.v[i];
        if (k->device == VR_DISK_LUN && k->src->type != VR_STORAGE_BLOCK && k->src->type != VR_STORAGE_VOLUME &&
            !(k->src->type == VR_STORAGE_NETWORK && k->src->protocol == VR_PROTO_ISCSI))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, k->src->type == VR_STORAGE_NETWORK ?
                           _("disk device='lun' is not supported for protocol='%s'") : _("disk device='lun' is only valid for block type disk source"),
                           k->src->type == VR_STORAGE_NETWORK ? vr_net_protocol_names[k->src->protocol] : "");
        if (k->device != VR_DISK_LUN && (k->rawio || k->sgio))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, k->rawio ? _("rawio can be used only with device='lun'") :
                           _("sgio can be used only with device='lun'"));
        if (k->bus == VR_DISK_BUS_FDC && k->device != VR_DISK_FLOPPY)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Invalid bus type '%s' for disk"), "fdc");
        if (k->device == VR_DISK_FLOPPY && k->bus != VR_DISK_BUS_FDC)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Invalid bus type '%s' for floppy disk"),
                           vr_disk_bus_names[k->bus]);
        if (k->iotune.total_bytes_sec && (k->iotune.read_bytes_sec || k->iotune.write_bytes_sec))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("total and read/write bytes_sec cannot be set at the same time"));
        if (k->iotune.total_iops_sec && (k->iotune.read_iops_sec || k->iotune.write_iops_sec))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("total and read/write iops_sec cannot be set at the same time"));
        const struct vr_encryption *e = k->src->encryption ? k->src->encryption : k->encryption;
        if (e && e->cipher_name)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("supplying <cipher> for domain disk definition is unnecessary"));
    }
    return true;
}

static bool check_controllers(const D *d, struct vr_error **err)
{
    bool usb_none = false, usb_other = false, usb_any = false;
    for (size_t i = 0; i < d->controllers.n; i++) {
        const struct vr_controller *a = d->controllers.v[i];
        if (a->type == VR_CONTROLLER_USB) {
            usb_none |= a->model == VR_CMODEL_NONE;
            usb_other |= a->model != VR_CMODEL_NONE || usb_any;
            usb_any = true;
        }
        if (a->target_index.set && (a->target_index.v < 0 || a->target_index.v > 30))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("PCI controller target index '%d' out of range - must be 0-30"),
                           a->target_index.v);
        if (a->target_index.set && (a->target_index.v == 0) != (a->index.v == 0))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("Only the PCI controller with index 0 can have target index 0, and vice versa"));
        for (size_t k = i + 1; k < d->controllers.n; k++) {
            const struct vr_controller *b = d->controllers.v[k];
            if (a->type != b->type || a->index.v != b->index.v || a->type == VR_CONTROLLER_USB)
                continue;
            return vr_fail(err, VIR_ERR_XML_ERROR, _("Multiple '%s' controllers with index '%d'"),
                           vr_controller_type_names[a->type], a->index.v);
        }
        if (a->type == VR_CONTROLLER_USB && a->info.master_startport.set) {
            bool found = false;
            for (size_t k = 0; k < d->controllers.n; k++) {
                const struct vr_controller *b = d->controllers.v[k];
                found |= b != a && b->type == VR_CONTROLLER_USB && !b->info.master_startport.set;
            }
            if (!found)
                return vr_fail(err, VIR_ERR_XML_DETAIL, _("No master USB controller specified"));
        }
    }
    if (usb_none && usb_other)
        return vr_fail(err, VIR_ERR_XML_DETAIL, _("Can't add another USB controller: USB is disabled for this domain"));
    for (size_t i = 0; usb_none && i < d->inputs.n; i++)
        if (d->inputs.v[i]->bus == VR_INPUT_BUS_USB)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Can't add USB input device. USB bus is disabled"));
    for (size_t i = 0; usb_none && i < d->hubs.n; i++)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Can't add USB hub: USB is disabled for this domain"));
    return true;
}

struct boot_state {
    struct vr_list seen; /* struct vr_device_info * */
    struct vr_arena *scratch;
    struct vr_error **err;
};

static bool check_one_boot(D *def, const char *kind, void *device, struct vr_device_info *info, void *opaque)
{
    struct boot_state *s = opaque;
    if (!info->boot_order)
        return true;
    if (def->os.boot.n)
        return vr_fail(s->err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("per-device boot elements cannot be used together with os/boot elements"));
    for (size_t i = 0; i < s->seen.n; i++)
        if (((struct vr_device_info *)s->seen.v[i])->boot_order == info->boot_order)
            return vr_fail(s->err, VIR_ERR_CONFIG_UNSUPPORTED, _("boot order '%u' used for more than one device"),
                           info->boot_order);
    vr_list_add(s->scratch, &s->seen, info);
    return true;
}

static bool check_boot(const D *d, struct vr_error **err)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct boot_state s = { .scratch = scratch, .err = err };
    return vr_domain_each_info((D *)(uintptr_t)d, check_one_boot, &s);
}

static bool check_os(const D *d, struct vr_error **err)
{
    const struct vr_os *os = &d->os;
    static const char *const arches[] = { "alpha", "armv6l", "armv7l", "armv7b", "aarch64", "cris", "i686", "ia64",
        "itanium",
        "lm32", "loongarch64", "m68k", "microblaze", "microblazeel", "mips", "mipsel", "mips64", "mips64el", "openrisc",
            "or32",
        "parisc", "parisc64", "ppc", "ppcle", "ppc64", "ppc64le", "ppcemb", "riscv32", "riscv64", "s390", "s390x",
            "sh4", "sh4eb",
        "sparc", "sparc64", "unicore32", "x86_64", "xtensa", "xtensaeb", NULL };
    if (vr_streq0(os->type, "exe") && !os->init && d->type != VR_VIRT_LXC)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("init binary must be specified"));
    if (os->arch && vr_name_index(arches, os->arch) < 0)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Unknown architecture %s"), os->arch);
    if (os->firmware == VR_FIRMWARE_BIOS && (os->nvram || os->nvram_template || os->loader_stateless == VR_TRI_NO))
        return vr_fail(err, VIR_ERR_XML_DETAIL, _("Only EFI firmware permits NVRAM"));
    enum vr_tri secure = VR_TRI_UNSET, keys = VR_TRI_UNSET;
    for (size_t i = 0; i < os->firmware_features.n; i++) {
        const struct vr_firmware_feature *f = os->firmware_features.v[i];
        if (vr_streq(f->name, "secure-boot"))
            secure = f->enabled;
        else
            keys = f->enabled;
    }
    if (keys == VR_TRI_YES && secure == VR_TRI_NO)
        return vr_fail(err, VIR_ERR_XML_DETAIL,
                       _("firmware feature '%s' cannot be enabled when firmware feature '%s' is disabled"),
                       "enrolled-keys", "secure-boot");
    static const char *const modes[] = { "none", "emulate", "host", "sysinfo", NULL };
    if (os->smbios_mode && vr_name_index(modes, os->smbios_mode) < 0)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Unknown smbios mode '%s'"), os->smbios_mode);
    return true;
}

static bool check_numa(const D *d, struct vr_error **err)
{
    size_t cells = d->cpu ? d->cpu->cells.n : 0;
    unsigned top = 0;
    for (size_t i = 0; i < cells; i++)
        for (int c = vr_cpuset_next(d->cpu->cells.v[i]->cpus, 0); c >= 0; c = vr_cpuset_next(d->cpu->cells.v[i]->cpus,
            (unsigned)c + 1)) {
            if ((unsigned)c + 1 > top)
                top = (unsigned)c + 1;
            for (size_t k = 0; k < i; k++)
                if (vr_cpuset_has(d->cpu->cells.v[k]->cpus, (unsigned)c))
                    return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                                   _("NUMA cells %zu and %zu have overlapping vCPU ids"), i, k);
        }
    size_t sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += vr_cpuset_count(d->cpu->cells.v[i]->cpus);
    if (sum > d->vcpus)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Number of CPUs in <numa> exceeds the <vcpu> count"));
    if (top > d->vcpus || !d->vcpus)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("CPU IDs in <numa> exceed the <vcpu> count"));
    if (d->numatune && d->numatune->nodes.n && !cells)
        return vr_fail(err, VIR_ERR_XML_ERROR, _("Element 'memnode' is invalid without any guest NUMA cells"));
    for (size_t i = 0; d->numatune && i < d->numatune->nodes.n; i++)
        if (d->numatune->nodes.v[i]->cellid >= cells)
            return vr_fail(err, VIR_ERR_XML_ERROR,
                           _("Argument 'cellid' in memnode element must correspond to existing guest's NUMA cell"));
    for (size_t i = 0; i < d->memories.n; i++) {
        const struct vr_memory *m = d->memories.v[i];
        if (m->node.set && !cells)
            return vr_fail(err, VIR_ERR_XML_DETAIL,
                           _("can't add memory backend as guest has no NUMA nodes configured"));
        if (m->node.set && cells && m->node.v >= cells)
            return vr_fail(err, VIR_ERR_XML_DETAIL,
                           _("can't add memory backend for guest node '%d' as the guest has only '%zu' NUMA nodes configured"),
                           (int)m->node.v, cells);
    }
    return true;
}

static bool check_filesystems(const D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->filesystems.n; i++)
        for (size_t k = 0; k < i; k++)
            if (d->filesystems.v[i]->target_dir &&
                vr_streq0(d->filesystems.v[i]->target_dir, d->filesystems.v[k]->target_dir))
                return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("filesystem target '%s' specified twice"),
                               d->filesystems.v[i]->target_dir);
    return true;
}

static bool check_audio(const D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->sounds.n; i++) {
        unsigned id = d->sounds.v[i]->audio_id;
        bool found = !id;
        for (size_t k = 0; k < d->audios.n; k++)
            found |= d->audios.v[k]->id == id;
        if (!found)
            return vr_fail(err, VIR_ERR_XML_ERROR, _("no audio device with ID %u"), id);
    }
    return true;
}

static bool check_iommu(const D *d, struct vr_error **err)
{
    const struct vr_iommu *i = d->iommu;
    bool split = d->features.ioapic && vr_streq(d->features.ioapic, "qemu");
    if (i && i->intremap == VR_TRI_ON && !split)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                       _("IOMMU interrupt remapping requires split I/O APIC (ioapic driver='qemu')"));
    if (i && i->eim == VR_TRI_ON && i->intremap != VR_TRI_ON)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("IOMMU eim requires interrupt remapping to be enabled"));
    return true;
}

static bool check_cpu(const D *d, struct vr_error **err)
{
    if (d->cpu && d->cpu->check && d->cpu->mode == VR_CPU_MODE_CUSTOM && !d->cpu->model)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("check attribute specified for CPU with no model"));
    return true;
}

static bool check_labels(const D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->seclabels.n; i++)
        for (size_t k = 0; k < i; k++)
            if (vr_streq0(d->seclabels.v[i]->model, d->seclabels.v[k]->model))
                return vr_fail(err, VIR_ERR_XML_DETAIL, _("seclabel for model %s is already provided"),
                               d->seclabels.v[i]->model ? d->seclabels.v[i]->model : "(none)");
    return true;
}

static bool check_hostdevs(const D *d, struct vr_error **err)
{
    bool ramfb = false;
    for (size_t i = 0; i < d->hostdevs.n; i++) {
        const struct vr_hostdev *h = d->hostdevs.v[i];
        if (h->ramfb != VR_TRI_ON)
            continue;
        if (ramfb)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Only one vgpu device can have 'ramfb' enabled"));
        ramfb = true;
    }
    return true;
}

static bool check_cputune(const D *d, struct vr_error **err)
{
    const struct vr_cputune *c = d->cputune;
    for (size_t i = 0; c && i < c->vcpupins.n; i++)
        for (size_t k = 0; k < i; k++)
            if (c->vcpupins.v[i]->id == c->vcpupins.v[k]->id)
                return vr_fail(err, VIR_ERR_XML_ERROR, _("duplicate vcpupin for vcpu '%d'"), (int)c->vcpupins.v[i]->id);
    return true;
}

static bool check_interfaces(const D *d, struct vr_error **err)
{
    for (size_t i = 0; i < d->interfaces.n; i++) {
        const struct vr_interface *n = d->interfaces.v[i];
        const char *type = vr_net_type_names[n->type];
        if ((n->host_ips.n || n->host_routes.n) && n->type != VR_NET_ETHERNET)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("Invalid attempt to set network interface host-side IP route and/or address info on interface "
                             "of type '%s'. This is only supported on interfaces of type 'ethernet'"), type);
        if (n->target_managed == VR_TRI_NO && n->type != VR_NET_ETHERNET)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("unmanaged target dev is not supported on interfaces of type '%s'"), type);
        if (n->isolated == VR_TRI_YES && n->type != VR_NET_NETWORK && n->type != VR_NET_BRIDGE)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("interface %02x:%02x:%02x:%02x:%02x:%02x - <port isolated='yes'/> is not supported for network "
                             "interfaces with type='%s'"), n->mac.b[0], n->mac.b[1], n->mac.b[2], n->mac.b[3], n->mac.b[4],
                           n->mac.b[5], type);
    }
    return true;
}

bool vr_domain_check(const D *d, struct vr_error **err)
{
    return check_interfaces(d, err) && check_os(d, err) && check_boot(d, err) && check_numa(d, err) && check_disk_targets(d, err) &&
           check_disks(d, err) && check_drive_addresses(d, err) && check_controllers(d, err) && check_hostdevs(d, err) &&
           check_iommu(d, err) && check_cpu(d, err) && check_filesystems(d, err) && check_audio(d, err) &&
           check_labels(d, err) && check_cputune(d, err) && vr_domain_check_clock(d, err) && vr_domain_check_devices(d, err);
}
