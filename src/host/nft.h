/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * nftables: changes by the nft program in JSON, one transaction each; looking and listening by nfnetlink, since that
 * needs no process.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/clock.h"
#include "base/error.h"

struct vr_json;

#define VR_NFT_NAME 128

/* ---- changes ------------------------------------------------------------------------------------------------------- */

/**
 * vr_nft_run - apply commands as one transaction: all of them or none
 * @commands: an array of {"add": ...} and so on; changes owner
 *
 * One transaction at a time. INTERNAL_ERROR with what nft said; NO_SUPPORT where there is no nft.
 */
VR_SUSPENDS bool vr_nft_run(struct vr_json *commands, vr_time deadline, struct vr_error **err);

/* Making commands. All names are copied; `expr` changes owner. */
void vr_nft_command(struct vr_json *commands, const char *verb, const char *kind, struct vr_json *object);
/** {"family":, "table":, "name":} */
struct vr_json *vr_nft_object(const char *family, const char *table, const char *name);
/** A base chain. */
void vr_nft_base_chain(struct vr_json *commands, const char *family, const char *table, const char *name, const char *type,
                       const char *hook, int priority);
void vr_nft_rule(struct vr_json *commands, const char *verb, const char *family, const char *table, const char *chain,
                 struct vr_json *expr, const char *comment);
/* Statements, added to an array. */
/** meta KEY == TEXT */
void vr_nft_meta(struct vr_json *expr, const char *key, const char *op, const char *text);
/** PROTOCOL FIELD op ADDRESS/PREFIX (prefix of the whole address: just the address) */
void vr_nft_address(struct vr_json *expr, const char *protocol, const char *field, const char *op, const char *address,
                    unsigned prefix, unsigned whole);
void vr_nft_port(struct vr_json *expr, const char *protocol, const char *field, unsigned port);
void vr_nft_established(struct vr_json *expr);
/** "accept", "return", "drop", "counter": a statement without more. */
void vr_nft_plain(struct vr_json *expr, const char *verdict);
void vr_nft_reject(struct vr_json *expr);
void vr_nft_vmap(struct vr_json *expr, const char *meta_key, const char *map);

/* ---- looking ------------------------------------------------------------------------------------------------------- */

struct vr_nft_chain {
    uint8_t family;             /* NFPROTO_* */
    char table[VR_NFT_NAME], name[VR_NFT_NAME];
    bool base, drop;            /* a base chain; its policy is drop */
    unsigned hook;              /* NF_INET_*, of a base chain */
    int priority;
    unsigned use;               /* rules in it and jumps to it */
};
/** All chains; malloc'd. False: the kernel has no nftables, or the rule set changed while it was read. A dump. */
bool vr_nft_chains(struct vr_nft_chain **out, size_t *count);

struct vr_nft_rule_info {
    uint64_t handle;
    char comment[VR_NFT_NAME];  /* "" */
};
/** Rules of a chain, in order; malloc'd. A dump. */
bool vr_nft_rules(uint8_t family, const char *table, const char *chain, struct vr_nft_rule_info **out, size_t *count);
/** How much is in a table: what a reader compares with what he wrote. A dump. */
struct vr_nft_size {
    size_t chains, rules, elements; /* elements: of the sets and maps that are named */
};
bool vr_nft_table_size(uint8_t family, const char *table, const char *const *sets, struct vr_nft_size *out);
/** "ip", "ip6", "inet", ... */
const char *vr_nft_family_name(uint8_t family);

/* ---- listening ----------------------------------------------------------------------------------------------------- */

/** What one transaction of somebody did, as far as it is of interest. */
struct vr_nft_event {
    pid_t pid;          /* who, as the first pid namespace numbers it; 0: unknown */
    char program[32];
    bool lost;          /* there were more events than could be read: anything may have happened */
    bool chains;        /* chains or rules of some table other than `mine` changed */
    bool mine;          /* something of the watched table changed */
};
/**
 * vr_nft_watch_start - call fn on the loop after every transaction, outside any fiber
 * @family, @table: whose changes count as `mine`
 *
 * Own transactions are told too: pids of another namespace do not tell who made one, so the reader looks.
 * False where the kernel cannot tell. Once per process.
 */
bool vr_nft_watch_start(uint8_t family, const char *table, void (*fn)(const struct vr_nft_event *event, void *opaque),
                        void *opaque, struct vr_error **err);
void vr_nft_watch_stop(void);
