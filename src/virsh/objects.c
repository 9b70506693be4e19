/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects by what a user calls them, and their names for completion. */
#include "virsh.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"

virDomainPtr vr_domain_text(struct vr_cmd *cmd, const char *text, unsigned by)
{
    virDomainPtr dom = NULL;
    struct vr_uuid uuid;
    int64_t id;
    const char *option = "domain";
    if ((by & VR_BY_ID) && vr_parse_i64(text, 10, 0, INT_MAX, &id)) {
        vr_shell_debug(cmd->sh, VR_SH_DEBUG, "%s: <%s> seems like domain ID\n", cmd->command->name, option);
        dom = virDomainLookupByID(vr_conn(cmd), (int)id);
    }
    if (!dom && (by & VR_BY_UUID) && strlen(text) == VR_UUID_TEXT - 1 && vr_uuid_parse(text, &uuid)) {
        vr_shell_debug(cmd->sh, VR_SH_DEBUG, "%s: <%s> trying as domain UUID\n", cmd->command->name, option);
        dom = virDomainLookupByUUIDString(vr_conn(cmd), text);
    }
    if (!dom && (by & VR_BY_NAME)) {
        vr_shell_debug(cmd->sh, VR_SH_DEBUG, "%s: <%s> trying as domain NAME\n", cmd->command->name, option);
        dom = virDomainLookupByName(vr_conn(cmd), text);
    }
    /* Not found is the caller's to say, in fewer words; a dead connection stays an error of its own. */
    if (vr_last_code(cmd) == VIR_ERR_NO_DOMAIN || dom)
        vr_forget_error(cmd);
    return dom;
}

virDomainPtr vr_domain_by(struct vr_cmd *cmd, const char *option, unsigned by)
{
    const char *text;
    if (!vr_opt_string(cmd, option, &text) || !text)
        return NULL;
    vr_shell_debug(cmd->sh, VR_SH_INFO, "%s: found option <%s>: %s\n", cmd->command->name, option, text);
    virDomainPtr dom = vr_domain_text(cmd, text, by);
    if (!dom)
        vr_complain(cmd, _("failed to get domain '%s'"), text);
    return dom;
}

virDomainPtr vr_domain(struct vr_cmd *cmd)
{
    return vr_domain_by(cmd, "domain", VR_BY_ANY);
}

char *vr_domain_xml(struct vr_cmd *cmd, virDomainPtr dom, unsigned flags)
{
    char *xml = virDomainGetXMLDesc(dom, flags);
    if (!xml)
        vr_complain(cmd, "%s", _("Failed to get domain description xml"));
    return xml;
}

void vr_stamp(char *out, size_t size)
{
    vr_time now = vr_wall_now();
    time_t s = now / VR_SEC(1);
    struct tm tm;
    char text[32];
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", gmtime_r(&s, &tm));
    snprintf(out, size, "%s.%03d+0000", text, (int)(now % VR_SEC(1) / VR_MS(1)));
}

/* ---- completers --------------------------------------------------------------------------------------------------- */

static void complete_domains(struct vr_cmd *cmd, struct vr_completion *to, unsigned flags)
{
    virDomainPtr *all;
    int n = virConnectListAllDomains(vr_conn(cmd), &all, flags);
    for (int i = 0; i < n; i++) {
        vr_complete_add(to, virDomainGetName(all[i]));
        virDomainFree(all[i]);
    }
    if (n >= 0)
        free(all);
}

#define DOMAIN_COMPLETER(name, flags)                                                              \
    void name(struct vr_cmd *cmd, struct vr_completion *to)                                        \
    {                                                                                              \
        complete_domains(cmd, to, flags);                                                          \
    }
DOMAIN_COMPLETER(vr_complete_domain, VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE)
DOMAIN_COMPLETER(vr_complete_domain_active, VIR_CONNECT_LIST_DOMAINS_ACTIVE)
DOMAIN_COMPLETER(vr_complete_domain_inactive, VIR_CONNECT_LIST_DOMAINS_INACTIVE)
DOMAIN_COMPLETER(vr_complete_domain_running, VIR_CONNECT_LIST_DOMAINS_RUNNING)
DOMAIN_COMPLETER(vr_complete_domain_paused, VIR_CONNECT_LIST_DOMAINS_PAUSED)
DOMAIN_COMPLETER(vr_complete_domain_shutoff, VIR_CONNECT_LIST_DOMAINS_SHUTOFF)

/* Names of a directory, as a shell completes them. */
void vr_complete_file(struct vr_cmd *cmd, struct vr_completion *to)
{
    const char *start = vr_completion_start(to), *slash = strrchr(start, '/');
    vr_autofree char *dir = slash ? vr_strndup(start, (size_t)(slash - start) + 1) : vr_strdup("");
    DIR *d = opendir(*dir ? dir : ".");
    const struct dirent *e;
    while (d && (e = readdir(d))) {
        struct stat st;
        if (e->d_name[0] == '.' && (!slash ? start[0] : slash[1]) != '.')
            continue;
        vr_autofree char *path = vr_printf("%s%s", dir, e->d_name);
        vr_autofree char *shown = vr_printf("%s%s", path, stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? "/" : "");
        vr_complete_add(to, shown);
    }
    if (d)
        closedir(d);
}
