/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's processor: what CPUID, /proc/cpuinfo and KVM tell. */
#define VR_ERROR_DOMAIN VIR_FROM_CPU
#define VR_LOG_SOURCE "host.cpu"
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif
#include "base/alloc.h"
#include "base/str.h"
#include "cpu_x86.h"
#include "node.h"
#include "sysfile.h"

static struct vr_host_cpu cpu;
static pthread_once_t once = PTHREAD_ONCE_INIT;

bool vr_host_kvm_max_vcpus(int *out, struct vr_error **err)
{
    vr_autoclose int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to open %s"), "/dev/kvm");
    /* Kernels before these questions existed had the limits that are tried last. */
    int n = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
    if (n <= 0)
        n = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_NR_VCPUS);
    *out = n > 0 ? n : 4;
    return true;
}

static void read_tsc(void)
{
#if defined(__x86_64__) || defined(__i386__)
    vr_autoclose int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    vr_autoclose int vm = kvm >= 0 ? ioctl(kvm, KVM_CREATE_VM, 0) : -1;
    vr_autoclose int vcpu = vm >= 0 ? ioctl(vm, KVM_CREATE_VCPU, 0) : -1;
    int khz = vcpu >= 0 ? ioctl(vcpu, KVM_GET_TSC_KHZ, 0) : -1;
    if (khz > 0) {
        cpu.tsc_hz = (uint64_t)khz * 1000;
        cpu.tsc_scaling = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_TSC_CONTROL) > 0;
    }
#endif
}

static void add_feature(const char *name, size_t len)
{
    static const char *features[512];
    if (cpu.feature_count == VR_COUNT(features))
        return;
    features[cpu.feature_count++] = vr_strndup(name, len);
    cpu.features = features;
}

/* The names of a row whose bits are set. */
static void add_bits(const char *names, uint32_t bits)
{
    for (unsigned bit = 0; *names; bit++) {
        size_t len = strcspn(names, " ");
        if ((bits >> bit & 1) && *names != '.')
            add_feature(names, len);
        names += len;
        names += *names == ' ';
    }
}

#if defined(__x86_64__) || defined(__i386__)
static bool cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
    uint32_t most = __get_cpuid_max(leaf & 0x80000000u, NULL);
    if (most < leaf)
        return false;
    __cpuid_count(leaf, subleaf, regs[VR_EAX], regs[VR_EBX], regs[VR_ECX], regs[VR_EDX]);
    return true;
}

static void read_features(void)
{
    for (unsigned i = 0; i < vr_cpuid_row_count; i++) {
        const struct vr_cpuid_row *row = &vr_cpuid_rows[i];
        uint32_t regs[4], top[4];
        /* A leaf answers for a subleaf it does not have with what another one holds. */
        if (row->leaf == 0x7 && row->subleaf && (!cpuid(0x7, 0, top) || top[VR_EAX] < row->subleaf))
            continue;
        if (cpuid(row->leaf, row->subleaf, regs))
            add_bits(row->names, regs[row->reg]);
    }
}

static void read_identity(void)
{
    static const struct {
        const char *id, *name;
    } vendors[] = { { "GenuineIntel", "Intel" }, { "AuthenticAMD", "AMD" }, { "HygonGenuine", "Hygon" } };
    uint32_t r[4];
    char id[13] = "";
    if (!cpuid(0, 0, r))
        return;
    memcpy(id, &r[VR_EBX], 4);
    memcpy(id + 4, &r[VR_EDX], 4);
    memcpy(id + 8, &r[VR_ECX], 4);
    for (size_t i = 0; i < VR_COUNT(vendors); i++)
        if (vr_streq(vendors[i].id, id))
            cpu.vendor = vendors[i].name;
    if (!cpuid(1, 0, r))
        return;
    uint32_t a = r[VR_EAX];
    cpu.stepping = a & 0xf;
    cpu.model = a >> 4 & 0xf;
    cpu.family = a >> 8 & 0xf;
    if (cpu.family == 0x6 || cpu.family == 0xf)
        cpu.model |= (a >> 16 & 0xf) << 4;
    if (cpu.family == 0xf)
        cpu.family += a >> 20 & 0xff;
}
#endif

static void read_cpuinfo(void)
{
    vr_autofree char *text = vr_sys_read("/proc/cpuinfo");
    const char *at = text ? strstr(text, "\nmicrocode") : NULL;
    const char *colon = at ? strchr(at, ':') : NULL;
    cpu.microcode = colon ? strtoull(colon + 1, NULL, 0) : 0;
    at = text ? strstr(text, "\naddress sizes") : NULL;
    colon = at ? strchr(at, ':') : NULL;
    unsigned long bits = colon ? strtoul(colon + 1, NULL, 10) : 0;
    cpu.phys_bits = bits < 256 ? (unsigned)bits : 0;
}

static void read_cpu(void)
{
    struct utsname uts;
    uname(&uts);
    snprintf(cpu.arch, sizeof(cpu.arch), "%.31s", uts.machine);
    read_cpuinfo();
#if defined(__x86_64__) || defined(__i386__)
    read_identity();
    read_features();
#endif
    read_tsc();
}

const struct vr_host_cpu *vr_host_cpu(void)
{
    pthread_once(&once, read_cpu);
    return &cpu;
}
