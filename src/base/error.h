/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Errors are values. A function that can fail returns bool (or a pointer, NULL on failure) and fills `err`, its last
 * parameter. The cause is reported once, where it is known; callers on the way up may only add context. `err` may be
 * NULL when the caller does not care. The layer that answers the client logs.
 *
 * Each .c file says whose errors it makes before including this header:
 *     #define VR_ERROR_DOMAIN VIR_FROM_QEMU
 */
#include <stdarg.h>
#include <stdbool.h>
#include "cleanup.h"
#ifndef VIRTERROR_H /* a program over the public API has the same numbers from its headers, included first */
#include "api/constants.h"
#endif

#ifndef VR_ERROR_DOMAIN
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#endif

/** Marks text for translation; at run time the text itself. */
#define _(text) (text)
#define N_(text) (text)

/** What the public API tells about a failure. Codes, domains and levels are libvirt's; `message` is complete. */
struct vr_error {
    int code;     /* enum virErrorNumber */
    int domain;   /* enum virErrorDomain */
    int level;    /* enum virErrorLevel */
    char *message;
    char *str1, *str2, *str3; /* str1: the sentence's fixed part; str2: the detail, as stock sets them */
    int int1, int2;           /* int1: errno of vr_fail_errno, else -1 */
};

void vr_error_free(struct vr_error *err);
VR_DEFINE_AUTO(vr_error)

/**
 * vr_fail - report an error; always returns false
 * @err:  receives a new error; an error that is already there is kept (the first cause wins)
 * @code: enum virErrorNumber; its sentence ("XML error: %s", ...) is put before the formatted detail as stock does
 */
#define vr_fail(err, code, ...) vr_error_report((err), VR_ERROR_DOMAIN, (code), -1, __VA_ARGS__)
/** The same with ": strerror(errnum)" appended, and int1 = errnum. With code VIR_ERR_SYSTEM_ERROR this is stock's form. */
#define vr_fail_errno(err, code, errnum, ...)                                                      \
    vr_error_report((err), VR_ERROR_DOMAIN, (code), (errnum), __VA_ARGS__)
/** Report with the code's fixed sentence only. */
#define vr_fail_bare(err, code) vr_error_report((err), VR_ERROR_DOMAIN, (code), -1, NULL)

bool vr_error_report(struct vr_error **err, int domain, int code, int errnum, const char *fmt, ...)
    VR_PRINTF(5, 6);

/** Puts context before the message: "image 'x': cannot open ...". Returns false. No-op when there is no error. */
bool vr_error_prefix(struct vr_error **err, const char *fmt, ...) VR_PRINTF(2, 3);
/** Adds what helps after the message: object, step, log lines, remedy. Stock's text stays the beginning. Returns false. */
bool vr_error_suffix(struct vr_error **err, const char *fmt, ...) VR_PRINTF(2, 3);
/** Moves *from into *to (an error already in *to is kept); *from becomes NULL. Returns false. */
bool vr_error_move(struct vr_error **to, struct vr_error **from);
struct vr_error *vr_error_copy(const struct vr_error *err);

/** "message" of an error, or a fixed text for NULL: for log lines. */
const char *vr_error_text(const struct vr_error *err);
