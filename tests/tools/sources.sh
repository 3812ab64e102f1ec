#!/bin/sh
# sources.sh FOLDER PACKAGE...: FOLDER/PACKAGE is the source of each Debian package, as `apt-get source` gives it. Where this machine's
# sources name no deb-src, apt asks the same servers with a list of its own in FOLDER: nothing outside of FOLDER changes, and no root
# is needed.
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
cd "$folder"
mkdir -p lists/partial cache/archives/partial
apt-get indextargets --format 'deb-src $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u >sources.list
[ -s sources.list ] || { echo 'sources.sh: apt knows no server of Debian; run apt-get update' >&2; exit 69; }
ours() {
    apt-get -q -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$folder/lists" \
        -o Dir::Cache="$folder/cache" -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 "$@"
}
{ ours update && ours source --download-only "$@"; } >log 2>&1 || { cat log >&2; exit 69; }
for package; do
    rm -rf "$package"
    dpkg-source -x "$package"_*.dsc "$package" >>log 2>&1 || { cat log >&2; exit 70; }
done
rm -rf lists cache
