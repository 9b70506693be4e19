/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#include "message.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "xdr.h"

#define ROOM_MIN 4096
#define ROOM_MAX (256 * 1024)   /* one receive's worth: memory stays near what really arrived */
#define KEEP_MAX (64 * 1024)    /* a buffer that one long packet made larger is given back */
#define ERROR_TEXT_MAX (1024 * 1024)

/* ---- reading ----------------------------------------------------------------------------------------------------- */

void vr_packet_reader_init(struct vr_packet_reader *r, bool fds_allowed)
{
    *r = (struct vr_packet_reader){ .limit = VIR_NET_MESSAGE_LEN_MAX + (size_t)VIR_NET_MESSAGE_MAX,
                                    .fds_allowed = fds_allowed };
}

static void close_all(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

void vr_packet_reader_done(struct vr_packet_reader *r)
{
    close_all(r->fds, r->fd_count);
    r->fd_count = 0;
    vr_buf_done(&r->in);
    r->start = 0;
}

static size_t have(const struct vr_packet_reader *r)
{
    return r->in.len - r->start;
}

/* What was handled is dropped before more comes in. */
static void compact(struct vr_packet_reader *r)
{
    if (r->start) {
        vr_buf_consume(&r->in, r->start);
        r->start = 0;
    }
}

void *vr_packet_room(struct vr_packet_reader *r, size_t *room)
{
    compact(r);
    size_t want = ROOM_MIN;
    if (r->in.len >= 4) {
        size_t length = vr_xdr_get_u32(r->in.data);
        if (length > r->in.len && length <= r->limit)
            want = length - r->in.len;
        if (want < ROOM_MIN)
            want = ROOM_MIN;
        if (want > ROOM_MAX)
            want = ROOM_MAX;
    }
    void *at = vr_buf_room(&r->in, want);
    *room = r->in.cap - r->in.len - 1;
    return at;
}

void vr_packet_received(struct vr_packet_reader *r, size_t len)
{
    vr_buf_added(&r->in, len);
}

void vr_packet_feed(struct vr_packet_reader *r, const void *bytes, size_t len)
{
    compact(r);
    vr_buf_add(&r->in, bytes, len);
}

bool vr_packet_feed_fd(struct vr_packet_reader *r, int fd, struct vr_error **err)
{
    if (r->fds_allowed && r->fd_count < VIR_NET_MESSAGE_NUM_FDS_MAX) {
        r->fds[r->fd_count++] = fd;
        return true;
    }
    close(fd);
    r->broken = true;
    return vr_fail(err, VIR_ERR_RPC, _("Received too many FDs %d, expected %d maximum"), (int)r->fd_count + 1,
                   r->fds_allowed ? VIR_NET_MESSAGE_NUM_FDS_MAX : 0);
}

static enum vr_packet_state fatal(struct vr_packet_reader *r)
{
    r->broken = true;
    return VR_PACKET_FATAL;
}

static enum vr_packet_state check_length(struct vr_packet_reader *r, size_t length, struct vr_error **err)
{
    if (length < VIR_NET_MESSAGE_LEN_MAX) {
        vr_fail(err, VIR_ERR_RPC, _("packet %d bytes received from server too small, want %d"), (int)length,
                VIR_NET_MESSAGE_LEN_MAX);
        return fatal(r);
    }
    if (length > r->limit) {
        vr_fail(err, VIR_ERR_RPC, _("packet %zu bytes received from server too large, want %zu"),
                length - VIR_NET_MESSAGE_LEN_MAX, r->limit - VIR_NET_MESSAGE_LEN_MAX);
        return fatal(r);
    }
    if (length < VR_PACKET_PREFIX) {
        vr_fail(err, VIR_ERR_RPC, _("Unable to decode message header"));
        return fatal(r);
    }
    return VR_PACKET_READY;
}

static struct vr_message_header parse_header(const unsigned char *at)
{
    return (struct vr_message_header){
        .prog = vr_xdr_get_u32(at), .vers = vr_xdr_get_u32(at + 4), .proc = (int32_t)vr_xdr_get_u32(at + 8),
        .type = (int32_t)vr_xdr_get_u32(at + 12), .serial = vr_xdr_get_u32(at + 16),
        .status = (int32_t)vr_xdr_get_u32(at + 20),
    };
}

/*
 * Each descriptor comes beside a byte of its own after the packet. The bytes are skipped here; the descriptors were
 * queued by whoever received them, in order, at the latest together with their byte.
 */
static enum vr_packet_state take_fds(struct vr_packet_reader *r, size_t length, struct vr_packet *p, size_t *trailer,
                                     struct vr_error **err)
{
    if (p->payload_len < 4) {
        vr_fail(err, VIR_ERR_RPC, _("Unable to decode number of FDs"));
        return fatal(r);
    }
    uint32_t count = vr_xdr_get_u32(p->payload);
    uint32_t most = r->fds_allowed ? VIR_NET_MESSAGE_NUM_FDS_MAX : 0;
    if (count > most) {
        vr_fail(err, VIR_ERR_RPC, _("Received too many FDs %u, expected %u maximum"), count, most);
        return fatal(r);
    }
    if (have(r) < length + count)
        return VR_PACKET_MORE;
    if (r->fd_count < count) {
        vr_fail(err, VIR_ERR_RPC, _("Unable to receive file descriptors: %u announced, %zu came"), count, r->fd_count);
        return fatal(r);
    }
    memcpy(p->fds, r->fds, count * sizeof(int));
    p->fd_count = count;
    r->fd_count -= count;
    memmove(r->fds, r->fds + count, r->fd_count * sizeof(int));
    p->payload += 4;
    p->payload_len -= 4;
    *trailer = count;
    return VR_PACKET_READY;
}

enum vr_packet_state vr_packet_next(struct vr_packet_reader *r, struct vr_packet *packet, struct vr_error **err)
{
    if (r->broken) {
        vr_fail(err, VIR_ERR_RPC, _("the connection already failed"));
        return VR_PACKET_FATAL;
    }
    if (have(r) < 4)
        return VR_PACKET_MORE;
    const unsigned char *at = (const unsigned char *)r->in.data + r->start;
    size_t length = vr_xdr_get_u32(at);
    enum vr_packet_state state = check_length(r, length, err);
    if (state != VR_PACKET_READY)
        return state;
    if (have(r) < VR_PACKET_PREFIX)
        return VR_PACKET_MORE;
    struct vr_packet p = { .header = parse_header(at + 4), .payload = at + VR_PACKET_PREFIX,
                           .payload_len = length - VR_PACKET_PREFIX };
    if (have(r) < length)
        return VR_PACKET_MORE;
    size_t trailer = 0;
    if (p.header.type == VIR_NET_CALL_WITH_FDS || p.header.type == VIR_NET_REPLY_WITH_FDS) {
        state = take_fds(r, length, &p, &trailer, err);
        if (state != VR_PACKET_READY)
            return state;
    }
    r->start += length + trailer;
    *packet = p;
    return VR_PACKET_READY;
}

void vr_packet_done(struct vr_packet_reader *r, struct vr_packet *packet)
{
    close_all(packet->fds, packet->fd_count);
    packet->fd_count = 0;
    packet->payload = NULL;
    packet->payload_len = 0;
    if (r->start && r->start == r->in.len) {
        r->in.len = r->start = 0;
        if (r->in.cap > KEEP_MAX)
            vr_buf_done(&r->in);
    }
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

size_t vr_message_begin(struct vr_buf *out, const struct vr_message_header *h)
{
    size_t start = out->len;
    vr_xdr_put_u32(out, 0);
    vr_xdr_put_u32(out, h->prog);
    vr_xdr_put_u32(out, h->vers);
    vr_xdr_put_u32(out, (uint32_t)h->proc);
    vr_xdr_put_u32(out, (uint32_t)h->type);
    vr_xdr_put_u32(out, h->serial);
    vr_xdr_put_u32(out, (uint32_t)h->status);
    return start;
}

static void set_length(struct vr_buf *out, size_t start)
{
    uint32_t length = (uint32_t)(out->len - start);
    unsigned char *b = (unsigned char *)out->data + start;
    b[0] = (unsigned char)(length >> 24);
    b[1] = (unsigned char)(length >> 16);
    b[2] = (unsigned char)(length >> 8);
    b[3] = (unsigned char)length;
}

bool vr_message_end(struct vr_buf *out, size_t start, struct vr_error **err)
{
    if (out->len - start > VIR_NET_MESSAGE_LEN_MAX + (size_t)VIR_NET_MESSAGE_MAX) {
        size_t length = out->len - start;
        out->len = start;
        return vr_fail(err, VIR_ERR_RPC, _("Unable to encode message payload: %zu bytes are more than a packet holds"),
                       length);
    }
    set_length(out, start);
    return true;
}

static bool message(struct vr_buf *out, const struct vr_message_header *h, const struct vr_struct *type,
                    const void *value, size_t fd_count, struct vr_error **err)
{
    if (fd_count > VIR_NET_MESSAGE_NUM_FDS_MAX)
        return vr_fail(err, VIR_ERR_RPC, _("Too many FDs to send %d, expected %d maximum"), (int)fd_count,
                       VIR_NET_MESSAGE_NUM_FDS_MAX);
    size_t start = vr_message_begin(out, h);
    if (h->type == VIR_NET_CALL_WITH_FDS || h->type == VIR_NET_REPLY_WITH_FDS)
        vr_xdr_put_u32(out, (uint32_t)fd_count);
    if (vr_xdr_encode(type, value, out, err))
        return vr_message_end(out, start, err);
    out->len = start;
    return false;
}

bool vr_message_call(struct vr_buf *out, const struct vr_api_call *call, uint32_t serial, const void *args,
                     size_t fd_count, struct vr_error **err)
{
    struct vr_message_header h = {
        .prog = call->program->number, .vers = call->program->version, .proc = (int32_t)call->number,
        .type = fd_count ? VIR_NET_CALL_WITH_FDS : VIR_NET_CALL, .serial = serial, .status = VIR_NET_OK,
    };
    return message(out, &h, call->args, args, fd_count, err);
}

static struct vr_message_header answer(const struct vr_message_header *asked, int32_t type, int32_t status)
{
    struct vr_message_header h = *asked;
    h.type = type;
    h.status = status;
    return h;
}

bool vr_message_reply(struct vr_buf *out, const struct vr_message_header *asked, const struct vr_struct *type,
                      const void *ret, size_t fd_count, struct vr_error **err)
{
    struct vr_message_header h = answer(asked, fd_count ? VIR_NET_REPLY_WITH_FDS : VIR_NET_REPLY, VIR_NET_OK);
    return message(out, &h, type, ret, fd_count, err);
}

bool vr_message_event(struct vr_buf *out, const struct vr_api_call *event, const void *msg, struct vr_error **err)
{
    struct vr_message_header h = {
        .prog = event->program->number, .vers = event->program->version, .proc = (int32_t)event->number,
        .type = VIR_NET_MESSAGE, .serial = 1, .status = VIR_NET_OK, /* stock sends serial 1 too; nobody reads it */
    };
    return message(out, &h, event->msg, msg, 0, err);
}

void vr_message_keepalive(struct vr_buf *out, uint32_t procedure)
{
    struct vr_message_header h = {
        .prog = vr_keepalive_program.number, .vers = vr_keepalive_program.version, .proc = (int32_t)procedure,
        .type = VIR_NET_MESSAGE, .serial = 0, .status = VIR_NET_OK,
    };
    set_length(out, vr_message_begin(out, &h));
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

void vr_message_stream_data(struct vr_buf *out, const struct vr_message_header *asked, const void *data, size_t len)
{
    if (len > VR_STREAM_DATA_MAX)
        abort(); /* a mistake of the caller: the rest would be lost */
    struct vr_message_header h = answer(asked, VIR_NET_STREAM, VIR_NET_CONTINUE);
    size_t start = vr_message_begin(out, &h);
    vr_buf_add(out, data, len); /* raw: no count, no padding */
    set_length(out, start);
}

void vr_message_stream_end(struct vr_buf *out, const struct vr_message_header *asked, enum vr_message_status status)
{
    struct vr_message_header h = answer(asked, VIR_NET_STREAM, (int32_t)status);
    set_length(out, vr_message_begin(out, &h));
}

void vr_message_stream_hole(struct vr_buf *out, const struct vr_message_header *asked, int64_t length, uint32_t flags)
{
    struct vr_message_header h = answer(asked, VIR_NET_STREAM_HOLE, VIR_NET_CONTINUE);
    struct vr_stream_hole hole = { .length = length, .flags = flags };
    size_t start = vr_message_begin(out, &h);
    if (!vr_xdr_encode(&vr_stream_hole_struct, &hole, out, NULL))
        abort(); /* two numbers always fit */
    set_length(out, start);
}

bool vr_message_stream_hole_decode(const struct vr_packet *packet, int64_t *length, struct vr_error **err)
{
    if (packet->header.type != VIR_NET_STREAM_HOLE || packet->header.status != VIR_NET_CONTINUE)
        return vr_fail(err, VIR_ERR_RPC, _("Malformed stream hole packet"));
    struct vr_stream_hole hole;
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    if (!vr_xdr_decode(&vr_stream_hole_struct, packet->payload, packet->payload_len, arena, &hole, err))
        return false;
    if (hole.length < 0 || hole.flags != 0)
        return vr_fail(err, VIR_ERR_RPC, _("Malformed stream hole packet"));
    *length = hole.length;
    return true;
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

/* Copies at most ERROR_TEXT_MAX bytes, never half a UTF-8 character. */
static const char *bounded(struct vr_arena *arena, const char *text)
{
    if (!text)
        return NULL;
    size_t len = strnlen(text, ERROR_TEXT_MAX + 1);
    if (len > ERROR_TEXT_MAX)
        for (len = ERROR_TEXT_MAX; len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80;)
            len--;
    return vr_arena_strndup(arena, text, len);
}

static void error_message(struct vr_buf *out, const struct vr_message_header *h, const struct vr_error *error)
{
    static const struct vr_error unknown = {
        .code = VIR_ERR_INTERNAL_ERROR, .domain = VIR_FROM_RPC, .level = VIR_ERR_ERROR,
        .message = (char *)"Library function returned error but did not set virError", .int1 = -1, .int2 = -1,
    };
    if (!error)
        error = &unknown;
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_message_error payload = {
        .code = error->code, .domain = error->domain, .level = error->level,
        .message = bounded(arena, error->message), .str1 = bounded(arena, error->str1),
        .str2 = bounded(arena, error->str2), .str3 = bounded(arena, error->str3),
        .int1 = error->int1, .int2 = error->int2,
    };
    size_t start = vr_message_begin(out, h);
    if (!vr_xdr_encode(&vr_message_error_struct, &payload, out, NULL))
        abort(); /* every text is bounded above */
    set_length(out, start);
}

void vr_message_error_reply(struct vr_buf *out, const struct vr_message_header *asked, const struct vr_error *error)
{
    struct vr_message_header h = answer(asked, VIR_NET_REPLY, VIR_NET_ERROR);
    error_message(out, &h, error);
}

void vr_message_stream_error(struct vr_buf *out, const struct vr_message_header *asked, const struct vr_error *error)
{
    struct vr_message_header h = answer(asked, VIR_NET_STREAM, VIR_NET_ERROR);
    error_message(out, &h, error);
}

struct vr_error *vr_message_error_decode(const struct vr_packet *packet, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_message_error m;
    if (!vr_xdr_decode(&vr_message_error_struct, packet->payload, packet->payload_len, arena, &m, err))
        return NULL;
    struct vr_error *e = vr_new(struct vr_error);
    *e = (struct vr_error){
        .code = m.code, .domain = m.domain, .level = m.level, .message = vr_strdup(m.message),
        .str1 = vr_strdup(m.str1), .str2 = vr_strdup(m.str2), .str3 = vr_strdup(m.str3), .int1 = m.int1, .int2 = m.int2,
    };
    return e;
}
