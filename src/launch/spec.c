/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "spec.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "base/str.h"
#include "protocol.h"

#define MAX_TEXTS 65536
#define MAX_CPUS 16384

struct parser {
    struct vr_arena *arena;
    struct launch_spec *spec;
    size_t fd_count;
};

static bool bad(struct vr_error **err, const char *name, const char *what)
{
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("launch specification: '%s' %s"), name, what);
}

static bool get_number(const struct vr_json *obj, const char *name, int64_t min, int64_t max, int64_t *out,
                       struct vr_error **err)
{
    int64_t v;
    if (!vr_json_as_int(vr_json_get(obj, name), &v))
        return bad(err, name, "is not a number");
    if (v < min || v > max)
        return bad(err, name, "is out of range");
    *out = v;
    return true;
}

static bool get_texts(struct parser *p, const struct vr_json *v, const char *name, bool paths, char ***out,
                      struct vr_error **err)
{
    size_t n = vr_json_len(v);
    if (vr_json_type_of(v) != VR_JSON_ARRAY || n > MAX_TEXTS)
        return bad(err, name, "is not an array of text");
    char **texts = vr_arena_alloc(p->arena, (n + 1) * sizeof(*texts));
    for (size_t i = 0; i < n; i++) {
        const char *text = vr_json_as_str(vr_json_at(v, i));
        if (!text)
            return bad(err, name, "is not an array of text");
        if (paths && text[0] != '/')
            return bad(err, name, "holds a path that is not absolute");
        texts[i] = vr_arena_strdup(p->arena, text);
    }
    *out = texts;
    return true;
}

/* An array of numbers 0..max as unsigned. */
static bool get_numbers(struct parser *p, const struct vr_json *v, const char *name, uint64_t max, size_t most,
                        unsigned **out, size_t *count, struct vr_error **err)
{
    size_t n = vr_json_len(v);
    if (vr_json_type_of(v) != VR_JSON_ARRAY || n > most)
        return bad(err, name, "is not an array of numbers");
    unsigned *numbers = vr_arena_alloc(p->arena, (n + 1) * sizeof(*numbers));
    for (size_t i = 0; i < n; i++) {
        uint64_t one;
        if (!vr_json_as_uint(vr_json_at(v, i), &one) || one > max)
            return bad(err, name, "is not an array of numbers in range");
        numbers[i] = (unsigned)one;
    }
    *out = numbers;
    *count = n;
    return true;
}

static bool get_path(struct parser *p, const struct vr_json *v, const char *name, const char **out,
                     struct vr_error **err)
{
    const char *text = vr_json_as_str(v);
    if (!text || text[0] != '/')
        return bad(err, name, "is not an absolute path");
    *out = vr_arena_strdup(p->arena, text);
    return true;
}

static bool get_bool(const struct vr_json *v, const char *name, bool *out, struct vr_error **err)
{
    return vr_json_as_bool(v, out) || bad(err, name, "is not a boolean");
}

static bool parse_limits(struct parser *p, const struct vr_json *limits, struct vr_error **err)
{
    size_t pos = 0;
    const char *key;
    struct vr_json *v;
    if (vr_json_type_of(limits) != VR_JSON_OBJECT)
        return bad(err, "limits", "is not an object");
    while (vr_json_each(limits, &pos, &key, &v)) {
        struct launch_limit *limit = NULL;
        for (int i = 0; i < LAUNCH_LIMITS; i++)
            if (vr_streq(p->spec->limits[i].name, key))
                limit = &p->spec->limits[i];
        int64_t value;
        if (!limit)
            return bad(err, key, "is no limit");
        if (!get_number(limits, key, -1, INT64_MAX, &value, err))
            return false;
        limit->set = true;
        limit->value = value < 0 ? UINT64_MAX : (uint64_t)value;
    }
    return true;
}

static bool parse_scheduler(struct parser *p, const struct vr_json *v, struct vr_error **err)
{
    static const char *const names[] = { "batch", "idle", "fifo", "rr", NULL };
    static const int policies[] = { SCHED_BATCH, SCHED_IDLE, SCHED_FIFO, SCHED_RR };
    const char *policy = vr_json_get_str(v, "policy");
    int i = policy ? vr_name_index(names, policy) : -1;
    if (i < 0)
        return bad(err, "scheduler", "has an unknown policy");
    int64_t priority = 0;
    if (vr_json_get(v, "priority") && !get_number(v, "priority", 0, 99, &priority, err))
        return false;
    p->spec->policy = policies[i];
    p->spec->priority = (int)priority;
    return true;
}

static bool parse_dev(struct parser *p, const struct vr_json *v, struct vr_error **err)
{
    struct launch_spec *s = p->spec;
    if (vr_json_type_of(v) != VR_JSON_OBJECT)
        return bad(err, "dev", "is not an object");
    s->private_dev = true;
    return get_texts(p, vr_json_get(v, "devices"), "devices", true, &s->devices, err) &&
           get_texts(p, vr_json_get(v, "optional"), "optional", true, &s->optional_devices, err) &&
           get_texts(p, vr_json_get(v, "keep"), "keep", true, &s->keep, err);
}

static bool parse_task(struct parser *p, const struct vr_json *v, struct launch_task *task, struct vr_error **err)
{
    static const char *const names[] = { "mknod", "chown", "unlink", NULL };
    const char *op = vr_json_get_str(v, "op");
    int i = op ? vr_name_index(names, op) : -1;
    if (i < 0)
        return bad(err, "tasks", "holds an unknown operation");
    task->op = (enum launch_op)i;
    if (!get_path(p, vr_json_get(v, "path"), "path", &task->path, err))
        return false;
    int64_t mode = 0, major_number = 0, minor_number = 0, uid = 0, gid = 0;
    if (i == LAUNCH_MKNOD) {
        if (!get_number(v, "mode", 0, UINT32_MAX, &mode, err) ||
            !get_number(v, "major", 0, 0xfff, &major_number, err) ||
            !get_number(v, "minor", 0, 0xfffff, &minor_number, err))
            return false;
        if (!S_ISCHR(mode) && !S_ISBLK(mode))
            return bad(err, "mode", "is no device's");
    }
    if (i != LAUNCH_UNLINK &&
        (!get_number(v, "uid", 0, UINT32_MAX - 1, &uid, err) || !get_number(v, "gid", 0, UINT32_MAX - 1, &gid, err)))
        return false;
    task->mode = (mode_t)mode;
    task->device = makedev((unsigned)major_number, (unsigned)minor_number);
    task->uid = (uid_t)uid;
    task->gid = (gid_t)gid;
    return true;
}

static bool parse_tasks(struct parser *p, const struct vr_json *v, struct vr_error **err)
{
    size_t n = vr_json_len(v);
    if (vr_json_type_of(v) != VR_JSON_ARRAY || n > MAX_TEXTS)
        return bad(err, "tasks", "is not an array");
    p->spec->tasks = vr_arena_alloc(p->arena, (n + 1) * sizeof(*p->spec->tasks));
    p->spec->task_count = n;
    for (size_t i = 0; i < n; i++)
        if (!parse_task(p, vr_json_at(v, i), &p->spec->tasks[i], err))
            return false;
    return true;
}

static bool parse_targets(struct parser *p, const struct vr_json *v, struct vr_error **err)
{
    unsigned *numbers;
    size_t count;
    if (!get_numbers(p, v, "fds", VR_LAUNCH_MAX_TARGET, VR_LAUNCH_MAX_FDS, &numbers, &count, err))
        return false;
    if (count != p->fd_count)
        return bad(err, "fds", "does not match the descriptors that came");
    p->spec->targets = (int *)numbers;
    p->spec->target_count = count;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (numbers[i] == numbers[j])
                return bad(err, "fds", "names a number twice");
    return true;
}

static bool parse_member(struct parser *p, const struct vr_json *root, const char *key, const struct vr_json *v,
                         struct vr_error **err)
{
    struct launch_spec *s = p->spec;
    int64_t number = 0;
    if (vr_streq(key, "mode"))
        return true;
    if (vr_streq(key, "program"))
        return get_path(p, v, key, &s->program, err);
    if (vr_streq(key, "cwd"))
        return get_path(p, v, key, &s->cwd, err);
    if (vr_streq(key, "argv"))
        return get_texts(p, v, key, false, &s->argv, err);
    if (vr_streq(key, "env"))
        return get_texts(p, v, key, false, &s->env, err);
    if (vr_streq(key, "fds"))
        return parse_targets(p, v, err);
    if (vr_streq(key, "cgroups"))
        return get_texts(p, v, key, true, &s->cgroups, err);
    if (vr_streq(key, "limits"))
        return parse_limits(p, v, err);
    if (vr_streq(key, "cpus"))
        return get_numbers(p, v, key, MAX_CPUS - 1, MAX_CPUS, &s->cpus, &s->cpu_count, err);
    if (vr_streq(key, "scheduler"))
        return parse_scheduler(p, v, err);
    if (vr_streq(key, "dev"))
        return parse_dev(p, v, err);
    if (vr_streq(key, "groups"))
        return get_numbers(p, v, key, UINT32_MAX - 1, 65536, (unsigned **)&s->groups, &s->group_count, err);
    if (vr_streq(key, "tasks"))
        return parse_tasks(p, v, err);
    if (vr_streq(key, "raw_io"))
        return get_bool(v, key, &s->raw_io, err);
    if (vr_streq(key, "clear_caps"))
        return get_bool(v, key, &s->clear_caps, err);
    if (vr_streq(key, "no_new_privs"))
        return get_bool(v, key, &s->no_new_privs, err);
    if (vr_streq(key, "namespace"))
        return get_bool(v, key, &s->enter_namespace, err);
    if (vr_streq(key, "oom_score_adj")) {
        s->set_oom = get_number(root, key, -1000, 1000, &number, err);
        s->oom_score_adj = (int)number;
        return s->set_oom;
    }
    if (vr_streq(key, "umask")) {
        s->set_umask = get_number(root, key, 0, 0777, &number, err);
        s->umask = (mode_t)number;
        return s->set_umask;
    }
    if (vr_streq(key, "uid") || vr_streq(key, "gid")) {
        if (!get_number(root, key, 0, UINT32_MAX - 1, &number, err))
            return false;
        *(key[0] == 'u' ? &s->uid : &s->gid) = (unsigned)number;
        s->set_ids = true;
        return true;
    }
    return bad(err, key, "is unknown");
}

static bool check_whole(struct parser *p, const struct vr_json *root, struct vr_error **err)
{
    struct launch_spec *s = p->spec;
    if (s->set_ids && (!vr_json_get(root, "uid") || !vr_json_get(root, "gid") || !vr_json_get(root, "groups")))
        return bad(err, "uid", "needs gid and groups with it");
    if (s->target_count != p->fd_count && !(s->enter && s->enter_namespace && p->fd_count == 1))
        return bad(err, "fds", "does not match the descriptors that came");
    if (s->enter)
        return s->tasks ? true : bad(err, "tasks", "is missing");
    if (!s->program || !s->argv || !s->argv[0])
        return bad(err, "program", "or 'argv' is missing");
    return true;
}

bool launch_spec_parse(const char *text, size_t len, size_t fd_count, struct vr_arena *arena, struct launch_spec *out,
                       struct vr_error **err)
{
    static const struct launch_limit limits[LAUNCH_LIMITS] = {
        { "core", RLIMIT_CORE, false, 0 }, { "nofile", RLIMIT_NOFILE, false, 0 },
        { "nproc", RLIMIT_NPROC, false, 0 }, { "memlock", RLIMIT_MEMLOCK, false, 0 },
    };
    struct launch_spec spec = { .policy = -1, .cwd = "/" };
    struct parser p = { arena, &spec, fd_count };
    memcpy(spec.limits, limits, sizeof(limits));
    VR_AUTO(vr_json) *root = vr_json_parse(text, len, err);
    if (!root)
        return false;
    const char *mode = vr_json_get_str(root, "mode");
    if (!mode || (!vr_streq(mode, "exec") && !vr_streq(mode, "enter")))
        return bad(err, "mode", "is unknown");
    spec.enter = vr_streq(mode, "enter");
    size_t pos = 0;
    const char *key;
    struct vr_json *v;
    while (vr_json_each(root, &pos, &key, &v))
        if (!parse_member(&p, root, key, v, err))
            return false;
    if (!spec.env)
        spec.env = vr_arena_alloc(arena, sizeof(*spec.env));
    if (!check_whole(&p, root, err))
        return false;
    *out = spec;
    return true;
}
