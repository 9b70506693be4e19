/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Connection URIs: driver[+transport]://[user@][host][:port]/path[?name=value&...]. Text from outside, bounded. */
#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/error.h"

struct vr_uri_param {
    const char *name, *value; /* decoded; value "" when there is none */
    bool ours;                /* steers this library; the server does not see it */
};

struct vr_uri {
    const char *text;      /* as given */
    const char *driver;    /* "qemu" */
    const char *transport; /* "tcp", NULL when not said */
    const char *user, *host; /* NULL when not said; IPv6 without brackets */
    int port;              /* 0: not said */
    const char *path;      /* "" when there is none */
    struct vr_uri_param *params;
    size_t param_count;
};

/** Everything lives in the arena. Reports VIR_ERR_INTERNAL_ERROR "Unable to parse URI ..." */
bool vr_uri_parse(struct vr_arena *arena, const char *text, struct vr_uri *out, struct vr_error **err);
/** The last value of a parameter, NULL when it is not there. */
const char *vr_uri_param(const struct vr_uri *uri, const char *name);
/** What the server is to open: without transport, host and the parameters that are the client's. In the arena. */
const char *vr_uri_for_server(struct vr_arena *arena, const struct vr_uri *uri);
