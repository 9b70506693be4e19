/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* <source>, <backingStore>, <mirror>: where the bytes of a disk are, and the chain below. */
#include "model/common.h"

#define VR_STORAGE_TYPES(X, P)                                                                     \
    X(P, FILE, "file") X(P, BLOCK, "block") X(P, DIR, "dir") X(P, NETWORK, "network")              \
    X(P, VOLUME, "volume") X(P, NVME, "nvme") X(P, VHOST_USER, "vhostuser") X(P, VHOST_VDPA, "vhostvdpa")
VR_ENUM(vr_storage_type, VR_STORAGE, VR_STORAGE_TYPES);

#define VR_STORAGE_FORMATS(X, P)                                                                   \
    X(P, RAW, "raw") X(P, DIR, "dir") X(P, BOCHS, "bochs") X(P, CLOOP, "cloop") X(P, DMG, "dmg")   \
    X(P, ISO, "iso") X(P, VPC, "vpc") X(P, VDI, "vdi") X(P, FAT, "fat") X(P, VHD, "vhd")           \
    X(P, PLOOP, "ploop") X(P, COW, "cow") X(P, QCOW, "qcow") X(P, QCOW2, "qcow2") X(P, QED, "qed") \
    X(P, VMDK, "vmdk")
VR_ENUM(vr_storage_format, VR_FORMAT, VR_STORAGE_FORMATS);

#define VR_NET_PROTOCOLS(X, P)                                                                     \
    X(P, NBD, "nbd") X(P, RBD, "rbd") X(P, SHEEPDOG, "sheepdog") X(P, GLUSTER, "gluster")          \
    X(P, ISCSI, "iscsi") X(P, HTTP, "http") X(P, HTTPS, "https") X(P, FTP, "ftp") X(P, FTPS, "ftps") \
    X(P, TFTP, "tftp") X(P, SSH, "ssh") X(P, VXHS, "vxhs") X(P, NFS, "nfs")
VR_ENUM(vr_net_protocol, VR_PROTO, VR_NET_PROTOCOLS);

#define VR_HOST_TRANSPORTS(X, P) X(P, TCP, "tcp") X(P, UNIX, "unix") X(P, RDMA, "rdma")
VR_ENUM(vr_host_transport, VR_TRANSPORT, VR_HOST_TRANSPORTS);

struct vr_storage_host {
    const char *name;
    struct vr_ouint port;
    enum vr_host_transport transport;
    const char *socket;
};

/** <secret type= usage=|uuid=> */
struct vr_secret_ref {
    const char *type;
    bool has_uuid;
    struct vr_uuid uuid;
    const char *usage;
};

struct vr_storage_auth {
    const char *username;
    struct vr_secret_ref *secret;
};

#define VR_ENCRYPTION_FORMATS(X, P) X(P, DEFAULT, "default") X(P, QCOW, "qcow") X(P, LUKS, "luks") X(P, LUKS2, "luks2") X(P, LUKS_ANY, "luks-any")
VR_ENUM(vr_encryption_format, VR_ENCRYPTION, VR_ENCRYPTION_FORMATS);

struct vr_encryption {
    enum vr_encryption_format format;
    const char *engine; /* "qemu", "librbd" */
    VR_LIST(struct vr_secret_ref) secrets;
    const char *cipher_name, *cipher_mode, *cipher_hash;
    unsigned cipher_size;
    const char *ivgen_name, *ivgen_hash;
};

struct vr_cookie {
    const char *name, *value;
};

struct vr_reconnect {
    enum vr_tri enabled;
    unsigned timeout;
};

struct vr_reservations {
    enum vr_tri managed;
    const char *source_type, *path, *mode; /* <source type='unix' path= mode='client'> */
    struct vr_reconnect *reconnect;
};

struct vr_slice {
    const char *type;
    uint64_t offset, size;
};

struct vr_node_name {
    const char *type, *name; /* "storage", "format" */
};

struct vr_storage_source {
    enum vr_storage_type type;      /* from the parent's type= */
    unsigned id;                    /* <mirror>/<backingStore index=>; 0 = none */
    enum vr_storage_format format;  /* <format type=> of chain members; disk: <driver type=> */
    /** file=, dev=, dir=: the path, by type */
    const char *path;
    /* type network */
    enum vr_net_protocol protocol;
    const char *name, *query;
    enum vr_tri tls;
    const char *tls_hostname;
    VR_LIST(struct vr_storage_host) hosts;
    const char *snapshot, *config;  /* <snapshot name=>, <config file=> */
    const char *nfs_user, *nfs_group; /* <identity user= group=> */
    const char *initiator_iqn;
    struct vr_storage_auth *auth;
    VR_LIST(struct vr_cookie) cookies;
    enum vr_tri ssl_verify;
    struct vr_ou64 readahead;
    struct vr_ouint timeout;
    const char *ssh_known_hosts, *ssh_username, *ssh_keyfile, *ssh_agentsock;
    /* type volume */
    const char *pool, *volume, *mode;
    /* type nvme: namespace= managed= and <address> */
    uint64_t nvme_namespace;
    enum vr_tri managed;
    struct vr_pci_address nvme_address;
    /* type vhostuser */
    const char *vhost_type;         /* "unix" */
    const char *vhost_path;
    struct vr_reconnect *reconnect;
    const char *fdgroup;
    const char *startup_policy;
    struct vr_encryption *encryption;
    struct vr_reservations *reservations;
    struct vr_slice *slice;
    VR_LIST(struct vr_seclabel) seclabels;
    struct vr_ou64 metadata_cache_max; /* <format><metadata_cache><max_size> */
    /**
     * The image below: NULL = not said (detected at start); a source with type VR_STORAGE_UNSET = the chain ends here
     * (<backingStore/>).
     */
    struct vr_storage_source *backing;
    /* live only */
    bool detected;                  /* found by probing, not written by the user */
    bool below;                     /* a <backingStore>: its index stands there, not on its <source> */
    bool readonly;
    const char *fdset_path;         /* "/dev/fdset/0": QEMU opens the descriptors of its fdgroup there */
    const char *node_storage, *node_format; /* names in QEMU */
    VR_LIST(struct vr_node_name) node_names; /* the same, as the daemon's own record has them */
    const char *relpath;
};
