/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What virsh and virt-admin share: commands as rows, their options, what they print, errors, the interactive loop.
 *
 * A command is a constant row; a group is a NULL-terminated array of rows' addresses; a program is an array of groups and
 * a few hooks. The function of a command gets `struct vr_cmd`: the row, the options given, the shell. It returns true
 * for exit code 0. Everything it prints goes through this header, so that --quiet, --json, --log and the order of error
 * lines are right for all commands at once.
 *
 * Threads: everything here is for the main thread. A libvirt call made on another thread (a watched job) still has its
 * error kept for the command's end.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include "base/buf.h"
#include "base/cleanup.h"

struct vr_cmd;
struct vr_shell;

#ifndef _
#define _(text) (text)
#define N_(text) (text)
#endif

/* ---- rows -------------------------------------------------------------------------------------------------------- */

enum vr_opt_kind {
    VR_OPT_END,
    VR_OPT_BOOL,
    VR_OPT_INT,
    VR_OPT_STRING,
    VR_OPT_DATA,  /* a required string; usage calls it <name> */
    VR_OPT_ARGV,  /* every word that is left; the last row */
    VR_OPT_ALIAS, /* another name for the option `alias_of`; "mode=shareable" gives it that value as well */
};
enum {
    VR_REQUIRED = 1, /* of INT and ARGV rows; DATA is always required */
    VR_KEYWORD = 2,  /* the value is never taken from a word without --name */
    VR_EMPTY_OK = 4, /* "" is a value */
};

/**
 * Candidates for the value of an option: adds them with vr_complete_add. Reads the options before it from @cmd, which
 * has no value for @row yet. Connected unless the command works without a connection. Errors are nobody's.
 */
struct vr_completion;
typedef void vr_completer(struct vr_cmd *cmd, struct vr_completion *to);
struct vr_completion;
void vr_complete_add(struct vr_completion *to, const char *word);
/** What is typed of the word; candidates that do not begin with it are left out by vr_complete_add. */
const char *vr_completion_start(const struct vr_completion *to);
/** NULL-terminated names. */
void vr_complete_names(struct vr_completion *to, const char *const *names);
/** For values that are lists: completes what stands behind the last comma. */
void vr_complete_list(struct vr_cmd *cmd, struct vr_completion *to, const char *const *names);

struct vr_opt {
    const char *name;
    enum vr_opt_kind kind;
    unsigned flags;
    const char *help; /* one line, our own words */
    const char *alias_of;
    vr_completer *complete;
};

enum {
    VR_CMD_OFFLINE = 1, /* works without a connection */
    VR_CMD_HIDDEN = 2,  /* not in help, not completed */
    VR_CMD_JSON = 4,    /* understands --json, which the parser then accepts; see vr_json_wanted */
};

struct vr_command {
    const char *name;
    const struct vr_opt *opts; /* ends with VR_OPT_END; NULL for none */
    bool (*run)(struct vr_cmd *cmd);
    unsigned flags;
    const char *help; /* one line */
    const char *desc; /* a sentence or two; NULL: the same as help */
    const struct vr_command *alias_of;
};

struct vr_group {
    const char *title, *keyword;
    const struct vr_command *const *commands; /* NULL-terminated, in the order help shows */
};

/* Rows of options that many commands have. */
#define VR_OPT_CONFIG(text) { "config", VR_OPT_BOOL, .help = (text) }
#define VR_OPT_LIVE(text) { "live", VR_OPT_BOOL, .help = (text) }
#define VR_OPT_CURRENT(text) { "current", VR_OPT_BOOL, .help = (text) }
#define VR_OPTS_AFFECT                                                                             \
    VR_OPT_CONFIG(N_("change what the next start uses")), VR_OPT_LIVE(N_("change the running guest")),                \
        VR_OPT_CURRENT(N_("change whichever of both applies now"))

struct vr_program {
    const char *name;        /* "virsh" */
    const char *title;       /* "Virsh command line tool of libvirt" */
    const char *env_prefix;  /* "VIRSH": VIRSH_DEBUG, VIRSH_LOG_FILE, VIRSH_HISTSIZE */
    const char *welcome;     /* printed when a person starts it */
    const char *const *features; /* lines of -V, NULL-terminated */
    const struct vr_group *groups; /* ends with a NULL title */
    const char *global_options;  /* letters understood of "cdehkKlqrtvV" */
    /** Opens sh->uri; reports with vr_shell_error and leaves libvirt's error to be printed behind it. */
    bool (*connect)(struct vr_shell *sh);
    void (*disconnect)(struct vr_shell *sh);
    bool (*alive)(struct vr_shell *sh);
    const char *(*prompt)(const struct vr_shell *sh);
    const char *unconnected; /* a second line when a command gets no connection; NULL for none */
};

/* ---- a shell and a command being run ----------------------------------------------------------------------------- */

struct vr_shell {
    const struct vr_program *program;
    void *conn;  /* virConnectPtr or virAdmConnectPtr */
    char *uri;   /* what to connect to; NULL: the library decides */
    bool readonly, quiet, timing, interactive, colour;
    int debug;   /* lowest level shown, 0 to 4 */
    int keepalive_interval, keepalive_count;
    bool keepalive_asked; /* by an option: failure is an error */
    char escape; /* the console's escape character, as the byte a terminal sends */
    int log_fd;
    bool silent; /* completing: errors are nobody's */
    bool lost;   /* the connection ended; the next command opens another */
    bool leave;  /* quit was said */
    char *late; /* of vr_late_error */
    virErrorPtr error; /* the library's last error since the command began; NULL for none */
};

struct vr_value {
    struct vr_value *next;
    const struct vr_opt *opt;
    char *text; /* NULL for bool */
};
struct vr_cmd {
    struct vr_cmd *next;
    struct vr_shell *sh;
    const struct vr_command *command;
    struct vr_value *values; /* in the order given */
    bool json;
    void *room; /* for the program's own use while a command runs */
};

/** Everything from argv to the exit code. */
int vr_shell_main(const struct vr_program *program, int argc, char **argv);

const struct vr_command *vr_command_find(const struct vr_program *program, const char *name);
const struct vr_group *vr_group_find(const struct vr_program *program, const char *keyword);

/* ---- options: an option that the row has not is a bug and aborts -------------------------------------------------- */

bool vr_opt_bool(const struct vr_cmd *cmd, const char *name);
/** The raw value, NULL when not given. Empty text is passed on. */
const char *vr_opt_raw(const struct vr_cmd *cmd, const char *name);
/**
 * The value, NULL when not given. False, reported, when it is empty and the row does not allow that. Borrowed.
 */
bool vr_opt_string(struct vr_cmd *cmd, const char *name, const char **out);
/** The n-th word of an ARGV option, NULL behind the last. */
const char *vr_opt_argv(const struct vr_cmd *cmd, size_t n);
/** Numbers: -1 (reported) when malformed or out of range, 0 when not given (*out keeps its value), 1 when set. */
int vr_opt_int(struct vr_cmd *cmd, const char *name, int *out);
int vr_opt_uint(struct vr_cmd *cmd, const char *name, unsigned *out);
int vr_opt_ll(struct vr_cmd *cmd, const char *name, long long *out);
int vr_opt_ull(struct vr_cmd *cmd, const char *name, unsigned long long *out);
/** A negative number wraps around, as a few of stock's options allow: -1 is the largest. */
int vr_opt_ul_wrap(struct vr_cmd *cmd, const char *name, unsigned long *out);
int vr_opt_ull_wrap(struct vr_cmd *cmd, const char *name, unsigned long long *out);
/** With suffix (KiB, MB, g, ...); without one in units of @scale. In bytes, at most @max. */
int vr_opt_scaled(struct vr_cmd *cmd, const char *name, unsigned long long *out, unsigned long long scale,
                  unsigned long long max);
/** The same of a text; 1, or -1 without the sentence about an option: what the library would say comes late. */
int vr_scale(struct vr_cmd *cmd, const char *text, unsigned long long *out, unsigned long long scale, unsigned long long max);
/** A timeout in seconds as milliseconds; must be positive. */
int vr_opt_timeout_ms(struct vr_cmd *cmd, const char *name, int *out);
/** Which options exclude each other: false, reported in stock's sentence, when both are set. */
bool vr_opt_exclusive(struct vr_cmd *cmd, const char *a, const char *b);
/** The same for conditions that are not just options; names as the sentence shows them. */
bool vr_exclusive(struct vr_cmd *cmd, bool set_a, const char *a, bool set_b, const char *b);
/** @option needs @needed. */
bool vr_opt_requires(struct vr_cmd *cmd, const char *option, const char *needed);
/**
 * --current, --live and --config (or --persistent as another word for config): false, reported, when --current stands with
 * one of the others. @flags gets VIR_DOMAIN_AFFECT_*.
 */
bool vr_opt_affect(struct vr_cmd *cmd, unsigned *flags);

/* ---- what is printed --------------------------------------------------------------------------------------------- */

void vr_print(struct vr_cmd *cmd, const char *fmt, ...) VR_PRINTF(2, 3);       /* results */
void vr_print_extra(struct vr_cmd *cmd, const char *fmt, ...) VR_PRINTF(2, 3); /* left out with --quiet */
/** "error: ..." on stderr and in the log. Returns false. */
bool vr_complain(struct vr_cmd *cmd, const char *fmt, ...) VR_PRINTF(2, 3);
bool vr_shell_error(struct vr_shell *sh, const char *fmt, ...) VR_PRINTF(2, 3);
enum { VR_SH_DEBUG, VR_SH_INFO, VR_SH_NOTICE, VR_SH_WARNING, VR_SH_ERROR };
void vr_shell_debug(struct vr_shell *sh, int level, const char *fmt, ...) VR_PRINTF(3, 4);
/** The library's last error is of no interest: it is not printed when the command fails. */
void vr_shell_error_reset(struct vr_shell *sh);
void vr_forget_error(struct vr_cmd *cmd);
/**
 * An error that is printed where the library's would be: behind what the command says. Returns false.
 */
bool vr_late_error(struct vr_cmd *cmd, const char *fmt, ...) VR_PRINTF(2, 3);
/** Prints the library's last error now, and forgets it. */
void vr_report_error(struct vr_cmd *cmd);
int vr_last_code(const struct vr_cmd *cmd); /* VIR_ERR_OK without an error */
/** The largest of B, KiB, MiB, ... in which @bytes is at least 1. */
double vr_pretty_size(unsigned long long bytes, const char **unit);

/*
 * A table: heads, then rows of text; columns as wide as their widest cell on a terminal, bytes that are no characters
 * written as \xNN. A head that begins with '#' is a column of numbers, which matters to --json ("-" is null there).
 * --json prints an array of objects whose members are the heads in lower case.
 */
struct vr_table;
struct vr_table *vr_table_new(struct vr_cmd *cmd, const char *head, ...) __attribute__((sentinel));
/** As many texts as there are heads; NULL is "". */
void vr_table_row(struct vr_table *table, ...);
void vr_table_row_array(struct vr_table *table, const char *const *cells);
/** Prints with or without heads; heads are left out with --quiet anyway. Frees. */
void vr_table_print(struct vr_table *table);
void vr_table_free(struct vr_table *table);
VR_DEFINE_AUTO(vr_table)

/*
 * A list of "label: value" lines, one object with --json. The label's members are its letters in lower case. @fmt has
 * two %s, for label and value: "%-15s %s\n".
 */
struct vr_info;
struct vr_info *vr_info_new(struct vr_cmd *cmd, const char *fmt);
void vr_info_str(struct vr_info *info, const char *label, const char *fmt, ...) VR_PRINTF(3, 4);
/** "VALUE UNIT"; the member has the unit in its name and a number. unit NULL for none. */
void vr_info_uint(struct vr_info *info, const char *label, unsigned long long value, const char *unit);
void vr_info_int(struct vr_info *info, const char *label, long long value, const char *unit);
/** A size in human units ("1.000 GiB", by "%-.3lf %s"), in JSON as bytes; @per_second adds "/s". */
void vr_info_size(struct vr_info *info, const char *label, const char *fmt, unsigned long long bytes);
/** "yes"/"no" or other words; a truth value with --json. */
void vr_info_bool(struct vr_info *info, const char *label, bool value, const char *yes, const char *no);
/** A member that --json has and people do not see, and the other way round. */
void vr_info_json(struct vr_info *info, const char *member, const char *text);
void vr_info_line(struct vr_info *info, const char *fmt, ...) VR_PRINTF(2, 3);
/** In JSON an object of its own in the list `member`, as "vcpus": [{...}, {...}]; else nothing. Closed by _up. */
void vr_info_down(struct vr_info *info, const char *member);
void vr_info_up(struct vr_info *info);
/** Ends: prints the JSON text when it is wanted. Frees. */
void vr_info_done(struct vr_info *info);
void vr_info_free(struct vr_info *info);
VR_DEFINE_AUTO(vr_info)

/** --json was given: commands that print by vr_print alone must ask. */
bool vr_json_wanted(const struct vr_cmd *cmd);
/** Prints one JSON text: {"member": "text"}, for commands whose whole answer is one value. */
void vr_json_value(struct vr_cmd *cmd, const char *member, const char *text);

/* ---- files, editors, terminals ------------------------------------------------------------------------------------ */

/** A whole file, at most @max bytes; reports as stock does, libvirt's error behind it. malloc'd. */
char *vr_read_file(struct vr_cmd *cmd, const char *path, size_t max);
#define VR_XML_FILE_MAX (10u * 1024 * 1024)
/** Writes all of it; false with errno. */
bool vr_write_all(int fd, const void *data, size_t len);

/**
 * vr_edit_xml - a document in the user's editor, again until it is accepted or given up
 * @doc: what to edit; borrowed
 * @fetch: the document as it is now: when another user changed it meanwhile, that is said. malloc'd
 * @define: gives the edited document back; its failure is shown and the user is asked
 *
 * 1: defined; 0: not changed; -1: failed, reported.
 */
struct vr_edit {
    char *(*fetch)(struct vr_cmd *cmd, void *opaque);
    bool (*define)(struct vr_cmd *cmd, const char *xml, void *opaque);
    /** NULL, or "turn off validation": the user may ask for it. */
    void (*relax)(void *opaque);
    void *opaque;
};
int vr_edit_xml(struct vr_cmd *cmd, const struct vr_edit *edit);
/** A text in a temporary file for the editor, without asking again. malloc'd new text, NULL when it failed. */
char *vr_edit_text(struct vr_cmd *cmd, const char *text);

/** A question with one of the letters @answers (lower case) as answer; the terminal is stdin. 0 when there is none. */
int vr_ask(struct vr_cmd *cmd, const char *question, const char *answers);

struct termios;
/** Every key comes at once and as it is; the earlier state goes to @before. False, reported. */
bool vr_tty_raw(struct vr_shell *sh, struct termios *before);
void vr_tty_restore(const struct termios *before);

/**
 * SIGINT while the command runs sets *flag instead of ending the program. _end restores. Do not nest.
 */
void vr_catch_int_begin(void);
bool vr_interrupted(void);
void vr_catch_int_end(void);

/* Commands that every program has: the rows of "cd", "echo", "exit", "help", "pwd", "quit", "self-test", "complete". */
extern const struct vr_command vr_cmd_cd, vr_cmd_echo, vr_cmd_exit, vr_cmd_help, vr_cmd_pwd, vr_cmd_quit,
    vr_cmd_self_test, vr_cmd_complete;
