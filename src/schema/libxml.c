/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only file that knows libxml2: its SAX events become our tree, its errors ours. It is opened at the first document and
 * not linked: with what it needs itself (ICU, libstdc++) it is larger than all else in a client, and most clients parse nothing.
 */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "xml.h"

#include <dlfcn.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"

#define FUNCTIONS(X)                                                                                                   \
    X(xmlInitParser) X(xmlStopParser) X(xmlCreateMemoryParserCtxt) X(xmlCtxtUseOptions) X(xmlParseDocument) X(xmlFreeParserCtxt)
static struct {
    bool there;
    char why[256];
#define FIELD(name) __typeof__(&name) name;
    FUNCTIONS(FIELD)
#undef FIELD
} lib;
static pthread_once_t lib_once = PTHREAD_ONCE_INIT;

static void lib_open(void)
{
    void *handle = dlopen("libxml2.so.2", RTLD_NOW | RTLD_LOCAL);
    lib.there = handle != NULL;
#define FIND(name) lib.there = lib.there && (lib.name = (__typeof__(lib.name))dlsym(handle, #name)) != NULL;
    FUNCTIONS(FIND)
#undef FIND
    if (lib.there)
        lib.xmlInitParser();
    else
        snprintf(lib.why, sizeof(lib.why), "%s", dlerror());
}

struct builder {
    struct vr_arena *arena;
    struct vr_xml_node *root, *at;
    struct vr_xml_scan scan;
    size_t index;
    xmlParserCtxtPtr ctxt;
    const char *what;
    int domain;
    bool failed;
    struct vr_error **err;
};

static const char *copied(struct builder *b, const xmlChar *text)
{
    return vr_arena_strdup(b->arena, (const char *)text);
}

static struct vr_xml_node *append(struct builder *b, enum vr_xml_kind kind)
{
    struct vr_xml_node *n = vr_arena_new_of(b->arena, struct vr_xml_node);
    n->kind = kind;
    n->parent = b->at;
    if (!b->at)
        return n;
    if (b->at->last)
        b->at->last->next = n;
    else
        b->at->first = n;
    b->at->last = n;
    return n;
}

static void on_start(void *opaque, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_ns,
                     const xmlChar **ns, int n_attrs, int n_defaulted, const xmlChar **attrs)
{
    struct builder *b = opaque;
    struct vr_xml_node *n = append(b, VR_XML_ELEMENT);
    n->name = copied(b, name);
    n->prefix = copied(b, prefix);
    n->ns = copied(b, uri);
    if (b->index < b->scan.n_elements) {
        n->line = b->scan.elements[b->index].line;
        n->column = b->scan.elements[b->index].column;
    }
    b->index++;
    n->n_nsdecls = (size_t)n_ns;
    if (n_ns)
        n->nsdecls = vr_arena_alloc(b->arena, (size_t)n_ns * sizeof(*n->nsdecls));
    for (int i = 0; i < n_ns; i++)
        n->nsdecls[i] = (struct vr_xml_nsdecl){ copied(b, ns[2 * i]), copied(b, ns[2 * i + 1]) };
    n->n_attrs = (size_t)n_attrs;
    if (n_attrs)
        n->attrs = vr_arena_alloc(b->arena, (size_t)n_attrs * sizeof(*n->attrs));
    for (int i = 0; i < n_attrs; i++) {
        const xmlChar **a = attrs + 5 * i;
        n->attrs[i].name = copied(b, a[0]);
        n->attrs[i].prefix = copied(b, a[1]);
        n->attrs[i].ns = copied(b, a[2]);
        n->attrs[i].value = vr_arena_strndup(b->arena, (const char *)a[3], (size_t)(a[4] - a[3]));
    }
    if (!b->root)
        b->root = n;
    b->at = n;
}

static void on_end(void *opaque, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct builder *b = opaque;
    if (b->at)
        b->at = b->at->parent;
}

static void on_text(void *opaque, const xmlChar *text, int len)
{
    struct builder *b = opaque;
    if (!b->at || len <= 0)
        return;
    struct vr_xml_node *last = b->at->last;
    if (last && last->kind == VR_XML_TEXT) { /* libxml2 cuts long text and every reference into pieces */
        size_t had = strlen(last->text);
        char *joined = vr_arena_alloc(b->arena, had + (size_t)len + 1);
        memcpy(joined, last->text, had);
        memcpy(joined + had, text, (size_t)len);
        last->text = joined;
        return;
    }
    append(b, VR_XML_TEXT)->text = vr_arena_strndup(b->arena, (const char *)text, (size_t)len);
}

static void on_cdata(void *opaque, const xmlChar *text, int len)
{
    struct builder *b = opaque;
    if (b->at && len >= 0)
        append(b, VR_XML_CDATA)->text = vr_arena_strndup(b->arena, (const char *)text, (size_t)len);
}

static void on_comment(void *opaque, const xmlChar *text)
{
    struct builder *b = opaque;
    if (b->at)
        append(b, VR_XML_COMMENT)->text = copied(b, text);
}

/* The line libxml2 was in and a caret under its position, as stock shows them. */
static void show_place(struct vr_buf *out, xmlParserCtxtPtr ctxt)
{
    const xmlChar *cur = ctxt->input->cur, *base = ctxt->input->base;
    const xmlChar *start = cur;
    while (start > base && (*start == '\n' || *start == '\r' || *start == 0))
        start--;
    const xmlChar *first = start;
    size_t n = 0;
    while (n++ < 80 && first > base && *first != '\n' && *first != '\r')
        first--;
    if (*first == '\n' || *first == '\r')
        first++;
    size_t len = 0;
    while (len < 80 && first[len] && first[len] != '\n' && first[len] != '\r')
        len++;
    vr_buf_add(out, first, len);
    vr_buf_char(out, '\n');
    for (const xmlChar *p = first; p < cur && (size_t)(p - first) < 79; p++)
        vr_buf_char(out, *p == '\t' ? '\t' : '-');
    vr_buf_char(out, '^');
}

static void on_error(void *opaque, xmlErrorPtr e)
{
    struct builder *b = opaque;
    if (!e || e->level < XML_ERR_ERROR || b->failed)
        return;
    b->failed = true;
    vr_autobuf struct vr_buf place = VR_BUF_INIT;
    const char *message = e->message ? e->message : "unknown error\n";
    int length = (int)strcspn(message, "\n");
    if (b->ctxt->input && b->ctxt->input->cur)
        show_place(&place, b->ctxt);
    vr_error_report(b->err, b->domain, VIR_ERR_XML_DETAIL, -1, "%s:%d: %.*s\n%s", b->what, e->line, length, message,
                    place.data ? place.data : "");
    lib.xmlStopParser(b->ctxt);
}

/* Documents that a pre-scan refuses as broken are shown to libxml2 all the same, whose words stock's users know. */
struct vr_xml_node *vr_xml_parse(struct vr_arena *arena, const char *xml, size_t len, const char *what, int domain,
                                 struct vr_error **err)
{
    struct builder b = { .arena = arena, .what = what, .domain = domain, .err = err };
    VR_AUTO(vr_error) *scan_error = NULL;
    if (!vr_xml_scan(arena, xml, len, true, &b.scan, &scan_error) && scan_error->code != VIR_ERR_XML_DETAIL) {
        vr_error_move(err, &scan_error);
        return NULL;
    }
    if (!len || !xml) {
        vr_error_report(err, domain, VIR_ERR_XML_DETAIL, -1, "%s:1: Document is empty\n(null)\n^", what);
        return NULL;
    }
    /* The pre-scan stopped early in broken text, so only its first part is bounded: give libxml2 no more than it needs. */
    if (scan_error && len > 64 * 1024) {
        vr_error_move(err, &scan_error);
        return NULL;
    }
    pthread_once(&lib_once, lib_open);
    if (!lib.there) {
        vr_error_report(err, domain, VIR_ERR_INTERNAL_ERROR, -1, _("libxml2 cannot be opened: %s"), lib.why);
        return NULL;
    }
    xmlParserCtxtPtr ctxt = lib.xmlCreateMemoryParserCtxt(xml, (int)len);
    if (!ctxt) {
        vr_error_report(err, domain, VIR_ERR_NO_MEMORY, -1, NULL);
        return NULL;
    }
    b.ctxt = ctxt;
    /* NOENT: without it &amp; in attributes stays a reference; entities of one's own were refused above */
    lib.xmlCtxtUseOptions(ctxt, XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_NOENT);
    xmlSAXHandler handler = { .initialized = XML_SAX2_MAGIC, .startElementNs = on_start, .endElementNs = on_end,
                              .characters = on_text, .ignorableWhitespace = on_text, .cdataBlock = on_cdata,
                              .comment = on_comment, .serror = on_error };
    *ctxt->sax = handler;
    ctxt->userData = &b;
    lib.xmlParseDocument(ctxt);
    bool good = ctxt->wellFormed && b.root && !b.failed;
    lib.xmlFreeParserCtxt(ctxt);
    if (good && !scan_error)
        return b.root;
    if (!b.failed && scan_error)
        vr_error_move(err, &scan_error);
    else if (!b.failed)
        vr_error_report(err, domain, VIR_ERR_XML_ERROR, -1, "%s: %s", what, _("failed to parse xml document"));
    return NULL;
}

/* Most comparisons of a row's name with what is there fail, and most of those at the first letter. */
static inline bool same(const char *a, const char *b)
{
    return *a == *b && !strcmp(a, b);
}

const char *vr_xml_get(const struct vr_xml_node *node, const char *name)
{
    for (size_t i = 0; i < node->n_attrs; i++)
        if (!node->attrs[i].ns && same(node->attrs[i].name, name))
            return node->attrs[i].value;
    return NULL;
}

bool vr_xml_is(const struct vr_xml_node *node, const char *name, const char *ns)
{
    return node->kind == VR_XML_ELEMENT && same(node->name, name) && (ns ? node->ns && !strcmp(node->ns, ns) : !node->ns);
}

struct vr_xml_node *vr_xml_child(const struct vr_xml_node *node, const char *name)
{
    for (struct vr_xml_node *c = node->first; c; c = c->next)
        if (vr_xml_is(c, name, NULL))
            return c;
    return NULL;
}

struct vr_xml_node *vr_xml_sibling(const struct vr_xml_node *node)
{
    for (struct vr_xml_node *c = node->next; c; c = c->next)
        if (vr_xml_is(c, node->name, node->ns))
            return c;
    return NULL;
}

size_t vr_xml_count(const struct vr_xml_node *node, const char *name)
{
    size_t n = 0;
    for (struct vr_xml_node *c = node->first; c; c = c->next)
        n += vr_xml_is(c, name, NULL);
    return n;
}

static void gather_text(struct vr_buf *out, const struct vr_xml_node *node)
{
    for (const struct vr_xml_node *c = node->first; c; c = c->next) {
        if (c->kind == VR_XML_ELEMENT)
            gather_text(out, c);
        else if (c->kind != VR_XML_COMMENT)
            vr_buf_str(out, c->text);
    }
}

const char *vr_xml_text(struct vr_arena *arena, const struct vr_xml_node *node)
{
    if (!node->first)
        return "";
    if (!node->first->next && node->first->kind == VR_XML_TEXT)
        return node->first->text;
    vr_autobuf struct vr_buf all = VR_BUF_INIT;
    gather_text(&all, node);
    return all.data ? vr_arena_strdup(arena, all.data) : "";
}

bool vr_xml_locate(struct vr_error **err, const struct vr_xml_node *node)
{
    return node && node->line ? vr_error_suffix(err, _(" (line %u, column %u)"), node->line, node->column) : false;
}
