#!/bin/bash
# How many edges, origins, trackers, cores of Redis and ClickHouse shards 10^4 to 2.1 x 10^7 listeners need, and what they
# cost, with and without peers: from measured figures (capacity.py names the bench of each) and from a crowd that is simulated now.
#   CAPACITY_LISTENERS   simulated (3000)
#   CAPACITY_ASSUMED     NAME=VALUE...: other assumptions than those of capacity.py
# shellcheck source=tests/tools/bench.sh
. "$(dirname "$0")/../tools/bench.sh"
stretto-simulate --listeners "${CAPACITY_LISTENERS:-3000}" --up 1 --json >crowd.json
# shellcheck disable=SC2086 # words
python3 "$here/capacity.py" crowd.json ${CAPACITY_ASSUMED:-}
