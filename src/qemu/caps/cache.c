/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capabilities on disk. A probe costs a QEMU start; a cache file saves it as long as the emulator's file and the host's
 * CPU are the same. A damaged or foreign cache file is no error: it is made anew.
 */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "config.h"
#include "qemu/caps/caps.h"

#define MAX_CACHE (8 * 1024 * 1024)

/* What a cached document is valid for, as one line of text. */
static bool file_key(const char *path, char **key, struct vr_error **err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Cannot check QEMU binary %s"), path);
    if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, S_ISREG(st.st_mode) ? EACCES : EISDIR,
                             _("QEMU binary %s is not executable"), path);
    *key = vr_printf("%s %llu:%llu %lld.%09ld %lld", path, (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
                     (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_size);
    return true;
}

static char *host_cpu(void)
{
    vr_autoclose int fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    char text[4096];
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0)
        return vr_strdup("unknown");
    text[n] = '\0';
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    const char *const keys[] = { "vendor_id", "cpu family", "model", "stepping", "microcode", "flags" };
    for (size_t i = 0; i < VR_COUNT(keys); i++) {
        char *at = strstr(text, keys[i]);
        char *end = at ? strchr(at, '\n') : NULL;
        if (end)
            vr_buf_printf(&out, "%016llx", (unsigned long long)vr_hash_bytes(at, end - at));
    }
    vr_buf_char(&out, access("/dev/kvm", R_OK | W_OK) == 0 ? 'k' : 't');
    return vr_buf_take(&out);
}

static char *cache_path(const char *dir, const char *emulator)
{
    return vr_printf("%s/%016llx.json", dir, (unsigned long long)vr_hash_bytes(emulator, strlen(emulator)));
}

static struct vr_json *read_cache(const char *path, const char *key, const char *cpu)
{
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_CACHE)
        return NULL;
    if (st.st_uid != geteuid()) /* the directory may be QEMU's own: what a guest wrote there is not believed */
        return NULL;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    for (;;) {
        void *room = vr_buf_room(&text, 65536);
        ssize_t n = read(fd, room, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || text.len > MAX_CACHE)
            return NULL;
        if (n == 0)
            break;
        vr_buf_added(&text, n);
    }
    if (!text.len)
        return NULL;
    VR_AUTO(vr_json) *doc = vr_json_parse(text.data, text.len, NULL);
    if (!doc || !vr_streq0(vr_json_get_str(doc, "emulator"), key) ||
        !vr_streq0(vr_json_get_str(doc, "host-cpu"), cpu) || !vr_streq0(vr_json_get_str(doc, "build"), VR_VERSION))
        return NULL;
    return vr_json_ref(doc);
}

static void write_cache(const char *dir, const char *path, const struct vr_json *doc)
{
    vr_autofree char *text = vr_json_print(doc);
    vr_autofree char *tmp = vr_printf("%s.%d.tmp", path, (int)getpid());
    mkdir(dir, 0755);
    vr_autoclose int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    size_t len = strlen(text), done = 0;
    while (fd >= 0 && done < len) {
        ssize_t n = write(fd, text + done, len - done);
        if (n < 0 && errno != EINTR)
            break;
        done += n > 0 ? n : 0;
    }
    /* No fsync: a torn file is recognised and made anew, and waiting for a disk here would cost more than a probe. */
    if (done != len || rename(tmp, path) < 0)
        unlink(tmp);
}

/* The emulators that exist, for the error that names one that does not. */
static void name_existing(struct vr_error **err)
{
    glob_t found;
    vr_autobuf struct vr_buf names = VR_BUF_INIT;
    if (!err || !*err || glob("/usr/bin/qemu-system-*", 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc && i < 32; i++)
        if (access(found.gl_pathv[i], X_OK) == 0)
            vr_buf_printf(&names, "%s%s", names.len ? ", " : "", found.gl_pathv[i]);
    globfree(&found);
    if (names.len)
        vr_error_suffix(err, _("; emulators on this host: %s"), names.data);
}

struct vr_qemu_caps *vr_qemu_caps_load(const char *path, const char *cache_dir, vr_time deadline, struct vr_error **err)
{
    vr_autofree char *key = NULL;
    vr_autofree char *cpu = host_cpu();
    if (!file_key(path, &key, err)) {
        name_existing(err);
        return NULL;
    }
    vr_autofree char *file = cache_dir ? cache_path(cache_dir, path) : NULL;
    VR_AUTO(vr_json) *doc = file ? read_cache(file, key, cpu) : NULL;
    struct vr_qemu_caps *caps = doc ? vr_qemu_caps_from_json(doc, path, NULL) : NULL;
    if (!caps) {
        vr_json_free(vr_take(doc));
        doc = vr_qemu_caps_probe(path, deadline, err);
        if (!doc)
            return NULL;
        vr_json_add_str(doc, "emulator", key);
        vr_json_add_str(doc, "host-cpu", cpu);
        vr_json_add_str(doc, "build", VR_VERSION);
        caps = vr_qemu_caps_from_json(doc, path, err);
        if (caps && file)
            write_cache(cache_dir, file, doc);
    }
    if (caps)
        caps->file_key = vr_arena_strdup(caps->arena, key);
    return caps;
}

bool vr_qemu_caps_fresh(const struct vr_qemu_caps *caps)
{
    vr_autofree char *key = NULL;
    return caps->file_key && file_key(caps->path, &key, NULL) && vr_streq(key, caps->file_key);
}

char *vr_qemu_default_emulator(const char *arch)
{
    const char *target = vr_streq(arch, "i686")     ? "i386"
                         : vr_streq(arch, "armv7l") ? "arm"
                         : vr_streq(arch, "armv6l") ? "arm"
                                                    : arch;
    return vr_printf("/usr/bin/qemu-system-%s", target);
}
