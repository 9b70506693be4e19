/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may use a file, and when it was used. */
#define VR_ERROR_DOMAIN VIR_FROM_STORAGE
#include "tables.h"

#include <inttypes.h>
#include <string.h>

static bool mode_parse(struct vr_arena *arena, const char *text, void *field)
{
    uint64_t v;
    if (!vr_text_u64(text, 8, 0777, &v))
        return false;
    *(struct vr_ouint *)field = (struct vr_ouint){ true, (unsigned)v };
    return true;
}

static const char *mode_format(struct vr_arena *scratch, const void *field)
{
    const struct vr_ouint *m = field;
    return m->set ? vr_arena_printf(scratch, "0%o", m->v) : NULL;
}

static bool ouint_equal(const void *a, const void *b)
{
    const struct vr_ouint *x = a, *y = b;
    return x->set == y->set && (!x->set || x->v == y->v);
}

static void mode_random(struct vr_arena *arena, uint64_t *seed, void *field)
{
    *(struct vr_ouint *)field = (struct vr_ouint){ true, (unsigned)(*seed & 0777) };
}
static const struct vr_codec_ops mode_codec = { mode_parse, mode_format, NULL, ouint_equal, mode_random };

/* Numbers of users: -1, also written as the highest one, is nobody in particular. */
static bool owner_parse(struct vr_arena *arena, const char *text, void *field)
{
    int64_t v;
    if (!vr_text_i64(text, 10, -1, UINT32_MAX, &v))
        return false;
    *(struct vr_ouint *)field = (struct vr_ouint){ v != -1 && v != UINT32_MAX, (unsigned)v };
    return true;
}

static const char *owner_format(struct vr_arena *scratch, const void *field)
{
    const struct vr_ouint *o = field;
    return o->set ? vr_arena_printf(scratch, "%u", o->v) : NULL;
}

static void owner_random(struct vr_arena *arena, uint64_t *seed, void *field)
{
    *(struct vr_ouint *)field = (struct vr_ouint){ true, (unsigned)(*seed % UINT32_MAX) };
}
static const struct vr_codec_ops owner_codec = { owner_parse, owner_format, NULL, ouint_equal, owner_random };

#define P struct vr_permissions
const struct vr_row vr_permissions_rows[] = {
    VR_T_CODEC(P, mode, "mode", mode_codec, .bad = "malformed octal mode", .type = "octalMode"),
    VR_T_CODEC(P, owner, "owner", owner_codec, .bad = "malformed owner element", .type = "userId"),
    VR_T_CODEC(P, group, "group", owner_codec, .bad = "malformed group element", .type = "userId"),
    VR_T_STR(P, label, "label", .unless_empty = true),
    VR_END,
};

static bool time_parse(struct vr_arena *arena, const char *text, void *field)
{
    struct vr_timestamp *t = field;
    const char *dot = strchr(text, '.');
    uint64_t s, ns = 0;
    if (dot && (strlen(dot + 1) != 9 || !vr_text_u64(dot + 1, 10, 999999999, &ns)))
        return false;
    const char *whole = dot ? vr_arena_strndup(arena, text, (size_t)(dot - text)) : text;
    if (!vr_text_u64(whole, 10, INT64_MAX, &s))
        return false;
    *t = (struct vr_timestamp){ true, { .tv_sec = (time_t)s, .tv_nsec = (long)ns } };
    return true;
}

static const char *time_format(struct vr_arena *scratch, const void *field)
{
    const struct vr_timestamp *t = field;
    if (!t->set)
        return NULL;
    if (!t->at.tv_nsec)
        return vr_arena_printf(scratch, "%" PRId64, (int64_t)t->at.tv_sec);
    return vr_arena_printf(scratch, "%" PRId64 ".%09ld", (int64_t)t->at.tv_sec, t->at.tv_nsec);
}

static bool time_equal(const void *a, const void *b)
{
    const struct vr_timestamp *x = a, *y = b;
    return x->set == y->set && (!x->set || (x->at.tv_sec == y->at.tv_sec && x->at.tv_nsec == y->at.tv_nsec));
}

static void time_random(struct vr_arena *arena, uint64_t *seed, void *field)
{
    struct vr_timestamp *t = field;
    t->set = true;
    t->at.tv_sec = (time_t)(*seed >> 2);
    t->at.tv_nsec = (long)(*seed % 1000000000);
}
static const struct vr_codec_ops time_codec = { time_parse, time_format, NULL, time_equal, time_random };

#define T struct vr_timestamps
#define TIME(m) VR_T_CODEC(T, m, #m, time_codec, .format_only = true, .type = "timestamp")
const struct vr_row vr_timestamps_rows[] = { TIME(atime), TIME(mtime), TIME(ctime), TIME(btime), VR_END };
