#!/bin/sh
# The page of a report, in Chromium: on a phone, in the dark, on paper; it sorts, filters, and takes nothing from strangers but their text.
. ./tests/lib.sh
. "$root/tests/tools/browser.sh"

python3 "$root/tests/tools/events.py" 600 --songs 120 --days 40 >events.jsonl
# titles and ids that no layout likes
python3 - >>events.jsonl <<'EOF'
import json
titles = ["<img src=x onerror='hacked=1'><script>hacked=1</script>",
    "\u202egnp.exe reversed", "a" * 300,
    "שלום עולם", "日本語の曲名がとても長いときの桁揃え" * 4, "W" * 80 + " " + "m" * 80]
for i, title in enumerate(titles):
    for n in range(40):
        head = {"session": f"hostile-{i}-{n}-" + "x" * 40, "listener": f"{n}-" + "l" * 60, "place": "52.5,13.4", "song": f"{i}" * 32}
        at = 1764000000000 + n * 100000
        chunk = {"index": 0, "kbps": 160, "bytes": 200000, "audio_ms": 40000, "used_ms": 40000,
                 "ms": 90, "first_byte_ms": 40, "source": "edge", "from": "edge-" + "e" * 58, "hit": True}
        for seq, (event, after, more) in enumerate([("start", 0, {"title": title, "artist": title}), ("chunk", 100, chunk),
                ("playing", 200, {"startup_ms": 200}), ("end", 40200, {"heard_ms": 40000, "why": "finished"})]):
            print(json.dumps({"event": event, "seq": seq, "time_ms": at + after, **head, **more}))
EOF
echo '{"edge_gb": 0.02, "origin_gb": 0.08, "million_requests": 0.6}' >prices.json
stretto-report --pool 12345.67 --min-plays 0 --prices prices.json --compare --html report.html events.jsonl \
    >said 2>&1 ||
    { cat said; exit 1; }

start_browser || exit 1
at() { browser "$session" "file://$work/report.html" "$@"; }
ok 'the plays fit the screen of a phone' at phone
ok 'dates do not wrap' at dates
ok 'songs are the first table' at order
ok 'text is readable, also in dark mode and on paper' at readable
ok 'a printed page shows all columns' at paper
ok 'a table can be sorted by keyboard' at sorts
ok 'a table can be filtered, and a button shows all rows' at filters
ok 'a hostile title is shown as text, and the console stays empty' at hostile
finish
