/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network cards and what they are plugged into. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/build.h"

#define MAX_QUEUES 256

static enum vr_virtio_model virtio_of(const char *model, bool *is_virtio)
{
    *is_virtio = true;
    if (vr_streq0(model, "virtio"))
        return VR_VIRTIO_MODEL_UNSET;
    if (vr_streq0(model, "virtio-transitional"))
        return VR_VIRTIO_MODEL_TRANSITIONAL;
    if (vr_streq0(model, "virtio-non-transitional"))
        return VR_VIRTIO_MODEL_NON_TRANSITIONAL;
    *is_virtio = false;
    return VR_VIRTIO_MODEL_UNSET;
}

static void offloads(struct vr_json *p, const struct vr_net_offloads *host, const struct vr_net_offloads *guest)
{
    if (host) {
        add_tri(p, "csum", host->csum);
        add_tri(p, "gso", host->gso);
        add_tri(p, "host_tso4", host->tso4);
        add_tri(p, "host_tso6", host->tso6);
        add_tri(p, "host_ecn", host->ecn);
        add_tri(p, "host_ufo", host->ufo);
        add_tri(p, "mrg_rxbuf", host->mrg_rxbuf);
    }
    if (guest) {
        add_tri(p, "guest_csum", guest->csum);
        add_tri(p, "guest_tso4", guest->tso4);
        add_tri(p, "guest_tso6", guest->tso6);
        add_tri(p, "guest_ecn", guest->ecn);
        add_tri(p, "guest_ufo", guest->ufo);
    }
}

/* What the guest's card is plugged into on the host's side, after a network was resolved. */
static const char *actual_type(const struct vr_interface *n)
{
    return n->type ? vr_net_type_names[vr_net_type_now(n)] : "";
}

static bool has_vhost_backend(const struct vr_interface *n)
{
    return n->driver != VR_NET_DRIVER_QEMU;
}

struct vr_json *vr_qemu_net_device(const struct vr_domain_def *def, const struct vr_interface *n, unsigned bootindex,
                                   struct vr_error **err)
{
    bool is_virtio;
    enum vr_virtio_model model = virtio_of(n->model, &is_virtio);
    VR_AUTO(vr_json) *p = NULL;
    if (is_virtio) {
        p = virtio_device("virtio-net", def, &n->info, model, &n->virtio);
        if (n->txmode)
            vr_json_add_str(p, "tx", n->txmode == VR_TX_IOTHREAD ? "bh" : "timer");
        add_tri(p, "ioeventfd", n->ioeventfd);
        add_tri(p, "event_idx", n->event_idx);
        add_tri(p, "rss", n->rss);
        add_tri(p, "hash", n->rss_hash_report);
        offloads(p, n->host_offloads, n->guest_offloads);
        if (n->queues > 1) {
            vr_json_add_bool(p, "mq", true);
            vr_json_add_uint(p, "vectors",
                             2 * (uint64_t)n->queues + 2); /* one per direction and queue, two of its own */
        }
        add_uint_if(p, "rx_queue_size", n->rx_queue_size);
        add_uint_if(p, "tx_queue_size", n->tx_queue_size);
        add_uint_if(p, "host_mtu", n->mtu);
        if (vr_streq0(n->teaming_type, "persistent"))
            vr_json_add_bool(p, "failover", true);
    } else {
        p = vr_json_object();
        vr_json_add_str(p, "driver", n->model);
    }
    vr_json_add_strf(p, "netdev", "host%s", n->info.alias);
    vr_json_add_str(p, "id", n->info.alias);
    vr_json_add_strf(p, "mac", "%02x:%02x:%02x:%02x:%02x:%02x", n->mac.b[0], n->mac.b[1], n->mac.b[2], n->mac.b[3],
                     n->mac.b[4], n->mac.b[5]);
    add_boot(p, &n->info, bootindex);
    if (!add_address(p, def, &n->info, err))
        return NULL;
    add_rom(p, &n->info);
    return vr_json_ref(p);
}

/* ---- the host's side --------------------------------------------------------------------------------------------- */

static bool add_fds(struct build *b, struct vr_json *p, const struct vr_interface *n, enum vr_qemu_fd kind,
                    const char *one, const char *many, bool must)
{
    unsigned queues = n->queues ? n->queues : 1;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    for (unsigned q = 0; q < queues; q++) {
        int fd = b->run->fd_of(b->run->opaque, kind, n->info.alias, q);
        if (fd < 0) {
            if (!must && q == 0)
                return true;
            return vr_fail(b->err, VIR_ERR_INTERNAL_ERROR, _("interface '%s' has no descriptor for queue %u"),
                           n->info.alias, q);
        }
        vr_buf_printf(&text, "%s%d", q ? ":" : "", fd);
    }
    if (kind == VR_QEMU_FD_VHOST)
        vr_json_add_bool(p, "vhost", true);
    vr_json_add_str(p, queues > 1 ? many : one, text.data);
    return true;
}

static bool tap(struct build *b, struct vr_json *p, const struct vr_interface *n)
{
    bool is_virtio;
    virtio_of(n->model, &is_virtio);
    vr_json_add_str(p, "type", "tap");
    if (b->run->native) { /* what a user would run by hand */
        vr_json_add_str(p, "fd", "0");
    } else if (!add_fds(b, p, n, VR_QEMU_FD_TAP, "fd", "fds", true)) {
        return false;
    }
    if (is_virtio && has_vhost_backend(n) && !b->run->native &&
        !add_fds(b, p, n, VR_QEMU_FD_VHOST, "vhostfd", "vhostfds", n->driver == VR_NET_DRIVER_VHOST))
        return false;
    if (n->sndbuf.set)
        vr_json_add_uint(p, "sndbuf", n->sndbuf.v);
    return true;
}

static bool user(struct build *b, struct vr_json *p, const struct vr_interface *n)
{
    vr_json_add_str(p, "type", "user");
    for (size_t i = 0; i < n->guest_ips.n; i++) {
        const struct vr_net_ip *ip = n->guest_ips.v[i];
        bool v6 = vr_streq0(ip->family, "ipv6") || (ip->address && strchr(ip->address, ':'));
        if (v6) {
            vr_json_add_str(p, "ipv6-prefix", ip->address);
            if (ip->prefix.set)
                vr_json_add_uint(p, "ipv6-prefixlen", ip->prefix.v);
        } else if (ip->prefix.set) {
            vr_json_add_strf(p, "net", "%s/%u", ip->address, ip->prefix.v);
        } else {
            vr_json_add_str(p, "net", ip->address);
        }
    }
    return true;
}

/* Another process moves the packets; the guest waits for it when it has to be started again. */
static bool passt(struct build *b, struct vr_json *p, const struct vr_interface *n)
{
    struct vr_json *address = vr_json_object();
    vr_json_add_str(p, "type", "stream");
    vr_json_add_str(address, "type", "unix");
    vr_json_add_str(address, "path", n->passt_socket ? n->passt_socket : "");
    vr_json_add(p, "addr", address);
    vr_json_add_bool(p, "server", false);
    return true;
}

static bool vdpa(struct build *b, struct vr_json *p, const struct vr_interface *n)
{
    vr_json_add_str(p, "type", "vhost-vdpa");
    int fd = b->run->native ? -1 : b->run->fd_of(b->run->opaque, VR_QEMU_FD_VDPA, n->info.alias, 0);
    if (fd >= 0) {
        unsigned set = b->fd_sets++;
        cmd_arg(b, "-add-fd");
        cmd_argf(b, "set=%u,fd=%d,opaque=%s", set, fd, n->dev);
        vr_json_add_strf(p, "vhostdev", "/dev/fdset/%u", set);
    } else {
        vr_json_add_str(p, "vhostdev", n->dev);
    }
    if (n->queues > 1)
        vr_json_add_uint(p, "queues", n->queues);
    return true;
}

static bool vhost_user(struct build *b, struct vr_json *p, const struct vr_interface *n)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    vr_buf_printf(&text, "socket,id=char%s,path=", n->info.alias);
    buf_escaped(&text, n->vhost_path);
    /* No "wait=off": the card is nothing before its other end is there, and the guest would not find it. */
    if (vr_streq0(n->vhost_mode, "server"))
        vr_buf_str(&text, ",server=on");
    else if (n->reconnect && n->reconnect->enabled == VR_TRI_YES)
        vr_buf_printf(&text, ",reconnect=%u", n->reconnect->timeout);
    else if (n->reconnect && n->reconnect->enabled == VR_TRI_NO)
        vr_buf_str(&text, ",reconnect=0");
    cmd_opt_buf(b, "-chardev", &text);
    vr_json_add_str(p, "type", "vhost-user");
    vr_json_add_strf(p, "chardev", "char%s", n->info.alias);
    if (n->queues > 1)
        vr_json_add_uint(p, "queues", n->queues);
    return true;
}

static bool socket_net(struct vr_json *p, const struct vr_interface *n, const char *type)
{
    vr_json_add_str(p, "type", "socket");
    const char *key = vr_streq(type, "client")   ? "connect"
                      : vr_streq(type, "server") ? "listen"
                      : vr_streq(type, "mcast")  ? "mcast"
                                                 : "udp";
    vr_json_add_strf(p, key, "%s:%u", n->address ? n->address : "", n->port);
    if (vr_streq(type, "udp"))
        vr_json_add_strf(p, "localaddr", "%s:%u", n->local_address ? n->local_address : "", n->local_port);
    return true;
}

static bool check_interface(const struct vr_interface *n, struct vr_error **err)
{
    if (n->queues > MAX_QUEUES)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("interface %s: %u queues are too many"), n->info.alias,
                       n->queues);
    if (n->filterref)
        return not_yet(err, "a <filterref> of an interface");
    if (!n->model)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("interface '%s' has no model"), n->info.alias);
    return true;
}

static bool netdev(struct build *b, const struct vr_interface *n)
{
    const char *type = actual_type(n);
    struct vr_json *p = vr_json_object();
    bool ok;
    if (vr_streq(type, "network") || vr_streq(type, "bridge") || vr_streq(type, "ethernet") || vr_streq(type, "direct"))
        ok = tap(b, p, n);
    else if (vr_streq(type, "user"))
        ok = vr_streq0(n->backend_type, "passt") ? passt(b, p, n) : user(b, p, n);
    else if (vr_streq(type, "vdpa"))
        ok = vdpa(b, p, n);
    else if (vr_streq(type, "vhostuser"))
        ok = vhost_user(b, p, n);
    else if (vr_streq(type, "client") || vr_streq(type, "server") || vr_streq(type, "mcast") || vr_streq(type, "udp"))
        ok = socket_net(p, n, type);
    else if (vr_streq(type, "internal"))
        ok = user(b, p, n);
    else if (vr_streq(type, "null"))
        ok = vr_json_add_strf(p, "type", "hubport") && vr_json_add_int(p, "hubid", 0);
    else
        ok = vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED,
                     _("an interface of type '%s' is not supported by this build: the "
                       "guest is kept but cannot be started"),
                     type);
    if (!ok) {
        vr_json_free(p);
        return false;
    }
    vr_json_add_strf(p, "id", "host%s", n->info.alias);
    return cmd_json(b, "-netdev", p);
}

bool vr_qemu_native_prepare(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err)
{
    for (size_t i = 0; i < def->interfaces.n; i++) {
        struct vr_interface *n = def->interfaces.v[i], old = *n;
        if (old.type == VR_NET_HOSTDEV)
            continue;
        *n = (struct vr_interface){ .arena = old.arena, .type = VR_NET_ETHERNET, .has_mac = old.has_mac, .mac = old.mac,
                                    .model = old.model, .script = old.script };
        n->info.boot_order = old.info.boot_order;
    }
    return !def->interfaces.n || vr_qemu_complete(def, caps, err);
}

bool build_nets(struct build *b)
{
    unsigned boot = boot_position(b->def, VR_BOOT_NETWORK);
    for (size_t i = 0; i < b->def->interfaces.n; i++) {
        const struct vr_interface *n = b->def->interfaces.v[i];
        if (vr_net_type_now(n) == VR_NET_HOSTDEV)
            continue; /* built with the host devices */
        if (!check_interface(n, b->err))
            return false;
        if (n->queues > 1 && vr_streq(actual_type(n), "user"))
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("interface %02x:%02x:%02x:%02x:%02x:%02x - multiqueue is not supported for network "
                             "interfaces of type %s"), n->mac.b[0], n->mac.b[1], n->mac.b[2], n->mac.b[3], n->mac.b[4],
                           n->mac.b[5], "user");
        unsigned bootindex = n->info.boot_order ? n->info.boot_order : boot;
        boot = 0;
        if (!netdev(b, n) || !cmd_device(b, vr_qemu_net_device(b->def, n, bootindex, b->err)))
            return false;
    }
    return true;
}
