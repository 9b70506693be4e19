/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What a driver function sees of a call. Remote or local, it is the same: the argument struct of api/, and this.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"

/** Who calls. Made when the connection is accepted, completed by authentication, then constant; counted. */
struct vr_identity {
    int refs;
    uid_t uid;              /* (uid_t)-1: unknown (TCP) */
    gid_t gid;
    pid_t pid;              /* 0: unknown */
    uint64_t pid_start;     /* field 22 of /proc/PID/stat, so that a recycled pid is noticed */
    gid_t *groups;          /* supplementary groups of the peer (SO_PEERGROUPS) */
    size_t group_count;
    char *selinux;          /* security label of the peer, or NULL */
    char *sasl_user;
    char *x509_dname;
    bool local;             /* UNIX socket */
    bool readonly_socket;
};
struct vr_identity *vr_identity_ref(struct vr_identity *id);
void vr_identity_unref(struct vr_identity *id);

struct vr_api_call;   /* generated description of the procedure */
struct vr_conn;       /* the connection as drivers see it, below */
struct vr_stream;
struct vr_daemon_context;
struct vr_group;
struct vr_dirs;

/** One call in progress; lives on the serving fiber's stack until the reply is queued. */
struct vr_call {
    struct vr_conn *conn;
    const struct vr_identity *identity;
    const struct vr_api_call *api;
    struct vr_arena *arena;     /* results are made here; freed after the reply was encoded */
    vr_time received;
    bool readonly;              /* the connection is read-only (socket or flag) */
    uint32_t serial;

    int *fds;                   /* descriptors that came with the call: the driver takes one by setting it to -1 */
    size_t fd_count;
    int fds_out[32];            /* descriptors that go with the reply: closed after sending */
    size_t fd_out_count;

    struct vr_stream *stream;   /* for procedures that open one; the driver attaches its end, see stream.h */
    uint32_t flags;             /* the `flags` argument when the procedure has one, already checked */
};

/** A client connection as drivers see it. */
struct vr_conn {
    const struct vr_identity *identity;
    bool readonly;
    char *uri;                  /* as opened, e.g. "qemu:///system" */
    const struct vr_driver *driver;     /* the hypervisor driver chosen by the URI's scheme */
    struct vr_group *group;     /* fibers that end with the connection */
    uint64_t id;
    /* Run once when the connection closes (autodestroy, console hang-up). */
    struct vr_close_hook *close_hooks;
};
/** `fn(opaque)` runs on a fiber after the connection closed. `key` (any pointer) serves removal. */
void vr_conn_on_close(struct vr_conn *conn, const void *key, void (*fn)(void *opaque), void *opaque);
void vr_conn_off_close(struct vr_conn *conn, const void *key);

/* ---- drivers ----------------------------------------------------------------------------------------------------- */

/**
 * A driver function. `in` and `out` are the generated structs of the procedure (`struct vr_domain_suspend_args`); a
 * void side is `struct vr_void`. May suspend. Strings and arrays in *out live in call->arena or longer.
 */
typedef bool (*vr_call_fn)(struct vr_call *call, const void *in, void *out, struct vr_error **err);

/**
 * vr_fail_flags - refuse flags; INVALID_ARG in the form that has no sentence before it
 * @strange:  the bits that are not understood
 * @function: stock's name of the function that looks at them
 */
bool vr_fail_flags(struct vr_error **err, int domain, uint64_t strange, const char *function);

/** One procedure a driver answers. Made with VR_ROW (api/rows.h), which checks the function's type. */
struct vr_driver_row {
    const struct vr_api_call *api;
    vr_call_fn fn;
    uint32_t flags;             /* flag bits the function understands; the dispatch refuses the rest with INVALID_ARG */
};

/** Which objects a driver is for: the dispatch picks the driver by the procedure's object. */
enum vr_driver_kind {
    VR_DRIVER_HYPERVISOR, /* connect, domain, snapshot, checkpoint; chosen by the URI's scheme */
    VR_DRIVER_NETWORK,
    VR_DRIVER_INTERFACE,
    VR_DRIVER_STORAGE,
    VR_DRIVER_NODEDEV,
    VR_DRIVER_SECRET,
    VR_DRIVER_NWFILTER,
    VR_DRIVER_KINDS
};

struct vr_driver {
    const char *name;           /* "QEMU": what virConnectGetType answers */
    enum vr_driver_kind kind;
    const char *const *schemes; /* URI schemes, NULL-terminated; NULL: it cannot be opened for itself */
    const struct vr_driver_row *const *rows; /* NULL-terminated list of row tables, each ended by {0} */
    int feature_error_domain;   /* VIR_FROM_QEMU */

    /** At daemon start, before listening, no fiber: loads what is needed to answer; must be quick. */
    bool (*start)(const struct vr_daemon_context *ctx, struct vr_error **err);
    /** On a fiber after listening began: finds running guests again, autostarts. */
    VR_SUSPENDS void (*resume)(void);
    /** SIGHUP, on a fiber. */
    VR_SUSPENDS void (*reload)(void);
    /** Daemon exit, on a fiber; guests keep running. */
    VR_SUSPENDS void (*stop)(void);
    /** The driver accepts this URI (path, parameters) for this identity; false with the error stock gives. */
    bool (*open)(struct vr_conn *conn, const char *path, struct vr_error **err);
    /** Number of active objects (running guests): keeps --timeout from firing. */
    size_t (*active)(void);
};

/** What a driver gets from the daemon at start. */
struct vr_daemon_context {
    const struct vr_dirs *dirs;
    bool privileged;
    bool session;
    const char *program;        /* "libvirtd" */
};

/* ---- who may see what -------------------------------------------------------------------------------------------- */

/** Every list, count and event passes this one question. object: "domain"; permission: "getattr"; name/uuid may be NULL. */
bool vr_visible(const struct vr_identity *id, const char *object, const char *permission, const char *name,
                const unsigned char *uuid);
