/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt.conf: uri_default = "..." and uri_aliases = [ "name=uri", ... ]. The daemon's reader of configuration files
 * is not in the library; two keys do not need it.
 */
#define VR_ERROR_DOMAIN VIR_FROM_CONF
#include "client_conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/paths.h"
#include "base/str.h"

#define CONF_MAX (1024 * 1024)
#define ALIASES_MAX 1024

struct conf {
    const char *path, *at;
    int line;
    const char *uri_default;
    const char *aliases[ALIASES_MAX];
    size_t alias_count;
};

static bool wrong(struct conf *c, const char *what, struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_CONF_SYNTAX, "%s:%d: %s", c->path, c->line, what);
}

static void blanks(struct conf *c)
{
    for (;; c->at++) {
        if (*c->at == '#')
            c->at += strcspn(c->at, "\n");
        if (*c->at == '\n')
            c->line++;
        else if (*c->at == '\0' || !strchr(" \t\r", *c->at))
            return;
    }
}

static bool text(struct conf *c, struct vr_arena *arena, const char **out, struct vr_error **err)
{
    char quote = *c->at;
    if (quote != '"' && quote != '\'')
        return wrong(c, "expecting a value", err);
    const char *end = strchr(c->at + 1, quote);
    if (!end || memchr(c->at, '\n', (size_t)(end - c->at)))
        return wrong(c, "unterminated string", err);
    *out = vr_arena_strndup(arena, c->at + 1, (size_t)(end - c->at - 1));
    c->at = end + 1;
    return true;
}

static bool list(struct conf *c, struct vr_arena *arena, bool keep, struct vr_error **err)
{
    for (c->at++;;) {
        blanks(c);
        if (*c->at == ']') {
            c->at++;
            return true;
        }
        const char *item;
        if (!text(c, arena, &item, err))
            return false;
        if (keep && c->alias_count < ALIASES_MAX)
            c->aliases[c->alias_count++] = item;
        blanks(c);
        if (*c->at == ',')
            c->at++;
        else if (*c->at != ']')
            return wrong(c, "expecting a separator in list", err);
    }
}

static bool parse(struct conf *c, struct vr_arena *arena, struct vr_error **err)
{
    for (blanks(c); *c->at; blanks(c)) {
        size_t len = strspn(c->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
        if (!len)
            return wrong(c, "expecting a name", err);
        const char *key = vr_arena_strndup(arena, c->at, len);
        c->at += len;
        blanks(c);
        if (*c->at++ != '=')
            return wrong(c, "expecting an assignment", err);
        blanks(c);
        const char *value = NULL;
        if (*c->at == '[') {
            if (!list(c, arena, vr_streq(key, "uri_aliases"), err))
                return false;
        } else if (*c->at == '"' || *c->at == '\'') {
            if (!text(c, arena, &value, err))
                return false;
        } else {
            c->at += strcspn(c->at, "\n"); /* a number of a key that is not for us */
        }
        if (value && vr_streq(key, "uri_default"))
            c->uri_default = value;
    }
    return true;
}

bool vr_client_conf_parse(struct vr_arena *arena, const char *path, const char *text_, struct vr_error **err)
{
    struct conf *c = vr_arena_alloc(arena, sizeof(*c));
    c->path = path;
    c->at = text_;
    c->line = 1;
    return parse(c, arena, err);
}

static const char *conf_path(struct vr_arena *arena, const char *file)
{
    if (geteuid() == 0) {
        vr_autofree char *path = vr_path("/etc/libvirt/%s", file);
        return vr_arena_strdup(arena, path);
    }
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && *config)
        return vr_arena_printf(arena, "%s/libvirt/%s", config, file);
    return home ? vr_arena_printf(arena, "%s/.config/libvirt/%s", home, file) : NULL;
}

static bool load(struct conf *c, struct vr_arena *arena, const char *file, struct vr_error **err)
{
    c->path = conf_path(arena, file);
    FILE *f = c->path ? fopen(c->path, "re") : NULL;
    if (!f)
        return !c->path || errno == ENOENT || errno == ENOTDIR || errno == EACCES ||
               vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "Failed to open file '%s'", c->path);
    char *all = vr_arena_alloc(arena, CONF_MAX + 1);
    size_t len = fread(all, 1, CONF_MAX, f);
    fclose(f);
    all[len] = '\0';
    c->at = all;
    c->line = 1;
    return parse(c, arena, err);
}

/* The environment's and the file's default, then the file's aliases. */
static bool choose_uri(struct vr_arena *arena, const char *file, const char *variable, const char **name, bool aliases,
                       struct vr_error **err)
{
    const char *from_env = getenv(variable);
    if (!*name && from_env && *from_env)
        *name = vr_arena_strdup(arena, from_env);
    if (*name && (!aliases || strpbrk(*name, ":/")))
        return true; /* what looks like a URI is no alias: the file need not be read */
    struct conf *c = vr_arena_alloc(arena, sizeof(*c));
    if (!load(c, arena, file, err))
        return false;
    if (!*name)
        *name = c->uri_default;
    for (size_t i = 0; *name && aliases && i < c->alias_count; i++) {
        const char *equals = strchr(c->aliases[i], '=');
        size_t len = equals ? (size_t)(equals - c->aliases[i]) : 0;
        if (!equals)
            return vr_fail(err, VIR_ERR_CONF_SYNTAX,
                           "Malformed 'uri_aliases' config entry '%s', expected 'alias=uri://host/path'",
                           c->aliases[i]);
        if (strlen(*name) == len && strncmp(*name, c->aliases[i], len) == 0) {
            *name = equals + 1;
            break;
        }
    }
    return true;
}

bool vr_client_conf_uri(struct vr_arena *arena, const char **name, bool aliases, struct vr_error **err)
{
    return choose_uri(arena, "libvirt.conf", "LIBVIRT_DEFAULT_URI", name, aliases, err);
}

bool vr_client_conf_admin_uri(struct vr_arena *arena, const char **name, bool aliases, struct vr_error **err)
{
    return choose_uri(arena, "libvirt-admin.conf", "LIBVIRT_ADMIN_DEFAULT_URI", name, aliases, err);
}
