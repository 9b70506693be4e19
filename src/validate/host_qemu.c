/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"

/* What of /proc/cpuinfo decides which checks make sense. */
struct cpu {
    bool vmx, svm, sev, read;
};

static bool has_flag(const char *line, const char *flag)
{
    size_t length = strlen(flag);
    for (const char *p = line; (p = strstr(p, flag)); p += length)
        if ((p == line || strchr(" \t:", p[-1])) && strchr(" \t\n", p[length]))
            return true;
    return false;
}

static struct cpu read_cpu(void)
{
    struct cpu cpu = { 0 };
    FILE *f = fopen("/proc/cpuinfo", "re");
    if (!f) {
        fprintf(stderr, "Unable to open '/proc/cpuinfo': %s\n", strerror(errno));
        return cpu;
    }
    cpu.read = true;
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, f) > 0) {
        cpu.vmx |= has_flag(line, "vmx");
        cpu.svm |= has_flag(line, "svm");
        cpu.sev |= has_flag(line, "sev");
    }
    free(line);
    fclose(f);
    return cpu;
}

static bool check_kvm(const struct cpu *cpu)
{
    vr_report_check("QEMU", "for hardware virtualization");
    if (!cpu->vmx && !cpu->svm)
        return vr_report_miss(VR_REPORT_FAIL, "Host not compatible with KVM; HW virtualization CPU features not found. "
                                              "Only emulated CPUs are available; performance will be significantly limited");
    vr_report_pass();
    if (!vr_report_device("QEMU", "/dev/kvm", VR_REPORT_FAIL,
                          "Check that the 'kvm-intel' or 'kvm-amd' modules are loaded & the BIOS has enabled virtualization"))
        return false;
    vr_report_check("QEMU", "if device %s is accessible", "/dev/kvm");
    if (access("/dev/kvm", R_OK | W_OK) != 0)
        return vr_report_miss(VR_REPORT_FAIL,
                              "Check /dev/kvm is world writable or you are in a group that is allowed to access it");
    vr_report_pass();
    return true;
}

/** Entries of a directory; -1 when there is no such directory. */
static int entries(const char *path)
{
    DIR *d = opendir(path);
    if (!d)
        return -1;
    int n = 0;
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static bool check_iommu(const struct cpu *cpu)
{
    vr_report_check("QEMU", "for device assignment IOMMU support");
    if (!cpu->vmx && !cpu->svm)
        return vr_report_miss(VR_REPORT_WARN, "Unknown if this platform has IOMMU support");
    const char *name = cpu->vmx ? "DMAR" : "IVRS";
    vr_autofree char *acpi = vr_printf("/sys/firmware/acpi/tables/%s", name);
    if (access(acpi, F_OK) != 0)
        return vr_report_miss(VR_REPORT_WARN, "No ACPI %s table found, IOMMU either disabled in BIOS or not supported by "
                                              "this hardware platform", name);
    vr_report_pass();
    int groups = entries("/sys/kernel/iommu_groups");
    if (groups < 0)
        return true; /* a kernel without the feature: nothing more to say */
    vr_report_check("QEMU", "if IOMMU is enabled by kernel");
    if (groups == 0)
        return vr_report_miss(VR_REPORT_WARN, "IOMMU appears to be disabled in kernel. Add %s to kernel cmdline arguments",
                              cpu->vmx ? "intel_iommu=on" : "iommu=pt iommu=1");
    vr_report_pass();
    return true;
}

static bool check_secure_guest(const struct cpu *cpu)
{
    vr_report_check("QEMU", "for secure guest support");
    if (!cpu->sev)
        return vr_report_miss(VR_REPORT_WARN, "Unknown if this platform has Secure Guest support");
    FILE *f = fopen("/sys/module/kvm_amd/parameters/sev", "re");
    if (!f)
        return vr_report_miss(VR_REPORT_WARN, "AMD Secure Encrypted Virtualization not supported by the currently used kernel");
    int value = fgetc(f);
    fclose(f);
    if (value != '1' && value != 'Y' && value != 'y')
        return vr_report_miss(VR_REPORT_WARN, "AMD Secure Encrypted Virtualization appears to be disabled in kernel. Add "
                                              "kvm_amd.sev=1 to the kernel cmdline arguments");
    if (access("/dev/sev", F_OK) != 0)
        return vr_report_miss(VR_REPORT_WARN, "AMD Secure Encrypted Virtualization appears to be disabled in firmware.");
    vr_report_pass();
    return true;
}

bool vr_host_qemu(void)
{
    static const char *const controllers[] = { "cpu", "cpuacct", "cpuset", "memory", "devices", "blkio", NULL };
    struct cpu cpu = read_cpu();
    if (!cpu.read)
        return false;
    bool fit = check_kvm(&cpu);
    fit &= vr_report_device("QEMU", "/dev/vhost-net", VR_REPORT_WARN,
                            "Load the 'vhost_net' module to improve performance of virtio networking");
    fit &= vr_report_device("QEMU", "/dev/net/tun", VR_REPORT_FAIL,
                            "Load the 'tun' module to enable networking for QEMU guests");
    fit &= vr_report_cgroups("QEMU", controllers, VR_REPORT_WARN);
    fit &= check_iommu(&cpu);
    fit &= check_secure_guest(&cpu);
    return fit;
}
