#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real Linux guest: it boots, its console works both ways, it obeys the power button, and its figures move."""
import os
import pty
import re
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import (  # noqa: E402
    Console, Failed, clean_up, daemon, domain_xml, equal, guest_image, has, main, sandbox, test, wait_for, with_sizes, write)

DISK = '''<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/><target dev='vda' bus='virtio'/></disk>'''
BRIDGED = '''<interface type='bridge'><mac address='52:54:00:12:34:56'/><source bridge='br0'/><target dev='gtap7'/>
    <model type='virtio'/></interface>'''


def booted(name, **kw):
    """A guest at its prompt: (daemon, connection, domain, console)."""
    d = daemon()
    clean_up(d)
    conn = d.connect()
    dom = conn.defineXML(domain_xml(name, boot=True, **kw))
    dom.create()
    console = Console(conn, dom)
    console.read_until(guest_image.PROMPT)
    return d, conn, dom, console


@test
def a_linux_guest_boots_and_its_console_works_both_ways():
    d, conn, dom, console = booted('linux')
    has(console.command('echo $((6 * 7)) is the answer'), '42 is the answer')
    has(console.command('cat /proc/cmdline'), 'console=ttyS0 quiet')
    console.close()
    conn.close()


@test
def virsh_console_shows_the_prompt_and_leaves_on_the_escape():
    d, conn, dom, console = booted('con')
    console.close()
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp('virsh', ['virsh', '-c', d.uri(), 'console', 'con'])
    text = ''

    def until(word, timeout=20):
        nonlocal text
        end = time.monotonic() + timeout
        while word not in text:
            if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
                raise Failed('no %r from virsh console: %r' % (word, text[-300:]))
            try:
                text += os.read(fd, 4096).decode(errors='replace')
            except OSError:
                raise Failed('virsh console ended: %r' % text[-300:])
        text = text.partition(word)[2]
    until('Escape character is ^]')
    # virsh drops what was typed before it had set the terminal up, so type until the guest answers.
    for attempt in range(20):
        os.write(fd, b'\n')
        try:
            until(guest_image.PROMPT, 1)
            break
        except Failed:
            if attempt == 19:
                raise
    os.write(fd, b'echo 1$((1+1))3\n')
    until('123')
    os.write(fd, b'\x1d')
    equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
    os.close(fd)
    conn.close()


@test
def a_second_console_is_refused_unless_forced():
    import libvirt
    d, conn, dom, console = booted('two')
    try:
        Console(conn, dom, flags=libvirt.VIR_DOMAIN_CONSOLE_SAFE)
        raise Failed('a second console was given')
    except libvirt.libvirtError as e:
        has(e.get_error_message(), 'Active console session exists for this domain')
    second = Console(conn, dom, flags=libvirt.VIR_DOMAIN_CONSOLE_FORCE)
    has(second.command('echo se$((1))cond'), 'se1cond')
    second.close()
    conn.close()


@test
def the_power_button_shuts_the_guest_down():
    d, conn, dom, console = booted('off')
    d.run('shutdown', 'off')
    wait_for(lambda: d.run('domstate', 'off', '--reason').strip() == 'shut off (shutdown)', 'shutdown', 30)
    conn.close()


@test
def a_guest_that_reboots_itself_keeps_its_id():
    d, conn, dom, console = booted('again')
    ident = dom.ID()
    console.send('reboot -f\n')
    console.read_until('is up after')
    console.read_until(guest_image.PROMPT)
    equal(dom.ID(), ident)
    equal(d.run('domstate', 'again').strip(), 'running')
    conn.close()


@test
def reboot_by_the_power_button_starts_the_guest_afresh():
    d, conn, dom, console = booted('reboot')
    ident = dom.ID()
    d.run('reboot', 'reboot')
    console.read_until('is up after')
    console.read_until(guest_image.PROMPT)
    equal(dom.ID(), ident)
    equal(d.run('domstate', 'reboot').strip(), 'running')
    conn.close()


@test
def reset_starts_the_guest_afresh():
    d, conn, dom, console = booted('reset')
    d.run('reset', 'reset')
    console.read_until('is up after')
    conn.close()


@test
def a_guest_with_on_reboot_destroy_ends_at_reboot():
    d, conn, dom, console = booted('once', head='<on_reboot>destroy</on_reboot>')
    console.send('reboot -f\n')
    wait_for(lambda: d.run('domstate', 'once').strip() == 'shut off', 'the end of the guest', 30)
    conn.close()


@test
def block_and_interface_figures_move():
    sandbox.add_bridge()
    disk = with_sizes('moves.img', 8)
    d, conn, dom, console = booted('moves', devices=DISK % disk + BRIDGED)

    def block():
        return dict(re.findall(r'^vda (\w+) (\d+)', d.run('domblkstat', 'moves', 'vda'), re.M))

    def net():
        return dict(re.findall(r'^gtap7 (\w+) (\d+)', d.run('domifstat', 'moves', 'gtap7'), re.M))
    before, net_before = block(), net()
    has(console.command('dd if=/dev/zero of=/dev/vda bs=64k count=16 conv=fsync; echo wrote=$?'), 'wrote=0')
    equal(int(block()['wr_bytes']) - int(before['wr_bytes']), 16 * 65536)
    console.command('ip addr add 10.1.1.1/24 dev eth0; ip link set eth0 up; ping -c 3 -W 1 10.1.1.2')
    if int(net()['rx_packets']) <= int(net_before['rx_packets']):
        raise Failed('no packet was counted: %s -> %s' % (net_before, net()))
    out = d.run('domstats', 'moves')
    has(out, 'net.count=1')
    has(out, 'net.0.name=gtap7')
    has(out, 'block.0.wr.bytes=')
    equal('gtap7' in sandbox.links(), True)
    has(d.run('domiflist', 'moves'), '52:54:00:12:34:56')
    equal(open('/sys/class/net/gtap7/address').read().strip(), 'fe:54:00:12:34:56')
    equal(os.path.basename(os.readlink('/sys/class/net/gtap7/master')), 'br0')
    d.run('destroy', 'moves')
    equal('gtap7' in sandbox.links(), False)
    conn.close()


@test
def the_balloon_reports_the_guests_memory():
    d, conn, dom, console = booted('mem')
    dom.setMemoryStatsPeriod(1)

    def stats():
        return dom.memoryStats()
    wait_for(lambda: 'unused' in stats(), "the guest's figures", 15)
    s = stats()
    equal(s['actual'], 131072)
    if not 40000 < s['unused'] < s['available'] <= 131072:
        raise Failed(str(s))
    conn.close()


@test
def a_paused_guest_stands_still():
    d, conn, dom, console = booted('still')
    dom.suspend()
    console.send('echo ti$((1))ck\n')
    time.sleep(0.3)
    before = dom.info()[4]
    time.sleep(0.3)
    if dom.info()[4] - before > 100e6:
        raise Failed('a paused guest used CPU time')
    dom.resume()
    console.read_until('ti1ck')
    conn.close()


@test
def start_with_console_shows_the_boot():
    d = daemon()
    clean_up(d)
    d.run('define', write('sc.xml', domain_xml('sc', boot=True)))
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp('virsh', ['virsh', '-c', d.uri(), 'start', 'sc', '--console'])
    text, end = '', time.monotonic() + 60
    while guest_image.PROMPT not in text:
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            raise Failed('no prompt: %r' % text[-300:])
        text += os.read(fd, 4096).decode(errors='replace')
    has(text, 'is up after')
    os.write(fd, b'\x1d')
    os.waitpid(pid, 0)
    os.close(fd)


@test
def a_guest_whose_qemu_dies_is_shut_off_as_crashed():
    d, conn, dom, console = booted('dies')
    qemu = [p for p in sandbox.processes('guest=dies')]
    equal(len(qemu), 1)
    subprocess.run(['kill', '-9', str(qemu[0])], check=True)
    wait_for(lambda: d.run('domstate', 'dies', '--reason').strip() == 'shut off (crashed)', 'the crash')
    d.run('start', 'dies')
    equal(d.run('domstate', 'dies').strip(), 'running')
    conn.close()


main()
