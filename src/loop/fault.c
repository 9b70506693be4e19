/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "fault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fault_board.h"
#include "internal.h"

#if VR_TEST_HOOKS

bool vr_fault_armed;
static struct vr_fault fault;
static size_t seen;
static struct vr_fault_board *board; /* NULL: no test outside asks */

void vr_fault_board_open(void)
{
    const char *path = secure_getenv("VIREO_FAULT");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *map = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED || ((struct vr_fault_board *)map)->magic != VR_FAULT_MAGIC)
        return;
    board = map;
    vr_fault_armed = true;
}

static bool check_board(struct vr_fiber *fiber, const char *what, struct vr_error **err)
{
    struct vr_fault_side *side = &board->waits;
    if (side->ask == VR_ASK_NOTHING || strncmp(fiber->name, side->scope, strnlen(side->scope, VR_FAULT_NAME)) != 0 ||
        ++side->seen != side->at)
        return false;
    strncpy(side->hit, what, VR_FAULT_NAME - 1);
    switch (side->ask) {
    case VR_ASK_FAIL: return !vr_wake_result(VR_WAKE_TIMEOUT, what, err);
    case VR_ASK_CANCEL: vr_fiber_cancel(fiber); break; /* the caller's own check comes next */
    case VR_ASK_KILL: kill(side->number, SIGKILL); break;
    case VR_ASK_DIE: kill(getpid(), SIGKILL); break;
    default: break;
    }
    return false;
}

bool vr_fault_arm(const struct vr_fault *wanted, struct vr_error **err)
{
    if (vr_fault_armed)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, _("a fault is armed already"));
    fault = *wanted;
    seen = 0;
    vr_fault_armed = true;
    return true;
}

size_t vr_fault_disarm(void)
{
    vr_fault_armed = false;
    return seen;
}

bool vr_fault_check(struct vr_fiber *fiber, const char *what, struct vr_error **err)
{
    if (board)
        return check_board(fiber, what, err);
    if (fault.scope && strncmp(fiber->name, fault.scope, strlen(fault.scope)) != 0)
        return false;
    if (++seen != fault.at)
        return false;
    switch (fault.kind) {
    case VR_FAULT_TIMEOUT:
        return !vr_wake_result(VR_WAKE_TIMEOUT, what, err);
    case VR_FAULT_CANCEL:
        vr_fiber_cancel(fiber); /* the caller's own check for cancel comes next, and honours a shield */
        return false;
    case VR_FAULT_CALL:
        fault.fn(what, fault.opaque);
        return false;
    default:
        return false;
    }
}

#else

void vr_fault_board_open(void)
{
}

bool vr_fault_arm(const struct vr_fault *wanted, struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_NO_SUPPORT, _("this build has no test hooks"));
}

size_t vr_fault_disarm(void)
{
    return 0;
}

#endif
