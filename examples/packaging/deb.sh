#!/bin/sh
# deb.sh FOLDER VERSION PACKAGES...: Debian packages of these sources, in FOLDER; PACKAGES are needed to build them. `make deb` calls it.
# The sources are copied, so that debian/ lies beside them as Debian's tools want it, and not in the top level of the project.
set -eu
folder=$1 version=$2
shift 2
build=$(echo "$@" | sed 's/  */, /g')
copy=$folder/stretto-$version
rm -rf "$copy"
mkdir -p "$copy"
tar -cf - cmd examples lib man tests LICENSE Makefile README.md | tar -xf - -C "$copy"
# headers of libnice, where libnice-dev is not installed
[ ! -d build/rtc ] || { mkdir -p "$copy/build" && cp -a build/rtc "$copy/build/"; }
cp -r examples/packaging/debian "$copy/debian"
cd "$copy"
rm -rf examples/packaging
# a line of the licence is indented by a blank, an empty one is a dot
licence=$(sed '1,/^Copyright/d' LICENSE | sed '1d; s/^$/./; s/^/ /')
copyright=$(sed -n 's/^Copyright (c) //p' LICENSE)
awk -v licence="$licence" -v copyright="$copyright" \
    '{sub("@COPYRIGHT@", copyright)} /@LICENSE@/ {print licence; next} {print}' debian/copyright >copyright.new
mv copyright.new debian/copyright
sed -i "s/@BUILD@/$build/" debian/control
sed -i "s/@VERSION@/$version/" debian/changelog
# `make deb` has installed what is needed, but for libnice-dev
dpkg-buildpackage -b -us -uc -d
