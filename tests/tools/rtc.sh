#!/bin/sh
# rtc.sh DIR: the libraries of stretto-rtc (libnice, usrsctp, GLib), as lines for make; nothing where one is missing.
# rtc.sh --get DIR: headers of libnice into DIR, where they are not installed. Debian's libnice-dev would bring 87 packages, such as
# GTK's headers, for what it offers beside; its own headers, and GLib, are all that is needed here.
set -u
if [ "$1" = --get ]; then
    mkdir -p "$2"
    pkg-config --exists nice && exit
    [ ! -r "$2/usr/include/nice/agent.h" ] || exit 0
    sandbox=
    [ "$(id -u)" -ne 0 ] || sandbox='-o APT::Sandbox::User=root' # which reads this folder
    # shellcheck disable=SC2086 # an option of two words
    cd "$2" && apt-get -q $sandbox download libnice-dev && dpkg-deb -x libnice-dev_*.deb . && rm -f libnice-dev_*.deb
    exit
fi

pkg-config --exists usrsctp gio-2.0 gobject-2.0 glib-2.0 2>/dev/null || exit 0
system() { sed 's/-I/-isystem /g'; } # no warnings of theirs
if pkg-config --exists nice 2>/dev/null; then
    modules='nice usrsctp gio-2.0 gobject-2.0 glib-2.0' cflags='' libs=''
elif [ -r "$1/usr/include/nice/agent.h" ] && ${CC:-cc} -shared -o /dev/null -l:libnice.so.10 2>/dev/null; then
    modules='usrsctp gio-2.0 gobject-2.0 glib-2.0' cflags="-I$1/usr/include" libs='-l:libnice.so.10'
else
    exit 0
fi
# shellcheck disable=SC2086 # a list of words
echo "RTC_CFLAGS := $(echo "$cflags $(pkg-config --cflags $modules)" | system)"
# shellcheck disable=SC2086
echo "RTC_LIBS := -lssl $libs $(pkg-config --libs $modules)"
