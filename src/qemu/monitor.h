/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * One guest's QMP monitor. A reader fiber takes everything that QEMU sends; commands are matched with their replies by
 * id, so several may be on their way. What QEMU sends is hostile input: sizes and depth are bounded, unknown ids are
 * dropped, and text that is no JSON ends the monitor (not the guest).
 *
 * A command whose reply did not come in time is "overdue": QEMU runs it when it wakes. Nothing is sent behind it until
 * its late reply came or QEMU died. An overdue modifying command makes the guest's records doubtful: later calls fail at
 * once with OPERATION_TIMEOUT naming it, and the owner is told when it settled so that the records are read again.
 */
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

struct vr_group;
struct vr_monitor;

enum vr_qmp_class {
    VR_QMP_QUERY,   /* only asks */
    VR_QMP_MODIFY,  /* may change the guest */
};

struct vr_monitor_handler {
    /** An event. `event` is the whole object. Runs on the reader fiber and must not suspend. */
    void (*event)(void *opaque, const char *name, const struct vr_json *data, const struct vr_json *event);
    /** The last callback: QEMU closed the monitor (why->int1 == 0 when it just ended), or sent what is no QMP. */
    void (*ended)(void *opaque, const struct vr_error *why);
    /** The late reply of an overdue modifying command came. Must not suspend. */
    void (*settled)(void *opaque, const char *command, bool failed);
};

/**
 * vr_monitor_open - connect to a listening monitor socket and negotiate
 * @path:  of the socket; may be longer than sun_path
 * @group: the reader fiber's; the monitor must be closed before the group
 * @label: the guest's name, for messages; copied
 *
 * NULL with INTERNAL_ERROR when the greeting is wrong or QEMU ended, OPERATION_TIMEOUT past @deadline.
 */
VR_SUSPENDS struct vr_monitor *vr_monitor_open(const char *path, struct vr_group *group, const char *label,
                                               const struct vr_monitor_handler *handler, void *opaque,
                                               vr_time deadline, struct vr_error **err);
struct vr_monitor *vr_monitor_ref(struct vr_monitor *mon);
void vr_monitor_unref(struct vr_monitor *mon);
/** Ends the connection; calls in progress fail; no callback comes afterwards. The reference stays the caller's. */
void vr_monitor_close(struct vr_monitor *mon);
/** Waits until QEMU closed the connection and all it said before was handled; for the end of a process. */
VR_SUSPENDS void vr_monitor_drain(struct vr_monitor *mon, vr_time deadline);
bool vr_monitor_alive(const struct vr_monitor *mon);
/** The command that did not answer in time, with its age, or NULL. */
const char *vr_monitor_overdue(const struct vr_monitor *mon, vr_time *since);
/** True while the outcome of a modifying command is unknown. */
bool vr_monitor_in_doubt(const struct vr_monitor *mon);
/** The oldest command that waits for its reply, or NULL: what the guest's control info shows. */
const char *vr_monitor_current(const struct vr_monitor *mon, vr_time *since);

/**
 * vr_monitor_call - run one QMP command
 * @args: its arguments or NULL; always consumed
 * @ret:  receives the "return" value, to be freed by the caller; may be NULL
 *
 * QEMU's own errors come as INTERNAL_ERROR "unable to execute QEMU command '...': ..."; err->str3 is QEMU's error class.
 */
VR_SUSPENDS bool vr_monitor_call(struct vr_monitor *mon, enum vr_qmp_class cls, const char *command,
                                 struct vr_json *args, struct vr_json **ret, vr_time deadline, struct vr_error **err);

/** The same with descriptor @fd sent along (getfd, add-fd); the descriptor stays the caller's. */
VR_SUSPENDS bool vr_monitor_call_fd(struct vr_monitor *mon, const char *command, struct vr_json *args, int fd,
                                    struct vr_json **ret, vr_time deadline, struct vr_error **err);

/**
 * vr_monitor_raw - what virDomainQemuMonitorCommand does: a complete QMP request as text, the complete reply as text
 *
 * The reply carries an id of stock's form. malloc'd; NULL on failure.
 */
VR_SUSPENDS char *vr_monitor_raw(struct vr_monitor *mon, const char *request, vr_time deadline, struct vr_error **err);
