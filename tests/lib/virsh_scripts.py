# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scripts of virsh commands and the files they use, for tests/e2e/virsh_groups.py: one command line each."""

FILES = {
    'n.xml': '''<network><name>n1</name><bridge name='virbr7'/><ip address='10.7.0.1' netmask='255.255.255.0'><dhcp><range start='10.7.0.2' end='10.7.0.9'/></dhcp></ip></network>
''',
    'pool.xml': '''<pool type='dir'><name>p1</name><target><path>/run/work/virsh/pool/p1</path></target></pool>
''',
    'vol.xml': '''<volume><name>v1</name><capacity unit='M'>10</capacity><target><format type='raw'/></target></volume>
''',
    'nd.xml': '''<device><name>x</name><parent>test-scsi-host-vport</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012341234</wwnn><wwpn>2000000012341234</wwpn></capability></capability></device>
''',
    'if.xml': '''<interface type='ethernet' name='eth9'><start mode='none'/></interface>
''',
    's.xml': '''<domainsnapshot><name>x1</name><description>hello</description></domainsnapshot>
''',
    'cpu1.xml': '''<cpu><model>qemu64</model></cpu>
''',
    'cpu2.xml': '''<cpu><arch>x86_64</arch><model>Nehalem</model></cpu>
''',
    'cpu3.xml': '''<cpus><cpu><arch>x86_64</arch><model>Nehalem</model></cpu><cpu><arch>x86_64</arch><model>Westmere</model></cpu></cpus>
''',
    'cpu4.xml': '''<x/>
''',
    'cpu5.xml': '''junk
''',
    'secret.xml': '''<secret ephemeral='no' private='no'>
  <uuid>55806c7d-8e93-456f-829b-607d8c198367</uuid>
  <usage type='volume'>
    <volume>/x/y</volume>
  </usage>
</secret>
''',
    'secret2.xml': '''<secret ephemeral='yes' private='yes'>
  <uuid>15806c7d-8e93-456f-829b-607d8c198367</uuid>
</secret>
''',
    'files.txt': '''some bytes
''',
    'value64': '''c2VjcmV0
''',
    'value': '''secret''',
    'filter.xml': '''<filter name='f1' chain='root'>
  <uuid>25806c7d-8e93-456f-829b-607d8c198367</uuid>
  <rule action='drop' direction='in' priority='500'/>
</filter>
''',
    'net2.xml': '''<network>
  <name>iso</name>
  <uuid>35806c7d-8e93-456f-829b-607d8c198367</uuid>
  <bridge name='virbr5' stp='on' delay='0'/>
  <mac address='52:54:00:11:22:33'/>
  <ip address='10.5.0.1' netmask='255.255.255.0'/>
</network>
''',
    'dom.xml': '''<domain type='qemu'>
  <name>g</name>
  <uuid>45806c7d-8e93-456f-829b-607d8c198367</uuid>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
  </devices>
</domain>
''',
}

# Each command finds a fresh host, so each line is a story of its own.
TEST_DRIVER = {
    'networks': '''
net-list
net-list --all --name
net-list --uuid
net-list --table --name
net-list --uuid --name
-q net-list
net-info default
net-info nosuch
net-name default
net-uuid default
net-uuid dd8fe884-6c02-601e-7551-cca97df1c5df
net-name dd8fe884-6c02-601e-7551-cca97df1c5df
net-destroy default
-q net-destroy default
net-destroy dd8fe884-6c02-601e-7551-cca97df1c5df
net-start dd8fe884-6c02-601e-7551-cca97df1c5df
net-undefine dd8fe884-6c02-601e-7551-cca97df1c5df
net-autostart dd8fe884-6c02-601e-7551-cca97df1c5df
net-autostart dd8fe884-6c02-601e-7551-cca97df1c5df --disable
net-start default
"net-destroy default; net-start default; net-list --inactive; net-autostart default; net-autostart default --disable; net-undefine default; net-destroy default; net-undefine default"
net-define n.xml
net-define n.xml --validate
net-create n.xml
net-create n.xml --validate
net-define nosuch.xml
net-dhcp-leases default
net-dhcp-leases default 00:11:22:33:44:55
net-port-list default
net-port-list default --uuid --table
net-update default add ip-dhcp-host '<host mac="00:11:22:33:44:55" ip="192.168.122.45"/>'
net-update default bogus x x
net-update default add bogus x
net-update default add ip-dhcp-host nosuch
net-update default add ip-dhcp-host '<host mac="00:11:22:33:44:55" ip="192.168.122.45"/>' --live --config
net-update default add ip-dhcp-host '<x/>' --live --current
net-update default add ip-dhcp-host '<x/>' --config
net-update default add-last dns-host '<host ip="1.2.3.4"><hostname>x</hostname></host>' --parent-index abc
net-update default none none x
net-event
net-event --list
net-event --event bogus
net-event --event lifecycle --timeout 1
net-event default --list --event lifecycle
net-event --event lifecycle --timeout 0
net-event --event lifecycle --timeout abc
net-dumpxml default --xpath //name
net-dumpxml default --xpath //nosuch
net-dumpxml default --xpath //ip --wrap
net-dumpxml default --xpath //range/@start
net-dumpxml default --xpath "string(//name)"
net-dumpxml default --xpath "count(//ip)"
net-dumpxml default --xpath "//name/text()"
net-dumpxml default --xpath "1 = 1"
net-dumpxml default --xpath '///'
net-dumpxml default --wrap
net-dumpxml default --inactive
net-port-dumpxml default x
net-port-delete default x
net-port-create default n.xml
net-port-create default nosuch
net-edit default
EDITOR='sed -i s/virbr0/virbr9/' net-edit default
EDITOR=false net-edit default
''',
    'pools': '''
pool-list
pool-list --all --details
pool-list --uuid
pool-list --name
pool-list --uuid --name
pool-list --type dir,fs
pool-list --type bogus
pool-list --details --name
pool-list --inactive
pool-list --inactive --details
pool-info default-pool
pool-info default-pool --bytes
pool-info nosuch
pool-name default-pool
pool-uuid default-pool
"pool-destroy default-pool; pool-start default-pool;pool-start default-pool; pool-refresh default-pool; pool-autostart default-pool; pool-list --details --all; pool-autostart default-pool --disable; pool-destroy default-pool; pool-info default-pool; pool-list --all --details; pool-build default-pool; pool-delete default-pool; pool-undefine default-pool; pool-undefine default-pool"
pool-define pool.xml
pool-create pool.xml --build --no-overwrite
pool-create pool.xml --overwrite --no-overwrite
pool-define-as p2 dir --target /run/work/virsh/x
pool-define-as p2 dir --target /run/work/virsh/x --print-xml
pool-create-as p2 scsi --print-xml --adapter-name scsi_host1 --source-host h --source-path /p --source-dev /dev/x --source-name n --target /t --source-format raw --auth-type chap --auth-username u --secret-usage s --source-protocol-ver 4 --source-initiator iqn
pool-create-as p2 scsi --print-xml --adapter-wwnn a --adapter-wwpn b --adapter-parent host5 --secret-uuid abc --auth-type chap --auth-username x
pool-create-as p2 scsi --print-xml --adapter-wwnn a --adapter-wwpn b --adapter-parent-wwnn x --adapter-parent-wwpn y
pool-create-as p2 scsi --print-xml --adapter-wwnn a --adapter-wwpn b --adapter-parent-fabric-wwn x
pool-create-as p2 dir --print-xml --target /t --build --overwrite
pool-create-as p2 dir --target /t
pool-dumpxml default-pool
pool-capabilities
find-storage-pool-sources-as logical
find-storage-pool-sources-as netfs localhost 80 iqn
find-storage-pool-sources netfs pool.xml
find-storage-pool-sources bogus
pool-event --list
pool-event
pool-event --event bogus
pool-build default-pool --overwrite --no-overwrite
pool-start default-pool --build --overwrite
pool-define-as p3 dir /a /b /c
pool-define-as a
pool-edit default-pool
EDITOR='sed -i s,/default-pool,/other,' pool-edit default-pool
''',
    'volumes': '''
vol-list default-pool
vol-list nosuch
"vol-create default-pool vol.xml; vol-list default-pool; vol-list default-pool --details; vol-info v1 default-pool; vol-info v1 --pool default-pool --bytes; vol-info /default-pool/v1; vol-info v1; vol-name /default-pool/v1; vol-key v1 default-pool; vol-path v1 default-pool; vol-path --pool default-pool v1; vol-pool /default-pool/v1; vol-pool --uuid /default-pool/v1; vol-name v1; vol-path v1; vol-key v1; vol-dumpxml v1 default-pool; vol-dumpxml v1 default-pool --xpath //name; vol-clone v1 v2 default-pool; vol-clone v1 v2 default-pool; vol-clone v1 v3 --pool default-pool --print-xml; vol-list default-pool; vol-delete v2 default-pool; vol-delete v2 default-pool; vol-resize v1 20M default-pool; vol-resize v1 -20M default-pool; vol-resize v1 10M default-pool --delta; vol-wipe v1 default-pool; vol-wipe v1 default-pool --algorithm bogus; vol-upload v1 pool.xml default-pool; vol-download v1 out/dl default-pool; vol-create-from default-pool vol.xml v1; vol-info v1 default-pool --physical"
vol-create default-pool nosuch.xml
vol-create default-pool pool.xml
vol-create-as default-pool x 10M
vol-create-as default-pool x 10M --allocation 1M --format qcow2 --print-xml
vol-create-as default-pool x 10M --backing-vol y
vol-create-as default-pool x 10M --allocation 1M --format qcow2 --backing-vol y --backing-vol-format raw --print-xml
vol-create-as default-pool x abc
vol-create-as default-pool x 10X
vol-create-as default-pool x -10
vol-create-as nosuch x 10
"vol-create default-pool vol.xml; vol-create-as default-pool x 10M --backing-vol v1 --print-xml --backing-vol-format raw; vol-create-from default-pool pool.xml v1; sed"
vol-upload v1 pool.xml
vol-info nosuch
vol-info nosuch nosuch
vol-info nosuch default-pool
vol-pool nosuch
vol-resize nosuch 1 default-pool
"pool-destroy default-pool; vol-list default-pool; vol-info x default-pool"
"vol-create default-pool vol.xml; vol-resize v1 abc default-pool; vol-resize v1 5M default-pool --shrink;  vol-resize v1 5M default-pool --shrink --delta; vol-resize v1 5M default-pool --allocate"
''',
    'node_devices': '''
nodedev-list
nodedev-list --tree
nodedev-list --cap system
nodedev-list --cap bogus
nodedev-list --tree --cap system
nodedev-list --inactive
nodedev-list --all
nodedev-list --all --inactive
nodedev-list --tree --inactive
nodedev-list --cap scsi_host,fc_host
nodedev-list --cap ''
nodedev-dumpxml computer
nodedev-dumpxml nosuch
nodedev-dumpxml 20000000c9831b4b,10000000c9831b4b
nodedev-dumpxml a,b
nodedev-dumpxml a,b,c
nodedev-info computer
nodedev-info nosuch
nodedev-create nd.xml
nodedev-destroy computer
nodedev-destroy --name computer
nodedev-destroy nosuch
nodedev-detach computer
nodedev-dettach computer --driver vfio
nodedev-reattach computer
nodedev-reset computer
nodedev-detach nosuch
nodedev-reset nosuch
nodedev-define nd.xml
nodedev-undefine computer
nodedev-undefine nosuch
nodedev-start computer
nodedev-start nosuch
nodedev-autostart computer
nodedev-autostart computer --disable
nodedev-event --list
nodedev-event
nodedev-event --event update --timeout 1
nodedev-event nosuch lifecycle --timeout 1
''',
    'interfaces': '''
iface-list
iface-list --all
iface-list --inactive
iface-name aa:bb:cc:dd:ee:ff
iface-name eth1
iface-mac eth1
iface-mac aa:bb:cc:dd:ee:ff
iface-mac nosuch
iface-dumpxml eth1
iface-dumpxml nosuch
iface-dumpxml eth1 --inactive
iface-define if.xml
iface-define nosuch
"iface-define if.xml; iface-start eth9; iface-list; iface-destroy eth9; iface-list --all; iface-undefine eth9; iface-undefine eth9"
iface-start eth1
"iface-begin; iface-begin; iface-commit; iface-commit; iface-rollback; iface-begin; iface-rollback"
iface-bridge eth1 br0
iface-bridge eth1 br0 --no-stp --delay 3 --no-start
iface-bridge nosuch br0
iface-bridge eth1 eth1
iface-unbridge eth1
iface-unbridge nosuch
"iface-bridge eth1 br0; iface-list; iface-dumpxml br0; iface-unbridge br0; iface-list"
EDITOR=true iface-edit eth1
''',
    'filters': '''
nwfilter-list
nwfilter-dumpxml x
nwfilter-define n.xml
nwfilter-undefine x
nwfilter-binding-list
nwfilter-binding-dumpxml x
nwfilter-binding-create n.xml
nwfilter-binding-delete x
''',
    'secrets': '''
secret-list
secret-dumpxml x
secret-define n.xml
secret-undefine x
secret-get-value x
secret-set-value x y
secret-set-value x
secret-event --list
secret-event --event value-changed --timeout 1
secret-list --ephemeral
secret-set-value x --interactive --file y
secret-set-value x --plain
secret-event
secret-event x lifecycle --timeout 1
''',
    'snapshots': '''
snapshot-list test
"snapshot-create-as test a; snapshot-create-as test b desc; snapshot-create-as test c; snapshot-list test; snapshot-list test --tree; snapshot-list test --parent; snapshot-list test --roots; snapshot-list test --leaves --name; snapshot-list test --no-leaves; snapshot-list test --from a; snapshot-list test --from a --descendants; snapshot-list test --current; snapshot-list test a; snapshot-list test --from a --tree; snapshot-list test --descendants; snapshot-list test --roots --tree; snapshot-list test --tree --parent; snapshot-list test --tree --name; snapshot-list test --inactive; snapshot-list test --active --internal;snapshot-list test --disk-only; snapshot-list test --external; snapshot-list test --metadata;snapshot-list test --no-metadata; snapshot-list test --topological --name; snapshot-list test --roots --from a; snapshot-list test --roots --current; snapshot-list test --parent --name; snapshot-current test; snapshot-current test --name; snapshot-current test a; snapshot-current test --snapshotname a; snapshot-current test --name; snapshot-info test a; snapshot-info test --current; snapshot-info test nosuch; snapshot-info test; snapshot-info test a --current; snapshot-parent test c; snapshot-parent test a; snapshot-parent test --current; snapshot-parent test; snapshot-revert test a; snapshot-revert test nosuch; snapshot-revert test --current; snapshot-revert test; snapshot-revert test a --running --paused; snapshot-delete test b; snapshot-list test --tree; snapshot-delete test a --children-only; snapshot-delete test a --children; snapshot-list test; snapshot-delete test a; snapshot-delete test; snapshot-delete test --current; snapshot-current test; snapshot-current nosuch; snapshot-dumpxml test nosuch; snapshot-create test; snapshot-create test s.xml; snapshot-create test nosuch; snapshot-create test --redefine; snapshot-create test s.xml --redefine --current; snapshot-create test s.xml --redefine; snapshot-create test s.xml; snapshot-create test s.xml --halt; snapshot-list test"
snapshot-create-as test a --print-xml
snapshot-create-as test a 'd<e' --print-xml --memspec /x/y,snapshot=external --diskspec vda,snapshot=external,file=/a,,b,driver=qcow2 --diskspec vdb,stype=block,file=/dev/x
snapshot-create-as test --print-xml
snapshot-create-as test a --memspec bogus=1,x
snapshot-create-as test a --memspec x,bogus=1
snapshot-create-as test a --diskspec vda,bogus=1
snapshot-create-as test a --diskspec vda,stype=bogus
snapshot-create-as test a --diskspec vda,stype=network,file=x --print-xml
snapshot-create-as test a --diskspec vda,stype=volume,file=x --print-xml
snapshot-create-as test a --memspec '' --print-xml
snapshot-create-as test --no-metadata --print-xml
snapshot-create-as test a --live
snapshot-create-as test a --disk-only --reuse-external --quiesce --atomic
"snapshot-create-as test a; snapshot-create-as test a"
snapshot-create test --current
snapshot-delete test a --children --children-only
snapshot-edit test a --rename --clone
snapshot-edit test
snapshot-list test --leaves --no-leaves
snapshot-list test --tree --from a --current
snapshot-list test --active --inactive
snapshot-create test --disk-only --live
snapshot-create-as test --disk-only --memspec file=/x
snapshot-create test --redefine --no-metadata
snapshot-current test --name --snapshotname a
snapshot-create-as test a --halt --live
"snapshot-create-as test a; snapshot-edit test a; snapshot-edit test --current"
EDITOR=false snapshot-edit test a
''',
    'checkpoints_and_backups': '''
checkpoint-list test
checkpoint-create test
checkpoint-create test --redefine
checkpoint-create test s.xml
checkpoint-create test --redefine-validate
checkpoint-create-as test a d --print-xml --diskspec vda,checkpoint=bitmap,bitmap=x --diskspec vdb
checkpoint-create-as test a --diskspec vda,bogus=1
checkpoint-info test a
checkpoint-info test
checkpoint-delete test a
checkpoint-delete test
checkpoint-dumpxml test
checkpoint-dumpxml test a
checkpoint-edit test a
checkpoint-edit test
checkpoint-parent test a
checkpoint-parent test
checkpoint-delete test a --children --children-only
checkpoint-list test --tree --roots
checkpoint-list test --descendants
"checkpoint-create-as test a; checkpoint-create-as test b hello; checkpoint-create-as test c; checkpoint-list test; checkpoint-list test --tree; checkpoint-list test --parent; checkpoint-list test --roots; checkpoint-list test --leaves --name; checkpoint-list test --from a; checkpoint-list test --from a --descendants; checkpoint-list test --from a --tree; checkpoint-list test --topological; checkpoint-info test a; checkpoint-info test c; checkpoint-parent test c; checkpoint-parent test a; checkpoint-edit test b; checkpoint-dumpxml test a --no-domain; checkpoint-delete test b; checkpoint-list test --tree; checkpoint-delete test a --children-only; checkpoint-delete test a --children; checkpoint-list test"
backup-begin test
backup-begin test nosuch
backup-begin test s.xml s.xml
backup-dumpxml test
''',
    'the_host': '''
hostname
uri
version
version --daemon
nodeinfo
nodecpumap
nodecpumap --pretty
nodecpustats
nodecpustats 0
nodecpustats 99
nodecpustats --percent
nodecpustats -1
nodecpustats abc
nodememstats
nodememstats 0
nodememstats --cell 9
nodesevinfo
freecell
freecell 0
freecell --all
freecell --all 0
freecell 9
freecell -5
freepages
freepages 0
freepages 0 4
freepages --all
freepages --all --pagesize 2M
freepages 0 --pagesize 2M
freepages --cellno -1 --pagesize 4
freepages --cellno -2 --pagesize 4
freepages --all --cellno 0
freepages 0 3
allocpages 2M 1
allocpages 2M 1 --cellno 0
allocpages 2M 1 --all
allocpages 2M 1 0 --all
allocpages 3 1
allocpages 2M 0 --add
maxvcpus
maxvcpus kvm
maxvcpus qemu
maxvcpus bogus
node-memory-tune
node-memory-tune 100
node-memory-tune --shm-merge-across-nodes 1
node-memory-tune abc
sysinfo
nodesuspend mem 30
nodesuspend bogus 60
nodesuspend mem abc
nodesuspend mem -1
cpu-models x86_64
cpu-models bogus
cpu-models aarch64
cpu-baseline cpu1.xml
cpu-compare cpu1.xml
hypervisor-cpu-baseline cpu1.xml
hypervisor-cpu-compare cpu1.xml
cpu-baseline cpu2.xml
cpu-compare cpu2.xml
hypervisor-cpu-baseline cpu2.xml
hypervisor-cpu-compare cpu2.xml
cpu-baseline cpu3.xml
cpu-compare cpu3.xml
hypervisor-cpu-baseline cpu3.xml
hypervisor-cpu-compare cpu3.xml
cpu-baseline cpu4.xml
cpu-compare cpu4.xml
hypervisor-cpu-baseline cpu4.xml
hypervisor-cpu-compare cpu4.xml
cpu-baseline cpu5.xml
cpu-compare cpu5.xml
hypervisor-cpu-baseline cpu5.xml
hypervisor-cpu-compare cpu5.xml
cpu-baseline nosuch
cpu-compare cpu2.xml --error
cpu-baseline cpu3.xml --features
cpu-baseline cpu3.xml --migratable
hypervisor-cpu-baseline cpu3.xml --virttype qemu
hypervisor-cpu-compare cpu2.xml --virttype qemu --error
hypervisor-cpu-baseline --model Nehalem --virttype qemu
hypervisor-cpu-baseline
hypervisor-cpu-baseline cpu1.xml --model x
domcapabilities
domcapabilities --virttype qemu
domcapabilities --arch bogus
domcapabilities --machine pc --virttype qemu
capabilities
hypervisor-cpu-compare cpu1.xml --validate
cpu-compare cpu2.xml --validate
cpu-compare cap.xml
cpu-compare dc.xml
hypervisor-cpu-compare dc.xml --virttype qemu
cpu-baseline cap.xml
cpu-baseline dc.xml
''',
}

# One story each, on a daemon made for it.
STOCK_DAEMON = {
    'pools_and_volumes': '''
pool-define pool.xml
pool-define pool.xml --validate
pool-list --all
pool-list --all --details
pool-info p1
pool-build p1
pool-build p1 --overwrite
pool-start p1
pool-start p1
pool-info p1 --bytes
pool-list --details --type dir,fs
pool-list --type rbd
pool-dumpxml p1
pool-dumpxml p1 --inactive
pool-dumpxml p1 --xpath //path
pool-edit p1
pool-uuid p1
pool-refresh p1
pool-autostart p1
pool-list --autostart --name
pool-list --no-autostart --uuid
pool-autostart p1 --disable
pool-create-as p2 dir --target pool
pool-create-as p2 dir --target /run/work/virsh/pool
pool-create pool.xml
pool-list
vol-create p2 vol.xml
vol-create p2 vol.xml --validate
vol-create p2 vol.xml
vol-create-as p2 a 1M
vol-create-as p2 b 2M --allocation 1M --format qcow2
vol-create-as p2 c 2M --format qcow2 --backing-vol b --backing-vol-format qcow2
vol-create-as p2 c 2M --format qcow2 --backing-vol b --backing-vol-format qcow2 --print-xml
vol-create-as p2 d 2M --format qcow2 --backing-vol /run/work/virsh/pool/a --backing-vol-format raw
vol-create-as p2 e 1M --format bogus
vol-create-as p2 e 1M --prealloc-metadata
vol-list p2
vol-info a p2
vol-info a --pool p2 --bytes
vol-info a --pool p2 --physical
vol-info /run/work/virsh/pool/a
vol-info a
vol-dumpxml a p2 --xpath //name
vol-key a p2
vol-path a p2
vol-path a --pool p2
vol-name /run/work/virsh/pool/a
vol-pool /run/work/virsh/pool/a
vol-pool /run/work/virsh/pool/a --uuid
vol-pool a
vol-info a p1
vol-info /run/work/virsh/pool/a --pool p1
vol-clone a a2 p2
vol-clone a a2 p2
vol-clone a a3 p2 --print-xml
vol-create-from p2 vol.xml a --inputpool p2
vol-create-from p1 vol.xml a --inputpool p2
vol-create-from p1 vol.xml a
vol-resize a 2M p2
vol-resize a 1M p2
vol-resize a 1M p2 --shrink
vol-resize a 1M p2 --delta
vol-resize a -1M p2
vol-resize a -1M p2 --shrink
vol-resize a -1M p2 --shrink --delta
vol-resize a 1X p2
vol-resize a 5M p2 --allocate
vol-wipe a p2
vol-wipe a p2 --algorithm zero
vol-wipe a p2 --algorithm nnsa
vol-wipe a p2 --algorithm bogus
vol-upload a files.txt --pool p2
vol-upload a nosuch --pool p2
vol-upload a files.txt --pool p2 --offset abc
vol-upload a files.txt --pool p2 --offset 1 --length 2
vol-download a out/a --pool p2
vol-download a out/a --pool p2
vol-download a out/b --pool p2 --offset 1 --length 2
vol-download a /nosuch/b --pool p2
vol-download a out/c --pool p2 --sparse
vol-upload a out/c --pool p2 --sparse
vol-upload a /run/work --pool p2
vol-delete a2 p2
vol-delete a2 p2
vol-delete a --pool p2 --delete-snapshots
vol-list p2
pool-destroy p2
pool-list --all
vol-list p2
pool-destroy p1
pool-destroy p1
pool-delete p1
pool-undefine p1
pool-undefine p1
pool-name 45806c7d-8e93-456f-829b-607d8c198367
pool-capabilities
find-storage-pool-sources-as netfs
find-storage-pool-sources-as netfs 127.0.0.1
find-storage-pool-sources dir

''',
    'secrets': '''
secret-list
secret-define secret.xml
secret-define secret.xml --validate
secret-define secret2.xml
secret-define nosuch
secret-define n.xml
secret-list
secret-list --ephemeral
secret-list --no-private
secret-dumpxml 55806c7d-8e93-456f-829b-607d8c198367
secret-dumpxml nosuch
secret-get-value 55806c7d-8e93-456f-829b-607d8c198367
secret-set-value 55806c7d-8e93-456f-829b-607d8c198367
secret-set-value 55806c7d-8e93-456f-829b-607d8c198367 c2VjcmV0
secret-set-value 55806c7d-8e93-456f-829b-607d8c198367 --base64 c2VjcmV0
secret-get-value 55806c7d-8e93-456f-829b-607d8c198367
secret-get-value 55806c7d-8e93-456f-829b-607d8c198367 --plain
secret-set-value 55806c7d-8e93-456f-829b-607d8c198367 --file value --plain
secret-get-value 55806c7d-8e93-456f-829b-607d8c198367
secret-set-value 55806c7d-8e93-456f-829b-607d8c198367 --file value64
secret-get-value 55806c7d-8e93-456f-829b-607d8c198367
secret-set-value 55806c7d-8e93-456f-829b-607d8c198367 --file nosuch
secret-set-value 55806c7d-8e93-456f-829b-607d8c198367 --base64 ''
secret-set-value 55806c7d-8e93-456f-829b-607d8c198367 --file value --base64 YQ==
secret-set-value 55806c7d-8e93-456f-829b-607d8c198367 --plain --base64 YQ==
secret-set-value 55806c7d-8e93-456f-829b-607d8c198367 --interactive --plain
secret-set-value 15806c7d-8e93-456f-829b-607d8c198367 --base64 YQ==
secret-get-value 15806c7d-8e93-456f-829b-607d8c198367
-q secret-undefine 15806c7d-8e93-456f-829b-607d8c198367
secret-undefine 55806c7d-8e93-456f-829b-607d8c198367
secret-undefine 55806c7d-8e93-456f-829b-607d8c198367
secret-event nosuch lifecycle --timeout 1
''',
    'filters': '''
nwfilter-list
nwfilter-define filter.xml
nwfilter-define filter.xml --validate
nwfilter-define n.xml
nwfilter-list
-q nwfilter-list
nwfilter-dumpxml f1
nwfilter-dumpxml 25806c7d-8e93-456f-829b-607d8c198367 --xpath //rule
nwfilter-dumpxml nosuch
nwfilter-edit f1
EDITOR='sed -i s/500/400/' nwfilter-edit f1
nwfilter-binding-list
nwfilter-binding-dumpxml nosuch
nwfilter-binding-create filter.xml
nwfilter-binding-delete nosuch
nwfilter-undefine f1
nwfilter-undefine f1
''',
    'networks': '''
net-define net2.xml
net-define net2.xml --validate
net-list --all
net-info iso
net-dumpxml iso
net-autostart iso
net-list --autostart --inactive
net-autostart iso --disable
net-start nosuch
net-uuid iso
net-name 35806c7d-8e93-456f-829b-607d8c198367
net-update iso add dns-host "<host ip='1.2.3.4'><hostname>x</hostname></host>" --config
net-update iso add dns-host "<host ip='1.2.3.4'><hostname>x</hostname></host>"
net-update iso delete dns-host "<host ip='1.2.3.4'/>" --live
net-update iso modify bridge "<bridge name='x'/>"
net-dumpxml iso --inactive
net-dhcp-leases iso
net-port-list iso
net-port-create iso n.xml
net-port-dumpxml iso 45806c7d-8e93-456f-829b-607d8c198367
net-edit iso
net-create net2.xml
net-undefine iso
net-undefine iso
''',
    'the_host': '''
hostname
uri
version
version --daemon
nodeinfo
nodecpumap
nodecpumap --pretty
nodecpustats 99
nodecpustats abc
nodesevinfo
maxvcpus
maxvcpus kvm
maxvcpus qemu
maxvcpus bogus
node-memory-tune
node-memory-tune abc
sysinfo
cpu-models x86_64
cpu-models bogus
cpu-models aarch64
cpu-baseline cpu1.xml
cpu-compare cpu1.xml
hypervisor-cpu-baseline cpu1.xml
hypervisor-cpu-compare cpu1.xml
cpu-baseline cpu2.xml
cpu-compare cpu2.xml
hypervisor-cpu-baseline cpu2.xml
hypervisor-cpu-compare cpu2.xml
cpu-baseline cpu3.xml
cpu-compare cpu3.xml
hypervisor-cpu-baseline cpu3.xml
hypervisor-cpu-compare cpu3.xml
cpu-baseline cpu4.xml
cpu-compare cpu4.xml
hypervisor-cpu-baseline cpu4.xml
hypervisor-cpu-compare cpu4.xml
cpu-baseline cpu5.xml
cpu-compare cpu5.xml
hypervisor-cpu-baseline cpu5.xml
hypervisor-cpu-compare cpu5.xml
cpu-baseline nosuch
cpu-compare cpu2.xml --error
cpu-baseline cpu3.xml --features
cpu-baseline cpu3.xml --migratable
hypervisor-cpu-baseline cpu3.xml --virttype qemu
hypervisor-cpu-compare cpu2.xml --virttype qemu --error
hypervisor-cpu-baseline --model Nehalem --virttype qemu
hypervisor-cpu-baseline
hypervisor-cpu-baseline cpu1.xml --model x
domcapabilities
domcapabilities --virttype qemu
domcapabilities --arch bogus
domcapabilities --machine pc --virttype qemu
hypervisor-cpu-compare cpu1.xml --validate
cpu-compare cpu2.xml --validate
cpu-compare cap.xml
cpu-compare dc.xml
hypervisor-cpu-compare dc.xml --virttype qemu
cpu-baseline cap.xml
cpu-baseline dc.xml
allocpages 3 1
allocpages 2M 1 0 --all
freepages 0 3
freepages
freepages 0
freecell 99
nodesuspend bogus 60
nodesuspend mem abc
nodesuspend mem -1
''',
    'node_devices': '''
nodedev-list --cap system
nodedev-list --cap bogus
nodedev-list --tree --cap system
nodedev-list --all --inactive
nodedev-info computer
nodedev-dumpxml nosuch
nodedev-dumpxml a,b
nodedev-list --cap net
nodedev-list --tree
nodedev-list
nodedev-list --all
nodedev-list --inactive
nodedev-info net_lo_00_00_00_00_00_00
nodedev-dumpxml net_lo_00_00_00_00_00_00
nodedev-detach computer
nodedev-reset computer
nodedev-reattach computer
nodedev-destroy computer
nodedev-undefine computer
nodedev-start computer
nodedev-autostart computer
nodedev-create nd.xml
nodedev-define nd.xml
''',
    'interfaces': '''
iface-list --all
iface-name 00:00:00:00:00:00
iface-mac lo
iface-dumpxml lo
iface-dumpxml lo --inactive
iface-begin
iface-define if.xml
iface-start lo
iface-destroy lo
iface-undefine lo
iface-bridge lo br9
iface-unbridge lo
iface-edit lo
''',
    'snapshots_and_checkpoints': '''
define dom.xml
snapshot-list g
snapshot-create-as g s1 "first one" --disk-only --print-xml
snapshot-create-as g s1 "first one"
snapshot-create-as g s2
snapshot-list g
snapshot-list g --tree
snapshot-info g s1
snapshot-info g --current
snapshot-parent g s2
snapshot-parent g s1
snapshot-current g --name
snapshot-current g s1
snapshot-current g --snapshotname s1
snapshot-dumpxml g s1 --xpath /domainsnapshot/name
snapshot-edit g s1
EDITOR='sed -i s/first/1st/' snapshot-edit g s1
EDITOR='sed -i s,<name>s1,<name>s3,' snapshot-edit g s1
EDITOR='sed -i s,<name>s1,<name>s3,' snapshot-edit g s1 --clone
EDITOR='sed -i s,<name>s3,<name>s4,' snapshot-edit g s3 --rename
snapshot-list g --parent
snapshot-revert g s1
snapshot-revert g s1 --running --paused
snapshot-delete g s2
snapshot-delete g nosuch
snapshot-list g --name
checkpoint-list g
checkpoint-create-as g c1
checkpoint-create g
checkpoint-info g c1
backup-begin g
backup-dumpxml g
''',
}

OUR_DAEMON = {
    'networks': '''
net-define net2.xml
net-define net2.xml --validate
net-list --all
net-info iso
net-dumpxml iso
net-autostart iso
net-list --autostart --inactive
net-autostart iso --disable
net-start nosuch
net-uuid iso
net-name 35806c7d-8e93-456f-829b-607d8c198367
net-update iso add dns-host "<host ip='1.2.3.4'><hostname>x</hostname></host>" --config
net-update iso add dns-host "<host ip='1.2.3.4'><hostname>x</hostname></host>"
net-update iso delete dns-host "<host ip='1.2.3.4'/>" --live
net-update iso modify bridge "<bridge name='x'/>"
net-dumpxml iso --inactive
net-dhcp-leases iso
net-port-list iso
net-port-create iso n.xml
net-port-dumpxml iso 45806c7d-8e93-456f-829b-607d8c198367
net-edit iso
net-create net2.xml
net-undefine iso
net-undefine iso
''',
    'the_host': '''
hostname
uri
version
version --daemon
nodeinfo
nodecpumap
nodecpumap --pretty
nodecpustats 99
nodememstats --cell 9
maxvcpus
maxvcpus bogus
freecell 99
freepages 0 3
sysinfo
domcapabilities --arch bogus
cpu-models bogus
''',
    'what_is_not_built_yet': '''
net-list --all
pool-list --all
secret-list
nwfilter-list
iface-list
nodedev-list
net-info nosuch
pool-info nosuch
vol-list nosuch
secret-dumpxml 55806c7d-8e93-456f-829b-607d8c198367
snapshot-list nosuch
define dom.xml
snapshot-list g
checkpoint-list g
backup-dumpxml g
''',
}
