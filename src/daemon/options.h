/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The command line of libvirtd. */
#include <stdbool.h>

struct vr_options {
    bool verbose, daemonize, listen;
    int timeout_s;          /* 0: never */
    const char *config;     /* NULL: the default place */
    const char *pid_file;   /* NULL: the default place */
};

enum vr_options_result { VR_OPTIONS_RUN, VR_OPTIONS_EXIT_OK, VR_OPTIONS_EXIT_FAILURE };
/** Prints help, version or what is wrong itself. Strings are borrowed from argv. */
enum vr_options_result vr_options_parse(struct vr_options *options, int argc, char **argv);
