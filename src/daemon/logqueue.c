/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "logqueue.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/log_settings.h"

#define ROOM (1u << 20) /* bytes of lines that wait */
#define LAST_WORDS_S 2

struct line {
    struct line *next;
    enum vr_log_level level;
    const char *source; /* a constant of the program */
    char text[];
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t news, empty;
    struct line *first, **last;
    size_t bytes;
    unsigned long lost;
    bool runs, writing;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER, .empty = PTHREAD_COND_INITIALIZER,
            .last = &queue.first };

static void *write_lines(void *unused)
{
    pthread_mutex_lock(&queue.lock);
    for (;;) {
        while (!queue.first) {
            queue.writing = false;
            pthread_cond_broadcast(&queue.empty);
            pthread_cond_wait(&queue.news, &queue.lock);
        }
        queue.writing = true;
        struct line *line = queue.first;
        queue.first = line->next;
        if (!queue.first)
            queue.last = &queue.first;
        queue.bytes -= sizeof(*line) + strlen(line->text) + 1;
        unsigned long lost = queue.lost;
        queue.lost = 0;
        pthread_mutex_unlock(&queue.lock);
        vr_log_emit(line->level, line->source, line->text);
        if (lost) {
            vr_autofree char *text = vr_printf("%lu log lines were lost: the outputs took no more\n", lost);
            vr_log_emit(VR_LOG_WARN, "daemon.log", text);
        }
        free(line);
        pthread_mutex_lock(&queue.lock);
    }
    return NULL;
}

/* With the first line: a daemon that has nothing to say needs no thread for it. */
static bool have_thread(void)
{
    static bool runs;
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, before;
    if (runs)
        return true;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
    runs = pthread_create(&thread, &attr, write_lines, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return runs;
}

static bool take(enum vr_log_level level, const char *source, const char *text)
{
    size_t size = sizeof(struct line) + strlen(text) + 1;
    pthread_mutex_lock(&queue.lock);
    bool runs = queue.runs && have_thread();
    if (runs && queue.bytes + size > ROOM) {
        queue.lost++;
    } else if (runs) {
        struct line *line = vr_alloc(size);
        line->level = level;
        line->source = source;
        strcpy(line->text, text);
        *queue.last = line;
        queue.last = &line->next;
        queue.bytes += size;
        pthread_cond_signal(&queue.news);
    }
    pthread_mutex_unlock(&queue.lock);
    return runs;
}

void vr_logqueue_start(void)
{
    queue.runs = true;
    vr_log_set_deferral(take);
}

void vr_logqueue_stop(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LAST_WORDS_S;
    pthread_mutex_lock(&queue.lock);
    while (queue.runs && (queue.first || queue.writing))
        if (pthread_cond_timedwait(&queue.empty, &queue.lock, &until) == ETIMEDOUT)
            break;
    queue.runs = false;
    pthread_mutex_unlock(&queue.lock);
    vr_log_set_deferral(NULL);
}
