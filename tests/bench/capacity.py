"""What a service needs for so many listeners, from measured figures and one simulated crowd.

    capacity.py CROWD.json [NAME=VALUE...]

CROWD.json is the output of `stretto-simulate --listeners N --json`. Every figure below names the bench that measured it, and stands in
tests/bench/README.md or in a man page with that value; tests/cli/tools.t checks it. What nobody measured is an assumption: it is
printed with the result, and NAME=VALUE replaces it.
"""
import json
import math
import sys

# name: value, unit, bench, and the words of the page that has it
MEASURED = {
    "edge_us_chunk": (189.8, "us of CPU for a chunk of 418,986 bytes, TLS 1.3", "tls.sh", "189.8 us"),
    "edge_us_manifest": (9.9, "us of CPU for a manifest, TLS 1.3", "tls.sh", "9.9 us"),
    "idle_bytes": (14041, "bytes for an idle TLS connection", "tls.sh", "14041 B"),
    "hit_percent": (64.81, "% of the bytes are hits, if a tenth of the catalogue is cached", "hits.sh", "64.81"),
    "origin_us_chunk": (121.7, "us of CPU for a chunk of 420 kB, HTTP", "serve.sh", "121.7"),
    "announce_us": (22.0, "us of CPU for an announce, a million peers, keep-alive", "announces.sh", "22.0"),
    "list_us": (38.0, "us of CPU for a list of 16 peers, a connection each", "track.sh", "38.0"),
    "entry_bytes": (57.2, "bytes for a song of a peer", "track.sh", "57.2 bytes each"),
    "waiting_bytes": (1240, "bytes for a waiting WebRTC peer", "rtc.sh", "1.24 kB each"),
    "redis_announce_us": (32.3, "us of CPU for an announce in all Redis servers together", "redis.sh", "32.3"),
    "redis_list_us": (2.5, "us of CPU for a list in all Redis servers together, 3 masters", "redis.sh", "2.5"),
    "redis_bytes": (156, "bytes for a song of a peer in Redis", "redis.sh", "150 to 156 bytes"),
    "intake_us": (0.81, "us of CPU for an event, 100 a request", "events.sh", "0.81 us"),
    "load_us": (3.15, "us of CPU for an event that is loaded into ClickHouse, both programs", "clickhouse.sh", "46 s of the engine"),
    "event_bytes": (42, "bytes of an event in ClickHouse", "clickhouse.sh", "42 bytes each"),
}
ASSUMED = {
    "nic_gbits": (10, "Gbit/s of a machine"),
    "cores": (8, "cores of a machine"),
    "memory_gb": (32, "GB of memory of a machine"),
    "use": (0.6, "share of a machine that is used in the busiest hour"),
    "interval_s": (120, "seconds between announces of a peer (stretto-track's default)"),
    "cached_songs": (10, "songs that a listener announces"),
    "webrtc": (0.5, "share of listeners that wait for WebRTC signals"),
    "events_a_song": (5, "events of a song besides one a chunk"),
    "chunk_s": (10, "seconds of a chunk"),
    "keep_days": (30, "days that events are kept in ClickHouse"),
    "edge_price": (0.02, "price of 10^9 bytes from an edge"),
    "core_price": (0.03, "price of a core for an hour"),
}
LISTENERS = [10**4, 10**5, 10**6, 10**7, 21 * 10**6]


def needs(listeners, crowd, given, peers):
    """Machines, cores and money an hour for so many listeners at once. Redis is what a tracker without memory of its own needs."""
    m = {name: row[0] for name, row in MEASURED.items()}
    heard, bytes_ = crowd["heard_s"], crowd["bytes"]
    from_edges = (bytes_["edge"] + (0 if peers else bytes_["peer"])) / heard * listeners  # bytes/s
    starts = crowd["songs"] / heard * listeners  # a second
    machine_bytes = given["nic_gbits"] * 1e9 / 8 * given["use"]
    machine_cores = given["cores"] * given["use"]
    machine_memory = given["memory_gb"] * 1e9 * given["use"]

    edge_cores = (from_edges / 418986 * m["edge_us_chunk"] + starts * m["edge_us_manifest"]) / 1e6
    events = listeners / given["chunk_s"] + starts * given["events_a_song"]
    edge_cores += events * m["intake_us"] / 1e6
    edges = max(from_edges / machine_bytes, edge_cores / machine_cores, listeners * m["idle_bytes"] / machine_memory)
    missed = from_edges * (1 - m["hit_percent"] / 100)
    origins = max(missed / machine_bytes, missed / 420000 * m["origin_us_chunk"] / 1e6 / machine_cores)
    tracker_cores = tracker_memory = 0.0
    if peers:
        tracker_cores = ((listeners / given["interval_s"] + starts) * m["announce_us"] + starts * m["list_us"]) / 1e6
        tracker_memory = listeners * (given["cached_songs"] * m["entry_bytes"] + given["webrtc"] * m["waiting_bytes"])
    trackers = max(tracker_cores / machine_cores, tracker_memory / machine_memory)
    redis_cores = redis_memory = 0.0
    if peers:
        announces = listeners / given["interval_s"] + starts
        redis_cores = (announces * m["redis_announce_us"] + starts * m["redis_list_us"]) / 1e6
        redis_memory = listeners * given["cached_songs"] * m["redis_bytes"]
    shard_cores = events * m["load_us"] / 1e6
    money = from_edges * 3600 / 1e9 * given["edge_price"]
    counts = [math.ceil(each) for each in (edges, origins, trackers, shard_cores / machine_cores)]
    money += (counts[1] + counts[2] + counts[3]) * given["cores"] * given["core_price"]
    return {
        "listeners": listeners, "starts": starts, "gbits": from_edges * 8 / 1e9, "edges": counts[0], "origins": counts[1],
        "trackers": counts[2], "tracker_gb": tracker_memory / 1e9, "redis_cores": redis_cores, "redis_gb": redis_memory / 1e9, "events": events, "shards": counts[3],
        "events_tb": events * 86400 * given["keep_days"] * m["event_bytes"] / 1e12, "money": money,
    }


def main(arguments):
    crowd = json.load(open(arguments[0]))
    given = {name: row[0] for name, row in ASSUMED.items()}
    for word in arguments[1:]:
        name, value = word.split("=")
        if name not in given:
            sys.exit(f"capacity: {name} is none of the assumptions: {', '.join(given)}")
        given[name] = float(value)
    shares = {name: bytes_ / sum(crowd["bytes"].values()) * 100 for name, bytes_ in crowd["bytes"].items()}
    print(f"simulated: {crowd['songs']} songs, {crowd['kbps']:.0f} kbit/s, {crowd['heard_s'] / crowd['songs']:.0f} s each; "
          f"{shares['peer']:.1f} % of the bytes from peers, {shares['cache']:.1f} % from own caches; "
          f"{crowd['percent_with_stall']:.2f} % of the songs stalled")
    for title, peers in (("edges alone", False), ("with peers", True)):
        print(f"\n{title:12} {'starts/s':>9} {'Gbit/s':>8} {'edges':>6} {'origins':>8} {'trackers':>9} {'their GB':>9} {'Redis cores':>12} "
              f"{'its GB':>7} {'events/s':>9} "
              f"{'shards':>7} {'their TB':>9} {'money/h':>9}")
        for listeners in LISTENERS:
            n = needs(listeners, crowd, given, peers)
            print(f"{n['listeners']:12,} {n['starts']:9.0f} {n['gbits']:8.1f} {n['edges']:6} {n['origins']:8} {n['trackers']:9} "
                  f"{n['tracker_gb']:9.1f} {n['redis_cores']:12.2f} {n['redis_gb']:7.1f} {n['events']:9.0f} {n['shards']:7} {n['events_tb']:9.1f} {n['money']:9.1f}")
    print("\nmeasured:")
    for value, unit, bench, _ in MEASURED.values():
        print(f"  {value:9} {unit} ({bench})")
    print("assumed (NAME=VALUE changes them):")
    for name, (_, unit) in ASSUMED.items():
        print(f"  {name}={given[name]:g}: {unit}")


if __name__ == "__main__":
    main(sys.argv[1:])
