/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One binary heap holds every deadline: a fiber's wait costs a push and a removal in memory, no system call. The
 * scheduler gives the earliest one to its single wait for events.
 */
#include <stdlib.h>
#include "base/alloc.h"
#include "internal.h"

static struct vr_heap_node **heap; /* heap[1..count] */
static size_t heap_count, heap_capacity;
static uint64_t heap_seq;

static bool earlier(const struct vr_heap_node *a, const struct vr_heap_node *b)
{
    return a->when != b->when ? a->when < b->when : a->seq < b->seq;
}

static void place(struct vr_heap_node *node, size_t index)
{
    heap[index] = node;
    node->index = index;
}

static void sift_up(struct vr_heap_node *node, size_t index)
{
    for (; index > 1 && earlier(node, heap[index / 2]); index /= 2)
        place(heap[index / 2], index);
    place(node, index);
}

static void sift_down(struct vr_heap_node *node, size_t index)
{
    for (;;) {
        size_t child = index * 2;
        if (child > heap_count)
            break;
        if (child < heap_count && earlier(heap[child + 1], heap[child]))
            child++;
        if (!earlier(heap[child], node))
            break;
        place(heap[child], index);
        index = child;
    }
    place(node, index);
}

static void settle(struct vr_heap_node *node, size_t index)
{
    if (index > 1 && earlier(node, heap[index / 2]))
        sift_up(node, index);
    else
        sift_down(node, index);
}

void vr_heap_set(struct vr_heap_node *node, vr_time when)
{
    node->when = when;
    node->seq = ++heap_seq;
    if (node->index) {
        settle(node, node->index);
        return;
    }
    VR_GROW(heap, heap_count + 1, heap_capacity);
    heap_count++;
    sift_up(node, heap_count);
}

void vr_heap_clear(struct vr_heap_node *node)
{
    size_t index = node->index;
    if (!index)
        return;
    node->index = 0;
    struct vr_heap_node *last = heap[heap_count--];
    if (last != node)
        settle(last, index);
}

vr_time vr_heap_next(void)
{
    return heap_count ? heap[1]->when : INT64_MAX;
}

void vr_heap_run(vr_time now)
{
    for (size_t budget = heap_count; budget && heap_count && heap[1]->when <= now; budget--) {
        struct vr_heap_node *node = heap[1];
        vr_heap_clear(node);
        node->fire(node); /* may free or re-arm it */
    }
}

void vr_heap_done(void)
{
    for (size_t i = 1; i <= heap_count; i++)
        heap[i]->index = 0;
    free(heap);
    heap = NULL;
    heap_count = heap_capacity = 0;
}

/* ---- timers without a fiber ---- */

struct vr_timer {
    struct vr_heap_node node;
    void (*fn)(void *opaque);
    void *opaque;
};

static void on_timer(struct vr_heap_node *node)
{
    struct vr_timer *timer = (struct vr_timer *)((char *)node - offsetof(struct vr_timer, node));
    timer->fn(timer->opaque); /* may free the timer */
}

struct vr_timer *vr_timer_new(void (*fn)(void *opaque), void *opaque)
{
    struct vr_timer *timer = vr_new(struct vr_timer);
    timer->node.fire = on_timer;
    timer->fn = fn;
    timer->opaque = opaque;
    return timer;
}

void vr_timer_set(struct vr_timer *timer, vr_time when)
{
    if (when)
        vr_heap_set(&timer->node, when);
    else
        vr_heap_clear(&timer->node);
}

void vr_timer_free(struct vr_timer *timer)
{
    if (timer)
        vr_heap_clear(&timer->node);
    free(timer);
}
