/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "tpm.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "conf.h"
#include "deadlines.h"
#include "domain.h"
#include "driver.h"
#include "helpers.h"
#include "process.h"
#include "qemu/command/command.h"
#include "secrets.h"

#define SWTPM "/usr/bin/swtpm"
#define SWTPM_SETUP "/usr/bin/swtpm_setup"
#define SETUP_SPAN VR_SEC(60) /* keys are made */
#define SETUP_FD 3
#define SOCKET_FD 3
#define KEY_FD 4 /* and the next */

/* Paths and owner of one guest's emulator. */
struct place {
    char *top, *uuid_dir, *state;           /* /var/lib/libvirt/swtpm/UUID/tpm2 */
    char *log_top, *log_dir, *log;          /* /var/log/swtpm/libvirt/qemu/NAME-swtpm.log */
    char *run_dir, *socket, *pid;
    bool owned;
    uid_t uid;
    gid_t gid;
};

static void place_done(struct place *p)
{
    char *all[] = { p->top, p->uuid_dir, p->state, p->log_top, p->log_dir, p->log, p->run_dir, p->socket, p->pid };
    for (size_t i = 0; i < VR_COUNT(all); i++)
        free(all[i]);
}

static char *state_top(void)
{
    return vr_qemu.session ? vr_printf("%s/swtpm", vr_qemu.lib_dir) : vr_path("/var/lib/libvirt/swtpm");
}

static char *uuid_dir(const struct vr_domain_def *def)
{
    char uuid[VR_UUID_TEXT];
    vr_autofree char *top = state_top();
    return vr_printf("%s/%s", top, vr_uuid_format(&def->uuid, uuid));
}

static void place_init(struct place *p, const struct vr_domain_def *def, const struct vr_tpm *tpm)
{
    vr_autofree char *name = vr_qemu_short_name(def);
    p->top = state_top();
    p->uuid_dir = uuid_dir(def);
    p->state = vr_printf("%s/%s", p->uuid_dir, tpm && tpm->version == VR_TPM_VERSION_V1_2 ? "tpm1.2" : "tpm2");
    p->log_top = vr_qemu.session ? vr_strdup(vr_qemu.log_dir) : vr_path("/var/log/swtpm");
    p->log_dir = vr_qemu.session ? vr_strdup(vr_qemu.log_dir) : vr_path("/var/log/swtpm/libvirt/qemu");
    p->log = vr_printf("%s/%s-swtpm.log", p->log_dir, def->name);
    p->run_dir = vr_printf("%s/swtpm", vr_qemu.state_dir);
    p->socket = vr_printf("%s/%s-swtpm.sock", p->run_dir, name);
    p->pid = vr_printf("%s/%s-swtpm.pid", p->run_dir, name);
    p->owned = vr_qemu.privileged;
    p->uid = vr_qemu.conf->swtpm_uid;
    p->gid = vr_qemu.conf->swtpm_gid;
}

/* *created: there was no state yet. */
VR_SUSPENDS static bool make_dirs(const struct place *p, bool *created, struct vr_error **err)
{
    const struct vr_qemu_conf *conf = vr_qemu.conf;
    vr_autofree char *log_middle = vr_path("/var/log/swtpm/libvirt"), *lib = vr_path("/var/lib/libvirt");
    const struct vr_helper_dir system[] = {
        { p->log_top, 0711, false, 0, 0 },           { log_middle, 0711, false, 0, 0 },
        { p->log_dir, 0730, p->owned, p->uid, p->gid }, { p->run_dir, 0770, p->owned, conf->uid, p->gid },
        { lib, 0755, false, 0, 0 },                  { p->top, 0711, false, 0, 0 },
        { p->uuid_dir, 0711, false, 0, 0 },          { p->state, 0700, p->owned, p->uid, p->gid },
    };
    const struct vr_helper_dir session[] = {
        { p->run_dir, 0770, false, 0, 0 }, { p->top, 0711, false, 0, 0 }, { p->uuid_dir, 0711, false, 0, 0 },
        { p->state, 0700, false, 0, 0 },
    };
    return vr_qemu.session ? vr_helper_dirs(session, VR_COUNT(session), created, err)
                           : vr_helper_dirs(system, VR_COUNT(system), created, err);
}

/* The passphrase of an encrypted state, in a pipe that nobody else reads. -1: an error. */
VR_SUSPENDS static int secret_pipe(const struct vr_tpm *tpm, struct vr_error **err)
{
    size_t len = 0;
    void *value = vr_secret_value(&tpm->encryption_secret, &len, err);
    int ends[2] = { -1, -1 };
    if (!value)
        return -1;
    /* A pipe takes 64 KiB without a reader; passphrases are shorter, and a longer one fails here. */
    if (len > 4096 || pipe2(ends, O_CLOEXEC) < 0 || write(ends[1], value, len) != (ssize_t)len) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", _("cannot pass the TPM's secret"));
        if (ends[0] >= 0)
            close(vr_take_fd(&ends[0]));
    }
    if (ends[1] >= 0)
        close(ends[1]);
    vr_secret_wipe(value, len);
    return ends[0];
}

static const char *banks(const struct vr_tpm *tpm, char *text, size_t size)
{
    const struct {
        bool on;
        const char *name;
    } all[] = { { tpm->pcr_banks.sha1, "sha1" }, { tpm->pcr_banks.sha256, "sha256" },
                { tpm->pcr_banks.sha384, "sha384" }, { tpm->pcr_banks.sha512, "sha512" } };
    *text = 0;
    for (size_t i = 0; i < VR_COUNT(all); i++)
        if (all[i].on)
            snprintf(text + strlen(text), size - strlen(text), "%s%s", *text ? "," : "", all[i].name);
    return text;
}

struct words {
    char *v[32];
    size_t n;
};

static void word(struct words *w, const char *text)
{
    w->v[w->n++] = (char *)(uintptr_t)text;
}

/* Makes a new state (keys and certificates), or sets the banks of one that is there. */
VR_SUSPENDS static bool set_up(struct vr_domain *dom, const struct vr_tpm *tpm, const struct place *p, bool created,
                               struct vr_error **err)
{
    char uuid[VR_UUID_TEXT], bank_text[64], pwd[32];
    struct words w = { 0 };
    vr_autoclose int secret = -1;
    bool v2 = tpm->version != VR_TPM_VERSION_V1_2;
    if (!created && !(v2 && tpm->has_pcr_banks))
        return true;
    if (access(SWTPM_SETUP, X_OK) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to find '%s' binary in $PATH"), "swtpm_setup");
    if (tpm->has_encryption_secret && (secret = secret_pipe(tpm, err)) < 0)
        return false;
    vr_autofree char *vmid = vr_printf("%s:%s", dom->name, vr_uuid_format(&dom->live->uuid, uuid));
    word(&w, SWTPM_SETUP);
    if (v2)
        word(&w, "--tpm2");
    if (secret >= 0) {
        snprintf(pwd, sizeof(pwd), "%d", SETUP_FD);
        word(&w, "--pwdfile-fd");
        word(&w, pwd);
        word(&w, "--cipher");
        word(&w, "aes-256-cbc");
    }
    word(&w, "--tpm-state");
    word(&w, p->state);
    word(&w, "--logfile");
    word(&w, p->log);
    if (created) {
        static const char *const make[] = { "--createek", "--create-ek-cert", "--create-platform-cert", "--lock-nvram",
                                            "--not-overwrite" };
        word(&w, "--vmid");
        word(&w, vmid);
        for (size_t i = 0; i < VR_COUNT(make); i++)
            word(&w, make[i]);
    }
    if (v2 && tpm->has_pcr_banks) {
        word(&w, "--pcr-banks");
        word(&w, banks(tpm, bank_text, sizeof(bank_text)));
        if (!created)
            word(&w, "--reconfigure");
    }
    const struct vr_launch_fd fd = { secret, SETUP_FD };
    const struct vr_helper_spec spec = { .run = dom->run, .what = "swtpm_setup", .guest_log = dom->run->log_path, .argv = w.v, .fds = &fd,
                                         .fd_count = secret >= 0, .set_ids = p->owned, .uid = p->uid, .gid = p->gid };
    if (vr_helper_run(&spec, SETUP_SPAN, err))
        return true;
    return vr_error_suffix(err, _("; see %s"), vr_path_shown(p->log));
}

VR_SUSPENDS static struct vr_helper *start_emulator(struct vr_domain *dom, const struct vr_tpm *tpm, const struct place *p,
                                                    struct vr_error **err)
{
    struct words w = { 0 };
    char key[64], migration[64];
    vr_autofree char *state = vr_printf("dir=%s,mode=0600", p->state), *log = vr_printf("file=%s", p->log);
    vr_autofree char *ctrl = vr_printf("type=unixio,fd=%d", SOCKET_FD);
    vr_autoclose int socket = vr_helper_listen(p->socket, 0600, p->owned, dom->run->uid, dom->run->gid, err);
    vr_autoclose int secret = -1, again = -1;
    if (socket < 0 || (tpm->has_encryption_secret &&
                       ((secret = secret_pipe(tpm, err)) < 0 || (again = secret_pipe(tpm, err)) < 0)))
        return NULL;
    const char *const fixed[] = { SWTPM, "socket", "--ctrl", ctrl, "--tpmstate", state, "--log", log, "--terminate" };
    for (size_t i = 0; i < VR_COUNT(fixed); i++)
        word(&w, fixed[i]);
    if (tpm->version != VR_TPM_VERSION_V1_2)
        word(&w, "--tpm2");
    if (secret >= 0) {
        snprintf(key, sizeof(key), "pwdfd=%d,mode=aes-256-cbc", KEY_FD);
        snprintf(migration, sizeof(migration), "pwdfd=%d,mode=aes-256-cbc", KEY_FD + 1);
        word(&w, "--key");
        word(&w, key);
        word(&w, "--migration-key");
        word(&w, migration);
    }
    const struct vr_launch_fd fds[] = { { socket, SOCKET_FD }, { secret, KEY_FD }, { again, KEY_FD + 1 } };
    const struct vr_helper_spec spec = { .run = dom->run, .what = "TPM Emulator", .token = state, .guest_log = dom->run->log_path,
                                         .pid_path = p->pid, .argv = w.v, .fds = fds, .fd_count = secret >= 0 ? 3 : 1,
                                         .set_ids = p->owned, .uid = p->uid, .gid = p->gid };
    return vr_helper_start(&spec, err);
}

VR_SUSPENDS struct vr_helper *vr_tpm_start(struct vr_domain *dom, struct vr_tpm *tpm, struct vr_error **err)
{
    struct place p = { 0 };
    bool created = false;
    if (access(SWTPM, X_OK) < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to find '%s' binary in $PATH"), "swtpm");
        return NULL;
    }
    if (vr_qemu.privileged && !vr_qemu.conf->swtpm_user_known) {
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                _("the TPM emulator's user or group does not exist: swtpm_user and swtpm_group in qemu.conf name them"));
        return NULL;
    }
    place_init(&p, dom->live, tpm);
    struct vr_helper *h = NULL;
    if (make_dirs(&p, &created, err)) {
        if (set_up(dom, tpm, &p, created, err))
            h = start_emulator(dom, tpm, &p, err);
        else if (created)
            vr_helper_remove(p.uuid_dir); /* half a state must not be taken for one */
    }
    if (h)
        tpm->socket_path = vr_arena_strdup(dom->live->arena, p.socket);
    place_done(&p);
    return h;
}

VR_SUSPENDS struct vr_helper *vr_tpm_find(struct vr_domain *dom)
{
    struct place p = { 0 };
    place_init(&p, dom->live, NULL);
    struct vr_helper *h = vr_helper_find(dom->run, "TPM Emulator", p.uuid_dir, SWTPM, p.pid);
    place_done(&p);
    return h;
}

VR_SUSPENDS void vr_tpm_stopped(struct vr_domain *dom, const struct vr_tpm *tpm)
{
    struct place p = { 0 };
    place_init(&p, dom->live, tpm);
    vr_helper_remove(p.socket);
    if (!dom->persistent && tpm->persistent_state != VR_TRI_YES)
        vr_helper_remove(p.uuid_dir);
    place_done(&p);
}

bool vr_tpm_has_state(const struct vr_domain_def *def)
{
    for (size_t i = 0; i < def->tpms.n; i++)
        if (def->tpms.v[i]->backend == VR_TPM_BACKEND_EMULATOR && def->tpms.v[i]->persistent_state != VR_TRI_YES)
            return true;
    return false;
}

VR_SUSPENDS void vr_tpm_remove_state(const struct vr_domain_def *def)
{
    vr_autofree char *dir = uuid_dir(def);
    vr_helper_remove(dir);
}
