"""Is standard input what Prometheus reads (text format 0.0.4)? Each family once, in one piece, with help and type before it."""

import re
import sys

NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:e[-+]?[0-9]+)?|Inf|NaN)"
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-z_]+=\"(?:[^\"\\\n]|\\[\\n\"])*\"(?:,[a-z_]+=\"[^\"]*\")*\})? " + NUMBER)

families, types, samples, last = set(), {}, set(), None
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
        assert name == last and kind in ("counter", "gauge"), line
        assert name.startswith("stretto_") and name.endswith("_total") == (kind == "counter"), line
        types[name] = kind
    else:
        match = SAMPLE.fullmatch(line)
        assert match, line
        assert match[1] == last and last in types, f"out of place: {line}"
        assert (match[1], match[2]) not in samples, f"twice: {line}"
        samples.add((match[1], match[2]))
        assert types[last] != "counter" or float(line.rsplit(" ", 1)[1]) >= 0
assert len(samples) > 10
