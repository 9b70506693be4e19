/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A document family is a description: its root table, how errors call it, what completes and checks it. Everything else
 * (parse, format, copy, compare, random instances, schema, reference page) is made from the table here.
 *
 * A family's header declares its struct, whose first member is `struct vr_arena *arena`, and says
 *     VR_DOCUMENT(vr_pool_def);
 * which gives vr_pool_def_parse, _format, _copy, _free and VR_AUTO(vr_pool_def). Its .c file defines the description:
 *     const struct vr_document vr_pool_def_document = { .family = "pool", .elem = &vr_pool_elem, ... };
 * and one line in document.c lists it. None of these functions suspends.
 */
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "schema/form.h"

struct vr_format;
struct vr_xml_elem;
struct vr_xml_node;

struct vr_document {
    const char *family;   /* short name: "pool" (vireo-xml --family) */
    const char *schema;   /* file name of the published schema without ".rng" */
    const char *title;    /* of the reference page */
    const char *what;     /* how syntax errors call the text: "(storage_pool_definition)" */
    int domain;           /* enum virErrorDomain of its errors */
    const struct vr_xml_elem *elem;
    bool always_strict;   /* unknown names are errors even when nobody asks for validation */
    bool output_only;     /* we only write such documents; reading them back is for tests and tools */
    /** Before the first row is read; NULL = zeroes are right. */
    void (*start)(void *def);
    /** Fills in what the text left out and does not depend on a host. */
    bool (*complete)(void *def, unsigned flags, struct vr_error **err);
    /** Rules that span elements. */
    bool (*check)(const void *def, unsigned flags, struct vr_error **err);
};

/* Flags of parse: VR_FORM_* of schema.h (VR_FORM_VALIDATE for the *_VALIDATE flags of calls) and */
#define VR_FORM_RAW (1u << 16)       /* parse only: no completion, no checks */
#define VR_FORM_TEST (1u << 17)      /* as the mock hypervisor does */
#define VR_FORM_UNCHECKED (1u << 18) /* the caller checks later, or trusts the text (its own file) */

/**
 * vr_document_parse - a struct from text
 * @xml, @len: any bytes; bounded and pre-scanned before a parser sees them
 *
 * Parses, completes and checks; with VR_FORM_VALIDATE unknown names are errors. The result owns its memory: give it to
 * vr_document_free. NULL on failure, with stock's code and sentence, line and column after it. Documents above 64 KiB
 * belong on a worker.
 */
void *vr_document_parse(const struct vr_document *doc, const char *xml, size_t len, unsigned flags, struct vr_error **err);
/** The same from an element of a tree: documents inside documents. */
void *vr_document_read(const struct vr_document *doc, const struct vr_xml_node *root, unsigned flags, struct vr_error **err);
/** malloc'd text. */
char *vr_document_format(const struct vr_document *doc, const void *def, unsigned flags);
/** Writes it where a document around it is being written. */
void vr_document_format_into(struct vr_format *f, const struct vr_document *doc, const void *def);
void *vr_document_copy(const struct vr_document *doc, const void *def);
/** NULL is fine. */
void vr_document_free(void *def);
/** Calls fn for each difference; true when there was none. */
bool vr_document_diff(const struct vr_document *doc, const void *a, const void *b, unsigned flags, vr_diff_fn fn, void *opaque);
/** An empty struct with an arena of its own. */
void *vr_document_new(const struct vr_document *doc);
/** A random struct whose text reads back as itself (hooks off); for tests. */
void *vr_document_random(const struct vr_document *doc, uint64_t *seed);

/** All families, NULL-terminated. */
extern const struct vr_document *const vr_documents[];
/** By short name, or NULL. */
const struct vr_document *vr_document_find(const char *family);

#define VR_DOCUMENT(T)                                                                             \
    extern const struct vr_document T##_document;                                                  \
    static inline struct T *T##_new(void)                                                          \
    {                                                                                              \
        return vr_document_new(&T##_document);                                                     \
    }                                                                                              \
    static inline struct T *T##_parse(const char *xml, size_t len, unsigned flags, struct vr_error **err) \
    {                                                                                              \
        return vr_document_parse(&T##_document, xml, len, flags, err);                             \
    }                                                                                              \
    static inline char *T##_format(const struct T *def, unsigned flags)                            \
    {                                                                                              \
        return vr_document_format(&T##_document, def, flags);                                      \
    }                                                                                              \
    static inline struct T *T##_copy(const struct T *def)                                          \
    {                                                                                              \
        return vr_document_copy(&T##_document, def);                                               \
    }                                                                                              \
    static inline void T##_free(struct T *def)                                                     \
    {                                                                                              \
        vr_document_free(def);                                                                     \
    }                                                                                              \
    VR_DEFINE_AUTO(T)
