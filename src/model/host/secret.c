/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <secret> */
#define VR_ERROR_DOMAIN VIR_FROM_SECRET
#include "model/secret.h"

#include "tables.h"

VR_ENUM_NAMES(vr_secret_usage, VR_SECRET_USAGES)

#define D struct vr_secret_def
#define FOR(mask) VR_WHEN(D, usage, mask)
#define USE(T) VR_BIT(VR_SECRET_USAGE_##T)
/* What a use is identified by, and how its absence is told. */
#define ID(use, element, told)                                                                     \
    VR_T_STR(D, usage_id, element, FOR(USE(use)), .required = true, .missing_code = VIR_ERR_INTERNAL_ERROR, .missing = told)
static const struct vr_row usage_rows[] = {
    VR_A_ENUM(D, usage, "type", vr_secret_usage_names, .required = true, .missing = "unknown secret usage type",
              .bad = "unknown secret usage type %s", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    ID(VOLUME, "volume", "volume usage specified, but volume path is missing"),
    ID(CEPH, "name", "Ceph usage specified, but name is missing"),
    ID(ISCSI, "target", "iSCSI usage specified, but target is missing"),
    ID(TLS, "name", "TLS usage specified, but name is missing"),
    ID(VTPM, "name", "vTPM usage specified, but name is missing"),
    VR_END,
};

static bool usage_said(const void *base, const struct vr_format *f)
{
    return ((const D *)base)->usage > VR_SECRET_USAGE_NONE;
}
static const struct vr_row secret_rows[] = {
    VR_A_YESNO(D, ephemeral, "ephemeral", .bad = "invalid value of 'ephemeral'"),
    VR_A_YESNO(D, is_private, "private", .bad = "invalid value of 'private'"),
    VR_T_UUID(D, uuid, has_uuid, "uuid", .bad = "malformed uuid element", .bad_code = VIR_ERR_INTERNAL_ERROR),
    VR_T_STR(D, description, "description", .unless_empty = true),
    VR_GROUP("usage", usage_rows, .when = usage_said),
    VR_END,
};

static bool secret_complete(void *def, unsigned flags, struct vr_error **err)
{
    D *d = def;
    if (!d->ephemeral)
        d->ephemeral = VR_TRI_NO;
    if (!d->is_private)
        d->is_private = VR_TRI_NO;
    if (!d->usage)
        d->usage = VR_SECRET_USAGE_NONE;
    if (!d->has_uuid) {
        vr_uuid_generate(&d->uuid);
        d->has_uuid = true;
    }
    return true;
}

static const struct vr_xml_elem secret_elem = { .name = "secret", .size = sizeof(D), .rows = secret_rows };

const struct vr_document vr_secret_def_document = {
    .family = "secret", .schema = "secret", .title = "Secret", .what = "(definition_of_secret)",
    .domain = VIR_FROM_SECRET, .elem = &secret_elem, .complete = secret_complete,
};
