/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter.h"

void vr_filters_push(struct vr_filters *s, struct vr_filter *f)
{
    f->below = s->top;
    s->top = f;
}

void vr_filters_done(struct vr_filters *s)
{
    while (s->top) {
        struct vr_filter *f = s->top;
        s->top = f->below;
        vr_buf_done(&f->received);
        vr_buf_done(&f->sending);
        f->ops->free(f);
    }
}

bool vr_filters_ready(const struct vr_filters *s)
{
    for (const struct vr_filter *f = s->top; f; f = f->below)
        if (f->ops->ready && !f->ops->ready(f))
            return false;
    return true;
}

/* Lowest filter first. The stack is two or three deep. */
static bool receive(struct vr_filter *f, const void *bytes, size_t len, struct vr_buf *plain, struct vr_error **err)
{
    if (!f) {
        vr_buf_add(plain, bytes, len);
        return true;
    }
    return receive(f->below, bytes, len, &f->received, err) && f->ops->decode(f, &f->received, plain, err);
}

bool vr_filters_received(struct vr_filters *s, const void *bytes, size_t len, struct vr_buf *plain,
                         struct vr_error **err)
{
    return receive(s->top, bytes, len, plain, err);
}

bool vr_filters_send(struct vr_filters *s, const void *bytes, size_t len, struct vr_buf *wire, struct vr_error **err)
{
    if (!s->top) {
        vr_buf_add(wire, bytes, len);
        return true;
    }
    vr_buf_add(&s->top->sending, bytes, len);
    for (struct vr_filter *f = s->top; f; f = f->below)
        if (!f->ops->encode(f, &f->sending, f->below ? &f->below->sending : wire, err))
            return false;
    return true;
}
