#!/bin/sh
# The house: installed and uninstalled files, packages of deps, includes that the layers refuse, completion of songs.
. ./tests/lib.sh
house() { env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$root" "B=${B:-build}" -o all "$@"; }
files() { find dest ! -type d | sort; }

installs() { house install DESTDIR="$work/dest" PREFIX=/usr && test -x dest/usr/bin/stretto-fetch && dest/usr/bin/stretto fetch --version; }
ok 'install honours DESTDIR and PREFIX, and the installed tools run' installs
pages() { for page in "$root"/man/*; do test -f "dest/usr/share/man/man${page##*.}/${page##*/}" || return; done; }
ok 'with every man page' pages
completions() { for tool in dest/usr/bin/*; do test -r "dest/usr/share/bash-completion/completions/${tool##*/}" || return; done; }
ok 'and a completion for every tool' completions
# man shows no page without its name; where a page names another of ours, that one is there
read_by_man() {
    for page in dest/usr/share/man/man*/*; do
        file=${page##*/} section=${page##*.}
        MANPAGER=cat MANWIDTH=100 man -M "$work/dest/usr/share/man" "$section" "${file%.*}" 2>&1 | col -b >shown && grep -q "^ *${file%.*}  *[^ ]* [a-zA-Z]" shown && test "$(wc -l <shown)" -gt 15 || { echo "$page"; head -n 5 shown; return 1; }
    done
}
ok 'man finds each page there, and shows it' read_by_man
named_pages() { cat dest/usr/share/man/man*/* | sed -n 's/^\.Xr \(stretto[a-z-]*\) \([0-9]\).*/\1.\2/p' | sort -u | while read -r page; do test -f "dest/usr/share/man/man${page##*.}/$page" || { echo "$page"; return 1; }; done; }
ok 'no page names one that is missing' named_pages
tour() { for tool in dest/usr/bin/stretto-*; do grep -q "^\.Xr ${tool##*/} 1" dest/usr/share/man/man7/stretto.7 || { echo "${tool##*/}"; return 1; }; done; }
ok 'the tour comes by every tool' tour
installed_completion() { # with nothing of ours in PATH but what was installed
    for tool in dest/usr/bin/*; do
        tool=${tool##*/}
        case $tool in stretto) typed=pub wanted=publish ;; *) typed=--hel wanted=--help ;; esac
        PATH="$work/dest/usr/bin:/usr/bin:/bin" bash -c '. "$1"; complete -p "$2"; COMP_WORDS=("$2" "$3") COMP_CWORD=1; _stretto "$2"; printf "%s\n" "${COMPREPLY[@]}"' \
            - "dest/usr/share/bash-completion/completions/$tool" "$tool" $typed >offered && grep -q "^complete .*-F _stretto $tool\$" offered && grep -qx -e $wanted offered || { echo "$tool"; cat offered; return 1; }
    done
}
ok 'completion works from there, for every tool' installed_completion
course() { for script in "$root"/examples/0*.sh "$root/examples/demo.sh"; do sh -n "dest/usr/share/doc/stretto/examples/${script##*/}" || return; done; test ! -e dest/usr/share/doc/stretto/examples/pictures; }
ok 'the course comes with it' course
uninstalls() { touch dest/usr/bin/other && house uninstall DESTDIR="$work/dest" PREFIX=/usr && test "$(files)" = dest/usr/bin/other; }
ok 'uninstall takes just that away' uninstalls

# a machine where jq and clang are missing, and apt that tells what it was asked
mkdir fake
cat >fake/dpkg-query <<'EOF'
#!/bin/sh
for package; do :; done
case $package in jq | clang) exit 1 ;; esac
printf 'install ok installed'
EOF
printf '#!/bin/sh\necho "$@" >>"%s/asked"\n' "$work" >fake/apt-get
printf '#!/bin/sh\nexec "$@"\n' >fake/sudo
chmod +x fake/*
deps() { rm -f asked; (PATH=$work/fake:$PATH && sh "$root/tests/tools/deps.sh" "$@"); }
names() { deps sox jq mandoc | grep -qx 'installing by apt: jq' && grep -q -- '--no-install-recommends jq$' asked; }
ok 'deps reports and installs missing packages, and nothing else' names
idle() { test -z "$(deps sox mandoc)" && test ! -e asked; }
ok 'deps says and does nothing when all is there' idle
foreign() { mkdir -p empty && exits 69 env PATH="$work/empty" /bin/sh "$root/tests/tools/deps.sh" jq; }
ok 'deps fails with a clear message without apt' foreign

mkdir -p tree/lib/ogg tree/lib/new tree/cmd
printf '#include "http/client.hpp"\n#include <curl/curl.h>\n' >tree/lib/ogg/page.cpp
mkdir -p tree/lib/base
printf '#include <CLI/CLI.hpp>\n' | tee tree/lib/base/options.cpp >tree/cmd/fetch.cpp
: >tree/lib/new/new.hpp
told() { sh "${3:-$root/tests/tools/layers.sh}" "$1" >told; [ $? -eq 1 ] && [ "$(wc -l <told)" -eq "$2" ]; }
refuses() { told tree 5 && grep -q 'cmd/fetch.cpp.*CLI' told && grep 'ogg/page.cpp.*curl' told | grep -q 'lib/http' && grep 'ogg/page.cpp.*curl' told | grep -q pure && grep -q 'ogg includes http' told && grep -q lib/new told; }
ok 'the layers refuse an include upwards, a library of another module, a module without arrows' refuses
slow() { mkdir -p heavy/lib/song && printf '#include <nlohmann/json.hpp>\n' | tee heavy/lib/song/id.hpp >heavy/lib/song/id.cpp && ! sh "$root/tests/tools/layers.sh" heavy >told && grep slow told >slow && [ "$(wc -l <slow)" -eq 1 ] && grep -q '^lib/song/id.hpp' slow; }
ok 'and a header that includes a slow header' slow
mkdir -p world/lib/play world/lib/swarm world/lib/store
printf '#include <mutex>\n#include <chrono>\n#include "base/file.hpp"\n#include "base/bytes.hpp"\nauto now = std::chrono::steady_clock::now();\n' >world/lib/play/session.cpp
printf '#include <openssl/evp.h>\nstd::random_device chance; // not system_clock\n' >world/lib/swarm/memory.cpp
printf '#include <sys/socket.h>\n#include <sys/stat.h>\n' >world/lib/store/remote.cpp
worldly() { told world 7 && for what in 'play.*<mutex>' 'play.*base/file' 'play.*steady_clock' 'swarm.*openssl.*pure' 'swarm.*random_device' 'store.*socket'; do grep -q "$what" told || { echo "$what"; return 1; }; done; }
ok 'and in pure modules: locks, files, clocks, randomness, OpenSSL; and sockets below the drivers' worldly
sed 's/^store   store song base$/store   store song http base/' "$root/tests/tools/layers.sh" >upwards.sh
upwards() { mkdir -p empty-tree/lib/store && : >empty-tree/lib/store/a.cpp && told empty-tree 1 ./upwards.sh && grep -q 'points up: store to http' told; }
ok 'and an arrow that is drawn upwards' upwards

tone song.wav 1
stretto-encode -b 96 song.wav | stretto-chunk | stretto-publish --name frontiers store >id
completes() { # WORDS...: what bash offers for the last
    bash -c '. "$1/cmd/stretto.bash"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _stretto "$1"; printf "%s\n" "${COMPREPLY[@]}"' - "$root" "$@"
}
song() { completes stretto-fetch --store store fro | grep -qx frontiers && completes stretto fetch --store store fro | grep -qx frontiers; }
ok 'completion offers the songs of the store named' song
set_store() { STRETTO_STORE=store completes stretto-fetch '' | grep -qx frontiers; }
ok 'or of STRETTO_STORE' set_store
removes() { completes stretto-publish --remove fro | grep -qx frontiers || STRETTO_STORE=store completes stretto-publish --remove fro | grep -qx frontiers; }
ok 'also for --remove' removes
finish
