/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mock hypervisor through the public calls: memory, threads, what is shared and what is private. */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "api/public.h"
#include "base/test.h"

#define DOCUMENT                                                                                                       \
    "<domain type='test'><name>%s</name><memory>100000</memory><vcpu>2</vcpu><os><type>hvm</type></os><devices>"       \
    "<disk type='file'><source file='/guest/%s'/><target dev='vda'/></disk></devices></domain>"

static void quiet(void *data, virErrorPtr error)
{
}

static virDomainPtr define(virConnectPtr conn, const char *name)
{
    char xml[1024];
    snprintf(xml, sizeof(xml), DOCUMENT, name, name);
    return virDomainDefineXML(conn, xml);
}

/* One of each kind of call; returns how many it made. */
static int round_of_calls(virConnectPtr conn, virDomainPtr dom, int number)
{
    char name[256];
    virDomainInfo info;
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    virDomainPtr *domains;
    virTypedParameter weight = { .field = VIR_DOMAIN_BLKIO_WEIGHT, .type = VIR_TYPED_PARAM_UINT, .value.ui = 300 };
    int state, reason;
    EXPECT_EQ(virDomainCreate(dom), 0);
    EXPECT_EQ(virDomainSuspend(dom), 0);
    EXPECT_EQ(virDomainResume(dom), 0);
    EXPECT_EQ(virDomainGetState(dom, &state, &reason, 0), 0);
    EXPECT_EQ(virDomainGetInfo(dom, &info), 0);
    EXPECT(virDomainMemoryStats(dom, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0) >= 0);
    EXPECT_EQ(virDomainSetBlkioParameters(dom, &weight, 1, 0), 0);
    char *xml = virDomainGetXMLDesc(dom, 0);
    EXPECT_STR_HAS(xml, "<weight>300</weight>");
    free(xml);
    snprintf(name, sizeof(name), "<domainsnapshot><name>s%d</name></domainsnapshot>", number);
    virDomainSnapshotPtr snap = virDomainSnapshotCreateXML(dom, name, 0);
    EXPECT(snap);
    EXPECT_EQ(virDomainRevertToSnapshot(snap, 0), 0);
    EXPECT_EQ(virDomainSnapshotDelete(snap, 0), 0);
    virDomainSnapshotFree(snap);
    int n = virConnectListAllDomains(conn, &domains, 0);
    EXPECT(n > 0);
    for (int i = 0; i < n; i++)
        virDomainFree(domains[i]);
    free(domains);
    EXPECT(!virDomainLookupByName(conn, "no such domain"));
    EXPECT_EQ(virGetLastError()->code, VIR_ERR_NO_DOMAIN);
    virStoragePoolPtr pool = virStoragePoolLookupByName(conn, "default-pool");
    snprintf(name, sizeof(name), "<volume><name>%s-%d</name><capacity>1</capacity></volume>", virDomainGetName(dom), number);
    virStorageVolPtr vol = virStorageVolCreateXML(pool, name, 0);
    EXPECT(vol);
    EXPECT_EQ(virStorageVolDelete(vol, 0), 0);
    virStorageVolFree(vol);
    virStoragePoolFree(pool);
    EXPECT_EQ(virDomainDestroy(dom), 0);
    return 18;
}

VR_TEST(a_hundred_thousand_calls_leave_nothing_behind)
{
    virSetErrorFunc(NULL, quiet);
    virConnectPtr conn = virConnectOpen("test:///default");
    EXPECT(conn);
    virDomainPtr dom = define(conn, "leaks");
    size_t after_some = 0;
    for (int calls = 0, i = 0; calls < 100000; i++) {
        /* A definition's changes stay in its memory until it is defined anew. */
        EXPECT_EQ(virDomainUndefine(dom), 0);
        virDomainFree(dom);
        dom = define(conn, "leaks");
        calls += round_of_calls(conn, dom, i) + 1;
        if (!after_some && calls >= 20000)
            after_some = mallinfo2().uordblks;
    }
    EXPECT(mallinfo2().uordblks < after_some + 64 * 1024);
    virDomainUndefine(dom);
    virDomainFree(dom);
    EXPECT_EQ(virConnectClose(conn), 0);
}

static void *worker(void *opaque)
{
    virConnectPtr conn = opaque;
    char name[32];
    snprintf(name, sizeof(name), "thread-%lx", (unsigned long)pthread_self());
    virDomainPtr dom = define(conn, name);
    for (int i = 0; dom && i < 60; i++)
        round_of_calls(conn, dom, i);
    virDomainUndefine(dom);
    virDomainFree(dom);
    return NULL;
}

VR_TEST(eight_threads_share_one_connection)
{
    virSetErrorFunc(NULL, quiet);
    virConnectPtr conn = virConnectOpen("test:///default");
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, worker, conn), 0);
    for (size_t i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    EXPECT_EQ(virConnectNumOfDomains(conn), 1);
    EXPECT_EQ(virConnectNumOfDefinedDomains(conn), 0);
    EXPECT_EQ(virConnectClose(conn), 0);
}

VR_TEST(connections_to_the_default_host_share_it_and_the_last_one_ends_it)
{
    virConnectPtr a = virConnectOpen("test:///default"), b = virConnectOpen("test:///default");
    virDomainFree(define(a, "shared"));
    EXPECT_EQ(virConnectNumOfDefinedDomains(b), 1);
    EXPECT_EQ(virConnectClose(a), 0);
    EXPECT_EQ(virConnectNumOfDefinedDomains(b), 1);
    EXPECT_EQ(virConnectClose(b), 0);
    a = virConnectOpen("test:///default");
    EXPECT_EQ(virConnectNumOfDefinedDomains(a), 0);
    EXPECT_EQ(virConnectClose(a), 0);
}

static const char *write_host(const char *text)
{
    static char path[] = "/tmp/vireo-host-XXXXXX";
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    int fd = mkstemp(path);
    EXPECT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

VR_TEST(a_host_from_a_file_is_each_connections_own)
{
    char uri[64];
    const char *path = write_host("<node><domain type='test'><name>one</name><memory>1000</memory>"
                                  "<os><type>hvm</type></os></domain></node>");
    snprintf(uri, sizeof(uri), "test://%s", path);
    virConnectPtr a = virConnectOpen(uri), b = virConnectOpen(uri);
    EXPECT(a && b);
    virDomainFree(define(a, "mine"));
    EXPECT_EQ(virConnectNumOfDefinedDomains(a), 1);
    EXPECT_EQ(virConnectNumOfDefinedDomains(b), 0);
    EXPECT_EQ(virConnectClose(a), 0);
    EXPECT_EQ(virConnectClose(b), 0);
    unlink(path);
}

VR_TEST(broken_hosts_are_refused_and_leave_nothing)
{
    static const char *const hosts[] = {
        "", "<node", "<host/>", "<node><cpu><mhz>x</mhz></cpu></node>", "<node><domain/></node>",
        "<node><memory>99999999999999999999</memory></node>", "<node><domain file='/nowhere/at/all'/></node>",
        "<node><auth><user/></auth></node>", "<node><pool type='dir'><name>p</name></pool></node>",
        "<node><network><name>a</name></network><network><name>a</name></network></node>",
        "<node><device><name>d</name></device></node>", "<!DOCTYPE node [<!ENTITY a 'b'>]><node>&a;</node>",
    };
    virSetErrorFunc(NULL, quiet);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        char uri[64];
        const char *path = write_host(hosts[i]);
        snprintf(uri, sizeof(uri), "test://%s", path);
        EXPECT(!virConnectOpen(uri));
        EXPECT(virGetLastError()->code != VIR_ERR_OK);
        unlink(path);
    }
}

static int give_name(virConnectCredentialPtr cred, unsigned int n, void *data)
{
    const char *const *answers = data;
    for (unsigned i = 0; i < n; i++) {
        cred[i].result = strdup(answers[cred[i].type == VIR_CRED_PASSPHRASE]);
        cred[i].resultlen = (unsigned)strlen(cred[i].result);
    }
    return 0;
}

VR_TEST(users_of_a_host_log_in_with_name_and_password)
{
    char uri[64];
    int types[] = { VIR_CRED_AUTHNAME, VIR_CRED_PASSPHRASE };
    const char *right[] = { "otto", "secret" }, *wrong[] = { "otto", "guess" }, *without[] = { "anna", "" };
    const char *path = write_host("<node><auth><user>anna</user><user password='secret'>otto</user></auth></node>");
    snprintf(uri, sizeof(uri), "test://%s", path);
    virConnectAuth auth = { .credtype = types, .ncredtype = 2, .cb = give_name };
    virSetErrorFunc(NULL, quiet);
    EXPECT(!virConnectOpen(uri));
    auth.cbdata = wrong;
    EXPECT(!virConnectOpenAuth(uri, &auth, 0));
    EXPECT_EQ(virGetLastError()->code, VIR_ERR_AUTH_FAILED);
    auth.cbdata = right;
    virConnectPtr conn = virConnectOpenAuth(uri, &auth, 0);
    EXPECT(conn);
    EXPECT_EQ(virConnectClose(conn), 0);
    auth.cbdata = without;
    conn = virConnectOpenAuth(uri, &auth, VIR_CONNECT_RO);
    EXPECT(conn);
    EXPECT(!define(conn, "refused"));
    EXPECT_EQ(virGetLastError()->code, VIR_ERR_OPERATION_DENIED);
    EXPECT_EQ(virConnectClose(conn), 0);
    unlink(path);
}

VR_TESTS("local", a_hundred_thousand_calls_leave_nothing_behind, eight_threads_share_one_connection,
         connections_to_the_default_host_share_it_and_the_last_one_ends_it, a_host_from_a_file_is_each_connections_own,
         broken_hosts_are_refused_and_leave_nothing, users_of_a_host_log_in_with_name_and_password)
