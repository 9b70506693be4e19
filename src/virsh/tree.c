/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <stdlib.h>
#include "base/alloc.h"

/* Deeper than any bus or chain of snapshots; a daemon that sends more is not followed. */
#define DEPTH_MAX 1024

struct draw {
    struct vr_cmd *cmd;
    const struct vr_tree *tree;
    int *first, *next; /* children of each, in order; -1: none */
    struct vr_buf indent;
};

static void line(struct draw *d, const char *text)
{
    vr_print(d->cmd, "%s%s\n", d->indent.data ? d->indent.data : "", text);
}

/* Takes the last `n` characters of the indent away. */
static void outdent(struct draw *d, size_t n)
{
    d->indent.len -= n;
    d->indent.data[d->indent.len] = '\0';
}

static void node(struct draw *d, int index, bool is_root, bool is_last, int depth)
{
    vr_autofree char *name = vr_printf("%s%s", is_root ? "" : "+- ", d->tree->names[index]);
    line(d, name);
    if (depth >= DEPTH_MAX)
        return;
    if (!is_root)
        vr_buf_str(&d->indent, is_last ? "  " : "| ");
    int child = d->first[index];
    if (child >= 0)
        line(d, "  |");
    vr_buf_str(&d->indent, "  ");
    for (; child >= 0; child = d->next[child])
        node(d, child, false, d->next[child] < 0, depth + 1);
    outdent(d, 2);
    /* A line between the end of one branch and what follows. */
    if (d->first[index] < 0 && is_last)
        line(d, "");
    if (!is_root)
        outdent(d, 2);
}

void vr_tree_print(struct vr_cmd *cmd, const struct vr_tree *tree)
{
    struct draw d = { .cmd = cmd, .tree = tree };
    vr_autofree int *all = vr_alloc((3 * tree->n + 1) * sizeof(*all));
    d.first = all;
    d.next = all + tree->n;
    int *last = all + 2 * tree->n;
    for (size_t i = 0; i < tree->n; i++)
        d.first[i] = d.next[i] = last[i] = -1;
    for (size_t i = 0; i < tree->n; i++) {
        int parent = tree->parents[i];
        if (parent < 0 || (size_t)parent >= tree->n)
            continue;
        if (last[parent] >= 0)
            d.next[last[parent]] = (int)i;
        else
            d.first[parent] = (int)i;
        last[parent] = (int)i;
    }
    vr_buf_str(&d.indent, "");
    for (size_t i = 0; i < tree->n; i++)
        if (tree->parents[i] < 0)
            node(&d, (int)i, true, false, 0);
    vr_buf_done(&d.indent);
}
