/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "user.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"

#define MAX_ENTRY (1u << 20) /* a group with very many members */

/* Calls get(...) with growing room until the entry fits. Yields 0, or an errno. */
static int find_user(const char *name, uid_t uid, struct passwd *out, char **room, bool *found)
{
    for (size_t size = 4096; size <= MAX_ENTRY; size *= 4) {
        struct passwd *result = NULL;
        *room = vr_realloc(*room, size, 1);
        int e = name ? getpwnam_r(name, out, *room, size, &result) : getpwuid_r(uid, out, *room, size, &result);
        *found = result != NULL;
        /* glibc tells a missing entry in several ways, depending on the service that was asked. */
        if (e == ENOENT || e == ESRCH || e == EBADF || e == EPERM)
            return 0;
        if (e != ERANGE)
            return e;
    }
    return ERANGE;
}

static int find_group(const char *name, gid_t *gid, bool *found)
{
    vr_autofree char *room = NULL;
    for (size_t size = 4096; size <= MAX_ENTRY; size *= 4) {
        struct group entry, *result = NULL;
        room = vr_realloc(room, size, 1);
        int e = getgrnam_r(name, &entry, room, size, &result);
        *found = result != NULL;
        if (result)
            *gid = entry.gr_gid;
        if (e == ENOENT || e == ESRCH || e == EBADF || e == EPERM)
            return 0;
        if (e != ERANGE)
            return e;
    }
    return ERANGE;
}

bool vr_user_parse(const char *text, uid_t *out, struct vr_error **err)
{
    vr_autofree char *room = NULL;
    struct passwd entry;
    bool found = false;
    uint64_t number;
    if (text[0] != '+') {
        int e = find_user(text, 0, &entry, &room, &found);
        if (e)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Failed to look up user '%s'"), text);
        if (found) {
            *out = entry.pw_uid;
            return true;
        }
    }
    if (!vr_parse_u64(text + (text[0] == '+'), 10, UINT32_MAX - 1, &number))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Failed to parse user '%s'"), text);
    *out = (uid_t)number;
    return true;
}

bool vr_group_parse(const char *text, gid_t *out, struct vr_error **err)
{
    bool found = false;
    uint64_t number;
    if (text[0] != '+') {
        int e = find_group(text, out, &found);
        if (e)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Failed to look up group '%s'"), text);
        if (found)
            return true;
    }
    if (!vr_parse_u64(text + (text[0] == '+'), 10, UINT32_MAX - 1, &number))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Failed to parse group '%s'"), text);
    *out = (gid_t)number;
    return true;
}

bool vr_user_groups(uid_t uid, gid_t gid, gid_t **groups, size_t *count, struct vr_error **err)
{
    vr_autofree char *room = NULL;
    struct passwd entry;
    bool found = false;
    int e = find_user(NULL, uid, &entry, &room, &found);
    if (e)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Failed to look up user '%u'"), uid);
    int n = 16;
    gid_t *list = vr_alloc((size_t)n * sizeof(*list));
    if (!found) {
        list[0] = gid;
        n = 1;
    } else {
        /* With the user's own primary group, which no list of members names, and then the one asked for. */
        while (getgrouplist(entry.pw_name, entry.pw_gid, list, &n) < 0) {
            if (n > 65536) {
                free(list);
                return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("user '%s' is in too many groups"), entry.pw_name);
            }
            list = vr_realloc(list, (size_t)n, sizeof(*list));
        }
    }
    bool there = false;
    for (int i = 0; i < n; i++)
        there |= list[i] == gid;
    if (!there) {
        list = vr_realloc(list, (size_t)n + 1, sizeof(*list));
        list[n++] = gid;
    }
    *groups = list;
    *count = (size_t)n;
    return true;
}

bool vr_label_parse(const char *label, uid_t *uid, gid_t *gid, struct vr_error **err)
{
    const char *colon = strchr(label, ':');
    vr_autofree char *user = colon ? vr_strndup(label, (size_t)(colon - label)) : vr_strdup(label);
    uid_t u;
    gid_t g;
    if (!*user || !vr_user_parse(user, &u, err))
        return *user ? false : vr_fail(err, VIR_ERR_INVALID_ARG, _("Failed to parse uid and gid from '%s'"), label);
    if (colon) {
        if (!vr_group_parse(colon + 1, &g, err))
            return false;
    } else {
        vr_autofree char *room = NULL;
        struct passwd entry;
        bool found = false;
        if (find_user(NULL, u, &entry, &room, &found) || !found)
            return vr_fail(err, VIR_ERR_INVALID_ARG, _("Failed to parse uid and gid from '%s'"), label);
        g = entry.pw_gid;
    }
    *uid = u;
    *gid = g;
    return true;
}
