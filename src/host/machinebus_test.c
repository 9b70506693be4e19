/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>
#include "base/alloc.h"
#include "loop/loop.h"
#include "machinebus.h"

static struct vr_error *error;
static enum vr_machined result;
static char path[64];
static int told; /* pipe: what the bus was asked */

/* A bus of one: says hello, and takes machines as told by `mode`. */
static const char *mode;
static int answer(sd_bus_message *m, void *opaque, sd_bus_error *e)
{
    if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus", "Hello"))
        return sd_bus_reply_method_return(m, "s", ":1.7");
    if (!sd_bus_message_is_method_call(m, "org.freedesktop.machine1.Manager", NULL))
        return 0;
    if (sd_bus_message_is_method_call(m, NULL, "TerminateMachine"))
        return sd_bus_reply_method_errorf(m, "org.freedesktop.machine1.NoSuchMachine", "No machine");
    const char *name, *service, *class, *root, *key, *slice;
    const void *id, *links;
    size_t id_len, links_len;
    uint32_t leader;
    char text[512];
    sd_bus_message_read(m, "s", &name);
    sd_bus_message_read_array(m, 'y', &id, &id_len);
    sd_bus_message_read(m, "ssus", &service, &class, &leader, &root);
    sd_bus_message_read_array(m, 'i', &links, &links_len);
    sd_bus_message_enter_container(m, 'a', "(sv)");
    sd_bus_message_read(m, "(sv)", &key, "s", &slice);
    int n = snprintf(text, sizeof(text), "%s %zu %s %s %u %zu %s=%s", name, id_len, service, class, leader,
                     links_len / 4, key, slice);
    if (write(told, text, (size_t)n) != n)
        return -1;
    if (strcmp(mode, "absent") == 0)
        return sd_bus_reply_method_errorf(m, "org.freedesktop.DBus.Error.ServiceUnknown", "Nobody");
    if (strcmp(mode, "refuse") == 0)
        return sd_bus_reply_method_errorf(m, "org.freedesktop.machine1.MachineExists", "Machine is there already");
    if (strcmp(mode, "silent") == 0)
        return 1;
    return sd_bus_reply_method_return(m, "o", "/org/freedesktop/machine1/machine/x");
}

static void serve(int listener)
{
    sd_bus *b = NULL;
    sd_id128_t id;
    int fd = accept(listener, NULL, NULL);
    sd_id128_randomize(&id);
    if (sd_bus_new(&b) < 0 || sd_bus_set_fd(b, fd, fd) < 0 || sd_bus_set_server(b, 1, id) < 0 ||
        sd_bus_set_anonymous(b, 1) < 0 || sd_bus_add_filter(b, NULL, answer, NULL) < 0 || sd_bus_start(b) < 0)
        _exit(1);
    while (sd_bus_process(b, NULL) >= 0)
        if (sd_bus_wait(b, UINT64_MAX) < 0)
            break;
    _exit(0);
}

static void (*body)(void);
static void run_body(void *arg)
{
    body();
    vr_machined_done();
    vr_loop_quit(0);
}

static void create_one(void)
{
    static const int links[] = { 3, 4 };
    struct vr_machine m = { "qemu-1-web", { { 1, 2, 3 } }, 4711, "/machine/prod-a", links, 2 };
    result = vr_machined_create(&m, vr_after(VR_MS(1500)), &error);
    if (result == VR_MACHINED_DONE)
        vr_machined_terminate("qemu-1-web", vr_after(VR_MS(1500)));
}

/* Runs create_one against a bus of this mode; what the bus heard is in `heard`. */
static char heard[512];
static void with_bus(const char *how)
{
    VR_AUTO(vr_error) *err = NULL;
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int ends[2];
    snprintf(path, sizeof(path), "/tmp/vireo-bus-%d", (int)getpid());
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert(bind(listener, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(listener, 1) == 0 && pipe(ends) == 0);
    mode = how;
    pid_t pid = fork();
    if (pid == 0) {
        told = ends[1];
        serve(listener);
    }
    close(ends[1]);
    close(listener);
    vr_autofree char *address = vr_printf("unix:path=%s", path);
    setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
    body = create_one;
    EXPECT_OK(vr_loop_init(&err), err);
    EXPECT_OK(vr_fiber_start(NULL, "main", run_body, NULL, &err), err);
    vr_loop_run();
    vr_loop_done();
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ssize_t n = read(ends[0], heard, sizeof(heard) - 1);
    heard[n > 0 ? n : 0] = '\0';
    unlink(path);
}

VR_TEST(a_machine_is_asked_for_in_its_slice)
{
    with_bus("take");
    EXPECT_OK(result == VR_MACHINED_DONE, error);
    EXPECT_STR(heard, "qemu-1-web 16 libvirt-qemu vm 4711 2 Slice=machine-prod\\x2da.slice");
}

VR_TEST(a_host_without_machined_is_told_apart_from_a_refusal)
{
    with_bus("absent");
    EXPECT_EQ(result, VR_MACHINED_ABSENT);
    EXPECT(error == NULL);
    with_bus("refuse");
    EXPECT_EQ(result, VR_MACHINED_FAILED);
    EXPECT_STR_HAS(error->message, "org.freedesktop.machine1: Machine is there already");
}

VR_TEST(silence_ends_at_the_deadline)
{
    with_bus("silent");
    EXPECT_EQ(result, VR_MACHINED_FAILED);
    EXPECT(error != NULL);
}

VR_TEST(no_bus_is_no_machined)
{
    VR_AUTO(vr_error) *err = NULL;
    setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
    body = create_one;
    EXPECT_OK(vr_loop_init(&err), err);
    EXPECT_OK(vr_fiber_start(NULL, "main", run_body, NULL, &err), err);
    vr_loop_run();
    vr_loop_done();
    EXPECT_EQ(result, VR_MACHINED_ABSENT);
    EXPECT(error == NULL);
}

VR_TEST(slices_have_systemds_names)
{
    vr_autofree char *a = vr_slice_name("/machine"), *b = vr_slice_name("/a/b c/.d");
    EXPECT_STR(a, "machine.slice");
    EXPECT_STR(b, "a-b\\x20c-.d.slice");
}

VR_TESTS("machined", a_machine_is_asked_for_in_its_slice, a_host_without_machined_is_told_apart_from_a_refusal,
         silence_ends_at_the_deadline, no_bus_is_no_machined, slices_have_systemds_names)
