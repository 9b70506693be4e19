/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <pool>: a storage pool, where its volumes come from and where they are. */
#include "model/document.h"
#include "model/permissions.h"
#include "model/storage_source.h"

#define VR_POOL_TYPES(X, P)                                                                        \
    X(P, DIR, "dir") X(P, FS, "fs") X(P, NETFS, "netfs") X(P, LOGICAL, "logical") X(P, DISK, "disk") \
    X(P, ISCSI, "iscsi") X(P, ISCSI_DIRECT, "iscsi-direct") X(P, SCSI, "scsi") X(P, MPATH, "mpath") \
    X(P, RBD, "rbd") X(P, SHEEPDOG, "sheepdog") X(P, GLUSTER, "gluster") X(P, ZFS, "zfs") X(P, VSTORAGE, "vstorage")
VR_ENUM(vr_pool_type, VR_POOL, VR_POOL_TYPES);

#define VR_POOL_ADAPTERS(X, P) X(P, SCSI_HOST, "scsi_host") X(P, FC_HOST, "fc_host")
VR_ENUM(vr_pool_adapter_type, VR_POOL_ADAPTER, VR_POOL_ADAPTERS);

#define VR_POOL_AUTHS(X, P) X(P, NONE, "none") X(P, CHAP, "chap") X(P, CEPH, "ceph")
VR_ENUM(vr_pool_auth_type, VR_POOL_AUTH, VR_POOL_AUTHS);

#define VR_POOL_REFRESH_ALLOCATIONS(X, P) X(P, DEFAULT, "default") X(P, CAPACITY, "capacity")
VR_ENUM(vr_pool_refresh_allocation, VR_POOL_REFRESH, VR_POOL_REFRESH_ALLOCATIONS);

struct vr_pool_host {
    const char *name;
    struct vr_oint port; /* not set: the protocol's own */
};

struct vr_pool_extent {
    uint64_t start, end;
};
struct vr_pool_device {
    const char *path;
    enum vr_tri part_separator;
    VR_LIST(struct vr_pool_extent) free_extents; /* disk pools; written only */
};

struct vr_pool_adapter {
    enum vr_pool_adapter_type type;
    const char *name; /* scsi_host */
    bool has_parent;
    struct vr_oint unique_id;
    bool has_address;
    struct vr_pci_address address;
    const char *parent, *parent_wwnn, *parent_wwpn, *parent_fabric_wwn, *wwnn, *wwpn; /* fc_host */
    enum vr_tri managed;
};

struct vr_pool_auth {
    enum vr_pool_auth_type type;
    const char *username;
    struct vr_secret_ref *secret;
};

struct vr_pool_source {
    VR_LIST(struct vr_pool_host) hosts;
    VR_LIST(struct vr_pool_device) devices;
    const char *dir;
    struct vr_pool_adapter *adapter;
    const char *name;      /* volume group, ceph pool, gluster volume, ... */
    const char *initiator; /* iqn */
    const char *format;    /* one of the type's, see vr_pool_formats; NULL for types without any */
    struct vr_pool_auth *auth;
    const char *vendor, *product;
    const char *protocol_version; /* NFS */
};

struct vr_pool_option {
    const char *name, *value; /* value: only of rbd */
};

struct vr_pool_def {
    struct vr_arena *arena;
    enum vr_pool_type type;
    const char *name;
    bool has_uuid;
    struct vr_uuid uuid;
    uint64_t capacity, allocation, available; /* bytes, of the living pool; never read */
    enum vr_tri cow;
    struct vr_pool_source source;
    const char *target; /* path */
    struct vr_permissions perms;
    enum vr_pool_refresh_allocation refresh;
    VR_LIST(struct vr_pool_option) mount_options;  /* fs, netfs: xmlns:fs */
    VR_LIST(struct vr_pool_option) config_options; /* rbd: xmlns:rbd */
};
VR_DOCUMENT(vr_pool_def);

/** Names a pool of this type may write in <source><format type=>, the default first; NULL for types without any. */
const char *const *vr_pool_formats(enum vr_pool_type type);
/** Names a volume in such a pool may write in <target><format type=>, the default first; NULL for types without any. */
const char *const *vr_pool_volume_formats(enum vr_pool_type type);
/** A <source> document, as pool source discovery is given it. Only the source of the result is filled. */
struct vr_pool_def *vr_pool_source_parse(enum vr_pool_type type, const char *xml, size_t len, struct vr_error **err);
/** <source> of a pool, as pool source discovery answers it: written at the indent of @f. */
void vr_pool_source_format(struct vr_format *f, const struct vr_pool_def *def);
