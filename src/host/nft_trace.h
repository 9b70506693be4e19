/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Following packets through the rule set: what the kernel tells of those that a rule marked with "nftrace set 1". */
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"
#include "nft.h"

struct vr_nft_step {
    uint32_t id;            /* tells one packet from another */
    uint8_t family;         /* of the table */
    char table[VR_NFT_NAME], chain[VR_NFT_NAME];
    bool policy;            /* the chain's policy decided, not a rule */
    bool dropped, accepted; /* by this step; neither: it goes on */
    uint64_t rule;          /* handle, of a rule */
    char in[16], out[16];   /* interfaces as far as told; "" */
};

struct vr_nft_trace;
/** Listens from now on. */
struct vr_nft_trace *vr_nft_trace_open(struct vr_error **err);
void vr_nft_trace_free(struct vr_nft_trace *trace);
VR_DEFINE_AUTO(vr_nft_trace)
/** The next step of any packet; false at the deadline (OPERATION_TIMEOUT). */
VR_SUSPENDS bool vr_nft_trace_next(struct vr_nft_trace *trace, struct vr_nft_step *step, vr_time deadline,
                                   struct vr_error **err);
/** The text of a rule as nft lists it, malloc'd; NULL when it cannot be found. */
VR_SUSPENDS char *vr_nft_rule_text(uint8_t family, const char *table, const char *chain, uint64_t handle, vr_time deadline);
