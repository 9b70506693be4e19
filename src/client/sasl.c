/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_REMOTE
#define VR_LOG_SOURCE "rpc.netsaslcontext"
#include "sasl.h"

#include <netdb.h>
#include <sasl/sasl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "remote_internal.h"
#include "wire/late.h"

#define STRENGTH_NEEDED 56 /* bits, where nothing else protects the connection */
#define BUFFER (1u << 16)  /* of the security layer */
#define STEPS_MAX 64

#define FUNCTIONS(X) X(client_init) X(client_new) X(client_start) X(client_step) X(dispose) X(encode) X(decode) \
    X(getprop) X(setprop) X(errdetail) X(errstring)
static struct {
#define MEMBER(name) __typeof__(sasl_##name) *late_##name;
    FUNCTIONS(MEMBER)
#undef MEMBER
} sasl;

static bool load(struct vr_error **err)
{
    static const char *const names[] = {
#define NAME(name) "sasl_" #name,
        FUNCTIONS(NAME)
#undef NAME
    };
    static atomic_bool loaded, started;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    if (!vr_late_load("libsasl2.so.2", names, VR_COUNT(names), &sasl, &loaded, err))
        return false;
    pthread_mutex_lock(&lock);
    int rc = atomic_load(&started) ? SASL_OK : sasl.late_client_init(NULL);
    atomic_store(&started, rc == SASL_OK);
    pthread_mutex_unlock(&lock);
    return rc == SASL_OK || vr_fail(err, VIR_ERR_AUTH_FAILED, "failed to initialize SASL library: %d (%s)", rc,
                                    sasl.late_errstring(rc, NULL, NULL));
}

/* ---- the security layer ------------------------------------------------------------------------------------------ */

/* A negotiation, and afterwards the filter it ends in: libsasl2 keeps a pointer to the callbacks. */
struct layer {
    struct vr_filter base;
    sasl_conn_t *conn;
    sasl_callback_t callbacks[16];
    unsigned max_out;
};

static bool layer_decode(struct vr_filter *f, struct vr_buf *in, struct vr_buf *out, struct vr_error **err)
{
    struct layer *l = (struct layer *)f;
    while (in->len) {
        unsigned len = in->len < BUFFER ? (unsigned)in->len : BUFFER, got = 0;
        const char *plain = NULL;
        int rc = sasl.late_decode(l->conn, in->data, len, &plain, &got);
        if (rc != SASL_OK)
            return vr_fail(err, VIR_ERR_RPC, "failed to decode SASL data: %d (%s)", rc, sasl.late_errstring(rc, NULL, NULL));
        vr_buf_consume(in, len);
        if (got)
            vr_buf_add(out, plain, got);
    }
    return true;
}

static bool layer_encode(struct vr_filter *f, struct vr_buf *in, struct vr_buf *out, struct vr_error **err)
{
    struct layer *l = (struct layer *)f;
    while (in->len) {
        unsigned len = in->len < l->max_out ? (unsigned)in->len : l->max_out, got = 0;
        const char *wrapped = NULL;
        int rc = sasl.late_encode(l->conn, in->data, len, &wrapped, &got);
        if (rc != SASL_OK)
            return vr_fail(err, VIR_ERR_RPC, "failed to encode SASL data: %d (%s)", rc, sasl.late_errstring(rc, NULL, NULL));
        vr_buf_consume(in, len);
        vr_buf_add(out, wrapped, got);
    }
    return true;
}

static void layer_free(struct vr_filter *f)
{
    struct layer *l = (struct layer *)f;
    if (l->conn)
        sasl.late_dispose(&l->conn);
    free(l);
}

static const struct vr_filter_ops layer_ops = {
    .name = "sasl", .decode = layer_decode, .encode = layer_encode, .free = layer_free,
};

/* ---- questions of a mechanism ------------------------------------------------------------------------------------ */

static const struct {
    unsigned long id;
    int type;
    const char *in_file; /* its name in auth.conf */
} kinds[] = {
    { SASL_CB_USER, VIR_CRED_USERNAME, "username" },
    { SASL_CB_AUTHNAME, VIR_CRED_AUTHNAME, "authname" },
    { SASL_CB_PASS, VIR_CRED_PASSPHRASE, "password" },
    { SASL_CB_GETREALM, VIR_CRED_REALM, "realm" },
    { SASL_CB_LANGUAGE, VIR_CRED_LANGUAGE, NULL },
    { SASL_CB_CNONCE, VIR_CRED_CNONCE, NULL },
    { SASL_CB_ECHOPROMPT, VIR_CRED_ECHOPROMPT, NULL },
    { SASL_CB_NOECHOPROMPT, VIR_CRED_NOECHOPROMPT, NULL },
};

struct dialogue {
    const struct vr_sasl_question *q;
    struct vr_arena *arena;
    struct vr_auth_conf *conf;
    virConnectCredential answers[16]; /* kept until the session is over: libsasl2 borrows them */
    size_t answer_count;
};

static void dialogue_done(struct dialogue *d)
{
    for (size_t i = 0; i < d->answer_count; i++)
        vr_credential_wipe(&d->answers[i]);
}

/* A question nobody can answer is better not asked: mechanisms do without what is not offered. */
static void offered(struct dialogue *d, sasl_callback_t *callbacks)
{
    size_t n = 0;
    for (size_t i = 0; i < VR_COUNT(kinds); i++) {
        const char *value = NULL;
        bool in_file = d->conf && kinds[i].in_file &&
                       vr_auth_conf_lookup(d->arena, d->conf, "libvirt", d->q->host, kinds[i].in_file, &value, NULL) &&
                       value;
        if (in_file || vr_credential_offered(d->q->auth, kinds[i].type) ||
            (kinds[i].id == SASL_CB_PASS && vr_credential_offered(d->q->auth, VIR_CRED_NOECHOPROMPT)))
            callbacks[n++] = (sasl_callback_t){ .id = kinds[i].id };
    }
    callbacks[n] = (sasl_callback_t){ .id = SASL_CB_LIST_END };
}

static size_t kind_of(unsigned long id)
{
    for (size_t i = 0; i < VR_COUNT(kinds); i++)
        if (kinds[i].id == id)
            return i;
    return SIZE_MAX;
}

static bool from_file(struct dialogue *d, sasl_interact_t *ask, struct vr_error **err)
{
    for (; d->conf && ask->id != SASL_CB_LIST_END; ask++) {
        size_t kind = kind_of(ask->id);
        const char *value = NULL;
        if (kind == SIZE_MAX || !kinds[kind].in_file)
            continue;
        if (!vr_auth_conf_lookup(d->arena, d->conf, "libvirt", d->q->host, kinds[kind].in_file, &value, err))
            return false;
        if (value) {
            ask->result = value;
            ask->len = (unsigned)strlen(value);
        }
    }
    return true;
}

/* What the file did not answer goes to the application in one call. */
static bool from_application(struct dialogue *d, sasl_interact_t *asks, struct vr_error **err)
{
    size_t first = d->answer_count, n = 0;
    sasl_interact_t *of[VR_COUNT(d->answers)];
    for (sasl_interact_t *ask = asks; ask->id != SASL_CB_LIST_END; ask++) {
        size_t kind = kind_of(ask->id);
        if (ask->result)
            continue;
        if (first + n == VR_COUNT(d->answers) || kind == SIZE_MAX)
            return vr_fail(err, VIR_ERR_AUTH_FAILED, "%s", "Failed to make auth credentials");
        int type = kinds[kind].type;
        if (type == VIR_CRED_PASSPHRASE && !vr_credential_offered(d->q->auth, type))
            type = VIR_CRED_NOECHOPROMPT;
        of[n] = ask;
        d->answers[first + n++] = (virConnectCredential){ .type = type, .prompt = ask->prompt,
                                                          .challenge = ask->challenge, .defresult = ask->defresult };
    }
    if (!n)
        return true;
    if (!d->q->auth || !d->q->auth->cb)
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "%s", "No authentication callback available");
    d->answer_count += n;
    if (d->q->auth->cb(d->answers + first, (unsigned)n, d->q->auth->cbdata) < 0)
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "%s", "Failed to collect auth credentials");
    for (size_t i = 0; i < n; i++) {
        const char *text = d->answers[first + i].result;
        if (!text)
            text = of[i]->defresult ? of[i]->defresult : "";
        of[i]->result = text;
        of[i]->len = (unsigned)strlen(text);
    }
    return true;
}

static bool interact(struct dialogue *d, sasl_interact_t *asks, struct vr_error **err)
{
    for (sasl_interact_t *ask = asks; ask->id != SASL_CB_LIST_END; ask++)
        ask->result = NULL;
    return from_file(d, asks, err) && from_application(d, asks, err);
}

/* ---- the negotiation --------------------------------------------------------------------------------------------- */

static const char *address(struct vr_arena *arena, int fd, bool peer)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof(a);
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int rc = peer ? getpeername(fd, (struct sockaddr *)&a, &len) : getsockname(fd, (struct sockaddr *)&a, &len);
    if (rc != 0 || a.ss_family == AF_UNIX ||
        getnameinfo((struct sockaddr *)&a, len, host, sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
        return NULL;
    return vr_arena_printf(arena, "%s;%s", host, port);
}

static bool bad_step(sasl_conn_t *conn, const char *what, int rc, struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_AUTH_FAILED, "Failed to %s SASL negotiation: %d (%s)", what, rc, sasl.late_errdetail(conn));
}

/* What we send travels as an array of characters, or as its absence. */
struct token {
    const char *data;
    unsigned len;
};
_Static_assert(VR_COUNT(kinds) < VR_COUNT(((struct layer *)0)->callbacks), "room for each kind and the end");

static bool check_token(const struct token *t, struct vr_error **err)
{
    return t->len <= REMOTE_AUTH_SASL_DATA_MAX ||
           vr_fail(err, VIR_ERR_AUTH_FAILED, "SASL negotiation data too long: %zu bytes", (size_t)t->len);
}

/* One reply of the server, in either form. */
struct answer {
    int32_t complete, nil;
    const char *data;
    uint32_t len;
};

static bool start(struct vr_remote *r, struct dialogue *d, const char *mech, const struct token *t, struct answer *a,
                  struct vr_error **err)
{
    struct vr_auth_sasl_start_args in = { .mech = mech, .nil = !t->data, .data = (char *)t->data, .data_count = t->len };
    struct vr_auth_sasl_start_ret out;
    if (!check_token(t, err) || !vr_remote_call(r, &vr_api_auth_sasl_start, &in, d->arena, &out, NULL, err))
        return false;
    *a = (struct answer){ out.complete, out.nil, out.data, out.data_count };
    return true;
}

static bool step(struct vr_remote *r, struct dialogue *d, const struct token *t, struct answer *a, struct vr_error **err)
{
    struct vr_auth_sasl_step_args in = { .nil = !t->data, .data = (char *)t->data, .data_count = t->len };
    struct vr_auth_sasl_step_ret out;
    if (!check_token(t, err) || !vr_remote_call(r, &vr_api_auth_sasl_step, &in, d->arena, &out, NULL, err))
        return false;
    *a = (struct answer){ out.complete, out.nil, out.data, out.data_count };
    return true;
}

static bool negotiate(struct vr_remote *r, struct dialogue *d, sasl_conn_t *conn, const char *mechanisms,
                      struct vr_error **err)
{
    sasl_interact_t *asks = NULL;
    struct token t = { 0 };
    struct answer a;
    const char *mech = NULL;
    int rc;
    while ((rc = sasl.late_client_start(conn, mechanisms, &asks, &t.data, &t.len, &mech)) == SASL_INTERACT)
        if (!interact(d, asks, err))
            return false;
    if (rc != SASL_OK && rc != SASL_CONTINUE)
        return bad_step(conn, "start", rc, err);
    vr_debug("Server start negotiation with mech %s. Data %u bytes", mech, t.len);
    if (!start(r, d, mech, &t, &a, err))
        return false;
    for (int i = 0; i < STEPS_MAX; i++) {
        bool done = rc == SASL_OK;
        if (done && a.complete)
            return true;
        t = (struct token){ 0 };
        while ((rc = sasl.late_client_step(conn, a.nil ? NULL : a.data, a.len, &asks, &t.data, &t.len)) == SASL_INTERACT)
            if (!interact(d, asks, err))
                return false;
        if (rc != SASL_OK && rc != SASL_CONTINUE)
            return bad_step(conn, "step", rc, err);
        if (rc == SASL_OK && a.complete)
            return true;
        if (!step(r, d, &t, &a, err))
            return false;
    }
    return vr_fail(err, VIR_ERR_AUTH_FAILED, "SASL negotiation did not end within %d steps", STEPS_MAX);
}

static bool set_properties(sasl_conn_t *conn, bool secure, int tls_bits, struct vr_error **err)
{
    sasl_security_properties_t p = {
        .min_ssf = secure ? 0 : STRENGTH_NEEDED,
        .max_ssf = secure ? 0 : 100000,
        .maxbufsize = BUFFER,
        .security_flags = secure ? 0 : SASL_SEC_NOANONYMOUS | SASL_SEC_NOPLAINTEXT,
    };
    sasl_ssf_t external = (sasl_ssf_t)tls_bits;
    int rc = external ? sasl.late_setprop(conn, SASL_SSF_EXTERNAL, &external) : SASL_OK;
    if (rc == SASL_OK)
        rc = sasl.late_setprop(conn, SASL_SEC_PROPS, &p);
    return rc == SASL_OK || vr_fail(err, VIR_ERR_INTERNAL_ERROR, "cannot set security props %d (%s)", rc,
                                    sasl.late_errstring(rc, NULL, NULL));
}

static const char *choose(struct dialogue *d, const char *list, struct vr_error **err)
{
    const char *want = d->q->mechanism;
    if (!want)
        return list;
    size_t n = strlen(want);
    for (const char *at = list; (at = strstr(at, want)); at += n)
        if ((at == list || at[-1] == ',') && (at[n] == '\0' || at[n] == ','))
            return want;
    vr_fail(err, VIR_ERR_AUTH_FAILED, "SASL mechanism %s not supported by server", want);
    return NULL;
}

/* The negotiated strength decides whether the connection is wrapped from here on; *l is then the connection's. */
static bool protect(struct vr_remote *r, struct layer **l, bool secure, struct vr_error **err)
{
    const int *strength = NULL;
    const unsigned *max = NULL;
    if (sasl.late_getprop((*l)->conn, SASL_SSF, (const void **)(void *)&strength) != SASL_OK || !strength)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "cannot query SASL ssf on connection %d (%s)", SASL_FAIL,
                       sasl.late_errdetail((*l)->conn));
    if (!secure && *strength < STRENGTH_NEEDED)
        return vr_fail(err, VIR_ERR_AUTH_FAILED, "negotiation SSF %d was not strong enough", *strength);
    if (*strength <= 0)
        return true;
    bool known = sasl.late_getprop((*l)->conn, SASL_MAXOUTBUF, (const void **)(void *)&max) == SASL_OK && max && *max;
    (*l)->max_out = known ? *max : 4096;
    return vr_remote_protect(r, &vr_take(*l)->base, err);
}

bool vr_sasl_authenticate(struct vr_remote *r, const struct vr_sasl_question *q, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct dialogue d = { .q = q, .arena = arena };
    struct vr_void nothing = { 0 };
    struct vr_auth_sasl_init_ret list;
    if (!load(err) || !vr_auth_conf_load(arena, q->authfile, &d.conf, err))
        return false;
    struct layer *l = vr_new(struct layer);
    l->base.ops = &layer_ops;
    offered(&d, l->callbacks);
    bool secure = vr_remote_is_secure(r);
    int rc = sasl.late_client_new("libvirt", q->host, address(arena, r->fd, false), address(arena, r->fd, true), l->callbacks,
                             SASL_SUCCESS_DATA, &l->conn);
    bool ok = rc == SASL_OK || vr_fail(err, VIR_ERR_AUTH_FAILED, "Failed to create SASL client context: %d (%s)", rc,
                                       sasl.late_errstring(rc, NULL, NULL));
    ok = ok && set_properties(l->conn, secure, vr_remote_tls_bits(r), err) &&
         vr_remote_call(r, &vr_api_auth_sasl_init, &nothing, arena, &list, NULL, err);
    const char *mechanisms = ok ? choose(&d, list.mechlist, err) : NULL;
    ok = mechanisms && negotiate(r, &d, l->conn, mechanisms, err) && protect(r, &l, secure, err);
    if (l)
        layer_free(&l->base);
    dialogue_done(&d);
    return ok;
}
