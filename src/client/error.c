/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "handle.h"

/* What the default handler calls the parts of the library; by enum virErrorDomain. */
static const char *const domain_names[] = {
    "", "Xen Driver", "Xen Daemon", "Xen Store", "S-Expression", "XML Util", "Domain", "XML-RPC", "Proxy Daemon",
    "Config File", "QEMU Driver", "Network", "Test Driver", "Remote Driver", "OpenVZ Driver", "Xen XM Driver",
    "Linux Statistics", "LXC Driver", "Storage Driver", "Network Driver", "Domain Config", "User Mode Linux Driver",
    "Node Device Driver", "Xen Inotify Driver", "Security Driver", "VirtualBox Driver", "Network Interface Driver",
    "Open Nebula Driver", "ESX Driver", "Power Hypervisor Driver", "Secrets Driver", "CPU Driver", "XenAPI Driver",
    "Network Filter Driver", "Lifecycle Hook", "Domain Snapshot", "Audit Utils", "Sysinfo Utils",
    "I/O Stream Utils", "VMware Driver", "Event Loop", "Xen Light Driver", "Lock Driver", "Hyper-V Driver",
    "Capabilities Utils", "URI Utils", "Authentication Utils", "DBus Utils", "Parallels Cloud Server",
    "Device Config", "SSH transport layer", "Lock Space", "Init control", "Identity", "Cgroup", "Access Manager",
    "Systemd", "Bhyve", "Crypto", "Firewall", "Polkit", "Thread jobs", "Admin Interface", "Log Manager",
    "Xen XL Config", "Perf", "Libssh transport layer", "Resource control", "FirewallD", "Domain Checkpoint", "TPM",
    "BPF", "Cloud-Hypervisor Driver",
};

static __thread virError last;
/* Strings of `last` are freed when the thread ends. */
static pthread_key_t last_key;
static pthread_once_t last_once = PTHREAD_ONCE_INIT;
static virErrorFunc handler;
static void *handler_data;

static void thread_ends(void *error)
{
    virResetError(error);
}

static void make_key(void)
{
    if (pthread_key_create(&last_key, thread_ends) != 0)
        abort();
}

static virErrorPtr mine(void)
{
    pthread_once(&last_once, make_key);
    if (!pthread_getspecific(last_key))
        pthread_setspecific(last_key, &last);
    return &last;
}

static void copy(virErrorPtr to, const virError *from)
{
    *to = *from;
    to->conn = NULL; /* no reference is kept, so none is handed on */
    to->dom = NULL;
    to->net = NULL;
    to->message = vr_strdup(from->message);
    to->str1 = vr_strdup(from->str1);
    to->str2 = vr_strdup(from->str2);
    to->str3 = vr_strdup(from->str3);
}

void vr_last_reset(void)
{
    if (last.code != VIR_ERR_OK || last.message)
        virResetError(&last);
}

void vr_last_set(const struct vr_error *err)
{
    virErrorPtr e = mine();
    virResetError(e);
    *e = (virError){ .code = err->code, .domain = err->domain, .level = (virErrorLevel)err->level,
                     .message = vr_strdup(err->message), .str1 = vr_strdup(err->str1), .str2 = vr_strdup(err->str2),
                     .str3 = vr_strdup(err->str3), .int1 = err->int1, .int2 = err->int2 };
}

struct vr_error *vr_last_copy(void)
{
    if (last.code == VIR_ERR_OK)
        return NULL;
    struct vr_error *e = vr_new(struct vr_error);
    *e = (struct vr_error){ .code = last.code, .domain = last.domain, .level = (int)last.level,
                            .message = vr_strdup(last.message), .str1 = vr_strdup(last.str1),
                            .str2 = vr_strdup(last.str2), .str3 = vr_strdup(last.str3), .int1 = last.int1,
                            .int2 = last.int2 };
    return e;
}

void vr_last_report(virConnectPtr conn, struct vr_error **err)
{
    static const struct vr_error unknown = { .code = VIR_ERR_INTERNAL_ERROR, .level = VIR_ERR_ERROR,
                                             .message = (char *)"An error occurred, but the cause is unknown" };
    vr_last_set(*err ? *err : &unknown);
    vr_error_free(*err);
    *err = NULL;
    virErrorFunc call = handler;
    void *data = handler_data;
    if (conn) {
        pthread_mutex_lock(&conn->lock);
        virResetError(&conn->last);
        copy(&conn->last, &last);
        if (conn->handler) {
            call = conn->handler;
            data = conn->handler_data;
        }
        pthread_mutex_unlock(&conn->lock);
    }
    if (call)
        call(data, &last);
    else
        virDefaultErrorFunc(&last);
}

/* ---- the public calls -------------------------------------------------------------------------------------------- */

virErrorPtr virGetLastError(void)
{
    virErrorPtr e = mine();
    return e->code == VIR_ERR_OK ? NULL : e;
}

int virGetLastErrorCode(void)
{
    return mine()->code;
}

int virGetLastErrorDomain(void)
{
    return mine()->domain;
}

const char *virGetLastErrorMessage(void)
{
    virErrorPtr e = mine();
    if (e->code == VIR_ERR_OK)
        return "no error";
    return e->message ? e->message : "unknown error";
}

void virResetLastError(void)
{
    virResetError(mine());
}

void virResetError(virErrorPtr err)
{
    if (!err)
        return;
    free(err->message);
    free(err->str1);
    free(err->str2);
    free(err->str3);
    memset(err, 0, sizeof(*err));
}

void virFreeError(virErrorPtr err)
{
    virResetError(err);
    free(err);
}

virErrorPtr virSaveLastError(void)
{
    virErrorPtr saved = vr_new(virError);
    copy(saved, mine());
    return saved;
}

int virCopyLastError(virErrorPtr to)
{
    if (!to)
        return -1;
    if (mine()->code == VIR_ERR_OK) {
        memset(to, 0, sizeof(*to));
        return 0;
    }
    copy(to, &last);
    return to->code;
}

void virSetErrorFunc(void *userData, virErrorFunc func)
{
    handler = func;
    handler_data = userData;
}

virErrorPtr virConnGetLastError(virConnectPtr conn)
{
    return conn ? &conn->last : NULL;
}

int virConnCopyLastError(virConnectPtr conn, virErrorPtr to)
{
    if (!conn || !to)
        return -1;
    pthread_mutex_lock(&conn->lock);
    if (conn->last.code == VIR_ERR_OK)
        memset(to, 0, sizeof(*to));
    else
        copy(to, &conn->last);
    pthread_mutex_unlock(&conn->lock);
    return to->code;
}

void virConnResetLastError(virConnectPtr conn)
{
    if (!conn)
        return;
    pthread_mutex_lock(&conn->lock);
    virResetError(&conn->last);
    pthread_mutex_unlock(&conn->lock);
}

void virConnSetErrorFunc(virConnectPtr conn, void *userData, virErrorFunc func)
{
    if (!conn)
        return;
    pthread_mutex_lock(&conn->lock);
    conn->handler = func;
    conn->handler_data = userData;
    pthread_mutex_unlock(&conn->lock);
}

void virDefaultErrorFunc(virErrorPtr err)
{
    if (!err || err->code == VIR_ERR_OK)
        return;
    const char *level = err->level == VIR_ERR_WARNING ? "warning" : err->level == VIR_ERR_ERROR ? "error" : "";
    const char *part = err->domain >= 0 && (size_t)err->domain < VR_COUNT(domain_names) ? domain_names[err->domain]
                                                                                        : "Unknown";
    fprintf(stderr, "libvirt: %s %s : %s\n", part, level, err->message ? err->message : "No error message provided");
}
