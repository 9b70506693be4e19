/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target: bytes as a peer might send them. The first byte says in what pieces they come. Every packet found is
 * decoded as what its header says, and what was accepted must encode to as many bytes again.
 */
#include <stdlib.h>
#include "api/api.h"
#include "base/alloc.h"
#include "message.h"
#include "xdr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const struct vr_struct *type, const struct vr_packet *p)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf again = VR_BUF_INIT;
    /* A copy that ends where the payload ends: a checking build sees each byte read past it. */
    vr_autofree char *copy = p->payload_len ? vr_memdup(p->payload, p->payload_len) : vr_alloc(1);
    void *value = vr_arena_alloc(arena, type->size);
    size_t before = vr_arena_size(arena);
    bool ok = vr_xdr_decode(type, copy, p->payload_len, arena, value, &err);
    if (vr_arena_size(arena) - before > 2 * VR_XDR_EXPANSION * p->payload_len)
        abort();
    if (!ok) {
        if (!err || err->code != VIR_ERR_RPC)
            abort();
        return;
    }
    if (!vr_xdr_encode(type, value, &again, &err) || again.len != p->payload_len)
        abort();
}

static void handle(const struct vr_packet *p)
{
    const struct vr_api_program *program = vr_api_program_find(p->header.prog);
    const struct vr_api_call *call = program ? vr_api_call_find(program, (uint32_t)p->header.proc) : NULL;
    int64_t length;
    if (p->header.status == VIR_NET_ERROR) {
        vr_error_free(vr_message_error_decode(p, NULL));
    } else if (p->header.type == VIR_NET_STREAM_HOLE) {
        vr_message_stream_hole_decode(p, &length, NULL);
    } else if (call && p->header.type == VIR_NET_MESSAGE && call->msg) {
        decode(call->msg, p);
    } else if (call && (p->header.type == VIR_NET_CALL || p->header.type == VIR_NET_CALL_WITH_FDS)) {
        decode(call->args, p);
    } else if (call && (p->header.type == VIR_NET_REPLY || p->header.type == VIR_NET_REPLY_WITH_FDS)) {
        decode(call->ret, p);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t step = data[0] ? data[0] : size;
    struct vr_packet_reader r;
    struct vr_packet p;
    vr_packet_reader_init(&r, false);
    enum vr_packet_state state = VR_PACKET_MORE;
    for (size_t at = 1; at < size && state != VR_PACKET_FATAL; at += step) {
        vr_packet_feed(&r, data + at, size - at < step ? size - at : step);
        while ((state = vr_packet_next(&r, &p, NULL)) == VR_PACKET_READY) {
            handle(&p);
            vr_packet_done(&r, &p);
        }
    }
    vr_packet_reader_done(&r);
    return 0;
}
