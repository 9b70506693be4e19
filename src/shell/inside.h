/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Between the files of this room. */
#include "shell.h"

/** Where words come from: a command line of one text, or argv. */
struct vr_words {
    struct vr_shell *sh;
    const char *text;  /* the rest of a text; NULL: argv */
    char **argv;
    int argc;
    bool quiet;        /* completion: a broken line says nothing */
};
enum vr_word { VR_WORD_ERROR, VR_WORD_END, VR_WORD_SEPARATOR, VR_WORD_ARG };
/** The next word, malloc'd in *out for ARG; quotes are gone. */
enum vr_word vr_word_next(struct vr_words *from, char **out);

/**
 * All commands of a line. NULL, reported, when one is wrong: then none is run. An empty line is no command: *out is
 * NULL and the result true.
 */
bool vr_parse_line(struct vr_shell *sh, const char *text, struct vr_cmd **out);
bool vr_parse_argv(struct vr_shell *sh, int argc, char **argv, struct vr_cmd **out);
void vr_cmd_free(struct vr_cmd *all);

/** The option of that name of a command, aliases resolved; *value is what the alias sets, else NULL. */
const struct vr_opt *vr_opt_find(const struct vr_command *command, const char *name, const char **value);
/** "--name": two dashes, then a letter or digit. */
bool vr_is_option(const char *word);
/** The row behind an alias. */
const struct vr_command *vr_command_real(const struct vr_command *command);
/** --json as a row. */
extern const struct vr_opt vr_opt_json;

bool vr_run(struct vr_shell *sh, struct vr_cmd *all);
void vr_shell_error_print(struct vr_shell *sh);
/** The error means that the connection has ended. */
bool vr_says_lost(const virError *e);
void vr_shell_log_open(struct vr_shell *sh, const char *path);

/** A person at a prompt; the exit code. */
int vr_interactive(struct vr_shell *sh);
bool vr_help_command(struct vr_shell *sh, const struct vr_command *command);
void vr_help_group(struct vr_shell *sh, const struct vr_group *group, const char *after);
/** What @name may have meant, NULL when nothing is near or nobody reads it on a terminal. */
const char *vr_did_you_mean(struct vr_shell *sh, const char *name, const struct vr_command *options_of);

/**
 * Candidates for the last word of @line (what stands before the cursor). malloc'd, NULL-terminated, each malloc'd; NULL
 * when there are none.
 */
char **vr_complete(struct vr_shell *sh, const char *line);
