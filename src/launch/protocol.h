/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What the daemon and vireo-launch say to each other over the socket that is descriptor VR_LAUNCH_FD of the program.
 *
 *   daemon -> program   a header, `fd_count` descriptors (SCM_RIGHTS, VR_LAUNCH_FD_BATCH at a time, each batch with one
 *                       byte of data), then `length` bytes of JSON: the specification
 *   program -> daemon   a header and JSON: {"ready":true} or {"step":"...","errno":N,"text":"..."}
 *   daemon -> program   one byte, VR_LAUNCH_GO
 *   program -> daemon   nothing: the socket closes when the new program runs; or an error as above
 *
 * When the daemon goes away before VR_LAUNCH_GO the program ends. Both ends are of one build; the version says so.
 *
 * Specification, an object; all but "mode", "program" and "argv" may be absent:
 *   mode          "exec"; or "enter", below
 *   program       absolute path
 *   argv, env     arrays of text
 *   cwd           absolute path, default "/"
 *   fds           array of numbers: which number the nth descriptor gets in the new program. All others are closed.
 *   cgroups       directories of control groups to enter
 *   limits        object: "core", "nofile", "nproc", "memlock" -> number, or -1 for unlimited
 *   cpus          array of CPU numbers: affinity
 *   scheduler     object: "policy" ("batch", "idle", "fifo", "rr"), "priority"
 *   oom_score_adj number
 *   umask         number
 *   dev           object: a private /dev holding "devices" (paths below /dev, which must exist unless in "optional")
 *                 and "keep" (mounts below /dev that stay visible: "/dev/pts", ...)
 *   uid, gid, groups  numbers, resolved before
 *   raw_io        true: CAP_SYS_RAWIO survives all of this, and is the program's
 *   clear_caps    true: no capability survives, whatever the uid
 *   no_new_privs  true
 *
 * Mode "enter": runs `tasks` in the mount namespace of a running process and ends after its answer.
 *   namespace     true: the first descriptor is a pidfd, whose mount namespace is entered
 *   tasks         array of objects, done in order, undone when a later one fails:
 *                 {"op":"mknod","path":P,"mode":M,"major":A,"minor":B,"uid":U,"gid":G}
 *                 {"op":"chown","path":P,"uid":U,"gid":G}   {"op":"unlink","path":P}
 */
#include <stdint.h>

#define VR_LAUNCH_FD 3
#define VR_LAUNCH_MAGIC 0x56724c31u /* "VrL1" */
#define VR_LAUNCH_GO 'g'
#define VR_LAUNCH_FD_BATCH 128
#define VR_LAUNCH_MAX_FDS 4096
#define VR_LAUNCH_MAX_TARGET 65535
#define VR_LAUNCH_MAX_SPEC (8u << 20)
#define VR_LAUNCH_MAX_ANSWER 65536u

struct vr_launch_header {
    uint32_t magic, length, fd_count;
};
