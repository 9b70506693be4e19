/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host. */
#include "document.h"
#include "find.h"
#include "groups.h"

#include <stdlib.h>
#include "base/alloc.h"

static const struct vr_opt device_opts[] = { VR_OPT_NODEDEV, { 0 } };

static bool create_run(struct vr_cmd *cmd)
{
    const char *path;
    unsigned flags = vr_opt_bool(cmd, "validate") ? VIR_NODE_DEVICE_CREATE_XML_VALIDATE : 0;
    vr_autofree char *xml = vr_opt_string(cmd, "file", &path) ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(nodedev) virNodeDevicePtr dev = virNodeDeviceCreateXML(vr_conn(cmd), xml, flags);
    if (!dev)
        return vr_complain(cmd, _("Failed to create node device from %s"), path);
    vr_print_extra(cmd, _("Node device %s created from %s\n"), virNodeDeviceGetName(dev), path);
    return true;
}
static const struct vr_opt file_opts[] = { VR_OPT_FILE(N_("file with the device's document")), VR_OPT_VALIDATE, { 0 } };
static const struct vr_command cmd_create = {
    "nodedev-create", file_opts, create_run, 0, N_("make a device, as a vHBA or a mediated device"), NULL, NULL,
};

static bool define_run(struct vr_cmd *cmd)
{
    const char *path;
    unsigned flags = vr_opt_bool(cmd, "validate") ? VIR_NODE_DEVICE_DEFINE_XML_VALIDATE : 0;
    vr_autofree char *xml = vr_opt_string(cmd, "file", &path) ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(nodedev) virNodeDevicePtr dev = virNodeDeviceDefineXML(vr_conn(cmd), xml, flags);
    if (!dev)
        return vr_complain(cmd, _("Failed to define node device from '%s'"), path);
    vr_print_extra(cmd, _("Node device '%s' defined from '%s'\n"), virNodeDeviceGetName(dev), path);
    return true;
}
static const struct vr_command cmd_define = {
    "nodedev-define", file_opts, define_run, 0, N_("define a mediated device that can be started later"), NULL, NULL,
};

#define NODEDEV_RUN(function, call, done, failed)                                                  \
    static bool function(struct vr_cmd *cmd)                                                       \
    {                                                                                              \
        const char *name = NULL;                                                                   \
        vr_auto(nodedev) virNodeDevicePtr dev = vr_nodedev(cmd, &name);                            \
        if (!dev)                                                                                  \
            return false;                                                                          \
        if (call != 0)                                                                             \
            return vr_complain(cmd, failed, name);                                                 \
        vr_print_extra(cmd, done "\n", name);                                                      \
        return true;                                                                               \
    }
NODEDEV_RUN(destroy_run, virNodeDeviceDestroy(dev), "Destroyed node device '%s'", "Failed to destroy node device '%s'")
NODEDEV_RUN(undefine_run, virNodeDeviceUndefine(dev, 0), "Undefined node device '%s'", "Failed to undefine node device '%s'")
NODEDEV_RUN(start_run, virNodeDeviceCreate(dev, 0), "Device %s started", "Failed to start device %s")
NODEDEV_RUN(reset_run, virNodeDeviceReset(dev), "Device %s reset", "Failed to reset device %s")
NODEDEV_RUN(reattach_run, virNodeDeviceReAttach(dev), "Device %s re-attached", "Failed to re-attach device %s")

static const struct vr_command cmd_destroy = {
    "nodedev-destroy", (const struct vr_opt[]){ { "name", VR_OPT_ALIAS, .alias_of = "device" }, VR_OPT_NODEDEV, { 0 } }, destroy_run, 0,
    N_("stop a device"), N_("Stops a device. It goes from the host, so whoever uses it loses it."), NULL,
};
static const struct vr_command cmd_undefine = {
    "nodedev-undefine", (const struct vr_opt[]){ VR_OPT_NODEDEV_(vr_complete_nodedev_inactive), { 0 } }, undefine_run, 0,
    N_("remove a device's definition"), NULL, NULL,
};
static const struct vr_command cmd_start = {
    "nodedev-start", (const struct vr_opt[]){ VR_OPT_NODEDEV_(vr_complete_nodedev_inactive), { 0 } }, start_run, 0,
    N_("start a defined device"), NULL, NULL,
};
static const struct vr_command cmd_reset = { "nodedev-reset", device_opts, reset_run, 0, N_("reset a device"), NULL, NULL };
static const struct vr_command cmd_reattach = {
    "nodedev-reattach", device_opts, reattach_run, 0, N_("give a device back to its driver on the host"), NULL, NULL,
};

static bool detach_run(struct vr_cmd *cmd)
{
    const char *name = NULL, *driver;
    if (!vr_opt_string(cmd, "driver", &driver))
        return false;
    vr_auto(nodedev) virNodeDevicePtr dev = vr_nodedev(cmd, &name);
    if (!dev)
        return false;
    if ((driver ? virNodeDeviceDetachFlags(dev, driver, 0) : virNodeDeviceDettach(dev)) < 0)
        return vr_complain(cmd, _("Failed to detach device %s"), name);
    vr_print_extra(cmd, _("Device %s detached\n"), name);
    return true;
}
static const struct vr_command cmd_detach = {
    "nodedev-detach",
    (const struct vr_opt[]){ VR_OPT_NODEDEV, { "driver", VR_OPT_STRING, .help = N_("the driver that takes it for guests, as vfio") }, { 0 } },
    detach_run, 0, N_("take a device from its driver, so that a guest can have it"), NULL, NULL,
};
static const struct vr_command cmd_dettach = { "nodedev-dettach", .alias_of = &cmd_detach };

static bool dumpxml_run(struct vr_cmd *cmd)
{
    vr_auto(nodedev) virNodeDevicePtr dev = vr_nodedev(cmd, NULL);
    return dev && vr_document_print(cmd, virNodeDeviceGetXMLDesc(dev, 0));
}
static const struct vr_command cmd_dumpxml = {
    "nodedev-dumpxml", (const struct vr_opt[]){ VR_OPT_NODEDEV, VR_OPTS_DOCUMENT, { 0 } }, dumpxml_run, VR_CMD_JSON,
    N_("print a device's document"), NULL, NULL,
};

static bool autostart_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    bool on = !vr_opt_bool(cmd, "disable");
    vr_auto(nodedev) virNodeDevicePtr dev = vr_nodedev(cmd, &name);
    if (!dev)
        return false;
    if (virNodeDeviceSetAutostart(dev, on) != 0) {
        return on ? vr_complain(cmd, _("failed to mark device %s as autostarted"), name)
                  : vr_complain(cmd, _("failed to unmark device %s as autostarted"), name);
    }
    vr_print_extra(cmd, on ? _("Device %s marked as autostarted\n") : _("Device %s unmarked as autostarted\n"), name);
    return true;
}
static const struct vr_command cmd_autostart = {
    "nodedev-autostart",
    (const struct vr_opt[]){ VR_OPT_NODEDEV, { "disable", VR_OPT_BOOL, .help = N_("do not start it with the host") }, { 0 } },
    autostart_run, 0, N_("start a defined device with the host, or not"), NULL, NULL,
};

static bool info_run(struct vr_cmd *cmd)
{
    int autostart;
    vr_auto(nodedev) virNodeDevicePtr dev = vr_nodedev(cmd, NULL);
    if (!dev)
        return false;
    const char *parent = virNodeDeviceGetParent(dev);
    struct vr_info *info = vr_info_new(cmd, "%-15s %s\n");
    vr_info_str(info, _("Name:"), "%s", virNodeDeviceGetName(dev));
    vr_info_str(info, _("Parent:"), "%s", parent ? parent : "");
    /* A driver that does not tell has only such devices. */
    vr_info_bool(info, _("Active:"), virNodeDeviceIsActive(dev) != 0, _("yes"), _("no"));
    vr_info_bool(info, _("Persistent:"), virNodeDeviceIsPersistent(dev) != 0, _("yes"), _("no"));
    if (virNodeDeviceGetAutostart(dev, &autostart) < 0)
        vr_info_str(info, _("Autostart:"), "%s", _("no autostart"));
    else
        vr_info_bool(info, _("Autostart:"), autostart, _("yes"), _("no"));
    vr_forget_error(cmd);
    vr_info_done(info);
    return true;
}
static const struct vr_command cmd_info = { "nodedev-info", device_opts, info_run, VR_CMD_JSON, N_("show a device"), NULL, NULL };

const struct vr_command *const vr_nodedev_commands[] = {
    &cmd_create, &cmd_destroy, &cmd_detach, &cmd_dettach, &cmd_dumpxml, &vr_cmd_nodedev_list, &cmd_reattach, &cmd_reset,
    &vr_cmd_nodedev_event, &cmd_define, &cmd_undefine, &cmd_start, &cmd_autostart, &cmd_info, NULL,
};
