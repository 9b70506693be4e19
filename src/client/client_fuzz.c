/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target: what the library reads from outside. The first byte says as what the rest is taken: a URI, libvirt.conf,
 * auth.conf, or the bytes of a server. A server's come after two bytes that choose a procedure, which is called with random
 * arguments; what it opens is read to its end. Every failure has an error, every success has none.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "client_conf.h"
#include "credentials.h"
#include "handle.h"
#include "params.h"
#include "remote_internal.h"
#include "wire/xdr_random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok, const struct vr_error *err)
{
    if (ok == (err != NULL) || (err && (!err->message || err->code == VIR_ERR_OK)))
        abort();
}

static void uri(struct vr_arena *arena, const char *text)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_uri u, again;
    struct vr_remote_params p;
    bool ok = vr_uri_parse(arena, text, &u, &err);
    check(ok, err);
    if (!ok)
        return;
    const char *inner = vr_uri_for_server(arena, &u);
    /* What a server gets is a URI again, unless the application chose the text, or it is nothing. */
    if (*inner && !vr_uri_param(&u, "name") && !vr_uri_parse(arena, inner, &again, NULL))
        abort();
    ok = vr_remote_params(&u, &p, &err);
    check(ok, err);
}

static void conf(struct vr_arena *arena, const char *text)
{
    VR_AUTO(vr_error) *err = NULL;
    bool ok = vr_client_conf_parse(arena, "fuzz", text, &err);
    check(ok, err);
}

static void auth(struct vr_arena *arena, const char *text, size_t len)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_auth_conf *c = vr_auth_conf_parse(arena, "fuzz", text, len, &err);
    check(c != NULL, err);
    const char *value;
    bool ok = c && vr_auth_conf_lookup(arena, c, "libvirt", "host", "password", &value, &err);
    check(ok, err);
}

static const struct vr_api_call *choose(uint16_t number)
{
    size_t count = 0;
    for (const struct vr_api_program *const *p = vr_api_programs; *p; p++)
        count += (*p)->call_count;
    number = (uint16_t)(number % count);
    for (const struct vr_api_program *const *p = vr_api_programs;; p++) {
        if (number < (*p)->call_count)
            return (*p)->calls[number];
        number = (uint16_t)(number - (*p)->call_count);
    }
}

static void drain(struct vr_remote *r, struct vr_stream_end *s)
{
    char data[4096];
    size_t got = 0;
    for (int i = 0; i < 64; i++) {
        VR_AUTO(vr_error) *err = NULL;
        enum vr_stream_result result = vr_remote_stream_recv(r, s, data, sizeof(data), &got, true, true, &err);
        check(result != VR_STREAM_FAILED, err);
        if (result == VR_STREAM_HOLE)
            vr_remote_stream_take_hole(r, s);
        else if (result != VR_STREAM_DONE || !got)
            break;
    }
    vr_remote_stream_end(r, s, true, NULL);
}

static void server(struct vr_arena *arena, const uint8_t *data, size_t size)
{
    int ends[2];
    if (size < 2 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return;
    const struct vr_api_call *call = choose((uint16_t)(data[0] << 8 | data[1]));
    (void)!send(ends[1], data + 2, size - 2, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(ends[1], SHUT_WR); /* whatever came, no more will */
    virConnectPtr conn = vr_connect_new(VR_CONNECT_MAGIC);
    struct vr_transport how = vr_transport_of_unix(ends[0]);
    conn->remote = vr_remote_new(&how, conn);
    if (call->type == VR_API_CALL) {
        VR_AUTO(vr_error) *err = NULL;
        uint64_t seed = 1;
        void *args = vr_arena_alloc(arena, call->args->size + 1), *ret = vr_arena_alloc(arena, call->ret->size + 1);
        vr_xdr_random(call->args, arena, args, &seed);
        struct vr_stream_end s = { 0 };
        vr_stream_end_init(&s);
        struct vr_extras extras = { .stream = call->stream == VR_API_STREAM_NONE ? NULL : &s };
        bool ok = vr_remote_call(conn->remote, call, args, arena, ret, &extras, &err);
        check(ok, err);
        if (ok && extras.stream)
            drain(conn->remote, &s);
        vr_remote_stream_drop(conn->remote, &s);
    }
    vr_connect_unref(conn);
    close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    vr_log_set_level(VR_LOG_ERROR);
    char *text = vr_arena_strndup(arena, (const char *)data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        uri(arena, text);
        break;
    case 1:
        conf(arena, text);
        break;
    case 2:
        auth(arena, (const char *)data + 1, size - 1);
        break;
    default:
        server(arena, data + 1, size - 1);
    }
    return 0;
}
