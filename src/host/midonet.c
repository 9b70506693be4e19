/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "midonet.h"
#include <unistd.h>
#include "base/str.h"
#include "base/uuid.h"
#include "loop/child.h"

VR_SUSPENDS static bool run(const char **argv, vr_time deadline, struct vr_error **err)
{
    static const char *const places[] = { "/usr/bin/mm-ctl", "/usr/local/bin/mm-ctl", "/usr/sbin/mm-ctl", "/bin/mm-ctl" };
    for (size_t i = 0; i < VR_COUNT(places); i++) {
        if (access(places[i], X_OK) != 0)
            continue;
        argv[0] = places[i];
        const struct vr_child child = { .argv = argv, .deadline = deadline };
        vr_autochild struct vr_child_result result = { 0 };
        return vr_child_run_ok(&child, &result, err);
    }
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("MidoNet's program mm-ctl is not installed"));
}

static const char *detail(const struct vr_error *cause)
{
    return cause && cause->str2 ? cause->str2 : vr_error_text(cause);
}

VR_SUSPENDS bool vr_midonet_bind(const char *name, const struct vr_uuid *port, vr_time deadline, struct vr_error **err)
{
    char text[VR_UUID_TEXT];
    const char *argv[] = { NULL, "--bind-port", vr_uuid_format(port, text), name, NULL };
    VR_AUTO(vr_error) *cause = NULL;
    return run(argv, deadline, &cause) || vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to bind port %s to the virtual port %s: %s"),
                                                  name, text, detail(cause));
}

VR_SUSPENDS bool vr_midonet_unbind(const struct vr_uuid *port, vr_time deadline, struct vr_error **err)
{
    char text[VR_UUID_TEXT];
    const char *argv[] = { NULL, "--unbind-port", vr_uuid_format(port, text), NULL };
    VR_AUTO(vr_error) *cause = NULL;
    return run(argv, deadline, &cause) || vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                                                  _("Unable to unbind the virtual port %s from Midonet: %s"), text,
                                                  detail(cause));
}
