/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "cgroup.h"
#include "loop/loop.h"
#include "model/domain.h"
#include "sysfile.h"

static struct vr_error *error;
static char tree[] = "/tmp/vireo-cgroup-XXXXXX";

static void put(const char *path, const char *text)
{
    vr_autofree char *full = vr_printf("%s%s", tree, path);
    for (char *slash = strchr(full + sizeof(tree), '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *f = fopen(full, "we");
    ck_assert(f != NULL);
    fprintf(f, "%s\n", text);
    fclose(f);
}
static char *get(const char *path)
{
    vr_autofree char *text = vr_sys_read("%s", path);
    static char kept[256];
    snprintf(kept, sizeof(kept), "%s", text ? text : "(none)");
    return kept;
}
static void end(void)
{
    vr_autofree char *command = vr_printf("rm -rf %s", tree);
    EXPECT_EQ(system(command), 0);
}

/* A host with v2 alone, as files that take what is written. */
static struct vr_cgroup_host *fake_v2(void)
{
    ck_assert(mkdtemp(tree) != NULL);
    vr_sys_set_root(tree);
    put("/proc/self/mountinfo",
        "22 20 0:20 / /proc rw - proc proc rw\n30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw");
    put("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids");
    return vr_cgroup_host_read(NULL);
}

static const char *const guest = "/sys/fs/cgroup/machine/qemu-3-web.libvirt-qemu";
static void put_control(const char *name, const char *text)
{
    vr_autofree char *path = vr_printf("%s/%s", guest, name);
    put(path, text);
}
static const char *control(const char *name)
{
    vr_autofree char *path = vr_printf("%s/%s", guest, name);
    return get(path);
}
static struct vr_cgroup *fake_guest(const struct vr_cgroup_host *host)
{
    struct vr_cgroup *group = vr_new(struct vr_cgroup);
    group->host = host;
    group->path = vr_strdup("/machine/qemu-3-web.libvirt-qemu");
    put_control("cpu.weight", "100");
    put_control("cpu.max", "max 100000");
    put_control("memory.max", "max");
    put_control("memory.high", "max");
    put_control("memory.swap.max", "max");
    put_control("io.weight", "default 100");
    put_control("io.max", "");
    put_control("memory.current", "1048576");
    put_control("cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10");
    put_control("emulator/cpuset.cpus", "");
    put_control("emulator/cpu.stat", "usage_usec 3\nuser_usec 2\nsystem_usec 1");
    return group;
}

static bool set(const struct vr_cgroup *g, enum vr_cgroup_key key, int64_t v)
{
    return vr_cgroup_set(g, &(struct vr_cgroup_setting){ key, NULL, v, NULL, NULL }, &error);
}

VR_TEST(a_v2_host_has_its_controllers)
{
    if (geteuid() != 0)
        return;
    VR_AUTO(vr_cgroup_host) *host = fake_v2();
    EXPECT(host->why_none == NULL);
    EXPECT(vr_cgroup_host_has(host, VR_CGROUP_CPU) && vr_cgroup_host_has(host, VR_CGROUP_BLKIO));
    EXPECT(vr_cgroup_host_has(host, VR_CGROUP_CPUACCT));
    EXPECT_FALSE(vr_cgroup_host_has(host, VR_CGROUP_DEVICES));
    static const char *const none[] = { NULL }, *const memory[] = { "memory", NULL };
    VR_AUTO(vr_cgroup_host) *empty = vr_cgroup_host_read(none), *one = vr_cgroup_host_read(memory);
    EXPECT_STR_HAS(empty->why_none, "qemu.conf");
    EXPECT(vr_cgroup_host_has(one, VR_CGROUP_MEMORY) && !vr_cgroup_host_has(one, VR_CGROUP_CPU));
    put("/run/systemd/system/x", "");
    VR_AUTO(vr_cgroup_host) *managed = vr_cgroup_host_read(NULL);
    EXPECT(managed->systemd && !managed->why_none);
    EXPECT_FALSE(vr_cgroup_require(empty, VR_CG_MEMORY_HARD_KIB, &error));
    EXPECT_EQ(error->code, VIR_ERR_CONFIG_UNSUPPORTED);
    EXPECT_STR_HAS(error->message, "Memory cgroup is not available on this host: cgroup_controllers in qemu.conf");
    end();
}

VR_TEST(v2_limits_are_written_in_its_own_words)
{
    if (geteuid() != 0)
        return;
    int64_t v;
    VR_AUTO(vr_cgroup_host) *host = fake_v2();
    VR_AUTO(vr_cgroup) *g = fake_guest(host);
    EXPECT_OK(set(g, VR_CG_CPU_SHARES, 2048), error);
    EXPECT_STR(control("cpu.weight"), "2048");
    EXPECT_OK(set(g, VR_CG_CPU_PERIOD_US, 50000), error);
    EXPECT_STR(control("cpu.max"), "max 50000");
    EXPECT_OK(vr_cgroup_get(g, VR_CG_CPU_PERIOD_US, NULL, &v, &error), error);
    EXPECT_EQ(v, 50000);
    EXPECT_OK(vr_cgroup_get(g, VR_CG_CPU_QUOTA_US, NULL, &v, &error), error);
    EXPECT_EQ(v, -1);
    EXPECT_OK(set(g, VR_CG_MEMORY_HARD_KIB, 1000), error);
    EXPECT_STR(control("memory.max"), "1024000");
    EXPECT_OK(set(g, VR_CG_MEMORY_SWAP_KIB, 1500), error);
    EXPECT_STR(control("memory.swap.max"), "512000");
    EXPECT_OK(vr_cgroup_get(g, VR_CG_MEMORY_SWAP_KIB, NULL, &v, &error), error);
    EXPECT_EQ(v, 1500);
    EXPECT_OK(set(g, VR_CG_MEMORY_SOFT_KIB, VR_CG_UNLIMITED), error);
    EXPECT_STR(control("memory.high"), "max");
    EXPECT_OK(set(g, VR_CG_BLKIO_WEIGHT, 500), error);
    EXPECT_STR(control("io.weight"), "default 500");
    EXPECT_FALSE(set(g, VR_CG_CPU_SHARES, 20000));
    EXPECT_STR_HAS(error->message, "shares '20000' must be in range [1, 10000]");
    end();
}

VR_TEST(v2_figures_are_read)
{
    if (geteuid() != 0)
        return;
    VR_AUTO(vr_cgroup_host) *host = fake_v2();
    VR_AUTO(vr_cgroup) *g = fake_guest(host);
    struct vr_cgroup_usage u;
    vr_cgroup_usage_read(g, NULL, &u);
    EXPECT(u.has_cpu && u.cpu_ns == 30000 && u.user_ns == 20000 && u.system_ns == 10000 && u.memory_kib == 1024);
    vr_cgroup_usage_read(g, "emulator", &u);
    EXPECT_EQ(u.cpu_ns, 3000);
    end();
}

VR_TEST(a_device_that_is_none_is_named)
{
    if (geteuid() != 0)
        return;
    VR_AUTO(vr_cgroup_host) *host = fake_v2();
    VR_AUTO(vr_cgroup) *g = fake_guest(host);
    struct vr_cgroup_setting s = { VR_CG_BLKIO_READ_BPS, NULL, 5, NULL, "/dev/null" };
    EXPECT_FALSE(vr_cgroup_set(g, &s, &error));
    EXPECT_STR_HAS(error->message, "Path '/dev/null' must be a block device");
    end();
}

VR_TEST(machine_names_are_host_names)
{
    vr_autofree char *plain = vr_machine_name("qemu", 1, "t"),
                     *odd = vr_machine_name("qemu", 12, "..a_b..c d/\xc3\xa9-."),
                     *lengthy = vr_machine_name(
                         "qemu", 1, "0123456789012345678901234567890123456789012345678901234567890123456789");
    EXPECT_STR(plain, "qemu-1-t");
    EXPECT_STR(odd, "qemu-12-a-b.cd");
    EXPECT_EQ(strlen(lengthy), 64);
}

/* ---- the real v1 and v2 trees, where a test may make groups ------------------------------------------------- */

static struct vr_cgroup_host *real_host(void)
{
    if (geteuid() != 0) {
        printf("skipped: control groups need root\n");
        return NULL;
    }
    struct vr_cgroup_host *host = vr_cgroup_host_read(NULL);
    if (!host->why_none)
        return host;
    printf("skipped: %s\n", host->why_none);
    vr_cgroup_host_free(host);
    return NULL;
}

VR_TEST(a_process_lives_in_its_groups_and_they_go_after_it)
{
    VR_AUTO(vr_cgroup_host) *host = real_host();
    if (!host)
        return;
    VR_AUTO(vr_cgroup) *g = vr_cgroup_create(host, "/vireo-test/sub", "qemu-1-t", &error);
    if (!g && error && error->int1 == EROFS) {
        printf("skipped: %s\n", error->message);
        return;
    }
    EXPECT_OK(g != NULL, error);
    EXPECT_STR(g->path, "/vireo-test.partition/sub.partition/qemu-1-t.libvirt-qemu");
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    EXPECT_OK(vr_cgroup_enter(g, pid, &error), error);
    VR_AUTO(vr_cgroup) *found = vr_cgroup_of_pid(host, pid);
    EXPECT(found != NULL);
    EXPECT_STR(found->path, g->path);
    EXPECT_OK(vr_cgroup_add_thread(g, "vcpu0", pid, &error), error);
    if (vr_cgroup_host_has(host, VR_CGROUP_CPU)) {
        int64_t v;
        struct vr_cgroup_setting s = { VR_CG_CPU_QUOTA_US, "vcpu0", 20000, NULL, NULL };
        EXPECT_OK(vr_cgroup_set(g, &s, &error), error);
        EXPECT_OK(vr_cgroup_get(g, VR_CG_CPU_QUOTA_US, "vcpu0", &v, &error), error);
        EXPECT_EQ(v, 20000);
        EXPECT_OK(set(g, VR_CG_CPU_SHARES, 512), error);
        EXPECT_OK(vr_cgroup_get(g, VR_CG_CPU_SHARES, NULL, &v, &error), error);
        EXPECT_EQ(v, 512);
    }
    if (vr_cgroup_host_has(host, VR_CGROUP_MEMORY)) {
        int64_t v;
        EXPECT_OK(set(g, VR_CG_MEMORY_HARD_KIB, 65536), error);
        EXPECT_OK(vr_cgroup_get(g, VR_CG_MEMORY_HARD_KIB, NULL, &v, &error), error);
        EXPECT_EQ(v, 65536);
        EXPECT_OK(set(g, VR_CG_MEMORY_HARD_KIB, VR_CG_UNLIMITED), error);
        EXPECT_OK(vr_cgroup_get(g, VR_CG_MEMORY_HARD_KIB, NULL, &v, &error), error);
        EXPECT(v == VR_CG_UNLIMITED);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    VR_AUTO(vr_cgroup) *left = vr_cgroup_left_behind(host, "/vireo-test/sub", "qemu-1-t");
    EXPECT(left != NULL);
    EXPECT_STR(left->path, g->path);
    EXPECT_OK(vr_cgroup_remove(g, &error), error);
    EXPECT_OK(vr_cgroup_remove(g, &error), error);
    EXPECT(vr_cgroup_left_behind(host, "/vireo-test/sub", "qemu-1-t") == NULL);
    struct vr_cgroup above = { host, (char *)"/vireo-test.partition", false, NULL };
    EXPECT_OK(vr_cgroup_remove(&above, &error), error);
}

VR_TEST(threads_have_groups_in_v2_and_a_scope_is_adopted)
{
    VR_AUTO(vr_cgroup_host) *host = real_host();
    if (!host || !host->v2)
        return;
    /* The v2 tree alone, whatever controllers it has: grouping threads needs none. */
    for (int c = 0; c < VR_CGROUP_COUNT; c++) {
        free(host->v1[c]);
        host->v1[c] = NULL;
    }
    host->v2_controllers = 0;
    host->v2_tree = true;
    vr_autofree char *slice = vr_printf("%s/vireo-test.slice", host->v2),
                     *scope = vr_printf("%s/machine-qemu\\x2d1\\x2dt.scope", slice);
    if ((mkdir(slice, 0755) < 0 && errno != EEXIST) || (mkdir(scope, 0755) < 0 && errno != EEXIST)) {
        printf("skipped: no group can be made in %s\n", host->v2);
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    char text[24];
    snprintf(text, sizeof(text), "%d", (int)pid);
    EXPECT_EQ(vr_sys_write(text, "%s/cgroup.procs", scope), 0);
    VR_AUTO(vr_cgroup) *g = vr_cgroup_adopt(host, "qemu-1-t", pid, &error);
    EXPECT_OK(g != NULL, error);
    EXPECT_STR(g->path, "/vireo-test.slice/machine-qemu\\x2d1\\x2dt.scope");
    EXPECT_OK(vr_cgroup_add_thread(g, "vcpu0", pid, &error), error);
    vr_autofree char *where = vr_sys_read("/proc/%d/cgroup", (int)pid);
    EXPECT_STR_HAS(where, "t.scope/libvirt/vcpu0");
    VR_AUTO(vr_cgroup) *found = vr_cgroup_of_pid(host, pid);
    EXPECT(found && found->nested);
    EXPECT_STR(found->path, g->path);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    EXPECT_OK(vr_cgroup_remove(g, &error), error);
    EXPECT_EQ(rmdir(slice), 0);
}

static struct vr_cgroup_host *host_used;
static struct vr_domain_def *def_used;
static struct vr_cgroup *made;
static bool ok;
static void start_and_stop(void *arg)
{
    struct vr_cgroup_start start = { .host = host_used, .def = def_used, .id = 7 };
    ok = vr_cgroup_start(&start, &made, vr_after(VR_SEC(20)), &error);
    int64_t v = 0;
    if (ok && made) {
        ok = vr_cgroup_get(made, VR_CG_CPU_SHARES, NULL, &v, &error) && v == 333;
        ok = vr_cgroup_stop(made, vr_after(VR_SEC(20)), &error) && ok;
    }
    vr_loop_quit(0);
}

static void run_start(void)
{
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_OK(vr_loop_init(&err), err);
    EXPECT_OK(vr_fiber_start(NULL, "cgroup", start_and_stop, NULL, &err), err);
    vr_loop_run();
    vr_loop_done();
}

VR_TEST(a_definitions_limits_are_there_before_the_guest_is)
{
    struct vr_cputune tune = { .shares = { true, 333 } };
    struct vr_domain_def def = { .name = "test-of-vireo", .cputune = &tune, .resource_partition = "/vireo-test2" };
    VR_AUTO(vr_cgroup_host) *host = real_host();
    if (!host || !vr_cgroup_host_has(host, VR_CGROUP_CPU))
        return;
    host_used = host;
    def_used = &def;
    run_start();
    if (!ok && error && error->int1 == EROFS) {
        printf("skipped: %s\n", error->message);
        return;
    }
    EXPECT_OK(ok, error);
    EXPECT(made != NULL);
    vr_cgroup_free(made);
    struct vr_cgroup above = { host, (char *)"/vireo-test2.partition", false, NULL };
    EXPECT_OK(vr_cgroup_remove(&above, &error), error);
}

VR_TEST(without_groups_only_bounded_cpu_time_ends_a_start)
{
    struct vr_cgroup_host none = { .why_none = "the test says so" };
    struct vr_cputune tune = { .shares = { true, 333 } };
    struct vr_domain_def def = { .name = "t" };
    host_used = &none;
    def_used = &def;
    made = (void *)1;
    run_start();
    EXPECT_OK(ok, error);
    EXPECT(made == NULL);
    def.cputune = &tune; /* a share without others to share with: said in the log, as stock starts it */
    run_start();
    EXPECT_OK(ok, error);
    EXPECT(made == NULL);
    tune.period = (struct vr_ou64){ true, 100000 };
    run_start();
    EXPECT_FALSE(ok);
    EXPECT_STR_HAS(error->message, "cgroup cpu is required for scheduler tuning: the test says so");
}

VR_TESTS("cgroup", a_v2_host_has_its_controllers, v2_limits_are_written_in_its_own_words, v2_figures_are_read,
         a_device_that_is_none_is_named, machine_names_are_host_names,
         a_process_lives_in_its_groups_and_they_go_after_it, a_definitions_limits_are_there_before_the_guest_is,
         threads_have_groups_in_v2_and_a_scope_is_adopted, without_groups_only_bounded_cpu_time_ends_a_start)
