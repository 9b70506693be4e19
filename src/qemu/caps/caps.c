/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "qemu/caps/caps.h"
#include <stdlib.h>
#include "base/alloc.h"
#include "base/str.h"

#define TYPE_ROW(id, type) [VR_QEMU_##id] = { type, VR_QEMU_BY_TYPE, type, NULL },
#define PROP_ROW(id, type, prop) [VR_QEMU_##id] = { type "." prop, VR_QEMU_BY_PROPERTY, type, prop },
#define OPTION_ROW(id, option, member) [VR_QEMU_##id] = { "-" option "." member, VR_QEMU_BY_OPTION, option, member },
#define COMMAND_ROW(id, command) [VR_QEMU_##id] = { "qmp." command, VR_QEMU_BY_COMMAND, command, NULL },
#define MIGRATION_ROW(id, cap) [VR_QEMU_##id] = { "migration." cap, VR_QEMU_BY_MIGRATION, cap, NULL },
const struct vr_qemu_feature_row vr_qemu_feature_rows[VR_QEMU_FEATURE_COUNT + 1] = {
    VR_QEMU_FEATURES(TYPE_ROW, PROP_ROW, OPTION_ROW, COMMAND_ROW, MIGRATION_ROW)
};

/* Bump when the reduced document changes, so that cache files of another build are not read. */
#define CAPS_FORMAT 4
#define MAX_MACHINES 4096
#define MAX_CPUS 4096

struct vr_qemu_caps *vr_qemu_caps_ref(struct vr_qemu_caps *caps)
{
    __atomic_add_fetch(&caps->refs, 1, __ATOMIC_RELAXED);
    return caps;
}

void vr_qemu_caps_unref(struct vr_qemu_caps *caps)
{
    if (caps && __atomic_sub_fetch(&caps->refs, 1, __ATOMIC_ACQ_REL) == 0)
        vr_arena_free(caps->arena); /* the struct lives in it */
}

const struct vr_qemu_machine *vr_qemu_caps_machine(const struct vr_qemu_caps *caps, const char *name)
{
    for (size_t i = 0; i < caps->n_machines; i++)
        if (vr_streq(caps->machines[i].name, name) || vr_streq0(caps->machines[i].alias, name))
            return &caps->machines[i];
    return NULL;
}

const struct vr_qemu_machine *vr_qemu_caps_default_machine(const struct vr_qemu_caps *caps)
{
    for (size_t i = 0; i < caps->n_machines; i++)
        if (caps->machines[i].is_default)
            return &caps->machines[i];
    return caps->n_machines ? &caps->machines[0] : NULL;
}

/* ---- replies to the reduced document ----------------------------------------------------------------------------- */

static bool named_in(const struct vr_json *array, const char *key, const char *name)
{
    for (size_t i = 0; i < vr_json_len(array); i++)
        if (vr_streq0(vr_json_get_str(vr_json_at(array, i), key), name))
            return true;
    return false;
}

static bool option_has(const struct vr_json *options, const char *option, const char *member)
{
    for (size_t i = 0; i < vr_json_len(options); i++) {
        const struct vr_json *row = vr_json_at(options, i);
        if (vr_streq0(vr_json_get_str(row, "option"), option))
            return named_in(vr_json_get_array(row, "parameters"), "name", member);
    }
    return false;
}

static bool feature_present(const struct vr_qemu_feature_row *row, const struct vr_qemu_replies *replies)
{
    const struct vr_json *r = replies->by_command;
    switch (row->how) {
    case VR_QEMU_BY_TYPE:
        return named_in(vr_json_get_array(r, "qom-list-types"), "name", row->object);
    case VR_QEMU_BY_PROPERTY:
        return named_in(vr_json_get_array(replies->properties, row->object), "name", row->member);
    case VR_QEMU_BY_OPTION:
        return option_has(vr_json_get_array(r, "query-command-line-options"), row->object, row->member);
    case VR_QEMU_BY_COMMAND:
        return named_in(vr_json_get_array(r, "query-commands"), "name", row->object);
    case VR_QEMU_BY_MIGRATION:
        return named_in(vr_json_get_array(r, "query-migrate-capabilities"), "capability", row->object);
    }
    return false;
}

/* "qemu64-x86_64-cpu" -> "qemu64": the type name without the suffix that all CPU types of a target share. */
static char *cpu_model_of_type(const char *type)
{
    if (!type)
        return NULL;
    size_t len = strlen(type);
    const char *suffixes[] = { "-x86_64-cpu", "-i386-cpu", "-cpu" };
    for (size_t i = 0; i < VR_COUNT(suffixes); i++)
        if (vr_ends_with(type, suffixes[i]))
            return vr_strndup(type, len - strlen(suffixes[i]));
    return vr_strdup(type);
}

static struct vr_json *reduce_machines(const struct vr_json *reply)
{
    struct vr_json *out = vr_json_array();
    for (size_t i = 0; i < vr_json_len(reply) && i < MAX_MACHINES; i++) {
        const struct vr_json *m = vr_json_at(reply, i);
        const char *name = vr_json_get_str(m, "name");
        if (!name || vr_streq(name, "none"))
            continue;
        uint64_t cpus = 0;
        bool yes = false;
        vr_autofree char *cpu = cpu_model_of_type(vr_json_get_str(m, "default-cpu-type"));
        struct vr_json *row = vr_json_object();
        vr_json_add_str(row, "name", name);
        vr_json_add_str(row, "alias", vr_json_get_str(m, "alias"));
        vr_json_add_str(row, "cpu", cpu);
        vr_json_add_str(row, "ram", vr_json_get_str(m, "default-ram-id"));
        if (vr_json_get_uint(m, "cpu-max", &cpus))
            vr_json_add_uint(row, "max", cpus);
        const char *const flags[][2] = { { "is-default", "default" }, { "deprecated", "deprecated" },
                                         { "hotpluggable-cpus", "hotplug" }, { "numa-mem-supported", "numa-mem" } };
        for (size_t f = 0; f < VR_COUNT(flags); f++)
            if (vr_json_get_bool(m, flags[f][0], &yes) && yes)
                vr_json_add_bool(row, flags[f][1], true);
        vr_json_append(out, row);
    }
    return out;
}

static struct vr_json *reduce_cpus(const struct vr_json *reply)
{
    struct vr_json *out = vr_json_array();
    for (size_t i = 0; i < vr_json_len(reply) && i < MAX_CPUS; i++) {
        const struct vr_json *m = vr_json_at(reply, i);
        const char *name = vr_json_get_str(m, "name");
        if (!name)
            continue;
        struct vr_json *row = vr_json_object();
        vr_json_add_str(row, "name", name);
        const struct vr_json *lacks = vr_json_get_array(m, "unavailable-features");
        if (vr_json_len(lacks))
            vr_json_add(row, "lacks", vr_json_copy(lacks));
        bool yes = false;
        if (vr_json_get_bool(m, "deprecated", &yes) && yes)
            vr_json_add_bool(row, "deprecated", true);
        vr_json_append(out, row);
    }
    return out;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of all boolean properties that are on, sorted. */
static struct vr_json *reduce_expansion(const struct vr_json *reply)
{
    const struct vr_json *props = vr_json_get_object(vr_json_get_object(reply, "model"), "props");
    const char **names = NULL;
    size_t n = 0, cap = 0, pos = 0;
    const char *key;
    struct vr_json *v;
    while (vr_json_each(props, &pos, &key, &v)) {
        bool on;
        if (!vr_json_as_bool(v, &on) || !on)
            continue;
        VR_GROW(names, n, cap);
        names[n++] = key;
    }
    if (n)
        vr_sort(names, n, sizeof(*names), by_text);
    struct vr_json *out = vr_json_array();
    for (size_t i = 0; i < n; i++)
        vr_json_append(out, vr_json_str(names[i]));
    free(names);
    return out;
}

static struct vr_json *reduce_accel(const struct vr_qemu_replies *replies)
{
    struct vr_json *out = vr_json_object();
    vr_json_add(out, "cpus", reduce_cpus(vr_json_get_array(replies->by_command, "query-cpu-definitions")));
    vr_json_add(out, "host-features",
                reduce_expansion(vr_json_get_object(replies->by_command, "query-cpu-model-expansion")));
    const struct vr_json *props = vr_json_get_object(
        vr_json_get_object(vr_json_get_object(replies->by_command, "query-cpu-model-expansion"), "model"), "props");
    uint64_t n;
    vr_json_add_str(out, "vendor", vr_json_get_str(props, "vendor"));
    if (vr_json_get_uint(props, "family", &n))
        vr_json_add_uint(out, "family", n);
    if (vr_json_get_uint(props, "model", &n))
        vr_json_add_uint(out, "model", n);
    return out;
}

struct vr_json *vr_qemu_caps_reduce(const struct vr_qemu_replies *tcg, const struct vr_qemu_replies *kvm,
                                    struct vr_error **err)
{
    const struct vr_qemu_replies *any = tcg ? tcg : kvm;
    const struct vr_json *version = vr_json_get_object(any->by_command, "query-version");
    const struct vr_json *numbers = vr_json_get_object(version, "qemu");
    const char *target = vr_json_get_str(vr_json_get_object(any->by_command, "query-target"), "arch");
    uint64_t major = 0, minor = 0, micro = 0;
    if (!vr_json_get_uint(numbers, "major", &major) || !vr_json_get_uint(numbers, "minor", &minor) ||
        !vr_json_get_uint(numbers, "micro", &micro) || major > 999 || minor > 999 || micro > 999)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("query-version reply was missing 'qemu' version")), NULL;
    if (major < VR_QEMU_MIN_MAJOR || (major == VR_QEMU_MIN_MAJOR && minor < VR_QEMU_MIN_MINOR))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("QEMU version >= %d.%d.0 is required, but %d.%d.%d found"),
                       VR_QEMU_MIN_MAJOR, VR_QEMU_MIN_MINOR, (int)major, (int)minor, (int)micro), NULL;
    if (!target || !vr_json_get_array(any->by_command, "query-machines"))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("query-machines reply data was not an array")), NULL;

    struct vr_json *doc = vr_json_object();
    vr_json_add_int(doc, "format", CAPS_FORMAT);
    vr_json_add_uint(doc, "major", major);
    vr_json_add_uint(doc, "minor", minor);
    vr_json_add_uint(doc, "micro", micro);
    vr_json_add_str(doc, "package", vr_json_get_str(version, "package"));
    /* QEMU calls the 32-bit PC i386, documents call it i686 */
    vr_json_add_str(doc, "arch", vr_streq(target, "i386") ? "i686" : target);
    vr_json_add(doc, "machines", reduce_machines(vr_json_get_array(any->by_command, "query-machines")));
    if (tcg)
        vr_json_add(doc, "tcg", reduce_accel(tcg));
    if (kvm)
        vr_json_add(doc, "kvm", reduce_accel(kvm));
    const char *const lists[][2] = { { "query-tpm-models", "tpm-models" }, { "query-tpm-types", "tpm-types" } };
    for (size_t i = 0; i < VR_COUNT(lists); i++) {
        const struct vr_json *list = vr_json_get_array(any->by_command, lists[i][0]);
        vr_json_add(doc, lists[i][1], list ? vr_json_copy(list) : vr_json_array());
    }
    struct vr_json *features = vr_json_array();
    for (size_t i = 0; i < VR_QEMU_FEATURE_COUNT; i++)
        if (feature_present(&vr_qemu_feature_rows[i], any))
            vr_json_append(features, vr_json_str(vr_qemu_feature_rows[i].name));
    vr_json_add(doc, "features", features);
    return doc;
}

/* ---- the reduced document to the struct -------------------------------------------------------------------------- */

static const char *const *names_of(struct vr_arena *arena, const struct vr_json *array)
{
    size_t n = vr_json_len(array);
    if (n > 65536)
        n = 65536;
    const char **out = vr_arena_alloc(arena, (n + 1) * sizeof(*out));
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        const char *text = vr_json_as_str(vr_json_at(array, i));
        if (text)
            out[used++] = vr_arena_strdup(arena, text);
    }
    return out;
}

static void read_accel(struct vr_qemu_caps *caps, struct vr_qemu_accel_caps *out, const struct vr_json *doc)
{
    if (!doc)
        return;
    const struct vr_json *cpus = vr_json_get_array(doc, "cpus");
    size_t n = vr_json_len(cpus) < MAX_CPUS ? vr_json_len(cpus) : MAX_CPUS;
    out->available = true;
    out->cpus = vr_arena_alloc(caps->arena, (n + 1) * sizeof(*out->cpus));
    for (size_t i = 0; i < n; i++) {
        const struct vr_json *row = vr_json_at(cpus, i);
        const char *name = vr_json_get_str(row, "name");
        if (!name)
            continue;
        struct vr_qemu_cpu_model *cpu = &out->cpus[out->n_cpus++];
        cpu->name = vr_arena_strdup(caps->arena, name);
        vr_json_get_bool(row, "deprecated", &cpu->deprecated);
        const struct vr_json *lacks = vr_json_get_array(row, "lacks");
        if (vr_json_len(lacks))
            cpu->blockers = names_of(caps->arena, lacks);
    }
    out->host_features = names_of(caps->arena, vr_json_get_array(doc, "host-features"));
    out->host_vendor = vr_arena_strdup(caps->arena, vr_json_get_str(doc, "vendor"));
    uint64_t number;
    if (vr_json_get_uint(doc, "family", &number) && number <= UINT32_MAX)
        out->host_family = number;
    if (vr_json_get_uint(doc, "model", &number) && number <= UINT32_MAX)
        out->host_model = number;
}

static void read_machine(struct vr_qemu_caps *caps, const struct vr_json *row)
{
    const char *name = vr_json_get_str(row, "name");
    if (!name)
        return;
    struct vr_qemu_machine *m = &caps->machines[caps->n_machines++];
    uint64_t max = 0;
    m->name = vr_arena_strdup(caps->arena, name);
    m->alias = vr_arena_strdup(caps->arena, vr_json_get_str(row, "alias"));
    m->default_cpu = vr_arena_strdup(caps->arena, vr_json_get_str(row, "cpu"));
    m->default_ram_id = vr_arena_strdup(caps->arena, vr_json_get_str(row, "ram"));
    if (vr_json_get_uint(row, "max", &max) && max <= UINT32_MAX)
        m->max_cpus = max;
    vr_json_get_bool(row, "default", &m->is_default);
    vr_json_get_bool(row, "deprecated", &m->deprecated);
    vr_json_get_bool(row, "hotplug", &m->hotplug_cpus);
    vr_json_get_bool(row, "numa-mem", &m->numa_mem);
}

struct vr_qemu_caps *vr_qemu_caps_from_json(const struct vr_json *doc, const char *path, struct vr_error **err)
{
    int64_t format = 0;
    uint64_t major = 0, minor = 0, micro = 0;
    const struct vr_json *machines = vr_json_get_array(doc, "machines");
    const char *arch = vr_json_get_str(doc, "arch");
    if (!vr_json_get_int(doc, "format", &format) || format != CAPS_FORMAT || !machines || !arch ||
        !vr_json_get_uint(doc, "major", &major) || !vr_json_get_uint(doc, "minor", &minor) ||
        !vr_json_get_uint(doc, "micro", &micro) || major > 999 || minor > 999 || micro > 999)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("unknown format of capabilities of '%s'"), path), NULL;

    struct vr_arena *arena = vr_arena_new();
    struct vr_qemu_caps *caps = vr_arena_new_of(arena, struct vr_qemu_caps);
    caps->arena = arena;
    caps->refs = 1;
    caps->path = vr_arena_strdup(arena, path);
    caps->arch = vr_arena_strdup(arena, arch);
    caps->package = vr_arena_strdup(arena, vr_json_get_str(doc, "package"));
    caps->major = major;
    caps->minor = minor;
    caps->micro = micro;
    size_t n = vr_json_len(machines) < MAX_MACHINES ? vr_json_len(machines) : MAX_MACHINES;
    caps->machines = vr_arena_alloc(arena, (n + 1) * sizeof(*caps->machines));
    for (size_t i = 0; i < n; i++)
        read_machine(caps, vr_json_at(machines, i));
    read_accel(caps, &caps->tcg, vr_json_get_object(doc, "tcg"));
    read_accel(caps, &caps->kvm, vr_json_get_object(doc, "kvm"));
    caps->tpm_models = names_of(arena, vr_json_get_array(doc, "tpm-models"));
    caps->tpm_backends = names_of(arena, vr_json_get_array(doc, "tpm-types"));
    const struct vr_json *features = vr_json_get_array(doc, "features");
    for (size_t i = 0; i < vr_json_len(features); i++) {
        const char *name = vr_json_as_str(vr_json_at(features, i));
        for (size_t f = 0; name && f < VR_QEMU_FEATURE_COUNT; f++)
            if (vr_streq(vr_qemu_feature_rows[f].name, name))
                caps->features[f / 64] |= UINT64_C(1) << (f % 64);
    }
    return caps;
}
