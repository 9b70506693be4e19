/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hosts [URI...]: connects to each and tells what the host is. Read-only connections suffice. */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>

static void quiet(void *data, virErrorPtr error)
{
    (void)data; /* each failure is told of where it happens */
    (void)error;
}

static int show(const char *uri)
{
    virConnectPtr conn = virConnectOpenReadOnly(uri);
    if (!conn) {
        fprintf(stderr, "cannot connect to %s: %s\n", uri ? uri : "the default", virGetLastErrorMessage());
        return -1;
    }
    char *name = virConnectGetHostname(conn), *where = virConnectGetURI(conn);
    unsigned long version = 0;
    virNodeInfo info;
    int guests = virConnectListAllDomains(conn, NULL, 0);
    int ok = name && where && guests >= 0 && virConnectGetVersion(conn, &version) == 0 && virNodeGetInfo(conn, &info) == 0;
    if (ok) {
        printf("%s (%s)\n", name, where);
        printf("  %s %lu.%lu.%lu\n", virConnectGetType(conn), version / 1000000, version / 1000 % 1000, version % 1000);
        printf("  %u CPUs, %lu MiB, %s\n", info.cpus, info.memory / 1024, info.model);
        printf("  %d guests%s\n", guests, virConnectIsEncrypted(conn) == 1 ? ", encrypted on the way" : "");
    } else {
        fprintf(stderr, "%s: %s\n", uri ? uri : "the default", virGetLastErrorMessage());
    }
    free(name);
    free(where);
    virConnectClose(conn);
    return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
    int failed = 0;
    virSetErrorFunc(NULL, quiet);
    if (argc < 2)
        failed = show(NULL) < 0;
    for (int i = 1; i < argc; i++)
        if (show(argv[i]) < 0)
            failed = 1;
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
