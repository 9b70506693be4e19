/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single values: text to member and back, for every kind of row that holds one. */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "schema.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

struct oint { bool set; int v; };
struct ouint { bool set; unsigned v; };
struct ou64 { bool set; uint64_t v; };
struct oi64 { bool set; int64_t v; };

const struct vr_row_more vr_row_plain = { 0 };

const struct vr_xml_elem *vr_row_elem(const struct vr_row *row)
{
    return row->aux;
}

bool vr_text_i64(const char *text, int base, int64_t min, int64_t max, int64_t *out)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, base);
    if (errno || end == text || *end || v < min || v > max)
        return false;
    *out = v;
    return true;
}

bool vr_text_u64(const char *text, int base, uint64_t max, uint64_t *out)
{
    const char *p = text + strspn(text, " \t\r\n");
    if (*p == '-')
        return false;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(p, &end, base);
    if (errno || end == p || *end || v > max)
        return false;
    *out = v;
    return true;
}

uint64_t vr_unit_bytes(const char *unit, uint64_t default_unit)
{
    if (!unit || !*unit)
        return default_unit;
    if (!strcasecmp(unit, "b") || !strcasecmp(unit, "byte") || !strcasecmp(unit, "bytes"))
        return 1;
    unsigned base = 1024;
    if (unit[1] && !strcasecmp(unit + 1, "b"))
        base = 1000;
    else if (unit[1] && strcasecmp(unit + 1, "ib"))
        return 0;
    uint64_t scale = 1;
    static const char order[] = "kmgtpe";
    const char c = *unit >= 'A' && *unit <= 'Z' ? (char)(*unit + 32) : *unit;
    const char *at = strchr(order, c);
    if (!at)
        return 0;
    for (const char *p = order; p <= at; p++)
        scale *= base;
    return scale;
}

static bool read_size(const struct vr_row *row, const char *text, const char *unit, uint64_t *out, const char **why)
{
    uint64_t number, scale = row->more->scale ? row->more->scale : 1024;
    uint64_t bytes = vr_unit_bytes(unit, row->more->default_unit ? row->more->default_unit : 1024);
    if (!bytes)
        *why = VR_WHY_UNIT;
    if (!bytes || !vr_text_u64(text, 10, UINT64_MAX, &number))
        return false;
    if (number > UINT64_MAX / bytes) {
        *why = VR_WHY_OVERFLOW;
        return false;
    }
    number *= bytes;
    *out = number / scale + (number % scale != 0);
    return true;
}

static int radix(const struct vr_row *row)
{
    return row->more->radix == VR_RADIX_ANY ? 0 : row->more->radix ? row->more->radix : 10;
}

static bool in_range(const struct vr_row *row, uint64_t v, uint64_t type_max)
{
    return v >= row->more->min && v <= (row->more->max ? row->more->max : type_max);
}

static bool read_unsigned(const struct vr_row *row, const char *text, uint64_t type_max, uint64_t *out,
                          const char **why)
{
    *why = "Expected non-negative integer value";
    if (!vr_text_u64(text, radix(row), type_max, out) || (*out && !in_range(row, *out, type_max)))
        return false;
    if (row->more->nonzero && !*out) {
        *why = "Zero is not permitted";
        return false;
    }
    return true;
}

static bool read_signed(const struct vr_row *row, const char *text, int64_t lo, int64_t hi, int64_t *out,
                        const char **why)
{
    *why = "Expected integer value";
    if (!vr_text_i64(text, radix(row), lo, hi, out))
        return false;
    if ((row->more->max && *out > 0 && (uint64_t)*out > row->more->max)) {
        *why = NULL;
        return false;
    }
    return true;
}

static int word(const char *text, const char *yes, const char *no)
{
    return !strcmp(text, yes) ? 1 : !strcmp(text, no) ? 2 : 0;
}

static bool read_name(const struct vr_row *row, const char *text, void *m)
{
    int v = *text ? vr_name_index(row->aux, text) : -1;
    if (v < 0)
        return false;
    memcpy(m, &v, sizeof(v));
    return true;
}

bool vr_row_read(struct vr_arena *arena, const struct vr_row *row, const char *text, const char *unit, void *base,
                 const char **why)
{
    void *m = (char *)base + row->offset;
    uint64_t u = 0;
    int64_t i = 0;
    int w;
    *why = NULL;
    switch ((enum vr_row_kind)row->kind) {
    case VR_K_STR:
        if (row->more->words && vr_name_index(row->more->words, text) < 0)
            return false;
        *(const char **)m = vr_arena_strdup(arena, text);
        return true;
    case VR_K_ENUM: return read_name(row, text, m);
    case VR_K_YESNO:
    case VR_K_ONOFF:
        w = row->kind == VR_K_YESNO ? word(text, "yes", "no") : word(text, "on", "off");
        if (w)
            memcpy(m, &w, sizeof(w));
        return w != 0;
    case VR_K_BOOL:
        w = word(text, "yes", "no");
        *(bool *)m = w == 1;
        return w != 0;
    case VR_K_UINT:
        if (!read_unsigned(row, text, UINT_MAX, &u, why))
            return false;
        *(unsigned *)m = (unsigned)u;
        return true;
    case VR_K_OUINT:
        if (!read_unsigned(row, text, UINT_MAX, &u, why))
            return false;
        *(struct ouint *)m = (struct ouint){ true, (unsigned)u };
        return true;
    case VR_K_OINT:
        if (!read_signed(row, text, INT_MIN, INT_MAX, &i, why))
            return false;
        *(struct oint *)m = (struct oint){ true, (int)i };
        return true;
    case VR_K_U64:
        return read_unsigned(row, text, UINT64_MAX, (uint64_t *)m, why);
    case VR_K_OU64:
        if (!read_unsigned(row, text, UINT64_MAX, &u, why))
            return false;
        *(struct ou64 *)m = (struct ou64){ true, u };
        return true;
    case VR_K_OI64:
        if (!read_signed(row, text, INT64_MIN, INT64_MAX, &i, why))
            return false;
        *(struct oi64 *)m = (struct oi64){ true, i };
        return true;
    case VR_K_SIZE: return read_size(row, text, unit, m, why);
    case VR_K_OSIZE:
        if (!read_size(row, text, unit, &u, why))
            return false;
        *(struct ou64 *)m = (struct ou64){ true, u };
        return true;
    case VR_K_UUID:
        *why = "Expected UUID";
        if (!vr_uuid_parse(text, m))
            return false;
        *((bool *)base + row->more->has - 1) = true;
        return true;
    case VR_K_CODEC: return ((const struct vr_codec_ops *)row->aux)->parse(arena, text, m);
    default: return false;
    }
}

/* Documents are full of numbers, and printf takes as long as the rest of their lines. */
static const char *decimal(struct vr_arena *scratch, uint64_t v)
{
    char digits[20];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    char *text = vr_arena_alloc(scratch, n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = digits[n - 1 - i];
    return text;
}

static const char *unsigned_text(struct vr_arena *scratch, const struct vr_row *row, uint64_t v)
{
    if (!row->more->print)
        return decimal(scratch, v);
    /* print is "0x%04x" or the like: width and nothing else varies, so no foreign format reaches printf */
    const char *at = strchr(row->more->print, '%');
    int width = at && at[1] == '0' ? at[2] - '0' : 0;
    bool upper = vr_ends_with(row->more->print, "X");
    return vr_arena_printf(scratch, upper ? "%.*s%0*llX" : "%.*s%0*llx", (int)(at ? at - row->more->print : 0), row->more->print,
                           width,
                           (unsigned long long)v);
}

static const char *tri_text(int v, const char *yes, const char *no)
{
    return v == 1 ? yes : v == 2 ? no : NULL;
}

const char *vr_row_text(struct vr_arena *scratch, const struct vr_row *row, const void *base)
{
    const void *m = (const char *)base + row->offset;
    switch ((enum vr_row_kind)row->kind) {
    case VR_K_STR: return *(const char *const *)m;
    case VR_K_ENUM: {
        int v;
        memcpy(&v, m, sizeof(v));
        if (v == 0 || (row->more->unset && v == row->more->unset))
            return NULL;
        const char *const *names = row->aux;
        for (int k = 0; k < v; k++)
            if (!names[k])
                return NULL;
        return names[v];
    }
    case VR_K_YESNO:
    case VR_K_ONOFF: {
        int v = *(const int *)m;
        if (row->more->unset && v == row->more->unset)
            return NULL;
        return row->kind == VR_K_YESNO ? tri_text(v, "yes", "no") : tri_text(v, "on", "off");
    }
    case VR_K_BOOL:
    case VR_K_PRESENT: return *(const bool *)m ? "yes" : NULL;
    case VR_K_UINT: {
        unsigned v = *(const unsigned *)m;
        return (!v && !row->more->zero) || (row->more->unset && v == (unsigned)row->more->unset) ? NULL : unsigned_text(scratch, row, v);
    }
    case VR_K_U64: {
        uint64_t v = *(const uint64_t *)m;
        return !v && !row->more->zero ? NULL : unsigned_text(scratch, row, v);
    }
    case VR_K_OUINT: {
        const struct ouint *v = m;
        return v->set ? unsigned_text(scratch, row, v->v) : NULL;
    }
    case VR_K_OU64: {
        const struct ou64 *v = m;
        return v->set ? unsigned_text(scratch, row, v->v) : NULL;
    }
    case VR_K_OINT: {
        const struct oint *v = m;
        if (!v->set || (row->more->unset && v->v == row->more->unset))
            return NULL;
        if (row->more->print || v->v >= 0)
            return unsigned_text(scratch, row, (unsigned)v->v);
        return vr_arena_printf(scratch, "%d", v->v);
    }
    case VR_K_OI64: {
        const struct oi64 *v = m;
        return v->set ? vr_arena_printf(scratch, "%lld", (long long)v->v) : NULL;
    }
    case VR_K_SIZE: {
        uint64_t v = *(const uint64_t *)m;
        return v || row->more->zero ? decimal(scratch, v) : NULL;
    }
    case VR_K_OSIZE: {
        const struct ou64 *v = m;
        return v->set ? decimal(scratch, v->v) : NULL;
    }
    case VR_K_UUID: {
        if (!*((const bool *)base + row->more->has - 1))
            return NULL;
        char *text = vr_arena_alloc(scratch, VR_UUID_TEXT);
        return vr_uuid_format(m, text);
    }
    case VR_K_CODEC: return ((const struct vr_codec_ops *)row->aux)->format(scratch, m);
    default: return NULL;
    }
}

void vr_ptr_list_add(struct vr_arena *arena, struct vr_ptr_list *list, void *item)
{
    /* Room is 4, then every power of two: no capacity is stored, and a list that shrank only wastes some. */
    if (list->n == 0 || (list->n >= 4 && !(list->n & (list->n - 1)))) {
        size_t cap = list->n ? list->n * 2 : 4;
        void **grown = vr_arena_alloc(arena, cap * sizeof(*grown));
        if (list->n)
            memcpy(grown, list->v, list->n * sizeof(*grown));
        list->v = grown;
    }
    list->v[list->n++] = item;
}
