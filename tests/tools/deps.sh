#!/bin/sh
# deps.sh PACKAGE...: install the missing Debian packages. Prints their names and the progress of apt; silent if none is missing.
# deps.sh --check CXX MODULE... -- PACKAGE...: check for a compiler, each module of pkg-config, and the headers without a module.
# Prints the missing Debian packages.
set -u
not_installed() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
}

if [ "${1-}" = --check ]; then
    cxx=$2 lacks=
    shift 2
    # shellcheck disable=SC2086 # the compiler may be behind another word, as in `ccache g++`
    printf '#if !__has_include(<%s>)\n#error\n#endif\n' CLI/CLI.hpp nlohmann/json.hpp boost/beast.hpp |
        $cxx -std=c++20 -E -x c++ - >/dev/null 2>&1 ||
        lacks=yes
    while [ "$1" != -- ]; do
        pkg-config --exists "$1" 2>/dev/null || lacks=yes
        shift
    done
    shift
    [ -n "$lacks" ] || exit 0
    if command -v dpkg-query >/dev/null; then not_installed "$@"; else missing=" $*"; fi
    # a compiler or a library that is installed and not found
    [ -n "$missing" ] || missing=" $*"
    {
        echo 'make: a compiler or libraries are missing. On Debian run `make deps`, or:'
        echo "  sudo apt-get install --no-install-recommends$missing"
    } >&2
    exit 1
fi

if ! command -v dpkg-query >/dev/null; then
    echo "this is not Debian: install by hand the equivalents of: $*" >&2
    exit 69
fi
not_installed "$@"
[ -n "$missing" ] || exit 0
# sudo passes no variables on, and nobody would see a question
sudo='env DEBIAN_FRONTEND=noninteractive LC_ALL=C'
[ "$(id -u)" -eq 0 ] || sudo="sudo $sudo"
echo "installing by apt:$missing"

# apt's output goes to the log; of it, how much there is to do is shown, and then how far it is
follow() {
    shown=
    while IFS= read -r line; do
        case $line in
            dlstatus:*) now=downloading ;;
            pmstatus:*) now=installing ;;
            *)
                echo "$line" >>"$log"
                case $line in *' newly installed'* | 'Need to get'*) echo "  $line" ;; esac
                continue
                ;;
        esac
        percent=${line#*:*:} && percent=${percent%%[.:]*}
        # to a terminal each percent, on one line; else each tenth
        if [ -t 1 ]; then
            [ "$now $percent" = "$shown" ] || printf '\r  %s: %3d %%\033[K' "$now" "$percent"
            shown="$now $percent"
        elif [ "$now $((percent / 10))" != "$shown" ]; then
            echo "  $now: $((percent / 10 * 10)) %"
            shown="$now $((percent / 10))"
        fi
    done
    [ ! -t 1 ] || printf '\r\033[K'
}
log=$(mktemp) || exit 73
trap 'rm -f "$log" "$log.status"' EXIT
apt() {
    # shellcheck disable=SC2086 # a list of words
    { $sudo apt-get -o APT::Status-Fd=1 "$@" 2>&1; echo $? >"$log.status"; } | follow
    return "$(cat "$log.status")"
}
# shellcheck disable=SC2086 # a list of words
install() { apt install -y -q --no-install-recommends $missing; }
install ||
    {
        : >"$log"
        echo '  reading the lists of packages again' && apt update -q && install
    } || { cat "$log" >&2; exit 69; }
