/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undefine, with all that may go with a guest: saved state, metadata, firmware variables, volumes. */
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "schema/xmlread_query.h"

struct volume {
    char *target, *source;
    virStorageVolPtr vol;
};
struct volumes {
    struct volume *all;
    size_t n, cap;
};

static void volumes_done(struct volumes *v)
{
    for (size_t i = 0; i < v->n; i++) {
        free(v->all[i].target);
        free(v->all[i].source);
        if (v->all[i].vol)
            virStorageVolFree(v->all[i].vol);
    }
    free(v->all);
}

/* "vda,/img/x" names the disk by target or source; taken words become empty. */
static bool asked_for(char **words, const char *target, const char *source)
{
    for (; *words; words++) {
        if (**words && (vr_streq0(*words, target) || vr_streq0(*words, source))) {
            **words = '\0';
            return true;
        }
    }
    return false;
}

static bool find_volume(struct vr_cmd *cmd, const char *pool_name, const char *source, virStorageVolPtr *out)
{
    *out = NULL;
    if (!pool_name) {
        *out = virStorageVolLookupByPath(vr_conn(cmd), source);
        return true;
    }
    vr_auto(pool) virStoragePoolPtr pool = virStoragePoolLookupByName(vr_conn(cmd), pool_name);
    if (!pool) {
        vr_print(cmd, _("Storage pool '%s' for volume '%s' not found."), pool_name, source);
        vr_forget_error(cmd);
        return false;
    }
    *out = virStorageVolLookupByName(pool, source);
    return true;
}

/* The volumes behind the disks that are to go. */
static bool collect(struct vr_cmd *cmd, virDomainPtr dom, char **words, struct volumes *out)
{
    vr_autofree char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_query) *doc = xml ? vr_query_new(xml, _("(domain_definition)"), &err) : NULL;
    vr_autofree struct vr_query_node **disks = NULL;
    long n = doc ? vr_query_nodes(doc, NULL, "./devices/disk", &disks, &err) : -1;
    if (n < 0)
        return err ? vr_complain(cmd, "%s", err->message) : false;
    for (long i = 0; i < n; i++) {
        vr_autofree char *target = vr_query_text(doc, disks[i], "string(./target/@dev)");
        vr_autofree char *source = vr_query_text(doc, disks[i],
            "string(./source/@file|./source/@dir|./source/@name|./source/@dev|./source/@volume)");
        vr_autofree char *pool = vr_query_text(doc, disks[i], "string(./source/@pool)");
        virStorageVolPtr vol = NULL;
        if (!source || (words && !asked_for(words, target, source)) || !find_volume(cmd, pool, source, &vol))
            continue;
        if (!vol) {
            vr_print(cmd, _("Storage volume '%s'(%s) is not managed by libvirt. Remove it manually.\n"), target, source);
            vr_forget_error(cmd);
            continue;
        }
        VR_GROW(out->all, out->n, out->cap);
        out->all[out->n++] = (struct volume){ vr_take(target), vr_take(source), vol };
    }
    for (; words && *words; words++) {
        if (**words)
            vr_complain(cmd, _("Volume '%s' was not found in domain's definition.\n"), *words);
    }
    return true;
}

static bool remove_volumes(struct vr_cmd *cmd, struct volumes *volumes, bool wipe, unsigned flags)
{
    bool ok = true;
    for (size_t i = 0; i < volumes->n; i++) {
        const struct volume *v = &volumes->all[i];
        if (wipe) {
            vr_print(cmd, _("Wiping volume '%s'(%s) ... "), v->target, v->source);
            fflush(stdout);
            if (virStorageVolWipe(v->vol, 0) < 0) {
                ok = vr_complain(cmd, "%s", _("Failed! Volume not removed."));
                continue;
            }
            vr_print(cmd, _("Done.\n"));
        }
        if (virStorageVolDelete(v->vol, flags) < 0) {
            ok = vr_complain(cmd, _("Failed to remove storage volume '%s'(%s)"), v->target, v->source);
            vr_report_error(cmd);
            continue;
        }
        vr_print_extra(cmd, _("Volume '%s'(%s) removed.\n"), v->target, v->source);
    }
    return ok;
}

/* What of the guest's other belongings the options ask to drop. */
static unsigned flags_of(struct vr_cmd *cmd)
{
    unsigned flags = 0;
    flags |= vr_opt_bool(cmd, "managed-save") ? VIR_DOMAIN_UNDEFINE_MANAGED_SAVE : 0;
    flags |= vr_opt_bool(cmd, "snapshots-metadata") ? VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA : 0;
    flags |= vr_opt_bool(cmd, "checkpoints-metadata") ? VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA : 0;
    flags |= vr_opt_bool(cmd, "nvram") ? VIR_DOMAIN_UNDEFINE_NVRAM : 0;
    flags |= vr_opt_bool(cmd, "keep-nvram") ? VIR_DOMAIN_UNDEFINE_KEEP_NVRAM : 0;
    flags |= vr_opt_bool(cmd, "tpm") ? VIR_DOMAIN_UNDEFINE_TPM : 0;
    flags |= vr_opt_bool(cmd, "keep-tpm") ? VIR_DOMAIN_UNDEFINE_KEEP_TPM : 0;
    return flags;
}

static bool undefine_run(struct vr_cmd *cmd)
{
    bool wipe = vr_opt_bool(cmd, "wipe-storage"), remove_all = vr_opt_bool(cmd, "remove-all-storage");
    bool with_snapshots = vr_opt_bool(cmd, "delete-storage-volume-snapshots");
    unsigned flags = flags_of(cmd);
    const char *list;
    if (!vr_opt_requires(cmd, "delete-storage-volume-snapshots", "remove-all-storage") ||
        !vr_opt_exclusive(cmd, "nvram", "keep-nvram") || !vr_opt_exclusive(cmd, "tpm", "keep-tpm") ||
        !vr_opt_string(cmd, "storage", &list))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain_by(cmd, "domain", VR_BY_NAME | VR_BY_UUID);
    if (!dom)
        return false;
    vr_autofree char *name = vr_strdup(virDomainGetName(dom));
    __attribute__((cleanup(volumes_done))) struct volumes volumes = { 0 };
    if (!list && !remove_all && wipe)
        return vr_complain(cmd, "%s", _("'--wipe-storage' requires '--storage <string>' or '--remove-all-storage'"));
    if (list || remove_all) {
        int running = virDomainIsActive(dom);
        if (running < 0)
            return false;
        if (running)
            return vr_complain(cmd, "%s", _("Storage volume deletion is supported only on stopped domains"));
        if (list && remove_all)
            return vr_complain(cmd, "%s", _("Specified both --storage and --remove-all-storage"));
        vr_autofree char *copy = vr_strdup(list);
        vr_autofree char **words = list ? vr_alloc((strlen(list) + 2) * sizeof(*words)) : NULL;
        size_t n = 0;
        for (char *rest = copy, *word; list && (word = strsep(&rest, ","));)
            words[n++] = word;
        if (!collect(cmd, dom, words, &volumes))
            return false;
    }
    if ((flags ? virDomainUndefineFlags(dom, flags) : virDomainUndefine(dom)) < 0)
        return vr_complain(cmd, _("Failed to undefine domain '%s'"), name);
    vr_print_extra(cmd, _("Domain '%s' has been undefined\n"), name);
    return remove_volumes(cmd, &volumes, wipe, with_snapshots ? VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS : 0);
}
static const struct vr_opt undefine_opts[] = {
    VR_OPT_DOMAIN,
    { "managed-save", VR_OPT_BOOL, .help = N_("with its managed save image") },
    { "storage", VR_OPT_STRING, .help = N_("with these disks' volumes: vda,vdb") },
    { "remove-all-storage", VR_OPT_BOOL, .help = N_("with all disks' volumes") },
    { "delete-snapshots", VR_OPT_ALIAS, .alias_of = "delete-storage-volume-snapshots" },
    { "delete-storage-volume-snapshots", VR_OPT_BOOL, .help = N_("with snapshots of those volumes") },
    { "wipe-storage", VR_OPT_BOOL, .help = N_("overwrite volumes first") },
    { "snapshots-metadata", VR_OPT_BOOL, .help = N_("with what is known of snapshots") },
    { "checkpoints-metadata", VR_OPT_BOOL, .help = N_("with what is known of checkpoints") },
    { "nvram", VR_OPT_BOOL, .help = N_("with its firmware variables") },
    { "keep-nvram", VR_OPT_BOOL, .help = N_("but keep firmware variables") },
    { "tpm", VR_OPT_BOOL, .help = N_("with the state of its TPM") },
    { "keep-tpm", VR_OPT_BOOL, .help = N_("but keep the state of its TPM") },
    { 0 },
};
const struct vr_command vr_cmd_undefine = {
    "undefine", undefine_opts, undefine_run, 0, N_("forget a guest's definition"),
    N_("Forgets the definition of a guest; one that runs goes on as a transient guest."), NULL,
};
