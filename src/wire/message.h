/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Packets: a length word, a header of six words, a payload. This file turns bytes into packets and back; what the
 * payload means is xdr.h's. No sockets here: whoever owns one feeds bytes and descriptors in and takes bytes out.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "api/api.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#define VR_PACKET_PREFIX 28 /* length word and header */

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/** One whole packet. The payload is borrowed from the reader until vr_packet_done. */
struct vr_packet {
    /*
     * As it came. Stock answers a call whose status is not OK with "Unexpected message status %d" (VIR_ERR_RPC), and
     * passes over types a client does not send (reply, message, unknown numbers) without ending the connection.
     */
    struct vr_message_header header;
    const unsigned char *payload; /* without the descriptor count */
    size_t payload_len;
    int fds[VIR_NET_MESSAGE_NUM_FDS_MAX]; /* set to -1 what you take; vr_packet_done closes the rest */
    size_t fd_count;
};

/** Collects bytes until packets are whole. vr_packet_reader_init, vr_packet_reader_done. */
struct vr_packet_reader {
    struct vr_buf in;
    size_t start;       /* of the current packet in `in` */
    size_t limit;       /* longest packet accepted, length word included */
    bool fds_allowed;   /* UNIX sockets */
    int fds[VIR_NET_MESSAGE_NUM_FDS_MAX]; /* arrived, not yet given to a packet */
    size_t fd_count;
    bool broken;
};

/**
 * vr_packet_reader_init - @fds_allowed: descriptors may come (UNIX socket); else a packet that announces some is fatal
 *
 * `limit` starts at what the protocol allows; a server lowers it for peers that have not authenticated yet.
 */
void vr_packet_reader_init(struct vr_packet_reader *r, bool fds_allowed);
/** Frees the bytes and closes descriptors nobody took. */
void vr_packet_reader_done(struct vr_packet_reader *r);

/**
 * Room for at least 4 KiB more bytes to be received straight into, more when a long packet is under way; *room tells
 * how much. Memory grows with what arrived, never with what a length word claims.
 */
void *vr_packet_room(struct vr_packet_reader *r, size_t *room);
/** That many of them were received. */
void vr_packet_received(struct vr_packet_reader *r, size_t len);
/** Bytes from elsewhere (a filter). */
void vr_packet_feed(struct vr_packet_reader *r, const void *bytes, size_t len);
/** A descriptor that came beside the bytes. The reader owns it, also after a failure (more than can be asked for). */
bool vr_packet_feed_fd(struct vr_packet_reader *r, int fd, struct vr_error **err);

enum vr_packet_state {
    VR_PACKET_READY,
    VR_PACKET_MORE,  /* not all there yet */
    VR_PACKET_FATAL, /* *err says why; the connection cannot go on */
};
/**
 * vr_packet_next - the next whole packet
 *
 * Fatal: a length out of range or too short for a header, a descriptor count out of range. Everything else is the
 * caller's to answer with an error reply.
 */
enum vr_packet_state vr_packet_next(struct vr_packet_reader *r, struct vr_packet *packet, struct vr_error **err);
/** The packet was handled: its payload is gone, its descriptors that were not taken are closed. */
void vr_packet_done(struct vr_packet_reader *r, struct vr_packet *packet);

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/**
 * vr_message_begin - start a packet in a buffer; payload is appended by the caller, vr_message_end writes the length
 * Returns where the packet starts, for vr_message_end.
 */
size_t vr_message_begin(struct vr_buf *out, const struct vr_message_header *header);
/** Reports VIR_ERR_RPC and takes the packet back when it became longer than the protocol allows. */
bool vr_message_end(struct vr_buf *out, size_t start, struct vr_error **err);

/** A call; @fd_count descriptors follow on the socket when not 0. */
bool vr_message_call(struct vr_buf *out, const struct vr_api_call *call, uint32_t serial, const void *args,
                     size_t fd_count, struct vr_error **err);
/** The answer to a call whose header is @asked. */
bool vr_message_reply(struct vr_buf *out, const struct vr_message_header *asked, const struct vr_struct *type,
                      const void *ret, size_t fd_count, struct vr_error **err);
/** The answer "it failed" to @asked; @error NULL says that nobody said why. Never fails: what is too long is cut. */
void vr_message_error_reply(struct vr_buf *out, const struct vr_message_header *asked, const struct vr_error *error);
/** An event. @type and @msg: call->msg, or the legacy twin's. */
bool vr_message_event(struct vr_buf *out, const struct vr_api_call *event, const void *msg, struct vr_error **err);
/** Ping (VR_PROC_KEEPALIVE_PING) or pong. */
void vr_message_keepalive(struct vr_buf *out, uint32_t procedure);

/* Streams: packets copy program, version, procedure and serial of the call that opened the stream (@asked). */
#define VR_STREAM_DATA_MAX VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX /* old peers take no more in one packet */
/** Bytes of the stream, at most VR_STREAM_DATA_MAX; none at all is the end of data. */
void vr_message_stream_data(struct vr_buf *out, const struct vr_message_header *asked, const void *data, size_t len);
/** VIR_NET_OK: finish, or the confirmation of finish or abort. VIR_NET_ERROR: a client's abort. Both empty. */
void vr_message_stream_end(struct vr_buf *out, const struct vr_message_header *asked, enum vr_message_status status);
/** The server's side failed. */
void vr_message_stream_error(struct vr_buf *out, const struct vr_message_header *asked, const struct vr_error *error);
void vr_message_stream_hole(struct vr_buf *out, const struct vr_message_header *asked, int64_t length, uint32_t flags);
/** Reads a hole; refuses negative lengths and flags, of which there are none. */
bool vr_message_stream_hole_decode(const struct vr_packet *packet, int64_t *length, struct vr_error **err);

/* ---- errors as payload ------------------------------------------------------------------------------------------- */

/** Reads the payload of a packet with status ERROR. NULL with @err set when it is malformed. */
struct vr_error *vr_message_error_decode(const struct vr_packet *packet, struct vr_error **err);
