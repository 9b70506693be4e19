/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "str.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include "alloc.h"

bool vr_parse_u64(const char *text, int base, uint64_t max, uint64_t *out)
{
    if (!text || !isxdigit((unsigned char)text[0]))
        return false;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, base);
    if (errno || *end || v > max)
        return false;
    *out = v;
    return true;
}

bool vr_parse_i64(const char *text, int base, int64_t min, int64_t max, int64_t *out)
{
    if (!text || !(isxdigit((unsigned char)text[0]) || (text[0] == '-' && isxdigit((unsigned char)text[1]))))
        return false;
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, base);
    if (errno || *end || v < min || v > max)
        return false;
    *out = v;
    return true;
}

bool vr_parse_double(const char *text, double *out)
{
    static locale_t c_locale;
    if (!c_locale)
        c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!text || !(isdigit((unsigned char)text[0]) || text[0] == '-'))
        return false;
    char *end;
    errno = 0;
    double v = strtod_l(text, &end, c_locale);
    if (errno || *end)
        return false;
    *out = v;
    return true;
}

bool vr_streq0(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool vr_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool vr_ends_with(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && strcmp(text + n - m, suffix) == 0;
}

int vr_name_index(const char *const *names, const char *text)
{
    for (int i = 0; names[i]; i++)
        if (vr_streq(names[i], text))
            return i;
    return -1;
}

/* Levenshtein with one row; names are short, longer ones are cut. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strnlen(a, 64), m = strnlen(b, 64), row[65];
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t up = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            if (up + 1 < best)
                best = up + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = up;
            row[j] = best;
        }
    }
    return row[m];
}

const char *vr_name_nearest(const char *const *names, const char *text)
{
    const char *best = NULL;
    size_t best_distance = strnlen(text, 64) / 3 + 1;
    for (int i = 0; names[i]; i++) {
        size_t d = distance(names[i], text);
        if (d <= best_distance && (!best || d < best_distance)) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}

uint64_t vr_hash_bytes(const void *data, size_t len)
{
    const unsigned char *p = data;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}
