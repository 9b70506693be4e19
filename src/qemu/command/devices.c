/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The smaller devices. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <errno.h>
#include "base/alloc.h"
#include "qemu/command/build.h"

bool cmd_placed_device(struct build *b, struct vr_json *props, const struct vr_device_info *info)
{
    if (!add_address(props, b->def, info, b->err)) {
        vr_json_free(props);
        return false;
    }
    return cmd_device(b, props);
}

/* ---- input ------------------------------------------------------------------------------------------------------- */

static bool one_input(struct build *b, const struct vr_input *in)
{
    struct vr_json *p = NULL;
    const char *type = in->type ? vr_input_type_names[in->type] : "";
    switch (in->bus) {
    case VR_INPUT_BUS_PS2:
        return true; /* on the board */
    case VR_INPUT_BUS_USB:
        p = vr_json_object();
        vr_json_add_str(p, "driver", in->type == VR_INPUT_MOUSE    ? "usb-mouse"
                                     : in->type == VR_INPUT_TABLET ? "usb-tablet"
                                                                   : "usb-kbd");
        break;
    case VR_INPUT_BUS_VIRTIO: {
        vr_autofree char *base = in->type == VR_INPUT_PASSTHROUGH ? vr_strdup("virtio-input-host")
                                                                  : vr_printf("virtio-%s", type);
        p = virtio_device(base, b->def, &in->info, in->model, &in->virtio);
        break;
    }
    case VR_INPUT_BUS_NONE:
        if (in->type == VR_INPUT_EVDEV) {
            p = vr_json_object();
            vr_json_add_str(p, "qom-type", "input-linux");
            vr_json_add_str(p, "id", in->info.alias);
            vr_json_add_str(p, "evdev", in->evdev);
            add_tri(p, "repeat", in->repeat);
            if (vr_streq0(in->grab, "all"))
                vr_json_add_bool(p, "grab_all", true);
            if (in->grab_toggle)
                vr_json_add_str(p, "grab-toggle", vr_grab_toggle_names[in->grab_toggle]);
            return cmd_json(b, "-object", p);
        }
        return true;
    default:
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("input bus '%s' is not supported"),
                       in->bus ? vr_input_bus_names[in->bus] : "");
    }
    vr_json_add_str(p, "id", in->info.alias);
    if (in->type == VR_INPUT_PASSTHROUGH)
        vr_json_add_str(p, "evdev", in->evdev);
    return cmd_placed_device(b, p, &in->info);
}

bool build_inputs(struct build *b)
{
    for (size_t i = 0; i < b->def->inputs.n; i++)
        if (!one_input(b, b->def->inputs.v[i]))
            return false;
    return true;
}

/* ---- shared folders ---------------------------------------------------------------------------------------------- */

static void add_mode(struct vr_buf *text, const char *key, const char *mode)
{
    uint64_t bits;
    if (mode && vr_parse_u64(mode, 8, 07777, &bits))
        vr_buf_printf(text, ",%s=%04o", key, (unsigned)bits);
}

static bool fs_9p(struct build *b, const struct vr_filesystem *fs)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    bool handle = fs->driver == VR_FS_DRIVER_HANDLE;
    vr_buf_str(&text, handle ? "handle" : "local");
    if (!handle)
        vr_buf_printf(&text, ",security_model=%s", fs->accessmode == VR_FS_ACCESS_MAPPED   ? "mapped"
                                                   : fs->accessmode == VR_FS_ACCESS_SQUASH ? "none"
                                                                                           : "passthrough");
    if (fs->multidevs && !vr_streq(fs->multidevs, "default"))
        vr_buf_printf(&text, ",multidevs=%s", fs->multidevs);
    add_mode(&text, "fmode", fs->fmode);
    add_mode(&text, "dmode", fs->dmode);
    if (vr_streq0(fs->wrpolicy, "immediate"))
        vr_buf_str(&text, ",writeout=immediate");
    vr_buf_printf(&text, ",id=fsdev-%s,path=", fs->info.alias);
    buf_escaped(&text, fs->source_dir ? fs->source_dir : "");
    if (fs->readonly)
        vr_buf_str(&text, ",readonly");
    cmd_opt_buf(b, "-fsdev", &text);
    struct vr_json *p = virtio_device("virtio-9p", b->def, &fs->info, fs->model, &fs->virtio);
    vr_json_add_str(p, "id", fs->info.alias);
    vr_json_add_strf(p, "fsdev", "fsdev-%s", fs->info.alias);
    vr_json_add_str(p, "mount_tag", fs->target_dir);
    return cmd_placed_device(b, p, &fs->info);
}

static bool fs_virtiofs(struct build *b, const struct vr_filesystem *fs)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    vr_buf_printf(&text, "socket,id=chr-vu-%s,path=", fs->info.alias);
    if (fs->source_socket) {
        buf_escaped(&text, fs->source_socket);
    } else { /* the daemon of ours listens there */
        buf_escaped(&text, b->run->private_dir);
        vr_buf_printf(&text, "/%s-fs.sock", fs->info.alias);
    }
    cmd_opt_buf(b, "-chardev", &text);
    struct vr_json *p = virtio_device("vhost-user-fs", b->def, &fs->info, VR_VIRTIO_MODEL_UNSET, &fs->virtio);
    vr_json_add_str(p, "id", fs->info.alias);
    vr_json_add_strf(p, "chardev", "chr-vu-%s", fs->info.alias);
    add_uint_if(p, "queue-size", fs->queue_size);
    vr_json_add_str(p, "tag", fs->target_dir);
    add_boot(p, &fs->info, 0);
    return cmd_placed_device(b, p, &fs->info);
}

bool build_filesystems(struct build *b)
{
    for (size_t i = 0; i < b->def->filesystems.n; i++) {
        const struct vr_filesystem *fs = b->def->filesystems.v[i];
        if (fs->type != VR_FS_MOUNT && fs->type != VR_FS_UNSET)
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("only supports mount filesystem type"));
        if (fs->driver == VR_FS_DRIVER_VIRTIOFS ? !fs_virtiofs(b, fs) : !fs_9p(b, fs))
            return false;
    }
    return true;
}

/* ---- tpm, watchdog, panic, balloon, rng -------------------------------------------------------------------------- */

static bool tpm_backend(struct build *b, const struct vr_tpm *t)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (t->backend == VR_TPM_BACKEND_PASSTHROUGH) {
        int fd = b->run->fd_of ? b->run->fd_of(b->run->opaque, VR_QEMU_FD_TPM, t->info.alias, 0) : -1;
        int cancel = b->run->fd_of ? b->run->fd_of(b->run->opaque, VR_QEMU_FD_TPM, t->info.alias, 1) : -1;
        const char *path = t->device_path ? t->device_path : "/dev/tpm0";
        if (fd < 0 || cancel < 0)
            return vr_fail_errno(b->err, VIR_ERR_SYSTEM_ERROR, ENOENT, _("Could not open TPM device %s"), path);
        cmd_arg(b, "-add-fd");
        cmd_argf(b, "set=%u,fd=%d", b->fd_sets, fd);
        cmd_arg(b, "-add-fd");
        cmd_argf(b, "set=%u,fd=%d", b->fd_sets + 1, cancel);
        vr_buf_printf(&text, "passthrough,id=tpm-%s,path=/dev/fdset/%u,cancel-path=/dev/fdset/%u", t->info.alias,
                      b->fd_sets, b->fd_sets + 1);
        b->fd_sets += 2;
        cmd_opt_buf(b, "-tpmdev", &text);
        return true;
    }
    const char *path = t->backend == VR_TPM_BACKEND_EXTERNAL ? t->external->path : t->socket_path;
    if (path) {
        vr_buf_str(&text, "socket,id=chrtpm,path=");
        buf_escaped(&text, path);
    } else if (b->run->native) {
        vr_buf_str(&text, "null,id=chrtpm"); /* no emulator runs whose socket could be named */
    } else {
        return vr_fail(b->err, VIR_ERR_INTERNAL_ERROR, "%s", _("the TPM emulator was not started"));
    }
    cmd_opt_buf(b, "-chardev", &text);
    cmd_arg(b, "-tpmdev");
    cmd_argf(b, "emulator,id=tpm-%s,chardev=chrtpm", t->info.alias);
    return true;
}

bool build_tpms(struct build *b)
{
    for (size_t i = 0; i < b->def->tpms.n; i++) {
        const struct vr_tpm *t = b->def->tpms.v[i];
        if (t->model == VR_TPM_SPAPR || t->model == VR_TPM_SPAPR_PROXY)
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("The QEMU executable %s does not support TPM model %s"), b->def->emulator,
                           vr_tpm_model_names[t->model]);
        if (!tpm_backend(b, t))
            return false;
        struct vr_json *p = vr_json_object();
        vr_json_add_str(p, "driver", t->model ? vr_tpm_model_names[t->model] : "tpm-tis");
        vr_json_add_strf(p, "tpmdev", "tpm-%s", t->info.alias);
        vr_json_add_str(p, "id", t->info.alias);
        if (!cmd_placed_device(b, p, &t->info))
            return false;
    }
    return true;
}

bool build_watchdogs(struct build *b)
{
    for (size_t i = 0; i < b->def->watchdogs.n; i++) {
        const struct vr_watchdog *w = b->def->watchdogs.v[i];
        if (w->model != VR_WATCHDOG_ITCO) { /* that one is on the Q35 board */
            struct vr_json *p = vr_json_object();
            vr_json_add_str(p, "driver", vr_watchdog_model_names[w->model]);
            vr_json_add_str(p, "id", w->info.alias);
            if (!cmd_placed_device(b, p, &w->info))
                return false;
        } else {
            cmd_opt(b, "-global", "ICH9-LPC.noreboot=off");
        }
    }
    if (b->def->watchdogs.n) {
        enum vr_watchdog_action action = b->def->watchdogs.v[0]->action;
        /* a dump is taken by the daemon while the guest stands still */
        const char *name = action == VR_WATCHDOG_ACTION_DUMP ? "pause"
                           : action                          ? vr_watchdog_action_names[action]
                                                             : "reset";
        cmd_opt(b, "-watchdog-action", name);
    }
    return true;
}

bool build_panics(struct build *b)
{
    for (size_t i = 0; i < b->def->panics.n; i++) {
        const struct vr_panic *d = b->def->panics.v[i];
        struct vr_json *p;
        switch (d->model) {
        case VR_PANIC_ISA:
            p = vr_json_object();
            vr_json_add_str(p, "driver", "pvpanic");
            if (d->info.type == VR_ADDRESS_ISA)
                add_uint_if(p, "ioport", d->info.isa.iobase);
            if (!cmd_device(b, p))
                return false;
            break;
        case VR_PANIC_PVPANIC:
            p = vr_json_object();
            vr_json_add_str(p, "driver", "pvpanic-pci");
            if (!cmd_placed_device(b, p, &d->info))
                return false;
            break;
        case VR_PANIC_HYPERV: /* a CPU flag */
            break;
        default:
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("only PCI, ISA and Hyper-V panic devices are supported, not '%s'"),
                           d->model ? vr_panic_model_names[d->model] : "");
        }
    }
    return true;
}

bool build_memballoon(struct build *b)
{
    const struct vr_memballoon *m = b->def->memballoon;
    if (!m || m->model == VR_MEMBALLOON_NONE)
        return true;
    if (m->model == VR_MEMBALLOON_XEN)
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("Memory balloon device type '%s' is not supported by this "
                       "version of qemu"), "xen");
    enum vr_virtio_model model = m->model == VR_MEMBALLOON_VIRTIO_TRANSITIONAL       ? VR_VIRTIO_MODEL_TRANSITIONAL
                                 : m->model == VR_MEMBALLOON_VIRTIO_NON_TRANSITIONAL ? VR_VIRTIO_MODEL_NON_TRANSITIONAL
                                                                                     : VR_VIRTIO_MODEL_UNSET;
    struct vr_json *p = virtio_device("virtio-balloon", b->def, &m->info, model, &m->virtio);
    vr_json_add_str(p, "id", m->info.alias);
    add_tri(p, "deflate-on-oom", m->autodeflate);
    add_tri(p, "free-page-reporting", m->free_page_reporting);
    return cmd_placed_device(b, p, &m->info);
}

bool build_rngs(struct build *b)
{
    for (size_t i = 0; i < b->def->rngs.n; i++) {
        const struct vr_rng *r = b->def->rngs.v[i];
        struct vr_json *o = vr_json_object();
        if (r->backend == VR_RNG_EGD) {
            if (!r->chardev || !cmd_chardev(b, r->chardev, r->info.alias, b->err)) {
                vr_json_free(o);
                return vr_fail(b->err, VIR_ERR_INTERNAL_ERROR, "%s", _("missing source of a random number generator"));
            }
            vr_json_add_str(o, "qom-type", "rng-egd");
            vr_json_add_strf(o, "id", "obj%s", r->info.alias);
            vr_json_add_strf(o, "chardev", "char%s", r->info.alias);
        } else {
            vr_json_add_str(o, "qom-type", r->backend == VR_RNG_BUILTIN ? "rng-builtin" : "rng-random");
            vr_json_add_strf(o, "id", "obj%s", r->info.alias);
            if (r->backend != VR_RNG_BUILTIN)
                vr_json_add_str(o, "filename", r->file ? r->file : "/dev/random");
        }
        cmd_json(b, "-object", o);
        struct vr_json *p = virtio_device("virtio-rng", b->def, &r->info, r->model, &r->virtio);
        vr_json_add_strf(p, "rng", "obj%s", r->info.alias);
        vr_json_add_str(p, "id", r->info.alias);
        if (r->rate_bytes) {
            vr_json_add_uint(p, "max-bytes", r->rate_bytes);
            vr_json_add_uint(p, "period", r->rate_period_ms ? r->rate_period_ms : 1000);
        }
        if (!cmd_placed_device(b, p, &r->info))
            return false;
    }
    return true;
}

/* ---- shmem, vsock, crypto ---------------------------------------------------------------------------------------- */

#define SHMEM_DEFAULT (4 * 1024 * 1024)

/* Memory that several guests map: a file below /dev/shm, or what a server hands out. */
static bool one_shmem(struct build *b, const struct vr_shmem *s)
{
    bool doorbell = vr_streq0(s->model, "ivshmem-doorbell");
    struct vr_json *p = vr_json_object();
    vr_json_add_str(p, "driver", doorbell ? "ivshmem-doorbell" : "ivshmem-plain");
    vr_json_add_str(p, "id", s->info.alias);
    if (doorbell) {
        struct vr_chr_source server = { .type = VR_CHR_UNIX, .mode = VR_CHR_SOURCE_CONNECT };
        server.path = s->server_path ? s->server_path
                                     : vr_arena_printf(b->cmd->arena, "/var/lib/libvirt/shmem-%s-sock", s->name);
        if (!cmd_chardev(b, &server, s->info.alias, b->err)) {
            vr_json_free(p);
            return false;
        }
        vr_json_add_strf(p, "chardev", "char%s", s->info.alias);
        add_uint_if(p, "vectors", s->vectors);
        add_tri(p, "ioeventfd", s->ioeventfd);
    } else {
        struct vr_json *o = vr_json_object();
        vr_json_add_str(o, "qom-type", "memory-backend-file");
        vr_json_add_strf(o, "id", "shmmem-%s", s->info.alias);
        vr_json_add_strf(o, "mem-path", "/dev/shm/%s", s->name);
        vr_json_add_uint(o, "size", s->size_bytes ? s->size_bytes : SHMEM_DEFAULT);
        vr_json_add_bool(o, "share", true);
        cmd_json(b, "-object", o);
        vr_json_add_strf(p, "memdev", "shmmem-%s", s->info.alias);
    }
    if (s->role)
        vr_json_add_str(p, "master", vr_streq(s->role, "master") ? "on" : "off");
    return cmd_placed_device(b, p, &s->info);
}

bool build_shmems(struct build *b)
{
    for (size_t i = 0; i < b->def->shmems.n; i++) {
        const struct vr_shmem *s = b->def->shmems.v[i];
        if (!s->name || strchr(s->name, '/'))
            return vr_fail(b->err, VIR_ERR_XML_ERROR, "%s", _("shmem name cannot include '/' character"));
        if (!one_shmem(b, s))
            return false;
    }
    return true;
}

bool build_vsock(struct build *b)
{
    const struct vr_vsock *v = b->def->vsock;
    if (!v)
        return true;
    int fd = b->run->native ? -1 : b->run->fd_of(b->run->opaque, VR_QEMU_FD_VSOCK, v->info.alias, 0);
    if (fd < 0 && !b->run->native)
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("unable to open vhost-vsock device"));
    struct vr_json *p = virtio_device("vhost-vsock", b->def, &v->info, v->model, &v->virtio);
    vr_json_add_str(p, "id", v->info.alias);
    vr_json_add_uint(p, "guest-cid", v->cid);
    vr_json_add_strf(p, "vhostfd", "%d", fd);
    return cmd_placed_device(b, p, &v->info);
}

bool build_cryptos(struct build *b)
{
    for (size_t i = 0; i < b->def->cryptos.n; i++) {
        const struct vr_crypto *c = b->def->cryptos.v[i];
        struct vr_json *o = vr_json_object();
        vr_json_add_str(o, "qom-type",
                        vr_streq0(c->backend, "lkcf") ? "cryptodev-backend-lkcf" : "cryptodev-backend-builtin");
        vr_json_add_strf(o, "id", "obj%s", c->info.alias);
        add_uint_if(o, "queues", c->queues);
        cmd_json(b, "-object", o);
        struct vr_json *p = virtio_device("virtio-crypto", b->def, &c->info, VR_VIRTIO_MODEL_UNSET, &c->virtio);
        vr_json_add_strf(p, "cryptodev", "obj%s", c->info.alias);
        vr_json_add_str(p, "id", c->info.alias);
        if (!cmd_placed_device(b, p, &c->info))
            return false;
    }
    return true;
}
