#!/bin/sh
# stretto-serve under attack: hostile requests are refused, no memory leaks, and honest clients are not affected.
. ./tests/lib.sh
tone song.wav 31
id=$(stretto-encode -b 96,320 song.wav | stretto-chunk | stretto-publish --name song store)
path=/songs/$id/320/chunk_1.ogg file=store/songs/$id/320/chunk_1.ogg
abuse() { command=$1 && shift && timeout 300 python3 "$root/tests/tools/abuse.py" "$command" "$url" "$@"; }

# links out of the store, of every kind that a path could follow
echo outside-9f2c >marker
mkdir -p outside/96 && cp marker outside/manifest.json && cp marker outside/96/chunk_0.ogg
linked=$(echo "$id" | tr 0-9 1-90)
ln -s "$work/outside" "store/songs/$linked"
ln -s "$work/marker" "store/songs/$id/96/chunk_7.ogg"
ln -s ../../marker store/names/marker
mkfifo "store/songs/$id/96/chunk_8.ogg"
mkdir "store/songs/$id/96/chunk_9.ogg" store/names/folder

attacks() { # WHERE [URL of the server behind]
    where=$1
    shift
    rows "$where:" abuse shapes "$@"
    rows "$where:" abuse allowed
    ok "$where: blank lines are counted per client" abuse blank_lines_of_others
    ok "$where: no path leads out of the store" abuse traversal "$(cat marker)" /names/marker \
        "/songs/$linked/manifest.json" "/songs/$linked/96/chunk_0.ogg" "/songs/$id/96/chunk_7.ogg" \
        "/songs/$id/96/chunk_8.ogg" "/songs/$id/96/chunk_9.ogg" /names/folder
    ok "$where: uploads" abuse bodies
    ok "$where: 300 slow clients delay no others" abuse slow "$path" "$file"
    ok "$where: 1,000 requests sent at once" timeout 300 python3 "$root/tests/tools/clients.py" pipeline \
        "$url" "$path" "$file" 1000
    ok "$where: 200 clients that disconnect within a response" abuse aborts '/stream/song?kbps=320' "$pid" 200
}
alive() { kill -0 "$pid" && stop "$pid"; }

start stretto-serve store || exit
origin=$url origin_pid=$pid
abuse late >late 2>&1 &
late=$!
attacks origin
start stretto-serve "$origin" || exit
edge_pid=$pid
attacks edge "$origin"
in_time() { wait $late || { cat late; return 1; }; }
ok 'a request that is too slow: 408' in_time
pid=$edge_pid
ok 'the edge still runs, and ends with 0' alive
pid=$origin_pid
ok 'the origin too' alive

few() { exec prlimit --nofile=40 stretto-serve "$@"; }
few_descriptors() {
    start few "$@" && { abuse full "$path" "$file" "$pid" || { tail -n 20 "$said.err" && return 1; }; } && stop "$pid"
}
ok 'with 40 descriptors it runs on, logs little, and recovers' few_descriptors store
start stretto-serve store || exit
ok 'an edge with 40' few_descriptors "$url"
finish
