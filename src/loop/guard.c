/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fiber that runs over its stack hits the guard below it. The handler, on a stack of its own, says whose stack it
 * was; the fault then repeats under the handler that was there before (a core, or a sanitizer's report).
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "internal.h"

#define HANDLER_STACK ((size_t)64 * 1024)

static struct sigaction before_segv, before_bus;

/* Only what is safe in a signal handler. */
static void say(const char *text)
{
    ssize_t n = write(STDERR_FILENO, text, strlen(text));
    (void)n;
}

static void on_fault(int signum, siginfo_t *info, void *context)
{
    const struct vr_fiber *fiber = vr_loop.current;
    const char *at = info->si_addr;
    if (fiber && at >= fiber->stack->map && at < fiber->stack->map + VR_STACK_GUARD) {
        say("fiber '");
        say(fiber->name);
        say("' ran over its stack of 256 KiB\n");
    }
    sigaction(signum, signum == SIGSEGV ? &before_segv : &before_bus, NULL);
}

bool vr_crash_init(void)
{
    stack_t now;
    if (sigaltstack(NULL, &now) < 0)
        return false;
    if (now.ss_flags & SS_DISABLE) { /* a sanitizer may have made one already */
        void *map = mmap(NULL, HANDLER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (map == MAP_FAILED)
            return false;
        stack_t mine = { .ss_sp = map, .ss_size = HANDLER_STACK };
        if (sigaltstack(&mine, NULL) < 0)
            return false;
    }
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    struct sigaction old;
    if (sigaction(SIGSEGV, NULL, &old) < 0 || ((old.sa_flags & SA_SIGINFO) && old.sa_sigaction == on_fault))
        return true; /* a second loop in one process */
    return sigaction(SIGSEGV, &action, &before_segv) == 0 && sigaction(SIGBUS, &action, &before_bus) == 0;
}
