#!/bin/sh
# Configuration files of the servers: TOML, below the environment, below options.
. ./tests/lib.sh
printed() { grep -qxF "$1" printed || { cat printed; return 1; }; } # LINE
shows() { line=$1; shift; "$@" --print-config >printed && printed "$line"; }
cat >all.toml <<'EOF'
# an edge
source = "http://127.0.0.1:9#1" # what a '#' is in a string
listen = ["127.0.0.1:0", "http://127.0.0.2:0"]
cache-size = "50G"
rate-limit = 2.5
grace = 3
log-addresses = true
EOF
ok 'settings come from the file' shows 'grace = 3' stretto-serve --config all.toml
ok 'also the argument' printed 'source = "http://127.0.0.1:9#1"'
ok 'and a list' printed 'listen = ["127.0.0.1:0", "http://127.0.0.2:0"]'
ok 'and a number' printed 'rate-limit = 2.5'
ok 'and a flag' printed 'log-addresses = true'
ok 'a variable stands above the file' shows 'grace = 4' env STRETTO_SERVE_GRACE=4 stretto-serve --config=all.toml
ok 'an option stands above both' shows 'grace = 5' env STRETTO_SERVE_GRACE=4 stretto-serve --config all.toml --grace 5
ok 'the file may be named by a variable' shows 'grace = 3' env STRETTO_SERVE_CONFIG=all.toml stretto-serve
cp printed again.toml
same() { "$1" --config again.toml --print-config >twice && cmp again.toml twice; }
ok 'what is printed is such a file' same stretto-serve
ok 'without a file it is a template of all settings' shows '# cache = ""' stretto-serve
ok 'of the tracker too' shows 'interval = 120' stretto-track
cp printed again.toml
ok 'which reads its own' same stretto-track
ok 'and of the API for apps' shows 'refresh = 60' stretto-subsonic

bad() { printf '%s\n' "$1" >bad.toml; }
bad 'grce = 1'
ok 'an unknown setting ends the server' exits 78 stretto-serve --config bad.toml .
ok 'with what was meant, and where' says "'bad.toml', line 1: unknown setting 'grce'; did you mean 'grace'?" \
    stretto-serve --config bad.toml .
bad '[serve]'
ok 'sections are refused' exits 78 stretto-serve --config bad.toml .
bad 'grace = [1, 2]'
ok 'a list for one value is refused' exits 78 stretto-track --config bad.toml
bad 'listen = ["127.0.0.1:0,127.0.0.2:0"]'
ok 'a value with a comma is not taken for two' exits 78 stretto-track --config bad.toml
bad 'grace = "soon"'
ok 'values are checked as options are' exits 64 stretto-track --config bad.toml
bad 'name = "x'
ok 'text that is no TOML is refused' exits 78 stretto-track --config bad.toml
ok 'a missing file is named' exits 66 stretto-track --config none.toml
ok 'after -- there is no option' exits 64 stretto-track -- --config none.toml

tone a.wav 3
stretto-encode a.wav -b 96 | stretto-chunk | stretto-publish store >/dev/null
cat >serve.toml <<'EOF'
source = "store"
listen = ["192.0.2.1:1"]
EOF
start stretto-serve --config serve.toml # and --listen
lists() { curl -sf "$url/songs" | jq -e '.songs | length == 1'; }
ok 'a server runs with its file' lists
finish
