/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_HOOK
#define VR_LOG_SOURCE "driver.hook"
#include "hook.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/child.h"

#define LOOK_TIME VR_SEC(10) /* to read a directory of /etc */
#define SCRIPTS_MAX 1024

static const char *const drivers[] = { "daemon", "qemu", "lxc", "libxl", "network", "bhyve", NULL };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char *dir;      /* with the root prefix; NULL: no hooks */
    bool present[VR_COUNT(drivers)];
} known;

/* ---- finding scripts: on a worker, or before the loop ---- */

static bool is_script(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

struct scripts {
    char *main, *dir;
    char **paths;
    size_t count, capacity;
};

static void add_script(struct scripts *s, char *path)
{
    if (s->count >= SCRIPTS_MAX || !is_script(path)) {
        free(path);
        return;
    }
    VR_GROW(s->paths, s->count, s->capacity);
    s->paths[s->count++] = path;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_scripts(void *arg)
{
    struct scripts *s = arg;
    add_script(s, vr_strdup(s->main));
    size_t first = s->count;
    DIR *dir = opendir(s->dir);
    const struct dirent *e;
    while (dir && (e = readdir(dir)))
        if (e->d_name[0] != '.')
            add_script(s, vr_printf("%s/%s", s->dir, e->d_name));
    if (dir)
        closedir(dir);
    if (s->count > first)
        vr_sort(s->paths + first, s->count - first, sizeof(*s->paths), by_path);
}

static struct scripts *scripts_of(const char *dir, const char *driver)
{
    struct scripts *s = vr_new(struct scripts);
    s->main = vr_printf("%s/%s", dir, driver);
    s->dir = vr_printf("%s/%s.d", dir, driver);
    return s;
}

static void free_scripts(void *arg)
{
    struct scripts *s = arg;
    for (size_t i = 0; i < s->count; i++)
        free(s->paths[i]);
    free(s->paths);
    free(s->main);
    free(s->dir);
    free(s);
}

void vr_hooks_load(const struct vr_dirs *dirs)
{
    bool present[VR_COUNT(drivers)] = { false };
    vr_autofree char *dir = dirs->session ? NULL : vr_printf("%s/hooks", dirs->config);
    for (size_t i = 0; dir && drivers[i]; i++) {
        struct scripts *s = scripts_of(dir, drivers[i]);
        find_scripts(s);
        present[i] = s->count > 0;
        free_scripts(s);
    }
    pthread_mutex_lock(&lock);
    free(known.dir);
    known.dir = vr_take(dir);
    memcpy(known.present, present, sizeof(present));
    pthread_mutex_unlock(&lock);
}

/* malloc'd directory when the driver has scripts. */
static char *dir_for(const char *driver)
{
    int index = vr_name_index(drivers, driver);
    char *dir = NULL;
    pthread_mutex_lock(&lock);
    if (index >= 0 && known.present[index])
        dir = vr_strdup(known.dir);
    pthread_mutex_unlock(&lock);
    return dir;
}

bool vr_hook_present(const char *driver)
{
    vr_autofree char *dir = dir_for(driver);
    return dir != NULL;
}

/* ---- running them ---- */

static bool blank(const char *text)
{
    return !text || text[strspn(text, " \t\r\n")] == 0;
}

static VR_SUSPENDS bool run_script(const struct vr_hook *hook, const char *path, const char *input, char **output,
                                   struct vr_error **err)
{
    const char *path_now = getenv("PATH"), *home_now = getenv("HOME");
    vr_autofree char *search = vr_printf("PATH=%s", path_now ? path_now : "/usr/sbin:/usr/bin:/sbin:/bin");
    vr_autofree char *home = vr_printf("HOME=%s", home_now ? home_now : "/");
    const char *const argv[] = { path, hook->object, hook->operation, hook->sub, hook->extra, NULL };
    const char *const env[] = { "LC_ALL=C", search, home, NULL };
    const struct vr_child child = {
        .argv = argv, .env = env, .input = input, .input_len = input ? strlen(input) : 0,
        .output_max = 16 * 1024 * 1024, .deadline = hook->deadline,
    };
    vr_autochild struct vr_child_result result = { 0 };
    struct vr_error *why = NULL;
    if (!vr_child_run_ok(&child, &result, &why)) {
        vr_fail(err, VIR_ERR_HOOK_SCRIPT_FAILED, "%s", vr_error_text(why));
        vr_error_free(why);
        return false;
    }
    if (!blank(result.out.data)) {
        free(*output);
        *output = vr_buf_take(&result.out);
    }
    return true;
}

VR_SUSPENDS bool vr_hook_call(const struct vr_hook *hook, char **output, struct vr_error **err)
{
    vr_autofree char *dir = dir_for(hook->driver);
    if (output)
        *output = NULL;
    if (!dir)
        return true;
    struct scripts *s = scripts_of(dir, hook->driver);
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "hooks", find_scripts, s, free_scripts,
                       vr_sooner(hook->deadline, vr_after(LOOK_TIME)), err))
        return vr_error_prefix(err, _("looking for hooks: "));
    vr_autofree char *written = NULL;
    bool ok = true;
    for (size_t i = 0; i < s->count; i++) {
        struct vr_error *why = NULL;
        if (!run_script(hook, s->paths[i], written ? written : hook->input, &written, &why)) {
            vr_logerr("%s", vr_error_text(why));
            ok = vr_error_move(err, &why);
        }
    }
    free_scripts(s);
    if (output && ok)
        *output = vr_take(written);
    return ok;
}
