/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Calls that are little more than one monitor command. */
#include "base/alloc.h"
#include "base/json.h"
#include "definition.h"
#include "monitor.h"
#include "rows.h"

VR_SUSPENDS static char *human_command(struct vr_monitor *mon, const char *command, struct vr_error **err)
{
    struct vr_json *args = vr_json_object();
    vr_json_add_str(args, "command-line", command);
    VR_AUTO(vr_json) *ret = NULL;
    if (!vr_monitor_call(mon, VR_QMP_MODIFY, "human-monitor-command", args, &ret, vr_after(VR_SPAN_MODIFY), err))
        return NULL;
    const char *text = vr_json_as_str(ret);
    if (!text)
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("human monitor command was missing return data"));
    return vr_strdup(text);
}

VR_SUSPENDS static bool monitor_command(struct vr_call *call, const struct vr_qemu_domain_monitor_command_args *in,
                                        struct vr_qemu_domain_monitor_command_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct vr_monitor *mon = job ? vr_process_monitor(dom, err) : NULL;
    if (!mon)
        return false;
    vr_domain_taint(dom, VR_TAINT_CUSTOM_MONITOR);
    vr_autofree char *result = in->flags & VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP
                                   ? human_command(mon, in->cmd, err)
                                   : vr_monitor_raw(mon, in->cmd, vr_after(VR_SPAN_MODIFY), err);
    if (!result)
        return false;
    out->result = vr_arena_strdup(call->arena, result);
    return true;
}

VR_SUSPENDS static bool plain_command(struct vr_call *call, const struct vr_nonnull_domain *named, const char *command,
                                      struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(named, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_MODIFY, err) : NULL;
    struct vr_monitor *mon = job ? vr_process_monitor(dom, err) : NULL;
    return mon && vr_monitor_call(mon, VR_QMP_MODIFY, command, NULL, NULL, vr_after(VR_SPAN_MODIFY), err);
}

VR_SUSPENDS static bool inject_nmi(struct vr_call *call, const struct vr_domain_inject_nmi_args *in, struct vr_void *out,
                                   struct vr_error **err)
{
    return plain_command(call, &in->dom, "inject-nmi", err);
}

VR_SUSPENDS static bool pm_wakeup(struct vr_call *call, const struct vr_domain_pm_wakeup_args *in, struct vr_void *out,
                                  struct vr_error **err)
{
    return plain_command(call, &in->dom, "system_wakeup", err);
}

/* ---- keys --------------------------------------------------------------------------------------------------------- */

/* Linux key codes whose number in QEMU differs; up to 83, and for 86 to 88, both are the PC/XT code. */
static const struct {
    uint16_t linux_code, qnum;
} extended_keys[] = {
    { 85, 0x76 },  { 89, 0x73 },  { 90, 0x78 },  { 91, 0x77 },  { 92, 0x79 },  { 93, 0x70 },  { 94, 0x7b },  { 95, 0x5c },
    { 96, 0x9c },  { 97, 0x9d },  { 98, 0xb5 },  { 99, 0x54 },  { 100, 0xb8 }, { 101, 0x5b }, { 102, 0xc7 }, { 103, 0xc8 },
    { 104, 0xc9 }, { 105, 0xcb }, { 106, 0xcd }, { 107, 0xcf }, { 108, 0xd0 }, { 109, 0xd1 }, { 110, 0xd2 }, { 111, 0xd3 },
    { 113, 0xa0 }, { 114, 0xae }, { 115, 0xb0 }, { 116, 0xde }, { 117, 0x59 }, { 119, 0xc6 }, { 121, 0x7e }, { 124, 0x7d },
    { 125, 0xdb }, { 126, 0xdc }, { 127, 0xdd }, { 142, 0xdf }, { 143, 0xe3 }, { 183, 0x5d }, { 184, 0x5e }, { 185, 0x5f },
};

static bool key_number(unsigned codeset, unsigned code, unsigned *qnum, struct vr_error **err)
{
    static const char *const names[] = { "linux", "xt", "atset1", "atset2", "atset3", "os_x", "xt_kbd", "usb", "win32", "qnum" };
    if (codeset >= VR_COUNT(names))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot translate keycode %u of codeset %u to qnum keycode"), code, codeset);
    if ((codeset == VIR_KEYCODE_SET_QNUM || codeset == VIR_KEYCODE_SET_XT) && code <= 0xff) {
        *qnum = code;
        return true;
    }
    if (codeset == VIR_KEYCODE_SET_LINUX && code && (code <= 83 || (code >= 86 && code <= 88))) {
        *qnum = code;
        return true;
    }
    for (size_t i = 0; codeset == VIR_KEYCODE_SET_LINUX && i < VR_COUNT(extended_keys); i++) {
        if (extended_keys[i].linux_code == code) {
            *qnum = extended_keys[i].qnum;
            return true;
        }
    }
    return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot translate keycode %u of %s codeset to qnum keycode"), code,
                   names[codeset]);
}

VR_SUSPENDS static bool send_key(struct vr_call *call, const struct vr_domain_send_key_args *in, struct vr_void *out,
                                 struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    if (!dom)
        return false;
    VR_AUTO(vr_json) *keys = vr_json_array();
    for (uint32_t i = 0; i < in->keycodes_count; i++) {
        unsigned qnum = 0;
        if (!key_number(in->codeset, in->keycodes[i], &qnum, vr_domain_is_active(dom) ? err : NULL)) {
            if (!vr_domain_is_active(dom))
                break; /* that it does not run is told first */
            return false;
        }
        struct vr_json *key = vr_json_object();
        vr_json_add_str(key, "type", "number");
        vr_json_add_uint(key, "data", qnum);
        vr_json_append(keys, key);
    }
    VR_AUTO(vr_job) *job = vr_rows_job_running(call, dom, VR_JOB_MODIFY, err);
    struct vr_monitor *mon = job ? vr_process_monitor(dom, err) : NULL;
    if (!mon)
        return false;
    struct vr_json *args = vr_json_object();
    vr_json_add(args, "keys", vr_take(keys));
    if (in->holdtime)
        vr_json_add_uint(args, "hold-time", in->holdtime);
    return vr_monitor_call(mon, VR_QMP_MODIFY, "send-key", args, NULL, vr_after(VR_SPAN_MODIFY), err);
}

const struct vr_driver_row vr_rows_monitor[] = {
    VR_ROW(qemu_domain_monitor_command, monitor_command, VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP),
    VR_ROW(domain_inject_nmi, inject_nmi, 0),
    VR_ROW(domain_pm_wakeup, pm_wakeup, 0),
    VR_ROW(domain_send_key, send_key, 0),
    { 0 },
};
