#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an administrator types at a host: every everyday command of stock virsh, and the same by python, with no guest booted."""
import glob
import os
import re
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import (  # noqa: E402
    Failed, clean_up, daemon, domain_xml, equal, has, main, test, vireo_only, wait_for, with_sizes, write)

UUID = 'c7a5fdbd-edaf-9455-926a-d65c16db1809'


def defined(name, **kw):
    """A defined guest of that name, on a host with no other."""
    d = daemon()
    clean_up(d)
    d.run('define', write(name + '.xml', domain_xml(name, **kw)))
    return d


@test
def uri_version_and_hostname_are_told():
    d = daemon()
    equal(d.run('uri'), d.uri())
    equal(d.run('uri', uri='qemu:///system'), 'qemu:///system')
    out = d.run('version')
    has(out, 'Using API: QEMU 9.0.0')
    has(out, 'Running hypervisor: QEMU 7.2.')
    has(d.run('version', '--daemon'), 'Running against daemon: 9.0.0')
    equal(d.run('hostname'), os.uname().nodename)


@test
def nodeinfo_agrees_with_the_kernel():
    out = daemon().run('nodeinfo')
    equal(re.search(r'CPU\(s\): +(\d+)', out).group(1), str(os.sysconf('SC_NPROCESSORS_CONF')))
    equal(re.search(r'CPU model: +(\S+)', out).group(1), os.uname().machine)
    # The sum over the NUMA nodes where the kernel tells of them.
    files = glob.glob('/sys/devices/system/node/node*/meminfo') or ['/proc/meminfo']
    total = sum(int(re.search(r'MemTotal: +(\d+)', open(f).read()).group(1)) for f in files)
    equal(re.search(r'Memory size: +(\d+) KiB', out).group(1), str(total))


@test
def capabilities_name_the_host_and_the_emulator():
    root = ET.fromstring(daemon().run('capabilities'))
    equal(root.find('host/cpu/arch').text, 'x86_64')
    guest = [g for g in root.findall('guest') if g.find('arch').get('name') == 'x86_64'][0]
    equal(guest.find('os_type').text, 'hvm')
    equal(guest.find('arch/emulator').text, '/usr/bin/qemu-system-x86_64')
    machines = {m.text for m in guest.findall('arch/machine')}
    if not {'pc', 'q35', 'pc-i440fx-7.2', 'pc-q35-7.2'} <= machines:
        raise Failed('machines: %s' % sorted(machines))


@test
def domain_capabilities_know_both_machines():
    root = ET.fromstring(daemon().run('domcapabilities', '--machine', 'q35', '--virttype', 'qemu'))
    equal(root.find('machine').text, 'pc-q35-7.2')
    equal(root.find('path').text, '/usr/bin/qemu-system-x86_64')
    equal(root.find('devices/disk').get('supported'), 'yes')


@test
def a_definition_is_listed_shown_and_removed():
    d = defined('one', head='<uuid>%s</uuid>' % UUID)
    has(d.run('list', '--all'), 'one')
    equal(d.run('list', '--all', '--name').split(), ['one'])
    equal(d.run('list', '--name'), '')
    equal(d.run('domuuid', 'one').strip(), UUID)
    equal(d.run('domname', UUID).strip(), 'one')
    equal(d.run('domid', 'one').strip(), '-')
    equal(d.run('domstate', 'one', '--reason').strip(), 'shut off (unknown)')
    root = ET.fromstring(d.run('dumpxml', 'one'))
    equal(root.find('os/type').get('machine'), 'pc-i440fx-7.2')
    has(open('/etc/libvirt/qemu/one.xml').read(), 'virsh edit one')
    d.run('undefine', 'one')
    equal(d.run('list', '--all', '--name').split(), [])
    equal(os.path.exists('/etc/libvirt/qemu/one.xml'), False)


@test
def errors_name_what_is_missing_in_stocks_words():
    d = daemon()
    clean_up(d)
    has(d.run('dominfo', 'nobody', ok=False).err, "failed to get domain 'nobody'")
    has(d.run('domstate', 'nobody', ok=False).err, "error: failed to get domain 'nobody'")
    defined('off')
    has(d.run('destroy', 'off', ok=False).err, 'Requested operation is not valid: domain is not running')
    has(d.run('suspend', 'off', ok=False).err, 'Requested operation is not valid: domain is not running')
    has(d.run('define', write('bad.xml', '<domain type="qemu"><name>x</name>'), ok=False).err, 'Failed to define domain from')


@test
def list_filters_select_what_they_say():
    d = daemon()
    clean_up(d)
    for name in ('off', 'runs', 'waits', 'auto'):
        d.run('define', write(name + '.xml', domain_xml(name)))
    d.run('start', 'runs')
    d.run('start', 'waits', '--paused')
    d.run('create', write('brief.xml', domain_xml('brief')))
    d.run('autostart', 'auto')

    def names(*flags):
        return sorted(d.run('list', '--name', *flags).split())
    equal(names(), ['brief', 'runs', 'waits'])
    equal(names('--all'), ['auto', 'brief', 'off', 'runs', 'waits'])
    equal(names('--inactive'), ['auto', 'off'])
    equal(names('--all', '--persistent'), ['auto', 'off', 'runs', 'waits'])
    equal(names('--all', '--transient'), ['brief'])
    equal(names('--all', '--state-running'), ['brief', 'runs'])
    equal(names('--all', '--state-paused'), ['waits'])
    equal(names('--all', '--state-shutoff'), ['auto', 'off'])
    equal(names('--all', '--autostart'), ['auto'])
    equal(names('--all', '--no-autostart'), ['brief', 'off', 'runs', 'waits'])
    equal(names('--all', '--with-snapshot'), [])
    equal(names('--all', '--without-managed-save'), ['auto', 'brief', 'off', 'runs', 'waits'])
    clean_up(d)
    equal(names('--all'), [])


@test
def start_suspend_resume_reset_reboot_destroy_change_the_state():
    d = defined('s')

    def state():
        return d.run('domstate', 's', '--reason').strip()
    d.run('start', 's')
    equal(state(), 'running (booted)')
    ident = d.run('domid', 's').strip()
    equal(ident.isdigit(), True)
    has(d.run('start', 's', ok=False).err, 'Domain is already active')
    d.run('suspend', 's')
    equal(state(), 'paused (user)')
    d.run('resume', 's')
    equal(state(), 'running (unpaused)')
    d.run('reset', 's')
    d.run('reboot', 's')
    d.run('shutdown', 's')
    equal(state(), 'running (unpaused)')
    d.run('destroy', 's')
    equal(state(), 'shut off (destroyed)')


@test
def a_paused_start_waits_for_resume():
    d = defined('p')
    d.run('start', 'p', '--paused')
    equal(d.run('domstate', 'p', '--reason').strip(), 'paused (user)')
    d.run('resume', 'p')
    equal(d.run('domstate', 'p').strip(), 'running')


@test
def an_autodestroyed_guest_dies_with_its_client():
    d = defined('a')
    d.run('start', 'a', '--autodestroy')
    wait_for(lambda: d.run('domstate', 'a').strip() == 'shut off', 'the end of the guest')


@test
def dominfo_says_what_the_definition_says():
    d = defined('info', memory_mib=96, vcpus=2)
    d.run('start', 'info')
    info = dict(re.findall(r'^([^:]+): +(.*)$', d.run('dominfo', 'info'), re.M))
    equal(info['Name'], 'info')
    equal(info['OS Type'], 'hvm')
    equal(info['State'], 'running')
    equal(info['CPU(s)'], '2')
    equal(info['Max memory'], '98304 KiB')
    equal(info['Used memory'], '98304 KiB')
    equal(info['Persistent'], 'yes')
    equal(info['Autostart'], 'disable')
    equal(info['Managed save'], 'no')


@test
def autostart_is_a_link_and_survives_in_dominfo():
    d = defined('auto')
    d.run('autostart', 'auto')
    equal(os.readlink('/etc/libvirt/qemu/autostart/auto.xml'), '/etc/libvirt/qemu/auto.xml')
    has(d.run('dominfo', 'auto'), 'Autostart:      enable')
    d.run('autostart', 'auto', '--disable')
    equal(os.path.lexists('/etc/libvirt/qemu/autostart/auto.xml'), False)


@test
def dumpxml_has_a_live_an_inactive_a_secure_and_a_migratable_form():
    d = defined('x', devices="<graphics type='vnc' port='-1' autoport='yes' passwd='secret'/>")
    has(d.run('dumpxml', 'x', '--inactive', '--security-info'), "passwd='secret'")
    d.run('start', 'x')
    live, inactive = d.run('dumpxml', 'x'), d.run('dumpxml', 'x', '--inactive')
    has(live, "<domain type='qemu' id='%s'>" % d.run('domid', 'x').strip())
    has(live, "<alias name='serial0'/>")
    has(live, "<source path='/dev/pts/")
    has(live, "port='5900' autoport='yes'")
    has(inactive, "port='-1'")
    for text in (live, inactive):
        if 'secret' in text:
            raise Failed('a password is shown without being asked for')
    has(d.run('dumpxml', 'x', '--security-info'), "passwd='secret'")
    has(d.run('dumpxml', 'x', '--migratable'), "passwd='secret'")
    has(d.run('dumpxml', 'x', '--migratable', ro=True, ok=False).err, 'operation forbidden')
    equal(d.run('vncdisplay', 'x').strip(), '127.0.0.1:0')
    has(d.run('ttyconsole', 'x'), '/dev/pts/')


@test
def vcpus_are_counted_and_shown():
    d = defined('v', vcpus=2)
    counts = [line.split() for line in d.run('vcpucount', 'v').splitlines() if line.strip()]
    equal(counts, [['maximum', 'config', '2'], ['current', 'config', '2']])
    d.run('start', 'v')
    counts = [line.split() for line in d.run('vcpucount', 'v').splitlines() if line.strip()]
    equal(counts, [['maximum', 'config', '2'], ['maximum', 'live', '2'], ['current', 'config', '2'], ['current', 'live', '2']])
    out = d.run('vcpuinfo', 'v')
    equal(len(re.findall(r'^VCPU:', out, re.M)), 2)
    has(out, 'State:          running')
    has(out, 'CPU Affinity:   ' + 'y' * os.sysconf('SC_NPROCESSORS_CONF'))


@test
def statistics_are_told_of_running_guests():
    disk = with_sizes('stat.img')
    d = defined('st', devices='''<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/>
        <target dev='vda' bus='virtio'/></disk><interface type='user'><model type='virtio'/></interface>''' % disk)
    has(d.run('domblkstat', 'st', 'vda', ok=False).err, 'domain is not running')
    d.run('start', 'st')
    has(d.run('domblkstat', 'st', 'vda'), 'vda rd_req ')
    mem = dict(line.split() for line in d.run('dommemstat', 'st').splitlines())
    equal(mem['actual'], '65536')
    if int(mem['rss']) < 1000:
        raise Failed('rss is %s KiB' % mem['rss'])
    out = d.run('domstats', 'st')
    for key in ('state.state=1', 'state.reason=1', 'cpu.time=', 'balloon.current=65536', 'balloon.maximum=65536', 'vcpu.current=1',
                'vcpu.maximum=1', 'vcpu.0.state=1', 'block.count=1', 'block.0.name=vda', 'block.0.path=' + disk,
                'block.0.rd.reqs=', 'block.0.physical=4194304'):
        has(out, key)
    has(d.run('domstats', '--list-running', '--state'), "Domain: 'st'")
    has(d.run('domblklist', 'st'), disk)
    has(d.run('domiflist', 'st'), 'user')
    has(d.run('domblkinfo', 'st', 'vda'), 'Capacity:       4194304')


@test
def qemu_monitor_command_speaks_both_languages():
    d = defined('m')
    d.run('start', 'm')
    has(d.run('qemu-monitor-command', 'm', '{"execute":"query-status"}'), '"status":"running"')
    has(d.run('qemu-monitor-command', 'm', '--hmp', 'info status'), 'VM status: running')
    has(d.run('dumpxml', 'm'), '<domain ')


@test
def a_created_guest_is_gone_after_destroy():
    d = daemon()
    clean_up(d)
    d.run('create', write('t.xml', domain_xml('t')), '--paused')
    has(d.run('dominfo', 't'), 'Persistent:     no')
    has(d.run('create', write('t.xml', domain_xml('t', head='<uuid>%s</uuid>' % d.run('domuuid', 't').strip())), ok=False).err,
        "domain 't' is already active")
    d.run('destroy', 't')
    has(d.run('domstate', 't', ok=False).err, "failed to get domain 't'")


@test
def undefine_of_a_running_guest_makes_it_transient():
    d = defined('u')
    d.run('start', 'u')
    d.run('undefine', 'u')
    has(d.run('dominfo', 'u'), 'Persistent:     no')
    d.run('destroy', 'u')
    equal(d.run('list', '--all', '--name').split(), [])


@test
def names_and_uuids_do_not_clash_silently():
    d = defined('n', head='<uuid>%s</uuid>' % UUID)
    other = domain_xml('other', head='<uuid>%s</uuid>' % UUID)
    has(d.run('define', write('o.xml', other), ok=False).err, "domain 'n' is already defined with uuid %s" % UUID)
    has(d.run('define', write('o.xml', domain_xml('n')), ok=False).err, "domain 'n' already exists with uuid %s" % UUID)


@test
def a_start_that_cannot_work_says_why():
    d = defined('lost', devices='''<disk type='file' device='disk'><source file='/nowhere/disk.img'/>
        <target dev='vda' bus='virtio'/></disk>''')
    err = d.run('start', 'lost', ok=False).err
    has(err, '/nowhere/disk.img')
    has(err, 'No such file or directory')
    equal(d.run('domstate', 'lost', '--reason').strip(), 'shut off (failed)')


@test
@vireo_only
def a_channels_name_cannot_lead_its_socket_elsewhere():
    victim = write('victim', 'precious')
    up = '/'.join(['..'] * 12)
    d = defined('way', devices="<channel type='unix'><target type='virtio' name='%s%s'/></channel>" % (up, victim))
    has(d.run('start', 'way', ok=False).err, "cannot contain '/'")
    equal(open(victim).read(), 'precious')


@test
def an_emulator_is_asked_by_qemus_user_not_by_root():
    d = daemon()
    clean_up(d)
    said = '/tmp/vireo-who-%d' % os.getpid()
    fake = write('asked', '#!/bin/sh\nid -u > %s\ngrep CapBnd /proc/self/status >> %s\necho no emulator >&2\nexit 1\n' % (said, said))
    os.chmod(fake, 0o755)
    try:
        xml = domain_xml('who').replace('/usr/bin/qemu-system-x86_64', fake)
        has(d.run('define', write('who.xml', xml), ok=False).err, 'no emulator')
        equal(open(said).read().split()[0], '65534')
        has(d.run('domcapabilities'), '<domainCapabilities>')
    finally:
        if os.path.exists(said):
            os.unlink(said)


@test
@vireo_only
def directories_are_not_given_away_through_links():
    d = daemon()
    clean_up(d)
    nvram, target = '/var/lib/libvirt/qemu/nvram', '/run/work/target'
    d.stop()
    os.makedirs(target)
    os.rename(nvram, nvram + '.kept')
    os.symlink(target, nvram)
    try:
        try:
            d.start()
            said = 'it started'
        except Failed as e:
            said = str(e)
        has(said, "cannot open directory '%s'" % nvram)
        equal(os.stat(target).st_uid, 0)
    finally:
        d.stop()
        os.unlink(nvram)
        os.rename(nvram + '.kept', nvram)
        d.start()


@test
def python_drives_the_same_things():
    import libvirt
    d = daemon()
    clean_up(d)
    conn = d.connect()
    equal(conn.getType(), 'QEMU')
    equal(conn.getURI(), d.uri())
    equal(conn.getLibVersion(), 9000000)
    equal(conn.isAlive(), 1)
    equal(conn.isSecure(), 1)
    dom = conn.defineXML(domain_xml('py'))
    equal(dom.name(), 'py')
    equal(dom.isActive(), 0)
    dom.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    equal(dom.state(), [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER])
    equal([x.name() for x in conn.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_PAUSED)], ['py'])
    equal(conn.listDomainsID(), [dom.ID()])
    equal(conn.numOfDefinedDomains(), 0)
    equal(conn.lookupByUUIDString(dom.UUIDString()).name(), 'py')
    equal(dom.info()[1], 65536)
    stats = conn.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE)
    equal(stats[0][1]['state.state'], libvirt.VIR_DOMAIN_PAUSED)
    dom.resume()
    dom.destroy()
    dom.undefine()
    try:
        conn.lookupByName('py')
        raise Failed('the guest is still there')
    except libvirt.libvirtError as e:
        equal(e.get_error_code(), libvirt.VIR_ERR_NO_DOMAIN)
        equal(e.get_error_domain(), libvirt.VIR_FROM_QEMU)
        equal(e.get_error_message(), "Domain not found: no domain with matching name 'py'")
    conn.close()


main()
