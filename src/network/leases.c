/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.leases"
#include "leases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "driver.h"
#include "loop/loop.h"

#define FILE_MAX (16 * 1024 * 1024)

struct read_task {
    char *path;
    struct vr_buf text;
    int errnum;
};

static void read_free(void *arg)
{
    struct read_task *t = arg;
    free(t->path);
    vr_buf_done(&t->text);
    free(t);
}

static void read_run(void *arg)
{
    struct read_task *t = arg;
    vr_autoclose int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        t->errnum = errno == ENOENT ? 0 : errno;
        return;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
        t->errnum = EFBIG;
        return;
    }
    for (ssize_t n = 1; n > 0 && t->text.len <= FILE_MAX;) {
        n = read(fd, vr_buf_room(&t->text, 65536), 65536);
        if (n > 0)
            vr_buf_added(&t->text, (size_t)n);
        else if (n < 0)
            t->errnum = errno;
    }
}

/* The prefix of the network's address that the lease lies in. */
static unsigned prefix_of(const struct vr_network_def *def, const struct vr_ipaddr *ip)
{
    for (size_t i = 0; i < def->ips.n; i++) {
        int prefix = vr_network_ip_prefix(def->ips.v[i]);
        if (prefix >= 0 && def->ips.v[i]->address.family == ip->family &&
            vr_ip_same_net(&def->ips.v[i]->address, ip, (unsigned)prefix))
            return (unsigned)prefix;
    }
    return 0;
}

static bool take(const struct vr_json *entry, const struct vr_network_def *def, const char *mac, struct vr_arena *arena,
                 struct vr_lease *out)
{
    const char *address = vr_json_get_str(entry, "ip-address"), *has = vr_json_get_str(entry, "mac-address");
    struct vr_ipaddr ip;
    int64_t expiry;
    if (mac && (!has || strcasecmp(has, mac) != 0))
        return false;
    if (!address || !vr_ip_parse(address, &ip) || !vr_json_get_int(entry, "expiry-time", &expiry))
        return false;
    if (expiry > 0 && expiry < vr_wall_now() / 1000000000)
        return false;
    *out = (struct vr_lease){
        .expiry = expiry, .mac = vr_arena_strdup(arena, has), .address = vr_arena_strdup(arena, address),
        .iaid = vr_arena_strdup(arena, vr_json_get_str(entry, "iaid")),
        .hostname = vr_arena_strdup(arena, vr_json_get_str(entry, "hostname")),
        .clientid = vr_arena_strdup(arena, vr_json_get_str(entry, "client-id")),
        .ipv6 = ip.family == VR_IP_V6, .prefix = prefix_of(def, &ip),
    };
    return true;
}

VR_SUSPENDS bool vr_leases_read(struct vr_net *net, const char *mac, struct vr_arena *arena, struct vr_lease **out, size_t *count,
                                struct vr_error **err)
{
    struct vr_network_def *def = vr_net_current(net, err);
    if (!def)
        return false;
    *out = NULL;
    *count = 0;
    if (!def->bridge || !vr_network_makes_bridge(def))
        return true;
    struct read_task *t = vr_new(struct read_task);
    t->path = vr_printf("%s/%s.status", vr_networks.dnsmasq_dir, def->bridge);
    if (!vr_worker_run(VR_POOL_STORE, NULL, "leases", read_run, t, read_free, vr_after(VR_NET_SPAN_STEP), err))
        return false;
    bool good = !t->errnum || vr_fail_errno(err, VIR_ERR_INTERNAL_ERROR, t->errnum, _("Unable to read leases file: %s"), t->path);
    VR_AUTO(vr_json) *all = NULL;
    VR_AUTO(vr_error) *json_err = NULL;
    if (good && t->text.len && !(all = vr_json_parse(t->text.data, t->text.len, &json_err)))
        good = vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("invalid json in file: %s"), t->path);
    if (good && all && vr_json_type_of(all) != VR_JSON_ARRAY)
        good = vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("couldn't fetch array of leases"));
    def = vr_net_current(net, NULL); /* it may have changed while we waited */
    if (good && all && def) {
        *out = vr_arena_alloc(arena, (vr_json_len(all) + 1) * sizeof(**out));
        for (size_t i = 0; i < vr_json_len(all); i++)
            *count += take(vr_json_at(all, i), def, mac, arena, &(*out)[*count]);
    }
    read_free(t);
    return good;
}
