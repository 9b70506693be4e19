/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage volumes: made from a document, from options, from another volume. */
#include "document.h"
#include "find.h"
#include "groups.h"
#include "volume.h"

#include <stdlib.h>
#include "base/alloc.h"

#define OPT_PREALLOC { "prealloc-metadata", VR_OPT_BOOL, .help = N_("write qcow2 metadata in full now") }
#define OPT_REFLINK { "reflink", VR_OPT_BOOL, .help = N_("share blocks, where the file system can") }

static unsigned make_flags(struct vr_cmd *cmd, bool reflink, bool validate)
{
    return (vr_opt_bool(cmd, "prealloc-metadata") ? VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA : 0) |
        (reflink && vr_opt_bool(cmd, "reflink") ? VIR_STORAGE_VOL_CREATE_REFLINK : 0) |
        (validate && vr_opt_bool(cmd, "validate") ? VIR_STORAGE_VOL_CREATE_VALIDATE : 0);
}

static bool create_run(struct vr_cmd *cmd)
{
    const char *path;
    vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", NULL);
    vr_autofree char *xml = pool && vr_opt_string(cmd, "file", &path) ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(volume) virStorageVolPtr vol = virStorageVolCreateXML(pool, xml, make_flags(cmd, false, true));
    if (!vol)
        return vr_complain(cmd, _("Failed to create vol from %s"), path);
    vr_print_extra(cmd, _("Vol %s created from %s\n"), virStorageVolGetName(vol), path);
    return true;
}
const struct vr_command vr_cmd_vol_create = {
    "vol-create",
    (const struct vr_opt[]){ VR_OPT_POOL_(vr_complete_pool_active), VR_OPT_FILE(N_("file with the volume's document")), OPT_PREALLOC,
                             VR_OPT_VALIDATE, { 0 } },
    create_run, 0, N_("make a volume from a document"), NULL, NULL,
};

static bool create_from_run(struct vr_cmd *cmd)
{
    const char *path;
    vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", NULL);
    if (!pool || !vr_opt_string(cmd, "file", &path))
        return false;
    vr_auto(volume) virStorageVolPtr from = vr_volume_by(cmd, "vol", "inputpool", VR_BY_ANY, NULL);
    vr_autofree char *xml = from ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(volume) virStorageVolPtr vol = virStorageVolCreateXMLFrom(pool, xml, from, make_flags(cmd, true, true));
    if (!vol)
        return vr_complain(cmd, _("Failed to create vol from %s"), path);
    vr_print_extra(cmd, _("Vol %s created from input vol %s\n"), virStorageVolGetName(vol), virStorageVolGetName(from));
    return true;
}
const struct vr_command vr_cmd_vol_create_from = {
    "vol-create-from",
    (const struct vr_opt[]){
        VR_OPT_POOL_(vr_complete_pool_active),
        VR_OPT_FILE(N_("file with the new volume's document")),
        { "vol", VR_OPT_DATA, .help = N_("the volume whose data it gets: name, key or path"), .complete = vr_complete_volume },
        { "inputpool", VR_OPT_STRING, .help = N_("the pool that volume is in"), .complete = vr_complete_pool_active },
        OPT_PREALLOC,
        OPT_REFLINK,
        VR_OPT_VALIDATE,
        { 0 } },
    create_from_run, 0, N_("make a volume with the data of another"), NULL, NULL,
};

/* ---- from options ------------------------------------------------------------------------------------------------- */

static void element(struct vr_buf *to, const char *before, const char *value, const char *after)
{
    vr_buf_str(to, before);
    vr_document_escape(to, value);
    vr_buf_str(to, after);
}

/* The volume a new one is a layer upon: by name in the pool, by key, by path. */
static bool backing(struct vr_cmd *cmd, virStoragePoolPtr pool, const char *text, const char *format, struct vr_buf *to)
{
    vr_auto(volume) virStorageVolPtr vol = virStorageVolLookupByName(pool, text);
    if (!vol)
        vol = virStorageVolLookupByKey(vr_conn(cmd), text);
    if (!vol)
        vol = virStorageVolLookupByPath(vr_conn(cmd), text);
    if (!vol)
        return vr_complain(cmd, _("failed to get vol '%s'"), text);
    vr_forget_error(cmd);
    vr_autofree char *path = virStorageVolGetPath(vol);
    if (!path)
        return false;
    element(to, "  <backingStore>\n    <path>", path, "</path>\n");
    if (format)
        element(to, "    <format type='", format, "'/>\n");
    vr_buf_str(to, "  </backingStore>\n");
    return true;
}

static bool create_as_run(struct vr_cmd *cmd)
{
    const char *name, *capacity_text, *allocation_text, *format, *backing_vol, *backing_format;
    unsigned long long capacity, allocation = 0;
    vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", NULL);
    if (!pool || !vr_opt_string(cmd, "name", &name) || !vr_opt_string(cmd, "capacity", &capacity_text) ||
        !vr_volume_size(cmd, capacity_text, &capacity) || !vr_opt_string(cmd, "allocation", &allocation_text) ||
        (allocation_text && !vr_volume_size(cmd, allocation_text, &allocation)) || !vr_opt_string(cmd, "format", &format) ||
        !vr_opt_string(cmd, "backing-vol", &backing_vol) || !vr_opt_string(cmd, "backing-vol-format", &backing_format))
        return false;
    vr_autobuf struct vr_buf xml = VR_BUF_INIT;
    element(&xml, "<volume>\n  <name>", name, "</name>\n");
    vr_buf_printf(&xml, "  <capacity>%llu</capacity>\n", capacity);
    if (allocation_text)
        vr_buf_printf(&xml, "  <allocation>%llu</allocation>\n", allocation);
    if (format)
        element(&xml, "  <target>\n    <format type='", format, "'/>\n  </target>\n");
    if (backing_vol && !backing(cmd, pool, backing_vol, backing_format, &xml))
        return false;
    vr_buf_str(&xml, "</volume>\n");
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml.data);
        return true;
    }
    vr_auto(volume) virStorageVolPtr vol = virStorageVolCreateXML(pool, xml.data, make_flags(cmd, false, false));
    if (!vol)
        return vr_complain(cmd, _("Failed to create vol %s"), name);
    vr_print_extra(cmd, _("Vol %s created\n"), name);
    return true;
}

static void complete_format(struct vr_cmd *cmd, struct vr_completion *to)
{
    static const char *const formats[] = { "raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "bochs", "cloop", "dmg", "iso", "vpc", NULL };
    vr_complete_names(to, formats);
}
const struct vr_command vr_cmd_vol_create_as = {
    "vol-create-as",
    (const struct vr_opt[]){
        VR_OPT_POOL_(vr_complete_pool_active),
        { "name", VR_OPT_DATA, .help = N_("the volume's name") },
        { "capacity", VR_OPT_DATA, .help = N_("its size; with a suffix as GiB, else bytes") },
        { "allocation", VR_OPT_STRING, .help = N_("how much of it to take now") },
        { "format", VR_OPT_STRING, .help = N_("its format, as raw or qcow2"), .complete = complete_format },
        { "backing-vol", VR_OPT_STRING, .help = N_("the volume it is a layer upon"), .complete = vr_complete_volume },
        { "backing-vol-format", VR_OPT_STRING, .help = N_("that volume's format"), .complete = complete_format },
        OPT_PREALLOC,
        { "print-xml", VR_OPT_BOOL, .help = N_("print the document and do nothing") },
        { 0 } },
    create_as_run, 0, N_("make a volume described by options"), NULL, NULL,
};

static bool clone_run(struct vr_cmd *cmd)
{
    const char *new_name;
    vr_auto(volume) virStorageVolPtr from = vr_volume(cmd, NULL);
    if (!from)
        return false;
    vr_auto(pool) virStoragePoolPtr pool = virStoragePoolLookupByVolume(from);
    if (!pool)
        return vr_complain(cmd, "%s", _("failed to get parent pool"));
    if (!vr_opt_string(cmd, "newname", &new_name))
        return false;
    vr_autofree char *old = virStorageVolGetXMLDesc(from, 0);
    vr_autofree char *xml = old ? vr_document_with(cmd, old, "(volume_definition)", "/volume/name", new_name) : NULL;
    if (!xml)
        return false;
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml);
        return true;
    }
    vr_auto(volume) virStorageVolPtr vol = virStorageVolCreateXMLFrom(pool, xml, from, make_flags(cmd, true, false));
    if (!vol)
        return vr_complain(cmd, _("Failed to clone vol from %s"), virStorageVolGetName(from));
    vr_print_extra(cmd, _("Vol %s cloned from %s\n"), virStorageVolGetName(vol), virStorageVolGetName(from));
    return true;
}
const struct vr_command vr_cmd_vol_clone = {
    "vol-clone",
    (const struct vr_opt[]){
        VR_OPT_VOLUME,
        { "newname", VR_OPT_DATA, .help = N_("the copy's name") },
        VR_OPT_POOL_MAYBE,
        OPT_PREALLOC,
        OPT_REFLINK,
        { "print-xml", VR_OPT_BOOL, .help = N_("print the document and do nothing") },
        { 0 } },
    clone_run, 0, N_("copy a volume within its pool"), NULL, NULL,
};
