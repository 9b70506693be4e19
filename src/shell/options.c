/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of options: text to bounded numbers, sizes with suffixes, options that exclude each other. */
#include "inside.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/str.h"

static const struct vr_value *find(const struct vr_cmd *cmd, const char *name)
{
    const char *preset;
    const struct vr_opt *opt = vr_opt_find(cmd->command, name, &preset);
    if (!opt) /* a row and its function disagree */
        abort();
    for (const struct vr_value *v = cmd->values; v; v = v->next) {
        if (v->opt == opt)
            return v;
    }
    return NULL;
}

bool vr_opt_bool(const struct vr_cmd *cmd, const char *name)
{
    return find(cmd, name) != NULL;
}

const char *vr_opt_raw(const struct vr_cmd *cmd, const char *name)
{
    const struct vr_value *v = find(cmd, name);
    return v ? v->text : NULL;
}

bool vr_opt_string(struct vr_cmd *cmd, const char *name, const char **out)
{
    const struct vr_value *v = find(cmd, name);
    *out = v ? v->text : NULL;
    if (v && !*v->text && !(v->opt->flags & VR_EMPTY_OK))
        return vr_complain(cmd, _("Failed to get option '%s': %s"), name, _("Option argument is empty"));
    return true;
}

const char *vr_opt_argv(const struct vr_cmd *cmd, size_t n)
{
    for (const struct vr_value *v = cmd->values; v; v = v->next) {
        if (v->opt->kind == VR_OPT_ARGV && n-- == 0)
            return v->text;
    }
    return NULL;
}

static int malformed(struct vr_cmd *cmd, const char *name, const char *text)
{
    vr_complain(cmd, _("Numeric value '%s' for <%s> option is malformed or out of range"), text, name);
    return -1;
}

static int get_signed(struct vr_cmd *cmd, const char *name, long long min, long long max, long long *out)
{
    const char *text = vr_opt_raw(cmd, name);
    if (!text)
        return 0;
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end || errno || v < min || v > max)
        return malformed(cmd, name, text);
    *out = v;
    return 1;
}

static int get_unsigned(struct vr_cmd *cmd, const char *name, unsigned long long max, bool wrap, unsigned long long *out)
{
    const char *text = vr_opt_raw(cmd, name);
    if (!text)
        return 0;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    bool negative = text[strspn(text, " \t\n\v\f\r")] == '-';
    if (end == text || *end || errno || (negative && !wrap) || (v > max && !negative))
        return malformed(cmd, name, text);
    *out = v;
    return 1;
}

int vr_opt_int(struct vr_cmd *cmd, const char *name, int *out)
{
    long long v = *out;
    int got = get_signed(cmd, name, INT_MIN, INT_MAX, &v);
    if (got > 0)
        *out = (int)v;
    return got;
}

int vr_opt_uint(struct vr_cmd *cmd, const char *name, unsigned *out)
{
    unsigned long long v = *out;
    int got = get_unsigned(cmd, name, UINT_MAX, false, &v);
    if (got > 0)
        *out = (unsigned)v;
    return got;
}

int vr_opt_ll(struct vr_cmd *cmd, const char *name, long long *out)
{
    return get_signed(cmd, name, LLONG_MIN, LLONG_MAX, out);
}

int vr_opt_ull(struct vr_cmd *cmd, const char *name, unsigned long long *out)
{
    return get_unsigned(cmd, name, ULLONG_MAX, false, out);
}

int vr_opt_ul_wrap(struct vr_cmd *cmd, const char *name, unsigned long *out)
{
    unsigned long long v = *out;
    int got = get_unsigned(cmd, name, ULONG_MAX, true, &v);
    if (got > 0)
        *out = (unsigned long)v;
    return got;
}

int vr_opt_ull_wrap(struct vr_cmd *cmd, const char *name, unsigned long long *out)
{
    return get_unsigned(cmd, name, ULLONG_MAX, true, out);
}

/* The factor of "k", "KiB", "MB", "bytes", ...; 0 for no such suffix. */
static unsigned long long suffix_factor(const char *suffix)
{
    if (!strcasecmp(suffix, "b") || !strcasecmp(suffix, "byte") || !strcasecmp(suffix, "bytes"))
        return 1;
    const char *letters = "kmgtpe";
    const char *at = suffix[0] ? strchr(letters, suffix[0] | 0x20) : NULL;
    if (!at)
        return 0;
    unsigned long long base = !suffix[1] || !strcasecmp(suffix + 1, "ib") ? 1024 : !strcasecmp(suffix + 1, "b") ? 1000 : 0;
    unsigned long long factor = base ? 1 : 0;
    for (const char *p = letters; base && p <= at; p++)
        factor *= base;
    return factor;
}

int vr_scale(struct vr_cmd *cmd, const char *text, unsigned long long *out, unsigned long long scale, unsigned long long max)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (end == text || errno || text[strspn(text, " \t\n\v\f\r")] == '-')
        return -1;
    unsigned long long factor = *end ? suffix_factor(end) : scale;
    if (!factor) {
        vr_late_error(cmd, _("invalid argument: unknown suffix '%s'"), end);
        return -1;
    }
    if (v && v > max / factor) {
        vr_late_error(cmd, _("numerical overflow: value too large: %llu%s"), v, end);
        return -1;
    }
    *out = v * factor;
    return 1;
}

int vr_opt_scaled(struct vr_cmd *cmd, const char *name, unsigned long long *out, unsigned long long scale,
                  unsigned long long max)
{
    const char *text;
    if (!vr_opt_string(cmd, name, &text))
        return -1;
    int got = text ? vr_scale(cmd, text, out, scale, max) : 0;
    if (got < 0)
        vr_complain(cmd, _("Scaled numeric value '%s' for <%s> option is malformed or out of range"), text, name);
    return got;
}

int vr_opt_timeout_ms(struct vr_cmd *cmd, const char *name, int *out)
{
    unsigned v = 0;
    int got = vr_opt_uint(cmd, name, &v);
    if (got <= 0)
        return got;
    if (v < 1 || v > INT_MAX / 1000) {
        vr_complain(cmd, _("Numeric value '%s' for <%s> option is malformed or out of range"), vr_opt_raw(cmd, name), name);
        return -1;
    }
    *out = (int)v * 1000;
    return 1;
}

bool vr_exclusive(struct vr_cmd *cmd, bool set_a, const char *a, bool set_b, const char *b)
{
    return set_a && set_b ? vr_complain(cmd, _("Options --%s and --%s are mutually exclusive"), a, b) : true;
}

bool vr_opt_exclusive(struct vr_cmd *cmd, const char *a, const char *b)
{
    return vr_exclusive(cmd, vr_opt_bool(cmd, a), a, vr_opt_bool(cmd, b), b);
}

bool vr_opt_requires(struct vr_cmd *cmd, const char *option, const char *needed)
{
    return vr_opt_bool(cmd, option) && !vr_opt_bool(cmd, needed)
        ? vr_complain(cmd, _("Option --%s is required by option --%s"), needed, option) : true;
}

bool vr_opt_affect(struct vr_cmd *cmd, unsigned *flags)
{
    if (!vr_opt_exclusive(cmd, "current", "live") || !vr_opt_exclusive(cmd, "current", "config"))
        return false;
    *flags = VIR_DOMAIN_AFFECT_CURRENT;
    if (vr_opt_bool(cmd, "config"))
        *flags |= VIR_DOMAIN_AFFECT_CONFIG;
    if (vr_opt_bool(cmd, "live"))
        *flags |= VIR_DOMAIN_AFFECT_LIVE;
    return true;
}
