# For tests/browser/*.t and tests/net/nat.t, which begin with `. ./tests/lib.sh` and this: one Chromium behind a chromedriver, for all
# checks of a test.
#
#   browser ARGS...           the checks of this test: tests/browser/NAME.py for NAME.t
#   start_driver [PREFIX...]  chromedriver on a free port, as PREFIX... chromedriver; sets $driver, its URL where it runs
#   start_browser [PROFILE [FLAGS...]]   a driver, unless there is one, and a browser behind it; sets $session, which the test's end closes
# shellcheck shell=sh disable=SC2034,SC2120,SC2154
export HOME="$work"
checks=${0##*/} && checks=$root/tests/browser/${checks%.t}.py
session='' driver='' drivers=0
browser() { python3 "$checks" "$@"; }
browser_cleanup() {
    # a browser does not end with its driver
    [ -z "$session" ] || browser close "$session"
    cleanup
}
trap browser_cleanup EXIT

driven() { driver_port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$1" 2>/dev/null) && [ -n "$driver_port" ]; }
# once, of 40 on a busy machine, a driver said nothing for a minute: another one is started then
driven_or_gone() { driven "$1" || ! kill -0 "$driver_pid" 2>/dev/null; }
start_driver() {
    for attempt in 1 2 3; do
        drivers=$((drivers + 1))
        "$@" chromedriver --port=0 >"$work/.driver$drivers" 2>&1 &
        driver_pid=$!
        started="$started $driver_pid"
        driver_patience=${patience-}
        patience=30
        await 'the port of chromedriver' driven_or_gone "$work/.driver$drivers"
        patience=$driver_patience
        driven "$work/.driver$drivers" && driver=http://127.0.0.1:$driver_port && return
        kill "$driver_pid" 2>/dev/null
    done
    echo "chromedriver, $attempt times:" >&2
    cat "$work"/.driver* >&2
    return 1
}
start_browser() {
    [ -n "$driver" ] || start_driver || return
    profile=${1-profile}
    [ $# -eq 0 ] || shift
    session=$(browser open "$driver" "$(command -v chromium)" "$work/$profile" "$@")
}
