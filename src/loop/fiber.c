/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "loop.fiber"
/*
 * Stacks and the switch between them. makecontext enters a stack once; from then on sigsetjmp/siglongjmp without the
 * signal mask go back and forth (14 ns, against 380 ns of swapcontext, which asks the kernel twice for the mask).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "base/alloc.h"
#include "base/log.h"
#include "internal.h"

/*
 * _FORTIFY_SOURCE turns siglongjmp into a variant that aborts when the target is not further up on the same stack. A
 * switch of stacks is that on purpose, so this file, and only this, binds the unchecked symbol.
 */
extern void jump_unchecked(sigjmp_buf registers, int value) __asm__("siglongjmp") __attribute__((noreturn));

static void stack_main(void);

static struct vr_stack *stack_new(int *errnum)
{
    size_t size = VR_STACK_GUARD + VR_STACK_USABLE;
    char *map = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (map == MAP_FAILED) {
        *errnum = errno;
        return NULL;
    }
    char *usable = map + VR_STACK_GUARD;
    if (mprotect(usable, VR_STACK_USABLE, PROT_READ | PROT_WRITE) < 0) {
        *errnum = errno;
        munmap(map, size);
        return NULL;
    }
    struct vr_stack *stack = vr_new(struct vr_stack);
    stack->map = map;
    stack->valgrind_id = vr_valgrind_stack_new(usable, usable + VR_STACK_USABLE);
    vr_san_stack_new(usable, VR_STACK_USABLE);
    stack->tsan = vr_tsan_new();
    return stack;
}

static void stack_free(struct vr_stack *stack)
{
    vr_tsan_free(stack->tsan);
    vr_san_stack_gone(stack->map + VR_STACK_GUARD, VR_STACK_USABLE);
    vr_valgrind_stack_gone(stack->valgrind_id);
    munmap(stack->map, VR_STACK_GUARD + VR_STACK_USABLE);
    free(stack);
}

static struct vr_stack *stack_get(int *errnum)
{
    struct vr_stack *stack = vr_loop.spare;
    if (!stack)
        return stack_new(errnum);
    vr_loop.spare = stack->next;
    vr_loop.spare_count--;
    stack->next = NULL;
    /* One deep call must not cost its pages for ever; most calls are shallow, and each would pay for asking. */
    if (++stack->uses % 32 == 0)
        madvise(stack->map + VR_STACK_GUARD, VR_STACK_USABLE - VR_STACK_KEEP, MADV_DONTNEED);
    return stack;
}

static void stack_put(struct vr_stack *stack)
{
    stack->fiber = NULL;
    if (vr_loop.spare_count >= VR_STACK_SPARE) {
        stack_free(stack);
        return;
    }
    stack->next = vr_loop.spare;
    vr_loop.spare = stack;
    vr_loop.spare_count++;
}

void vr_stacks_done(void)
{
    while (vr_loop.spare) {
        struct vr_stack *stack = vr_loop.spare;
        vr_loop.spare = stack->next;
        stack_free(stack);
    }
    vr_loop.spare_count = 0;
}

/* Its own function, with nothing in registers that must survive: sigsetjmp returns twice. */
static VR_NO_ASAN __attribute__((noinline)) void jump(sigjmp_buf *from, sigjmp_buf *to, void *to_tsan)
{
    if (sigsetjmp(*from, 0) == 0) {
        vr_tsan_switch(to_tsan);
        jump_unchecked(*to, 1);
    }
}

static VR_NO_ASAN __attribute__((noinline)) void jump_into_new(sigjmp_buf *from, struct vr_stack *stack)
{
    ucontext_t context;
    vr_require(getcontext(&context) == 0, "getcontext: %s", strerror(errno));
    context.uc_stack.ss_sp = stack->map + VR_STACK_GUARD;
    context.uc_stack.ss_size = VR_STACK_USABLE;
    context.uc_link = NULL;
    makecontext(&context, stack_main, 0);
    vr_loop.entering = stack;
    if (sigsetjmp(*from, 0) == 0) {
        vr_tsan_switch(stack->tsan);
        setcontext(&context);
        vr_require(false, "setcontext: %s", strerror(errno));
    }
}

/*
 * The bottom frame of every stack. It serves one fiber after another, so a recycled stack is entered by a jump. Not
 * instrumented: its frame outlives what the sanitizer thinks of as the life of the stack.
 */
static VR_NO_ASAN void stack_main(void)
{
    struct vr_stack *stack = vr_loop.entering;
    stack->entered = true;
    vr_san_enter(NULL, &vr_loop.main_bottom, &vr_loop.main_size);
    for (;;) {
        struct vr_fiber *fiber = stack->fiber;
        fiber->fn(fiber->arg);
        fiber->state = VR_FIBER_ENDED;
        vr_san_leave(NULL, vr_loop.main_bottom, vr_loop.main_size);
        jump(&stack->registers, &vr_loop.main_registers, vr_loop.main_tsan);
        vr_san_enter(NULL, &vr_loop.main_bottom, &vr_loop.main_size);
    }
}

VR_NO_ASAN void vr_fiber_resume(struct vr_fiber *fiber)
{
    struct vr_stack *stack = fiber->stack;
    vr_loop.current = fiber;
    fiber->state = VR_FIBER_RUNNING;
    vr_san_leave(&vr_loop.main_fake, stack->map + VR_STACK_GUARD, VR_STACK_USABLE);
    vr_loop.main_tsan = vr_tsan_self();
    if (stack->entered)
        jump(&vr_loop.main_registers, &stack->registers, stack->tsan);
    else
        jump_into_new(&vr_loop.main_registers, stack);
    vr_san_enter(vr_loop.main_fake, NULL, NULL);
    vr_loop.current = NULL;
}

VR_SUSPENDS VR_NO_ASAN void vr_switch_out(void)
{
    struct vr_stack *stack = vr_loop.current->stack;
    vr_san_leave(&stack->fake, vr_loop.main_bottom, vr_loop.main_size);
    jump(&stack->registers, &vr_loop.main_registers, vr_loop.main_tsan);
    vr_san_enter(stack->fake, &vr_loop.main_bottom, &vr_loop.main_size);
}

/* ---- life of a fiber ---- */

static void on_fiber_timer(struct vr_heap_node *node)
{
    vr_wake((struct vr_fiber *)((char *)node - offsetof(struct vr_fiber, timer)), VR_WAKE_TIMEOUT);
}

bool vr_fiber_start(struct vr_group *group, const char *name, void (*fn)(void *arg), void *arg, struct vr_error **err)
{
    vr_require(vr_loop.event, "no loop");
    if (vr_loop.fiber_count >= VR_FIBER_MAX)
        return vr_fail(err, VIR_ERR_RESOURCE_BUSY, _("too many operations in progress (%d), cannot start '%s'"),
                       VR_FIBER_MAX, name);
    int errnum = 0;
    struct vr_stack *stack = stack_get(&errnum);
    if (!stack)
        return vr_fail_errno(err, VIR_ERR_RESOURCE_BUSY, errnum, _("no memory for a stack of '%s'"), name);
    struct vr_fiber *fiber = vr_new(struct vr_fiber);
    fiber->stack = stack;
    stack->fiber = fiber;
    fiber->fn = fn;
    fiber->arg = arg;
    snprintf(fiber->name, sizeof(fiber->name), "%s", name);
    fiber->id = ++vr_loop.next_id;
    fiber->started = vr_loop.now;
    fiber->wait_since = vr_loop.now;
    fiber->wait_fd = -1;
    fiber->timer.fire = on_fiber_timer;
    fiber->all_next = vr_loop.all_first;
    if (vr_loop.all_first)
        vr_loop.all_first->all_prev = fiber;
    vr_loop.all_first = fiber;
    vr_loop.fiber_count++;
    vr_group_add(group ? group : vr_loop.root, fiber);
    vr_ready_push(fiber);
    return true;
}

/* Called by the scheduler on its own stack once fn returned. */
void vr_fiber_release(struct vr_fiber *fiber)
{
    vr_require(fiber->locks == 0, "fiber '%s' ended and still holds %d lock(s)", fiber->name, fiber->locks);
    vr_require(fiber->shields == 0, "fiber '%s' ended inside a shield", fiber->name);
    vr_heap_clear(&fiber->timer);
    if (fiber->all_prev)
        fiber->all_prev->all_next = fiber->all_next;
    else
        vr_loop.all_first = fiber->all_next;
    if (fiber->all_next)
        fiber->all_next->all_prev = fiber->all_prev;
    vr_loop.fiber_count--;
    stack_put(fiber->stack);
    vr_group_remove(fiber);
    free(fiber);
}

struct vr_fiber *vr_fiber_self(void)
{
    return vr_loop.current;
}

const char *vr_fiber_name(const struct vr_fiber *fiber)
{
    return fiber->name;
}

void vr_fiber_note(const char *text)
{
    if (vr_loop.current)
        vr_loop.current->note = text;
}

size_t vr_fiber_count(void)
{
    return vr_loop.fiber_count;
}

char *vr_fiber_describe(const struct vr_fiber *fiber, vr_time now)
{
    static const char *const states[] = { "ready", "running", "parked", "ended" };
    vr_autofree char *detail = NULL;
    if (fiber->state == VR_FIBER_PARKED && fiber->wait_owner)
        detail = vr_printf(", waiting for %s of '%s'", fiber->wait_what, fiber->wait_owner->name);
    else if (fiber->state == VR_FIBER_PARKED && fiber->wait_fd >= 0)
        detail = vr_printf(", waiting for %s (descriptor %d)", fiber->wait_what, fiber->wait_fd);
    else if (fiber->state == VR_FIBER_PARKED)
        detail = vr_printf(", waiting for %s", fiber->wait_what);
    return vr_printf("fiber %llu '%s' of '%s': %s%s%s%s%s for %.3f s, age %.3f s%s%s", (unsigned long long)fiber->id,
                     fiber->name, fiber->group->name, states[fiber->state], detail ? detail : "",
                     fiber->note ? " (" : "", fiber->note ? fiber->note : "", fiber->note ? ")" : "",
                     (double)(now - fiber->wait_since) / 1e9, (double)(now - fiber->started) / 1e9,
                     fiber->cancelled ? ", cancelled" : "", fiber->shields ? ", shielded" : "");
}

void vr_fiber_dump(void)
{
    vr_time now = vr_now();
    vr_warn("%zu fibers, %zu spare stacks, %zu tasks on workers", vr_loop.fiber_count, vr_loop.spare_count,
            vr_workers_busy());
    for (const struct vr_fiber *fiber = vr_loop.all_first; fiber; fiber = fiber->all_next) {
        vr_autofree char *line = vr_fiber_describe(fiber, now);
        vr_warn("%s", line);
    }
}
