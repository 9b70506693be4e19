/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
/*
 * Where each value of a definition goes when the guest starts. A rule speaks of a path and everything below it; the rule
 * with more names wins, of two with as many the later one. A "*" stands for one name, a leading "//" for any number of
 * them, "=value" for that value alone. A path no rule speaks of is "unstated", which a test does not allow.
 */
#include "model/domain_xml.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"
#include "tables.h"

static const struct rule {
    enum vr_goes goes;
    const char *path;
    const char *hint; /* what can be done instead, or why; after the refusal */
} rules[] = {
    /* the head */
    { VR_GOES_ARGV, "/domain/@type" },
    { VR_GOES_DOCUMENT, "/domain/@id" },
    { VR_GOES_ARGV, "/domain/name" },
    { VR_GOES_ARGV, "/domain/uuid" },
    { VR_GOES_ARGV, "/domain/genid" },
    { VR_GOES_DOCUMENT, "//privateData" }, /* only in the daemon's own record */
    { VR_GOES_DOCUMENT, "/domain/title" },
    { VR_GOES_DOCUMENT, "/domain/description" },
    { VR_GOES_DOCUMENT, "/domain/metadata" },
    /* size and place */
    { VR_GOES_ARGV, "/domain/maxMemory" },
    { VR_GOES_ARGV, "/domain/memory" },
    { VR_GOES_QMP, "/domain/currentMemory" },
    { VR_GOES_CGROUP, "/domain/blkiotune" },
    { VR_GOES_CGROUP, "/domain/memtune" },
    { VR_GOES_DOCUMENT, "/domain/memtune/min_guarantee" },
    { VR_GOES_ARGV, "/domain/memoryBacking" },
    { VR_GOES_ARGV, "/domain/vcpu" },
    { VR_GOES_HOST, "/domain/vcpu/@cpuset" },
    { VR_GOES_DOCUMENT, "/domain/vcpu/@placement" },
    { VR_GOES_ARGV, "/domain/vcpus" },
    { VR_GOES_ARGV, "/domain/iothreads" },
    { VR_GOES_ARGV, "/domain/iothreadids" },
    { VR_GOES_ARGV, "/domain/defaultiothread" },
    { VR_GOES_CGROUP, "/domain/cputune" },
    { VR_GOES_HOST, "/domain/cputune/vcpupin" },
    { VR_GOES_HOST, "/domain/cputune/emulatorpin" },
    { VR_GOES_HOST, "/domain/cputune/iothreadpin" },
    { VR_GOES_NOTYET, "/domain/cputune/cachetune" },
    { VR_GOES_NOTYET, "/domain/cputune/memorytune" },
    { VR_GOES_HOST, "/domain/cputune/vcpusched" },
    { VR_GOES_HOST, "/domain/cputune/iothreadsched" },
    { VR_GOES_HOST, "/domain/cputune/emulatorsched" },
    { VR_GOES_HOST, "/domain/numatune" },
    { VR_GOES_CGROUP, "/domain/resource/partition" },
    { VR_GOES_HOST, "/domain/resource/fibrechannel" },
    /* what boots */
    { VR_GOES_ARGV, "/domain/sysinfo" },
    { VR_GOES_ARGV, "/domain/os" },
    { VR_GOES_DOCUMENT, "/domain/os/init" },
    { VR_GOES_DOCUMENT, "/domain/os/initarg" },
    { VR_GOES_DOCUMENT, "/domain/os/initenv" },
    { VR_GOES_DOCUMENT, "/domain/os/initdir" },
    { VR_GOES_DOCUMENT, "/domain/os/inituser" },
    { VR_GOES_DOCUMENT, "/domain/os/initgroup" },
    { VR_GOES_DOCUMENT, "/domain/os/root" },
    { VR_GOES_NOTYET, "/domain/os/shim", "no QEMU before 10.0 has it" },
    { VR_GOES_DOCUMENT, "/domain/bootloader" },
    { VR_GOES_DOCUMENT, "/domain/bootloader_args" },
    { VR_GOES_DOCUMENT, "/domain/idmap" },
    { VR_GOES_ARGV, "/domain/features" },
    { VR_GOES_DOCUMENT, "/domain/features/msrs" }, /* bhyve's */
    { VR_GOES_DOCUMENT, "/domain/features/pae" }, /* every CPU has it; nothing to ask of QEMU */
    { VR_GOES_DOCUMENT, "/domain/features/hap" },
    { VR_GOES_DOCUMENT, "/domain/features/viridian" },
    { VR_GOES_DOCUMENT, "/domain/features/privnet" },
    { VR_GOES_DOCUMENT, "/domain/features/capabilities" },
    { VR_GOES_DOCUMENT, "/domain/features/xen" },
    { VR_GOES_NOTYET, "/domain/features/async-teardown", "QEMU 7.2 has it for other machines only" },
    { VR_GOES_ARGV, "/domain/cpu" },
    { VR_GOES_DOCUMENT, "/domain/cpu/@match" },
    { VR_GOES_NOTYET, "/domain/cpu/@match=minimum" },
    { VR_GOES_HOST, "/domain/cpu/@match=strict" },
    { VR_GOES_HOST, "/domain/cpu/@check" },
    { VR_GOES_ARGV, "/domain/clock" },
    { VR_GOES_DOCUMENT, "/domain/clock/timer/catchup" }, /* QEMU has no such settings */
    { VR_GOES_HOST, "/domain/on_poweroff" },
    { VR_GOES_HOST, "/domain/on_reboot" },
    { VR_GOES_HOST, "/domain/on_crash" },
    { VR_GOES_DOCUMENT, "/domain/on_lockfailure" }, /* only a lock manager asks for it */
    { VR_GOES_ARGV, "/domain/pm" },
    { VR_GOES_HOST, "/domain/perf" },
    { VR_GOES_HOST, "/domain/seclabel" },
    /* namespaces */
    { VR_GOES_ARGV, "/domain/keywrap" },        /* other machines have it: refused by name */
    { VR_GOES_ARGV, "/domain/launchSecurity" }, /* likewise */
    { VR_GOES_ARGV, "/domain/commandline" },
    { VR_GOES_NOTYET, "/domain/capabilities", "what QEMU can do is asked of it, not told" },
    { VR_GOES_ARGV, "/domain/deprecation" },
    { VR_GOES_ARGV, "/domain/override" },
    { VR_GOES_DOCUMENT, "/domain/namespace" },
    /* devices */
    { VR_GOES_ARGV, "/domain/devices/emulator" },
    { VR_GOES_DOCUMENT, "/domain/devices/*/alias" },
    { VR_GOES_ARGV, "/domain/devices/disk" },
    { VR_GOES_HOST, "/domain/devices/disk/@rawio" },
    { VR_GOES_HOST, "/domain/devices/hostdev/@rawio" },
    { VR_GOES_DOCUMENT, "/domain/devices/disk/@snapshot" },
    { VR_GOES_NOTYET, "/domain/devices/disk/driver/@discard_no_unref", "no QEMU before 8.1 has it" },
    { VR_GOES_HOST, "/domain/devices/disk/transient" },
    { VR_GOES_QMP, "/domain/devices/disk/iotune" },
    { VR_GOES_DOCUMENT, "/domain/devices/disk/mirror" },
    { VR_GOES_ARGV, "/domain/devices/disk/encryption" },
    { VR_GOES_ARGV, "/domain/devices/disk/auth" },
    { VR_GOES_HOST, "//source/reservations" },
    { VR_GOES_HOST, "//source/seclabel" },
    { VR_GOES_HOST, "//source/@startupPolicy" },
    { VR_GOES_HOST, "//source/@fdgroup" },
    { VR_GOES_NOTYET, "//source/identity/@username", "QEMU logs in with the name of <auth>" },
    { VR_GOES_NOTYET, "//source/identity/@keyfile", "QEMU takes keys from its user's agent" },
    { VR_GOES_NOTYET, "//source/identity/@agentsock" },
    { VR_GOES_NOTYET, "//source/knownHosts" },
    { VR_GOES_ARGV, "/domain/devices/controller" },
    { VR_GOES_DOCUMENT, "/domain/devices/controller/@maxGrantFrames" },
    { VR_GOES_DOCUMENT, "/domain/devices/controller/@maxEventChannels" },
    { VR_GOES_NOTYET, "/domain/devices/lease", "there is no lock manager to hold it" },
    { VR_GOES_ARGV, "/domain/devices/filesystem" },
    { VR_GOES_HOST, "/domain/devices/filesystem/binary" },
    { VR_GOES_DOCUMENT, "/domain/devices/filesystem/space_hard_limit" },
    { VR_GOES_DOCUMENT, "/domain/devices/filesystem/space_soft_limit" },
    { VR_GOES_ARGV, "/domain/devices/interface" },
    { VR_GOES_HOST, "/domain/devices/interface/source" },
    { VR_GOES_HOST, "/domain/devices/interface/target" },
    { VR_GOES_DOCUMENT, "/domain/devices/interface/guest" },
    { VR_GOES_DOCUMENT, "/domain/devices/interface/actual" },
    { VR_GOES_DOCUMENT, "/domain/devices/interface/mac/@type" },
    { VR_GOES_DOCUMENT, "/domain/devices/interface/mac/@check" },
    { VR_GOES_HOST, "/domain/devices/interface/@trustGuestRxFilters" },
    { VR_GOES_HOST, "/domain/devices/interface/downscript" },
    { VR_GOES_NOTYET, "/domain/devices/interface/filterref", "the guest would run unfiltered" },
    { VR_GOES_HOST, "/domain/devices/interface/bandwidth" },
    { VR_GOES_HOST, "/domain/devices/interface/vlan" },
    { VR_GOES_HOST, "/domain/devices/interface/virtualport" },
    { VR_GOES_HOST, "/domain/devices/interface/portForward" },
    { VR_GOES_HOST, "/domain/devices/interface/coalesce" },
    { VR_GOES_HOST, "/domain/devices/interface/backend" },
    { VR_GOES_HOST, "/domain/devices/interface/tune" },
    { VR_GOES_HOST, "/domain/devices/interface/port" },
    { VR_GOES_QMP, "/domain/devices/interface/link" },
    { VR_GOES_ARGV, "/domain/devices/smartcard" },
    { VR_GOES_ARGV, "/domain/devices/serial" },
    { VR_GOES_ARGV, "/domain/devices/parallel" },
    { VR_GOES_ARGV, "/domain/devices/console" },
    { VR_GOES_ARGV, "/domain/devices/channel" },
    { VR_GOES_ARGV, "/domain/devices/input" },
    { VR_GOES_ARGV, "/domain/devices/tpm" },
    { VR_GOES_HOST, "/domain/devices/tpm/backend" },
    { VR_GOES_ARGV, "/domain/devices/graphics" },
    { VR_GOES_QMP, "/domain/devices/graphics/@passwd" },
    { VR_GOES_QMP, "/domain/devices/graphics/@passwdValidTo" },
    { VR_GOES_QMP, "/domain/devices/graphics/@connected" },
    { VR_GOES_ARGV, "/domain/devices/sound" },
    { VR_GOES_ARGV, "/domain/devices/audio" },
    { VR_GOES_ARGV, "/domain/devices/video" },
    { VR_GOES_DOCUMENT, "/domain/devices/video/driver/@vgaconf" },
    { VR_GOES_DOCUMENT, "/domain/devices/video/model/acceleration/@accel2d" },
    { VR_GOES_ARGV, "/domain/devices/hostdev" },
    { VR_GOES_DOCUMENT, "/domain/devices/hostdev/ip" },
    { VR_GOES_DOCUMENT, "/domain/devices/hostdev/route" },
    { VR_GOES_ARGV, "/domain/devices/redirdev" },
    { VR_GOES_ARGV, "/domain/devices/redirfilter" },
    { VR_GOES_ARGV, "/domain/devices/hub" },
    { VR_GOES_ARGV, "/domain/devices/watchdog" },
    { VR_GOES_ARGV, "/domain/devices/memballoon" },
    { VR_GOES_QMP, "/domain/devices/memballoon/stats" },
    { VR_GOES_ARGV, "/domain/devices/rng" },
    { VR_GOES_ARGV, "/domain/devices/nvram" },
    { VR_GOES_ARGV, "/domain/devices/panic" },
    { VR_GOES_ARGV, "/domain/devices/shmem" },
    { VR_GOES_ARGV, "/domain/devices/memory" },
    { VR_GOES_ARGV, "/domain/devices/iommu" },
    { VR_GOES_ARGV, "/domain/devices/vsock" },
    { VR_GOES_ARGV, "/domain/devices/crypto" },
};

const char *const vr_goes_names[] = { "unstated", "argv", "qmp", "cgroup", "host", "document", "notyet", NULL };

static size_t name_len(const char *at)
{
    return strcspn(at, "/=");
}

/* Does `pattern`, from its first name on, speak of `path`? *names counts the names it has. */
static bool speaks_of(const char *pattern, const char *path, const char *value, size_t *names)
{
    *names = 0;
    while (*pattern == '/') {
        pattern++;
        if (*path != '/')
            return false;
        path++;
        size_t n = name_len(pattern), m = name_len(path);
        if (!(n == 1 && *pattern == '*') && (n != m || strncmp(pattern, path, n) != 0))
            return false;
        pattern += n;
        path += m;
        ++*names;
    }
    if (*pattern == '=')
        return value && !*path && vr_streq(pattern + 1, value);
    return true;
}

/* The rank of a rule for a path, 0 = it does not speak of it. */
static size_t rank(const char *pattern, const char *path, const char *value)
{
    size_t names, best = 0, exact = strchr(pattern, '=') ? 1 : 0;
    if (!vr_starts_with(pattern, "//"))
        return speaks_of(pattern, path, value, &names) ? 2 * names + exact : 0;
    for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/'))
        if (speaks_of(pattern + 1, at, value, &names))
            best = 2 * (names + 100) + exact; /* wherever it stands */
    return best;
}

static const struct rule *rule_of(const char *path, const char *value)
{
    const struct rule *rule = NULL;
    size_t best = 0;
    for (size_t i = 0; i < VR_COUNT(rules); i++) {
        size_t r = rank(rules[i].path, path, value);
        if (r && r >= best) {
            best = r;
            rule = &rules[i];
        }
    }
    return rule;
}

enum vr_goes vr_domain_goes(const char *path, const char *value)
{
    const struct rule *rule = rule_of(path, value);
    return rule ? rule->goes : VR_GOES_UNSTATED;
}

const char *vr_domain_goes_hint(const char *path)
{
    const struct rule *rule = rule_of(path, NULL);
    return rule ? rule->hint : NULL;
}

struct count {
    size_t *counts;
    char *first_unstated;
};

static void count_path(const char *path, void *opaque)
{
    struct count *c = opaque;
    enum vr_goes goes = vr_domain_goes(path, NULL);
    c->counts[goes]++;
    if (goes == VR_GOES_UNSTATED && !c->first_unstated)
        c->first_unstated = vr_strdup(path);
}

char *vr_domain_count_goes(size_t counts[VR_GOES_NOTYET + 1])
{
    struct count c = { counts, NULL };
    memset(counts, 0, (VR_GOES_NOTYET + 1) * sizeof(*counts));
    vr_elem_each_path(&vr_domain_elem, count_path, &c);
    return c.first_unstated;
}

/* ---- what a definition says that is not built yet ---------------------------------------------------------------- */

static const char *find(struct vr_arena *arena, const struct vr_xml_node *node, const char *above)
{
    const char *path = vr_arena_printf(arena, "%s/%s", above, node->name);
    bool parent = false;
    for (size_t i = 0; i < node->n_attrs; i++) {
        const char *here = vr_arena_printf(arena, "%s/@%s", path, node->attrs[i].name);
        if (vr_domain_goes(here, node->attrs[i].value) == VR_GOES_NOTYET)
            return here;
    }
    for (const struct vr_xml_node *c = node->first; c; c = c->next) {
        if (c->kind != VR_XML_ELEMENT)
            continue;
        parent = true;
        const char *found = vr_streq(path, "/domain/metadata") ? NULL : find(arena, c, path);
        if (found)
            return found;
    }
    return !parent && vr_domain_goes(path, NULL) == VR_GOES_NOTYET ? path : NULL;
}

const char *vr_domain_find_notyet(struct vr_arena *arena, const struct vr_domain_def *def)
{
    /* The written form has every value that was said, whichever way its row keeps it. */
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    vr_autofree char *text = vr_domain_format(def, VR_DOMAIN_INACTIVE);
    struct vr_xml_node *root = vr_xml_parse(scratch, text, strlen(text), "(domain_definition)", VIR_FROM_DOMAIN, NULL);
    return root ? vr_arena_strdup(arena, find(scratch, root, "")) : NULL;
}
