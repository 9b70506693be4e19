/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lifecycle URI FILE: defines the guest a file describes, starts, pauses, resumes, stops and forgets it, and hears of it. */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>

static int undefined; /* the last event there will be */

static int happened(virConnectPtr conn, virDomainPtr guest, int event, int detail, void *opaque)
{
    static const char *const names[] = { "defined", "undefined", "started", "suspended", "resumed", "stopped", "shutdown" };
    (void)conn;
    (void)detail;
    (void)opaque;
    if (event >= 0 && event < (int)(sizeof(names) / sizeof(names[0])))
        printf("event: %s %s\n", virDomainGetName(guest), names[event]);
    undefined |= event == VIR_DOMAIN_EVENT_UNDEFINED;
    return 0;
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 65536);
    size_t len = f && text ? fread(text, 1, 65535, f) : 0;
    if (f)
        fclose(f);
    if (!len) {
        free(text);
        return NULL;
    }
    return text;
}

static int run(virConnectPtr conn, const char *xml)
{
    virDomainPtr guest = virDomainDefineXML(conn, xml);
    if (!guest)
        return -1;
    int ok = virDomainCreate(guest) == 0;
    if (ok) {
        printf("running with id %u\n", virDomainGetID(guest));
        ok = virDomainSuspend(guest) == 0 && virDomainResume(guest) == 0;
        ok = virDomainDestroy(guest) == 0 && ok;
    }
    ok = virDomainUndefine(guest) == 0 && ok;
    virDomainFree(guest);
    return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
    char *xml = argc == 3 ? read_file(argv[2]) : NULL;
    if (!xml) {
        fprintf(stderr, "usage: lifecycle URI FILE\n");
        return EXIT_FAILURE;
    }
    virEventRegisterDefaultImpl(); /* before the connection, which is to use it */
    virConnectPtr conn = virConnectOpen(argv[1]);
    int ok = 0;
    if (conn) {
        int id = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                  VIR_DOMAIN_EVENT_CALLBACK(happened), NULL, NULL);
        ok = id >= 0 && run(conn, xml) == 0;
        while (ok && !undefined) /* events arrive while the loop turns */
            ok = virEventRunDefaultImpl() == 0;
        if (id >= 0)
            virConnectDomainEventDeregisterAny(conn, id);
        virConnectClose(conn);
    }
    free(xml);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
