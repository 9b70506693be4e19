/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <volume>: one volume of a pool. */
#include "model/document.h"
#include "model/permissions.h"
#include "model/pool.h"
#include "model/storage_source.h"

#define VR_VOLUME_TYPES(X, P)                                                                      \
    X(P, FILE, "file") X(P, BLOCK, "block") X(P, DIR, "dir") X(P, NETWORK, "network") X(P, NETDIR, "netdir") X(P, PLOOP, "ploop")
VR_ENUM(vr_volume_type, VR_VOLUME, VR_VOLUME_TYPES);

/* Flags of parse besides VR_FORM_*: which pool the volume is for (a dir pool when not said) and about <capacity> */
#define VR_VOLUME_IN(pool_type) ((unsigned)(pool_type) << 24)
#define VR_VOLUME_NO_CAPACITY (1u << 19)  /* may be missing: a copy has its original's */
#define VR_VOLUME_OPT_CAPACITY (1u << 20) /* may be missing when there is a <backingStore> */

struct vr_volume_extent {
    uint64_t start, end;
};
struct vr_volume_device {
    const char *path;
    VR_LIST(struct vr_volume_extent) extents;
};

struct vr_volume_backing {
    const char *path, *format;
    struct vr_permissions perms;
    struct vr_timestamps times;
};

struct vr_volume_def {
    struct vr_arena *arena;
    enum vr_volume_type type;
    const char *name, *key;
    struct vr_ou64 capacity, allocation, physical; /* bytes */
    VR_LIST(struct vr_volume_device) devices;      /* <source>: where a logical volume lies; written only */
    const char *path, *format;                     /* format: one of the pool's, see vr_pool_volume_formats */
    struct vr_permissions perms;
    struct vr_timestamps times;
    struct vr_encryption *encryption;
    const char *compat;
    uint64_t cluster_bytes;
    bool nocow;
    bool has_features, lazy_refcounts, extended_l2;
    struct vr_volume_backing *backing;
};
VR_DOCUMENT(vr_volume_def);
