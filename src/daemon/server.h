/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A server: listeners on one side, drivers on the other, clients in between. libvirtd has one for its clients; the
 * admin sockets get another with the same machinery.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "api/api.h"
#include "driver/call.h"
#include "loop/loop.h"

struct vr_client;
struct vr_listener;
struct vr_server;

struct vr_limits {
    unsigned max_clients;
    unsigned max_anonymous;       /* not yet authenticated */
    unsigned max_queued;          /* connections the kernel may hold until they are accepted */
    unsigned max_client_requests; /* calls a client may have unanswered before its socket is read no further */
    int keepalive_interval;       /* seconds; 0 or less: the server does not ping */
    unsigned keepalive_count;
};

/** What a connection gets by the listener it came through. */
struct vr_service {
    bool readonly;
    bool auth_needed;             /* clients must authenticate before anything else */
    bool owner_only;              /* who is not the daemon's own user is turned away */
};

/** A driver with its rows found by procedure number. */
struct vr_driver_entry {
    const struct vr_driver *driver;
    const struct vr_driver_row **rows[8]; /* by index in vr_api_programs, then procedure number - 1; NULL: none */
};

struct vr_server {
    const char *name;             /* "libvirtd" */
    struct vr_limits limits;
    const struct vr_api_program *const *programs; /* that it speaks, NULL-terminated */
    const struct vr_driver_row *builtin; /* what it answers itself, ended by {0} */
    const struct vr_driver_row **builtin_index[8];
    struct vr_driver_entry *drivers;
    size_t driver_count;
    struct vr_group *group;       /* readers, writers and listeners */
    struct vr_client *first, *last;
    size_t client_count, anonymous_count;
    size_t departed;              /* clients that went since memory was last given back */
    uint64_t next_client_id;
    struct vr_listener *listeners;
    struct vr_cond room;          /* a client went away */
    bool stopping;
    void (*on_change)(void *opaque); /* a client came or went; may be NULL */
    void *opaque;
};

/**
 * vr_server_init - @drivers is NULL-terminated and borrowed, as are @programs and @builtin
 * Reports INTERNAL_ERROR when a driver has two rows for one procedure, or one for a procedure that is none.
 */
bool vr_server_init(struct vr_server *server, const char *name, const struct vr_api_program *const *programs,
                    const struct vr_driver_row *builtin, const struct vr_driver *const *drivers,
                    struct vr_error **err);
/** After vr_server_stop. */
void vr_server_done(struct vr_server *server);

/** Starts to serve a connected, nonblocking socket. Owns @fd, also when it fails. */
bool vr_server_accept(struct vr_server *server, int fd, const struct vr_service *service, struct vr_error **err);
/**
 * A listener accepts no connection now: too many clients or fibers, or, where clients authenticate, too many that have
 * not yet. Those hold up nobody on a listener without authentication.
 */
bool vr_server_full(const struct vr_server *server, const struct vr_service *service);
/**
 * vr_server_stop - end all: no new connections, queries are cancelled, modifying calls end by themselves
 * @deadline: when to stop waiting for modifying calls; false when some were left
 */
VR_SUSPENDS bool vr_server_stop(struct vr_server *server, vr_time deadline);

/** The driver of a kind that is not chosen by URI, or NULL. */
const struct vr_driver_entry *vr_server_driver(const struct vr_server *server, enum vr_driver_kind kind);
/** The hypervisor driver of a URI scheme, or NULL; scheme NULL: the first. */
const struct vr_driver_entry *vr_server_hypervisor(const struct vr_server *server, const char *scheme);
/** The daemon's own row for a procedure, or NULL. */
const struct vr_driver_row *vr_server_builtin(const struct vr_server *server, const struct vr_api_call *api);
/** A driver's row for a procedure, or NULL. */
const struct vr_driver_row *vr_driver_entry_row(const struct vr_driver_entry *entry, const struct vr_api_call *api);

/* ---- listeners --------------------------------------------------------------------------------------------------- */

/**
 * vr_listen_unix - listen on a path
 * @mode:  permissions of the socket
 * @gid:   its group, (gid_t)-1: as it is
 *
 * A socket left behind by a process that is gone is replaced; one on which somebody listens is left alone: false with
 * SYSTEM_ERROR, int1 EADDRINUSE.
 */
bool vr_listen_unix(struct vr_server *server, const char *path, const struct vr_service *service, unsigned mode,
                    gid_t gid, struct vr_error **err);
/** Every address of @node (NULL: all of the machine) and port. */
bool vr_listen_tcp(struct vr_server *server, const char *node, const char *port, const struct vr_service *service,
                   struct vr_error **err);
/** A listening socket made by somebody else (socket activation); @path may be NULL. Owns @fd. */
bool vr_listen_fd(struct vr_server *server, int fd, const struct vr_service *service, struct vr_error **err);
/** Starts accepting on every listener. */
bool vr_listen_start(struct vr_server *server, struct vr_error **err);
/** Closes them; removes the sockets that were made here and are still ours. */
VR_SUSPENDS void vr_listen_stop(struct vr_server *server);
