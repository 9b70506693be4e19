/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <host> of the capabilities document. */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/str.h"
#include "node.h"
#include "sysfile.h"

/* ---- the host's uuid ---------------------------------------------------------------------------------------- */

static struct vr_uuid host_uuid;
static bool host_uuid_known;

void vr_host_uuid_set(const struct vr_uuid *uuid)
{
    host_uuid = *uuid;
    host_uuid_known = true;
}

/* Boards that were never given one say all zeros, all ones, or the same digit throughout. */
static bool is_unique(const struct vr_uuid *uuid)
{
    for (int i = 1; i < 16; i++)
        if (uuid->b[i] != uuid->b[0])
            return true;
    return false;
}

const struct vr_uuid *vr_host_uuid(void)
{
    if (!host_uuid_known) {
        vr_autofree char *text = vr_sys_read("/sys/devices/virtual/dmi/id/product_uuid");
        if (!text)
            text = vr_sys_read("/sys/class/dmi/id/product_uuid");
        if (!text || !vr_uuid_parse(text, &host_uuid) || !is_unique(&host_uuid))
            vr_uuid_generate(&host_uuid);
        host_uuid_known = true;
    }
    return &host_uuid;
}

/* ---- parts -------------------------------------------------------------------------------------------------- */

static void add_cpu(struct vr_buf *b, const struct vr_node_info *info, unsigned dies,
                    const struct vr_host_xml_extra *extra)
{
    const struct vr_host_cpu *cpu = vr_host_cpu();
    vr_buf_printf(b, "    <cpu>\n      <arch>%s</arch>\n", cpu->arch);
    if (extra->cpu_model)
        vr_buf_printf(b, "      <model>%s</model>\n", extra->cpu_model);
    if (cpu->vendor)
        vr_buf_printf(b, "      <vendor>%s</vendor>\n", cpu->vendor);
    if (cpu->microcode)
        vr_buf_printf(b, "      <microcode version='%lu'/>\n", cpu->microcode);
    if (cpu->family)
        vr_buf_printf(b, "      <signature family='%u' model='%u' stepping='%u'/>\n", cpu->family, cpu->model,
                      cpu->stepping);
    if (cpu->tsc_hz)
        vr_buf_printf(b, "      <counter name='tsc' frequency='%lu' scaling='%s'/>\n", cpu->tsc_hz,
                      cpu->tsc_scaling ? "yes" : "no");
    vr_buf_printf(b, "      <topology sockets='%u' dies='%u' cores='%u' threads='%u'/>\n", info->sockets, dies,
                  info->cores / dies, info->threads);
    if (cpu->phys_bits)
        vr_buf_printf(b, "      <maxphysaddr mode='emulate' bits='%u'/>\n", cpu->phys_bits);
    const char *const *features = extra->cpu_features;
    for (size_t i = 0; features ? features[i] != NULL : i < cpu->feature_count; i++)
        vr_buf_printf(b, "      <feature name='%s'/>\n", features ? features[i] : cpu->features[i]);
    vr_autofree uint64_t *sizes = NULL;
    size_t n = 0;
    vr_node_page_sizes(&sizes, &n);
    for (size_t i = 0; i < n; i++)
        vr_buf_printf(b, "      <pages unit='KiB' size='%lu'/>\n", sizes[i]);
    vr_buf_str(b, "    </cpu>\n");
}

static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = text; at && *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (strncmp(at, word, len) == 0 && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

static void add_power(struct vr_buf *b)
{
    vr_autofree char *state = vr_sys_read("/sys/power/state"), *disk = vr_sys_read("/sys/power/disk");
    bool mem = has_word(state, "mem"),
         hibernate = has_word(state, "disk") && disk && !vr_starts_with(disk, "[disabled]");
    if (!mem && !hibernate) {
        vr_buf_str(b, "    <power_management/>\n");
        return;
    }
    vr_buf_str(b, "    <power_management>\n");
    if (mem)
        vr_buf_str(b, "      <suspend_mem/>\n");
    if (hibernate)
        vr_buf_str(b, "      <suspend_disk/>\n");
    if (mem && hibernate)
        vr_buf_str(b, "      <suspend_hybrid/>\n");
    vr_buf_str(b, "    </power_management>\n");
}

static bool has_iommu(void)
{
    vr_autofree unsigned *groups = NULL;
    size_t n = 0;
    return vr_sys_numbered("/sys/kernel/iommu_groups", "", &groups, &n) && n > 0;
}

static void add_cell_pages(struct vr_buf *b, unsigned node)
{
    vr_autofree uint64_t *sizes = NULL;
    size_t n = 0;
    vr_node_page_sizes(&sizes, &n);
    for (size_t i = 0; i < n; i++) {
        uint64_t total, unused;
        if (vr_node_pages((int)node, sizes[i], &total, &unused, NULL))
            vr_buf_printf(b, "          <pages unit='KiB' size='%lu'>%lu</pages>\n", sizes[i], total);
    }
}

static void add_cell(struct vr_buf *b, const struct vr_node_topology *t, const struct vr_node_cell *cell)
{
    vr_buf_printf(b, "        <cell id='%u'>\n          <memory unit='KiB'>%lu</memory>\n", cell->id, cell->memory_kib);
    add_cell_pages(b, cell->id);
    if (cell->distance_count) {
        vr_buf_str(b, "          <distances>\n");
        for (size_t i = 0; i < cell->distance_count; i++)
            vr_buf_printf(b, "            <sibling id='%u' value='%u'/>\n", t->cells[i].id, cell->distances[i]);
        vr_buf_str(b, "          </distances>\n");
    }
    vr_buf_printf(b, "          <cpus num='%zu'>\n", cell->cpu_count);
    for (size_t i = 0; i < cell->cpu_count; i++) {
        const struct vr_node_cpu *cpu = &cell->cpus[i];
        vr_buf_printf(b, "            <cpu id='%u'", cpu->id);
        if (cpu->online)
            vr_buf_printf(b, " socket_id='%u' die_id='%u' core_id='%u' siblings='%s'", cpu->socket, cpu->die, cpu->core,
                          cpu->siblings);
        vr_buf_str(b, "/>\n");
    }
    vr_buf_str(b, "          </cpus>\n        </cell>\n");
}

static void add_topology(struct vr_buf *b, const struct vr_node_topology *t)
{
    vr_buf_printf(b, "    <topology>\n      <cells num='%zu'>\n", t->count);
    for (size_t i = 0; i < t->count; i++)
        add_cell(b, t, &t->cells[i]);
    vr_buf_str(b, "      </cells>\n    </topology>\n");
}

/* ---- caches ------------------------------------------------------------------------------------------------- */

#define LOWEST_LEVEL 3 /* what guests could be given a share of */
#define MAX_BANKS 1024

struct bank {
    uint64_t id, level, size_kib;
    char type[16], cpus[256];
};

static bool read_bank(unsigned cpu, unsigned index, struct bank *out)
{
    vr_autofree char *dir = vr_printf("/sys/devices/system/cpu/cpu%u/cache/index%u", cpu, index);
    struct bank bank = { 0 };
    if (!vr_sys_read_u64(&bank.level, "%s/level", dir) || bank.level < LOWEST_LEVEL ||
        !vr_sys_read_u64(&bank.id, "%s/id", dir))
        return false;
    vr_autofree char *type = vr_sys_read("%s/type", dir), *size = vr_sys_read("%s/size", dir),
                     *cpus = vr_sys_read("%s/shared_cpu_list", dir);
    if (!type || !size || !cpus || strlen(cpus) >= sizeof(bank.cpus))
        return false;
    char *unit;
    bank.size_kib = strtoull(size, &unit, 10);
    if (*unit == 'M')
        bank.size_kib *= 1024;
    snprintf(bank.type, sizeof(bank.type), "%s",
             vr_streq(type, "Data") ? "data" : vr_streq(type, "Instruction") ? "code" : "both");
    snprintf(bank.cpus, sizeof(bank.cpus), "%s", cpus);
    *out = bank;
    return true;
}

static void add_caches(struct vr_buf *b, const struct vr_node_topology *t)
{
    struct bank *banks = vr_alloc(MAX_BANKS * sizeof(*banks));
    size_t count = 0;
    for (size_t c = 0; c < t->count; c++)
        for (size_t i = 0; i < t->cells[c].cpu_count; i++)
            for (unsigned index = 0; index < 8 && count < MAX_BANKS; index++) {
                struct bank *bank = &banks[count];
                if (!t->cells[c].cpus[i].online || !read_bank(t->cells[c].cpus[i].id, index, bank))
                    continue;
                bool known = false;
                for (size_t k = 0; k < count; k++)
                    known |=
                        banks[k].id == bank->id && banks[k].level == bank->level && vr_streq(banks[k].type, bank->type);
                count += !known;
            }
    if (count)
        vr_buf_str(b, "    <cache>\n");
    for (size_t i = 0; i < count; i++) {
        bool mib = banks[i].size_kib % 1024 == 0;
        vr_buf_printf(b, "      <bank id='%lu' level='%lu' type='%s' size='%lu' unit='%s' cpus='%s'/>\n", banks[i].id,
                      banks[i].level, banks[i].type, mib ? banks[i].size_kib / 1024 : banks[i].size_kib,
                      mib ? "MiB" : "KiB", banks[i].cpus);
    }
    if (count)
        vr_buf_str(b, "    </cache>\n");
    free(banks);
}

/* Dies per socket: the most that one socket of one cell has. */
static unsigned count_dies(const struct vr_node_topology *t)
{
    unsigned most = 1;
    for (size_t c = 0; c < t->count; c++) {
        const struct vr_node_cell *cell = &t->cells[c];
        for (size_t i = 0; i < cell->cpu_count; i++) {
            unsigned dies = 0;
            for (size_t j = 0; j < cell->cpu_count; j++) {
                if (!cell->cpus[j].online || cell->cpus[j].socket != cell->cpus[i].socket)
                    continue;
                bool first = true;
                for (size_t k = 0; k < j; k++)
                    first &= !cell->cpus[k].online || cell->cpus[k].socket != cell->cpus[j].socket ||
                             cell->cpus[k].die != cell->cpus[j].die;
                dies += first;
            }
            most = dies > most ? dies : most;
        }
    }
    return most;
}

bool vr_host_xml(struct vr_buf *b, const struct vr_host_xml_extra *extra, struct vr_error **err)
{
    struct vr_node_info info;
    char uuid[VR_UUID_TEXT];
    VR_AUTO(vr_node_topology) *t = vr_node_topology_read(err);
    if (!t || !vr_node_info_read(&info, err))
        return false;
    unsigned dies = count_dies(t);
    if (info.cores % dies)
        dies = 1;
    vr_buf_printf(b, "  <host>\n    <uuid>%s</uuid>\n", vr_uuid_format(vr_host_uuid(), uuid));
    add_cpu(b, &info, dies, extra);
    add_power(b);
    vr_buf_printf(b, "    <iommu support='%s'/>\n", has_iommu() ? "yes" : "no");
    vr_buf_str(b, "    <migration_features>\n      <live/>\n      <uri_transports>\n"
                  "        <uri_transport>tcp</uri_transport>\n        <uri_transport>rdma</uri_transport>\n"
                  "      </uri_transports>\n    </migration_features>\n");
    add_topology(b, t);
    add_caches(b, t);
    vr_buf_str(b, "    <secmodel>\n      <model>none</model>\n      <doi>0</doi>\n    </secmodel>\n");
    if (extra->dac)
        vr_buf_printf(b, "    <secmodel>\n      <model>dac</model>\n      <doi>0</doi>\n"
                         "      <baselabel type='kvm'>+%u:+%u</baselabel>\n"
                         "      <baselabel type='qemu'>+%u:+%u</baselabel>\n    </secmodel>\n",
                      extra->uid, extra->gid, extra->uid, extra->gid);
    vr_buf_str(b, "  </host>\n\n");
    return true;
}
