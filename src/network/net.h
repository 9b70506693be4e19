/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A network as the driver knows it, and the list of all of them. Fields belong to the loop thread; definitions, ports and
 * what runs change only while the network's lock is held, so what was read before a wait holds after it only under the lock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/uuid.h"
#include "driver/pack.h"
#include "loop/loop.h"
#include "model/network.h"

struct vr_map;
struct vr_dhcpd;

struct vr_net {
    int refs;
    struct vr_uuid uuid;
    char *name;
    bool persistent, autostart;
    bool hidden;                    /* being defined for the first time: not yet shown to anybody */
    bool removed;                   /* no longer in the list */

    /* The persistent definition; packed text until its first use. */
    struct vr_network_def *config;
    struct vr_packed *config_text;
    bool unsaved;                   /* completed while it was read (uuid, MAC address): its file must be written */
    struct vr_error *config_error;  /* the file does not parse: the network is listed, and inert */

    struct vr_network_def *live;    /* NULL: not active */
    bool starting;                  /* it is being made; lists do not show it as active yet */
    struct vr_map *ports;           /* uuid -> struct vr_network_port */
    uint64_t *classes;              /* bit n: class n of the bridge is taken */
    size_t class_words;
    uint64_t floor_sum;             /* of all ports, in kilobytes per second */
    char *status_extra;             /* children of <networkstatus> that are not ours, kept as they came */
    struct vr_dhcpd *dhcpd;         /* its dnsmasq, or NULL */

    struct vr_lock lock;
};

struct vr_net *vr_net_ref(struct vr_net *net);
void vr_net_unref(struct vr_net *net);
static inline void vr_net_ref_done(struct vr_net **net)
{
    vr_net_unref(*net);
}
#define VR_AUTO_NET __attribute__((cleanup(vr_net_ref_done))) struct vr_net

/** Its start is complete. Under the lock `live` alone tells as much. */
static inline bool vr_net_active(const struct vr_net *net)
{
    return net->live && !net->starting;
}

/** A network's lock, with a reference; released at the end of the scope: VR_AUTO_HELD held = { 0 }; */
struct vr_net_held {
    struct vr_net *net; /* NULL: not held */
};
void vr_net_release(struct vr_net_held *held);
#define VR_AUTO_HELD __attribute__((cleanup(vr_net_release))) struct vr_net_held
/** Takes the lock; false with OPERATION_TIMEOUT, or NO_NETWORK when the network was undefined meanwhile. */
VR_SUSPENDS bool vr_net_hold(struct vr_net *net, struct vr_net_held *held, struct vr_error **err);

/** The persistent definition, parsed now if it was not yet; NULL with the error. Borrowed. */
struct vr_network_def *vr_net_config(struct vr_net *net, struct vr_error **err);
/** What a client sees first: the live definition, else the persistent one. */
struct vr_network_def *vr_net_current(struct vr_net *net, struct vr_error **err);
/** Replaces the persistent definition; `def` changes owner, NULL forgets it. */
void vr_net_set_config(struct vr_net *net, struct vr_network_def *def);
/** The same by the text of its file, which is kept packed. */
void vr_net_set_config_text(struct vr_net *net, const char *text);

/** The port, borrowed, or NULL. */
struct vr_network_port *vr_net_port(const struct vr_net *net, const unsigned char uuid[16]);
size_t vr_net_port_count(const struct vr_net *net);

/* ---- classes of the bridge ---- */
bool vr_net_class_taken(const struct vr_net *net, unsigned id);
void vr_net_class_mark(struct vr_net *net, unsigned id, bool taken);

/* ---- the list ---- */
struct vr_net_list;
struct vr_net_list *vr_net_list_new(void);
void vr_net_list_free(struct vr_net_list *list);
/** References or NULL, hidden ones left out. */
struct vr_net *vr_net_by_uuid(struct vr_net_list *list, const unsigned char uuid[16]);
struct vr_net *vr_net_by_name(struct vr_net_list *list, const char *name);
/**
 * Finds the network that a definition with this name and uuid would replace: *found is a reference, or NULL when both are
 * free. False with stock's error when they belong to different networks.
 */
bool vr_net_list_match(struct vr_net_list *list, const char *name, const struct vr_uuid *uuid, struct vr_net **found,
                       struct vr_error **err);
/** A new network, hidden; a reference. The caller asked vr_net_list_match before. */
struct vr_net *vr_net_list_add(struct vr_net_list *list, const char *name, const struct vr_uuid *uuid);
void vr_net_list_remove(struct vr_net_list *list, struct vr_net *net);
size_t vr_net_list_count(const struct vr_net_list *list);
/** Iterates without references, hidden ones included when @all: start with *pos = 0. */
struct vr_net *vr_net_list_each(struct vr_net_list *list, bool all, size_t *pos);
struct vr_net_array {
    struct vr_net **v;
    size_t n;
};
struct vr_net_array vr_net_list_all(struct vr_net_list *list);
void vr_net_array_free(struct vr_net_array *all);
#define VR_AUTO_NETS __attribute__((cleanup(vr_net_array_free))) struct vr_net_array
