/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <filter> and <filterbinding> */
#define VR_ERROR_DOMAIN VIR_FROM_NWFILTER
#include "tables.h"

#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "model/codec.h"

VR_ENUM_NAMES(vr_nwfilter_entry_kind, VR_NWFILTER_ENTRIES)

/* ---- references to filters --------------------------------------------------------------------------------------- */
#define PARAM struct vr_filter_parameter
static const struct vr_row parameter_rows[] = {
    VR_A_STR(PARAM, name, "name", .type = "filterParamName"), VR_A_STR(PARAM, value, "value", .type =
                                                                         "filterParamValue"),
    VR_END,
};
static const struct vr_xml_elem parameter_elem = { .name = "parameter", .size = sizeof(PARAM), .rows = parameter_rows };
static const struct vr_row ref_rows[] = {
    VR_A_STR(struct vr_filterref, filter, "filter"),
    VR_LISTED(struct vr_filterref, parameters, "parameter", parameter_elem),
    VR_END,
};

static int by_name(const void *a, const void *b)
{
    const PARAM *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Parameters that cannot be are as if nobody had written them; the others are kept by name, values in their order. */
static void parameters_settle(struct vr_arena *arena, struct vr_filterref *ref)
{
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
    for (size_t i = ref->parameters.n; i-- > 0;) {
        const PARAM *q = ref->parameters.v[i];
        if (!q->name || !q->value || strspn(q->name, LETTERS) != strlen(q->name) ||
            strspn(q->value, LETTERS ".:") != strlen(q->value))
            VR_LIST_REMOVE(&ref->parameters, i);
    }
    /* insertion keeps equal names in order */
    for (size_t i = 1; i < ref->parameters.n; i++)
        for (size_t k = i; k > 0 && by_name(&ref->parameters.v[k - 1], &ref->parameters.v[k]) > 0; k--) {
            PARAM *swap = ref->parameters.v[k];
            ref->parameters.v[k] = ref->parameters.v[k - 1];
            ref->parameters.v[k - 1] = swap;
        }
}
static bool ref_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    parameters_settle(p->arena, obj);
    return true;
}
static const struct vr_xml_elem ref_elem = { .name = "filterref", .size = sizeof(struct vr_filterref), .rows = ref_rows,
                                             .after_parse = ref_after };

/* ---- entries ----------------------------------------------------------------------------------------------------- */
#define ENTRY struct vr_nwfilter_entry
#define IS(T) VR_WHEN(ENTRY, kind, VR_BIT(VR_NWFILTER_ENTRY_##T))
static const struct vr_xml_elem rule_elem = { .name = "rule", .size = sizeof(struct vr_nwfilter_rule), .rows =
    vr_nwfilter_rule_rows };
static const struct vr_row entry_rows[] = {
    VR_INLINE_PTR(ENTRY, rule, rule_elem, IS(RULE)), VR_INLINE_PTR(ENTRY, ref, ref_elem, IS(REF)), VR_END,
};
static bool entry_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    ENTRY *e = obj;
    /* a reference to nothing is read as a rule, which says what is missing */
    if (e->kind == VR_NWFILTER_ENTRY_REF && !vr_xml_get(node, "filter"))
        e->kind = VR_NWFILTER_ENTRY_RULE;
    return true;
}
static bool entry_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    ENTRY *e = obj;
    if (e->kind == VR_NWFILTER_ENTRY_REF) {
        parameters_settle(p->arena, e->ref);
        return true;
    }
    return vr_nwfilter_rule_check(p, node, e->rule, err);
}
static const struct vr_xml_elem entry_elem = { .name = "rule", .size = sizeof(ENTRY), .rows = entry_rows,
                                               .before_parse = entry_before, .after_parse = entry_after };

/* ---- the filter -------------------------------------------------------------------------------------------------- */
#define D struct vr_nwfilter_def
static const struct vr_row filter_rows[] = {
    VR_A_STR(D, name, "name", .required = true, .missing = "filter has no name", .missing_code =
             VIR_ERR_INTERNAL_ERROR),
    VR_A_STR(D, chain, "chain", .type = "chainName"),
    VR_A_OINT(D, priority, "priority", .bad = "Could not parse chain priority '%s'", .bad_code = VIR_ERR_INVALID_ARG),
    VR_T_UUID(D, uuid, has_uuid, "uuid", .bad = "malformed uuid element"),
    VR_LISTED(D, entries, "rule", entry_elem, .names = vr_nwfilter_entry_kind_names + 1, .kind_at =
              VR_MEMBER_INT(ENTRY, kind) + 1),
    VR_END,
};

static const struct chain {
    const char *prefix;
    int priority;
} chains[] = {
    { "mac", -800 }, { "vlan", -750 }, { "stp", 0 }, { "arp", -500 }, { "rarp", -400 }, { "ipv4", -700 },
    { "ipv6", -600 },
};

static bool chain_check(struct vr_parse *p, const struct vr_xml_node *node, D *d, struct vr_error **err)
{
    int usual = 0;
    bool said = d->chain != NULL;
    if (!said)
        d->chain = "root";
    if (strlen(d->chain) > 12)
        return vr_parse_fail(p, node, err, VIR_ERR_INVALID_ARG, _("Name of chain is longer than %u characters"), 12u);
    if (strspn(d->chain, LETTERS ".:-") != strlen(d->chain))
        return vr_parse_fail(p, node, err, VIR_ERR_INVALID_ARG, _("Chain name contains invalid characters"));
    bool known = vr_streq(d->chain, "root");
    for (size_t i = 0; i < VR_COUNT(chains) && !known; i++)
        if (vr_starts_with(d->chain, chains[i].prefix)) {
            known = true;
            usual = chains[i].priority;
        }
    if (!known)
        return vr_parse_fail(p, node, err, VIR_ERR_INVALID_ARG,
                             _("Invalid chain name '%s'. Please use a chain name called 'root' or any of the following "
                               "prefixes: mac, vlan, stp, arp, rarp, ipv4, ipv6"), d->chain);
    if (d->priority.set && (d->priority.v < -1000 || d->priority.v > 1000))
        return vr_parse_fail(p, node, err, VIR_ERR_INVALID_ARG,
                             _("Priority '%d' is outside valid range of [-1000,1000]"), d->priority.v);
    if (!d->priority.set || !said) /* a filter without a chain is of the usual priority, whatever it says */
        d->priority.v = usual;
    d->priority.set = d->priority.v != 0; /* 0 is not written */
    return true;
}

static bool filter_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    return chain_check(p, node, obj, err);
}
static const struct vr_xml_elem filter_elem = { .name = "filter", .size = sizeof(D), .rows = filter_rows,
                                                .after_parse = filter_after };

static bool filter_complete(void *def, unsigned flags, struct vr_error **err)
{
    D *d = def;
    if (!d->has_uuid) {
        vr_uuid_generate(&d->uuid);
        d->has_uuid = true;
    }
    return true;
}

const struct vr_document vr_nwfilter_def_document = {
    .family = "nwfilter", .schema = "nwfilter", .title = "Network filter", .what = "(nwfilter_definition)",
    .domain = VIR_FROM_NWFILTER, .elem = &filter_elem, .complete = filter_complete,
};

/* ---- the binding ------------------------------------------------------------------------------------------------- */
#define B struct vr_nwfilter_binding_def
static const struct vr_row owner_rows[] = {
    VR_T_STR(B, owner_name, "name"),
    VR_T_UUID(B, owner_uuid, has_owner_uuid, "uuid", .bad = "Unable to parse UUID '%s'", .bad_code =
              VIR_ERR_INTERNAL_ERROR),
    VR_END,
};
static const struct vr_row portdev_rows[] = { VR_A_STR(B, portdev, "name"), VR_END };
static const struct vr_row linkdev_rows[] = { VR_A_STR(B, linkdev, "name"), VR_END };
static const struct vr_row mac_rows[] = {
    VR_A_CODEC(B, has_mac, "address", vr_mac_codec, .bad = "Unable to parse MAC '%s'", .bad_code =
               VIR_ERR_INTERNAL_ERROR),
    VR_END,
};
static const struct vr_row binding_rows[] = {
    VR_GROUP("owner", owner_rows),
    VR_GROUP("portdev", portdev_rows),
    VR_GROUP("linkdev", linkdev_rows),
    VR_GROUP("mac", mac_rows),
    VR_CHILD(B, filterref, "filterref", ref_elem),
    VR_END,
};

/* Stock asks in this order. */
static bool binding_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const struct { const char *element, *attribute, *told; } needed[] = {
        { "portdev", "name", "filter binding has no port dev name" },
        { "mac", "address", "filter binding has no MAC address" },
        { "filterref", "filter", "filter binding has no filter reference" },
    };
    for (size_t i = 0; i < VR_COUNT(needed); i++) {
        const struct vr_xml_node *c = vr_xml_child(node, needed[i].element);
        if (!c || !vr_xml_get(c, needed[i].attribute))
            return vr_parse_fail(p, c ? c : node, err, VIR_ERR_INTERNAL_ERROR, "%s", needed[i].told);
        if (i == 1 && !vr_mac_parse(vr_xml_get(c, "address"), &(struct vr_mac){ { 0 } }))
            return vr_parse_fail(p, c, err, VIR_ERR_INTERNAL_ERROR, _("Unable to parse MAC '%s'"), vr_xml_get(c,
                "address"));
    }
    return true;
}
static bool binding_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const B *b = obj;
    if (!b->has_owner_uuid)
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("filter binding has no owner UUID"));
    return b->owner_name || vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("filter binding has no owner name"));
}
static const struct vr_xml_elem binding_elem = { .name = "filterbinding", .size = sizeof(B), .rows = binding_rows,
                                                 .before_parse = binding_before, .after_parse = binding_after };

const struct vr_document vr_nwfilter_binding_def_document = {
    .family = "nwfilterbinding", .schema = "nwfilterbinding", .title = "Network filter binding",
    .what = "(nwfilterbinding_definition)", .domain = VIR_FROM_NWFILTER, .elem = &binding_elem,
};
