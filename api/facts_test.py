#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares what the .api files say with recorded interface facts (rpc.yaml, readonly.yaml), record by record.

facts_test.py API-DIR FILE.api...    The facts are looked for in $VIREO_SHARED/facts or ../shared/facts beside the
source tree; without them, or without PyYAML, the test is skipped and says so.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import notation

WIRE_STRUCT = {"remote": "remote_", "qemu": "qemu_", "lxc": "lxc_", "admin": "admin_"}
CAMEL = {"lockd": "virLockSpaceProtocol", "logd": "virLogManagerProtocol"}
# Shared by several programs here, one name per program there.
SAME = {"typed_param": {"remote_typed_param", "admin_typed_param"},
        "typed_value": {"remote_typed_param_value", "admin_typed_param_value"},
        "nonnull_domain": {"remote_nonnull_domain", "virNetMessageNonnullDomain"},
        "nonnull_network": {"remote_nonnull_network", "virNetMessageNonnullNetwork"},
        "message_error": {"virNetMessageError", "remote_error"}, "message_header": {"virNetMessageHeader"},
        "stream_hole": {"virNetStreamHole"}, "message_type": {"virNetMessageType"},
        "message_status": {"virNetMessageStatus"},
        "logd_open_log_file_flags": {"virLogManagerProtocolDomainOpenLogFileFlags"}}
SCALARS = {"i32": "int32", "u32": "uint32", "i64": "int64", "u64": "uint64", "uuid": "opaque[16]"}
# Functions newer than the read-only record that its head names as refused.
NEW_REFUSED = {"virNetworkSetMetadata", "virNodeDeviceUpdate", "virDomainGraphicsReload", "virDomainSetAutostartOnce",
               "virDomainSetThrottleGroup", "virDomainDelThrottleGroup"}
# The record leaves these out, but a 9.0.0 daemon refuses them on its read-only socket (tests/e2e/hostile.py --stock).
OBSERVED_REFUSED = {"virDomainSetPerfEvents", "virDomainSetLifecycleAction", "virDomainGetLaunchSecurityInfo",
                    "virDomainSetLaunchSecurityState", "virDomainGetGuestInfo"}
# The record calls this form legacy, yet it starts with a callback id, and rpc-framing.md counts it among the modern.
MODERN_AFTER_ALL = {"REMOTE_PROC_DOMAIN_EVENT_BLOCK_JOB_2"}

OWN = "vireo" # the program of calls that other daemons do not have
problems, compared = [], 0


def expect(what, ours, theirs):
    global compared
    compared += 1
    if ours != theirs:
        problems.append(f"{what}: {ours!r}, recorded {theirs!r}")


def skip(why):
    print("SKIP: " + why)
    sys.exit(77)


def snake(name):
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def our_name(wire):
    """The name here of a struct, union or enum of the record."""
    for ours, theirs in SAME.items():
        if wire in theirs:
            return ours
    for program, prefix in CAMEL.items():
        if wire.startswith(prefix):
            rest = re.sub(r"(Args|Ret)$", lambda m: "_" + m[0].lower(), wire[len(prefix):])
            # Words that are one in a struct's name and two in the procedure's, or the other way round.
            return program + "_" + snake(rest).replace("lock_space", "lockspace")
    return wire[7:] if wire.startswith("remote_") else wire


def kind(api, field):
    """A field's type in the record's words; our names stand for structs."""
    base, limit = field.base
    if base == "bytes":
        return f"opaque<{api.limit(limit)}>"
    one = f"string<{api.limit(limit)}>" if base == "string" else SCALARS.get(base, base)
    return {"one": one, "optional": f"optional {one}",
            "counted": f"array<{one},{field.limit and api.limit(field.limit)}>",
            "fixed": f"{one}[{field.limit and api.limit(field.limit)}]"}[field.shape]


def their_kind(text):
    return re.sub(r"(remote|qemu|lxc|admin|virNet|virLock|virLog)\w+", lambda m: our_name(m[0]), text)


def compare_structs(api, facts):
    seen = set()
    for s in facts["structs"]:
        name = our_name(s["name"])
        if name not in api.structs:
            problems.append(f"{s['name']}: there is no {name}")
            continue
        seen.add(name)
        ours = [(f.name, kind(api, f)) for f in api.structs[name].fields]
        theirs = [(snake(f["name"]), their_kind(f["k"])) for f in s["fields"]]
        expect(s["name"], ours, theirs)
    for u in facts["unions"]:
        seen.add(our_name(u["name"]))
        ours = [(f.case, f.name, kind(api, f)) for f in api.structs[our_name(u["name"])].fields]
        expect(u["name"], ours, [(a["case"], a["field"], a["kind"]) for a in u["arms"]])
    for e in facts["enums"]:
        expect(e["name"], dict(api.enums[our_name(e["name"])].values), e["values"])
    expect("structs that were not recorded", sorted(n for n in set(api.structs) - seen if not n.startswith(OWN + "_")), [])
    expect("limits", dict(api.limits), {c["name"]: c["value"] for c in facts["constants"]})


def access_text(a):
    text = f"{a.object}:{a.permission}"
    c = a.condition
    return text + {None: "", "has": f":{c.value}", "lacks": f":!{c.value}", "is": f"::{c.field}:{c.value}"}[c.op]


def readonly_text(call, refused, with_flags):
    """What the record says about a function: yes, no or the condition, in the notation's words."""
    f = call.function
    if f in with_flags:
        if f == "virDomainInterfaceAddresses":
            return ("is", "source", "|".join(with_flags[f]))
        return ("has", "flags", "|".join(with_flags[f]))
    return "no" if f in refused | NEW_REFUSED | OBSERVED_REFUSED else "yes"


def compare_procedures(api, facts, readonly):
    refused = set(readonly["refused"])
    with_flags = {r["name"]: r["flags"] for r in readonly["refused_with_flags"]}
    event_ids = {}
    # What is ours alone was recorded nowhere.
    by_wire = {c.wire_name: c for p in api.programs.values() if p.name != OWN for c in p.calls}
    for p in facts["procedures"]:
        call = by_wire.pop(p["name"], None)
        if not call:
            problems.append(f"{p['name']} is missing")
            continue
        name = p["name"]
        expect(name + " number", (call.program.name, call.number), (p["prog"], p["num"]))
        for ours, theirs in ((call.args, "args"), (call.ret, "ret"), (call.msg, "msg")):
            expect(f"{name} {theirs}", ours.name if ours else None, our_name(p[theirs]) if p.get(theirs) else None)
        expect(name + " event", call.kind == "event", bool(p.get("event")))
        expect(name + " event id", call.event_id, p.get("event_idname"))
        expect(name + " priority", call.priority, p.get("prio", "low"))
        expect(name + " access", [access_text(a) for a in call.access], [a for a in p.get("acl", []) if a != "none"])
        expect(name + " filter", [access_text(call.filter)] if call.filter else [], p.get("aclfilter", []))
        expect(name + " stream", call.stream, p.get("stream"))
        expect(name + " sparse", call.sparse, p.get("sparseflag"))
        expect(name + " auth", call.auth, p.get("need_auth", True))
        expect(name + " since", call.since, p.get("version"))
        function = (p.get("api") or "").replace("internal:", "").replace("auth", "") or None
        if p["prog"] not in ("keepalive",):
            expect(name + " function", call.function, function if call.kind == "call" else None)
        if call.kind == "event" and call.event_id:
            event_ids.setdefault((call.object, p["event_id"]), set()).add(call.event_id)
            expect(name + " object", call.object, p["event_object"])
            legacy = bool(p.get("legacy")) and name not in MODERN_AFTER_ALL
            expect(name + " legacy", call.msg.fields[0].name != "callback_id", legacy)
        if p["prog"] in ("remote", "qemu", "lxc") and call.kind == "call":
            c = call.readonly
            ours = "no" if c is None else "yes" if c.op is None else (c.op, c.field, c.value)
            expect(name + " read-only", ours, readonly_text(call, refused, with_flags))
    expect("procedures that were not recorded", sorted(by_wire), [])
    for key, names in event_ids.items():
        expect(f"event {key}", len(names), 1)
    expect("programs", {(p.name, p.number, p.version) for p in api.programs.values() if p.name != OWN},
           {(p["name"], int(p["number"], 16), p["version"]) for p in facts["programs"]})
    known = {(a["object"], perm) for a in facts["access_control_permissions"] for perm in a["perms"]}
    for p in api.programs.values():
        for c in p.calls:
            for a in c.access + ([c.filter] if c.filter else []):
                # One recorded entry asks for a permission that the object does not have in 9.0.0; it came later.
                if (a.object, a.permission) != ("node_device", "save"):
                    expect(f"{c.wire_name} permission exists", (a.object, a.permission) in known, True)


def main():
    shared = os.environ.get("VIREO_SHARED") or os.path.join(sys.argv[1], "..", "..", "shared")
    if not os.path.exists(os.path.join(shared, "facts", "rpc.yaml")):
        skip("no recorded facts beside the source tree (VIREO_SHARED names another place)")
    try:
        import yaml
    except ImportError:
        skip("python3-yaml is not installed")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    facts, readonly = (yaml.load(open(os.path.join(shared, "facts", n), encoding="utf-8"), loader)
                       for n in ("rpc.yaml", "readonly.yaml"))
    api = notation.load(sys.argv[2:])
    compare_structs(api, facts)
    compare_procedures(api, facts, readonly)
    print(f"{compared} statements compared, {len(problems)} differ")
    for p in problems:
        print("  " + p)
    sys.exit(1 if problems else 0)


main()
