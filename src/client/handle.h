/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What the application's pointers point to: reference-counted names of objects that live in the daemon. All kinds share
 * one layout, so that look-up, counting and checking are written once; which member means what stands beside the kind.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "api/api.h"
#include "api/public.h"
#include "base/error.h"

enum vr_handle_kind {
    VR_HANDLE_DOMAIN,     /* name, uuid, id */
    VR_HANDLE_NETWORK,    /* name, uuid */
    VR_HANDLE_PORT,       /* uuid; parent: the network */
    VR_HANDLE_POOL,       /* name, uuid */
    VR_HANDLE_VOL,        /* name; second: pool; third: key */
    VR_HANDLE_NODEDEV,    /* name; second: parent's name once it was asked for */
    VR_HANDLE_SECRET,     /* uuid, id: usage type, name: usage id */
    VR_HANDLE_NWFILTER,   /* name, uuid */
    VR_HANDLE_BINDING,    /* name: port; second: filter */
    VR_HANDLE_INTERFACE,  /* name; second: MAC address */
    VR_HANDLE_SNAPSHOT,   /* name; parent: the domain */
    VR_HANDLE_CHECKPOINT, /* name; parent: the domain */
    VR_HANDLE_STREAM,
    VR_HANDLE_SERVER,     /* name */
    VR_HANDLE_CLIENT,     /* number, timestamp, id: transport; parent: the server */
};

struct vr_handle {
    uint32_t magic;
    enum vr_handle_kind kind;
    atomic_int refs;
    virConnectPtr conn; /* a reference is held */
    struct vr_handle *parent; /* likewise */
    unsigned char uuid[16];
    char *name, *second, *third;
    atomic_int id;
    uint64_t number;
    int64_t timestamp;
};

struct _virDomain { struct vr_handle h; };
struct _virNetwork { struct vr_handle h; };
struct _virNetworkPort { struct vr_handle h; };
struct _virStoragePool { struct vr_handle h; };
struct _virStorageVol { struct vr_handle h; };
struct _virNodeDevice { struct vr_handle h; };
struct _virSecret { struct vr_handle h; };
struct _virNWFilter { struct vr_handle h; };
struct _virNWFilterBinding { struct vr_handle h; };
struct _virInterface { struct vr_handle h; };
struct _virDomainSnapshot { struct vr_handle h; };
struct _virDomainCheckpoint { struct vr_handle h; };
struct _virAdmServer { struct vr_handle h; };
struct _virAdmClient { struct vr_handle h; };

struct vr_remote;
struct vr_subscriptions;

#define VR_CONNECT_MAGIC 0x56434f4e
#define VR_ADMIN_MAGIC 0x5641444d
#define VR_HANDLE_MAGIC 0x56484e44

struct _virConnect {
    uint32_t magic;
    atomic_int refs;
    bool readonly;
    char *uri;            /* as the application sees it; never changes after opening */
    char *type;           /* virConnectGetType's answer, kept for its pointer */
    struct vr_remote *remote;
    pthread_mutex_t lock; /* of what follows */
    virError last;
    virErrorFunc handler;
    void *handler_data;
    struct vr_subscriptions *subscriptions; /* has a lock of its own */
    bool close_asked;     /* the server tells when its hypervisor connection dies */
    virConnectCloseFunc close_cb;
    void *close_opaque;
    virFreeCallback close_free;
};

struct _virAdmConnect { struct _virConnect c; };

/** A new handle with one reference; the connection's count goes up. */
struct vr_handle *vr_handle_new(enum vr_handle_kind kind, virConnectPtr conn);
struct vr_handle *vr_handle_ref(struct vr_handle *h);
/** Streams free what they have with `vr_stream_done` first. NULL is allowed. */
void vr_handle_unref(struct vr_handle *h);
/** The pointer is what it says it is; reports stock's error for this kind. @function stands in the text. */
bool vr_handle_check(const void *pointer, enum vr_handle_kind kind, const char *function, struct vr_error **err);
bool vr_connect_check(const void *pointer, uint32_t magic, int domain, const char *function,
                      struct vr_error **err);

virConnectPtr vr_connect_new(uint32_t magic);
virConnectPtr vr_connect_ref(virConnectPtr conn);
/** A reference if anyone still has one, for threads that only know of the connection. NULL otherwise. */
virConnectPtr vr_connect_try_ref(virConnectPtr conn);
/** True when that was the last reference. */
bool vr_connect_unref(virConnectPtr conn);
