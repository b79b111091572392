"""Runs the queries of docs/queries.md on the demo estate and counts every answer a second time, without SQL; and takes what was
learned and found through DuckDB and back.

    VIRES=target/release/vires python3 tests/queries/run.py

Needs DuckDB (`pip install duckdb`); says so and passes where it is missing. With a program that knows Parquet, both formats are tried.
"""

import collections
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIRES = os.path.abspath(os.environ.get("VIRES", os.path.join(ROOT, "target/release/vires")))
DEMO = os.path.join(ROOT, "datasets", "demo")
TABLES = {"workloads": "baseline.json", "habits": "baseline.json", "cases": "cases.ndjson", "evidence": "cases.ndjson"}


def vires(*args, folder):
    done = subprocess.run([VIRES, *args], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, f"vires {' '.join(args)}: {done.stderr.decode()}"
    return done.stdout


def expected(folder):
    """The answers, from the rows and from the records themselves."""
    rows = {}
    for table in TABLES:
        with open(os.path.join(folder, table + ".ndjson.out"), encoding="utf-8") as file:
            rows[table] = [json.loads(line) for line in file]
    with open(os.path.join(folder, "cases.ndjson"), encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    assert len(rows["cases"]) == len(records) and len(rows["evidence"]) == sum(len(r["evidence"]) for r in records)

    reach = {(w["workload"], w["tier4_days"], w["class3_days"]) for w in rows["workloads"] if w["tier4_days"] or w["class3_days"]}
    last = max(h["last_day"] for h in rows["habits"])
    limit = (datetime.date.fromisoformat(last) - datetime.timedelta(days=7)).isoformat()
    high = [h for h in rows["habits"] if h["facet"] in ("action_t3", "action_t4", "resource_c3")]
    unused = {(h["workload"], h["facet"], h["value"], h["seen_days"]) for h in high if h["last_day"] <= limit}

    members = collections.Counter(w["peer_group"] for w in rows["workloads"] if w["peer_group"])
    shown = collections.defaultdict(list)
    for h in rows["habits"]:
        if h["peer_group"] and h["facet"] in ("action", "action_t3", "action_t4", "zone", "account"):
            shown[h["peer_group"], h["facet"], h["value"]].append(h["workload"])
    alone = {(who[0], facet, value) for (group, facet, value), who in shown.items() if len(who) == 1 and members[group] >= 2}

    standing = collections.Counter((r.get("owner", "nobody"), r["verdict"]) for r in {r["case"]: r for r in records}.values())
    networks = collections.defaultdict(set)
    for r in records:
        for e in r["evidence"]:
            if e["facet"] == "zone" and e.get("unknown_network") and "excused_by" not in e:
                networks[e["value"]].add(r["workload"])
    return {
        "reach": reach,
        "unused": unused,
        "alone": alone,
        "standing": {(*who, count) for who, count in standing.items()},
        "networks": {(net, len(who)) for net, who in networks.items()},
    }


def main():
    try:
        import duckdb
    except ImportError:
        print("SKIPPED: the queries were not tried: DuckDB is not installed (pip install duckdb)", file=sys.stderr)
        return
    if not os.access(VIRES, os.X_OK):
        print(f"SKIPPED: the queries were not tried: there is no program {VIRES}: build it or set VIRES", file=sys.stderr)
        return
    with open(os.path.join(ROOT, "docs", "queries.md"), encoding="utf-8") as file:
        queries = dict(re.findall(r"```sql\n-- (\w+)\n(.*?)```", file.read(), re.S))
    setup = queries.pop("setup")
    with tempfile.TemporaryDirectory(prefix="vires-queries-") as folder:
        vires("learn", DEMO, "--inventory", os.path.join(DEMO, "inventory.toml"), "-o", "baseline.json", folder=folder)
        vires("judge", DEMO, "--cases", "cases.ndjson", folder=folder)
        for table, source in TABLES.items():
            with open(os.path.join(folder, table + ".ndjson.out"), "wb") as out:
                out.write(vires("export", table, source, folder=folder))
        answers = expected(folder)
        assert set(answers) == set(queries), (set(answers), set(queries))
        for kind in kinds(folder):
            database = duckdb.connect()
            for statement in filter(str.strip, setup.split(";")):
                name = re.search(r"VIEW (\w+)", statement).group(1)
                path = os.path.join(folder, f"table-{name}.{kind}")
                with open(path, "wb") as out:
                    out.write(vires("export", name, TABLES[name], "--format", kind, folder=folder))
                database.execute(re.sub(r"FROM '[^']*'", f"FROM '{path}'", statement))
            for name, query in queries.items():
                found = database.execute(query).fetchall()
                width = len(next(iter(answers[name]))) if answers[name] else 0
                got = {row[:width] for row in found}
                assert answers[name], f"the demo has no answer to `{name}`: the check is worth nothing"
                assert got == answers[name] and len(found) == len(got), f"{kind} {name}:\n{sorted(got)}\nexpected\n{sorted(answers[name])}"
                print(f"{kind} {name}: {len(found)} rows")
            back(database, kind, folder)


def back(database, kind, folder):
    """What is exported whole comes back to the byte, also after an engine has written it anew in an order of its own."""
    for table, source in [("baseline", "baseline.json"), ("records", "cases.ndjson")]:
        whole, again = (os.path.join(folder, f"{name}-{table}.{kind}") for name in ("whole", "again"))
        with open(whole, "wb") as out:
            out.write(vires("export", table, source, "--format", kind, folder=folder))
        form = "FORMAT parquet" if kind == "parquet" else "FORMAT json"
        database.execute(f"COPY (FROM '{whole}' ORDER BY hash(content)) TO '{again}' ({form})")
        with open(os.path.join(folder, source), "rb") as file:
            original = file.read()
        for path in (whole, again):
            assert vires("import", path, folder=folder) == original, f"{kind} {table}: {path}"
        print(f"{kind} {table}: {len(original)} bytes came back")


def kinds(folder):
    done = subprocess.run([VIRES, "export", "habits", "baseline.json", "--format", "parquet"], cwd=folder, capture_output=True, check=False)
    if done.returncode == 0:
        return ["ndjson", "parquet"]
    assert b"built without Parquet" in done.stderr, done.stderr.decode()
    print("SKIPPED: Parquet: the program was built without it (--features parquet)", file=sys.stderr)
    return ["ndjson"]


if __name__ == "__main__":
    main()
