"""vires on Apache Spark: tag, learn and judge what one machine cannot hold.

    spark-submit vires_job.py tag   --logs 'hdfs:///logs/2026-11-2*' --out hdfs:///tagged
    spark-submit vires_job.py learn --logs 'hdfs:///logs/2026-10-*' --inventory inventory.toml --out baseline.json
    spark-submit vires_job.py judge --logs 'hdfs:///logs/2026-11-24' --baseline baseline.json --inventory inventory.toml \
        --out hdfs:///cases/2026-11-24

Every task runs the one binary on files or lines and returns what it says; nothing is written by a task itself, so a task that fails
and runs again loses and duplicates nothing. The results are those of one process on the same files: README.md says in which order.
"""

import argparse
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import zlib

from pyspark import SparkContext, SparkFiles, StorageLevel

# Baselines that one `vires merge` joins: the work is a tree, and no task holds more than these.
FAN_IN = 8
# Files that the driver has and that every task needs.
SHIPPED = ("inventory", "exceptions", "tuning", "baseline")


class Failed(Exception):
    """`vires` ended with another exit code than 0; the message is what it said."""


def main(argv):
    args = arguments().parse_args(argv)
    sc = SparkContext.getOrCreate()
    try:
        {"tag": tag, "learn": learn, "judge": judge}[args.verb](sc, args, Program(sc, args))
    finally:
        sc.stop()


def arguments():
    parser = argparse.ArgumentParser(prog="vires_job.py", description="vires on Apache Spark")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, text in [
        ("tag", "add the nhi object to every line"),
        ("learn", "learn a baseline, as `vires learn` on all files"),
        ("judge", "write the cases that `vires judge` would write"),
    ]:
        one = verbs.add_parser(verb, help=text)
        one.add_argument("--logs", required=True, help="files or folders to read: a path or a glob that Spark knows; lists with `,`")
        one.add_argument("--out", required=True, help="what is written: a folder, which must not exist; for learn a local file")
        one.add_argument("--vires", default="vires", help="the binary on the driver; it is shipped to the tasks [default: from PATH]")
        one.add_argument("--slices", type=int, default=0, help="at least so many tasks read files [default: as Spark likes]")
        one.add_argument("--catalog", help="a folder of catalogue files that every node has under this path")
        if verb != "tag":
            one.add_argument("--inventory")
        if verb == "judge":
            for name in ("exceptions", "tuning", "baseline"):
                one.add_argument("--" + name)
            one.add_argument("--judges", type=int, default=8, help="how many judges share the workloads [default: 8]")
            one.add_argument("--lines", help="also write every line with its verdict to this folder")
    return parser


# --- the verbs ---------------------------------------------------------------------------------------------------------------------


def tag(sc, args, program):
    """Lines of one file stay in order; files come in any order."""
    spread(sc, args).mapPartitions(lambda part: program.over_files(["tag"], part)).saveAsTextFile(args.out)


def learn(sc, args, program):
    parts = spread(sc, args).mapPartitions(lambda part: program.learn(part))
    width = parts.getNumPartitions()
    while width > 1:
        width = -(-width // FAN_IN)
        parts = parts.repartition(width).mapPartitions(lambda part: program.merge(part))
    found = parts.collect()
    if not found:
        raise SystemExit(f"vires_job.py: nothing to learn from: no file matches {args.logs}")
    with open(args.out + ".tmp", "wb") as out:
        out.write(found[0])
    os.replace(args.out + ".tmp", args.out)


def judge(sc, args, program):
    # What concerns several workloads is decided in one pass over all events in the order of time; everything else is shared out.
    # Between the two stands a shuffle, so that the pass is not run again when a judge is.
    one = files(sc, args).coalesce(1)
    joined = one.mapPartitions(lambda part: keyed(program.over_files(["judge", "--step", "join", "--order", "time"], part)))
    shares = joined.repartitionAndSortWithinPartitions(
        args.judges, partitionFunc=lambda key: zlib.crc32(key[0].encode()) % args.judges, keyfunc=lambda key: key[1]
    )
    wanted = bool(args.lines)
    told = shares.mapPartitions(lambda part: program.decide((line for _, line in part), wanted))
    told = told.persist(StorageLevel.MEMORY_AND_DISK)
    cases = told.filter(lambda one: one[0] == "case").values().repartition(1)
    cases.sortBy(lambda case: (json.loads(case)["time"], case), numPartitions=1).saveAsTextFile(args.out)
    if wanted:
        told.filter(lambda one: one[0] == "line").values().saveAsTextFile(args.lines)


def files(sc, args):
    """The files as (path, bytes): formats, compression and the number of lines are the program's business."""
    return sc.binaryFiles(args.logs)


def spread(sc, args):
    """The files on at least as many tasks as asked for: Spark puts small files together."""
    found = files(sc, args)
    return found if found.getNumPartitions() >= args.slices else found.repartition(args.slices)


def keyed(lines):
    """((workload, number), line) for every line: all that a splitter has to know is `nhi.workload`."""
    for number, line in enumerate(lines):
        yield (json.loads(line)["nhi"].get("workload", ""), number), line


# --- what runs in a task -----------------------------------------------------------------------------------------------------------


class Program:
    """The binary and the files that it is told of, shipped by Spark to wherever a task runs."""

    def __init__(self, sc, args):
        binary = shutil.which(args.vires)
        if binary is None:
            raise SystemExit(f"vires_job.py: there is no program {args.vires}: name it with --vires")
        sc.addFile(binary)
        self.name = os.path.basename(binary)
        self.shipped = {}
        for option in SHIPPED:
            path = getattr(args, option, None)
            if path:
                sc.addFile(path)
                self.shipped[option] = os.path.basename(path)
        self.catalog = args.catalog

    def command(self, args):
        binary = SparkFiles.get(self.name)
        mode = os.stat(binary).st_mode
        if not mode & stat.S_IXUSR:
            os.chmod(binary, mode | stat.S_IXUSR)
        known = [part for option, name in self.shipped.items() for part in ("--" + option, SparkFiles.get(name))]
        overlay = ["--catalog", self.catalog] if self.catalog else []
        # A configuration that one node has would make nodes differ.
        return [binary, *args, "--config", os.devnull, *known, *overlay]

    def over_files(self, args, part):
        """The lines that the program writes for these files, in order of their paths."""
        with tempfile.TemporaryDirectory(prefix="vires-") as folder:
            paths = put(part, folder)
            if paths:
                yield from self.lines([*args, *paths])

    def learn(self, part):
        with tempfile.TemporaryDirectory(prefix="vires-") as folder:
            paths = put(part, folder)
            if paths:
                yield b"".join(line + b"\n" for line in self.lines(["learn", *paths]))

    def merge(self, part):
        with tempfile.TemporaryDirectory(prefix="vires-") as folder:
            paths = []
            for number, baseline in enumerate(part):
                paths.append(os.path.join(folder, f"{number}.json"))
                with open(paths[-1], "wb") as out:
                    out.write(baseline)
            if paths:
                done = subprocess.run([self.command([])[0], "merge", *paths], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                check(done.returncode, done.stderr)
                yield done.stdout

    def decide(self, lines, wanted):
        """("line", …) for every line if they are wanted, then ("case", …) for every record of a case."""
        with tempfile.TemporaryDirectory(prefix="vires-") as folder:
            cases = os.path.join(folder, "cases.ndjson")
            for line in self.lines(["judge", "--step", "decide", "--cases", cases], lines):
                if wanted:
                    yield "line", line
            with open(cases, "rb") as told:
                for line in told:
                    yield "case", line.rstrip(b"\n")

    def lines(self, args, fed=None):
        """Runs the program, feeds it `fed` if there is any, and yields the lines that it writes."""
        with tempfile.TemporaryFile() as said:
            stdin = subprocess.DEVNULL if fed is None else subprocess.PIPE
            with subprocess.Popen(self.command(args), stdin=stdin, stdout=subprocess.PIPE, stderr=said) as process:
                failures = []
                feeder = threading.Thread(target=feed, args=(process.stdin, fed, failures)) if fed is not None else None
                if feeder:
                    feeder.start()
                try:
                    for line in process.stdout:
                        yield line[:-1]
                finally:
                    process.stdout.close()
                    if feeder:
                        feeder.join()
                    code = process.wait()
            said.seek(0)
            # What could not be fed matters more than what the program made of the rest.
            if failures:
                raise failures[0]
            check(code, said.read())


def put(part, folder):
    """Writes files of a partition to `folder`, under names by which they sort as their paths do and keep their endings."""
    written = []
    for number, (path, content) in enumerate(part):
        name = os.path.join(folder, f"{number:08}-{os.path.basename(path)}")
        with open(name, "wb") as out:
            out.write(content)
        written.append((path, name))
    return [name for _, name in sorted(written)]


def feed(stdin, lines, failures):
    try:
        for line in lines:
            stdin.write(line + b"\n")
    except BrokenPipeError:
        pass  # The exit code tells why.
    except Exception as error:
        failures.append(error)
    finally:
        try:
            stdin.close()
        except BrokenPipeError:
            pass


def check(code, said):
    if code != 0:
        raise Failed(f"vires ended with {code}: {said.decode(errors='replace').strip()}")


if __name__ == "__main__":
    main(sys.argv[1:])
