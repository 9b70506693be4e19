/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Netlink messages of this room: made in a fixed buffer, sent, answered. The kernel answers requests within send(), so
 * none of these wait for more than its locks. Functions return 0 or an errno.
 */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_NL_ROOM 4096 /* a policer with its rate table is the largest */

struct vr_nl {
    union {
        struct nlmsghdr header;
        char bytes[VR_NL_ROOM];
    } u;
    bool overflow;      /* something did not fit: sending it is EMSGSIZE */
};

/** A request of `type` whose fixed part is `body` (struct ifinfomsg, tcmsg, ...). */
void vr_nl_init(struct vr_nl *m, int type, int flags, const void *body, size_t len);
/** Adds an attribute; len 0 begins a nest, which vr_nl_end ends. */
struct rtattr *vr_nl_attr(struct vr_nl *m, unsigned type, const void *data, size_t len);
void vr_nl_u8(struct vr_nl *m, unsigned type, uint8_t v);
void vr_nl_u32(struct vr_nl *m, unsigned type, uint32_t v);
/** A text with its NUL. */
void vr_nl_str(struct vr_nl *m, unsigned type, const char *text);
/** An interface's name; false when the kernel allows none like it. */
bool vr_nl_name(struct vr_nl *m, unsigned type, const char *name);
void vr_nl_end(struct vr_nl *m, struct rtattr *nest);

/** Sends a request and reads one answer into `answer`; NULL: only whether it succeeded. */
int vr_nl_talk(struct vr_nl *m, int protocol, char *answer, size_t room, size_t *len);
/** Sends a dump request and calls `each` for every message of the answer. ENOBUFS, EINTR: the dump is not whole. */
int vr_nl_dump(struct vr_nl *m, int protocol, void (*each)(const struct nlmsghdr *h, void *opaque), void *opaque);
