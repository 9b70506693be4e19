/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#include "model/network.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/test.h"
#include "tables.h"

#define NET(attrs, body) "<network" attrs "><name>t</name><uuid>81ff0d90-c91e-6742-64da-4a736edb9a9b</uuid>" body "</network>"
#define IP(inner) "<ip address='192.168.152.1' netmask='255.255.255.0'>" inner "</ip>"
#define DHCP(inner) NET("", IP("<dhcp>" inner "</dhcp>"))
#define IP6(inner) NET("", "<ip family='ipv6' address='fd00::1' prefix='64'><dhcp>" inner "</dhcp></ip>")
#define FWD(inner) NET("", "<forward mode='nat'>" inner "</forward>" IP(""))
#define ROUTE(attrs) NET("", IP("") "<ip family='ipv6' address='fd00::1' prefix='64'/><route " attrs "/>")

static struct vr_network_def *parse(const char *xml, struct vr_error **err)
{
    return vr_network_def_parse(xml, strlen(xml), VR_FORM_INACTIVE, err);
}

/* Observed of stock libvirtd 9.0.0: code, domain, message. */
static const struct { const char *xml; int code, domain; const char *text; } refused[] = {
    { "<network/>", VIR_ERR_NO_NAME, VIR_FROM_NETWORK, "missing name information" },
    { "<foo/>", VIR_ERR_XML_ERROR, VIR_FROM_XML, "XML error: expecting root element of 'network', not 'foo'" },
    { "<network><name>a/b</name></network>", VIR_ERR_XML_DETAIL, VIR_FROM_XML, "invalid char in name: /" },
    { "<network><name>a&#10;b</name></network>", VIR_ERR_XML_DETAIL, VIR_FROM_XML, "invalid char in name: \n" },
    { "<network><name>t</name><uuid>xx</uuid></network>", VIR_ERR_INTERNAL_ERROR, VIR_FROM_NETWORK,
      "internal error: malformed uuid element" },
    { NET(" ipv6='foo'", ""), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK, "XML error: Invalid ipv6 setting 'foo' in network 't'" },
    { NET("", "<bridge delay='-1'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK, "XML error: Invalid delay value in network 't'" },
    { NET("", "<mac address='53:54:00:17:3f:37'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: Invalid multicast bridge mac address '53:54:00:17:3f:37' in network 't'" },
    { NET("", "<dns enable='no'><txt name='a' value='b'/></dns>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: Extra data in disabled network 't'" },
    { NET("", "<dns><forwarder/></dns>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: Invalid forwarder element, must contain at least one of addr or domain" },
    { NET("", "<dns><txt name='a,b' value='b'/></dns>"), VIR_ERR_XML_DETAIL, VIR_FROM_NETWORK,
      "prohibited character in DNS TXT record name 'a,b' of network t" },
    { NET("", "<dns><srv service='a' protocol='tcp' port='1'/></dns>"), VIR_ERR_XML_DETAIL, VIR_FROM_NETWORK,
      "DNS SRV port attribute not permitted without target for service 'a' in network 't'" },
    { NET("", "<dns><srv service='a.b' protocol='tcp'/></dns>"), VIR_ERR_XML_DETAIL, VIR_FROM_NETWORK,
      "invalid character in service attribute 'a.b' in DNS SRV record of network 't'" },
    { NET("", "<dns><host ip='1.2.3.4'/></dns>"), VIR_ERR_XML_DETAIL, VIR_FROM_NETWORK,
      "Missing hostname in network 't' DNS HOST record" },
    { NET("", "<bandwidth><inbound/></bandwidth>"), VIR_ERR_XML_DETAIL, VIR_FROM_NONE,
      "Missing mandatory average or floor attributes" },
    { NET("", "<bandwidth><inbound average='x'/></bandwidth>"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_NONE,
      "unsupported configuration: could not convert bandwidth average value 'x'" },
    { NET("", "<vlan><tag id='3'/></vlan>"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_NETWORK,
      "unsupported configuration: <vlan> element specified for network t, whose type doesn't support vlan configuration" },
    { NET("", "<ip address='fd00::1' prefix='64'/>"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_NETWORK,
      "unsupported configuration: no family specified for non-IPv4 address 'fd00::1' in network 't'" },
    { DHCP("<range start='192.168.152.20' end='192.168.152.2'/>"), VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE,
      "internal error: range 192.168.152.20 - 192.168.152.2 is reversed " },
    { DHCP("<range start='192.168.153.2' end='192.168.153.254'/>"), VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE,
      "internal error: range 192.168.153.2 - 192.168.153.254 is not entirely within network 192.168.152.1/24" },
    { DHCP("<range start='192.168.152.2' end='192.168.152.255'/>"), VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE,
      "internal error: end of range 192.168.152.2 - 192.168.152.255 in network 192.168.152.1/24 is the broadcast address" },
    { DHCP("<range start='x' end='192.168.152.254'/>"), VIR_ERR_SYSTEM_ERROR, VIR_FROM_NONE,
      "Cannot parse socket address 'x': Name or service not known" },
    { DHCP("<range start='192.168.152.2' end='192.168.152.50'><lease expiry='3' unit='seconds'/></range>"),
      VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_NETWORK,
      "unsupported configuration: The minimum lease time should be greater than 2 minutes" },
    { DHCP("<host mac='53:54:00:11:22:33' ip='192.168.152.3'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: expected unicast mac address, found multicast '53:54:00:11:22:33' in network 't'" },
    { DHCP("<host ip='192.168.152.3'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: Static host definition in IPv4 network 't' must have mac or name attribute" },
    { IP6("<host id='0:4x:zz' name='a' ip='fd00::5'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: Invalid character 'x' in id '0:4x:zz' of network 't'" },
    { IP6("<range start='fd00::1:0:0:2' end='fd00::2:0:0:fe'/>"), VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE,
      "internal error: range fd00::1:0:0:2 - fd00::2:0:0:fe is too large (> 65535)" },
    { ROUTE("address='10.0.0.1' prefix='8' gateway='192.168.152.2'"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: t: Address '10.0.0.1' in route definition is not a network address" },
    { ROUTE("address='10.0.0.0' prefix='8' gateway='192.168.153.2'"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_NETWORK,
      "unsupported configuration: unreachable static route gateway '192.168.153.2' specified for network 't'" },
    { ROUTE("address='10.0.0.0' prefix='8' gateway='192.168.152.2' metric='0'"), VIR_ERR_XML_ERROR, VIR_FROM_XML,
      "XML error: Invalid value for attribute 'metric' in element 'route': Zero is not permitted" },
    { NET("", "<forward mode='foo'/>"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_NETWORK,
      "unsupported configuration: unknown forwarding type 'foo'" },
    { NET("", "<forward/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: nat forwarding requested, but no IP address provided for network 't'" },
    { FWD("<nat><port start='500' end='400'/></nat>"), VIR_ERR_XML_DETAIL, VIR_FROM_NETWORK,
      "Missing or invalid 'end' attribute in <port> in <nat> in <forward> in network t" },
    { FWD("<nat><address start='fd00::1' end='fd00::2'/></nat>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: Bad ipv4 start address 'fd00::1' in <nat> in <forward> in network 't'" },
    { FWD("<interface dev='a'/><interface dev='b'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: multiple forwarding interfaces specified for network 't', only one is supported" },
    { NET("", "<forward mode='private'/><bridge name='b'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: bridge name not allowed in private mode (network 't')" },
    { NET("", "<forward mode='bridge'/><mtu size='1400'/>"), VIR_ERR_XML_ERROR, VIR_FROM_NETWORK,
      "XML error: mtu size only allowed in open, route, nat, and isolated mode, not in bridge (network 't')" },
    { NET("", "<portgroup name='a'/><portgroup name='a'/>"), VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_NETWORK,
      "unsupported configuration: multiple <portgroup> elements with the same name (a) in network 't'" },
    { NET("", "<forward mode='bridge'/><virtualport/>"), VIR_ERR_XML_ERROR, VIR_FROM_NONE,
      "XML error: missing required virtualport type" },
    { NET("", "<d:options xmlns:d='http://libvirt.org/schemas/network/dnsmasq/1.0'><d:option/></d:options>"),
      VIR_ERR_INTERNAL_ERROR, VIR_FROM_NETWORK, "internal error: No dnsmasq options value specified" },
};

VR_TEST(errors_are_stocks)
{
    for (size_t i = 0; i < VR_COUNT(refused); i++) {
        VR_AUTO(vr_error) *err = NULL;
        VR_AUTO(vr_network_def) *def = parse(refused[i].xml, &err);
        ck_assert_msg(def == NULL, "accepted: %s", refused[i].xml);
        ck_assert_msg(err->code == refused[i].code && err->domain == refused[i].domain && vr_starts_with(err->message,
                      refused[i].text), "%s\n%d %d %s\ninstead of\n%d %d %s", refused[i].xml, err->code, err->domain,
                      err->message, refused[i].code, refused[i].domain, refused[i].text);
    }
}

/* Stock takes these and writes them into dnsmasq's files. */
VR_TEST(texts_that_would_end_a_line_of_dnsmasqs_files_are_refused)
{
    static const char *const bad[] = {
        NET("", "<domain name='a&#10;dhcp-script=/bin/sh'/>"),
        NET("", "<dns><txt name='a' value='b&#10;x'/></dns>"),
        NET("", "<dns><host ip='1.2.3.4'><hostname>a&#10;5.6.7.8 bank</hostname></host></dns>"),
        NET("", "<dns><srv service='a' protocol='tcp' target='x,y'/></dns>"),
        NET("", "<dns><forwarder domain='a/b' addr='1.1.1.1'/></dns>"),
        DHCP("<host mac='52:54:00:11:22:33' name='a&#10;b' ip='192.168.152.3'/>"),
        NET("", IP("<tftp root='/a&#10;b'/>")),
        NET("", "<d:options xmlns:d='http://libvirt.org/schemas/network/dnsmasq/1.0'><d:option value='a&#10;b'/></d:options>"),
        NET("", "<bridge name='a&#10;b'/>"), NET("", "<bridge name='aaaaaaaaaaaaaaaaaaaa'/>"), NET("", "<bridge name='../x'/>"),
    };
    for (size_t i = 0; i < VR_COUNT(bad); i++) {
        VR_AUTO(vr_error) *err = NULL;
        VR_AUTO(vr_network_def) *def = parse(bad[i], &err);
        ck_assert_msg(def == NULL, "accepted: %s", bad[i]);
        EXPECT_EQ(err->code, VIR_ERR_XML_ERROR);
    }
}

VR_TEST(what_is_new_must_make_sense)
{
    static const struct { const char *xml, *text; } bad[] = {
        { DHCP("<range start='192.168.152.2' end='192.168.152.50'/><range start='192.168.152.40' end='192.168.152.60'/>"), "overlap" },
        { DHCP("<host mac='52:54:00:11:22:33' ip='10.0.0.1'/>"), "not within" },
        { DHCP("<host mac='52:54:00:11:22:aa' ip='192.168.152.3'/><host mac='52:54:00:11:22:AA' ip='192.168.152.4'/>"), "MAC address" },
        { DHCP("<host name='a' ip='192.168.152.3'/><host name='A' ip='192.168.152.4'/>"), "name" },
        { DHCP("<host name='a' ip='192.168.152.3'/><host name='b' ip='192.168.152.3'/>"), "IP address" },
        { IP6("<host id='0:1' ip='fd00::5'/><host id='0:1' ip='fd00::6'/>"), "id" },
        { IP6("<host name='a' ip='192.168.152.3'/>"), "not within" },
        { NET("", "<ip address='10.0.0.1' netmask='255.0.255.0'/>"), "is none" },
        { NET("", IP("") IP("")), "twice" },
    };
    for (size_t i = 0; i < VR_COUNT(bad); i++) {
        VR_AUTO(vr_error) *err = NULL;
        VR_AUTO(vr_network_def) *def = parse(bad[i].xml, &err);
        EXPECT_OK(def != NULL, err); /* what is stored already is taken */
        EXPECT_FALSE(vr_network_makes_sense(def, &err));
        EXPECT_STR_HAS(err->message, bad[i].text);
    }
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_network_def) *def = parse(DHCP("<range start='192.168.152.2' end='192.168.152.50'/>"
        "<range start='192.168.152.51' end='192.168.152.60'/><host name='a' ip='192.168.152.3'/><host name='b' ip='192.168.152.4'/>"), &err);
    EXPECT_OK(def && vr_network_makes_sense(def, &err), err);
}

VR_TEST(a_port_reads_back_as_it_was_written)
{
    static const char text[] =
        "<networkport>\n  <uuid>81ff0d90-c91e-6742-64da-4a736edb9aa0</uuid>\n  <owner>\n    <name>dom</name>\n"
        "    <uuid>81ff0d90-c91e-6742-64da-4a736edb9a9c</uuid>\n  </owner>\n  <group>g</group>\n"
        "  <mac address='52:54:00:aa:bb:cc'/>\n  <bandwidth classID='3'>\n    <inbound average='4' floor='2'/>\n"
        "    <outbound average='3'/>\n  </bandwidth>\n  <port isolated='yes'/>\n  <rxfilters trustGuest='no'/>\n"
        "  <plug type='hostdev-pci' managed='yes'>\n    <driver name='vfio'/>\n"
        "    <address domain='0x0000' bus='0x03' slot='0x00' function='0x1'/>\n  </plug>\n</networkport>\n";
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_network_port) *port = vr_network_port_parse(text, strlen(text), 0, &err);
    EXPECT_OK(port != NULL, err);
    vr_autofree char *again = vr_network_port_format(port, 0);
    EXPECT_STR(again, text);
}

VR_TEST(prefixes_and_ranges_are_counted)
{
    struct vr_ipaddr a, b;
    EXPECT(vr_ip_parse("10.0.0.1", &a) && vr_ip_parse("10.0.1.0", &b));
    EXPECT_EQ(vr_ip_count(&a, &b), 256);
    EXPECT_EQ(vr_ip_count(&b, &a), 0);
    EXPECT(vr_ip_same_net(&a, &b, 23) && !vr_ip_same_net(&a, &b, 24));
    EXPECT(vr_ip_parse("255.255.254.0", &a) && vr_ip_parse("255.0.255.0", &b));
    EXPECT_EQ(vr_ip_mask_prefix(&a), 23);
    EXPECT_EQ(vr_ip_mask_prefix(&b), -1);
    EXPECT(vr_ip_parse("fd00::", &a) && vr_ip_parse("fd01::", &b));
    EXPECT_EQ(vr_ip_count(&a, &b), UINT64_MAX);
    EXPECT_FALSE(vr_ip_parse(" 10.0.0.1", &a));
    EXPECT_FALSE(vr_ip_parse("", &a));
    EXPECT_FALSE(vr_ip_parse("a", &a));
}

VR_TESTS("network", errors_are_stocks, texts_that_would_end_a_line_of_dnsmasqs_files_are_refused,
         what_is_new_must_make_sense, a_port_reads_back_as_it_was_written, prefixes_and_ranges_are_counted)
