/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pthread.h>
#include <unistd.h>
#include "api/public.h"
#include "base/test.h"

static int fired, freed, watch, timer;

static void on_free(void *opaque)
{
    freed++;
}

static void on_timer(int id, void *opaque)
{
    fired++;
    if (fired == 3)
        virEventRemoveTimeout(id);
}

static void on_read(int id, int fd, int events, void *opaque)
{
    char c;
    fired += read(fd, &c, 1) == 1 && events & VIR_EVENT_HANDLE_READABLE;
    virEventRemoveHandle(id); /* from within its own callback */
}

VR_TEST(a_timer_fires_until_it_is_removed_and_is_freed_once)
{
    EXPECT_EQ(virEventRegisterDefaultImpl(), 0);
    timer = virEventAddTimeout(0, on_timer, NULL, on_free);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(virEventRunDefaultImpl(), 0);
    int other = virEventAddTimeout(0, on_timer, NULL, NULL);
    EXPECT_EQ(virEventRunDefaultImpl(), 0);
    EXPECT_EQ(fired, 4);
    EXPECT_EQ(freed, 1);
    EXPECT_EQ(virEventRemoveTimeout(timer), -1);
    EXPECT_EQ(virEventRemoveTimeout(other), 0);
}

VR_TEST(a_watch_may_remove_itself_while_it_is_called)
{
    int fds[2];
    EXPECT_EQ(pipe(fds), 0);
    EXPECT_EQ(virEventRegisterDefaultImpl(), 0);
    watch = virEventAddHandle(fds[0], VIR_EVENT_HANDLE_READABLE, on_read, NULL, on_free);
    EXPECT_EQ(write(fds[1], "ab", 2), 2);
    EXPECT_EQ(virEventRunDefaultImpl(), 0);
    EXPECT_EQ(fired, 1);
    EXPECT_EQ(freed, 1);
    virEventAddTimeout(0, on_timer, NULL, NULL);
    EXPECT_EQ(virEventRunDefaultImpl(), 0); /* the second byte waits; nobody watches */
    EXPECT_EQ(fired, 2);
}

static void *add_later(void *opaque)
{
    usleep(50 * 1000);
    timer = virEventAddTimeout(0, on_timer, NULL, NULL);
    return NULL;
}

VR_TEST(another_thread_can_wake_the_loop)
{
    pthread_t thread;
    EXPECT_EQ(virEventRegisterDefaultImpl(), 0);
    EXPECT_EQ(pthread_create(&thread, NULL, add_later, NULL), 0);
    while (!fired) /* without the wake-up the first turn never ends */
        EXPECT_EQ(virEventRunDefaultImpl(), 0);
    pthread_join(thread, NULL);
}

VR_TEST(typed_parameters_keep_their_types)
{
    virTypedParameterPtr params = NULL;
    int count = 0, room = 0, i = 0;
    unsigned u = 0;
    const char *s = NULL;
    EXPECT_EQ(virTypedParamsAddInt(&params, &count, &room, "i", -5), 0);
    EXPECT_EQ(virTypedParamsAddString(&params, &count, &room, "s", "text"), 0);
    EXPECT_EQ(virTypedParamsAddFromString(&params, &count, &room, "u", VIR_TYPED_PARAM_UINT, "7"), 0);
    EXPECT_EQ(virTypedParamsGetInt(params, count, "i", &i), 1);
    EXPECT_EQ(i, -5);
    EXPECT_EQ(virTypedParamsGetUInt(params, count, "u", &u), 1);
    EXPECT_EQ(u, 7);
    EXPECT_EQ(virTypedParamsGetString(params, count, "s", &s), 1);
    EXPECT_STR(s, "text");
    EXPECT_EQ(virTypedParamsGetInt(params, count, "nothing", &i), 0);
    virSetErrorFunc(NULL, (virErrorFunc)(void (*)(void))on_free);
    EXPECT_EQ(virTypedParamsGetInt(params, count, "s", &i), -1);
    EXPECT_STR_HAS(virGetLastErrorMessage(), "Invalid type 'int' requested for parameter 's', actual type is 'string'");
    EXPECT_EQ(virTypedParamsAddFromString(&params, &count, &room, "u", VIR_TYPED_PARAM_UINT, "-7"), -1);
    EXPECT_EQ(count, 3);
    virTypedParamsFree(params, count);
}

VR_TESTS("eventloop", a_timer_fires_until_it_is_removed_and_is_freed_once,
         a_watch_may_remove_itself_while_it_is_called, another_thread_can_wake_the_loop,
         typed_parameters_keep_their_types)
