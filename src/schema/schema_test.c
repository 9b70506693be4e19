/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_XML
#include "schema.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/test.h"

/* A small table with each kind of row. */
static const char *const colour_names[] = { "", "red", "green", "blue", NULL };
struct leaf {
    const char *name;
    unsigned port;
};
struct sample {
    int colour;
    const char *title, *text;
    int flag, power;
    bool here, has_id, has_part;
    struct vr_uuid id;
    unsigned count;
    struct { bool set; unsigned v; } index;
    struct { bool set; int v; } level;
    uint64_t size, big;
    struct leaf *leaf;
    struct { struct leaf **v; size_t n; } leaves;
    struct { const char **v; size_t n; } args;
    const char *raw, *red_only;
    struct { struct sample **v; size_t n; } inner;
};

static const struct vr_row leaf_rows[] = {
    VR_A_STR(struct leaf, name, "name", .required = true),
    VR_A_UINT(struct leaf, port, "port", .print = "0x%04x", .radix = VR_RADIX_ANY, .max = 65535),
    VR_END,
};
static const struct vr_xml_elem leaf_elem = { .name = "leaf", .size = sizeof(struct leaf), .rows = leaf_rows };
static const struct vr_row part_rows[] = {
    VR_A_ONOFF(struct sample, power, "power"), VR_A_OUINT(struct sample, index, "index"), VR_A_OINT(struct sample,
        level, "level"), VR_END,
};
static const struct vr_xml_elem sample_elem;
static const struct vr_row sample_rows[] = {
    VR_A_ENUM(struct sample, colour, "colour", colour_names),
    VR_A_YESNO(struct sample, flag, "flag"),
    VR_A_UUID(struct sample, id, has_id, "id"),
    VR_A_U64(struct sample, big, "big"),
    VR_A_UINT(struct sample, count, "count", .nonzero = true),
    VR_A_STR(struct sample, red_only, "redOnly", VR_WHEN(struct sample, colour, VR_BIT(1))),
    VR_T_STR(struct sample, title, "title"),
    VR_T_SIZE(struct sample, size, "size"),
    VR_PRESENT(struct sample, here, "here"),
    VR_GROUP("part", part_rows, .has = VR_HAS(struct sample, has_part)),
    VR_CHILD(struct sample, leaf, "leaf", leaf_elem),
    VR_LISTED(struct sample, leaves, "item", leaf_elem, .wrap = "items"),
    VR_STRS(struct sample, args, "arg", .attr = "value"),
    VR_RAW(struct sample, raw, "raw"),
    VR_LISTED(struct sample, inner, "sample", sample_elem),
    VR_END,
};
static const struct vr_xml_elem sample_elem = { .name = "sample", .size = sizeof(struct sample), .rows = sample_rows };

static struct sample *parse(struct vr_arena *arena, const char *xml, unsigned flags, struct vr_error **err)
{
    struct vr_xml_node *root = vr_xml_parse(arena, xml, strlen(xml), "(test)", VIR_FROM_DOMAIN, err);
    if (!root || ((flags & VR_FORM_VALIDATE) && !vr_elem_validate(&sample_elem, root, NULL, err)))
        return NULL;
    struct vr_parse p = { .arena = arena, .flags = flags, .domain = VIR_FROM_DOMAIN };
    struct sample *s = vr_elem_new(arena, &sample_elem);
    return vr_elem_parse(&p, &sample_elem, root, s, err) ? s : NULL;
}

static char *text_of(const struct sample *s)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    struct vr_buf out = VR_BUF_INIT;
    struct vr_format f = { .out = &out, .scratch = scratch, .flags = VR_FORM_SECURE };
    vr_elem_format(&f, &sample_elem, NULL, s);
    return vr_buf_take(&out);
}

static void expect_error(const char *xml, unsigned flags, int code, const char *part)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    EXPECT(parse(arena, xml, flags, &err) == NULL);
    EXPECT_EQ(err->code, code);
    EXPECT_STR_HAS(err->message, part);
}

VR_TEST(a_document_is_written_as_it_was_read)
{
    static const char xml[] =
        "<sample colour='red' flag='no' id='c7a5fdbd-edaf-9455-926a-d65c16db1809' big='7' count='2' redOnly='x &lt; &apos;y&apos;'>\n"
                              "  <title>a &amp; b</title>\n"
                              "  <size unit='KiB'>2048</size>\n"
                              "  <here/>\n"
                              "  <part power='on' index='0' level='-3'/>\n"
                              "  <leaf name='l' port='0x0010'/>\n"
                              "  <items>\n    <item name='a'/>\n    <item name='b' port='0x0001'/>\n  </items>\n"
                              "  <arg value='one'/>\n"
                              "  <raw>\n    <x:y xmlns:x=\"urn:x\" a=\"b\">text</x:y>\n  </raw>\n"
                              "  <sample/>\n"
                              "</sample>\n";
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    struct sample *s = parse(arena, xml, 0, &err);
    EXPECT_OK(s, err);
    vr_autofree char *text = text_of(s);
    EXPECT_STR(text, xml);
}

VR_TEST(sizes_are_scaled_and_rounded_up)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    EXPECT_EQ(parse(arena, "<sample><size unit='GB'>1</size></sample>", 0, NULL)->size, 976563);
    EXPECT_EQ(parse(arena, "<sample><size unit='bytes'>1025</size></sample>", 0, NULL)->size, 2);
    EXPECT_EQ(parse(arena, "<sample><size>3</size></sample>", 0, NULL)->size, 3);
    expect_error("<sample><size unit='EiB'>99</size></sample>", 0, VIR_ERR_OVERFLOW, "value too large: 99EiB");
    expect_error("<sample><size unit='QiB'>1</size></sample>", 0, VIR_ERR_INVALID_ARG, "unknown suffix 'QiB'");
}

VR_TEST(bad_values_are_named_with_their_place)
{
    expect_error("<sample\n colour='gren'/>", 0, VIR_ERR_XML_ERROR,
                 "XML error: Invalid value for attribute 'colour' in element 'sample': 'gren'.; did you mean 'green'? (line 1, column 1)");
    expect_error("<sample>\n  <leaf port='1'/></sample>", 0, VIR_ERR_XML_ERROR,
                 "XML error: Missing required attribute 'name' in element 'leaf' (line 2, column 3)");
    expect_error("<sample count='0'/>", 0, VIR_ERR_XML_ERROR, "in element 'sample': Zero is not permitted");
    expect_error("<sample count='-1'/>", 0, VIR_ERR_XML_ERROR, "'-1'. Expected non-negative integer value");
    expect_error("<sample><leaf name='a' port='65536'/></sample>", 0, VIR_ERR_XML_ERROR, "'65536'");
    expect_error("<sample><part level='x'/></sample>", 0, VIR_ERR_XML_ERROR, "'x'. Expected integer value");
    expect_error("<sample big='18446744073709551616'/>", 0, VIR_ERR_XML_ERROR, "'18446744073709551616'");
    expect_error("<sample id='nope'/>", 0, VIR_ERR_XML_ERROR, "Expected UUID");
}

VR_TEST(validation_names_the_unknown_and_the_nearest_known)
{
    expect_error("<sample>\n <tittle>x</tittle></sample>", VR_FORM_VALIDATE, VIR_ERR_XML_INVALID_SCHEMA,
                 "unknown element 'tittle' in element 'sample'; did you mean 'title'? (line 2, column 2)");
    expect_error("<sample colur='red'/>", VR_FORM_VALIDATE, VIR_ERR_XML_INVALID_SCHEMA, "did you mean 'colour'?");
    expect_error("<sample><items><leaf name='x'/></items></sample>", VR_FORM_VALIDATE, VIR_ERR_XML_INVALID_SCHEMA,
                 "'leaf'");
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_OK(parse(arena,
                    "<sample><size unit='KiB'>1</size><items><item name='a'/></items><raw><any x='y'/></raw></sample>",
                        VR_FORM_VALIDATE, &err), err);
}

VR_TEST(hostile_text_is_refused_quickly)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    for (int i = 0; i < 5000; i++)
        vr_buf_str(&b, "<a>");
    expect_error(b.data, 0, VIR_ERR_XML_ERROR, "elements inside each other");
    vr_buf_consume(&b, b.len);
    vr_buf_str(&b, "<a ");
    for (int i = 0; i < 40000; i++)
        vr_buf_printf(&b, "a%d='' ", i);
    vr_buf_str(&b, "/>");
    expect_error(b.data, 0, VIR_ERR_XML_ERROR, "attributes in one element");
    vr_buf_consume(&b, b.len);
    vr_buf_str(&b, "<a>");
    for (int i = 0; i < VR_XML_MAX_ELEMENTS + 1; i++)
        vr_buf_str(&b, "<b/>");
    vr_buf_str(&b, "</a>");
    expect_error(b.data, 0, VIR_ERR_XML_ERROR, "elements");
    expect_error("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", 0, VIR_ERR_XML_ERROR, "DOCTYPE");
    expect_error("<a>&undefined;</a>", 0, VIR_ERR_XML_DETAIL, "undefined");
    expect_error("<a>\xff\xfe</a>", 0, VIR_ERR_XML_DETAIL, "(test):1: ");
    expect_error("", 0, VIR_ERR_XML_DETAIL, "(test):1: Document is empty");
    expect_error("<a></b>", 0, VIR_ERR_XML_DETAIL,
                 "(test):1: Opening and ending tag mismatch: a line 1 and b\n<a></b>\n");
    expect_error("<a/><a/>", 0, VIR_ERR_XML_DETAIL, "(test):1: Extra content");
}

VR_TEST(every_truncation_of_a_document_fails_cleanly)
{
    static const char xml[] =
        "<?xml version='1.0'?><!-- c --><sample colour='red'><raw><![CDATA[<]]></raw><leaf name='&quot;'/></sample>";
    for (size_t n = 0; n < sizeof(xml) - 1; n++) {
        VR_AUTO(vr_arena) *arena = vr_arena_new();
        VR_AUTO(vr_error) *err = NULL;
        vr_autofree char *exact = vr_memdup(xml, n ? n : 1); /* exact size: sanitizers see a read beyond it */
        EXPECT(vr_xml_parse(arena, exact, n, "(test)", VIR_FROM_DOMAIN, &err) == NULL);
        EXPECT(err != NULL);
    }
}

VR_TEST(the_prescan_finds_name_and_uuid)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    struct vr_xml_scan scan;
    static const char xml[] = "<domstatus><a><name>no</name></a>\n</domstatus>", def[] =
        "<!-- <name>c</name> --><domain>\n <uuid> u </uuid><name>n1</name><x><name>n2</name></x></domain>";
    EXPECT_OK(vr_xml_scan(arena, def, strlen(def), false, &scan, &err), err);
    EXPECT_STR(scan.name, "n1");
    EXPECT_STR(scan.uuid, "u");
    EXPECT_STR(scan.root, "domain");
    EXPECT_OK(vr_xml_scan(arena, xml, strlen(xml), false, &scan, &err), err);
    EXPECT(scan.name == NULL);
}

static bool count(const char *path, const char *old, const char *new_, void *opaque)
{
    ++*(int *)opaque;
    return true;
}

VR_TEST(random_structs_survive_text_and_copies)
{
    uint64_t seed = 42;
    for (int i = 0; i < 300; i++) {
        VR_AUTO(vr_arena) *arena = vr_arena_new();
        struct vr_arena *copies = vr_arena_new();
        VR_AUTO(vr_error) *err = NULL;
        struct sample *s = vr_elem_random(arena, &sample_elem, &seed);
        vr_autofree char *text = text_of(s);
        struct sample *again = parse(arena, text, VR_FORM_NO_HOOKS, &err);
        ck_assert_msg(again, "%s: %s", vr_error_text(err), text);
        vr_autofree char *second = text_of(again);
        EXPECT_STR(text, second);
        struct sample *copy = vr_elem_copy(copies, &sample_elem, s);
        int differences = 0;
        EXPECT(vr_elem_diff(&sample_elem, s, copy, 0, count, &differences));
        vr_arena_free(arena); /* the copy must not lean on the original */
        arena = NULL;
        vr_autofree char *third = text_of(copy);
        EXPECT_STR(text, third);
        vr_arena_free(copies);
    }
}

VR_TEST(differences_are_told_with_their_path)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct sample *a = parse(arena, "<sample colour='red'><leaf name='a'/></sample>", 0, NULL);
    struct sample *b = parse(arena, "<sample colour='blue'><leaf name='b'/><here/></sample>", 0, NULL);
    int differences = 0;
    EXPECT_FALSE(vr_elem_diff(&sample_elem, a, b, 0, count, &differences));
    EXPECT_EQ(differences, 3);
}

VR_TESTS("schema", a_document_is_written_as_it_was_read, sizes_are_scaled_and_rounded_up,
         bad_values_are_named_with_their_place,
         validation_names_the_unknown_and_the_nearest_known, hostile_text_is_refused_quickly,
         every_truncation_of_a_document_fails_cleanly, the_prescan_finds_name_and_uuid,
             random_structs_survive_text_and_copies,
         differences_are_told_with_their_path)
