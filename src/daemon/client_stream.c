/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "daemon.stream"
/* A client's streams: their packets find the stream by the header of the call that opened it. */
#include <stdlib.h>
#include "base/alloc.h"
#include "base/log.h"
#include "client.h"

struct vr_client_stream {
    struct vr_client_stream *next;
    struct vr_client *client;
    struct vr_message_header asked; /* of the call that opened it */
    struct vr_stream *stream;       /* NULL: over; waits only for packets that are still queued */
    bool sparse;
    unsigned in_flight;             /* data packets queued and not sent */
};

static void release(struct vr_client_stream *cs)
{
    if (cs->stream || cs->in_flight)
        return;
    free(cs);
}

static void port_data(void *opaque, const void *bytes, size_t len)
{
    struct vr_client_stream *cs = opaque;
    struct vr_buf out = VR_BUF_INIT;
    vr_message_stream_data(&out, &cs->asked, bytes, len);
    cs->in_flight++;
    vr_client_send(cs->client, &out, &(struct vr_send){ .stream = cs });
}

static void port_hole(void *opaque, int64_t length)
{
    struct vr_client_stream *cs = opaque;
    struct vr_buf out = VR_BUF_INIT;
    vr_message_stream_hole(&out, &cs->asked, length, 0);
    cs->in_flight++;
    vr_client_send(cs->client, &out, &(struct vr_send){ .stream = cs });
}

static void port_confirm(void *opaque)
{
    struct vr_client_stream *cs = opaque;
    struct vr_buf out = VR_BUF_INIT;
    vr_message_stream_end(&out, &cs->asked, VIR_NET_OK);
    vr_client_send(cs->client, &out, NULL);
}

static void port_error(void *opaque, const struct vr_error *error)
{
    struct vr_client_stream *cs = opaque;
    vr_info("stream of client %llu: %s", (unsigned long long)cs->client->conn.id, vr_error_text(error));
    struct vr_buf out = VR_BUF_INIT;
    vr_message_stream_error(&out, &cs->asked, error);
    vr_client_send(cs->client, &out, NULL);
}

static bool port_busy(void *opaque)
{
    const struct vr_client_stream *cs = opaque;
    return cs->in_flight > 0;
}

static void port_took(void *opaque)
{
    struct vr_client_stream *cs = opaque;
    vr_client_request_done(cs->client);
}

static void port_over(void *opaque)
{
    struct vr_client_stream *cs = opaque;
    for (struct vr_client_stream **at = &cs->client->streams; *at; at = &(*at)->next)
        if (*at == cs) {
            *at = cs->next;
            break;
        }
    cs->stream = NULL;
    release(cs);
}

struct vr_client_stream *vr_client_stream_new(struct vr_client *c, const struct vr_message_header *asked,
                                              const struct vr_api_call *api, bool sparse)
{
    struct vr_client_stream *cs = vr_new(struct vr_client_stream);
    const struct vr_stream_port port = {
        .opaque = cs, .data = port_data, .hole = port_hole, .confirm = port_confirm, .error = port_error,
        .busy = port_busy, .took = port_took, .over = port_over,
    };
    cs->client = c;
    cs->asked = *asked;
    cs->sparse = sparse;
    cs->stream = vr_stream_new(&port, c->conn.group, api->stream == VR_API_STREAM_WRITE, sparse);
    cs->next = c->streams;
    c->streams = cs;
    return cs;
}

struct vr_stream *vr_client_stream_end(struct vr_client_stream *cs)
{
    return cs->stream;
}

void vr_client_stream_sent(struct vr_client_stream *cs)
{
    cs->in_flight--;
    if (cs->stream)
        vr_stream_sent(cs->stream);
    else
        release(cs);
}

void vr_client_streams_gone(struct vr_client *c)
{
    while (c->streams)
        vr_stream_client_gone(c->streams->stream);
}

static struct vr_client_stream *find(struct vr_client *c, const struct vr_message_header *h)
{
    for (struct vr_client_stream *cs = c->streams; cs; cs = cs->next)
        if (cs->asked.prog == h->prog && cs->asked.vers == h->vers && cs->asked.proc == h->proc &&
            cs->asked.serial == h->serial)
            return cs;
    return NULL;
}

static void take_hole(struct vr_client *c, struct vr_client_stream *cs, const struct vr_packet *packet)
{
    VR_AUTO(vr_error) *err = NULL;
    int64_t length;
    if (!cs->sparse) {
        vr_client_close(c, "a hole came on a stream that has none");
    } else if (!vr_message_stream_hole_decode(packet, &length, &err)) {
        /* A hole that fails is answered like a call. */
        struct vr_buf out = VR_BUF_INIT;
        vr_message_error_reply(&out, &packet->header, err);
        vr_client_send(c, &out, NULL);
        vr_stream_discard(cs->stream);
    } else {
        c->requests++;
        vr_stream_push_hole(cs->stream, length);
    }
}

void vr_client_stream_packet(struct vr_client *c, struct vr_packet *packet)
{
    struct vr_client_stream *cs = find(c, &packet->header);
    if (!cs) /* the stream ended while this was under way */
        return;
    if (packet->header.type == VIR_NET_STREAM_HOLE) {
        take_hole(c, cs, packet);
        return;
    }
    c->requests++;
    switch (packet->header.status) {
    case VIR_NET_CONTINUE:
        vr_stream_push_data(cs->stream, packet->payload, packet->payload_len);
        break;
    case VIR_NET_OK:
        vr_stream_push_finish(cs->stream);
        break;
    default:
        vr_stream_push_abort(cs->stream);
        break;
    }
}
