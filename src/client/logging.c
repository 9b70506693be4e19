/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_LOG_SOURCE "libvirt"
#include "logging.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "base/log_settings.h"
#include "base/str.h"
#include "base/uuid.h"
#include "config.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct vr_error *failed; /* made once, kept for good */
static bool outputs_said;

static const char *said(const char *variable)
{
    const char *text = getenv(variable);
    return text && *text ? text : NULL;
}

static bool set_level(const char *text, struct vr_error **err)
{
    static const char *const names[] = { "debug", "info", "warning", "error", NULL };
    int level = vr_name_index(names, text) + 1;
    if (!level && text[0] >= '1' && text[0] <= '4' && !text[1])
        level = text[0] - '0';
    if (!level)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "Failed to set logging priority, argument '%s' is invalid", text);
    vr_log_set_level((enum vr_log_level)level);
    return true;
}

static void start(void)
{
    const char *level = said("LIBVIRT_DEBUG"), *filters = said("LIBVIRT_LOG_FILTERS");
    const char *outputs = said("LIBVIRT_LOG_OUTPUTS");
    if ((level && !set_level(level, &failed)) || (filters && !vr_log_set_filters(filters, &failed)) ||
        (outputs && !vr_log_set_outputs(outputs, &failed)))
        return;
    if (!outputs && level)
        vr_log_set_default_outputs("1:stderr");
    if (!outputs && (level || filters) && !vr_log_set_outputs("1:stderr", &failed))
        return;
    outputs_said = outputs != NULL;
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    if (vr_log_floor <= VR_LOG_INFO) {
        vr_log_write(VR_LOG_INFO, VR_LOG_SOURCE, NULL, 0, "libvirt version: %d.%d.%d, package: vireo %s",
                     VR_API_LEVEL / 1000000, VR_API_LEVEL / 1000 % 1000, VR_API_LEVEL % 1000, VR_VERSION);
        vr_log_write(VR_LOG_INFO, VR_LOG_SOURCE, NULL, 0, "hostname: %s", host);
    }
}

bool vr_client_start(struct vr_error **err)
{
    pthread_once(&once, start);
    if (!failed)
        return true;
    struct vr_error *copy = vr_error_copy(failed);
    vr_error_move(err, &copy);
    return false;
}

void vr_client_log_error(const char *function, const struct vr_error *err)
{
    if (outputs_said && err)
        vr_log_write(err->level == VIR_ERR_WARNING ? VR_LOG_WARN : VR_LOG_ERROR, VR_LOG_SOURCE, function, __LINE__, "%s",
                     err->message ? err->message : "");
}

void vr_client_log_call(const char *function, virConnectPtr conn, const struct vr_handle *h)
{
    char text[VR_UUID_TEXT];
    struct vr_uuid uuid;
    if (!h) {
        vr_log_write(VR_LOG_DEBUG, VR_LOG_SOURCE, function, __LINE__, "conn=%p", (void *)conn);
    } else if (h->kind == VR_HANDLE_DOMAIN) {
        memcpy(uuid.b, h->uuid, sizeof(uuid.b));
        vr_uuid_format(&uuid, text);
        vr_log_write(VR_LOG_DEBUG, VR_LOG_SOURCE, function, __LINE__, "dom=%p, (VM: name=%s, uuid=%s)", (const void *)h,
                     h->name, text);
    } else {
        vr_log_write(VR_LOG_DEBUG, VR_LOG_SOURCE, function, __LINE__, "obj=%p, (name=%s), conn=%p", (const void *)h,
                     h->name ? h->name : "<null>", (void *)conn);
    }
}
