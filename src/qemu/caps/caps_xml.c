/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "qemu/caps/caps_xml.h"
#include "base/str.h"

static void machine(struct vr_buf *out, const struct vr_qemu_machine *m)
{
    vr_buf_printf(out, "      <machine maxCpus='%u'%s>%s</machine>\n", m->max_cpus,
                  m->deprecated ? " deprecated='yes'" : "", m->name);
    if (m->alias)
        vr_buf_printf(out, "      <machine canonical='%s' maxCpus='%u'%s>%s</machine>\n", m->name, m->max_cpus,
                      m->deprecated ? " deprecated='yes'" : "", m->alias);
}

static void guest(struct vr_buf *out, const struct vr_qemu_caps *caps)
{
    bool wide = strstr(caps->arch, "64") != NULL || vr_streq(caps->arch, "s390x");
    const struct vr_qemu_machine *first = vr_qemu_caps_default_machine(caps);
    vr_buf_printf(out, "  <guest>\n    <os_type>hvm</os_type>\n    <arch name='%s'>\n      <wordsize>%d</wordsize>\n"
                       "      <emulator>%s</emulator>\n", caps->arch, wide ? 64 : 32, caps->path);
    if (first)
        machine(out, first);
    for (size_t i = 0; i < caps->n_machines; i++)
        if (&caps->machines[i] != first)
            machine(out, &caps->machines[i]);
    if (caps->tcg.available)
        vr_buf_str(out, "      <domain type='qemu'/>\n");
    if (caps->kvm.available)
        vr_buf_str(out, "      <domain type='kvm'/>\n");
    vr_buf_str(out, "    </arch>\n    <features>\n");
    if (vr_streq(caps->arch, "i686"))
        vr_buf_str(out, "      <pae/>\n      <nonpae/>\n");
    if (vr_streq(caps->arch, "i686") || vr_streq(caps->arch, "x86_64"))
        vr_buf_str(out, "      <acpi default='on' toggle='yes'/>\n      <apic default='on' toggle='no'/>\n");
    vr_buf_str(out, "      <cpuselection/>\n      <deviceboot/>\n      <disksnapshot default='on' toggle='no'/>\n"
                    "    </features>\n  </guest>\n\n");
}

void vr_qemu_caps_guests_xml(struct vr_buf *out, struct vr_qemu_caps *const *caps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        guest(out, caps[i]);
}
