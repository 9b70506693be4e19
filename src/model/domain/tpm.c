/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <tpm> */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include "base/str.h"

VR_ENUM_NAMES(vr_tpm_model, VR_TPM_MODELS)
VR_ENUM_NAMES(vr_tpm_backend, VR_TPM_BACKENDS)
VR_ENUM_NAMES(vr_tpm_version, VR_TPM_VERSIONS)

#define TPM struct vr_tpm
#define IS(T) VR_WHEN(TPM, backend, VR_BIT(VR_TPM_BACKEND_##T))

static const struct vr_row device_rows[] = { VR_A_STR(TPM, device_path, "path"), VR_END };
static const struct vr_row encryption_rows[] = {
    VR_A_UUID(TPM, encryption_secret, has_encryption_secret, "secret", .bad = "Unable to parse secret uuid '%s'"),
        VR_END,
};
static const struct vr_row banks_rows[] = {
    VR_PRESENT(TPM, pcr_banks.sha1, "sha1"), VR_PRESENT(TPM, pcr_banks.sha256, "sha256"),
    VR_PRESENT(TPM, pcr_banks.sha384, "sha384"), VR_PRESENT(TPM, pcr_banks.sha512, "sha512"), VR_END,
};
/* <source type='unix' mode='connect' path='...'/>: type= is read like a character device's */
#define CHR struct vr_chr_source
static const struct vr_row external_rows[] = {
    VR_A_ENUM(CHR, type, "type", vr_chr_type_names),
    VR_A_ENUM(CHR, mode, "mode", vr_chr_source_mode_names),
    VR_A_STR(CHR, path, "path"),
    VR_CHILD(CHR, reconnect, "reconnect", vr_reconnect_elem),
    VR_END,
};
static const struct vr_xml_elem external_elem = { .name = "source", .size = sizeof(CHR), .rows = external_rows };

static bool version_shown(const void *base, const struct vr_format *f)
{
    return true;
}
static const struct vr_row backend_rows[] = {
    VR_A_ENUM(TPM, backend, "type", vr_tpm_backend_names, .bad = "Unknown TPM backend type '%s'", .bad_code =
              VIR_ERR_CONFIG_UNSUPPORTED,
              .required = true, .missing = "missing TPM device backend type"),
    VR_A_ENUM(TPM, version, "version", vr_tpm_version_names, IS(EMULATOR), .when = version_shown,
              .bad = "Unsupported TPM version '%s'", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_A_YESNO(TPM, persistent_state, "persistent_state", IS(EMULATOR)),
    VR_GROUP("device", device_rows, IS(PASSTHROUGH)),
    VR_GROUP("encryption", encryption_rows, IS(EMULATOR)),
    VR_GROUP("active_pcr_banks", banks_rows, IS(EMULATOR), .has = VR_HAS(TPM, has_pcr_banks)),
    VR_CHILD(TPM, external, "source", external_elem, IS(EXTERNAL)),
    VR_END,
};
static const struct vr_row tpm_rows[] = {
    VR_A_ENUM(TPM, model, "model", vr_tpm_model_names),
    VR_GROUP("backend", backend_rows),
    VR_INFO(TPM),
    VR_END,
};

static bool tpm_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    if (vr_xml_count(node, "backend") > 1)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("only one TPM backend is supported"));
    if (!vr_xml_count(node, "backend"))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing TPM device backend"));
    return true;
}

static bool tpm_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    TPM *t = obj;
    const struct vr_xml_node *b = vr_xml_child(node, "backend");
    if (t->backend == VR_TPM_BACKEND_PASSTHROUGH && !t->device_path)
        t->device_path = "/dev/tpm0";
    if (t->backend == VR_TPM_BACKEND_EXTERNAL) {
        if (!t->external)
            return vr_parse_fail(p, b, err, VIR_ERR_XML_ERROR, _("missing external TPM backend source"));
        if (t->external->type != VR_CHR_UNIX)
            return vr_parse_fail(p, b, err, VIR_ERR_XML_ERROR,
                                 _("only source type 'unix' is supported for external TPM device"));
        if (t->external->mode == VR_CHR_SOURCE_BIND)
            return vr_parse_fail(p, b, err, VIR_ERR_XML_ERROR,
                                 _("only 'client' mode is supported for external TPM device"));
        if (!t->external->path)
            return vr_parse_fail(p, b, err, VIR_ERR_XML_ERROR, _("missing socket path for external TPM device"));
        t->external->mode = VR_CHR_SOURCE_CONNECT;
    }
    return true;
}
const struct vr_xml_elem vr_tpm_elem = {
    .name = "tpm", .size = sizeof(TPM), .rows = tpm_rows, .own_arena = true, .before_parse = tpm_before, .after_parse =
        tpm_after,
};
