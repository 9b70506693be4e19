/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/cpu_map.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/str.h"

#define MAX_MODELS 128

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *names[VR_CPU_FEATURES_MAX];
static bool fixed[VR_CPU_FEATURES_MAX]; /* not migratable */
static size_t n_names;
static struct vr_cpu_set sets[MAX_MODELS], removed[MAX_MODELS];

/* Where documents and QEMU spell a feature differently: documents' word first. */
static const char *const spelling[][2] = {
    { "cmp_legacy", "cmp-legacy" }, { "ds_cpl", "ds-cpl" },       { "fxsr_opt", "fxsr-opt" },
    { "lahf_lm", "lahf-lm" },       { "nodeid_msr", "nodeid-msr" }, { "pclmuldq", "pclmulqdq" },
    { "perfctr_core", "perfctr-core" }, { "perfctr_nb", "perfctr-nb" }, { "tsc_adjust", "tsc-adjust" },
};

static int find(const char *name, size_t len)
{
    for (size_t i = 0; i < n_names; i++)
        if (strncmp(names[i], name, len) == 0 && !names[i][len])
            return i;
    return -1;
}

static void read_delta(size_t m)
{
    const struct vr_cpu_model_row *row = &vr_cpu_models[m];
    for (size_t b = 0; row->base && b < m; b++)
        if (vr_streq(vr_cpu_models[b].name, row->base))
            sets[m] = sets[b];
    for (const char *p = row->delta; *p;) {
        size_t len = strcspn(p, " ");
        int f = find(p + 1, len - 1);
        if (f >= 0 && *p == '~')
            vr_cpu_set_put(&removed[m], f, true);
        else if (f >= 0)
            vr_cpu_set_put(&sets[m], f, *p == '+');
        p += len + (p[len] == ' ');
    }
}

static void parse(void)
{
    for (const char *p = vr_cpu_features; *p && n_names < VR_CPU_FEATURES_MAX;) {
        size_t len = strcspn(p, " ");
        bool bang = *p == '!';
        fixed[n_names] = bang;
        names[n_names++] = vr_strndup(p + bang, len - bang);
        p += len + (p[len] == ' ');
    }
    for (size_t m = 0; vr_cpu_models[m].name && m < MAX_MODELS; m++)
        read_delta(m);
}

size_t vr_cpu_feature_count(void)
{
    pthread_once(&once, parse);
    return n_names;
}

const char *vr_cpu_feature_name(size_t index)
{
    return index < vr_cpu_feature_count() ? names[index] : NULL;
}

bool vr_cpu_feature_migratable(size_t index)
{
    return index < vr_cpu_feature_count() && !fixed[index];
}

int vr_cpu_feature_find(const char *name)
{
    pthread_once(&once, parse);
    for (size_t i = 0; i < VR_COUNT(spelling); i++)
        if (vr_streq(spelling[i][1], name))
            name = spelling[i][0];
    return find(name, strlen(name));
}

int vr_cpu_model_find(const char *name)
{
    for (int m = 0; vr_cpu_models[m].name && m < MAX_MODELS; m++)
        if (vr_streq(vr_cpu_models[m].name, name))
            return m;
    return -1;
}

const struct vr_cpu_set *vr_cpu_model_features(size_t model)
{
    pthread_once(&once, parse);
    return &sets[model];
}

bool vr_cpu_model_removed(size_t model, size_t feature)
{
    pthread_once(&once, parse);
    return vr_cpu_set_has(&removed[model], feature);
}

bool vr_cpu_model_has_signature(size_t model, unsigned family, unsigned number)
{
    char text[32];
    size_t len = snprintf(text, sizeof(text), "%u.%u", family, number);
    const char *list = vr_cpu_models[model].signatures;
    for (const char *at = list; (at = strstr(at, text)); at++)
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
            return true;
    return false;
}

/* ---- names by architecture --------------------------------------------------------------------------------------- */

static const char *const power_names[] = { "POWER6", "POWER7", "POWER8", "POWER9", "POWER10", "POWERPC_e5500",
                                           "POWERPC_e6500", NULL };
static const char *x86_names[128];

static void list_x86(void)
{
    for (size_t i = 0; vr_cpu_models[i].name && i + 1 < VR_COUNT(x86_names); i++)
        x86_names[i] = vr_cpu_models[i].name;
}

enum vr_cpu_names_result vr_cpu_names(const char *arch, const char *const **out)
{
    static const char *const any[] = { "aarch64", "armv6l", "armv7b", "armv7l", "s390", "s390x", NULL };
    static const char *const power[] = { "ppc64", "ppc64le", NULL };
    static const char *const others[] = {
        "alpha", "cris", "itanium", "lm32", "loongarch64", "m68k", "microblaze", "microblazeel", "mips", "mipsel", "mips64",
        "mips64el", "or32", "parisc", "parisc64", "ppc", "ppcemb", "riscv32", "riscv64", "sh4", "sh4eb", "sparc", "sparc64",
        "unicore32", "xtensa", "xtensaeb", NULL,
    };
    static const char *const none[] = { NULL };
    static pthread_once_t listed = PTHREAD_ONCE_INIT;
    if (vr_streq(arch, "x86_64") || vr_streq(arch, "i686")) {
        pthread_once(&listed, list_x86);
        *out = x86_names;
    } else if (vr_name_index(power, arch) >= 0) {
        *out = power_names;
    } else if (vr_name_index(any, arch) >= 0) {
        *out = none;
    } else {
        return vr_name_index(others, arch) >= 0 ? VR_CPU_NAMES_NONE : VR_CPU_NAMES_UNKNOWN;
    }
    return VR_CPU_NAMES_KNOWN;
}
