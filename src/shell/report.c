/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines on stdout and stderr and in the log file, and the library's last error behind them. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"

static const char *const level_names[] = { "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR" };

bool vr_write_all(int fd, const void *data, size_t len)
{
    const char *p = data;
    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

void vr_shell_log_open(struct vr_shell *sh, const char *path)
{
    if (sh->log_fd >= 0)
        close(sh->log_fd);
    sh->log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (sh->log_fd < 0) {
        vr_shell_error(sh, "%s", _("failed to open the log file. check the log file path"));
        exit(EXIT_FAILURE);
    }
}

static void log_line(struct vr_shell *sh, int level, const char *text)
{
    if (sh->log_fd < 0)
        return;
    char stamp[32];
    time_t now = time(NULL);
    struct tm tm;
    strftime(stamp, sizeof(stamp), "%Y.%m.%d %H:%M:%S", localtime_r(&now, &tm));
    size_t len = strlen(text);
    while (len && text[len - 1] == '\n')
        len--;
    vr_autofree char *line = vr_printf("[%s %s %d] %s %.*s\n", stamp, sh->program->name, (int)getpid(), level_names[level],
                                       (int)len, text);
    if (!vr_write_all(sh->log_fd, line, strlen(line))) {
        close(sh->log_fd);
        sh->log_fd = -1;
        fprintf(stderr, "%s%s\n", _("error: "), _("failed to write the log file"));
    }
}

bool vr_shell_error(struct vr_shell *sh, const char *fmt, ...)
{
    if (sh->silent)
        return false;
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    log_line(sh, VR_SH_ERROR, text);
    fflush(stdout); /* results and errors in the order they came about */
    fprintf(stderr, sh->colour ? "\033[1;31m%s\033[0m%s\n" : "%s%s\n", _("error: "), text);
    fflush(stderr);
    return false;
}

/* The connection is gone: one line says what failed and why. */
bool vr_says_lost(const virError *e)
{
    return e && ((e->code == VIR_ERR_SYSTEM_ERROR && (e->domain == VIR_FROM_REMOTE || e->domain == VIR_FROM_RPC)) ||
                 (e->code == VIR_ERR_RPC && (e->domain == VIR_FROM_REMOTE || e->domain == VIR_FROM_RPC)) ||
                 e->code == VIR_ERR_NO_CONNECT || e->code == VIR_ERR_INVALID_CONN);
}

bool vr_complain(struct vr_cmd *cmd, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    struct vr_shell *sh = cmd->sh;
    if (!sh->conn || !vr_says_lost(sh->error))
        return vr_shell_error(sh, "%s", text);
    vr_shell_error(sh, "%s: %s", text, sh->error->message ? sh->error->message : "");
    vr_shell_error_reset(sh);
    sh->lost = true;
    return false;
}

void vr_shell_debug(struct vr_shell *sh, int level, const char *fmt, ...)
{
    if (level < sh->debug)
        return;
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    log_line(sh, level, text);
    fputs(text, stdout);
}

void vr_print(struct vr_cmd *cmd, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stdout, fmt, ap);
    va_end(ap);
}

void vr_print_extra(struct vr_cmd *cmd, const char *fmt, ...)
{
    if (cmd->sh->quiet)
        return;
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stdout, fmt, ap);
    va_end(ap);
}

/* ---- the library's error ------------------------------------------------------------------------------------------ */

/* Errors are raised on whatever thread makes a call: the watched job's, or the event loop's. */
static pthread_mutex_t error_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vr_shell *error_shell;

static void on_error(void *opaque, virErrorPtr error)
{
    pthread_mutex_lock(&error_lock);
    if (error_shell) {
        virFreeError(error_shell->error);
        error_shell->error = virSaveLastError();
    }
    pthread_mutex_unlock(&error_lock);
}

void vr_shell_error_reset(struct vr_shell *sh)
{
    pthread_mutex_lock(&error_lock);
    if (error_shell != sh) {
        error_shell = sh;
        virSetErrorFunc(NULL, on_error);
    }
    virFreeError(sh->error);
    sh->error = NULL;
    free(vr_take(sh->late));
    pthread_mutex_unlock(&error_lock);
    virResetLastError();
}

void vr_shell_error_print(struct vr_shell *sh)
{
    pthread_mutex_lock(&error_lock);
    virErrorPtr error = vr_take(sh->error);
    pthread_mutex_unlock(&error_lock);
    vr_autofree char *late = vr_take(sh->late);
    if (late)
        vr_shell_error(sh, "%s", late);
    if (!error)
        return;
    if (error->code == VIR_ERR_OK)
        vr_shell_error(sh, "%s", _("unknown error"));
    else
        vr_shell_error(sh, "%s", error->message ? error->message : "");
    virFreeError(error);
}

bool vr_late_error(struct vr_cmd *cmd, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    free(cmd->sh->late);
    cmd->sh->late = vr_vprintf(fmt, ap);
    va_end(ap);
    return false;
}

void vr_forget_error(struct vr_cmd *cmd)
{
    vr_shell_error_reset(cmd->sh);
}

void vr_report_error(struct vr_cmd *cmd)
{
    vr_shell_error_print(cmd->sh);
}

int vr_last_code(const struct vr_cmd *cmd)
{
    return cmd->sh->error ? cmd->sh->error->code : VIR_ERR_OK;
}

/* ---- what was meant ----------------------------------------------------------------------------------------------- */

const char *vr_did_you_mean(struct vr_shell *sh, const char *name, const struct vr_command *options_of)
{
    if (!isatty(STDERR_FILENO))
        return NULL;
    size_t n = 0, cap = 0;
    vr_autofree const char **names = NULL;
    if (options_of) {
        for (const struct vr_opt *o = options_of->opts; o && o->kind; o++) {
            VR_GROW(names, n + 1, cap);
            names[n++] = o->name;
        }
    } else {
        for (const struct vr_group *g = sh->program->groups; g->title; g++) {
            for (const struct vr_command *const *c = g->commands; *c; c++) {
                VR_GROW(names, n + 1, cap);
                names[n++] = (*c)->name;
            }
        }
    }
    if (!n)
        return NULL;
    names[n] = NULL;
    return vr_name_nearest((const char *const *)names, name);
}
