/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#define VR_LOG_SOURCE "daemon.main"
/* From the command line to a running daemon, and to its end. */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "admin.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/log_settings.h"
#include "base/str.h"
#include "base/uuid.h"
#include "client.h"
#include "config.h"
#include "driver/hook.h"
#include "host/node.h"
#include "instance.h"
#include "logqueue.h"
#include "options.h"
#include "process.h"

#define HOOK_TIME VR_SEC(120)
#define STOP_TIME VR_SEC(20) /* for modifying calls to end in */

struct vr_instance vr_daemon;

static struct {
    struct vr_options options;
    char *config_path, *pid_path;
    int pid_fd, ready_fd;
    const struct vr_driver *const *drivers;
    size_t drivers_started;
    struct vr_group *background; /* drivers that resume or read their files again */
    struct vr_daemon_context context;
    struct vr_timer *idle;
    bool ending, reloading;
} run = { .pid_fd = -1, .ready_fd = -1 };

/* ---- settings ---- */

/* Level of LIBVIRT_DEBUG: a number or a name; 0 when it is none. */
static int level_of(const char *text)
{
    static const char *const names[] = { "", "debug", "info", "warning", "error", NULL };
    if (text[0] >= '1' && text[0] <= '4' && !text[1])
        return text[0] - '0';
    int found = text[0] ? vr_name_index(names, text) : -1;
    return found > 0 ? found : 0;
}

/* Opens files: at start, or on a worker. The command line goes before the environment, and that before the file. */
static bool set_logging(const struct vr_settings *s, struct vr_error **err)
{
    const char *debug = getenv("LIBVIRT_DEBUG");
    const char *filters = getenv("LIBVIRT_LOG_FILTERS"), *outputs = getenv("LIBVIRT_LOG_OUTPUTS");
    int level = run.options.verbose ? VR_LOG_INFO : debug ? level_of(debug) : 0;
    if (!level)
        level = s->log_level ? (int)s->log_level : VR_LOG_WARN;
    bool journal = (run.options.daemonize || !isatty(STDIN_FILENO)) && access("/run/systemd/journal/socket", W_OK) == 0;
    vr_autofree char *preset = NULL;
    if (journal)
        preset = vr_printf("%d:journald", level);
    else if (run.options.daemonize)
        preset = vr_printf("%d:file:%s/%s.log", level, vr_daemon.dirs.log, vr_daemon.program);
    else
        preset = vr_printf("%d:stderr", level);
    vr_log_set_default_outputs(preset);
    vr_log_set_level((enum vr_log_level)level);
    return vr_log_set_filters(filters && *filters ? filters : s->log_filters, err) &&
           vr_log_set_outputs(outputs && *outputs ? outputs : s->log_outputs, err);
}

static void set_limits(struct vr_server *server, const struct vr_settings *s)
{
    server->limits = (struct vr_limits){
        .max_clients = (unsigned)s->max_clients,
        .max_anonymous = (unsigned)s->max_anonymous_clients,
        .max_queued = (unsigned)s->max_queued_clients,
        .max_client_requests = (unsigned)s->max_client_requests,
        .keepalive_interval = (int)s->keepalive_interval,
        .keepalive_count = (unsigned)s->keepalive_count,
    };
}

static void set_admin_limits(struct vr_server *server, const struct vr_settings *s)
{
    server->limits = (struct vr_limits){
        .max_clients = (unsigned)s->admin_max_clients,
        .max_anonymous = (unsigned)s->admin_max_clients, /* nobody is: who gets in is known */
        .max_queued = (unsigned)s->admin_max_queued_clients,
        .max_client_requests = (unsigned)s->admin_max_client_requests,
        .keepalive_interval = (int)s->admin_keepalive_interval,
        .keepalive_count = (unsigned)s->admin_keepalive_count,
    };
}

static bool load_settings(struct vr_settings *settings, struct vr_error **err)
{
    vr_settings_init(settings, vr_daemon.privileged);
    if (vr_settings_load(settings, run.config_path, run.options.config == NULL, run.options.listen, err))
        return true;
    vr_settings_done(settings);
    return false;
}

/* ---- sockets ---- */

static bool find_group(const char *name, gid_t *gid, struct vr_error **err)
{
    *gid = (gid_t)-1;
    if (!name)
        return true;
    errno = 0;
    const struct group *group = getgrnam(name);
    if (!group)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Failed to parse group '%s'"), name);
    *gid = group->gr_gid;
    return true;
}

/* One name of a socket. Names that belong to other daemons too are left to them when they are there first. */
static bool listen_name(const char *dir, const char *name, bool readonly, bool shared_name, gid_t gid,
                        struct vr_error **err)
{
    const struct vr_settings *s = &vr_daemon.settings;
    const struct vr_service service = { .readonly = readonly };
    unsigned mode;
    vr_autofree char *path = vr_printf("%s/%s", dir, name);
    if (!vr_settings_mode(readonly ? s->unix_sock_ro_perms : s->unix_sock_rw_perms, "socket", &mode, err))
        return false;
    struct vr_error *why = NULL;
    if (vr_listen_unix(&vr_daemon.server, path, &service, mode, gid, &why))
        return true;
    if (!shared_name || why->int1 != EADDRINUSE)
        return vr_error_move(err, &why);
    vr_info("%s is another daemon's: left alone", name);
    vr_error_free(why);
    return true;
}

static const struct vr_service admin_service = { .owner_only = true };

static bool listen_admin(const char *dir, struct vr_error **err)
{
    unsigned mode;
    vr_autofree char *path = vr_printf("%s/libvirt-admin-sock", dir);
    return vr_settings_mode(vr_daemon.settings.unix_sock_admin_perms, "socket", &mode, err) &&
           vr_listen_unix(&vr_daemon.admin, path, &admin_service, mode, (gid_t)-1, err);
}

static bool listen_unix(struct vr_error **err)
{
    const struct vr_settings *s = &vr_daemon.settings;
    const char *dir = s->unix_sock_dir ? s->unix_sock_dir : vr_daemon.dirs.run;
    vr_autofree char *rooted = s->unix_sock_dir ? vr_path("%s", dir) : NULL;
    gid_t gid;
    if (rooted)
        dir = rooted;
    if (!find_group(s->unix_sock_group, &gid, err) || !vr_make_directories(dir, 0755, err))
        return false;
    bool ok = listen_name(dir, "libvirt-sock", false, false, gid, err) &&
              (vr_daemon.session || listen_name(dir, "libvirt-sock-ro", true, false, gid, err)) &&
              listen_admin(dir, err);
    /* Clients built for one daemon per driver look for this name; it is told only where the driver is here. */
    if (ok && vr_server_hypervisor(&vr_daemon.server, "qemu"))
        ok = listen_name(dir, "virtqemud-sock", false, true, gid, err) &&
             (vr_daemon.session || listen_name(dir, "virtqemud-sock-ro", true, true, gid, err));
    if (ok && vr_server_hypervisor(&vr_daemon.server, "network"))
        ok = listen_name(dir, "virtnetworkd-sock", false, true, gid, err) &&
             (vr_daemon.session || listen_name(dir, "virtnetworkd-sock-ro", true, true, gid, err));
    return ok;
}

/*
 * A unit written for a build that asks polkit lets everybody write to the socket. Without polkit that would make every user of
 * the machine its administrator, unless the configuration says in words that nobody is to be asked.
 */
static bool check_passed_mode(const char *path, struct vr_error **err)
{
    struct stat st;
    if (vr_daemon.settings.auth_unix_rw_line || stat(path, &st) < 0 || !S_ISSOCK(st.st_mode) || !(st.st_mode & S_IWOTH))
        return true;
    return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                   _("everybody may write to the passed socket %s (mode %04o), and this build has no polkit to ask who it is; "
                     "set SocketMode=0660 and SocketGroup=libvirt in a drop-in of libvirtd.socket, or auth_unix_rw = \"none\" "
                     "in libvirtd.conf to let everybody in"), path, (unsigned)st.st_mode & 07777);
}

/* Sockets the service manager made: what each is for is known by its address. */
static bool listen_passed(size_t count, struct vr_error **err)
{
    for (int fd = 3; fd < 3 + (int)count; fd++) {
        struct sockaddr_un address = { 0 };
        socklen_t len = sizeof(address);
        if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("passed descriptor %d is no socket"), fd);
        bool is_unix = address.sun_family == AF_UNIX;
        if (is_unix && vr_ends_with(address.sun_path, "-admin-sock")) {
            if (!vr_listen_fd(&vr_daemon.admin, fd, &admin_service, err))
                return false;
            continue;
        }
        if (!is_unix && !vr_streq0(vr_daemon.settings.auth_tcp, "none"))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("a TCP socket was passed, and auth_tcp is not \"none\": SASL and TLS are not built"));
        const struct vr_service service = { .readonly = is_unix && vr_ends_with(address.sun_path, "-sock-ro") };
        if (is_unix && !service.readonly && !check_passed_mode(address.sun_path, err))
            return false;
        if (!vr_listen_fd(&vr_daemon.server, fd, &service, err))
            return false;
    }
    return true;
}

static bool listen_all(struct vr_error **err)
{
    const struct vr_settings *s = &vr_daemon.settings;
    const struct vr_service tcp = { .readonly = false };
    size_t passed = vr_service_sockets();
    if (passed && run.options.listen)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                       _("--listen parameter not permitted with systemd activation sockets, see 'man libvirtd' for "
                         "further guidance"));
    if (passed ? !listen_passed(passed, err) : !listen_unix(err))
        return false;
    if (run.options.listen && s->listen_tcp &&
        !vr_listen_tcp(&vr_daemon.server, s->listen_addr, s->tcp_port, &tcp, err))
        return false;
    return vr_listen_start(&vr_daemon.server, err) && vr_listen_start(&vr_daemon.admin, err);
}

/* ---- timeout ---- */

static bool in_use(void)
{
    if (vr_daemon.server.client_count || vr_daemon.admin.client_count)
        return true;
    for (size_t i = 0; i < run.drivers_started; i++)
        if (run.drivers[i]->active && run.drivers[i]->active())
            return true;
    return false;
}

VR_SUSPENDS static void end_fiber(void *arg);
static void begin_end(void)
{
    if (run.ending)
        return;
    run.ending = true;
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_fiber_start(NULL, "end", end_fiber, NULL, &err)) {
        vr_logerr("cannot end in order: %s", vr_error_text(err));
        vr_loop_quit(0);
    }
}

static void on_change(void *opaque)
{
    /* Counted anew from the last client's leave; guests are looked at when the time is over. */
    if (run.idle)
        vr_timer_set(run.idle, run.options.timeout_s > 0 ? vr_after(VR_SEC(run.options.timeout_s)) : 0);
}

static void on_idle(void *opaque)
{
    if (!in_use())
        begin_end();
    else
        on_change(NULL);
}

/* ---- the administrator ---- */

static void set_timeout(unsigned seconds)
{
    run.options.timeout_s = seconds < INT_MAX ? (int)seconds : INT_MAX;
    on_change(NULL);
}

static struct vr_server *const admin_servers[] = { &vr_daemon.admin, &vr_daemon.server, NULL };
static const struct vr_admin admin_interface = {
    .servers = admin_servers, .set_timeout = set_timeout, .shutdown = begin_end,
};

/* ---- signals ---- */

VR_SUSPENDS /* The administrator's own scripts for the daemon; what they answer changes nothing. */
static VR_SUSPENDS void call_hooks(const char *operation, const char *sub, const char *extra, vr_time deadline)
{
    const struct vr_hook hook = { .driver = "daemon", .object = "-", .operation = operation, .sub = sub,
                                  .extra = extra, .deadline = deadline };
    vr_hook_call(&hook, NULL, NULL);
}

static VR_SUSPENDS void start_hooks_fiber(void *arg)
{
    call_hooks("start", "-", "start", vr_after(HOOK_TIME));
}

static VR_SUSPENDS void end_fiber(void *arg)
{
    vr_service_notify("STOPPING=1");
    call_hooks("shutdown", "-", "shutdown", vr_after(STOP_TIME));
    vr_server_stop(&vr_daemon.server, vr_after(STOP_TIME));
    vr_server_stop(&vr_daemon.admin, vr_after(STOP_TIME));
    if (run.background)
        vr_group_close(run.background); /* what a driver resumes or reads again must not meet a driver that has ended */
    for (size_t i = run.drivers_started; i-- > 0;)
        if (run.drivers[i]->stop)
            run.drivers[i]->stop();
    vr_loop_quit(0);
}

static void on_end_signal(int signum, void *opaque)
{
    vr_info("signal %d: ending, guests run on", signum);
    if (run.ending)
        vr_loop_quit(0); /* asked twice: do not wait */
    begin_end();
}

struct reload {
    struct vr_settings settings;
    struct vr_error *err;
    bool ok;
};

static void free_reload(void *arg)
{
    struct reload *r = arg;
    if (r->ok)
        vr_settings_done(&r->settings);
    vr_error_free(r->err);
    free(r);
}

static void reload_task(void *arg)
{
    struct reload *r = arg;
    vr_hooks_load(&vr_daemon.dirs);
    r->ok = load_settings(&r->settings, &r->err);
    if (r->ok && !set_logging(&r->settings, &r->err)) {
        vr_settings_done(&r->settings);
        r->ok = false;
    }
}

/* What can change while clients are connected; sockets and their permissions are as the start made them. */
static void use_settings(struct reload *r)
{
    if (!r->ok) {
        vr_logerr("the configuration is kept as it was: %s", vr_error_text(r->err));
        return;
    }
    vr_settings_done(&vr_daemon.settings);
    vr_daemon.settings = r->settings;
    r->ok = false;
    set_limits(&vr_daemon.server, &vr_daemon.settings);
    set_admin_limits(&vr_daemon.admin, &vr_daemon.settings);
    vr_cond_broadcast(&vr_daemon.server.room);
    vr_cond_broadcast(&vr_daemon.admin.room);
}

VR_SUSPENDS static void reload_fiber(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    struct reload *r = vr_new(struct reload);
    vr_service_notify("RELOADING=1");
    call_hooks("reload", "begin", "SIGHUP", vr_after(HOOK_TIME));
    if (vr_worker_run(VR_POOL_STORE, NULL, "reload", reload_task, r, free_reload, vr_after(VR_SEC(30)), &err)) {
        use_settings(r);
        free_reload(r);
    } else {
        vr_logerr("the configuration was not read again: %s", vr_error_text(err));
    }
    for (size_t i = 0; i < run.drivers_started; i++)
        if (run.drivers[i]->reload)
            run.drivers[i]->reload();
    run.reloading = false;
    vr_service_notify("READY=1");
}

static void on_reload_signal(int signum, void *opaque)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_info("Reloading configuration on SIGHUP");
    if (run.reloading || run.ending)
        return;
    run.reloading = vr_fiber_start(run.background, "reload", reload_fiber, NULL, &err);
    if (!run.reloading)
        vr_logerr("cannot reload: %s", vr_error_text(err));
}

static bool catch_signals(struct vr_error **err)
{
    return vr_loop_on_signal(SIGTERM, on_end_signal, NULL, err) && vr_loop_on_signal(SIGINT, on_end_signal, NULL, err) &&
           vr_loop_on_signal(SIGQUIT, on_end_signal, NULL, err) &&
           vr_loop_on_signal(SIGHUP, on_reload_signal, NULL, err);
}

/* ---- start ---- */

VR_SUSPENDS static void resume_fiber(void *arg)
{
    const struct vr_driver *driver = arg;
    driver->resume();
}

static bool start_drivers(struct vr_error **err)
{
    run.context = (struct vr_daemon_context){ .dirs = &vr_daemon.dirs, .privileged = vr_daemon.privileged,
                                              .session = vr_daemon.session, .program = vr_daemon.program };
    for (; run.drivers[run.drivers_started]; run.drivers_started++) {
        const struct vr_driver *driver = run.drivers[run.drivers_started];
        if (driver->start && !driver->start(&run.context, err))
            return vr_error_prefix(err, _("driver %s: "), driver->name);
    }
    return true;
}

static bool resume_drivers(struct vr_error **err)
{
    run.background = vr_group_new("background");
    for (size_t i = 0; i < run.drivers_started; i++)
        if (run.drivers[i]->resume && !vr_fiber_start(run.background, "resume", resume_fiber, (void *)run.drivers[i], err))
            return false;
    /* Beside the drivers, not before them: a script that hangs keeps no guest from being found. */
    return !vr_hook_present("daemon") || vr_fiber_start(NULL, "start hooks", start_hooks_fiber, NULL, err);
}

static bool make_servers(struct vr_error **err)
{
    static const struct vr_driver *const none[] = { NULL };
    if (!vr_server_init(&vr_daemon.server, vr_daemon.program, vr_server_programs, vr_builtin_rows, run.drivers, err) ||
        !vr_server_init(&vr_daemon.admin, "admin", vr_admin_programs, vr_admin_rows, none, err))
        return false;
    set_limits(&vr_daemon.server, &vr_daemon.settings);
    set_admin_limits(&vr_daemon.admin, &vr_daemon.settings);
    vr_daemon.server.on_change = vr_daemon.admin.on_change = on_change;
    vr_admin_set_up(&admin_interface);
    return true;
}

/* By default the host asks its firmware, when somebody wants to know. */
static bool set_host_uuid(const struct vr_settings *s, struct vr_error **err)
{
    struct vr_uuid uuid;
    if (s->host_uuid) {
        if (!vr_uuid_parse(s->host_uuid, &uuid))
            return vr_fail(err, VIR_ERR_CONF_SYNTAX, _("host_uuid: '%s' is no UUID"), s->host_uuid);
    } else if (vr_streq(s->host_uuid_source, "machine-id")) {
        vr_autofree char *path = vr_path("%s/machine-id", VR_SYSCONFDIR);
        char text[33] = "";
        vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, text, 32) != 32 || !vr_uuid_parse(text, &uuid))
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("host_uuid_source: %s/machine-id holds no id"),
                           VR_SYSCONFDIR);
    } else {
        return true;
    }
    vr_host_uuid_set(&uuid);
    return true;
}

/* Everything that may fail before the daemon counts as started; the exit status it fails with. */
static int start(struct vr_error **err)
{
    if (!vr_make_directories(vr_daemon.dirs.run, 0755, err))
        return VR_EXIT_RUN_DIR;
    vr_autofree char *pid_dir = vr_strndup(run.pid_path, (size_t)(strrchr(run.pid_path, '/') - run.pid_path));
    if (*pid_dir && !vr_make_directories(pid_dir, 0755, err))
        return VR_EXIT_RUN_DIR;
    run.pid_fd = vr_pid_file_take(run.pid_path, err);
    if (run.pid_fd < 0)
        return VR_EXIT_FAILURE;
    if (!vr_loop_init(err))
        return VR_EXIT_INIT;
    if (!catch_signals(err))
        return VR_EXIT_SIGNALS;
    if (!make_servers(err))
        return VR_EXIT_INIT;
    if (!start_drivers(err))
        return VR_EXIT_DRIVER;
    if (!listen_all(err))
        return VR_EXIT_NETWORK;
    if (!resume_drivers(err))
        return VR_EXIT_DRIVER;
    run.idle = vr_timer_new(on_idle, NULL);
    on_change(NULL);
    return 0;
}

static void set_places(void)
{
    vr_daemon.program = "libvirtd";
    vr_daemon.privileged = geteuid() == 0;
    vr_daemon.session = !vr_daemon.privileged;
    vr_dirs_init(&vr_daemon.dirs, vr_daemon.session);
    run.config_path = run.options.config ? vr_strdup(run.options.config)
                                         : vr_printf("%s/libvirtd.conf", vr_daemon.dirs.config);
    if (run.options.pid_file)
        run.pid_path = run.options.pid_file[0] == '/' ? vr_strdup(run.options.pid_file)
                                                      : vr_printf("./%s", run.options.pid_file);
    else
        run.pid_path = vr_daemon.session ? vr_printf("%s/libvirtd.pid", vr_daemon.dirs.run)
                                         : vr_path("%s/libvirtd.pid", VR_RUNSTATEDIR);
}

/* Before a daemon changes to "/". */
static void make_absolute(char **path)
{
    vr_autofree char *here = (*path)[0] == '/' ? NULL : getcwd(NULL, 0);
    if (!here)
        return;
    char *whole = vr_printf("%s/%s", here, *path);
    free(*path);
    *path = whole;
}

static void free_server(struct vr_server *server)
{
    if (server->name && !server->client_count && !vr_group_count(server->group))
        vr_server_done(server);
}

static void clean_up(void)
{
    vr_timer_free(run.idle);
    if (run.background && !vr_group_count(run.background))
        vr_group_free(run.background);
    free_server(&vr_daemon.server);
    free_server(&vr_daemon.admin);
    vr_loop_done();
    vr_pid_file_drop(run.pid_path, run.pid_fd);
    vr_settings_done(&vr_daemon.settings);
    vr_dirs_done(&vr_daemon.dirs);
    free(run.config_path);
    free(run.pid_path);
}

int vr_daemon_main(int argc, char **argv, const struct vr_driver *const *drivers)
{
    VR_AUTO(vr_error) *err = NULL;
    switch (vr_options_parse(&run.options, argc, argv)) {
    case VR_OPTIONS_EXIT_OK:
        return EXIT_SUCCESS;
    case VR_OPTIONS_EXIT_FAILURE:
        return VR_EXIT_FAILURE;
    case VR_OPTIONS_RUN:
        break;
    }
    run.drivers = drivers;
    umask(geteuid() == 0 ? 022 : 077);
    vr_raise_descriptor_limit();
    set_places();
    make_absolute(&run.config_path);
    make_absolute(&run.pid_path);
    if (!load_settings(&vr_daemon.settings, &err)) {
        vr_logerr("Can't load config file: %s: %s", vr_error_text(err), vr_path_shown(run.config_path));
        return VR_EXIT_FAILURE;
    }
    if ((run.options.daemonize && !vr_make_directories(vr_daemon.dirs.log, 0755, &err)) ||
        !set_logging(&vr_daemon.settings, &err)) {
        vr_logerr("Can't initialize logging: %s", vr_error_text(err));
        return VR_EXIT_FAILURE;
    }
    vr_hooks_load(&vr_daemon.dirs);
    if (!set_host_uuid(&vr_daemon.settings, &err)) {
        vr_logerr("%s", vr_error_text(err));
        return VR_EXIT_FAILURE;
    }
    if (run.options.daemonize && !vr_go_background(&run.ready_fd, &err)) {
        vr_logerr("%s", vr_error_text(err));
        return VR_EXIT_FAILURE;
    }
    vr_logqueue_start();
    int status = start(&err);
    if (status) {
        vr_logerr("%s", vr_error_text(err));
        if (run.options.daemonize)
            fprintf(stderr, "%s: %s\n", vr_daemon.program, vr_error_text(err));
    } else {
        if (run.ready_fd >= 0)
            vr_background_ready(run.ready_fd);
        vr_service_notify("READY=1");
        status = vr_loop_run();
    }
    clean_up();
    vr_logqueue_stop();
    return status;
}
