/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
/* Who waits for what, on which guest, how long: a call of our own (api/vireo.api). */
#include <stdlib.h>
#include "base/json.h"
#include "base/uuid.h"
#include "rows.h"

/* A report beyond this says nothing a person could read. */
#define MOST_ROWS 10000

struct report {
    struct vr_json *rows;
    const struct vr_domain *dom;
    vr_time now;
};

static void add(void *opaque, const char *lock, bool held, const char *owner, enum vr_job_kind kind, vr_time since)
{
    struct report *r = opaque;
    char uuid[VR_UUID_TEXT];
    if (vr_json_len(r->rows) >= MOST_ROWS)
        return;
    struct vr_json *row = vr_json_object();
    vr_json_add_str(row, "domain", r->dom->name);
    vr_json_add_str(row, "uuid", vr_uuid_format(&r->dom->uuid, uuid));
    vr_json_add_str(row, "lock", lock);
    vr_json_add_str(row, "state", held ? "runs" : "waits");
    vr_json_add_str(row, "call", owner);
    vr_json_add_str(row, "kind", vr_job_kind_name(kind));
    vr_json_add_int(row, "milliseconds", (r->now - since) / VR_MS(1));
    vr_json_append(r->rows, row);
}

static bool jobs(struct vr_call *call, const struct vr_vireo_connect_jobs_args *in, struct vr_vireo_connect_jobs_ret *out,
                 struct vr_error **err)
{
    struct report r = { .rows = vr_json_array(), .now = vr_now() };
    size_t pos = 0;
    for (struct vr_domain *dom; (dom = vr_domain_list_each(vr_qemu.domains, &pos));) {
        r.dom = dom;
        if (vr_rows_visible(call, dom))
            vr_jobs_each(dom, add, &r);
    }
    char *text = vr_json_print(r.rows);
    out->report = vr_arena_strdup(call->arena, text);
    free(text);
    vr_json_free(r.rows);
    return true;
}

const struct vr_driver_row vr_rows_jobs[] = {
    VR_ROW(vireo_connect_jobs, jobs, 0),
    { 0 },
};
