/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"

/* The sentence of each public code: alone, and before a detail. Clients and scripts match these texts. */
static const struct sentence {
    const char *bare;
    const char *detail; /* what stands before the detail; "" = the detail alone; NULL = "bare: " */
} sentences[] = {
    [VIR_ERR_INTERNAL_ERROR] = { "internal error", NULL },
    [VIR_ERR_NO_MEMORY] = { "out of memory", NULL },
    [VIR_ERR_NO_SUPPORT] = { "this function is not supported by the connection driver", NULL },
    [VIR_ERR_UNKNOWN_HOST] = { "unknown host", "unknown host " },
    [VIR_ERR_NO_CONNECT] = { "no connection driver available", "no connection driver available for " },
    [VIR_ERR_INVALID_CONN] = { "invalid connection pointer in", "invalid connection pointer in " },
    [VIR_ERR_INVALID_DOMAIN] = { "invalid domain pointer in", "invalid domain pointer in " },
    [VIR_ERR_INVALID_ARG] = { "invalid argument", NULL },
    [VIR_ERR_OPERATION_FAILED] = { "operation failed", NULL },
    [VIR_ERR_GET_FAILED] = { "GET operation failed", NULL },
    [VIR_ERR_POST_FAILED] = { "POST operation failed", NULL },
    [VIR_ERR_HTTP_ERROR] = { "got unknown HTTP error code", "got unknown HTTP error code " },
    [VIR_ERR_SEXPR_SERIAL] = { "failed to serialize S-Expr", NULL },
    [VIR_ERR_NO_XEN] = { "could not use Xen hypervisor entry", "could not use Xen hypervisor entry " },
    [VIR_ERR_XEN_CALL] = { "failed Xen syscall", "failed Xen syscall " },
    [VIR_ERR_OS_TYPE] = { "unknown OS type", "unknown OS type " },
    [VIR_ERR_NO_KERNEL] = { "missing kernel information", NULL },
    [VIR_ERR_NO_ROOT] = { "missing root device information", "missing root device information in " },
    [VIR_ERR_NO_SOURCE] = { "missing source information for device", "missing source information for device " },
    [VIR_ERR_NO_TARGET] = { "missing target information for device", "missing target information for device " },
    [VIR_ERR_NO_NAME] = { "missing name information", "missing name information in " },
    [VIR_ERR_NO_OS] = { "missing operating system information", "missing operating system information for " },
    [VIR_ERR_NO_DEVICE] = { "missing devices information", "missing devices information for " },
    [VIR_ERR_NO_XENSTORE] = { "could not connect to Xen Store", "could not connect to Xen Store " },
    [VIR_ERR_DRIVER_FULL] = { "too many drivers registered", "too many drivers registered in " },
    [VIR_ERR_CALL_FAILED] = { "library call failed", "library call failed: " },
    [VIR_ERR_XML_ERROR] = { "XML description is invalid or not well formed", "XML error: " },
    [VIR_ERR_DOM_EXIST] = { "this domain exists already", "domain " },
    [VIR_ERR_OPERATION_DENIED] = { "operation forbidden for read only access", "operation forbidden: " },
    [VIR_ERR_OPEN_FAILED] = { "failed to open configuration file", "failed to open configuration file " },
    [VIR_ERR_READ_FAILED] = { "failed to read configuration file", "failed to read configuration file " },
    [VIR_ERR_PARSE_FAILED] = { "failed to parse configuration file", "failed to parse configuration file " },
    [VIR_ERR_CONF_SYNTAX] = { "configuration file syntax error", NULL },
    [VIR_ERR_WRITE_FAILED] = { "failed to write configuration file", NULL },
    [VIR_ERR_XML_DETAIL] = { "parser error", "" },
    [VIR_ERR_INVALID_NETWORK] = { "invalid network pointer in", "invalid network pointer in " },
    [VIR_ERR_NETWORK_EXIST] = { "this network exists already", "network " },
    [VIR_ERR_SYSTEM_ERROR] = { "system call error", "" },
    [VIR_ERR_RPC] = { "RPC error", "" },
    [VIR_ERR_GNUTLS_ERROR] = { "GNUTLS call error", "" },
    [VIR_WAR_NO_NETWORK] = { "Failed to find the network", "Failed to find the network: " },
    [VIR_ERR_NO_DOMAIN] = { "Domain not found", NULL },
    [VIR_ERR_NO_NETWORK] = { "Network not found", NULL },
    [VIR_ERR_INVALID_MAC] = { "invalid MAC address", NULL },
    [VIR_ERR_AUTH_FAILED] = { "authentication failed", NULL },
    [VIR_ERR_INVALID_STORAGE_POOL] = { "invalid storage pool pointer in", "invalid storage pool pointer in " },
    [VIR_ERR_INVALID_STORAGE_VOL] = { "invalid storage volume pointer in", "invalid storage volume pointer in " },
    [VIR_WAR_NO_STORAGE] = { "Failed to find a storage driver", "Failed to find a storage driver: " },
    [VIR_ERR_NO_STORAGE_POOL] = { "Storage pool not found", NULL },
    [VIR_ERR_NO_STORAGE_VOL] = { "Storage volume not found", NULL },
    [VIR_WAR_NO_NODE] = { "Failed to find a node driver", "Failed to find a node driver: " },
    [VIR_ERR_INVALID_NODE_DEVICE] = { "invalid node device pointer", "invalid node device pointer in " },
    [VIR_ERR_NO_NODE_DEVICE] = { "Node device not found", NULL },
    [VIR_ERR_NO_SECURITY_MODEL] = { "Security model not found", NULL },
    [VIR_ERR_OPERATION_INVALID] = { "Requested operation is not valid", NULL },
    [VIR_WAR_NO_INTERFACE] = { "Failed to find the interface", "Failed to find the interface: " },
    [VIR_ERR_NO_INTERFACE] = { "Interface not found", NULL },
    [VIR_ERR_INVALID_INTERFACE] = { "invalid interface pointer in", "invalid interface pointer in " },
    [VIR_ERR_MULTIPLE_INTERFACES] = { "multiple matching interfaces found", NULL },
    [VIR_WAR_NO_NWFILTER] = { "Failed to start the nwfilter driver", "Failed to start the nwfilter driver: " },
    [VIR_ERR_INVALID_NWFILTER] = { "Invalid network filter", NULL },
    [VIR_ERR_NO_NWFILTER] = { "Network filter not found", NULL },
    [VIR_ERR_BUILD_FIREWALL] = { "Error while building firewall", NULL },
    [VIR_WAR_NO_SECRET] = { "Failed to find a secret storage driver", "Failed to find a secret storage driver: " },
    [VIR_ERR_INVALID_SECRET] = { "Invalid secret", NULL },
    [VIR_ERR_NO_SECRET] = { "Secret not found", NULL },
    [VIR_ERR_CONFIG_UNSUPPORTED] = { "unsupported configuration", NULL },
    [VIR_ERR_OPERATION_TIMEOUT] = { "Timed out during operation", NULL },
    [VIR_ERR_MIGRATE_PERSIST_FAILED] = { "Failed to make domain persistent after migration", NULL },
    [VIR_ERR_HOOK_SCRIPT_FAILED] = { "Hook script execution failed", NULL },
    [VIR_ERR_INVALID_DOMAIN_SNAPSHOT] = { "Invalid domain snapshot", NULL },
    [VIR_ERR_NO_DOMAIN_SNAPSHOT] = { "Domain snapshot not found", NULL },
    [VIR_ERR_INVALID_STREAM] = { "invalid stream pointer", "invalid stream pointer in " },
    [VIR_ERR_ARGUMENT_UNSUPPORTED] = { "argument unsupported", NULL },
    [VIR_ERR_STORAGE_PROBE_FAILED] = { "Storage pool probe failed", NULL },
    [VIR_ERR_STORAGE_POOL_BUILT] = { "Storage pool already built", NULL },
    [VIR_ERR_SNAPSHOT_REVERT_RISKY] = { "revert requires force", NULL },
    [VIR_ERR_OPERATION_ABORTED] = { "operation aborted", NULL },
    [VIR_ERR_AUTH_CANCELLED] = { "authentication cancelled", NULL },
    [VIR_ERR_NO_DOMAIN_METADATA] = { "metadata not found", NULL },
    [VIR_ERR_MIGRATE_UNSAFE] = { "Unsafe migration", NULL },
    [VIR_ERR_OVERFLOW] = { "numerical overflow", NULL },
    [VIR_ERR_BLOCK_COPY_ACTIVE] = { "block copy still active", NULL },
    [VIR_ERR_OPERATION_UNSUPPORTED] = { "Operation not supported", NULL },
    [VIR_ERR_SSH] = { "SSH transport error", NULL },
    [VIR_ERR_AGENT_UNRESPONSIVE] = { "Guest agent is not responding", NULL },
    [VIR_ERR_RESOURCE_BUSY] = { "resource busy", "resource busy: " },
    [VIR_ERR_ACCESS_DENIED] = { "access denied", NULL },
    [VIR_ERR_DBUS_SERVICE] = { "error from service", NULL },
    [VIR_ERR_STORAGE_VOL_EXIST] = { "this storage volume exists already", "storage volume " },
    [VIR_ERR_CPU_INCOMPATIBLE] = { "the CPU is incompatible with host CPU", NULL },
    [VIR_ERR_XML_INVALID_SCHEMA] = { "XML document failed to validate against schema", NULL },
    [VIR_ERR_MIGRATE_FINISH_OK] = { "migration successfully aborted", NULL },
    [VIR_ERR_AUTH_UNAVAILABLE] = { "authentication unavailable", NULL },
    [VIR_ERR_NO_SERVER] = { "Server not found", NULL },
    [VIR_ERR_NO_CLIENT] = { "Client not found", NULL },
    [VIR_ERR_AGENT_UNSYNCED] = { "guest agent replied with wrong id to guest-sync command", NULL },
    [VIR_ERR_LIBSSH] = { "libssh transport error", NULL },
    [VIR_ERR_DEVICE_MISSING] = { "device not found", NULL },
    [VIR_ERR_INVALID_NWFILTER_BINDING] = { "Invalid network filter binding", NULL },
    [VIR_ERR_NO_NWFILTER_BINDING] = { "Network filter binding not found", NULL },
    [VIR_ERR_INVALID_DOMAIN_CHECKPOINT] = { "Invalid domain checkpoint", NULL },
    [VIR_ERR_NO_DOMAIN_CHECKPOINT] = { "Domain checkpoint not found", NULL },
    [VIR_ERR_NO_DOMAIN_BACKUP] = { "Domain backup job id not found", NULL },
    [VIR_ERR_INVALID_NETWORK_PORT] = { "Invalid network port pointer", NULL },
    [VIR_ERR_NETWORK_PORT_EXIST] = { "this network port exists already", "network port " },
    [VIR_ERR_NO_NETWORK_PORT] = { "network port not found", NULL },
    [VIR_ERR_NO_HOSTNAME] = { "no hostname found", NULL },
    [VIR_ERR_CHECKPOINT_INCONSISTENT] = { "checkpoint inconsistent", NULL },
    [VIR_ERR_MULTIPLE_DOMAINS] = { "multiple matching domains found", NULL },
    [VIR_ERR_NO_NETWORK_METADATA] = { "Network metadata not found", NULL },
    [VIR_ERR_AGENT_COMMAND_TIMEOUT] = { "guest agent command timed out", NULL },
    [VIR_ERR_AGENT_COMMAND_FAILED] = { "guest agent command failed", NULL },
    [VIR_ERR_INVALID_ENCR_KEY_SECRET] = { "Invalid encryption key for the secret", NULL },
};

void vr_error_free(struct vr_error *e)
{
    if (!e)
        return;
    free(e->message);
    free(e->str1);
    free(e->str2);
    free(e->str3);
    free(e);
}

static const struct sentence *sentence_of(int code)
{
    static const struct sentence unknown = { "unknown error", NULL };
    if (code < 0 || (size_t)code >= VR_COUNT(sentences) || !sentences[code].bare)
        return &unknown;
    return &sentences[code];
}

bool vr_error_report(struct vr_error **err, int domain, int code, int errnum, const char *fmt, ...)
{
    if (!err || *err)
        return false;
    struct vr_error *e = vr_new(struct vr_error);
    const struct sentence *s = sentence_of(code);
    e->code = code;
    e->domain = domain;
    e->level = code == VIR_WAR_NO_NETWORK || code == VIR_WAR_NO_STORAGE || code == VIR_WAR_NO_NODE ||
                       code == VIR_WAR_NO_INTERFACE || code == VIR_WAR_NO_NWFILTER || code == VIR_WAR_NO_SECRET
                   ? VIR_ERR_WARNING
                   : VIR_ERR_ERROR;
    e->int1 = errnum;
    e->int2 = -1;
    if (!fmt) {
        e->message = vr_strdup(s->bare);
        e->str1 = vr_strdup(s->bare);
    } else {
        va_list ap;
        va_start(ap, fmt);
        vr_autofree char *detail = vr_vprintf(fmt, ap);
        va_end(ap);
        char why[128] = "";
        const char *reason = errnum > 0 ? strerror_r(errnum, why, sizeof(why)) : "";
        const char *colon = errnum > 0 ? ": " : "";
        if (code == VIR_ERR_DOM_EXIST || code == VIR_ERR_NETWORK_EXIST || code == VIR_ERR_STORAGE_VOL_EXIST ||
            code == VIR_ERR_NETWORK_PORT_EXIST)
            e->message = vr_printf("%s%s exists already%s%s", s->detail, detail, colon, reason);
        else if (s->detail)
            e->message = vr_printf("%s%s%s%s", s->detail, detail, colon, reason);
        else
            e->message = vr_printf("%s: %s%s%s", s->bare, detail, colon, reason);
        e->str1 = s->detail ? vr_printf("%s%%s", s->detail) : vr_printf("%s: %%s", s->bare);
        e->str2 = vr_printf("%s%s%s", detail, colon, reason);
    }
    *err = e;
    return false;
}

static bool add_text(struct vr_error **err, bool front, const char *fmt, va_list ap)
{
    if (!err || !*err)
        return false;
    vr_autofree char *text = vr_vprintf(fmt, ap);
    char *old = (*err)->message;
    (*err)->message = front ? vr_printf("%s%s", text, old) : vr_printf("%s%s", old, text);
    free(old);
    return false;
}

bool vr_error_prefix(struct vr_error **err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_text(err, true, fmt, ap);
    va_end(ap);
    return false;
}

bool vr_error_suffix(struct vr_error **err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_text(err, false, fmt, ap);
    va_end(ap);
    return false;
}

bool vr_error_move(struct vr_error **to, struct vr_error **from)
{
    if (to && !*to)
        *to = *from;
    else
        vr_error_free(*from);
    *from = NULL;
    return false;
}

struct vr_error *vr_error_copy(const struct vr_error *e)
{
    if (!e)
        return NULL;
    struct vr_error *c = vr_memdup(e, sizeof(*e));
    c->message = vr_strdup(e->message);
    c->str1 = vr_strdup(e->str1);
    c->str2 = vr_strdup(e->str2);
    c->str3 = vr_strdup(e->str3);
    return c;
}

const char *vr_error_text(const struct vr_error *e)
{
    return e && e->message ? e->message : "unknown error";
}
