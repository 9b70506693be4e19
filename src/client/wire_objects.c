/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles as they travel, and back. What is put borrows from the handle. */
#include <string.h>
#include "base/alloc.h"
#include "call.h"

static const struct vr_handle *of(const void *h)
{
    return h;
}

struct vr_nonnull_domain vr_put_domain(const void *h)
{
    struct vr_nonnull_domain d = { .name = of(h)->name, .id = of(h)->id };
    memcpy(d.uuid, of(h)->uuid, 16);
    return d;
}

struct vr_nonnull_network vr_put_network(const void *h)
{
    struct vr_nonnull_network n = { .name = of(h)->name };
    memcpy(n.uuid, of(h)->uuid, 16);
    return n;
}

struct vr_nonnull_network_port vr_put_network_port(const void *h)
{
    struct vr_nonnull_network_port p = { .net = vr_put_network(of(h)->parent) };
    memcpy(p.uuid, of(h)->uuid, 16);
    return p;
}

struct vr_nonnull_storage_pool vr_put_storage_pool(const void *h)
{
    struct vr_nonnull_storage_pool p = { .name = of(h)->name };
    memcpy(p.uuid, of(h)->uuid, 16);
    return p;
}

struct vr_nonnull_storage_vol vr_put_storage_vol(const void *h)
{
    return (struct vr_nonnull_storage_vol){ .pool = of(h)->second, .name = of(h)->name, .key = of(h)->third };
}

struct vr_nonnull_node_device vr_put_node_device(const void *h)
{
    return (struct vr_nonnull_node_device){ .name = of(h)->name };
}

struct vr_nonnull_secret vr_put_secret(const void *h)
{
    struct vr_nonnull_secret s = { .usage_type = of(h)->id, .usage_id = of(h)->name };
    memcpy(s.uuid, of(h)->uuid, 16);
    return s;
}

struct vr_nonnull_nwfilter vr_put_nwfilter(const void *h)
{
    struct vr_nonnull_nwfilter f = { .name = of(h)->name };
    memcpy(f.uuid, of(h)->uuid, 16);
    return f;
}

struct vr_nonnull_nwfilter_binding vr_put_nwfilter_binding(const void *h)
{
    return (struct vr_nonnull_nwfilter_binding){ .portdev = of(h)->name, .filtername = of(h)->second };
}

struct vr_nonnull_interface vr_put_interface(const void *h)
{
    return (struct vr_nonnull_interface){ .name = of(h)->name, .mac = of(h)->second };
}

struct vr_nonnull_domain_snapshot vr_put_domain_snapshot(const void *h)
{
    return (struct vr_nonnull_domain_snapshot){ .name = of(h)->name, .dom = vr_put_domain(of(h)->parent) };
}

struct vr_nonnull_domain_checkpoint vr_put_domain_checkpoint(const void *h)
{
    return (struct vr_nonnull_domain_checkpoint){ .name = of(h)->name, .dom = vr_put_domain(of(h)->parent) };
}

struct vr_admin_nonnull_server vr_put_server(const void *h)
{
    return (struct vr_admin_nonnull_server){ .name = of(h)->name };
}

struct vr_admin_nonnull_client vr_put_client(const void *h)
{
    return (struct vr_admin_nonnull_client){ .srv = vr_put_server(of(h)->parent), .id = of(h)->number,
                                             .timestamp = of(h)->timestamp, .transport = (uint32_t)of(h)->id };
}

/* ---- back -------------------------------------------------------------------------------------------------------- */

static struct vr_handle *named(enum vr_handle_kind kind, virConnectPtr conn, const char *name,
                               const unsigned char *uuid)
{
    struct vr_handle *h = vr_handle_new(kind, conn);
    h->name = vr_strdup(name);
    if (uuid)
        memcpy(h->uuid, uuid, 16);
    return h;
}

virDomainPtr vr_get_domain(virConnectPtr conn, const struct vr_nonnull_domain *d, void *near)
{
    struct vr_handle *h = named(VR_HANDLE_DOMAIN, conn, d->name, d->uuid);
    h->id = d->id;
    return (virDomainPtr)h;
}

virNetworkPtr vr_get_network(virConnectPtr conn, const struct vr_nonnull_network *n, void *near)
{
    return (virNetworkPtr)named(VR_HANDLE_NETWORK, conn, n->name, n->uuid);
}

/* The call's object itself when it is of that kind, its parent when that is, else a new one. */
static struct vr_handle *parent_near(enum vr_handle_kind kind, void *near)
{
    struct vr_handle *h = near;
    if (h && h->magic == VR_HANDLE_MAGIC && h->kind == kind)
        return vr_handle_ref(h);
    if (h && h->magic == VR_HANDLE_MAGIC && h->parent && h->parent->kind == kind)
        return vr_handle_ref(h->parent);
    return NULL;
}

virNetworkPortPtr vr_get_network_port(virConnectPtr conn, const struct vr_nonnull_network_port *p, void *near)
{
    struct vr_handle *h = named(VR_HANDLE_PORT, conn, NULL, p->uuid);
    h->parent = parent_near(VR_HANDLE_NETWORK, near);
    if (!h->parent)
        h->parent = (struct vr_handle *)vr_get_network(conn, &p->net, NULL);
    return (virNetworkPortPtr)h;
}

virStoragePoolPtr vr_get_storage_pool(virConnectPtr conn, const struct vr_nonnull_storage_pool *p, void *near)
{
    return (virStoragePoolPtr)named(VR_HANDLE_POOL, conn, p->name, p->uuid);
}

virStorageVolPtr vr_get_storage_vol(virConnectPtr conn, const struct vr_nonnull_storage_vol *v, void *near)
{
    struct vr_handle *h = named(VR_HANDLE_VOL, conn, v->name, NULL);
    h->second = vr_strdup(v->pool);
    h->third = vr_strdup(v->key);
    return (virStorageVolPtr)h;
}

virNodeDevicePtr vr_get_node_device(virConnectPtr conn, const struct vr_nonnull_node_device *d, void *near)
{
    return (virNodeDevicePtr)named(VR_HANDLE_NODEDEV, conn, d->name, NULL);
}

virSecretPtr vr_get_secret(virConnectPtr conn, const struct vr_nonnull_secret *s, void *near)
{
    struct vr_handle *h = named(VR_HANDLE_SECRET, conn, s->usage_id, s->uuid);
    h->id = s->usage_type;
    return (virSecretPtr)h;
}

virNWFilterPtr vr_get_nwfilter(virConnectPtr conn, const struct vr_nonnull_nwfilter *f, void *near)
{
    return (virNWFilterPtr)named(VR_HANDLE_NWFILTER, conn, f->name, f->uuid);
}

virNWFilterBindingPtr vr_get_nwfilter_binding(virConnectPtr conn, const struct vr_nonnull_nwfilter_binding *b,
                                              void *near)
{
    struct vr_handle *h = named(VR_HANDLE_BINDING, conn, b->portdev, NULL);
    h->second = vr_strdup(b->filtername);
    return (virNWFilterBindingPtr)h;
}

virInterfacePtr vr_get_interface(virConnectPtr conn, const struct vr_nonnull_interface *i, void *near)
{
    struct vr_handle *h = named(VR_HANDLE_INTERFACE, conn, i->name, NULL);
    h->second = vr_strdup(i->mac);
    return (virInterfacePtr)h;
}

static struct vr_handle *of_domain(enum vr_handle_kind kind, virConnectPtr conn, const char *name,
                                   const struct vr_nonnull_domain *d, void *near)
{
    struct vr_handle *h = named(kind, conn, name, NULL);
    h->parent = parent_near(VR_HANDLE_DOMAIN, near);
    if (!h->parent)
        h->parent = (struct vr_handle *)vr_get_domain(conn, d, NULL);
    return h;
}

virDomainSnapshotPtr vr_get_domain_snapshot(virConnectPtr conn, const struct vr_nonnull_domain_snapshot *s, void *near)
{
    return (virDomainSnapshotPtr)of_domain(VR_HANDLE_SNAPSHOT, conn, s->name, &s->dom, near);
}

virDomainCheckpointPtr vr_get_domain_checkpoint(virConnectPtr conn, const struct vr_nonnull_domain_checkpoint *s,
                                                void *near)
{
    return (virDomainCheckpointPtr)of_domain(VR_HANDLE_CHECKPOINT, conn, s->name, &s->dom, near);
}

virAdmServerPtr vr_get_server(virConnectPtr conn, const struct vr_admin_nonnull_server *s, void *near)
{
    return (virAdmServerPtr)named(VR_HANDLE_SERVER, conn, s->name, NULL);
}

virAdmClientPtr vr_get_client(virConnectPtr conn, const struct vr_admin_nonnull_client *s, void *near)
{
    struct vr_handle *h = vr_handle_new(VR_HANDLE_CLIENT, conn);
    h->number = s->id;
    h->timestamp = s->timestamp;
    h->id = (int)s->transport;
    h->parent = parent_near(VR_HANDLE_SERVER, near);
    if (!h->parent)
        h->parent = (struct vr_handle *)vr_get_server(conn, &s->srv, NULL);
    return (virAdmClientPtr)h;
}
