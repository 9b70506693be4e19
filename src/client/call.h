/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A public call, from its first line to its last: the thread's last error is reset, the object is checked, read-only
 * connections are refused, the call travels, results are copied into what the caller frees, a failure is reported.
 * The generated entry points and the hand-written ones use the same few functions.
 */
#include "api/api.h"
#include "base/arena.h"
#include "error.h"
#include "handle.h"
#include "remote.h"

struct vr_client_call {
    const char *function; /* as applications know it */
    int domain;           /* enum virErrorDomain of errors made here */
    virConnectPtr conn;
    struct vr_arena *arena; /* of the reply */
    struct vr_error *err;
};

/* For functions of the small libraries the code here is called vr_virX; errors say virX. */
#define VR_CALL(name, from) \
    struct vr_client_call name = { .function = __func__[2] == '_' ? __func__ + 3 : __func__, .domain = (from) }

bool vr_begin_connect(struct vr_client_call *c, virConnectPtr conn);
bool vr_begin_admin(struct vr_client_call *c, virAdmConnectPtr conn);
/** @object: a struct that begins with struct vr_handle. */
bool vr_begin(struct vr_client_call *c, enum vr_handle_kind kind, const void *object);
/** A second object of the call. */
bool vr_arg_handle(struct vr_client_call *c, enum vr_handle_kind kind, const void *object);
/** Reports "NAME in FUNCTION must not be NULL". Function pointers too. */
bool vr_arg_there(struct vr_client_call *c, bool there, const char *name);
#define vr_arg(c, pointer, name) vr_arg_there((c), (pointer) != NULL, (name))
/** An argument's value is wrong: stock's shape, the text alone as the message, function and name beside it. False. */
bool vr_bad_arg(struct vr_client_call *c, const char *name, const char *fmt, ...) VR_PRINTF(3, 4);
/** A number from the application is within 0..most. */
bool vr_within(struct vr_client_call *c, long long given, long long most, const char *name);
bool vr_flags(struct vr_client_call *c, unsigned long flags, unsigned long known);
/** Not both flags; stock's text names them. */
bool vr_exclusive(struct vr_client_call *c, unsigned long flags, unsigned long a, const char *a_name, unsigned long b,
                  const char *b_name);
/** Without the first flag there is no second. */
bool vr_requires(struct vr_client_call *c, unsigned long flags, unsigned long needed, const char *needed_name,
                 unsigned long by, const char *by_name);
/** A size in KiB whose bytes can be counted. */
bool vr_below_kib(struct vr_client_call *c, unsigned long kib);
/** Sends it; results live in c->arena. */
bool vr_send(struct vr_client_call *c, const struct vr_api_call *call, const void *args, void *ret);
bool vr_send_with(struct vr_client_call *c, const struct vr_api_call *call, const void *args, void *ret,
                  struct vr_extras *extras);
/** Also opens a stream. */
bool vr_send_stream(struct vr_client_call *c, const struct vr_api_call *call, const void *args, void *ret,
                    virStreamPtr st);
/** Reports the error when !ok, frees what the call used. Returns @ok. */
bool vr_end(struct vr_client_call *c, bool ok);
/** Reports "this function is not supported by the connection driver: virX"; false. */
bool vr_unsupported(struct vr_client_call *c);

/* ---- objects on the wire ----------------------------------------------------------------------------------------- */

struct vr_nonnull_domain vr_put_domain(const void *h);
struct vr_nonnull_network vr_put_network(const void *h);
struct vr_nonnull_network_port vr_put_network_port(const void *h);
struct vr_nonnull_storage_pool vr_put_storage_pool(const void *h);
struct vr_nonnull_storage_vol vr_put_storage_vol(const void *h);
struct vr_nonnull_node_device vr_put_node_device(const void *h);
struct vr_nonnull_secret vr_put_secret(const void *h);
struct vr_nonnull_nwfilter vr_put_nwfilter(const void *h);
struct vr_nonnull_nwfilter_binding vr_put_nwfilter_binding(const void *h);
struct vr_nonnull_interface vr_put_interface(const void *h);
struct vr_nonnull_domain_snapshot vr_put_domain_snapshot(const void *h);
struct vr_nonnull_domain_checkpoint vr_put_domain_checkpoint(const void *h);
struct vr_admin_nonnull_server vr_put_server(const void *h);
struct vr_admin_nonnull_client vr_put_client(const void *h);

/* @near: the object of the call; its domain, network or server becomes the parent where there is one. */
virDomainPtr vr_get_domain(virConnectPtr conn, const struct vr_nonnull_domain *d, void *near);
virNetworkPtr vr_get_network(virConnectPtr conn, const struct vr_nonnull_network *n, void *near);
virNetworkPortPtr vr_get_network_port(virConnectPtr conn, const struct vr_nonnull_network_port *p, void *near);
virStoragePoolPtr vr_get_storage_pool(virConnectPtr conn, const struct vr_nonnull_storage_pool *p, void *near);
virStorageVolPtr vr_get_storage_vol(virConnectPtr conn, const struct vr_nonnull_storage_vol *v, void *near);
virNodeDevicePtr vr_get_node_device(virConnectPtr conn, const struct vr_nonnull_node_device *d, void *near);
virSecretPtr vr_get_secret(virConnectPtr conn, const struct vr_nonnull_secret *s, void *near);
virNWFilterPtr vr_get_nwfilter(virConnectPtr conn, const struct vr_nonnull_nwfilter *f, void *near);
virNWFilterBindingPtr vr_get_nwfilter_binding(virConnectPtr conn, const struct vr_nonnull_nwfilter_binding *b,
                                              void *near);
virInterfacePtr vr_get_interface(virConnectPtr conn, const struct vr_nonnull_interface *i, void *near);
virDomainSnapshotPtr vr_get_domain_snapshot(virConnectPtr conn, const struct vr_nonnull_domain_snapshot *s, void *near);
virDomainCheckpointPtr vr_get_domain_checkpoint(virConnectPtr conn, const struct vr_nonnull_domain_checkpoint *s,
                                                void *near);
virAdmServerPtr vr_get_server(virConnectPtr conn, const struct vr_admin_nonnull_server *s, void *near);
virAdmClientPtr vr_get_client(virConnectPtr conn, const struct vr_admin_nonnull_client *s, void *near);

/* ---- values ------------------------------------------------------------------------------------------------------ */

/** The caller's typed parameters as they travel, in c->arena. Strings are borrowed. */
bool vr_put_params(struct vr_client_call *c, virTypedParameterPtr params, int count, struct vr_typed_param **out,
                   uint32_t *out_count);
/** A malloc'd array; NULL with *count 0 when there are none. */
virTypedParameterPtr vr_get_params(const struct vr_typed_param *params, uint32_t params_count);
/** Into the caller's array of @room elements; fails when there are more. */
bool vr_fill_params(struct vr_client_call *c, const struct vr_typed_param *params, uint32_t params_count,
                    virTypedParameterPtr to, int room);
/** Copies names into the caller's array; false when the server sent more than were asked for. */
bool vr_fill_names(struct vr_client_call *c, const char **names, uint32_t names_count, char **to, int room);
/** A malloc'd, NULL-terminated array of copies. */
char **vr_copy_names(const char **names, uint32_t names_count);
/** Memory for pointers to @count objects and a final NULL. */
void *vr_list_new(uint32_t count);
/** VIR_TYPED_PARAM_STRING_OKAY for servers that know string parameters. */
unsigned vr_strings_okay(struct vr_client_call *c);
