/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_CONF
/* Reading a configuration file into entries; conf_apply.c gives them meaning. */
#include "conf.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/paths.h"
#include "base/str.h"

struct reader {
    const char *at, *end;
    int line;
    const char *path;
};

static bool syntax(const struct reader *r, const char *what, struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_CONF_SYNTAX, "%s:%d: %s", r->path, r->line, what);
}

static bool more(const struct reader *r)
{
    return r->at < r->end;
}

static void skip_blanks(struct reader *r)
{
    while (more(r) && (*r->at == ' ' || *r->at == '\t'))
        r->at++;
}

static void skip_comment(struct reader *r)
{
    while (more(r) && *r->at != '\n' && *r->at != '\r')
        r->at++;
}

/* Blanks, line ends and comments. */
static void skip_space(struct reader *r)
{
    while (more(r)) {
        if (*r->at == '#') {
            skip_comment(r);
        } else if (*r->at == '\n') {
            r->line++;
            r->at++;
        } else if (*r->at == ' ' || *r->at == '\t' || *r->at == '\r') {
            r->at++;
        } else {
            return;
        }
    }
}

/* 'x' and "x" end on their line; """x""" may span lines. There are no escapes. */
static char *read_text(struct reader *r, struct vr_error **err)
{
    char quote = *r->at;
    bool triple = quote == '"' && r->end - r->at >= 3 && r->at[1] == '"' && r->at[2] == '"';
    r->at += triple ? 3 : 1;
    const char *start = r->at;
    while (more(r)) {
        if (triple && *r->at == '"' && r->end - r->at >= 3 && r->at[1] == '"' && r->at[2] == '"') {
            char *text = vr_strndup(start, (size_t)(r->at - start));
            r->at += 3;
            return text;
        }
        if (!triple && *r->at == quote)
            return vr_strndup(start, (size_t)(r->at++ - start));
        if (*r->at == '\n') {
            if (!triple)
                break;
            r->line++;
        }
        r->at++;
    }
    syntax(r, _("unterminated string"), err);
    return NULL;
}

static bool read_number(struct reader *r, int64_t *out, struct vr_error **err)
{
    char digits[32];
    size_t n = 0;
    while (more(r) && n < sizeof(digits) - 1 && (isdigit((unsigned char)*r->at) || (!n && strchr("-+", *r->at)))) {
        if (*r->at != '+')
            digits[n++] = *r->at;
        r->at++;
    }
    digits[n] = 0;
    if (!vr_parse_i64(digits, 10, INT64_MIN, INT64_MAX, out))
        return syntax(r, _("unterminated number"), err);
    return true;
}

static bool read_list(struct reader *r, struct vr_conf_entry *e, struct vr_error **err)
{
    size_t capacity = 0;
    r->at++;
    for (;;) {
        skip_space(r);
        if (more(r) && *r->at == ']')
            break;
        if (!more(r) || (*r->at != '"' && *r->at != '\''))
            return syntax(r, more(r) ? _("expecting a value") : _("list is not closed with ]"), err);
        if (e->list_count >= VR_CONF_LIST_MAX)
            return syntax(r, _("list is too long"), err);
        char *text = read_text(r, err);
        if (!text)
            return false;
        VR_GROW(e->list, e->list_count + 1, capacity);
        e->list[e->list_count++] = text;
        e->list[e->list_count] = NULL;
        skip_space(r);
        if (more(r) && *r->at == ',')
            r->at++;
        else if (!more(r) || *r->at != ']')
            return syntax(r, more(r) ? _("expecting a separator in list") : _("list is not closed with ]"), err);
    }
    r->at++;
    if (!e->list)
        e->list = vr_alloc(sizeof(*e->list));
    return true;
}

static bool read_value(struct reader *r, struct vr_conf_entry *e, struct vr_error **err)
{
    char c = more(r) ? *r->at : '\n';
    if (c == '"' || c == '\'') {
        e->kind = VR_CONF_IS_TEXT;
        e->text = read_text(r, err);
        return e->text != NULL;
    }
    if (c == '[') {
        e->kind = VR_CONF_IS_LIST;
        return read_list(r, e, err);
    }
    if (isdigit((unsigned char)c) || c == '-' || c == '+') {
        e->kind = VR_CONF_IS_NUMBER;
        return read_number(r, &e->number, err);
    }
    return syntax(r, _("expecting a value"), err);
}

static bool name_char(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_.-", c));
}

static bool read_entry(struct reader *r, struct vr_conf_entry *e, struct vr_error **err)
{
    const char *start = r->at;
    if (!isalpha((unsigned char)*start) && *start != '_')
        return syntax(r, _("expecting a name"), err);
    while (more(r) && name_char(*r->at))
        r->at++;
    e->key = vr_strndup(start, (size_t)(r->at - start));
    e->line = r->line;
    skip_blanks(r);
    if (!more(r) || *r->at != '=')
        return syntax(r, _("expecting an assignment"), err);
    r->at++;
    skip_blanks(r);
    if (!read_value(r, e, err))
        return false;
    skip_blanks(r);
    if (more(r) && *r->at == '#')
        skip_comment(r);
    if (more(r) && *r->at != '\n' && *r->at != '\r')
        return syntax(r, _("expecting a separator"), err);
    return true;
}

struct vr_conf *vr_conf_parse(const char *path, const char *text, size_t len, struct vr_error **err)
{
    VR_AUTO(vr_conf) *conf = vr_new(struct vr_conf);
    conf->path = vr_strdup(path);
    struct reader r = { .at = text, .end = text + len, .line = 1, .path = conf->path };
    if (len > VR_CONF_SIZE_MAX) {
        vr_fail(err, VIR_ERR_CONF_SYNTAX, _("%s: longer than %d bytes"), path, VR_CONF_SIZE_MAX);
        return NULL;
    }
    if (memchr(text, 0, len)) {
        vr_fail(err, VIR_ERR_CONF_SYNTAX, _("%s: not a text file"), path);
        return NULL;
    }
    for (skip_space(&r); more(&r); skip_space(&r)) {
        VR_GROW(conf->entries, conf->count, conf->capacity);
        struct vr_conf_entry *e = &conf->entries[conf->count++];
        *e = (struct vr_conf_entry){ 0 };
        if (!read_entry(&r, e, err))
            return NULL;
    }
    return vr_take(conf);
}

struct vr_conf *vr_conf_load(const char *path, bool missing_ok, struct vr_error **err)
{
    const char *shown = vr_path_shown(path);
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && missing_ok)
        return vr_conf_parse(shown, "", 0, err);
    if (fd < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to open file '%s'"), shown);
        return NULL;
    }
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    for (;;) {
        ssize_t n = read(fd, vr_buf_room(&text, 16384), 16384);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to read file '%s'"), shown);
            return NULL;
        }
        if (n == 0 || text.len > VR_CONF_SIZE_MAX)
            break;
        vr_buf_added(&text, (size_t)n);
    }
    return vr_conf_parse(shown, text.data ? text.data : "", text.len, err);
}

void vr_conf_free(struct vr_conf *conf)
{
    if (!conf)
        return;
    for (size_t i = 0; i < conf->count; i++) {
        struct vr_conf_entry *e = &conf->entries[i];
        free(e->key);
        free(e->text);
        for (size_t k = 0; k < e->list_count; k++)
            free(e->list[k]);
        free(e->list);
    }
    free(conf->entries);
    free(conf->path);
    free(conf);
}

const struct vr_conf_entry *vr_conf_get(const struct vr_conf *conf, const char *key)
{
    for (size_t i = conf->count; i-- > 0;)
        if (vr_streq(conf->entries[i].key, key))
            return &conf->entries[i];
    return NULL;
}
