/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_URI
#include "uri.h"

#include <string.h>
#include "base/buf.h"
#include "base/str.h"

#define URI_MAX 65536
#define PARAMS_MAX 64

static const char *const client_params[] = {
    "name", "command", "socket", "auth", "sshauth", "netcat", "keyfile", "pkipath", "known_hosts", "known_hosts_verify",
    "tls_priority", "mode", "proxy", "no_sanity", "no_verify", "no_tty", "authfile", NULL,
};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* %41 becomes A; a NUL cannot be meant. */
static const char *decode(struct vr_arena *arena, const char *text, size_t len)
{
    char *out = vr_arena_strndup(arena, text, len);
    char *to = out;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%' && i + 2 < len && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0 &&
            (text[i + 1] != '0' || text[i + 2] != '0')) {
            *to++ = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            *to++ = text[i];
        }
    }
    *to = '\0';
    return out;
}

static bool bad(const char *text, struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "Unable to parse URI %.1000s", text);
}

static bool scheme_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
           c == '.';
}

static bool parse_authority(struct vr_arena *arena, const char *at, size_t len, struct vr_uri *out)
{
    const char *sign = memchr(at, '@', len);
    if (sign) {
        out->user = decode(arena, at, (size_t)(sign - at));
        len -= (size_t)(sign + 1 - at);
        at = sign + 1;
    }
    size_t host_len = len;
    const char *host = at, *port = NULL;
    if (len && at[0] == '[') {
        const char *end = memchr(at, ']', len);
        if (!end)
            return false;
        host = at + 1;
        host_len = (size_t)(end - host);
        if (end + 1 < at + len) {
            if (end[1] != ':')
                return false;
            port = end + 2;
        }
    } else {
        const char *colon = memchr(at, ':', len);
        if (colon) {
            host_len = (size_t)(colon - at);
            port = colon + 1;
        }
    }
    if (port && port < at + len) {
        uint64_t number;
        if (!vr_parse_u64(vr_arena_strndup(arena, port, (size_t)(at + len - port)), 10, 65535, &number))
            return false;
        out->port = (int)number;
    }
    if (host_len)
        out->host = decode(arena, host, host_len);
    return true;
}

static bool parse_query(struct vr_arena *arena, const char *at, struct vr_uri *out)
{
    out->params = vr_arena_alloc(arena, PARAMS_MAX * sizeof(*out->params));
    while (*at && *at != '#') {
        size_t len = strcspn(at, "&;#");
        const char *equals = memchr(at, '=', len);
        size_t name_len = equals ? (size_t)(equals - at) : len;
        if (name_len) {
            if (out->param_count == PARAMS_MAX)
                return false;
            struct vr_uri_param *p = &out->params[out->param_count++];
            p->name = decode(arena, at, name_len);
            p->value = equals ? decode(arena, equals + 1, len - name_len - 1) : "";
            p->ours = vr_name_index(client_params, p->name) >= 0;
        }
        at += len;
        if (*at == '&' || *at == ';')
            at++;
    }
    return true;
}

bool vr_uri_parse(struct vr_arena *arena, const char *text, struct vr_uri *out, struct vr_error **err)
{
    struct vr_uri u = { .text = text, .path = "" };
    if (strlen(text) > URI_MAX)
        return bad(text, err);
    size_t n = 0;
    while (scheme_char(text[n]))
        n++;
    bool letter = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    if (!letter || text[n] != ':')
        return bad(text, err);
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || strchr("<>\"{}|\\^`", *c))
            return bad(text, err);
    const char *plus = memchr(text, '+', n);
    u.driver = vr_arena_strndup(arena, text, plus ? (size_t)(plus - text) : n);
    if (plus)
        u.transport = vr_arena_strndup(arena, plus + 1, (size_t)(text + n - plus - 1));
    const char *at = text + n + 1;
    if (at[0] == '/' && at[1] == '/') {
        at += 2;
        size_t len = strcspn(at, "/?#");
        if (!parse_authority(arena, at, len, &u))
            return bad(text, err);
        at += len;
    }
    size_t path = strcspn(at, "?#");
    u.path = decode(arena, at, path);
    at += path;
    if (*at == '?' && !parse_query(arena, at + 1, &u))
        return bad(text, err);
    *out = u;
    return true;
}

const char *vr_uri_param(const struct vr_uri *uri, const char *name)
{
    for (size_t i = uri->param_count; i-- > 0;)
        if (vr_streq(uri->params[i].name, name))
            return uri->params[i].value;
    return NULL;
}

static void encode(struct vr_buf *out, const char *text, const char *also)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.~", c) ||
            strchr(also, c))
            vr_buf_char(out, (char)c);
        else
            vr_buf_printf(out, "%%%02X", c);
    }
}

const char *vr_uri_for_server(struct vr_arena *arena, const struct vr_uri *uri)
{
    const char *name = vr_uri_param(uri, "name");
    if (name)
        return name;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    if (vr_streq(uri->driver, "remote"))
        return "";
    vr_buf_printf(&b, "%s:%s", uri->driver, uri->path[0] && uri->path[0] != '/' ? "" : "//");
    encode(&b, uri->path, "/:@!$&'()*+,;=");
    char sign = '?';
    for (size_t i = 0; i < uri->param_count; i++) {
        if (uri->params[i].ours)
            continue;
        vr_buf_char(&b, sign);
        sign = '&';
        encode(&b, uri->params[i].name, "");
        vr_buf_char(&b, '=');
        encode(&b, uri->params[i].value, "/:");
    }
    return vr_arena_strdup(arena, b.data);
}
