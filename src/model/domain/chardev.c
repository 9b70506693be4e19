/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <serial>, <parallel>, <console>, <channel>, and the host side that other devices share with them. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <string.h>
#include "base/str.h"

VR_ENUM_NAMES(vr_chr_type, VR_CHR_TYPES)
VR_ENUM_NAMES(vr_chr_protocol, VR_CHR_PROTOCOLS)
VR_ENUM_NAMES(vr_chr_mode, VR_CHR_MODES)
VR_ENUM_NAMES(vr_chr_source_mode, VR_CHR_SOURCE_MODES)
VR_ENUM_NAMES(vr_chr_kind, VR_CHR_KINDS)
VR_ENUM_NAMES(vr_serial_target, VR_SERIAL_TARGETS)
VR_ENUM_NAMES(vr_serial_model, VR_SERIAL_MODELS)
VR_ENUM_NAMES(vr_console_target, VR_CONSOLE_TARGETS)
VR_ENUM_NAMES(vr_channel_target, VR_CHANNEL_TARGETS)
VR_ENUM_NAMES(vr_channel_state, VR_CHANNEL_STATES)

#define CHR struct vr_chr_source
#define B(T) VR_BIT(VR_CHR_##T)
#define FOR(mask) VR_WHEN(CHR, type, mask)
#define PATHS (B(PTY) | B(DEV) | B(FILE) | B(PIPE) | B(UNIX))

static bool pty_path_shown(const void *base, const struct vr_format *f)
{
    return ((const CHR *)base)->type != VR_CHR_PTY || !vr_inactive(f);
}

/* a socket whose place is chosen at start has no mode worth telling */
static bool mode_shown(const void *base, const struct vr_format *f)
{
    const CHR *c = base;
    return c->type == VR_CHR_TCP || c->path;
}

static const struct vr_row clipboard_rows[] = { VR_A_YESNO(CHR, clipboard, "copypaste"), VR_END };
static const struct vr_row mouse_rows[] = { VR_A_STR(CHR, mouse_mode, "mode"), VR_END };

/* One <source>, for all types but udp, which has two. */
static const struct vr_row source_rows[] = {
    VR_A_STR(CHR, channel, "channel", FOR(B(SPICEPORT) | B(DBUS))),
    VR_A_STR(CHR, master, "master", FOR(B(NMDM))),
    VR_A_STR(CHR, slave, "slave", FOR(B(NMDM))),
    VR_A_ENUM(CHR, mode, "mode", vr_chr_source_mode_names, FOR(B(TCP) | B(UNIX)), .when = mode_shown),
    VR_A_STR(CHR, path, "path", FOR(PATHS), .when = pty_path_shown, .unless_empty = true),
    VR_A_STR(CHR, host, "host", FOR(B(TCP))),
    VR_A_STR(CHR, service, "service", FOR(B(TCP))),
    VR_A_ONOFF(CHR, append, "append", FOR(B(FILE) | B(DEV) | B(PIPE))),
    VR_A_YESNO(CHR, tls, "tls", FOR(B(TCP))),
    VR_GROUP("clipboard", clipboard_rows, FOR(B(QEMU_VDAGENT))),
    VR_GROUP("mouse", mouse_rows, FOR(B(QEMU_VDAGENT))),
    VR_CHILD(CHR, reconnect, "reconnect", vr_reconnect_elem, FOR(B(TCP) | B(UNIX))),
    VR_LISTED(CHR, seclabels, "seclabel", vr_seclabel_source_elem),
    VR_END,
};
static const struct vr_row protocol_rows[] = {
    VR_A_ENUM(CHR, protocol, "type", vr_chr_protocol_names, .bad = "Unknown protocol '%s'", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED),
    VR_END,
};
static const struct vr_row log_rows[] = {
    VR_A_STR(CHR, log_file, "file"),
    VR_A_ONOFF(CHR, log_append, "append"),
    VR_END,
};

static bool udp_source(struct vr_parse *p, const struct vr_xml_node *s, CHR *c, struct vr_error **err)
{
    const char *mode = vr_xml_get(s, "mode");
    if (!mode || vr_streq(mode, "connect")) {
        c->host = vr_xml_get(s, "host");
        c->service = vr_xml_get(s, "service");
    } else if (vr_streq(mode, "bind")) {
        c->bind_host = vr_xml_get(s, "host");
        c->bind_service = vr_xml_get(s, "service");
    } else {
        return vr_parse_fail(p, s, err, VIR_ERR_INTERNAL_ERROR, _("Unknown source mode '%s'"), mode);
    }
    return true;
}

static bool sources_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    CHR *c = base;
    size_t n = vr_xml_count(node, "source");
    const struct vr_xml_node *s = vr_xml_child(node, "source");
    if (n > 2 && c->type == VR_CHR_UDP)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("only two source elements are allowed for character device"));
    if (n > 1 && c->type != VR_CHR_UDP && c->type != VR_CHR_UNSET)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("only one source element is allowed for character device"));
    if (vr_xml_count(node, "protocol") > 1)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("only one protocol element is allowed for character device"));
    if (c->type != VR_CHR_UDP)
        return !s || vr_rows_parse(p, source_rows, s, c, err);
    for (; s; s = vr_xml_sibling(s))
        if (!udp_source(p, s, c, err))
            return false;
    c->host = vr_arena_strdup(p->arena, c->host);
    c->service = vr_arena_strdup(p->arena, c->service);
    c->bind_host = vr_arena_strdup(p->arena, c->bind_host);
    c->bind_service = vr_arena_strdup(p->arena, c->bind_service);
    return true;
}

static void udp_line(struct vr_format *f, const char *mode, const char *host, const char *service)
{
    if (!host && !service)
        return;
    vr_buf_spaces(f->out, (size_t)f->indent);
    vr_buf_printf(f->out, "<source mode='%s'", mode);
    vr_format_attr(f, "host", host);
    vr_format_attr(f, "service", service);
    vr_buf_str(f->out, "/>\n");
}

static const struct vr_row source_element[] = { VR_GROUP("source", source_rows), VR_END };

static void sources_format(struct vr_format *f, const void *base)
{
    const CHR *c = base;
    if (c->type != VR_CHR_UDP) {
        vr_rows_format_children(f, source_element, c);
        return;
    }
    udp_line(f, "bind", c->bind_host, c->bind_service);
    udp_line(f, "connect", c->host, c->service);
}

/* Members behind the custom row, for copies and for --validate. */
static const struct vr_row all_source_rows[] = {
    VR_A_STR(CHR, channel, "channel"), VR_A_STR(CHR, master, "master"), VR_A_STR(CHR, slave, "slave"),
    VR_A_ENUM(CHR, mode, "mode", vr_chr_source_mode_names), VR_A_STR(CHR, path, "path"), VR_A_STR(CHR, host, "host"),
    VR_A_STR(CHR, service, "service"), VR_A_STR(CHR, bind_host, "host"), VR_A_STR(CHR, bind_service, "service"),
    VR_A_ONOFF(CHR, append, "append"), VR_A_YESNO(CHR, tls, "tls"), VR_GROUP("clipboard", clipboard_rows),
    VR_GROUP("mouse", mouse_rows), VR_CHILD(CHR, reconnect, "reconnect", vr_reconnect_elem),
    VR_LISTED(CHR, seclabels, "seclabel", vr_seclabel_source_elem),
    VR_END,
};
static const struct vr_row all_sources[] = { VR_GROUP("source", all_source_rows, .many = true), VR_END };
static const struct vr_custom_ops sources_ops = { .rows = all_sources, .parse = sources_parse, .format =
    sources_format };

const struct vr_row vr_chr_source_rows[] = {
    VR_A_ENUM(CHR, type, "type", vr_chr_type_names, .bad = "unknown type presented to host for character device: %s",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_CUSTOM(sources_ops),
    VR_GROUP("protocol", protocol_rows, FOR(B(TCP))),
    VR_GROUP("log", log_rows),
    VR_END,
};

static bool missing(struct vr_parse *p, const struct vr_xml_node *node, const char *text, struct vr_error **err)
{
    return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, "%s", text);
}

bool vr_chr_source_check(struct vr_parse *p, const struct vr_xml_node *node, CHR *c, struct vr_error **err)
{
    switch (c->type) {
    case VR_CHR_UNSET:
        break;
    case VR_CHR_DEV:
    case VR_CHR_FILE:
    case VR_CHR_PIPE:
        if (!c->path)
            return missing(p, node, _("Missing source path attribute for char device"), err);
        break;
    case VR_CHR_UNIX: /* a channel to the guest may leave its place to the driver */
        if (!c->path && !vr_streq(node->name, "channel"))
            return missing(p, node, _("Missing source path attribute for char device"), err);
        break;
    case VR_CHR_NMDM:
        if (!c->master)
            return missing(p, node, _("Missing master path attribute for nmdm device"), err);
        if (!c->slave)
            return missing(p, node, _("Missing slave path attribute for nmdm device"), err);
        break;
    case VR_CHR_TCP:
        if (!c->host)
            return missing(p, node, _("Missing source host attribute for char device"), err);
        if (!c->service)
            return missing(p, node, _("Missing source service attribute for char device"), err);
        break;
    case VR_CHR_UDP:
        if (!c->service)
            return missing(p, node, _("Missing source service attribute for char device"), err);
        break;
    case VR_CHR_SPICEPORT:
    case VR_CHR_DBUS:
        if (!c->channel)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                                 _("Missing source channel attribute for char device"));
        if (strspn(c->channel,
                   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") != strlen(c->channel))
            return vr_parse_fail(p, node, err, VIR_ERR_INVALID_ARG,
                                 _("Invalid character in source channel for char device"));
        break;
    default: break;
    }
    if (c->type == VR_CHR_TCP && !c->protocol)
        c->protocol = VR_CHR_PROTO_RAW;
    if ((c->type == VR_CHR_TCP || c->type == VR_CHR_UNIX) && !c->mode && (c->type == VR_CHR_TCP || c->path))
        c->mode = VR_CHR_SOURCE_CONNECT;
    return true;
}

static bool source_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return vr_chr_source_check(p, node, obj, err);
}

const struct vr_xml_elem vr_chr_source_elem = {
    .name = "source", .size = sizeof(CHR), .rows = vr_chr_source_rows, .after_parse = source_after,
};

/* ---- the guest side ---------------------------------------------------------------------------------------------- */
#define DEV struct vr_chr

static const struct vr_row serial_model_rows[] = {
    VR_A_ENUM(DEV, serial_model, "name", vr_serial_model_names, .bad =
              "unknown target model '%s' specified for character device",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_END,
};
static const struct vr_row serial_target_rows[] = {
    VR_A_ENUM(DEV, serial_target, "type", vr_serial_target_names, .bad =
              "unknown target type '%s' specified for character device",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_OINT(DEV, port, "port", .bad = "Invalid port number: %s", .bad_code = VIR_ERR_XML_ERROR),
    VR_GROUP("model", serial_model_rows),
    VR_END,
};
static const struct vr_row parallel_target_rows[] = {
    VR_A_OINT(DEV, port, "port", .bad = "Invalid port number: %s", .bad_code = VIR_ERR_XML_ERROR), VR_END,
};
static const struct vr_row console_target_rows[] = {
    VR_A_ENUM(DEV, console_target, "type", vr_console_target_names,
              .bad = "unknown target type '%s' specified for character device", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_OINT(DEV, port, "port", .bad = "Invalid port number: %s", .bad_code = VIR_ERR_XML_ERROR),
    VR_END,
};

static bool state_shown(const void *base, const struct vr_format *f)
{
    return !vr_inactive(f);
}
#define TO(T) VR_WHEN(DEV, channel_target, VR_BIT(VR_CHANNEL_##T))
static const struct vr_row channel_target_rows[] = {
    VR_A_ENUM(DEV, channel_target, "type", vr_channel_target_names, .required = true,
              .missing = "target type must be specified for channel device",
              .bad = "unknown target type '%s' specified for character device", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_STR(DEV, address, "address", TO(GUESTFWD)),
    VR_A_STR(DEV, service, "port", TO(GUESTFWD)),
    VR_A_STR(DEV, name, "name", VR_WHEN(DEV, channel_target, VR_BIT(VR_CHANNEL_VIRTIO) | VR_BIT(VR_CHANNEL_XEN))),
    VR_A_ENUM(DEV, state, "state", vr_channel_state_names, VR_WHEN(DEV, channel_target, VR_BIT(VR_CHANNEL_VIRTIO) |
                                                                   VR_BIT(VR_CHANNEL_XEN)), .when = state_shown,
                                                                       .lenient = true),
    VR_END,
};

static bool tty_shown(const void *base, const struct vr_format *f)
{
    const DEV *d = base;
    return d->src.type == VR_CHR_PTY && !vr_inactive(f) && d->kind == VR_CHR_KIND_CONSOLE;
}
static const struct vr_row serial_rows[] = {
    VR_INLINE_PART(DEV, src, vr_chr_source_rows),
    VR_GROUP("target", serial_target_rows),
    VR_INFO(DEV),
    VR_END,
};
static const struct vr_row parallel_rows[] = {
    VR_INLINE_PART(DEV, src, vr_chr_source_rows),
    VR_GROUP("target", parallel_target_rows),
    VR_INFO(DEV),
    VR_END,
};
static const struct vr_row console_rows[] = {
    VR_INLINE_PART(DEV, src, vr_chr_source_rows),
    VR_A_STR(DEV, src.path, "tty", .format_only = true, .when = tty_shown),
    VR_GROUP("target", console_target_rows),
    VR_INFO(DEV),
    VR_END,
};
static const struct vr_row channel_rows[] = {
    VR_INLINE_PART(DEV, src, vr_chr_source_rows),
    VR_GROUP("target", channel_target_rows, .required = true, .missing =
             "target type must be specified for channel device"),
    VR_INFO(DEV),
    VR_END,
};

static bool chr_after(struct vr_parse *p, const struct vr_xml_node *node, DEV *d, enum vr_chr_kind kind,
                      struct vr_error **err)
{
    d->kind = kind;
    const char *tty = vr_xml_get(node, "tty");
    if (!vr_xml_get(node, "type"))
        d->src.type = VR_CHR_PTY;
    if (d->src.type == VR_CHR_PTY && !d->src.path && tty)
        d->src.path = vr_arena_strdup(p->arena, tty);
    if ((p->flags & VR_FORM_INACTIVE) && d->src.type == VR_CHR_PTY)
        d->src.path = NULL;
    if (d->src.type == VR_CHR_SPICEVMC) {
        if (kind != VR_CHR_KIND_CHANNEL || d->channel_target != VR_CHANNEL_VIRTIO)
            return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("spicevmc device type only supports virtio"));
    }
    return vr_chr_source_check(p, node, &d->src, err);
}

static bool serial_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return chr_after(p, node, obj, VR_CHR_KIND_SERIAL, err);
}
static bool parallel_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return chr_after(p, node, obj, VR_CHR_KIND_PARALLEL, err);
}
static bool console_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return chr_after(p, node, obj, VR_CHR_KIND_CONSOLE, err);
}

static bool channel_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    DEV *d = obj;
    if (d->channel_target == VR_CHANNEL_GUESTFWD) {
        uint64_t port;
        if (!d->address)
            return missing(p, node, _("guestfwd channel does not define a target address"), err);
        if (!d->service)
            return missing(p, node, _("guestfwd channel does not define a target port"), err);
        if (!vr_text_u64(d->service, 10, 65535, &port))
            return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("Invalid port number: %s"), d->service);
    }
    if (p->flags & VR_FORM_INACTIVE)
        d->state = VR_CHANNEL_STATE_UNSET;
    return chr_after(p, node, obj, VR_CHR_KIND_CHANNEL, err);
}

const struct vr_xml_elem vr_serial_elem = {
    .name = "serial", .size = sizeof(DEV), .rows = serial_rows, .own_arena = true, .after_parse = serial_after,
};
const struct vr_xml_elem vr_parallel_elem = {
    .name = "parallel", .size = sizeof(DEV), .rows = parallel_rows, .own_arena = true, .after_parse = parallel_after,
};
const struct vr_xml_elem vr_console_elem = {
    .name = "console", .size = sizeof(DEV), .rows = console_rows, .own_arena = true, .after_parse = console_after,
};
const struct vr_xml_elem vr_channel_elem = {
    .name = "channel", .size = sizeof(DEV), .rows = channel_rows, .own_arena = true, .after_parse = channel_after,
};
