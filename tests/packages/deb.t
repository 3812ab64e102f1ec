#!/bin/sh
# The Debian packages that `make deb` made: linted, and in a Debian of their own installed, run, upgraded, removed and purged.
. ./tests/lib.sh
[ "$(id -u)" -eq 0 ] || { skip 'packages in a Debian of their own' 'root alone makes one'; finish; }
packages=$root/build/deb
version=$(dpkg-parsechangelog -l "$packages"/stretto-*/debian/changelog -S Version)
architecture=$(dpkg --print-architecture)
file() { echo "$packages/$1_${version}_$architecture.deb"; }
linted() {
    lintian --fail-on error "$(file stretto)" "$(file stretto-server)" "$(file stretto-rtc)" >said 2>&1 || { cat said; return 1; }
}
ok 'lintian finds no error' linted

# The smallest Debian, with this machine's way to packages.
there=$packages/root
inside() { exec chroot "$there" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/tmp DEBIAN_FRONTEND=noninteractive "$@"; }
system() { (inside "$@"); }
bare() {
    rm -rf "$there" && mkdir -p "$there"
    debootstrap --variant=minbase bookworm "$there" >debootstrap.log || { tail -n 3 debootstrap.log; return 1; }
    cp /etc/resolv.conf "$there/etc/"
    for one in sources.list sources.list.d apt.conf.d; do
        [ ! -e "/etc/apt/$one" ] || { rm -rf "$there/etc/apt/$one" && cp -r "/etc/apt/$one" "$there/etc/apt/"; }
    done
    # a minimal Debian image leaves out manual pages; none of that here
    rm -f "$there"/etc/apt/apt.conf.d/docker-* && system apt-get -q update
}
unmount() { umount "$there/proc" 2>/dev/null; umount "$there/dev" 2>/dev/null; }
trap 'unmount; cleanup' EXIT
ok 'a bare Debian' bare
mount -t proc proc "$there/proc"
mount --bind /dev "$there/dev"
files() { (cd "$there" && find etc usr lib* var/lib/stretto var/cache/stretto var/log/stretto run srv -xdev 2>/dev/null | sort); }

install() { # FILE...
    for one in "$@"; do cp "$one" "$there/tmp/" || return; done
    # shellcheck disable=SC2046 # a word a package
    system apt-get -q -y -o APT::Sandbox::User=root install --no-install-recommends $(printf "%s\n" "$@" | sed "s,.*/,/tmp/,")
}
ok 'all three packages are installed' install "$(file stretto)" "$(file stretto-server)" "$(file stretto-rtc)"
ok 'the tools run' system stretto-encode --help
ok 'stretto-rtc too' system stretto-rtc --version
ok 'there is a user for the servers' system id stretto
ok 'no server has started by itself' test ! -e "$there/etc/systemd/system/multi-user.target.wants/stretto-serve@.service"
page() { test -s "$there/usr/share/man/man1/$1.1.gz"; }
for tool in stretto-play stretto-serve stretto-track stretto-subsonic stretto-rtc; do ok "a man page of $tool" page $tool; done

# As the unit starts it: its user, its environment, its command.
tone "$there/tmp/a.wav" 25
published() { system sh -c 'stretto-encode /tmp/a.wav -b 96 | stretto-chunk | stretto-publish --name song /srv/store'; }
ok 'the installed tools publish a song' published
cat >"$there/etc/stretto/origin.conf" <<EOF
STRETTO_SERVE_SOURCE=/srv/store
STRETTO_SERVE_LISTEN=127.0.0.1:0
EOF
value() { sed -n "s/^$1=//p" "$there/lib/systemd/system/stretto-serve@.service"; } # KEY
service() {
    # shellcheck disable=SC2046 # a word a line
    inside setpriv --reuid="$(value User)" --regid="$(value Group)" --clear-groups \
        env $(grep -hv '^#' "$there/etc/default/stretto-server" "$there/etc/stretto/origin.conf") "$(value ExecStart)" >ready 2>complaints &
    pid=$!
    started="$started $pid"
    await_ready $pid ready || { cat complaints; return 1; }
}
ok 'the unit names the program that is installed' test -x "$there$(value ExecStart)"
ok 'the server starts as its unit says' service
owner() { test "$(stat -c %u "/proc/$pid")" -eq "$(system id -u stretto)"; }
ok 'as its own user' owner
heard() { system stretto-fetch song --edge "$url" -o /tmp/song.ogg && oggz-validate "$there/tmp/song.ogg"; }
ok 'and a song is fetched from it' heard

# A later version: the same files under a higher number.
later() {
    mkdir later
    for package in stretto stretto-server stretto-rtc; do
        dpkg-deb -R "$(file $package)" later/$package &&
            sed -i "s/^Version: .*/Version: $version+1/" later/$package/DEBIAN/control &&
            dpkg-deb -b --root-owner-group later/$package "later/${package}_$version+1_$architecture.deb" || return
    done
}
ok 'a later version' later
echo 'STRETTO_SERVE_GRACE=7' >>"$there/etc/default/stretto-server"
mkdir -p "$there/var/cache/stretto/edge" "$there/var/log/stretto" && echo x >"$there/var/log/stretto/edge.log"
ok 'is installed over the first' install later/*.deb
upgraded() { test "$(system dpkg-query -W -f '${Version}\n' 'stretto*' | sort -u)" = "$version+1"; }
ok 'all of it' upgraded
ok 'settings are kept' grep -q GRACE=7 "$there/etc/default/stretto-server"
ok 'so are caches and logs' test -s "$there/var/log/stretto/edge.log"
ok 'a server that runs is not ended' curl -sf "$url/names/song"
kill $pid && wait $pid

ok 'the packages are removed' system apt-get -q -y remove stretto stretto-server stretto-rtc
ok 'settings and caches stay' test -d "$there/var/cache/stretto/edge" -a -s "$there/etc/default/stretto-server"
ok 'and are purged' system dpkg --purge stretto-server stretto stretto-rtc
nothing_left() {
    files | grep stretto | grep -vE '^srv/store|^etc/stretto(/origin.conf)?$|^var/lib/dpkg|^usr/share/mime' >left
    test ! -s left || { cat left; return 1; }
}
ok 'nothing of ours is left, but the store and settings that the operator wrote' nothing_left
unmount
finish
