/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Displays and input: domdisplay, vncdisplay, ttyconsole, screenshot, send-key, send-process-signal. */
#include "virsh.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "domain_devices.h"
#include "keys.h"

static const char *const displays[] = { "vnc", "spice", "rdp", "dbus", NULL };

static void complete_display(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, displays);
}

static char *graphics_text(struct vr_query *doc, const char *type, const char *what)
{
    vr_autofree char *path = vr_printf("string(/domain/devices/graphics[@type='%s']/%s)", type, what);
    return vr_query_text(doc, NULL, path);
}

static bool any_address(const char *address)
{
    return vr_streq(address, "0.0.0.0") || vr_streq(address, "::");
}

/* The URI of one display; NULL when there is none that can be reached. */
static char *display_uri(struct vr_cmd *cmd, struct vr_query *doc, const char *type, bool password)
{
    vr_autobuf struct vr_buf out = VR_BUF_INIT;
    if (vr_streq(type, "dbus")) {
        vr_autofree char *address = graphics_text(doc, type, "@address");
        if (!address)
            return NULL;
        if (!vr_starts_with(address, "unix:path=")) {
            vr_complain(cmd, _("'%s' D-Bus address is not handled"), address);
            return NULL;
        }
        return vr_printf("dbus+unix://%s", address + strlen("unix:path="));
    }
    vr_autofree char *port_text = graphics_text(doc, type, "@port");
    vr_autofree char *tls_text = graphics_text(doc, type, "@tlsPort");
    vr_autofree char *listen = graphics_text(doc, type, "@listen");
    vr_autofree char *socket = listen ? NULL : graphics_text(doc, type, "listen/@socket");
    if (!listen)
        listen = graphics_text(doc, type, "listen/@address");
    int64_t port = 0, tls = 0;
    if (port_text && !vr_parse_i64(port_text, 10, 0, 65535, &port))
        port = 0;
    if (tls_text && !vr_parse_i64(tls_text, 10, 0, 65535, &tls))
        tls = 0;
    if (!port && !tls && !socket)
        return NULL;
    vr_autofree char *secret = password ? graphics_text(doc, type, "@passwd") : NULL;
    if (socket) {
        vr_buf_printf(&out, "%s+unix://", type);
        if (secret && vr_streq(type, "vnc"))
            vr_buf_printf(&out, ":%s@", secret);
        vr_buf_str(&out, socket);
    } else {
        vr_buf_printf(&out, "%s://", type);
        if (secret && vr_streq(type, "vnc"))
            vr_buf_printf(&out, ":%s@", secret);
        bool v6 = listen && strchr(listen, ':');
        vr_autofree char *uri = virConnectGetURI(vr_conn(cmd));
        if (!listen || any_address(listen)) {
            /* Every address of the host: the one we came by. */
            const char *at = uri ? strstr(uri, "://") : NULL, *user = at ? strchr(at + 3, '@') : NULL;
            const char *host = user ? user + 1 : at ? at + 3 : NULL;
            size_t len = host ? strcspn(host, ":/?") : 0;
            if (len)
                vr_buf_add(&out, host, len);
            else
                vr_buf_str(&out, "localhost");
        } else {
            vr_buf_printf(&out, v6 ? "[%s]" : "%s", listen);
        }
    }
    if (port && vr_streq(type, "vnc"))
        port -= 5900;
    if (port_text && !socket)
        vr_buf_printf(&out, ":%d", (int)port);
    if (vr_streq(type, "spice") && tls) {
        vr_buf_printf(&out, "?tls-port=%d", (int)tls);
        if (secret)
            vr_buf_printf(&out, "&password=%s", secret);
    } else if (vr_streq(type, "spice") && secret) {
        vr_buf_printf(&out, "?password=%s", secret);
    }
    return vr_buf_take(&out);
}

static bool domdisplay_run(struct vr_cmd *cmd)
{
    const char *type;
    bool password = vr_opt_bool(cmd, "include-password"), all = vr_opt_bool(cmd, "all");
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "type", &type))
        return false;
    int active = virDomainIsActive(dom);
    if (active < 0)
        return false;
    if (!active)
        return vr_complain(cmd, "%s", _("Domain is not running"));
    VR_AUTO(vr_query) *doc = vr_domain_query(cmd, dom, password ? VIR_DOMAIN_XML_SECURE : 0);
    if (!doc)
        return false;
    struct vr_info *json = vr_info_new(cmd, "");
    bool any = false;
    for (size_t i = 0; displays[i]; i++) {
        if (!all && type && !vr_streq(type, displays[i]))
            continue;
        vr_autofree char *uri = display_uri(cmd, doc, displays[i], password);
        if (!uri)
            continue;
        any = true;
        if (vr_json_wanted(cmd)) {
            vr_info_down(json, "displays");
            vr_info_json(json, "type", displays[i]);
            vr_info_json(json, "uri", uri);
            vr_info_up(json);
        } else {
            vr_print(cmd, "%s", uri);
        }
        if (!all)
            break;
        if (!vr_json_wanted(cmd))
            vr_print(cmd, "\n");
    }
    if (any) {
        vr_info_done(json);
        return true;
    }
    vr_info_free(json);
    return type ? vr_complain(cmd, _("No graphical display with type '%s' found"), type)
                : vr_complain(cmd, "%s", _("No graphical display found"));
}
static const struct vr_opt domdisplay_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "include-password", VR_OPT_BOOL, .help = N_("with the password") },
    { "type", VR_OPT_STRING, .help = N_("vnc, spice, rdp or dbus"), .complete = complete_display },
    { "all", VR_OPT_BOOL, .help = N_("all displays") },
    { 0 },
};
const struct vr_command vr_cmd_domdisplay = {
    "domdisplay", domdisplay_opts, domdisplay_run, VR_CMD_JSON, N_("tell where a guest's displays are"), NULL, NULL,
};

static bool vncdisplay_run(struct vr_cmd *cmd)
{
    long long port;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    int active = virDomainIsActive(dom);
    if (active < 0)
        return false;
    if (!active)
        return vr_complain(cmd, "%s", _("Domain is not running"));
    VR_AUTO(vr_query) *doc = vr_domain_query(cmd, dom, 0);
    if (!doc)
        return false;
    if (!vr_query_int(doc, NULL, "string(/domain/devices/graphics[@type='vnc']/@port)", &port) || port < 0)
        return vr_complain(cmd, "%s", _("Failed to get VNC port. Is this domain using VNC?"));
    vr_autofree char *listen = vr_query_text(doc, NULL, "string(/domain/devices/graphics[@type='vnc']/@listen)");
    if (!listen)
        listen = vr_query_text(doc, NULL, "string(/domain/devices/graphics[@type='vnc']/listen/@address)");
    const char *host = !listen || vr_streq(listen, "0.0.0.0") ? "" : listen;
    vr_autofree char *shown = vr_printf(strchr(host, ':') ? "[%s]:%lld" : "%s:%lld", host, port - 5900);
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "display", shown);
    else
        vr_print(cmd, "%s\n", shown);
    return true;
}
static const struct vr_opt vncdisplay_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_vncdisplay = {
    "vncdisplay", vncdisplay_opts, vncdisplay_run, VR_CMD_JSON, N_("tell the number of a guest's VNC display"),
    NULL, NULL,
};

static bool ttyconsole_run(struct vr_cmd *cmd)
{
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    VR_AUTO(vr_query) *doc = dom ? vr_domain_query(cmd, dom, 0) : NULL;
    vr_autofree char *tty = doc ? vr_query_text(doc, NULL, "string(/domain/devices/console/@tty)") : NULL;
    if (!tty)
        return false;
    if (vr_json_wanted(cmd))
        vr_json_value(cmd, "tty", tty);
    else
        vr_print(cmd, "%s\n", tty);
    return true;
}
static const struct vr_opt ttyconsole_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { 0 },
};
const struct vr_command vr_cmd_ttyconsole = {
    "ttyconsole", ttyconsole_opts, ttyconsole_run, VR_CMD_JSON, N_("tell the device of a guest's console"), NULL, NULL,
};

/* ---- screenshot ---------------------------------------------------------------------------------------------------- */

static char *file_for(virDomainPtr dom, const char *mime)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm tm;
    strftime(stamp, sizeof(stamp), "%Y-%m-%d-%H:%M:%S", localtime_r(&now, &tm));
    const char *end = !mime ? "" : vr_streq(mime, "image/x-portable-pixmap") ? ".ppm" : vr_streq(mime, "image/png") ? ".png" : "";
    return vr_printf("%s-%s%s", virDomainGetName(dom), stamp, end);
}

static int write_part(virStreamPtr stream, const char *data, size_t len, void *opaque)
{
    return vr_write_all(*(int *)opaque, data, len) ? (int)len : -1;
}

static bool screenshot_run(struct vr_cmd *cmd)
{
    const char *file;
    unsigned screen = 0;
    if (!vr_opt_string(cmd, "file", &file) || vr_opt_uint(cmd, "screen", &screen) < 0)
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    vr_auto(stream) virStreamPtr stream = dom ? virStreamNew(vr_conn(cmd), 0) : NULL;
    if (!stream)
        return false;
    vr_autofree char *mime = virDomainScreenshot(dom, stream, screen, 0);
    if (!mime)
        return vr_complain(cmd, _("could not take a screenshot of %s"), virDomainGetName(dom));
    vr_autofree char *made = file ? NULL : file_for(dom, mime);
    const char *path = file ? file : made;
    bool created = true;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        created = false;
        if (errno != EEXIST || (fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)) < 0) {
            vr_complain(cmd, _("cannot create file %s"), path);
            virStreamAbort(stream);
            return false;
        }
    }
    bool ok = virStreamRecvAll(stream, write_part, &fd) == 0;
    if (!ok)
        vr_complain(cmd, _("could not receive data from domain '%s'"), virDomainGetName(dom));
    if (close(fd) < 0 && ok)
        ok = vr_complain(cmd, _("cannot close file %s"), path);
    if (ok && virStreamFinish(stream) < 0)
        ok = vr_complain(cmd, _("cannot close stream on domain '%s'"), virDomainGetName(dom));
    if (ok)
        vr_print_extra(cmd, _("Screenshot saved to %s, with type of %s"), path, mime);
    else if (created)
        unlink(path);
    return ok;
}
static const struct vr_opt screenshot_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "file", VR_OPT_STRING, .help = N_("where to put it"), .complete = vr_complete_file },
    { "screen", VR_OPT_INT, .help = N_("number of the screen") },
    { 0 },
};
const struct vr_command vr_cmd_screenshot = {
    "screenshot", screenshot_opts, screenshot_run, 0, N_("take a picture of a guest's screen"), NULL, NULL,
};

/* ---- keys and signals ---------------------------------------------------------------------------------------------- */

static void complete_codeset(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, vr_codesets);
}

static void complete_key(struct vr_cmd *cmd, struct vr_completion *to)
{
    const char *set = vr_opt_raw(cmd, "codeset");
    int codeset = set ? vr_name_index(vr_codesets, set) : VIR_KEYCODE_SET_LINUX;
    const char *name;
    for (size_t i = 0; codeset >= 0 && (name = vr_key_name((unsigned)codeset, i)); i++)
        vr_complete_add(to, name);
}

static bool send_key_run(struct vr_cmd *cmd)
{
    const char *set, *word;
    unsigned hold = 0, codes[VIR_DOMAIN_SEND_KEY_MAX_KEYS];
    int n = 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "codeset", &set) || vr_opt_uint(cmd, "holdtime", &hold) < 0)
        return false;
    int codeset = set ? vr_name_index(vr_codesets, set) : VIR_KEYCODE_SET_LINUX;
    if (codeset < 0)
        return vr_complain(cmd, _("unknown codeset: '%s'"), set);
    for (size_t i = 0; (word = vr_opt_argv(cmd, i)); i++) {
        uint64_t number;
        if (n == VIR_DOMAIN_SEND_KEY_MAX_KEYS)
            return vr_complain(cmd, "%s", _("too many keycodes"));
        int code = vr_parse_u64(word, 0, 0xffff, &number) ? (int)number : vr_key_code((unsigned)codeset, word);
        if (code < 0)
            return vr_complain(cmd, _("invalid keycode: '%s'"), word);
        codes[n++] = (unsigned)code;
    }
    return virDomainSendKey(dom, (unsigned)codeset, hold, codes, n, 0) == 0;
}
static const struct vr_opt send_key_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "codeset", VR_OPT_STRING, .flags = VR_KEYWORD,
      .help = N_("which table the keys are from; linux when left out"), .complete = complete_codeset },
    { "holdtime", VR_OPT_INT, .flags = VR_KEYWORD, .help = N_("ms to hold the keys") },
    { "keycode", VR_OPT_ARGV, .flags = VR_REQUIRED, .help = N_("names or numbers of keys"), .complete = complete_key },
    { 0 },
};
const struct vr_command vr_cmd_send_key = {
    "send-key", send_key_opts, send_key_run, 0, N_("press keys of a guest's keyboard"), NULL, NULL,
};

static const char *const signals[] = { "nop", "hup", "int", "quit", "ill", "trap", "abrt", "bus", "fpe", "kill", "usr1", "segv",
    "usr2", "pipe", "alrm", "term", "stkflt", "chld", "cont", "stop", "tstp", "ttin", "ttou", "urg", "xcpu", "xfsz", "vtalrm",
    "prof", "winch", "poll", "pwr", "sys", "rt0", "rt1", "rt2", "rt3", "rt4", "rt5", "rt6", "rt7", "rt8", "rt9", "rt10", "rt11",
    "rt12", "rt13", "rt14", "rt15", "rt16", "rt17", "rt18", "rt19", "rt20", "rt21", "rt22", "rt23", "rt24", "rt25", "rt26",
    "rt27", "rt28", "rt29", "rt30", "rt31", "rt32", NULL };

static void complete_signal(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, signals);
}

/* "term", "SIGTERM", "sig_term", "15" */
static int signal_number(const char *text)
{
    int64_t number;
    if (vr_parse_i64(text, 10, 0, INT_MAX, &number))
        return (int)number;
    vr_autofree char *lower = vr_strdup(text);
    for (char *p = lower; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
    const char *name = vr_starts_with(lower, "sig_") ? lower + 4 : vr_starts_with(lower, "sig") ? lower + 3 : lower;
    return vr_name_index(signals, name);
}

static bool send_process_signal_run(struct vr_cmd *cmd)
{
    const char *name;
    long long pid = 0;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || vr_opt_ll(cmd, "pid", &pid) < 0 || !vr_opt_string(cmd, "signame", &name))
        return false;
    int number = signal_number(name);
    if (number < 0)
        return vr_complain(cmd, _("malformed signal name: %s"), name);
    return virDomainSendProcessSignal(dom, pid, (unsigned)number, 0) == 0;
}
static const struct vr_opt send_process_signal_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "pid", VR_OPT_DATA, .help = N_("number of a process in the guest") },
    { "signame", VR_OPT_DATA, .help = N_("a signal"), .complete = complete_signal },
    { 0 },
};
const struct vr_command vr_cmd_send_process_signal = {
    "send-process-signal", send_process_signal_opts, send_process_signal_run, 0, N_("send a signal to a process of the guest"),
    NULL, NULL,
};
