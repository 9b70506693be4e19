/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#include "late.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

bool vr_late_load(const char *library, const char *const *names, size_t count, void *to, atomic_bool *loaded,
                  struct vr_error **err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    if (atomic_load(loaded))
        return true;
    pthread_mutex_lock(&lock);
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    const char *missing = handle ? NULL : library;
    for (size_t i = 0; handle && !missing && i < count; i++) {
        void *found = dlsym(handle, names[i]);
        if (found)
            memcpy((char *)to + i * sizeof(found), &found, sizeof(found));
        else
            missing = names[i];
    }
    if (!missing)
        atomic_store(loaded, true);
    pthread_mutex_unlock(&lock);
    return !missing || vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "this needs the library %s, but there is no %s", library,
                               missing);
}
