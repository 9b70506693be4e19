/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/ipaddr.h"

#include <arpa/inet.h>
#include <string.h>
#include "base/arena.h"
#include "schema/schema.h"

static size_t size_of(const struct vr_ipaddr *ip)
{
    return ip->family == VR_IP_V4 ? 4 : 16;
}

unsigned vr_ip_bits(const struct vr_ipaddr *ip)
{
    return ip->family == VR_IP_V4 ? 32 : 128;
}

bool vr_ip_parse(const char *text, struct vr_ipaddr *out)
{
    struct vr_ipaddr ip = { 0 };
    struct in_addr four;
    if (strpbrk(text, " \t\n")) /* which inet_aton takes for the end */
        return false;
    if (inet_aton(text, &four)) {
        ip.family = VR_IP_V4;
        memcpy(ip.b, &four, 4);
    } else if (inet_pton(AF_INET6, text, ip.b) == 1) {
        ip.family = VR_IP_V6;
    } else {
        return false;
    }
    *out = ip;
    return true;
}

char *vr_ip_text(const struct vr_ipaddr *ip, char text[VR_IP_TEXT])
{
    text[0] = 0;
    if (vr_ip_set(ip))
        inet_ntop(ip->family == VR_IP_V4 ? AF_INET : AF_INET6, ip->b, text, VR_IP_TEXT);
    return text;
}

int vr_ip_compare(const struct vr_ipaddr *a, const struct vr_ipaddr *b)
{
    return a->family != b->family ? (int)a->family - (int)b->family : memcmp(a->b, b->b, 16);
}

bool vr_ip_equal(const struct vr_ipaddr *a, const struct vr_ipaddr *b)
{
    return vr_ip_compare(a, b) == 0;
}

bool vr_ip_is_any(const struct vr_ipaddr *ip)
{
    static const uint8_t none[16];
    return memcmp(ip->b, none, 16) == 0;
}

int vr_ip_mask_prefix(const struct vr_ipaddr *mask)
{
    unsigned bits = vr_ip_bits(mask), ones = 0;
    while (ones < bits && (mask->b[ones / 8] & 0x80 >> ones % 8))
        ones++;
    for (unsigned i = ones; i < bits; i++)
        if (mask->b[i / 8] & 0x80 >> i % 8)
            return -1;
    return (int)ones;
}

struct vr_ipaddr vr_ip_mask(const struct vr_ipaddr *like, unsigned prefix)
{
    struct vr_ipaddr mask = { .family = like->family };
    for (unsigned i = 0; i < prefix && i < vr_ip_bits(like); i++)
        mask.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
    return mask;
}

struct vr_ipaddr vr_ip_network(const struct vr_ipaddr *ip, unsigned prefix)
{
    struct vr_ipaddr mask = vr_ip_mask(ip, prefix), net = *ip;
    for (size_t i = 0; i < sizeof(net.b); i++)
        net.b[i] &= mask.b[i];
    return net;
}

struct vr_ipaddr vr_ip_broadcast(const struct vr_ipaddr *ip, unsigned prefix)
{
    struct vr_ipaddr mask = vr_ip_mask(ip, prefix), all = *ip;
    for (size_t i = 0; i < size_of(ip); i++)
        all.b[i] |= (uint8_t)~mask.b[i];
    return all;
}

bool vr_ip_same_net(const struct vr_ipaddr *a, const struct vr_ipaddr *b, unsigned prefix)
{
    struct vr_ipaddr x = vr_ip_network(a, prefix), y = vr_ip_network(b, prefix);
    return vr_ip_equal(&x, &y);
}

uint64_t vr_ip_count(const struct vr_ipaddr *start, const struct vr_ipaddr *end)
{
    if (start->family != end->family || vr_ip_compare(start, end) > 0)
        return 0;
    size_t n = size_of(start);
    unsigned __int128 a = 0, b = 0;
    for (size_t i = 0; i < n; i++) {
        a = a << 8 | start->b[i];
        b = b << 8 | end->b[i];
    }
    unsigned __int128 between = b - a;
    return between >= UINT64_MAX ? UINT64_MAX : (uint64_t)between + 1;
}

bool vr_ip_is_link_local(const struct vr_ipaddr *ip)
{
    return ip->family == VR_IP_V4 ? ip->b[0] == 169 && ip->b[1] == 254 : ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

static bool codec_parse(struct vr_arena *arena, const char *text, void *field)
{
    return vr_ip_parse(text, field);
}

static const char *codec_format(struct vr_arena *scratch, const void *field)
{
    char text[VR_IP_TEXT];
    const struct vr_ipaddr *ip = field;
    return vr_ip_set(ip) ? vr_arena_strdup(scratch, vr_ip_text(ip, text)) : NULL;
}

static bool codec_equal(const void *a, const void *b)
{
    return vr_ip_equal(a, b);
}

static void codec_random(struct vr_arena *arena, uint64_t *seed, void *field)
{
    *(struct vr_ipaddr *)field = (struct vr_ipaddr){ .family = VR_IP_V4, .b = { 10, (uint8_t)*seed, 1, 2 } };
}

const struct vr_codec_ops vr_ip_codec = { codec_parse, codec_format, NULL, codec_equal, codec_random };
