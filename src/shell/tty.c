/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The terminal, interruptions, questions and files. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include "base/alloc.h"

static volatile sig_atomic_t interrupted;
static struct sigaction int_before;

static void on_int(int signal)
{
    interrupted = 1;
}

void vr_catch_int_begin(void)
{
    struct sigaction act = { .sa_handler = on_int };
    interrupted = 0;
    sigaction(SIGINT, &act, &int_before);
}

bool vr_interrupted(void)
{
    return interrupted;
}

void vr_catch_int_end(void)
{
    sigaction(SIGINT, &int_before, NULL);
}

bool vr_tty_raw(struct vr_shell *sh, struct termios *before)
{
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, before) < 0)
        return vr_shell_error(sh, "%s", _("unable to make terminal raw: console isn't a tty"));
    struct termios raw = *before;
    cfmakeraw(&raw);
    raw.c_oflag |= OPOST;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) < 0)
        return vr_shell_error(sh, _("unable to set tty attributes: %s"), strerror(errno));
    return true;
}

void vr_tty_restore(const struct termios *before)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
}

int vr_ask(struct vr_cmd *cmd, const char *question, const char *answers)
{
    struct termios before;
    if (!vr_tty_raw(cmd->sh, &before))
        return 0;
    int answer = 0;
    fputs(question, stdout);
    fflush(stdout);
    for (;;) {
        unsigned char c;
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || c == 3 || c == 4) { /* the end, ^C, ^D: no */
            answer = strchr(answers, 'n') ? 'n' : 0;
            break;
        }
        c |= 0x20;
        if (strchr(answers, c)) {
            answer = c;
            break;
        }
    }
    vr_tty_restore(&before);
    printf("%c\n", answer ? answer : ' ');
    return answer;
}

char *vr_read_file(struct vr_cmd *cmd, const char *path, size_t max)
{
    vr_autofree char *what = NULL;
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        vr_late_error(cmd, _("Failed to open file '%s': %s"), path, strerror(errno));
        return NULL;
    }
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    for (;;) {
        ssize_t n = read(fd, vr_buf_room(&out, 65536), 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            vr_late_error(cmd, _("Failed to read file '%s': %s"), path, strerror(errno));
            return NULL;
        }
        if (n == 0)
            break;
        vr_buf_added(&out, (size_t)n);
        if (out.len > max) {
            vr_late_error(cmd, _("Failed to read file '%s': %s"), path, strerror(EOVERFLOW));
            return NULL;
        }
    }
    return vr_buf_take(&out);
}
