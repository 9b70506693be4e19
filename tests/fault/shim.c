/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded into a daemon under test: counts its system calls, and makes one of them fail or be the last, as the board
 * (loop/fault_board.h) asks. With `record` it writes down, in order, all that changes files, for tests/e2e/durable.py to
 * replay.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "loop/fault_board.h"

#define SHOWN __attribute__((visibility("default")))

static struct vr_fault_board *board;
static int record_fd = -1;
static pid_t owner;

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("VIREO_FAULT");
    char log[PATH_MAX];
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    if (fd < 0)
        return;
    void *map = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (map == MAP_FAILED)
        return;
    snprintf(log, sizeof(log), "%s.log", path);
    record_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    owner = getpid();
    board = map;
    unsetenv("LD_PRELOAD"); /* for this program alone, not for what it starts */
}

/* True: the call must fail, errno is set. */
static bool hit(const char *what)
{
    if (!board || board->calls.ask == VR_ASK_NOTHING || getpid() != owner)
        return false;
    struct vr_fault_side *side = &board->calls;
    if (__atomic_add_fetch(&side->seen, 1, __ATOMIC_SEQ_CST) != side->at)
        return false;
    strncpy(side->hit, what, VR_FAULT_NAME - 1);
    if (side->ask == VR_ASK_KILL)
        kill(side->number, SIGKILL);
    if (side->ask == VR_ASK_DIE)
        kill(getpid(), SIGKILL);
    errno = side->number;
    return side->ask == VR_ASK_FAIL;
}

/* ---- the record: "OP LEN\n" and LEN bytes, texts parted by NUL ------------------------------------------------------ */

static void put(const char *op, const void *a, size_t a_len, const void *b, size_t b_len)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    if (!board || !board->record || record_fd < 0)
        return;
    int saved = errno;
    char *text = malloc(a_len + b_len + 64);
    int n = sprintf(text, "%s %zu\n", op, a_len + b_len + 2);
    memcpy(text + n, a, a_len);
    text[n + (int)a_len] = 0;
    memcpy(text + n + a_len + 1, b, b_len);
    text[(size_t)n + a_len + 1 + b_len] = '\n';
    pthread_mutex_lock(&lock);
    syscall(SYS_write, record_fd, text, (size_t)n + a_len + b_len + 2);
    pthread_mutex_unlock(&lock);
    free(text);
    errno = saved;
}

static void put_paths(const char *op, const char *a, const char *b)
{
    put(op, a, strlen(a), b, strlen(b));
}

static const char *path_of(int fd, char out[PATH_MAX])
{
    char link[40];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, out, PATH_MAX - 1);
    out[n < 0 ? 0 : n] = 0;
    return out;
}

__attribute__((noinline)) static const char *join(int dir, const char *name, char out[PATH_MAX])
{
    char base[PATH_MAX];
    if (dir == AT_FDCWD || name[0] == '/')
        snprintf(out, PATH_MAX, "%s", name);
    else
        snprintf(out, PATH_MAX, "%s/%s", path_of(dir, base), name);
    return out;
}

/* ---- the calls ------------------------------------------------------------------------------------------------------ */

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int finish_open(int fd, int flags, bool was_there, const char *path)
{
    if (fd >= 0 && (flags & O_ACCMODE) != O_RDONLY && path) {
        if (!was_there)
            put_paths("create", path, "");
        else if (flags & O_TRUNC)
            put_paths("truncate", path, "");
    }
    return fd;
}

#define OPEN_BODY(call, dir, path)                                                                 \
    mode_t mode = 0;                                                                               \
    char full[PATH_MAX];                                                                           \
    if (flags & O_CREAT) {                                                                         \
        va_list ap;                                                                                \
        va_start(ap, flags);                                                                       \
        mode = va_arg(ap, mode_t);                                                                 \
        va_end(ap);                                                                                \
    }                                                                                              \
    if (hit("open"))                                                                               \
        return -1;                                                                                 \
    bool was_there = board && board->record && syscall(SYS_faccessat, dir, path, F_OK) == 0;       \
    return finish_open(call, flags, was_there, join(dir, path, full));

SHOWN int open64(const char *path, int flags, ...)
{
    OPEN_BODY(NEXT(open64)(path, flags, mode), AT_FDCWD, path)
}
SHOWN int openat64(int dir, const char *path, int flags, ...)
{
    OPEN_BODY(NEXT(openat64)(dir, path, flags, mode), dir, path)
}

SHOWN ssize_t write(int fd, const void *data, size_t len)
{
    struct stat st;
    bool file = board && syscall(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode);
    char path[PATH_MAX];
    if (fd > 2 && file && hit("write"))
        return -1;
    ssize_t n = NEXT(write)(fd, data, len);
    if (n > 0 && file && board->record) {
        path_of(fd, path);
        put("write", path, strlen(path), data, (size_t)n);
    }
    return n;
}

#define ONE_FD(name, op)                                                                           \
    SHOWN int name(int fd)                                                                         \
    {                                                                                              \
        char path[PATH_MAX];                                                                       \
        if (hit(#name))                                                                            \
            return -1;                                                                             \
        int r = NEXT(name)(fd);                                                                    \
        if (r == 0 && board && board->record)                                                      \
            put_paths(op, path_of(fd, path), "");                                                  \
        return r;                                                                                  \
    }
ONE_FD(fsync, "sync")
ONE_FD(fdatasync, "sync")

SHOWN int rename(const char *from, const char *to)
{
    if (hit("rename"))
        return -1;
    int r = NEXT(rename)(from, to);
    if (r == 0)
        put_paths("rename", from, to);
    return r;
}
SHOWN int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    if (hit("renameat2"))
        return -1;
    int r = NEXT(renameat2)(from_dir, from, to_dir, to, flags);
    if (r == 0)
        put_paths(flags & RENAME_EXCHANGE ? "exchange" : "rename", from, to);
    return r;
}
SHOWN int unlink(const char *path)
{
    if (hit("unlink"))
        return -1;
    int r = NEXT(unlink)(path);
    if (r == 0)
        put_paths("unlink", path, "");
    return r;
}
SHOWN int unlinkat(int dir, const char *path, int flags)
{
    char full[PATH_MAX];
    if (hit("unlinkat"))
        return -1;
    join(dir, path, full);
    int r = NEXT(unlinkat)(dir, path, flags);
    if (r == 0)
        put_paths(flags & AT_REMOVEDIR ? "rmdir" : "unlink", full, "");
    return r;
}
SHOWN int mkdir(const char *path, mode_t mode)
{
    if (hit("mkdir"))
        return -1;
    int r = NEXT(mkdir)(path, mode);
    if (r == 0)
        put_paths("mkdir", path, "");
    return r;
}
SHOWN int symlink(const char *target, const char *path)
{
    if (hit("symlink"))
        return -1;
    int r = NEXT(symlink)(target, path);
    if (r == 0)
        put_paths("symlink", path, target);
    return r;
}

/* Calls that are only counted and failed. */
#define PLAIN(type, name, params, args)                                                            \
    SHOWN type name params                                                                         \
    {                                                                                              \
        if (hit(#name))                                                                            \
            return -1;                                                                             \
        return NEXT(name) args;                                                                    \
    }
PLAIN(int, rmdir, (const char *path), (path))
PLAIN(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
PLAIN(int, socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
PLAIN(int, bind, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len))
PLAIN(int, listen, (int fd, int backlog), (fd, backlog))
PLAIN(int, connect, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len))
PLAIN(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
PLAIN(int, lchown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid))
PLAIN(int, fchmod, (int fd, mode_t mode), (fd, mode))
PLAIN(int, pipe2, (int fds[2], int flags), (fds, flags))
PLAIN(int, setxattr, (const char *path, const char *name, const void *value, size_t size, int flags), (path, name, value, size, flags))
PLAIN(int, ftruncate64, (int fd, off_t size), (fd, size))

SHOWN int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
                      char *const argv[], char *const envp[])
{
    if (hit("posix_spawn"))
        return errno;
    return NEXT(posix_spawn)(pid, path, actions, attr, argv, envp);
}
/* The reply to a client leaves by it: a daemon that dies here has done all and said nothing. */
SHOWN ssize_t send(int fd, const void *data, size_t len, int flags)
{
    if (board && board->calls.ask == VR_ASK_DIE && hit("send"))
        return -1;
    return NEXT(send)(fd, data, len, flags);
}
