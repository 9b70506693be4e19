/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Migration: the client leads two daemons through its phases. That choreography is not built; the calls say so. What
 * one daemon does alone (speed, downtime, post-copy) is generated like the rest. Entering a container's surroundings
 * changes the calling process and is not built either.
 */
#include "call.h"

static bool refuse(struct vr_client_call *c, virDomainPtr domain)
{
    return vr_begin(c, VR_HANDLE_DOMAIN, domain) && vr_unsupported(c);
}

/* A driver in this process knows no other host. */
static bool refuse_uri(struct vr_client_call *c, virDomainPtr domain, unsigned long flags)
{
    if (!vr_begin(c, VR_HANDLE_DOMAIN, domain))
        return false;
    if (!vr_remote_local(c->conn->remote))
        return vr_unsupported(c);
    return vr_error_report(&c->err, VIR_FROM_DOMAIN, VIR_ERR_ARGUMENT_UNSUPPORTED, -1,
                           "%s migration is not supported by the source host",
                           flags & VIR_MIGRATE_OFFLINE     ? "offline"
                           : flags & VIR_MIGRATE_PEER2PEER ? "p2p"
                                                           : "direct");
}

virDomainPtr virDomainMigrate(virDomainPtr domain, virConnectPtr dconn, unsigned long flags, const char *dname,
                              const char *uri, unsigned long bandwidth)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    vr_end(&c, refuse(&c, domain));
    return NULL;
}

virDomainPtr virDomainMigrate2(virDomainPtr domain, virConnectPtr dconn, const char *dxml, unsigned long flags,
                               const char *dname, const char *uri, unsigned long bandwidth)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    vr_end(&c, refuse(&c, domain));
    return NULL;
}

virDomainPtr virDomainMigrate3(virDomainPtr domain, virConnectPtr dconn, virTypedParameterPtr params,
                               unsigned int nparams, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    vr_end(&c, refuse(&c, domain));
    return NULL;
}

int virDomainMigrateToURI(virDomainPtr domain, const char *duri, unsigned long flags, const char *dname,
                          unsigned long bandwidth)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    vr_end(&c, refuse_uri(&c, domain, flags));
    return -1;
}

int virDomainMigrateToURI2(virDomainPtr domain, const char *dconnuri, const char *miguri, const char *dxml,
                           unsigned long flags, const char *dname, unsigned long bandwidth)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    vr_end(&c, refuse_uri(&c, domain, flags));
    return -1;
}

int virDomainMigrateToURI3(virDomainPtr domain, const char *dconnuri, virTypedParameterPtr params,
                           unsigned int nparams, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    vr_end(&c, refuse_uri(&c, domain, flags));
    return -1;
}

int vr_virDomainLxcEnterNamespace(virDomainPtr domain, unsigned int nfdlist, int *fdlist, unsigned int *noldfdlist,
                                  int **oldfdlist, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    vr_end(&c, refuse(&c, domain));
    return -1;
}

int vr_virDomainLxcEnterCGroup(virDomainPtr domain, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    vr_end(&c, refuse(&c, domain));
    return -1;
}

int vr_virDomainLxcEnterSecurityLabel(virSecurityModelPtr model, virSecurityLabelPtr label,
                                      virSecurityLabelPtr oldlabel, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    vr_last_reset();
    vr_end(&c, vr_unsupported(&c));
    return -1;
}
