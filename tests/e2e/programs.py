#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's programs and bindings on our library, unrebuilt: the same output as on libvirt's own."""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
from client import OURS  # noqa: E402
from suite import Failed, Skip, clean_up, daemon, domain_xml, equal, has, main, test, wait_for, write  # noqa: E402


def run(command, ours=True, timeout=60, rc=0, **env):
    env = dict(os.environ, LC_ALL='C', HOME='/run/work/home', XDG_RUNTIME_DIR='/run/work/home', **env)
    if ours:
        env['LD_LIBRARY_PATH'] = OURS
    os.makedirs('/run/work/home', exist_ok=True)
    p = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
    if rc is not None and p.returncode != rc:
        raise Failed('%s: %d\n%s\n%s' % (command[:3], p.returncode, p.stdout[-2000:], p.stderr[-2000:]))
    return p.stdout


def both(command, least, **how):
    """Runs it on both libraries; the outputs are equal but for what differs by itself."""
    said = []
    for ours in (False, True):
        said.append(re.sub(r"id='\d+'|\bid \d+", 'id N', run(command, ours, **how)))
        clean_up(daemon())
    equal(said[1], said[0])
    if len(said[1].splitlines()) < least:
        raise Failed('only this much output: %r' % said[1])
    return said[1]


@test
def sys_virt_of_perl_runs():
    if subprocess.run(['perl', '-MSys::Virt', '-e', '1'], stderr=subprocess.DEVNULL).returncode:
        raise Skip('Sys::Virt (package libsys-virt-perl) is not installed')
    d = daemon()
    script = write('virt.pl', r'''
use strict; use warnings; use Sys::Virt; use Sys::Virt::Domain;
my $c = Sys::Virt->new(uri => $ARGV[0]);
local $/; open(my $f, '<', $ARGV[1]); my $xml = <$f>;
print $c->get_hostname, ' ', $c->get_type, ' ', $c->get_uri, ' ', $c->is_secure, "\n";
print join(',', map { "$_=" . (/free|mhz/ ? 'x' : $c->get_node_info->{$_}) } sort keys %{$c->get_node_info}), "\n";
my @seen;
Sys::Virt::Event::register_default();
my $id = $c->domain_event_register_any(undef, Sys::Virt::Domain::EVENT_ID_LIFECYCLE, sub { push @seen, $_[2] });
my $d = $c->define_domain($xml);
print $d->get_name, ' ', $d->get_uuid_string ne '', ' ', $d->is_persistent, "\n";
print $d->get_xml_description =~ s/<uuid>.*?<\/uuid>//r =~ s/mac address='.*?'//gr;
$d->create; my $s = $d->get_info; print "$s->{maxMem} $s->{nrVirtCpu} ", $d->is_active, "\n";
print join(',', map { $_->get_name } $c->list_all_domains), "\n";
eval { $c->get_domain_by_name('nobody') }; print ref($@), ' ', $@->code, ' ', $@->domain, ' ', $@->message, "\n";
eval { $d->create }; print $@->code, ' ', $@->message, "\n";
my @stats = $c->get_all_domain_stats(Sys::Virt::Domain::STATS_STATE); print scalar(@stats), "\n";
$d->set_metadata(Sys::Virt::Domain::METADATA_TITLE, 'a title', undef, undef, Sys::Virt::Domain::AFFECT_CONFIG);
$d->destroy; print $d->get_metadata(Sys::Virt::Domain::METADATA_TITLE, undef, Sys::Virt::Domain::AFFECT_CONFIG), "\n"; $d->undefine;
Sys::Virt::Event::run_default() while !grep { $_ == 1 } @seen;
print "undefined\n";
''')
    both(['perl', script, d.uri(), write('perl.xml', domain_xml('perl'))], 30)


@test
def libvirt_glib_runs():
    program = '''
import gi, sys
gi.require_version('LibvirtGObject', '1.0')
gi.require_version('LibvirtGConfig', '1.0')
gi.require_version('LibvirtGLib', '1.0')
from gi.repository import LibvirtGLib, LibvirtGObject, LibvirtGConfig, GLib
LibvirtGLib.event_register()
LibvirtGObject.init_object(None)
c = LibvirtGObject.Connection.new(sys.argv[1])
c.open(None)
print(c.is_open(), c.get_uri(), c.get_hypervisor_name(), c.get_version() > 0)
print(c.get_capabilities().to_xml()[:2000])
d = c.create_domain(LibvirtGConfig.Domain.new_from_xml(open(sys.argv[2]).read()))
print(d.get_name(), d.get_persistent(), d.get_info().maxMem)
d.start(LibvirtGObject.DomainStartFlags.PAUSED)
i = d.get_info()
print(i.maxMem, i.nrVirtCpu, i.state, d.get_id() > 0)
loop, seen = GLib.MainLoop(), []
d.connect('stopped', lambda *a: seen.append('stopped'))
c.fetch_domains(None)
print([x.get_name() for x in c.get_domains()])
d.stop(0)
GLib.timeout_add(10, lambda: loop.quit() if seen else True)
GLib.timeout_add(1500, loop.quit)
loop.run()
print(seen[:1])
d.delete(0)
'''
    if subprocess.run(['/usr/bin/python3', '-c', "import gi; gi.require_version('LibvirtGObject', '1.0')"],
                      stderr=subprocess.DEVNULL).returncode:
        raise Skip('libvirt-glib for Python (packages gir1.2-libvirt-glib-1.0 and python3-gi) is not installed')
    d = daemon()
    both(['/usr/bin/python3', '-c', program, d.uri(), write('glib.xml', domain_xml('glib'))], 20)


@test
def libvirt_dbus_runs():
    if not shutil.which('libvirt-dbus', path='/usr/sbin:/usr/bin') or not shutil.which('dbus-run-session'):
        raise Skip('libvirt-dbus or dbus-run-session (package dbus) is not installed')
    daemon()
    script = write('bus.sh', r'''
program=$(PATH=/usr/sbin:/usr/bin command -v libvirt-dbus)
LD_LIBRARY_PATH=$LIBRARY "$program" --session >/run/work/libvirt-dbus.log 2>&1 &
pid=$!
call() { busctl --user call org.libvirt /org/libvirt/QEMU org.libvirt.Connect "$@" 2>&1; }
i=0
until busctl --user get-property org.libvirt /org/libvirt/QEMU org.libvirt.Connect Version >/dev/null 2>&1; do
    i=$((i + 1)); [ $i -lt 100 ] || break; sleep 0.1
done
busctl --user get-property org.libvirt /org/libvirt/QEMU org.libvirt.Connect Version
call DomainDefineXML s "$(cat "$1")" | sed 's/_[0-9a-f]*_.*/ID/'
call ListDomains u 0 | sed 's/_[0-9a-f]*_.*/ID/'
call DomainLookupByName s nobody
call GetCapabilities | cut -c1-500
call GetCPUModelNames su x86_64 0 | cut -c1-300
call NodeGetFreeMemory | cut -c1-2
path=$(call DomainLookupByName s bus | sed 's/o "\(.*\)"/\1/')
busctl --user call org.libvirt "$path" org.libvirt.Domain Create u 0
busctl --user get-property org.libvirt "$path" org.libvirt.Domain Name
busctl --user get-property org.libvirt "$path" org.libvirt.Domain Active
busctl --user call org.libvirt "$path" org.libvirt.Domain Destroy u 0
busctl --user call org.libvirt "$path" org.libvirt.Domain Undefine u 0
kill $pid
wait $pid || :
''')
    if not shutil.which('busctl'):
        raise Skip('busctl is not installed')
    said = []
    for ours in (False, True):
        said.append(run(['dbus-run-session', '--', 'sh', script, write('bus.xml', domain_xml('bus'))], False,
                        LIBRARY=OURS if ours else '', DBUS_SESSION_BUS_ADDRESS=''))
        clean_up(daemon())
    equal(said[1], said[0])
    if 'org.libvirt.Error' not in said[0] and 'Domain not found' not in said[0]:
        raise Skip('libvirt-dbus does not run here: %r' % said[0][:300])
    has(said[1], '"bus"')


@test
def virt_viewer_finds_a_guests_display():
    if not shutil.which('virt-viewer') or not shutil.which('Xvfb'):
        raise Skip('virt-viewer or Xvfb is not installed')
    d = daemon()
    d.run('create', write('view.xml', domain_xml('view', devices="<graphics type='vnc' port='5977' listen='127.0.0.1'/>")))
    number, told = os.pipe()  # it takes a display nobody has
    server = subprocess.Popen(['Xvfb', '-displayfd', str(told), '-screen', '0', '640x480x24'], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, pass_fds=(told,))
    os.close(told)
    try:
        with os.fdopen(number) as f:
            display = f.readline().strip()
        if not display:
            raise Skip('Xvfb does not run here')
        for ours in (True, False):
            log = open('/run/work/viewer.log', 'w+')
            env = dict(os.environ, DISPLAY=':' + display, LC_ALL='C', HOME='/run/work/home', G_MESSAGES_DEBUG='all', GDK_BACKEND='x11',
                       XDG_RUNTIME_DIR='/run/work/home', NO_AT_BRIDGE='1', **({'LD_LIBRARY_PATH': OURS} if ours else {}))
            viewer = subprocess.Popen(['virt-viewer', '--debug', '-c', d.uri(), 'view'], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                def connected():
                    with open('/run/work/viewer.log', errors='replace') as f:
                        text = f.read()
                    return ('session connected' in text.lower() or 'VNC server' in text or 'vnc-initialized' in text.lower() or
                            'Opening direct TCP connection to display at 127.0.0.1:5977' in text) and text
                wait_for(connected, 'a display' if ours else "a display, on libvirt's library", 20)
            finally:
                viewer.kill()
                viewer.wait()
    finally:
        server.kill()
        server.wait()
        d.run('destroy', 'view', ok=None)


main()
