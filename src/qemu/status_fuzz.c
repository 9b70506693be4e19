/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: a status document of any content is read or refused; what was read is written and read again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/arena.h"
#include "base/log.h"
#include "model/domain_xml.h"
#include "statusdoc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *once(const char *text, size_t len)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    VR_AUTO(vr_error) *err = NULL;
    struct vr_statusdoc doc = { 0 };
    bool ok = vr_statusdoc_parse(arena, text, len, &doc, &err);
    if (ok == (err != NULL))
        __builtin_trap();
    char *again = ok ? vr_statusdoc_format(&doc, &err) : NULL;
    vr_domain_free(doc.domain);
    return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vr_log_set_level(VR_LOG_ERROR + 1);
    vr_autofree char *first = once((const char *)data, size);
    vr_autofree char *second = first ? once(first, strlen(first)) : NULL;
    if (first && !second) /* what we wrote we must be able to read */
        __builtin_trap();
    return 0;
}
