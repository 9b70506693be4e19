/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_CONF
#define VR_LOG_SOURCE "driver.conf"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "conf.h"

static const char *const type_names[] = {
    [VR_CONF_STRING] = "a string",
    [VR_CONF_BOOL] = "0 or 1",
    [VR_CONF_INT] = "an integer",
    [VR_CONF_LIST] = "a list of strings",
    [VR_CONF_STRING_OR_LIST] = "a string or a list of strings",
    [VR_CONF_INT_OR_STRING] = "an integer or a string",
};

static const struct vr_conf_key *find_key(const struct vr_conf_key *keys, const char *name)
{
    for (; keys->name; keys++)
        if (vr_streq(keys->name, name))
            return keys;
    return NULL;
}

static bool wrong(const struct vr_conf *conf, const struct vr_conf_entry *e, struct vr_error **err, const char *what)
{
    return vr_fail(err, VIR_ERR_CONF_SYNTAX, "%s:%d: %s: %s", conf->path, e->line, e->key, what);
}

static bool type_fits(const struct vr_conf_key *key, const struct vr_conf_entry *e)
{
    switch ((enum vr_conf_type)key->type) {
    case VR_CONF_STRING:
        return e->kind == VR_CONF_IS_TEXT;
    case VR_CONF_BOOL:
        return e->kind == VR_CONF_IS_NUMBER && (e->number == 0 || e->number == 1);
    case VR_CONF_INT:
        return e->kind == VR_CONF_IS_NUMBER;
    case VR_CONF_LIST:
        return e->kind == VR_CONF_IS_LIST;
    case VR_CONF_STRING_OR_LIST:
        return e->kind != VR_CONF_IS_NUMBER;
    case VR_CONF_INT_OR_STRING:
        return e->kind != VR_CONF_IS_LIST;
    }
    return false;
}

static void join_names(const char *const *names, char *out, size_t size)
{
    size_t at = 0;
    out[0] = 0;
    for (; *names && at < size; names++)
        at += (size_t)snprintf(out + at, size - at, "%s'%s'", at ? ", " : "", *names);
}

/* True when every text of the entry is among the names. */
static bool all_among(const char *const *names, const struct vr_conf_entry *e, const char **stranger)
{
    char number[24];
    if (e->kind == VR_CONF_IS_LIST) {
        for (size_t i = 0; i < e->list_count; i++)
            if (vr_name_index(names, e->list[i]) < 0) {
                *stranger = e->list[i];
                return false;
            }
        return true;
    }
    snprintf(number, sizeof(number), "%" PRId64, e->number);
    if (vr_name_index(names, e->kind == VR_CONF_IS_TEXT ? e->text : number) >= 0)
        return true;
    *stranger = e->kind == VR_CONF_IS_TEXT ? e->text : "number";
    return false;
}

static bool check_entry(const struct vr_conf *conf, const struct vr_conf_key *key, const struct vr_conf_entry *e,
                        struct vr_error **err)
{
    char text[512], names[300];
    const char *stranger = NULL;
    static const char *const none[] = { NULL };
    if (!type_fits(key, e)) {
        snprintf(text, sizeof(text), _("expected %s"), type_names[key->type]);
        return wrong(conf, e, err, text);
    }
    if (key->type == VR_CONF_INT && (key->min || key->max) && (e->number < key->min || e->number > key->max)) {
        snprintf(text, sizeof(text), _("%" PRId64 " is not within %" PRId64 "..%" PRId64), e->number, key->min, key->max);
        return wrong(conf, e, err, text);
    }
    if (key->values && !all_among(key->values, e, &stranger)) {
        join_names(key->values, names, sizeof(names));
        snprintf(text, sizeof(text), _("'%.80s' is not one of %s"), stranger, names);
        return wrong(conf, e, err, text);
    }
    if (key->effect != VR_CONF_PROTECTS || all_among(key->harmless ? key->harmless : none, e, &stranger))
        return true;
    wrong(conf, e, err, _("this build cannot do what is asked for here, and does not start without that protection"));
    if (key->harmless && key->harmless[0]) {
        join_names(key->harmless, names, sizeof(names));
        vr_error_suffix(err, _("; remove the line or set it to %s"), names);
    }
    return false;
}

static char **list_of(const struct vr_conf_entry *e)
{
    size_t n = e->kind == VR_CONF_IS_LIST ? e->list_count : 1;
    char **list = vr_alloc((n + 1) * sizeof(*list));
    for (size_t i = 0; i < n; i++)
        list[i] = vr_strdup(e->kind == VR_CONF_IS_LIST ? e->list[i] : e->text);
    return list;
}

static void free_value(const struct vr_conf_key *key, void *at)
{
    if (key->type == VR_CONF_STRING || key->type == VR_CONF_INT_OR_STRING) {
        free(*(char **)at);
        *(char **)at = NULL;
    } else if (key->type == VR_CONF_LIST || key->type == VR_CONF_STRING_OR_LIST) {
        for (char **member = *(char ***)at; member && *member; member++)
            free(*member);
        free(*(char ***)at);
        *(char ***)at = NULL;
    }
}

static void store(const struct vr_conf_key *key, const struct vr_conf_entry *e, void *out)
{
    void *at = (char *)out + key->offset;
    free_value(key, at);
    switch ((enum vr_conf_type)key->type) {
    case VR_CONF_STRING:
        *(char **)at = vr_strdup(e->text);
        break;
    case VR_CONF_BOOL:
        *(bool *)at = e->number != 0;
        break;
    case VR_CONF_INT:
        *(int64_t *)at = e->number;
        break;
    case VR_CONF_LIST:
    case VR_CONF_STRING_OR_LIST:
        *(char ***)at = list_of(e);
        break;
    case VR_CONF_INT_OR_STRING:
        *(char **)at = e->kind == VR_CONF_IS_TEXT ? vr_strdup(e->text) : vr_printf("%" PRId64, e->number);
        break;
    }
    if (key->line_offset)
        *(int *)((char *)out + key->line_offset) = e->line;
}

static void tell_unknown(const struct vr_conf *conf, const struct vr_conf_key *keys, const struct vr_conf_entry *e)
{
    const char *names[256];
    size_t n = 0;
    for (; keys->name && n < VR_COUNT(names) - 1; keys++)
        names[n++] = keys->name;
    names[n] = NULL;
    const char *near = vr_name_nearest(names, e->key);
    vr_warn("%s:%d: %s: there is no such key%s%s%s", conf->path, e->line, e->key, near ? "; did you mean '" : "",
            near ? near : "", near ? "'?" : "");
}

bool vr_conf_apply(const struct vr_conf *conf, const struct vr_conf_key *keys, void *out, struct vr_error **err)
{
    for (size_t i = 0; i < conf->count; i++) {
        const struct vr_conf_entry *e = &conf->entries[i];
        const struct vr_conf_key *key = find_key(keys, e->key);
        if (!key) {
            tell_unknown(conf, keys, e);
            continue;
        }
        if (!check_entry(conf, key, e, err))
            return false;
        if (key->effect == VR_CONF_WITHOUT_EFFECT)
            vr_warn("%s:%d: %s has no effect in this build", conf->path, e->line, e->key);
        store(key, e, out);
    }
    return true;
}

void vr_conf_release(const struct vr_conf_key *keys, void *out)
{
    for (; keys->name; keys++)
        free_value(keys, (char *)out + keys->offset);
}
