/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands about the shell itself. */
#include "inside.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"

static bool cd_run(struct vr_cmd *cmd)
{
    const char *dir;
    if (!cmd->sh->interactive)
        return vr_complain(cmd, "%s", _("cd: command valid only in interactive mode"));
    if (!vr_opt_string(cmd, "dir", &dir))
        return false;
    if (!dir)
        dir = getenv("HOME");
    if (!dir) {
        const struct passwd *user = getpwuid(geteuid());
        dir = user ? user->pw_dir : "/";
    }
    if (chdir(dir) < 0)
        return vr_complain(cmd, _("cd: %s: %s"), strerror(errno), dir);
    return true;
}
const struct vr_command vr_cmd_cd = {
    "cd",
    (const struct vr_opt[]){ { "dir", VR_OPT_STRING, .help = N_("where to go; the home directory when left out") }, { 0 } },
    cd_run, VR_CMD_OFFLINE, N_("go to another directory"), NULL, NULL,
};

/* "a,b,,c" as the words "a", "b,c". */
static void split_words(struct vr_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == ',' && text[1] == ',')
            vr_buf_char(out, *text++);
        else
            vr_buf_char(out, *text == ',' ? '\n' : *text);
    }
    vr_buf_char(out, '\n');
}

static void quote_xml(struct vr_buf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': vr_buf_str(out, "&amp;"); break;
        case '<': vr_buf_str(out, "&lt;"); break;
        case '>': vr_buf_str(out, "&gt;"); break;
        case '"': vr_buf_str(out, "&quot;"); break;
        case '\'': vr_buf_str(out, "&apos;"); break;
        default: vr_buf_char(out, *text);
        }
    }
}

static void quote_shell(struct vr_buf *out, const char *text)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,/:=@%+";
    if (*text && strspn(text, plain) == strlen(text)) {
        vr_buf_str(out, text);
        return;
    }
    vr_buf_char(out, '\'');
    for (; *text; text++)
        vr_buf_str(out, *text == '\'' ? "'\\''" : (char[]){ *text, 0 });
    vr_buf_char(out, '\'');
}

static bool echo_run(struct vr_cmd *cmd)
{
    bool shell = vr_opt_bool(cmd, "shell"), xml = vr_opt_bool(cmd, "xml"), split = vr_opt_bool(cmd, "split");
    if (!vr_opt_exclusive(cmd, "shell", "xml") || !vr_opt_exclusive(cmd, "shell", "split") ||
        !vr_opt_exclusive(cmd, "xml", "split"))
        return false;
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    const char *word;
    for (size_t i = 0; (word = vr_opt_argv(cmd, i)); i++) {
        vr_autobuf struct vr_buf quoted = VR_BUF_INIT;
        if (i)
            vr_buf_char(&out, ' ');
        if (xml)
            quote_xml(&quoted, word);
        else
            vr_buf_str(&quoted, word);
        const char *text = quoted.data ? quoted.data : "";
        if (shell)
            quote_shell(&out, text);
        else if (split)
            split_words(&out, text);
        else
            vr_buf_str(&out, text);
    }
    const char *text = out.data ? out.data : "";
    if (vr_opt_bool(cmd, "err"))
        vr_complain(cmd, "%s", text);
    else
        vr_print(cmd, "%s", text);
    return true;
}
const struct vr_command vr_cmd_echo = {
    "echo",
    (const struct vr_opt[]){
        { "shell", VR_OPT_BOOL, .help = N_("quoted as a shell reads it") },
        { "xml", VR_OPT_BOOL, .help = N_("quoted for XML") },
        { "split", VR_OPT_BOOL, .help = N_("one line for each part between commas; ',,' is a comma") },
        { "err", VR_OPT_BOOL, .help = N_("as an error message") },
        { "str", VR_OPT_ALIAS, .alias_of = "string" },
        { "hi", VR_OPT_ALIAS, .alias_of = "string=hello" },
        { "string", VR_OPT_ARGV, .help = N_("words to print") },
        { 0 } },
    echo_run, VR_CMD_OFFLINE, N_("print words"), N_("Prints its words, quoted if asked: for trying the parser."), NULL,
};

static bool quit_run(struct vr_cmd *cmd)
{
    cmd->sh->leave = true;
    return true;
}
const struct vr_command vr_cmd_quit = { "quit", NULL, quit_run, VR_CMD_OFFLINE, N_("leave"), NULL, NULL };
const struct vr_command vr_cmd_exit = { "exit", NULL, quit_run, VR_CMD_OFFLINE, N_("leave"), NULL, NULL };

static void complete_topic(struct vr_cmd *cmd, struct vr_completion *to)
{
    for (const struct vr_group *g = cmd->sh->program->groups; g->title; g++) {
        for (const struct vr_command *const *c = g->commands; *c; c++) {
            if (!((*c)->flags & VR_CMD_HIDDEN))
                vr_complete_add(to, (*c)->name);
        }
    }
}

static bool help_run(struct vr_cmd *cmd)
{
    const struct vr_program *program = cmd->sh->program;
    const char *topic;
    topic = vr_opt_raw(cmd, "command");
    if (!topic || !*topic) {
        vr_print(cmd, "%s", _("Grouped commands:\n\n"));
        for (const struct vr_group *g = program->groups; g->title; g++) {
            vr_help_group(cmd->sh, g, ":");
            vr_print(cmd, "\n");
        }
        return true;
    }
    const struct vr_command *command = vr_command_find(program, topic);
    if (command)
        return vr_help_command(cmd->sh, command);
    const struct vr_group *group = vr_group_find(program, topic);
    if (!group)
        return vr_complain(cmd, _("command or command group '%s' doesn't exist"), topic);
    vr_help_group(cmd->sh, group, ":");
    return true;
}
const struct vr_command vr_cmd_help = {
    "help",
    (const struct vr_opt[]){
        { "command", VR_OPT_STRING, .help = N_("a command or a group of commands"), .complete = complete_topic }, { 0 } },
    help_run, VR_CMD_OFFLINE, N_("tell of commands"), N_("Tells of all commands, of those of a group, or of one."), NULL,
};

static bool pwd_run(struct vr_cmd *cmd)
{
    vr_autofree char *dir = getcwd(NULL, 0);
    if (!dir)
        return vr_complain(cmd, _("pwd: cannot get current directory: %s"), strerror(errno));
    vr_print(cmd, _("%s\n"), dir);
    return true;
}
const struct vr_command vr_cmd_pwd = { "pwd", NULL, pwd_run, VR_CMD_OFFLINE, N_("print the current directory"), NULL, NULL };

/* ---- checks of the rows ------------------------------------------------------------------------------------------- */

static bool opt_ok(struct vr_cmd *cmd, const struct vr_command *c, const struct vr_opt *o, bool *optional)
{
    const char *preset;
    bool required = o->kind == VR_OPT_DATA || (o->flags & VR_REQUIRED);
    if (o->kind == VR_OPT_BOOL && (o->complete || o->flags))
        return vr_complain(cmd, _("option --%s of '%s': a switch has neither completer nor flags"), o->name, c->name);
    if (o->kind == VR_OPT_ALIAS)
        return vr_opt_find(c, o->name, &preset) ? true
            : vr_complain(cmd, _("option --%s of '%s' stands for nothing behind it"), o->name, c->name);
    if (!o->help)
        return vr_complain(cmd, _("option --%s of '%s' has no help"), o->name, c->name);
    if (o->kind == VR_OPT_ARGV && o[1].kind)
        return vr_complain(cmd, _("option --%s of '%s' takes all words and is not the last"), o->name, c->name);
    if (required && !(o->flags & VR_KEYWORD) && *optional && o->kind != VR_OPT_ARGV)
        return vr_complain(cmd, _("option --%s of '%s' is required behind one that is not"), o->name, c->name);
    if (!required && o->kind != VR_OPT_BOOL && !(o->flags & VR_KEYWORD))
        *optional = true;
    return true;
}

static bool self_test_run(struct vr_cmd *cmd)
{
    bool ok = true, missing = vr_opt_bool(cmd, "completers-missing");
    for (const struct vr_group *g = cmd->sh->program->groups; g->title; g++) {
        for (const struct vr_command *const *p = g->commands; *p; p++) {
            const struct vr_command *c = *p;
            bool optional = false;
            if (c->alias_of)
                continue;
            if (!c->run || !c->help || vr_command_find(cmd->sh->program, c->name) != c)
                ok = vr_complain(cmd, _("command '%s' lacks a function or help, or exists twice"), c->name);
            for (const struct vr_opt *o = c->opts; o && o->kind; o++) {
                ok = opt_ok(cmd, c, o, &optional) && ok;
                if (missing && !o->complete && o->kind >= VR_OPT_INT && o->kind <= VR_OPT_ARGV)
                    vr_print(cmd, "%s --%s\n", c->name, o->name);
            }
        }
    }
    return ok;
}
const struct vr_command vr_cmd_self_test = {
    "self-test",
    (const struct vr_opt[]){ { "completers-missing", VR_OPT_BOOL, .help = N_("list options without completer") }, { 0 } },
    self_test_run, VR_CMD_OFFLINE | VR_CMD_HIDDEN, N_("check the rows of commands"), NULL, NULL,
};

static bool complete_run(struct vr_cmd *cmd)
{
    vr_autobuf struct vr_buf line = VR_BUF_INIT;
    const char *word;
    for (size_t i = 0; (word = vr_opt_argv(cmd, i)); i++) {
        if (i)
            vr_buf_char(&line, ' ');
        vr_buf_str(&line, word);
    }
    char **found = vr_complete(cmd->sh, line.data ? line.data : "");
    for (size_t i = 0; found && found[i]; i++) {
        vr_print(cmd, "%s\n", found[i]);
        free(found[i]);
    }
    free(found);
    vr_forget_error(cmd);
    return found != NULL;
}
const struct vr_command vr_cmd_complete = {
    "complete",
    (const struct vr_opt[]){ { "string", VR_OPT_ARGV, VR_EMPTY_OK, N_("the line up to the cursor") }, { 0 } },
    complete_run, VR_CMD_OFFLINE | VR_CMD_HIDDEN, N_("print what may stand at the cursor"), NULL, NULL,
};
