/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values in rules: each datatype reads what people write and gives the one form that is printed. */
#define VR_ERROR_DOMAIN VIR_FROM_NWFILTER
#include "tables.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/str.h"
#include "model/codec.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* "$NAME", "$NAME[3]", "$NAME[@1]"; blanks only inside the brackets and behind them. */
static const char *variable(struct vr_arena *arena, const char *text)
{
    size_t name = strspn(text + 1, NAME_CHARS) + 1;
    const char *p = text + name;
    if (!*p)
        return vr_arena_strdup(arena, text);
    if (*p++ != '[')
        return NULL;
    p += strspn(p, " ");
    bool iterator = *p == '@';
    p += iterator;
    p += strspn(p, " ");
    size_t digits = strspn(p, "0123456789");
    const char *end = p + digits;
    end += strspn(end, " ");
    if (!digits || digits > 9 || *end != ']' || end[1 + strspn(end + 1, " ")])
        return NULL;
    if (iterator && strspn(p, "0") == digits) /* the first iterator is the one that is meant anyway */
        return vr_arena_strndup(arena, text, name);
    return vr_arena_printf(arena, "%.*s[%s%.*s]", (int)name, text, iterator ? "@" : "", (int)digits, p);
}

static const char *number(struct vr_arena *arena, const char *text, uint64_t min, uint64_t max)
{
    const char *t = text + strspn(text, " \t\n");
    bool hex = t[0] == '0' && (t[1] == 'x' || t[1] == 'X');
    uint64_t v;
    if (!vr_text_u64(t, hex ? 16 : 10, max, &v) || v < min)
        return NULL;
    return vr_arena_printf(arena, hex ? "0x%llx" : "%llu", (unsigned long long)v);
}

bool vr_nwfilter_number(const char *value, unsigned *out)
{
    uint64_t v;
    if (!value || *value == '$' || !vr_text_u64(value, vr_starts_with(value, "0x") ? 16 : 10, UINT32_MAX, &v))
        return false;
    *out = (unsigned)v;
    return true;
}

/* A word, whatever its case, or its number written either way. */
struct word {
    const char *name;
    unsigned number;
};
static const char *word(struct vr_arena *arena, const struct word *words, size_t n, const char *text, uint64_t min,
                        uint64_t max)
{
    for (size_t i = 0; i < n; i++)
        if (!strcasecmp(words[i].name, text))
            return words[i].name;
    const char *plain = number(arena, text, min, max);
    unsigned v;
    if (plain && vr_nwfilter_number(plain, &v))
        for (size_t i = 0; i < n; i++)
            if (words[i].number == v)
                return words[i].name;
    return plain;
}
static const struct word frame_protocols[] = { { "arp", 0x806 }, { "rarp", 0x8035 }, { "ipv4", 0x800 },
                                               { "ipv6", 0x86dd }, { "vlan", 0x8100 } };
static const struct word ip_protocols[] = { { "tcp", 6 }, { "udp", 17 }, { "udplite", 136 }, { "esp", 50 }, { "ah", 51 },
                                            { "icmp", 1 }, { "igmp", 2 }, { "sctp", 132 }, { "icmpv6", 58 } };
static const struct word opcodes[] = { { "Request", 1 }, { "Reply", 2 }, { "Request_Reverse", 3 },
                                       { "Reply_Reverse", 4 }, { "DRARP_Request", 5 }, { "DRARP_Reply", 6 },
                                       { "DRARP_Error", 7 }, { "InARP_Request", 8 }, { "ARP_NAK", 9 } };

static const char *mac(struct vr_arena *arena, const char *text, bool mask)
{
    struct vr_mac m;
    if (!vr_mac_parse(text, &m))
        return NULL;
    bool zeros = false;
    for (int bit = 0; mask && bit < 48; bit++) { /* ones, then zeros */
        bool one = m.b[bit / 8] >> (7 - bit % 8) & 1;
        if (one && zeros)
            return NULL;
        zeros |= !one;
    }
    return vr_mac_text(arena, &m);
}

static const char *address(struct vr_arena *arena, const char *text, int family)
{
    unsigned char raw[16];
    char out[INET6_ADDRSTRLEN];
    if (family == AF_INET ? !*text || strspn(text, "0123456789abcdefABCDEFxX.") != strlen(text) ||
            !inet_aton(text, (struct in_addr *)raw) : inet_pton(AF_INET6, text, raw) != 1)
        return NULL;
    return vr_arena_strdup(arena, inet_ntop(family, raw, out, sizeof(out)));
}

/* A number of bits, or the mask written as an address. */
static const char *ip_mask(struct vr_arena *arena, const char *text, int family)
{
    unsigned width = family == AF_INET ? 32 : 128, bits = 0;
    uint64_t v;
    if (vr_text_u64(text, 10, width, &v))
        return vr_arena_printf(arena, "%llu", (unsigned long long)v);
    unsigned char raw[16];
    if (inet_pton(family, text, raw) != 1)
        return NULL;
    while (bits < width && raw[bits / 8] >> (7 - bits % 8) & 1)
        bits++;
    for (unsigned i = bits; i < width; i++)
        if (raw[i / 8] >> (7 - i % 8) & 1)
            return NULL;
    return vr_arena_printf(arena, "%u", bits);
}

/* Which of `names` stand in the list, as bits; @all is the word for every one of them, @none for no one. */
static bool bits_of(const char *text, size_t len, const char *const *names, const char *all, unsigned *out)
{
    *out = 0;
    for (const char *p = text, *end = text + len; p < end;) {
        size_t n = 0;
        while (p + n < end && p[n] != ',')
            n++;
        unsigned bit = 0;
        for (unsigned i = 0; names[i]; i++)
            if (strlen(names[i]) == n && !strncasecmp(names[i], p, n))
                bit = 1u << i;
        if (all && strlen(all) == n && !strncasecmp(all, p, n))
            bit = 0x3f;
        if (!bit && !(n == 4 && !strncasecmp(p, "NONE", 4)))
            return false;
        *out |= bit ? bit : 1u << 31;
        p += n;
        if (p < end && *p++ == ',' && p == end)
            return false;
    }
    return true;
}

static void add_bits(struct vr_buf *out, unsigned bits, const char *const *names, const char *all)
{
    if (all && (bits & 0x3f) == 0x3f) {
        vr_buf_str(out, all);
        return;
    }
    bool first = true;
    for (unsigned i = 0; names[i]; i++) {
        if (!(bits >> i & 1))
            continue;
        vr_buf_str(out, first ? "" : ",");
        vr_buf_str(out, names[i]);
        first = false;
    }
}

static const char *state(struct vr_arena *arena, const char *text)
{
    static const char *const names[] = { "NEW", "ESTABLISHED", "RELATED", "INVALID", NULL };
    unsigned bits;
    if (!bits_of(text, strlen(text), names, NULL, &bits))
        return NULL;
    if (bits >> 31)
        return "NONE";
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    add_bits(&out, bits, names, NULL);
    return vr_arena_strdup(arena, out.data ? out.data : "");
}

/* "SYN,ACK/SYN": which are looked at, and which of them must be set */
static const char *tcp_flags(struct vr_arena *arena, const char *text)
{
    static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", NULL };
    const char *slash = strchr(text, '/');
    unsigned mask, set;
    if (!slash || !bits_of(text, (size_t)(slash - text), names, "ALL", &mask) ||
        !bits_of(slash + 1, strlen(slash + 1), names, "ALL", &set))
        return NULL;
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    for (int i = 0; i < 2; i++) {
        unsigned bits = i ? set : mask;
        vr_buf_str(&out, i ? "/" : "");
        if (bits & 0x3f)
            add_bits(&out, bits, names, "ALL");
        else
            vr_buf_str(&out, "NONE");
    }
    return vr_arena_strdup(arena, out.data);
}

static const char *ipset_flags(struct vr_arena *arena, const char *text)
{
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    for (int count = 0; count < 6; count++) {
        bool src = !strncasecmp(text, "src", 3), dst = !strncasecmp(text, "dst", 3);
        if (!src && !dst)
            return NULL;
        vr_buf_str(&out, src ? "src" : "dst");
        text += 3;
        if (!*text)
            return vr_arena_strdup(arena, out.data);
        if (*text++ != ',')
            return NULL;
        vr_buf_char(&out, ',');
    }
    return NULL;
}

static const char *gratuitous(const char *text)
{
    return vr_streq(text, "1") || vr_streq(text, "yes") || vr_streq(text, "true") ? "true" : "false";
}

const char *vr_nwfilter_value(struct vr_arena *arena, const char *type, const char *text)
{
    static const char *const plain[] = { "nwBool", "nwState", "nwTcpFlags", "nwIpsetFlags", "nwComment", NULL };
    if (*text == '$' && vr_name_index(plain, type) < 0)
        return variable(arena, text);
    if (vr_streq(type, "nwMac") || vr_streq(type, "nwMacMask"))
        return mac(arena, text, vr_streq(type, "nwMacMask"));
    if (vr_streq(type, "nwIpv4") || vr_streq(type, "nwIpv6"))
        return address(arena, text, vr_streq(type, "nwIpv4") ? AF_INET : AF_INET6);
    if (vr_streq(type, "nwMask4") || vr_streq(type, "nwMask6"))
        return ip_mask(arena, text, vr_streq(type, "nwMask4") ? AF_INET : AF_INET6);
    static const struct { const char *type; uint64_t max; } numbers[] = {
        { "nw8", 255 }, { "nw16", 65535 }, { "nw32", UINT32_MAX }, { "nw6", 63 }, { "nw12", 4095 },
    };
    for (size_t i = 0; i < VR_COUNT(numbers); i++)
        if (vr_streq(type, numbers[i].type))
            return number(arena, text, 0, numbers[i].max);
    if (vr_streq(type, "nwFrame"))
        return word(arena, frame_protocols, VR_COUNT(frame_protocols), text, 0x600, 0xffff);
    if (vr_streq(type, "nwIpProtocol"))
        return word(arena, ip_protocols, VR_COUNT(ip_protocols), text, 0, 255);
    if (vr_streq(type, "nwOpcode"))
        return word(arena, opcodes, VR_COUNT(opcodes), text, 0, 65535);
    if (vr_streq(type, "nwBool"))
        return gratuitous(text);
    if (vr_streq(type, "nwState"))
        return state(arena, text);
    if (vr_streq(type, "nwTcpFlags"))
        return tcp_flags(arena, text);
    if (vr_streq(type, "nwIpsetFlags"))
        return ipset_flags(arena, text);
    if (vr_streq(type, "nwIpset"))
        return strlen(text) < 32 && strspn(text, NAME_CHARS ".:-+ ") == strlen(text) ? text : NULL;
    if (vr_streq(type, "nwComment"))
        return vr_arena_strndup(arena, text, strnlen(text, 256));
    return text;
}
