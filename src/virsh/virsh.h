/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What virsh's commands share: the connection, objects by name, id or uuid, frequent options and completers. */
#include "shell/shell.h"

virConnectPtr vr_conn(const struct vr_cmd *cmd);

/* ---- objects that go at the end of the scope ---------------------------------------------------------------------- */

#define VR_OBJECT(word, type, release)                                                             \
    static inline __attribute__((unused)) void vr_auto_##word##_cleanup(type *p)                   \
    {                                                                                              \
        if (*p)                                                                                    \
            release(*p);                                                                           \
    }
VR_OBJECT(domain, virDomainPtr, virDomainFree)
VR_OBJECT(network, virNetworkPtr, virNetworkFree)
VR_OBJECT(port, virNetworkPortPtr, virNetworkPortFree)
VR_OBJECT(interface, virInterfacePtr, virInterfaceFree)
VR_OBJECT(pool, virStoragePoolPtr, virStoragePoolFree)
VR_OBJECT(volume, virStorageVolPtr, virStorageVolFree)
VR_OBJECT(nodedev, virNodeDevicePtr, virNodeDeviceFree)
VR_OBJECT(secret, virSecretPtr, virSecretFree)
VR_OBJECT(nwfilter, virNWFilterPtr, virNWFilterFree)
VR_OBJECT(binding, virNWFilterBindingPtr, virNWFilterBindingFree)
VR_OBJECT(snapshot, virDomainSnapshotPtr, virDomainSnapshotFree)
VR_OBJECT(checkpoint, virDomainCheckpointPtr, virDomainCheckpointFree)
VR_OBJECT(stream, virStreamPtr, virStreamFree)
#undef VR_OBJECT
/** vr_auto(domain) virDomainPtr dom = ...: the reference is given up at the end of the scope. */
#define vr_auto(word) __attribute__((cleanup(vr_auto_##word##_cleanup)))

/* ---- finding ------------------------------------------------------------------------------------------------------ */

enum { VR_BY_ID = 1, VR_BY_UUID = 2, VR_BY_NAME = 4, VR_BY_ANY = 7 };
/** The domain that the option "domain" names; NULL, reported, when there is none. */
virDomainPtr vr_domain(struct vr_cmd *cmd);
virDomainPtr vr_domain_by(struct vr_cmd *cmd, const char *option, unsigned by);
/** By a text that is no option; no error is reported. */
virDomainPtr vr_domain_text(struct vr_cmd *cmd, const char *text, unsigned by);

/** The domain's document: --config (inactive) or what runs. Reported. malloc'd. */
char *vr_domain_xml(struct vr_cmd *cmd, virDomainPtr dom, unsigned flags);

/* ---- rows --------------------------------------------------------------------------------------------------------- */

vr_completer vr_complete_domain, vr_complete_domain_active, vr_complete_domain_inactive, vr_complete_domain_running,
    vr_complete_domain_paused, vr_complete_domain_shutoff, vr_complete_file;
#define VR_OPT_DOMAIN_(completer) { "domain", VR_OPT_DATA, .help = N_("a guest: name, id or uuid"), .complete = (completer) }
#define VR_OPT_DOMAIN VR_OPT_DOMAIN_(vr_complete_domain)
#define VR_OPT_DOMAIN_ACTIVE VR_OPT_DOMAIN_(vr_complete_domain_active)
#define VR_OPT_FILE(text) { "file", VR_OPT_DATA, .help = (text), .complete = vr_complete_file }

/** "YYYY-MM-DD hh:mm:ss.mmm+0000" of now, for --timestamp. */
void vr_stamp(char *out, size_t size);

/**
 * Events and keepalive are worked on by a thread of their own. It starts by itself a second after the connection was
 * opened; commands that wait for events start it at once.
 */
void vr_events_now(void);
/** A callback of any event as the registering call takes it. */
#define VR_EVENT_CALLBACK(function) ((virConnectDomainEventGenericCallback)(void (*)(void))(function))

/* The groups, in files named after them; NULL-terminated. */
extern const struct vr_command *const vr_domain_commands[], *const vr_monitor_commands[], *const vr_event_commands[],
    *const vr_shell_commands[];
