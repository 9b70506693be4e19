/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysfile.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"

#define MAX_LIST 65536

static const char *test_root = "";

void vr_sys_set_root(const char *root)
{
    test_root = root ? root : "";
}

static char *path_of(const char *fmt, va_list ap)
{
    vr_autofree char *path = vr_vprintf(fmt, ap);
    return vr_printf("%s%s", test_root, path);
}

#define PATH_FROM_ARGS(path, last)                                                                 \
    va_list ap;                                                                                    \
    va_start(ap, last);                                                                            \
    vr_autofree char *path = path_of(last, ap);                                                    \
    va_end(ap)

char *vr_sys_path(const char *fmt, ...)
{
    PATH_FROM_ARGS(path, fmt);
    return vr_take(path);
}

static bool read_bytes(struct vr_buf *b, const char *path)
{
    /* Nonblocking: some lie in directories of QEMU's user, who may put a pipe there. */
    vr_autoclose int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    while (fd >= 0) {
        ssize_t n = read(fd, vr_buf_room(b, 4096), 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            return true;
        vr_buf_added(b, (size_t)n);
        if (b->len > VR_SYS_MAX_FILE) {
            errno = EFBIG;
            return false;
        }
    }
    return false;
}

bool vr_sys_read_bytes(struct vr_buf *b, const char *path)
{
    vr_autofree char *real = vr_sys_path("%s", path);
    return read_bytes(b, real);
}

static char *read_path(const char *path)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    if (!read_bytes(&b, path))
        return NULL;
    if (!b.len)
        return vr_strdup(""); /* room was made and not used: there is no end yet */
    while (b.len && strchr(" \t\n", b.data[b.len - 1]))
        b.data[--b.len] = '\0';
    return vr_buf_take(&b);
}

char *vr_sys_read(const char *fmt, ...)
{
    PATH_FROM_ARGS(path, fmt);
    return read_path(path);
}

bool vr_sys_read_u64(uint64_t *out, const char *fmt, ...)
{
    PATH_FROM_ARGS(path, fmt);
    vr_autofree char *text = read_path(path);
    return text && vr_parse_u64(text, 10, UINT64_MAX, out);
}

int vr_sys_write(const char *text, const char *fmt, ...)
{
    PATH_FROM_ARGS(path, fmt);
    vr_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC | O_TRUNC);
    size_t len = strlen(text);
    ssize_t n = fd < 0 ? -1 : write(fd, text, len);
    return n == (ssize_t)len ? 0 : n < 0 ? errno : EIO;
}

bool vr_sys_exists(const char *fmt, ...)
{
    PATH_FROM_ARGS(path, fmt);
    return access(path, F_OK) == 0;
}

bool vr_sys_list_parse(const char *text, unsigned max_number, unsigned **out, size_t *n)
{
    unsigned *list = NULL;
    size_t count = 0, room = 0;
    while (*text) {
        char *end;
        unsigned long first = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : max_number + 1ul, last = first;
        if (first <= max_number && *end == '-' && end[1] >= '0' && end[1] <= '9')
            last = strtoul(end + 1, &end, 10);
        if (first > max_number || last > max_number || last < first || (*end != ',' && *end != '\0') ||
            count + (last - first) >= MAX_LIST) {
            free(list);
            return false;
        }
        for (unsigned long i = first; i <= last; i++) {
            VR_GROW(list, count, room);
            list[count++] = (unsigned)i;
        }
        text = *end == ',' ? end + 1 : end;
    }
    *out = list ? list : vr_alloc(sizeof(*list));
    *n = count;
    return true;
}

static int by_number(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? -1 : x > y;
}

bool vr_sys_numbered(const char *directory, const char *prefix, unsigned **out, size_t *n)
{
    vr_autofree char *path = vr_printf("%s%s", test_root, directory);
    DIR *d = opendir(path);
    unsigned *list = NULL;
    size_t count = 0, room = 0;
    struct dirent *e;
    if (!d)
        return false;
    while ((e = readdir(d)) && count < MAX_LIST) {
        uint64_t number;
        if (!vr_starts_with(e->d_name, prefix) || !vr_parse_u64(e->d_name + strlen(prefix), 10, UINT32_MAX, &number))
            continue;
        VR_GROW(list, count, room);
        list[count++] = (unsigned)number;
    }
    closedir(d);
    if (count)
        vr_sort(list, count, sizeof(*list), by_number);
    *out = list ? list : vr_alloc(sizeof(*list));
    *n = count;
    return true;
}

bool vr_sys_field(const char *text, const char *key, uint64_t *out)
{
    size_t len = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, len) != 0)
            continue;
        const char *at = line + len + strspn(line + len, " \t");
        char *end;
        if (at == line + len && !vr_ends_with(key, ":") && !vr_ends_with(key, " "))
            continue; /* "MemFree" is not "MemFreeze" */
        unsigned long long v = strtoull(at, &end, 10);
        if (end == at)
            return false;
        *out = v;
        return true;
    }
    return false;
}
