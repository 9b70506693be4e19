/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What may stand where, from the tables: the view that strict validation, published schemas and reference pages share.
 * Several rows may describe one attribute or element (a <source> for each type of disk); a shape gathers them by name.
 */
#include "schema.h"

struct vr_shape_attr {
    const char *name;
    const struct vr_row **rows; /* what its value may be: any of them; none: any text */
    size_t n_rows;
    bool required; /* whichever of the shape's tables counts */
    size_t demanded, demanded_by; /* while a shape is made */
};
struct vr_shape_child {
    const char *name, *ns, *prefix;
    const struct vr_row **rows; /* that describe it */
    size_t n_rows;
    bool many, required;
    size_t demanded, demanded_by;
};
struct vr_shape {
    struct vr_shape_attr *attrs;
    size_t n_attrs;
    struct vr_shape_child *children;
    size_t n_children;
    const struct vr_row **text; /* rows of its own text; none: no text */
    size_t n_text;
    bool free_text;             /* some row takes any text */
    bool anything;              /* kept as it came: not described */
    struct vr_ptr_list key;     /* the tables it was made of */
    unsigned number;            /* in the order they were made, from 0 */
};

/** Shapes of one document family; they live in @arena and are made when asked for. */
struct vr_shapes {
    struct vr_arena *arena;
    struct vr_ptr_list made; /* struct vr_shape * */
    size_t table;            /* which of a shape's tables is being read, from 1 */
    unsigned conditional;    /* inside inlined tables that count only sometimes */
};
const struct vr_shape *vr_shape_root(struct vr_shapes *s, const struct vr_xml_elem *elem);
const struct vr_shape *vr_shape_child(struct vr_shapes *s, const struct vr_shape_child *child);

/** The datatype of a row's value: its name, and the fixed words where there are any. */
struct vr_datatype {
    const char *name;
    const char *base;    /* XML Schema type, "string" */
    const char *pattern; /* the whole text must match; POSIX extended and XML Schema read it alike; NULL = none */
    bool has_range;
    int64_t min;
    uint64_t max;
    const char *samples[2]; /* for tests */
};
/** NULL: any text, or words. */
const struct vr_datatype *vr_row_datatype(const struct vr_row *row);
/** Words a value may be, without the "not said" at the front; NULL when it is not a list of words. */
const char *const *vr_row_words(const struct vr_row *row);
/** True when the row can read @text and its datatype accepts it. */
bool vr_row_accepts(struct vr_arena *scratch, const struct vr_row *row, const char *text);
const struct vr_datatype *vr_datatype_find(const char *name);
bool vr_datatype_accepts(const struct vr_datatype *type, const char *text);

/** The published schema (RELAX NG) of documents that @elem describes. */
void vr_schema_write(struct vr_buf *out, const struct vr_xml_elem *elem, const char *title);
/** A reference page (Markdown): every element and attribute with type, values, default and release. */
void vr_reference_write(struct vr_buf *out, const struct vr_xml_elem *elem, const char *title);

/* ---- for tests: does a second value of each row change the text? -------------------------------------------------- */
struct vr_second {
    struct vr_arena *arena;
    struct vr_ptr_list good; /* rows whose values showed */
};
/** Changes each value of @obj in turn; rows that showed are added to @s. The struct is as before afterwards, but for codecs. */
void vr_elem_second_values(struct vr_second *s, const struct vr_xml_elem *elem, void *obj, uint64_t seed);
bool vr_second_is_good(const struct vr_second *s, const struct vr_row *row);
/** Rows that never showed, each by one of its paths; only once, since they count as told then. */
void vr_second_each_bad(struct vr_second *s, const struct vr_xml_elem *elem,
                        void (*fn)(const char *path, void *opaque), void *opaque);
