#!/bin/sh
# stretto: lists the tools, and runs one with its arguments and its exit status.
. ./tests/lib.sh
tools=$(cd "$root/cmd" && ls ./*.cpp | sed 's|^\./||; s|\.cpp$||' | grep -v -e '^stretto$' -e '_')
test -n "$tools" || exit 1
listed() {
    stretto >list &&
        sed -n 's/^  \([a-z]*\)  *[A-Za-z].*/\1/p' list | sort >names &&
        [ -s names ] &&
        printf '%s\n' $tools | sort | cmp - names
}
ok 'it lists every tool, and no other' listed
for tool in $tools; do
    case $tool in rtc) command -v stretto-rtc >/dev/null || { skip "stretto $tool" 'its libraries are missing'; continue; } ;; esac
    runs() { stretto "$tool" --version >said && grep -q "^stretto-$tool [0-9]" said; }
    ok "stretto $tool runs stretto-$tool" runs
done
ok 'an unknown tool is wrong usage' exits 64 stretto nope
ok 'and is named' says "'nope'" stretto nope
ok 'a path is not a tool' exits 64 stretto ../bin/stretto-fetch
ok 'an exit status is the tool'"'"'s own' exits 66 stretto publish --list "$work/no such store"

# first in its own directory, then in PATH; arguments are unchanged
mkdir -p alone elsewhere
cp "$(command -v stretto)" alone/
printf '#!/bin/sh\nprintf "<%%s>" "$0" "$@"\n' >elsewhere/stretto-fetch
chmod +x elsewhere/stretto-fetch
by_path() {
    PATH=$work/elsewhere:$PATH alone/stretto fetch 'two words' '' '*' >said &&
        [ "$(cat said)" = "<$work/elsewhere/stretto-fetch><two words><><*>" ]
}
ok 'a tool is found in PATH, and gets its arguments as they are' by_path
cp elsewhere/stretto-fetch alone/
beside() { PATH=$work/elsewhere:$PATH alone/stretto fetch >said && [ "$(cat said)" = "<$work/alone/stretto-fetch>" ]; }
ok 'the tool in the same directory takes precedence' beside
absent() { PATH=$work/nowhere alone/stretto rtc; }
ok 'a tool that is not installed is unavailable' exits 69 absent
ok 'and the message says so' says "stretto-rtc is not installed" absent
finish
