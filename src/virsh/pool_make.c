/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools: made from a document or from options, and the sources they could be made of. */
#include "document.h"
#include "find.h"
#include "groups.h"

#include <stdlib.h>
#include "base/alloc.h"

#define OPTS_BUILD                                                                                 \
    { "build", VR_OPT_BOOL, .help = N_("make its directory, file system or volume group first") },  \
        { "no-overwrite", VR_OPT_BOOL, .help = N_("refuse where there is data already") },          \
        { "overwrite", VR_OPT_BOOL, .help = N_("overwrite what is there") }

/* The flags of OPTS_BUILD. */
static bool create_flags(struct vr_cmd *cmd, unsigned *flags)
{
    *flags = (vr_opt_bool(cmd, "build") ? VIR_STORAGE_POOL_CREATE_WITH_BUILD : 0) |
        (vr_opt_bool(cmd, "overwrite") ? VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE : 0) |
        (vr_opt_bool(cmd, "no-overwrite") ? VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE : 0);
    return vr_opt_exclusive(cmd, "overwrite", "no-overwrite");
}

static bool create_run(struct vr_cmd *cmd)
{
    const char *path;
    unsigned flags;
    if (!vr_opt_string(cmd, "file", &path) || !create_flags(cmd, &flags))
        return false;
    vr_autofree char *xml = vr_read_file(cmd, path, VR_XML_FILE_MAX);
    if (!xml)
        return false;
    vr_auto(pool) virStoragePoolPtr pool = virStoragePoolCreateXML(vr_conn(cmd), xml, flags);
    if (!pool)
        return vr_complain(cmd, _("Failed to create pool from %s"), path);
    vr_print_extra(cmd, _("Pool %s created from %s\n"), virStoragePoolGetName(pool), path);
    return true;
}
const struct vr_command vr_cmd_pool_create = {
    "pool-create", (const struct vr_opt[]){ VR_OPT_FILE(N_("file with the pool's document")), OPTS_BUILD, { 0 } }, create_run, 0,
    N_("start a pool without defining it"), NULL, NULL,
};

static bool define_run(struct vr_cmd *cmd)
{
    const char *path;
    unsigned flags = vr_opt_bool(cmd, "validate") ? VIR_STORAGE_POOL_DEFINE_VALIDATE : 0;
    vr_autofree char *xml = vr_opt_string(cmd, "file", &path) ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(pool) virStoragePoolPtr pool = virStoragePoolDefineXML(vr_conn(cmd), xml, flags);
    if (!pool)
        return vr_complain(cmd, _("Failed to define pool from %s"), path);
    vr_print_extra(cmd, _("Pool %s defined from %s\n"), virStoragePoolGetName(pool), path);
    return true;
}
const struct vr_command vr_cmd_pool_define = {
    "pool-define", (const struct vr_opt[]){ VR_OPT_FILE(N_("file with the pool's document")), VR_OPT_VALIDATE, { 0 } }, define_run, 0,
    N_("define a pool, or change its definition"), NULL, NULL,
};

/* ---- from options ------------------------------------------------------------------------------------------------- */

#define OPTS_AS                                                                                    \
    { "name", VR_OPT_DATA, .help = N_("the pool's name") },                                         \
        { "type", VR_OPT_DATA, .help = N_("the kind of pool, as dir, fs, netfs, logical, disk, iscsi, scsi, rbd"),      \
          .complete = complete_type },                                                             \
        { "print-xml", VR_OPT_BOOL, .help = N_("print the document and do nothing") },              \
        { "source-host", VR_OPT_STRING, .help = N_("host the source is on") },                      \
        { "source-path", VR_OPT_STRING, .help = N_("directory of the source") },                    \
        { "source-dev", VR_OPT_STRING, .help = N_("device of the source") },                        \
        { "source-name", VR_OPT_STRING, .help = N_("name of the source, as a volume group's") },    \
        { "target", VR_OPT_STRING, .help = N_("directory where the volumes appear") },              \
        { "source-format", VR_OPT_STRING, .help = N_("format of the source, as ext4 or lvm2") },    \
        { "auth-type", VR_OPT_STRING, .help = N_("chap or ceph") },                                 \
        { "auth-username", VR_OPT_STRING, .help = N_("user at the source") },                       \
        { "secret-usage", VR_OPT_STRING, .help = N_("secret with the password, by its usage") },    \
        { "secret-uuid", VR_OPT_STRING, .help = N_("secret with the password, by its uuid") },      \
        { "adapter-name", VR_OPT_STRING, .help = N_("SCSI adapter, as scsi_host1") },               \
        { "adapter-wwnn", VR_OPT_STRING, .help = N_("fibre channel adapter: node's wwn") },         \
        { "adapter-wwpn", VR_OPT_STRING, .help = N_("fibre channel adapter: port's wwn") },         \
        { "adapter-parent", VR_OPT_STRING, .help = N_("adapter the vHBA is made on: its name") },   \
        { "adapter-parent-wwnn", VR_OPT_STRING, .help = N_("adapter the vHBA is made on: node's wwn") },                \
        { "adapter-parent-wwpn", VR_OPT_STRING, .help = N_("adapter the vHBA is made on: port's wwn") },                \
        { "adapter-parent-fabric-wwn", VR_OPT_STRING, .help = N_("adapter the vHBA is made on: fabric's wwn") },        \
        { "source-protocol-ver", VR_OPT_STRING, .help = N_("NFS protocol version to mount with") },                    \
        { "source-initiator", VR_OPT_STRING, .help = N_("iSCSI initiator's iqn") }

static const char *const pool_types[] = {
    "dir", "fs", "netfs", "logical", "disk", "iscsi", "iscsi-direct", "scsi", "mpath", "rbd", "sheepdog", "gluster", "zfs", "vstorage", NULL,
};

static void complete_type(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, pool_types);
}

/* One line of the document: @fmt with %s for each value, escaped. */
static void element(struct vr_buf *to, const char *before, const char *value, const char *after)
{
    vr_buf_str(to, before);
    vr_document_escape(to, value);
    vr_buf_str(to, after);
}

static void adapter(struct vr_cmd *cmd, struct vr_buf *to, const char *wwnn, const char *wwpn)
{
    const char *parent = vr_opt_raw(cmd, "adapter-parent"), *parent_wwnn = vr_opt_raw(cmd, "adapter-parent-wwnn");
    const char *parent_wwpn = vr_opt_raw(cmd, "adapter-parent-wwpn"), *fabric = vr_opt_raw(cmd, "adapter-parent-fabric-wwn");
    vr_buf_str(to, "    <adapter type='fc_host'");
    if (parent) {
        element(to, " parent='", parent, "'");
    } else if (parent_wwnn && parent_wwpn) {
        element(to, " parent_wwnn='", parent_wwnn, "'");
        element(to, " parent_wwpn='", parent_wwpn, "'");
    } else if (fabric) {
        element(to, " parent_fabric_wwn='", fabric, "'");
    }
    element(to, " wwnn='", wwnn, "'");
    element(to, " wwpn='", wwpn, "'/>\n");
}

static void source(struct vr_cmd *cmd, struct vr_buf *to)
{
    static const struct { const char *option, *before, *after; } first[] = {
        { "source-host", "    <host name='", "'/>\n" },
        { "source-path", "    <dir path='", "'/>\n" },
        { "source-dev", "    <device path='", "'/>\n" },
        { "source-initiator", "    <initiator>\n      <iqn name='", "'/>\n    </initiator>\n" },
    }, last[] = {
        { "source-format", "    <format type='", "'/>\n" },
        { "source-name", "    <name>", "</name>\n" },
        { "source-protocol-ver", "    <protocol ver='", "'/>\n" },
    };
    const char *wwnn = vr_opt_raw(cmd, "adapter-wwnn"), *wwpn = vr_opt_raw(cmd, "adapter-wwpn"), *value;
    const char *auth = vr_opt_raw(cmd, "auth-type"), *user = vr_opt_raw(cmd, "auth-username");
    const char *usage = vr_opt_raw(cmd, "secret-usage"), *uuid = vr_opt_raw(cmd, "secret-uuid");
    for (size_t i = 0; i < VR_COUNT(first); i++)
        if ((value = vr_opt_raw(cmd, first[i].option)))
            element(to, first[i].before, value, first[i].after);
    if (wwnn && wwpn)
        adapter(cmd, to, wwnn, wwpn);
    else if ((value = vr_opt_raw(cmd, "adapter-name")))
        element(to, "    <adapter type='scsi_host' name='", value, "'/>\n");
    if (auth && user && (usage || uuid)) {
        element(to, "    <auth type='", auth, "'");
        element(to, " username='", user, "'>\n");
        element(to, usage ? "      <secret usage='" : "      <secret uuid='", usage ? usage : uuid, "'/>\n    </auth>\n");
    }
    for (size_t i = 0; i < VR_COUNT(last); i++)
        if ((value = vr_opt_raw(cmd, last[i].option)))
            element(to, last[i].before, value, last[i].after);
}

/** The pool's document from the options; NULL, reported. malloc'd. */
static char *document(struct vr_cmd *cmd, const char **name)
{
    const char *type, *text;
    for (const struct vr_opt *o = cmd->command->opts; o->kind; o++)
        if ((o->kind == VR_OPT_STRING || o->kind == VR_OPT_DATA) && !vr_opt_string(cmd, o->name, &text))
            return NULL;
    if (!vr_opt_exclusive(cmd, "secret-usage", "secret-uuid"))
        return NULL;
    *name = vr_opt_raw(cmd, "name");
    type = vr_opt_raw(cmd, "type");
    const char *target = vr_opt_raw(cmd, "target");
    vr_autobuf struct vr_buf inside = VR_BUF_INIT, out = VR_BUF_INIT;
    source(cmd, &inside);
    element(&out, "<pool type='", type, "'>\n");
    element(&out, "  <name>", *name, "</name>\n");
    if (inside.len)
        vr_buf_printf(&out, "  <source>\n%s  </source>\n", inside.data);
    if (target)
        element(&out, "  <target>\n    <path>", target, "</path>\n  </target>\n");
    vr_buf_str(&out, "</pool>\n");
    return vr_buf_take(&out);
}

static bool create_as_run(struct vr_cmd *cmd)
{
    const char *name;
    unsigned flags;
    if (!create_flags(cmd, &flags))
        return false;
    vr_autofree char *xml = document(cmd, &name);
    if (!xml)
        return false;
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml);
        return true;
    }
    vr_auto(pool) virStoragePoolPtr pool = virStoragePoolCreateXML(vr_conn(cmd), xml, flags);
    if (!pool)
        return vr_complain(cmd, _("Failed to create pool %s"), name);
    vr_print_extra(cmd, _("Pool %s created\n"), name);
    return true;
}
const struct vr_command vr_cmd_pool_create_as = {
    "pool-create-as", (const struct vr_opt[]){ OPTS_AS, OPTS_BUILD, { 0 } }, create_as_run, 0,
    N_("start a pool described by options, without defining it"), NULL, NULL,
};

static bool define_as_run(struct vr_cmd *cmd)
{
    const char *name;
    vr_autofree char *xml = document(cmd, &name);
    if (!xml)
        return false;
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml);
        return true;
    }
    vr_auto(pool) virStoragePoolPtr pool = virStoragePoolDefineXML(vr_conn(cmd), xml, 0);
    if (!pool)
        return vr_complain(cmd, _("Failed to define pool %s"), name);
    vr_print_extra(cmd, _("Pool %s defined\n"), name);
    return true;
}
const struct vr_command vr_cmd_pool_define_as = {
    "pool-define-as", (const struct vr_opt[]){ OPTS_AS, { 0 } }, define_as_run, 0, N_("define a pool described by options"), NULL, NULL,
};

/* ---- sources ------------------------------------------------------------------------------------------------------ */

static bool print_sources(struct vr_cmd *cmd, const char *type, const char *spec)
{
    vr_autofree char *found = virConnectFindStoragePoolSources(vr_conn(cmd), type, spec, 0);
    if (!found)
        return vr_complain(cmd, _("Failed to find any %s pool sources"), type);
    vr_print(cmd, "%s", found);
    return true;
}

static bool find_sources_as_run(struct vr_cmd *cmd)
{
    const char *type, *host, *port, *initiator;
    if (!vr_opt_string(cmd, "type", &type) || !vr_opt_string(cmd, "host", &host) || !vr_opt_string(cmd, "port", &port) ||
        !vr_opt_string(cmd, "initiator", &initiator))
        return false;
    if (!host)
        return print_sources(cmd, type, NULL);
    vr_autobuf struct vr_buf spec = VR_BUF_INIT;
    element(&spec, "<source>\n  <host name='", host, "'");
    if (port)
        element(&spec, " port='", port, "'");
    vr_buf_str(&spec, "/>\n");
    if (initiator)
        element(&spec, "  <initiator>\n    <iqn name='", initiator, "'/>\n  </initiator>\n");
    vr_buf_str(&spec, "</source>\n");
    return print_sources(cmd, type, spec.data);
}
const struct vr_command vr_cmd_find_sources_as = {
    "find-storage-pool-sources-as",
    (const struct vr_opt[]){
        { "type", VR_OPT_DATA, .help = N_("the kind of pool the source is for"), .complete = complete_type },
        { "host", VR_OPT_STRING, .help = N_("host to ask") },
        { "port", VR_OPT_STRING, .help = N_("its port") },
        { "initiator", VR_OPT_STRING, .help = N_("iSCSI initiator's iqn to ask as") },
        { 0 } },
    find_sources_as_run, 0, N_("look for sources of pools at a host"), NULL, NULL,
};

static bool find_sources_run(struct vr_cmd *cmd)
{
    const char *type, *path;
    if (!vr_opt_string(cmd, "type", &type) || !vr_opt_string(cmd, "srcSpec", &path))
        return false;
    vr_autofree char *spec = path ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    return (!path || spec) && print_sources(cmd, type, spec);
}
const struct vr_command vr_cmd_find_sources = {
    "find-storage-pool-sources",
    (const struct vr_opt[]){
        { "type", VR_OPT_DATA, .help = N_("the kind of pool the source is for"), .complete = complete_type },
        { "srcSpec", VR_OPT_STRING, .help = N_("file with a <source> element that says where to look"), .complete = vr_complete_file },
        { 0 } },
    find_sources_run, 0, N_("look for sources of pools"), NULL, NULL,
};
