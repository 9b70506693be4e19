/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* A guest's process: start, stop, finding it again, and what its QEMU tells. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/clock.h"
#include "base/error.h"
#include "domain.h"

struct vr_call;
struct vr_conn;
struct vr_group;
struct vr_hostside;
struct vr_monitor;
struct vr_qemu_caps;

/** What exists only while a guest runs; owned by struct vr_domain, freed by vr_process_stop. */
struct vr_guest_run {
    struct vr_domain *dom;          /* borrowed */
    uint64_t serial;                /* tells this run from any other of the daemon's life */
    pid_t pid;
    int pidfd;                      /* -1 until launched */
    bool gone;                      /* the process ended (it was waited for) */
    struct vr_monitor *monitor;     /* NULL until connected, and when the guest was found without one */
    struct vr_group *group;         /* fibers about this run of the guest */
    struct vr_qemu_caps *caps;
    uid_t uid;                      /* as whom it runs; hostside.c */
    gid_t gid;
    char *lib_dir, *channel_dir, *memory_dir, *monitor_path, *pid_path, *log_path;
    bool memory_files; /* RAM is files below memory_dir */
    off_t log_start;                /* where this run's part of the log begins */
    struct vr_hostside *hostside;   /* hostside.c */
    pid_t *vcpu_tids;               /* by vcpu number; 0 = offline or unknown */
    size_t vcpu_count;
    char *cpu_path;                 /* QEMU's name of the first CPU object */
    vr_time started;

    bool got_shutdown;              /* SHUTDOWN came: the end that follows is no crash */
    bool fake_reboot;               /* reset and go on at the guest's power-off */
    bool stopping;                  /* vr_process_stop is at work */
    bool destroying;                /* a destroy call kills it: its end needs no other reaction */
    bool starting;                  /* until the start call is through */
    int running_reason, paused_reason; /* reason for the next RESUME or STOP event; 0 = from outside */
    unsigned nodename_index, fdset_index; /* of the status document */
    char **device_ids;              /* of the devices QEMU was given by id, NULL-terminated; for the status document */
    char *status_extras;            /* unknown elements of a status document that was found, kept on rewrite */
    struct vr_conn *autodestroy;    /* the connection whose end destroys the guest */

    /* status document */
    bool status_dirty, status_writing;
    uint64_t status_wanted, status_done;
    struct vr_cond status_written;
    struct vr_error *status_error;
};

enum vr_start_flags {
    VR_START_PAUSED = 1 << 0,
    VR_START_AUTODESTROY = 1 << 1,
    VR_START_COLD = 1 << 2,     /* remove a managed save image */
};

/**
 * vr_process_start - run a guest
 * @dom:  not running; the caller holds a modify job on it
 * @def:  definition of this run, consumed also on failure
 * @conn: who owns it with AUTODESTROY
 *
 * On success the guest runs, or is paused, its status is on disk and its events were sent. On failure nothing is left:
 * no process, file, directory or label; the error ends with the last lines of the guest's log when QEMU wrote any.
 */
VR_SUSPENDS bool vr_process_start(struct vr_domain *dom, struct vr_domain_def *def, unsigned flags,
                                  struct vr_conn *conn, struct vr_error **err);

/**
 * vr_process_stop - take down what is left of a guest
 * @reason: enum virDomainShutoffReason
 * @detail: enum virDomainEventStoppedDetailType, or -1: no event
 *
 * The caller holds a modify or destroy job. Kills the process when it still runs. Never fails and is never cancelled: what
 * cannot be cleaned up is logged. A transient guest leaves the list.
 */
VR_SUSPENDS void vr_process_stop(struct vr_domain *dom, int reason, int detail);

/**
 * vr_process_kill - end a guest's process and wait until it is gone
 * @graceful: SIGTERM only: false with OPERATION_FAILED when it still runs after VR_SPAN_TERM
 */
VR_SUSPENDS bool vr_process_kill(struct vr_domain *dom, bool graceful, struct vr_error **err);

/** Continue and stop the virtual CPUs; the state follows QEMU's events. Under a modify job. */
VR_SUSPENDS bool vr_process_resume(struct vr_domain *dom, int reason, struct vr_error **err);
VR_SUSPENDS bool vr_process_pause(struct vr_domain *dom, int reason, struct vr_error **err);
/** What follows the guest's power-off: reset and go on (fake reboot) or SIGTERM; does not wait. */
void vr_process_after_shutdown(struct vr_domain *dom);

/** The daemon exits: the monitor is closed and the run record freed, the guest runs on. */
VR_SUSPENDS void vr_process_forget(struct vr_domain *dom);
/** Finds again the guests of the status documents; drops those that died meanwhile. At daemon start. */
VR_SUSPENDS void vr_process_reconnect_all(void);
/** Opens the monitor of a guest whose process runs. */
VR_SUSPENDS bool vr_process_open_monitor(struct vr_domain *dom, vr_time deadline, struct vr_error **err);
/** Reads vcpu threads and pty paths from QEMU into the records. */
VR_SUSPENDS bool vr_process_refresh(struct vr_domain *dom, struct vr_error **err);

/** The monitor of a running guest for a call that holds a job; NULL with the error when there is none. */
struct vr_monitor *vr_process_monitor(struct vr_domain *dom, struct vr_error **err);

/** True while the guest is in the run with this serial number: what a fiber asks that began without a job. */
bool vr_process_same_run(const struct vr_domain *dom, uint64_t serial);
struct vr_guest_run *vr_guest_run_new(struct vr_domain *dom);
void vr_guest_run_free(struct vr_guest_run *run);
/** The ids of the devices are these; copied. */
void vr_guest_run_set_devices(struct vr_guest_run *run, const char *const *ids, size_t count);
/** Notes which devices a command line gives an id. */
void vr_guest_run_note_devices(struct vr_guest_run *run, char *const *argv);
/** The directory for a guest's memory files; malloc'd. */
char *vr_guest_run_memory_dir(int id, const char *name);
/** Paths of a run from its id and name. */
void vr_guest_run_paths(struct vr_guest_run *run, int id, const char *name);

/* process_events.c */
struct vr_monitor_handler;
extern const struct vr_monitor_handler vr_process_monitor_handler;
