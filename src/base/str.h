/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Text from outside to bounded numbers, and small helpers on strings. None of these report: callers name the object. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Whole text in `base` (10, 16, or 0 for C prefixes), no sign, no blanks, at most `max`. */
bool vr_parse_u64(const char *text, int base, uint64_t max, uint64_t *out);
/** Whole text, optional leading '-', within min..max. */
bool vr_parse_i64(const char *text, int base, int64_t min, int64_t max, int64_t *out);
/** Decimal fraction with '.', whatever the locale. */
bool vr_parse_double(const char *text, double *out);

static inline bool vr_streq(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}
/** Equal, where NULL equals only NULL. */
bool vr_streq0(const char *a, const char *b);
bool vr_starts_with(const char *text, const char *prefix);
bool vr_ends_with(const char *text, const char *suffix);

/** Index of `text` in a NULL-terminated array of names, or -1. */
int vr_name_index(const char *const *names, const char *text);
/** The name nearest to `text` (edit distance, within a third of its length), or NULL: for "did you mean". */
const char *vr_name_nearest(const char *const *names, const char *text);

/** FNV-1a over bytes: for hash tables, not for secrets. */
uint64_t vr_hash_bytes(const void *data, size_t len);
