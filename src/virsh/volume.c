/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage volumes: lists, what they are, size, end. */
#include "volume.h"
#include "document.h"
#include "find.h"
#include "groups.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/str.h"

static unsigned long long suffix_factor(const char *suffix)
{
    static const char letters[] = "kmgtpe";
    if (!*suffix || !strcasecmp(suffix, "b") || !strcasecmp(suffix, "byte") || !strcasecmp(suffix, "bytes"))
        return 1;
    const char *at = strchr(letters, *suffix | 0x20);
    if (!at)
        return 0;
    unsigned long long base = !suffix[1] || !strcasecmp(suffix + 1, "iB") ? 1024 : !strcasecmp(suffix + 1, "B") ? 1000 : 0;
    unsigned long long factor = base ? 1 : 0;
    for (const char *p = letters; p <= at; p++)
        factor *= base;
    return factor;
}

bool vr_volume_size(struct vr_cmd *cmd, const char *text, unsigned long long *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    bool number = end != text && !errno && text[strspn(text, " \t")] != '-';
    const char *suffix = end + strspn(end, " \t");
    unsigned long long factor = number ? suffix_factor(suffix) : 0;
    if (factor && value <= ULLONG_MAX / factor) {
        *out = value * factor;
        return true;
    }
    vr_complain(cmd, _("Malformed size %s"), text);
    if (number && !factor)
        vr_complain(cmd, _("invalid argument: unknown suffix '%s'"), suffix);
    else if (number)
        vr_complain(cmd, _("numerical overflow: value too large: %llu%s"), value, suffix);
    return false;
}

static const char *type_word(int type)
{
    static const char *const words[] = { N_("file"), N_("block"), N_("dir"), N_("network"), N_("netdir"), N_("ploop") };
    return type >= 0 && (size_t)type < VR_COUNT(words) ? words[type] : _("unknown");
}

/* ---- lists and facts ---------------------------------------------------------------------------------------------- */

VR_SORT_BY_NAME(by_name, virStorageVolPtr, virStorageVolGetName)

static void list_row(struct vr_table *table, virStorageVolPtr vol, bool details)
{
    vr_autofree char *path = virStorageVolGetPath(vol);
    virStorageVolInfo info;
    char sizes[2][64] = { "-", "-" };
    const char *type = _("unknown");
    if (!details) {
        vr_table_row(table, virStorageVolGetName(vol), path ? path : "-");
        return;
    }
    if (virStorageVolGetInfo(vol, &info) == 0) {
        const char *unit;
        double value = vr_pretty_size(info.capacity, &unit);
        snprintf(sizes[0], sizeof(sizes[0]), "%.2lf %s", value, unit);
        value = vr_pretty_size(info.allocation, &unit);
        snprintf(sizes[1], sizeof(sizes[1]), "%.2lf %s", value, unit);
        type = type_word(info.type);
    }
    vr_table_row(table, virStorageVolGetName(vol), path ? path : "-", type, sizes[0], sizes[1]);
}

static bool list_run(struct vr_cmd *cmd)
{
    bool details = vr_opt_bool(cmd, "details");
    vr_auto(pool) virStoragePoolPtr pool = vr_pool(cmd, "pool", NULL);
    if (!pool)
        return false;
    virStorageVolPtr *all;
    int n = virStoragePoolListAllVolumes(pool, &all, 0);
    if (n < 0)
        return vr_complain(cmd, "%s", _("Failed to list volumes"));
    vr_sort(all, (size_t)n, sizeof(*all), by_name);
    struct vr_table *table = details ? vr_table_new(cmd, _("Name"), _("Path"), _("Type"), _("Capacity"), _("Allocation"), NULL)
                                     : vr_table_new(cmd, _("Name"), _("Path"), NULL);
    for (int i = 0; i < n; i++) {
        list_row(table, all[i], details);
        virStorageVolFree(all[i]);
    }
    free(all);
    vr_forget_error(cmd);
    vr_table_print(table);
    return true;
}
static const struct vr_command cmd_list = {
    "vol-list",
    (const struct vr_opt[]){ VR_OPT_POOL_(vr_complete_pool_active), { "details", VR_OPT_BOOL, .help = N_("show kinds and sizes too") },
                             { 0 } },
    list_run, VR_CMD_JSON, N_("list the volumes of a pool"), NULL, NULL,
};

static bool info_run(struct vr_cmd *cmd)
{
    bool bytes = vr_opt_bool(cmd, "bytes"), physical = vr_opt_bool(cmd, "physical");
    virStorageVolInfo data;
    vr_auto(volume) virStorageVolPtr vol = vr_volume(cmd, NULL);
    if (!vol)
        return false;
    VR_AUTO(vr_info) *info = vr_info_new(cmd, "%-15s %s\n");
    vr_info_str(info, _("Name:"), "%s", virStorageVolGetName(vol));
    if ((physical ? virStorageVolGetInfoFlags(vol, &data, VIR_STORAGE_VOL_GET_PHYSICAL) : virStorageVolGetInfo(vol, &data)) < 0)
        return false;
    vr_info_str(info, _("Type:"), "%s", type_word(data.type));
    const char *second = physical ? _("Physical:") : _("Allocation:");
    if (bytes) {
        vr_info_uint(info, _("Capacity:"), data.capacity, _("bytes"));
        vr_info_uint(info, second, data.allocation, _("bytes"));
    } else {
        vr_info_size(info, _("Capacity:"), "%2.2lf %s", data.capacity);
        vr_info_size(info, second, "%2.2lf %s", data.allocation);
    }
    vr_info_done(vr_take(info));
    return true;
}
static const struct vr_command cmd_info = {
    "vol-info",
    (const struct vr_opt[]){ VR_OPT_VOLUME, VR_OPT_POOL_MAYBE, { "bytes", VR_OPT_BOOL, .help = N_("sizes in bytes") },
                             { "physical", VR_OPT_BOOL, .help = N_("the size of the file itself instead of what is allocated") }, { 0 } },
    info_run, VR_CMD_JSON, N_("show a volume"), NULL, NULL,
};

static bool dumpxml_run(struct vr_cmd *cmd)
{
    vr_auto(volume) virStorageVolPtr vol = vr_volume(cmd, NULL);
    return vol && vr_document_print(cmd, virStorageVolGetXMLDesc(vol, 0));
}
static const struct vr_command cmd_dumpxml = {
    "vol-dumpxml", (const struct vr_opt[]){ VR_OPT_VOLUME, VR_OPT_POOL_MAYBE, VR_OPTS_DOCUMENT, { 0 } }, dumpxml_run, VR_CMD_JSON,
    N_("print a volume's document"), NULL, NULL,
};

static bool key_run(struct vr_cmd *cmd)
{
    vr_auto(volume) virStorageVolPtr vol = vr_volume(cmd, NULL);
    if (!vol)
        return false;
    vr_print(cmd, "%s\n", virStorageVolGetKey(vol));
    return true;
}
static const struct vr_command cmd_key = {
    "vol-key", (const struct vr_opt[]){ VR_OPT_VOLUME, VR_OPT_POOL_MAYBE, { 0 } }, key_run, 0, N_("the key of a volume"), NULL, NULL,
};

static bool path_run(struct vr_cmd *cmd)
{
    vr_auto(volume) virStorageVolPtr vol = vr_volume(cmd, NULL);
    vr_autofree char *path = vol ? virStorageVolGetPath(vol) : NULL;
    if (!path)
        return false;
    vr_print(cmd, "%s\n", path);
    return true;
}
static const struct vr_command cmd_path = {
    "vol-path", (const struct vr_opt[]){ VR_OPT_VOLUME, VR_OPT_POOL_MAYBE, { 0 } }, path_run, 0, N_("the path of a volume"), NULL, NULL,
};

#define OPT_KEY_OR_PATH { "vol", VR_OPT_DATA, .help = N_("a volume: key or path"), .complete = vr_complete_volume }

static bool name_run(struct vr_cmd *cmd)
{
    vr_auto(volume) virStorageVolPtr vol = vr_volume_by(cmd, "vol", NULL, VR_BY_UUID | VR_BY_ID, NULL);
    if (!vol)
        return false;
    vr_print(cmd, "%s\n", virStorageVolGetName(vol));
    return true;
}
static const struct vr_command cmd_name = {
    "vol-name", (const struct vr_opt[]){ OPT_KEY_OR_PATH, { 0 } }, name_run, 0, N_("the name of a volume by its key or path"), NULL, NULL,
};

static bool pool_run(struct vr_cmd *cmd)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    vr_auto(volume) virStorageVolPtr vol = vr_volume_by(cmd, "vol", NULL, VR_BY_UUID | VR_BY_ID, NULL);
    if (!vol)
        return false;
    vr_auto(pool) virStoragePoolPtr pool = virStoragePoolLookupByVolume(vol);
    if (!pool)
        return vr_complain(cmd, "%s", _("failed to get parent pool"));
    if (!vr_opt_bool(cmd, "uuid")) {
        vr_print(cmd, "%s\n", virStoragePoolGetName(pool));
        return true;
    }
    if (virStoragePoolGetUUIDString(pool, uuid) < 0)
        return false;
    vr_print(cmd, "%s\n", uuid);
    return true;
}
static const struct vr_command cmd_pool = {
    "vol-pool", (const struct vr_opt[]){ OPT_KEY_OR_PATH, { "uuid", VR_OPT_BOOL, .help = N_("the pool's uuid, not its name") }, { 0 } },
    pool_run, 0, N_("the pool a volume is in"), NULL, NULL,
};

/* ---- changes ------------------------------------------------------------------------------------------------------ */

static bool delete_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    unsigned flags = vr_opt_bool(cmd, "delete-snapshots") ? VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS : 0;
    vr_auto(volume) virStorageVolPtr vol = vr_volume(cmd, &name);
    if (!vol)
        return false;
    if (virStorageVolDelete(vol, flags) < 0)
        return vr_complain(cmd, _("Failed to delete vol %s"), name);
    vr_print_extra(cmd, _("Vol %s deleted\n"), name);
    return true;
}
static const struct vr_command cmd_delete = {
    "vol-delete",
    (const struct vr_opt[]){ VR_OPT_VOLUME, VR_OPT_POOL_MAYBE,
                             { "delete-snapshots", VR_OPT_BOOL, .help = N_("its snapshots too, where the pool can do that") }, { 0 } },
    delete_run, 0, N_("delete a volume"), N_("Deletes a volume and what is in it. This cannot be undone."), NULL,
};

/* Indexes are virStorageVolWipeAlgorithm. */
static const char *const algorithms[] = {
    "zero", "nnsa", "dod", "bsi", "gutmann", "schneier", "pfitzner7", "pfitzner33", "random", "trim", NULL,
};

static void complete_algorithm(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, algorithms);
}

static bool wipe_run(struct vr_cmd *cmd)
{
    const char *name = NULL, *algorithm;
    vr_auto(volume) virStorageVolPtr vol = vr_volume(cmd, &name);
    if (!vol || !vr_opt_string(cmd, "algorithm", &algorithm))
        return false;
    int which = algorithm ? vr_name_index(algorithms, algorithm) : 0;
    if (which < 0)
        return vr_complain(cmd, _("Unsupported algorithm '%s'"), algorithm);
    /* Without a choice by the older call, which more daemons have. */
    if ((algorithm ? virStorageVolWipePattern(vol, (unsigned)which, 0) : virStorageVolWipe(vol, 0)) < 0)
        return vr_complain(cmd, _("Failed to wipe vol %s"), name);
    vr_print_extra(cmd, _("Vol %s wiped\n"), name);
    return true;
}
static const struct vr_command cmd_wipe = {
    "vol-wipe",
    (const struct vr_opt[]){ VR_OPT_VOLUME, VR_OPT_POOL_MAYBE,
                             { "algorithm", VR_OPT_STRING, .help = N_("how: zero, nnsa, dod, ..., trim"), .complete = complete_algorithm },
                             { 0 } },
    wipe_run, 0, N_("overwrite a volume so that its data cannot be read again"), NULL, NULL,
};

static bool resize_run(struct vr_cmd *cmd)
{
    const char *text;
    bool delta = vr_opt_bool(cmd, "delta"), shrink = vr_opt_bool(cmd, "shrink");
    unsigned flags = (vr_opt_bool(cmd, "allocate") ? VIR_STORAGE_VOL_RESIZE_ALLOCATE : 0) |
        (delta ? VIR_STORAGE_VOL_RESIZE_DELTA : 0) | (shrink ? VIR_STORAGE_VOL_RESIZE_SHRINK : 0);
    unsigned long long capacity = 0;
    vr_auto(volume) virStorageVolPtr vol = vr_volume(cmd, NULL);
    if (!vol || !vr_opt_string(cmd, "capacity", &text))
        return false;
    const char *number = text + strspn(text, " \t");
    if (*number == '-') { /* the call takes no sign: less is a positive difference with the flag to shrink */
        if (!shrink)
            return vr_complain(cmd, "%s", _("negative size requires --shrink"));
        number++;
        flags |= VIR_STORAGE_VOL_RESIZE_DELTA;
        delta = true;
    }
    if (!vr_volume_size(cmd, number, &capacity))
        return false;
    const char *name = virStorageVolGetName(vol);
    if (virStorageVolResize(vol, capacity, flags) < 0) {
        return delta ? vr_complain(cmd, _("Failed to change size of volume '%s' by %s"), name, number)
                     : vr_complain(cmd, _("Failed to change size of volume '%s' to %s"), name, number);
    }
    vr_print_extra(cmd, delta ? _("Size of volume '%s' successfully changed by %s\n") : _("Size of volume '%s' successfully changed to %s\n"),
                   name, number);
    return true;
}
static const struct vr_command cmd_resize = {
    "vol-resize",
    (const struct vr_opt[]){
        VR_OPT_VOLUME,
        { "capacity", VR_OPT_DATA, .help = N_("the new size; with a suffix as MiB, else bytes") },
        VR_OPT_POOL_MAYBE,
        { "allocate", VR_OPT_BOOL, .help = N_("take the new space now") },
        { "delta", VR_OPT_BOOL, .help = N_("the size is a difference") },
        { "shrink", VR_OPT_BOOL, .help = N_("allow to make it smaller") },
        { 0 } },
    resize_run, 0, N_("change the size of a volume"),
    N_("Changes the size of a volume that no running guest uses. For one in use there is blockresize."), NULL,
};

const struct vr_command *const vr_volume_commands[] = {
    &vr_cmd_vol_clone, &vr_cmd_vol_create_as, &vr_cmd_vol_create, &vr_cmd_vol_create_from, &cmd_delete, &vr_cmd_vol_download, &cmd_dumpxml,
    &cmd_info, &cmd_key, &cmd_list, &cmd_name, &cmd_path, &cmd_pool, &cmd_resize, &vr_cmd_vol_upload, &cmd_wipe, NULL,
};
