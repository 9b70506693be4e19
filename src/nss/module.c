/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A module of the C library's name service switch: "hosts: files libvirt libvirt_guest dns". Built twice: libvirt finds guests
 * by the name they told the DHCP server, libvirt_guest by the name the host has for them.
 */
#include <errno.h>
#include <netdb.h>
#include <nss.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "leases.h"

#ifdef NSS_GUEST
#define NAME(function) _nss_libvirt_guest_##function
#define GUEST true
#else
#define NAME(function) _nss_libvirt_##function
#define GUEST false
#endif
#define EXPORT __attribute__((visibility("default")))

enum nss_status NAME(gethostbyname3_r)(const char *name, int family, struct hostent *result, char *buffer, size_t buflen,
                                       int *errnop, int *herrnop, int32_t *ttlp, char **canonp);
enum nss_status NAME(gethostbyname2_r)(const char *name, int family, struct hostent *result, char *buffer, size_t buflen,
                                       int *errnop, int *herrnop);
enum nss_status NAME(gethostbyname_r)(const char *name, struct hostent *result, char *buffer, size_t buflen, int *errnop,
                                      int *herrnop);
enum nss_status NAME(gethostbyname4_r)(const char *name, struct gaih_addrtuple **pat, char *buffer, size_t buflen, int *errnop,
                                       int *herrnop, int32_t *ttlp);

static enum nss_status not_found(int *errnop, int *herrnop)
{
    *errnop = ESRCH;
    *herrnop = HOST_NOT_FOUND;
    return NSS_STATUS_NOTFOUND;
}

/* The caller comes back with more room. */
static enum nss_status no_room(int *errnop, int *herrnop)
{
    *errnop = ERANGE;
    *herrnop = NETDB_INTERNAL;
    return NSS_STATUS_TRYAGAIN;
}

static enum nss_status no_memory(int *errnop, int *herrnop)
{
    *errnop = ENOMEM;
    *herrnop = TRY_AGAIN;
    return NSS_STATUS_TRYAGAIN;
}

/* Aligned pieces of the caller's buffer. */
struct room {
    char *at;
    size_t left;
};
static void *take(struct room *room, size_t size, size_t align)
{
    size_t pad = (align - (uintptr_t)room->at % align) % align;
    if (room->left < pad || room->left - pad < size)
        return NULL;
    void *piece = room->at + pad;
    room->at += pad + size;
    room->left -= pad + size;
    return piece;
}

static char *take_text(struct room *room, const char *text)
{
    char *copy = take(room, strlen(text) + 1, 1);
    return copy ? strcpy(copy, text) : NULL;
}

static bool fill_hostent(struct hostent *out, struct room *room, const char *name, int family, const struct nss_found *found)
{
    size_t size = family == AF_INET ? 4 : 16;
    char **aliases = take(room, sizeof(*aliases), sizeof(*aliases));
    char **list = take(room, (found->n + 1) * sizeof(*list), sizeof(*list));
    if (!aliases || !list)
        return false;
    for (size_t i = 0; i < found->n; i++) {
        if (!(list[i] = take(room, size, 16)))
            return false;
        memcpy(list[i], found->v[i].bytes, size);
    }
    list[found->n] = aliases[0] = NULL;
    char *copy = take_text(room, name);
    *out = (struct hostent){ .h_name = copy, .h_aliases = aliases, .h_addrtype = family, .h_length = (int)size, .h_addr_list = list };
    return copy != NULL;
}

EXPORT enum nss_status NAME(gethostbyname3_r)(const char *name, int family, struct hostent *result, char *buffer, size_t buflen,
                                              int *errnop, int *herrnop, int32_t *ttlp, char **canonp)
{
    struct nss_found found = { 0 };
    struct room room = { buffer, buflen };
    if (family == AF_UNSPEC)
        family = AF_INET;
    if (family != AF_INET && family != AF_INET6) {
        *errnop = EAFNOSUPPORT;
        *herrnop = NO_DATA;
        return NSS_STATUS_UNAVAIL;
    }
    enum nss_result how = nss_find(NSS_DIR, name, family, GUEST, &found);
    enum nss_status status = NSS_STATUS_SUCCESS;
    if (how == NSS_NO_MEMORY)
        status = no_memory(errnop, herrnop);
    else if (how == NSS_NONE)
        status = not_found(errnop, herrnop);
    else if (!fill_hostent(result, &room, name, family, &found))
        status = no_room(errnop, herrnop);
    free(found.v);
    if (status != NSS_STATUS_SUCCESS)
        return status;
    if (ttlp)
        *ttlp = 0; /* a lease may end at any time */
    if (canonp)
        *canonp = result->h_name;
    *herrnop = NETDB_SUCCESS;
    return status;
}

EXPORT enum nss_status NAME(gethostbyname2_r)(const char *name, int family, struct hostent *result, char *buffer, size_t buflen,
                                              int *errnop, int *herrnop)
{
    return NAME(gethostbyname3_r)(name, family, result, buffer, buflen, errnop, herrnop, NULL, NULL);
}

EXPORT enum nss_status NAME(gethostbyname_r)(const char *name, struct hostent *result, char *buffer, size_t buflen, int *errnop,
                                             int *herrnop)
{
    return NAME(gethostbyname3_r)(name, AF_INET, result, buffer, buflen, errnop, herrnop, NULL, NULL);
}

static bool fill_tuples(struct gaih_addrtuple **pat, struct room *room, const char *name, const struct nss_found *found)
{
    char *copy = take_text(room, name);
    struct gaih_addrtuple **link = pat;
    for (size_t i = 0; copy && i < found->n; i++) {
        /* the first one is the caller's when he brought it */
        struct gaih_addrtuple *t = i == 0 && *pat ? *pat : take(room, sizeof(*t), _Alignof(struct gaih_addrtuple));
        if (!t)
            return false;
        *t = (struct gaih_addrtuple){ .name = copy, .family = found->v[i].family };
        memcpy(t->addr, found->v[i].bytes, sizeof(found->v[i].bytes));
        *link = t;
        link = &t->next;
    }
    return copy != NULL;
}

EXPORT enum nss_status NAME(gethostbyname4_r)(const char *name, struct gaih_addrtuple **pat, char *buffer, size_t buflen,
                                              int *errnop, int *herrnop, int32_t *ttlp)
{
    struct nss_found found = { 0 };
    struct room room = { buffer, buflen };
    enum nss_result how = nss_find(NSS_DIR, name, AF_UNSPEC, GUEST, &found);
    enum nss_status status = NSS_STATUS_SUCCESS;
    if (how == NSS_NO_MEMORY)
        status = no_memory(errnop, herrnop);
    else if (how == NSS_NONE)
        status = not_found(errnop, herrnop);
    else if (!fill_tuples(pat, &room, name, &found))
        status = no_room(errnop, herrnop);
    free(found.v);
    if (status != NSS_STATUS_SUCCESS)
        return status;
    if (ttlp)
        *ttlp = 0;
    *herrnop = NETDB_SUCCESS;
    return status;
}
