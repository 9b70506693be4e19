/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * document_calls FILE COUNT: what the library spends on a domain document, on its own mock hypervisor. One line for each
 * figure, "NAME NANOSECONDS" of CPU: the definition read and put in the place of the last one; written; both together.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, virGetLastErrorMessage());
    exit(EXIT_FAILURE);
}

static virDomainPtr define(virConnectPtr conn, const char *xml)
{
    virDomainPtr d = virDomainDefineXML(conn, xml);
    if (!d)
        fail("define");
    return d;
}

static char *dump(virDomainPtr d)
{
    char *text = virDomainGetXMLDesc(d, VIR_DOMAIN_XML_INACTIVE);
    if (!text)
        fail("dumpxml");
    return text;
}

int main(int argc, char **argv)
{
    static char xml[1 << 16];
    int count = argc == 3 ? atoi(argv[2]) : 0;
    FILE *f = count > 0 ? fopen(argv[1], "r") : NULL;
    if (!f || fread(xml, 1, sizeof(xml) - 1, f) == 0)
        return EXIT_FAILURE;
    fclose(f);
    virConnectPtr conn = virConnectOpen("test:///default");
    if (!conn)
        fail("open");
    virDomainPtr d = define(conn, xml);
    char *whole = dump(d); /* as it is kept: what a define of a known guest reads */
    double begin = cpu_ns();
    for (int i = 0; i < count; i++)
        virDomainFree(define(conn, whole));
    double read = (cpu_ns() - begin) / count;
    begin = cpu_ns();
    for (int i = 0; i < count; i++)
        free(dump(d));
    double written = (cpu_ns() - begin) / count;
    printf("read\t%.0f\nwrite\t%.0f\nboth\t%.0f\n", read, written, read + written);
    free(whole);
    virDomainFree(d);
    virConnectClose(conn);
    return EXIT_SUCCESS;
}
