/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "paths.h"

#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include "alloc.h"
#include "config.h"

const char *vr_root(void)
{
    static const char *root;
    if (!root) {
        const char *text = getauxval(AT_SECURE) ? NULL : getenv("VIREO_ROOT");
        size_t n = text && text[0] == '/' ? strlen(text) : 0;
        while (n && text[n - 1] == '/')
            n--;
        root = n ? vr_strndup(text, n) : "";
    }
    return root;
}

char *vr_path(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *path = vr_vprintf(fmt, ap);
    va_end(ap);
    return vr_printf("%s%s", vr_root(), path);
}

const char *vr_path_shown(const char *path)
{
    size_t n = strlen(vr_root());
    return n && strncmp(path, vr_root(), n) == 0 && path[n] == '/' ? path + n : path;
}

static char *xdg(const char *variable, const char *fallback)
{
    const char *base = getenv(variable);
    if (base && base[0] == '/')
        return vr_printf("%s/libvirt", base);
    const char *home = getenv("HOME");
    if (!home || home[0] != '/') {
        const struct passwd *pw = getpwuid(getuid());
        home = pw && pw->pw_dir ? pw->pw_dir : "/";
    }
    return vr_printf("%s/%s/libvirt", home, fallback);
}

void vr_dirs_init(struct vr_dirs *d, bool session)
{
    d->session = session;
    if (!session) {
        d->config = vr_path("%s/libvirt", VR_SYSCONFDIR);
        d->run = vr_path("%s/libvirt", VR_RUNSTATEDIR);
        d->lib = vr_path("%s/lib/libvirt", VR_LOCALSTATEDIR);
        d->cache = vr_path("%s/cache/libvirt", VR_LOCALSTATEDIR);
        d->log = vr_path("%s/log/libvirt", VR_LOCALSTATEDIR);
        return;
    }
    d->config = xdg("XDG_CONFIG_HOME", ".config");
    d->cache = xdg("XDG_CACHE_HOME", ".cache");
    const char *run = getenv("XDG_RUNTIME_DIR");
    d->run = run && run[0] == '/' ? vr_printf("%s/libvirt", run) : vr_strdup(d->cache);
    d->lib = vr_strdup(d->config);
    d->log = vr_strdup(d->cache);
}

void vr_dirs_done(struct vr_dirs *d)
{
    free(d->config);
    free(d->run);
    free(d->lib);
    free(d->cache);
    free(d->log);
    *d = (struct vr_dirs){ 0 };
}

char *vr_helper_path(const char *name)
{
    const char *dir = getauxval(AT_SECURE) ? NULL : getenv("VIREO_HELPERS");
    if (dir && dir[0] == '/')
        return vr_printf("%s/%s", dir, name);
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n > 0) {
        self[n] = '\0';
        char *beside = vr_printf("%s/%s", dirname(self), name);
        if (access(beside, X_OK) == 0)
            return beside;
        free(beside);
    }
    return vr_printf("%s/%s", VR_LIBEXECDIR, name);
}
