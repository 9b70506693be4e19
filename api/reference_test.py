#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The API's XML descriptions say what the installed libvirt's say: what bindings are made from. What came later is left out.

reference_test.py DIR: our libvirt-api.xml and its sisters.
"""
import os
import sys
import xml.etree.ElementTree as ET

STOCK = "/usr/share/libvirt/api"
# Spelt differently or not there on purpose; a name and the reason.
MEANT = {
    "_virSchedParameter": "old names are types here", "_virBlkioParameter": "old names are types here",
    "_virMemoryParameter": "old names are types here",
}


def squeeze(text):
    return " ".join((text or "").replace("*", " * ").replace(" int", " int").split()).replace(" * ", " *")


def read(path):
    """kind -> name -> what counts about it."""
    found = {}
    root = ET.parse(path).getroot()
    for e in root.find("symbols"):
        a = e.attrib
        if e.tag in ("function", "functype"):
            what = (a["file"], a["module"], squeeze(e.find("return").get("type")),
                    tuple((x.get("name"), squeeze(x.get("type"))) for x in e.findall("arg")))
        elif e.tag == "enum":
            what = (a["file"], a["value"], a["type"])
        elif e.tag == "macro":
            what = (a["file"], a.get("string"), a.get("params"))
        elif e.tag == "struct":
            what = (a["file"], tuple((x.get("name"), squeeze(x.get("type"))) for x in e.iter("field")))
        else:
            what = (a["file"],)
        found.setdefault(e.tag, {})[a["name"]] = what
    found["exports"] = {(x.get("symbol"), x.get("type")): f.get("name") for f in root.find("files") for x in f.findall("exports")}
    return found


def main(where):
    bad, compared, values = [], 0, {}
    for library in ("libvirt", "libvirt-qemu", "libvirt-lxc", "libvirt-admin"):
        theirs_path = f"{STOCK}/{library}-api.xml"
        if not os.path.exists(theirs_path):
            print("skipped: libvirt's descriptions (libvirt-dev) are not installed")
            sys.exit(77)
        ours, theirs = read(f"{where}/{library}-api.xml"), read(theirs_path)
        values.update((name, what[1]) for name, what in theirs.get("enum", {}).items())
        for name, what in theirs.get("enum", {}).items():  # one constant may be written as another
            theirs["enum"][name] = (what[0], values.get(what[1], what[1]), what[2])
        for kind, names in theirs.items():
            for name, what in names.items():
                short = name[0] if isinstance(name, tuple) else name
                if short.endswith("_LAST") or short in MEANT:
                    continue
                compared += 1
                mine = ours.get(kind, {}).get(name)
                if mine != what:
                    bad.append(f"{library} {kind} {name}:\n  ours     {mine}\n  libvirt's {what}")
    print("\n".join(bad[:60]))
    print(f"{compared} compared, {len(bad)} differ")
    sys.exit(1 if bad or compared < 3000 else 0)


main(sys.argv[1])
