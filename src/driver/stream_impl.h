/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the files of a stream's implementation share. */
#include "stream_port.h"

enum inbound_kind { INBOUND_DATA, INBOUND_HOLE, INBOUND_FINISH };

struct inbound {
    struct inbound *next;
    enum inbound_kind kind;
    int64_t hole;
    size_t len;
    unsigned char bytes[];
};

struct vr_stream {
    struct vr_stream_port port;
    struct vr_group *group;
    bool client_sends;
    bool sparse;
    int refs;               /* the port's until it is over, and one per fiber */
    bool attached, started, over;
    enum vr_stream_end_reason why;
    void (*done)(enum vr_stream_end_reason why, void *opaque);
    void *done_opaque;

    int fd;
    struct vr_watch *watch; /* NULL: a file, moved by workers */
    unsigned long long offset, left; /* files: where, and how much may still be moved */
    bool bounded;           /* `left` counts */
    bool hangup;            /* the source ended: writes to it are of no use */

    struct inbound *first, *last;
    struct vr_cond arrived; /* something was pushed, or the stream is over */
    struct vr_cond room;    /* sent, or over */
};

#define STREAM_STEP VR_SEC(3600) /* waits go on as long as the stream; each step has an end */

void stream_ref(struct vr_stream *s);
void stream_unref(struct vr_stream *s);
/** Ends the stream; tells the port when `tell`. */
void stream_end(struct vr_stream *s, enum vr_stream_end_reason why);
/** Ends it with an error to the client. Takes over *err. */
void stream_fail(struct vr_stream *s, struct vr_error **err);
/** Waits until the last packet left; false when the stream is over. */
VR_SUSPENDS bool stream_wait_room(struct vr_stream *s);
/** The next pushed packet; NULL when the stream is over. It stays first in the queue until stream_took. */
VR_SUSPENDS struct inbound *stream_next(struct vr_stream *s);
void stream_took(struct vr_stream *s);
/** The client's finish was reached: everything before it is written. */
void stream_finished(struct vr_stream *s);

/** Moves a file; runs on the stream's fiber. */
VR_SUSPENDS void stream_read_file(struct vr_stream *s);
VR_SUSPENDS void stream_write_file(struct vr_stream *s);
