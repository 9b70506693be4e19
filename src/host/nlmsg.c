/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nlmsg.h"
#include <errno.h>
#include <linux/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "netlink.h"

#define DUMP_ROOM 65536     /* larger than any datagram of a dump */
#define DUMP_MESSAGES 1000000 /* no host has so many links, rules or neighbours that are of use here */

void vr_nl_init(struct vr_nl *m, int type, int flags, const void *body, size_t len)
{
    memset(m, 0, sizeof(*m));
    m->u.header.nlmsg_len = (unsigned)NLMSG_LENGTH(len);
    m->u.header.nlmsg_type = (unsigned short)type;
    m->u.header.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags);
    m->u.header.nlmsg_seq = 1;
    memcpy(NLMSG_DATA(&m->u.header), body, len);
}

struct rtattr *vr_nl_attr(struct vr_nl *m, unsigned type, const void *data, size_t len)
{
    size_t at = NLMSG_ALIGN(m->u.header.nlmsg_len);
    if (len > VR_NL_ROOM || at + RTA_SPACE(len) > VR_NL_ROOM) {
        m->overflow = true;
        at = NLMSG_LENGTH(0); /* harmless: it will not be sent */
        len = 0;
    }
    struct rtattr *a = (struct rtattr *)(void *)(m->u.bytes + at);
    a->rta_type = (unsigned short)type;
    a->rta_len = (unsigned short)RTA_LENGTH(len);
    if (len)
        memcpy(RTA_DATA(a), data, len);
    m->u.header.nlmsg_len = (unsigned)(at + RTA_SPACE(len));
    return a;
}

void vr_nl_u8(struct vr_nl *m, unsigned type, uint8_t v)
{
    vr_nl_attr(m, type, &v, sizeof(v));
}

void vr_nl_u32(struct vr_nl *m, unsigned type, uint32_t v)
{
    vr_nl_attr(m, type, &v, sizeof(v));
}

void vr_nl_str(struct vr_nl *m, unsigned type, const char *text)
{
    vr_nl_attr(m, type, text, strlen(text) + 1);
}

bool vr_nl_name(struct vr_nl *m, unsigned type, const char *name)
{
    size_t len = strlen(name) + 1;
    if (len < 2 || len > VR_IFNAME)
        return false;
    vr_nl_attr(m, type, name, len);
    return true;
}

void vr_nl_end(struct vr_nl *m, struct rtattr *nest)
{
    nest->rta_len = (unsigned short)(m->u.bytes + m->u.header.nlmsg_len - (char *)nest);
}

static int send_to_kernel(struct vr_nl *m, int fd)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    if (m->overflow)
        return EMSGSIZE;
    if (fd < 0 || sendto(fd, m, m->u.header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
        return errno;
    return 0;
}

static ssize_t receive(int fd, char *answer, size_t room)
{
    ssize_t n;
    do
        n = recv(fd, answer, room, 0);
    while (n < 0 && errno == EINTR);
    return n;
}

static int error_of(const struct nlmsghdr *h)
{
    const struct nlmsgerr *e = NLMSG_DATA(h);
    return h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)) ? EBADMSG : -e->error;
}

int vr_nl_talk(struct vr_nl *m, int protocol, char *answer, size_t room, size_t *len)
{
    vr_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    /* Without this an acknowledgement repeats the request; an answer that is an error never needs to. */
    const int one = 1;
    if (fd >= 0)
        setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
    char own[1024];
    if (!answer) {
        answer = own;
        room = sizeof(own);
        m->u.header.nlmsg_flags |= NLM_F_ACK;
    }
    int e = send_to_kernel(m, fd);
    if (e)
        return e;
    ssize_t n = receive(fd, answer, room);
    if (n < 0)
        return errno;
    const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)answer;
    if (!NLMSG_OK(h, (size_t)n))
        return EBADMSG;
    if (h->nlmsg_type == NLMSG_ERROR)
        return error_of(h);
    if (len)
        *len = (size_t)n;
    return 0;
}

int vr_nl_dump(struct vr_nl *m, int protocol, void (*each)(const struct nlmsghdr *h, void *opaque), void *opaque)
{
    vr_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    vr_autofree char *answer = vr_alloc(DUMP_ROOM);
    m->u.header.nlmsg_flags |= NLM_F_DUMP;
    int e = send_to_kernel(m, fd);
    bool interrupted = false;
    for (size_t count = 0; !e && count < DUMP_MESSAGES;) {
        ssize_t n = receive(fd, answer, DUMP_ROOM);
        if (n < 0)
            return errno;
        size_t left = (size_t)n;
        for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)answer; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
            count++;
            interrupted |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            if (h->nlmsg_type == NLMSG_DONE)
                return interrupted ? EINTR : 0;
            if (h->nlmsg_type == NLMSG_ERROR)
                return error_of(h);
            each(h, opaque);
        }
    }
    return e ? e : E2BIG;
}
