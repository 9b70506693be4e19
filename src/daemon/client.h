/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A client: a reader fiber while there is something to read, a fiber per call that may wait, and a queue of packets to
 * send with a writer fiber while the socket is full. One that says nothing has no fiber, no buffer and no timer but for
 * keepalive. Inside src/daemon only.
 */
#include <sys/socket.h>
#include "driver/hub.h"
#include "driver/stream_port.h"
#include "server.h"
#include "wire/message.h"

struct vr_client_stream;

/** A packet on its way out. */
struct vr_outgoing {
    struct vr_outgoing *next;
    struct vr_buf bytes;
    size_t sent;
    int fds[VIR_NET_MESSAGE_NUM_FDS_MAX];
    size_t fd_count, fd_sent;
    bool answers_call;               /* a request slot is free once it left */
    bool is_event;
    struct vr_client_stream *stream; /* data of a stream that waits for it to leave */
};

struct vr_client {
    struct vr_conn conn;             /* first: drivers' calls lead back here */
    struct vr_client *prev, *next;
    struct vr_server *server;
    struct vr_identity *identity;
    struct vr_service service;
    const struct vr_driver_entry *hypervisor; /* set while the connection is open */
    int fd;
    bool is_unix;
    struct vr_watch *watch;
    struct vr_packet_reader reader;
    vr_time connected;               /* wall clock */
    vr_time auth_deadline;
    bool reading;                    /* the reader fiber exists */
    bool starved;                    /* there was no fiber for it */
    struct vr_timer *timer;          /* keepalive, time to authenticate; NULL: never needed yet */

    bool authenticated;
    bool opened;
    bool dead;                       /* the socket is of no use any more */
    bool close_when_sent;

    unsigned requests;               /* calls and stream packets not yet dealt with */
    struct vr_cond slot;             /* a request was dealt with */
    struct vr_group *changes;        /* calls that run to their end when the client goes; conn.group: the others */

    struct vr_outgoing *out_first, *out_last;
    size_t event_bytes;              /* of the queue */
    bool writing;                    /* the writer fiber exists */
    struct vr_cond written;          /* the writer ended */

    struct vr_subscriber subscriber;
    struct vr_client_stream *streams;

    bool keepalive;                  /* the server pings */
    vr_time heard;                   /* when the last packet came */
    unsigned pings_left;
    vr_time tick;                    /* when to look at keepalive next */
};

static inline struct vr_client *vr_client_of(const struct vr_conn *conn)
{
    return (struct vr_client *)conn;
}

/** Marks it for closing; a fiber does the rest. Never suspends. */
void vr_client_close(struct vr_client *client, const char *why);
/** The server starts to ping, if it is configured to. */
void vr_client_start_keepalive(struct vr_client *client);
/** A request slot is free. */
void vr_client_request_done(struct vr_client *client);

/* ---- sending (send.c): none of these suspend ---- */

struct vr_send {
    const int *fds;                  /* owned by the packet from now on */
    size_t fd_count;
    bool answers_call, is_event;
    struct vr_client_stream *stream;
};
/** Sends or queues a whole packet; takes the bytes out of @packet. */
void vr_client_send(struct vr_client *client, struct vr_buf *packet, const struct vr_send *how);
/** Drops what is queued. */
void vr_client_drop_queue(struct vr_client *client);

/* ---- dispatch ---- */

/** Deals with one packet, on the client's reader. What may wait goes on in a fiber of its own. */
VR_SUSPENDS void vr_dispatch(struct vr_client *client, struct vr_packet *packet);
/** Sends an error reply to a call; logs it. Frees @err. */
void vr_reply_error(struct vr_client *client, const struct vr_message_header *asked, const struct vr_api_call *api,
                    struct vr_error *err);
/** The daemon's own procedures. */
extern const struct vr_driver_row vr_builtin_rows[];
extern const struct vr_api_program *const vr_server_programs[];

/* ---- streams of a client (client_stream.c) ---- */

struct vr_client_stream *vr_client_stream_new(struct vr_client *client, const struct vr_message_header *asked,
                                              const struct vr_api_call *api, bool sparse);
struct vr_stream *vr_client_stream_end(struct vr_client_stream *cs);
/** A STREAM or STREAM_HOLE packet. */
void vr_client_stream_packet(struct vr_client *client, struct vr_packet *packet);
/** A data packet of it left the socket. */
void vr_client_stream_sent(struct vr_client_stream *cs);
void vr_client_streams_gone(struct vr_client *client);

/* ---- events of a client (subscribe.c) ---- */

void vr_client_deliver(struct vr_subscriber *subscriber, const struct vr_api_call *event, const void *message);
