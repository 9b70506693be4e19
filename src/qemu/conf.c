/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_CONF
#define VR_LOG_SOURCE "qemu.conf"
#include "conf.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "driver/conf.h"
#include "host/user.h"

#define DEFAULT_USER "libvirt-qemu"
#define DEFAULT_GROUP "libvirt-qemu"

static const char *const none_only[] = { "none", NULL };
static const char *const off[] = { "0", NULL };
/* "dac" is what owners and groups of files do, which is built. */
static const char *const built_security[] = { "none", "dac", NULL };
static const char *const security_names[] = { "selinux", "apparmor", "dac", "none", NULL };
static const char *const namespace_names[] = { "mount", NULL };
static const char *const controller_names[] = { "cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio",
                                                "net_cls", "perf_event", "name=systemd", NULL };
static const char *const stdio_names[] = { "logd", "file", NULL };
static const char *const sched_names[] = { "none", "vcpus", "emulator", "full", NULL };
static const char *const lock_names[] = { "lockd", "sanlock", NULL };
static const char *const image_names[] = { "raw", "gzip", "bzip2", "xz", "lzop", NULL };
static const char *const deprecation_names[] = { "none", "omit", "reject", "crash", NULL };

#define KEY(key, kind, what, ...)                                                                  \
    { .name = #key, .type = VR_CONF_##kind, .effect = VR_CONF_##what, .offset = offsetof(struct vr_qemu_conf, key), __VA_ARGS__ }
#define TEXT(key, what, ...)                                                                       \
    { .name = #key, .type = VR_CONF_STRING, .effect = VR_CONF_##what,                              \
      .offset = offsetof(struct vr_qemu_conf, unused_text), __VA_ARGS__ }
#define LIST(key, what, ...)                                                                       \
    { .name = #key, .type = VR_CONF_STRING_OR_LIST, .effect = VR_CONF_##what,                      \
      .offset = offsetof(struct vr_qemu_conf, unused_list), __VA_ARGS__ }
#define BOOL(key, what, ...)                                                                       \
    { .name = #key, .type = VR_CONF_BOOL, .effect = VR_CONF_##what,                                \
      .offset = offsetof(struct vr_qemu_conf, unused_bool), __VA_ARGS__ }
#define INT(key, what, ...)                                                                        \
    { .name = #key, .type = VR_CONF_INT, .effect = VR_CONF_##what,                                 \
      .offset = offsetof(struct vr_qemu_conf, unused_int), __VA_ARGS__ }

static const struct vr_conf_key keys[] = {
    KEY(user, STRING, WORKS),
    KEY(group, STRING, WORKS),
    KEY(dynamic_ownership, BOOL, WORKS),
    KEY(remember_owner, BOOL, WORKS),
    KEY(seccomp_sandbox, INT, WORKS, .min = -1, .max = 1),
    KEY(namespaces, STRING_OR_LIST, WORKS, .values = namespace_names),
    KEY(cgroup_controllers, STRING_OR_LIST, WORKS, .values = controller_names),
    KEY(cgroup_device_acl, STRING_OR_LIST, WORKS),
    KEY(security_driver, STRING_OR_LIST, PROTECTS, .values = security_names, .harmless = built_security),
    KEY(security_default_confined, BOOL, WITHOUT_EFFECT),
    KEY(security_require_confined, BOOL, PROTECTS, .harmless = off),
    KEY(vnc_listen, STRING, WORKS),
    KEY(spice_listen, STRING, WORKS),
    KEY(vnc_password, STRING, PROTECTS),
    KEY(spice_password, STRING, PROTECTS),
    KEY(vnc_auto_unix_socket, BOOL, PROTECTS, .harmless = off),
    KEY(spice_auto_unix_socket, BOOL, PROTECTS, .harmless = off),
    KEY(remote_display_port_min, INT, WORKS, .min = 5900, .max = 65535),
    KEY(remote_display_port_max, INT, WORKS, .min = 5900, .max = 65535),
    KEY(remote_websocket_port_min, INT, WORKS, .min = 5700, .max = 65535),
    KEY(remote_websocket_port_max, INT, WORKS, .min = 5700, .max = 65535),
    KEY(max_processes, INT, WORKS, .min = 0, .max = INT32_MAX),
    KEY(max_files, INT, WORKS, .min = 0, .max = INT32_MAX),
    KEY(max_threads_per_process, INT, WITHOUT_EFFECT, .min = 0, .max = INT32_MAX),
    KEY(max_core, INT_OR_STRING, WORKS),
    KEY(dump_guest_core, BOOL, WITHOUT_EFFECT),
    KEY(stdio_handler, STRING, WORKS, .values = stdio_names),
    KEY(default_tls_x509_cert_dir, STRING, WORKS),
    KEY(memory_backing_dir, STRING, WORKS),
    KEY(pr_helper, STRING, WORKS),
    KEY(dbus_daemon, STRING, WORKS),
    KEY(swtpm_user, STRING, WORKS),
    KEY(swtpm_group, STRING, WORKS),
    KEY(max_queued, INT, WITHOUT_EFFECT, .min = 0, .max = INT32_MAX),
    KEY(set_process_name, BOOL, WITHOUT_EFFECT),
    /* protections that are not built */
    BOOL(vnc_tls, PROTECTS, .harmless = off),
    BOOL(vnc_tls_x509_verify, PROTECTS, .harmless = off),
    BOOL(vnc_sasl, PROTECTS, .harmless = off),
    BOOL(spice_tls, PROTECTS, .harmless = off),
    BOOL(spice_sasl, PROTECTS, .harmless = off),
    BOOL(chardev_tls, PROTECTS, .harmless = off),
    BOOL(vxhs_tls, PROTECTS, .harmless = off),
    BOOL(nbd_tls, PROTECTS, .harmless = off),
    BOOL(migrate_tls_force, PROTECTS, .harmless = off),
    BOOL(mac_filter, PROTECTS, .harmless = off),
    TEXT(sched_core, PROTECTS, .values = sched_names, .harmless = none_only),
    TEXT(lock_manager, PROTECTS, .values = lock_names),
    LIST(capability_filters, PROTECTS),
    /* about parts that are not built, and harmless without them */
    BOOL(default_tls_x509_verify, WITHOUT_EFFECT), TEXT(default_tls_x509_secret_uuid, WITHOUT_EFFECT),
    TEXT(vnc_tls_x509_cert_dir, WITHOUT_EFFECT), TEXT(vnc_tls_x509_secret_uuid, WITHOUT_EFFECT),
    TEXT(vnc_sasl_dir, WITHOUT_EFFECT), BOOL(vnc_allow_host_audio, WITHOUT_EFFECT),
    TEXT(spice_tls_x509_cert_dir, WITHOUT_EFFECT), TEXT(spice_sasl_dir, WITHOUT_EFFECT),
    TEXT(chardev_tls_x509_cert_dir, WITHOUT_EFFECT), BOOL(chardev_tls_x509_verify, WITHOUT_EFFECT),
    TEXT(chardev_tls_x509_secret_uuid, WITHOUT_EFFECT), TEXT(migrate_tls_x509_cert_dir, WITHOUT_EFFECT),
    BOOL(migrate_tls_x509_verify, WITHOUT_EFFECT), TEXT(migrate_tls_x509_secret_uuid, WITHOUT_EFFECT),
    TEXT(backup_tls_x509_cert_dir, WITHOUT_EFFECT), BOOL(backup_tls_x509_verify, WITHOUT_EFFECT),
    TEXT(backup_tls_x509_secret_uuid, WITHOUT_EFFECT), TEXT(vxhs_tls_x509_cert_dir, WITHOUT_EFFECT),
    TEXT(vxhs_tls_x509_secret_uuid, WITHOUT_EFFECT), TEXT(nbd_tls_x509_cert_dir, WITHOUT_EFFECT),
    TEXT(nbd_tls_x509_secret_uuid, WITHOUT_EFFECT), BOOL(nographics_allow_host_audio, WITHOUT_EFFECT),
    TEXT(save_image_format, WITHOUT_EFFECT, .values = image_names), TEXT(dump_image_format, WITHOUT_EFFECT, .values = image_names),
    TEXT(snapshot_image_format, WITHOUT_EFFECT, .values = image_names), TEXT(auto_dump_path, WITHOUT_EFFECT),
    BOOL(auto_dump_bypass_cache, WITHOUT_EFFECT), BOOL(auto_start_bypass_cache, WITHOUT_EFFECT),
    LIST(hugetlbfs_mount, WITHOUT_EFFECT), TEXT(bridge_helper, WITHOUT_EFFECT),
    TEXT(slirp_helper, WITHOUT_EFFECT), BOOL(relaxed_acs_check, WITHOUT_EFFECT),
    INT(keepalive_interval, WITHOUT_EFFECT, .min = -1, .max = 86400), INT(keepalive_count, WITHOUT_EFFECT, .min = 0, .max = INT32_MAX),
    TEXT(migration_address, WITHOUT_EFFECT), TEXT(migration_host, WITHOUT_EFFECT),
    INT(migration_port_min, WITHOUT_EFFECT, .min = 1, .max = 65535), INT(migration_port_max, WITHOUT_EFFECT, .min = 1, .max = 65535),
    BOOL(log_timestamp, WITHOUT_EFFECT), LIST(nvram, WITHOUT_EFFECT),
    INT(gluster_debug_level, WITHOUT_EFFECT, .min = 0, .max = 9), BOOL(virtiofsd_debug, WITHOUT_EFFECT),
    TEXT(deprecation_behavior, WITHOUT_EFFECT, .values = deprecation_names),
    BOOL(clear_emulator_capabilities, OBSOLETE),
    BOOL(allow_disk_format_probing, OBSOLETE),
    { 0 },
};

static bool resolve(struct vr_qemu_conf *conf, bool privileged, struct vr_error **err)
{
    if (!privileged) {
        conf->uid = geteuid();
        conf->gid = getegid();
        conf->user_known = true;
        conf->dynamic_ownership = conf->remember_owner = false;
        if (conf->namespaces && conf->namespaces[0])
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("cannot use namespaces in session mode"));
        return true;
    }
    bool said_user = conf->user != NULL, said_group = conf->group != NULL;
    if (!conf->user)
        conf->user = vr_strdup(DEFAULT_USER);
    if (!conf->group)
        conf->group = vr_strdup(DEFAULT_GROUP);
    /* The packaged defaults may be missing on a machine where libvirt never was: no reason not to start. */
    bool has_user = vr_user_parse(conf->user, &conf->uid, said_user ? err : NULL);
    bool has_group = vr_group_parse(conf->group, &conf->gid, said_group ? err : NULL);
    if ((!has_user && said_user) || (!has_group && said_group))
        return false;
    conf->user_known = has_user && has_group;
    if (conf->user_known && !vr_user_groups(conf->uid, conf->gid, &conf->groups, &conf->group_count, err))
        return false;
    /* Only guests with a TPM need them, and say so when they do not exist. */
    conf->swtpm_user_known = vr_user_parse(conf->swtpm_user ? conf->swtpm_user : "tss", &conf->swtpm_uid, NULL) &&
                             vr_group_parse(conf->swtpm_group ? conf->swtpm_group : "tss", &conf->swtpm_gid, NULL);
    conf->mount_namespace = !conf->namespaces || conf->namespaces[0];
    return true;
}

struct vr_qemu_conf *vr_qemu_conf_load(const char *path, bool privileged, struct vr_error **err)
{
    struct vr_conf *file = vr_conf_load(path, true, err);
    if (!file)
        return NULL;
    struct vr_qemu_conf *conf = vr_new(struct vr_qemu_conf);
    conf->dynamic_ownership = conf->remember_owner = privileged;
    conf->seccomp_sandbox = -1;
    conf->vnc_listen = vr_strdup("127.0.0.1");
    conf->spice_listen = vr_strdup("127.0.0.1");
    conf->remote_display_port_min = 5900;
    conf->remote_display_port_max = 65535;
    conf->remote_websocket_port_min = 5700;
    conf->remote_websocket_port_max = 65535;
    conf->default_tls_x509_cert_dir = vr_strdup("/etc/pki/qemu");
    bool ok = vr_conf_apply(file, keys, conf, err) && resolve(conf, privileged, err);
    vr_conf_free(file);
    if (!ok) {
        vr_qemu_conf_free(conf);
        return NULL;
    }
    return conf;
}

void vr_qemu_conf_free(struct vr_qemu_conf *conf)
{
    if (!conf)
        return;
    vr_conf_release(keys, conf);
    free(conf->groups);
    free(conf);
}

bool vr_qemu_conf_require_user(const struct vr_qemu_conf *conf, struct vr_error **err)
{
    if (conf->user_known)
        return true;
    return vr_error_report(err, VIR_FROM_QEMU, VIR_ERR_CONFIG_UNSUPPORTED, -1,
                           _("QEMU is to run as user '%s' and group '%s', which do not both exist; create them, or name "
                             "others by 'user' and 'group' in qemu.conf"), conf->user, conf->group);
}
