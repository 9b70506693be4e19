/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From words to commands with options. A line is parsed whole before anything of it runs. */
#include "inside.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

const struct vr_opt vr_opt_json = { "json", VR_OPT_BOOL, .help = N_("print JSON instead of text for people") };
static const struct vr_opt opt_help = { "help", VR_OPT_BOOL };

const struct vr_command *vr_command_find(const struct vr_program *program, const char *name)
{
    for (const struct vr_group *g = program->groups; g->title; g++) {
        for (const struct vr_command *const *c = g->commands; *c; c++) {
            if (vr_streq((*c)->name, name))
                return *c;
        }
    }
    return NULL;
}

const struct vr_command *vr_command_real(const struct vr_command *command)
{
    return command->alias_of ? command->alias_of : command;
}

const struct vr_group *vr_group_find(const struct vr_program *program, const char *keyword)
{
    for (const struct vr_group *g = program->groups; g->title; g++) {
        if (vr_streq(g->title, keyword) || vr_streq(g->keyword, keyword))
            return g;
    }
    return NULL;
}

const struct vr_opt *vr_opt_find(const struct vr_command *command, const char *name, const char **value)
{
    const char *wanted = name;
    size_t len = strlen(name);
    *value = NULL;
    for (const struct vr_opt *o = command->opts; o && o->kind; o++) {
        if (strlen(o->name) != len || memcmp(o->name, wanted, len) != 0)
            continue;
        if (o->kind != VR_OPT_ALIAS)
            return o;
        /* What an alias stands for comes later in the list. */
        const char *eq = strchr(o->alias_of, '=');
        wanted = o->alias_of;
        len = eq ? (size_t)(eq - wanted) : strlen(wanted);
        *value = eq ? eq + 1 : NULL;
    }
    if (vr_streq(name, vr_opt_json.name) && (command->flags & VR_CMD_JSON))
        return &vr_opt_json;
    return NULL;
}

static struct vr_value *value_of(const struct vr_cmd *cmd, const struct vr_opt *opt)
{
    for (struct vr_value *v = cmd->values; v; v = v->next) {
        if (v->opt == opt)
            return v;
    }
    return NULL;
}

void vr_cmd_free(struct vr_cmd *all)
{
    while (all) {
        struct vr_cmd *next = all->next;
        for (struct vr_value *v = all->values; v;) {
            struct vr_value *after = v->next;
            free(v->text);
            free(v);
            v = after;
        }
        free(all);
        all = next;
    }
}

/* Takes text. */
static void add_value(struct vr_cmd *cmd, const struct vr_opt *opt, char *text)
{
    struct vr_value **end = &cmd->values;
    while (*end)
        end = &(*end)->next;
    *end = vr_new(struct vr_value);
    (*end)->opt = opt;
    (*end)->text = text;
    if (opt == &vr_opt_json)
        cmd->json = true;
    vr_shell_debug(cmd->sh, VR_SH_INFO, "%s: %s(%s): %s\n", cmd->command->name, opt->name,
                   opt->kind == VR_OPT_BOOL ? "bool" : "optdata", text ? text : _("(none)"));
}

static const char *kind_word(const struct vr_opt *opt)
{
    return opt->kind == VR_OPT_INT ? _("number") : _("string");
}

static bool unknown_option(struct vr_shell *sh, const struct vr_command *command, const char *name)
{
    const char *near = vr_did_you_mean(sh, name, command);
    return near ? vr_shell_error(sh, _("command '%s' doesn't support option --%s; did you mean --%s?"), command->name, name, near)
                : vr_shell_error(sh, _("command '%s' doesn't support option --%s"), command->name, name);
}

/* One "--name", "--name=value" or "--name value". *help: "--help" was it. */
static bool take_named(struct vr_words *from, struct vr_cmd *cmd, const char *word, bool *help)
{
    struct vr_shell *sh = cmd->sh;
    const char *eq = strchr(word, '=');
    vr_autofree char *name = eq ? vr_strndup(word, (size_t)(eq - word)) : vr_strdup(word);
    vr_autofree char *text = eq ? vr_strdup(eq + 1) : NULL;
    const char *preset;
    const struct vr_opt *opt = vr_opt_find(cmd->command, name, &preset);
    if (!opt && vr_streq(name, opt_help.name))
        opt = &opt_help;
    if (!opt)
        return unknown_option(sh, cmd->command, name);
    if (preset) {
        if (text)
            return vr_shell_error(sh, _("invalid '=' after option --%s"), name);
        text = vr_strdup(preset);
    }
    if (opt == &opt_help) {
        *help = true;
        return true;
    }
    if (opt->kind != VR_OPT_ARGV && value_of(cmd, opt))
        return vr_shell_error(sh, _("option --%s already seen"), opt->name);
    if (opt->kind == VR_OPT_BOOL) {
        if (text)
            return vr_shell_error(sh, _("invalid '=' after option --%s"), opt->name);
    } else if (!text) {
        enum vr_word what = vr_word_next(from, &text);
        if (what == VR_WORD_ERROR)
            return false;
        if (what != VR_WORD_ARG)
            return vr_shell_error(sh, _("expected syntax: --%s <%s>"), opt->name, kind_word(opt));
    }
    add_value(cmd, opt, vr_take(text));
    return true;
}

/* The next option that takes a word without a name. */
static const struct vr_opt *positional(const struct vr_cmd *cmd)
{
    for (const struct vr_opt *o = vr_command_real(cmd->command)->opts; o && o->kind; o++) {
        if (o->kind == VR_OPT_BOOL || o->kind == VR_OPT_ALIAS || (o->flags & VR_KEYWORD))
            continue;
        if (o->kind == VR_OPT_ARGV || !value_of(cmd, o))
            return o;
    }
    return NULL;
}

static bool complete_enough(struct vr_cmd *cmd)
{
    bool ok = true;
    for (const struct vr_opt *o = cmd->command->opts; o && o->kind; o++) {
        if (!(o->kind == VR_OPT_DATA || (o->flags & VR_REQUIRED)) || value_of(cmd, o))
            continue;
        ok = o->kind == VR_OPT_INT ? vr_shell_error(cmd->sh, _("command '%s' requires --%s option"), cmd->command->name, o->name)
                                   : vr_shell_error(cmd->sh, _("command '%s' requires <%s> option"), cmd->command->name, o->name);
    }
    return ok;
}

/* "--help": the command becomes "help NAME". */
static void become_help(struct vr_cmd *cmd)
{
    const char *name = cmd->command->name;
    for (struct vr_value *v = cmd->values; v;) {
        struct vr_value *next = v->next;
        free(v->text);
        free(v);
        v = next;
    }
    cmd->values = NULL;
    cmd->json = false;
    cmd->command = &vr_cmd_help;
    add_value(cmd, &vr_cmd_help.opts[0], vr_strdup(name));
}

bool vr_is_option(const char *word)
{
    return word[0] == '-' && word[1] == '-' &&
        ((word[2] >= 'a' && word[2] <= 'z') || (word[2] >= 'A' && word[2] <= 'Z') || (word[2] >= '0' && word[2] <= '9'));
}

/* The rest of a command whose name was read. */
static bool parse_options(struct vr_words *from, struct vr_cmd *cmd, enum vr_word *ended)
{
    bool help = false, only_data = false;
    for (;;) {
        vr_autofree char *word = NULL;
        enum vr_word what = vr_word_next(from, &word);
        if (what == VR_WORD_ERROR)
            return false;
        if (what != VR_WORD_ARG) {
            *ended = what;
            break;
        }
        if (!only_data && vr_streq(word, "--")) {
            only_data = true;
            continue;
        }
        if (!only_data && vr_is_option(word)) {
            if (!take_named(from, cmd, word + 2, &help))
                return false;
            continue;
        }
        const struct vr_opt *opt = positional(cmd);
        if (!opt)
            return vr_shell_error(cmd->sh, _("unexpected data '%s'"), word);
        add_value(cmd, opt, vr_take(word));
    }
    if (help) {
        become_help(cmd);
        return true;
    }
    return complete_enough(cmd);
}

static bool parse_all(struct vr_words *from, struct vr_cmd **out)
{
    struct vr_cmd *first = NULL, **end = &first;
    for (;;) {
        vr_autofree char *word = NULL;
        enum vr_word what = vr_word_next(from, &word);
        if (what == VR_WORD_SEPARATOR)
            continue;
        if (what == VR_WORD_END)
            break;
        const struct vr_command *command = what == VR_WORD_ARG ? vr_command_find(from->sh->program, word) : NULL;
        if (!command) {
            const char *near = what == VR_WORD_ARG ? vr_did_you_mean(from->sh, word, NULL) : NULL;
            if (near)
                vr_shell_error(from->sh, _("unknown command: '%s'; did you mean '%s'?"), word, near);
            else if (what == VR_WORD_ARG)
                vr_shell_error(from->sh, _("unknown command: '%s'"), word);
            vr_cmd_free(first);
            return false;
        }
        struct vr_cmd *cmd = *end = vr_new(struct vr_cmd);
        end = &cmd->next;
        cmd->sh = from->sh;
        cmd->command = vr_command_real(command);
        enum vr_word ended = VR_WORD_END;
        if (!parse_options(from, cmd, &ended)) {
            vr_cmd_free(first);
            return false;
        }
        if (ended == VR_WORD_END)
            break;
    }
    *out = first;
    return true;
}

bool vr_parse_line(struct vr_shell *sh, const char *text, struct vr_cmd **out)
{
    struct vr_words from = { .sh = sh, .text = text };
    return parse_all(&from, out);
}

bool vr_parse_argv(struct vr_shell *sh, int argc, char **argv, struct vr_cmd **out)
{
    struct vr_words from = { .sh = sh, .argv = argv, .argc = argc };
    return parse_all(&from, out);
}
