/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "leases.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX (16 * 1024 * 1024)
#define TEXT_MAX 256        /* of one value; longer ones are none of ours */
#define DEPTH_MAX 8
#define ADDRESSES_MAX 1024
#define MACS_MAX 256

/* ---- the few kinds of JSON that these files are made of ------------------------------------------------------------- */

struct reader {
    const char *at, *end;
};

static void blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool eat(struct reader *r, char c)
{
    blanks(r);
    if (r->at >= r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* A text; what does not fit is cut, so that it equals nothing that is looked for. */
static bool read_text(struct reader *r, char out[TEXT_MAX])
{
    size_t n = 0;
    if (!eat(r, '"'))
        return false;
    for (; r->at < r->end && *r->at != '"'; r->at++) {
        char c = *r->at;
        if (c == '\\') {
            if (++r->at >= r->end)
                return false;
            c = *r->at == 'n' ? '\n' : *r->at == 't' ? '\t' : *r->at; /* others are not in names or addresses */
        }
        if (n < TEXT_MAX - 1)
            out[n++] = c;
    }
    out[n] = 0;
    return eat(r, '"');
}

/* Recursion: bounded by DEPTH_MAX. */
static bool skip_value(struct reader *r, int depth)
{
    char text[TEXT_MAX];
    blanks(r);
    if (r->at >= r->end || depth > DEPTH_MAX)
        return false;
    if (*r->at == '"')
        return read_text(r, text);
    if (*r->at != '{' && *r->at != '[') {
        const char *start = r->at;
        while (r->at < r->end && !strchr(",]} \t\r\n", *r->at))
            r->at++;
        return r->at > start;
    }
    char close = *r->at++ == '{' ? '}' : ']';
    if (eat(r, close))
        return true;
    do {
        if (close == '}' && (!read_text(r, text) || !eat(r, ':')))
            return false;
        if (!skip_value(r, depth + 1))
            return false;
    } while (eat(r, ','));
    return eat(r, close);
}

static bool read_number(struct reader *r, long long *out)
{
    char digits[24];
    size_t n = 0;
    blanks(r);
    while (r->at < r->end && n < sizeof(digits) - 1 && (*r->at == '-' || (*r->at >= '0' && *r->at <= '9')))
        digits[n++] = *r->at++;
    digits[n] = 0;
    char *end;
    errno = 0;
    *out = strtoll(digits, &end, 10);
    return n && !*end && !errno;
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

/* malloc'd content; NULL for one that cannot be read. */
static char *read_file(int dir, const char *name, size_t *len)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    struct stat st;
    char *text = NULL;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX && (text = malloc((size_t)st.st_size + 1))) {
        size_t at = 0;
        for (ssize_t n = 1; n > 0 && at < (size_t)st.st_size; at += n > 0 ? (size_t)n : 0)
            n = read(fd, text + at, (size_t)st.st_size - at);
        *len = at;
    }
    if (fd >= 0)
        close(fd);
    return text;
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t n = strlen(text), k = strlen(suffix);
    return n > k && strcmp(text + n - k, suffix) == 0;
}

/* Calls fn with a reader at the start of each file of that kind; false ends it. */
static bool each_file(const char *path, const char *suffix, bool (*fn)(struct reader *r, void *opaque), void *opaque)
{
    DIR *dir = opendir(path);
    bool good = true;
    for (struct dirent *e; dir && good && (e = readdir(dir));) {
        size_t len = 0;
        char *text = ends_with(e->d_name, suffix) ? read_file(dirfd(dir), e->d_name, &len) : NULL;
        if (text) {
            struct reader r = { text, text + len };
            good = fn(&r, opaque);
        }
        free(text);
    }
    if (dir)
        closedir(dir);
    return good;
}

/* ---- leases --------------------------------------------------------------------------------------------------------- */

typedef char mac_text[24];
struct search {
    const char *name;
    int family;
    bool guest;
    time_t now;
    mac_text *macs;         /* of the guest */
    size_t mac_count;
    struct nss_found *found;
    bool no_memory;
};

static bool add(struct search *s, const char *ip)
{
    struct nss_address a = { 0 };
    if (inet_pton(AF_INET, ip, a.bytes) == 1)
        a.family = AF_INET;
    else if (inet_pton(AF_INET6, ip, a.bytes) == 1)
        a.family = AF_INET6;
    if (!a.family || (s->family != AF_UNSPEC && s->family != a.family) || s->found->n >= ADDRESSES_MAX)
        return true;
    for (size_t i = 0; i < s->found->n; i++)
        if (memcmp(&s->found->v[i], &a, sizeof(a)) == 0)
            return true;
    if (s->found->n == s->found->cap) {
        size_t cap = s->found->cap ? s->found->cap * 2 : 8;
        struct nss_address *more = realloc(s->found->v, cap * sizeof(*more));
        if (!more)
            return !(s->no_memory = true);
        s->found->v = more;
        s->found->cap = cap;
    }
    s->found->v[s->found->n++] = a;
    return true;
}

static bool wanted(const struct search *s, const char *hostname, const char *mac)
{
    if (!s->guest)
        return *hostname && strcasecmp(hostname, s->name) == 0;
    for (size_t i = 0; *mac && i < s->mac_count; i++)
        if (strcasecmp(s->macs[i], mac) == 0)
            return true;
    return false;
}

static bool read_lease(struct reader *r, struct search *s)
{
    char key[TEXT_MAX], ip[TEXT_MAX] = "", hostname[TEXT_MAX] = "", mac[TEXT_MAX] = "";
    long long expiry = 0;
    if (!eat(r, '{'))
        return skip_value(r, 0);
    if (eat(r, '}'))
        return true;
    do {
        if (!read_text(r, key) || !eat(r, ':'))
            return false;
        blanks(r);
        char *into = !strcmp(key, "ip-address") ? ip : !strcmp(key, "hostname") ? hostname : !strcmp(key, "mac-address") ? mac : NULL;
        bool text = r->at < r->end && *r->at == '"';
        if (into && text ? !read_text(r, into) : !strcmp(key, "expiry-time") && !text ? !read_number(r, &expiry) : !skip_value(r, 0))
            return false;
    } while (eat(r, ','));
    if (!eat(r, '}'))
        return false;
    if (!wanted(s, hostname, mac) || (expiry && expiry < s->now))
        return true;
    return add(s, ip);
}

/* A file that is broken says what it says up to there. */
static bool read_leases(struct reader *r, void *opaque)
{
    struct search *s = opaque;
    if (!eat(r, '[') || eat(r, ']'))
        return true;
    do {
        if (!read_lease(r, s))
            return !s->no_memory;
    } while (eat(r, ','));
    return true;
}

/* ---- MAC addresses of guests ---------------------------------------------------------------------------------------- */

static bool read_macs(struct reader *r, struct search *s, size_t from, bool mine)
{
    char text[TEXT_MAX];
    s->mac_count = from;
    if (!eat(r, '['))
        return false;
    if (eat(r, ']'))
        return true;
    do {
        if (!read_text(r, text))
            return false;
        if (mine && s->mac_count < MACS_MAX && strlen(text) < sizeof(mac_text))
            strcpy(s->macs[s->mac_count++], text);
    } while (eat(r, ','));
    return eat(r, ']');
}

/* {"domain": NAME, "macs": [...]}: in either order, so addresses are taken back when the name turns out another. */
static bool read_guest(struct reader *r, struct search *s)
{
    char key[TEXT_MAX], name[TEXT_MAX] = "";
    size_t from = s->mac_count;
    if (!eat(r, '{'))
        return skip_value(r, 0);
    if (eat(r, '}'))
        return true;
    do {
        if (!read_text(r, key) || !eat(r, ':'))
            return false;
        bool good = !strcmp(key, "domain") ? read_text(r, name) : !strcmp(key, "macs") ? read_macs(r, s, from, true) : skip_value(r, 0);
        if (!good)
            return false;
    } while (eat(r, ','));
    if (strcasecmp(name, s->name) != 0)
        s->mac_count = from;
    return eat(r, '}');
}

static bool read_guests(struct reader *r, void *opaque)
{
    struct search *s = opaque;
    size_t good = s->mac_count;
    if (!eat(r, '[') || eat(r, ']'))
        return true;
    do {
        if (!read_guest(r, s)) {
            s->mac_count = good;
            return true;
        }
        good = s->mac_count;
    } while (eat(r, ','));
    return true;
}

enum nss_result nss_find(const char *dir, const char *name, int family, bool guest, struct nss_found *found)
{
    struct search s = { .name = name, .family = family, .guest = guest, .now = time(NULL), .found = found };
    if (guest) {
        s.macs = calloc(MACS_MAX, sizeof(*s.macs));
        s.no_memory = !s.macs;
        if (s.macs)
            each_file(dir, ".macs", read_guests, &s);
    }
    if (!s.no_memory && (!guest || s.mac_count))
        each_file(dir, ".status", read_leases, &s);
    free(s.macs);
    return s.no_memory ? NSS_NO_MEMORY : found->n ? NSS_FOUND : NSS_NONE;
}
