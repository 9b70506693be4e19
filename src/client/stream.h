/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "handle.h"
#include "remote.h"

struct _virStream {
    struct vr_handle h;
    struct vr_stream_end end;
    bool nonblocking;
    pthread_mutex_t lock; /* of the callback's part */
    int timer, wanted;    /* timer: -1 without a callback */
    bool dispatching;
    virStreamEventCallback cb;
    void *opaque;
    virFreeCallback ff;
};

size_t vr_stream_size(void);
/** The last reference is gone: aborts what is still open. */
void vr_stream_done(virStreamPtr st);
