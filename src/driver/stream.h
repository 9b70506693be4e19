/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The driver's end of a stream. A driver function whose procedure opens a stream attaches one end before it returns
 * true; from then on the daemon moves the bytes with back-pressure in both directions.
 */
#include <stdbool.h>
#include "base/error.h"

struct vr_stream;

enum vr_stream_end_reason { VR_STREAM_FINISHED, VR_STREAM_ABORTED, VR_STREAM_SOURCE_EOF, VR_STREAM_CLIENT_GONE, VR_STREAM_REPLACED };

/**
 * vr_stream_attach_fd - move bytes between the client and a nonblocking descriptor (pty, socket, pipe), both ways
 * @fd:   owned by the stream from now on
 * @done: called once on the loop when the stream is over, or NULL
 */
bool vr_stream_attach_fd(struct vr_stream *stream, int fd, void (*done)(enum vr_stream_end_reason why, void *opaque),
                         void *opaque, struct vr_error **err);

/**
 * vr_stream_attach_file - move bytes from or to a file whose I/O may block, through the storage workers
 * @sparse: holes travel as holes
 * @length: at most so many bytes from `offset`; 0 = to the end
 */
bool vr_stream_attach_file(struct vr_stream *stream, int fd, bool sparse, unsigned long long offset,
                           unsigned long long length, void (*done)(enum vr_stream_end_reason why, void *opaque),
                           void *opaque, struct vr_error **err);

/** Ends the stream from the driver's side with an error to the client (console taken over by another client). */
void vr_stream_abort(struct vr_stream *stream, enum vr_stream_end_reason why, const char *message);
