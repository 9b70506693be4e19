/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * An XML element is a table of rows in output order; one interpreter parses, formats, copies, compares, validates,
 * makes random instances and schemas from it. A row is a name, a kind, a place (attribute, child's text, own text), the
 * offset of a struct member, limits and conditions. Rules that span rows are named functions beside the table.
 *
 *     static const struct vr_row driver_rows[] = {
 *         VR_A_STR(struct vr_disk, driver_name, "name"),
 *         VR_A_ENUM(struct vr_disk, cache, "cache", vr_disk_cache_names),
 *         VR_A_UINT(struct vr_disk, queues, "queues", .min = 1, .max = UINT16_MAX),
 *         VR_END,
 *     };
 *     VR_GROUP("driver", driver_rows)        in the parent's rows: an element without a struct of its own
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/uuid.h"
#include "form.h"
#include "xml.h"

/* ---- what kinds of values there are: each is what the struct member is ----------------------------------------- */
enum vr_row_kind {
    VR_K_END,
    VR_K_STR,      /* const char * */
    VR_K_ENUM,     /* int-sized enum; names[0] is "not said" */
    VR_K_YESNO,    /* int-sized: 0 unset, 1 yes, 2 no */
    VR_K_ONOFF,    /* the same with on, off */
    VR_K_BOOL,     /* bool; "yes" is true; false is not printed */
    VR_K_PRESENT,  /* bool: the element is there */
    VR_K_UINT,     /* unsigned; 0 = not said */
    VR_K_OUINT,    /* struct { bool set; unsigned v; } */
    VR_K_OINT,     /* struct { bool set; int v; } */
    VR_K_U64,      /* uint64_t; 0 = not said */
    VR_K_OU64,     /* struct { bool set; uint64_t v; } */
    VR_K_OI64,     /* struct { bool set; int64_t v; } */
    VR_K_SIZE,     /* uint64_t in units of .scale bytes, with an attribute unit= beside it; 0 = not said */
    VR_K_OSIZE,    /* the same as struct { bool set; uint64_t v; } */
    VR_K_UUID,     /* struct vr_uuid, with .has: the bool that tells it is there */
    VR_K_CODEC,    /* anything a struct vr_codec_ops reads and writes */
    VR_K_STRS,     /* list of const char *: one child element each */
    /* structure */
    VR_K_GROUP,    /* child element over (a part of) the same struct */
    VR_K_CHILD,    /* child element with a struct of its own behind a pointer */
    VR_K_LIST,     /* child elements, one struct each, in a list of pointers */
    VR_K_INLINE,   /* rows of another table on this very element */
    VR_K_INLINE_PTR, /* the same, over a struct behind a pointer, made when missing */
    VR_K_RAW,      /* the child element, kept as text */
    VR_K_CUSTOM,   /* a pair of functions; on the list of exceptions in tools/ with its reason */
};

/** Where a value stands. */
enum vr_place { VR_AT_ATTR, VR_AT_TEXT /* text of the child element `name` */, VR_AT_CONTENT /* own text */ };

#define VR_RADIX_ANY 255

struct vr_row;
struct vr_xml_elem;

/** What a running parse knows. Hooks and custom rows get it. */
struct vr_parse {
    struct vr_arena *arena;  /* where this struct's data goes */
    unsigned flags;          /* VR_FORM_* */
    int domain;              /* enum virErrorDomain of the document's own errors */
    void *root;              /* the document's struct */
    const char *about;       /* %N in the sentences of rows: what the document is about */
    void *opaque;
};

struct vr_format {
    struct vr_buf *out;
    struct vr_arena *scratch;
    unsigned flags;
    int indent;
    const void *root;
};

struct vr_codec_ops {
    /** Reads into `field`; false for bad text (the row's error is made by the caller). */
    bool (*parse)(struct vr_arena *arena, const char *text, void *field);
    /** NULL = not said. */
    const char *(*format)(struct vr_arena *scratch, const void *field);
    void (*copy)(struct vr_arena *arena, void *field); /* NULL: bytes are enough; `field` holds the original's bytes */
    bool (*equal)(const void *a, const void *b);
    void (*random)(struct vr_arena *arena, uint64_t *seed, void *field);
    const char *type; /* datatype of the published schema, unless the row names one; NULL = any text */
};

/** A custom row: names it covers stand in `names`, so that strict validation knows them. */
struct vr_custom_ops {
    const char *const *attrs;    /* NULL-terminated, or NULL */
    const struct vr_row *rows;   /* elements it covers, as rows for validation only, or NULL */
    bool (*parse)(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err);
    /** Adds attributes (attrs != NULL) or child elements to the element being written. */
    void (*format_attrs)(struct vr_format *f, const void *base);
    void (*format)(struct vr_format *f, const void *base);
};

/** What a row says beyond the usual. Most say nothing: those share vr_row_plain. */
struct vr_row_more {
    bool required;             /* missing is an error: stock's "Missing required attribute" or .missing */
    bool hidden;               /* neither read nor written: a member that only copies */
    bool first_only;           /* group: a second element of the name is not looked at, not even for its lists */
    bool present_always;       /* group: printed even when empty */
    bool never_short;          /* group: <a></a> in two lines rather than <a/> */
    bool airy;                 /* groups and lists: an empty line behind each element */
    bool keep_empty;           /* texts of child elements: "" is a value, too */
    bool if_has;               /* group: printed only when .has says so */
    bool zero;                 /* numbers without `set`: 0 is printed too */
    bool nonzero;              /* reading 0 is an error */
    bool lenient;              /* a value that cannot be read counts as not said */
    bool validate_only;        /* known to --validate, otherwise ignored as stock does */
    bool not_inactive_parse;   /* ignored when a definition (not a status) is read */
    bool by_child;             /* ENUM: the value is the name of the first child that has one of the names; not written */
    bool by_own_attr;          /* STRS: the value stands in attribute `attr` of each child */
    bool many;                 /* groups and values: more than one may stand there, the first counts */
    bool unless_empty;         /* attributes: "" counts as not said, as the empty text of an element always does */
    bool format_only;          /* printed, not read: another row of this name reads it, or only we know it */
    bool read_only;            /* read, not printed: what only counts when an object is made */
    uint8_t radix;             /* numbers: 0 = decimal, 16, or VR_RADIX_ANY for decimal, 0x.. and 0.. */
    const char *attr;          /* STRS: attribute name; SIZE: name of the unit attribute, default "unit" */
    const char *wrap;          /* LIST: the element around the list ("features" around "feature") */
    const char *ns, *prefix;   /* of the element: NULL = none */
    const char *print;         /* numbers: printf form, "0x%04x"; NULL = decimal */
    uint64_t min, max;         /* of what was read; max 0 = the type's */
    int64_t unset;             /* enums and numbers: this value is not printed (0 unless said) */
    uint32_t scale;            /* SIZE: bytes per unit of the member, default 1024 */
    uint32_t default_unit;     /* SIZE: bytes per unit when no unit is written, default 1024 */
    const char *show_unit;     /* SIZE: printed unit, default "KiB" */
    uint32_t has;              /* offset + 1 of a bool that tells presence (UUID, GROUP, LIST, RAW) */
    uint32_t sel;              /* offset + 1 of an int-sized discriminator; the row counts when bit `of` has its value */
    uint64_t of;
    unsigned only, never;      /* printed only in / never in these forms */
    bool (*when)(const void *base, const struct vr_format *f); /* printed when; NULL = always */
    bool (*reads)(const void *base);                           /* read when; NULL = always */
    /* errors: NULL = stock's common wording. %s is the value, %N what the document is about (struct vr_parse). */
    const char *bad, *missing;
    int bad_code, missing_code, bad_domain; /* domain 0: the document's */
    const char *const *names;  /* LIST: items of all these names, in one order; NULL = `name` alone */
    uint32_t kind_at;          /* LIST with names: offset + 1 of the item's int-sized enum that tells which (from 1) */
    const char *const *words;  /* strings: the only values, NULL-terminated */
    const char *type;          /* strings and codecs: datatype of the published schema; NULL = any text */
    const char *since;         /* release that brought it, when after 9.0.0 */
    /** Groups and inlined parts: called after their rows were read. */
    bool (*after)(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err);
};
extern const struct vr_row_more vr_row_plain;

/*
 * Kept small: there are thousands, and each pointer in a table is a word that the loader writes, so a page that the
 * process does not share. What has no pointer (limits, flags) stays in read-only pages.
 */
struct vr_row {
    const char *name;
    const void *aux;           /* names, codec, element or rows */
    const struct vr_row_more *more; /* never NULL, but in VR_END */
    uint32_t offset;
    uint8_t kind, at;
};

/** An element with a struct. */
struct vr_xml_elem {
    const char *name;
    size_t size;
    const struct vr_row *rows;
    bool own_arena;    /* the struct's first member is its struct vr_arena * */
    bool never_short;  /* <a></a> in two lines rather than <a/> */
    bool airy;         /* an empty line behind the start tag */
    int error_domain;  /* VR_DOMAIN(d) of errors inside; 0: the document's */
    bool (*before_parse)(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err);
    bool (*after_parse)(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err);
    bool (*skip_format)(const void *obj, const struct vr_format *f); /* the whole element is not printed */
    bool (*skip_parse)(const struct vr_xml_node *node);              /* the whole element counts as absent */
    /** Lists and vr_elem_format: what is printed instead of obj in this form, made in f->scratch; or obj itself. */
    const void *(*shown)(const void *obj, const struct vr_format *f);
    const char *ns;
};

/* ---- making rows ------------------------------------------------------------------------------------------------- */
/* The member's offset; does not compile when the member is of another type than T. */
#define VR_MEMBER(S, m, T) (offsetof(S, m) + 0 * sizeof((T *)0 == &((S *)0)->m))
#define VR_MEMBER_INT(S, m) (offsetof(S, m) + 0 * sizeof(char[sizeof(((S *)0)->m) == sizeof(int) ? 1 : -1]))
#define VR_MEMBER_LIST(S, m) (offsetof(S, m) + 0 * sizeof(((S *)0)->m.v) + 0 * sizeof(((S *)0)->m.n))
#define VR_MEMBER_SIZED(S, m, n) (offsetof(S, m) + 0 * sizeof(char[sizeof(((S *)0)->m) == (n) ? 1 : -1]))
#define VR_END { .kind = VR_K_END }
/* &vr_row_plain, or what the arguments say beside the table: only at file scope, where a literal lives for ever. */
#define VR_MORE_(...) &vr_row_plain
#define VR_MORE_SAID(...) &(const struct vr_row_more){ __VA_ARGS__ }
#define VR_MORE_CAT(a, b) a##b
#define VR_MORE_NAME(said) VR_MORE_CAT(VR_MORE_, said)
#define VR_MORE(...) VR_MORE_NAME(__VA_OPT__(SAID))(__VA_ARGS__)
#define VR_ROW_AUX_(n, k, place, off, with, ...)                                                   \
    { .name = (n), .kind = (k), .at = (place), .offset = (off), .aux = (with), .more = VR_MORE(__VA_ARGS__) }
#define VR_ROW_(n, k, place, off, ...) VR_ROW_AUX_(n, k, place, off, NULL, __VA_ARGS__)

#define VR_STR_(S, m, n, p, ...) VR_ROW_(n, VR_K_STR, p, VR_MEMBER(S, m, const char *), __VA_ARGS__)
#define VR_ENUM_(S, m, n, p, names, ...) VR_ROW_AUX_(n, VR_K_ENUM, p, VR_MEMBER_INT(S, m), (names), __VA_ARGS__)
#define VR_A_STR(S, m, n, ...) VR_STR_(S, m, n, VR_AT_ATTR, __VA_ARGS__)
#define VR_T_STR(S, m, n, ...) VR_STR_(S, m, n, VR_AT_TEXT, __VA_ARGS__)
#define VR_C_STR(S, m, ...) VR_STR_(S, m, NULL, VR_AT_CONTENT, __VA_ARGS__)
#define VR_A_ENUM(S, m, n, names, ...) VR_ENUM_(S, m, n, VR_AT_ATTR, names, __VA_ARGS__)
#define VR_C_ENUM(S, m, names, ...) VR_ENUM_(S, m, NULL, VR_AT_CONTENT, names, __VA_ARGS__)
#define VR_T_ENUM(S, m, n, names, ...) VR_ENUM_(S, m, n, VR_AT_TEXT, names, __VA_ARGS__)
#define VR_A_YESNO(S, m, n, ...) VR_ROW_(n, VR_K_YESNO, VR_AT_ATTR, VR_MEMBER_INT(S, m), __VA_ARGS__)
#define VR_A_ONOFF(S, m, n, ...) VR_ROW_(n, VR_K_ONOFF, VR_AT_ATTR, VR_MEMBER_INT(S, m), __VA_ARGS__)
#define VR_A_BOOL(S, m, n, ...) VR_ROW_(n, VR_K_BOOL, VR_AT_ATTR, VR_MEMBER(S, m, bool), __VA_ARGS__)
#define VR_PRESENT(S, m, n, ...) VR_ROW_(n, VR_K_PRESENT, VR_AT_TEXT, VR_MEMBER(S, m, bool), __VA_ARGS__)
#define VR_A_UINT(S, m, n, ...) VR_ROW_(n, VR_K_UINT, VR_AT_ATTR, VR_MEMBER(S, m, unsigned), __VA_ARGS__)
#define VR_T_UINT(S, m, n, ...) VR_ROW_(n, VR_K_UINT, VR_AT_TEXT, VR_MEMBER(S, m, unsigned), __VA_ARGS__)
#define VR_C_UINT(S, m, ...) VR_ROW_(NULL, VR_K_UINT, VR_AT_CONTENT, VR_MEMBER(S, m, unsigned), __VA_ARGS__)
#define VR_A_OUINT(S, m, n, ...) VR_ROW_(n, VR_K_OUINT, VR_AT_ATTR, VR_MEMBER_SIZED(S, m, 8), __VA_ARGS__)
#define VR_T_OUINT(S, m, n, ...) VR_ROW_(n, VR_K_OUINT, VR_AT_TEXT, VR_MEMBER_SIZED(S, m, 8), __VA_ARGS__)
#define VR_A_OINT(S, m, n, ...) VR_ROW_(n, VR_K_OINT, VR_AT_ATTR, VR_MEMBER_SIZED(S, m, 8), __VA_ARGS__)
#define VR_A_U64(S, m, n, ...) VR_ROW_(n, VR_K_U64, VR_AT_ATTR, VR_MEMBER(S, m, uint64_t), __VA_ARGS__)
#define VR_T_U64(S, m, n, ...) VR_ROW_(n, VR_K_U64, VR_AT_TEXT, VR_MEMBER(S, m, uint64_t), __VA_ARGS__)
#define VR_A_OU64(S, m, n, ...) VR_ROW_(n, VR_K_OU64, VR_AT_ATTR, VR_MEMBER_SIZED(S, m, 16), __VA_ARGS__)
#define VR_T_OU64(S, m, n, ...) VR_ROW_(n, VR_K_OU64, VR_AT_TEXT, VR_MEMBER_SIZED(S, m, 16), __VA_ARGS__)
#define VR_T_OI64(S, m, n, ...) VR_ROW_(n, VR_K_OI64, VR_AT_TEXT, VR_MEMBER_SIZED(S, m, 16), __VA_ARGS__)
#define VR_A_SIZE(S, m, n, ...) VR_ROW_(n, VR_K_SIZE, VR_AT_ATTR, VR_MEMBER(S, m, uint64_t), __VA_ARGS__)
#define VR_T_SIZE(S, m, n, ...) VR_ROW_(n, VR_K_SIZE, VR_AT_TEXT, VR_MEMBER(S, m, uint64_t), __VA_ARGS__)
#define VR_T_OSIZE(S, m, n, ...) VR_ROW_(n, VR_K_OSIZE, VR_AT_TEXT, VR_MEMBER_SIZED(S, m, 16), __VA_ARGS__)
#define VR_C_SIZE(S, m, ...) VR_ROW_(NULL, VR_K_SIZE, VR_AT_CONTENT, VR_MEMBER(S, m, uint64_t), __VA_ARGS__)
#define VR_A_UUID(S, m, flag, n, ...)                                                              \
    VR_ROW_(n, VR_K_UUID, VR_AT_ATTR, VR_MEMBER(S, m, struct vr_uuid), .has = VR_MEMBER(S, flag, bool) + 1, __VA_ARGS__)
#define VR_T_UUID(S, m, flag, n, ...)                                                              \
    VR_ROW_(n, VR_K_UUID, VR_AT_TEXT, VR_MEMBER(S, m, struct vr_uuid), .has = VR_MEMBER(S, flag, bool) + 1, __VA_ARGS__)
#define VR_A_CODEC(S, m, n, ops, ...) VR_ROW_AUX_(n, VR_K_CODEC, VR_AT_ATTR, offsetof(S, m), &(ops), __VA_ARGS__)
#define VR_T_CODEC(S, m, n, ops, ...) VR_ROW_AUX_(n, VR_K_CODEC, VR_AT_TEXT, offsetof(S, m), &(ops), __VA_ARGS__)
#define VR_C_CODEC(S, m, ops, ...) VR_ROW_AUX_(NULL, VR_K_CODEC, VR_AT_CONTENT, offsetof(S, m), &(ops), __VA_ARGS__)
/** Texts of child elements `n`, or with .attr = "value" that attribute of each. */
#define VR_STRS(S, m, n, ...) VR_ROW_(n, VR_K_STRS, VR_AT_TEXT, VR_MEMBER_LIST(S, m), __VA_ARGS__)

#define VR_GROUP(n, r, ...) VR_ROW_AUX_(n, VR_K_GROUP, VR_AT_TEXT, 0, (r), __VA_ARGS__)
/** A child element over an embedded struct. */
#define VR_PART(S, m, n, r, ...) VR_ROW_AUX_(n, VR_K_GROUP, VR_AT_TEXT, offsetof(S, m), (r), __VA_ARGS__)
/** A presence flag for a group: .has = VR_HAS(S, m) */
#define VR_HAS(S, m) (VR_MEMBER(S, m, bool) + 1)
#define VR_CHILD(S, m, n, e, ...) VR_ROW_AUX_(n, VR_K_CHILD, VR_AT_TEXT, offsetof(S, m), &(e), __VA_ARGS__)
#define VR_LISTED(S, m, n, e, ...) VR_ROW_AUX_(n, VR_K_LIST, VR_AT_TEXT, VR_MEMBER_LIST(S, m), &(e), __VA_ARGS__)
#define VR_INLINE(r, ...) VR_ROW_AUX_(NULL, VR_K_INLINE, VR_AT_ATTR, 0, (r), __VA_ARGS__)
#define VR_INLINE_PART(S, m, r, ...) VR_ROW_AUX_(NULL, VR_K_INLINE, VR_AT_ATTR, offsetof(S, m), (r), __VA_ARGS__)
#define VR_INLINE_PTR(S, m, e, ...) VR_ROW_AUX_(NULL, VR_K_INLINE_PTR, VR_AT_ATTR, offsetof(S, m), &(e), __VA_ARGS__)
#define VR_RAW(S, m, n, ...) VR_ROW_(n, VR_K_RAW, VR_AT_TEXT, VR_MEMBER(S, m, const char *), __VA_ARGS__)
#define VR_CUSTOM(ops_) VR_ROW_AUX_(NULL, VR_K_CUSTOM, VR_AT_TEXT, 0, &(ops_))
/** The row counts when enum member m has one of the values in the mask VR_BIT(A) | VR_BIT(B). */
#define VR_WHEN(S, m, mask) .sel = VR_MEMBER_INT(S, m) + 1, .of = (mask)
#define VR_BIT(value) (1ull << (value))

/* ---- what the interpreter does ----------------------------------------------------------------------------------- */

/**
 * vr_elem_parse - a struct from an element
 * @obj: zeroed struct of elem->size, in p->arena
 *
 * Errors are stock's, with line and column after them. The struct may be half filled on failure; its memory is the arena's.
 */
bool vr_elem_parse(struct vr_parse *p, const struct vr_xml_elem *elem, const struct vr_xml_node *node, void *obj,
                   struct vr_error **err);
/** A new struct: with elem->own_arena in a child arena of p->arena. NULL on failure. */
void *vr_elem_new(struct vr_arena *arena, const struct vr_xml_elem *elem);

/** Writes <name ...>...</name> at f->indent. Name NULL: the element's own. */
void vr_elem_format(struct vr_format *f, const struct vr_xml_elem *elem, const char *name, const void *obj);
/** Only the attributes, or only the children: for custom rows. */
void vr_rows_format_attrs(struct vr_format *f, const struct vr_row *rows, const void *base);
void vr_rows_format_children(struct vr_format *f, const struct vr_row *rows, const void *base);
bool vr_rows_parse(struct vr_parse *p, const struct vr_row *rows, const struct vr_xml_node *node, void *base,
                   struct vr_error **err);

/** A deep copy in `arena` (own_arena elements in a child of it). */
void *vr_elem_copy(struct vr_arena *arena, const struct vr_xml_elem *elem, const void *obj);

/** Calls fn for each difference; stops when it returns false. True when there was none. */
bool vr_elem_diff(const struct vr_xml_elem *elem, const void *a, const void *b, unsigned flags, vr_diff_fn fn, void *opaque);

/** Where the published schemas are. */
#define VR_SCHEMA_DIR "/usr/share/libvirt/schemas"
/**
 * Unknown elements and attributes, bad values and missing parts are errors (VIR_ERR_XML_INVALID_SCHEMA) with place and
 * the nearest known name. @schema: file name of the published schema without ".rng", or NULL.
 */
bool vr_elem_validate(const struct vr_xml_elem *elem, const struct vr_xml_node *node, const char *schema,
                      struct vr_error **err);

/** A random struct whose text reads back as itself (hooks off); for tests. */
void *vr_elem_random(struct vr_arena *arena, const struct vr_xml_elem *elem, uint64_t *seed);
/** The same with what custom rows cover; its text need not read back. */
void *vr_elem_random_all(struct vr_arena *arena, const struct vr_xml_elem *elem, uint64_t *seed);

/** Sets one row's member to a random value. */
void vr_row_random(struct vr_arena *arena, const struct vr_row *row, void *base, uint64_t *seed);

/** The same with the row that describes the place. */
void vr_elem_each_row(const struct vr_xml_elem *elem,
                      void (*fn)(const char *path, const struct vr_row *row, void *opaque), void *opaque);
/** Calls fn for each place where such an element can say something, "/domain/devices/disk/driver/@cache". */
void vr_elem_each_path(const struct vr_xml_elem *elem, void (*fn)(const char *path, void *opaque), void *opaque);


/* ---- for hooks and custom rows ----------------------------------------------------------------------------------- */
/** An error of the document's domain with the node's place after it; returns false. */
bool vr_parse_fail(struct vr_parse *p, const struct vr_xml_node *node, struct vr_error **err, int code, const char *fmt, ...)
    VR_PRINTF(5, 6);
/** Attribute values while writing a start tag: " name='value'" escaped. */
void vr_format_attr(struct vr_format *f, const char *name, const char *value);
void vr_format_attrf(struct vr_format *f, const char *name, const char *fmt, ...) VR_PRINTF(3, 4);
/** A whole line at the current indent. */
void vr_format_line(struct vr_format *f, const char *fmt, ...) VR_PRINTF(2, 3);
/** Numbers as documents write them: blanks and sign as strtoll, base 10 or 0x. */
bool vr_text_u64(const char *text, int base, uint64_t max, uint64_t *out);
bool vr_text_i64(const char *text, int base, int64_t min, int64_t max, int64_t *out);
/** Bytes per unit ("KiB", "GB", "b"; NULL = default_unit); 0 for an unknown one. */
uint64_t vr_unit_bytes(const char *unit, uint64_t default_unit);
/** Array of pointers in `arena`; the layout of every list member. */
struct vr_ptr_list {
    void **v;
    size_t n;
};
void vr_ptr_list_add(struct vr_arena *arena, struct vr_ptr_list *list, void *item);

/* shared by the interpreter's files */
#define VR_WHY_UNIT "unit" /* *why: the unit is unknown */
#define VR_WHY_OVERFLOW "overflow" /* *why: the number times its unit is too large */
/** .bad_domain of a row: the domain that its errors carry */
#define VR_DOMAIN(d) ((d) + 1)
extern const struct vr_xml_elem *vr_row_elem(const struct vr_row *row);
/** Does its condition (VR_WHEN) hold? */
static inline bool vr_row_active(const struct vr_row *row, const void *base)
{
    if (!row->more->sel)
        return true;
    int value = *(const int *)((const char *)base + row->more->sel - 1);
    return value >= 0 && value < 64 && (row->more->of >> value & 1);
}
/** The value as its text, or NULL when not said; scratch-owned. */
const char *vr_row_text(struct vr_arena *scratch, const struct vr_row *row, const void *base);
/** Reads `text` into the member; false for bad text, *why then tells ("Expected integer value" or NULL). */
bool vr_row_read(struct vr_arena *arena, const struct vr_row *row, const char *text, const char *unit, void *base,
                 const char **why);
