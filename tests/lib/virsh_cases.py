# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is typed at both virsh, Debian's and ours, by tests/e2e/virsh.py, and where they may differ, each with its reason."""

# At one prompt each, on test:///default, in this order: state is kept between the lines.
MOCK = r'''
list
list --all
list --inactive
list --name
list --uuid
list --id
list --id --name
list --uuid --name
list --uuid --id --name
list --table --name
list --all --title
list --all --managed-save
list --state-shutoff
list --state-paused
list --state-other
list --transient
list --with-snapshot
list --all --without-checkpoint --autostart
dominfo test
dominfo 1
dominfo 6695eb01-f6a4-8304-79aa-97f2502e193f
domstate test
domstate test --reason
domcontrol test
domid test
domname 1
domname test
domuuid test
domuuid 6695eb01-f6a4-8304-79aa-97f2502e193f
domid 1
domblklist test
domblklist test --details
domblklist test --inactive
domblkinfo test vda
domblkinfo test
domblkinfo test --all
domblkinfo test vda --human
domblkinfo test nosuch
domblkstat test vda
domblkstat test
domblkstat test vda --human
domblkerror test
domiflist test
domifaddr test
domifaddr test testnet0
domifaddr test --full
domifaddr test --source foo
domifaddr test --source agent
domifstat test testnet0
domifstat test nosuch
domif-getlink test testnet0
domif-getlink test aa:bb:cc:dd:ee:ff
domif-getlink test nosuch
domif-getlink test aa:bb:cc:dd:ee:00
domif-getlink test testnet0 --config
domif-setlink test testnet0 down
domif-setlink test testnet0 foo
domif-setlink test nosuch up
domif-setlink test testnet0 down --print-xml
domif-getlink test testnet0
domiftune test testnet0
domiftune test testnet0 --inbound 100,200,300
domiftune test testnet0
domiftune test testnet0 --inbound a
domiftune test testnet0 --inbound ,2
domiftune test testnet0 --outbound ,2
domiftune test testnet0 --outbound 1,2,3,4
domiftune test testnet0 --inbound 99999999999
domiftune test nosuch
dommemstat test
dommemstat test --period 5
dommemstat test --period -5
dommemstat test --live --current
domtime test
domtime test --pretty
domtime test --now --sync
domtime test --time 5
domtime test --time x
domtime test --sync
domtime test --now
domstats
domstats test
domstats test --state
domstats nosuch
domstats --raw --state --list-active
domstats --list-inactive
domstats --enforce --perf
cpu-stats test
cpu-stats test --total
cpu-stats test --start 1
cpu-stats test --start 99
cpu-stats test --start -1
cpu-stats test --count 0
cpu-stats test --count 1
cpu-stats test --count -2
cpu-stats test --count 100
vcpucount test
vcpucount test --maximum
vcpucount test --active --live
vcpucount test --config --current
vcpucount test --guest
vcpucount test --guest --config
vcpucount test --maximum --config
vcpuinfo test
vcpuinfo test --pretty
vcpupin test
vcpupin test 0
vcpupin test 5
vcpupin test 0 --config
vcpupin test 0 0-1
vcpupin test
vcpupin test 0 r
vcpupin test 0 foo
vcpupin test 0 99
vcpupin test 0 ''
vcpupin test --cpulist 1
vcpupin test 0 0-3,^1
vcpupin test --live --config
emulatorpin test
emulatorpin test 0
emulatorpin test 0-1 --config
emulatorpin test
iothreadinfo test
iothreadadd test 0
iothreadadd test 1
iothreadadd test 5
iothreaddel test 5
iothreadpin test 1 0
iothreadset test 1
iothreadset test 1 --poll-max-ns 5
iothreadset test 1 --poll-grow x
setvcpus test 0
setvcpus test 1
setvcpus test 99
setvcpus test 1 --config --maximum
setvcpus test 1 --maximum
setvcpu test 1
setvcpu test 1 --enable --disable
setvcpu test 1 --enable
guestvcpus test
guestvcpus test 1
guestvcpus test --enable
guestvcpus test 1 --enable
setmem test 1G
setmem test 99999999
setmaxmem test 5G
setmem test 1048576 --config
dominfo test
memtune test
memtune test --hard-limit 5G
memtune test --hard-limit x
memtune test --hard-limit -1
memtune test --soft-limit 1 --live --config
memtune test
blkiotune test
blkiotune test --weight 0
blkiotune test --weight 500
blkiotune test --device-weights /dev/sda,500
blkiotune test
blkdeviotune test vda
blkdeviotune test vda --total-bytes-sec 1M
blkdeviotune test vda --total-bytes-sec x
blkdeviotune test vda --total_bytes_sec_max 5 --group-name foo
blkdeviotune test vda
blkdeviotune test nosuch
numatune test
numatune test --mode strict --nodeset 0
numatune test --mode foo
numatune test --mode 2
numatune test
schedinfo test
schedinfo test --set weight=5
schedinfo test --weight 30
schedinfo test foo=1
schedinfo test foo
schedinfo test weight=x
schedinfo test --cap 2
perf test
perf test --enable cmt
perf test --enable foo
dumpxml test
dumpxml test --xpath //name
dumpxml test --xpath //name --wrap
dumpxml test --xpath 'string(//name)'
dumpxml test --xpath //@type
dumpxml test --security-info --inactive
dumpxml test --migratable
dumpxml test --update-cpu
desc test
desc test --title
desc test new words here
desc test
desc test --title My title
desc test --title
desc test --edit --live --current
list --title
metadata test http://a
metadata test http://a --key x --set '<a/>'
metadata test http://a --set '<a/>'
metadata test http://a
metadata test http://a --remove
metadata test http://a --remove --set x
metadata test http://a --edit --remove
autostart test
dominfo test
autostart test --disable
autostart nosuch
suspend test
list
resume test
resume test
suspend nosuch
reboot test
reboot test --mode acpi,agent
reboot test --mode foo
reset test
shutdown test
list --all
shutdown test --mode acpi,foo
start test
start test
start nosuch
destroy test
destroy test
destroy test --graceful
start test --paused
domstate test --reason
domrename test foo
destroy test
domrename test foo
list --all
domrename foo test
start test
inject-nmi test
dompmsuspend test mem
dompmsuspend test foo
dompmsuspend test mem 5
dompmsuspend test mem --duration x
dompmwakeup test
set-lifecycle-action test poweroff destroy
set-lifecycle-action test foo destroy
set-lifecycle-action test crash foo
set-lifecycle-action test crash coredump-restart
list --all
restore /run/work/save
restore /nonexistent
save-image-dumpxml /run/work/save
save-image-define /run/work/save /nonexistent
save-image-edit /nonexistent
list --all
start test
list --all
list --all --managed-save
dominfo test
managedsave-dumpxml test
managedsave-define test /nonexistent
managedsave-remove test
managedsave-remove test
start test
managedsave-remove nosuch
undefine test
undefine test --nvram --keep-nvram
undefine test --wipe-storage
undefine test --storage vda
list --all
undefine test --storage vda --remove-all-storage
undefine test --delete-snapshots
define /nonexistent
create /nonexistent
domxml-from-native qemu-argv /nonexistent
domxml-to-native qemu-argv test
domxml-to-native qemu-argv --domain test
domxml-to-native qemu-argv --domain test --xml x
domxml-to-native qemu-argv
ttyconsole test
vncdisplay test
domdisplay test
domdisplay test --type vnc
domdisplay test --all
attach-device test /nonexistent
detach-device test /nonexistent
update-device test /nonexistent
attach-device test /nonexistent --persistent --current
detach-device-alias test foo
detach-disk test vda --print-xml
detach-disk test nosuch
detach-disk test vda
detach-interface test network --print-xml
detach-interface test bridge
detach-interface test network --mac 52:54:00:00:00:00
detach-interface test network
attach-disk test /x vdb
attach-interface test network default
change-media test vda
change-media test vda --eject
change-media test hdc --eject
change-media test vda /x --insert --update
change-media test vda --eject --source /x
update-memory-device test
update-memory-device test --node 0 --alias x
update-memory-device test --node 0
domfsfreeze test
domfsthaw test
domfsfreeze test /
domfsinfo test
domfstrim test
domfstrim test --minimum x
domhostname test
domhostname test --source lease
guestinfo test
set-user-password test a b
set-user-password test a b --encrypted
guest-agent-timeout test 5
qemu-monitor-command test foo
qemu-monitor-command test foo --hmp --pretty
qemu-agent-command test foo --timeout 5 --async
domjobinfo test
domjobabort test
domjobinfo test --completed
blockpull test vda
blockpull test vda --verbose
blockpull test vda --async
blockpull test vda --timeout 0
blockpull test vda x
blockpull test vda -1
blockcommit test vda --async
blockcopy test vda /x --verbose
blockcopy test vda /x --bandwidth x
blockcopy test vda /x --bandwidth x --bytes
blockcopy test vda /x --granularity x
blockcopy test vda /x --pivot --finish
blockjob test vda --bandwidth 5 --abort
blockjob test vda 5 --bytes
blockjob test vda x
blockresize test vda 1K
event --list
event --event lifecycle --all
event --list --all
send-key test KEY_A KEY_B
send-key test 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17
send-key test 0x1e
send-key test 0
send-key test --holdtime x 1
send-process-signal test 1 kill
send-process-signal test x kill
send-process-signal test 1 SIG_TERM
send-process-signal test 1 99
migrate-setspeed test x
migrate-setspeed test 5
migrate-setmaxdowntime test x
dom-fd-associate test x 1,2
console test
console test --devname foo
start test --console
destroy test
vcpuinfo test
vcpucount test
vcpupin test --live
emulatorpin test --live
domdisplay test
vncdisplay test
cpu-stats test
domblkinfo test vda
domblkinfo test --all
domif-setlink test testnet0 up
dommemstat test
domtime test
console test
iothreadinfo test
memtune test --live
domifaddr test
domstats
vcpucount test --live --config
vcpucount test --live --current
vcpucount test --active --config
vcpucount test --maximum --live
vcpucount test --active --guest
vcpucount test --maximum --guest
vcpucount test --active
vcpucount test --live
vcpucount test --active --maximum --guest
vcpucount test --config --current --live
memtune test --hard-limit 1X
memtune test --hard-limit 1M
memtune test --hard-limit -5
memtune test --hard-limit -1K
memtune test --hard-limit 99999999999999999999
memtune test --hard-limit 9999999999E
blockpull test vda 5M
blockpull test vda 5X --bytes
blockpull test vda 5M --bytes
blockpull test vda 99999999999999999999
schedinfo test --config
schedinfo test --live
schedinfo test --current
schedinfo test --live --config
schedinfo test --current --config
emulatorpin test --live --config
emulatorpin test foo
vcpupin test 0 1,foo
vcpupin test 0 0,1-
vcpupin test 0 ^1
vcpupin test 0 1000000
vcpupin test 0 99999
vcpupin test 0 8
vcpupin test 0 7
vcpupin test 0 0-1 --live --config
vcpupin test 0 1 --current --config
iothreadinfo test --live --config
iothreadpin test 1 foo
iothreadpin test 1 99
domiftune test testnet0 --live --config
blkiotune test --live --config
numatune test --live --config
numatune test --live --current
memtune test --live --config
perf test --disable cmt
perf test --enable cmt --disable mbml
perf test --live --config
dommemstat test --live --config
desc test --live --config
metadata test x --live --config
setvcpus test 1 --live --config
setmem test 1M --current --live
setmem test 1M --current --config
setmaxmem test 5G --current --live
setvcpu test 1 --enable --live --current
list --uuid --id
list --uuid
list --id
list --uuid --name
list --all --uuid --name
list --all --id --name
autostart test --disable extra
undefine test --storage x --wipe-storage
undefine test --snapshots-metadata --tpm --keep-tpm
change-media test hda
change-media test hda --eject --insert
change-media test hda --eject --update
change-media test hda --insert --update
change-media test hda --eject --block
change-media test hda /x --eject
change-media test hda --insert
domblkinfo test vda --all
domblkinfo test vda --human --all
attach-disk test /x vdb --persistent --current
attach-disk test /x vdb --live --current
attach-disk test /x vdb --config --current
detach-disk test vdb --persistent --current
update-device test /x --persistent --current
domif-setlink test testnet0 down --config
domif-setlink test testnet0 down --persistent
domjobinfo test --keep-completed
domjobinfo test --completed --keep-completed
domjobinfo test --completed --anystats
domjobinfo test --rawstats --anystats
domjobinfo test --rawstats --completed
domstats --list-active test
domstats test test
create /nonexistent --pass-fds x
start test --pass-fds x
start test --pass-fds ''
restore /run/work/save2 --running --paused
save-image-edit /x --running --paused
managedsave-edit test --running --paused
save-image-define /x /y --running --paused
set-user-sshkeys test root --file /dev/null --reset --remove
set-user-sshkeys test root --reset
qemu-monitor-command test a '"b":1'
qemu-monitor-command test a 'b:1'
qemu-monitor-command test foo --hmp --return-value
qemu-agent-command test foo --timeout x
domtime test --now --time 5
domtime test --sync --time 5
event --event lifecycle --timeout x
event --event foo --list
event --domain nosuch --event lifecycle
qemu-monitor-event nosuch
console nosuch
screenshot test /nonexistent/x
screenshot test --screen x
screenshot test /run/work/shot --screen 9
send-key test --codeset usb KEY_A
dom-fd-associate test x ''
guest-agent-timeout test --timeout -5
numatune test --mode 7
numatune test --mode ''
domdirtyrate-calc test --seconds x
blockcommit test vda --top x --shallow
blockcopy test vda --xml /nonexistent
blockcopy test vda /x --xml /y --format raw
blockcopy test vda --xml /y --format raw
blockcopy test vda --xml /y --blockdev
blockjob test vda --raw --abort
blockjob test vda --raw --info
blockjob test vda --raw --bytes
blockjob test vda --info --pivot
blockjob test vda --bytes --abort
blockjob test vda --async --pivot
blockjob test vda --info --bandwidth 5
blockresize test vda 1025
blockresize test vda 1025B
blockresize test vda 99999999E
domblkthreshold test vda 1G
help nosuch
help domain
help ''
echo
echo a b
echo --shell a 'b c'
echo --xml --shell '<a b>'
echo --split a,,b,c d
echo --split --shell a,b c
echo --xml --split 'a,<b>'
echo "a'b" 'c"d' e\;f
echo --shell "a'b"
echo --shell 'a~b'
echo --shell 'a:b,c/d@e=f'
echo --shell ''
echo --shell a%b+c
cd
pwd
cd /nonexistent
cd /tmp
pwd
connect
connect test:///default --readonly
suspend test
connect ''
connect foo:bar
list
connect test:///default
list
;
;;
list # comment
'list' --all
"list"
lis\t
dominfo 'test
dominfo "te"'st'
dominfo test;domid test
dominfo --domain=test
dominfo --domain=
dominfo --domain test extra
dominfo -- test
domid --domain --domain
undefine --domain test --nvram --nvram
vcpupin test --vcpu=x
vcpupin test --vcpu= 
vcpupin test --vcpu ''
vcpupin test --vcpu -1
vcpupin test --vcpu +0
vcpupin test --vcpu ' 0'
vcpupin test --vcpu '0 '
vcpupin test --vcpu 0x0
vcpupin test --vcpu 99999999999
attach-disk test /x hda --shareable --mode readonly
attach-disk test /x hda --shareable=x
blkdeviotune test vda --total_bytes_sec=5 --total-bytes-sec 6
domif-setlink test a b --persistent --config
echo --hi --str x
echo --hi=x
setmem test --kilobytes 5 --size 6
setmem test --kilobytes
list --all=
list --=x
list --
list -- --all
list --h
list --help
list --help --all
dominfo --help
cd /nonexistent
'''.strip('\n').split('\n')

# Each in a process of its own, on test:///default: calls that are made on a thread, for which Debian's virsh reads its
# input: not at a prompt that reads the same.
ALONE = r'''
save test /run/work/save
restore /run/work/save
restore /nonexistent
save test
save-image-dumpxml /run/work/save
save-image-define /run/work/save /nonexistent
save-image-edit /nonexistent
dump test /run/work/dump
dump test /run/work/dump --format elf
dump test /run/work/dump --memory-only --format elf
dump test /run/work/dump --memory-only --format foo
dump test /run/work/dump --live --crash
managedsave test
migrate test test:///default
migrate test test:///default --live --offline
migrate test test:///default --xml /nonexistent
migrate test qemu+foo:///system --p2p
save test /run/work/save2 --running --paused
save test /run/work/save2 --xml /nonexistent
restore /run/work/save2 --running --paused
managedsave test --running --paused
save-image-edit /x --running --paused
save-image-define /x /y --running --paused
dump test /x --crash --live
dump test /x --crash --reset
dump test /x --live --reset
migrate test x --live --offline
migrate test x --timeout-suspend --timeout-postcopy
migrate test x --postcopy-after-precopy
migrate test x --timeout-postcopy --timeout 5
migrate test x --persistent-xml /x
migrate test x --tls-destination y
migrate test x --copy-storage-all --copy-storage-inc
migrate test x --comp-mt-level x
migrate test x --bandwidth x
migrate test x --disks-port x
migrate test x --auto-converge-initial x
migrate test x --parallel-connections 0
migrate test test:///default --p2p
migrate test test:///default --direct
migrate test test:///default --tunnelled
migrate test ''
'''.strip('\n').split('\n')

# Each in a process of its own, on a daemon with QEMU; guests "a" (with disk, display and network card) and "b" (none).
DAEMON = r'''
list --all
dominfo a
dominfo nosuch
domstate a --reason
domid a
domuuid a
domname nosuch
dumpxml b
dumpxml a --xpath //disk
dumpxml a --xpath //disk --wrap
dumpxml a --inactive --xpath //name
dumpxml nosuch
domblklist a
domblklist a --details
domblkinfo a vda
domblkinfo a --all
domblkinfo a nosuch
domiflist a
domifaddr a
domif-getlink a 52:54:00:11:22:33
domif-setlink a 52:54:00:11:22:33 down --print-xml
domif-setlink a 52:54:00:11:22:33 down --config
domif-getlink a 52:54:00:11:22:33 --config
domif-setlink a 52:54:00:11:22:33 up --config
vcpucount a
vcpucount a --maximum --config
vcpuinfo a
vcpuinfo a --pretty
vcpupin a
vcpupin a 0 0 --config
vcpupin a 0 --config
emulatorpin a
iothreadinfo a
memtune a
memtune a --soft-limit 2G --config
memtune a --config
blkiotune a --config
blkdeviotune a vda --config
blkdeviotune a vda --total-bytes-sec 1M --config
blkdeviotune a vda --config
numatune a
schedinfo a --config
schedinfo a --set cpu_shares=5 --config
perf a
perf a --enable cmt --config
perf a --config
setmem a 32M --config
setmaxmem a 128M --config
setvcpus a 2 --config --maximum
dominfo a
desc a
desc a some words
desc a
desc a --title a title
desc a --title
list --all --title
metadata a http://x --key k --set <e/>
metadata a http://x
metadata a http://x --remove
metadata a http://x
autostart a
list --all --autostart
autostart a --disable
domrename b c
domrename c b
domdisplay a
vncdisplay a
ttyconsole a
domstats --list-inactive --state --balloon
domstats a --vcpu --block
domjobinfo a
domfsinfo a
domhostname a
guestinfo a
domtime a
dommemstat a
domcontrol a
cpu-stats a
domblkstat a vda
domblkerror a
domifstat a x
send-key a KEY_A
reset a
reboot a
suspend a
resume a
shutdown a
destroy a
console a
save a /run/work/a.save
managedsave a
managedsave-remove a
dump a /run/work/a.dump
restore /run/work/a.save
start a --paused
start a
list
list --all --name
list --state-paused
dominfo a
domstate a --reason
domid a
resume a
domstate a --reason
domcontrol a
domblkstat a vda
domblkstat a
domblkerror a
dommemstat a
cpu-stats a --total
domstats a --state --vcpu --balloon
domstats --enforce --state
domdisplay a
domdisplay a --type vnc
domdisplay a --type spice
domdisplay a --all
vncdisplay a
domjobinfo a
domjobinfo a --completed
domjobinfo a --rawstats
domjobabort a
domfsinfo a
domhostname a
guestinfo a
domtime a
domtime a --now
set-user-password a root x
get-user-sshkeys a root
qemu-agent-command a {"execute":"guest-ping"}
qemu-monitor-command a --hmp info version
qemu-monitor-command a {"execute":"query-status"}
qemu-monitor-command a query-status
qemu-monitor-command a query-status --return-value
qemu-monitor-command a nosuch
send-key a KEY_LEFTCTRL KEY_C
send-key a --codeset win32 VK_A
inject-nmi a
setmem a 32M --live
setmem a 500M --live
setvcpus a 3 --live
vcpucount a
vcpuinfo a
iothreadadd a 1 --live
iothreadinfo a --live
iothreaddel a 1 --live
iothreaddel a 7 --live
blkdeviotune a vda --read-iops-sec 100 --live
blkdeviotune a vda
blockjob a vda
blockjob a vda --abort
blockjob a nosuch
blockpull a vda
blockpull a nosuch
blockresize a vda 8M
domblkinfo a vda
domblkthreshold a vda 1M
attach-disk a /run/work/extra.img vdb
attach-disk a /run/work/extra.img vdb
domblklist a
detach-disk a nosuch
detach-disk a vdb --print-xml
attach-interface a user x
attach-device a /nonexistent
detach-interface a bridge
update-device a /nonexistent
change-media a vda --eject
suspend a
suspend a
list
resume a
screenshot a /run/work/a.ppm
reset a
domdirtyrate-calc a --seconds 1
set-lifecycle-action a crash preserve
migrate a qemu:///system
migrate-getspeed a
migrate-setspeed a 10
migrate-getmaxdowntime a
migrate-setmaxdowntime a 100
migrate-compcache a
migrate-postcopy a
dompmsuspend a mem
dompmwakeup a
domlaunchsecinfo a
domfsfreeze a
domfsthaw a
domfstrim a
qemu-attach 1
lxc-enter-namespace a /bin/true
event --list
event --event watchdog --timeout 1
event --domain nosuch --event reboot
qemu-monitor-event a --timeout 1
start a
create /run/work/a.xml
define /run/work/a.xml
undefine a --nvram --tpm
list --all
managedsave a
list --all
dominfo b
destroy a
destroy a
undefine b
undefine nosuch
domxml-to-native qemu-argv --xml /nonexistent
domxml-from-native qemu-argv /run/work/b.xml
'''.strip('\n').split('\n')

# Where the two may differ: the line, or a pattern for it, and why ours is as it is.
DIFFERENT = (
    (r'qemu-monitor-command test a .b:1.$', 'the sentence of the JSON parser is its own'),
    (r'screenshot test .* --screen 9', 'a screen that the mock has not is refused'),
    (r'help|.*--help', "help is our own prose, compared by names in another test; --json is ours"),
    (r'migrate (a|test) ', 'the client library does not migrate yet'),
    (r'define /etc/passwd', 'libxml2 is asked by our pre-scan'),
)
