#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The public functions and the procedures behind them -> the client library's entry points.

generate_client.py OUTDIR EXCEPTIONS CONSTANTS PUBLIC.api... -- WIRE.api...

A function is generated when its parameters say, in order, what the procedure's arguments and results say. The rest is
written by hand and stands in EXCEPTIONS with the reason; a function that is neither ends the build, and so does an
exception that could be generated.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
import notation
import public_notation

INTEGERS = {"int", "unsigned int", "long", "unsigned long", "long long", "unsigned long long", "size_t"}
WIRE_INTEGERS = {"i32", "u32", "i64", "u64", "char", "uchar", "short", "ushort"}


class Kind:
    """An object: its C pointer type, handle kind, wire struct and the functions that convert it."""

    def __init__(self, pointer, handle, wire, stem, domain):
        self.pointer, self.handle, self.wire, self.stem, self.domain = pointer, handle, wire, stem, domain


KINDS = {k.pointer: k for k in (
    Kind("virDomainPtr", "DOMAIN", "nonnull_domain", "domain", "DOMAIN"),
    Kind("virNetworkPtr", "NETWORK", "nonnull_network", "network", "NETWORK"),
    Kind("virNetworkPortPtr", "PORT", "nonnull_network_port", "network_port", "NETWORK"),
    Kind("virStoragePoolPtr", "POOL", "nonnull_storage_pool", "storage_pool", "STORAGE"),
    Kind("virStorageVolPtr", "VOL", "nonnull_storage_vol", "storage_vol", "STORAGE"),
    Kind("virNodeDevicePtr", "NODEDEV", "nonnull_node_device", "node_device", "NODEDEV"),
    Kind("virSecretPtr", "SECRET", "nonnull_secret", "secret", "SECRET"),
    Kind("virNWFilterPtr", "NWFILTER", "nonnull_nwfilter", "nwfilter", "NWFILTER"),
    Kind("virNWFilterBindingPtr", "BINDING", "nonnull_nwfilter_binding", "nwfilter_binding", "NWFILTER"),
    Kind("virInterfacePtr", "INTERFACE", "nonnull_interface", "interface", "INTERFACE"),
    Kind("virDomainSnapshotPtr", "SNAPSHOT", "nonnull_domain_snapshot", "domain_snapshot", "DOMAIN_SNAPSHOT"),
    Kind("virDomainCheckpointPtr", "CHECKPOINT", "nonnull_domain_checkpoint", "domain_checkpoint", "DOMAIN_CHECKPOINT"),
    Kind("virAdmServerPtr", "SERVER", "admin_nonnull_server", "server", "ADMIN"),
    Kind("virAdmClientPtr", "CLIENT", "admin_nonnull_client", "client", "ADMIN"),
)}
CONNECTS = {"virConnectPtr": "vr_begin_connect", "virAdmConnectPtr": "vr_begin_admin"}
HEADER_DOMAIN = {"libvirt-domain.h": "DOMAIN", "libvirt-host.h": "DOMAIN", "libvirt-network.h": "NETWORK",
                 "libvirt-storage.h": "STORAGE",
                 "libvirt-nodedev.h": "NODEDEV", "libvirt-secret.h": "SECRET", "libvirt-nwfilter.h": "NWFILTER",
                 "libvirt-interface.h": "INTERFACE", "libvirt-domain-snapshot.h": "DOMAIN_SNAPSHOT",
                 "libvirt-domain-checkpoint.h": "DOMAIN_CHECKPOINT", "libvirt-qemu.h": "NONE",
                 "libvirt-lxc.h": "DOMAIN", "libvirt-admin.h": "ADMIN"}

# Answered from the handle itself: function ending -> (what the function returns for it, on failure)
LOCAL = {
    "virDomainGetName": "name", "virNetworkGetName": "name", "virStoragePoolGetName": "name",
    "virStorageVolGetName": "name", "virStorageVolGetKey": "third", "virNodeDeviceGetName": "name",
    "virNWFilterGetName": "name", "virInterfaceGetName": "name", "virInterfaceGetMACString": "second",
    "virDomainSnapshotGetName": "name", "virDomainCheckpointGetName": "name", "virSecretGetUsageID": "name",
    "virSecretGetUsageType": "id", "virNWFilterBindingGetPortDev": "name", "virNWFilterBindingGetFilterName": "second",
    "virAdmServerGetName": "name", "virAdmClientGetID": "number", "virAdmClientGetTimestamp": "timestamp",
    "virAdmClientGetTransport": "id", "virDomainSnapshotGetDomain": "parent", "virDomainCheckpointGetDomain": "parent",
    "virNetworkPortGetNetwork": "parent",
}
# Servers that know string parameters send them only when asked to.
STRINGS = {"virDomainGetMemoryParameters", "virDomainGetNumaParameters", "virDomainGetBlkioParameters",
           "virDomainGetSchedulerParametersFlags", "virDomainBlockStatsFlags", "virDomainGetInterfaceParameters",
           "virDomainGetBlockIoTune", "virNodeGetMemoryParameters", "virNodeGetSEVInfo",
           "virDomainGetLaunchSecurityInfo"}
# After these the guest has no id.
STOPS = {"virDomainDestroy", "virDomainDestroyFlags", "virDomainSave", "virDomainSaveFlags", "virDomainSaveParams",
         "virDomainManagedSave"}


class Cannot(Exception):
    """The description does not say how."""


def snake(name):
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


MUST = {"not-zero": ("!= 0", "must not be zero"), "zero-or-greater": (">= 0", "must be zero or greater"),
        "greater-than-zero": ("> 0", "must be greater than zero")}


def rules(f):
    """Conditions in C for what the description of a function forbids."""
    out = []
    for word, *given in f.rules:
        p = given[0]
        shown = f.called.get(p, p)
        if word in MUST:
            holds, text = MUST[word]
            out.append(f'({p} {holds} || vr_bad_arg(&c, "{shown}", "{shown} in %s {text}", c.function))')
        elif word == "not-empty":
            out.append(f'(!{p} || *{p} || vr_bad_arg(&c, "{shown}", "string {shown} in %s must not be empty", c.function))')
        elif word == "not-null":
            out.append(f'vr_arg(&c, {p}, "{shown}")')
        elif word == "null":
            _, _, other, value = given
            out.append(f'({other} == {value} || !{p} || vr_bad_arg(&c, "{shown}", "{shown} in %s must be NULL", c.function))')
        elif word == "below-kib":
            out.append(f"vr_below_kib(&c, {p})")
        else:
            a, b = given
            out.append(f'vr_{word}(&c, flags, {a}, "{a}", {b}, "{b}")')
    return out


class Entry:
    """Builds one function."""

    def __init__(self, f, call, structs):
        self.f, self.call, self.structs = f, call, structs
        self.args = list(call.args.fields) if call.args else []
        self.ret = list(call.ret.fields) if call.ret else []
        self.params = list(f.params)
        self.checks, self.sets, self.outs, self.deferred = [], [], [], []
        self.result = None
        self.stream = None

    # -- taking what comes next --
    def arg(self):
        if not self.args:
            raise Cannot("more parameters than arguments")
        return self.args[0]

    def take_arg(self):
        return self.args.pop(0)

    def take_ret(self):
        if not self.ret:
            raise Cannot("more results wanted than there are")
        return self.ret.pop(0)

    def pop(self):
        return self.params.pop(0)

    def check(self, text):
        self.checks.append(text)

    def shown(self, name):
        return self.f.called.get(name, name)

    def nonnull(self, p):
        self.check(f'vr_arg(&c, {p.name}, "{self.shown(p.name)}")')

    # -- the object in front --
    def receiver(self):
        p = self.pop()
        self.me = p
        if p.type in CONNECTS:
            self.check(f"{CONNECTS[p.type]}(&c, {p.name})")
            return
        if p.type not in KINDS:
            raise Cannot(f"no object: {p.type}")
        k = KINDS[p.type]
        self.check(f"vr_begin(&c, VR_HANDLE_{k.handle}, {p.name})")
        if self.args and self.args[0].base[0] == k.wire and self.args[0].shape == "one":
            self.sets.append(f"in.{self.take_arg().name} = vr_put_{k.stem}({p.name});")
        elif k.handle == "NODEDEV" and self.args and self.args[0].base[0] == "string":
            self.sets.append(f"in.{self.take_arg().name} = {p.name}->h.name;")
        else:
            raise Cannot("the object is not an argument")

    # -- parameters, by shape --
    def parameter(self):
        p = self.pop()
        nxt = self.params[0] if self.params else None
        t = p.type
        if t == "virStreamPtr":
            if not self.call.stream:
                raise Cannot("a stream of a call without one")
            self.stream = p.name
        elif t == "virTypedParameterPtr":
            self.typed(p, nxt)
        elif t == "virTypedParameterPtr *" and nxt and nxt.type in ("int *", "unsigned int *"):
            self.typed_new(p, self.pop())
        elif t == "const char *":
            self.string(p)
        elif t == "const unsigned char *" and self.args and self.arg().base[0] == "uuid":
            self.nonnull(p)
            self.sets.append(f"memcpy(in.{self.take_arg().name}, {p.name}, 16);")
        elif t in ("unsigned char *", "const unsigned char *") and self.args and self.arg().base[0] == "bytes":
            self.bytes(p, self.pop())
        elif t in INTEGERS:
            self.integer(p)
        elif t == "const char **" and self.args and self.arg().base[0] == "string" and self.arg().shape == "counted":
            self.array(p, self.pop(), "(const char **)")
        elif t == "unsigned int *" and nxt and nxt.type == "int" and self.args and self.arg().shape == "counted":
            self.array(p, self.pop(), "")
        elif t in KINDS:
            self.other_object(p)
        elif t.endswith(" **") and t[:-3] in KINDS:
            self.list(p, KINDS[t[:-3]])
        elif t in ("char **const", "char **") and nxt and nxt.type == "int" and self.args:
            self.names(p, self.pop())
        elif t == "int *" and nxt and nxt.type == "int" and self.args:
            self.ids(p, self.pop())
        elif t == "char ***":
            self.new_names(p)
        elif t == "char **" and self.ret and self.ret[0].base[0] == "string":
            self.nonnull(p)
            self.outs.append(f"*{p.name} = vr_strdup(out.{self.take_ret().name});")
        elif t.endswith("*") and t[:-1].strip() in INTEGERS:
            self.number_out(p)
        elif t.endswith("Ptr"):
            self.info(p, nxt)
        else:
            raise Cannot(f"no rule for {p.text}")

    def string(self, p):
        a = self.arg()
        if a.base[0] != "string" or a.shape == "counted":
            raise Cannot(f"{p.name} is no string on the wire")
        if a.shape == "one":
            self.nonnull(p)
        self.sets.append(f"in.{self.take_arg().name} = {p.name};")

    def integer(self, p):
        a = self.arg()
        if a.base[0] not in WIRE_INTEGERS or a.shape != "one":
            raise Cannot(f"{p.name} is no number on the wire")
        self.take_arg()
        if p.type in ("unsigned long", "unsigned long long", "size_t", "long long") and a.base[0] in ("u32", "i32"):
            self.check(f'vr_arg_there(&c, {p.name} <= UINT32_MAX, "{p.name}")')
        strings = " | vr_strings_okay(&c)" if p.name == "flags" and self.f.name in STRINGS else ""
        self.sets.append(f"in.{a.name} = {p.name}{strings};")

    def bytes(self, p, length):
        a = self.take_arg()
        self.nonnull(p)
        self.check(f"vr_within(&c, {length.name}, {a.limit}, \"{length.name}\")")
        self.sets.append(f"in.{a.name} = {p.name};")
        self.sets.append(f"in.{a.name}_len = (uint32_t){length.name};")

    def array(self, p, count, cast):
        a = self.take_arg()
        if count.type not in ("int", "unsigned int"):
            raise Cannot("an array without its length")
        self.check(f"vr_within(&c, {count.name}, {a.limit}, \"{count.name}\")")
        self.check(f'vr_arg_there(&c, {p.name} || !{count.name}, "{p.name}")')
        self.sets.append(f"in.{a.name} = {cast}{p.name};")
        self.sets.append(f"in.{a.name}_count = (uint32_t){count.name};")

    def other_object(self, p):
        k, a = KINDS[p.type], self.arg()
        if a.base[0] != k.wire or a.shape != "one":
            raise Cannot(f"{p.name} is no such object on the wire")
        self.check(f"vr_arg_handle(&c, VR_HANDLE_{k.handle}, {p.name})")
        self.sets.append(f"in.{self.take_arg().name} = vr_put_{k.stem}({p.name});")

    def typed(self, p, nxt):
        a = self.arg()
        if a.base[0] == "typed_param" and a.shape == "counted" and nxt and nxt.type in ("int", "unsigned int"):
            count = self.pop()
            self.take_arg()
            self.check(f"vr_put_params(&c, {p.name}, (int){count.name}, &in.{a.name}, &in.{a.name}_count)")
            return
        if not (a.name == "nparams" and nxt and nxt.type == "int *"):
            raise Cannot("typed parameters of another shape")
        count = self.pop()
        self.take_arg()
        self.nonnull(count)
        self.check(f'vr_arg_there(&c, *{count.name} >= 0 && ({p.name} || !*{count.name}), "{p.name}")')
        self.sets.append(f"in.nparams = *{count.name};")
        got = self.take_ret()
        if self.ret and self.ret[0].name == "nparams":
            self.take_ret()
            self.outs.append(f"if (*{count.name} == 0) {{")
            self.outs.append(f"    *{count.name} = out.nparams;")
            self.outs.append("} else {")
            self.outs.append(f"    ok = vr_fill_params(&c, out.{got.name}, out.{got.name}_count, {p.name}, "
                             f"*{count.name});")
            self.outs.append(f"    if (ok)\n                *{count.name} = (int)out.{got.name}_count;\n        }}")
        else:
            self.outs.append(f"ok = vr_fill_params(&c, out.{got.name}, out.{got.name}_count, {p.name}, *{count.name});")
            self.outs.append(f"if (ok)\n            *{count.name} = (int)out.{got.name}_count;")

    def typed_new(self, p, count):
        self.nonnull(p)
        self.nonnull(count)
        if self.args and self.args[0].name == "nparams":
            # A server of this protocol sends what fits in the number asked for.
            a = self.take_arg()
            self.sets.append(f"in.{a.name} = {self.ret[0].limit};")
        self.deferred.append((p, count))

    def typed_new_out(self, p, count):
        got = self.take_ret()
        if got.base[0] != "typed_param":
            raise Cannot("no typed parameters in the results")
        if self.ret and self.ret[0].name == "nparams":
            self.take_ret()
        self.outs.append(f"*{p.name} = vr_get_params(out.{got.name}, out.{got.name}_count);")
        self.outs.append(f"*{count.name} = out.{got.name}_count;")

    def list(self, p, k):
        a = self.take_arg()
        if a.name != "need_results":
            raise Cannot("a list without need_results")
        self.sets.append(f"in.need_results = {p.name} != NULL;")
        got, number = self.take_ret(), self.take_ret()
        if got.base[0] != k.wire or number.name != "ret":
            raise Cannot("the list's results are of another shape")
        self.outs.append(f"if ({p.name}) {{")
        self.outs.append(f"    *{p.name} = vr_list_new(out.{got.name}_count);")
        self.outs.append(f"    for (uint32_t i = 0; i < out.{got.name}_count; i++)")
        self.outs.append(f"        (*{p.name})[i] = vr_get_{k.stem}(c.conn, &out.{got.name}[i], {self.me.name});")
        self.outs.append("}")
        self.result = f"{p.name} ? (int)out.{got.name}_count : (int)out.ret"

    def names(self, p, room):
        a = self.take_arg()
        if a.base[0] != "i32":
            raise Cannot("names without their number")
        self.check(f'vr_arg_there(&c, {room.name} >= 0 && ({p.name} || !{room.name}), "{p.name}")')
        self.sets.append(f"in.{a.name} = {room.name};")
        got = self.take_ret()
        self.outs.append(f"ok = vr_fill_names(&c, out.{got.name}, out.{got.name}_count, (char **){p.name}, "
                         f"{room.name});")
        self.result = f"(int)out.{got.name}_count"

    def ids(self, p, room):
        a, got = self.take_arg(), self.take_ret()
        if got.base[0] != "i32" or got.shape != "counted":
            raise Cannot("no ids")
        self.check(f'vr_arg_there(&c, {room.name} >= 0 && ({p.name} || !{room.name}), "{p.name}")')
        self.sets.append(f"in.{a.name} = {room.name};")
        self.outs.append(f"ok = vr_within(&c, out.{got.name}_count, {room.name}, \"{room.name}\");")
        self.outs.append(f"if (ok && out.{got.name}_count)\n            "
                         f"memcpy({p.name}, out.{got.name}, out.{got.name}_count * sizeof(*{p.name}));")
        self.result = f"(int)out.{got.name}_count"

    def new_names(self, p):
        """char *** out: an array the caller frees."""
        if self.args and self.args[0].name == "need_results":
            self.take_arg()
            self.sets.append(f"in.need_results = {p.name} != NULL;")
            got = self.take_ret()
            self.take_ret()
            self.outs.append(f"if ({p.name})")
            self.outs.append(f"    *{p.name} = vr_copy_names(out.{got.name}, out.{got.name}_count);")
            self.result = f"{p.name} ? (int)out.{got.name}_count : (int)out.ret"
            return
        self.nonnull(p)
        got = self.take_ret()
        if got.base[0] != "string" or got.shape != "counted":
            raise Cannot("no names")
        self.outs.append(f"*{p.name} = vr_copy_names(out.{got.name}, out.{got.name}_count);")
        self.result = f"(int)out.{got.name}_count"

    def number_out(self, p):
        got = self.take_ret()
        if got.base[0] not in WIRE_INTEGERS or got.shape != "one":
            raise Cannot(f"{p.name} is no number on the wire")
        optional = self.f.name in ("virDomainGetState",) and p.name == "reason" or p.name == "nseconds"
        if optional:
            self.outs.append(f"if ({p.name})\n            *{p.name} = out.{got.name};")
        else:
            self.nonnull(p)
            self.outs.append(f"*{p.name} = out.{got.name};")

    def info(self, p, nxt):
        """A struct of the caller's that the results fill, member by member of the same name."""
        name, members = self.structs.get(p.type, (None, None))
        if not members:
            raise Cannot(f"unknown type {p.type}")
        sized = nxt is not None and nxt.type == "size_t"
        fields = {f.name: f for f in self.ret}
        lines = []
        for member_type, member, size in members:
            f = fields.pop(snake(member), None)
            if not f or not (f.shape == "one" and f.base[0] in WIRE_INTEGERS or f.shape == "fixed"):
                raise Cannot(f"{member} is not in the results")
            if size:
                lines.append(f"memcpy(filled.{member}, out.{f.name}, sizeof(out.{f.name}));")
            else:
                lines.append(f"filled.{member} = out.{f.name};")
        if fields:
            raise Cannot(f"results nobody takes: {', '.join(fields)}")
        self.ret = []
        self.nonnull(p)
        self.outs.append(f"struct {name} filled = {{ 0 }};")
        self.outs += lines
        if sized:
            size = self.pop().name
            self.check(f"vr_within(&c, {size}, sizeof(struct {name}), \"{size}\")")
            self.outs.append(f"memcpy({p.name}, &filled, {size});")
        else:
            self.outs.append(f"*{p.name} = filled;")

    # -- the whole --
    def returns(self):
        """(declaration of the result, statement that sets it, value on failure)"""
        ret = self.f.ret
        if ret in KINDS:
            k, got = KINDS[ret], self.take_ret()
            if got.base[0] != k.wire:
                raise Cannot("another object comes back")
            near = self.me.name
            return f"{ret} answer = NULL;", f"answer = vr_get_{k.stem}(c.conn, &out.{got.name}, {near});"
        if ret == "char *":
            got = self.take_ret()
            if got.base[0] != "string":
                raise Cannot("no string comes back")
            return "char *answer = NULL;", f"answer = vr_strdup(out.{got.name});"
        if ret in ("unsigned long", "unsigned long long"):
            return f"{ret} answer = 0;", f"answer = out.{self.take_ret().name};"
        if ret != "int":
            raise Cannot(f"returns {ret}")
        if self.result:
            return "int answer = -1;", f"if (ok)\n            answer = {self.result};"
        if len(self.ret) == 1 and self.ret[0].base[0] in ("i32", "u32") and not self.outs:
            return "int answer = -1;", f"answer = (int)out.{self.take_ret().name};"
        return "int answer = -1;", ("if (ok)\n            answer = 0;" if any("ok =" in o for o in self.outs)
                                    else "answer = 0;")

    def text(self):
        f, call = self.f, self.call
        self.receiver()
        while self.params:
            self.parameter()
        for p, count in self.deferred:
            self.typed_new_out(p, count)
        if call.stream and not self.stream:
            raise Cannot("a stream nobody gives")
        if self.f.ret == "char *" and self.outs:
            declare, assign = self.returns_string_first()
        else:
            declare, assign = self.returns()
        if f.name == "virDomainCreateWithFlags":
            self.outs.append(f"{self.me.name}->h.id = out.dom.id;")
            self.take_ret()
        if f.name in STOPS:
            self.outs.append(f"{self.me.name}->h.id = -1;")
        if self.args or self.ret:
            left = [x.name for x in self.args + self.ret]
            raise Cannot(f"not used: {', '.join(left)}")
        return self.emit(declare, assign)

    def returns_string_first(self):
        raise Cannot("a string and other results")

    def emit(self, declare, assign):
        f, call = self.f, self.call
        name = f.name if f.library == "libvirt" else f"vr_{f.name}"
        gap = "" if f.ret.endswith("*") else " "
        domain = HEADER_DOMAIN.get(f.header, "NONE")
        args = f"vr_{call.full_name}_args" if call.args else "vr_void"
        ret = f"vr_{call.full_name}_ret" if call.ret else "vr_void"
        send = f"vr_send_stream(&c, &vr_api_{call.full_name}, &in, &out, {self.stream})" if self.stream else \
            f"vr_send(&c, &vr_api_{call.full_name}, &in, &out)"
        # The object comes first; what reads it comes after.
        out = [f"{f.ret}{gap}{name}({f.param_text})\n{{\n    VR_CALL(c, VIR_FROM_{domain});\n    {declare}\n"
               f"    struct {args} in = {{ 0 }};\n    struct {ret} out;\n"]
        conditions = " &&\n              ".join(self.checks[:1] + rules(f) + self.checks[1:])
        out.append(f"    bool ok = {conditions};\n")
        out.append("    if (ok) {\n" + "".join(f"        {s}\n" for s in self.sets) + f"        ok = {send};\n    }}\n"
                   if self.sets else f"    ok = ok && {send};\n")
        body = "".join(f"        {o}\n" for o in self.outs) + f"        {assign}\n"
        out.append(f"    if (ok) {{\n{body}    }}\n")
        out.append("    vr_end(&c, ok);\n    return answer;\n}\n\n")
        return "".join(out)


# -- functions without a call --

def begin(p):
    if p.type in CONNECTS:
        return f"{CONNECTS[p.type]}(&c, {p.name})"
    return f"vr_begin(&c, VR_HANDLE_{KINDS[p.type].handle}, {p.name})"


def local(f):
    """What the handle itself answers; None when it is not such a function."""
    if not f.params:
        return None
    p = f.params[0]
    name = f.name if f.library == "libvirt" else f"vr_{f.name}"
    gap = "" if f.ret.endswith("*") else " "
    head = (f"{f.ret}{gap}{name}({f.param_text})\n{{\n    VR_CALL(c, VIR_FROM_{HEADER_DOMAIN.get(f.header, 'NONE')});\n"
            f"    bool ok = {begin(p) if p.type in KINDS else ''}")
    tail = "    vr_end(&c, ok);\n"
    if p.type in KINDS:
        if f.name in LOCAL:
            member = LOCAL[f.name]
            failed = "NULL" if "*" in f.ret or f.ret.endswith("Ptr") else "-1"
            cast = f"({f.ret})" if member in ("parent", "number") else ""
            failed = f"({f.ret})-1" if member == "number" else failed
            return head + ";\n" + tail + f"    return ok ? {cast}{p.name}->h.{member} : {failed};\n}}\n\n"
        if f.name.endswith("GetConnect") and f.ret == "virConnectPtr":
            return head + ";\n" + tail + f"    return ok ? {p.name}->h.conn : NULL;\n}}\n\n"
        done = tail + "    return ok ? 0 : -1;\n}\n\n"
        if re.match(r"^vir\w+Ref$", f.name) and len(f.params) == 1:
            return head + f";\n    if (ok)\n        vr_handle_ref(&{p.name}->h);\n" + done
        if re.match(r"^vir\w+Free$", f.name) and len(f.params) == 1:
            if f.library == "libvirt-admin":  # stock's take NULL here, the others do not
                head = head.replace("bool ok = ", f"if (!{p.name})\n        return 0;\n    bool ok = ")
            # last of all: the error was reported to a connection that this may end
            return head + ";\n" + tail + (f"    if (ok)\n        vr_handle_unref(&{p.name}->h);\n"
                                          "    return ok ? 0 : -1;\n}\n\n")
        if f.name.endswith("GetUUID") or f.name.endswith("GetUUIDString"):
            to, uuid = f.params[1].name, f"{p.name}->h.uuid"
            copy = f"vr_uuid_format((const struct vr_uuid *){uuid}, {to});" if f.name.endswith("String") else \
                f"memcpy({to}, {uuid}, 16);"
            return head + f' && vr_arg(&c, {to}, "{to}");\n    if (ok)\n        {copy}\n' + done
    if f.name.endswith("LookupByUUIDString"):
        text, by_uuid = f.params[1].name, f.name[:-len("String")]
        return (f"{f.ret} {name}({f.param_text})\n{{\n    VR_CALL(c, VIR_FROM_{HEADER_DOMAIN.get(f.header, 'NONE')});\n"
                f'    struct vr_uuid parsed;\n    bool ok = {begin(p)} && vr_arg(&c, {text}, "{f.called.get(text, text)}") && '
                f"vr_uuid_arg(&c, {text}, &parsed);\n" + tail +
                f"    return ok ? {by_uuid}({p.name}, parsed.b) : NULL;\n}}\n\n")
    return None


TOP = """/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Made by generate_client.py from the .api files: change those. */
"""
INCLUDES = """#include <string.h>
#include "base/alloc.h"
#include "base/uuid.h"
#include "client/call.h"

static inline bool vr_uuid_arg(struct vr_client_call *c, const char *text, struct vr_uuid *uuid)
{
    if (vr_uuid_parse(text, uuid))
        return true;
    if (c->domain == VIR_FROM_DOMAIN) /* stock says it in two ways */
        return vr_bad_arg(c, "uuidstr", "%s", "Invalid UUID");
    return vr_bad_arg(c, "uuidstr", "uuidstr in %s must be a valid UUID", c->function);
}

"""


def info_structs(headers):
    """Pointer type -> (struct tag, members), for structs of plain values."""
    tags, pointers = {}, {}
    for h in headers.values():
        for name, lines in h.structs:
            if not any("union" in line or "*" in line for line in lines):
                members = []
                for line in lines:
                    m = re.match(r"^\s+(.*?)(\w+)(\[\w+\])?$", line)
                    members.append((m[1].strip(), m[2], m[3]))
                tags[name] = members
    names = {}
    for h in headers.values():
        for name, c_type in h.types:
            if c_type.startswith("struct "):
                names[name] = c_type[7:]
            elif c_type.endswith("*") and c_type[:-1].strip() in names:
                tag = names[c_type[:-1].strip()]
                if tag in tags:
                    pointers[name] = (tag, tags[tag])
    return pointers


def read_exceptions(path):
    out = {}
    for line in open(path, encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.strip().partition(" ")
            if not reason:
                raise SystemExit(f"{path}: {name} has no reason")
            out[name] = reason.strip()
    return out


def main(outdir, exception_file, constants, *rest):
    split = rest.index("--")
    headers = public_notation.load(constants, rest[:split])
    api = notation.load(rest[split + 1:])
    calls = {}
    for program in api.programs.values():
        for call in program.calls:
            if call.function:
                calls.setdefault(call.function, call)
    exceptions = read_exceptions(exception_file)
    structs = info_structs(headers)
    code, forward, problems, generated = [TOP, INCLUDES], {}, [], 0
    unused, by_hand = set(exceptions), []
    for h in headers.values():
        for f in h.functions:
            if f.library != "libvirt":
                forward.setdefault(f.library, []).append(f)
            text, why = local(f), "no procedure has this name"
            if not text and f.name in calls:
                try:
                    text = Entry(f, calls[f.name], structs).text()
                except Cannot as e:
                    why = str(e)
            if f.name in exceptions:
                unused.discard(f.name)
                if f.rules:
                    by_hand.append(f)
                if text and not exceptions[f.name].startswith("!"):
                    problems.append(f"{f.name} could be generated; begin the reason with ! when it must not be")
            elif text:
                code.append(text)
                generated += 1
            else:
                problems.append(f"{f.name}: {why}")
    problems += [f"exception without a function: {name}" for name in sorted(unused)]
    if problems:
        raise SystemExit("generate_client.py:\n  " + "\n  ".join(problems))
    with open(os.path.join(outdir, "entry_points.c"), "w", encoding="utf-8") as out:
        out.write("".join(code))
    with open(os.path.join(outdir, "entry_rules.h"), "w", encoding="utf-8") as out:
        out.write(TOP + "#pragma once\n/* What functions written by hand refuse: a condition over their parameters and `c`. */\n")
        for f in by_hand:
            out.write(f"#define VR_RULES_{f.name} \\\n    (" + " && \\\n     ".join(rules(f)) + ")\n")
    for library in ("libvirt-qemu", "libvirt-lxc", "libvirt-admin"):
        with open(os.path.join(outdir, library.replace("-", "_") + ".c"), "w", encoding="utf-8") as out:
            out.write(TOP + '#include "api/public.h"\n\n')
            for f in forward[library]:
                gap = "" if f.ret.endswith("*") else " "
                names = ", ".join(p.name for p in f.params)
                out.write(f"{f.ret}{gap}{f.name}({f.param_text})\n{{\n    "
                          f"{'' if f.ret == 'void' else 'return '}vr_{f.name}({names});\n}}\n\n")


main(*sys.argv[1:])
