/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A guest as the driver knows it, and the list of all of them. Fields belong to the loop thread. What a fiber read before
 * a wait may be gone after it, unless the guest's job protects it (job.h): definitions and `run` change only under a
 * modify or destroy job.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"
#include "base/uuid.h"
#include "job.h"
#include "model/domain.h"

struct vr_map;
struct vr_guest_run;
struct vr_packed;
struct vr_fdgroup;
struct vr_brief;

#define VR_TAINTS(X)                                                                               \
    X(CUSTOM_ARGV, "custom-argv") X(CUSTOM_MONITOR, "custom-monitor") X(HIGH_PRIVILEGES, "high-privileges") \
    X(SHELL_SCRIPTS, "shell-scripts") X(DISK_PROBING, "disk-probing") X(EXTERNAL_LAUNCH, "external-launch") \
    X(HOST_CPU, "host-cpu") X(HOOK_SCRIPT, "hook-script") X(CDROM_PASSTHROUGH, "cdrom-passthrough") \
    X(CUSTOM_DTB, "custom-dtb") X(CUSTOM_GA_COMMAND, "custom-ga-command")                          \
    X(CUSTOM_HYPERVISOR_FEATURE, "custom-hypervisor-feature") X(DEPRECATED_CONFIG, "deprecated-config") \
    X(CUSTOM_DEVICE, "custom-device")
enum vr_taint {
#define X(id, name) VR_TAINT_##id,
    VR_TAINTS(X)
#undef X
    VR_TAINT_COUNT
};
extern const char *const vr_taint_names[];     /* as in the status document, NULL-terminated */
extern const char *const vr_taint_sentences[]; /* as virDomainGetMessages tells them */

struct vr_domain {
    int refs;
    struct vr_uuid uuid;
    char *name;

    bool persistent;
    bool autostart, autostart_once; /* with each boot of the host; with the next one */
    bool updated;                   /* a live change was made that the configuration does not have */
    bool hidden;                    /* being defined for the first time: not yet shown to anybody */
    bool managed_save;              /* a save image of it is stored */
    unsigned snapshots, checkpoints; /* stored descriptions of them */
    bool removed;                   /* no longer in the list */

    /*
     * The persistent configuration. What nobody asked for lately is text: as the file said until a quiet moment, packed
     * after it. The few that were used last are also parsed.
     */
    struct vr_domain_def *config;
    char *config_text;
    struct vr_packed *config_packed;
    struct vr_brief *config_brief;  /* what statistics need of a packed one; NULL: not known */
    struct vr_domain *used_before, *used_after; /* among those that are parsed, by last use */
    char *stored_as;                /* the file is NAME.xml of this name, not of the guest's; NULL: as it should be */
    struct vr_error *config_error;  /* the file does not parse: the guest is listed, and inert */

    /* The running guest. */
    struct vr_fdgroup *fdgroups;    /* descriptors clients gave for its images, fdgroups.h */
    int id;                         /* -1 when not running */
    struct vr_domain_def *live;
    struct vr_guest_run *run;        /* process.h; NULL when not running */
    int state, reason;              /* enum virDomainState and its reasons */
    uint32_t taint;                 /* bits 1 << enum vr_taint */
    uint64_t deprecations;

    struct vr_jobs jobs;
};

struct vr_domain_list;

struct vr_domain *vr_domain_ref(struct vr_domain *dom);
void vr_domain_unref(struct vr_domain *dom);
static inline void vr_domain_ref_free(struct vr_domain **dom)
{
    vr_domain_unref(*dom);
}
/** VR_AUTO_DOMAIN *dom: unreferenced at the end of the scope. */
#define VR_AUTO_DOMAIN __attribute__((cleanup(vr_domain_ref_free))) struct vr_domain

/** Its definition is stored as NAME.xml with this NAME. */
static inline const char *vr_domain_file(const struct vr_domain *dom)
{
    return dom->stored_as ? dom->stored_as : dom->name;
}
static inline bool vr_domain_is_active(const struct vr_domain *dom)
{
    return dom->id != -1;
}
/** Marks a running guest, once, in its status document and log. */
void vr_domain_taint(struct vr_domain *dom, enum vr_taint taint);
/** OPERATION_INVALID "domain is not running" (domain VIR_FROM_DOMAIN as stock) when it is not. */
bool vr_domain_require_active(const struct vr_domain *dom, struct vr_error **err);
/**
 * The persistent configuration, parsed now if it was not yet; NULL with the error for a transient guest or a broken file.
 * Borrowed; valid until the fiber waits, or while a job is held.
 */
struct vr_domain_def *vr_domain_config(struct vr_domain *dom, struct vr_error **err);
/** What a client sees first: the live definition of a running guest, else the configuration. NULL for a broken file. */
struct vr_domain_def *vr_domain_current(struct vr_domain *dom, struct vr_error **err);
/** Replaces the configuration; `def` changes owner. */
void vr_domain_set_config(struct vr_domain *dom, struct vr_domain_def *def);
/** What the configuration's file said, kept until it is asked for; `text` changes owner. */
void vr_domain_set_config_text(struct vr_domain *dom, char *text);
/** The configuration as it is stored, with or without the comment above it; malloc'd, NULL when there is none. */
char *vr_domain_config_text(struct vr_domain *dom);
/** Packs the texts of all guests, a few at a time between other work. */
VR_SUSPENDS void vr_domain_pack_all(struct vr_domain_list *list);

/** Which definitions a call with VIR_DOMAIN_AFFECT_* flags changes. */
struct vr_affect {
    struct vr_domain_def *live;     /* NULL: not affected */
    struct vr_domain_def *config;
};
/** Resolves CURRENT, LIVE, CONFIG with stock's errors. Call it under a job. */
bool vr_domain_affect(struct vr_domain *dom, unsigned flags, struct vr_affect *out, struct vr_error **err);
/** The one definition a reading call is about: LIVE, CONFIG or CURRENT. */
struct vr_domain_def *vr_domain_affect_one(struct vr_domain *dom, unsigned flags, struct vr_error **err);

/* ---- the list ---------------------------------------------------------------------------------------------------- */

struct vr_domain_list;
struct vr_domain_list *vr_domain_list_new(void);
void vr_domain_list_free(struct vr_domain_list *list);

/** Lookups return a reference or NULL, hidden guests left out. */
struct vr_domain *vr_domain_by_uuid(struct vr_domain_list *list, const unsigned char uuid[16]);
struct vr_domain *vr_domain_by_name(struct vr_domain_list *list, const char *name);
struct vr_domain *vr_domain_by_id(struct vr_domain_list *list, int id);
/** A new guest, hidden and not running; or NULL with OPERATION_FAILED when name or uuid are taken. Returns a reference. */
struct vr_domain *vr_domain_list_add(struct vr_domain_list *list, const char *name, const struct vr_uuid *uuid,
                                     struct vr_error **err);
/**
 * Finds the guest that a definition with this name and uuid would replace: *found is a reference, or NULL when both are
 * free. False with stock's error when they belong to different guests.
 */
bool vr_domain_list_match(struct vr_domain_list *list, const char *name, const struct vr_uuid *uuid,
                          struct vr_domain **found, struct vr_error **err);
void vr_domain_list_remove(struct vr_domain_list *list, struct vr_domain *dom);
/** Gives a guest another name: false with OPERATION_INVALID when it is taken. */
bool vr_domain_list_rename(struct vr_domain_list *list, struct vr_domain *dom, const char *name, struct vr_error **err);
/** Enters or leaves (id -1) the index of running guests. */
void vr_domain_list_set_id(struct vr_domain_list *list, struct vr_domain *dom, int id);
size_t vr_domain_list_active(const struct vr_domain_list *list);
size_t vr_domain_list_count(const struct vr_domain_list *list);
/** A snapshot of references, for walks that wait; free it with vr_domain_array_free. */
struct vr_domain_array {
    struct vr_domain **v;
    size_t n;
};
struct vr_domain_array vr_domain_list_all(struct vr_domain_list *list);
void vr_domain_array_free(struct vr_domain_array *all);
#define VR_AUTO_DOMAINS __attribute__((cleanup(vr_domain_array_free))) struct vr_domain_array
/** Iterates without references, for walks that do not wait: start with *pos = 0. Hidden guests are left out. */
struct vr_domain *vr_domain_list_each(struct vr_domain_list *list, size_t *pos);
