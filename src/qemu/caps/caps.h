/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What one emulator can do. A probe asks QEMU over QMP and reduces the answers to one small JSON document; the struct
 * is made from that document, so that the cache on disk, a recorded test fixture and a fresh probe take one path.
 * Nothing here suspends: vr_qemu_caps_load blocks (it may run QEMU) and belongs on a worker.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "qemu/caps/features.h"

struct vr_qemu_machine {
    const char *name, *alias; /* alias NULL: none */
    const char *default_cpu;  /* model name as documents write it, "qemu64"; NULL: none */
    const char *default_ram_id;
    unsigned max_cpus;
    bool is_default, deprecated, hotplug_cpus, numa_mem;
};

struct vr_qemu_cpu_model {
    const char *name;
    bool deprecated;
    const char *const *blockers; /* NULL-terminated features the host lacks; NULL: usable */
};

/** What differs between acceleration by KVM and by TCG. */
struct vr_qemu_accel_caps {
    bool available;
    struct vr_qemu_cpu_model *cpus;
    size_t n_cpus;
    const char *const *host_features; /* names that are on in the richest model; NULL-terminated, sorted */
    const char *host_vendor;          /* of that model, "AuthenticAMD"; NULL: not known */
    unsigned host_family, host_model;
};

struct vr_qemu_caps {
    unsigned refs;
    struct vr_arena *arena;
    const char *path;        /* of the emulator */
    const char *arch;        /* as documents write it: "x86_64", "i686" */
    const char *package;
    unsigned major, minor, micro;
    struct vr_qemu_machine *machines;
    size_t n_machines;
    struct vr_qemu_accel_caps kvm, tcg;
    const char *const *tpm_models, *const *tpm_backends; /* QEMU's names, NULL-terminated */
    const char *file_key;    /* identity of the file when it was probed; NULL: not from a file */
    uint64_t features[(VR_QEMU_FEATURE_COUNT + 63) / 64];
};

struct vr_qemu_caps *vr_qemu_caps_ref(struct vr_qemu_caps *caps);
void vr_qemu_caps_unref(struct vr_qemu_caps *caps);

static inline bool vr_qemu_caps_has(const struct vr_qemu_caps *caps, enum vr_qemu_feature feature)
{
    return caps->features[feature / 64] >> (feature % 64) & 1;
}

/** Version as documents carry it: 7002022. */
static inline unsigned vr_qemu_caps_version(const struct vr_qemu_caps *caps)
{
    return caps->major * 1000000 + caps->minor * 1000 + caps->micro;
}

/** The machine of this name or alias, or NULL. */
const struct vr_qemu_machine *vr_qemu_caps_machine(const struct vr_qemu_caps *caps, const char *name);
const struct vr_qemu_machine *vr_qemu_caps_default_machine(const struct vr_qemu_caps *caps);

/** From a reduced document; NULL and INTERNAL_ERROR when it is not one of this format. */
struct vr_qemu_caps *vr_qemu_caps_from_json(const struct vr_json *doc, const char *path, struct vr_error **err);

/** Replies to the probe's questions, of one accelerator: name of the question -> "return" value. */
struct vr_qemu_replies {
    const struct vr_json *by_command;  /* object: "query-machines" -> array, ... */
    const struct vr_json *properties;  /* object: type name -> reply of device-list-properties or qom-list-properties */
};
/** The reduced document; `kvm` may be NULL. Pure. NULL and an error when replies are missing or QEMU is too old. */
struct vr_json *vr_qemu_caps_reduce(const struct vr_qemu_replies *tcg, const struct vr_qemu_replies *kvm,
                                    struct vr_error **err);

/**
 * vr_qemu_caps_probe - run the emulator and ask it
 * @deadline: the emulator is killed when it does not answer in time
 *
 * Blocks; for a worker. Returns the reduced document. Reports INTERNAL_ERROR with QEMU's own words when it fails.
 */
struct vr_json *vr_qemu_caps_probe(const char *path, vr_time deadline, struct vr_error **err);

/**
 * vr_qemu_caps_probe_as - who the emulators of later probes are to be
 * @helper: path of vireo-launch; NULL: they run as whoever we are
 *
 * To be called before the first probe, since workers read it. All is copied. For a daemon that is root: emulators are named by
 * documents, and the answer about /dev/kvm must be the one that guests get.
 */
void vr_qemu_caps_probe_as(const char *helper, uid_t uid, gid_t gid, const gid_t *groups, size_t group_count);

/**
 * vr_qemu_caps_load - capabilities from the cache, else by a probe that is then cached
 * @cache_dir: where cache files are; NULL: no cache on disk
 *
 * Blocks; for a worker. A cache file counts when path, inode, modification time and host CPU are those it was made
 * with. Reports SYSTEM_ERROR "Cannot check QEMU binary ..." with the emulators that exist when there is none.
 */
struct vr_qemu_caps *vr_qemu_caps_load(const char *path, const char *cache_dir, vr_time deadline,
                                       struct vr_error **err);
/** Whether `caps` still describes the file at its path (inode, times). Cheap, one stat. */
bool vr_qemu_caps_fresh(const struct vr_qemu_caps *caps);

/** The emulator used when the document names none, for an architecture of documents; malloc'd, NULL: none known. */
char *vr_qemu_default_emulator(const char *arch);

#define VR_QEMU_MIN_MAJOR 6 /* JSON for -device came with 6.2 */
#define VR_QEMU_MIN_MINOR 2
