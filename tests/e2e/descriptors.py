#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images whose descriptors a client gives (virDomainFDAssociate), as long as that client is there."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import Failed, clean_up, daemon, domain_xml, equal, has, main, sandbox, test, wait_for, with_sizes  # noqa: E402

DISK = '''<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/not/there' fdgroup='mine'/>
<target dev='vda' bus='virtio'/></disk>'''


def images_of(pid):
    where = '/proc/%d/fd' % pid
    return [p for p in (os.readlink(os.path.join(where, n)) for n in os.listdir(where)) if p.endswith('.img')]


def refused(call, *words):
    import libvirt
    try:
        call()
    except libvirt.libvirtError as e:
        for w in words:
            has(str(e), w)
        return
    raise Failed('not refused')


@test
def a_guest_runs_on_the_descriptors_it_was_given():
    d = daemon()
    clean_up(d)
    path = with_sizes('mine.img')
    c = d.connect()
    dom = c.defineXML(domain_xml('f', devices=DISK))
    refused(dom.create, "file descriptor group 'mine' was not associated with the domain")
    fd = os.open(path, os.O_RDWR)
    owner = os.stat(path).st_uid
    refused(lambda: dom.FDAssociate('mine', [fd], 1 << 5), 'flags')
    dom.FDAssociate('mine', [fd])
    for _ in range(2): # they stay for the next start
        dom.create()
        pid, = sandbox.processes('guest=f')
        if path not in images_of(pid):
            raise Failed('QEMU has %s' % images_of(pid))
        equal(os.stat(path).st_uid, owner, 'whose image it is')
        has(dom.XMLDesc(), "fdgroup='mine'")
        dom.destroy()
    if d.kind != 'stock':
        before = len(d.fds())
        del dom
        c.close()
        wait_for(lambda: len(d.fds()) < before, 'the descriptor to go with its client')
        c = d.connect()
        refused(c.lookupByName('f').create, "'mine' was not associated")
    c.lookupByName('f').undefine()
    c.close()
    os.close(fd)


main()
