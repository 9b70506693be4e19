/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Host ends of a guest's network cards: tap devices on a bridge or free, and macvtap devices on another interface. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"
#include "netlink.h"

#define VR_TAP_MAX_QUEUES 256

enum vr_macvtap_kind {
    VR_MACVTAP_KIND_VEPA,
    VR_MACVTAP_KIND_PRIVATE,
    VR_MACVTAP_KIND_BRIDGE,
    VR_MACVTAP_KIND_PASSTHRU
};

struct vr_tap_spec {
    const char *name;       /* NULL or "": the next free vnetN (macvtapN); "%d" in it: the first free number */
    const char *bridge;     /* the tap joins it; NULL: none */
    const char *tun;        /* path of the device, NULL: /dev/net/tun */
    uint8_t mac[6];         /* the guest's; a tap gets it with 0xfe as its first byte */
    unsigned queues;        /* 0 and 1 are one */
    bool vnet_hdr;          /* packets carry a virtio header: for virtio cards */
    bool existing;          /* the tap must be there already and is left as it is (target managed='no') */
    bool isolated;          /* no traffic with other isolated ports of the bridge */
    bool told_addresses;    /* the bridge does not learn nor flood: it is told the guest's address */
    unsigned coalesce_frames; /* received frames are handed on in groups of so many at most; 0: as it is */
    unsigned mtu;           /* 0: the bridge's */
    uint64_t sndbuf;        /* bytes; 0: as it is */
    bool down;              /* link state='down': not set up */
    const char *parent;     /* not NULL: a macvtap device on this interface, with: */
    enum vr_macvtap_kind macvtap;
};
struct vr_tap {
    char name[VR_IFNAME];
    int *fds;               /* one per queue; close-on-exec, nonblocking */
    size_t fd_count;
    bool macvtap;           /* must be deleted by name: closing it leaves it there */
};

/**
 * vr_tap_open - make the device and open its queues
 *
 * SYSTEM_ERROR with stock's sentences; on failure nothing is left. A tap lives as long as a descriptor of it is open.
 */
VR_SUSPENDS bool vr_tap_open(const struct vr_tap_spec *spec, struct vr_tap *out, vr_time deadline,
                             struct vr_error **err);
/** Plugs an existing tap into `spec->bridge` (with isolation and the like); one that is there already is left. */
VR_SUSPENDS bool vr_tap_plug(const char *name, const struct vr_tap_spec *spec, vr_time deadline, struct vr_error **err);
/** Closes descriptors that were not taken (those >= 0) and frees. The device stays. */
void vr_tap_done(struct vr_tap *tap);
/** Deletes a macvtap device of a guest that ended; false with an error other than "it is gone". */
VR_SUSPENDS bool vr_tap_delete(const char *name, vr_time deadline, struct vr_error **err);
/** A guest that runs already has this name: vnetN counts on from it. */
void vr_tap_reserve(const char *name);

/** Opens `count` descriptors of /dev/vhost-net (or another path); none is left open on failure. */
bool vr_vhost_open(const char *path, int *fds, size_t count, struct vr_error **err);
