/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
/*
 * libvirt_leaseshelper: dnsmasq's script. It is told of each lease and keeps them all in one file for each bridge, which the
 * daemon, the NSS modules and other programs read:
 *
 *     libvirt_leaseshelper add|old|del MAC-OR-CLIENTID IP [HOSTNAME]      DNSMASQ_* in the environment tell the rest
 *     libvirt_leaseshelper init                                           writes the leases for dnsmasq to start with
 *
 * dnsmasq runs one at a time for a bridge; several bridges have files of their own. A lock beside the file keeps others out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/paths.h"
#include "base/str.h"
#include "config.h"

#define FILE_MAX (16 * 1024 * 1024)

struct lease {
    const char *action, *id, *ip, *hostname;    /* arguments */
    const char *mac, *clientid, *iaid, *duid;   /* what the environment tells */
    int64_t expires;
};

static const char *env(const char *name)
{
    const char *v = getenv(name);
    return v && *v ? v : NULL;
}

static bool read_all(int fd, struct vr_buf *out, struct vr_error **err)
{
    for (ssize_t n = 1; n > 0;) {
        n = read(fd, vr_buf_room(out, 65536), 65536);
        if (n < 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot read the file of leases"));
        vr_buf_added(out, (size_t)n);
        if (out->len > FILE_MAX)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("the file of leases is too long"));
    }
    return true;
}

static struct vr_json *load(int fd, struct vr_error **err)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (!read_all(fd, &text, err))
        return NULL;
    if (!text.len)
        return vr_json_array();
    struct vr_json *all = vr_json_parse(text.data, text.len, err);
    if (all && vr_json_type_of(all) == VR_JSON_ARRAY)
        return all;
    vr_json_free(all);
    vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("the file of leases holds no list"));
    return NULL;
}

/* Aside and renamed: a reader sees the old leases or the new ones. */
static bool save(const char *path, const struct vr_json *all, struct vr_error **err)
{
    vr_autofree char *text = vr_json_print_pretty(all), *aside = vr_printf("%s.new", path);
    unlink(aside);
    vr_autoclose int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    size_t len = strlen(text);
    bool good = fd >= 0 && fchmod(fd, 0644) == 0 && write(fd, text, len) == (ssize_t)len && write(fd, "\n", 1) == 1 &&
                rename(aside, path) == 0;
    if (good)
        return true;
    vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot write '%s'"), path);
    unlink(aside);
    return false;
}

/*
 * The lock is a file of its own that only its owner opens: everybody may read the leases, and who can open a file can lock
 * it, which would keep DHCP servers waiting for as long as any user likes.
 */
static int lock(const char *path, struct vr_error **err)
{
    vr_autofree char *own = vr_printf("%s.lock", path);
    vr_autoclose int fd = open(own, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot lock '%s'"), own);
        return -1;
    }
    return vr_take_fd(&fd);
}

static int open_leases(const char *path, struct vr_error **err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open '%s'"), path);
    return fd;
}

static struct vr_json *entry(const struct lease *l, const char *hostname)
{
    struct vr_json *e = vr_json_object();
    vr_json_add_str(e, "iaid", l->iaid);
    vr_json_add_str(e, "ip-address", l->ip);
    vr_json_add_str(e, "mac-address", l->mac);
    vr_json_add_str(e, "hostname", hostname);
    vr_json_add_str(e, "client-id", l->clientid);
    vr_json_add_str(e, "server-duid", l->duid);
    return vr_json_add_int(e, "expiry-time", l->expires);
}

/* All but the one with this address, then, unless it is gone, the new one. */
static struct vr_json *changed(const struct vr_json *all, const struct lease *l)
{
    struct vr_json *out = vr_json_array();
    for (size_t i = 0; i < vr_json_len(all); i++) {
        struct vr_json *e = vr_json_at(all, i);
        if (!vr_streq0(vr_json_get_str(e, "ip-address"), l->ip))
            vr_json_append(out, vr_json_copy(e));
    }
    if (!vr_streq(l->action, "del"))
        vr_json_append(out, entry(l, l->hostname ? l->hostname : env("DNSMASQ_OLD_HOSTNAME")));
    return out;
}

/* dnsmasq's own form: IPv4 first, then the server's DUID and IPv6. */
static void print_for_start(const struct vr_json *all)
{
    const char *duid = NULL;
    for (int v6 = 0; v6 <= 1; v6++) {
        for (size_t i = 0; i < vr_json_len(all); i++) {
            struct vr_json *e = vr_json_at(all, i);
            const char *ip = vr_json_get_str(e, "ip-address"), *mac = vr_json_get_str(e, "mac-address");
            const char *iaid = vr_json_get_str(e, "iaid"), *host = vr_json_get_str(e, "hostname");
            const char *client = vr_json_get_str(e, "client-id"), *server = vr_json_get_str(e, "server-duid");
            int64_t expires;
            if (!ip || (strchr(ip, ':') != NULL) != v6 || !vr_json_get_int(e, "expiry-time", &expires) || !(v6 ? iaid : mac))
                continue;
            if (v6 && server && !duid)
                printf("duid %s\n", duid = server);
            printf("%lld %s %s %s %s\n", (long long)expires, v6 ? iaid : mac, ip, host ? host : "*", client ? client : "*");
        }
    }
}

static int usage(FILE *to, const char *program)
{
    fprintf(to, "Usage: %s add|old|del|init mac|clientid ip [hostname]\nDesigned for use with 'dnsmasq --dhcp-script'\n"
                "Refer to man page of dnsmasq for more details'\n", program);
    return to == stdout ? 0 : 1;
}

static bool fill(struct lease *l, int argc, char **argv)
{
    *l = (struct lease){ .action = argv[1], .id = argc > 2 ? argv[2] : NULL, .ip = argc > 3 ? argv[3] : NULL,
                         .hostname = argc > 4 && *argv[4] ? argv[4] : NULL };
    const char *expires = env("DNSMASQ_LEASE_EXPIRES");
    l->iaid = env("DNSMASQ_IAID");
    l->clientid = env("DNSMASQ_CLIENT_ID");
    l->duid = env("DNSMASQ_SERVER_DUID");
    l->mac = env("DNSMASQ_MAC");
    if (l->iaid) {
        if (!l->clientid)
            l->clientid = l->id;
    } else if (!l->mac) {
        l->mac = l->id;
    }
    /* a lease without end says nothing, or nothing but zero */
    return !expires || vr_parse_i64(expires, 10, 0, INT64_MAX, &l->expires);
}

static bool run(const struct lease *l, const char *path, struct vr_error **err)
{
    vr_autoclose int held = lock(path, err);
    vr_autoclose int fd = held < 0 ? -1 : open_leases(path, err);
    VR_AUTO(vr_json) *all = fd < 0 ? NULL : load(fd, err);
    if (!all)
        return false;
    if (vr_streq(l->action, "init")) {
        print_for_start(all);
        return fflush(stdout) == 0;
    }
    VR_AUTO(vr_json) *fresh = changed(all, l);
    return save(path, fresh, err);
}

int main(int argc, char **argv)
{
    static const char *const actions[] = { "add", "old", "del", "init", NULL };
    if (argc < 2 || vr_streq(argv[1], "--help") || vr_streq(argv[1], "-h"))
        return usage(argc < 2 ? stderr : stdout, argv[0]);
    if (vr_streq(argv[1], "--version") || vr_streq(argv[1], "-v")) {
        printf("%s %s\n", argv[0], VR_VERSION);
        return 0;
    }
    if (vr_starts_with(argv[1], "tftp") || vr_starts_with(argv[1], "arp") || vr_starts_with(argv[1], "relay"))
        return 0; /* not about leases: dnsmasq tells its script more than that */
    if (vr_name_index(actions, argv[1]) < 0) {
        fprintf(stderr, "Unsupported action: %s\n", argv[1]);
        return 1;
    }
    const char *bridge = env("VIR_BRIDGE_NAME");
    struct lease l;
    if (!bridge)
        bridge = env("DNSMASQ_INTERFACE");
    if (!bridge || strchr(bridge, '/') || (!vr_streq(argv[1], "init") && argc < 4))
        return 0;
    if (!fill(&l, argc, argv)) {
        fprintf(stderr, "Unable to convert lease expiry time to long long: %s\n", env("DNSMASQ_LEASE_EXPIRES"));
        return 1;
    }
    vr_autofree char *path = vr_path(VR_LOCALSTATEDIR "/lib/libvirt/dnsmasq/%s.status", bridge);
    VR_AUTO(vr_error) *err = NULL;
    if (run(&l, path, &err))
        return 0;
    fprintf(stderr, "%s: %s\n", argv[0], vr_error_text(err));
    return 1;
}
