/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words of a command line. In a text, blanks part words, ';' and newline part commands, '...' keeps everything, "..."
 * everything but backslash and itself, a backslash keeps the next character, '#' where a word could begin starts a
 * comment. In argv each string is a word as it is.
 */
#include "inside.h"

#include <string.h>
#include "base/alloc.h"
#include "base/str.h"

static enum vr_word word_of_text(struct vr_words *from, char **out)
{
    vr_autobuf struct vr_buf word = VR_BUF_INIT;
    const char *p = from->text;
    while (*p == ' ' || *p == '\t')
        p++;
    if (*p == '#')
        p += strcspn(p, "\n");
    from->text = p;
    if (!*p)
        return VR_WORD_END;
    if (*p == ';' || *p == '\n') {
        from->text = p + 1;
        return VR_WORD_SEPARATOR;
    }
    bool single = false, two = false;
    for (; *p; p++) {
        if (!single && !two && (*p == ' ' || *p == '\t' || *p == ';' || *p == '\n'))
            break;
        if (!two && *p == '\'') {
            single = !single;
            continue;
        }
        if (!single && *p == '\\') {
            if (!*++p) {
                if (!from->quiet)
                    vr_shell_error(from->sh, _("dangling \\"));
                return VR_WORD_ERROR;
            }
        } else if (!single && *p == '"') {
            two = !two;
            continue;
        }
        vr_buf_char(&word, *p);
    }
    if (two && !from->quiet) {
        vr_shell_error(from->sh, _("missing \""));
        return VR_WORD_ERROR;
    }
    from->text = p;
    *out = vr_buf_take(&word);
    return VR_WORD_ARG;
}

enum vr_word vr_word_next(struct vr_words *from, char **out)
{
    *out = NULL;
    if (from->text)
        return word_of_text(from, out);
    if (!from->argc)
        return VR_WORD_END;
    *out = vr_strdup(*from->argv++);
    from->argc--;
    return VR_WORD_ARG;
}
