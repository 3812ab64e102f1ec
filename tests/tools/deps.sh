#!/bin/sh
# Install the Debian packages named as arguments, those that are missing; says what, and nothing when all are there.
if ! command -v dpkg-query >/dev/null; then
    echo "this is no Debian: install by hand what stands for: $*" >&2
    exit 69
fi
missing=
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
# sudo passes no variables on, and nobody would see a question
sudo='env DEBIAN_FRONTEND=noninteractive'
[ "$(id -u)" -eq 0 ] || sudo="sudo $sudo"
echo "installing by apt:$missing"
# shellcheck disable=SC2086 # a list of words
$sudo apt-get install -y -q --no-install-recommends $missing >build-deps.log 2>&1 ||
    { $sudo apt-get update -q && $sudo apt-get install -y -q --no-install-recommends $missing; } >build-deps.log 2>&1 ||
    { cat build-deps.log >&2; rm -f build-deps.log; exit 69; }
rm -f build-deps.log
