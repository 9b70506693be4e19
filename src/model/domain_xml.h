/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <domain> and single devices as documents: parse, complete, check, format, copy, compare. None of these suspend. */
#include "model/document.h"
#include "model/domain.h"

/* Flags of parse and format; the first four equal VIR_DOMAIN_XML_*. */
#define VR_DOMAIN_SECURE (1u << 0)
#define VR_DOMAIN_INACTIVE (1u << 1)   /* a definition: what only a running guest has is left out */
#define VR_DOMAIN_MIGRATABLE (1u << 3)
#define VR_DOMAIN_STATUS (1u << 8)     /* the daemon's own record of a running guest */
#define VR_DOMAIN_VALIDATE (1u << 9)   /* unknown elements and attributes are errors */
#define VR_DOMAIN_RAW (1u << 16)       /* parse only: no completion, no checks */
#define VR_DOMAIN_UNCHECKED (1u << 18) /* the caller runs vr_domain_check later, or trusts the text (its own file) */
#define VR_DOMAIN_TEST (1u << 17)      /* complete as the mock hypervisor does: i686, narrow SCSI buses */

/**
 * vr_domain_parse - a definition from text
 * @xml, @len: any bytes; bounded and pre-scanned
 * @flags: VR_DOMAIN_INACTIVE for what clients define; 0 or VR_DOMAIN_STATUS for records of running guests
 *
 * Parses, completes (what does not depend on a hypervisor) and, without VR_DOMAIN_UNCHECKED, checks. The result owns all its memory; give it back with
 * vr_domain_free. NULL on failure, with stock's codes. Documents above 64 KiB belong on a worker.
 */
extern const struct vr_document vr_domain_document;
struct vr_domain_def *vr_domain_parse(const char *xml, size_t len, unsigned flags, struct vr_error **err);
void vr_domain_free(struct vr_domain_def *def);
/** VR_AUTO(vr_domain_def) *def frees at the end of the scope. */
static inline void vr_domain_def_free(struct vr_domain_def *def)
{
    vr_domain_free(def);
}
VR_DEFINE_AUTO(vr_domain_def)

/** malloc'd text. */
char *vr_domain_format(const struct vr_domain_def *def, unsigned flags);
struct vr_domain_def *vr_domain_copy(const struct vr_domain_def *def);
/** Rules that span elements. Called by vr_domain_parse; again after a change. */
bool vr_domain_check(const struct vr_domain_def *def, struct vr_error **err);

/** Calls fn for each difference ("/domain/devices/disk[2]/driver/@cache"); true when there was none. */
bool vr_domain_diff(const struct vr_domain_def *a, const struct vr_domain_def *b, unsigned flags,
                    bool (*fn)(const char *path, const char *old, const char *new_, void *opaque), void *opaque);
/**
 * vr_domain_abi_check - may a guest that ran as @old go on as @new_?
 *
 * True when both are the same machine to the guest: devices, addresses, memory, processors, features. Names of files, sources
 * and the like may differ. Else stock's sentence about the first difference, VIR_ERR_CONFIG_UNSUPPORTED.
 */
bool vr_domain_abi_check(const struct vr_domain_def *old, const struct vr_domain_def *new_, struct vr_error **err);
/* ---- where values go (goes.c) ---- */
/** Where a value goes when the guest starts. */
enum vr_goes { VR_GOES_UNSTATED, VR_GOES_ARGV, VR_GOES_QMP, VR_GOES_CGROUP, VR_GOES_HOST, VR_GOES_DOCUMENT, VR_GOES_NOTYET };
/** Where @def uses something that is stated as not built yet, or NULL; arena-owned. A start must refuse it. */
const char *vr_domain_find_notyet(struct vr_arena *arena, const struct vr_domain_def *def);
/** Where the value at a path of the tables goes ("/domain/devices/disk/driver/@cache"; @value may be NULL): goes.c. */
enum vr_goes vr_domain_goes(const char *path, const char *value);
/** What helps after a refusal of that place, or NULL. */
const char *vr_domain_goes_hint(const char *path);
/** How many places of the document are in each state; returns the first unstated path (malloc'd) or NULL. */
char *vr_domain_count_goes(size_t counts[VR_GOES_NOTYET + 1]);
extern const char *const vr_goes_names[];

/* ---- one device -------------------------------------------------------------------------------------------------- */
#define VR_DEVICE_KINDS(X, P)                                                                      \
    X(P, DISK, "disk") X(P, CONTROLLER, "controller") X(P, LEASE, "lease") X(P, FILESYSTEM, "filesystem") \
    X(P, INTERFACE, "interface") X(P, SMARTCARD, "smartcard") X(P, SERIAL, "serial") X(P, PARALLEL, "parallel") \
    X(P, CONSOLE, "console") X(P, CHANNEL, "channel") X(P, INPUT, "input") X(P, TPM, "tpm") X(P, GRAPHICS, "graphics") \
    X(P, SOUND, "sound") X(P, AUDIO, "audio") X(P, VIDEO, "video") X(P, HOSTDEV, "hostdev") X(P, REDIRDEV, "redirdev") \
    X(P, HUB, "hub") X(P, WATCHDOG, "watchdog") X(P, MEMBALLOON, "memballoon") X(P, RNG, "rng") X(P, NVRAM, "nvram") \
    X(P, PANIC, "panic") X(P, SHMEM, "shmem") X(P, MEMORY, "memory") X(P, CRYPTO, "crypto") X(P, IOMMU, "iommu") X(P, VSOCK, "vsock")
VR_ENUM(vr_device_kind, VR_DEVICE, VR_DEVICE_KINDS);

struct vr_device {
    enum vr_device_kind kind;
    void *v; /* struct vr_disk *, ...; its own arena is a child of the one given to parse */
};

/** A device document ("<disk ...>") for attach, detach, update. Completed against @def as in a domain; @def is not changed. */
bool vr_device_parse(struct vr_arena *arena, const struct vr_domain_def *def, const char *xml, size_t len, unsigned flags,
                     struct vr_device *out, struct vr_error **err);
char *vr_device_format(const struct vr_device *dev, unsigned flags);
/** A copy in a child of @arena. */
struct vr_device vr_device_copy(struct vr_arena *arena, const struct vr_device *dev);
/** The info of a device that has one, or NULL (audio, graphics, lease). */
struct vr_device_info *vr_device_info_of(const struct vr_device *dev);
/** Puts a device of @def->arena into its list (or place), disks and controllers in their order. */
void vr_domain_add_device(struct vr_domain_def *def, const struct vr_device *dev);
/** Takes it out again; false when it was not there. The memory stays until its arena is freed. */
bool vr_domain_remove_device(struct vr_domain_def *def, const struct vr_device *dev);

/* ---- parts that calls work on ------------------------------------------------------------------------------------ */
/** Text of the <metadata> child with namespace @uri, with that namespace and its prefix removed; malloc'd, NULL when there is none. */
char *vr_domain_metadata_get(const struct vr_domain_def *def, const char *uri);
/** Replaces (or, with @xml NULL, removes) it; @key is the prefix it gets. */
bool vr_domain_metadata_set(struct vr_domain_def *def, const char *key, const char *uri, const char *xml, struct vr_error **err);
