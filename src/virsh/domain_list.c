/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list: the guests of a host. */
#include "virsh.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "domain_words.h"

/* Which filter an option is, and whether it turns the other one off. */
static const struct {
    const char *option;
    unsigned flag;
} filters[] = {
    { "persistent", VIR_CONNECT_LIST_DOMAINS_PERSISTENT },
    { "transient", VIR_CONNECT_LIST_DOMAINS_TRANSIENT },
    { "with-managed-save", VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE },
    { "without-managed-save", VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE },
    { "autostart", VIR_CONNECT_LIST_DOMAINS_AUTOSTART },
    { "no-autostart", VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART },
    { "with-snapshot", VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT },
    { "without-snapshot", VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT },
    { "with-checkpoint", VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT },
    { "without-checkpoint", VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT },
    { "state-running", VIR_CONNECT_LIST_DOMAINS_RUNNING },
    { "state-paused", VIR_CONNECT_LIST_DOMAINS_PAUSED },
    { "state-shutoff", VIR_CONNECT_LIST_DOMAINS_SHUTOFF },
    { "state-other", VIR_CONNECT_LIST_DOMAINS_OTHER },
};

struct entry {
    virDomainPtr dom;
    int id; /* -1: does not run */
    const char *name;
    int state;
};
struct list {
    struct entry *entries;
    size_t n;
};

static void list_done(struct list *list)
{
    for (size_t i = 0; i < list->n; i++)
        virDomainFree(list->entries[i].dom);
    free(list->entries);
}

/* Running ones by id, then the others by name. */
static int compare(const void *pa, const void *pb)
{
    const struct entry *a = pa, *b = pb;
    if ((a->id < 0) != (b->id < 0))
        return a->id < 0 ? 1 : -1;
    if (a->id >= 0)
        return a->id < b->id ? -1 : a->id > b->id;
    int order = strcasecmp(a->name, b->name);
    return order ? order : strcmp(a->name, b->name);
}

static bool collect(struct vr_cmd *cmd, unsigned flags, struct list *list)
{
    virDomainPtr *all;
    int n = virConnectListAllDomains(vr_conn(cmd), &all, flags);
    if (n < 0)
        return vr_complain(cmd, "%s", _("Failed to list domains"));
    list->entries = vr_alloc(((size_t)n + 1) * sizeof(*list->entries));
    list->n = (size_t)n;
    for (int i = 0; i < n; i++) {
        unsigned id = virDomainGetID(all[i]);
        list->entries[i] = (struct entry){ all[i], id == (unsigned)-1 ? -1 : (int)id, virDomainGetName(all[i]), -1 };
    }
    free(all);
    vr_sort(list->entries, list->n, sizeof(*list->entries), compare);
    return true;
}

/*
 * One call for each common state tells the state of any number of guests; a call for each guest is for what is left (other
 * states, and guests whose state changed meanwhile).
 */
static void states_of_many(struct vr_cmd *cmd, struct list *list)
{
    static const struct { unsigned filter; int state; } common[] = {
        { VIR_CONNECT_LIST_DOMAINS_SHUTOFF, VIR_DOMAIN_SHUTOFF },
        { VIR_CONNECT_LIST_DOMAINS_RUNNING, VIR_DOMAIN_RUNNING },
        { VIR_CONNECT_LIST_DOMAINS_PAUSED, VIR_DOMAIN_PAUSED },
    };
    bool any[2] = { false, false }; /* some do not run, some do */
    VR_AUTO(vr_map) *by_uuid = vr_map_new();
    for (size_t i = 0; i < list->n; i++) {
        unsigned char uuid[VIR_UUID_BUFLEN];
        if (virDomainGetUUID(list->entries[i].dom, uuid) == 0)
            vr_map_put(by_uuid, uuid, sizeof(uuid), &list->entries[i]);
        any[list->entries[i].id >= 0] = true;
    }
    for (size_t c = 0; c < VR_COUNT(common); c++) {
        virDomainPtr *found;
        if (!any[c > 0])
            continue;
        int n = virConnectListAllDomains(vr_conn(cmd), &found, common[c].filter);
        for (int i = 0; i < n; i++) {
            unsigned char uuid[VIR_UUID_BUFLEN];
            virDomainGetUUID(found[i], uuid);
            struct entry *e = vr_map_get(by_uuid, uuid, sizeof(uuid));
            if (e)
                e->state = common[c].state;
            virDomainFree(found[i]);
        }
        if (n >= 0)
            free(found);
    }
}

static bool list_states(struct vr_cmd *cmd, struct list *list)
{
    if (list->n > 8)
        states_of_many(cmd, list);
    for (size_t i = 0; i < list->n; i++) {
        struct entry *e = &list->entries[i];
        int reason;
        if (e->state < 0 && virDomainGetState(e->dom, &e->state, &reason, 0) < 0) {
            if (vr_last_code(cmd) != VIR_ERR_NO_DOMAIN) /* gone meanwhile is no failure */
                return vr_complain(cmd, "%s", _("Failed to get domain state"));
            vr_forget_error(cmd);
            e->state = -1;
        }
    }
    return true;
}

static const char *state_shown(const struct entry *e, bool managed_save)
{
    if (managed_save && e->state == VIR_DOMAIN_SHUTOFF && virDomainHasManagedSaveImage(e->dom, 0) > 0)
        return _("saved");
    return vr_domain_state_word(e->state);
}

static bool print_table(struct vr_cmd *cmd, struct list *list, bool managed_save, bool title)
{
    if (!list_states(cmd, list))
        return false;
    VR_AUTO(vr_table) *table = title ? vr_table_new(cmd, _("#Id"), _("Name"), _("State"), _("Title"), NULL)
                                     : vr_table_new(cmd, _("#Id"), _("Name"), _("State"), NULL);
    for (size_t i = 0; i < list->n; i++) {
        const struct entry *e = &list->entries[i];
        char id[16] = "-";
        if (e->id >= 0)
            snprintf(id, sizeof(id), "%d", e->id);
        vr_autofree char *text = NULL;
        if (title && !vr_domain_title(cmd, e->dom, &text))
            return false;
        vr_table_row(table, id, e->name, state_shown(e, managed_save), text);
    }
    vr_table_print(vr_take(table));
    return true;
}

/* --uuid, --name and --id, in the order of the table: one line a guest. */
static bool print_lines(struct vr_cmd *cmd, const struct list *list, bool uuid, bool name, bool id)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct entry *e = &list->entries[i];
        char text[VIR_UUID_STRING_BUFLEN];
        const char *gap = "";
        if (uuid) {
            if (virDomainGetUUIDString(e->dom, text) < 0)
                return vr_complain(cmd, "%s", _("Failed to get domain's UUID"));
            vr_print(cmd, "%s", text);
            gap = " ";
        }
        if (id) {
            if (e->id >= 0)
                vr_print(cmd, "%s%d", gap, e->id);
            else
                vr_print(cmd, "%s-", gap);
            gap = " ";
        }
        if (name)
            vr_print(cmd, "%s%s", gap, e->name);
        vr_print(cmd, "\n");
    }
    return true;
}

static bool list_run(struct vr_cmd *cmd)
{
    bool title = vr_opt_bool(cmd, "title"), table = vr_opt_bool(cmd, "table"), uuid = vr_opt_bool(cmd, "uuid");
    bool name = vr_opt_bool(cmd, "name"), id = vr_opt_bool(cmd, "id"), managed = vr_opt_bool(cmd, "managed-save");
    unsigned flags = VIR_CONNECT_LIST_DOMAINS_ACTIVE;
    if (vr_opt_bool(cmd, "inactive") || vr_opt_bool(cmd, "state-shutoff"))
        flags = VIR_CONNECT_LIST_DOMAINS_INACTIVE;
    if (vr_opt_bool(cmd, "all"))
        flags = VIR_CONNECT_LIST_DOMAINS_INACTIVE | VIR_CONNECT_LIST_DOMAINS_ACTIVE;
    for (size_t i = 0; i < VR_COUNT(filters); i++) {
        if (vr_opt_bool(cmd, filters[i].option))
            flags |= filters[i].flag;
    }
    bool lines = uuid || name || id;
    if (!vr_exclusive(cmd, table, "table", name, "name") || !vr_exclusive(cmd, table, "table", uuid, "uuid") ||
        !vr_exclusive(cmd, table, "table", id, "id"))
        return false;
    __attribute__((cleanup(list_done))) struct list list = { 0 };
    if (!collect(cmd, flags, &list))
        return false;
    if (lines && !vr_json_wanted(cmd))
        return print_lines(cmd, &list, uuid, name, id);
    return print_table(cmd, &list, managed, title);
}

static const struct vr_opt list_opts[] = {
    { "inactive", VR_OPT_BOOL, .help = N_("guests that do not run") },
    { "all", VR_OPT_BOOL, .help = N_("guests that run and guests that do not") },
    { "transient", VR_OPT_BOOL, .help = N_("only guests without a stored definition") },
    { "persistent", VR_OPT_BOOL, .help = N_("only guests with a stored definition") },
    { "with-snapshot", VR_OPT_BOOL, .help = N_("only guests with a snapshot") },
    { "without-snapshot", VR_OPT_BOOL, .help = N_("only guests without snapshots") },
    { "with-checkpoint", VR_OPT_BOOL, .help = N_("only guests with a checkpoint") },
    { "without-checkpoint", VR_OPT_BOOL, .help = N_("only guests without checkpoints") },
    { "state-running", VR_OPT_BOOL, .help = N_("only running guests") },
    { "state-paused", VR_OPT_BOOL, .help = N_("only paused guests") },
    { "state-shutoff", VR_OPT_BOOL, .help = N_("only guests that are shut off") },
    { "state-other", VR_OPT_BOOL, .help = N_("only guests in any other state") },
    { "autostart", VR_OPT_BOOL, .help = N_("only guests that start with the host") },
    { "no-autostart", VR_OPT_BOOL, .help = N_("only guests that do not start with the host") },
    { "with-managed-save", VR_OPT_BOOL, .help = N_("only guests with a managed save image") },
    { "without-managed-save", VR_OPT_BOOL, .help = N_("only guests without a managed save image") },
    { "uuid", VR_OPT_BOOL, .help = N_("print uuids") },
    { "name", VR_OPT_BOOL, .help = N_("print names") },
    { "id", VR_OPT_BOOL, .help = N_("print ids") },
    { "table", VR_OPT_BOOL, .help = N_("print a table, as without any of these") },
    { "managed-save", VR_OPT_BOOL, .help = N_("show guests with a managed save image as saved") },
    { "title", VR_OPT_BOOL, .help = N_("show titles") },
    { 0 },
};
const struct vr_command vr_cmd_list = {
    "list", list_opts, list_run, VR_CMD_JSON, N_("list guests"), NULL, NULL,
};
