/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * client_calls URI COUNT [each]: for each kind of call one line, "NAME NANOSECONDS", the CPU time of this process per call.
 * Long calls are made fewer times, unless `each` asks for COUNT of all.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static virConnectPtr conn;
static virDomainPtr guest;
static const char *uri;

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, virGetLastErrorMessage());
    exit(EXIT_FAILURE);
}

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void text(char *value)
{
    if (!value)
        fail("text");
    free(value);
}

static void hostname(void)
{
    text(virConnectGetHostname(conn));
}

static void capabilities(void)
{
    text(virConnectGetCapabilities(conn));
}

static void xml(void)
{
    text(virDomainGetXMLDesc(guest, 0));
}

static void lookup(void)
{
    virDomainPtr d = virDomainLookupByName(conn, "bench0");
    if (!d)
        fail("lookup");
    virDomainFree(d);
}

static void info(void)
{
    virDomainInfo i;
    if (virDomainGetInfo(guest, &i) < 0)
        fail("info");
}

static void failing(void)
{
    virDomainPtr d = virDomainLookupByName(conn, "nobody");
    if (d)
        fail("nobody is there");
}

static void list(void)
{
    virDomainPtr *all;
    int n = virConnectListAllDomains(conn, &all, 0);
    if (n < 0)
        fail("list");
    for (int i = 0; i < n; i++)
        virDomainFree(all[i]);
    free(all);
}

static void statistics(void)
{
    virDomainStatsRecordPtr *all;
    if (virConnectGetAllDomainStats(conn, 0, &all, 0) < 0)
        fail("stats");
    virDomainStatsRecordListFree(all);
}

static void open_close(void)
{
    virConnectPtr c = virConnectOpen(uri);
    if (!c)
        fail("open");
    virConnectClose(c);
}

static void *thread(void *opaque)
{
    for (int i = 0; i < *(int *)opaque; i++)
        hostname();
    return NULL;
}

static const struct {
    const char *name;
    void (*call)(void);
    int part; /* of the count: long calls are measured with fewer */
} calls[] = {
    { "hostname", hostname, 1 }, { "lookup", lookup, 1 }, { "info", info, 1 }, { "error", failing, 1 }, { "xml", xml, 4 },
    { "capabilities", capabilities, 4 }, { "list of 50", list, 8 }, { "statistics of 50", statistics, 20 },
    { "open and close", open_close, 8 },
};

static void quiet(void *data, virErrorPtr error)
{
    (void)data;
    (void)error;
}

int main(int argc, char **argv)
{
    int count = argc >= 3 ? atoi(argv[2]) : 0;
    if (count < 1)
        return EXIT_FAILURE;
    uri = argv[1];
    virSetErrorFunc(NULL, quiet);
    conn = virConnectOpen(uri);
    guest = conn ? virDomainLookupByName(conn, "bench0") : NULL;
    if (!guest)
        fail("connecting");
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        int n = argc > 3 ? count : count / calls[i].part + 1;
        calls[i].call();
        double begin = cpu_ns();
        for (int k = 0; k < n; k++)
            calls[i].call();
        printf("%s\t%.0f\n", calls[i].name, (cpu_ns() - begin) / n);
    }
    pthread_t threads[8];
    int each = count / 8 + 1;
    double begin = cpu_ns();
    for (int i = 0; i < 8; i++)
        if (pthread_create(&threads[i], NULL, thread, &each) != 0)
            fail("thread");
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    printf("eight threads\t%.0f\n", (cpu_ns() - begin) / (each * 8));
    virDomainFree(guest);
    virConnectClose(conn);
    return EXIT_SUCCESS;
}
