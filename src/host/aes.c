/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "aes.h"
#include <dlfcn.h>
#include <gnutls/crypto.h>

bool vr_aes256_cbc(const uint8_t key[VR_AES_KEY], const uint8_t iv[VR_AES_BLOCK], void *data, size_t len,
                   struct vr_error **err)
{
    /* Stays open once it is: unloading a library with threads and tables of its own gains nothing. */
    void *lib = dlopen("libgnutls.so.30", RTLD_NOW | RTLD_LOCAL);
    __typeof__(gnutls_cipher_init) *init = lib ? (__typeof__(init))dlsym(lib, "gnutls_cipher_init") : NULL;
    __typeof__(gnutls_cipher_encrypt) *encrypt = lib ? (__typeof__(encrypt))dlsym(lib, "gnutls_cipher_encrypt") : NULL;
    __typeof__(gnutls_cipher_deinit) *deinit = lib ? (__typeof__(deinit))dlsym(lib, "gnutls_cipher_deinit") : NULL;
    if (!init || !encrypt || !deinit)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("a guest's secrets cannot be encrypted: libgnutls.so.30 (package libgnutls30) cannot be opened"));
    gnutls_datum_t k = { (unsigned char *)(uintptr_t)key, VR_AES_KEY };
    gnutls_datum_t v = { (unsigned char *)(uintptr_t)iv, VR_AES_BLOCK };
    gnutls_cipher_hd_t cipher;
    int rc = init(&cipher, GNUTLS_CIPHER_AES_256_CBC, &k, &v);
    if (rc < 0)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("failed to initialize cipher: code %d"), rc);
    rc = encrypt(cipher, data, len);
    deinit(cipher);
    return rc >= 0 || vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("failed to encrypt the data: code %d"), rc);
}
