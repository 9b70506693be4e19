/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handle.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "events.h"
#include "remote.h"
#include "stream.h"

static const struct {
    int code, domain;
} kinds[] = {
    [VR_HANDLE_DOMAIN] = { VIR_ERR_INVALID_DOMAIN, VIR_FROM_DOM },
    [VR_HANDLE_NETWORK] = { VIR_ERR_INVALID_NETWORK, VIR_FROM_NETWORK },
    [VR_HANDLE_PORT] = { VIR_ERR_INVALID_NETWORK_PORT, VIR_FROM_NETWORK },
    [VR_HANDLE_POOL] = { VIR_ERR_INVALID_STORAGE_POOL, VIR_FROM_STORAGE },
    [VR_HANDLE_VOL] = { VIR_ERR_INVALID_STORAGE_VOL, VIR_FROM_STORAGE },
    [VR_HANDLE_NODEDEV] = { VIR_ERR_INVALID_NODE_DEVICE, VIR_FROM_NODEDEV },
    [VR_HANDLE_SECRET] = { VIR_ERR_INVALID_SECRET, VIR_FROM_SECRET },
    [VR_HANDLE_NWFILTER] = { VIR_ERR_INVALID_NWFILTER, VIR_FROM_NWFILTER },
    [VR_HANDLE_BINDING] = { VIR_ERR_INVALID_NWFILTER_BINDING, VIR_FROM_NWFILTER },
    [VR_HANDLE_INTERFACE] = { VIR_ERR_INVALID_INTERFACE, VIR_FROM_INTERFACE },
    [VR_HANDLE_SNAPSHOT] = { VIR_ERR_INVALID_DOMAIN_SNAPSHOT, VIR_FROM_DOMAIN_SNAPSHOT },
    [VR_HANDLE_CHECKPOINT] = { VIR_ERR_INVALID_DOMAIN_CHECKPOINT, VIR_FROM_DOMAIN_CHECKPOINT },
    [VR_HANDLE_STREAM] = { VIR_ERR_INVALID_STREAM, VIR_FROM_STREAMS },
    [VR_HANDLE_SERVER] = { VIR_ERR_INVALID_CONN, VIR_FROM_ADMIN },
    [VR_HANDLE_CLIENT] = { VIR_ERR_INVALID_CONN, VIR_FROM_ADMIN },
};

struct vr_handle *vr_handle_new(enum vr_handle_kind kind, virConnectPtr conn)
{
    struct vr_handle *h = vr_alloc(kind == VR_HANDLE_STREAM ? vr_stream_size() : sizeof(struct vr_handle));
    h->magic = VR_HANDLE_MAGIC;
    h->kind = kind;
    h->refs = 1;
    h->id = -1;
    h->conn = vr_connect_ref(conn);
    return h;
}

struct vr_handle *vr_handle_ref(struct vr_handle *h)
{
    if (h)
        atomic_fetch_add(&h->refs, 1);
    return h;
}

void vr_handle_unref(struct vr_handle *h)
{
    if (!h || atomic_fetch_sub(&h->refs, 1) != 1)
        return;
    if (h->kind == VR_HANDLE_STREAM)
        vr_stream_done((virStreamPtr)h);
    vr_handle_unref(h->parent);
    vr_connect_unref(h->conn);
    h->magic = 0;
    free(h->name);
    free(h->second);
    free(h->third);
    free(h);
}

bool vr_handle_check(const void *pointer, enum vr_handle_kind kind, const char *function, struct vr_error **err)
{
    const struct vr_handle *h = pointer;
    if (h && h->magic == VR_HANDLE_MAGIC && h->kind == kind && h->conn && h->conn->magic)
        return true;
    return vr_error_report(err, kinds[kind].domain, kinds[kind].code, -1, "%s", function);
}

bool vr_connect_check(const void *pointer, uint32_t magic, int domain, const char *function,
                      struct vr_error **err)
{
    const struct _virConnect *conn = pointer;
    if (conn && conn->magic == magic)
        return true;
    return vr_error_report(err, domain, VIR_ERR_INVALID_CONN, -1, "%s", function);
}

virConnectPtr vr_connect_new(uint32_t magic)
{
    virConnectPtr conn = vr_new(struct _virConnect);
    conn->magic = magic;
    conn->refs = 1;
    pthread_mutex_init(&conn->lock, NULL);
    return conn;
}

virConnectPtr vr_connect_ref(virConnectPtr conn)
{
    atomic_fetch_add(&conn->refs, 1);
    return conn;
}

virConnectPtr vr_connect_try_ref(virConnectPtr conn)
{
    int have = conn ? atomic_load(&conn->refs) : 0;
    while (have > 0)
        if (atomic_compare_exchange_weak(&conn->refs, &have, have + 1))
            return conn;
    return NULL;
}

bool vr_connect_unref(virConnectPtr conn)
{
    if (!conn || atomic_fetch_sub(&conn->refs, 1) != 1)
        return false;
    if (conn->remote)
        vr_remote_close(conn->remote, conn->magic == VR_ADMIN_MAGIC);
    vr_subscriptions_free(conn->subscriptions);
    if (conn->close_free)
        conn->close_free(conn->close_opaque);
    virResetError(&conn->last);
    pthread_mutex_destroy(&conn->lock);
    conn->magic = 0;
    free(conn->uri);
    free(conn->type);
    free(conn);
    return true;
}
