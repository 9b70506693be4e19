/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target: any bytes as a definition. What is accepted must be written, read back and written the same.
 *     CC=clang meson setup build-fuzz -Db_sanitize=address,undefined -Db_lundef=false -Dwerror=false \
 *         -Dc_args=-fsanitize=fuzzer-no-link
 *     ninja -C build-fuzz src/model/domain_fuzz
 */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "model/domain_xml.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const unsigned forms = VR_DOMAIN_INACTIVE | VR_DOMAIN_SECURE;
    VR_AUTO(vr_domain_def) *def = vr_domain_parse((const char *)data, size, VR_DOMAIN_INACTIVE, NULL);
    if (!def)
        return 0;
    vr_autofree char *first = vr_domain_format(def, forms);
    VR_AUTO(vr_domain_def) *again = vr_domain_parse(first, strlen(first), VR_DOMAIN_INACTIVE, NULL);
    if (!again)
        abort();
    vr_autofree char *second = vr_domain_format(again, forms);
    VR_AUTO(vr_domain_def) *third = vr_domain_parse(second, strlen(second), VR_DOMAIN_INACTIVE, NULL);
    vr_autofree char *last = third ? vr_domain_format(third, forms) : NULL;
    if (!last || strcmp(second, last)) /* the first reading may sort; from then on nothing may change */
        abort();
    return 0;
}
