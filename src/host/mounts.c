/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mounts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"

/* mountinfo writes blanks as \040: decoded in place. */
static void unescape(char *text)
{
    char *out = text;
    for (; *text; text++) {
        unsigned code;
        if (text[0] == '\\' && sscanf(text + 1, "%3o", &code) == 1) {
            *out++ = (char)code;
            text += 3;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

char *vr_mount_of(const char *path)
{
    char *best = vr_strdup("/");
    FILE *f = fopen("/proc/self/mountinfo", "re");
    char *line = NULL;
    size_t room = 0;
    while (f && getline(&line, &room, f) > 0) {
        char *save, *at = strtok_r(line, " ", &save);
        for (int field = 1; at && field < 5; field++)
            at = strtok_r(NULL, " ", &save);
        if (!at)
            continue;
        unescape(at);
        size_t len = strlen(at);
        /* The later of two mounts on one point covers the earlier; both have the same name, so it does not matter. */
        if (len > strlen(best) && strncmp(path, at, len) == 0 && (path[len] == '/' || path[len] == '\0')) {
            free(best);
            best = vr_strdup(at);
        }
    }
    free(line);
    if (f)
        fclose(f);
    return best;
}
