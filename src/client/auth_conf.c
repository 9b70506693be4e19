/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auth.conf, a key file:
 *     [credentials-NAME]              [auth-SERVICE-HOST]
 *     authname=...                    credentials=NAME
 *     password=...
 */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/paths.h"
#include "base/str.h"
#include "credentials.h"

#define FILE_MAX (1024 * 1024)

struct entry {
    struct entry *next;
    const char *group, *key, *value;
};

struct vr_auth_conf {
    const char *path;
    struct entry *entries; /* the last of the file first: of two with one name the later counts */
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void strip(const char **at, size_t *len)
{
    while (*len && strchr(" \t\r", **at)) {
        (*at)++;
        (*len)--;
    }
    while (*len && strchr(" \t\r", (*at)[*len - 1]))
        (*len)--;
}

static bool line(struct vr_arena *arena, struct vr_auth_conf *c, const char **group, const char *at, size_t len,
                 int number, struct vr_error **err)
{
    strip(&at, &len);
    if (!len || *at == '#' || *at == ';')
        return true;
    if (*at == '[') {
        const char *end = memchr(at, ']', len);
        if (!end || end != at + len - 1)
            return vr_fail(err, VIR_ERR_CONF_SYNTAX, "%s:%d: expecting a ']' at the end of the line", c->path, number);
        *group = vr_arena_strndup(arena, at + 1, len - 2);
        return true;
    }
    const char *equals = memchr(at, '=', len);
    if (!equals || equals == at)
        return vr_fail(err, VIR_ERR_CONF_SYNTAX, "%s:%d: expecting an assignment", c->path, number);
    if (!*group)
        return vr_fail(err, VIR_ERR_CONF_SYNTAX, "%s:%d: expecting a group in '[' and ']' first", c->path, number);
    const char *value = equals + 1;
    size_t key_len = (size_t)(equals - at), value_len = len - key_len - 1;
    strip(&at, &key_len);
    strip(&value, &value_len);
    struct entry *e = vr_arena_alloc(arena, sizeof(*e));
    e->group = *group;
    e->key = vr_arena_strndup(arena, at, key_len);
    e->value = vr_arena_strndup(arena, value, value_len);
    e->next = c->entries;
    c->entries = e;
    return true;
}

struct vr_auth_conf *vr_auth_conf_parse(struct vr_arena *arena, const char *path, const char *text, size_t len,
                                        struct vr_error **err)
{
    struct vr_auth_conf *c = vr_arena_alloc(arena, sizeof(*c));
    c->path = path;
    const char *group = NULL;
    int number = 1;
    for (size_t at = 0; at < len; number++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        if (!line(arena, c, &group, text + at, n, number, err))
            return NULL;
        at += n + 1;
    }
    return c;
}

static const char *find_file(struct vr_arena *arena, const char *authfile)
{
    const char *from_env = getenv("LIBVIRT_AUTH_FILE");
    if (from_env)
        return from_env;
    if (authfile)
        return authfile;
    struct vr_dirs dirs;
    vr_dirs_init(&dirs, true);
    const char *own = vr_arena_printf(arena, "%s/auth.conf", dirs.config);
    vr_dirs_done(&dirs);
    if (access(own, R_OK) == 0)
        return own;
    vr_autofree char *path = vr_path("/etc/libvirt/auth.conf");
    return access(path, R_OK) == 0 ? vr_arena_strdup(arena, path) : NULL;
}

bool vr_auth_conf_load(struct vr_arena *arena, const char *authfile, struct vr_auth_conf **out, struct vr_error **err)
{
    const char *path = find_file(arena, authfile);
    *out = NULL;
    if (!path)
        return true;
    FILE *f = fopen(path, "re");
    if (!f)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "Failed to open file '%s'", path);
    vr_autofree char *text = vr_alloc(FILE_MAX + 1);
    size_t len = fread(text, 1, FILE_MAX + 1, f);
    fclose(f);
    if (len <= FILE_MAX)
        *out = vr_auth_conf_parse(arena, path, text, len, err);
    else
        vr_fail(err, VIR_ERR_CONF_SYNTAX, "%s: longer than %d bytes", path, FILE_MAX);
    explicit_bzero(text, len);
    return *out != NULL;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static bool has_group(const struct vr_auth_conf *c, const char *group)
{
    for (const struct entry *e = c->entries; e; e = e->next)
        if (vr_streq(e->group, group))
            return true;
    return false;
}

static const char *value_of(const struct vr_auth_conf *c, const char *group, const char *key)
{
    for (const struct entry *e = c->entries; e; e = e->next)
        if (vr_streq(e->group, group) && vr_streq(e->key, key))
            return e->value;
    return NULL;
}

bool vr_auth_conf_lookup(struct vr_arena *arena, const struct vr_auth_conf *c, const char *service, const char *host,
                         const char *name, const char **out, struct vr_error **err)
{
    *out = NULL;
    const char *group = vr_arena_printf(arena, "auth-%s-%s", service, host ? host : "localhost");
    if (!has_group(c, group))
        group = vr_arena_printf(arena, "auth-%s-default", service);
    if (!has_group(c, group))
        return true;
    const char *credentials = value_of(c, group, "credentials");
    if (!credentials)
        return vr_fail(err, VIR_ERR_CONF_SYNTAX, "Missing item 'credentials' in group '%s' in '%s'", group, c->path);
    const char *there = vr_arena_printf(arena, "credentials-%s", credentials);
    if (!has_group(c, there))
        return vr_fail(err, VIR_ERR_CONF_SYNTAX, "Missing group 'credentials-%s' referenced from group '%s' in '%s'",
                       credentials, group, c->path);
    *out = value_of(c, there, name);
    return true;
}
