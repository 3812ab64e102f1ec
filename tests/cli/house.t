#!/bin/sh
# The house: installed and uninstalled files, packages of deps, includes that the layers refuse, completion of songs.
. ./tests/lib.sh
house() { env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$root" "B=${B:-build}" -o all "$@"; }
files() { find dest ! -type d | sort; }

installs() {
    house install DESTDIR="$work/dest" PREFIX=/usr &&
        test -x dest/usr/bin/stretto-fetch &&
        dest/usr/bin/stretto fetch --version
}
ok 'install honours DESTDIR and PREFIX, and the installed tools run' installs
pages() { for page in "$root"/man/*; do test -f "dest/usr/share/man/man${page##*.}/${page##*/}" || return; done; }
ok 'with every man page' pages
completions() {
    for tool in dest/usr/bin/*; do
        test -r "dest/usr/share/bash-completion/completions/${tool##*/}" &&
            test -r "dest/usr/share/fish/vendor_completions.d/${tool##*/}.fish" ||
            return
    done
    test -r dest/usr/share/zsh/site-functions/_stretto
}
ok 'and a completion for every tool' completions
# man finds each page by its name, and each page of ours that a page refers to exists
read_by_man() {
    for page in dest/usr/share/man/man*/*; do
        file=${page##*/} section=${page##*.}
        MANPAGER=cat MANWIDTH=100 man -M "$work/dest/usr/share/man" "$section" "${file%.*}" 2>&1 |
            col -b >shown &&
            grep -q "^ *${file%.*}  *[^ ]* [a-zA-Z]" shown &&
            test "$(wc -l <shown)" -gt 15 || { echo "$page"; head -n 5 shown; return 1; }
    done
}
ok 'man finds each page there, and shows it' read_by_man
named_pages() {
    cat dest/usr/share/man/man*/* |
        sed -n 's/^\.Xr \(stretto[a-z-]*\) \([0-9]\).*/\1.\2/p' |
        sort -u | while read -r page; do
        test -f "dest/usr/share/man/man${page##*.}/$page" || { echo "$page"; return 1; }
    done
}
ok 'no page refers to a missing page' named_pages
tour() {
    for tool in dest/usr/bin/stretto-*; do
        grep -q "^\.Xr ${tool##*/} 1" dest/usr/share/man/man7/stretto.7 || { echo "${tool##*/}"; return 1; }
    done
}
ok 'the tour mentions every tool' tour
installed_completion() { # with only the installed tools in PATH
    for tool in dest/usr/bin/*; do
        tool=${tool##*/}
        case $tool in stretto) typed=pub wanted=publish ;; *) typed=--hel wanted=--help ;; esac
        PATH="$work/dest/usr/bin:/usr/bin:/bin" bash -c \
            '. "$1"; complete -p "$2"; COMP_WORDS=("$2" "$3") COMP_CWORD=1; _stretto "$2"; printf "%s\n" "${COMPREPLY[@]}"' \
            - "dest/usr/share/bash-completion/completions/$tool" "$tool" $typed >offered &&
            grep -q "^complete .*-F _stretto $tool\$" offered &&
            grep -qx -e $wanted offered || { echo "$tool"; cat offered; return 1; }
    done
}
ok 'completion works from there, for every tool' installed_completion
course() {
    for script in "$root"/examples/0*.sh "$root/examples/demo.sh"; do
        sh -n "dest/usr/share/doc/stretto/examples/${script##*/}" || return
    done
    test ! -e dest/usr/share/doc/stretto/examples/pictures
}
ok 'the course is installed too' course
uninstalls() {
    touch dest/usr/bin/other &&
        house uninstall DESTDIR="$work/dest" PREFIX=/usr &&
        test "$(files)" = dest/usr/bin/other
}
ok 'uninstall removes exactly the installed files' uninstalls

# a machine without jq and clang, and an apt that records its arguments
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
ok 'deps is silent if all packages are installed' idle
foreign() { mkdir -p empty && exits 69 env PATH="$work/empty" /bin/sh "$root/tests/tools/deps.sh" jq; }
ok 'deps fails with a reason without apt' foreign
shows() { # apt that downloads and installs
    mkdir -p crawl
    {
        echo '#!/bin/sh'
        echo 'echo "2 upgraded, 1 newly installed, 0 to remove"; echo "Need to get 152 MB of archives."'
        for n in 0 4.5 41.2 100; do echo "echo dlstatus:1:$n:Retrieving file 1 of 2"; done
        for n in 0.0000 7.1 52.6 99; do echo "echo pmstatus:jq:$n:Unpacking jq"; done
    } >crawl/apt-get
    chmod +x crawl/apt-get
    (PATH=$work/crawl:$work/fake:$PATH && sh "$root/tests/tools/deps.sh" jq) >said || return
    printf '%s\n' 'installing by apt: jq' '  2 upgraded, 1 newly installed, 0 to remove' \
        '  Need to get 152 MB of archives.' \
        '  downloading: 0 %' '  downloading: 40 %' '  downloading: 100 %' '  installing: 0 %' '  installing: 50 %' '  installing: 90 %' |
        diff - said
}
ok 'and shows the progress of apt' shows
fails() { # with old package lists: try again after an update, then print the output of apt
    printf '#!/bin/sh\necho "$@" >>"%s/asked"\necho "E: Unable to locate package"\nexit 100\n' "$work" >crawl/apt-get
    rm -f asked
    (PATH=$work/crawl:$work/fake:$PATH && exits 69 sh "$root/tests/tools/deps.sh" jq) >said 2>&1 &&
        grep -q '^E: Unable to locate' said &&
        test "$(grep -c update asked) $(wc -l <asked)" = '1 2'
}
ok 'and prints the output of apt if it fails' fails
mkdir bare
for tool in sh grep cat; do ln -s "$(command -v $tool)" bare; done
lacking() { # COMPILER: the output of make with this compiler and without pkg-config
    exits 1 env PATH="$work/fake:$work/bare" sh "$root/tests/tools/deps.sh" --check "$1" ogg -- jq make clang \
        >said 2>&1 &&
        grep -qx '  sudo apt-get install --no-install-recommends jq clang' said || { cat said; return 1; }
}
ok 'make names every Debian package that is missing, without pkg-config and a compiler' lacking g++
found() {
    sh "$root/tests/tools/deps.sh" --check "${CXX:-g++}" ogg libuv -- jq &&
        exits 1 sh "$root/tests/tools/deps.sh" --check "${CXX:-g++}" ogg no-such-module -- make >said 2>&1
}
ok 'and nothing if all packages are installed' found

# the packages that apt would install on a minimal Debian
: >nothing
apt_gets() {
    LC_ALL=C apt-get -s -o Dir::State::status="$work/nothing" install --no-install-recommends "$@" 2>&1 |
        sed -n 's/^Inst \([^ ]*\) .*/\1/p' |
        sort
}
# shellcheck disable=SC2046 # lists of words
few() {
    base=$(dpkg-query -W -f '${Package} ${Priority}\n' | sed -n 's/ required$//p')
    needed=$(env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$root" -pn help | sed -n 's/^DEPS_BUILD := //p')
    apt_gets apt ca-certificates $base >before &&
        apt_gets apt ca-certificates make $base $needed >after &&
        comm -13 before after >brought
    test "$(wc -l <before)" -gt 60 &&
        grep -qx g++ brought &&
        test "$(wc -l <brought)" -le 210 || { wc -l before brought; return 1; }
    apt-cache show --no-all-versions $(sed 's/:.*//' brought) |
        awk '/^Size: / {bytes += $2} END {print bytes / 1e6 " MB"; exit bytes > 155e6}'
}
if apt-cache show g++ >lists 2>&1 && [ -s lists ]; then
    ok 'building needs at most 210 packages and 155 MB' few
else
    skip 'what building needs' 'apt has no lists'
fi

mkdir -p tree/lib/ogg tree/lib/new tree/cmd
printf '#include "http/client.hpp"\n#include <curl/curl.h>\n' >tree/lib/ogg/page.cpp
mkdir -p tree/lib/base
printf '#include <CLI/CLI.hpp>\n' | tee tree/lib/base/options.cpp >tree/cmd/fetch.cpp
: >tree/lib/new/new.hpp
told() { sh "${3:-$root/tests/tools/layers.sh}" "$1" >told; [ $? -eq 1 ] && [ "$(wc -l <told)" -eq "$2" ]; }
refuses() {
    told tree 5 &&
        grep -q 'cmd/fetch.cpp.*CLI' told &&
        grep 'ogg/page.cpp.*curl' told | grep -q 'lib/http' &&
        grep 'ogg/page.cpp.*curl' told | grep -q pure &&
        grep -q 'ogg includes http' told &&
        grep -q lib/new told
}
ok 'the layers refuse an include upwards, a library of another module, a module without arrows' refuses
slow() {
    mkdir -p heavy/lib/song &&
        printf '#include <nlohmann/json.hpp>\n' | tee heavy/lib/song/id.hpp >heavy/lib/song/id.cpp &&
        ! sh "$root/tests/tools/layers.sh" heavy >told &&
        grep slow told >slow &&
        [ "$(wc -l <slow)" -eq 1 ] &&
        grep -q '^lib/song/id.hpp' slow
}
ok 'and a header that includes a slow header' slow
mkdir -p world/lib/play world/lib/swarm world/lib/store
printf '#include <mutex>\n#include <chrono>\n#include "base/file.hpp"\n#include "base/bytes.hpp"\n%s\n' \
    'auto now = std::chrono::steady_clock::now();' >world/lib/play/session.cpp
printf '#include <openssl/evp.h>\nstd::random_device chance; // not system_clock\n' >world/lib/swarm/memory.cpp
printf '#include <sys/socket.h>\n#include <sys/stat.h>\n' >world/lib/store/remote.cpp
worldly() {
    told world 7 &&
        for what in 'play.*<mutex>' 'play.*base/file' 'play.*steady_clock' 'swarm.*openssl.*pure' 'swarm.*random_device' 'store.*socket'; do
            grep -q "$what" told || { echo "$what"; return 1; }
        done
}
ok 'and in pure modules: locks, files, clocks, randomness, OpenSSL; and sockets below the drivers' worldly
sed 's/^store   store song base$/store   store song http base/' "$root/tests/tools/layers.sh" >upwards.sh
upwards() {
    mkdir -p empty-tree/lib/store &&
        : >empty-tree/lib/store/a.cpp &&
        told empty-tree 1 ./upwards.sh &&
        grep -q 'points up: store to http' told
}
ok 'and an arrow upwards in the table of modules' upwards

# three shells offer the same
tone song.wav 1
for name in frontiers machine-wars; do
    stretto-encode -b 96 song.wav | stretto-chunk | stretto-publish --name $name store >id
done
in_bash() { # LINE: what is offered for its last word
    # shellcheck disable=SC2086 # words
    case $1 in *' ') set -- "$root/cmd/stretto.bash" $1 '' ;; *) set -- "$root/cmd/stretto.bash" $1 ;; esac
    bash -c \
        '. "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _stretto "$1"; printf "%s\n" "${COMPREPLY[@]}"' - "$@"
}
in_fish() { fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$root/cmd/stretto.fish" "$1" | cut -f 1; }
in_zsh() { # LINE: what is on the line after a tab; in a shell of its own, on a pseudo terminal
    rm -f line
    mkdir -p functions && cp "$root/cmd/stretto.zsh" functions/_stretto
    cat >rc <<'EOS'
fpath=("$PWD/functions" $fpath); autoload -Uz compinit; compinit -u -D
setopt no_beep; zstyle ':completion:*' menu no; unsetopt auto_menu list_ambiguous
show() { print -r -- "$BUFFER" >line.part && mv line.part line }
zle -N show; bindkey '^Xd' show; bindkey '^Xl' list-choices
EOS
    # shellcheck disable=SC2016 # zsh expands it
    timeout 60 zsh -f -c \
        'zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z ". ./rc"; zpty -w -n z "$1"$'"'\t\x18'"'d
        while [[ ! -e line ]]; do zpty -r -t z said || sleep 0.02; done' - "$1" ||
        { echo "zsh did not complete '$1' in 60 s"; return 1; }
    sed 's/ $//; s/.* //' line
}
offers() { # SHELL LINE WORD...: just these
    by=$1 typed=$2
    shift 2
    printf '%s\n' "$@" | sort >wanted
    # bash and fish leave files to the caller, or offer them too
    "in_$by" "$typed" >given &&
        grep -vE '/$|^(song\.wav|id|rc|given|wanted|told.*|line|said|asked|.*\.sh|before|after)$' given |
        grep -vE '^(brought|lists|found|nothing|slow|shown|offered)$' |
        sort |
            diff wanted -
}
for shell in bash fish zsh; do
    command -v $shell >found || { skip "completion in $shell" "no $shell" && continue; }
    ok "$shell offers the songs of the store named" offers $shell 'stretto-fetch --store store fro' frontiers
    ok "$shell offers them to stretto fetch too" offers $shell 'stretto fetch --store store mac' machine-wars
    ok "$shell offers no song twice" offers $shell 'stretto-play --store store frontiers m' machine-wars
    ok "$shell offers songs to remove" offers $shell 'stretto-publish store --remove f' frontiers
    STRETTO_STORE=store
    export STRETTO_STORE
    ok "$shell offers songs of STRETTO_STORE" offers $shell 'stretto-play f' frontiers
    unset STRETTO_STORE
    ok "$shell offers options" offers $shell 'stretto-fetch --pat' --patience
    ok "$shell offers rules" offers $shell 'stretto-play --abr st' stretto
    ok "$shell offers the values that --help names" offers $shell 'stretto-play --network w' wifi
    ok "$shell offers tools" offers $shell 'stretto pub' publish
    ok "$shell offers tools to help" offers $shell 'stretto help enc' encode
done
several() {
    offers bash 'stretto-play --network ' wifi 4g 3g 2g &&
        offers bash 'stretto-simulate --arrivals ' flash staggered &&
        offers fish 'stretto-play --store store m' machine-wars
}
ok 'several values are offered, each once' several
once() {
    in_bash 'stretto-play --' | sort | uniq -d >twice &&
        test ! -s twice &&
        in_fish 'stretto-play --' | sort | uniq -d >twice &&
        test ! -s twice
}
ok 'and each option once' once
# a variable of the Makefile that is defined after its use is empty there
needs() {
    make -C "$root" -n deps DEPS=test 2>&1 | tr ' ' '\n' >packages
    grep -qx libusrsctp-dev packages && grep -qx libnice10 packages
}
ok 'make test installs what stretto-rtc is built with' needs
finish
