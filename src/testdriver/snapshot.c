/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include "internal.h"

bool vr_test_load_snapshots(struct vr_test *test, struct vr_test_domain *dom, struct vr_arena *arena,
                            const struct vr_xml_node *domain, struct vr_error **err)
{
    return true;
}

void vr_test_snapshots_free(struct vr_test_domain *dom)
{
    vr_test_list_done(&dom->snapshots);
    vr_test_list_done(&dom->checkpoints);
}

size_t vr_test_snapshot_count(const struct vr_test_domain *dom)
{
    return dom->snapshots.n;
}

size_t vr_test_checkpoint_count(const struct vr_test_domain *dom)
{
    return dom->checkpoints.n;
}
