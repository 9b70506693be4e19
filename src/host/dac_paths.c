/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which paths a guest is to own: what its QEMU opens itself. */
#define VR_ERROR_DOMAIN VIR_FROM_SECURITY
#include <stdio.h>
#include <sys/stat.h>
#include "base/str.h"
#include "dac.h"
#include "model/domain.h"
#include "user.h"

#define MAX_CHAIN 256

struct collect {
    struct vr_dac_user user;
    struct vr_dac_list *out;
    struct vr_error **err;
};

/* The label of `model='dac'` on a source, or NULL. */
static const struct vr_seclabel *dac_label(struct vr_seclabel *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i]->model && vr_streq(v[i]->model, "dac"))
            return v[i];
    return NULL;
}

/* Whose a source becomes: the guest's user, its own label, or (false in *wanted) nobody new. */
static bool owner_of(struct collect *c, const struct vr_seclabel *label, uid_t *uid, gid_t *gid, bool *wanted)
{
    *uid = c->user.uid;
    *gid = c->user.gid;
    *wanted = !label || label->relabel != VR_TRI_NO;
    if (*wanted && label && label->label)
        return vr_label_parse(label->label, uid, gid, c->err);
    return true;
}

static void add(struct collect *c, const char *path)
{
    vr_dac_add(c->out, path, c->user.uid, c->user.gid, c->user.remember, true);
}

static bool add_chain(struct collect *c, const struct vr_storage_source *src, bool shared)
{
    int depth = 0;
    for (const struct vr_storage_source *s = src; s && depth < MAX_CHAIN; s = s->backing, depth++) {
        if ((s->type != VR_STORAGE_FILE && s->type != VR_STORAGE_BLOCK) || s->fdgroup) /* opened by who gave it */
            continue;
        uid_t uid;
        gid_t gid;
        bool wanted, own = s == src && !shared;
        if (!owner_of(c, dac_label(s->seclabels.v, s->seclabels.n), &uid, &gid, &wanted))
            return false;
        /* Images below the top, and shared ones, may be other guests' too: nobody knows when the last has ended. */
        if (wanted)
            vr_dac_add(c->out, s->path, uid, gid, own && c->user.remember, own);
    }
    return true;
}

static bool add_chardev(struct collect *c, const struct vr_chr_source *chr)
{
    uid_t uid;
    gid_t gid;
    bool wanted;
    struct stat st;
    if (!owner_of(c, dac_label(chr->seclabels.v, chr->seclabels.n), &uid, &gid, &wanted))
        return false;
    if (!wanted)
        return true;
    if (chr->type == VR_CHR_DEV)
        vr_dac_add(c->out, chr->path, uid, gid, c->user.remember, true);
    else if (chr->type == VR_CHR_FILE && chr->path && lstat(chr->path, &st) == 0)
        vr_dac_add(c->out, chr->path, uid, gid, c->user.remember, true); /* one that is yet to be made has no owner */
    else if (chr->type == VR_CHR_PIPE && chr->path)
        vr_dac_add(c->out, chr->path, uid, gid, c->user.remember, true);
    else if (chr->type == VR_CHR_UNIX && chr->mode == VR_CHR_SOURCE_CONNECT && chr->path)
        return true; /* the socket is another program's, which decides who may connect */
    return true;
}

static bool add_disks(struct collect *c, const struct vr_domain_def *def)
{
    for (size_t i = 0; i < def->disks.n; i++) {
        const struct vr_disk *disk = def->disks.v[i];
        if (!add_chain(c, disk->src, disk->readonly || disk->shareable || disk->device == VR_DISK_CDROM))
            return false;
    }
    return true;
}

static bool add_chardevs(struct collect *c, const struct vr_domain_def *def)
{
    const struct {
        struct vr_chr **v;
        size_t n;
    } lists[] = { { def->serials.v, def->serials.n },
                  { def->parallels.v, def->parallels.n },
                  { def->channels.v, def->channels.n },
                  { def->consoles.v, def->consoles.n } };
    for (size_t l = 0; l < VR_COUNT(lists); l++)
        for (size_t i = 0; i < lists[l].n; i++)
            if (!add_chardev(c, &lists[l].v[i]->src))
                return false;
    for (size_t i = 0; i < def->redirdevs.n; i++)
        if (!add_chardev(c, &def->redirdevs.v[i]->src))
            return false;
    for (size_t i = 0; i < def->rngs.n; i++)
        if (def->rngs.v[i]->chardev && !add_chardev(c, def->rngs.v[i]->chardev))
            return false;
    return true;
}

/* Nodes that a guest alone opens; a SCSI device that others share keeps its owner. */
static void add_hostdev(struct collect *c, const struct vr_hostdev *h)
{
    char usb[32];
    if (h->mode == VR_HOSTDEV_MODE_SUBSYS && h->type == VR_HOSTDEV_USB && h->missing != VR_TRI_YES && h->usb_device) {
        snprintf(usb, sizeof(usb), "/dev/bus/usb/%03u/%03u", h->usb_bus, h->usb_device);
        add(c, usb);
    } else if (h->host_node && !h->shareable) {
        add(c, h->host_node);
    }
}

static void add_devices(struct collect *c, const struct vr_domain_def *def)
{
    for (size_t i = 0; i < def->inputs.n; i++)
        if (def->inputs.v[i]->type == VR_INPUT_PASSTHROUGH || def->inputs.v[i]->type == VR_INPUT_EVDEV)
            add(c, def->inputs.v[i]->evdev);
    for (size_t i = 0; i < def->memories.n; i++)
        if (def->memories.v[i]->model == VR_MEMORY_NVDIMM || def->memories.v[i]->model == VR_MEMORY_VIRTIO_PMEM)
            add(c, def->memories.v[i]->path);
    for (size_t i = 0; i < def->tpms.n; i++)
        if (def->tpms.v[i]->backend == VR_TPM_BACKEND_PASSTHROUGH)
            add(c, def->tpms.v[i]->device_path);
    if (def->os.nvram && def->os.nvram->type == VR_STORAGE_FILE)
        add(c, def->os.nvram->path);
    add(c, def->os.kernel);
    add(c, def->os.initrd);
    add(c, def->os.dtb);
    for (size_t i = 0; i < def->os.acpi_tables.n; i++)
        add(c, def->os.acpi_tables.v[i]->path);
    for (size_t i = 0; i < def->sysinfos.n; i++)
        for (size_t k = 0; k < def->sysinfos.v[i]->fwcfg.n; k++)
            add(c, def->sysinfos.v[i]->fwcfg.v[k]->file);
    for (size_t i = 0; i < def->hostdevs.n; i++)
        add_hostdev(c, def->hostdevs.v[i]);
}

bool vr_dac_of_domain(const struct vr_domain_def *def, const struct vr_dac_user *user, struct vr_dac_list *out,
                      struct vr_error **err)
{
    struct collect c = { *user, out, err };
    const struct vr_seclabel *label = dac_label(def->seclabels.v, def->seclabels.n);
    if (label && (label->relabel == VR_TRI_NO || (label->type && vr_streq(label->type, "none"))))
        return true;
    if (label && label->label && !vr_label_parse(label->label, &c.user.uid, &c.user.gid, err))
        return false;
    if (!add_disks(&c, def) || !add_chardevs(&c, def))
        return false;
    add_devices(&c, def);
    return true;
}

bool vr_dac_of_disk(const struct vr_disk *disk, const struct vr_dac_user *user, struct vr_dac_list *out,
                    struct vr_error **err)
{
    struct collect c = { *user, out, err };
    return add_chain(&c, disk->src, disk->readonly || disk->shareable || disk->device == VR_DISK_CDROM);
}
