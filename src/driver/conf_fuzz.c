/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: a configuration file of any content is read or refused, and nothing of it is left over. */
#include <stddef.h>
#include <stdint.h>
#include "base/log.h"
#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
    char *text, *either_number, *named;
    bool on;
    int64_t number;
    int line;
    char **list, **either;
};

#define KEY(key, kind, ...)                                                                        \
    { .name = #key, .type = VR_CONF_##kind, .effect = VR_CONF_WORKS, .offset = offsetof(struct values, key), ##__VA_ARGS__ }
static const char *const names[] = { "a", "b", NULL };
static const struct vr_conf_key keys[] = {
    KEY(text, STRING),
    KEY(either_number, INT_OR_STRING),
    KEY(named, STRING, .values = names),
    KEY(on, BOOL),
    KEY(number, INT, .min = -5, .max = 500, .line_offset = offsetof(struct values, line)),
    KEY(list, LIST),
    KEY(either, STRING_OR_LIST),
    { 0 }
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_log_set_level(VR_LOG_ERROR);
    VR_AUTO(vr_conf) *conf = vr_conf_parse("fuzz", (const char *)data, size, &err);
    if ((conf != NULL) == (err != NULL))
        __builtin_trap();
    if (!conf)
        return 0;
    struct values values = { 0 };
    bool ok = vr_conf_apply(conf, keys, &values, &err);
    if (ok == (err != NULL) || (ok && (values.number < -5 || values.number > 500)))
        __builtin_trap();
    vr_conf_release(keys, &values);
    return 0;
}
