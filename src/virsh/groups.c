/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which commands stand in which group, in the order help shows them. */
#include "virsh.h"

extern const struct vr_command vr_cmd_attach_device, vr_cmd_attach_disk, vr_cmd_attach_interface, vr_cmd_autostart,
    vr_cmd_blkdeviotune, vr_cmd_blkiotune, vr_cmd_blockcommit, vr_cmd_blockcopy, vr_cmd_blockjob, vr_cmd_blockpull,
    vr_cmd_blockresize, vr_cmd_change_media, vr_cmd_console, vr_cmd_cpu_stats, vr_cmd_create, vr_cmd_define,
    vr_cmd_desc, vr_cmd_destroy, vr_cmd_detach_device, vr_cmd_detach_device_alias, vr_cmd_detach_disk,
    vr_cmd_detach_interface, vr_cmd_domdisplay, vr_cmd_domfsfreeze, vr_cmd_domfsthaw, vr_cmd_domfsinfo,
    vr_cmd_domfstrim, vr_cmd_domhostname, vr_cmd_domid, vr_cmd_domif_setlink, vr_cmd_domiftune, vr_cmd_domjobabort,
    vr_cmd_domjobinfo, vr_cmd_domlaunchsecinfo, vr_cmd_domsetlaunchsecstate, vr_cmd_domname, vr_cmd_domrename,
    vr_cmd_dompmsuspend, vr_cmd_dompmwakeup, vr_cmd_domuuid, vr_cmd_domxml_from_native, vr_cmd_domxml_to_native,
    vr_cmd_dump, vr_cmd_dumpxml, vr_cmd_edit, vr_cmd_get_user_sshkeys, vr_cmd_inject_nmi, vr_cmd_iothreadinfo,
    vr_cmd_iothreadpin, vr_cmd_iothreadadd, vr_cmd_iothreadset, vr_cmd_iothreaddel, vr_cmd_send_key,
    vr_cmd_send_process_signal, vr_cmd_lxc_enter_namespace, vr_cmd_managedsave, vr_cmd_managedsave_remove,
    vr_cmd_managedsave_edit, vr_cmd_managedsave_dumpxml, vr_cmd_managedsave_define, vr_cmd_memtune, vr_cmd_perf,
    vr_cmd_metadata, vr_cmd_migrate, vr_cmd_migrate_setmaxdowntime, vr_cmd_migrate_getmaxdowntime,
    vr_cmd_migrate_compcache, vr_cmd_migrate_setspeed, vr_cmd_migrate_getspeed, vr_cmd_migrate_postcopy,
    vr_cmd_numatune, vr_cmd_qemu_attach, vr_cmd_qemu_monitor_command, vr_cmd_qemu_monitor_event,
    vr_cmd_qemu_agent_command, vr_cmd_guest_agent_timeout, vr_cmd_reboot, vr_cmd_reset, vr_cmd_restore,
    vr_cmd_resume, vr_cmd_save, vr_cmd_save_image_define, vr_cmd_save_image_dumpxml, vr_cmd_save_image_edit,
    vr_cmd_schedinfo, vr_cmd_screenshot, vr_cmd_set_lifecycle_action, vr_cmd_set_user_sshkeys,
    vr_cmd_set_user_password, vr_cmd_setmaxmem, vr_cmd_setmem, vr_cmd_setvcpus, vr_cmd_shutdown, vr_cmd_start,
    vr_cmd_suspend, vr_cmd_ttyconsole, vr_cmd_undefine, vr_cmd_update_device, vr_cmd_update_memory_device,
    vr_cmd_vcpucount, vr_cmd_vcpuinfo, vr_cmd_vcpupin, vr_cmd_emulatorpin, vr_cmd_vncdisplay, vr_cmd_guestvcpus,
    vr_cmd_setvcpu, vr_cmd_domblkthreshold, vr_cmd_guestinfo, vr_cmd_domdirtyrate_calc, vr_cmd_dom_fd_associate;
extern const struct vr_command vr_cmd_domblkerror, vr_cmd_domblkinfo, vr_cmd_domblklist, vr_cmd_domblkstat,
    vr_cmd_domcontrol, vr_cmd_domif_getlink, vr_cmd_domifaddr, vr_cmd_domiflist, vr_cmd_domifstat, vr_cmd_dominfo,
    vr_cmd_dommemstat, vr_cmd_domstate, vr_cmd_domstats, vr_cmd_domtime, vr_cmd_list, vr_cmd_jobs;
extern const struct vr_command vr_cmd_event;

const struct vr_command *const vr_domain_commands[] = {
    &vr_cmd_attach_device, &vr_cmd_attach_disk, &vr_cmd_attach_interface, &vr_cmd_autostart, &vr_cmd_blkdeviotune,
    &vr_cmd_blkiotune, &vr_cmd_blockcommit, &vr_cmd_blockcopy, &vr_cmd_blockjob, &vr_cmd_blockpull,
    &vr_cmd_blockresize, &vr_cmd_change_media, &vr_cmd_console, &vr_cmd_cpu_stats, &vr_cmd_create, &vr_cmd_define,
    &vr_cmd_desc, &vr_cmd_destroy, &vr_cmd_detach_device, &vr_cmd_detach_device_alias, &vr_cmd_detach_disk,
    &vr_cmd_detach_interface, &vr_cmd_domdisplay, &vr_cmd_domfsfreeze, &vr_cmd_domfsthaw, &vr_cmd_domfsinfo,
    &vr_cmd_domfstrim, &vr_cmd_domhostname, &vr_cmd_domid, &vr_cmd_domif_setlink, &vr_cmd_domiftune,
    &vr_cmd_domjobabort, &vr_cmd_domjobinfo, &vr_cmd_domlaunchsecinfo, &vr_cmd_domsetlaunchsecstate, &vr_cmd_domname,
    &vr_cmd_domrename, &vr_cmd_dompmsuspend, &vr_cmd_dompmwakeup, &vr_cmd_domuuid, &vr_cmd_domxml_from_native,
    &vr_cmd_domxml_to_native, &vr_cmd_dump, &vr_cmd_dumpxml, &vr_cmd_edit, &vr_cmd_get_user_sshkeys,
    &vr_cmd_inject_nmi, &vr_cmd_iothreadinfo, &vr_cmd_iothreadpin, &vr_cmd_iothreadadd, &vr_cmd_iothreadset,
    &vr_cmd_iothreaddel, &vr_cmd_send_key, &vr_cmd_send_process_signal, &vr_cmd_lxc_enter_namespace,
    &vr_cmd_managedsave, &vr_cmd_managedsave_remove, &vr_cmd_managedsave_edit, &vr_cmd_managedsave_dumpxml,
    &vr_cmd_managedsave_define, &vr_cmd_memtune, &vr_cmd_perf, &vr_cmd_metadata, &vr_cmd_migrate,
    &vr_cmd_migrate_setmaxdowntime, &vr_cmd_migrate_getmaxdowntime, &vr_cmd_migrate_compcache,
    &vr_cmd_migrate_setspeed, &vr_cmd_migrate_getspeed, &vr_cmd_migrate_postcopy, &vr_cmd_numatune,
    &vr_cmd_qemu_attach, &vr_cmd_qemu_monitor_command, &vr_cmd_qemu_monitor_event, &vr_cmd_qemu_agent_command,
    &vr_cmd_guest_agent_timeout, &vr_cmd_reboot, &vr_cmd_reset, &vr_cmd_restore, &vr_cmd_resume, &vr_cmd_save,
    &vr_cmd_save_image_define, &vr_cmd_save_image_dumpxml, &vr_cmd_save_image_edit, &vr_cmd_schedinfo,
    &vr_cmd_screenshot, &vr_cmd_set_lifecycle_action, &vr_cmd_set_user_sshkeys, &vr_cmd_set_user_password,
    &vr_cmd_setmaxmem, &vr_cmd_setmem, &vr_cmd_setvcpus, &vr_cmd_shutdown, &vr_cmd_start, &vr_cmd_suspend,
    &vr_cmd_ttyconsole, &vr_cmd_undefine, &vr_cmd_update_device, &vr_cmd_update_memory_device, &vr_cmd_vcpucount,
    &vr_cmd_vcpuinfo, &vr_cmd_vcpupin, &vr_cmd_emulatorpin, &vr_cmd_vncdisplay, &vr_cmd_guestvcpus, &vr_cmd_setvcpu,
    &vr_cmd_domblkthreshold, &vr_cmd_guestinfo, &vr_cmd_domdirtyrate_calc, &vr_cmd_dom_fd_associate, NULL,
};

const struct vr_command *const vr_monitor_commands[] = {
    &vr_cmd_domblkerror, &vr_cmd_domblkinfo, &vr_cmd_domblklist, &vr_cmd_domblkstat, &vr_cmd_domcontrol,
    &vr_cmd_domif_getlink, &vr_cmd_domifaddr, &vr_cmd_domiflist, &vr_cmd_domifstat, &vr_cmd_dominfo,
    &vr_cmd_dommemstat, &vr_cmd_domstate, &vr_cmd_domstats, &vr_cmd_domtime, &vr_cmd_list, &vr_cmd_jobs, NULL,
};

const struct vr_command *const vr_event_commands[] = {
    &vr_cmd_event, NULL,
};
