/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices from words: attach-disk and attach-interface make the XML that a user does not want to write. */
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/alloc.h"
#include "base/str.h"
#include "bandwidth.h"
#include "device_call.h"

/* " name='value'" with the value quoted for XML. */
static void attribute(struct vr_buf *out, const char *name, const char *value)
{
    if (!value)
        return;
    vr_buf_printf(out, " %s='", name);
    vr_xml_quote(out, value);
    vr_buf_char(out, '\'');
}

static void element(struct vr_buf *out, const char *name, const char *text)
{
    if (!text)
        return;
    vr_buf_printf(out, "  <%s>", name);
    vr_xml_quote(out, text);
    vr_buf_printf(out, "</%s>\n", name);
}

/* ---- addresses ----------------------------------------------------------------------------------------------------- */

/* Numbers parted by dots or a colon first, each in @base; false for anything else. */
static bool numbers(const char *text, int base, size_t n, unsigned long long *out)
{
    for (size_t i = 0; i < n; i++) {
        char *end;
        if (!strchr("0123456789abcdefABCDEF", *text) || !*text)
            return false;
        out[i] = strtoull(text, &end, base);
        if (i + 1 < n && *end != '.' && *end != ':')
            return false;
        if (i + 1 == n && *end)
            return false;
        text = end + 1;
    }
    return true;
}

static const struct address_kind {
    const char *prefix;
    size_t n;
    int base;
} address_kinds[] = {
    { "pci:", 4, 16 }, { "scsi:", 3, 10 }, { "ide:", 3, 10 }, { "ccw:", 3, 16 }, { "usb:", 2, 10 }, { "sata:", 3, 10 },
};

static const char *wanted_address(const char *target, const char *kind)
{
    if (vr_starts_with(target, "vd") && kind[0] != 'p' && kind[0] != 'c')
        return _("expecting a pci:0000.00.00.00 or ccw:00.0.0000 address.");
    if (vr_starts_with(target, "sd") && !vr_streq(kind, "scsi:") && !vr_streq(kind, "usb:") && !vr_streq(kind, "sata:"))
        return _("expecting a scsi:00.00.00 or usb:00.00 or sata:00.00.00 address.");
    if (vr_starts_with(target, "hd") && kind[0] != 'i')
        return _("expecting an ide:00.00.00 address.");
    return NULL;
}

static bool add_address(struct vr_cmd *cmd, struct vr_buf *out, const char *text, const char *target, bool multifunction)
{
    unsigned long long v[4] = { 0 };
    for (size_t i = 0; i < VR_COUNT(address_kinds); i++) {
        const struct address_kind *k = &address_kinds[i];
        if (!vr_starts_with(text, k->prefix))
            continue;
        if (!numbers(text + strlen(k->prefix), k->base, k->n, v))
            break;
        const char *expected = wanted_address(target, k->prefix);
        if (expected)
            return vr_complain(cmd, "%s", expected);
        switch (k->prefix[0]) {
        case 'p':
            vr_buf_printf(out, "  <address type='pci' domain='0x%04llx' bus='0x%02llx' slot='0x%02llx' function='0x%0llx'%s/>\n",
                          v[0], v[1], v[2], v[3], multifunction ? " multifunction='on'" : "");
            return true;
        case 'c':
            vr_buf_printf(out, "  <address type='ccw' cssid='0x%02llx' ssid='0x%01llx' devno='0x%04llx'/>\n", v[0], v[1], v[2]);
            return true;
        case 'u':
            vr_buf_printf(out, "  <address type='usb' bus='%llu' port='%llu'/>\n", v[0], v[1]);
            return true;
        default:
            vr_buf_printf(out, "  <address type='drive' controller='%llu' bus='%llu' unit='%llu'/>\n", v[0], v[1], v[2]);
            return true;
        }
    }
    return vr_complain(cmd, "%s", _("Invalid address."));
}

/* ---- attach-disk --------------------------------------------------------------------------------------------------- */

struct disk_words {
    const char *source, *target, *bus, *driver, *subdriver, *iothread, *cache, *io, *type, *mode, *sourcetype, *serial, *wwn,
        *alias, *address, *protocol, *host_name, *host_transport, *host_socket;
};

static bool read_disk(struct vr_cmd *cmd, struct disk_words *w)
{
    const struct { const char *option; const char **to; } rows[] = {
        { "source", &w->source }, { "target", &w->target }, { "driver", &w->driver }, { "subdriver", &w->subdriver },
        { "type", &w->type }, { "mode", &w->mode }, { "iothread", &w->iothread }, { "cache", &w->cache }, { "io", &w->io },
        { "serial", &w->serial }, { "wwn", &w->wwn }, { "address", &w->address }, { "targetbus", &w->bus },
        { "alias", &w->alias }, { "sourcetype", &w->sourcetype }, { "source-protocol", &w->protocol },
        { "source-host-name", &w->host_name }, { "source-host-transport", &w->host_transport },
        { "source-host-socket", &w->host_socket },
    };
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        if (!vr_opt_string(cmd, rows[i].option, rows[i].to))
            return false;
    }
    return true;
}

static const char *const source_types[] = { "block", "file", "network", NULL };
static const char *const disk_types[] = { "disk", "cdrom", "floppy", "lun", NULL };
static const char *const caches[] = { "default", "none", "writethrough", "writeback", "directsync", "unsafe", NULL };
static const char *const ios[] = { "default", "native", "threads", "io_uring", NULL };
static const char *const buses[] = { "ide", "fdc", "scsi", "virtio", "xen", "usb", "uml", "sata", "sd", NULL };

static void complete_sourcetype(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, source_types);
}
static void complete_disk_type(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, disk_types);
}
static void complete_cache(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, caches);
}
static void complete_io(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, ios);
}
static void complete_bus(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, buses);
}

static void add_source(struct vr_buf *out, const struct disk_words *w, const char *type)
{
    if (!vr_streq(type, "network")) {
        vr_buf_str(out, "  <source");
        attribute(out, vr_streq(type, "block") ? "dev" : "file", w->source);
        vr_buf_str(out, "/>\n");
        return;
    }
    vr_buf_str(out, "  <source");
    attribute(out, "protocol", w->protocol);
    attribute(out, "name", w->source);
    if (!w->host_name && !w->host_transport && !w->host_socket) {
        vr_buf_str(out, "/>\n");
        return;
    }
    vr_buf_str(out, ">\n    <host");
    attribute(out, "transport", w->host_transport);
    attribute(out, "socket", w->host_socket);
    const char *colon = w->host_name ? strrchr(w->host_name, ':') : NULL;
    vr_autofree char *name = colon ? vr_strndup(w->host_name, (size_t)(colon - w->host_name)) : vr_strdup(w->host_name);
    attribute(out, "name", name);
    attribute(out, "port", colon ? colon + 1 : NULL);
    vr_buf_str(out, "/>\n  </source>\n");
}

static bool disk_xml(struct vr_cmd *cmd, const struct disk_words *w, const char *type, struct vr_buf *out)
{
    vr_buf_printf(out, "<disk type='%s'", type);
    attribute(out, "device", w->type);
    vr_buf_str(out, vr_opt_bool(cmd, "rawio") ? " rawio='yes'>\n" : ">\n");
    if (w->driver || w->subdriver || w->iothread || w->cache || w->io) {
        vr_buf_str(out, "  <driver");
        attribute(out, "name", w->driver);
        attribute(out, "type", w->subdriver);
        attribute(out, "iothread", w->iothread);
        attribute(out, "cache", w->cache);
        attribute(out, "io", w->io);
        vr_buf_str(out, "/>\n");
    }
    if (w->source)
        add_source(out, w, type);
    vr_buf_str(out, "  <target");
    attribute(out, "dev", w->target);
    attribute(out, "bus", w->bus);
    vr_buf_str(out, "/>\n");
    if (w->mode)
        vr_buf_printf(out, "  <%s/>\n", w->mode);
    element(out, "serial", w->serial);
    if (w->alias) {
        vr_buf_str(out, "  <alias");
        attribute(out, "name", w->alias);
        vr_buf_str(out, "/>\n");
    }
    element(out, "wwn", w->wwn);
    if (w->address && !add_address(cmd, out, w->address, w->target, vr_opt_bool(cmd, "multifunction")))
        return false;
    vr_buf_str(out, "</disk>\n");
    return true;
}

static bool attach_disk_run(struct vr_cmd *cmd)
{
    unsigned flags;
    struct disk_words w = { 0 };
    struct stat st;
    if (!vr_device_affect(cmd, &flags) || !read_disk(cmd, &w))
        return false;
    const char *type = w.sourcetype;
    if (!type && w.protocol)
        type = "network";
    if (!type)
        type = w.source && stat(w.source, &st) == 0 && S_ISBLK(st.st_mode) ? "block" : "file";
    if (vr_name_index(source_types, type) < 0)
        return vr_complain(cmd, _("Unknown source type: '%s'"), w.sourcetype);
    if (w.protocol && !vr_streq(type, "network"))
        return vr_complain(cmd, "%s", _("--source-protocol option requires --sourcetype network"));
    if (w.mode && !vr_streq(w.mode, "readonly") && !vr_streq(w.mode, "shareable"))
        return vr_complain(cmd, _("No support for %s in command 'attach-disk'"), w.mode);
    vr_autobuf struct vr_buf xml = VR_BUF_INIT;
    if (!disk_xml(cmd, &w, type, &xml))
        return false;
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml.data);
        return true;
    }
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_device_flags(cmd, dom, &flags))
        return false;
    if (vr_device_attach(dom, xml.data, flags) < 0)
        return vr_complain(cmd, "%s", _("Failed to attach disk"));
    vr_print_extra(cmd, "%s", _("Disk attached successfully\n"));
    return true;
}
static const struct vr_opt attach_disk_opts[] = {
    VR_OPT_DOMAIN,
    { "source", VR_OPT_DATA, .flags = VR_EMPTY_OK, .help = N_("image, device or network name") },
    { "target", VR_OPT_DATA, .help = N_("name the guest sees: vda") },
    { "targetbus", VR_OPT_STRING, .help = N_("bus the guest sees the disk on"), .complete = complete_bus },
    { "driver", VR_OPT_STRING, .help = N_("driver: qemu") },
    { "subdriver", VR_OPT_STRING, .help = N_("format of the image") },
    { "iothread", VR_OPT_STRING, .help = N_("I/O thread that serves it") },
    { "cache", VR_OPT_STRING, .help = N_("cache mode"), .complete = complete_cache },
    { "io", VR_OPT_STRING, .help = N_("how the host does I/O"), .complete = complete_io },
    { "type", VR_OPT_STRING, .help = N_("disk, cdrom, floppy or lun"), .complete = complete_disk_type },
    { "shareable", VR_OPT_ALIAS, .alias_of = "mode=shareable" },
    { "mode", VR_OPT_STRING, .help = N_("readonly or shareable") },
    { "sourcetype", VR_OPT_STRING,
      .help = N_("what the source is: block, file or network"), .complete = complete_sourcetype },
    { "serial", VR_OPT_STRING, .help = N_("serial number the guest reads") },
    { "wwn", VR_OPT_STRING, .help = N_("world wide name") },
    { "alias", VR_OPT_STRING, .help = N_("its alias") },
    { "rawio", VR_OPT_BOOL, .help = N_("the guest may send raw SCSI commands") },
    { "address", VR_OPT_STRING, .help = N_("address on the guest's bus") },
    { "multifunction", VR_OPT_BOOL, .help = N_("the PCI address has several functions") },
    { "print-xml", VR_OPT_BOOL, .help = N_("print the XML and change nothing") },
    { "source-protocol", VR_OPT_STRING, .help = N_("protocol of a network disk") },
    { "source-host-name", VR_OPT_STRING, .help = N_("host of a network disk") },
    { "source-host-transport", VR_OPT_STRING, .help = N_("transport to that host") },
    { "source-host-socket", VR_OPT_STRING, .help = N_("socket of that host") },
    { "persistent", VR_OPT_BOOL, .help = N_("keep the change for the next start as well") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_attach_disk = {
    "attach-disk", attach_disk_opts, attach_disk_run, 0, N_("give a guest a disk"), NULL, NULL,
};

/* ---- attach-interface ---------------------------------------------------------------------------------------------- */

static const char *const interface_types[] = { "network", "bridge", "direct", "hostdev", "vhostuser", NULL };

static void complete_iftype(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, interface_types);
}

static bool add_interface_source(struct vr_cmd *cmd, struct vr_buf *out, const char *type, const char *source, const char *mode)
{
    unsigned long long v[4];
    switch (vr_name_index(interface_types, type)) {
    case 0:
    case 1:
        vr_buf_str(out, "  <source");
        attribute(out, type, source);
        break;
    case 2:
        vr_buf_str(out, "  <source");
        attribute(out, "dev", source);
        break;
    case 3:
        if (!numbers(source, 16, 4, v))
            return vr_complain(cmd, _("cannot parse pci address '%s' for network interface"), source);
        vr_buf_printf(out, "  <source>\n    <address type='pci' domain='0x%04llx' bus='0x%02llx' slot='0x%02llx' function='0x%0llx'/>\n"
                           "  </source>\n", v[0], v[1], v[2], v[3]);
        return true;
    case 4:
        if (!mode)
            return vr_complain(cmd, "%s", _("source-mode is mandatory"));
        vr_buf_str(out, "  <source type='unix'");
        attribute(out, "path", source);
        attribute(out, "mode", mode);
        break;
    default:
        return vr_complain(cmd, _("No support for %s in command 'attach-interface'"), type);
    }
    vr_buf_str(out, "/>\n");
    return true;
}

static void add_rate(struct vr_buf *out, const char *name, const struct vr_rate *r)
{
    const struct { const char *name; unsigned long long value; } rows[] = {
        { "average", r->average }, { "peak", r->peak }, { "burst", r->burst }, { "floor", r->floor } };
    if (!r->average && !r->floor)
        return;
    vr_buf_printf(out, "    <%s", name);
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        if (rows[i].value)
            vr_buf_printf(out, " %s='%llu'", rows[i].name, rows[i].value);
    }
    vr_buf_str(out, "/>\n");
}

static void add_named(struct vr_buf *out, const char *name, const char *attr, const char *value)
{
    if (!value)
        return;
    vr_buf_printf(out, "  <%s", name);
    attribute(out, attr, value);
    vr_buf_str(out, "/>\n");
}

static bool attach_interface_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *type, *source, *target, *mac, *script, *model, *alias, *in_text, *out_text, *mode;
    struct vr_rate in = { 0 }, out = { 0 };
    if (!vr_device_affect(cmd, &flags) || !vr_opt_string(cmd, "type", &type) || !vr_opt_string(cmd, "source", &source) ||
        !vr_opt_string(cmd, "target", &target) || !vr_opt_string(cmd, "mac", &mac) || !vr_opt_string(cmd, "script", &script) ||
        !vr_opt_string(cmd, "model", &model) || !vr_opt_string(cmd, "alias", &alias) || !vr_opt_string(cmd, "inbound", &in_text) ||
        !vr_opt_string(cmd, "outbound", &out_text) || !vr_opt_string(cmd, "source-mode", &mode))
        return false;
    if (vr_name_index(interface_types, type) < 0)
        return vr_complain(cmd, _("No support for %s in command 'attach-interface'"), type);
    if (mode && !vr_streq(mode, "server") && !vr_streq(mode, "client"))
        return vr_complain(cmd, _("Invalid source mode: %s"), mode);
    if ((in_text && !vr_rate_parse(cmd, in_text, &in)) || (out_text && !vr_rate_parse(cmd, out_text, &out)))
        return false;
    if (in_text && !in.average && !in.floor)
        return vr_complain(cmd, "%s", _("either inbound average or floor is mandatory"));
    if (out_text && !out.average)
        return vr_complain(cmd, "%s", _("outbound average is mandatory"));
    if (out.floor)
        return vr_complain(cmd, "%s", _("outbound floor is unsupported yet"));
    vr_autobuf struct vr_buf xml = VR_BUF_INIT;
    vr_buf_printf(&xml, "<interface type='%s'%s>\n", type, vr_opt_bool(cmd, "managed") ? " managed='yes'" : "");
    if (!add_interface_source(cmd, &xml, type, source, mode))
        return false;
    add_named(&xml, "target", "dev", target);
    add_named(&xml, "mac", "address", mac);
    add_named(&xml, "script", "path", script);
    add_named(&xml, "model", "type", model);
    add_named(&xml, "alias", "name", alias);
    if (in_text || out_text) {
        vr_buf_str(&xml, "  <bandwidth>\n");
        add_rate(&xml, "inbound", &in);
        add_rate(&xml, "outbound", &out);
        vr_buf_str(&xml, "  </bandwidth>\n");
    }
    vr_buf_str(&xml, "</interface>\n");
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml.data);
        return true;
    }
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_device_flags(cmd, dom, &flags))
        return false;
    if (vr_device_attach(dom, xml.data, flags) < 0)
        return vr_complain(cmd, "%s", _("Failed to attach interface"));
    vr_print_extra(cmd, "%s", _("Interface attached successfully\n"));
    return true;
}
static const struct vr_opt attach_interface_opts[] = {
    VR_OPT_DOMAIN,
    { "type", VR_OPT_DATA, .help = N_("network, bridge, direct, hostdev, ..."), .complete = complete_iftype },
    { "source", VR_OPT_DATA, .help = N_("what it is connected to") },
    { "target", VR_OPT_STRING, .help = N_("name on the host") },
    { "mac", VR_OPT_STRING, .help = N_("MAC address") },
    { "script", VR_OPT_STRING, .help = N_("script that sets the interface up") },
    { "model", VR_OPT_STRING, .help = N_("model the guest sees") },
    { "alias", VR_OPT_STRING, .help = N_("its alias") },
    { "inbound", VR_OPT_STRING, .help = N_("limits for traffic to the guest: average[,peak[,burst[,floor]]]") },
    { "outbound", VR_OPT_STRING, .help = N_("limits for traffic from the guest: average[,peak[,burst]]") },
    { "persistent", VR_OPT_BOOL, .help = N_("keep the change for the next start as well") },
    VR_OPTS_AFFECT,
    { "print-xml", VR_OPT_BOOL, .help = N_("print the XML and change nothing") },
    { "managed", VR_OPT_BOOL, .help = N_("the host device is detached and given back by itself") },
    { "source-mode", VR_OPT_STRING, .help = N_("mode of a direct or unix interface") },
    { 0 },
};
const struct vr_command vr_cmd_attach_interface = {
    "attach-interface", attach_interface_opts, attach_interface_run, 0, N_("give a guest a network interface"),
    NULL, NULL,
};
