/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <cpu> as a document of its own: a host's, when it names an architecture, else one as guests ask for it. */
#define VR_ERROR_DOMAIN VIR_FROM_CPU
#include "caps.h"

#include "base/str.h"
#include "model/domain/tables.h"

VR_ENUM_NAMES(vr_cpu_kind, VR_CPU_KINDS)

#define H struct vr_host_cpu
static const char *const archs[] = {
    "aarch64", "alpha", "armv6l", "armv7b", "armv7l", "cris", "i686", "ia64", "lm32", "loongarch64", "m68k", "microblaze",
    "microblazeel", "mips", "mipsel", "mips64", "mips64el", "openrisc", "parisc", "parisc64", "ppc", "ppc64", "ppc64le",
    "ppcemb", "riscv32", "riscv64", "s390", "s390x", "sh4", "sh4eb", "sparc", "sparc64", "unicore32", "x86_64", "xtensa",
    "xtensaeb", NULL,
};
const char *const *vr_caps_archs(void)
{
    return archs;
}

static const struct vr_row flag_rows[] = {
    VR_PRESENT(H, flags.pae, "pae"), VR_PRESENT(H, flags.nonpae, "nonpae"), VR_PRESENT(H, flags.vmx, "vmx"),
    VR_PRESENT(H, flags.svm, "svm"), VR_END,
};
static const struct vr_row microcode_rows[] = { VR_A_OUINT(H, microcode, "version", .bad = "invalid microcode version", .bad_domain = VR_DOMAIN(VIR_FROM_CPU),
               .bad_code = VIR_ERR_CONFIG_UNSUPPORTED), VR_END };
static const struct vr_row signature_rows[] = {
    VR_A_OUINT(H, family, "family", .required = true), VR_A_OUINT(H, signature_model, "model", .required = true),
    VR_A_OUINT(H, stepping, "stepping", .required = true), VR_END,
};
#define COUNTER struct vr_cpu_counter
static const struct vr_row counter_rows[] = {
    VR_A_STR(COUNTER, name, "name", .required = true),
    VR_A_U64(COUNTER, frequency, "frequency", .required = true),
    VR_A_YESNO(COUNTER, scaling, "scaling"),
    VR_END,
};
static const struct vr_xml_elem counter_elem = { .name = "counter", .size = sizeof(COUNTER), .rows = counter_rows };
static const struct vr_row topology_rows[] = {
    VR_A_UINT(H, topology.sockets, "sockets", .required = true, .nonzero = true),
    VR_A_UINT(H, topology.dies, "dies", .nonzero = true),
    VR_A_UINT(H, topology.cores, "cores", .required = true, .nonzero = true),
    VR_A_UINT(H, topology.threads, "threads", .required = true, .nonzero = true),
    VR_END,
};
static bool topology_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    H *h = base;
    if (!h->topology.dies)
        h->topology.dies = 1;
    return true;
}
static const struct vr_row physaddr_rows[] = {
    VR_A_STR(H, physaddr_mode, "mode", .required = true, .words = VR_WORDS("emulate", "passthrough")),
    VR_A_UINT(H, physaddr_bits, "bits"), VR_END,
};
#define FEATURE struct vr_cpu_feature
static const struct vr_row feature_rows[] = {
    VR_A_ENUM(FEATURE, policy, "policy", vr_cpu_policy_names, .validate_only = true),
    VR_A_STR(FEATURE, name, "name", .required = true, .missing = "Invalid CPU feature name"), VR_END,
};
static const struct vr_xml_elem feature_elem = { .name = "feature", .size = sizeof(FEATURE), .rows = feature_rows };
#define PAGES struct vr_cpu_pages
static const struct vr_row pages_rows[] = { VR_A_STR(PAGES, unit, "unit"), VR_A_U64(PAGES, size, "size", .lenient = true), VR_END };
static const struct vr_xml_elem pages_elem = { .name = "pages", .size = sizeof(PAGES), .rows = pages_rows };

static const struct vr_row host_rows[] = {
    VR_T_STR(H, arch, "arch", .required = true, .words = archs, .bad = "Unknown architecture %s", .bad_domain =
             VR_DOMAIN(VIR_FROM_CPU), .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_GROUP("features", flag_rows, .has = VR_HAS(H, flags.set)),
    VR_T_STR(H, model, "model", .unless_empty = true),
    VR_T_STR(H, vendor, "vendor", .unless_empty = true),
    VR_GROUP("microcode", microcode_rows),
    VR_GROUP("signature", signature_rows),
    VR_CHILD(H, counter, "counter", counter_elem),
    VR_GROUP("topology", topology_rows, .after = topology_read),
    VR_GROUP("maxphysaddr", physaddr_rows),
    VR_LISTED(H, features, "feature", feature_elem),
    VR_LISTED(H, pages, "pages", pages_elem),
    VR_END,
};
const struct vr_xml_elem vr_host_cpu_elem = { .name = "cpu", .size = sizeof(H), .rows = host_rows };

#define D struct vr_cpu_def
#define GUEST_KIND VR_WHEN(D, kind, VR_BIT(VR_CPU_KIND_UNSET))
#define HOST_KIND VR_WHEN(D, kind, VR_BIT(VR_CPU_KIND_HOST))
static const struct vr_row cpu_rows[] = {
    VR_A_ENUM(D, kind, "", vr_cpu_kind_names, .by_child = true),
    VR_INLINE_PTR(D, guest, vr_cpu_elem, GUEST_KIND),
    VR_INLINE_PTR(D, host, vr_host_cpu_elem, HOST_KIND),
    VR_END,
};
static bool cpu_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    bool host = vr_xml_child(node, "arch") != NULL;
    if ((host || (p->flags & VR_CPU_OF_HOST)) && vr_xml_get(node, "mode"))
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("Attribute mode is only allowed for guest CPU"));
    return host || !(p->flags & VR_CPU_OF_HOST) ||
           vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Missing CPU architecture"));
}

static bool host_check(struct vr_parse *p, const struct vr_xml_node *node, const H *h, struct vr_error **err)
{
    if (!h->model)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Missing CPU model name"));
    for (size_t i = 0; i < h->features.n; i++)
        for (size_t k = 0; k < i; k++)
            if (vr_streq(h->features.v[k]->name, h->features.v[i]->name))
                return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("CPU feature '%s' specified more than once"),
                                     h->features.v[i]->name);
    return true;
}

static bool cpu_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *d = obj;
    return d->host ? host_check(p, node, d->host, err) : vr_cpu_elem.after_parse(p, node, d->guest, err);
}
static const struct vr_xml_elem cpu_elem = { .name = "cpu", .size = sizeof(D), .rows = cpu_rows, .before_parse =
    cpu_before, .after_parse = cpu_after };

const struct vr_document vr_cpu_def_document = {
    .family = "cpu", .schema = "cpu", .title = "CPU", .what = "(CPU_definition)", .domain = VIR_FROM_CPU,
    .elem = &cpu_elem,
};
