#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Either daemon follows the other: guests that stock started are found running by ours, and ours by stock's."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import BUILD, STOCK  # noqa: E402
from suite import (  # noqa: E402
    Console, Daemon, Failed, Skip, domain_xml, equal, guest_image, has, main, sandbox, test, vireo_only, wait_for, with_sizes, write)

HERE = os.path.dirname(os.path.abspath(__file__))
UUID = '00000000-1111-4222-8333-44444444444%d'
DEVICES = '''
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/><target dev='vda' bus='virtio'/></disk>
<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
<interface type='bridge'><mac address='52:54:00:00:00:0%d'/><source bridge='br0'/><model type='virtio'/></interface>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<graphics type='vnc' port='-1' autoport='yes'/><video><model type='virtio'/></video>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
<memballoon model='virtio'/>'''


def shapes():
    """name -> definition of several kinds of guests."""
    return {
        'boots': domain_xml('boots', boot=True, head='<uuid>%s</uuid>' % (UUID % 1)),
        'devices': domain_xml('devices', machine='q35', vcpus=2, head='<uuid>%s</uuid>' % (UUID % 2),
                              devices=DEVICES % (with_sizes('one.img'), 1)),
        'i440fx': domain_xml('i440fx', head='<uuid>%s</uuid>' % (UUID % 3),
                             devices=(DEVICES % (with_sizes('two.img'), 2)).replace('sata', 'ide').replace('sda', 'hda')),
    }


def clear():
    """What a failed test left."""
    shutil.rmtree('/etc/libvirt/qemu', ignore_errors=True)
    shutil.rmtree('/run/libvirt/qemu', ignore_errors=True)
    for name in list(shapes()) + ['passing']:
        for pid in sandbox.processes('guest=' + name):
            os.kill(pid, 9)


def prepare():
    clear()
    if not os.path.exists(STOCK):
        raise Skip('no %s here (package libvirt-daemon-system)' % STOCK)
    if not os.path.exists('/sys/class/net/br0'):
        sandbox.add_bridge()
    return shapes()


def masked(text):
    # Stock forgets the format of an empty drive when it finds the guest again.
    return text.replace("<driver name='qemu' type='raw'/>\n      <target dev='sda'", "<driver name='qemu'/>\n      <target dev='sda'").replace(
        "<driver name='qemu' type='raw'/>\n      <target dev='hda'", "<driver name='qemu'/>\n      <target dev='hda'")


def facts(d, name):
    """What an administrator sees of a guest, word by word."""
    return {what: masked(d.run(*what.split(), ok=None)) for what in (
        'domid %s' % name, 'domstate %s --reason' % name, 'domblklist %s' % name, 'domiflist %s' % name, 'ttyconsole %s' % name,
        'vcpucount %s' % name, 'domuuid %s' % name, 'dumpxml %s' % name, 'dumpxml %s --inactive' % name, 'domdisplay %s' % name)}


def differences(was, now):
    import difflib
    text = []
    for what in was:
        if was[what] != now[what]:
            text += [what] + list(difflib.unified_diff(was[what].splitlines(), now[what].splitlines(), 'before', 'after', '', '', 1))
    return '\n'.join(text)


def follows(first, second):
    """Guests are started under the first daemon; the second takes over, and then the first again."""
    documents = prepare()
    one, two = Daemon(first), Daemon(second)
    one.start()
    for name, text in documents.items():
        one.run('define', write(name + '.xml', text))
        one.run('start', name)
    one.run('create', write('passing.xml', domain_xml('passing')))
    one.run('define', write('off.xml', domain_xml('off')))
    one.run('autostart', 'off')
    one.run('suspend', 'i440fx')
    os.makedirs('/var/lib/libvirt/qemu/save', exist_ok=True)
    conn = one.connect()
    console = Console(conn, conn.lookupByName('boots'))
    console.read_until(guest_image.PROMPT)
    console.command('echo kept > /tmp/file')
    console.close()
    conn.close()
    names = list(documents) + ['passing']
    one.restart() # either daemon orders some controllers otherwise when it reads what it wrote
    wait_for(lambda: one.run('domstate', 'boots').strip() == 'running', 'the guest to be found')
    was = {n: facts(one, n) for n in documents}
    pids = {n: list(sandbox.processes('guest=' + n)) for n in names}
    for old, new in ((one, two), (two, one)):
        equal(old.stop(), 0)
        equal({n: list(sandbox.processes('guest=' + n)) for n in names}, pids, 'after the daemon ended')
        new.start()
        try:
            wait_for(lambda: sorted(new.run('list', '--name').split()) == sorted(names), 'all guests to be found', 10)
        except Failed as e:
            raise Failed('%s: %s sees %s\n%s' % (e, new.kind, new.run('list', '--all', '--title'), new.log_tail(10)))
        wait_for(lambda: new.run('domstate', 'boots').strip() == 'running', 'the state', 10)
        for name in documents:
            text = differences(was[name], facts(new, name))
            if text:
                raise Failed('%s, started by %s, seen by %s:\n%s' % (name, first, new.kind, text))
        equal(sorted(new.run('list', '--all', '--name').split()), sorted(names + ['off']))
        equal(new.run('list', '--all', '--autostart', '--name').split(), ['off'])
        equal(new.run('list', '--all', '--transient', '--name').split(), ['passing'])
        conn = new.connect()
        console = Console(conn, conn.lookupByName('boots'))
        console.send('\n')
        console.read_until(guest_image.PROMPT)
        has(console.command('cat /tmp/file'), 'kept')
        console.close()
        conn.close()
        new.run('suspend', 'devices')
        new.run('resume', 'devices')
        has(new.run('domblkstat', 'devices', 'vda'), 'rd_req')
        new.run('qemu-monitor-command', 'devices', '{"execute":"query-status"}')
        was['devices']['domstate devices --reason'] = new.run('domstate', 'devices', '--reason')
    for name in names:
        new.run('destroy', name)
    for name in list(documents) + ['off']:
        new.run('undefine', name)
    new.stop()
    equal([n for n in os.listdir('/run/libvirt/qemu') if n.endswith(('.xml', '.pid'))], [])


@test
@vireo_only
def guests_of_stock_are_taken_over_and_given_back():
    follows('stock', 'vireo')


@test
@vireo_only
def our_guests_are_taken_over_by_stock_and_given_back():
    follows('vireo', 'stock')


@test
@vireo_only
def the_demo_puts_ours_in_place_and_gives_it_back():
    import subprocess
    top = os.path.join(HERE, '..', '..')
    if BUILD != os.path.join(os.path.abspath(top), 'build'):
        raise Skip('the demo runs what is in build/, this run tests %s' % BUILD)
    demo_dir = os.path.join(top, '.demo')
    was_there = os.path.isdir(demo_dir)
    os.makedirs(demo_dir, exist_ok=True)
    sandbox.mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', demo_dir) # one of the test's own
    prepare()

    def replace(what):
        p = subprocess.run(['/usr/bin/python3', os.path.join(top, 'tools', 'replace.py'), what], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=100)
        return p.returncode, p.stdout

    def program():
        with open('/run/libvirtd.pid') as f:
            return os.readlink('/proc/%s/exe' % f.read().strip())

    try:
        has(replace('replace')[1], 'no libvirtd runs on this machine')
        stock = Daemon('stock').start()
        stock.run('create', write('stays.xml', domain_xml('stays')))
        pids = list(sandbox.processes('guest=stays'))
        rc, out = replace('replace')
        equal(rc, 0, out)
        equal(program(), os.path.join(BUILD, 'bin', 'libvirtd'))
        has(out, 'guests running: stays')
        has(replace('replace')[1], 'done already')
        stock.run('suspend', 'stays')
        stock.run('resume', 'stays')
        rc, out = replace('back')
        equal(rc, 0, out)
        equal(program(), STOCK)
        has(replace('back')[1], 'nothing was replaced')
        stock.run('suspend', 'stays')
        equal(list(sandbox.processes('guest=stays')), pids)
        stock.run('destroy', 'stays')
        with open('/run/libvirtd.pid') as f:
            os.kill(int(f.read()), 15)
    finally:
        subprocess.run(['umount', '-l', demo_dir], check=False) # a daemon that is ending has its log there
        if not was_there:
            os.rmdir(demo_dir)


main()
