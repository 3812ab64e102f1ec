#!/bin/sh
# stretto-simulate: the same options give the same songs, and sums that hold for every policy on every link.
. ./tests/lib.sh
mkdir links
# generated links: steady, with outages, varying by a fixed rule
awk 'BEGIN { print "# made up rtt_ms 80"; for (s = 0; s < 60; s++) print s, 700 }' >links/fast
awk 'BEGIN { print "# made up rtt_ms 60"; for (s = 0; s < 97; s++) print s, (s % 97 > 80 ? 0 : 260) }' >links/holes
awk 'BEGIN { x = 7; for (s = 0; s < 331; s++) { x = (x * 1103 + 12345) % 65536; print s, 60 + x % 500 } }' >links/wild
awk 'BEGIN { for (s = 0; s < 300; s++) print s, (s < 100 ? 900 : s < 200 ? 90 : 400) }' >links/cliff
simulate() { stretto-simulate --traces links "$@"; }
all=stretto,bola,mpc,throughput,dynamic,seed,96,160,320

same() { simulate --songs 20 --json >a && simulate --songs 20 --json >b && cmp a b; }
ok 'the same options give the same bytes' same
other() { simulate --songs 20 --json --seed 2 >b && differ a b; }
ok 'another seed gives other songs' other
rows_of() {
    simulate --table --abr $all >table &&
        for p in stretto bola mpc throughput dynamic seed 96 160 320; do grep -q "^$p " table || return; done
}
ok 'the table has a row for each policy' rows_of
narrow() {
    simulate --table --abr $all --songs 3 --optimum >table &&
        grep -q '^best' table &&
        awk 'length > 80 {print; wide = 1} END {exit wide}' table
}
ok 'the table fits 80 columns' narrow
# the traces of examples/: the same everywhere, typical, and suitable to distinguish rules
typical() {
    sh "$root/examples/traces.sh" made &&
        sh "$root/examples/traces.sh" again &&
        diff -r made again &&
        test "$(find made -type f | wc -l)" -eq 24 &&
        test "$(cat made/* | grep -vc '^#')" -eq 7200 &&
        awk '/^[^#]/ {n++; sum += $2} END {exit !(sum / n > 3000 * 0.6 && sum / n < 3000 * 1.6)}' made/wifi-*
}
ok 'examples/traces.sh makes the same traces each time' typical
told_apart() {
    stretto-simulate --traces made --abr stretto,bola,mpc,seed,96 --songs 240 --json |
        jq -es \
            'map(select(.songs)) | map({(.policy): .}) | add | (.stretto.q > .bola.q) and
                (.stretto.q > .mpc.q) and (.bola.q > .seed.q) and (.seed.q > .["96"].q) and
                (.bola.first_ahead_q > 2 * .bola.first_ahead_error)'
}
ok 'on these traces, our rule is significantly better than BOLA' told_apart

simulate --abr $all --songs 24 --optimum --json >out
bounded() { jq -es 'map(select(.plays)) | length == 24 and all(.optimum + 0.05 >= (.plays | map(.q) | max))' out; }
ok 'no policy is better than the optimum on any song' bounded
splices() {
    jq -es \
        'map(select(.plays)) | all(.optimum >= .optimum_whole_chunks) and any(.optimum > .optimum_whole_chunks + 0.1)' out
}
ok 'with splices, the optimum is never worse and sometimes better' splices
heard() {
    jq -es \
        'map(select(.plays) | .plays[]) | all((.heard_s - 210 | fabs) < 1e-6 and
            (.ended_s - .sound_s - 210 - .stalled_s | fabs) < 1e-6)' out
}
ok 'the time of a play is the sum of startup, audio and stalls' heard
bytes() {
    jq -es \
        'map(select(.plays) | .plays[]) | all(.wasted_bytes >= 0 and .wasted_bytes < .bytes) and
            (map(select(.policy | test("^[0-9]"))) | all(.switches == 0))' out &&
        jq -es \
            'map(select(.plays and .file != "holes") | .plays[] | select(.policy | test("^[0-9]"))) | all(.wasted_bytes == 0)' out
}
ok 'fixed bitrates waste no bytes without repeated requests' bytes
scored() { # the score from its parts, for a song that never changed: u L - 10 T - 5 N - 2 start
    jq -es \
        'map(select(.plays) | .plays[] | select(.policy == "96")) |
            all((100 / 210 * (126 - 10 * .stalled_s - 5 * .stalls - 2 * ([0, .start_s - 0.2] | max)) - .q |
            fabs) < 1e-6)' out
}
ok 'Q follows its formula' scored
steady() {
    awk 'BEGIN { for (s = 0; s < 30; s++) print s, 640 }' >links/640 &&
        mkdir -p only &&
        mv links/640 only &&
        stretto-simulate --traces only --abr 96,stretto --songs 300 --json |
        jq -es 'map(select(.songs)) | length == 2 and all(.percent_without_stall == 100)'
}
ok 'at 640 kbit/s neither 96 nor stretto ever stalls' steady
killed() {
    stretto-simulate --traces only --abr stretto,96 --kill-edges 1 --songs 500 --json |
        jq -es 'map(select(.songs)) | length == 2 and all(.percent_without_stall == 100)'
}
ok 'nor if the edge fails at a random moment' killed
silent() {
    stretto-simulate --traces only --abr stretto --silence-edges 1 --songs 500 --json |
        jq -es \
            '(map(select(.songs)) | all(.percent_without_stall >= 99)) and (map(select(.plays) | .plays[0]) |
                all((.heard_s - 210 | fabs) < 1e-6 and .stalled_s < 3))'
}
ok 'and if the edge becomes silent, the song stops only for a moment' silent
# 2 Mbit/s, then 64 kbit/s, then 10 s of outage, then 2 Mbit/s again; for ten songs, at a different position of each
falls() {
    mkdir -p falls &&
        for at in 5 12 20 33 47 60 75 90 120 150; do
            awk -v at=$at \
                'BEGIN { print "# rtt_ms 50"; for (s = 0; s < 330; s++) print s,
                    (s < at ? 2000 : s < at + 10 ? 64 : s < at + 20 ? 0 : 2000) }' \
                >falls/$at
        done
    stretto-simulate --traces falls --abr stretto --json >fell &&
        jq -es \
            'map(select(.plays) | .plays[0]) | length == 10 and all(.stalls <= 1 and (.heard_s - 210 | fabs) < 1e-6)' fell
}
ok 'a sudden drop of the rate: at most one stall, and playback resumes' falls
late() { jq -es 'map(select(.plays and (.file | tonumber) >= 20) | .plays[0]) | all(.stalls == 0)' fell; }
ok 'and no stall with a full buffer: the bitrate is lowered in time' late

piped() {
    simulate --abr stretto,seed --songs 8 2>said | stretto-report >report &&
        grep -q 'sessions  *16$' report &&
        grep -q '^stretto ' said &&
        grep -q 'Beside Spotify' said
}
ok 'into a pipe go events, which a report reads; the table goes to standard error' piped
simulate --abr stretto,seed --songs 8 --events events.jsonl --json >sums
agree() { # every song: startup, stalls, stalled time and bitrate of the events are those of the sums
    jq -es --slurpfile sums sums \
        'group_by(.session) | map({session: .[0].session, heard: (map(select(.event == "end"))[0].heard_ms),
            startup: (map(select(.event == "playing"))[0].startup_ms),
        stalls: (map(select(.event == "stall")) | length), stalled: ([.[] | select(.event == "resume").ms] |
            add // 0), kbps: ([.[] | select(.event == "chunk") | .kbps * .used_ms] | add / 210000)}) as $told
        | [$sums | map(select(.plays)) | to_entries[] | .key as $i | .value.plays[] | . + {session: (.policy + "-1-" + ($i | tostring))}]
        | length == 16 and all(. as $o | $told | map(select(.session == $o.session))[0] | .heard == 210000 and
            (.startup - 1000 * $o.sound_s | fabs) <= 1 and .stalls == $o.stalls and
            (.stalled - 1000 * $o.stalled_s | fabs) <= 2 + .stalls and (.kbps - $o.kbps | fabs) < 0.5)' \
        events.jsonl
}
ok 'events and sums agree' agree
numbered() {
    jq -es \
        'group_by(.session) | all([.[].seq] == [range(length)] and .[0].event == "start" and
            .[-1].event == "end" and ([.[].time_ms] | . == sort))' \
        events.jsonl
}
ok 'they are numbered, in order of time, from start to end' numbered
again() {
    simulate --abr stretto,seed --songs 8 --events again.jsonl --json >/dev/null &&
        cmp events.jsonl again.jsonl
}
ok 'and the same each time' again
ok 'two things cannot go to standard output' exits 64 simulate --json --events -
parts() {
    for k in 1 2 3; do simulate --part $k 3 --abr 96 --json 2>/dev/null | jq -r 'select(.file) | .file'; done |
        sort >found &&
        ls links | sort | cmp - found
}
ok 'parts are disjoint and together everything' parts
scenarios() {
    printf 'file\toffset_s\tmultiplier\trtt_ms\nwild\t30\t2\t10\ncliff\t0\t0.5\t200\n' >list &&
        simulate --scenarios list --abr 96 --json | jq -es 'map(.file // empty) == ["wild", "cliff"]'
}
ok 'scenarios are played in their order' scenarios
kinds() { # sums of a kind are those of its songs
    printf '%s\t%s\t%s\t%s\t%s\n' file offset_s multiplier rtt_ms kind wild 30 2 10 home cliff 0 0.5 200 mobile \
        holes 5 1 60 home >list
    printf 'fast\t0\t1\t60\n' >>list
    simulate --scenarios list --abr stretto,96 --json >kinds &&
        jq -es \
            '(map(select(.plays))) as $songs | map(select(.songs)) | map({key: ((.kind // "all") + " " + .policy), value: .}) | from_entries
            | (keys | sort) == (["all 96", "all stretto", "home 96",
                "home stretto", "mobile 96", "mobile stretto", "no stall at 96 96", "no stall at 96 stretto"] | sort)
            and .["home 96"].songs == 2 and .["all 96"].songs == 4
            and ((.["home stretto"].q - ($songs | map(select(.kind == "home") | .plays[0].q) | add / 2)) | fabs) < 1e-9
            and .["no stall at 96 96"].songs == ($songs | map(select(.plays[1].stalls == 0)) | length)
            and .["no stall at 96 96"].percent_without_stall == 100' kinds
}
ok 'scenarios of a kind are summed, and those where the lowest bitrate does not stall' kinds
titled() {
    simulate --scenarios list --abr stretto,96 --table >table &&
        grep -qx 'home: 2 songs' table &&
        grep -q '^4 songs over 4 scenarios' table
}
ok 'the table has a part for each kind' titled
bound() { # no stall in n songs: 1 - 0.05^(1/n)
    mkdir -p steady && echo '0 3000' >steady/link &&
        stretto-simulate --traces steady --abr stretto --songs 50 --length 30 --least 1000 --kill-edges 1 --json >out &&
        jq -es 'last | .songs == 50 and .songs_with_stall == 0 and (.percent_with_stall_at_most - 5.815508 | fabs) < 1e-6' out &&
        stretto-simulate --traces steady --abr stretto --songs 50 --length 30 --least 1000 --kill-edges 1 --table >table &&
        grep -qx 'stretto: 0 of 50 songs with a stall; with 95 % confidence, less than 5.815508 %' table
}
ok 'the share of songs with a stall has an upper bound' bound
stalls() {
    simulate --abr 320 --songs 20 --json | jq -es 'last | .songs_with_stall > 0 and
        (.songs_with_stall * 5 + .percent_without_stall - 100 | fabs) < 1e-6 and .percent_with_stall_at_most > .songs_with_stall * 5'
}
ok 'which is above the share seen' stalls
ladder() {
    simulate --ladder 160,45 --abr 45,160 --songs 4 --json |
        jq -es \
            'map(select(.plays)) | length == 4 and all((.plays | map(.kbps | round)) == [45, 160] and .plays[0].bytes < .plays[1].bytes)'
}
ok 'generated songs have the bitrates of --ladder' ladder
manifest() {
    tone song.wav 25 &&
        stretto-encode song.wav | stretto-chunk | tar x manifest.json &&
        simulate --manifest manifest.json --abr 320 --json |
        jq -es 'map(select(.plays) | .plays[0]) | all((.heard_s - 25 | fabs) < 0.01)'
}
ok 'a manifest defines the song' manifest

ok 'a policy that does not exist is wrong usage' exits 64 simulate --abr best
ok 'so is a part beyond the parts' exits 64 simulate --part 3 2
ok 'a folder without traces is missing input' exits 66 stretto-simulate --traces nowhere
bad() { mkdir -p bad && echo '0 fast' >bad/x && stretto-simulate --traces bad; }
ok 'an invalid trace is bad data' exits 65 bad
ok 'and the message names its line' says "'bad/x': line 1: not a second and its kbit/s" bad
outside() { printf '../links/wild\t0\t1\t10\n' >list && simulate --scenarios list; }
ok 'a scenario does not lead out of the folder' exits 65 outside
# crowds
crowd() { stretto-simulate --listeners 80 --catalogue 5 --hours 0.1 "$@"; }
crowds() {
    for how in --fetch '--fetch --arrivals flash' '--songs-each 2'; do
        # shellcheck disable=SC2086
        crowd $how --json >a &&
            crowd $how --json >b &&
            cmp a b &&
            crowd $how --json --seed 2 >b &&
            differ a b ||
            return
    done
}
ok 'a crowd is the same for the same seed, and another for another' crowds
crowd --fetch --json >out
shared() { jq -e '.listeners == 80 and .songs == 80 and .bytes.peer > .bytes.edge and .bytes.cache == 0' out; }
ok 'listeners fetch from each other' shared
below() {
    jq -e \
        '.offload > 50 and .offload <= .offload_bound and .offload_bound <= 100 and .jain > 0 and .jain <= 1' out
}
ok 'and not more bytes than the bound allows' below
alone() { crowd --fetch --no-peers --json | jq -e '.bytes.peer == 0 and .offload == 0'; }
ok 'or from edges alone' alone
beside() {
    crowd --songs-each 2 >table &&
        grep -q 'Spotify 2010' table &&
        grep -q 'bytes from own caches, %.* 55.4$' table
}
ok "the players' results are compared with the figures of 2010" beside
rush() { # 120 listeners within 6 minutes, half of them in one; then an edge of three fails
    crowd --songs-each 1 --edges 3 --rush 0.5 --json "$@" >out || return
    jq -e '.songs == 80 and .percent_with_stall_at_most > 100 * .songs_with_stall / .songs' out
}
ok 'a crowd in a rush' rush
fails() {
    rush && cp out before && rush --failing-edges 1 && differ before out && rush --failing-edges 1 --no-peers &&
        jq -e '.bytes.peer == 0 and .bytes.edge > 0' out
}
ok 'an edge that fails changes the crowd, and all songs end' fails
ok 'all edges cannot fail' ends_saying 64 'no edge would remain' crowd --edges 3 --failing-edges 3
ok 'nor can a flash crowd be in a rush' ends_saying 64 'all arrive within 30 s' crowd --arrivals flash --rush 0.2
shown() {
    crowd --songs-each 1 >table &&
        grep -q '^songs with a stall  *[0-9]* $' table &&
        grep -q 'upper bound .*% of those heard$' table
}
ok 'the table has the bound too' shown
# what the plain model leaves out
behind_nats() {
    crowd --songs-each 2 --json >plain && crowd --songs-each 2 --nat --json >out &&
        crowd --songs-each 2 --nat --json >nat_again && cmp out nat_again &&
        jq -es '.[0].links == null and .[0].bytes.edge < .[1].bytes.edge and .[1].bytes.peer > 0 and .[1].links > 0 and
            .[1].percent_links_open > 50 and .[1].percent_links_open < 80 and .[1].link_cpu_s > 0' plain out
}
ok 'behind NATs some pairs cannot connect, and edges send more' behind_nats
strict() {
    crowd --songs-each 2 --nat --nat-open 0 --nat-punched 0 --json | jq -e '.bytes.peer == 0 and .percent_links_open == 0' &&
        crowd --songs-each 2 --nat --nat-open 0 --nat-punched 1 --nat-success 0 --json | jq -e '.bytes.peer == 0'
}
ok 'without a pair that can connect, all bytes come from edges' strict
ok 'three shares of NATs are not above one' ends_saying 64 'their sum is above 1' crowd --nat --nat-open 0.5
come_again() {
    crowd --songs-each 2 --replays 0 --visits 3 --away 0.05 --json >out &&
        crowd --songs-each 2 --replays 0 --visits 3 --away 0.05 --cache 1 --json >small &&
        jq -es '.[0].songs > 1.5 * .[1].songs and .[0].bytes.cache > .[2].bytes.cache' out plain small
}
ok 'listeners who come again bring what they cached, within --cache' come_again
messages() {
    crowd --songs-each 2 --messages --json | jq -e '.percent_messages > 0 and .percent_messages < 20' &&
        jq -e '.percent_messages == null' plain
}
ok 'polls, announces and lists have bytes with --messages' messages
misses() {
    crowd --songs-each 2 --edge-misses --json | jq -e --slurpfile plain plain '.edge_misses > 0 and .start_p90_s >= $plain[0].start_p90_s'
}
ok 'empty edges ask the origin' misses
lossy() {
    crowd --fetch --json >whole &&
        crowd --fetch --loss 0.02 --json | jq -e --slurpfile whole whole '.took_p50_s > 1.1 * $whole[0].took_p50_s'
}
ok 'losses make fetching slower' lossy
described() {
    crowd --songs-each 1 --nat --messages --edge-misses >table &&
        grep -q '^links tried over WebRTC' table && grep -q '^polls, announces, lists .*% beside them$' table &&
        grep -q '^requests to the origin' table
}
ok 'the table has all of these' described
divided() {
    crowd --songs-each 2 --crowds 3 --jobs 1 --json >out && crowd --songs-each 2 --crowds 3 --jobs 2 --json >two && cmp out two &&
        jq -e '.listeners == 80 and .crowds == 3 and .songs > 80 and .bytes.peer > 0' out
}
ok 'independent crowds are the same with one thread and with two' divided
undivided() { crowd --songs-each 2 --json >out && crowd --songs-each 2 --crowds 1 --json >one && cmp out one; }
ok 'one crowd is the crowd' undivided
ok 'each crowd has a listener' ends_saying 64 'fewer listeners than crowds' crowd --crowds 81
several() { crowd --songs-each 1 --crowds 2 >table && grep -q '^independent crowds  *2 $' table; }
ok 'the table has their number' several
ok 'with neither recordings nor listeners there is nothing to do' exits 64 stretto-simulate --abr 96
ok 'a crowd of an unknown policy is wrong usage' exits 64 crowd --abr best

full() { simulate --abr 96 >/dev/full; }
ok 'a full disk is noticed' exits 74 full
finish
