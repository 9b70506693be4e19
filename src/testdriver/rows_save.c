/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saving to files and back, core dumps. A saved guest is a mark, a length and its document. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "internal.h"

static const char mark[] = "TestGuestMagic"; /* its NUL is in the file */
#define TEXT_MAX (16 * 1024 * 1024)

static bool write_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_image(const struct vr_domain_def *def, const char *path, struct vr_error **err)
{
    vr_autofree char *xml = vr_domain_format(def, VR_DOMAIN_SECURE);
    vr_autoclose int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "saving domain '%s' to '%s': open failed", def->name, path);
    int32_t len = (int32_t)strlen(xml);
    if (!write_all(fd, mark, sizeof(mark)) || !write_all(fd, &len, sizeof(len)) || !write_all(fd, xml, (size_t)len)) {
        int failed = errno;
        unlink(path);
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, failed, "saving domain '%s' to '%s': write failed", def->name, path);
    }
    return true;
}

/* As many bytes as there are, at most @len; -1 with errno. */
static ssize_t read_up_to(int fd, void *data, size_t len)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = read(fd, (char *)data + got, len - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

static bool incomplete(struct vr_error **err, const char *what, const char *path, ssize_t got)
{
    return got < 0 ? vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "incomplete %s in '%s'", what, path)
                   : vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, 0, "incomplete %s in '%s': Success", what, path);
}

static struct vr_domain_def *read_image(const char *path, struct vr_error **err)
{
    char magic[sizeof(mark)];
    int32_t len;
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "cannot read domain image '%s'", path);
        return NULL;
    }
    ssize_t got = read_up_to(fd, magic, sizeof(magic));
    if (got != sizeof(magic)) {
        incomplete(err, "save header", path, got);
        return NULL;
    }
    if (memcmp(magic, mark, sizeof(mark)) != 0) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", "mismatched header magic");
        return NULL;
    }
    got = read_up_to(fd, &len, sizeof(len));
    if (got != sizeof(len)) {
        if (got < 0)
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "failed to read metadata length in '%s'", path);
        else
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, 0, "failed to read metadata length in '%s': Success", path);
        return NULL;
    }
    if (len < 1 || len > TEXT_MAX) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", "length of metadata out of range");
        return NULL;
    }
    vr_autofree char *xml = vr_alloc((size_t)len + 1);
    got = read_up_to(fd, xml, (size_t)len);
    if (got != len) {
        incomplete(err, "metadata", path, got);
        return NULL;
    }
    return vr_test_domain_parse(xml, (size_t)len, 0, err);
}

static bool save(struct vr_call *call, const struct vr_nonnull_domain *d, const char *path, const char *xml,
                 struct vr_error **err)
{
    struct vr_test *test = vr_test_of(call);
    if (xml)
        return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, "%s", "xml modification unsupported");
    struct vr_test_domain *dom = vr_test_domain_running(call, d, err);
    if (!dom || !write_image(dom->def, path, err))
        return false;
    vr_test_domain_stop(dom, VIR_DOMAIN_SHUTOFF_SAVED);
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SAVED);
    vr_test_domain_settle(test, dom);
    return true;
}

VR_FN(save_plain, domain_save_args, void)
{
    return save(call, &in->dom, in->to, NULL, err);
}

VR_FN(save_flags, domain_save_flags_args, void)
{
    return save(call, &in->dom, in->to, in->dxml, err);
}

static bool restore(struct vr_call *call, const char *path, const char *xml, struct vr_error **err)
{
    struct vr_test *test = vr_test_of(call);
    if (xml)
        return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, "%s", "xml modification unsupported");
    struct vr_domain_def *def = read_image(path, err);
    struct vr_test_domain *dom = def ? vr_test_domain_add(test, def, true, false, err) : NULL;
    if (!dom)
        return false;
    vr_test_domain_start(test, dom, VIR_DOMAIN_RUNNING_RESTORED);
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_RESTORED);
    return true;
}

VR_FN(restore_plain, domain_restore_args, void)
{
    return restore(call, in->from, NULL, err);
}

VR_FN(restore_flags, domain_restore_flags_args, void)
{
    return restore(call, in->from, in->dxml, err);
}

VR_FN(image_get, domain_save_image_get_xml_desc_args, domain_save_image_get_xml_desc_ret)
{
    VR_AUTO(vr_domain_def) *def = read_image(in->file, err);
    if (!def)
        return false;
    vr_autofree char *xml = vr_domain_format(def, VR_DOMAIN_INACTIVE | (call->flags & VIR_DOMAIN_XML_SECURE));
    out->xml = vr_arena_strdup(call->arena, xml);
    return true;
}

VR_FN(image_define, domain_save_image_define_xml_args, void)
{
    VR_AUTO(vr_domain_def) *old = read_image(in->file, err);
    if (!old)
        return false;
    VR_AUTO(vr_domain_def) *def = vr_test_domain_parse(in->dxml, strlen(in->dxml), 0, err);
    return def && write_image(def, in->file, err);
}

/* ---- managed save ------------------------------------------------------------------------------------------------ */

VR_FN(managed_save, domain_managed_save_args, void)
{
    struct vr_test *test = vr_test_of(call);
    struct vr_test_domain *dom = vr_test_domain_running(call, &in->dom, err);
    if (!dom)
        return false;
    if (!dom->persistent)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "cannot do managed save for transient domain");
    vr_test_domain_stop(dom, VIR_DOMAIN_SHUTOFF_SAVED);
    vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SAVED);
    dom->saved = true;
    return true;
}

VR_FN(has_managed_save, domain_has_managed_save_image_args, domain_has_managed_save_image_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (dom)
        out->result = dom->saved;
    return dom != NULL;
}

VR_FN(managed_save_remove, domain_managed_save_remove_args, void)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (dom)
        dom->saved = false;
    return dom != NULL;
}

/* ---- core dumps -------------------------------------------------------------------------------------------------- */

static bool dump(struct vr_call *call, const struct vr_nonnull_domain *d, const char *path, unsigned format,
                 unsigned flags, struct vr_error **err)
{
    struct vr_test *test = vr_test_of(call);
    if (flags & ~(unsigned)VIR_DUMP_CRASH)
        return vr_fail_flags(err, VIR_FROM_TEST, flags & ~(unsigned)VIR_DUMP_CRASH, "testDomainCoreDumpWithFormat");
    struct vr_test_domain *dom = vr_test_domain_running(call, d, err);
    if (!dom)
        return false;
    const char *name = dom->def->name;
    vr_autoclose int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "domain '%s' coredump: failed to open %s", name, path);
    if (!write_all(fd, mark, sizeof(mark)))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "domain '%s' coredump: failed to write header to %s", name,
                             path);
    if (format != VIR_DOMAIN_CORE_DUMP_FORMAT_RAW)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", "kdump-compressed format is not supported here");
    if (flags & VIR_DUMP_CRASH) {
        vr_test_domain_stop(dom, VIR_DOMAIN_SHUTOFF_CRASHED);
        vr_test_domain_event(test, dom, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_CRASHED);
        vr_test_domain_settle(test, dom);
    }
    return true;
}

VR_FN(core_dump, domain_core_dump_args, void)
{
    return dump(call, &in->dom, in->to, VIR_DOMAIN_CORE_DUMP_FORMAT_RAW, in->flags, err);
}

VR_FN(core_dump_with_format, domain_core_dump_with_format_args, void)
{
    return dump(call, &in->dom, in->to, in->dumpformat, in->flags, err);
}

const struct vr_driver_row vr_test_save_rows[] = {
    VR_ROW(domain_save, save_plain, 0),
    VR_ROW(domain_save_flags, save_flags, 0),
    VR_ROW(domain_restore, restore_plain, 0),
    VR_ROW(domain_restore_flags, restore_flags, 0),
    VR_ROW(domain_save_image_get_xml_desc, image_get, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE),
    VR_ROW(domain_save_image_define_xml, image_define, VIR_DOMAIN_SAVE_RUNNING | VIR_DOMAIN_SAVE_PAUSED),
    VR_ROW(domain_managed_save, managed_save, VIR_DOMAIN_SAVE_BYPASS_CACHE | VIR_DOMAIN_SAVE_RUNNING |
           VIR_DOMAIN_SAVE_PAUSED),
    VR_ROW(domain_has_managed_save_image, has_managed_save, 0),
    VR_ROW(domain_managed_save_remove, managed_save_remove, 0),
    VR_ROW(domain_core_dump, core_dump, UINT32_MAX),
    VR_ROW(domain_core_dump_with_format, core_dump_with_format, UINT32_MAX),
    { 0 },
};
