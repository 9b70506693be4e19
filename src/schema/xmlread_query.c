/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "xmlread_query.h"

#include <dlfcn.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlsave.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"

#define MOST_NODES 1000000

/* Every function of libxml2 that is used here. */
#define FUNCTIONS(X)                                                                                                   \
    X(xmlReadMemory) X(xmlFreeDoc) X(xmlXPathNewContext) X(xmlXPathFreeContext) X(xmlXPathEval) X(xmlXPathFreeObject)  \
    X(xmlNodeDump) X(xmlBufferCreate) X(xmlBufferFree) X(xmlBufferContent) X(xmlSetProp) X(xmlUnsetProp)               \
    X(xmlNewTextChild) X(xmlUnlinkNode) X(xmlFreeNode) X(xmlNodeSetContent) X(xmlDocGetRootElement) X(xmlNewDoc)       \
    X(xmlNewNode) X(xmlDocSetRootElement) X(xmlAddChild) X(xmlDocCopyNode) X(xmlNewDocText)                              \
    X(xmlGetLastError) X(xmlResetLastError) X(xmlSetGenericErrorFunc)
static struct {
    void *library;
#define FIELD(name) __typeof__(&name) name;
    FUNCTIONS(FIELD)
#undef FIELD
} lib;

struct vr_query {
    xmlDocPtr doc;
    xmlXPathContextPtr context;
};

static void be_quiet(void *opaque, const char *fmt, ...)
{
}

static bool open_library(struct vr_error **err)
{
    if (lib.library)
        return true;
    void *library = dlopen("libxml2.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return vr_fail(err, VIR_ERR_NO_SUPPORT, _("libxml2 cannot be opened: %s"), dlerror());
#define FIND(name)                                                                                                     \
    lib.name = (__typeof__(lib.name))dlsym(library, #name);                                                            \
    if (!lib.name)                                                                                                     \
        return vr_fail(err, VIR_ERR_NO_SUPPORT, _("libxml2 lacks %s"), #name);
    FUNCTIONS(FIND)
#undef FIND
    lib.library = library;
    lib.xmlSetGenericErrorFunc(NULL, be_quiet);
    return true;
}

static xmlNodePtr inner(const struct vr_query_node *node)
{
    return (xmlNodePtr)(uintptr_t)node;
}
static struct vr_query_node *outer(xmlNodePtr node)
{
    return (struct vr_query_node *)node;
}

static struct vr_query *parsed(const char *xml, const char *what, int flags, struct vr_error **err)
{
    if (!open_library(err))
        return NULL;
    size_t len = strlen(xml);
    xmlDocPtr doc = len < INT_MAX ? lib.xmlReadMemory(xml, (int)len, what, NULL, flags | XML_PARSE_NONET | XML_PARSE_NOERROR |
                                                      XML_PARSE_NOWARNING) : NULL;
    if (!doc || !lib.xmlDocGetRootElement(doc)) {
        const xmlError *why = lib.xmlGetLastError();
        vr_fail(err, VIR_ERR_XML_DETAIL, "%s: %s", what, why && why->message ? why->message : _("not an XML document"));
        if (doc)
            lib.xmlFreeDoc(doc);
        return NULL;
    }
    struct vr_query *query = vr_new(struct vr_query);
    query->doc = doc;
    query->context = lib.xmlXPathNewContext(doc);
    return query;
}

struct vr_query *vr_query_new(const char *xml, const char *what, struct vr_error **err)
{
    return parsed(xml, what, 0, err);
}

struct vr_query *vr_query_new_tidy(const char *xml, const char *what, struct vr_error **err)
{
    return parsed(xml, what, XML_PARSE_NOBLANKS, err);
}

void vr_query_free(struct vr_query *query)
{
    if (!query)
        return;
    lib.xmlXPathFreeContext(query->context);
    lib.xmlFreeDoc(query->doc);
    free(query);
}

struct vr_query_node *vr_query_root(struct vr_query *query)
{
    return outer(lib.xmlDocGetRootElement(query->doc));
}

static xmlXPathObjectPtr evaluate(struct vr_query *query, struct vr_query_node *from, const char *path)
{
    query->context->node = from ? inner(from) : lib.xmlDocGetRootElement(query->doc);
    return lib.xmlXPathEval((const xmlChar *)path, query->context);
}

char *vr_query_text(struct vr_query *query, struct vr_query_node *from, const char *path)
{
    xmlXPathObjectPtr found = evaluate(query, from, path);
    char *text = NULL;
    if (found && found->type == XPATH_STRING && found->stringval && *found->stringval)
        text = vr_strdup((const char *)found->stringval);
    if (found)
        lib.xmlXPathFreeObject(found);
    return text;
}

bool vr_query_true(struct vr_query *query, struct vr_query_node *from, const char *path)
{
    xmlXPathObjectPtr found = evaluate(query, from, path);
    bool yes = found && found->type == XPATH_BOOLEAN && found->boolval;
    if (found)
        lib.xmlXPathFreeObject(found);
    return yes;
}

bool vr_query_int(struct vr_query *query, struct vr_query_node *from, const char *path, long long *out)
{
    vr_autofree char *text = vr_query_text(query, from, path);
    int64_t v;
    if (!text || !vr_parse_i64(text, 10, INT64_MIN, INT64_MAX, &v))
        return false;
    *out = v;
    return true;
}

long vr_query_nodes(struct vr_query *query, struct vr_query_node *from, const char *path, struct vr_query_node ***out,
                    struct vr_error **err)
{
    xmlXPathObjectPtr found = evaluate(query, from, path);
    *out = NULL;
    if (!found || found->type != XPATH_NODESET) {
        if (found)
            lib.xmlXPathFreeObject(found);
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Incorrect xpath '%s'"), path);
        return -1;
    }
    size_t n = found->nodesetval && found->nodesetval->nodeNr > 0 ? (size_t)found->nodesetval->nodeNr : 0;
    if (n > MOST_NODES) {
        lib.xmlXPathFreeObject(found);
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("too many nodes match '%s'"), path);
        return -1;
    }
    *out = vr_alloc((n + 1) * sizeof(**out));
    for (size_t i = 0; i < n; i++)
        (*out)[i] = outer(found->nodesetval->nodeTab[i]);
    lib.xmlXPathFreeObject(found);
    return (long)n;
}

const char *vr_query_name(const struct vr_query_node *node)
{
    const char *name = (const char *)inner(node)->name;
    return name ? name : "";
}

static char *dump(xmlDocPtr doc, xmlNodePtr node)
{
    xmlBufferPtr buffer = lib.xmlBufferCreate();
    char *text = NULL;
    if (buffer && lib.xmlNodeDump(buffer, doc, node, 0, 1) >= 0)
        text = vr_strdup((const char *)lib.xmlBufferContent(buffer));
    if (buffer)
        lib.xmlBufferFree(buffer);
    return text ? text : vr_strdup("");
}

char *vr_query_print(struct vr_query *query, struct vr_query_node *node)
{
    return dump(query->doc, inner(node));
}

char *vr_query_print_wrapped(const char *name, struct vr_query_node *const *nodes, size_t n)
{
    xmlDocPtr doc = lib.xmlNewDoc((const xmlChar *)"1.0");
    xmlNodePtr root = lib.xmlNewNode(NULL, (const xmlChar *)name);
    lib.xmlDocSetRootElement(doc, root);
    for (size_t i = 0; i < n; i++) {
        xmlNodePtr copy = lib.xmlDocCopyNode(inner(nodes[i]), doc, 1);
        if (copy)
            lib.xmlAddChild(root, copy);
    }
    char *text = dump(doc, root);
    lib.xmlFreeDoc(doc);
    return text;
}

void vr_query_set(struct vr_query_node *node, const char *attribute, const char *value)
{
    lib.xmlSetProp(inner(node), (const xmlChar *)attribute, (const xmlChar *)value);
}

void vr_query_unset(struct vr_query_node *node, const char *attribute)
{
    lib.xmlUnsetProp(inner(node), (const xmlChar *)attribute);
}

struct vr_query_node *vr_query_add(struct vr_query_node *parent, const char *name, const char *text)
{
    return outer(lib.xmlNewTextChild(inner(parent), NULL, (const xmlChar *)name, (const xmlChar *)text));
}

void vr_query_set_text(struct vr_query_node *node, const char *text)
{
    lib.xmlNodeSetContent(inner(node), NULL);
    xmlNodePtr content = lib.xmlNewDocText(inner(node)->doc, (const xmlChar *)text);
    if (content)
        lib.xmlAddChild(inner(node), content);
}

void vr_query_move(struct vr_query_node *node, struct vr_query_node *parent)
{
    lib.xmlUnlinkNode(inner(node));
    lib.xmlAddChild(inner(parent), inner(node));
}

void vr_query_remove(struct vr_query_node *node)
{
    lib.xmlUnlinkNode(inner(node));
    lib.xmlFreeNode(inner(node));
}
