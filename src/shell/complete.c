/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What may stand at the end of a line. The words before it are parsed leniently; what is typed of the last word, quotes
 * included, only filters.
 */
#include "inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

struct vr_completion {
    const char *start; /* what candidates begin with */
    char **words;
    size_t n, cap;
};

/* Objects of a hypervisor can be many: more than this helps nobody at a prompt. */
#define MOST_CANDIDATES 20000

void vr_complete_add(struct vr_completion *to, const char *word)
{
    if (!word || !vr_starts_with(word, to->start) || to->n >= MOST_CANDIDATES)
        return;
    for (size_t i = 0; to->n < 200 && i < to->n; i++) {
        if (vr_streq(to->words[i], word))
            return;
    }
    VR_GROW(to->words, to->n + 1, to->cap);
    to->words[to->n++] = vr_strdup(word);
}

const char *vr_completion_start(const struct vr_completion *to)
{
    return to->start;
}

void vr_complete_names(struct vr_completion *to, const char *const *names)
{
    for (; *names; names++)
        vr_complete_add(to, *names);
}

void vr_complete_list(struct vr_cmd *cmd, struct vr_completion *to, const char *const *names)
{
    const char *comma = strrchr(to->start, ',');
    size_t kept = comma ? (size_t)(comma - to->start) + 1 : 0;
    for (; *names; names++) {
        size_t len = strlen(*names);
        bool used = false;
        for (const char *p = to->start; !used && p < to->start + kept; p += strcspn(p, ",") + 1)
            used = !strncmp(p, *names, len) && p[len] == ',';
        vr_autofree char *word = vr_printf("%.*s%s", (int)kept, to->start, *names);
        if (!used)
            vr_complete_add(to, word);
    }
}

static void complete_command(struct vr_shell *sh, struct vr_completion *to)
{
    for (const struct vr_group *g = sh->program->groups; g->title; g++) {
        for (const struct vr_command *const *c = g->commands; *c; c++) {
            if (!((*c)->flags & VR_CMD_HIDDEN))
                vr_complete_add(to, (*c)->name);
        }
    }
}

static bool given(const struct vr_cmd *cmd, const struct vr_opt *opt)
{
    for (const struct vr_value *v = cmd->values; v; v = v->next) {
        if (v->opt == opt)
            return true;
    }
    return false;
}

static void add_option_name(const struct vr_cmd *cmd, struct vr_completion *to, const struct vr_opt *o)
{
    if (o->kind == VR_OPT_ALIAS || (given(cmd, o) && o->kind != VR_OPT_ARGV))
        return;
    vr_autofree char *word = vr_printf("--%s", o->name);
    vr_complete_add(to, word);
}

static void complete_option(struct vr_cmd *cmd, struct vr_completion *to)
{
    for (const struct vr_opt *o = cmd->command->opts; o && o->kind; o++)
        add_option_name(cmd, to, o);
    if (cmd->command->flags & VR_CMD_JSON)
        add_option_name(cmd, to, &vr_opt_json);
}

static void complete_value(struct vr_cmd *cmd, const struct vr_opt *opt, struct vr_completion *to)
{
    if (!opt->complete)
        return;
    struct vr_shell *sh = cmd->sh;
    sh->silent = true;
    if ((cmd->command->flags & VR_CMD_OFFLINE) || sh->conn || sh->program->connect(sh))
        opt->complete(cmd, to);
    sh->silent = false;
    vr_shell_error_reset(sh);
}

static void remember(struct vr_cmd *cmd, const struct vr_opt *opt, const char *text)
{
    struct vr_value **end = &cmd->values;
    while (*end)
        end = &(*end)->next;
    *end = vr_new(struct vr_value);
    (*end)->opt = opt;
    (*end)->text = vr_strdup(text);
}

static const struct vr_opt *next_positional(const struct vr_cmd *cmd)
{
    for (const struct vr_opt *o = cmd->command->opts; o && o->kind; o++) {
        if (o->kind == VR_OPT_BOOL || o->kind == VR_OPT_ALIAS || (o->flags & VR_KEYWORD))
            continue;
        if (o->kind == VR_OPT_ARGV || !given(cmd, o))
            return o;
    }
    return NULL;
}

/* Reads the words before the last; *wants: the option whose value comes next. */
static void read_before(struct vr_cmd *cmd, char **words, size_t n, const struct vr_opt **wants, bool *only_data)
{
    *wants = NULL;
    *only_data = false;
    for (size_t i = 0; i < n; i++) {
        const char *preset;
        if (*wants) {
            remember(cmd, *wants, words[i]);
            *wants = NULL;
        } else if (!*only_data && vr_streq(words[i], "--")) {
            *only_data = true;
        } else if (!*only_data && vr_is_option(words[i])) {
            const char *eq = strchr(words[i], '=');
            vr_autofree char *name = eq ? vr_strndup(words[i] + 2, (size_t)(eq - words[i] - 2)) : vr_strdup(words[i] + 2);
            const struct vr_opt *o = vr_opt_find(cmd->command, name, &preset);
            if (!o)
                continue;
            if (o->kind == VR_OPT_BOOL || preset || eq)
                remember(cmd, o, eq ? eq + 1 : preset);
            else
                *wants = o;
        } else {
            const struct vr_opt *o = next_positional(cmd);
            if (o)
                remember(cmd, o, words[i]);
        }
    }
}

static void complete_words(struct vr_shell *sh, char **words, size_t n, struct vr_completion *to)
{
    const struct vr_command *command = n > 1 ? vr_command_find(sh->program, words[0]) : NULL;
    to->start = words[n - 1];
    if (!command) {
        if (n == 1)
            complete_command(sh, to);
        return;
    }
    struct vr_cmd *cmd = vr_new(struct vr_cmd);
    cmd->sh = sh;
    cmd->command = vr_command_real(command);
    const struct vr_opt *wants;
    bool only_data;
    read_before(cmd, words + 1, n - 2, &wants, &only_data);
    const char *eq = !only_data && !wants && vr_starts_with(to->start, "--") ? strchr(to->start, '=') : NULL;
    if (wants) {
        complete_value(cmd, wants, to);
    } else if (eq) {
        vr_autofree char *name = vr_strndup(to->start + 2, (size_t)(eq - to->start - 2));
        const char *preset;
        const struct vr_opt *o = vr_opt_find(cmd->command, name, &preset);
        const char *whole = to->start;
        to->start = eq + 1;
        if (o && o->kind != VR_OPT_BOOL && !preset)
            complete_value(cmd, o, to);
        to->start = whole;
        for (size_t i = 0; i < to->n; i++) {
            vr_autofree char *value = to->words[i];
            to->words[i] = vr_printf("--%s=%s", name, value);
        }
    } else if (!only_data && to->start[0] == '-') {
        complete_option(cmd, to);
    } else {
        const struct vr_opt *o = next_positional(cmd);
        if (o)
            complete_value(cmd, o, to);
        if (!only_data && !*to->start)
            complete_option(cmd, to);
    }
    vr_cmd_free(cmd);
}

char **vr_complete(struct vr_shell *sh, const char *line)
{
    struct vr_words from = { .sh = sh, .text = line, .quiet = true };
    char **words = NULL;
    size_t n = 0, cap = 0, len = strlen(line);
    struct vr_completion to = { 0 };
    for (;;) {
        char *word;
        const char *before = from.text;
        enum vr_word what = vr_word_next(&from, &word);
        if (what == VR_WORD_ARG) {
            VR_GROW(words, n + 1, cap);
            words[n++] = word;
            continue;
        }
        if (what == VR_WORD_SEPARATOR) {
            while (n)
                free(words[--n]);
            continue;
        }
        /* A blank at the end: the word to complete is empty. */
        if (what == VR_WORD_END && (!n || len == 0 || strchr(" \t", before[0] ? before[0] : 'x'))) {
            VR_GROW(words, n + 1, cap);
            words[n++] = vr_strdup("");
        }
        break;
    }
    if (n)
        complete_words(sh, words, n, &to);
    while (n)
        free(words[--n]);
    free(words);
    if (to.n) {
        VR_GROW(to.words, to.n, to.cap);
        to.words[to.n] = NULL;
    }
    return to.n ? to.words : NULL;
}
