/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists, sets of numbers, MAC addresses; the names of enumerations that no single element owns. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "model/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model/codec.h"
#include "schema/schema.h"

VR_ENUM_NAMES(vr_address_type, VR_ADDRESS_TYPES)

void vr_list_add(struct vr_arena *arena, struct vr_list *list, void *item)
{
    vr_ptr_list_add(arena, (struct vr_ptr_list *)(void *)list, item);
}

void vr_list_insert(struct vr_arena *arena, struct vr_list *list, size_t at, void *item)
{
    vr_list_add(arena, list, item);
    if (at >= list->n - 1)
        return;
    memmove(list->v + at + 1, list->v + at, (list->n - 1 - at) * sizeof(*list->v));
    list->v[at] = item;
}

void vr_list_remove(struct vr_list *list, size_t at)
{
    if (at >= list->n)
        return;
    memmove(list->v + at, list->v + at + 1, (list->n - at - 1) * sizeof(*list->v));
    list->n--;
}

/* ---- sets of numbers --------------------------------------------------------------------------------------------- */

static struct vr_cpuset *set_new(struct vr_arena *arena, size_t words)
{
    struct vr_cpuset *s = vr_arena_alloc(arena, sizeof(*s) + words * sizeof(s->bits[0]));
    s->words = words;
    return s;
}

static bool number(const char **p, unsigned *out)
{
    unsigned v = 0;
    if (**p < '0' || **p > '9')
        return false;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        v = v * 10 + (unsigned)(**p - '0');
        if (v >= VR_CPUSET_MAX)
            return false;
    }
    *out = v;
    return true;
}

/* "0-3,^2,8": ranges in order, ^N takes one back; blanks around items. */
bool vr_cpuset_parse(struct vr_arena *arena, const char *text, struct vr_cpuset **out)
{
    uint64_t bits[VR_CPUSET_MAX / 64] = { 0 };
    const char *p = text;
    size_t top = 0;
    for (;;) {
        p += strspn(p, " \t\n");
        bool not = *p == '^';
        if (not)
            p++;
        unsigned from, to;
        if (!number(&p, &from))
            return false;
        to = from;
        p += strspn(p, " \t\n");
        if (*p == '-') {
            p++;
            p += strspn(p, " \t\n");
            if (not || !number(&p, &to) || to < from)
                return false;
            p += strspn(p, " \t\n");
        }
        for (unsigned i = from; i <= to; i++) {
            if (not)
                bits[i / 64] &= ~(1ull << i % 64);
            else
                bits[i / 64] |= 1ull << i % 64;
        }
        if (to / 64 + 1 > top)
            top = to / 64 + 1;
        if (!*p)
            break;
        if (*p++ != ',')
            return false;
    }
    struct vr_cpuset *s = set_new(arena, top);
    memcpy(s->bits, bits, top * sizeof(bits[0]));
    *out = s;
    return true;
}

bool vr_cpuset_has(const struct vr_cpuset *set, unsigned cpu)
{
    return set && cpu / 64 < set->words && (set->bits[cpu / 64] >> cpu % 64 & 1);
}

size_t vr_cpuset_count(const struct vr_cpuset *set)
{
    size_t n = 0;
    for (size_t i = 0; set && i < set->words; i++)
        n += (size_t)__builtin_popcountll(set->bits[i]);
    return n;
}

int vr_cpuset_next(const struct vr_cpuset *set, unsigned from)
{
    for (unsigned i = from; set && i < set->words * 64; i++)
        if (vr_cpuset_has(set, i))
            return (int)i;
    return -1;
}

bool vr_cpuset_equal(const struct vr_cpuset *a, const struct vr_cpuset *b)
{
    if (!a || !b)
        return a == b;
    size_t most = a->words > b->words ? a->words : b->words;
    for (size_t i = 0; i < most; i++)
        if ((i < a->words ? a->bits[i] : 0) != (i < b->words ? b->bits[i] : 0))
            return false;
    return true;
}

char *vr_cpuset_format(struct vr_arena *arena, const struct vr_cpuset *set)
{
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    for (int from = vr_cpuset_next(set, 0); from >= 0;) {
        int to = from;
        while (vr_cpuset_has(set, (unsigned)to + 1))
            to++;
        vr_buf_printf(&out, to > from ? "%s%d-%d" : "%s%d", out.len ? "," : "", from, to);
        from = vr_cpuset_next(set, (unsigned)to + 1);
    }
    return vr_arena_strdup(arena, out.data ? out.data : "");
}

static bool codec_set_parse(struct vr_arena *arena, const char *text, void *field)
{
    return vr_cpuset_parse(arena, text, field);
}

static const char *codec_set_format(struct vr_arena *scratch, const void *field)
{
    const struct vr_cpuset *s = *(struct vr_cpuset *const *)field;
    return s ? vr_cpuset_format(scratch, s) : NULL;
}

static void codec_set_copy(struct vr_arena *arena, void *field)
{
    struct vr_cpuset **s = field;
    if (*s)
        *s = vr_arena_memdup(arena, *s, sizeof(**s) + (*s)->words * sizeof((*s)->bits[0]));
}

static bool codec_set_equal(const void *a, const void *b)
{
    return vr_cpuset_equal(*(struct vr_cpuset *const *)a, *(struct vr_cpuset *const *)b);
}

static void codec_set_random(struct vr_arena *arena, uint64_t *seed, void *field)
{
    struct vr_cpuset *s = set_new(arena, 2);
    s->bits[0] = *seed | 1;
    s->bits[1] = *seed >> 7;
    *(struct vr_cpuset **)field = s;
}

const struct vr_codec_ops vr_cpuset_codec = { codec_set_parse, codec_set_format, codec_set_copy, codec_set_equal,
                                              codec_set_random, .type = "cpuset" };

/* ---- MAC addresses: struct vr_mac_field -------------------------------------------------------------------------- */

bool vr_mac_parse(const char *text, struct vr_mac *out)
{
    struct vr_mac mac;
    const char *p = text + strspn(text, " \t\n");
    for (int i = 0; i < 6; i++) {
        char *end;
        if (*p == '-' || *p == '+' || *p == ' ')
            return false;
        unsigned long v = strtoul(p, &end, 16);
        if (end == p || end - p > 2 || v > 255 || (i < 5 ? *end != ':' : *end != 0))
            return false;
        mac.b[i] = (unsigned char)v;
        p = end + 1;
    }
    *out = mac;
    return true;
}

const char *vr_mac_text(struct vr_arena *arena, const struct vr_mac *m)
{
    return vr_arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0], m->b[1], m->b[2], m->b[3], m->b[4],
                           m->b[5]);
}

/* The member is `bool has_mac; struct vr_mac mac;` seen as one: has first, the bytes right behind it. */
struct mac_field {
    bool has;
    struct vr_mac mac;
};

static bool codec_mac_parse(struct vr_arena *arena, const char *text, void *field)
{
    struct mac_field *f = field;
    return f->has = vr_mac_parse(text, &f->mac);
}

static const char *codec_mac_format(struct vr_arena *scratch, const void *field)
{
    const struct mac_field *f = field;
    return f->has ? vr_mac_text(scratch, &f->mac) : NULL;
}

static bool codec_mac_equal(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct mac_field)) == 0;
}

static void codec_mac_random(struct vr_arena *arena, uint64_t *seed, void *field)
{
    struct mac_field *f = field;
    *f = (struct mac_field){ .has = true, .mac.b = { 0x52, 0x54, 0, 1, 2, (unsigned char)*seed } };
}

const struct vr_codec_ops vr_mac_codec = { codec_mac_parse, codec_mac_format, NULL, codec_mac_equal, codec_mac_random,
                                           .type = "macAddr" };
