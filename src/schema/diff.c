/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing two structs of one table: each difference as path, old and new text. */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "schema.h"

#include "base/str.h"

struct differ {
    struct vr_arena *scratch;
    struct vr_format form; /* for row conditions and custom rows */
    vr_diff_fn fn;
    void *opaque;
    bool same, stopped;
};

static void report(struct differ *d, const char *path, const char *a, const char *b)
{
    d->same = false;
    if (!d->fn(path, a ? a : "", b ? b : "", d->opaque))
        d->stopped = true;
}

static void diff_rows(struct differ *d, const char *path, const struct vr_row *rows, const void *a, const void *b);

static const char *below(struct differ *d, const char *path, const struct vr_row *row)
{
    return vr_arena_printf(d->scratch, "%s/%s%s", path, row->at == VR_AT_ATTR ? "@" : "",
                           row->name ? row->name : "text()");
}

static void diff_list(struct differ *d, const char *path, const struct vr_row *row, const void *a, const void *b)
{
    const struct vr_ptr_list *x = a, *y = b;
    if (x->n != y->n) {
        report(d, vr_arena_printf(d->scratch, "count(%s)", path), vr_arena_printf(d->scratch, "%zu", x->n),
               vr_arena_printf(d->scratch, "%zu", y->n));
        return;
    }
    for (size_t i = 0; i < x->n && !d->stopped; i++) {
        const char *item = vr_arena_printf(d->scratch, "%s[%zu]", path, i + 1);
        if (row->kind == VR_K_LIST)
            diff_rows(d, item, vr_row_elem(row)->rows, x->v[i], y->v[i]);
        else if (!vr_streq0(x->v[i], y->v[i]))
            report(d, item, x->v[i], y->v[i]);
    }
}

static void diff_custom(struct differ *d, const char *path, const struct vr_custom_ops *ops, const void *a,
                        const void *b)
{
    vr_autobuf struct vr_buf x = VR_BUF_INIT;
    vr_autobuf struct vr_buf y = VR_BUF_INIT;
    for (int side = 0; side < 2; side++) {
        d->form.out = side ? &y : &x;
        if (ops->format_attrs)
            ops->format_attrs(&d->form, side ? b : a);
        if (ops->format)
            ops->format(&d->form, side ? b : a);
    }
    if (!vr_streq0(x.data ? x.data : "", y.data ? y.data : ""))
        report(d, path, x.data, y.data);
}

static void diff_rows(struct differ *d, const char *path, const struct vr_row *rows, const void *a, const void *b)
{
    for (const struct vr_row *row = rows; row->kind != VR_K_END && !d->stopped; row++) {
        const void *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;
        const struct vr_row_more *more = row->more;
        if (more->hidden || more->validate_only || more->by_child || (more->only && !(d->form.flags & more->only)) ||
            (d->form.flags & more->never) || (!vr_row_active(row, a) && !vr_row_active(row, b)))
            continue;
        switch ((enum vr_row_kind)row->kind) {
        case VR_K_GROUP: diff_rows(d, below(d, path, row), row->aux, x, y); break;
        case VR_K_INLINE: diff_rows(d, path, row->aux, x, y); break;
        case VR_K_CHILD:
        case VR_K_INLINE_PTR: {
            const void *p = *(void *const *)x, *q = *(void *const *)y;
            const char *where = row->kind == VR_K_CHILD ? below(d, path, row) : path;
            if (p && q)
                diff_rows(d, where, vr_row_elem(row)->rows, p, q);
            else if (p || q)
                report(d, where, p ? "present" : "", q ? "present" : "");
            break;
        }
        case VR_K_LIST:
        case VR_K_STRS: diff_list(d, below(d, path, row), row, x, y); break;
        case VR_K_CUSTOM: diff_custom(d, path, row->aux, a, b); break;
        case VR_K_RAW:
            if (!vr_streq0(*(const char *const *)x, *(const char *const *)y))
                report(d, below(d, path, row), *(const char *const *)x, *(const char *const *)y);
            break;
        default: {
            const char *s = vr_row_text(d->scratch, row, a), *t = vr_row_text(d->scratch, row, b);
            if (!vr_streq0(s, t))
                report(d, below(d, path, row), s, t);
        }
        }
    }
}

bool vr_elem_diff(const struct vr_xml_elem *elem, const void *a, const void *b, unsigned flags, vr_diff_fn fn,
                  void *opaque)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct differ d = { .scratch = scratch, .fn = fn, .opaque = opaque, .same = true };
    d.form = (struct vr_format){ .scratch = scratch, .flags = flags, .root = a };
    diff_rows(&d, vr_arena_printf(scratch, "/%s", elem->name), elem->rows, a, b);
    return d.same;
}
