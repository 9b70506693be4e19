/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "log_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>
#include "alloc.h"
#include "buf.h"
#include "log.h"
#include "str.h"

enum destination { TO_STDERR, TO_FILE, TO_SYSLOG, TO_JOURNALD };
static const char *const destination_names[] = { "stderr", "file", "syslog", "journald" };

struct filter {
    int level;
    char *match;
};

struct output {
    int level;
    enum destination to;
    char *data; /* path or name */
    int fd;     /* files, journald */
};

/* Counted, so that a line can be written, which may take its time, while others look at the settings or change them. */
struct output_set {
    int refs;
    struct output *v;
    size_t n;
};

/* One lock for all, never held while a line is written: lines come from any thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct filter *filters;
static size_t filter_count;
static struct output_set *outputs; /* NULL: none were set */
static bool (*deferral)(enum vr_log_level level, const char *source, const char *line);
static char *default_outputs;

static void free_filters(struct filter *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i].match);
    free(list);
}

static void done_output(struct output *o)
{
    if (o->fd >= 0)
        close(o->fd);
    free(o->data);
}

static void free_outputs(struct output *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        done_output(&list[i]);
    free(list);
}

/* ---- writing a line ---------------------------------------------------------------------------------------------- */

/* The line without its time: the receivers below stamp it themselves. */
static const char *without_time(const char *line)
{
    const char *zone = strstr(line, "+0000: ");
    return zone ? zone + strlen("+0000: ") : line;
}

static int syslog_priority(enum vr_log_level level)
{
    static const int priorities[] = { LOG_DEBUG, LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR };
    return priorities[level];
}

/* The journal's own protocol: one datagram of KEY=value lines; a value of several lines goes with its length. */
static void to_journal(int fd, enum vr_log_level level, const char *source, const char *line)
{
    const char *text = without_time(line);
    size_t len = strcspn(text, "\n");
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_buf_printf(&b, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nLIBVIRT_SOURCE=%s\n", syslog_priority(level),
                  program_invocation_short_name, source);
    if (text[len] == '\0' || text[len + 1] == '\0') {
        vr_buf_printf(&b, "MESSAGE=%.*s\n", (int)len, text);
    } else {
        uint64_t size = strlen(text) - 1;
        unsigned char bytes[8];
        for (int i = 0; i < 8; i++)
            bytes[i] = (unsigned char)(size >> (8 * i));
        vr_buf_str(&b, "MESSAGE\n");
        vr_buf_add(&b, bytes, sizeof(bytes));
        vr_buf_add(&b, text, size);
        vr_buf_char(&b, '\n');
    }
    /* A full journal loses lines rather than holding up the daemon. */
    ssize_t ignored = send(fd, b.data, b.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)ignored;
}

static void write_all(int fd, const char *line)
{
    size_t left = strlen(line);
    while (left) {
        ssize_t n = write(fd, line, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody to tell */
        line += n;
        left -= (size_t)n;
    }
}

static void write_line(const struct output *o, enum vr_log_level level, const char *source, const char *line)
{
    switch (o->to) {
    case TO_STDERR: write_all(STDERR_FILENO, line); break;
    case TO_FILE: write_all(o->fd, line); break;
    case TO_SYSLOG: syslog(syslog_priority(level), "%s", without_time(line)); break;
    case TO_JOURNALD: to_journal(o->fd, level, source, line); break;
    }
}

static void set_unref(struct output_set *set)
{
    if (!set)
        return;
    pthread_mutex_lock(&lock);
    bool last = --set->refs == 0;
    pthread_mutex_unlock(&lock);
    if (!last)
        return;
    free_outputs(set->v, set->n);
    free(set);
}

void vr_log_emit(enum vr_log_level level, const char *source, const char *line)
{
    pthread_mutex_lock(&lock);
    struct output_set *set = outputs;
    if (set)
        set->refs++;
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; set && i < set->n; i++)
        if ((int)level >= set->v[i].level)
            write_line(&set->v[i], level, source, line);
    set_unref(set);
}

void vr_log_set_deferral(bool (*defer)(enum vr_log_level level, const char *source, const char *line))
{
    pthread_mutex_lock(&lock);
    deferral = defer;
    pthread_mutex_unlock(&lock);
}

static void sink(enum vr_log_level level, const char *source, const char *line, void *opaque)
{
    (void)opaque;
    int saved = errno;
    pthread_mutex_lock(&lock);
    int least = vr_log_level();
    for (size_t i = 0; i < filter_count; i++)
        if (fnmatch(filters[i].match, source, 0) == 0) {
            least = filters[i].level;
            break;
        }
    bool (*defer)(enum vr_log_level, const char *, const char *) = deferral;
    pthread_mutex_unlock(&lock);
    if ((int)level >= least && !(defer && defer(level, source, line)))
        vr_log_emit(level, source, line);
    errno = saved;
}

/* ---- reading settings -------------------------------------------------------------------------------------------- */

/* Calls fn for each word between blanks; false as soon as fn is. */
static bool each_word(const char *text, bool (*fn)(const char *word, void *opaque, struct vr_error **err), void *opaque,
                      struct vr_error **err)
{
    while (text && *text) {
        size_t blanks = strspn(text, " ");
        size_t len = strcspn(text + blanks, " ");
        if (len) {
            vr_autofree char *word = vr_strndup(text + blanks, len);
            if (!fn(word, opaque, err))
                return false;
        }
        text += blanks + len;
    }
    return true;
}

/* "LEVEL:...", with an optional "+" that once asked for stack traces. Returns what follows the colon, or NULL. */
static const char *split_level(const char *word, char level[16], int *number)
{
    const char *colon = strchr(word, ':');
    if (!colon || colon == word)
        return NULL;
    const char *start = word + (*word == '+');
    size_t len = (size_t)(colon - start);
    if (len >= 16)
        len = 15;
    memcpy(level, start, len);
    level[len] = '\0';
    *number = len == 1 && level[0] >= '1' && level[0] <= '4' ? level[0] - '0' : 0;
    return colon + 1;
}

struct filter_list {
    struct filter *items;
    size_t count, capacity;
};

static bool add_filter(const char *word, void *opaque, struct vr_error **err)
{
    struct filter_list *list = opaque;
    char level[16];
    int number;
    const char *rest = split_level(word, level, &number);
    if (!rest)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Malformed format for filter '%s'"), word);
    if (!number)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Invalid priority '%s' for filter '%s'"), level, word);
    size_t len = strcspn(rest, ":"); /* what comes after another colon is passed over, as stock does */
    if (!len)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Invalid match string '%s'"), "");
    VR_GROW(list->items, list->count, list->capacity);
    list->items[list->count++] = (struct filter){ number, vr_printf("*%.*s*", (int)len, rest) };
    return true;
}

bool vr_log_set_filters(const char *text, struct vr_error **err)
{
    struct filter_list list = { 0 };
    if (!each_word(text, add_filter, &list, err)) {
        free_filters(list.items, list.count);
        return false;
    }
    int least = 0;
    for (size_t i = 0; i < list.count; i++)
        if (!least || list.items[i].level < least)
            least = list.items[i].level;
    pthread_mutex_lock(&lock);
    struct filter *old = filters;
    size_t old_count = filter_count;
    filters = list.items;
    filter_count = list.count;
    vr_log_set_filter_floor(least);
    pthread_mutex_unlock(&lock);
    free_filters(old, old_count);
    vr_log_set_sink(sink, NULL);
    pthread_mutex_lock(&lock);
    bool silent = !outputs || !outputs->n;
    pthread_mutex_unlock(&lock);
    return !silent || vr_log_set_outputs(NULL, err);
}

struct output_list {
    struct output *items;
    size_t count, capacity;
};

static bool bad_format(const char *word, const char *name, struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_INVALID_ARG,
                   _("Log output '%s' does not meet the format requirements for destination type '%s'"), word, name);
}

static bool open_journal(struct output *o, struct vr_error **err)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket" };
    o->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (o->fd < 0 || connect(o->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("failed to reach the journal at %s"), to.sun_path);
    return true;
}

static bool open_file(struct output *o, const char *path, struct vr_error **err)
{
    if (*path == '/') {
        o->data = vr_strdup(path);
    } else {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof(here)))
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot tell the current directory"));
        o->data = vr_printf("%s/%s", strcmp(here, "/") == 0 ? "" : here, path);
    }
    o->fd = open(o->data, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
    if (o->fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("failed to open %s"), o->data);
    return true;
}

static bool open_output(struct output *o, const char *word, const char *data, struct vr_error **err)
{
    const char *name = destination_names[o->to];
    bool wants_data = o->to == TO_FILE || o->to == TO_SYSLOG;
    if (wants_data != (data != NULL) || (data && strchr(data, ':')))
        return bad_format(word, name, err);
    switch (o->to) {
    case TO_FILE:
        return open_file(o, data, err);
    case TO_SYSLOG:
        o->data = vr_strdup(data);
        return true;
    case TO_JOURNALD:
        return open_journal(o, err);
    case TO_STDERR:
        break;
    }
    return true;
}

static bool same_target(const struct output *a, const struct output *b)
{
    return a->to == b->to && strcmp(a->data ? a->data : "", b->data ? b->data : "") == 0;
}

static bool add_output(const char *word, void *opaque, struct vr_error **err)
{
    struct output_list *list = opaque;
    char level[16];
    int number;
    const char *rest = split_level(word, level, &number);
    if (!rest)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Malformed format for log output '%s'"), word);
    if (!number)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Invalid log priority '%s' for log output '%s'"), level, word);
    size_t len = strcspn(rest, ":");
    struct output o = { .level = number, .fd = -1 };
    size_t i = 0;
    while (i < VR_COUNT(destination_names) &&
           (strlen(destination_names[i]) != len || strncmp(destination_names[i], rest, len) != 0))
        i++;
    if (i == VR_COUNT(destination_names)) {
        vr_autofree char *name = vr_strndup(rest, len);
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("Invalid log destination '%s' for log output '%s'"), name, word);
    }
    o.to = (enum destination)i;
    if (!open_output(&o, word, rest[len] ? rest + len + 1 : NULL, err)) {
        done_output(&o);
        return false;
    }
    /* The same target again replaces the earlier one, so that no line goes there twice. */
    for (size_t k = 0; k < list->count; k++)
        if (same_target(&list->items[k], &o)) {
            done_output(&list->items[k]);
            list->items[k] = o;
            return true;
        }
    VR_GROW(list->items, list->count, list->capacity);
    list->items[list->count++] = o;
    return true;
}

bool vr_log_set_outputs(const char *text, struct vr_error **err)
{
    struct output_list list = { 0 };
    vr_autofree char *fallback = NULL;
    if (!text || text[strspn(text, " ")] == '\0') {
        pthread_mutex_lock(&lock);
        fallback = vr_strdup(default_outputs ? default_outputs : "3:stderr");
        pthread_mutex_unlock(&lock);
        text = fallback;
    }
    if (!each_word(text, add_output, &list, err)) {
        free_outputs(list.items, list.count);
        return false;
    }
    struct output_set *set = vr_new(struct output_set);
    *set = (struct output_set){ 1, list.items, list.count };
    for (size_t i = 0; i < set->n; i++)
        if (set->v[i].to == TO_SYSLOG)
            openlog(set->v[i].data, 0, LOG_DAEMON); /* keeps the pointer: the old set goes after this */
    pthread_mutex_lock(&lock);
    struct output_set *old = outputs;
    outputs = set;
    pthread_mutex_unlock(&lock);
    set_unref(old);
    vr_log_set_sink(sink, NULL);
    return true;
}

void vr_log_set_default_outputs(const char *text)
{
    pthread_mutex_lock(&lock);
    free(default_outputs);
    default_outputs = vr_strdup(text);
    pthread_mutex_unlock(&lock);
}

char *vr_log_get_filters(size_t *count)
{
    struct vr_buf b = VR_BUF_INIT;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < filter_count; i++)
        vr_buf_printf(&b, "%d:%s ", filters[i].level, filters[i].match);
    if (count)
        *count = filter_count;
    pthread_mutex_unlock(&lock);
    return vr_buf_take(&b);
}

char *vr_log_get_outputs(size_t *count)
{
    struct vr_buf b = VR_BUF_INIT;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; outputs && i < outputs->n; i++) {
        const struct output *o = &outputs->v[i];
        vr_buf_printf(&b, "%s%d:%s", i ? " " : "", o->level, destination_names[o->to]);
        if (o->data)
            vr_buf_printf(&b, ":%s", o->data);
    }
    if (count)
        *count = outputs ? outputs->n : 0;
    pthread_mutex_unlock(&lock);
    return vr_buf_take(&b);
}
