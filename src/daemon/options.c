/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_LOG_SOURCE "daemon.options"
#include "options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/str.h"
#include "config.h"

static void usage(const char *program)
{
    struct vr_dirs dirs;
    vr_dirs_init(&dirs, false);
    fprintf(stderr,
            "\n"
            "Usage:\n"
            "  %s [options]\n"
            "\n"
            "Options:\n"
            "  -h | --help            Display program help\n"
            "  -v | --verbose         Verbose messages\n"
            "  -d | --daemon          Run as a daemon & write PID file\n"
            "  -l | --listen          Listen for TCP/IP connections\n"
            "  -t | --timeout <secs>  Exit after timeout period\n"
            "  -f | --config <file>   Configuration file\n"
            "  -V | --version         Display version information\n"
            "  -p | --pid-file <file> Change name of PID file\n"
            "\n"
            "Default paths:\n"
            "  Configuration file:    %s/libvirtd.conf\n"
            "  Sockets:               %s/libvirt-sock, %s/libvirt-sock-ro\n"
            "  PID file:              %s\n"
            "A user's own daemon keeps its files below the XDG directories.\n"
            "\n",
            program, dirs.config, dirs.run, dirs.run, VR_RUNSTATEDIR "/libvirtd.pid");
    vr_dirs_done(&dirs);
}

static void version(const char *program)
{
    printf("%s (libvirt) %d.%d.%d\n", program, VR_API_LEVEL / 1000000, VR_API_LEVEL / 1000 % 1000, VR_API_LEVEL % 1000);
}

enum vr_options_result vr_options_parse(struct vr_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        { "verbose", no_argument, NULL, 'v' },     { "daemon", no_argument, NULL, 'd' },
        { "listen", no_argument, NULL, 'l' },      { "config", required_argument, NULL, 'f' },
        { "timeout", required_argument, NULL, 't' }, { "pid-file", required_argument, NULL, 'p' },
        { "version", no_argument, NULL, 'V' },     { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    const char *slash = strrchr(argv[0], '/');
    const char *program = slash ? slash + 1 : argv[0];
    uint64_t number;
    int c;
    *options = (struct vr_options){ 0 };
    while ((c = getopt_long(argc, argv, "ldf:p:t:vVh", known, NULL)) != -1) {
        switch (c) {
        case 'v':
            options->verbose = true;
            break;
        case 'd':
            options->daemonize = true;
            break;
        case 'l':
            options->listen = true;
            break;
        case 'f':
            options->config = optarg;
            break;
        case 'p':
            options->pid_file = optarg;
            break;
        case 't':
            /* Stock takes 0 as "never", and no more than its milliseconds hold. */
            if (!vr_parse_u64(optarg, 10, INT_MAX / 1000, &number)) {
                vr_logerr("Invalid value for timeout");
                return VR_OPTIONS_EXIT_FAILURE;
            }
            options->timeout_s = (int)number;
            break;
        case 'V':
            version(program);
            return VR_OPTIONS_EXIT_OK;
        case 'h':
            usage(program);
            return VR_OPTIONS_EXIT_OK;
        default:
            usage(program);
            return VR_OPTIONS_EXIT_FAILURE;
        }
    }
    if (optind == argc)
        return VR_OPTIONS_RUN;
    fprintf(stderr, "%s: unexpected, non-option, command line arguments\n", program);
    return VR_OPTIONS_EXIT_FAILURE;
}
