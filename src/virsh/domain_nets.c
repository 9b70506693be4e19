/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's network interfaces: domiflist, domifaddr, domifstat, domif-getlink, domif-setlink, domiftune. */
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/str.h"
#include "bandwidth.h"
#include "domain_devices.h"
#include "typed.h"

static bool domiflist_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    VR_AUTO(vr_interfaces) *all = vr_interfaces_of(cmd, dom, vr_opt_bool(cmd, "inactive") ? VIR_DOMAIN_XML_INACTIVE : 0);
    if (!all)
        return false;
    struct vr_table *table = vr_table_new(cmd, _("Interface"), _("Type"), _("Source"), _("Model"), _("MAC"), NULL);
    for (size_t i = 0; i < all->n; i++) {
        const struct vr_interface_row *f = &all->rows[i];
        vr_table_row(table, f->device ? f->device : "-", f->type, f->source ? f->source : "-", f->model ? f->model : "-",
                     f->mac ? f->mac : "-");
    }
    vr_table_print(table);
    return true;
}
static const struct vr_opt domiflist_opts[] = {
    VR_OPT_DOMAIN,
    { "inactive", VR_OPT_BOOL, .help = N_("what the next start uses") },
    { 0 },
};
const struct vr_command vr_cmd_domiflist = {
    "domiflist", domiflist_opts, domiflist_run, VR_CMD_JSON, N_("list a guest's network interfaces"), NULL, NULL,
};

/* ---- domifaddr ----------------------------------------------------------------------------------------------------- */

static const char *const addr_sources[] = { "lease", "agent", "arp", NULL };

static void complete_addr_source(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, addr_sources);
}

static const char *address_kind(int type)
{
    return type == VIR_IP_ADDR_TYPE_IPV4 ? "ipv4" : type == VIR_IP_ADDR_TYPE_IPV6 ? "ipv6" : "";
}

static void print_addresses(struct vr_cmd *cmd, const virDomainInterface *f, bool full)
{
    const char *mac = f->hwaddr ? f->hwaddr : "";
    if (!f->naddrs) {
        vr_print(cmd, " %-10s %-17s    %-12s %s\n", f->name, f->hwaddr ? f->hwaddr : "N/A", "N/A", "N/A");
        return;
    }
    for (unsigned i = 0; i < f->naddrs; i++) {
        const virDomainIPAddress *a = &f->addrs[i];
        bool named = full || i == 0;
        vr_autofree char *address = vr_printf("%s/%u", a->addr, a->prefix);
        vr_autofree char *kind_and_address = vr_printf("%-12s %s", address_kind(a->type), address);
        vr_print(cmd, " %-10s %-17s    %s\n", named ? f->name : "-", named ? mac : "-", kind_and_address);
    }
}

static void json_addresses(struct vr_info *info, const virDomainInterface *f)
{
    vr_info_down(info, "interfaces");
    vr_info_json(info, "name", f->name);
    vr_info_json(info, "mac", f->hwaddr);
    for (unsigned i = 0; i < f->naddrs; i++) {
        vr_info_down(info, "addresses");
        vr_info_str(info, "protocol", "%s", address_kind(f->addrs[i].type));
        vr_info_str(info, "address", "%s", f->addrs[i].addr);
        vr_info_uint(info, "prefix", f->addrs[i].prefix, NULL);
        vr_info_up(info);
    }
    vr_info_up(info);
}

static bool domifaddr_run(struct vr_cmd *cmd)
{
    bool full = vr_opt_bool(cmd, "full");
    const char *wanted, *source_text;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "interface", &wanted) || !vr_opt_string(cmd, "source", &source_text))
        return false;
    int source = source_text ? vr_name_index(addr_sources, source_text) : VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE;
    if (source < 0) /* in the order of VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_* */
        return vr_complain(cmd, _("Unknown data source '%s'"), source_text);
    virDomainInterfacePtr *all = NULL;
    int n = virDomainInterfaceAddresses(dom, &all, (unsigned)source, 0);
    if (n < 0)
        return vr_complain(cmd, "%s", _("Failed to query for interfaces addresses"));
    struct vr_info *info = vr_info_new(cmd, "");
    if (!vr_json_wanted(cmd))
        vr_print_extra(cmd, " %-10s %-20s %-8s     %s\n%s%s\n", _("Name"), _("MAC address"), _("Protocol"), _("Address"),
                       "-------------------------------------------------", "------------------------------");
    for (int i = 0; i < n; i++) {
        if (!wanted || vr_streq(all[i]->name, wanted) || (all[i]->hwaddr && !strcasecmp(all[i]->hwaddr, wanted))) {
            if (vr_json_wanted(cmd))
                json_addresses(info, all[i]);
            else
                print_addresses(cmd, all[i], full);
        }
        virDomainInterfaceFree(all[i]);
    }
    free(all);
    vr_info_done(info);
    return true;
}
static const struct vr_opt domifaddr_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "interface", VR_OPT_STRING,
      .help = N_("an interface: its MAC address or device"), .complete = vr_complete_interface },
    { "full", VR_OPT_BOOL, .help = N_("repeat name and MAC in each line") },
    { "source", VR_OPT_STRING, .help = N_("lease, agent or arp"), .complete = complete_addr_source },
    { 0 },
};
const struct vr_command vr_cmd_domifaddr = {
    "domifaddr", domifaddr_opts, domifaddr_run, VR_CMD_JSON, N_("tell the addresses of a guest's interfaces"),
    NULL, NULL,
};

static bool domifstat_run(struct vr_cmd *cmd)
{
    const char *device;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "interface", &device))
        return false;
    virDomainInterfaceStatsStruct s;
    if (virDomainInterfaceStats(dom, device, &s, sizeof(s)) < 0)
        return vr_complain(cmd, _("Failed to get interface stats %s %s"), virDomainGetName(dom), device);
    const struct { const char *word; long long value; } rows[] = {
        { "rx_bytes", s.rx_bytes }, { "rx_packets", s.rx_packets }, { "rx_errs", s.rx_errs }, { "rx_drop", s.rx_drop },
        { "tx_bytes", s.tx_bytes }, { "tx_packets", s.tx_packets }, { "tx_errs", s.tx_errs }, { "tx_drop", s.tx_drop },
    };
    struct vr_info *info = vr_info_new(cmd, "");
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        if (rows[i].value < 0)
            continue;
        if (vr_json_wanted(cmd))
            vr_info_int(info, rows[i].word, rows[i].value, NULL);
        else
            vr_print(cmd, "%s %s %lld\n", device, rows[i].word, rows[i].value);
    }
    vr_info_done(info);
    return true;
}
static const struct vr_opt domifstat_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "interface", VR_OPT_DATA,
      .help = N_("an interface: its MAC address or device"), .complete = vr_complete_interface },
    { 0 },
};
const struct vr_command vr_cmd_domifstat = {
    "domifstat", domifstat_opts, domifstat_run, VR_CMD_JSON, N_("tell what a guest's interface sent and received"),
    NULL, NULL,
};

/* ---- link state ---------------------------------------------------------------------------------------------------- */

static bool is_mac(const char *text)
{
    unsigned b[6];
    int end = 0;
    return sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &end) == 6 && !text[end];
}

/* The one interface of that device or MAC address. */
static struct vr_query_node *find_interface(struct vr_cmd *cmd, struct vr_query *doc, const char *name, const char *none)
{
    vr_autofree char *path = is_mac(name) ? vr_printf("/domain/devices/interface[mac/@address = '%s']", name)
                                          : vr_printf("/domain/devices/interface[target/@dev = '%s']", name);
    vr_autofree struct vr_query_node **nodes = NULL;
    long n = strchr(name, '\'') ? 0 : vr_query_nodes(doc, NULL, path, &nodes, NULL);
    if (n == 1)
        return nodes[0];
    if (n > 1)
        vr_complain(cmd, "%s", _("multiple matching interfaces found"));
    else if (none)
        vr_complain(cmd, _("interface '%s' not found"), name);
    else
        vr_complain(cmd, is_mac(name) ? _("Interface (mac: %s) not found.") : _("Interface (dev: %s) not found."), name);
    return NULL;
}

static bool domif_getlink_run(struct vr_cmd *cmd)
{
    const char *name;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "interface", &name))
        return false;
    VR_AUTO(vr_query) *doc = vr_domain_query(cmd, dom, vr_opt_bool(cmd, "config") ? VIR_DOMAIN_XML_INACTIVE : 0);
    struct vr_query_node *node = doc ? find_interface(cmd, doc, name, NULL) : NULL;
    if (!node)
        return false;
    vr_autofree char *state = vr_query_text(doc, node, "string(./link/@state)");
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "link", state ? state : "up");
    else
        vr_print(cmd, "%s %s", name, state ? state : "up");
    return true;
}
static const struct vr_opt domif_getlink_opts[] = {
    VR_OPT_DOMAIN,
    { "interface", VR_OPT_DATA,
      .help = N_("an interface: its MAC address or device"), .complete = vr_complete_interface },
    { "persistent", VR_OPT_ALIAS, .alias_of = "config" },
    { "config", VR_OPT_BOOL, .help = N_("of the stored definition") },
    { 0 },
};
const struct vr_command vr_cmd_domif_getlink = {
    "domif-getlink", domif_getlink_opts, domif_getlink_run, VR_CMD_JSON, N_("tell whether an interface's link is up"),
    NULL, NULL,
};

static const char *const link_states[] = { "up", "down", NULL };

static void complete_link_state(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, link_states);
}

static bool domif_setlink_run(struct vr_cmd *cmd)
{
    const char *name, *state;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "interface", &name) || !vr_opt_string(cmd, "state", &state))
        return false;
    bool config = vr_opt_bool(cmd, "config");
    if (vr_name_index(link_states, state) < 0)
        return vr_complain(cmd, _("invalid link state '%s'"), state);
    int active = virDomainIsActive(dom);
    if (active < 0)
        return false;
    unsigned flags = config || !active ? VIR_DOMAIN_AFFECT_CONFIG : VIR_DOMAIN_AFFECT_LIVE;
    VR_AUTO(vr_query) *doc = vr_domain_query(cmd, dom, config ? VIR_DOMAIN_XML_INACTIVE : 0);
    struct vr_query_node *node = doc ? find_interface(cmd, doc, name, "") : NULL;
    if (!node)
        return false;
    vr_autofree struct vr_query_node **links = NULL;
    long n = vr_query_nodes(doc, node, "./link", &links, NULL);
    struct vr_query_node *link = n > 0 ? links[0] : vr_query_add(node, "link", NULL);
    vr_query_set(link, "state", state);
    vr_autofree char *xml = vr_query_print(doc, node);
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml);
        return true;
    }
    if (virDomainUpdateDeviceFlags(dom, xml, flags) < 0)
        return vr_complain(cmd, "%s", _("Failed to update interface link state"));
    vr_print_extra(cmd, "%s", _("Device updated successfully\n"));
    return true;
}
static const struct vr_opt domif_setlink_opts[] = {
    VR_OPT_DOMAIN,
    { "interface", VR_OPT_DATA,
      .help = N_("an interface: its MAC address or device"), .complete = vr_complete_interface },
    { "state", VR_OPT_DATA, .help = N_("up or down"), .complete = complete_link_state },
    { "persistent", VR_OPT_ALIAS, .alias_of = "config" },
    { "config", VR_OPT_BOOL, .help = N_("what the next start uses") },
    { "print-xml", VR_OPT_BOOL, .help = N_("print the XML and change nothing") },
    { 0 },
};
const struct vr_command vr_cmd_domif_setlink = {
    "domif-setlink", domif_setlink_opts, domif_setlink_run, 0, N_("set an interface's link up or down"), NULL, NULL,
};

/* ---- domiftune ----------------------------------------------------------------------------------------------------- */

static bool add_rates(struct vr_cmd *cmd, struct vr_typed *params, const char *option)
{
    const char *text;
    struct vr_rate r;
    if (!vr_opt_string(cmd, option, &text))
        return false;
    if (!text)
        return true;
    if (!vr_rate_parse(cmd, text, &r))
        return false;
    bool in = vr_streq(option, "inbound");
    const struct { const char *field; unsigned long long value; bool always; } rows[] = {
        { in ? VIR_DOMAIN_BANDWIDTH_IN_AVERAGE : VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE, r.average, true },
        { in ? VIR_DOMAIN_BANDWIDTH_IN_PEAK : VIR_DOMAIN_BANDWIDTH_OUT_PEAK, r.peak, false },
        { in ? VIR_DOMAIN_BANDWIDTH_IN_BURST : VIR_DOMAIN_BANDWIDTH_OUT_BURST, r.burst, false },
        { in ? VIR_DOMAIN_BANDWIDTH_IN_FLOOR : "", r.floor, false },
    };
    if (in && !r.average && r.floor == 0 && (r.peak || r.burst))
        return vr_complain(cmd, "%s", _("either inbound average or floor is mandatory"));
    if (!in && !r.average && (r.peak || r.burst))
        return vr_complain(cmd, "%s", _("outbound average is mandatory"));
    if (!in && r.floor)
        return vr_complain(cmd, "%s", _("outbound floor is unsupported yet"));
    for (size_t i = 0; i < VR_COUNT(rows); i++) {
        if (rows[i].value > UINT32_MAX)
            return vr_complain(cmd, in ? _("inbound rate larger than maximum %u") : _("outbound rate larger than maximum %u"),
                               UINT32_MAX);
        if ((rows[i].value || rows[i].always) && *rows[i].field)
            vr_typed_uint(params, rows[i].field, (unsigned)rows[i].value);
    }
    return true;
}

static bool domiftune_run(struct vr_cmd *cmd)
{
    unsigned flags;
    const char *device;
    if (!vr_opt_affect(cmd, &flags))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    VR_AUTO(vr_typed) *params = vr_typed_new();
    if (!dom || !vr_opt_string(cmd, "interface", &device) || !add_rates(cmd, params, "inbound") ||
        !add_rates(cmd, params, "outbound"))
        return false;
    if (params->n)
        return virDomainSetInterfaceParameters(dom, device, params->params, params->n, flags) == 0 ? true
            : vr_complain(cmd, "%s", _("Unable to set interface parameters"));
    int n = 0;
    if (virDomainGetInterfaceParameters(dom, device, NULL, &n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get number of interface parameters"));
    vr_typed_room(params, n);
    if (n && virDomainGetInterfaceParameters(dom, device, params->params, &params->n, flags) < 0)
        return vr_complain(cmd, "%s", _("Unable to get interface parameters"));
    struct vr_info *info = vr_info_new(cmd, "%-15s: %s\n");
    for (int i = 0; i < params->n; i++)
        vr_typed_info(info, &params->params[i]);
    vr_info_done(info);
    return true;
}
static const struct vr_opt domiftune_opts[] = {
    VR_OPT_DOMAIN,
    { "interface", VR_OPT_DATA,
      .help = N_("an interface: its MAC address or device"), .complete = vr_complete_interface },
    { "inbound", VR_OPT_STRING, .help = N_("limits for traffic to the guest: average[,peak[,burst[,floor]]]") },
    { "outbound", VR_OPT_STRING, .help = N_("limits for traffic from the guest: average[,peak[,burst]]") },
    VR_OPTS_AFFECT,
    { 0 },
};
const struct vr_command vr_cmd_domiftune = {
    "domiftune", domiftune_opts, domiftune_run, VR_CMD_JSON, N_("show or set the limits of a guest's interface"),
    NULL, NULL,
};
