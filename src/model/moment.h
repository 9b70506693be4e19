/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * <domainsnapshot>, <domaincheckpoint>, <domainbackup>: what a guest's disks were at a moment, and copies of it.
 * A snapshot or checkpoint is read as a request (the name and time may be missing, state and domain are ignored), as one
 * that is told again (VR_MOMENT_REDEFINE), or from the daemon's own file (also VR_FORM_STATUS: <active>, loose checks).
 */
#include "model/document.h"
#include "model/domain.h"

#define VR_MOMENT_REDEFINE (1u << 19)

#define VR_SNAPSHOT_STATES(X, P)                                                                   \
    X(P, NOSTATE, "nostate") X(P, RUNNING, "running") X(P, BLOCKED, "blocked") X(P, PAUSED, "paused") \
    X(P, SHUTDOWN, "shutdown") X(P, SHUTOFF, "shutoff") X(P, CRASHED, "crashed") X(P, PMSUSPENDED, "pmsuspended") \
    X(P, DISK_SNAPSHOT, "disk-snapshot")
VR_ENUM(vr_snapshot_state, VR_SNAPSHOT_STATE, VR_SNAPSHOT_STATES);

#define VR_SNAPSHOT_LOCATIONS(X, P) X(P, NO, "no") X(P, INTERNAL, "internal") X(P, EXTERNAL, "external") X(P, MANUAL, "manual")
VR_ENUM(vr_snapshot_location, VR_SNAPSHOT, VR_SNAPSHOT_LOCATIONS);

struct vr_snapshot_disk {
    const char *name; /* target ("vda"); as written it may be a path */
    enum vr_snapshot_location location;
    struct vr_storage_source *src; /* the new image: type, path, format */
};

struct vr_snapshot_def {
    struct vr_arena *arena;
    const char *name, *description, *parent;
    struct vr_ou64 created; /* seconds since 1970 */
    enum vr_snapshot_state state;
    enum vr_snapshot_location memory;
    const char *memory_file;
    VR_LIST(struct vr_snapshot_disk) disks;
    struct vr_domain_def *domain, *inactive; /* the guest then; inactive: its definition when that differed */
    struct {
        struct vr_cpu *cpu; /* as the guest saw it */
        bool slirp_helper;
    } cookie;               /* what the hypervisor needs for going back */
    struct vr_ouint active; /* own file: this is the guest's current one */
};
VR_DOCUMENT(vr_snapshot_def);

/**
 * vr_snapshot_align_disks - one entry for each disk of the guest, in its order
 * @domain: the guest, when the snapshot holds none
 * @usual:  where a disk is kept when neither the request nor the disk says
 * @uniform: every disk must be kept at @usual
 *
 * Names that are paths become targets; external images without a name get one after the snapshot. Errors are stock's.
 */
bool vr_snapshot_align_disks(struct vr_snapshot_def *def, const struct vr_domain_def *domain,
                             enum vr_snapshot_location usual, bool uniform, struct vr_error **err);

/** The same for a snapshot told again: internal, unless anything in it is external. */
bool vr_snapshot_align_redefined(struct vr_snapshot_def *def, const struct vr_domain_def *domain, struct vr_error **err);
/** Memory or a disk is in a file of its own. */
bool vr_snapshot_is_external(const struct vr_snapshot_def *def);

#define VR_CHECKPOINT_TYPES(X, P) X(P, NO, "no") X(P, BITMAP, "bitmap")
VR_ENUM(vr_checkpoint_type, VR_CHECKPOINT, VR_CHECKPOINT_TYPES);

struct vr_checkpoint_disk {
    const char *name;
    enum vr_checkpoint_type type;
    const char *bitmap;
    struct vr_ou64 size; /* bytes written since; written only */
};
struct vr_checkpoint_def {
    struct vr_arena *arena;
    const char *name, *description, *parent;
    struct vr_ou64 created;
    VR_LIST(struct vr_checkpoint_disk) disks;
    struct vr_domain_def *domain;
};
VR_DOCUMENT(vr_checkpoint_def);

/** One entry for each disk of the guest, in its order; bitmaps without a name get the checkpoint's. */
bool vr_checkpoint_align_disks(struct vr_checkpoint_def *def, const struct vr_domain_def *domain, struct vr_error **err);

#define VR_BACKUP_MODES(X, P) X(P, PUSH, "push") X(P, PULL, "pull")
VR_ENUM(vr_backup_mode, VR_BACKUP, VR_BACKUP_MODES);
#define VR_BACKUP_DISK_MODES(X, P) X(P, FULL, "full") X(P, INCREMENTAL, "incremental")
VR_ENUM(vr_backup_disk_mode, VR_BACKUP_DISK, VR_BACKUP_DISK_MODES);
#define VR_BACKUP_STATES(X, P)                                                                     \
    X(P, RUNNING, "running") X(P, COMPLETE, "complete") X(P, FAILED, "failed") X(P, CANCELLING, "cancelling") X(P, CANCELLED, "cancelled")
VR_ENUM(vr_backup_state, VR_BACKUP_STATE, VR_BACKUP_STATES);

struct vr_backup_disk {
    const char *name;
    enum vr_tri backup;              /* not said: yes */
    enum vr_backup_state state;      /* own record only */
    enum vr_backup_disk_mode mode;
    const char *incremental;         /* the checkpoint it starts from */
    const char *export_name, *export_bitmap; /* pull */
    struct vr_storage_source *store; /* push: where the copy goes; pull: scratch space */
};
struct vr_backup_server {
    enum vr_host_transport transport;
    enum vr_tri tls;
    const char *name;
    struct vr_ouint port;
    const char *socket;
};
struct vr_backup_def {
    struct vr_arena *arena;
    enum vr_backup_mode mode;
    const char *incremental;
    struct vr_backup_server *server; /* pull */
    VR_LIST(struct vr_backup_disk) disks;
};
VR_DOCUMENT(vr_backup_def);
