/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "find.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/uuid.h"

static bool is_uuid(const char *text)
{
    struct vr_uuid uuid;
    return strlen(text) == VR_UUID_TEXT - 1 && vr_uuid_parse(text, &uuid);
}

static const char *option_text(struct vr_cmd *cmd, const char *option, const char **name)
{
    const char *text;
    if (!vr_opt_string(cmd, option, &text) || !text)
        return NULL;
    vr_shell_debug(cmd->sh, VR_SH_INFO, "%s: found option <%s>: %s\n", cmd->command->name, option, text);
    if (name)
        *name = text;
    return text;
}

/* Where two ways fail, the second one's error is told. */
#define FIND(type, text, by, lookup_uuid, lookup_name)                                             \
    type found = NULL;                                                                             \
    if (((by) & VR_BY_UUID) && is_uuid(text))                                                      \
        found = lookup_uuid(vr_conn(cmd), text);                                                   \
    if (!found && ((by) & VR_BY_NAME))                                                             \
        found = lookup_name(vr_conn(cmd), text);                                                   \
    if (found)                                                                                     \
        vr_forget_error(cmd);

static virNetworkPtr network(struct vr_cmd *cmd, unsigned by, const char **name)
{
    const char *text = option_text(cmd, "network", name);
    if (!text)
        return NULL;
    FIND(virNetworkPtr, text, by, virNetworkLookupByUUIDString, virNetworkLookupByName)
    if (!found)
        vr_complain(cmd, _("failed to get network '%s'"), text);
    return found;
}

virNetworkPtr vr_network(struct vr_cmd *cmd, const char **name)
{
    return network(cmd, VR_BY_UUID | VR_BY_NAME, name);
}

virNetworkPtr vr_network_by(struct vr_cmd *cmd, unsigned by)
{
    return network(cmd, by, NULL);
}

virNetworkPortPtr vr_network_port(struct vr_cmd *cmd, virNetworkPtr net, const char **name)
{
    const char *text = option_text(cmd, "port", name);
    virNetworkPortPtr found = text && is_uuid(text) ? virNetworkPortLookupByUUIDString(net, text) : NULL;
    if (text && !found)
        vr_complain(cmd, _("failed to get network port '%s'"), text);
    return found;
}

static virStoragePoolPtr pool(struct vr_cmd *cmd, const char *option, unsigned by, const char **name)
{
    const char *text = option_text(cmd, option, name);
    if (!text)
        return NULL;
    FIND(virStoragePoolPtr, text, by, virStoragePoolLookupByUUIDString, virStoragePoolLookupByName)
    if (!found)
        vr_complain(cmd, _("failed to get pool '%s'"), text);
    return found;
}

virStoragePoolPtr vr_pool(struct vr_cmd *cmd, const char *option, const char **name)
{
    return pool(cmd, option, VR_BY_UUID | VR_BY_NAME, name);
}

virStoragePoolPtr vr_pool_by(struct vr_cmd *cmd, unsigned by)
{
    return pool(cmd, "pool", by, NULL);
}

virSecretPtr vr_secret(struct vr_cmd *cmd, const char **name)
{
    const char *text = option_text(cmd, "secret", name);
    virSecretPtr found = text ? virSecretLookupByUUIDString(vr_conn(cmd), text) : NULL;
    if (text && !found)
        vr_complain(cmd, _("failed to get secret '%s'"), text);
    return found;
}

virNWFilterPtr vr_nwfilter(struct vr_cmd *cmd, const char **name)
{
    const char *text = option_text(cmd, "nwfilter", name);
    if (!text)
        return NULL;
    FIND(virNWFilterPtr, text, VR_BY_UUID | VR_BY_NAME, virNWFilterLookupByUUIDString, virNWFilterLookupByName)
    if (!found)
        vr_complain(cmd, _("failed to get nwfilter '%s'"), text);
    return found;
}

virNWFilterBindingPtr vr_binding(struct vr_cmd *cmd, const char **name)
{
    const char *text = option_text(cmd, "binding", name);
    virNWFilterBindingPtr found = text ? virNWFilterBindingLookupByPortDev(vr_conn(cmd), text) : NULL;
    if (text && !found)
        vr_complain(cmd, _("failed to get nwfilter binding '%s'"), text);
    return found;
}

virNodeDevicePtr vr_nodedev(struct vr_cmd *cmd, const char **name)
{
    const char *text = option_text(cmd, "device", name);
    if (!text)
        return NULL;
    const char *comma = strchr(text, ',');
    virNodeDevicePtr found;
    if (comma && strchr(comma + 1, ',')) {
        vr_complain(cmd, _("Malformed device value '%s'"), text);
        return NULL;
    }
    if (comma) {
        vr_autofree char *wwnn = vr_strndup(text, (size_t)(comma - text));
        for (int i = 0; i < 2; i++) {
            const char *wwn = i ? comma + 1 : wwnn;
            if (strlen(wwn) != 16 || strspn(wwn, "0123456789abcdefABCDEF") != 16) {
                vr_complain(cmd, _("internal error: Malformed wwn: %s"), wwn);
                return NULL;
            }
        }
        found = virNodeDeviceLookupSCSIHostByWWN(vr_conn(cmd), wwnn, comma + 1, 0);
    } else {
        found = virNodeDeviceLookupByName(vr_conn(cmd), text);
    }
    if (!found)
        vr_complain(cmd, "%s '%s'", _("Could not find matching device"), text);
    return found;
}

static bool is_mac(const char *text)
{
    size_t parts = 0;
    for (;; parts++) {
        size_t digits = strspn(text, "0123456789abcdefABCDEF");
        if (digits < 1 || digits > 2)
            return false;
        text += digits;
        if (*text != ':')
            return !*text && parts == 5;
        text++;
    }
}

virInterfacePtr vr_interface(struct vr_cmd *cmd, const char *option, unsigned by, const char **name)
{
    const char *text = option_text(cmd, option, name);
    virInterfacePtr found = NULL;
    if (!text)
        return NULL;
    bool mac = is_mac(text);
    if ((by & VR_BY_NAME) && !mac)
        found = virInterfaceLookupByName(vr_conn(cmd), text);
    if (!found && (by & VR_BY_MAC) && mac)
        found = virInterfaceLookupByMACString(vr_conn(cmd), text);
    if (found)
        vr_forget_error(cmd);
    else
        vr_complain(cmd, _("failed to get interface '%s'"), text);
    return found;
}

static virStorageVolPtr lookup_volume(struct vr_cmd *cmd, virStoragePoolPtr in, const char *text, unsigned by)
{
    virStorageVolPtr found = NULL;
    if (in && (by & VR_BY_NAME))
        found = virStorageVolLookupByName(in, text);
    if (!found && (by & VR_BY_UUID))
        found = virStorageVolLookupByKey(vr_conn(cmd), text);
    if (!found && (by & VR_BY_ID))
        found = virStorageVolLookupByPath(vr_conn(cmd), text);
    return found;
}

/* A volume found by key or path lies in the pool that was named. */
static bool volume_is_in(struct vr_cmd *cmd, virStorageVolPtr vol, const char *text, virStoragePoolPtr in, const char *pool_name)
{
    vr_auto(pool) virStoragePoolPtr of = virStoragePoolLookupByVolume(vol);
    if (!of)
        return false;
    if (strcmp(virStoragePoolGetName(of), virStoragePoolGetName(in)) == 0)
        return true;
    return vr_complain(cmd, _("Requested volume '%s' is not in pool '%s'"), text, pool_name);
}

virStorageVolPtr vr_volume_by(struct vr_cmd *cmd, const char *option, const char *pool_option, unsigned by, const char **name)
{
    const char *pool_name = NULL;
    vr_auto(pool) virStoragePoolPtr in = NULL;
    if (pool_option && !vr_opt_string(cmd, pool_option, &pool_name))
        return NULL;
    if (pool_name) {
        in = vr_pool(cmd, pool_option, NULL);
        if (!in)
            return NULL;
        if (virStoragePoolIsActive(in) != 1) {
            vr_complain(cmd, _("pool '%s' is not active"), pool_name);
            return NULL;
        }
    }
    const char *text = option_text(cmd, option, name);
    virStorageVolPtr found = text ? lookup_volume(cmd, in, text, by) : NULL;
    if (text && !found) {
        if (in || !pool_option)
            vr_complain(cmd, _("failed to get vol '%s'"), text);
        else
            vr_complain(cmd, _("failed to get vol '%s', specifying --%s might help"), text, pool_option);
    }
    if (found)
        vr_forget_error(cmd);
    if (found && in && !volume_is_in(cmd, found, text, in, pool_name)) {
        virStorageVolFree(found);
        found = NULL;
    }
    return found;
}

virStorageVolPtr vr_volume(struct vr_cmd *cmd, const char **name)
{
    return vr_volume_by(cmd, "vol", "pool", VR_BY_ANY, name);
}

bool vr_list_failed(struct vr_cmd *cmd, const char *text, int (*count)(virConnectPtr), const char *count_text)
{
    if (count && vr_last_code(cmd) == VIR_ERR_NO_SUPPORT && count(vr_conn(cmd)) < 0)
        return vr_complain(cmd, "%s", count_text);
    return vr_complain(cmd, "%s", text);
}

int vr_name_order(const char *a, const char *b)
{
    int order = strcasecmp(a, b);
    return order ? order : strcmp(a, b);
}

/* ---- completers --------------------------------------------------------------------------------------------------- */

#define COMPLETER(function, type, list, flags, name, release)                                      \
    void function(struct vr_cmd *cmd, struct vr_completion *to)                                    \
    {                                                                                              \
        type *all;                                                                                 \
        int n = list(vr_conn(cmd), &all, flags);                                                   \
        for (int i = 0; i < n; i++) {                                                              \
            vr_complete_add(to, name(all[i]));                                                     \
            release(all[i]);                                                                       \
        }                                                                                          \
        if (n >= 0)                                                                                \
            free(all);                                                                             \
    }
#define NETWORKS(function, flags)                                                                  \
    COMPLETER(function, virNetworkPtr, virConnectListAllNetworks, flags, virNetworkGetName, virNetworkFree)
NETWORKS(vr_complete_network, 0)
NETWORKS(vr_complete_network_active, VIR_CONNECT_LIST_NETWORKS_ACTIVE)
NETWORKS(vr_complete_network_inactive, VIR_CONNECT_LIST_NETWORKS_INACTIVE)
#define POOLS(function, flags)                                                                     \
    COMPLETER(function, virStoragePoolPtr, virConnectListAllStoragePools, flags, virStoragePoolGetName, virStoragePoolFree)
POOLS(vr_complete_pool, 0)
POOLS(vr_complete_pool_active, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE)
POOLS(vr_complete_pool_inactive, VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE)
#define INTERFACES(function, flags)                                                                \
    COMPLETER(function, virInterfacePtr, virConnectListAllInterfaces, flags, virInterfaceGetName, virInterfaceFree)
INTERFACES(vr_complete_iface, 0)
INTERFACES(vr_complete_iface_active, VIR_CONNECT_LIST_INTERFACES_ACTIVE)
INTERFACES(vr_complete_iface_inactive, VIR_CONNECT_LIST_INTERFACES_INACTIVE)
COMPLETER(vr_complete_nwfilter, virNWFilterPtr, virConnectListAllNWFilters, 0, virNWFilterGetName, virNWFilterFree)
COMPLETER(vr_complete_binding, virNWFilterBindingPtr, virConnectListAllNWFilterBindings, 0, virNWFilterBindingGetPortDev,
          virNWFilterBindingFree)
COMPLETER(vr_complete_nodedev, virNodeDevicePtr, virConnectListAllNodeDevices, 0, virNodeDeviceGetName, virNodeDeviceFree)
COMPLETER(vr_complete_nodedev_inactive, virNodeDevicePtr, virConnectListAllNodeDevices, VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE,
          virNodeDeviceGetName, virNodeDeviceFree)

#define UUID_OF(function, type, get)                                                               \
    static const char *function(type object)                                                       \
    {                                                                                              \
        static char text[VIR_UUID_STRING_BUFLEN];                                                  \
        return get(object, text) == 0 ? text : "";                                                 \
    }
UUID_OF(secret_uuid, virSecretPtr, virSecretGetUUIDString)
UUID_OF(network_uuid, virNetworkPtr, virNetworkGetUUIDString)
UUID_OF(port_uuid, virNetworkPortPtr, virNetworkPortGetUUIDString)
COMPLETER(vr_complete_secret, virSecretPtr, virConnectListAllSecrets, 0, secret_uuid, virSecretFree)
COMPLETER(vr_complete_network_uuid, virNetworkPtr, virConnectListAllNetworks, 0, network_uuid, virNetworkFree)

void vr_complete_port(struct vr_cmd *cmd, struct vr_completion *to)
{
    const char *name = vr_opt_raw(cmd, "network");
    vr_auto(network) virNetworkPtr net = name ? virNetworkLookupByName(vr_conn(cmd), name) : NULL;
    virNetworkPortPtr *all;
    int n = net ? virNetworkListAllPorts(net, &all, 0) : -1;
    for (int i = 0; i < n; i++) {
        vr_complete_add(to, port_uuid(all[i]));
        virNetworkPortFree(all[i]);
    }
    if (n >= 0)
        free(all);
}

/* Names within the pool that was given; without one, paths of all pools. */
void vr_complete_volume(struct vr_cmd *cmd, struct vr_completion *to)
{
    const char *only = NULL;
    for (const struct vr_opt *o = cmd->command->opts; o->kind; o++)
        if (strcmp(o->name, "pool") == 0)
            only = vr_opt_raw(cmd, "pool");
    virStoragePoolPtr *pools;
    int n = virConnectListAllStoragePools(vr_conn(cmd), &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
    for (int i = 0; i < n; i++) {
        virStorageVolPtr *all;
        bool wanted = !only || strcmp(only, virStoragePoolGetName(pools[i])) == 0;
        int volumes = wanted ? virStoragePoolListAllVolumes(pools[i], &all, 0) : -1;
        for (int v = 0; v < volumes; v++) {
            vr_autofree char *path = only ? vr_strdup(virStorageVolGetName(all[v])) : virStorageVolGetPath(all[v]);
            if (path)
                vr_complete_add(to, path);
            virStorageVolFree(all[v]);
        }
        if (volumes >= 0)
            free(all);
        virStoragePoolFree(pools[i]);
    }
    if (n >= 0)
        free(pools);
}
