/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.firmware"
#include "qemu/caps/firmware.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"

#define MAX_DESCRIPTOR (1024 * 1024)
#define MAX_FILES 1024

struct file {
    char *name, *path;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

/* Adds the directory's files; one of the same name takes the place of an earlier one. */
static void scan(const char *dir, struct file *files, size_t *n)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && (e = readdir(d))) {
        size_t at = 0;
        if (!vr_ends_with(e->d_name, ".json") || e->d_name[0] == '.')
            continue;
        while (at < *n && !vr_streq(files[at].name, e->d_name))
            at++;
        if (at == MAX_FILES)
            break;
        if (at == *n) {
            files[(*n)++].name = vr_strdup(e->d_name);
        } else {
            free(files[at].path);
        }
        files[at].path = vr_printf("%s/%s", dir, e->d_name);
    }
    if (d)
        closedir(d);
}

static char *read_file(const char *path, size_t *len)
{
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_DESCRIPTOR)
        return NULL;
    char *text = vr_alloc(st.st_size + 1);
    ssize_t n = read(fd, text, st.st_size);
    *len = n < 0 ? 0 : n;
    return text;
}

static bool lists(const struct vr_json *array, const char *text)
{
    for (size_t i = 0; i < vr_json_len(array); i++)
        if (vr_streq0(vr_json_as_str(vr_json_at(array, i)), text))
            return true;
    return false;
}

static void read_targets(struct vr_firmware_list *list, struct vr_firmware_image *fw, const struct vr_json *targets)
{
    size_t n = vr_json_len(targets) < 64 ? vr_json_len(targets) : 64;
    fw->targets = vr_arena_alloc(list->arena, (n + 1) * sizeof(*fw->targets));
    for (size_t i = 0; i < n; i++) {
        const struct vr_json *t = vr_json_at(targets, i), *machines = vr_json_get_array(t, "machines");
        const char *arch = vr_json_get_str(t, "architecture");
        size_t m = vr_json_len(machines) < 256 ? vr_json_len(machines) : 256;
        const char **patterns = vr_arena_alloc(list->arena, (m + 1) * sizeof(*patterns));
        if (!arch)
            continue;
        for (size_t k = 0, used = 0; k < m; k++)
            if (vr_json_as_str(vr_json_at(machines, k)))
                patterns[used++] = vr_arena_strdup(list->arena, vr_json_as_str(vr_json_at(machines, k)));
        fw->targets[fw->n_targets++] = (struct vr_firmware_target){
            vr_arena_strdup(list->arena, vr_streq(arch, "i386") ? "i686" : arch), patterns };
    }
}

static bool read_descriptor(struct vr_firmware_list *list, const char *path, const struct vr_json *doc)
{
    struct vr_firmware_image fw = { .descriptor = vr_arena_strdup(list->arena, path) };
    const struct vr_json *interfaces = vr_json_get_array(doc, "interface-types");
    const struct vr_json *mapping = vr_json_get_object(doc, "mapping"), *features = vr_json_get_array(doc, "features");
    const char *device = vr_json_get_str(mapping, "device");
    fw.uefi = lists(interfaces, "uefi");
    fw.bios = lists(interfaces, "bios");
    fw.flash = vr_streq0(device, "flash");
    if (fw.flash) {
        const struct vr_json *exe = vr_json_get_object(mapping, "executable"),
                             *vars = vr_json_get_object(mapping, "nvram-template");
        fw.executable = vr_arena_strdup(list->arena, vr_json_get_str(exe, "filename"));
        fw.executable_format = vr_arena_strdup(list->arena, vr_json_get_str(exe, "format"));
        fw.vars = vr_arena_strdup(list->arena, vr_json_get_str(vars, "filename"));
        fw.vars_format = vr_arena_strdup(list->arena, vr_json_get_str(vars, "format"));
    } else if (vr_streq0(device, "memory")) {
        fw.executable = vr_arena_strdup(list->arena, vr_json_get_str(mapping, "filename"));
    }
    if (!fw.executable || (!fw.uefi && !fw.bios))
        return false;
    fw.secure_boot = lists(features, "secure-boot");
    fw.enrolled_keys = lists(features, "enrolled-keys");
    fw.requires_smm = lists(features, "requires-smm");
    fw.acpi_s3 = lists(features, "acpi-s3");
    fw.acpi_s4 = lists(features, "acpi-s4");
    read_targets(list, &fw, vr_json_get_array(doc, "targets"));
    list->v[list->n++] = fw;
    return true;
}

struct vr_firmware_list *vr_firmware_load(const char *const *dirs)
{
    static const char *const usual[] = { "/usr/share/qemu/firmware", "/etc/qemu/firmware", NULL };
    struct vr_arena *arena = vr_arena_new();
    struct vr_firmware_list *list = vr_arena_new_of(arena, struct vr_firmware_list);
    struct file *files = vr_realloc(NULL, MAX_FILES, sizeof(*files));
    size_t n = 0;
    list->arena = arena;
    for (size_t i = 0; (dirs ? dirs : usual)[i]; i++)
        scan((dirs ? dirs : usual)[i], files, &n);
    vr_sort(files, n, sizeof(*files), by_name); /* names begin with their priority */
    list->v = vr_arena_alloc(arena, (n + 1) * sizeof(*list->v));
    for (size_t i = 0; i < n; i++) {
        size_t len = 0;
        vr_autofree char *text = read_file(files[i].path, &len);
        VR_AUTO(vr_error) *err = NULL;
        VR_AUTO(vr_json) *doc = text && len ? vr_json_parse(text, len, &err) : NULL;
        if (!doc ? (text && len) : !read_descriptor(list, files[i].path, doc))
            vr_warn("firmware descriptor '%s' is not understood: %s", files[i].path,
                    err ? vr_error_text(err) : "no executable or no known interface");
        free(files[i].name);
        free(files[i].path);
    }
    free(files);
    return list;
}

void vr_firmware_list_free(struct vr_firmware_list *list)
{
    if (list)
        vr_arena_free(list->arena);
}

bool vr_firmware_fits(const struct vr_firmware_image *fw, const char *arch, const char *machine)
{
    for (size_t i = 0; i < fw->n_targets; i++) {
        if (!vr_streq(fw->targets[i].arch, arch))
            continue;
        for (size_t m = 0; fw->targets[i].machines[m]; m++)
            if (fnmatch(fw->targets[i].machines[m], machine, 0) == 0)
                return true;
    }
    return false;
}
