/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Leases as dnsmasq's script left them in DNSMASQ_DIR/BRIDGE.status. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/error.h"
#include "net.h"

struct vr_lease {
    int64_t expiry;         /* wall clock, seconds; 0: never */
    const char *mac;        /* NULL: not known */
    const char *iaid, *address, *hostname, *clientid;
    bool ipv6;
    unsigned prefix;
};
/**
 * vr_leases_read - those that have not expired
 * @mac: only of this one; NULL: all
 *
 * In *out, arena-owned, in the file's order. A network without a bridge of its own, or without leases, has none.
 */
VR_SUSPENDS bool vr_leases_read(struct vr_net *net, const char *mac, struct vr_arena *arena, struct vr_lease **out, size_t *count,
                                struct vr_error **err);
