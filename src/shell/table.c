/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables and lists of values, for people and as JSON from the same rows. */
#include "inside.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"

/* "Max memory:" -> "max_memory" */
static char *member_name(const char *label, const char *unit)
{
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    for (int part = 0; part < 2; part++) {
        const char *p = part ? unit : label;
        if (part && (!unit || !*unit))
            break;
        if (part)
            vr_buf_char(&out, '_');
        bool gap = false;
        for (; *p; p++) {
            char c = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
            if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
                if (gap && out.len)
                    vr_buf_char(&out, '_');
                gap = false;
                vr_buf_char(&out, c);
            } else if (c != '(' && c != ')') {
                gap = true;
            }
        }
    }
    return vr_buf_take(&out);
}

static void print_json(struct vr_cmd *cmd, const struct vr_json *v)
{
    vr_autofree char *text = vr_json_print_pretty(v);
    vr_print(cmd, "%s\n", text);
}

bool vr_json_wanted(const struct vr_cmd *cmd)
{
    return cmd->json;
}

void vr_json_value(struct vr_cmd *cmd, const char *member, const char *text)
{
    VR_AUTO(vr_json) *v = vr_json_object();
    vr_json_add_str(v, member, text ? text : "");
    print_json(cmd, v);
}

/* ---- table -------------------------------------------------------------------------------------------------------- */

struct vr_table {
    struct vr_cmd *cmd;
    size_t columns, rows, cap;
    bool *number;
    char **cells; /* (rows + 1) * columns, heads first */
    size_t *widths; /* of each cell, in columns of the terminal */
};

/* What can be shown of a text, and how wide it is: "\xNN" for what is not a printable character here. */
static char *shown(const char *text, size_t *width)
{
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    mbstate_t state = { 0 };
    size_t left = strlen(text);
    *width = 0;
    while (left) {
        wchar_t wc;
        size_t n = mbrtowc(&wc, text, left, &state);
        bool bad = n == (size_t)-1 || n == (size_t)-2 || n == 0;
        if (bad) {
            n = 1;
            memset(&state, 0, sizeof(state));
        }
        if (bad || !iswprint((wint_t)wc)) {
            for (size_t i = 0; i < n; i++)
                vr_buf_printf(&out, "\\x%02x", (unsigned char)text[i]);
            *width += 4 * n;
        } else {
            vr_buf_add(&out, text, n);
            int w = wcwidth(wc);
            *width += w > 0 ? (size_t)w : 0;
        }
        text += n;
        left -= n;
    }
    return vr_buf_take(&out);
}

void vr_table_row_array(struct vr_table *table, const char *const *cells)
{
    size_t n = table->columns;
    if ((table->rows + 1) * n > table->cap) {
        table->cap = table->cap ? table->cap * 2 : 16 * n;
        table->cells = vr_realloc(table->cells, table->cap, sizeof(*table->cells));
        table->widths = vr_realloc(table->widths, table->cap, sizeof(*table->widths));
    }
    for (size_t i = 0; i < n; i++) {
        const char *text = cells[i] ? cells[i] : "";
        size_t at = table->rows * n + i;
        if (table->cmd->json) {
            table->widths[at] = 0;
            table->cells[at] = vr_strdup(text);
        } else {
            table->cells[at] = shown(text, &table->widths[at]);
        }
    }
    table->rows++;
}

void vr_table_row(struct vr_table *table, ...)
{
    vr_autofree const char **cells = vr_alloc(table->columns * sizeof(*cells));
    va_list ap;
    va_start(ap, table);
    for (size_t i = 0; i < table->columns; i++)
        cells[i] = va_arg(ap, const char *);
    va_end(ap);
    vr_table_row_array(table, cells);
}

struct vr_table *vr_table_new(struct vr_cmd *cmd, const char *head, ...)
{
    const char *heads[32];
    bool number[32];
    size_t n = 0;
    va_list ap;
    va_start(ap, head);
    for (const char *h = head; h && n < VR_COUNT(heads); h = va_arg(ap, const char *)) {
        number[n] = *h == '#';
        heads[n++] = *h == '#' ? h + 1 : h;
    }
    va_end(ap);
    struct vr_table *table = vr_new(struct vr_table);
    table->cmd = cmd;
    table->columns = n;
    table->number = vr_memdup(number, n * sizeof(*number));
    vr_table_row_array(table, heads);
    return table;
}

static struct vr_json *cell_json(const struct vr_table *t, size_t row, size_t column)
{
    const char *text = t->cells[row * t->columns + column];
    int64_t v;
    if (!t->number[column])
        return vr_json_str(text);
    return vr_parse_i64(text, 10, INT64_MIN, INT64_MAX, &v) ? vr_json_int(v) : vr_json_null();
}

static void table_json(const struct vr_table *t)
{
    VR_AUTO(vr_json) *all = vr_json_array();
    for (size_t r = 1; r < t->rows; r++) {
        struct vr_json *object = vr_json_object();
        for (size_t c = 0; c < t->columns; c++) {
            vr_autofree char *name = member_name(t->cells[c], NULL);
            vr_json_add(object, name, cell_json(t, r, c));
        }
        vr_json_append(all, object);
    }
    print_json(t->cmd, all);
}

void vr_table_print(struct vr_table *t)
{
    if (t->cmd->json) {
        table_json(t);
        vr_table_free(t);
        return;
    }
    size_t first = t->cmd->sh->quiet ? 1 : 0, dashes = 0;
    vr_autofree size_t *widest = vr_alloc(t->columns * sizeof(*widest) + 1);
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    for (size_t c = 0; c < t->columns; c++) {
        for (size_t r = first; r < t->rows; r++) {
            if (t->widths[r * t->columns + c] > widest[c])
                widest[c] = t->widths[r * t->columns + c];
        }
        dashes += widest[c] + 3;
    }
    for (size_t r = first; r < t->rows; r++) {
        for (size_t c = 0; c < t->columns; c++) {
            size_t at = r * t->columns + c;
            vr_buf_printf(&out, " %s", t->cells[at]);
            if (c + 1 < t->columns)
                vr_buf_spaces(&out, widest[c] - t->widths[at] + 2);
        }
        vr_buf_char(&out, '\n');
        if (r == 0) {
            memset(vr_buf_room(&out, dashes), '-', dashes);
            vr_buf_added(&out, dashes);
            vr_buf_char(&out, '\n');
        }
    }
    if (out.len)
        fwrite(out.data, 1, out.len, stdout);
    vr_table_free(t);
}

void vr_table_free(struct vr_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->rows * table->columns; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table->widths);
    free(table->number);
    free(table);
}

/* ---- list of values ----------------------------------------------------------------------------------------------- */

struct vr_info {
    struct vr_cmd *cmd;
    const char *fmt;
    struct vr_json *root, *at[4]; /* at[depth]: where members go; borrowed from root */
    size_t depth;
};

struct vr_info *vr_info_new(struct vr_cmd *cmd, const char *fmt)
{
    struct vr_info *info = vr_new(struct vr_info);
    info->cmd = cmd;
    info->fmt = fmt;
    if (cmd->json)
        info->at[0] = info->root = vr_json_object();
    return info;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the command's own constant, with two %s */
static void info_line(struct vr_info *info, const char *label, const char *text)
{
    vr_print(info->cmd, info->fmt, label, text);
}
#pragma GCC diagnostic pop

static void member(struct vr_info *info, const char *label, const char *unit, struct vr_json *v)
{
    vr_autofree char *name = member_name(label, unit);
    vr_json_add(info->at[info->depth], name, v);
}

void vr_info_str(struct vr_info *info, const char *label, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    if (info->root)
        member(info, label, NULL, vr_json_str(text));
    else
        info_line(info, label, text);
}

void vr_info_uint(struct vr_info *info, const char *label, unsigned long long value, const char *unit)
{
    if (info->root) {
        member(info, label, unit, vr_json_uint(value));
        return;
    }
    vr_autofree char *text = vr_printf("%llu%s%s", value, unit ? " " : "", unit ? unit : "");
    info_line(info, label, text);
}

void vr_info_int(struct vr_info *info, const char *label, long long value, const char *unit)
{
    if (info->root) {
        member(info, label, unit, vr_json_int(value));
        return;
    }
    vr_autofree char *text = vr_printf("%lld%s%s", value, unit ? " " : "", unit ? unit : "");
    info_line(info, label, text);
}

double vr_pretty_size(unsigned long long bytes, const char **unit)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    size_t i = 0;
    double v = (double)bytes;
    while (v >= 1024.0 && i + 1 < VR_COUNT(units)) {
        v /= 1024.0;
        i++;
    }
    *unit = units[i];
    return v;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void vr_info_size(struct vr_info *info, const char *label, const char *fmt, unsigned long long bytes)
{
    if (info->root) {
        member(info, label, NULL, vr_json_uint(bytes));
        return;
    }
    const char *unit;
    double v = vr_pretty_size(bytes, &unit);
    vr_autofree char *text = vr_printf(fmt, v, unit);
    info_line(info, label, text);
}
#pragma GCC diagnostic pop

void vr_info_bool(struct vr_info *info, const char *label, bool value, const char *yes, const char *no)
{
    if (info->root)
        member(info, label, NULL, vr_json_bool(value));
    else
        info_line(info, label, value ? yes : no);
}

void vr_info_json(struct vr_info *info, const char *name, const char *text)
{
    if (info->root)
        vr_json_add_str(info->at[info->depth], name, text);
}

void vr_info_line(struct vr_info *info, const char *fmt, ...)
{
    if (info->root)
        return;
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    vr_print(info->cmd, "%s", text);
}

void vr_info_down(struct vr_info *info, const char *name)
{
    if (!info->root || info->depth + 1 >= VR_COUNT(info->at))
        return;
    struct vr_json *here = info->at[info->depth], *list = vr_json_get_array(here, name);
    if (!list)
        vr_json_add(here, name, list = vr_json_array());
    struct vr_json *object = vr_json_object();
    vr_json_append(list, object);
    info->at[++info->depth] = object;
}

void vr_info_up(struct vr_info *info)
{
    if (info->root && info->depth)
        info->depth--;
}

void vr_info_done(struct vr_info *info)
{
    if (info->root)
        print_json(info->cmd, info->root);
    vr_info_free(info);
}

void vr_info_free(struct vr_info *info)
{
    if (!info)
        return;
    vr_json_free(info->root);
    free(info);
}
