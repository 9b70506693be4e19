/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_SECRET
#include "secretfile.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/str.h"
#include "schema/xml.h"
#include "host/sysfile.h"

#define SUFFIX ".xml"
#define SECRETS_MAX 10000 /* documents looked at for one usage */

/* Whether the document is about that use: <usage type='ceph'><name>x</name></usage>. */
static bool is_for(const char *path, const struct vr_secret_key *key)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (!vr_sys_read_bytes(&text, path) || !text.len)
        return false;
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    const struct vr_xml_node *root = vr_xml_parse(arena, text.data, text.len, "(secret)", VIR_FROM_SECRET, NULL);
    const struct vr_xml_node *usage = root ? vr_xml_child(root, "usage") : NULL;
    const char *type = usage ? vr_xml_get(usage, "type") : NULL;
    if (!type || !vr_streq(type, key->usage_type))
        return false;
    for (const struct vr_xml_node *n = usage->first; n; n = n->next)
        if (n->kind == VR_XML_ELEMENT && vr_streq0(vr_xml_text(arena, n), key->usage))
            return true;
    return false;
}

static bool find_usage(const char *directory, const struct vr_secret_key *key, struct vr_uuid *uuid)
{
    DIR *dir = opendir(directory);
    bool found = false;
    unsigned n = 0;
    for (struct dirent *e; dir && !found && n < SECRETS_MAX && (e = readdir(dir));) {
        size_t len = strlen(e->d_name);
        if (len != VR_UUID_TEXT - 1 + sizeof(SUFFIX) - 1 || !vr_ends_with(e->d_name, SUFFIX))
            continue;
        n++;
        vr_autofree char *name = vr_strndup(e->d_name, VR_UUID_TEXT - 1);
        vr_autofree char *path = vr_printf("%s/%s", directory, e->d_name);
        found = vr_uuid_parse(name, uuid) && is_for(path, key);
    }
    if (dir)
        closedir(dir);
    return found;
}

bool vr_secret_file_read(const char *directory, const struct vr_secret_key *key, void **value, size_t *len,
                         struct vr_error **err)
{
    char text[VR_UUID_TEXT];
    struct vr_uuid uuid = key->uuid;
    if (!key->by_uuid && !find_usage(directory, key, &uuid))
        return vr_fail(err, VIR_ERR_NO_SECRET, _("no secret with matching usage '%s'"), key->usage ? key->usage : "");
    vr_uuid_format(&uuid, text);
    if (key->by_uuid && !vr_sys_exists("%s/%s" SUFFIX, directory, text))
        return vr_fail(err, VIR_ERR_NO_SECRET, _("no secret with matching uuid '%s'"), text);
    vr_autofree char *kept = vr_sys_read("%s/%s.base64", directory, text);
    void *bytes = kept ? vr_base64_decode(kept, len) : NULL;
    if (kept)
        explicit_bzero(kept, strlen(kept));
    if (!bytes)
        return vr_fail(err, VIR_ERR_NO_SECRET, _("secret '%s' does not have a value"), text);
    if (value) {
        *value = bytes;
    } else {
        explicit_bzero(bytes, *len);
        free(bytes);
    }
    return true;
}
