/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "model/storage_source.h"

#define VR_DISK_DEVICES(X, P) X(P, DISK, "disk") X(P, CDROM, "cdrom") X(P, FLOPPY, "floppy") X(P, LUN, "lun")
VR_ENUM(vr_disk_device, VR_DISK, VR_DISK_DEVICES);

#define VR_DISK_BUSES(X, P)                                                                        \
    X(P, IDE, "ide") X(P, FDC, "fdc") X(P, SCSI, "scsi") X(P, VIRTIO, "virtio") X(P, XEN, "xen")   \
    X(P, USB, "usb") X(P, UML, "uml") X(P, SATA, "sata") X(P, SD, "sd")
VR_ENUM(vr_disk_bus, VR_DISK_BUS, VR_DISK_BUSES);

#define VR_DISK_CACHES(X, P)                                                                       \
    X(P, NONE, "none") X(P, WRITETHROUGH, "writethrough") X(P, WRITEBACK, "writeback")             \
    X(P, DIRECTSYNC, "directsync") X(P, UNSAFE, "unsafe")
VR_ENUM(vr_disk_cache, VR_CACHE, VR_DISK_CACHES);

#define VR_ERROR_POLICIES(X, P) X(P, STOP, "stop") X(P, REPORT, "report") X(P, IGNORE, "ignore") X(P, ENOSPACE, "enospace")
VR_ENUM(vr_error_policy, VR_POLICY, VR_ERROR_POLICIES);

#define VR_DISK_IOS(X, P) X(P, NATIVE, "native") X(P, THREADS, "threads") X(P, IO_URING, "io_uring")
VR_ENUM(vr_disk_io, VR_IO, VR_DISK_IOS);

#define VR_DISCARDS(X, P) X(P, UNMAP, "unmap") X(P, IGNORE, "ignore")
VR_ENUM(vr_discard, VR_DISCARD, VR_DISCARDS);

#define VR_DETECT_ZEROES(X, P) X(P, OFF, "off") X(P, ON, "on") X(P, UNMAP, "unmap")
VR_ENUM(vr_detect_zeroes, VR_ZEROES, VR_DETECT_ZEROES);

#define VR_DISK_MODELS(X, P) X(P, VIRTIO, "virtio") X(P, TRANSITIONAL, "virtio-transitional") X(P, NON_TRANSITIONAL, "virtio-non-transitional")
VR_ENUM(vr_virtio_model, VR_VIRTIO_MODEL, VR_DISK_MODELS);

#define VR_GEOMETRY_TRANS(X, P) X(P, NONE, "none") X(P, AUTO, "auto") X(P, LBA, "lba")
VR_ENUM(vr_geometry_trans, VR_TRANS, VR_GEOMETRY_TRANS);

#define VR_TRAYS(X, P) X(P, CLOSED, "closed") X(P, OPEN, "open")
VR_ENUM(vr_tray, VR_TRAY, VR_TRAYS);

#define VR_SNAPSHOT_MODES(X, P) X(P, NO, "no") X(P, INTERNAL, "internal") X(P, EXTERNAL, "external") X(P, MANUAL, "manual")
VR_ENUM(vr_snapshot_mode, VR_SNAPSHOT_MODE, VR_SNAPSHOT_MODES);

/** <iotune>: 0 = not said. */
struct vr_iotune {
    uint64_t total_bytes_sec, read_bytes_sec, write_bytes_sec, total_iops_sec, read_iops_sec, write_iops_sec;
    uint64_t total_bytes_sec_max, read_bytes_sec_max, write_bytes_sec_max, total_iops_sec_max, read_iops_sec_max,
        write_iops_sec_max;
    uint64_t size_iops_sec;
    const char *group_name;
    uint64_t total_bytes_sec_max_length, read_bytes_sec_max_length, write_bytes_sec_max_length,
        total_iops_sec_max_length, read_iops_sec_max_length, write_iops_sec_max_length;
};

/** <mirror>, live documents only. */
struct vr_mirror {
    const char *job;   /* "copy", "active-commit" */
    const char *ready; /* "yes", "pivot", "abort" */
    enum vr_storage_format format;
    struct vr_storage_source *source;
};

struct vr_disk {
    struct vr_arena *arena; /* the device's own; freeing it unplugs the struct */
    const char *qom_name;           /* live: QEMU's name of the device whose counters are the disk's */
    enum vr_disk_device device;
    enum vr_disk_bus bus;           /* <target bus=> */
    const char *target;             /* <target dev=> */
    enum vr_tray tray;
    enum vr_tri removable;
    struct vr_ouint rotation_rate;
    enum vr_virtio_model model;
    bool rawio_set;
    enum vr_tri rawio;
    const char *sgio;               /* "filtered", "unfiltered" */
    enum vr_snapshot_mode snapshot;

    struct vr_storage_source *src;  /* never NULL after parsing; path NULL = empty drive */

    const char *driver_name;        /* <driver name=>, "qemu" */
    enum vr_disk_cache cache;
    enum vr_error_policy error_policy, rerror_policy;
    enum vr_disk_io io;
    enum vr_tri ioeventfd, event_idx, copy_on_read, discard_no_unref;
    enum vr_discard discard;
    struct vr_ouint iothread;
    enum vr_detect_zeroes detect_zeroes;
    unsigned queues, queue_size;
    struct vr_virtio_options virtio;

    struct vr_encryption *encryption; /* <encryption> written outside <source>; where it is printed follows */
    struct vr_storage_auth *auth;     /* likewise */
    struct {
        unsigned cyls, heads, secs;
        enum vr_geometry_trans trans;
    } geometry;
    struct {
        unsigned logical, physical, discard_granularity;
    } blockio;
    struct vr_iotune iotune;
    struct vr_mirror *mirror;
    bool readonly, shareable;
    enum vr_tri transient, transient_share_backing; /* <transient shareBacking='yes'/> */
    const char *serial, *wwn, *vendor, *product;
    struct vr_device_info info;
};

/** The number in a target's name: "sda" is 0, "sdaa3" 26; -1 for a name without a known prefix. */
int vr_disk_target_index(const char *name);
