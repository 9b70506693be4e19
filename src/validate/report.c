/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "base/alloc.h"

static bool quiet;

void vr_report_quiet(void)
{
    quiet = true;
}

void vr_report_check(const char *hypervisor, const char *fmt, ...)
{
    if (quiet)
        return;
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *what = vr_vprintf(fmt, ap);
    va_end(ap);
    printf("%6s: Checking %-60s: ", hypervisor, what);
    fflush(stdout); /* a check may take its time, and the line says which it is */
}

static void verdict(const char *word, int colour)
{
    if (isatty(STDOUT_FILENO))
        printf("\033[%dm%s\033[0m", colour, word);
    else
        fputs(word, stdout);
}

void vr_report_pass(void)
{
    if (quiet)
        return;
    verdict("PASS", 32);
    putchar('\n');
}

bool vr_report_miss(enum vr_report_level level, const char *fmt, ...)
{
    static const struct { const char *word; int colour; } levels[] = {
        [VR_REPORT_FAIL] = { "FAIL", 31 }, [VR_REPORT_WARN] = { "WARN", 33 },
    };
    if (!quiet) {
        va_list ap;
        va_start(ap, fmt);
        vr_autofree char *hint = vr_vprintf(fmt, ap);
        va_end(ap);
        verdict(levels[level].word, levels[level].colour);
        printf(" (%s)\n", hint);
    }
    return level != VR_REPORT_FAIL;
}

static bool exists(const char *path, enum vr_report_level level, const char *hint)
{
    if (access(path, F_OK) != 0)
        return vr_report_miss(level, "%s", hint);
    vr_report_pass();
    return true;
}

bool vr_report_device(const char *hypervisor, const char *path, enum vr_report_level level, const char *hint)
{
    vr_report_check(hypervisor, "if device %s exists", path);
    return exists(path, level, hint);
}

bool vr_report_namespace(const char *hypervisor, const char *name, enum vr_report_level level, const char *hint)
{
    vr_report_check(hypervisor, "for namespace %s", name);
    vr_autofree char *path = vr_printf("/proc/self/ns/%s", name);
    return exists(path, level, hint);
}
