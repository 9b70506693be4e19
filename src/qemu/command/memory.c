/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RAM: its size, the objects that back it, NUMA cells, memory modules. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/alloc.h"
#include "qemu/command/build.h"

static bool in_nodeset(const struct vr_hugepage *page, int cell)
{
    return !page->nodeset || (cell >= 0 && vr_cpuset_has(page->nodeset, cell));
}

/* The huge page size a cell is backed by; 0: ordinary pages. SIZE_MAX-like ~0: the host's default huge size. */
static uint64_t hugepage_kib(const struct vr_domain_def *def, int cell, const struct vr_memory *device)
{
    if (device && device->pagesize_kib)
        return device->pagesize_kib > 4 ? device->pagesize_kib : 0;
    if (!def->memory_backing.hugepages || (device && device->model == VR_MEMORY_NVDIMM))
        return 0;
    const struct vr_hugepage *general = NULL;
    for (size_t i = 0; i < def->memory_backing.pages.n; i++) {
        const struct vr_hugepage *p = def->memory_backing.pages.v[i];
        if (!p->nodeset)
            general = p;
        else if (in_nodeset(p, cell))
            return p->size_kib > 4 ? p->size_kib : 0;
    }
    if (general)
        return general->size_kib > 4 ? general->size_kib : 0;
    return def->memory_backing.pages.n ? 0 : UINT64_MAX;
}

static enum vr_mem_access access_of(const struct vr_domain_def *def, int cell, const struct vr_memory *device)
{
    if (device && device->access)
        return device->access;
    if (cell >= 0 && def->cpu && (size_t)cell < def->cpu->cells.n && def->cpu->cells.v[cell]->mem_access)
        return def->cpu->cells.v[cell]->mem_access;
    return def->memory_backing.access;
}

static bool discard_of(const struct vr_domain_def *def, int cell, const struct vr_memory *device)
{
    if (device && device->discard)
        return device->discard == VR_TRI_YES;
    if (cell >= 0 && def->cpu && (size_t)cell < def->cpu->cells.n && def->cpu->cells.v[cell]->discard)
        return def->cpu->cells.v[cell]->discard == VR_TRI_YES;
    return def->memory_backing.discard;
}

static void host_nodes(struct vr_json *props, const struct vr_domain_def *def, int cell, const struct vr_memory *device)
{
    const struct vr_numatune *tune = def->numatune;
    const struct vr_cpuset *nodes = device ? device->nodes : NULL;
    const char *mode = nodes ? "strict" : NULL;
    for (size_t i = 0; !nodes && tune && i < tune->nodes.n; i++) {
        if (cell >= 0 && tune->nodes.v[i]->cellid == (unsigned)cell) {
            nodes = tune->nodes.v[i]->nodeset;
            mode = tune->nodes.v[i]->mode;
        }
    }
    if (!nodes && tune && tune->has_memory && tune->placement != VR_PLACEMENT_AUTO) {
        nodes = tune->nodeset;
        mode = tune->mode;
    }
    if (!nodes)
        return;
    if (mode && vr_streq(mode, "restrictive"))
        return; /* the cgroup does it */
    struct vr_json *list = vr_json_array();
    for (int n = vr_cpuset_next(nodes, 0); n >= 0; n = vr_cpuset_next(nodes, n + 1))
        vr_json_append(list, vr_json_int(n));
    vr_json_add(props, "host-nodes", list);
    vr_json_add_str(props, "policy", !mode || vr_streq(mode, "strict") ? "bind" : mode);
}

struct vr_json *memory_backend(struct build *b, const char *id, uint64_t size_kib, int cell,
                               const struct vr_memory *device, struct vr_error **err)
{
    const struct vr_domain_def *def = b->def;
    const struct vr_memory_backing *mb = &def->memory_backing;
    uint64_t huge = hugepage_kib(def, cell, device);
    enum vr_mem_access access = access_of(def, cell, device);
    bool nvdimm = device && device->path;
    bool memfd = mb->source_type && vr_streq(mb->source_type, "memfd");
    bool file = mb->source_type && vr_streq(mb->source_type, "file");
    bool prealloc = mb->allocation_mode && vr_streq(mb->allocation_mode, "immediate");
    VR_AUTO(vr_json) *props = vr_json_object();
    const char *path = NULL;
    vr_autofree char *own_path = NULL;
    const char *type = "memory-backend-ram";
    if (huge && !nvdimm && memfd) {
        type = "memory-backend-memfd";
        prealloc = true;
    } else if (huge && !nvdimm) {
        if (!b->run->hugepage_dir)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s",
                           _("hugetlbfs filesystem is not mounted or disabled by administrator config")), NULL;
        type = "memory-backend-file";
        path = b->run->hugepage_dir;
        prealloc = true;
    } else if (nvdimm) {
        type = "memory-backend-file";
        path = device->path;
        prealloc = !device->pmem && device->model != VR_MEMORY_VIRTIO_PMEM;
    } else if (memfd) {
        type = "memory-backend-memfd";
    } else if (file || access) {
        type = "memory-backend-file";
        path = own_path = vr_printf("%s/%s", b->run->memory_dir, device ? device->info.alias : id);
    }
    vr_json_add_str(props, "qom-type", type);
    vr_json_add_str(props, "id", id);
    if (huge && memfd) {
        vr_json_add_bool(props, "hugetlb", true);
        if (huge != UINT64_MAX)
            vr_json_add_uint(props, "hugetlbsize", huge << 10);
    }
    vr_json_add_str(props, "mem-path", path);
    if (path && discard_of(def, cell, device))
        vr_json_add_bool(props, "discard-data", true);
    if (access && !vr_streq(type, "memory-backend-ram"))
        vr_json_add_bool(props, "share", access == VR_MEM_ACCESS_SHARED);
    if (cell < 0 && !device && !vr_streq(type, "memory-backend-ram")) /* keeps the migration stream's name of the RAM */
        vr_json_add_bool(props, "x-use-canonical-path-for-ramblock-id", false);
    if (prealloc) {
        vr_json_add_bool(props, "prealloc", true);
        add_uint_if(props, "prealloc-threads", mb->allocation_threads);
    }
    if (device && device->model == VR_MEMORY_VIRTIO_MEM)
        vr_json_add_bool(props, "reserve", false); /* most of it may never be plugged in */
    vr_json_add_uint(props, "size", size_kib << 10);
    if (device) {
        add_uint_if(props, "align", device->alignsize_kib << 10);
        if (device->pmem)
            vr_json_add_bool(props, "pmem", true);
    }
    host_nodes(props, def, cell, device);
    return vr_json_ref(props);
}

/* A cell that needs nothing special, on a machine old enough to take plain sizes, gets them: migration depends on it.
 */
static bool plain_cells(const struct build *b)
{
    const struct vr_domain_def *def = b->def;
    const struct vr_qemu_machine *m = vr_qemu_caps_machine(b->run->caps, def->os.machine);
    if (!m || !m->numa_mem || def->memory_backing.hugepages || def->memory_backing.source_type ||
        def->memory_backing.access || def->numatune || def->cpu->interconnects.n)
        return false;
    for (size_t i = 0; i < def->cpu->cells.n; i++)
        if (def->cpu->cells.v[i]->mem_access)
            return false;
    return true;
}

bool vr_qemu_needs_memory_dir(const struct vr_domain_def *def)
{
    const struct vr_memory_backing *mb = &def->memory_backing;
    if (mb->hugepages || (mb->source_type && vr_streq(mb->source_type, "memfd")))
        return false;
    bool files = mb->access || (mb->source_type && vr_streq(mb->source_type, "file"));
    for (size_t i = 0; def->cpu && i < def->cpu->cells.n; i++)
        files = files || def->cpu->cells.v[i]->mem_access;
    for (size_t i = 0; i < def->memories.n; i++)
        files = files || (def->memories.v[i]->access && !def->memories.v[i]->path);
    return files;
}

bool build_memory(struct build *b)
{
    const struct vr_domain_def *def = b->def;
    if (def->memory_kib > UINT64_MAX >> 11)
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("memory size is too large"));
    if (def->max_memory_kib) {
        cmd_arg(b, "-m");
        cmd_argf(b, "size=%lluk,slots=%u,maxmem=%lluk", (unsigned long long)def->memory_kib, def->memory_slots,
                 (unsigned long long)def->max_memory_kib);
    } else {
        cmd_arg(b, "-m");
        cmd_argf(b, "%llu", (unsigned long long)def->memory_kib / 1024);
    }
    if (def->cpu && def->cpu->cells.n)
        return true;
    const struct vr_qemu_machine *m = vr_qemu_caps_machine(b->run->caps, def->os.machine);
    if (!m || !m->default_ram_id) {
        if (def->memory_backing.hugepages || def->memory_backing.source_type)
            return not_yet(b->err, "memory backing on this machine type");
        return true;
    }
    return cmd_json(b, "-object", memory_backend(b, m->default_ram_id, def->memory_kib, -1, NULL, b->err));
}

/* "cpus=0-3,cpus=8-11" */
static void add_cpus(struct vr_buf *text, const struct vr_cpuset *cpus)
{
    if (!cpus)
        return;
    for (int first = vr_cpuset_next(cpus, 0); first >= 0;) {
        int last = first;
        while (vr_cpuset_has(cpus, last + 1))
            last++;
        if (first == last)
            vr_buf_printf(text, ",cpus=%d", first);
        else
            vr_buf_printf(text, ",cpus=%d-%d", first, last);
        first = vr_cpuset_next(cpus, last + 1);
    }
}

/* The cell whose CPUs reach a memory-only cell fastest: by bandwidth, else the lowest latency, else by itself. */
static int initiator(const struct vr_cpu *cpu, unsigned cell)
{
    if (cpu->cells.v[cell]->cpus && vr_cpuset_count(cpu->cells.v[cell]->cpus))
        return cell;
    int best = -1;
    uint64_t best_value = 0;
    for (int wanted_bandwidth = 1; best < 0 && wanted_bandwidth >= 0; wanted_bandwidth--) {
        for (size_t i = 0; i < cpu->interconnects.n; i++) {
            const struct vr_numa_interconnect *c = cpu->interconnects.v[i];
            bool better = best < 0 || (wanted_bandwidth ? c->value > best_value : c->value < best_value);
            if (c->target == cell && c->initiator != cell && c->bandwidth == (bool)wanted_bandwidth && better) {
                best = c->initiator;
                best_value = c->value;
            }
        }
    }
    for (size_t i = 0; best < 0 && i < cpu->cells.n; i++)
        if (cpu->cells.v[i]->cpus && vr_cpuset_count(cpu->cells.v[i]->cpus))
            best = i;
    return best;
}

static bool hmat(struct build *b)
{
    const struct vr_cpu *cpu = b->def->cpu;
    static const char *const levels[] = { "memory", "first-level", "second-level", "third-level" };
    for (size_t i = 0; i < cpu->interconnects.n; i++) {
        const struct vr_numa_interconnect *c = cpu->interconnects.v[i];
        unsigned level = c->cache.set ? c->cache.v : 0;
        if (level >= VR_COUNT(levels))
            return vr_fail(b->err, VIR_ERR_XML_ERROR, _("Invalid cache level %u"), level);
        vr_autobuf struct vr_buf text = VR_BUF_INIT;
        vr_buf_printf(&text, "hmat-lb,initiator=%u,target=%u,hierarchy=%s,data-type=%s-%s,", c->initiator, c->target,
                      levels[level], c->type ? c->type : "access", c->bandwidth ? "bandwidth" : "latency");
        if (c->bandwidth)
            vr_buf_printf(&text, "bandwidth=%lluK", (unsigned long long)c->value);
        else
            vr_buf_printf(&text, "latency=%llu", (unsigned long long)c->value);
        cmd_opt_buf(b, "-numa", &text);
    }
    for (size_t i = 0; i < cpu->cells.n; i++) {
        for (size_t k = 0; k < cpu->cells.v[i]->caches.n; k++) {
            const struct vr_numa_cache *c = cpu->cells.v[i]->caches.v[k];
            const char *assoc = vr_streq0(c->associativity, "full") ? "complex"
                                : c->associativity                  ? c->associativity
                                                                    : "none";
            const char *policy = vr_streq0(c->policy, "writeback")      ? "write-back"
                                 : vr_streq0(c->policy, "writethrough") ? "write-through"
                                                                        : "none";
            cmd_arg(b, "-numa");
            cmd_argf(b, "hmat-cache,node-id=%zu,size=%lluK,level=%u,associativity=%s,policy=%s,line=%llu", i,
                     (unsigned long long)c->size_kib, c->level, assoc, policy, (unsigned long long)c->line_bytes);
        }
    }
    return true;
}

static unsigned distance(const struct vr_cpu *cpu, size_t from, size_t to)
{
    for (size_t d = 0; d < cpu->cells.v[from]->distances.n; d++)
        if (cpu->cells.v[from]->distances.v[d]->id == to)
            return cpu->cells.v[from]->distances.v[d]->value;
    return 0;
}

bool build_numa(struct build *b)
{
    const struct vr_cpu *cpu = b->def->cpu;
    if (!cpu || !cpu->cells.n)
        return true;
    bool plain = plain_cells(b);
    const char *allocation = b->def->memory_backing.allocation_mode;
    if (plain && allocation && vr_streq(allocation, "immediate"))
        cmd_arg(b, "-mem-prealloc"); /* no object to say it on */
    for (size_t i = 0; i < cpu->cells.n; i++) {
        const struct vr_numa_cell *cell = cpu->cells.v[i];
        vr_autofree char *id = vr_printf("ram-node%zu", i);
        if (!plain && cell->memory_kib &&
            !cmd_json(b, "-object", memory_backend(b, id, cell->memory_kib, i, NULL, b->err)))
            return false;
        vr_autobuf struct vr_buf text = VR_BUF_INIT;
        vr_buf_printf(&text, "node,nodeid=%zu", i);
        add_cpus(&text, cell->cpus);
        if (cpu->interconnects.n)
            vr_buf_printf(&text, ",initiator=%d", initiator(cpu, i));
        if (plain)
            vr_buf_printf(&text, ",mem=%llu", (unsigned long long)cell->memory_kib / 1024);
        else if (cell->memory_kib)
            vr_buf_printf(&text, ",memdev=%s", id);
        cmd_opt_buf(b, "-numa", &text);
    }
    bool distances = false;
    for (size_t i = 0; i < cpu->cells.n; i++)
        distances = distances || cpu->cells.v[i]->distances.n;
    for (size_t i = 0; distances && i < cpu->cells.n; i++) {
        for (size_t k = 0; k < cpu->cells.n; k++) {
            unsigned value = distance(cpu, i, k);
            if (!value) /* said one way only: the other is as far */
                value = distance(cpu, k, i);
            if (!value)
                value = i == k ? 10 : 20;
            cmd_arg(b, "-numa");
            cmd_argf(b, "dist,src=%zu,dst=%zu,val=%u", i, k, value);
        }
    }
    return hmat(b);
}

bool build_memory_devices(struct build *b)
{
    for (size_t i = 0; i < b->def->memories.n; i++) {
        const struct vr_memory *m = b->def->memories.v[i];
        static const char *const driver[] = { [VR_MEMORY_DIMM] = "pc-dimm", [VR_MEMORY_NVDIMM] = "nvdimm",
                                              [VR_MEMORY_VIRTIO_PMEM] = "virtio-pmem-pci",
                                              [VR_MEMORY_VIRTIO_MEM] = "virtio-mem-pci" };
        if (m->model == VR_MEMORY_SGX_EPC || m->model == VR_MEMORY_UNSET)
            return not_yet(b->err, "memory of model 'sgx-epc'");
        vr_autofree char *id = vr_printf("mem%s", m->info.alias);
        int cell = m->node.set ? (int)m->node.v : -1;
        if (!cmd_json(b, "-object", memory_backend(b, id, m->size_kib, cell, m, b->err)))
            return false;
        struct vr_json *props = vr_json_object();
        vr_json_add_str(props, "driver", driver[m->model]);
        if (m->node.set)
            vr_json_add_uint(props, "node", m->node.v);
        add_uint_if(props, "label-size", m->label_kib << 10);
        add_uint_if(props, "block-size", m->block_kib << 10);
        add_uint_if(props, "requested-size", m->requested_kib << 10);
        if (m->has_uuid) {
            char text[VR_UUID_TEXT];
            vr_json_add_str(props, "uuid", vr_uuid_format(&m->uuid, text));
        }
        if (m->readonly && m->model == VR_MEMORY_NVDIMM)
            vr_json_add_bool(props, "unarmed", true);
        vr_json_add_str(props, "memdev", id);
        if (m->address.set && m->model == VR_MEMORY_VIRTIO_MEM)
            vr_json_add_uint(props, "memaddr", m->address.v);
        vr_json_add_str(props, "id", m->info.alias);
        if (!add_address(props, b->def, &m->info, b->err)) {
            vr_json_free(props);
            return false;
        }
        if (!cmd_device(b, props))
            return false;
    }
    return true;
}
