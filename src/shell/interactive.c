/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A person at a prompt. libedit is opened here, when there is a terminal to edit on, and not linked: starting it would cost
 * every other run of the program a quarter of its time.
 */
#include "inside.h"

#include <dlfcn.h>
#include <editline/readline.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"

#define HISTORY_DEFAULT 500
#define HISTORY_MOST 1000000

struct editor {
    void *library;
    char *(*readline)(const char *prompt);
    int (*add_history)(const char *line);
    int (*read_history)(const char *path);
    int (*write_history)(const char *path);
    void (*stifle_history)(int most);
    char *history;
};

static struct vr_shell *completing;
static int *attempted_over; /* of libedit, found by name */
static char **line_buffer;
static int *append_character;

/* Candidates as libedit wants them: what all have in common, then each. */
static char **attempt(const char *text, int start, int end)
{
    *attempted_over = 1; /* no file names instead */
    vr_autofree char *line = vr_strndup(*line_buffer, (size_t)end);
    char **found = vr_complete(completing, line);
    if (!found)
        return NULL;
    size_t n = 0, common = strlen(found[0]);
    for (; found[n]; n++) {
        size_t same = 0;
        while (same < common && found[n][same] == found[0][same])
            same++;
        common = same;
    }
    char **out = vr_alloc((n + 2) * sizeof(*out));
    out[0] = vr_strndup(found[0], common);
    memcpy(out + 1, found, (n + 1) * sizeof(*out));
    free(found);
    return out;
}

static int history_size(struct vr_shell *sh)
{
    vr_autofree char *name = vr_printf("%s_HISTSIZE", sh->program->env_prefix);
    const char *text = getenv(name);
    int64_t v;
    if (!text)
        return HISTORY_DEFAULT;
    if (vr_parse_i64(text, 10, 0, HISTORY_MOST, &v))
        return (int)v;
    int64_t any;
    if (!vr_parse_i64(text, 10, INT64_MIN, INT64_MAX, &any))
        vr_shell_error(sh, _("Bad $%s value."), name);
    else
        vr_shell_error(sh, _("$%s value should be between 0 and %d"), name, HISTORY_MOST);
    return -1;
}

/* Makes the directories of a path; what cannot be made is told once. */
static void make_parents(struct vr_shell *sh, char *path)
{
    for (char *p = path + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            vr_shell_error(sh, _("Failed to create '%s': %s"), path, strerror(errno));
        *p = '/';
    }
}

#define FIND(variable, name) ((variable) = (__typeof__(variable))dlsym(e->library, name))

static bool open_editor(struct vr_shell *sh, struct editor *e)
{
    int most = history_size(sh);
    if (most < 0)
        return false;
    e->library = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!e->library)
        return true; /* plain lines then */
    const char **program_name, **breaks;
    char **(**attempted)(const char *, int, int);
    int *catch;
    if (!FIND(e->readline, "readline") || !FIND(e->add_history, "add_history") || !FIND(e->read_history, "read_history") ||
        !FIND(e->write_history, "write_history") || !FIND(e->stifle_history, "stifle_history") ||
        !FIND(program_name, "rl_readline_name") || !FIND(attempted, "rl_attempted_completion_function") ||
        !FIND(attempted_over, "rl_attempted_completion_over") || !FIND(line_buffer, "rl_line_buffer") ||
        !FIND(append_character, "rl_completion_append_character") || !FIND(catch, "rl_catch_signals") ||
        !FIND(breaks, "rl_completer_word_break_characters")) {
        dlclose(e->library);
        e->library = NULL;
        return true;
    }
    completing = sh;
    *program_name = sh->program->name;
    *attempted = attempt;
    *append_character = ' ';
    *breaks = " \t\n;";
    *catch = 1; /* the terminal is put right before a signal ends us */
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache)
        e->history = vr_printf("%s/libvirt/%s/history", cache, sh->program->name);
    else if (home && *home)
        e->history = vr_printf("%s/.cache/libvirt/%s/history", home, sh->program->name);
    e->stifle_history(most);
    if (e->history)
        e->read_history(e->history);
    return true;
}

static void close_editor(struct vr_shell *sh, struct editor *e)
{
    if (e->library && e->history) {
        make_parents(sh, e->history);
        e->write_history(e->history);
    }
    free(e->history);
}

/* Without a terminal the line is shown as if it had been typed. */
static char *read_plain(const char *prompt)
{
    char *line = NULL;
    size_t cap = 0;
    fputs(prompt, stdout);
    fflush(stdout);
    ssize_t n = getline(&line, &cap, stdin);
    if (n < 0) {
        free(line);
        return NULL;
    }
    if (n && line[n - 1] == '\n')
        line[n - 1] = '\0';
    if (!isatty(STDIN_FILENO))
        printf("%s\n", line);
    return line;
}

int vr_interactive(struct vr_shell *sh)
{
    struct editor e = { 0 };
    sh->interactive = true;
    vr_shell_error_reset(sh);
    if (sh->uri && !sh->program->connect(sh)) {
        vr_shell_error_print(sh);
        return EXIT_FAILURE;
    }
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !open_editor(sh, &e))
        return EXIT_FAILURE;
    if (!sh->quiet)
        printf("%s", sh->program->welcome);
    while (!sh->leave) {
        const char *prompt = sh->program->prompt(sh);
        fflush(stdout);
        vr_autofree char *line = e.library ? e.readline(prompt) : read_plain(prompt);
        if (!line)
            break;
        if (!*line)
            continue;
        if (e.library)
            e.add_history(line);
        struct vr_cmd *all = NULL;
        if (vr_parse_line(sh, line, &all))
            vr_run(sh, all);
        vr_cmd_free(all);
    }
    if (!sh->leave)
        putchar('\n');
    close_editor(sh, &e);
    return EXIT_SUCCESS;
}
