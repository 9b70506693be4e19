/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Directories of tests that leave nothing behind. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline int vr_test_dir_entry_(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    return remove(path);
}

static char *vr_test_dir_made_;
static pid_t vr_test_dir_owner_;

static inline void vr_test_dir_remove_(void)
{
    if (vr_test_dir_owner_ == getpid()) /* not in a child that ends by exit() */
        nftw(vr_test_dir_made_, vr_test_dir_entry_, 16, FTW_DEPTH | FTW_PHYS);
}

/** mkdtemp() whose directory goes, with all that is in it, when the test's process ends. One for each process. */
static inline char *vr_test_dir(char *pattern)
{
    char *made = mkdtemp(pattern);
    if (made && !vr_test_dir_made_) {
        vr_test_dir_made_ = strdup(made);
        vr_test_dir_owner_ = getpid();
        atexit(vr_test_dir_remove_);
    }
    return made;
}
