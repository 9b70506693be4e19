/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the files of the mock hypervisor share. */
#include <stdint.h>
#include <time.h>
#include "api/api.h"
#include "api/constants.h"
#include "api/rows.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/str.h"
#include "model/domain_xml.h"
#include "testdriver.h"

struct vr_xml_node;

/** A growing array of pointers, for objects that live as long as the host. */
struct vr_test_list {
    void **v;
    size_t n, cap;
};
void vr_test_list_add(struct vr_test_list *list, void *item);
/** Keeps the order. */
void vr_test_list_remove(struct vr_test_list *list, const void *item);
void vr_test_list_done(struct vr_test_list *list);
#define VR_TEST_EACH(type, item, list)                                                                                 \
    for (size_t item##_at = 0; item##_at < (list).n; item##_at++)                                                      \
        for (struct type *item = (list).v[item##_at]; item; item = NULL)

/* ---- the host ---------------------------------------------------------------------------------------------------- */

#define VR_TEST_CELLS_MAX 128
#define VR_TEST_CPUS_MAX 1024
#define VR_TEST_VCPUS_MAX 32

struct vr_test_page {
    unsigned size_kib;
    uint64_t count;
};

struct vr_test_cell {
    uint64_t memory_kib;
    uint64_t free_kib;
    struct vr_test_page pages[4];
    unsigned page_count, cpus;
};

struct vr_test_node {
    char model[32];
    uint64_t memory_kib;
    unsigned cpus, mhz, nodes, sockets, cores, threads;
    struct vr_test_cell cells[VR_TEST_CELLS_MAX];
    unsigned cell_count;
};

struct vr_test_user {
    char *name, *password; /* password NULL: none */
};

struct vr_test {
    struct vr_test_node node;
    struct vr_test_list users, ends;
    struct vr_test_list domains, networks, pools, interfaces, devices;
    struct vr_test_list *interface_backup; /* while changes to interfaces are not committed */
    int next_domain_id;
};

struct vr_test_conn {
    struct vr_conn conn;
    struct vr_test *test;
    vr_test_emit *emit;
    void *opaque;
};

static inline struct vr_test *vr_test_of(const struct vr_call *call)
{
    return ((struct vr_test_conn *)call->conn)->test;
}

/** Every connection to this host hears of it. */
void vr_test_event(struct vr_test *test, enum vr_event_class event_class, int event_id,
                   const struct vr_event_object *object, const void *message);

/** Reads a host's document. */
bool vr_test_load(struct vr_test *test, const char *xml, size_t len, const char *path, struct vr_error **err);
extern const char vr_test_default[];
/** A whole small file, malloc'd and NUL-terminated; NULL with errno. */
char *vr_test_read_file(const char *path, size_t *len);
/** An object of the host's document: the element itself, or the file that its file= names (relative to @path). malloc'd. */
char *vr_test_object_text(const struct vr_xml_node *node, const char *path, size_t *len, struct vr_error **err);

/* ---- functions of rows ------------------------------------------------------------------------------------------- */

/** static bool f(struct vr_call *, const struct vr_X_args *in, struct vr_Y_ret *out, err) */
#define VR_FN(f, args, ret)                                                                                            \
    static bool f(struct vr_call *call, const struct vr_##args *in, struct vr_##ret *out, struct vr_error **err)

/** INVALID_ARG of VIR_FROM_DOMAIN in the form that has no sentence before it; false. */
bool vr_test_bad_arg(struct vr_error **err, const char *function, const char *argument, const char *text);

extern const struct vr_driver_row vr_test_connect_rows[], vr_test_domain_rows[], vr_test_define_rows[],
    vr_test_info_rows[], vr_test_life_rows[], vr_test_vcpu_rows[], vr_test_tune_rows[], vr_test_iotune_rows[],
    vr_test_guest_rows[], vr_test_stats_rows[], vr_test_save_rows[], vr_test_network_rows[],
    vr_test_interface_rows[], vr_test_pool_rows[], vr_test_volume_rows[], vr_test_nodedev_rows[],
    vr_test_snapshot_rows[], vr_test_checkpoint_rows[];

/** Filters of lists: a pair of which a bit is set must have the one that fits. */
#define VR_TEST_FITS(flags, yes, no, is) (!((flags) & ((yes) | (no))) || ((flags) & ((is) ? (yes) : (no))))

/* ---- domains ----------------------------------------------------------------------------------------------------- */

struct vr_test_domain {
    struct vr_domain_def *def;     /* what runs, or the definition of one that does not */
    struct vr_domain_def *new_def; /* what its next start uses, while that is another */
    bool persistent, autostart, saved; /* saved: managed save was done */
    int state, reason;
    const struct vr_conn *autodestroy;
    unsigned frozen; /* bits over the mock's mount points */
    int64_t guest_seconds; /* what its clock was set to */
    uint32_t guest_nanoseconds;
    struct vr_test_forest *snapshots, *checkpoints; /* NULL until the first is made */
};

static inline bool vr_test_active(const struct vr_test_domain *dom)
{
    return dom->def->id >= 0;
}
struct vr_test_domain *vr_test_domain_by_uuid(const struct vr_test *test, const unsigned char *uuid);
struct vr_test_domain *vr_test_domain_by_name(const struct vr_test *test, const char *name);
/** The domain a call is about, or NULL with an error. */
struct vr_test_domain *vr_test_domain_of(struct vr_call *call, const struct vr_nonnull_domain *d, struct vr_error **err);
struct vr_test_domain *vr_test_domain_running(struct vr_call *call, const struct vr_nonnull_domain *d, struct vr_error **err);
bool vr_test_need_running(const struct vr_test_domain *dom, struct vr_error **err);
struct vr_nonnull_domain vr_test_domain_name(struct vr_arena *arena, const struct vr_test_domain *dom);

/**
 * vr_test_domain_add - a definition becomes a domain, or replaces one of the same name and uuid
 * @def:  consumed
 * @live: it will be started: fails when one runs already
 */
struct vr_test_domain *vr_test_domain_add(struct vr_test *test, struct vr_domain_def *def, bool live, bool persistent,
                                          struct vr_error **err);
void vr_test_domain_remove(struct vr_test *test, struct vr_test_domain *dom);
void vr_test_domain_free(struct vr_test_domain *dom);
struct vr_domain_def *vr_test_domain_parse(const char *xml, size_t len, unsigned flags, struct vr_error **err);
/** Gives it an id; what it was defined as is kept for its next start. */
void vr_test_domain_start(struct vr_test *test, struct vr_test_domain *dom, int reason);
void vr_test_domain_stop(struct vr_test_domain *dom, int reason);
/** A transient one that stopped is gone. */
void vr_test_domain_settle(struct vr_test *test, struct vr_test_domain *dom);
void vr_test_domain_event(struct vr_test *test, const struct vr_test_domain *dom, int event, int detail);

/** VIR_DOMAIN_AFFECT_* resolved: *live and *config are what must be changed, NULL when not. */
bool vr_test_defs(struct vr_test_domain *dom, unsigned flags, struct vr_domain_def **live,
                  struct vr_domain_def **config, struct vr_error **err);
/** The one definition that a question with these flags is about. */
struct vr_domain_def *vr_test_one_def(struct vr_test_domain *dom, unsigned flags, struct vr_error **err);

/** By target device or source path; NULL when there is none. */
struct vr_disk *vr_test_find_disk(const struct vr_domain_def *def, const char *name);
/** By target device or MAC address. */
struct vr_interface *vr_test_find_interface(struct vr_domain_def *def, const char *device, struct vr_error **err);

const char *vr_test_mac_text(struct vr_arena *arena, const struct vr_interface *nic);
/** The drive is not empty. */
bool vr_test_source_given(const struct vr_storage_source *src);
/** The address that the mock gives interface @index of a running domain. */
bool vr_test_guest_address(struct vr_call *call, const struct vr_test_domain *dom, size_t index,
                           struct vr_domain_ip_addr *out, struct vr_error **err);
/** Filters of virConnectListAllDomains. */
bool vr_test_domain_fits(const struct vr_test_domain *dom, unsigned flags);
#define VR_TEST_LIST_FLAGS (0x3fffu | VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT | VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT)
/** A PNG of a guest's screen. */
bool vr_test_write_picture(int fd, struct vr_error **err);

/* ---- numbers with names ------------------------------------------------------------------------------------------ */

/** Typed parameters in a call's arena. */
struct vr_test_params {
    struct vr_arena *arena;
    struct vr_typed_param *v;
    uint32_t n, cap;
};
void vr_test_param_int(struct vr_test_params *p, const char *name, int value);
void vr_test_param_uint(struct vr_test_params *p, const char *name, unsigned value);
void vr_test_param_llong(struct vr_test_params *p, const char *name, long long value);
void vr_test_param_ullong(struct vr_test_params *p, const char *name, unsigned long long value);
void vr_test_param_bool(struct vr_test_params *p, const char *name, bool value);
void vr_test_param_string(struct vr_test_params *p, const char *name, const char *value);

/** What a call takes; a list ends with a NULL name. */
struct vr_test_param {
    const char *name;
    int type; /* VIR_TYPED_PARAM_* */
    bool many; /* may be given more than once */
};
/** Names and types as stock checks them: nothing unknown, of the right type, once. */
bool vr_test_params_known(const struct vr_typed_param *params, uint32_t count, const struct vr_test_param *known,
                          struct vr_error **err);

/* ---- other objects ----------------------------------------------------------------------------------------------- */

void vr_test_networks_free(struct vr_test *test);
/** A network of the host's document: defined and running. */
bool vr_test_load_network(struct vr_test *test, const char *text, size_t len, struct vr_error **err);
void vr_test_interfaces_free(struct vr_test *test);
bool vr_test_load_interface(struct vr_test *test, const char *text, size_t len, struct vr_error **err);
void vr_test_pools_free(struct vr_test *test);
bool vr_test_load_pool(struct vr_test *test, struct vr_arena *arena, const char *text, size_t len, const char *path,
                       struct vr_error **err);
void vr_test_devices_free(struct vr_test *test);
bool vr_test_load_device(struct vr_test *test, const char *text, size_t len, struct vr_error **err);
/** A virtual fibre channel adapter with these names appears; false with an error. */
bool vr_test_vport_create(struct vr_test *test, const char *wwnn, const char *wwpn, struct vr_error **err);
void vr_test_vport_destroy(struct vr_test *test, const char *wwnn, const char *wwpn);

/* ---- snapshots and checkpoints ----------------------------------------------------------------------------------- */

/** Snapshots that a host's document gives a domain. */
bool vr_test_load_snapshots(struct vr_test *test, struct vr_test_domain *dom, struct vr_arena *arena,
                            const struct vr_xml_node *domain, const char *path, struct vr_error **err);
void vr_test_moments_free(struct vr_test_domain *dom);
size_t vr_test_snapshot_count(const struct vr_test_domain *dom);
size_t vr_test_checkpoint_count(const struct vr_test_domain *dom);

/* ---- keys -------------------------------------------------------------------------------------------------------- */

/** "linux" for 0; NULL beyond the last. */
const char *vr_test_keycode_set(unsigned set);
/** @set is one that exists. */
bool vr_test_is_key(unsigned set, unsigned code);
