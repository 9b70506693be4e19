/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets: definitions and values. A value is wiped from memory when the command is done with it. */
#include "document.h"
#include "event_kinds.h"
#include "find.h"
#include "groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"

#define SECRET_MAX (1024 * 1024)

struct value {
    unsigned char *data;
    size_t size;
};

static void value_done(struct value *v)
{
    if (v->data) {
        explicit_bzero(v->data, v->size);
        free(v->data);
    }
}
#define AUTO_VALUE __attribute__((cleanup(value_done))) struct value

/* ---- base64 ------------------------------------------------------------------------------------------------------- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(const unsigned char *in, size_t n, struct vr_buf *out)
{
    for (size_t i = 0; i < n; i += 3) {
        unsigned long bits = (unsigned long)in[i] << 16 | (i + 1 < n ? (unsigned long)in[i + 1] << 8 : 0) | (i + 2 < n ? in[i + 2] : 0);
        vr_buf_char(out, digits[bits >> 18 & 63]);
        vr_buf_char(out, digits[bits >> 12 & 63]);
        vr_buf_char(out, i + 1 < n ? digits[bits >> 6 & 63] : '=');
        vr_buf_char(out, i + 2 < n ? digits[bits & 63] : '=');
    }
}

/* What is no digit is skipped, as line ends are; at '=' it ends. */
static void decode(const unsigned char *in, size_t n, struct value *out)
{
    unsigned long bits = 0;
    unsigned have = 0;
    out->data = vr_alloc(n + 1);
    for (size_t i = 0; i < n && in[i] != '='; i++) {
        const char *at = in[i] ? strchr(digits, in[i]) : NULL;
        if (!at)
            continue;
        bits = bits << 6 | (unsigned long)(at - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out->data[out->size++] = (unsigned char)(bits >> have & 0xff);
        }
    }
}

/* ---- commands ----------------------------------------------------------------------------------------------------- */

static bool define_run(struct vr_cmd *cmd)
{
    const char *path;
    char uuid[VIR_UUID_STRING_BUFLEN];
    unsigned flags = vr_opt_bool(cmd, "validate") ? VIR_SECRET_DEFINE_VALIDATE : 0;
    vr_autofree char *xml = vr_opt_string(cmd, "file", &path) ? vr_read_file(cmd, path, VR_XML_FILE_MAX) : NULL;
    if (!xml)
        return false;
    vr_auto(secret) virSecretPtr secret = virSecretDefineXML(vr_conn(cmd), xml, flags);
    if (!secret)
        return vr_complain(cmd, _("Failed to set attributes from %s"), path);
    if (virSecretGetUUIDString(secret, uuid) < 0)
        return vr_complain(cmd, "%s", _("Failed to get UUID of created secret"));
    vr_print_extra(cmd, _("Secret %s created\n"), uuid);
    return true;
}
static const struct vr_command cmd_define = {
    "secret-define", (const struct vr_opt[]){ VR_OPT_FILE(N_("file with the secret's document")), VR_OPT_VALIDATE, { 0 } }, define_run, 0,
    N_("define a secret, or change its definition"), NULL, NULL,
};

static bool dumpxml_run(struct vr_cmd *cmd)
{
    vr_auto(secret) virSecretPtr secret = vr_secret(cmd, NULL);
    return secret && vr_document_print(cmd, virSecretGetXMLDesc(secret, 0));
}
static const struct vr_command cmd_dumpxml = {
    "secret-dumpxml", (const struct vr_opt[]){ VR_OPT_SECRET, VR_OPTS_DOCUMENT, { 0 } }, dumpxml_run, VR_CMD_JSON,
    N_("print a secret's document, which does not have its value"), NULL, NULL,
};

static bool undefine_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    vr_auto(secret) virSecretPtr secret = vr_secret(cmd, &name);
    if (!secret)
        return false;
    if (virSecretUndefine(secret) < 0)
        return vr_complain(cmd, _("Failed to delete secret %s"), name);
    vr_print_extra(cmd, _("Secret %s deleted\n"), name);
    return true;
}
static const struct vr_command cmd_undefine = {
    "secret-undefine", (const struct vr_opt[]){ VR_OPT_SECRET, { 0 } }, undefine_run, 0, N_("remove a secret and its value"), NULL, NULL,
};

/* A line typed without being seen. */
static bool read_typed(struct vr_cmd *cmd, struct value *out)
{
    struct termios before, quiet;
    bool tty = tcgetattr(STDIN_FILENO, &before) == 0;
    vr_print(cmd, "%s ", _("Enter new value for secret:"));
    fflush(stdout);
    if (tty) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t n = getline(&line, &room, stdin);
    if (tty) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        vr_print(cmd, "\n");
    }
    if (n <= 0) {
        free(line);
        return vr_complain(cmd, "%s", _("Failed to read secret"));
    }
    if (line[n - 1] == '\n')
        n--;
    out->data = (unsigned char *)line;
    out->size = (size_t)n;
    return true;
}

static bool set_value_run(struct vr_cmd *cmd)
{
    const char *path, *given;
    bool interactive = vr_opt_bool(cmd, "interactive"), plain = vr_opt_bool(cmd, "plain");
    if (!vr_opt_exclusive(cmd, "file", "base64") || !vr_opt_exclusive(cmd, "plain", "base64") ||
        !vr_opt_exclusive(cmd, "interactive", "base64") || !vr_opt_exclusive(cmd, "interactive", "plain") ||
        !vr_opt_exclusive(cmd, "interactive", "file"))
        return false;
    vr_auto(secret) virSecretPtr secret = vr_secret(cmd, NULL);
    if (!secret || !vr_opt_string(cmd, "base64", &given) || !vr_opt_string(cmd, "file", &path))
        return false;
    AUTO_VALUE raw = { NULL, 0 };
    AUTO_VALUE value = { NULL, 0 };
    if (given) {
        vr_complain(cmd, "%s", _("Passing secret value as command-line argument is insecure!"));
        raw.data = (unsigned char *)vr_strdup(given);
        raw.size = strlen(given);
    } else if (path) {
        raw.data = (unsigned char *)vr_read_file(cmd, path, SECRET_MAX);
        if (!raw.data)
            return false;
        raw.size = strlen((char *)raw.data);
    } else if (interactive) {
        if (!read_typed(cmd, &raw))
            return false;
        plain = true;
    } else {
        return vr_complain(cmd, "%s", _("Input secret value is missing"));
    }
    if (!plain)
        decode(raw.data, raw.size, &value);
    const struct value *use = plain ? &raw : &value;
    if (virSecretSetValue(secret, use->data, use->size, 0) != 0)
        return vr_complain(cmd, "%s", _("Failed to set secret value"));
    vr_print_extra(cmd, "%s", _("Secret value set\n"));
    return true;
}
static const struct vr_command cmd_set_value = {
    "secret-set-value",
    (const struct vr_opt[]){
        VR_OPT_SECRET,
        { "file", VR_OPT_STRING, VR_KEYWORD, N_("read the value from this file"), .complete = vr_complete_file },
        { "plain", VR_OPT_BOOL, .help = N_("the file has the value itself, not base64") },
        { "interactive", VR_OPT_BOOL, .help = N_("ask for the value on the terminal") },
        { "base64", VR_OPT_STRING, .help = N_("the value in base64; others can see it in the list of processes") },
        { 0 } },
    set_value_run, 0, N_("give a secret its value"), NULL, NULL,
};

static bool get_value_run(struct vr_cmd *cmd)
{
    vr_auto(secret) virSecretPtr secret = vr_secret(cmd, NULL);
    AUTO_VALUE value = { NULL, 0 };
    if (!secret || !(value.data = virSecretGetValue(secret, &value.size, 0)))
        return false;
    if (vr_opt_bool(cmd, "plain")) {
        fflush(stdout);
        return fwrite(value.data, 1, value.size, stdout) == value.size || vr_complain(cmd, "%s", _("failed to write secret"));
    }
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    encode(value.data, value.size, &text);
    vr_print(cmd, "%s", text.data ? text.data : "");
    if (text.data)
        explicit_bzero(text.data, text.len);
    return true;
}
static const struct vr_command cmd_get_value = {
    "secret-get-value",
    (const struct vr_opt[]){ VR_OPT_SECRET, { "plain", VR_OPT_BOOL, .help = N_("the value itself, not base64") }, { 0 } }, get_value_run, 0,
    N_("print a secret's value"), NULL, NULL,
};

/* ---- list --------------------------------------------------------------------------------------------------------- */

static int by_uuid(const void *a, const void *b)
{
    unsigned char x[VIR_UUID_BUFLEN] = { 0 }, y[VIR_UUID_BUFLEN] = { 0 };
    virSecretGetUUID(*(virSecretPtr const *)a, x);
    virSecretGetUUID(*(virSecretPtr const *)b, y);
    return memcmp(x, y, sizeof(x));
}

static bool list_row(struct vr_cmd *cmd, struct vr_table *table, virSecretPtr secret)
{
    static const char *const types[] = { "none", "volume", "ceph", "iscsi", "tls", "vtpm" }; /* virSecretUsageType */
    char uuid[VIR_UUID_STRING_BUFLEN];
    int type = virSecretGetUsageType(secret);
    const char *usage = virSecretGetUsageID(secret);
    if (virSecretGetUUIDString(secret, uuid) < 0)
        return vr_complain(cmd, "%s", _("Failed to get uuid of secret"));
    vr_autofree char *shown = type > 0 && (size_t)type < VR_COUNT(types) ? vr_printf("%s %s", types[type], usage ? usage : "")
                                                                        : vr_strdup(_("Unused"));
    vr_table_row(table, uuid, shown);
    return true;
}

static bool list_run(struct vr_cmd *cmd)
{
    static const struct { const char *option; unsigned flag; } filters[] = {
        { "ephemeral", VIR_CONNECT_LIST_SECRETS_EPHEMERAL }, { "no-ephemeral", VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL },
        { "private", VIR_CONNECT_LIST_SECRETS_PRIVATE },     { "no-private", VIR_CONNECT_LIST_SECRETS_NO_PRIVATE },
    };
    unsigned flags = 0;
    for (size_t i = 0; i < VR_COUNT(filters); i++)
        flags |= vr_opt_bool(cmd, filters[i].option) ? filters[i].flag : 0;
    virSecretPtr *all;
    int n = virConnectListAllSecrets(vr_conn(cmd), &all, flags);
    if (n < 0) {
        if (flags && vr_last_code(cmd) == VIR_ERR_NO_SUPPORT) {
            vr_forget_error(cmd);
            return vr_complain(cmd, "%s", _("Filtering is not supported by this libvirt"));
        }
        return vr_list_failed(cmd, _("Failed to list node secrets"), virConnectNumOfSecrets, _("Failed to count secrets"));
    }
    vr_sort(all, (size_t)n, sizeof(*all), by_uuid);
    struct vr_table *table = vr_table_new(cmd, _("UUID"), _("Usage"), NULL);
    bool ok = true;
    for (int i = 0; i < n; i++) {
        ok = ok && list_row(cmd, table, all[i]);
        virSecretFree(all[i]);
    }
    free(all);
    if (ok)
        vr_table_print(table);
    else
        vr_table_free(table);
    return ok;
}
static const struct vr_command cmd_list = {
    "secret-list",
    (const struct vr_opt[]){
        { "ephemeral", VR_OPT_BOOL, .help = N_("only those whose value is not stored") },
        { "no-ephemeral", VR_OPT_BOOL, .help = N_("only those whose value is stored") },
        { "private", VR_OPT_BOOL, .help = N_("only those whose value is not given out") },
        { "no-private", VR_OPT_BOOL, .help = N_("only those whose value is given out") },
        { 0 } },
    list_run, VR_CMD_JSON, N_("list secrets"), NULL, NULL,
};

/* ---- events ------------------------------------------------------------------------------------------------------- */

static void on_lifecycle(virConnectPtr conn, virSecretPtr secret, int event, int detail, void *opaque)
{
    static const char *const names[] = { N_("Defined"), N_("Undefined") };
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    virSecretGetUUIDString(secret, uuid);
    vr_event_line(opaque, _("event 'lifecycle' for secret %s: %s"), uuid,
                        event >= 0 && (size_t)event < VR_COUNT(names) ? names[event] : _("unknown"));
}

static void on_value(virConnectPtr conn, virSecretPtr secret, void *opaque)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    virSecretGetUUIDString(secret, uuid);
    vr_event_line(opaque, _("event '%s' for secret %s"), "value-changed", uuid);
}

static const char *const event_kinds[] = { "lifecycle", "value-changed", NULL };
static const struct { int id; virConnectSecretEventGenericCallback callback; } events[] = {
    { VIR_SECRET_EVENT_ID_LIFECYCLE, VR_EVENT_CALLBACK_AS(virConnectSecretEventGenericCallback, on_lifecycle) },
    { VIR_SECRET_EVENT_ID_VALUE_CHANGED, on_value },
};

static void complete_event(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_complete_names(to, event_kinds);
}

static bool event_run(struct vr_cmd *cmd)
{
    int kind = vr_event_kind(cmd, event_kinds);
    if (kind < 0)
        return kind == -2;
    vr_auto(secret) virSecretPtr secret = NULL;
    if (vr_opt_raw(cmd, "secret") && !(secret = vr_secret(cmd, NULL)))
        return false;
    struct vr_event_wait wait;
    if (!vr_event_wait_init(cmd, &wait))
        return false;
    bool ok = false;
    int id = virConnectSecretEventRegisterAny(vr_conn(cmd), secret, events[kind].id, events[kind].callback, &wait, NULL);
    if (id >= 0) {
        ok = vr_event_wait_run(&wait);
        virConnectSecretEventDeregisterAny(vr_conn(cmd), id);
    }
    vr_event_wait_done(&wait);
    return ok;
}
static const struct vr_command cmd_event = {
    "secret-event",
    (const struct vr_opt[]){ { "secret", VR_OPT_STRING, .help = N_("only events of this secret"), .complete = vr_complete_secret },
                             VR_OPTS_EVENT(complete_event), { 0 } },
    event_run, 0, N_("wait for events of secrets"), NULL, NULL,
};

const struct vr_command *const vr_secret_commands[] = {
    &cmd_define, &cmd_dumpxml, &cmd_event, &cmd_get_value, &cmd_list, &cmd_set_value, &cmd_undefine, NULL,
};
