/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_SECRET
#include "secrets.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/alloc.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/str.h"
#include "deadlines.h"
#include "driver.h"
#include "host/aes.h"
#include "host/sysfile.h"
#include "secretfile.h"

#define SECRET_MAX 65536

/* One object that QEMU will want: from a secret, or from text of the document itself (cookies). */
struct need {
    char *object;
    struct vr_secret_key key;
    char *usage_type, *usage; /* owned texts of the key */
    char *text;               /* not from a secret */
    char *data, *iv;          /* the result, base64 */
};
struct needs {
    struct need *v;
    size_t n, cap;
    char *directory, *key_path;
    bool check_only;
    struct vr_error *err;
};

static void needs_free(void *arg)
{
    struct needs *needs = arg;
    for (size_t i = 0; i < needs->n; i++) {
        struct need *w = &needs->v[i];
        if (w->text)
            explicit_bzero(w->text, strlen(w->text));
        free(w->object);
        free(w->usage_type);
        free(w->usage);
        free(w->text);
        free(w->data);
        free(w->iv);
    }
    free(needs->v);
    free(needs->directory);
    free(needs->key_path);
    vr_error_free(needs->err);
    free(needs);
}

/* ---- on the worker ------------------------------------------------------------------------------------------------ */

/* QEMU's form: AES-256-CBC with the guest's key, filled up to whole blocks by bytes that say how many they are. */
static bool seal(struct need *w, const void *value, size_t len, const char *key_path, struct vr_error **err)
{
    vr_autobuf struct vr_buf key = VR_BUF_INIT;
    uint8_t iv[VR_AES_BLOCK];
    if (!key_path) { /* for looking at only: nobody can open it */
        vr_buf_added(&key, (size_t)getrandom(vr_buf_room(&key, VR_AES_KEY), VR_AES_KEY, 0));
    } else if (!vr_sys_read_bytes(&key, key_path)) {
        key.len = 0;
    }
    if (key.len != VR_AES_KEY)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("the guest's master key '%s' cannot be read"),
                       key_path ? key_path : "");
    if (getrandom(iv, sizeof(iv), 0) != (ssize_t)sizeof(iv))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", _("failed to generate random bytes"));
    size_t pad = VR_AES_BLOCK - len % VR_AES_BLOCK, whole = len + pad;
    uint8_t *bytes = vr_alloc(whole);
    memcpy(bytes, value, len);
    memset(bytes + len, (int)pad, pad);
    bool ok = vr_aes256_cbc((const uint8_t *)key.data, iv, bytes, whole, err);
    if (ok) {
        w->data = vr_base64_encode(bytes, whole);
        w->iv = vr_base64_encode(iv, sizeof(iv));
    }
    explicit_bzero(bytes, whole);
    free(bytes);
    explicit_bzero(key.data, key.len);
    return ok;
}

static void resolve_task(void *arg)
{
    struct needs *needs = arg;
    for (size_t i = 0; i < needs->n; i++) {
        struct need *w = &needs->v[i];
        void *value = NULL;
        size_t len = 0;
        if (w->text) {
            value = vr_strdup(w->text);
            len = strlen(w->text);
        } else if (!vr_secret_file_read(needs->directory, &w->key, &value, &len, &needs->err)) {
            return;
        }
        bool ok = len <= SECRET_MAX ||
                  vr_fail(&needs->err, VIR_ERR_INTERNAL_ERROR, _("the secret for '%s' is too long"), w->object);
        ok = ok && (needs->check_only || seal(w, value, len, needs->key_path, &needs->err));
        vr_secret_wipe(value, len);
        if (!ok)
            return;
    }
}

/* ---- what is needed ----------------------------------------------------------------------------------------------- */

static struct need *add(struct needs *needs, char *object)
{
    VR_GROW(needs->v, needs->n, needs->cap);
    needs->v[needs->n] = (struct need){ .object = object };
    return &needs->v[needs->n++];
}

static void add_secret(struct needs *needs, char *object, const struct vr_secret_ref *ref, const char *type)
{
    struct need *w = add(needs, object);
    w->usage_type = vr_strdup(type);
    w->usage = vr_strdup(ref->usage);
    w->key = (struct vr_secret_key){ ref->has_uuid, ref->uuid, w->usage_type, w->usage };
}

static void add_source(struct needs *needs, const struct vr_disk *disk, const struct vr_storage_source *s)
{
    const struct vr_storage_auth *auth = s->type == VR_STORAGE_NETWORK ? vr_qemu_auth_of(disk, s) : NULL;
    const struct vr_encryption *encryption = vr_qemu_encryption_of(disk, s);
    if (auth && auth->secret)
        add_secret(needs, vr_printf("%s-auth-secret0", s->node_storage ? s->node_storage : ""), auth->secret,
                   auth->secret->type ? auth->secret->type : s->protocol == VR_PROTO_RBD ? "ceph" : "iscsi");
    if (s->cookies.n && s->node_storage) {
        vr_autobuf struct vr_buf b = VR_BUF_INIT;
        for (size_t i = 0; i < s->cookies.n; i++)
            vr_buf_printf(&b, "%s%s=%s", i ? "; " : "", s->cookies.v[i]->name,
                          s->cookies.v[i]->value ? s->cookies.v[i]->value : "");
        add(needs, vr_printf("%s-httpcookie-secret0", s->node_storage))->text = vr_buf_take(&b);
    }
    if (encryption && encryption->secrets.n)
        add_secret(needs, vr_printf("%s-encryption-secret0", s->node_format ? s->node_format : ""), encryption->secrets.v[0],
                   "volume");
}

static void add_chain(struct needs *needs, const struct vr_disk *disk)
{
    for (const struct vr_storage_source *s = disk->src; s && s->type != VR_STORAGE_UNSET; s = s->backing)
        add_source(needs, disk, s);
}

static void add_hostdevs(struct needs *needs, const struct vr_domain_def *def)
{
    for (size_t i = 0; i < def->hostdevs.n; i++) {
        const struct vr_hostdev *h = def->hostdevs.v[i];
        const struct vr_storage_auth *auth = h->iscsi ? h->iscsi->auth : NULL;
        if (auth && auth->secret)
            add_secret(needs, vr_printf("libvirt-%u-backend-secret0", h->block_id), auth->secret, "iscsi");
    }
}

/* ---- on the loop -------------------------------------------------------------------------------------------------- */

static struct needs *needs_new(const char *lib_dir)
{
    struct needs *needs = vr_new(struct needs);
    needs->directory = vr_printf("%s/secrets", vr_qemu.dirs->config);
    needs->key_path = lib_dir ? vr_printf("%s/master-key.aes", lib_dir) : NULL;
    return needs;
}

VR_SUSPENDS static bool resolve(struct needs *needs, struct vr_guest_secrets *out, struct vr_error **err)
{
    *out = (struct vr_guest_secrets){ 0 };
    if (!needs->n) {
        needs_free(needs);
        return true;
    }
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "secrets", resolve_task, needs, needs_free, vr_after(VR_SPAN_LAUNCH), err))
        return false;
    bool ok = !needs->err;
    vr_error_move(err, &needs->err);
    if (ok && !needs->check_only) {
        out->arena = vr_arena_new();
        struct vr_qemu_secret *list = vr_arena_alloc(out->arena, needs->n * sizeof(*list));
        for (size_t i = 0; i < needs->n; i++)
            list[i] = (struct vr_qemu_secret){ vr_arena_strdup(out->arena, needs->v[i].object),
                                               vr_arena_strdup(out->arena, needs->v[i].data),
                                               vr_arena_strdup(out->arena, needs->v[i].iv) };
        out->list = (struct vr_qemu_secrets){ list, needs->n };
    }
    needs_free(needs);
    return ok;
}

VR_SUSPENDS bool vr_secrets_resolve(const struct vr_domain_def *def, const char *lib_dir, struct vr_guest_secrets *out,
                                    struct vr_error **err)
{
    struct needs *needs = needs_new(lib_dir);
    for (size_t i = 0; i < def->disks.n; i++)
        add_chain(needs, def->disks.v[i]);
    add_hostdevs(needs, def);
    return resolve(needs, out, err);
}

VR_SUSPENDS bool vr_secrets_check(const struct vr_domain_def *def, struct vr_error **err)
{
    struct vr_guest_secrets none;
    struct needs *needs = needs_new(NULL);
    needs->check_only = true;
    for (size_t i = 0; i < def->disks.n; i++)
        add_chain(needs, def->disks.v[i]);
    add_hostdevs(needs, def);
    return resolve(needs, &none, err);
}

VR_SUSPENDS bool vr_secrets_of_disk(const struct vr_disk *disk, const char *lib_dir, struct vr_guest_secrets *out,
                                    struct vr_error **err)
{
    struct needs *needs = needs_new(lib_dir);
    add_chain(needs, disk);
    return resolve(needs, out, err);
}

void vr_secrets_done(struct vr_guest_secrets *secrets)
{
    vr_arena_free(secrets->arena);
    *secrets = (struct vr_guest_secrets){ 0 };
}

struct one {
    char *directory;
    struct vr_uuid uuid;
    void *value;
    size_t len;
    struct vr_error *err;
};

static void one_free(void *arg)
{
    struct one *one = arg;
    vr_secret_wipe(one->value, one->len);
    vr_error_free(one->err);
    free(one->directory);
    free(one);
}

static void one_task(void *arg)
{
    struct one *one = arg;
    struct vr_secret_key key = { .by_uuid = true, .uuid = one->uuid };
    vr_secret_file_read(one->directory, &key, &one->value, &one->len, &one->err);
}

VR_SUSPENDS void *vr_secret_value(const struct vr_uuid *uuid, size_t *len, struct vr_error **err)
{
    struct one *one = vr_new(struct one);
    one->directory = vr_printf("%s/secrets", vr_qemu.dirs->config);
    one->uuid = *uuid;
    if (!vr_worker_run(VR_POOL_LAUNCH, NULL, "secret", one_task, one, one_free, vr_after(VR_SPAN_LAUNCH), err))
        return NULL;
    void *value = vr_take(one->value);
    *len = one->len;
    vr_error_move(err, &one->err);
    one_free(one);
    return value;
}

void vr_secret_wipe(void *value, size_t len)
{
    if (value)
        explicit_bzero(value, len);
    free(value);
}
