/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Addresses that guests were given, from the files in dnsmasq's directory. This code runs inside any program that resolves a
 * name: it allocates little, never aborts, links nothing but the C library, and takes what the files say for hostile.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nss_address {
    int family;         /* AF_INET, AF_INET6 */
    uint8_t bytes[16];
};
struct nss_found {
    struct nss_address *v; /* malloc'd */
    size_t n, cap;
};
enum nss_result { NSS_FOUND, NSS_NONE, NSS_NO_MEMORY };

/**
 * nss_find - addresses of a name in leases that have not expired
 * @dir:    where BRIDGE.status and BRIDGE.macs are
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for both
 * @guest:  the name is a guest's, whose MAC addresses are in the .macs files; else it is the one it told the DHCP server
 *
 * Free found->v in any case.
 */
enum nss_result nss_find(const char *dir, const char *name, int family, bool guest, struct nss_found *found);
