/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The document that describes a mock host: <node> with its processors, memory, users and objects. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "internal.h"
#include "schema/xml.h"

#define DOCUMENT_MAX (16u * 1024 * 1024)
#define NAMESPACE "http://libvirt.org/schemas/domain/test/1.0"

char *vr_test_read_file(const char *path, size_t *len)
{
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return NULL;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    for (;;) {
        ssize_t n = read(fd, vr_buf_room(&text, 65536), 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return NULL;
        if (n == 0)
            break;
        vr_buf_added(&text, (size_t)n);
        if (text.len > DOCUMENT_MAX) {
            errno = EFBIG;
            return NULL;
        }
    }
    *len = text.len;
    return vr_buf_take(&text);
}

char *vr_test_object_text(const struct vr_xml_node *node, const char *path, size_t *len, struct vr_error **err)
{
    const char *file = vr_xml_get(node, "file");
    if (!file) {
        vr_autobuf struct vr_buf text = VR_BUF_INIT;
        vr_xml_print(&text, node, 0);
        *len = text.len;
        return vr_buf_take(&text);
    }
    const char *slash = path && *file != '/' ? strrchr(path, '/') : NULL;
    vr_autofree char *full = slash ? vr_printf("%.*s/%s", (int)(slash - path), path, file) : vr_strdup(file);
    char *text = vr_test_read_file(full, len);
    if (!text)
        vr_fail(err, VIR_ERR_XML_ERROR, "failed to parse xml document '%s'", full);
    return text;
}

/* ---- the machine ------------------------------------------------------------------------------------------------- */

static const char *text_at(struct vr_arena *arena, const struct vr_xml_node *node, const char *name)
{
    const struct vr_xml_node *child = node ? vr_xml_child(node, name) : NULL;
    return child ? vr_xml_text(arena, child) : NULL;
}

static bool number(struct vr_arena *arena, const struct vr_xml_node *node, const char *name, uint64_t max,
                   uint64_t *out, struct vr_error **err)
{
    const char *text = text_at(arena, node, name);
    if (!text)
        return true;
    uint64_t value;
    if (!vr_parse_u64(text, 10, max, &value))
        return vr_fail(err, VIR_ERR_XML_ERROR, "invalid node %s%s value",
                       vr_streq(node->name, "cpu") ? "cpu " : "", name);
    *out = value;
    return true;
}

static bool load_machine(struct vr_test *test, struct vr_arena *arena, const struct vr_xml_node *root,
                         struct vr_error **err)
{
    struct vr_test_node *n = &test->node;
    const struct vr_xml_node *cpu = vr_xml_child(root, "cpu");
    uint64_t nodes = n->nodes, sockets = n->sockets, cores = n->cores, threads = n->threads, mhz = n->mhz;
    if (!number(arena, cpu, "nodes", INT32_MAX, &nodes, err) || !number(arena, cpu, "sockets", INT32_MAX, &sockets, err) ||
        !number(arena, cpu, "cores", INT32_MAX, &cores, err) || !number(arena, cpu, "threads", INT32_MAX, &threads, err))
        return false;
    n->nodes = (unsigned)nodes;
    n->sockets = (unsigned)sockets;
    n->cores = (unsigned)cores;
    n->threads = (unsigned)threads;
    n->cpus = n->nodes * n->sockets * n->cores * n->threads;
    uint64_t active = n->cpus;
    if (!number(arena, cpu, "active", INT32_MAX, &active, err) || !number(arena, cpu, "mhz", INT32_MAX, &mhz, err) ||
        !number(arena, root, "memory", INT64_MAX, &n->memory_kib, err))
        return false;
    if (active < n->cpus)
        n->cpus = (unsigned)active;
    n->mhz = (unsigned)mhz;
    const char *model = text_at(arena, cpu, "model");
    if (model) {
        memset(n->model, 0, sizeof(n->model));
        memcpy(n->model, model, strnlen(model, sizeof(n->model) - 1));
    }
    return true;
}

static void usual_machine(struct vr_test_node *n, bool cells)
{
    *n = (struct vr_test_node){ .model = "i686", .memory_kib = 3072 * 1024, .cpus = 16, .mhz = 1400, .nodes = 2,
                                .sockets = 2, .cores = 2, .threads = 2, .cell_count = cells ? 2 : 0 };
    for (unsigned i = 0; i < n->cell_count; i++) {
        struct vr_test_cell *cell = &n->cells[i];
        cell->cpus = n->cpus / n->cell_count;
        cell->page_count = 3;
        cell->pages[0] = (struct vr_test_page){ .size_kib = (i + 1) * 4, .count = (i + 1) * 2048ull * 1024 / ((i + 1) * 4) };
        cell->pages[1].size_kib = 2048;
        cell->pages[2].size_kib = 1024 * 1024;
        cell->memory_kib = cell->free_kib = cell->pages[0].size_kib * cell->pages[0].count;
    }
}

static bool load_users(struct vr_test *test, struct vr_arena *arena, const struct vr_xml_node *root, struct vr_error **err)
{
    for (const struct vr_xml_node *auth = vr_xml_child(root, "auth"); auth; auth = vr_xml_sibling(auth)) {
        for (const struct vr_xml_node *user = vr_xml_child(auth, "user"); user; user = vr_xml_sibling(user)) {
            const char *name = vr_xml_text(arena, user);
            if (!*name)
                return vr_fail(err, VIR_ERR_XML_ERROR, "%s", "missing username in /node/auth/user field");
            struct vr_test_user *u = vr_new(struct vr_test_user);
            u->name = vr_strdup(name);
            u->password = vr_strdup(vr_xml_get(user, "password"));
            vr_test_list_add(&test->users, u);
        }
    }
    return true;
}

/* ---- domains ----------------------------------------------------------------------------------------------------- */

/* What the mock's own namespace says of a domain beside its definition. */
struct extras {
    unsigned state;
    bool transient, saved;
};

static bool read_extras(struct vr_arena *arena, const struct vr_xml_node *domain, struct extras *out, struct vr_error **err)
{
    static const char *const states[] = { "no state", "running", "idle", "paused", "in shutdown", "shutoff", "crashed",
                                          "suspended" };
    *out = (struct extras){ .state = VIR_DOMAIN_RUNNING };
    for (const struct vr_xml_node *n = domain->first; n; n = n->next) {
        if (n->kind != VR_XML_ELEMENT || !vr_streq0(n->ns, NAMESPACE))
            continue;
        uint64_t state;
        if (vr_streq(n->name, "runstate")) {
            const char *text = vr_xml_text(arena, n);
            if (!vr_parse_u64(text, 10, UINT32_MAX, &state))
                return vr_fail(err, VIR_ERR_XML_ERROR, "%s", "invalid runstate");
            if (state >= VIR_DOMAIN_LAST)
                return vr_fail(err, VIR_ERR_XML_ERROR, "runstate '%u' out of range'", (unsigned)state);
            out->state = (unsigned)state;
        }
        out->transient |= vr_streq(n->name, "transient");
        out->saved |= vr_streq(n->name, "hasmanagedsave");
    }
    if (out->transient && out->state == VIR_DOMAIN_SHUTOFF)
        return vr_fail(err, VIR_ERR_XML_ERROR, "transient domain cannot have runstate '%s'", states[out->state]);
    if (out->saved && out->state != VIR_DOMAIN_SHUTOFF)
        return vr_fail(err, VIR_ERR_XML_ERROR, "domain with managedsave data can only have runstate '%s'",
                       states[VIR_DOMAIN_SHUTOFF]);
    return true;
}

static bool load_domain(struct vr_test *test, struct vr_arena *arena, const char *text, size_t len,
                        const char *path, struct vr_error **err)
{
    struct vr_domain_def *def = vr_test_domain_parse(text, len, 0, err);
    if (!def)
        return false;
    const struct vr_xml_node *root = vr_xml_parse(arena, text, len, "(domain_definition)", VIR_FROM_DOMAIN, err);
    struct extras extras;
    struct vr_test_domain *dom = NULL;
    if (root && read_extras(arena, root, &extras, err))
        dom = vr_test_domain_add(test, vr_take(def), false, true, err);
    vr_domain_free(def);
    if (!dom)
        return false;
    dom->persistent = !extras.transient;
    dom->saved = extras.saved;
    if (extras.state != VIR_DOMAIN_SHUTOFF) {
        vr_test_domain_start(test, dom, VIR_DOMAIN_RUNNING_UNKNOWN);
        dom->state = (int)extras.state;
        dom->reason = 0;
    }
    return vr_test_load_snapshots(test, dom, arena, root, path, err);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static bool load_network(struct vr_test *test, struct vr_arena *arena, const char *text, size_t len, const char *path,
                         struct vr_error **err)
{
    return vr_test_load_network(test, text, len, err);
}

static bool load_interface(struct vr_test *test, struct vr_arena *arena, const char *text, size_t len, const char *path,
                           struct vr_error **err)
{
    return vr_test_load_interface(test, text, len, err);
}

static bool load_device(struct vr_test *test, struct vr_arena *arena, const char *text, size_t len, const char *path,
                        struct vr_error **err)
{
    return vr_test_load_device(test, text, len, err);
}

static const struct {
    const char *element;
    bool (*load)(struct vr_test *test, struct vr_arena *arena, const char *text, size_t len, const char *path,
                 struct vr_error **err);
} kinds[] = {
    { "domain", load_domain },
    { "network", load_network },
    { "interface", load_interface },
    { "pool", vr_test_load_pool },
    { "device", load_device },
};

bool vr_test_load(struct vr_test *test, const char *xml, size_t len, const char *path, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    const struct vr_xml_node *root = vr_xml_parse(arena, xml, len, path ? path : "(test_definition)", VIR_FROM_TEST, err);
    if (!root)
        return false;
    if (!vr_streq(root->name, "node"))
        return vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_ERROR, -1,
                               "expecting root element of 'node', not '%s'", root->name);
    usual_machine(&test->node, !path);
    if (!load_machine(test, arena, root, err) || !load_users(test, arena, root, err))
        return false;
    for (size_t i = 0; i < VR_COUNT(kinds); i++) {
        for (const struct vr_xml_node *n = vr_xml_child(root, kinds[i].element); n; n = vr_xml_sibling(n)) {
            size_t text_len = 0;
            vr_autofree char *text = vr_test_object_text(n, path, &text_len, err);
            if (!text || !kinds[i].load(test, arena, text, text_len, path, err))
                return false;
        }
    }
    return true;
}
