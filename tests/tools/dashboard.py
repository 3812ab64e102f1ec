"""Checks that servers have all metrics of a Grafana dashboard: dashboard.py DASHBOARD METRICS... ; each METRICS is a server's response to /metrics.

Checks each expression: metrics and labels that some server tells, rates of counters alone, balanced brackets; and that panels have
their own ids and places. Prints a line for each mistake, and ends with 1 when there is one.
"""

import collections
import json
import re
import sys

types, labels = {}, collections.defaultdict(set)
for file in sys.argv[2:]:
    for line in open(file, encoding="utf-8"):
        if line.startswith("# TYPE "):
            _, _, name, types[name] = line.split()
        elif not line.startswith("#"):
            name = re.match(r"\w+", line)[0]
            labels[name].update(re.findall(r'([a-z_]+)="', line.partition("}")[0]))
OF_PROMETHEUS = {"job", "instance"}
OVER_TIME = {"rate", "increase", "resets"}
FUNCTIONS = OVER_TIME | {"sum", "count", "vector", "label_values"}
wrong = []


def check(where, expr):
    def fail(why):
        wrong.append(f"{where}: {why}: {expr}")

    # what stands in quotes is a value, or a variable of Grafana
    plain = re.sub(r'"[^"]*"', '""', expr)
    depth = 0
    for c in plain:
        depth += (c in "([{") - (c in ")]}")
        if depth < 0:
            break
    if depth:
        fail("brackets")
    names = re.findall(r"\bstretto_\w+", plain)
    if not names:
        fail("no metric")
    for name in names:
        if name not in types:
            fail(f"no server tells {name}")
    for word in re.findall(r"\b([a-z_]+) ?\(", plain):
        if word not in FUNCTIONS | {"by", "or"}:
            fail(f"unknown function {word}")
    for match in re.finditer(r"(\w+) ?\((stretto_\w+)\{[^}]*\}\[\$__rate_interval\]\)", plain):
        kind = types.get(match[2])
        if match[1] not in OVER_TIME or (match[1] != "resets" and kind == "gauge"):
            fail(f"{match[1]} of a {kind}")
    ranged = set(re.findall(r"(stretto_\w+)\{[^}]*\}\[", plain))
    for name in names:
        if types.get(name) == "counter" and name not in ranged:
            fail(f"a counter as it is: {name}")
    known = OF_PROMETHEUS.union(*(labels[n] for n in names))
    asked = set(re.findall(r"([a-z_]+)=[~\"]", plain)) | {x for b in re.findall(r"by \(([^)]*)\)", plain) for x in b.replace(" ", "").split(",")}
    for label in asked - known:
        fail(f"no label {label}")
    return known


board = json.load(open(sys.argv[1], encoding="utf-8"))
for one in board["templating"]["list"]:
    if one["type"] == "query":
        check(one["name"], one["query"]["query"])
ids, taken = set(), set()
for panel in board["panels"]:
    where = panel["title"]
    if panel["id"] in ids:
        wrong.append(f"{where}: id {panel['id']} twice")
    ids.add(panel["id"])
    at = panel["gridPos"]
    for x in range(at["x"], at["x"] + at["w"]):
        for y in range(at["y"], at["y"] + at["h"]):
            if x >= 24 or (x, y) in taken:
                wrong.append(f"{where}: no place at {x}, {y}")
            taken.add((x, y))
    targets = panel.get("targets", [])
    if len({t["refId"] for t in targets}) != len(targets) or (panel["type"] != "row" and not targets):
        wrong.append(f"{where}: targets")
    for target in targets:
        known = check(where, target["expr"])
        for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
            if label not in known:
                wrong.append(f"{where}: no label {label} for the legend")
asked = {name for panel in board["panels"] for t in panel.get("targets", []) for name in re.findall(r"stretto_\w+", t["expr"])}
print("\n".join(wrong + [f"{len(asked)} of {len(types)} metrics in {len(ids)} panels"]))
sys.exit(bool(wrong or len(asked) < 30))
