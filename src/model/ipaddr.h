/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* IPv4 and IPv6 addresses as values, and the arithmetic that networks need. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vr_ip_family { VR_IP_NONE, VR_IP_V4, VR_IP_V6 };

/** All zero: not said. IPv4 uses the first four bytes; the rest stays zero. */
struct vr_ipaddr {
    uint8_t family; /* enum vr_ip_family */
    uint8_t b[16];
};
#define VR_IP_TEXT 46 /* longest text with its NUL */

/** Numeric only, as documents write them: "10.1.2.3" (and inet_aton's short forms), "fd00::1". */
bool vr_ip_parse(const char *text, struct vr_ipaddr *out);
/** Canonical text; "" for an address that is not said. Returns `text`. */
char *vr_ip_text(const struct vr_ipaddr *ip, char text[VR_IP_TEXT]);
static inline bool vr_ip_set(const struct vr_ipaddr *ip)
{
    return ip->family != VR_IP_NONE;
}
bool vr_ip_equal(const struct vr_ipaddr *a, const struct vr_ipaddr *b);
/** <0, 0, >0 as numbers; IPv4 before IPv6. */
int vr_ip_compare(const struct vr_ipaddr *a, const struct vr_ipaddr *b);
/** All bits zero ("0.0.0.0", "::"). */
bool vr_ip_is_any(const struct vr_ipaddr *ip);
/** Bits of an address of this family: 32, 128. */
unsigned vr_ip_bits(const struct vr_ipaddr *ip);
/** The leading ones of an IPv4 netmask, or -1 when a one follows a zero. */
int vr_ip_mask_prefix(const struct vr_ipaddr *mask);
/** The mask of the family of `like` with `prefix` leading ones. */
struct vr_ipaddr vr_ip_mask(const struct vr_ipaddr *like, unsigned prefix);
/** The address with its host bits cleared, or with all of them set. */
struct vr_ipaddr vr_ip_network(const struct vr_ipaddr *ip, unsigned prefix);
struct vr_ipaddr vr_ip_broadcast(const struct vr_ipaddr *ip, unsigned prefix);
bool vr_ip_same_net(const struct vr_ipaddr *a, const struct vr_ipaddr *b, unsigned prefix);
/** How many addresses start..end holds; 0 when reversed or of different families; UINT64_MAX when more. */
uint64_t vr_ip_count(const struct vr_ipaddr *start, const struct vr_ipaddr *end);
/** RFC 3927 and the like: 169.254/16, fe80::/10. */
bool vr_ip_is_link_local(const struct vr_ipaddr *ip);

struct vr_codec_ops;
extern const struct vr_codec_ops vr_ip_codec;
