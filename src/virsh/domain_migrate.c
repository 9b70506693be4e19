/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migration. */
#include "virsh.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "typed.h"
#include "watch.h"

static const struct { const char *option; unsigned flag; } flag_options[] = {
    { "live", VIR_MIGRATE_LIVE }, { "p2p", VIR_MIGRATE_PEER2PEER }, { "tunnelled", VIR_MIGRATE_TUNNELLED },
    { "persistent", VIR_MIGRATE_PERSIST_DEST }, { "undefinesource", VIR_MIGRATE_UNDEFINE_SOURCE },
    { "suspend", VIR_MIGRATE_PAUSED }, { "copy-storage-all", VIR_MIGRATE_NON_SHARED_DISK },
    { "copy-storage-inc", VIR_MIGRATE_NON_SHARED_INC }, { "change-protection", VIR_MIGRATE_CHANGE_PROTECTION },
    { "copy-storage-synchronous-writes", VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES },
    { "unsafe", VIR_MIGRATE_UNSAFE }, { "compressed", VIR_MIGRATE_COMPRESSED }, { "auto-converge", VIR_MIGRATE_AUTO_CONVERGE },
    { "rdma-pin-all", VIR_MIGRATE_RDMA_PIN_ALL }, { "offline", VIR_MIGRATE_OFFLINE },
    { "abort-on-error", VIR_MIGRATE_ABORT_ON_ERROR }, { "postcopy", VIR_MIGRATE_POSTCOPY },
    { "postcopy-resume", VIR_MIGRATE_POSTCOPY_RESUME }, { "zerocopy", VIR_MIGRATE_ZEROCOPY }, { "tls", VIR_MIGRATE_TLS },
    { "parallel", VIR_MIGRATE_PARALLEL },
};
static const struct { const char *option, *field; } texts[] = {
    { "migrateuri", VIR_MIGRATE_PARAM_URI }, { "graphicsuri", VIR_MIGRATE_PARAM_GRAPHICS_URI },
    { "listen-address", VIR_MIGRATE_PARAM_LISTEN_ADDRESS }, { "disks-uri", VIR_MIGRATE_PARAM_DISKS_URI },
    { "dname", VIR_MIGRATE_PARAM_DEST_NAME }, { "tls-destination", VIR_MIGRATE_PARAM_TLS_DESTINATION },
};
static const struct { const char *option, *field; } numbers[] = {
    { "disks-port", VIR_MIGRATE_PARAM_DISKS_PORT }, { "comp-mt-level", VIR_MIGRATE_PARAM_COMPRESSION_MT_LEVEL },
    { "comp-mt-threads", VIR_MIGRATE_PARAM_COMPRESSION_MT_THREADS },
    { "comp-mt-dthreads", VIR_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS },
    { "auto-converge-initial", VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL },
    { "auto-converge-increment", VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT },
    { "parallel-connections", VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS },
};
static const struct { const char *option, *field; } longs[] = {
    { "comp-xbzrle-cache", VIR_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE },
    { "postcopy-bandwidth", VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY }, { "bandwidth", VIR_MIGRATE_PARAM_BANDWIDTH },
};
static const struct { const char *option, *field; } files[] = {
    { "xml", VIR_MIGRATE_PARAM_DEST_XML }, { "persistent-xml", VIR_MIGRATE_PARAM_PERSIST_XML },
};
static const struct { const char *option, *field; } lists[] = {
    { "migrate-disks", VIR_MIGRATE_PARAM_MIGRATE_DISKS }, { "comp-methods", VIR_MIGRATE_PARAM_COMPRESSION },
};

static bool migrate_params(struct vr_cmd *cmd, struct vr_typed *params)
{
    for (size_t i = 0; i < VR_COUNT(texts); i++) {
        const char *text;
        if (!vr_opt_string(cmd, texts[i].option, &text))
            return false;
        if (text)
            vr_typed_str(params, texts[i].field, text);
    }
    for (size_t i = 0; i < VR_COUNT(lists); i++) {
        const char *text;
        if (!vr_opt_string(cmd, lists[i].option, &text))
            return false;
        vr_autofree char *copy = vr_strdup(text);
        for (char *rest = copy, *word; rest && (word = strsep(&rest, ","));)
            vr_typed_str(params, lists[i].field, word);
    }
    for (size_t i = 0; i < VR_COUNT(files); i++) {
        const char *file;
        if (!vr_opt_string(cmd, files[i].option, &file))
            return false;
        vr_autofree char *xml = file ? vr_read_file(cmd, file, VR_XML_FILE_MAX) : NULL;
        if (file && !xml)
            return vr_complain(cmd, _("cannot read file '%s'"), file);
        if (xml)
            vr_typed_str(params, files[i].field, xml);
    }
    for (size_t i = 0; i < VR_COUNT(numbers); i++) {
        int v = 0, got = vr_opt_int(cmd, numbers[i].option, &v);
        if (got < 0)
            return false;
        if (got)
            vr_typed_int(params, numbers[i].field, v);
    }
    for (size_t i = 0; i < VR_COUNT(longs); i++) {
        unsigned long long v = 0;
        int got = vr_opt_ull(cmd, longs[i].option, &v);
        if (got < 0)
            return false;
        if (got)
            vr_typed_ull(params, longs[i].field, v);
    }
    return true;
}

struct migration {
    virConnectPtr to;
    const char *uri;
    struct vr_typed *params;
    unsigned flags;
    bool suspend, postcopy, after_precopy;
    int iteration; /* the last event's; written on the thread of events, as one word */
    bool switched;
};

static bool migrate_call(struct vr_cmd *cmd, virDomainPtr dom, void *opaque)
{
    struct migration *m = opaque;
    if (m->flags & VIR_MIGRATE_PEER2PEER || vr_opt_bool(cmd, "direct"))
        return virDomainMigrateToURI3(dom, m->uri, m->params->params, (unsigned)m->params->n, m->flags) == 0;
    virDomainPtr there = virDomainMigrate3(dom, m->to, m->params->params, (unsigned)m->params->n, m->flags);
    if (there)
        virDomainFree(there);
    return there != NULL;
}

static void switch_over(struct vr_cmd *cmd, virDomainPtr dom, struct migration *m)
{
    m->switched = true;
    if (virDomainMigrateStartPostCopy(dom, 0) < 0)
        vr_shell_debug(cmd->sh, VR_SH_INFO, "%s\n", _("switching to post-copy failed"));
}

static void on_timeout(struct vr_cmd *cmd, virDomainPtr dom, void *opaque)
{
    struct migration *m = opaque;
    if (m->postcopy) {
        vr_shell_debug(cmd->sh, VR_SH_INFO, "%s\n", _("migration timed out; switching to post-copy"));
        switch_over(cmd, dom, m);
    } else {
        vr_shell_debug(cmd->sh, VR_SH_INFO, "%s\n", _("migration timed out; suspending domain"));
        if (virDomainSuspend(dom) < 0)
            vr_shell_debug(cmd->sh, VR_SH_INFO, "%s\n", _("suspending domain failed"));
    }
}

static void on_iteration(virConnectPtr conn, virDomainPtr dom, int iteration, void *opaque)
{
    struct migration *m = opaque;
    __atomic_store_n(&m->iteration, iteration, __ATOMIC_RELAXED);
}

static void on_tick(struct vr_cmd *cmd, virDomainPtr dom, void *opaque)
{
    struct migration *m = opaque;
    if (m->after_precopy && !m->switched && __atomic_load_n(&m->iteration, __ATOMIC_RELAXED) > 1)
        switch_over(cmd, dom, m);
}

static bool migrate_timeout(struct vr_cmd *cmd, struct migration *m, int *ms)
{
    m->suspend = vr_opt_bool(cmd, "timeout-suspend");
    m->postcopy = vr_opt_bool(cmd, "timeout-postcopy");
    int got = vr_opt_timeout_ms(cmd, "timeout", ms);
    if (got < 0)
        return false;
    if (got && vr_opt_bool(cmd, "offline"))
        return vr_complain(cmd, "%s", _("migrate: Unexpected timeout for offline migration"));
    if (!got && (m->suspend || m->postcopy))
        return vr_complain(cmd, "%s", _("migrate: Unexpected --timeout-* option without --timeout"));
    return true;
}

static bool migrate_rules(struct vr_cmd *cmd)
{
    if (!vr_opt_exclusive(cmd, "live", "offline") || !vr_opt_exclusive(cmd, "timeout-suspend", "timeout-postcopy") ||
        !vr_opt_requires(cmd, "postcopy-after-precopy", "postcopy") || !vr_opt_requires(cmd, "timeout-postcopy", "postcopy") ||
        !vr_opt_requires(cmd, "persistent-xml", "persistent") || !vr_opt_requires(cmd, "tls-destination", "tls"))
        return false;
    if (vr_opt_bool(cmd, "copy-storage-synchronous-writes") && !vr_opt_bool(cmd, "copy-storage-all") &&
        !vr_opt_bool(cmd, "copy-storage-inc"))
        return vr_complain(cmd, "%s", _("'--copy-storage-synchronous-writes' requires one of '--copy-storage-all', "
                                        "'copy-storage-inc'"));
    return true;
}

static bool migrate_run(struct vr_cmd *cmd)
{
    struct migration m = { .after_precopy = vr_opt_bool(cmd, "postcopy-after-precopy") };
    int timeout = 0;
    if (!migrate_rules(cmd))
        return false;
    for (size_t i = 0; i < VR_COUNT(flag_options); i++)
        m.flags |= vr_opt_bool(cmd, flag_options[i].option) ? flag_options[i].flag : 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    VR_AUTO(vr_typed) *params = m.params = vr_typed_new();
    if (!dom || !migrate_timeout(cmd, &m, &timeout) || !vr_opt_string(cmd, "desturi", &m.uri))
        return false;
    bool direct = vr_opt_bool(cmd, "p2p") || vr_opt_bool(cmd, "direct");
    if (!direct) {
        m.to = virConnectOpenAuth(m.uri, virConnectAuthPtrDefault, 0);
        if (!m.to)
            return false;
        virConnectSetKeepAlive(m.to, cmd->sh->keepalive_interval, (unsigned)cmd->sh->keepalive_count);
        vr_forget_error(cmd);
    }
    if (!migrate_params(cmd, params)) {
        if (m.to)
            virConnectClose(m.to);
        return false;
    }
    int callback = m.after_precopy ? virConnectDomainEventRegisterAny(vr_conn(cmd), dom, VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
        VR_EVENT_CALLBACK(on_iteration), &m, NULL) : -1;
    const struct vr_watch watch = { _("Migration"), migrate_call, &m, .verbose = vr_opt_bool(cmd, "verbose"), .timeout_ms = timeout,
                                    .on_timeout = on_timeout, .on_tick = on_tick };
    bool ok = vr_watch_run(cmd, dom, &watch);
    if (callback >= 0)
        virConnectDomainEventDeregisterAny(vr_conn(cmd), callback);
    if (m.to)
        virConnectClose(m.to);
    return ok;
}
static const struct vr_opt migrate_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "desturi", VR_OPT_DATA, .help = N_("the other host as seen from here, or from this host with --p2p") },
    { "live", VR_OPT_BOOL, .help = N_("while it runs") },
    { "offline", VR_OPT_BOOL, .help = N_("only the definition") },
    { "p2p", VR_OPT_BOOL, .help = N_("the daemons talk to each other") },
    { "direct", VR_OPT_BOOL, .help = N_("the hypervisor does it alone") },
    { "tunneled", VR_OPT_ALIAS, .alias_of = "tunnelled" },
    { "tunnelled", VR_OPT_BOOL, .help = N_("through the daemons' connection") },
    { "persistent", VR_OPT_BOOL, .help = N_("keep it there") },
    { "undefinesource", VR_OPT_BOOL, .help = N_("forget it here afterwards") },
    { "suspend", VR_OPT_BOOL, .help = N_("leave it paused there") },
    { "copy-storage-all", VR_OPT_BOOL, .help = N_("copy whole disks") },
    { "copy-storage-inc", VR_OPT_BOOL, .help = N_("copy only the top images") },
    { "copy-storage-synchronous-writes", VR_OPT_BOOL, .help = N_("writes reach the copied disks at once") },
    { "change-protection", VR_OPT_BOOL, .help = N_("nobody may change it meanwhile") },
    { "unsafe", VR_OPT_BOOL, .help = N_("even if data may be lost") },
    { "verbose", VR_OPT_BOOL, .help = N_("show how far it is") },
    { "compressed", VR_OPT_BOOL, .help = N_("compress repeated pages") },
    { "auto-converge", VR_OPT_BOOL, .help = N_("slow the guest down until it converges") },
    { "rdma-pin-all", VR_OPT_BOOL, .help = N_("pin all memory first") },
    { "abort-on-error", VR_OPT_BOOL, .help = N_("end when an I/O error happens") },
    { "postcopy", VR_OPT_BOOL, .help = N_("may switch to post-copy") },
    { "postcopy-after-precopy", VR_OPT_BOOL, .help = N_("switch after the first pass") },
    { "postcopy-resume", VR_OPT_BOOL, .help = N_("resume a post-copy that broke") },
    { "zerocopy", VR_OPT_BOOL, .help = N_("send without copying") },
    { "migrateuri", VR_OPT_STRING, .help = N_("where guest data goes") },
    { "graphicsuri", VR_OPT_STRING, .help = N_("where its display will be") },
    { "listen-address", VR_OPT_STRING, .help = N_("address the other host listens on") },
    { "dname", VR_OPT_STRING, .help = N_("its name there") },
    { "timeout", VR_OPT_INT, .help = N_("act after so many seconds") },
    { "timeout-suspend", VR_OPT_BOOL, .help = N_("pause it at the timeout") },
    { "timeout-postcopy", VR_OPT_BOOL, .help = N_("switch to post-copy at the timeout") },
    { "xml", VR_OPT_STRING, .help = N_("a file with the XML to use there"), .complete = vr_complete_file },
    { "migrate-disks", VR_OPT_STRING, .help = N_("only these disks: vda,vdb") },
    { "disks-port", VR_OPT_INT, .help = N_("port for disks") },
    { "disks-uri", VR_OPT_STRING, .help = N_("where disks go") },
    { "comp-methods", VR_OPT_STRING, .help = N_("compression: zlib, zstd, mt, xbzrle") },
    { "comp-mt-level", VR_OPT_INT, .help = N_("compression level") },
    { "comp-mt-threads", VR_OPT_INT, .help = N_("threads that compress") },
    { "comp-mt-dthreads", VR_OPT_INT, .help = N_("threads that decompress") },
    { "comp-xbzrle-cache", VR_OPT_INT, .help = N_("bytes of page cache") },
    { "auto-converge-initial", VR_OPT_INT, .help = N_("first slowdown in percent") },
    { "auto-converge-increment", VR_OPT_INT, .help = N_("further slowdown in percent") },
    { "persistent-xml", VR_OPT_STRING, .help = N_("a file with the XML to keep there") },
    { "tls", VR_OPT_BOOL, .help = N_("encrypted") },
    { "postcopy-bandwidth", VR_OPT_INT, .help = N_("limit of the post-copy phase, MiB/s") },
    { "parallel", VR_OPT_BOOL, .help = N_("over several connections") },
    { "parallel-connections", VR_OPT_INT, .help = N_("how many") },
    { "bandwidth", VR_OPT_INT, .help = N_("limit in MiB/s") },
    { "tls-destination", VR_OPT_STRING, .help = N_("name in the other host's certificate") },
    { 0 },
};
const struct vr_command vr_cmd_migrate = {
    "migrate", migrate_opts, migrate_run, 0, N_("move a guest to another host"), NULL, NULL,
};

/* ---- settings ------------------------------------------------------------------------------------------------------ */

static bool migrate_setmaxdowntime_run(struct vr_cmd *cmd)
{
    unsigned long long ms = 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || vr_opt_ull(cmd, "downtime", &ms) < 0)
        return false;
    if (ms < 1)
        return vr_complain(cmd, "%s", _("migrate: Invalid downtime"));
    return virDomainMigrateSetMaxDowntime(dom, ms, 0) == 0;
}
static const struct vr_opt migrate_setmaxdowntime_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "downtime", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("ms it may stand still") },
    { 0 },
};
const struct vr_command vr_cmd_migrate_setmaxdowntime = {
    "migrate-setmaxdowntime", migrate_setmaxdowntime_opts, migrate_setmaxdowntime_run, 0, N_("set how long a guest may stand still while it moves"),
    NULL, NULL,
};

static bool print_number(struct vr_cmd *cmd, const char *member, unsigned long long v)
{
    if (vr_json_wanted(cmd)) {
        struct vr_info *json = vr_info_new(cmd, "");
        vr_info_uint(json, member, v, NULL);
        vr_info_done(json);
    } else {
        vr_print(cmd, "%llu\n", v);
    }
    return true;
}

static bool migrate_getmaxdowntime_run(struct vr_cmd *cmd)
{
    unsigned long long ms;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    return dom && virDomainMigrateGetMaxDowntime(dom, &ms, 0) == 0 && print_number(cmd, "downtime_ms", ms);
}
static const struct vr_opt migrate_getmaxdowntime_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_migrate_getmaxdowntime = {
    "migrate-getmaxdowntime", migrate_getmaxdowntime_opts, migrate_getmaxdowntime_run, VR_CMD_JSON, N_("tell how long a guest may stand still while it moves"),
    NULL, NULL,
};

static bool migrate_compcache_run(struct vr_cmd *cmd)
{
    unsigned long long size = 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    int got = vr_opt_ull(cmd, "size", &size);
    if (got < 0 || (got && virDomainMigrateSetCompressionCache(dom, size, 0) < 0) ||
        virDomainMigrateGetCompressionCache(dom, &size, 0) < 0)
        return false;
    if (vr_json_wanted(cmd))
        return print_number(cmd, "compression_cache_bytes", size);
    const char *unit;
    double v = vr_pretty_size(size, &unit);
    vr_print(cmd, _("Compression cache: %.3lf %s"), v, unit);
    return true;
}
static const struct vr_opt migrate_compcache_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "size", VR_OPT_INT, .flags = VR_KEYWORD, .help = N_("bytes; shown when left out") },
    { 0 },
};
const struct vr_command vr_cmd_migrate_compcache = {
    "migrate-compcache", migrate_compcache_opts, migrate_compcache_run, VR_CMD_JSON, N_("show or set the cache for repeated pages"),
    NULL, NULL,
};

static bool migrate_setspeed_run(struct vr_cmd *cmd)
{
    unsigned long speed = 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || vr_opt_ul_wrap(cmd, "bandwidth", &speed) < 0)
        return false;
    return virDomainMigrateSetMaxSpeed(dom, speed, vr_opt_bool(cmd, "postcopy") ? VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY : 0) == 0;
}
static const struct vr_opt migrate_setspeed_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "bandwidth", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("limit in MiB/s") },
    { "postcopy", VR_OPT_BOOL, .help = N_("of the post-copy phase") },
    { 0 },
};
const struct vr_command vr_cmd_migrate_setspeed = {
    "migrate-setspeed", migrate_setspeed_opts, migrate_setspeed_run, 0, N_("set how fast a guest's memory may be sent"),
    NULL, NULL,
};

static bool migrate_getspeed_run(struct vr_cmd *cmd)
{
    unsigned long speed;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || virDomainMigrateGetMaxSpeed(dom, &speed, vr_opt_bool(cmd, "postcopy") ? VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY : 0) < 0)
        return false;
    return print_number(cmd, "bandwidth_mib", speed);
}
static const struct vr_opt migrate_getspeed_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "postcopy", VR_OPT_BOOL, .help = N_("of the post-copy phase") },
    { 0 },
};
const struct vr_command vr_cmd_migrate_getspeed = {
    "migrate-getspeed", migrate_getspeed_opts, migrate_getspeed_run, VR_CMD_JSON, N_("tell how fast a guest's memory may be sent"),
    NULL, NULL,
};

static bool migrate_postcopy_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    return dom && virDomainMigrateStartPostCopy(dom, 0) == 0;
}
static const struct vr_opt migrate_postcopy_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_migrate_postcopy = {
    "migrate-postcopy", migrate_postcopy_opts, migrate_postcopy_run, 0, N_("let a moving guest go on at the other host, which fetches what it lacks"),
    NULL, NULL,
};
