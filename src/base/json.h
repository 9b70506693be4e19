/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * JSON values over json-c; json.c is the only file that includes it. Objects keep the order in which members were
 * added; 64-bit integers are exact. A value is owned by whoever made it until it is added to another.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cleanup.h"
#include "error.h"

struct vr_json;

enum vr_json_type { VR_JSON_NULL, VR_JSON_BOOL, VR_JSON_INT, VR_JSON_DOUBLE, VR_JSON_STRING, VR_JSON_ARRAY, VR_JSON_OBJECT };

/** Whole text; depth at most 64. NULL and INTERNAL_ERROR "cannot parse json ..." for anything else. */
struct vr_json *vr_json_parse(const char *text, size_t len, struct vr_error **err);
void vr_json_free(struct vr_json *v);
VR_DEFINE_AUTO(vr_json)
struct vr_json *vr_json_ref(struct vr_json *v);
/** A deep copy, owned by the caller. */
struct vr_json *vr_json_copy(const struct vr_json *v);
/** malloc'd, without blanks. */
char *vr_json_print(const struct vr_json *v);
char *vr_json_print_pretty(const struct vr_json *v);

/* making */
struct vr_json *vr_json_object(void);
struct vr_json *vr_json_array(void);
struct vr_json *vr_json_str(const char *text);
struct vr_json *vr_json_int(int64_t v);
struct vr_json *vr_json_uint(uint64_t v);
struct vr_json *vr_json_bool(bool v);
struct vr_json *vr_json_double(double v);
struct vr_json *vr_json_null(void);
/** Object member; `v` changes owner. Returns `obj`. */
struct vr_json *vr_json_add(struct vr_json *obj, const char *key, struct vr_json *v);
struct vr_json *vr_json_add_str(struct vr_json *obj, const char *key, const char *text);  /* NULL text: not added */
struct vr_json *vr_json_add_strf(struct vr_json *obj, const char *key, const char *fmt, ...) VR_PRINTF(3, 4);
struct vr_json *vr_json_add_int(struct vr_json *obj, const char *key, int64_t v);
struct vr_json *vr_json_add_uint(struct vr_json *obj, const char *key, uint64_t v);
struct vr_json *vr_json_add_bool(struct vr_json *obj, const char *key, bool v);
/** Array element; `v` changes owner. Returns `array`. */
struct vr_json *vr_json_append(struct vr_json *array, struct vr_json *v);
bool vr_json_remove(struct vr_json *obj, const char *key);

/* reading: borrowed, NULL or false for a missing member or another type; all take a NULL value */
enum vr_json_type vr_json_type_of(const struct vr_json *v);
struct vr_json *vr_json_get(const struct vr_json *obj, const char *key);
struct vr_json *vr_json_get_object(const struct vr_json *obj, const char *key);
struct vr_json *vr_json_get_array(const struct vr_json *obj, const char *key);
const char *vr_json_get_str(const struct vr_json *obj, const char *key);
bool vr_json_get_int(const struct vr_json *obj, const char *key, int64_t *out);
bool vr_json_get_uint(const struct vr_json *obj, const char *key, uint64_t *out);
bool vr_json_get_bool(const struct vr_json *obj, const char *key, bool *out);
const char *vr_json_as_str(const struct vr_json *v);
bool vr_json_as_int(const struct vr_json *v, int64_t *out);
bool vr_json_as_uint(const struct vr_json *v, uint64_t *out);
bool vr_json_as_bool(const struct vr_json *v, bool *out);
bool vr_json_as_double(const struct vr_json *v, double *out);
size_t vr_json_len(const struct vr_json *array_or_object);
struct vr_json *vr_json_at(const struct vr_json *array, size_t i);
/** Iterates an object: start with *pos = 0; false at the end. */
bool vr_json_each(const struct vr_json *obj, size_t *pos, const char **key, struct vr_json **v);
