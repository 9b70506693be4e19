/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices by file, alias, target or address: attach, detach, update; media of CD and floppy drives. */
#include "virsh.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/str.h"
#include "device_call.h"
#include "domain_devices.h"

static char *device_file(struct vr_cmd *cmd, const char **name)
{
    return vr_opt_string(cmd, "file", name) ? vr_read_file(cmd, *name, VR_XML_FILE_MAX) : NULL;
}

static bool attach_device_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *file;
    if (!vr_device_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_device_flags(cmd, dom, &flags))
        return false;
    vr_autofree char *xml = device_file(cmd, &file);
    if (!xml)
        return false;
    if (vr_device_attach(dom, xml, flags) < 0)
        return vr_complain(cmd, _("Failed to attach device from %s"), file);
    vr_print_extra(cmd, "%s", _("Device attached successfully\n"));
    return true;
}
static const struct vr_opt attach_device_opts[] = {
    VR_OPT_DOMAIN,
    VR_OPT_FILE(N_("a file with the XML")),
    { "persistent", VR_OPT_BOOL, .help = N_("keep the change for the next start as well") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_attach_device = {
    "attach-device", attach_device_opts, attach_device_run, 0, N_("give a guest a device that a file describes"),
    NULL, NULL,
};

static bool detach_device_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *file;
    if (!vr_device_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_device_flags(cmd, dom, &flags))
        return false;
    vr_autofree char *xml = device_file(cmd, &file);
    if (!xml)
        return false;
    if (vr_device_detach(dom, xml, flags) < 0)
        return vr_complain(cmd, _("Failed to detach device from %s"), file);
    vr_print_extra(cmd, "%s", _("Device detached successfully\n"));
    return true;
}
static const struct vr_opt detach_device_opts[] = {
    VR_OPT_DOMAIN,
    VR_OPT_FILE(N_("a file with the XML")),
    { "persistent", VR_OPT_BOOL, .help = N_("keep the change for the next start as well") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_detach_device = {
    "detach-device", detach_device_opts, detach_device_run, 0, N_("take from a guest the device that a file describes"),
    NULL, NULL,
};

static bool detach_device_alias_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *alias;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "alias", &alias))
        return false;
    if (virDomainDetachDeviceAlias(dom, alias, flags) < 0)
        return vr_complain(cmd, _("Failed to detach device with alias %s"), alias);
    vr_print_extra(cmd, "%s", _("Device detach request sent successfully\n"));
    return true;
}
static const struct vr_opt detach_device_alias_opts[] = {
    VR_OPT_DOMAIN,
    { "alias", VR_OPT_DATA, .help = N_("alias of the device") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_detach_device_alias = {
    "detach-device-alias", detach_device_alias_opts, detach_device_alias_run, 0, N_("take from a guest the device of an alias"),
    NULL, NULL,
};

static bool update_device_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *file;
    if (!vr_device_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    vr_autofree char *xml = device_file(cmd, &file);
    if (!xml || !vr_device_flags(cmd, dom, &flags))
        return false;
    if (vr_opt_bool(cmd, "force"))
        flags |= VIR_DOMAIN_DEVICE_MODIFY_FORCE;
    if (virDomainUpdateDeviceFlags(dom, xml, flags) < 0)
        return vr_complain(cmd, _("Failed to update device from %s"), file);
    vr_print_extra(cmd, "%s", _("Device updated successfully\n"));
    return true;
}
static const struct vr_opt update_device_opts[] = {
    VR_OPT_DOMAIN,
    VR_OPT_FILE(N_("a file with the XML")),
    { "persistent", VR_OPT_BOOL, .help = N_("keep the change for the next start as well") },
    VR_OPTS_AFFECT,
    { "force", VR_OPT_BOOL, .help = N_("even if the guest loses data") },
    { 0 },
};
const struct vr_command vr_cmd_update_device = {
    "update-device", update_device_opts, update_device_run, 0, N_("change a guest's device as a file describes"),
    NULL, NULL,
};

/* The document that a change of these flags is about. */
static struct vr_query *document_for(struct vr_cmd *cmd, virDomainPtr dom, unsigned flags)
{
    return vr_domain_query(cmd, dom, flags & VIR_DOMAIN_AFFECT_CONFIG ? VIR_DOMAIN_XML_INACTIVE : 0);
}

/* ---- disks --------------------------------------------------------------------------------------------------------- */

enum disk_wish { DISK_NORMAL, DISK_CHANGEABLE };

/* The disk of that target or source. NULL, reported. */
static struct vr_query_node *find_disk(struct vr_cmd *cmd, struct vr_query *doc, const char *path, enum disk_wish wish)
{
    vr_autofree struct vr_query_node **disks = NULL;
    long n = vr_query_nodes(doc, NULL, "/domain/devices/disk", &disks, NULL);
    for (long i = 0; i < n; i++) {
        vr_autofree char *device = vr_query_text(doc, disks[i], "string(./@device)");
        bool removable = vr_streq0(device, "cdrom") || vr_streq0(device, "floppy");
        vr_autofree char *target = vr_query_text(doc, disks[i], "string(./target/@dev)");
        vr_autofree char *source = vr_query_text(doc, disks[i], "string(./source/@file|./source/@dev|./source/@dir|./source/@name)");
        if (!vr_streq0(target, path) && !vr_streq0(source, path))
            continue;
        if (wish == DISK_CHANGEABLE && !removable) {
            vr_complain(cmd, _("No disk found whose source path or target is %s"), path);
            return NULL;
        }
        return disks[i];
    }
    vr_complain(cmd, _("No disk found whose source path or target is %s"), path);
    return NULL;
}

static bool detach_disk_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *target;
    if (!vr_device_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "target", &target) || !vr_device_flags(cmd, dom, &flags))
        return false;
    VR_AUTO(vr_query) *doc = document_for(cmd, dom, flags);
    struct vr_query_node *disk = doc ? find_disk(cmd, doc, target, DISK_NORMAL) : NULL;
    if (!disk)
        return false;
    vr_autofree char *xml = vr_query_print(doc, disk);
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml);
        return true;
    }
    if (vr_device_detach(dom, xml, flags) < 0)
        return vr_complain(cmd, "%s", _("Failed to detach disk"));
    vr_print_extra(cmd, "%s", _("Disk detached successfully\n"));
    return true;
}
static const struct vr_opt detach_disk_opts[] = {
    VR_OPT_DOMAIN,
    { "target", VR_OPT_DATA, .help = N_("target of the disk: vda"), .complete = vr_complete_disk },
    { "persistent", VR_OPT_BOOL, .help = N_("keep the change for the next start as well") },
    VR_OPTS_AFFECT,
    { "print-xml", VR_OPT_BOOL, .help = N_("print the XML and change nothing") },
    { 0 },
};
const struct vr_command vr_cmd_detach_disk = {
    "detach-disk", detach_disk_opts, detach_disk_run, 0, N_("take a disk from a guest"), NULL, NULL,
};

static const char *const media_actions[] = { "eject", "update", "insert" };
static const char *const media_done[] = { N_("Successfully ejected media."), N_("Successfully updated media."),
                                          N_("Successfully inserted media.") };
enum { MEDIA_EJECT, MEDIA_UPDATE, MEDIA_INSERT };

/* Makes the disk have the new medium, or none. */
static bool change_source(struct vr_cmd *cmd, struct vr_query *doc, struct vr_query_node *disk, const char *path,
                          const char *source, bool block, int action)
{
    vr_autofree struct vr_query_node **sources = NULL;
    vr_autofree char *type = vr_query_text(doc, disk, "string(./@type)");
    long n = vr_query_nodes(doc, disk, "./source", &sources, NULL);
    vr_autofree char *policy = n > 0 ? vr_query_text(doc, sources[0], "string(./@startupPolicy)") : NULL;
    bool has = vr_query_true(doc, disk, "boolean(./source/@file|./source/@dev|./source/@dir|./source/@name|./source/@volume)");
    if (action == MEDIA_EJECT && !has && n <= 0)
        return vr_complain(cmd, _("The disk device '%s' doesn't have media"), path);
    if (action == MEDIA_INSERT && has)
        return vr_complain(cmd, _("The disk device '%s' already has media"), path);
    if (action != MEDIA_EJECT && !source)
        return vr_complain(cmd, "%s", _("New disk media source was not specified"));
    if (n > 0)
        vr_query_remove(sources[0]);
    if (action == MEDIA_EJECT)
        return true;
    struct vr_query_node *made = vr_query_add(disk, "source", NULL);
    vr_query_set(made, block ? "dev" : "file", source);
    if (policy)
        vr_query_set(made, "startupPolicy", policy);
    vr_query_set(disk, "type", block ? "block" : "file");
    return true;
}

static bool change_media_run(struct vr_cmd *cmd)
{
    bool eject = vr_opt_bool(cmd, "eject"), insert = vr_opt_bool(cmd, "insert");
    const char *source, *path;
    unsigned flags;
    if (!vr_opt_exclusive(cmd, "eject", "insert") || !vr_opt_exclusive(cmd, "insert", "update") ||
        !vr_opt_exclusive(cmd, "eject", "update") || !vr_opt_exclusive(cmd, "eject", "block") || !vr_opt_affect(cmd, &flags) ||
        !vr_opt_string(cmd, "source", &source))
        return false;
    int action = eject ? MEDIA_EJECT : insert ? MEDIA_INSERT : MEDIA_UPDATE;
    if (vr_opt_bool(cmd, "force"))
        flags |= VIR_DOMAIN_DEVICE_MODIFY_FORCE;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "path", &path))
        return false;
    VR_AUTO(vr_query) *doc = document_for(cmd, dom, flags);
    struct vr_query_node *disk = doc ? find_disk(cmd, doc, path, DISK_CHANGEABLE) : NULL;
    if (!disk || !change_source(cmd, doc, disk, path, source, vr_opt_bool(cmd, "block"), action))
        return false;
    vr_autofree char *xml = vr_query_print(doc, disk);
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml);
        return true;
    }
    if (virDomainUpdateDeviceFlags(dom, xml, flags) < 0)
        return vr_complain(cmd, _("Failed to complete action %s on media"), media_actions[action]);
    vr_print(cmd, "%s", _(media_done[action]));
    return true;
}
static const struct vr_opt change_media_opts[] = {
    VR_OPT_DOMAIN,
    { "path", VR_OPT_DATA, .help = N_("a disk: its target or source"), .complete = vr_complete_disk },
    { "source", VR_OPT_STRING, .help = N_("the medium") },
    { "eject", VR_OPT_BOOL, .help = N_("take the medium out") },
    { "insert", VR_OPT_BOOL, .help = N_("put a medium in") },
    { "update", VR_OPT_BOOL, .help = N_("replace the medium") },
    { "current", VR_OPT_BOOL, .help = N_("change whichever of both applies now") },
    { "live", VR_OPT_BOOL, .help = N_("change the running guest") },
    { "config", VR_OPT_BOOL, .help = N_("change what the next start uses") },
    { "force", VR_OPT_BOOL, .help = N_("without asking the guest") },
    { "print-xml", VR_OPT_BOOL, .help = N_("print the XML and change nothing") },
    { "block", VR_OPT_BOOL, .help = N_("the source is a block device") },
    { 0 },
};
const struct vr_command vr_cmd_change_media = {
    "change-media", change_media_opts, change_media_run, 0, N_("change the medium in a guest's CD or floppy drive"),
    NULL, NULL,
};

/* ---- interfaces ---------------------------------------------------------------------------------------------------- */

static const char *const interface_kinds[] = { "network", "bridge", "direct", "hostdev", "user", "ethernet", "vhostuser", NULL };

static void complete_iftype(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, interface_kinds);
}

static struct vr_query_node *find_interface(struct vr_cmd *cmd, struct vr_query *doc, const char *type, const char *mac)
{
    vr_autofree char *path = vr_printf("/domain/devices/interface[@type='%s']", type);
    vr_autofree struct vr_query_node **nodes = NULL;
    long n = strchr(type, '\'') ? 0 : vr_query_nodes(doc, NULL, path, &nodes, NULL);
    if (n <= 0) {
        vr_complain(cmd, _("No interface found whose type is %s"), type);
        return NULL;
    }
    if (!mac && n == 1)
        return nodes[0];
    if (!mac) {
        vr_complain(cmd, _("Domain has %zd interfaces. Please specify which one to detach using --mac"), (ssize_t)n);
        return NULL;
    }
    struct vr_query_node *found = NULL;
    for (long i = 0; i < n; i++) {
        vr_autofree char *has = vr_query_text(doc, nodes[i], "string(./mac/@address)");
        if (!has || strcasecmp(has, mac) != 0)
            continue;
        if (found) {
            vr_complain(cmd, _("Domain has multiple interfaces matching MAC address %s. You must use detach-device and specify "
                               "the device pci address to remove it."), mac);
            return NULL;
        }
        found = nodes[i];
    }
    if (!found)
        vr_complain(cmd, _("No interface with MAC address %s was found"), mac);
    return found;
}

static bool detach_interface_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *type, *mac;
    if (!vr_device_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_device_flags(cmd, dom, &flags) || !vr_opt_string(cmd, "type", &type) || !vr_opt_string(cmd, "mac", &mac))
        return false;
    VR_AUTO(vr_query) *doc = document_for(cmd, dom, flags);
    struct vr_query_node *node = doc ? find_interface(cmd, doc, type, mac) : NULL;
    if (!node)
        return doc ? vr_complain(cmd, "%s", _("Failed to detach interface")) : false;
    vr_autofree char *xml = vr_query_print(doc, node);
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml);
        return true;
    }
    if (vr_device_detach(dom, xml, flags) < 0)
        return vr_complain(cmd, "%s", _("Failed to detach interface"));
    vr_print_extra(cmd, "%s", _("Interface detached successfully\n"));
    return true;
}
static const struct vr_opt detach_interface_opts[] = {
    VR_OPT_DOMAIN,
    { "type", VR_OPT_DATA, .help = N_("network, bridge, ..."), .complete = complete_iftype },
    { "mac", VR_OPT_STRING, .help = N_("MAC address"), .complete = vr_complete_mac },
    { "persistent", VR_OPT_BOOL, .help = N_("keep the change for the next start as well") },
    VR_OPTS_AFFECT,
    { "print-xml", VR_OPT_BOOL, .help = N_("print the XML and change nothing") },
    { 0 },
};
const struct vr_command vr_cmd_detach_interface = {
    "detach-interface", detach_interface_opts, detach_interface_run, 0, N_("take a network interface from a guest"),
    NULL, NULL,
};

/* ---- memory -------------------------------------------------------------------------------------------------------- */

static bool update_memory_device_run(struct vr_cmd *cmd)
{
    unsigned flags, node;
    const char *alias;
    unsigned long long size;
    if (!vr_opt_affect(cmd, &flags) || !vr_opt_exclusive(cmd, "node", "alias"))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    VR_AUTO(vr_query) *doc = document_for(cmd, dom, flags);
    int has_node = vr_opt_uint(cmd, "node", &node);
    if (!doc || has_node < 0 || !vr_opt_string(cmd, "alias", &alias))
        return false;
    vr_autofree char *path = has_node ? vr_printf("/domain/devices/memory[./target/node='%u']", node)
        : alias && !strchr(alias, '\'') ? vr_printf("/domain/devices/memory[./alias/@name='%s']", alias)
                                        : vr_strdup("/domain/devices/memory");
    vr_autofree struct vr_query_node **nodes = NULL;
    vr_autofree struct vr_query_node **requested = NULL;
    long n = vr_query_nodes(doc, NULL, path, &nodes, NULL);
    if (n <= 0)
        return vr_complain(cmd, "%s", _("no memory device found"));
    if (n > 1)
        return vr_complain(cmd, "%s", _("multiple memory devices found, use --alias or --node to select one"));
    int got = vr_opt_scaled(cmd, "requested-size", &size, 1024, ULLONG_MAX);
    if (got < 0)
        return false;
    if (got) {
        vr_autofree char *text = vr_printf("%llu", size / 1024);
        if (vr_query_nodes(doc, nodes[0], "./target/requested", &requested, NULL) <= 0)
            return vr_complain(cmd, "%s", _("virtio-mem device is missing <requested/>"));
        vr_query_set(requested[0], "unit", "KiB");
        vr_query_set_text(requested[0], text);
    }
    vr_autofree char *xml = vr_query_print(doc, nodes[0]);
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml);
        return true;
    }
    return virDomainUpdateDeviceFlags(dom, xml, flags) == 0;
}
static const struct vr_opt update_memory_device_opts[] = {
    VR_OPT_DOMAIN,
    VR_OPTS_AFFECT,
    { "print-xml", VR_OPT_BOOL, .help = N_("print the XML and change nothing") },
    { "alias", VR_OPT_STRING, .help = N_("alias of the device") },
    { "node", VR_OPT_INT, .help = N_("guest NUMA node") },
    { "requested-size", VR_OPT_INT, .help = N_("how much memory the guest shall have of it") },
    { 0 },
};
const struct vr_command vr_cmd_update_memory_device = {
    "update-memory-device", update_memory_device_opts, update_memory_device_run, 0, N_("change how much of a memory device a guest shall use"),
    NULL, NULL,
};
