#!/bin/sh
# Make small traces of typical networks, for stretto-simulate: the rate of a link in each second.
# The idea: a few numbers describe each kind of network. The rate varies around a mean on a logarithmic scale, and each
# second differs a little from the one before (a first-order autoregressive process). While the signal is lost, the rate
# is 0. The same command makes the same traces on every machine. The traces are synthetic and serve to compare rules with
# each other. The figures in tests/bench/README.md are from recorded networks.
#
#   examples/traces.sh [DIR]      writes DIR/KIND-1 to DIR/KIND-4; the default DIR is traces
set -eu
directory=${1:-traces}
mkdir -p "$directory"

# KIND MEAN_KBPS SPREAD MEMORY HOLES RTT_MS
#   SPREAD  standard deviation of the logarithm of the rate: 0.5 is a factor of 1.6 up or down
#   MEMORY  how much of a deviation is left in the next second, 0 to 1
#   HOLES   chance in a second that the signal is lost, for 3 to 12 seconds
kinds='
dsl         6000  0.10  0.90  0      20
wifi        3000  0.60  0.95  0      15
lte-walk    1800  0.70  0.95  0.002  50
lte-train    900  0.90  0.97  0.008  60
3g           280  0.50  0.95  0.002 120
evening      220  0.30  0.98  0      40
'
echo "$kinds" | while read -r kind mean spread memory holes rtt; do
    [ -n "$kind" ] || continue
    for number in 1 2 3 4; do
        awk -v kind="$kind" -v mean="$mean" -v spread="$spread" -v memory="$memory" -v holes="$holes" -v rtt="$rtt" -v number="$number" '
            # Not rand(), which differs between versions of awk: a linear congruential generator that stays exact in doubles
            function chance() { seed = (seed * 16807) % 2147483647; return seed / 2147483647 }
            # about normal: the sum of twelve uniform numbers
            function normal(    i, sum) { for (i = 0; i < 12; ++i) sum += chance(); return sum - 6 }
            BEGIN {
                seed = number * 7919 + length(kind) * 104729 + mean
                for (i = 0; i < 20; ++i) chance()
                print "# a made-up link like " kind ", by examples/traces.sh\n# rtt_ms " rtt
                deviation = spread * normal()
                for (second = 0; second < 300; ++second) {
                    deviation = memory * deviation + sqrt(1 - memory * memory) * spread * normal()
                    if (lost == 0 && chance() < holes) lost = 3 + int(10 * chance())
                    print second, (lost ? 0 : int(mean * exp(deviation - spread * spread / 2)))
                    if (lost > 0) --lost
                }
            }' >"$directory/$kind-$number"
    done
done
