/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text in the user's editor. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"

extern char **environ;

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/_.:@";

/* A private file with the text; malloc'd path. */
static char *to_file(struct vr_cmd *cmd, const char *text)
{
    const char *dir = getenv("TMPDIR");
    vr_autofree char *path = vr_printf("%s/virshXXXXXX.xml", dir && *dir ? dir : "/tmp");
    vr_autoclose int fd = mkostemps(path, 4, O_CLOEXEC);
    if (fd < 0) {
        vr_complain(cmd, _("g_mkstemp_full: failed to create temporary file: %s"), strerror(errno));
        return NULL;
    }
    if (!vr_write_all(fd, text, strlen(text))) {
        vr_complain(cmd, _("write: %s: failed to write to temporary file: %s"), path, strerror(errno));
        unlink(path);
        return NULL;
    }
    return vr_take(path);
}

/* "vi -R" is a program with an argument; anything a shell would read differently goes to a shell. */
static bool run_editor(struct vr_cmd *cmd, const char *path)
{
    const char *editor = getenv("VISUAL");
    if (!editor || !*editor)
        editor = getenv("EDITOR");
    if (!editor || !*editor)
        editor = "sensible-editor";
    if (strspn(path, plain) != strlen(path))
        return vr_complain(cmd, _("%s: temporary filename contains shell meta or other unacceptable characters (is $TMPDIR wrong?)"),
                           path);
    vr_autofree char *line = vr_printf("%s %s", editor, path);
    vr_autofree char *copy = vr_strdup(line);
    char sh[] = "sh", script[] = "-c";
    char *argv[64] = { NULL };
    size_t n = 0;
    if (strspn(editor, plain) == strlen(editor) || strcspn(editor, "\"'`$\\*?[]{}()<>|&;~!#") == strlen(editor)) {
        for (char *save = NULL, *w = strtok_r(copy, " \t", &save); w && n + 1 < VR_COUNT(argv); w = strtok_r(NULL, " \t", &save))
            argv[n++] = w;
    } else {
        argv[0] = sh;
        argv[1] = script;
        argv[2] = line;
    }
    fflush(stdout);
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before; /* ^C belongs to the editor */
    sigaction(SIGINT, &ignore, &before);
    posix_spawnattr_t attr;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigdefault(&attr, &defaults);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    pid_t pid;
    int status = 0, failed = posix_spawnp(&pid, argv[0], NULL, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    if (!failed) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    sigaction(SIGINT, &before, NULL);
    if (failed)
        return vr_complain(cmd, _("Cannot find '%s' in path: %s"), argv[0], strerror(failed));
    if (WIFSIGNALED(status))
        return vr_complain(cmd, _("internal error: Child process (%s) unexpected fatal signal %d"), line, WTERMSIG(status));
    if (WEXITSTATUS(status))
        return vr_complain(cmd, _("internal error: Child process (%s) unexpected exit status %d"), line, WEXITSTATUS(status));
    return true;
}

static char *edited(struct vr_cmd *cmd, const char *path)
{
    return run_editor(cmd, path) ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
}

char *vr_edit_text(struct vr_cmd *cmd, const char *text)
{
    vr_autofree char *path = to_file(cmd, text);
    if (!path)
        return NULL;
    char *out = edited(cmd, path);
    unlink(path);
    return out;
}

static int ask_again(struct vr_cmd *cmd, const char *why, bool may_relax)
{
    vr_autofree char *question = vr_printf("%s %s %s: ", why, _("Try again?"), may_relax ? "[y,n,i,f,?]" : "[y,n,f,?]");
    for (;;) {
        int c = vr_ask(cmd, question, may_relax ? "ynif?" : "ynf?");
        if (c != '?')
            return c;
        vr_print(cmd, "%s\n%s\n", _("y - yes, start editor again"), _("n - no, throw away my changes"));
        if (may_relax)
            vr_print(cmd, "%s\n", _("i - turn off validation and try to redefine again"));
        vr_print(cmd, "%s\n%s\n", _("f - force, try to redefine again"), _("? - print this help"));
    }
}

int vr_edit_xml(struct vr_cmd *cmd, const struct vr_edit *edit)
{
    vr_autofree char *doc = edit->fetch(cmd, edit->opaque);
    vr_autofree char *path = doc ? to_file(cmd, doc) : NULL;
    vr_autofree char *mine = NULL;
    int result = -1;
    bool start_editor = true, force = false;
    while (path) {
        if (start_editor) {
            free(mine);
            mine = edited(cmd, path);
            if (!mine)
                break;
            if (vr_streq(mine, doc)) {
                result = 0;
                break;
            }
        }
        const char *why = NULL;
        if (!force) { /* what was edited may be old by now */
            vr_autofree char *now = edit->fetch(cmd, edit->opaque);
            if (!now)
                break;
            if (!vr_streq(now, doc)) {
                why = _("The XML configuration was changed by another user.");
                free(doc);
                doc = vr_take(now);
            }
        }
        bool may_relax = !why && edit->relax;
        if (!why) {
            if (edit->define(cmd, mine, edit->opaque)) {
                result = 1;
                break;
            }
            vr_report_error(cmd);
            why = _("Failed.");
        }
        int c = ask_again(cmd, why, may_relax);
        start_editor = c == 'y';
        force = c == 'f';
        if (c == 'i')
            edit->relax(edit->opaque);
        else if (c != 'y' && c != 'f')
            break;
    }
    if (path)
        unlink(path);
    return result;
}
