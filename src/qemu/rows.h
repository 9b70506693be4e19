/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the driver's rows share: finding the guest a call is about, filling results. */
#include <stdbool.h>
#include <stdint.h>
#include "api/api.h"
#include "api/rows.h"
#include "deadlines.h"
#include "domain.h"
#include "driver.h"
#include "driver/call.h"
#include "loop/loop.h"
#include "process.h"

extern const struct vr_driver_row vr_rows_autostart[], vr_rows_connect[], vr_rows_console[], vr_rows_define[], vr_rows_fdgroup[], vr_rows_host[],
    vr_rows_info[], vr_rows_interface[],
    vr_rows_jobs[], vr_rows_lifecycle[], vr_rows_limits[], vr_rows_list[], vr_rows_memory[], vr_rows_metadata[], vr_rows_misc[], vr_rows_monitor[],
    vr_rows_native[], vr_rows_node[], vr_rows_pin[], vr_rows_sched[], vr_rows_stats[], vr_rows_vcpu[];

/** The guest a call names, by uuid: a reference, or NULL with NO_DOMAIN. */
struct vr_domain *vr_rows_domain(const struct vr_nonnull_domain *named, struct vr_error **err);
/** The same, and running: else OPERATION_INVALID. */
struct vr_domain *vr_rows_running(const struct vr_nonnull_domain *named, struct vr_error **err);
/** Does the guest pass the filters of virConnectListAllDomains? */
bool vr_rows_list_filter(const struct vr_domain *dom, unsigned flags);
/** Fails as a call does that only the guest agent could serve; the guest runs. */
bool vr_rows_no_agent(const struct vr_domain *dom, struct vr_error **err);
/** A job on the guest for a call, with the call's function as owner and the usual deadline. */
VR_SUSPENDS struct vr_job *vr_rows_job(struct vr_call *call, struct vr_domain *dom, enum vr_job_kind kind,
                                       struct vr_error **err);
/** The same for a call about a running guest: also fails when it stopped while we waited. */
VR_SUSPENDS struct vr_job *vr_rows_job_running(struct vr_call *call, struct vr_domain *dom, enum vr_job_kind kind,
                                               struct vr_error **err);
/** Fills a domain result; the name is copied to the call's arena. */
void vr_rows_fill(struct vr_call *call, struct vr_nonnull_domain *out, const struct vr_domain *dom);
bool vr_rows_visible(struct vr_call *call, const struct vr_domain *dom);
/** Waits until the guest's status document holds every change so far; a failure is logged, the change was made. */
VR_SUSPENDS void vr_rows_flush(struct vr_domain *dom);
/** Writes a guest's configuration durably: `def` is what the file will say. */
VR_SUSPENDS bool vr_rows_save_config(struct vr_domain *dom, const struct vr_domain_def *def, struct vr_error **err);
/**
 * Changes definitions under a job: `edit_fn` edits copies of what @flags affect (either may be NULL); when it returns true the
 * copies are checked, the configuration is stored, and both take the places of the originals.
 */
VR_SUSPENDS bool vr_rows_edit(struct vr_domain *dom, unsigned flags,
                              VR_SUSPENDS bool (*edit_fn)(struct vr_domain *dom, struct vr_domain_def *live,
                                                          struct vr_domain_def *config, void *arg,
                                                          struct vr_error **err),
                              void *arg, struct vr_error **err);

/**
 * The same, and what the live change is about follows it: `apply` is called with the edited live definition in its place.
 * When it fails, or the configuration cannot be stored, the old one comes back and `apply` is called for it once more.
 */
VR_SUSPENDS bool vr_rows_edit_applied(struct vr_domain *dom, unsigned flags,
                                      bool (*fn)(struct vr_domain *dom, struct vr_domain_def *live, struct vr_domain_def *config,
                                                 void *arg, struct vr_error **err),
                                      VR_SUSPENDS bool (*apply)(struct vr_domain *dom, void *arg, struct vr_error **err),
                                      void *arg, struct vr_error **err);

/** Starts a persistent guest under its job, with VIR_DOMAIN_START_* flags; tells its events. */
VR_SUSPENDS bool vr_rows_start(struct vr_domain *dom, unsigned flags, struct vr_conn *conn, struct vr_error **err);

/** A guest's card by device name or MAC address; NULL with INVALID_ARG. */
struct vr_interface *vr_rows_find_net(struct vr_domain_def *def, const char *device, struct vr_error **err);

/** Typed parameters as they grow. */
struct vr_params {
    struct vr_arena *arena;
    struct vr_typed_param *v;
    uint32_t n, cap;
};
void vr_params_int(struct vr_params *p, int32_t v, const char *name, ...) VR_PRINTF(3, 4);
void vr_params_uint(struct vr_params *p, uint32_t v, const char *name, ...) VR_PRINTF(3, 4);
void vr_params_llong(struct vr_params *p, int64_t v, const char *name, ...) VR_PRINTF(3, 4);
void vr_params_ullong(struct vr_params *p, uint64_t v, const char *name, ...) VR_PRINTF(3, 4);
void vr_params_bool(struct vr_params *p, bool v, const char *name, ...) VR_PRINTF(3, 4);
void vr_params_str(struct vr_params *p, const char *v, const char *name, ...) VR_PRINTF(3, 4);
/** What a call understands of the parameters it is given; the list ends with a NULL name. */
struct vr_param_known {
    const char *name;
    int type; /* VIR_TYPED_PARAM_* */
    bool repeats;
};
/** All are known, of the right type, and none comes twice; else stock's error. */
bool vr_params_check(const struct vr_typed_param *params, uint32_t count, const struct vr_param_known *known,
                     struct vr_error **err);
/** The parameter of that name, or NULL. */
const struct vr_typed_param *vr_params_find(const struct vr_typed_param *params, uint32_t count, const char *name);
