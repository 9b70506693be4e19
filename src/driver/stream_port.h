/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The daemon's side of a stream: packets from the client go in here, packets for it come out through the port. What
 * a driver sees is stream.h.
 *
 * A stream ends once: by the client's finish or abort, by a failure, by the driver, or with the connection. It is
 * then told so through `over`, and takes nothing more; its memory goes when its fibers have ended.
 */
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "driver/stream.h"
#include "loop/loop.h"

#define VR_STREAM_CHUNK 262120 /* bytes in one packet at most: old peers take no more */

struct vr_stream_port {
    void *opaque;
    /** Queue a data packet for the client; none of these suspends. Length 0: the end of data. */
    void (*data)(void *opaque, const void *bytes, size_t len);
    void (*hole)(void *opaque, int64_t length);
    /** Confirms finish or abort. */
    void (*confirm)(void *opaque);
    void (*error)(void *opaque, const struct vr_error *error);
    /** Something queued by `data` or `hole` has not left the socket; vr_stream_sent is called when it has. */
    bool (*busy)(void *opaque);
    /** One packet that was pushed has been dealt with, in order or by the stream's end. */
    void (*took)(void *opaque);
    /** The stream is over: no more packets to it. Called once, maybe from inside a push. */
    void (*over)(void *opaque);
};

/**
 * vr_stream_new - a stream that no driver has attached to yet
 * @group:     its fibers go there; closing the group must not come before vr_stream_client_gone
 * @client_sends: direction of a file: the client writes it
 * @sparse:    the opening call allowed holes
 */
struct vr_stream *vr_stream_new(const struct vr_stream_port *port, struct vr_group *group, bool client_sends,
                                bool sparse);
/** True when the driver attached an end. */
bool vr_stream_attached(const struct vr_stream *stream);
/** The reply that opens the stream was queued: bytes may flow. False: it could not start; it is over. */
bool vr_stream_start(struct vr_stream *stream, struct vr_error **err);
/** The call that should have opened it failed: tells nobody but `done` of a driver that attached all the same. */
void vr_stream_discard(struct vr_stream *stream);

/* From the client. Each push is answered by one `took`. */
void vr_stream_push_data(struct vr_stream *stream, const void *bytes, size_t len);
void vr_stream_push_hole(struct vr_stream *stream, int64_t length);
void vr_stream_push_finish(struct vr_stream *stream);
/** At once: what was pushed before and not yet written is dropped. */
void vr_stream_push_abort(struct vr_stream *stream);
/** Room in the socket again. */
void vr_stream_sent(struct vr_stream *stream);
/** The connection is gone. */
void vr_stream_client_gone(struct vr_stream *stream);
