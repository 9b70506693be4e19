/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * An XML document as a plain tree. libxml.c is the only file that knows libxml2; scan.c reads the text first, in linear
 * time, refuses what no document of ours may contain (DOCTYPE, entities of one's own, absurd sizes) and notes where
 * each element starts, so that errors can name line and column.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/uuid.h"

enum vr_xml_kind { VR_XML_ELEMENT, VR_XML_TEXT, VR_XML_CDATA, VR_XML_COMMENT };

struct vr_xml_attr {
    const char *name; /* local name */
    const char *prefix, *ns; /* NULL = no namespace */
    const char *value;
};
struct vr_xml_nsdecl {
    const char *prefix, *uri; /* prefix NULL: the default namespace */
};
struct vr_xml_node {
    enum vr_xml_kind kind;
    const char *name; /* local name; NULL for text */
    const char *prefix, *ns;
    struct vr_xml_attr *attrs;
    size_t n_attrs;
    struct vr_xml_nsdecl *nsdecls;
    size_t n_nsdecls;
    struct vr_xml_node *parent, *first, *last, *next;
    const char *text; /* text, CDATA and comment nodes */
    unsigned line, column; /* of the "<", from 1 */
};

#define VR_XML_MAX_BYTES (16u * 1024 * 1024)
#define VR_XML_MAX_DEPTH 128
#define VR_XML_MAX_ATTRS 256
#define VR_XML_MAX_ELEMENTS 200000

struct vr_xml_position {
    unsigned line, column;
};

/** What the linear pre-scan found. Texts are undecoded and belong to the arena given to vr_xml_scan. */
struct vr_xml_scan {
    struct vr_xml_position *elements; /* where each start tag begins, in document order */
    size_t n_elements;
    const char *root;       /* name of the root element as written, prefix included */
    const char *name, *uuid; /* text of /root/name and /root/uuid with blanks trimmed; NULL when absent */
};

/**
 * vr_xml_scan - bounds and landmarks of a document, without a parser
 * @keep_positions: false when only name and uuid are wanted (loading at start)
 *
 * Linear in @len, does not recurse. Well-formed enough means: tags nest and match, quotes close, one root. Fails with
 * VIR_ERR_XML_ERROR for text beyond the limits above or with DOCTYPE, and VIR_ERR_XML_DETAIL, as stock, for broken text.
 */
bool vr_xml_scan(struct vr_arena *arena, const char *xml, size_t len, bool keep_positions, struct vr_xml_scan *out,
                 struct vr_error **err);

/**
 * vr_xml_identity - name and uuid of a stored document by the linear scan alone
 * @name: malloc'd; NULL, with success, when only the parser can tell (absent, or behind character references)
 */
bool vr_xml_identity(const char *xml, size_t len, char **name, struct vr_uuid *uuid, struct vr_error **err);

/**
 * vr_xml_parse - a document as a tree in @arena
 * @what: how errors call the text, "(domain_definition)"
 * @domain: enum virErrorDomain of the errors
 *
 * Syntax errors are VIR_ERR_XML_DETAIL in stock's form: place, message, the line and a caret.
 */
struct vr_xml_node *vr_xml_parse(struct vr_arena *arena, const char *xml, size_t len, const char *what, int domain,
                                 struct vr_error **err);

/** Value of an attribute without namespace, or NULL. */
const char *vr_xml_get(const struct vr_xml_node *node, const char *name);
/** First child element `name` without namespace, or NULL. */
struct vr_xml_node *vr_xml_child(const struct vr_xml_node *node, const char *name);
/** The next sibling element of the same name and namespace, or NULL. */
struct vr_xml_node *vr_xml_sibling(const struct vr_xml_node *node);
size_t vr_xml_count(const struct vr_xml_node *node, const char *name);
/** All text below `node`, in order; "" when there is none. */
const char *vr_xml_text(struct vr_arena *arena, const struct vr_xml_node *node);
bool vr_xml_is(const struct vr_xml_node *node, const char *name, const char *ns);
/**
 * The node as text in the form libxml2 would write: double quotes, blanks kept, or indented by `level` two-space steps
 * when the node holds no text of its own.
 */
void vr_xml_print(struct vr_buf *out, const struct vr_xml_node *node, int level);
/** Appends `text` with the characters escaped that stock's writer escapes: < > & ' " */
void vr_xml_escape(struct vr_buf *out, const char *text);
/** " (line L, column C)" after an error's message; returns false. */
bool vr_xml_locate(struct vr_error **err, const struct vr_xml_node *node);
