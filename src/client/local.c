/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "driver/call.h"
#include "driver/stream.h"
#include "events.h"
#include "local_auth.h"
#include "remote_internal.h"
#include "testdriver/testdriver.h"
#include "wire/xdr.h"

/* One driver's state: of one connection, or shared by all that opened test:///default. */
struct home {
    pthread_mutex_t lock;
    int refs;
    struct vr_test *test;
};

struct wish { /* events somebody asked for */
    struct wish *next;
    int id;
    enum vr_api_object object;
    int event_id;
    char *name; /* with `named`: only this object's */
    unsigned char uuid[16];
    bool named;
};

struct vr_local {
    struct home *home;
    struct vr_test_conn *end;
    struct vr_remote *remote;
    virConnectPtr conn;
    struct vr_identity identity;
    bool readonly;
    struct wish *wishes;
    int next_id;
};

/* ---- whose state ------------------------------------------------------------------------------------------------- */

static pthread_mutex_t sharing = PTHREAD_MUTEX_INITIALIZER; /* of `common` and its count */
static struct home *common;

static struct home *home_new(const char *path, struct vr_error **err)
{
    struct vr_test *test = vr_test_new(path, err);
    if (!test)
        return NULL;
    struct home *h = vr_new(struct home);
    pthread_mutex_init(&h->lock, NULL);
    h->refs = 1;
    h->test = test;
    return h;
}

static struct home *home_get(const char *path, struct vr_error **err)
{
    if (!vr_streq(path, "/default"))
        return home_new(path, err);
    pthread_mutex_lock(&sharing);
    if (common)
        common->refs++;
    else
        common = home_new(NULL, err);
    struct home *h = common;
    pthread_mutex_unlock(&sharing);
    return h;
}

static void home_put(struct home *h)
{
    pthread_mutex_lock(&sharing);
    bool last = --h->refs == 0;
    if (last && h == common)
        common = NULL;
    pthread_mutex_unlock(&sharing);
    if (!last)
        return;
    vr_test_free(h->test);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

/* Connections to tell after the driver's lock was released; each holds a reference. */
struct told {
    struct vr_remote **list;
    size_t count, cap;
};
static _Thread_local struct told *telling;

static enum vr_api_object object_of(enum vr_event_class event_class)
{
    static const enum vr_api_object objects[] = {
        [VR_EVENTS_DOMAIN] = VR_OBJECT_DOMAIN,
        [VR_EVENTS_NETWORK] = VR_OBJECT_NETWORK,
        [VR_EVENTS_STORAGE_POOL] = VR_OBJECT_STORAGE_POOL,
        [VR_EVENTS_NODE_DEVICE] = VR_OBJECT_NODE_DEVICE,
        [VR_EVENTS_SECRET] = VR_OBJECT_SECRET,
    };
    return event_class < VR_COUNT(objects) ? objects[event_class] : VR_OBJECT_NONE;
}

static bool wanted(const struct wish *w, enum vr_api_object object, int event_id, const struct vr_event_object *about)
{
    if (w->object != object || w->event_id != event_id)
        return false;
    if (!w->named)
        return true;
    return about->uuid ? memcmp(w->uuid, about->uuid, 16) == 0 : vr_streq0(w->name, about->name);
}

/* From a driver function, with the driver's lock held. */
static void emit(void *opaque, enum vr_event_class event_class, int event_id, const struct vr_event_object *about,
                 const void *message)
{
    struct vr_local *l = opaque;
    enum vr_api_object object = object_of(event_class);
    const struct vr_api_call *event = vr_api_event_find(object, event_id);
    bool any = false;
    for (struct wish *w = l->wishes; event && w; w = w->next) {
        if (!wanted(w, object, event_id, about))
            continue;
        vr_autobuf struct vr_buf text = VR_BUF_INIT;
        if (!vr_xdr_encode(event->msg, message, &text, NULL))
            return;
        /* The callback's id is the message's first word. */
        text.data[0] = (char)(w->id >> 24);
        text.data[1] = (char)(w->id >> 16);
        text.data[2] = (char)(w->id >> 8);
        text.data[3] = (char)w->id;
        pthread_mutex_lock(&l->remote->lock);
        if (vr_connect_event(l->conn, event, text.data, text.len))
            any = l->remote->events_came = true;
        pthread_mutex_unlock(&l->remote->lock);
    }
    if (any) {
        atomic_fetch_add(&l->remote->refs, 1);
        VR_GROW(telling->list, telling->count, telling->cap);
        telling->list[telling->count++] = l->remote;
    }
}

static void tell(struct told *t)
{
    for (size_t i = 0; i < t->count; i++) {
        pthread_mutex_lock(&t->list[i]->lock);
        vr_remote_leave(t->list[i]);
        vr_remote_unref(t->list[i]);
    }
    free(t->list);
}

static int wish(struct vr_local *l, enum vr_api_object object, int event_id, const char *name,
                const unsigned char *uuid, bool named)
{
    struct wish *w = vr_new(struct wish);
    *w = (struct wish){ .next = l->wishes, .id = l->next_id++, .object = object, .event_id = event_id,
                        .name = vr_strdup(name), .named = named };
    if (uuid)
        memcpy(w->uuid, uuid, 16);
    l->wishes = w;
    return w->id;
}

static void unwish(struct vr_local *l, int id)
{
    for (struct wish **at = &l->wishes; *at; at = &(*at)->next) {
        if ((*at)->id != id)
            continue;
        struct wish *w = *at;
        *at = w->next;
        free(w->name);
        free(w);
        return;
    }
}

/* What the daemon itself answers for remote connections. False when the call is the driver's. */
static bool own_call(struct vr_local *l, const struct vr_api_call *call, const void *args, void *ret)
{
#define REGISTER(call_name, what, member, id_of)                                                                          \
    if (call == &vr_api_##call_name) {                                                                                 \
        const struct vr_##call_name##_args *in = args;                                                                 \
        struct vr_##call_name##_ret *out = ret;                                                                        \
        out->callback_id = wish(l, what, in->event_id, in->member ? in->member->name : NULL,                           \
                                in->member ? id_of : NULL, in->member != NULL);                                        \
        return true;                                                                                                   \
    }
    REGISTER(connect_domain_event_callback_register_any, VR_OBJECT_DOMAIN, dom, in->dom->uuid)
    REGISTER(connect_network_event_register_any, VR_OBJECT_NETWORK, net, in->net->uuid)
    REGISTER(connect_storage_pool_event_register_any, VR_OBJECT_STORAGE_POOL, pool, in->pool->uuid)
    REGISTER(connect_node_device_event_register_any, VR_OBJECT_NODE_DEVICE, dev, NULL)
#undef REGISTER
    if (call == &vr_api_connect_domain_event_callback_deregister_any ||
        call == &vr_api_connect_network_event_deregister_any ||
        call == &vr_api_connect_storage_pool_event_deregister_any ||
        call == &vr_api_connect_node_device_event_deregister_any) {
        const struct vr_connect_network_event_deregister_any_args *in = args; /* each takes the one id */
        unwish(l, in->callback_id);
        return true;
    }
    return false;
}

static bool is_own(const struct vr_api_call *call)
{
    static const struct vr_api_call *const own[] = {
        &vr_api_connect_domain_event_callback_register_any, &vr_api_connect_network_event_register_any,
        &vr_api_connect_storage_pool_event_register_any, &vr_api_connect_node_device_event_register_any,
        &vr_api_connect_domain_event_callback_deregister_any, &vr_api_connect_network_event_deregister_any,
        &vr_api_connect_storage_pool_event_deregister_any, &vr_api_connect_node_device_event_deregister_any,
    };
    for (size_t i = 0; i < VR_COUNT(own); i++)
        if (call == own[i])
            return true;
    return false;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

/* The driver's end while its function runs. What it attaches is read at once: nothing would pump it later. */
struct vr_stream {
    struct vr_local *local;
    struct vr_stream_end *end;
};

#define LOCAL_STREAM_MAX (64u * 1024 * 1024)

bool vr_stream_attach_file(struct vr_stream *stream, int fd, bool sparse, unsigned long long offset,
                           unsigned long long length, void (*done)(enum vr_stream_end_reason why, void *opaque),
                           void *opaque, struct vr_error **err)
{
    vr_autoclose int file = fd;
    struct vr_remote *r = stream->local->remote;
    unsigned long long left = length ? length : LOCAL_STREAM_MAX;
    char chunk[4096];
    while (left) {
        ssize_t n = pread(file, chunk, left < sizeof(chunk) ? left : sizeof(chunk), (off_t)offset);
        if (n < 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "cannot read from stream");
        if (n == 0)
            break;
        pthread_mutex_lock(&r->lock);
        vr_remote_stream_piece(r, stream->end, chunk, (size_t)n, 0);
        pthread_mutex_unlock(&r->lock);
        offset += (unsigned long long)n;
        left -= (unsigned long long)n;
    }
    if (done)
        done(VR_STREAM_SOURCE_EOF, opaque);
    return true;
}

static void open_stream(struct vr_local *l, struct vr_stream_end *s)
{
    pthread_mutex_lock(&l->remote->lock);
    s->at_end = s->finished = true; /* nothing follows what the driver function attached */
    s->open = s->used = true;
    s->sparse = false;
    s->next = l->remote->streams;
    l->remote->streams = s;
    pthread_mutex_unlock(&l->remote->lock);
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

bool vr_local_has(const struct vr_api_call *call)
{
    return is_own(call) || vr_test_row(call) != NULL;
}

bool vr_local_feature(int feature)
{
    return feature == VR_FEATURE_TYPED_STRINGS || feature == VR_FEATURE_EVENT_IDS;
}

bool vr_local_call(struct vr_local *l, const struct vr_api_call *call, const void *args, struct vr_arena *arena,
                   void *ret, struct vr_extras *extras, struct vr_error **err)
{
    struct told told = { 0 };
    struct vr_stream stream = { .local = l, .end = extras ? extras->stream : NULL };
    struct vr_void nothing;
    struct vr_call c = { .conn = vr_test_conn_of(l->end), .identity = &l->identity, .api = call, .arena = arena,
                         .received = vr_now(), .readonly = l->readonly, .stream = stream.end ? &stream : NULL,
                         .flags = (uint32_t)vr_api_flags(call, args) };
    int fds[VIR_NET_MESSAGE_NUM_FDS_MAX];
    if (extras && extras->send_count) {
        if (extras->send_count > VR_COUNT(fds))
            return vr_fail(err, VIR_ERR_RPC, "Too many FDs to send %d, expected %d maximum", (int)extras->send_count,
                           VIR_NET_MESSAGE_NUM_FDS_MAX);
        memcpy(fds, extras->send_fds, extras->send_count * sizeof(fds[0])); /* borrowed: the driver only looks */
        c.fds = fds;
        c.fd_count = extras->send_count;
    }
    pthread_mutex_lock(&l->home->lock);
    telling = &told;
    bool ok = own_call(l, call, args, ret ? ret : &nothing) || vr_test_call(&c, args, ret ? ret : &nothing, err);
    telling = NULL;
    pthread_mutex_unlock(&l->home->lock);
    if (ok && stream.end)
        open_stream(l, stream.end);
    else if (stream.end)
        vr_remote_stream_drop(l->remote, stream.end);
    tell(&told);
    return ok;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

bool vr_local_wants(const struct vr_uri *uri)
{
    return vr_streq(uri->driver, "test") && !uri->transport && !uri->host;
}

struct vr_local *vr_local_open(const struct vr_uri *uri, unsigned flags, virConnectAuthPtr auth,
                               struct vr_remote *remote, virConnectPtr conn, struct vr_error **err)
{
    if (!*uri->path || vr_streq(uri->path, "/")) {
        vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "testOpen: supply a path or use test:///default");
        return NULL;
    }
    struct home *home = home_get(uri->path, err);
    if (!home)
        return NULL;
    if (!vr_local_authenticate(home->test, auth, err)) {
        home_put(home);
        return NULL;
    }
    struct vr_local *l = vr_new(struct vr_local);
    l->home = home;
    l->remote = remote;
    l->conn = conn;
    l->readonly = flags & VIR_CONNECT_RO;
    l->identity = (struct vr_identity){ .refs = 1, .uid = geteuid(), .gid = getegid(), .pid = getpid(), .local = true };
    pthread_mutex_lock(&home->lock);
    l->end = vr_test_attach(home->test, uri->text, l->readonly, &l->identity, emit, l);
    pthread_mutex_unlock(&home->lock);
    return l;
}

void vr_local_close(struct vr_local *l)
{
    if (!l)
        return;
    struct told told = { 0 };
    pthread_mutex_lock(&l->home->lock);
    telling = &told; /* what the connection took with it: other connections hear of that */
    vr_test_detach(l->end);
    telling = NULL;
    pthread_mutex_unlock(&l->home->lock);
    tell(&told);
    home_put(l->home);
    while (l->wishes)
        unwish(l, l->wishes->id);
    free(l);
}
