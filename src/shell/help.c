/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Usage of commands, made from their rows. */
#include "inside.h"

#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

void vr_help_group(struct vr_shell *sh, const struct vr_group *group, const char *after)
{
    printf(_(" %s (help keyword '%s')%s\n"), group->title, group->keyword, after);
    for (const struct vr_command *const *c = group->commands; *c; c++) {
        if (!((*c)->flags & VR_CMD_HIDDEN) && !(*c)->alias_of)
            printf("    %-30s %s\n", (*c)->name, (*c)->help);
    }
}

/* @named: an option before this one takes a value, so that words may need the name. */
static void add_synopsis(struct vr_buf *out, const struct vr_opt *o, bool named)
{
    switch (o->kind) {
    case VR_OPT_BOOL:
        vr_buf_printf(out, " [--%s]", o->name);
        break;
    case VR_OPT_INT:
        if (o->flags & VR_REQUIRED)
            vr_buf_printf(out, " <%s>", o->name);
        else
            vr_buf_printf(out, " [--%s <%s>]", o->name, _("number"));
        break;
    case VR_OPT_STRING:
        vr_buf_printf(out, " [--%s <%s>]", o->name, _("string"));
        break;
    case VR_OPT_DATA:
        vr_buf_printf(out, " <%s>", o->name);
        break;
    case VR_OPT_ARGV:
        if (!named)
            vr_buf_printf(out, o->flags & VR_REQUIRED ? " <%s>..." : " [<%s>]...", o->name);
        else if (o->flags & VR_REQUIRED)
            vr_buf_printf(out, " {[--%s] <%s>}...", o->name, _("string"));
        else
            vr_buf_printf(out, " [[--%s] <%s>]...", o->name, _("string"));
        break;
    default:
        break;
    }
}

static void print_option(const struct vr_opt *o, bool named)
{
    vr_autofree char *shown = NULL;
    const char *kind = o->kind == VR_OPT_INT ? _("number") : _("string");
    switch (o->kind) {
    case VR_OPT_BOOL:
        shown = vr_printf("--%s", o->name);
        break;
    case VR_OPT_INT:
    case VR_OPT_STRING:
        shown = vr_printf(o->flags & VR_REQUIRED ? "[--%s] <%s>" : "--%s <%s>", o->name, kind);
        break;
    case VR_OPT_DATA:
    case VR_OPT_ARGV:
        shown = o->kind == VR_OPT_ARGV && !named ? vr_printf("<%s>", o->name) : vr_printf("[--%s] <%s>", o->name, kind);
        break;
    default:
        return;
    }
    printf("    %-15s  %s\n", shown, o->help);
}

bool vr_help_command(struct vr_shell *sh, const struct vr_command *command)
{
    command = vr_command_real(command);
    vr_autobuf struct vr_buf synopsis = VR_BUF_INIT;
    bool options = command->flags & VR_CMD_JSON, named = false;
    for (const struct vr_opt *o = command->opts; o && o->kind; o++) {
        add_synopsis(&synopsis, o, named);
        options |= o->kind != VR_OPT_ALIAS;
        named |= o->kind != VR_OPT_ALIAS && o->kind != VR_OPT_BOOL;
    }
    if (command->flags & VR_CMD_JSON)
        add_synopsis(&synopsis, &vr_opt_json, true);
    printf(_("  NAME\n    %s - %s\n"), command->name, command->help);
    printf(_("\n  SYNOPSIS\n    %s%s\n"), command->name, synopsis.data ? synopsis.data : "");
    printf(_("\n  DESCRIPTION\n    %s\n"), command->desc ? command->desc : command->help);
    if (options) {
        printf("%s", _("\n  OPTIONS\n"));
        named = false;
        for (const struct vr_opt *o = command->opts; o && o->kind; o++) {
            print_option(o, named);
            named |= o->kind != VR_OPT_ALIAS && o->kind != VR_OPT_BOOL;
        }
        if (command->flags & VR_CMD_JSON)
            print_option(&vr_opt_json, true);
    }
    putchar('\n');
    return true;
}
