"""Checks that standard input is valid for Prometheus (text format 0.0.4): each family once, contiguous, after its help and type."""

import re
import sys

NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:e[-+]?[0-9]+)?|Inf|NaN)"
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-z_]+=\"(?:[^\"\\\n]|\\[\\n\"])*\"(?:,[a-z_]+=\"[^\"]*\")*\})? " + NUMBER)

families, types, samples, buckets, last = set(), {}, set(), {}, None
text = sys.stdin.read()
assert text.endswith("\n")
for line in text.splitlines():
    if line.startswith("# HELP "):
        name = line.split()[2]
        assert name not in families, f"{name} twice"
        assert len(line.split(" ", 3)[3]) > 5, line
        families.add(name)
        last = name
    elif line.startswith("# TYPE "):
        _, _, name, kind = line.split()
        assert name == last and kind in ("counter", "gauge", "histogram"), line
        assert name.startswith("stretto_") and name.endswith("_total") == (kind == "counter"), line
        types[name] = kind
    else:
        match = SAMPLE.fullmatch(line)
        assert match, line
        part = match[1].removeprefix(last) if types.get(last) == "histogram" else ""
        assert match[1] == last + part and last in types, f"out of place: {line}"
        value = float(line.rsplit(" ", 1)[1])
        if types[last] == "histogram":
            # ranges add up, and the last is all
            others = re.sub(r',?le="[^"]*"', "", match[2] or "").replace("{}", "")
            assert part in ("_bucket", "_sum", "_count"), line
            if part == "_bucket":
                edge = float(re.search('le="([^"]*)"', match[2])[1])
                before = buckets.get((last, others), (-1, 0))
                assert edge > before[0] and value >= before[1], line
                buckets[last, others] = (edge, value)
            elif part == "_count":
                assert buckets[last, others] == (float("inf"), value), line
        assert (match[1], match[2]) not in samples, f"twice: {line}"
        samples.add((match[1], match[2]))
        assert types[last] != "counter" or float(line.rsplit(" ", 1)[1]) >= 0
assert len(samples) > 10
