/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"

#define JSON_DEPTH 64

static struct json_object *raw(const struct vr_json *v)
{
    return (struct json_object *)(uintptr_t)v;
}

/* json-c shows a JSON null as a NULL pointer; ours is a value of its own so that NULL can mean "not there". */
static int null_mark;
#define NULL_VALUE ((struct vr_json *)(void *)&null_mark)

static struct vr_json *own(struct json_object *o)
{
    return o ? (struct vr_json *)o : NULL_VALUE;
}

static struct json_object *give(struct vr_json *v)
{
    return v == NULL_VALUE ? NULL : raw(v);
}

struct vr_json *vr_json_parse(const char *text, size_t len, struct vr_error **err)
{
    if (len > INT_MAX) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot parse json: %zu bytes are too many"), len);
        return NULL;
    }
    struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH);
    if (!tok)
        abort();
    json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *o = json_tokener_parse_ex(tok, text, (int)len);
    enum json_tokener_error e = json_tokener_get_error(tok);
    if (e == json_tokener_continue) { /* a bare number at the end needs a terminator */
        o = json_tokener_parse_ex(tok, "", 1);
        e = json_tokener_get_error(tok);
    }
    size_t at = json_tokener_get_parse_end(tok);
    json_tokener_free(tok);
    if (e != json_tokener_success) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot parse json %.*s: %s at byte %zu"), len > 256 ? 256 : (int)len,
                text, json_tokener_error_desc(e), at);
        return NULL;
    }
    return own(o);
}

void vr_json_free(struct vr_json *v)
{
    if (v && v != NULL_VALUE)
        json_object_put(raw(v));
}

struct vr_json *vr_json_ref(struct vr_json *v)
{
    if (v && v != NULL_VALUE)
        json_object_get(raw(v));
    return v;
}

struct vr_json *vr_json_copy(const struct vr_json *v)
{
    if (!v || v == NULL_VALUE)
        return (struct vr_json *)(uintptr_t)v;
    struct json_object *copy = NULL;
    if (json_object_deep_copy(raw(v), &copy, NULL) < 0)
        abort();
    return own(copy);
}

char *vr_json_print(const struct vr_json *v)
{
    return vr_strdup(!v || v == NULL_VALUE
                         ? "null"
                         : json_object_to_json_string_ext(raw(v), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

char *vr_json_print_pretty(const struct vr_json *v)
{
    return vr_strdup(!v || v == NULL_VALUE
                         ? "null"
                         : json_object_to_json_string_ext(raw(v), JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                                      JSON_C_TO_STRING_NOSLASHESCAPE));
}

struct vr_json *vr_json_object(void)
{
    return own(json_object_new_object());
}
struct vr_json *vr_json_array(void)
{
    return own(json_object_new_array());
}
struct vr_json *vr_json_str(const char *text)
{
    return own(json_object_new_string(text));
}
struct vr_json *vr_json_int(int64_t v)
{
    return own(json_object_new_int64(v));
}
struct vr_json *vr_json_uint(uint64_t v)
{
    return own(json_object_new_uint64(v));
}
struct vr_json *vr_json_bool(bool v)
{
    return own(json_object_new_boolean(v));
}
struct vr_json *vr_json_double(double v)
{
    return own(json_object_new_double(v));
}
struct vr_json *vr_json_null(void)
{
    return NULL_VALUE;
}

struct vr_json *vr_json_add(struct vr_json *obj, const char *key, struct vr_json *v)
{
    json_object_object_add(raw(obj), key, give(v));
    return obj;
}

struct vr_json *vr_json_add_str(struct vr_json *obj, const char *key, const char *text)
{
    return text ? vr_json_add(obj, key, vr_json_str(text)) : obj;
}

struct vr_json *vr_json_add_strf(struct vr_json *obj, const char *key, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    return vr_json_add_str(obj, key, text);
}

struct vr_json *vr_json_add_int(struct vr_json *obj, const char *key, int64_t v)
{
    return vr_json_add(obj, key, vr_json_int(v));
}
struct vr_json *vr_json_add_uint(struct vr_json *obj, const char *key, uint64_t v)
{
    return vr_json_add(obj, key, vr_json_uint(v));
}
struct vr_json *vr_json_add_bool(struct vr_json *obj, const char *key, bool v)
{
    return vr_json_add(obj, key, vr_json_bool(v));
}

struct vr_json *vr_json_append(struct vr_json *array, struct vr_json *v)
{
    json_object_array_add(raw(array), give(v));
    return array;
}

bool vr_json_remove(struct vr_json *obj, const char *key)
{
    bool there = vr_json_get(obj, key) != NULL;
    if (there)
        json_object_object_del(raw(obj), key);
    return there;
}

enum vr_json_type vr_json_type_of(const struct vr_json *v)
{
    if (!v || v == NULL_VALUE)
        return VR_JSON_NULL;
    switch (json_object_get_type(raw(v))) {
    case json_type_boolean:
        return VR_JSON_BOOL;
    case json_type_int:
        return VR_JSON_INT;
    case json_type_double:
        return VR_JSON_DOUBLE;
    case json_type_string:
        return VR_JSON_STRING;
    case json_type_array:
        return VR_JSON_ARRAY;
    case json_type_object:
        return VR_JSON_OBJECT;
    case json_type_null:
        break;
    }
    return VR_JSON_NULL;
}

struct vr_json *vr_json_get(const struct vr_json *obj, const char *key)
{
    struct json_object *o;
    if (vr_json_type_of(obj) != VR_JSON_OBJECT || !json_object_object_get_ex(raw(obj), key, &o))
        return NULL;
    return own(o);
}

static struct vr_json *get_typed(const struct vr_json *obj, const char *key, enum vr_json_type type)
{
    struct vr_json *v = vr_json_get(obj, key);
    return v && vr_json_type_of(v) == type ? v : NULL;
}

struct vr_json *vr_json_get_object(const struct vr_json *obj, const char *key)
{
    return get_typed(obj, key, VR_JSON_OBJECT);
}
struct vr_json *vr_json_get_array(const struct vr_json *obj, const char *key)
{
    return get_typed(obj, key, VR_JSON_ARRAY);
}
const char *vr_json_get_str(const struct vr_json *obj, const char *key)
{
    return vr_json_as_str(vr_json_get(obj, key));
}
bool vr_json_get_int(const struct vr_json *obj, const char *key, int64_t *out)
{
    return vr_json_as_int(vr_json_get(obj, key), out);
}
bool vr_json_get_uint(const struct vr_json *obj, const char *key, uint64_t *out)
{
    return vr_json_as_uint(vr_json_get(obj, key), out);
}
bool vr_json_get_bool(const struct vr_json *obj, const char *key, bool *out)
{
    return vr_json_as_bool(vr_json_get(obj, key), out);
}

const char *vr_json_as_str(const struct vr_json *v)
{
    return vr_json_type_of(v) == VR_JSON_STRING ? json_object_get_string(raw(v)) : NULL;
}

bool vr_json_as_int(const struct vr_json *v, int64_t *out)
{
    if (vr_json_type_of(v) != VR_JSON_INT)
        return false;
    int64_t i = json_object_get_int64(raw(v));
    if (i == INT64_MAX && json_object_get_uint64(raw(v)) > INT64_MAX)
        return false;
    *out = i;
    return true;
}

bool vr_json_as_uint(const struct vr_json *v, uint64_t *out)
{
    if (vr_json_type_of(v) != VR_JSON_INT || json_object_get_int64(raw(v)) < 0)
        return false;
    *out = json_object_get_uint64(raw(v));
    return true;
}

bool vr_json_as_bool(const struct vr_json *v, bool *out)
{
    if (vr_json_type_of(v) != VR_JSON_BOOL)
        return false;
    *out = json_object_get_boolean(raw(v));
    return true;
}

bool vr_json_as_double(const struct vr_json *v, double *out)
{
    enum vr_json_type t = vr_json_type_of(v);
    if (t != VR_JSON_DOUBLE && t != VR_JSON_INT)
        return false;
    *out = json_object_get_double(raw(v));
    return true;
}

size_t vr_json_len(const struct vr_json *v)
{
    switch (vr_json_type_of(v)) {
    case VR_JSON_ARRAY:
        return json_object_array_length(raw(v));
    case VR_JSON_OBJECT:
        return (size_t)json_object_object_length(raw(v));
    default:
        return 0;
    }
}

struct vr_json *vr_json_at(const struct vr_json *array, size_t i)
{
    if (vr_json_type_of(array) != VR_JSON_ARRAY || i >= json_object_array_length(raw(array)))
        return NULL;
    return own(json_object_array_get_idx(raw(array), i));
}

bool vr_json_each(const struct vr_json *obj, size_t *pos, const char **key, struct vr_json **v)
{
    if (vr_json_type_of(obj) != VR_JSON_OBJECT)
        return false;
    size_t i = 0;
    for (const struct lh_entry *e = json_object_get_object(raw(obj))->head; e; e = e->next, i++)
        if (i == *pos) {
            *pos = i + 1;
            *key = e->k;
            *v = own((struct json_object *)(uintptr_t)e->v);
            return true;
        }
    return false;
}
