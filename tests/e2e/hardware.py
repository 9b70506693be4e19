#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest has of the host: helper programs beside its QEMU, secrets, placement, its own user; and what a start that
cannot be is told."""
import base64
import glob
import json
import os
import re
import socket
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import (  # noqa: E402
    Skip, clean_up, daemon, domain_xml, equal, has, main, sandbox, test, vireo_only, wait_for, write)

IMAGES = '/var/lib/libvirt/images'


def need(*programs):
    for p in programs:
        if not os.path.exists(p):
            raise Skip('%s is not installed' % p)


def fresh():
    d = daemon()
    clean_up(d)
    os.makedirs(IMAGES, exist_ok=True)
    return d


def image(name, fmt='qcow2', size='10M', *options):
    path = '%s/%s' % (IMAGES, name)
    for _ in range(10): # a key's strength is measured by time spent, which short ones may not show
        if subprocess.run(['qemu-img', 'create', '-q', '-f', fmt, *options, path, size], check=False).returncode == 0:
            return path
    raise Skip('qemu-img makes no %s image' % fmt)


def disk(path, fmt='qcow2', inside='', after='', target='vda'):
    return ("<disk type='file' device='disk'><driver name='qemu' type='%s'/><source file='%s'>%s</source>"
            "<target dev='%s' bus='virtio'/>%s</disk>" % (fmt, path, inside, target, after))


def qmp(d, name, command, **arguments):
    text = json.dumps({'execute': command, 'arguments': arguments})
    return json.loads(d.run('qemu-monitor-command', name, text))['return']


def pids(program):
    """Processes whose program has that name."""
    out = []
    for p in glob.glob('/proc/[0-9]*/cmdline'):
        try:
            with open(p) as f:
                first = f.read().split('\0')[0]
        except OSError:
            continue
        if os.path.basename(first) == program:
            out.append(int(p.split('/')[2]))
    return out


def uid_of(pid):
    with open('/proc/%d/status' % pid) as f:
        return int(re.search(r'^Uid:\s+(\d+)', f.read(), re.M)[1])


# ---- programs beside QEMU --------------------------------------------------------------------------------------------

TPM = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"


@test
def a_tpm_is_made_started_and_ended_with_its_guest():
    need('/usr/bin/swtpm', '/usr/bin/swtpm_setup')
    d = fresh()
    d.run('create', write('tpm.xml', domain_xml('tpm', devices=TPM)))
    equal(len(pids('swtpm')), 1)
    equal(uid_of(pids('swtpm')[0]) != 0, True, 'the emulator runs as root')
    equal(len(glob.glob('/var/lib/libvirt/swtpm/*/tpm2/tpm2-00.permall')), 1)
    equal(qmp(d, 'tpm', 'query-tpm')[0]['options']['type'], 'emulator')
    d.run('destroy', 'tpm')
    wait_for(lambda: not pids('swtpm'), 'the end of the emulator')
    equal(glob.glob('/var/lib/libvirt/swtpm/*/tpm2'), [], 'state of a transient guest')


@test
def a_tpms_state_outlives_a_persistent_guests_run_and_not_its_definition():
    need('/usr/bin/swtpm', '/usr/bin/swtpm_setup')
    d = fresh()
    d.run('define', write('kept.xml', domain_xml('kept', devices=TPM)))
    d.run('start', 'kept')
    d.run('destroy', 'kept')
    state, = glob.glob('/var/lib/libvirt/swtpm/*/tpm2/tpm2-00.permall')
    d.run('start', 'kept')
    d.run('destroy', 'kept')
    with open('/var/log/swtpm/libvirt/qemu/kept-swtpm.log') as f:
        equal(f.read().count('Starting vTPM manufacturing'), 1)
    d.run('undefine', 'kept')
    equal(os.path.exists(state), False)


@test
def the_next_daemon_ends_the_helpers_of_the_last():
    need('/usr/bin/swtpm', '/usr/bin/qemu-pr-helper')
    d = fresh()
    d.run('create', write('tpm.xml', domain_xml('tpm', devices=TPM)))
    pid, = pids('swtpm')
    d.kill()
    equal(pids('swtpm'), [pid])
    d.start()
    wait_for(lambda: d.run('domstate', 'tpm', ok=None) == 'running', 'the guest to be found')
    equal(pids('swtpm'), [pid])
    d.run('destroy', 'tpm')
    wait_for(lambda: not pids('swtpm'), 'the end of the emulator')
    equal(glob.glob('/run/libvirt/qemu/swtpm/*.pid'), [])


FOLDER = ("<filesystem type='mount' accessmode='passthrough'><driver type='virtiofs'/>%s<source dir='%s'/>"
          "<target dir='tag'/></filesystem>")
SHARED = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"


@test
def a_shared_folder_has_a_daemon_of_its_own():
    need('/usr/lib/qemu/virtiofsd')
    d = fresh()
    os.makedirs('/var/lib/libvirt/shared', exist_ok=True)
    folder = FOLDER % ("<binary xattr='on'><cache mode='always'/><lock posix='off' flock='off'/></binary>", '/var/lib/libvirt/shared')
    d.run('create', write('fs.xml', domain_xml('fs', devices=folder, head=SHARED)))
    with open('/proc/%d/cmdline' % pids('virtiofsd')[0]) as f:
        has(f.read(), 'source=/var/lib/libvirt/shared,cache=always,xattr,no_flock,no_posix_lock')
    has(d.run('dumpxml', 'fs'), "<binary path='/usr/lib/qemu/virtiofsd' xattr='on'>")
    d.run('destroy', 'fs')
    wait_for(lambda: not pids('virtiofsd'), 'the end of virtiofsd')


@test
def a_shared_folder_that_is_not_there_ends_the_start():
    need('/usr/lib/qemu/virtiofsd')
    d = fresh()
    r = d.run('create', write('fs.xml', domain_xml('fs', devices=FOLDER % ('', '/nowhere'), head=SHARED)), ok=False)
    has(r.err, "'/nowhere'")
    equal(pids('virtiofsd'), [])


# ---- secrets ---------------------------------------------------------------------------------------------------------

UUID = '0a81f5b2-8403-7b23-c8d6-21ccc2f80d60'
LUKS = "<encryption format='luks'><secret type='passphrase' uuid='%s'/></encryption>" % UUID


def secret(value):
    os.makedirs('/etc/libvirt/secrets', mode=0o700, exist_ok=True)
    with open('/etc/libvirt/secrets/%s.xml' % UUID, 'w') as f:
        f.write("<secret ephemeral='no' private='yes'><uuid>%s</uuid><usage type='volume'><volume>v</volume></usage></secret>" % UUID)
    with open('/etc/libvirt/secrets/%s.base64' % UUID, 'w') as f:
        f.write(base64.b64encode(value).decode())


def luks_images():
    with open(sandbox.WORK + '/pw', 'w') as f:
        f.write('open sesame')
    key = ('--object', 'secret,id=s,file=%s/pw' % sandbox.WORK)
    return (image('l.raw', 'luks', '10M', *key, '-o', 'key-secret=s,iter-time=10'),
            image('l.qcow2', 'qcow2', '10M', *key, '-o', 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10'))


@test
@vireo_only
def encrypted_images_are_opened_by_the_secret_on_disk():
    d = fresh()
    raw, qcow2 = luks_images()
    secret(b'open sesame')
    d.run('create', write('l.xml', domain_xml('l', devices=disk(raw, 'raw', LUKS) + disk(qcow2, inside=LUKS, target='vdb'))))
    blocks = qmp(d, 'l', 'query-block')
    equal([b['inserted']['encrypted'] for b in blocks], [True, True])
    with open('/var/log/libvirt/qemu/l.log') as f:
        equal('sesame' in f.read(), False, 'the secret is in the log')
    d.run('destroy', 'l')
    secret(b'wrong')
    has(d.run('create', write('l.xml', domain_xml('l', devices=disk(raw, 'raw', LUKS))), ok=False).err, 'Invalid password')


@test
def a_secret_that_is_not_there_is_named():
    d = fresh()
    path = image('plain.raw', 'raw')
    other = LUKS.replace(UUID, '11111111-8403-7b23-c8d6-21ccc2f80d60')
    r = d.run('create', write('l.xml', domain_xml('l', devices=disk(path, 'raw', other))), ok=False)
    has(r.err, "Secret not found: no secret with matching uuid '11111111-8403-7b23-c8d6-21ccc2f80d60'")


# ---- disks -----------------------------------------------------------------------------------------------------------

def written(path):
    return subprocess.run(['qemu-io', '-r', '-U', '-c', 'read -P 0x5a 0 512', path], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


@test
def what_is_written_to_a_transient_disk_goes_with_the_guest():
    d = fresh()
    path = image('t.qcow2')
    d.run('create', write('t.xml', domain_xml('t', devices=disk(path, after='<transient/>'))))
    has(d.run('dumpxml', 't'), "%s.TRANSIENT-t'" % path)
    d.run('qemu-monitor-command', 't', '--hmp', 'qemu-io -d virtio-disk0/virtio-backend "write -P 0x5a 0 512"', ok=None)
    d.run('qemu-monitor-command', 't', '--hmp', 'qemu-io libvirt-2-format "write -P 0x5a 0 512"')
    d.run('destroy', 't')
    equal(os.path.exists(path + '.TRANSIENT-t'), False)
    has(written(path), 'Pattern verification failed')


@test
def guests_may_share_what_is_below_their_transient_disks():
    d = fresh()
    path = image('base.qcow2')
    for name in ('a', 'b'):
        xml = domain_xml(name, devices=disk(path, after="<transient shareBacking='yes'/>"))
        d.run('create', write(name + '.xml', xml))
    equal(sorted(d.run('list', '--name').split()), ['a', 'b'])
    for name in ('a', 'b'):
        d.run('destroy', name)
        equal(os.path.exists('%s.TRANSIENT-%s' % (path, name)), False)


@test
def media_that_may_be_missing_are_left_out():
    d = fresh()
    cd = ("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/nowhere/x.iso' "
          "startupPolicy='%s'/><target dev='hda' bus='ide'/><readonly/></disk>")
    has(d.run('create', write('c.xml', domain_xml('c', devices=cd % 'mandatory')), ok=False).err, '/nowhere/x.iso')
    d.run('create', write('c.xml', domain_xml('c', devices=cd % 'optional')))
    equal('x.iso' in d.run('dumpxml', 'c'), False)


@test
def cpus_that_can_go_again_are_plugged_in_their_order():
    d = fresh()
    vcpus = ("<vcpu current='3'>4</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='no' order='1'/>"
             "<vcpu id='1' enabled='no' hotpluggable='yes'/><vcpu id='2' enabled='yes' hotpluggable='yes' order='3'/>"
             "<vcpu id='3' enabled='yes' hotpluggable='yes' order='2'/></vcpus>")
    d.run('create', write('v.xml', domain_xml('v').replace('<vcpu>1</vcpu>', vcpus)))
    equal([c['props']['socket-id'] for c in qmp(d, 'v', 'query-cpus-fast')], [0, 3, 2])


# ---- placement -------------------------------------------------------------------------------------------------------

def threads(name):
    """name of thread -> (CPUs, scheduler)"""
    pid, = sandbox.processes('guest=%s,' % name)
    out = {}
    for t in os.listdir('/proc/%d/task' % pid):
        with open('/proc/%d/task/%s/comm' % (pid, t)) as f:
            comm = f.read().strip()
        if int(t) == pid:
            comm = 'emulator'
        out[comm] = (sorted(os.sched_getaffinity(int(t))), os.sched_getscheduler(int(t)))
    return out


@test
def threads_run_where_the_document_puts_them():
    if os.cpu_count() < 2:
        raise Skip('one CPU has no places')
    d = fresh()
    tune = ("<iothreads>2</iothreads><cputune><vcpupin vcpu='0' cpuset='1'/><emulatorpin cpuset='0'/>"
            "<iothreadpin iothread='1' cpuset='1'/><vcpusched vcpus='1' scheduler='batch'/>"
            "<iothreadsched iothreads='2' scheduler='idle'/><emulatorsched scheduler='batch'/></cputune>")
    d.run('create', write('p.xml', domain_xml('p', vcpus=2, head=tune)))
    t = threads('p')
    every = sorted(os.sched_getaffinity(0))
    equal(t['emulator'], ([0], os.SCHED_BATCH))
    equal(t['CPU 0/TCG'], ([1], os.SCHED_OTHER))
    equal(t['CPU 1/TCG'], (every, os.SCHED_BATCH), 'a CPU nobody pinned')
    equal(t['IO iothread1'], ([1], os.SCHED_OTHER))
    equal(t['IO iothread2'], (every, os.SCHED_IDLE))


@test
def the_handbooks_cpuset_keeps_a_guest_on_its_cpus():
    if os.cpu_count() < 2:
        raise Skip('one CPU has no places')
    d = fresh()
    d.run('create', write('p.xml', domain_xml('p').replace('<vcpu>', "<vcpu cpuset='0-1,^1'>")))
    for name, (cpus, _) in threads('p').items():
        equal(cpus, [0], name)


@test
def a_cpu_the_host_has_not_ends_the_start():
    d = fresh()
    r = d.run('create', write('p.xml', domain_xml('p').replace('<vcpu>', "<vcpu cpuset='900'>")), ok=False)
    has(r.err, 'cannot set CPU affinity on process')
    equal(list(sandbox.processes('guest=p,')), [])


@test
def a_guest_runs_as_the_user_of_its_own_label():
    d = fresh()
    path = image('own.raw', 'raw')
    label = "<seclabel type='static' model='dac' relabel='yes'><label>+1234:+2345</label></seclabel>"
    xml = domain_xml('own', devices=disk(path, 'raw')).replace('</domain>', label + '</domain>')
    d.run('create', write('own.xml', xml))
    pid, = sandbox.processes('guest=own,')
    equal(uid_of(pid), 1234)
    equal(os.stat(path).st_uid, 1234)
    has(d.run('dumpxml', 'own'), '<imagelabel>+1234:+2345</imagelabel>')
    d.run('destroy', 'own')
    equal(os.stat(path).st_uid, 0)


# ---- what it could have ----------------------------------------------------------------------------------------------

@test
def domain_capabilities_are_those_of_the_machine_asked_for():
    d = fresh()

    def of(*args):
        return d.run('domcapabilities', '--emulatorbin', '/usr/bin/qemu-system-x86_64', '--virttype', 'qemu', *args)
    buses = {m: '<value>ide</value>' in of('--machine', m) for m in ('pc', 'q35', 'isapc')}
    equal(buses, {'pc': True, 'q35': False, 'isapc': False})
    has(of(), "<hyperv supported='yes'>")
    has(d.run('domcapabilities', '--arch', 'ppc64', ok=False).err, "unable to find any emulator to serve 'ppc64' architecture")
    has(d.run('domcapabilities', '--emulatorbin', '/usr/bin/qemu-system-i386', ok=False).err, "does not support arch 'x86_64'")


# ---- what a start that cannot be is told -----------------------------------------------------------------------------

@test
@vireo_only
def the_directory_in_the_way_is_named_with_what_mends_it():
    d = fresh()
    closed = '/var/lib/libvirt/closed'
    os.makedirs(closed + '/in', exist_ok=True)
    os.chmod(closed, 0o700)
    path = closed + '/in/x.raw'
    subprocess.run(['qemu-img', 'create', '-q', '-f', 'raw', path, '1M'], check=True)
    xml = write('w.xml', domain_xml('w', devices=disk(path, 'raw')))
    r = d.run('create', xml, ok=False)
    has(r.err, "'%s' belongs to root:root with mode 0700" % closed)
    mend = re.search(r"'(chmod [^']*)'", r.err)[1]
    subprocess.run(mend.split(), check=True)
    d.run('create', xml)


@test
@vireo_only
def who_holds_an_image_is_named():
    d = fresh()
    path = image('lock.qcow2')
    d.run('create', write('a.xml', domain_xml('a', devices=disk(path))))
    has(d.run('create', write('b.xml', domain_xml('b', devices=disk(path))), ok=False).err, "domain 'a' is using '%s'" % path)
    d.run('destroy', 'a')
    with subprocess.Popen(['qemu-io', path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        wait_for(lambda: path in str([os.readlink(f) for f in glob.glob('/proc/%d/fd/*' % other.pid) if os.path.islink(f)]), 'qemu-io')
        has(d.run('create', write('b.xml', domain_xml('b', devices=disk(path))), ok=False).err,
            'process %d (qemu-io) is using' % other.pid)
        other.kill()


@test
@vireo_only
def who_listens_on_a_port_is_named():
    d = fresh()
    with socket.socket() as s:
        s.bind(('127.0.0.1', 5987))
        s.listen()
        vnc = "<graphics type='vnc' port='5987' autoport='no' listen='127.0.0.1'/>"
        err = d.run('create', write('g.xml', domain_xml('g', devices=vnc)), ok=False).err
    has(err, 'listens on port 5987')
    has(err, 'process %d' % os.getpid())


@test
def a_qemu_that_ends_at_once_is_quoted():
    d = fresh()
    q = "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-nonsense'/></qemu:commandline>"
    r = d.run('create', write('q.xml', domain_xml('q').replace('</domain>', q + '</domain>')), ok=False)
    has(r.err, '-nonsense: invalid option')


# ---- devices of the host, in a /sys that the test makes ---------------------------------------------------------------

def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as f:
        f.write(text)


def made_up_sys():
    """Two USB devices and a PCI one with its driver; real ones would need hardware."""
    if os.path.exists('/sys/bus/usb/devices/1-1'):
        return
    top = sandbox.WORK + '/sys'
    os.makedirs(top)
    sandbox.mount('-t', 'tmpfs', 'tmpfs', top)
    os.makedirs(top + '/devices/system')
    sandbox.mount('--bind', '/sys/devices/system', top + '/devices/system')
    sandbox.mount('--rbind', top, '/sys')
    for name, values in (('1-1', ('0204', '6025', '1', '4')), ('1-2', ('046d', 'c52b', '1', '6')), ('1-3', ('046d', 'c52b', '1', '7'))):
        for file, value in zip(('idVendor', 'idProduct', 'busnum', 'devnum'), values):
            put('/sys/bus/usb/devices/%s/%s' % (name, file), value + '\n')
    pci = '/sys/bus/pci/devices/0000:06:12.5'
    for file, value in (('config', '\0' * 256), ('class', '0x020000\n'), ('vendor', '0x8086\n'), ('device', '0x1234\n'), ('driver_override', '')):
        put(pci + '/' + file, value)
    for driver in ('e1000e', 'vfio-pci'):
        put('/sys/bus/pci/drivers/%s/unbind' % driver, '')
    os.symlink('../../drivers/e1000e', pci + '/driver')
    put('/sys/bus/pci/drivers_probe', '')
    os.makedirs('/dev/bus/usb/001')
    for number in (4, 6, 7):
        os.mknod('/dev/bus/usb/001/%03d' % number, 0o660 | stat.S_IFCHR, os.makedev(189, number - 1))
    os.makedirs('/sys/kernel/iommu_groups/5')
    put('/dev/vfio/vfio', '')


def hostdev(kind, source, attributes=''):
    return "<hostdev mode='subsystem' type='%s' %s><source>%s</source></hostdev>" % (kind, attributes, source)


def ids(vendor, product):
    return "<vendor id='0x%s'/><product id='0x%s'/>" % (vendor, product)


@test
def a_usb_device_is_found_by_its_ids():
    made_up_sys()
    d = fresh()
    r = d.run('create', write('u.xml', domain_xml('u', devices=hostdev('usb', ids('0204', '6025')))), ok=False)
    has(r.err, '"hostdevice":"/dev/bus/usb/001/004"')
    r = d.run('create', write('u.xml', domain_xml('u', devices=hostdev('usb', ids('0204', '6026')))), ok=False)
    has(r.err, 'Did not find USB device 0204:6026')
    r = d.run('create', write('u.xml', domain_xml('u', devices=hostdev('usb', ids('046d', 'c52b')))), ok=False)
    has(r.err.lower(), 'multiple usb devices')


@test
def a_pci_device_that_vfio_does_not_take_goes_back():
    made_up_sys()
    d = fresh()
    source = "<address domain='0' bus='6' slot='18' function='5'/>"
    r = d.run('create', write('p.xml', domain_xml('p', devices=hostdev('pci', source, "managed='no'"))), ok=False)
    has(r.err, 'Unmanaged PCI device 0000:06:12.5 must be manually detached from the host')
    d.run('create', write('p.xml', domain_xml('p', devices=hostdev('pci', source, "managed='yes'"))), ok=False)
    with open('/sys/bus/pci/devices/0000:06:12.5/driver_override') as f:
        equal(f.read(), '\n')
    with open('/sys/bus/pci/drivers_probe') as f:
        equal(f.read(), '0000:06:12.5')


@test
def two_guests_cannot_have_one_device():
    made_up_sys()
    d = fresh()
    twice = hostdev('usb', ids('0204', '6025')) + hostdev('usb', "<address bus='1' device='4'/>")
    has(d.run('create', write('u.xml', domain_xml('u', devices=twice)), ok=False).err, 'is already in use')


main()
