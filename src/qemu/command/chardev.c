/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Character devices: -chardev for the host's side, and the guest's serial ports, channels and consoles. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/build.h"

const char *vr_qemu_channel_path(struct vr_arena *arena, const struct vr_qemu_run *run, const struct vr_chr *channel)
{
    const struct vr_device_info *i = &channel->info;
    if (channel->name)
        return vr_arena_printf(arena, "%s/%s", run->channel_dir, channel->name);
    return vr_arena_printf(arena, "%s/vioser-%02u-%02u-%02u.sock", run->channel_dir, i->vioserial.controller,
                           i->vioserial.bus, i->vioserial.port);
}

static void add_path(struct vr_buf *text, const char *key, const char *path)
{
    vr_buf_printf(text, ",%s=", key);
    buf_escaped(text, path);
}

static void add_reconnect(struct vr_buf *text, const struct vr_reconnect *r)
{
    if (r && r->enabled == VR_TRI_YES)
        vr_buf_printf(text, ",reconnect=%u", r->timeout);
    else if (r && r->enabled == VR_TRI_NO)
        vr_buf_str(text, ",reconnect=0");
}

/* A file is opened by us and handed over, so that QEMU needs no right to open it. */
static bool add_file(struct build *b, struct vr_buf *text, const struct vr_chr_source *src, const char *alias)
{
    int fd = b->run->native ? -1 : b->run->fd_of(b->run->opaque, VR_QEMU_FD_CHARDEV_LOG, alias, 0);
    if (fd < 0) {
        add_path(text, "path", src->path);
    } else {
        unsigned set = b->fd_sets++;
        cmd_arg(b, "-add-fd");
        cmd_argf(b, "set=%u,fd=%d,opaque=%s-source", set, fd, alias);
        vr_buf_printf(text, ",path=/dev/fdset/%u", set);
    }
    if (fd >= 0) /* what is passed was opened as the document says, and must not be cut */
        vr_buf_str(text, ",append=on");
    else if (src->append != VR_TRI_UNSET)
        vr_buf_printf(text, ",append=%s", src->append == VR_TRI_OFF ? "off" : "on");
    return true;
}

static bool uses_tls(const struct vr_chr_source *src)
{
    return src->type == VR_CHR_TCP && src->tls == VR_TRI_YES;
}

/* Certificates stand before what uses them. */
static void tls_object(struct build *b, const struct vr_chr_source *src, const char *alias)
{
    struct vr_json *tls = vr_json_object();
    vr_json_add_str(tls, "qom-type", "tls-creds-x509");
    vr_json_add_strf(tls, "id", "objchar%s_tls0", alias);
    vr_json_add_str(tls, "dir", b->run->tls_dir);
    vr_json_add_str(tls, "endpoint", src->mode == VR_CHR_SOURCE_BIND ? "server" : "client");
    vr_json_add_bool(tls, "verify-peer", true);
    cmd_json(b, "-object", tls);
}

static bool add_tcp(struct build *b, struct vr_buf *text, const struct vr_chr_source *src, const char *alias)
{
    bool listen = src->mode == VR_CHR_SOURCE_BIND;
    vr_buf_str(text, ",host=");
    buf_escaped(text, src->host ? src->host : "");
    vr_buf_str(text, ",port=");
    buf_escaped(text, src->service ? src->service : "");
    if (src->protocol == VR_CHR_PROTO_TELNET)
        vr_buf_str(text, ",telnet=on");
    if (listen)
        vr_buf_str(text, ",server=on,wait=off");
    add_reconnect(text, src->reconnect);
    if (uses_tls(src))
        vr_buf_printf(text, ",tls-creds=objchar%s_tls0", alias);
    return true;
}

static bool add_unix(struct build *b, struct vr_buf *text, const struct vr_chr_source *src, const char *alias)
{
    bool listen = src->mode == VR_CHR_SOURCE_BIND;
    int fd = listen && !b->run->native ? b->run->fd_of(b->run->opaque, VR_QEMU_FD_CHARDEV, alias, 0) : -1;
    if (fd >= 0)
        vr_buf_printf(text, ",fd=%d", fd);
    else
        add_path(text, "path", src->path ? src->path : "");
    if (listen)
        vr_buf_str(text, ",server=on,wait=off");
    add_reconnect(text, src->reconnect);
    return true;
}

bool cmd_chardev(struct build *b, const struct vr_chr_source *src, const char *alias, struct vr_error **err)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    static const char *const kind[] = {
        [VR_CHR_NULL] = "null",     [VR_CHR_VC] = "vc",       [VR_CHR_PTY] = "pty",     [VR_CHR_DEV] = "serial",
        [VR_CHR_FILE] = "file",     [VR_CHR_PIPE] = "pipe",   [VR_CHR_STDIO] = "stdio", [VR_CHR_UDP] = "udp",
        [VR_CHR_TCP] = "socket",    [VR_CHR_UNIX] = "socket", [VR_CHR_SPICEVMC] = "spicevmc",
        [VR_CHR_SPICEPORT] = "spiceport", [VR_CHR_QEMU_VDAGENT] = "qemu-vdagent", [VR_CHR_DBUS] = "dbus",
    };
    if (src->type <= 0 || (size_t)src->type >= VR_COUNT(kind) || !kind[src->type])
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported chardev '%s'"),
                       src->type > 0 ? vr_chr_type_names[src->type] : "");
    if (uses_tls(src))
        tls_object(b, src, alias);
    /* parallel ports on a host device are another backend of QEMU's */
    bool parallel = src->type == VR_CHR_DEV && vr_starts_with(alias, "parallel");
    vr_buf_printf(&text, "%s,id=char%s", parallel ? "parallel" : kind[src->type], alias);
    bool ok = true;
    switch (src->type) {
    case VR_CHR_DEV:
    case VR_CHR_PIPE:
        if (!src->path)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("Missing source path attribute for char device"));
        add_path(&text, "path", src->path);
        break;
    case VR_CHR_FILE:
        if (!src->path)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("Missing source path attribute for char device"));
        ok = add_file(b, &text, src, alias);
        break;
    case VR_CHR_UDP:
        vr_buf_str(&text, ",host=");
        buf_escaped(&text, src->host ? src->host : "");
        vr_buf_str(&text, ",port=");
        buf_escaped(&text, src->service ? src->service : "");
        vr_buf_str(&text, ",localaddr=");
        buf_escaped(&text, src->bind_host ? src->bind_host : "");
        vr_buf_str(&text, ",localport=");
        buf_escaped(&text, src->bind_service ? src->bind_service : "0");
        break;
    case VR_CHR_TCP:
        ok = add_tcp(b, &text, src, alias);
        break;
    case VR_CHR_UNIX:
        ok = add_unix(b, &text, src, alias);
        break;
    case VR_CHR_SPICEVMC:
        vr_buf_printf(&text, ",name=%s",
                      vr_starts_with(alias, "redir")       ? "usbredir"
                      : vr_starts_with(alias, "smartcard") ? "smartcard"
                                                           : "vdagent");
        break;
    case VR_CHR_SPICEPORT:
    case VR_CHR_DBUS:
        vr_buf_str(&text, ",name=");
        buf_escaped(&text, src->channel ? src->channel : "");
        break;
    case VR_CHR_QEMU_VDAGENT:
        vr_buf_str(&text, ",name=vdagent");
        if (src->clipboard)
            vr_buf_printf(&text, ",clipboard=%s", src->clipboard == VR_TRI_YES ? "on" : "off");
        if (src->mouse_mode)
            vr_buf_printf(&text, ",mouse=%s", vr_streq(src->mouse_mode, "client") ? "on" : "off");
        break;
    default:
        break;
    }
    if (!ok)
        return false;
    if (src->log_file) {
        int fd = b->run->native ? -1 : b->run->fd_of(b->run->opaque, VR_QEMU_FD_CHARDEV_LOG, alias, 1);
        if (fd >= 0) {
            unsigned set = b->fd_sets++;
            cmd_arg(b, "-add-fd");
            cmd_argf(b, "set=%u,fd=%d,opaque=%s-log", set, fd, alias);
            vr_buf_printf(&text, ",logfile=/dev/fdset/%u,logappend=on", set);
        } else {
            add_path(&text, "logfile", src->log_file);
            vr_buf_printf(&text, ",logappend=%s", src->log_append == VR_TRI_OFF ? "off" : "on");
        }
    }
    cmd_opt_buf(b, "-chardev", &text);
    return true;
}

static struct vr_json *chr_props(const char *driver, const struct vr_chr *c)
{
    struct vr_json *props = vr_json_object();
    vr_json_add_str(props, "driver", driver);
    vr_json_add_strf(props, "chardev", "char%s", c->info.alias);
    vr_json_add_str(props, "id", c->info.alias);
    return props;
}

static bool finish(struct build *b, struct vr_json *props, const struct vr_device_info *info)
{
    if (!add_address(props, b->def, info, b->err)) {
        vr_json_free(props);
        return false;
    }
    return cmd_device(b, props);
}

bool build_serials(struct build *b)
{
    for (size_t i = 0; i < b->def->serials.n; i++) {
        const struct vr_chr *c = b->def->serials.v[i];
        if (c->src.type == VR_CHR_SPICEPORT && !b->def->graphics.n)
            continue;
        if (!cmd_chardev(b, &c->src, c->info.alias, b->err))
            return false;
        if (c->serial_model == VR_SERIAL_MODEL_UNSET || c->serial_target == VR_SERIAL_SYSTEM)
            return not_yet(b->err, "a serial port of this kind");
        struct vr_json *props = chr_props(vr_serial_model_names[c->serial_model], c);
        if (c->serial_target == VR_SERIAL_ISA)
            vr_json_add_int(props, "index", c->port.set ? c->port.v : (int)i);
        if (!finish(b, props, &c->info))
            return false;
    }
    return true;
}

bool build_parallels(struct build *b)
{
    for (size_t i = 0; i < b->def->parallels.n; i++) {
        const struct vr_chr *c = b->def->parallels.v[i];
        if (!cmd_chardev(b, &c->src, c->info.alias, b->err) ||
            !finish(b, chr_props("isa-parallel", c), &c->info))
            return false;
    }
    return true;
}

static struct vr_json *virtio_port(const struct build *b, const struct vr_chr *c, const char *driver)
{
    const struct vr_controller *k =
        vr_qemu_find_controller(b->def, VR_CONTROLLER_VIRTIO_SERIAL, c->info.vioserial.controller);
    struct vr_json *props = vr_json_object();
    vr_json_add_str(props, "driver", driver);
    vr_json_add_strf(props, "bus", "%s.%u", k ? k->info.alias : "virtio-serial0", c->info.vioserial.bus);
    vr_json_add_uint(props, "nr", c->info.vioserial.port);
    vr_json_add_strf(props, "chardev", "char%s", c->info.alias);
    vr_json_add_str(props, "id", c->info.alias);
    if (c->kind == VR_CHR_KIND_CHANNEL) {
        if (c->src.type == VR_CHR_SPICEVMC || c->src.type == VR_CHR_QEMU_VDAGENT)
            vr_json_add_str(props, "name", c->name ? c->name : "com.redhat.spice.0");
        else
            vr_json_add_str(props, "name", c->name);
    }
    return props;
}

static bool guestfwd(struct build *b, const struct vr_chr *c)
{
    struct vr_json *list = vr_json_array();
    vr_autofree char *text = vr_printf("tcp:%s:%s-chardev:char%s", c->address ? c->address : "",
                                       c->service ? c->service : "", c->info.alias);
    vr_json_append(list, vr_json_add_str(vr_json_object(), "str", text));
    struct vr_json *props = vr_json_object();
    vr_json_add_str(props, "type", "user");
    vr_json_add(props, "guestfwd", list);
    vr_json_add_str(props, "id", c->info.alias);
    return cmd_json(b, "-netdev", props);
}

bool build_channels(struct build *b)
{
    for (size_t i = 0; i < b->def->channels.n; i++) {
        const struct vr_chr *c = b->def->channels.v[i];
        struct vr_chr_source src = c->src;
        if (src.type == VR_CHR_UNIX && !src.path) {
            src.path = vr_qemu_channel_path(b->cmd->arena, b->run, c);
            src.mode = VR_CHR_SOURCE_BIND;
        }
        if (!cmd_chardev(b, &src, c->info.alias, b->err))
            return false;
        switch (c->channel_target) {
        case VR_CHANNEL_GUESTFWD:
            if (!guestfwd(b, c))
                return false;
            break;
        case VR_CHANNEL_VIRTIO:
            if (!cmd_device(b, virtio_port(b, c, "virtserialport")))
                return false;
            break;
        default:
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported channel type '%s'"),
                           vr_channel_target_names[c->channel_target]);
        }
    }
    return true;
}

bool build_consoles(struct build *b)
{
    for (size_t i = 0; i < b->def->consoles.n; i++) {
        const struct vr_chr *c = b->def->consoles.v[i];
        switch (c->console_target) {
        case VR_CONSOLE_UNSET:
        case VR_CONSOLE_SERIAL:
            break; /* the serial port of the same number, under another name */
        case VR_CONSOLE_VIRTIO:
            if (!cmd_chardev(b, &c->src, c->info.alias, b->err) ||
                !cmd_device(b, virtio_port(b, c, "virtconsole")))
                return false;
            break;
        default:
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported console target type %s"),
                           vr_console_target_names[c->console_target]);
        }
    }
    return true;
}

bool build_smartcards(struct build *b)
{
    for (size_t i = 0; i < b->def->smartcards.n; i++) {
        const struct vr_smartcard *s = b->def->smartcards.v[i];
        struct vr_json *props = vr_json_object();
        switch (s->mode) {
        case VR_SMARTCARD_HOST:
            vr_json_add_str(props, "driver", "ccid-card-emulated");
            vr_json_add_str(props, "backend", "nss-emulated");
            break;
        case VR_SMARTCARD_HOST_CERTIFICATES:
            vr_json_add_str(props, "driver", "ccid-card-emulated");
            vr_json_add_str(props, "backend", "certificates");
            for (size_t k = 0; k < s->certificates.n && k < 3; k++) {
                char key[8] = { 'c', 'e', 'r', 't', (char)('1' + k), '\0' };
                vr_json_add_str(props, key, s->certificates.v[k]);
            }
            vr_json_add_str(props, "db", s->database ? s->database : "/etc/pki/nssdb");
            break;
        case VR_SMARTCARD_PASSTHROUGH:
            if (!s->chardev || !cmd_chardev(b, s->chardev, s->info.alias, b->err)) {
                vr_json_free(props);
                return vr_fail(b->err, VIR_ERR_INTERNAL_ERROR, "%s", _("missing source of a smartcard"));
            }
            vr_json_add_str(props, "driver", "ccid-card-passthru");
            vr_json_add_strf(props, "chardev", "char%s", s->info.alias);
            break;
        default:
            vr_json_free(props);
            return not_yet(b->err, "a smartcard of this kind");
        }
        vr_json_add_str(props, "id", s->info.alias);
        const struct vr_controller *k = vr_qemu_find_controller(b->def, VR_CONTROLLER_CCID, s->info.ccid.controller);
        vr_json_add_strf(props, "bus", "%s.0", k ? k->info.alias : "ccid0");
        if (!cmd_device(b, props))
            return false;
    }
    return true;
}

bool build_redirdevs(struct build *b)
{
    for (size_t i = 0; i < b->def->redirdevs.n; i++) {
        const struct vr_redirdev *r = b->def->redirdevs.v[i];
        if (!cmd_chardev(b, &r->src, r->info.alias, b->err))
            return false;
        struct vr_json *props = vr_json_object();
        vr_json_add_str(props, "driver", "usb-redir");
        vr_json_add_strf(props, "chardev", "char%s", r->info.alias);
        vr_json_add_str(props, "id", r->info.alias);
        if (b->def->has_redirfilter) {
            vr_autobuf struct vr_buf text = VR_BUF_INIT;
            for (size_t k = 0; k < b->def->redirfilter.n; k++) {
                const struct vr_redir_filter *f = b->def->redirfilter.v[k];
                const struct vr_oint *const numbers[] = { &f->usb_class, &f->vendor, &f->product, &f->version };
                for (size_t n = 0; n < VR_COUNT(numbers); n++) {
                    if (!numbers[n]->set || numbers[n]->v < 0)
                        vr_buf_str(&text, "-1:");
                    else
                        vr_buf_printf(&text, n == 0 ? "0x%02X:" : "0x%04X:", (unsigned)numbers[n]->v);
                }
                vr_buf_printf(&text, "%d%s", f->allow == VR_TRI_YES, k + 1 < b->def->redirfilter.n ? "|" : "");
            }
            vr_json_add_str(props, "filter", text.data ? text.data : "");
        }
        add_boot(props, &r->info, 0);
        if (!finish(b, props, &r->info))
            return false;
    }
    return true;
}
