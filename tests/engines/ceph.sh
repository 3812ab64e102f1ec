#!/bin/sh
# ceph.sh up DIR | down DIR: Ceph's S3 on loopback: one monitor, one OSD in memory and one RADOS gateway, as plain processes of ours.
# Prints "listening on 127.0.0.1:PORT"; the user is testkey/testsecret. Needs radosgw, ceph-mon, ceph-osd and ceph-common.
set -eu
what=$1 dir=$(realpath -m "$2")
pids() { cat "$dir"/run/*.pid 2>/dev/null || true; }

down() {
    for pid in $(pids); do
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null || true
    done
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

up() {
    [ ! -e "$dir" ] || { echo "$dir exists already" >&2 && exit 73; }
    mkdir -p "$dir/mon" "$dir/osd" "$dir/run" "$dir/log" "$dir/rgw"
    port=$(free_port) monitor=$(free_port) fsid=$(cat /proc/sys/kernel/random/uuid)
    cat >"$dir/ceph.conf" <<C
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$monitor/0]
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
ms bind ipv6 = false
ms bind msgr1 = false
ms mon client mode = crc secure
public network = 127.0.0.0/8
run dir = $dir/run
admin socket = $dir/run/\$cluster-\$name.asok
log file = $dir/log/\$name.log
pid file = $dir/run/\$name.pid
crash dir = $dir/crash
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 1
[mon.a]
mon data = $dir/mon
[osd.0]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 2147483648
[client.rgw]
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
rgw thread pool size = 32
rgw run sync thread = false
C
    export CEPH_CONF="$dir/ceph.conf" CEPH_ARGS="-c $dir/ceph.conf --no-mon-config"
    monmaptool --create --addv a "[v2:127.0.0.1:$monitor]" --fsid "$fsid" "$dir/monmap"
    ceph-mon -i a --mkfs --monmap "$dir/monmap"
    ceph-mon -i a
    export CEPH_ARGS="-c $dir/ceph.conf"
    osd=$(cat /proc/sys/kernel/random/uuid)
    timeout 60 ceph osd new "$osd"
    ceph-osd -i 0 --mkfs --osd-uuid "$osd" --no-mon-config
    ceph-osd -i 0
    radosgw -n client.rgw
    for _ in $(seq 300); do
        ! curl -fsS -o "$dir/said" "http://127.0.0.1:$port/" || break
        sleep 0.2
    done
    radosgw-admin user create --uid=test --display-name=test --access-key=testkey --secret-key=testsecret
}

case $what in
up)
    up >"$dir.log" 2>&1 || { tail "$dir.log" >&2 && down && exit 69; }
    echo "listening on 127.0.0.1:$port"
    ;;
down) down ;;
esac
