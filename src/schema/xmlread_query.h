/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Questions to an XML document in XPath, and small edits of it: for programs that look at documents which a hypervisor
 * made. libxml2 is opened at the first question, so that a program which asks none does not load it. Not for documents
 * that somebody sends: those go through xml.h and the tables.
 */
#include <stdbool.h>
#include <stddef.h>
#include "base/cleanup.h"
#include "base/error.h"

struct vr_query;
struct vr_query_node; /* belongs to the query */

/** NULL, reported, when the text is no XML. @what stands in errors: "(domain_definition)". */
struct vr_query *vr_query_new(const char *xml, const char *what, struct vr_error **err);
/** Without blanks between elements: parts of it are printed indented anew. */
struct vr_query *vr_query_new_tidy(const char *xml, const char *what, struct vr_error **err);
void vr_query_free(struct vr_query *query);
VR_DEFINE_AUTO(vr_query)

/** @from: where "." is; NULL for the root element. The text of "string(...)", NULL when empty or not a string. malloc'd. */
char *vr_query_text(struct vr_query *query, struct vr_query_node *from, const char *path);
bool vr_query_true(struct vr_query *query, struct vr_query_node *from, const char *path);
/** A number from "number(...)" or the text of string(): false when it is none. */
bool vr_query_int(struct vr_query *query, struct vr_query_node *from, const char *path, long long *out);
/**
 * Nodes a path selects, in document order; *out malloc'd, its nodes borrowed. -1, reported, for a path that is wrong or
 * selects no nodes but a value.
 */
long vr_query_nodes(struct vr_query *query, struct vr_query_node *from, const char *path, struct vr_query_node ***out,
                    struct vr_error **err);

struct vr_query_node *vr_query_root(struct vr_query *query);
const char *vr_query_name(const struct vr_query_node *node);
/** Text of a node as libxml2 prints it, without newline at the end. malloc'd. */
char *vr_query_print(struct vr_query *query, struct vr_query_node *node);
/** The same of an element that stands alone below a new root `name`, with one indented line for each node. malloc'd. */
char *vr_query_print_wrapped(const char *name, struct vr_query_node *const *nodes, size_t n);

void vr_query_set(struct vr_query_node *node, const char *attribute, const char *value);
void vr_query_unset(struct vr_query_node *node, const char *attribute);
/** A new last child; NULL without memory. */
struct vr_query_node *vr_query_add(struct vr_query_node *parent, const char *name, const char *text);
/** Replaces what an element contains. */
void vr_query_set_text(struct vr_query_node *node, const char *text);
/** Takes an element to another parent of the same document, as its last child. */
void vr_query_move(struct vr_query_node *node, struct vr_query_node *parent);
/** Takes an element out, with what it contains. */
void vr_query_remove(struct vr_query_node *node);
