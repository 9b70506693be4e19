/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-host-validate: what this host lacks to run guests, and what to do about it. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "config.h"
#include "report.h"

static const struct {
    const char *name;
    bool (*check)(void);
} hypervisors[] = {
    { "qemu", vr_host_qemu },
    { "lxc", vr_host_lxc },
};

static void usage(FILE *to, const char *program)
{
    fprintf(to,
            "\n"
            "syntax: %s [OPTIONS] [HVTYPE]\n"
            "\n"
            " HVTYPE is one of the following; without it all are checked:\n"
            "\n", program);
    for (size_t i = 0; i < VR_COUNT(hypervisors); i++)
        fprintf(to, "   - %s\n", hypervisors[i].name);
    fputs("\n"
          " Options:\n"
          "   -h, --help     Show the options\n"
          "   -v, --version  Show the version\n"
          "   -q, --quiet    Print nothing; the exit code tells\n"
          "\n", to);
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        { "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'v' }, { "quiet", no_argument, NULL, 'q' }, { 0 },
    };
    const char *slash = strrchr(argv[0], '/');
    const char *program = slash ? slash + 1 : argv[0];
    for (int c; (c = getopt_long(argc, argv, "hvq", known, NULL)) >= 0;) {
        switch (c) {
        case 'h':
            usage(stdout, program);
            return EXIT_SUCCESS;
        case 'v':
            printf("version: %s %d.%d.%d\n", program, VR_API_LEVEL / 1000000, VR_API_LEVEL / 1000 % 1000, VR_API_LEVEL % 1000);
            return EXIT_SUCCESS;
        case 'q':
            vr_report_quiet();
            break;
        default:
            usage(stderr, program);
            return EXIT_FAILURE;
        }
    }
    if (argc - optind > 1) {
        fprintf(stderr, "%s: too many command line arguments\n", program);
        usage(stderr, program);
        return EXIT_FAILURE;
    }
    const char *only = argv[optind];
    bool fit = true, found = false;
    for (size_t i = 0; i < VR_COUNT(hypervisors); i++) {
        if (only && strcmp(only, hypervisors[i].name) != 0)
            continue;
        found = true;
        fit &= hypervisors[i].check();
    }
    if (!found) {
        fprintf(stderr, "%s: unsupported hypervisor name %s\n", program, only);
        return EXIT_FAILURE;
    }
    return fit ? EXIT_SUCCESS : EXIT_FAILURE;
}
