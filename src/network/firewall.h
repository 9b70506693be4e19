/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The packet filter of virtual networks: one nftables table of our own, written in one transaction per change.
 *
 *     forward      what comes from or goes to a bridge of ours: a chain for each direction and bridge decides
 *     postrouting  source addresses of networks in mode nat
 *
 * A network in mode open has no rules. Accepting is not ours to decide where others filter too: a packet passes when no
 * chain of any table drops it. So where iptables' tables exist (Docker's DOCKER-USER, or a policy of drop) rules that let
 * our bridges' traffic pass are placed there, marked, and taken away again (foreign.c).
 *
 * What was written is remembered, so that it can be written again when somebody flushed the rule set (fwwatch.c).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/error.h"

struct vr_json;
struct vr_network_def;

#define VR_FIREWALL_TABLE "vireo_network"
#define VR_FIREWALL_FAMILY "inet"

enum vr_firewall_mode { VR_FIREWALL_ISOLATED, VR_FIREWALL_ROUTE, VR_FIREWALL_NAT, VR_FIREWALL_OPEN };

struct vr_firewall_subnet {
    bool ipv6;
    const char *address;    /* of the network, host bits cleared */
    unsigned prefix;
};
/** What the rules of a network depend on. Texts are copied by those who keep one. */
struct vr_firewall_net {
    const char *name;       /* the network's, for messages */
    const char *bridge;
    enum vr_firewall_mode mode;
    const char *forward_dev;    /* only by way of this device; NULL: any */
    bool nat_ipv6;
    const char *nat_start, *nat_end;    /* NULL: the address of the outgoing device */
    unsigned port_start, port_end;      /* 0: 1024-65535 */
    bool tftp;
    const char *zone;       /* firewalld's, for the bridge; NULL: the one for virtual networks where firewalld runs */
    const struct vr_firewall_subnet *subnets;
    size_t subnet_count;
};

/* ---- by document (what the network driver calls) ------------------------------------------------------------------- */

/** Writes the rules of a network that starts, or whose document changed; its bridge must have its name. */
VR_SUSPENDS bool vr_firewall_up(const struct vr_network_def *def, vr_time deadline, struct vr_error **err);
/** Of an active network that a new daemon found; vr_firewall_check repairs what is missing once all are adopted. */
void vr_firewall_adopt_def(const struct vr_network_def *def);
/** All commands that make this network's rules. Owned by the caller. */
struct vr_json *vr_firewall_commands_def(const struct vr_network_def *def);

/* ---- by what it depends on ----------------------------------------------------------------------------------------- */

/**
 * vr_firewall_put - write the rules of a network, or replace them
 *
 * Remembers the network on success; on failure its earlier rules stay as they were. A bridge's name that nft would read
 * as something else than a name is CONFIG_UNSUPPORTED.
 */
VR_SUSPENDS bool vr_firewall_put(const struct vr_firewall_net *net, vr_time deadline, struct vr_error **err);
/** Takes the rules of a bridge away and forgets the network; one that has none is fine. */
VR_SUSPENDS bool vr_firewall_remove(const char *bridge, vr_time deadline, struct vr_error **err);
/** Writes the rules of all remembered networks anew. */
VR_SUSPENDS bool vr_firewall_apply_all(vr_time deadline, struct vr_error **err);
/**
 * vr_firewall_adopt - remember a network of the last daemon without writing: it is compared and repaired with the others
 * by vr_firewall_check
 */
void vr_firewall_adopt(const struct vr_firewall_net *net);
/** Compares the kernel's table with what should be there and writes it again when they differ. *repaired may be NULL. */
VR_SUSPENDS bool vr_firewall_check(bool *repaired, vr_time deadline, struct vr_error **err);
/** Forgets all without touching the kernel: the daemon ends, the networks stay. */
void vr_firewall_forget_all(void);

/** Commands for nft that write these networks' rules from nothing: for the tests' golden files. Owned by the caller. */
struct vr_json *vr_firewall_commands(const struct vr_firewall_net *const *nets, size_t count);

/* ---- rules in tables of others (foreign.c) ------------------------------------------------------------------------- */

/** A base chain of somebody else's that may drop what our networks forward. */
struct vr_firewall_obstacle {
    const char *family;
    char table[128], chain[128];
    bool passed;            /* rules of ours in it let the networks' packets pass */
};
/** Base chains with a policy of drop in the forward path; malloc'd. Does not suspend. */
bool vr_firewall_obstacles(struct vr_firewall_obstacle **out, size_t *count);
/** Places what is missing in others' tables for all remembered networks, and takes away what is no longer wanted. */
VR_SUSPENDS bool vr_firewall_foreign_sync(vr_time deadline, struct vr_error **err);

/** The remembered networks, for the room. */
size_t vr_firewall_count(void);
const struct vr_firewall_net *vr_firewall_at(size_t i);

/* ---- watching (fwwatch.c) ------------------------------------------------------------------------------------------ */

/** Begins to listen to changes of the rule set; own rules that vanish are back within a second. False: cannot be told. */
bool vr_fwwatch_start(struct vr_error **err);
VR_SUSPENDS void vr_fwwatch_stop(void);
/** How often rules had to be written again since the start. */
unsigned vr_fwwatch_repairs(void);
