/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_FIREWALL
#define VR_LOG_SOURCE "host.nft"
#include "nft.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "loop/child.h"
#include "loop/loop.h"

static struct vr_lock lock;

static const char *program(void)
{
    static const char *const places[] = { "/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/usr/local/sbin/nft" };
    for (size_t i = 0; i < VR_COUNT(places); i++)
        if (access(places[i], X_OK) == 0)
            return places[i];
    return NULL;
}

VR_SUSPENDS bool vr_nft_run(struct vr_json *commands, vr_time deadline, struct vr_error **err)
{
    VR_AUTO(vr_json) *document = vr_json_object();
    vr_json_add(document, "nftables", commands);
    const char *nft = program();
    if (!nft)
        return vr_fail(err, VIR_ERR_NO_SUPPORT, "%s", _("the program 'nft' is not installed (package nftables)"));
    vr_autofree char *text = vr_json_print(document);
    if (!vr_lock_take(&lock, deadline, err))
        return false;
    const char *const argv[] = { nft, "-j", "-f", "-", NULL };
    const struct vr_child child = { .argv = argv, .input = text, .input_len = strlen(text), .deadline = deadline };
    vr_autochild struct vr_child_result result = { 0 };
    bool ok = vr_child_run_ok(&child, &result, err);
    vr_lock_release(&lock);
    vr_debug("%s: %s", ok ? "applied" : "failed", text);
    return ok || vr_error_prefix(err, "%s", _("Failed to apply firewall rules: "));
}

/* ---- commands ------------------------------------------------------------------------------------------------------ */

void vr_nft_command(struct vr_json *commands, const char *verb, const char *kind, struct vr_json *object)
{
    struct vr_json *command = vr_json_object(), *inner = vr_json_object();
    vr_json_add(inner, kind, object);
    vr_json_add(command, verb, inner);
    vr_json_append(commands, command);
}

struct vr_json *vr_nft_object(const char *family, const char *table, const char *name)
{
    struct vr_json *o = vr_json_object();
    vr_json_add_str(o, "family", family);
    vr_json_add_str(o, "table", table);
    vr_json_add_str(o, "name", name);
    return o;
}

void vr_nft_base_chain(struct vr_json *commands, const char *family, const char *table, const char *name, const char *type,
                       const char *hook, int priority)
{
    struct vr_json *chain = vr_nft_object(family, table, name);
    vr_json_add_str(chain, "type", type);
    vr_json_add_str(chain, "hook", hook);
    vr_json_add_int(chain, "prio", priority);
    vr_json_add_str(chain, "policy", "accept");
    vr_nft_command(commands, "add", "chain", chain);
}

void vr_nft_rule(struct vr_json *commands, const char *verb, const char *family, const char *table, const char *chain,
                 struct vr_json *expr, const char *comment)
{
    struct vr_json *rule = vr_json_object();
    vr_json_add_str(rule, "family", family);
    vr_json_add_str(rule, "table", table);
    vr_json_add_str(rule, "chain", chain);
    vr_json_add_str(rule, "comment", comment);
    vr_json_add(rule, "expr", expr);
    vr_nft_command(commands, verb, "rule", rule);
}

/* ---- statements ---------------------------------------------------------------------------------------------------- */

static void add_match(struct vr_json *expr, struct vr_json *left, const char *op, struct vr_json *right)
{
    struct vr_json *match = vr_json_object(), *statement = vr_json_object();
    vr_json_add_str(match, "op", op);
    vr_json_add(match, "left", left);
    vr_json_add(match, "right", right);
    vr_json_add(statement, "match", match);
    vr_json_append(expr, statement);
}

static struct vr_json *meta(const char *key)
{
    struct vr_json *inner = vr_json_object(), *outer = vr_json_object();
    vr_json_add_str(inner, "key", key);
    vr_json_add(outer, "meta", inner);
    return outer;
}

static struct vr_json *payload(const char *protocol, const char *field)
{
    struct vr_json *inner = vr_json_object(), *outer = vr_json_object();
    vr_json_add_str(inner, "protocol", protocol);
    vr_json_add_str(inner, "field", field);
    vr_json_add(outer, "payload", inner);
    return outer;
}

void vr_nft_meta(struct vr_json *expr, const char *key, const char *op, const char *text)
{
    add_match(expr, meta(key), op, vr_json_str(text));
}

void vr_nft_address(struct vr_json *expr, const char *protocol, const char *field, const char *op, const char *address,
                    unsigned prefix, unsigned whole)
{
    struct vr_json *right = vr_json_str(address);
    if (prefix < whole) {
        struct vr_json *inner = vr_json_object();
        vr_json_add(inner, "addr", right);
        vr_json_add_uint(inner, "len", prefix);
        right = vr_json_add(vr_json_object(), "prefix", inner);
    }
    add_match(expr, payload(protocol, field), op, right);
}

void vr_nft_port(struct vr_json *expr, const char *protocol, const char *field, unsigned port)
{
    add_match(expr, payload(protocol, field), "==", vr_json_uint(port));
}

void vr_nft_established(struct vr_json *expr)
{
    struct vr_json *key = vr_json_add_str(vr_json_object(), "key", "state"), *states = vr_json_array();
    vr_json_append(states, vr_json_str("established"));
    vr_json_append(states, vr_json_str("related"));
    add_match(expr, vr_json_add(vr_json_object(), "ct", key), "in", states);
}

void vr_nft_plain(struct vr_json *expr, const char *verdict)
{
    vr_json_append(expr, vr_json_add(vr_json_object(), verdict, vr_json_null()));
}

void vr_nft_reject(struct vr_json *expr)
{
    struct vr_json *how = vr_json_object();
    vr_json_add_str(how, "type", "icmpx");
    vr_json_add_str(how, "expr", "port-unreachable");
    vr_nft_plain(expr, "counter");
    vr_json_append(expr, vr_json_add(vr_json_object(), "reject", how));
}

void vr_nft_vmap(struct vr_json *expr, const char *meta_key, const char *map)
{
    struct vr_json *v = vr_json_object();
    vr_json_add(v, "key", meta(meta_key));
    vr_json_add_strf(v, "data", "@%s", map);
    vr_json_append(expr, vr_json_add(vr_json_object(), "vmap", v));
}
