#!/bin/sh
# Fetch real music with a licence, Debian's asc-music (GPL), into the folder given; needs no root.
set -e
mkdir -p "$1"
cd "$1"
apt-get download asc-music >/dev/null 2>&1 ||
    { ${SUDO-} apt-get update -q >/dev/null && apt-get download asc-music >/dev/null; }
dpkg-deb -x asc-music_*.deb package
mv package/usr/share/games/asc/music/*.mp3 .
rm -rf package asc-music_*.deb
