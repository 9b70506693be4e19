/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#define VR_LOG_SOURCE "qemu.domain"
/*
 * A guest's configuration in memory. A parsed one takes some ten times the room of its packed text, and of ten thousand
 * guests few are looked at: the last ones used are parsed, the others are packed text.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/log.h"
#include "brief.h"
#include "definition.h"
#include "domain.h"
#include "driver/pack.h"
#include "loop/loop.h"

#define PARSED_MAX 64

static struct {
    struct vr_domain *last, *first; /* used last; used longest ago */
    size_t count;
} parsed;

static void forget_use(struct vr_domain *dom)
{
    *(dom->used_before ? &dom->used_before->used_after : &parsed.first) = dom->used_after;
    *(dom->used_after ? &dom->used_after->used_before : &parsed.last) = dom->used_before;
    dom->used_before = dom->used_after = NULL;
    parsed.count--;
}

static void note_use(struct vr_domain *dom)
{
    dom->used_before = parsed.last;
    *(parsed.last ? &parsed.last->used_after : &parsed.first) = dom;
    parsed.last = dom;
    parsed.count++;
}

static void pack(struct vr_domain *dom)
{
    if (!dom->config_packed && dom->config_text)
        dom->config_packed = vr_pack(dom->config_text, strlen(dom->config_text));
    free(vr_take(dom->config_text));
}

/* Who holds a job may hold its configuration as well. */
static bool may_be_in_use(const struct vr_domain *dom)
{
    return dom->jobs.active || dom->jobs.agent || dom->jobs.async != VR_JOB_NONE;
}

static void drop_oldest(void)
{
    struct vr_domain *dom = parsed.first;
    while (parsed.count > PARSED_MAX && dom) {
        struct vr_domain *next = dom->used_after;
        if (!may_be_in_use(dom)) {
            if (!dom->config_packed && !dom->config_text)
                dom->config_text = vr_domain_format(dom->config, VR_DOMAIN_INACTIVE | VR_DOMAIN_SECURE);
            pack(dom);
            if (!dom->config_brief)
                dom->config_brief = vr_brief_new(dom->config);
            forget_use(dom);
            vr_domain_def_free(vr_take(dom->config));
        }
        dom = next;
    }
}

static void clear(struct vr_domain *dom)
{
    if (dom->config)
        forget_use(dom);
    vr_domain_def_free(vr_take(dom->config));
    free(vr_take(dom->config_text));
    free(vr_take(dom->config_packed));
    free(vr_take(dom->config_brief));
    vr_error_free(vr_take(dom->config_error));
}

static void set_parsed(struct vr_domain *dom, struct vr_domain_def *def)
{
    dom->config = def;
    note_use(dom);
    drop_oldest();
}

struct vr_domain_def *vr_domain_config(struct vr_domain *dom, struct vr_error **err)
{
    if (dom->config) {
        forget_use(dom);
        note_use(dom);
        return dom->config;
    }
    if (!dom->persistent) {
        vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("transient domains do not have any persistent config"));
        return NULL;
    }
    if (!dom->config_error && (dom->config_text || dom->config_packed)) {
        vr_autofree char *unpacked = dom->config_text ? NULL : vr_unpack(dom->config_packed);
        struct vr_domain_def *def = vr_definition_load(unpacked ? unpacked : dom->config_text, &dom->config_error);
        if (def) {
            set_parsed(dom, def);
            return def;
        }
        vr_error_prefix(&dom->config_error, _("configuration of domain '%s': "), dom->name);
        vr_logerr("%s", vr_error_text(dom->config_error));
    }
    struct vr_error *copy = vr_error_copy(dom->config_error);
    vr_error_move(err, &copy);
    return NULL;
}

void vr_domain_set_config(struct vr_domain *dom, struct vr_domain_def *def)
{
    clear(dom);
    if (def)
        set_parsed(dom, def);
}

void vr_domain_set_config_text(struct vr_domain *dom, char *text)
{
    clear(dom);
    dom->config_text = text;
}

char *vr_domain_config_text(struct vr_domain *dom)
{
    if (dom->config_text)
        return vr_strdup(dom->config_text);
    if (dom->config_packed)
        return vr_unpack(dom->config_packed);
    return dom->config ? vr_domain_format(dom->config, VR_DOMAIN_INACTIVE | VR_DOMAIN_SECURE) : NULL;
}

VR_SUSPENDS void vr_domain_pack_all(struct vr_domain_list *list)
{
    const size_t at_a_time = 16; /* half a millisecond */
    VR_AUTO_DOMAINS all = vr_domain_list_all(list);
    for (size_t i = 0; i < all.n; i++) {
        pack(all.v[i]);
        if (i % at_a_time == at_a_time - 1)
            vr_yield();
    }
    vr_pack_done();
    if (all.n > PARSED_MAX)
        malloc_trim(0); /* the texts lay among what stays: given back by the page only when asked for */
}
