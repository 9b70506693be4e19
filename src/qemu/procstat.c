/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procstat.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/cleanup.h"

static ssize_t read_file(char *text, size_t size, pid_t pid, pid_t tid, const char *name)
{
    char path[80];
    if (tid)
        snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, (int)tid, name);
    else
        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    if (n >= 0)
        text[n] = 0;
    return n;
}

bool vr_procstat_read(pid_t pid, pid_t tid, struct vr_procstat *out)
{
    char text[1024];
    if (read_file(text, sizeof(text), pid, tid, "stat") <= 0)
        return false;
    /* The name in field 2 may hold anything, parentheses too: fields are counted from the last one. */
    char *at = strrchr(text, ')');
    if (!at || at[1] != ' ')
        return false;
    at += 2;
    struct vr_procstat s = { .state = *at };
    long hz = sysconf(_SC_CLK_TCK), page_kib = sysconf(_SC_PAGESIZE) / 1024;
    int field = 3;
    for (; *at && field <= 39; field++) {
        unsigned long long v = strtoull(at, NULL, 10);
        if (field == 14)
            s.user_ns = v * (1000000000ull / (unsigned long)hz);
        else if (field == 15)
            s.system_ns = v * (1000000000ull / (unsigned long)hz);
        else if (field == 22)
            s.start_ticks = v;
        else if (field == 24)
            s.rss_kib = v * (unsigned long)page_kib;
        else if (field == 39)
            s.cpu = (int)v;
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    if (field <= 39)
        return false;
    *out = s;
    return true;
}

bool vr_procstat_delay(pid_t pid, pid_t tid, uint64_t *delay_ns)
{
    char text[128];
    unsigned long long ran, delay;
    if (read_file(text, sizeof(text), pid, tid, "schedstat") <= 0 || sscanf(text, "%llu %llu", &ran, &delay) != 2)
        return false;
    *delay_ns = delay;
    return true;
}

bool vr_procstat_wait(pid_t pid, pid_t tid, uint64_t *wait_ns)
{
    char text[4096];
    if (read_file(text, sizeof(text), pid, tid, "sched") <= 0)
        return false;
    *wait_ns = 0;
    const char *at = strstr(text, "wait_sum");
    const char *colon = at ? strchr(at, ':') : NULL;
    unsigned long long ms = 0, ns = 0;
    if (colon && sscanf(colon + 1, "%llu.%llu", &ms, &ns) == 2)
        *wait_ns = ms * 1000000 + ns;
    return true;
}
