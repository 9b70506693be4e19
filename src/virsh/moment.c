/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "moment.h"
#include "document.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/alloc.h"
#include "base/str.h"

char **vr_parts(const char *text)
{
    size_t n = 0, cap = 0;
    char **parts = NULL;
    vr_autobuf struct vr_buf part = VR_BUF_INIT;
    for (bool more = true; more; text++) {
        if (*text == ',' && text[1] == ',') {
            vr_buf_char(&part, ',');
            text++;
        } else if (*text && *text != ',') {
            vr_buf_char(&part, *text);
        } else {
            more = *text != '\0';
            VR_GROW(parts, n + 1, cap);
            parts[n++] = vr_buf_take(&part);
        }
    }
    parts[n] = NULL;
    return parts;
}

void vr_parts_free(char **parts)
{
    for (size_t i = 0; parts && parts[i]; i++)
        free(parts[i]);
    free(parts);
}

const char *vr_part_value(const char *part, const char *key)
{
    size_t length = strlen(key);
    return strncmp(part, key, length) == 0 && part[length] == '=' ? part + length + 1 : NULL;
}

bool vr_moment_time(const char *xml, const char *xpath, char *out, size_t size)
{
    vr_autofree char *text = vr_document_string(xml, xpath);
    int64_t stamp;
    struct tm tm;
    if (!text || !vr_parse_i64(text, 10, INT64_MIN, INT64_MAX, &stamp))
        return false;
    time_t t = (time_t)stamp;
    return localtime_r(&t, &tm) && strftime(out, size, "%Y-%m-%d %H:%M:%S %z", &tm) > 0;
}
