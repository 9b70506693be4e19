/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices that every guest of a machine has, and what is filled in on devices that the document gives. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <strings.h>
#include "base/str.h"
#include "qemu/complete/parts.h"

static bool has_type(const struct vr_domain_def *def, enum vr_controller_type type)
{
    for (size_t i = 0; i < def->controllers.n; i++)
        if (def->controllers.v[i]->type == type)
            return true;
    return false;
}

static bool add_root(struct vr_domain_def *def, enum vr_controller_model model, struct vr_error **err)
{
    const struct vr_controller *root = vr_qemu_find_controller(def, VR_CONTROLLER_PCI, 0);
    if (!root) {
        vr_complete_own_controller(def, VR_CONTROLLER_PCI, 0, model);
        return true;
    }
    if (root->model == model)
        return true;
    if (root->model != VR_CMODEL_PCI_ROOT && root->model != VR_CMODEL_PCIE_ROOT)
        return vr_fail(err, VIR_ERR_XML_ERROR,
                       _("The PCI controller with index='0' must be model='%s' for this machine type, "
                         "but model='%s' was found instead"),
                       vr_controller_model_names[model], vr_controller_model_names[root->model]);
    return vr_fail(err, VIR_ERR_XML_ERROR,
                   _("The PCI controller with index='0' must be model='%s' for this machine type, "
                     "but model='%s' was found instead"),
                   vr_controller_model_names[model], vr_controller_model_names[root->model]);
}

bool vr_complete_default_devices(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    bool i440fx = vr_qemu_is_i440fx(def), q35 = vr_qemu_is_q35(def);
    bool isapc = vr_streq0(def->os.machine, "isapc"), microvm = vr_streq0(def->os.machine, "microvm");
    if (!isapc && !microvm && !has_type(def, VR_CONTROLLER_USB)) {
        enum vr_controller_model model = VR_CMODEL_UNSET;
        if (q35) /* USB 3 where the emulator has it */
            model = vr_qemu_caps_has(caps, VR_QEMU_QEMU_XHCI)    ? VR_CMODEL_QEMU_XHCI
                    : vr_qemu_caps_has(caps, VR_QEMU_NEC_XHCI)   ? VR_CMODEL_NEC_XHCI
                    : vr_qemu_caps_has(caps, VR_QEMU_ICH9_EHCI1) ? VR_CMODEL_ICH9_EHCI1
                                                                 : VR_CMODEL_UNSET;
        vr_complete_own_controller(def, VR_CONTROLLER_USB, 0, model);
    }
    if (q35) {
        /* on the board, whatever the disks are: where a disk implied it, it stands with the board's others */
        for (size_t i = 0; i < def->controllers.n; i++) {
            if (def->controllers.v[i]->implied && def->controllers.v[i]->type == VR_CONTROLLER_SATA &&
                def->controllers.v[i]->index.v == 0)
                VR_LIST_REMOVE(&def->controllers, i);
        }
        if (!vr_qemu_find_controller(def, VR_CONTROLLER_SATA, 0))
            vr_complete_own_controller(def, VR_CONTROLLER_SATA, 0, VR_CMODEL_UNSET);
    }
    if (i440fx && !add_root(def, VR_CMODEL_PCI_ROOT, err))
        return false;
    if (q35 && !add_root(def, VR_CMODEL_PCIE_ROOT, err))
        return false;
    if (!def->memballoon && !isapc && !microvm) {
        def->memballoon = VR_NEW_DEVICE(def, vr_memballoon);
        def->memballoon->model = VR_MEMBALLOON_VIRTIO;
    }
    return true;
}

static bool complete_controller(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_controller *c,
                                struct vr_error **err)
{
    switch (c->type) {
    case VR_CONTROLLER_PCI: /* before addresses are looked for: where would it go? */
        if (c->model == VR_CMODEL_PCIE_EXPANDER && !vr_qemu_is_q35(def))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("pcie-expander-bus controllers are not supported with this machine type"));
        return true;
    case VR_CONTROLLER_USB:
        if (c->model == VR_CMODEL_QUSB1 || c->model == VR_CMODEL_QUSB2)
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                           _("USB controller model type 'qusb1' or 'qusb2' is not supported in this configuration"));
        /* which ports of the USB 2 controller each of its companions serves */
        if (!c->info.master_startport.set &&
            (c->model == VR_CMODEL_ICH9_UHCI1 || c->model == VR_CMODEL_ICH9_UHCI2 || c->model == VR_CMODEL_ICH9_UHCI3))
            c->info.master_startport = (struct vr_ouint){ true, 2u * (c->model - VR_CMODEL_ICH9_UHCI1) };
        if (c->model == VR_CMODEL_UNSET && vr_qemu_is_x86(def) && vr_qemu_caps_has(caps, VR_QEMU_PIIX3_UHCI))
            c->model = VR_CMODEL_PIIX3_UHCI;
        return true;
    case VR_CONTROLLER_SCSI:
        if (c->model == VR_CMODEL_UNSET || c->model == VR_CMODEL_AUTO)
            c->model = vr_qemu_caps_has(caps, VR_QEMU_LSI)           ? VR_CMODEL_LSILOGIC
                       : vr_qemu_caps_has(caps, VR_QEMU_VIRTIO_SCSI) ? VR_CMODEL_VIRTIO_SCSI
                                                                     : VR_CMODEL_UNSET;
        /* a pseries device that a PC guest may carry in its definition: it gets the address stock would give it */
        if (c->model == VR_CMODEL_IBMVSCSI && c->info.type == VR_ADDRESS_UNSET) {
            c->info.type = VR_ADDRESS_SPAPR_VIO;
            c->info.spaprvio.reg = (struct vr_ou64){ true, 0x2000 };
        }
        return true;
    default:
        return true;
    }
}

/* The port a protocol is known by is told, so that a reader needs no table. */
static void default_ports(struct vr_storage_source *s)
{
    static const unsigned ports[] = { [VR_PROTO_NBD] = 10809, [VR_PROTO_SHEEPDOG] = 7000, [VR_PROTO_GLUSTER] = 24007,
                                      [VR_PROTO_ISCSI] = 3260, [VR_PROTO_HTTP] = 80, [VR_PROTO_HTTPS] = 443,
                                      [VR_PROTO_FTP] = 21, [VR_PROTO_FTPS] = 990, [VR_PROTO_TFTP] = 69,
                                      [VR_PROTO_SSH] = 22, [VR_PROTO_VXHS] = 9999 };
    unsigned port = s->type == VR_STORAGE_NETWORK && (size_t)s->protocol < VR_COUNT(ports) ? ports[s->protocol] : 0;
    for (size_t i = 0; port && i < s->hosts.n; i++)
        if (s->hosts.v[i]->transport != VR_TRANSPORT_UNIX && !s->hosts.v[i]->port.set)
            s->hosts.v[i]->port = (struct vr_ouint){ true, port };
}

static void complete_hostdev(struct vr_hostdev *h)
{
    if (h->iscsi)
        default_ports(h->iscsi);
    if (h->mode == VR_HOSTDEV_MODE_SUBSYS && h->type == VR_HOSTDEV_MDEV && vr_streq0(h->model, "vfio-pci") && !h->display)
        h->display = VR_TRI_OFF;
}

static void complete_disk(struct vr_disk *d)
{
    if (d->src && d->src->type == VR_STORAGE_VHOST_USER) {
        if (!d->snapshot)
            d->snapshot = VR_SNAPSHOT_MODE_NO; /* nobody here can take one of what another process has */
        return;
    }
    for (struct vr_storage_source *s = d->src; s && s->type; s = s->backing)
        default_ports(s);
    if (!d->driver_name)
        d->driver_name = "qemu";
    if (d->encryption && !d->encryption->engine)
        d->encryption->engine = "qemu";
    for (struct vr_storage_source *s = d->src; s && s->type; s = s->backing)
        if (s->encryption && !s->encryption->engine)
            s->encryption->engine = "qemu";
    if (d->src && d->src->format == VR_FORMAT_UNSET && d->src->type != VR_STORAGE_VOLUME)
        d->src->format = d->src->type == VR_STORAGE_DIR ? VR_FORMAT_FAT : VR_FORMAT_RAW;
    for (struct vr_storage_source *s = d->src ? d->src->backing : NULL; s && s->type; s = s->backing)
        if (s->format == VR_FORMAT_UNSET)
            s->format = VR_FORMAT_RAW;
    if (d->mirror && !d->mirror->format)
        d->mirror->format = VR_FORMAT_RAW;
}

static void complete_interface(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_interface *n)
{
    if (n->queues == 1)
        n->queues = 0; /* one is what every card has */
    static const char *const known[] = { "netfront", "rtl8139", "virtio", "e1000", "e1000e", "virtio-transitional",
                                         "virtio-non-transitional", "usb-net", "spapr-vlan", "lan9118", "scm91c111",
                                         "vlance", "vmxnet", "vmxnet2", "vmxnet3", "Am79C970A", "Am79C973", "82540EM",
                                         "82545EM", "82543GC" };
    if (n->type == VR_NET_HOSTDEV)
        return;
    if (!n->model) {
        if (vr_qemu_is_x86(def))
            n->model = n->type == VR_NET_VDPA ? "virtio" : "rtl8139";
        return;
    }
    for (size_t i = 0; i < VR_COUNT(known); i++)
        if (strcasecmp(n->model, known[i]) == 0)
            n->model = known[i];
}

static unsigned power_of_two(unsigned v)
{
    unsigned p = 1;
    while (p < v && p < 1u << 31)
        p <<= 1;
    return p;
}

static void complete_video(const struct vr_qemu_caps *caps, struct vr_video *v)
{
    if (v->type == VR_VIDEO_UNSET || v->type == VR_VIDEO_DEFAULT)
        v->type = vr_qemu_caps_has(caps, VR_QEMU_CIRRUS) ? VR_VIDEO_CIRRUS
                  : vr_qemu_caps_has(caps, VR_QEMU_VGA)  ? VR_VIDEO_VGA
                                                         : VR_VIDEO_DEFAULT;
    switch (v->type) {
    case VR_VIDEO_VGA:
    case VR_VIDEO_CIRRUS:
    case VR_VIDEO_VMVGA:
    case VR_VIDEO_BOCHS:
        v->vram = v->vram ? power_of_two(v->vram) : 16 * 1024;
        break;
    case VR_VIDEO_QXL:
        v->vram = v->vram ? power_of_two(v->vram) : 64 * 1024;
        v->ram = v->ram ? power_of_two(v->ram) : 64 * 1024;
        v->vgamem = v->vgamem ? power_of_two(v->vgamem) : 16 * 1024;
        if (v->vram64)
            v->vram64 = power_of_two(v->vram64);
        break;
    default:
        break;
    }
    if (v->heads == 0 && v->type != VR_VIDEO_NONE && v->type != VR_VIDEO_RAMFB)
        v->heads = 1;
}

static void complete_serial(struct vr_domain_def *def, struct vr_chr *c)
{
    if (c->serial_target == VR_SERIAL_UNSET && vr_qemu_is_x86(def))
        c->serial_target = VR_SERIAL_ISA;
    if (c->serial_model != VR_SERIAL_MODEL_UNSET)
        return;
    switch (c->serial_target) {
    case VR_SERIAL_ISA:
        c->serial_model = VR_SERIAL_MODEL_ISA;
        break;
    case VR_SERIAL_USB:
        c->serial_model = VR_SERIAL_MODEL_USB;
        break;
    case VR_SERIAL_PCI:
        c->serial_model = VR_SERIAL_MODEL_PCI;
        break;
    case VR_SERIAL_ISA_DEBUG:
        c->serial_model = VR_SERIAL_MODEL_ISA_DEBUGCON;
        break;
    default:
        break;
    }
}

/* ".../domain-NAME/CHANNEL" and stock's own directory: a path that a daemon generated, for a guest of any name. */
static bool generated_path(const struct vr_chr *c)
{
    const char *path = c->src.path, *dir = path ? strrchr(path, '/') : NULL;
    if (!dir || !c->name)
        return false;
    if (vr_starts_with(path, "/var/lib/libvirt/qemu/channel/") || vr_starts_with(path, "/run/libvirt/qemu/channel/"))
        return vr_ends_with(dir, c->name);
    if (!vr_streq(dir + 1, c->name))
        return false;
    const char *parent = dir;
    while (parent > path && parent[-1] != '/')
        parent--;
    return vr_starts_with(parent, "domain-");
}

static void complete_channel(struct vr_chr *c)
{
    if (c->channel_target == VR_CHANNEL_VIRTIO && c->src.type == VR_CHR_UNIX && generated_path(c)) {
        c->src.path = NULL;
        c->src.mode = VR_CHR_SOURCE_UNSET;
    }
}

static bool complete_inputs(struct vr_domain_def *def, struct vr_error **err)
{
    for (size_t i = 0; i < def->inputs.n; i++) {
        struct vr_input *in = def->inputs.v[i];
        if (in->bus != VR_INPUT_BUS_UNSET)
            continue;
        if (in->type == VR_INPUT_EVDEV)
            in->bus = VR_INPUT_BUS_NONE;
        else if (in->type == VR_INPUT_PASSTHROUGH)
            in->bus = VR_INPUT_BUS_VIRTIO;
        else if (in->type == VR_INPUT_TABLET)
            in->bus = VR_INPUT_BUS_USB;
        else
            in->bus = VR_INPUT_BUS_PS2;
    }
    return true;
}

bool vr_complete_each_device(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    for (size_t i = 0; i < def->controllers.n; i++)
        if (!complete_controller(def, caps, def->controllers.v[i], err))
            return false;
    for (size_t i = 0; i < def->disks.n; i++)
        complete_disk(def->disks.v[i]);
    for (size_t i = 0; i < def->interfaces.n; i++)
        complete_interface(def, caps, def->interfaces.v[i]);
    for (size_t i = 0; i < def->serials.n; i++)
        complete_serial(def, def->serials.v[i]);
    for (size_t i = 0; i < def->channels.n; i++)
        complete_channel(def->channels.v[i]);
    for (size_t i = 0; i < def->videos.n; i++)
        complete_video(caps, def->videos.v[i]);
    for (size_t i = 0; i < def->rngs.n; i++)
        if (def->rngs.v[i]->backend == VR_RNG_RANDOM && !def->rngs.v[i]->file)
            def->rngs.v[i]->file = "/dev/random";
    for (size_t i = 0; i < def->panics.n; i++)
        if (def->panics.v[i]->model == VR_PANIC_UNSET)
            def->panics.v[i]->model = VR_PANIC_ISA;
    for (size_t i = 0; i < def->tpms.n; i++) {
        struct vr_tpm *t = def->tpms.v[i];
        if (t->model == VR_TPM_UNSET)
            t->model = VR_TPM_TIS;
        if (t->backend == VR_TPM_BACKEND_EMULATOR && t->version == VR_TPM_VERSION_UNSET)
            t->version = t->model == VR_TPM_TIS ? VR_TPM_VERSION_V1_2 : VR_TPM_VERSION_V2_0;
    }
    for (size_t i = 0; i < def->hostdevs.n; i++)
        complete_hostdev(def->hostdevs.v[i]);
    for (size_t i = 0; def->seclabels.n == 1 && i < def->seclabels.n; i++)
        if (!def->seclabels.v[i]->model && vr_streq0(def->seclabels.v[i]->type, "none"))
            def->seclabels.v[i]->model = "none"; /* of the security driver that this build has first */
    if (def->vsock && def->vsock->model == VR_VIRTIO_MODEL_UNSET)
        def->vsock->model = VR_VIRTIO_MODEL_VIRTIO;
    return complete_inputs(def, err);
}

static void want_input(struct vr_domain_def *def, enum vr_input_type type)
{
    for (size_t i = 0; i < def->inputs.n; i++)
        if (def->inputs.v[i]->type == type && def->inputs.v[i]->bus == VR_INPUT_BUS_PS2)
            return;
    struct vr_input *in = VR_NEW_DEVICE(def, vr_input);
    in->type = type;
    in->bus = VR_INPUT_BUS_PS2;
    VR_LIST_ADD(def->arena, &def->inputs, in);
}

static void default_audio(struct vr_domain_def *def)
{
    if (def->audios.n)
        return;
    enum vr_audio_type type = def->graphics.n ? VR_AUDIO_UNSET : VR_AUDIO_NONE;
    for (size_t i = 0; i < def->graphics.n; i++) {
        if (def->graphics.v[i]->type == VR_GRAPHICS_SPICE)
            type = VR_AUDIO_SPICE;
        else if (def->graphics.v[i]->type == VR_GRAPHICS_VNC && type == VR_AUDIO_UNSET)
            type = VR_AUDIO_NONE;
    }
    if (type == VR_AUDIO_UNSET)
        return; /* SDL and D-Bus bring sound of their own */
    struct vr_audio *audio = VR_NEW_DEVICE(def, vr_audio);
    audio->type = type;
    audio->id = 1;
    VR_LIST_ADD(def->arena, &def->audios, audio);
}

bool vr_complete_implicit_devices(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    if (vr_qemu_is_x86(def)) {
        want_input(def, VR_INPUT_MOUSE);
        want_input(def, VR_INPUT_KEYBOARD);
    }
    default_audio(def);
    if (def->graphics.n && !def->videos.n) {
        struct vr_video *v = VR_NEW_DEVICE(def, vr_video);
        complete_video(caps, v);
        VR_LIST_ADD(def->arena, &def->videos, v);
    }
    unsigned primaries = 0;
    for (size_t i = 0; i < def->videos.n; i++)
        primaries += def->videos.v[i]->primary == VR_TRI_YES;
    if (primaries > 1)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("Only one primary video device is supported"));
    if (def->videos.n && !primaries && def->videos.v[0]->type != VR_VIDEO_NONE)
        def->videos.v[0]->primary = VR_TRI_YES;
    for (size_t i = 1; i < def->videos.n; i++) { /* the primary one is first on the machine and in the document */
        if (def->videos.v[i]->primary == VR_TRI_YES) {
            struct vr_video *v = def->videos.v[i];
            VR_LIST_REMOVE(&def->videos, i);
            VR_LIST_INSERT(def->arena, &def->videos, 0, v);
        }
    }
    return true;
}
