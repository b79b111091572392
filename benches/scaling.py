#!/usr/bin/env python3
"""What an event and a workload cost: the figures of docs/scaling.md, on this machine.

    cargo build --release -p vires -p vires-harness
    benches/scaling.py 10000                    # workloads; about 3 GB of disk for 100,000

CPU time, user and system, on one thread, the least of some rounds: other work on the machine makes it larger, never smaller. What a run
without lines takes (start-up, reading inventory and baseline) is taken off and stands on a line of its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# The archetypes whose log is CloudTrail, in equal shares.
ARCHETYPES = ("web-service", "etl", "ci", "iac", "backup", "integration", "key-user", "agent")


def main():
    parser = argparse.ArgumentParser(description="what an event and a workload cost")
    parser.add_argument("workloads", type=int)
    parser.add_argument("--history", type=int, default=30, help="days that are learned [default: 30]")
    parser.add_argument("--days", type=int, default=6, help="days that are judged [default: 6]")
    parser.add_argument("--rate", type=float, default=0.1, help="how busy, compared with the archetypes [default: 0.1]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="keep what is generated there, and use what is there")
    parser.add_argument("--vires", default=os.path.join(ROOT, "target/release/vires"))
    parser.add_argument("--harness", default=os.path.join(ROOT, "target/release/harness"))
    args = parser.parse_args()
    folder = args.folder or tempfile.mkdtemp(prefix="vires-scaling-")
    try:
        Measure(args, folder).all()
    finally:
        if not args.folder:
            shutil.rmtree(folder)


class Measure:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.empty = self.path("empty.ndjson")
        open(self.empty, "w").close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def all(self):
        events, history, inventory = (self.path(f"estate/{name}") for name in ("events.ndjson", "history.ndjson", "inventory.toml"))
        if not os.path.exists(inventory):
            share = self.args.workloads // len(ARCHETYPES)
            mix = [part for name in ARCHETYPES for part in ("--archetype", f"{name}={share}")]
            times = ["--days", str(self.args.days), "--history", str(self.args.history), "--rate", str(self.args.rate)]
            subprocess.run([self.args.harness, "generate", "--out", self.path("estate"), *mix, *times, "--threads", "1"], check=True)
        for name in (history, events):
            print(f"{os.path.basename(name)}: {lines(name):,} lines of {os.path.getsize(name) / lines(name):,.0f} bytes")
        print("step                     µs a line   of them system   without lines, s   memory, MB   without lines, MB")
        baseline, joined = self.path("baseline.json"), self.path("joined.ndjson")
        known = ["--inventory", inventory]
        self.step("tag", ["tag"], events)
        self.step("learn", ["learn", *known], history, baseline)
        known += ["--baseline", baseline]
        self.step("judge", ["judge", *known], events, state="both.state")
        self.step("judge --step join", ["judge", "--step", "join", *known], events, joined, state="join.state")
        self.step("judge --step decide", ["judge", "--step", "decide", *known], joined, state="decide.state")
        for name in ("baseline.json", "both.state", "join.state", "decide.state"):
            size = os.path.getsize(self.path(name))
            print(f"{name}: {size / 1e6:,.1f} MB, {size / self.args.workloads:,.0f} bytes a workload")

    def step(self, name, command, file, out=os.devnull, state=None):
        """Prints what one line costs: with `state`, reading and writing it at the end is a part of it."""
        nothing, all_lines = ([self.once(command, self.empty, os.devnull, state) for _ in range(self.args.rounds)], [])
        for _ in range(self.args.rounds):
            all_lines.append(self.once(command, file, out, state))
        (none, _, bare), (cpu, system, memory) = min(nothing), min(all_lines)
        each = 1e6 / lines(file)
        print(f"{name:<22} {(cpu - none) * each:11.1f} {system * each:16.1f} {none:18.2f} {memory:12.0f} {bare:19.0f}", flush=True)

    def once(self, command, file, out, state):
        """CPU seconds, those of them in the system, and the most memory in MB."""
        if state:
            state = self.path(state)
            if os.path.exists(state):
                os.remove(state)
            command = [*command, "--state", state, "--snapshot-interval", "3600"]
        with open(out, "wb") as to:
            running = subprocess.Popen([self.args.vires, *command, "--threads", "1", file], stdout=to)
            _, code, used = os.wait4(running.pid, 0)
        if code != 0:
            sys.exit(f"{' '.join(command)}: ended with {code}")
        return used.ru_utime + used.ru_stime, used.ru_stime, used.ru_maxrss / 1000


def lines(path, known={}):
    if path not in known:
        with open(path, "rb") as file:
            known[path] = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return known[path]


if __name__ == "__main__":
    main()
