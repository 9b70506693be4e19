/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-pki-query-dn: a certificate's name as tls_allowed_dn_list of libvirtd.conf wants it. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/cleanup.h"
#include "config.h"

/* No certificate is near this; a device or a disk image named by mistake is. */
#define MAX_FILE (1u << 20)

static void usage(FILE *to, const char *program)
{
    fprintf(to,
            "Usage:\n"
            "  %s FILE\n"
            "  %s { -v | -h }\n"
            "\n"
            "Prints whose certificate FILE (in PEM form) is, in the form that the list tls_allowed_dn_list\n"
            "of libvirtd.conf compares with.\n"
            "\n"
            "options:\n"
            "  -h | --help     show this and exit\n"
            "  -v | --version  show the version and exit\n", program, program);
}

/** Reads `path` whole; complains on stderr. */
static bool read_file(const char *program, const char *path, struct vr_buf *b)
{
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "%s: Failed to open file “%s”: %s\n", program, path, strerror(errno));
        return false;
    }
    for (;;) {
        ssize_t n = read(fd, vr_buf_room(b, 65536), 65536);
        if (n < 0) {
            fprintf(stderr, "%s: Error reading file “%s”: %s\n", program, path, strerror(errno));
            return false;
        }
        if (n == 0)
            return true;
        vr_buf_added(b, (size_t)n);
        if (b->len > MAX_FILE) {
            fprintf(stderr, "%s: file “%s” is too large for a certificate\n", program, path);
            return false;
        }
    }
}

static bool print_name(const struct vr_buf *pem)
{
    gnutls_x509_crt_t crt = NULL;
    gnutls_datum_t name = { NULL, 0 };
    gnutls_datum_t data = { (unsigned char *)pem->data, (unsigned)pem->len };
    int rc = gnutls_x509_crt_init(&crt);
    if (rc < 0) {
        fprintf(stderr, "Unable to initialize certificate: %s\n", gnutls_strerror(rc));
        return false;
    }
    rc = gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_PEM);
    if (rc < 0) {
        fprintf(stderr, "Unable to load certificate, make sure it is in PEM format: %s\n", gnutls_strerror(rc));
    } else if ((rc = gnutls_x509_crt_get_dn2(crt, &name)) < 0) {
        fprintf(stderr, "Unable to get distinguished name: %s\n", gnutls_strerror(rc));
    } else {
        printf("%s\n", name.data);
    }
    gnutls_free(name.data);
    gnutls_x509_crt_deinit(crt);
    return rc >= 0;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        { "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'v' }, { 0 },
    };
    const char *slash = strrchr(argv[0], '/');
    const char *program = slash ? slash + 1 : argv[0];
    for (int c; (c = getopt_long(argc, argv, "+hv", known, NULL)) >= 0;) {
        switch (c) {
        case 'h':
            usage(stdout, program);
            return EXIT_SUCCESS;
        case 'v':
            printf("%d.%d.%d\n", VR_API_LEVEL / 1000000, VR_API_LEVEL / 1000 % 1000, VR_API_LEVEL % 1000);
            return EXIT_SUCCESS;
        default:
            usage(stderr, program);
            return EXIT_FAILURE;
        }
    }
    if (argc - optind != 1) {
        usage(stderr, program);
        return EXIT_FAILURE;
    }
    vr_autobuf struct vr_buf pem = VR_BUF_INIT;
    return read_file(program, argv[optind], &pem) && print_name(&pem) ? EXIT_SUCCESS : EXIT_FAILURE;
}
