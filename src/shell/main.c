/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program's own options, then commands one after the other, each with its errors, its time and its newline. */
#include "inside.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "config.h"

#define VERSION_OF_API VR_API_LEVEL / 1000000, VR_API_LEVEL / 1000 % 1000, VR_API_LEVEL % 1000

/* In the order --help shows them. */
static const struct global {
    char letter;
    const char *name, *arg, *usage, *help;
    int has_arg;
} globals[] = {
    { 'c', "connect", "URI", "-c | --connect=URI", N_("the hypervisor to talk to"), required_argument },
    { 'd', "debug", "NUM", "-d | --debug=NUM", N_("how much to tell, 0 (all) to 4 (errors)"), required_argument },
    { 'e', "escape", "CHAR", "-e | --escape <char>", N_("the key that leaves a console, as ^]"), required_argument },
    { 'h', "help", NULL, "-h | --help", N_("show this text"), no_argument },
    { 'k', "keepalive-interval", "NUM", "-k | --keepalive-interval=NUM", N_("seconds between keepalive messages, 0 for none"),
      required_argument },
    { 'K', "keepalive-count", "NUM", "-K | --keepalive-count=NUM", N_("keepalive messages that may go unanswered"),
      required_argument },
    { 'l', "log", "FILE", "-l | --log=FILE", N_("write a log to FILE"), required_argument },
    { 'q', "quiet", NULL, "-q | --quiet", N_("results only"), no_argument },
    { 'r', "readonly", NULL, "-r | --readonly", N_("connect without the right to change anything"), no_argument },
    { 't', "timing", NULL, "-t | --timing", N_("show how long each command took"), no_argument },
    { 'v', "version", NULL, "-v", N_("version in short"), optional_argument },
    { 'V', NULL, NULL, "-V", N_("version and what is built in"), no_argument },
};

static bool understood(const struct vr_program *program, char letter)
{
    return strchr(program->global_options, letter) != NULL;
}

static void usage(const struct vr_program *program)
{
    printf(_("\n%s [options]... [<command_string>]\n%s [options]... <command> [args...]\n\n  options:\n"), program->name,
           program->name);
    for (size_t i = 0; i < VR_COUNT(globals); i++) {
        const struct global *g = &globals[i];
        if (!understood(program, g->letter))
            continue;
        if (strlen(g->usage) > 23)
            printf("    %s\n%28s%s\n", g->usage, "", g->help);
        else
            printf("    %-24s%s\n", g->usage, g->help);
    }
    printf("    %-24s%s\n", "     --version[=TYPE]", _("version, TYPE is short or long"));
    printf("%s", _("  commands (non interactive mode):\n\n"));
    for (const struct vr_group *g = program->groups; g->title; g++) {
        vr_help_group(NULL, g, "");
        putchar('\n');
    }
    printf("%s", _("\n  (help GROUP tells of the commands of a group)\n"));
    printf("%s", _("\n  (help COMMAND tells of one command)\n\n"));
}

static void version(const struct vr_program *program, bool in_full)
{
    if (!in_full) {
        printf("%d.%d.%d\n", VERSION_OF_API);
        return;
    }
    printf("%s %d.%d.%d\n", program->title, VERSION_OF_API);
    for (const char *const *line = program->features; *line; line++)
        printf("%s\n", *line);
}

/* What is written of -k or --keepalive-interval in messages: as the user wrote it. */
static const char *as_written(const struct global *g, int long_index)
{
    static char text[32];
    if (long_index >= 0)
        snprintf(text, sizeof(text), "--%s", g->name);
    else
        snprintf(text, sizeof(text), "-%c", g->letter);
    return text;
}

static bool set_debug(struct vr_shell *sh, int64_t level)
{
    if (level < VR_SH_DEBUG || level > VR_SH_ERROR)
        vr_shell_error(sh, _("ignoring debug level %d out of range [%d-%d]"), (int)level, VR_SH_DEBUG, VR_SH_ERROR);
    else
        sh->debug = (int)level;
    return true;
}

static bool set_keepalive(struct vr_shell *sh, const char *written, const char *text, int *out)
{
    int64_t v;
    if (!vr_parse_i64(text, 10, INT_MIN, INT_MAX, &v))
        return vr_shell_error(sh, _("Invalid value for option %s"), written);
    if (v < 0)
        return vr_shell_error(sh, _("option %s requires a positive integer argument"), written);
    *out = (int)v;
    sh->keepalive_asked = true;
    return true;
}

static bool set_escape(struct vr_shell *sh, const char *text)
{
    size_t len = strlen(text);
    if (len == 2 && *text == '^')
        sh->escape = (char)(text[1] & 0x1f);
    else if (len == 1 && *text != '^')
        sh->escape = *text;
    else
        return vr_shell_error(sh, _("Invalid string '%s' for escape sequence"), text);
    return true;
}

/* One option; -1 to go on, else the exit code. */
static int take_option(struct vr_shell *sh, const struct global *g, const char *written)
{
    int64_t level;
    switch (g->letter) {
    case 'c':
        free(sh->uri);
        sh->uri = vr_strdup(optarg);
        return -1;
    case 'd':
        if (!vr_parse_i64(optarg, 10, INT_MIN, INT_MAX, &level)) {
            vr_shell_error(sh, _("option %s takes a numeric argument"), written);
            return EXIT_FAILURE;
        }
        return set_debug(sh, level) ? -1 : EXIT_FAILURE;
    case 'e':
        return set_escape(sh, optarg) ? -1 : EXIT_FAILURE;
    case 'h':
        usage(sh->program);
        return EXIT_SUCCESS;
    case 'k':
        return set_keepalive(sh, written, optarg, &sh->keepalive_interval) ? -1 : EXIT_FAILURE;
    case 'K':
        return set_keepalive(sh, written, optarg, &sh->keepalive_count) ? -1 : EXIT_FAILURE;
    case 'l':
        vr_shell_log_open(sh, optarg);
        return -1;
    case 'q':
        sh->quiet = true;
        return -1;
    case 'r':
        sh->readonly = true;
        return -1;
    case 't':
        sh->timing = true;
        return -1;
    case 'v':
        version(sh->program, optarg && vr_streq(optarg, "long"));
        return EXIT_SUCCESS;
    default:
        version(sh->program, true);
        return EXIT_SUCCESS;
    }
}

static int bad_option(struct vr_shell *sh, int what, char **argv, const struct option *table, size_t n)
{
    if (what != ':') {
        if (optopt)
            vr_shell_error(sh, _("unsupported option '-%c'. See --help."), optopt);
        else
            vr_shell_error(sh, _("unsupported option '%s'. See --help."), argv[optind - 1]);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < n; i++) {
        if (table[i].val == optopt) {
            vr_shell_error(sh, _("option '-%c'/'--%s' requires an argument"), optopt, table[i].name);
            return EXIT_FAILURE;
        }
    }
    vr_shell_error(sh, _("option '-%c' requires an argument"), optopt);
    return EXIT_FAILURE;
}

/* -1 to go on, else the exit code. */
static int take_options(struct vr_shell *sh, int argc, char **argv)
{
    char letters[40] = "+:";
    struct option table[VR_COUNT(globals) + 1] = { 0 };
    size_t n = 0, at = 2;
    for (size_t i = 0; i < VR_COUNT(globals); i++) {
        const struct global *g = &globals[i];
        if (!understood(sh->program, g->letter))
            continue;
        letters[at++] = g->letter;
        if (g->has_arg == required_argument)
            letters[at++] = ':';
        if (g->name)
            table[n++] = (struct option){ g->name, g->has_arg, NULL, g->letter };
    }
    letters[at] = '\0';
    int what, long_index = -1;
    while ((what = getopt_long(argc, argv, letters, table, &long_index)) != -1) {
        const struct global *g = NULL;
        for (size_t i = 0; i < VR_COUNT(globals); i++) {
            if (globals[i].letter == what && understood(sh->program, globals[i].letter))
                g = &globals[i];
        }
        int code = g ? take_option(sh, g, as_written(g, long_index)) : bad_option(sh, what, argv, table, n);
        if (code >= 0)
            return code;
        long_index = -1;
    }
    return -1;
}

static const char *environment(const struct vr_program *program, const char *what)
{
    vr_autofree char *name = vr_printf("%s_%s", program->env_prefix, what);
    return getenv(name);
}

static void take_environment(struct vr_shell *sh)
{
    const char *level = environment(sh->program, "DEBUG"), *log = environment(sh->program, "LOG_FILE");
    const char *uri = environment(sh->program, "DEFAULT_CONNECT_URI");
    int64_t v;
    if (uri && *uri)
        sh->uri = vr_strdup(uri);
    if (level && !vr_parse_i64(level, 10, VR_SH_DEBUG, VR_SH_ERROR, &v))
        vr_shell_error(sh, _("%s_DEBUG not set with a valid numeric value"), sh->program->env_prefix);
    else if (level)
        sh->debug = (int)v;
    if (log && *log && sh->log_fd < 0)
        vr_shell_log_open(sh, log);
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

static bool run_one(struct vr_shell *sh, struct vr_cmd *cmd)
{
    const struct vr_program *p = sh->program;
    vr_shell_error_reset(sh);
    if (!(cmd->command->flags & VR_CMD_OFFLINE) && (!sh->conn || sh->lost)) {
        if (sh->conn)
            p->disconnect(sh);
        sh->lost = false;
        if (!p->connect(sh))
            return p->unconnected ? vr_shell_error(sh, "%s", p->unconnected) : false;
    }
    bool ok = cmd->command->run(cmd);
    if (ok)
        return true;
    if (vr_says_lost(sh->error) || (sh->conn && !p->alive(sh)))
        sh->lost = true;
    return false;
}

bool vr_run(struct vr_shell *sh, struct vr_cmd *all)
{
    bool ok = true;
    for (struct vr_cmd *cmd = all; cmd; cmd = cmd->next) {
        vr_time before = vr_now();
        ok = run_one(sh, cmd);
        vr_time took = vr_now() - before;
        fflush(stdout);
        if (!ok)
            vr_shell_error_print(sh);
        if (sh->leave)
            return ok;
        if (sh->timing)
            printf("\n(Time: %.3f ms)\n\n", (double)took / 1e6);
        else if (!sh->quiet)
            putchar('\n');
        fflush(stdout);
    }
    return ok;
}

static int run_words(struct vr_shell *sh, int argc, char **argv)
{
    struct vr_cmd *all = NULL;
    bool ok = argc > 1 ? vr_parse_argv(sh, argc, argv, &all) : *argv[0] && vr_parse_line(sh, argv[0], &all);
    if (ok) {
        vr_shell_error_reset(sh);
        /*
         * Without --connect the first command that needs a connection opens it. Words are completed without one as well: only
         * names of objects are missing then.
         */
        bool completes = all && vr_streq(all->command->name, "complete");
        if (!sh->uri || completes || sh->program->connect(sh))
            ok = vr_run(sh, all);
        else
            ok = false, vr_shell_error_print(sh);
    }
    vr_cmd_free(all);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int vr_shell_main(const struct vr_program *program, int argc, char **argv)
{
    setlocale(LC_ALL, "");
    signal(SIGPIPE, SIG_IGN); /* a daemon that goes away is an error of a call */
    struct vr_shell sh = { .program = program, .debug = VR_SH_ERROR, .keepalive_interval = 5, .keepalive_count = 6,
                           .escape = 0x1d, .log_fd = -1, .colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR") };
    take_environment(&sh);
    int code = take_options(&sh, argc, argv);
    if (code < 0) {
        argc -= optind;
        argv += optind;
        if (argc == 1)
            vr_shell_debug(&sh, VR_SH_INFO, _("commands: \"%s\"\n"), argv[0]);
        code = argc ? run_words(&sh, argc, argv) : vr_interactive(&sh);
        if (sh.conn)
            program->disconnect(&sh);
    }
    virSetErrorFunc(NULL, NULL);
    virFreeError(sh.error);
    free(sh.uri);
    free(sh.late);
    if (sh.log_fd >= 0)
        close(sh.log_fd);
    if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE) { /* a reader that has seen enough is no failure */
        vr_shell_error(&sh, "%s", _("cannot write to stdout"));
        return EXIT_FAILURE;
    }
    return code;
}
