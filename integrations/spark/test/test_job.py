"""The Spark job gives what one process gives, also when tasks fail and run again.

    VIRES=target/release/vires HARNESS=target/release/harness python3 integrations/spark/test/test_job.py

Needs pyspark and Java; says so and passes where they are missing. HARNESS is optional: with it a generated estate is tried, too.
"""

import glob
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
JOB = os.path.join(os.path.dirname(HERE), "vires_job.py")
VIRES = os.path.abspath(os.environ.get("VIRES", os.path.join(ROOT, "target/release/vires")))
HARNESS = os.environ.get("HARNESS")
# Four workers; a task may fail twice before the job does.
MASTER = os.environ.get("MASTER", "local[4,3]")


def missing():
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "pyspark is not installed"
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        return "there is no Java"
    return None if os.access(VIRES, os.X_OK) else f"there is no program {VIRES}: build it or set VIRES"


def timed(who, run):
    """Runs it and says how long it took, and how much of the processors: where others work beside it, only that tells something."""
    used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])  # noqa: E731
    start, before = time.monotonic(), used()
    done = run()
    print(f"{who}: {time.monotonic() - start:.1f} s, {used() - before:.1f} s of CPU", file=sys.stderr)
    return done


def vires(*args):
    command = [VIRES, *args]
    done = timed(f"one process, {args[0]}", lambda: subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False))
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def spark(*args, binary=VIRES, ok=True):
    conf = ["--conf", "spark.ui.enabled=false", "--conf", "spark.driver.bindAddress=127.0.0.1", "--driver-memory", "2g"]
    import pyspark

    submit = os.path.join(os.path.dirname(pyspark.__file__), "bin", "spark-submit")
    env = dict(os.environ, PYSPARK_PYTHON=sys.executable, PYSPARK_DRIVER_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    command = [submit, "--master", MASTER, *conf, JOB, *args, "--vires", binary]
    done = timed(f"spark, {args[0]}", lambda: subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env))
    assert (done.returncode == 0) == ok, done.stderr.decode()[-8000:]
    return done.stderr.decode()


def written(folder):
    lines = []
    for part in sorted(glob.glob(os.path.join(folder, "part-*"))):
        with open(part, "rb") as file:
            lines += file.read().split(b"\n")[:-1]
    return lines


# Fails the first time that each verb is run, after it has written a part of its answer. Tasks run at the same time: one of them fails.
FLAKY = """#!/bin/sh
case "$2" in --step) verb="$1-$3" ;; *) verb="$1" ;; esac
if mkdir "{marks}/$verb" 2>/dev/null; then
    "{vires}" "$@" | head -c 5000
    echo "killed for the test" >&2
    kill -9 $$
fi
exec "{vires}" "$@"
"""


@unittest.skipIf(missing(), missing())
class Same(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="vires-spark-")
        self.addCleanup(shutil.rmtree, self.dir)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def flaky(self):
        os.makedirs(self.path("marks"), exist_ok=True)
        os.makedirs(self.path("bin"), exist_ok=True)
        with open(self.path("bin", "vires"), "w") as out:
            out.write(FLAKY.format(marks=self.path("marks"), vires=VIRES))
        os.chmod(self.path("bin", "vires"), 0o755)
        return self.path("bin", "vires")

    def check(self, history, logs, known, binary=VIRES):
        """Tags, learns and judges both ways; gives the records of cases."""
        inventory = [part for part in known if "inventory" in part]
        one, spread = self.path("one.json"), self.path("spread.json")
        vires("learn", history, *inventory, "-o", one)
        spark("learn", "--logs", history, *inventory, "--slices", "12", "--out", spread, binary=binary)
        with open(one, "rb") as a, open(spread, "rb") as b:
            self.assertTrue(a.read() == b.read(), "the baselines differ")

        spark("tag", "--logs", logs, "--slices", "4", "--out", self.path("tagged"), binary=binary)
        self.assertTrue(sorted(vires("tag", logs).split(b"\n")[:-1]) == sorted(written(self.path("tagged"))), "the tags differ")

        lines = vires("judge", logs, "--order", "time", "--baseline", one, *known, "--cases", self.path("cases"), "--format", "ndjson")
        with open(self.path("cases"), "rb") as file:
            expected = file.read().split(b"\n")[:-1]
        out = ["--out", self.path("found"), "--lines", self.path("judged")]
        spark("judge", "--logs", logs, "--baseline", spread, *known, "--judges", "3", *out, binary=binary)
        found = written(self.path("found"))
        self.assertTrue(sorted(expected) == sorted(found), f"the cases differ: {len(expected)} and {len(found)}")
        times = [json.loads(case)["time"] for case in found]
        self.assertEqual(times, sorted(times))
        self.assertTrue(sorted(lines.split(b"\n")[:-1]) == sorted(written(self.path("judged"))), "the verdicts differ")
        return found

    def test_the_demo_with_tasks_that_fail_once(self):
        demo = os.path.join(ROOT, "datasets", "demo")
        known = ["--inventory", os.path.join(demo, "inventory.toml"), "--exceptions", os.path.join(demo, "exceptions.toml")]
        found = self.check(os.path.join(demo, "history"), os.path.join(demo, "logs"), known, self.flaky())
        self.assertGreater(len(found), 10)
        self.assertEqual(sorted(os.listdir(self.path("marks"))), ["judge-decide", "judge-join", "learn", "merge", "tag"])

    @unittest.skipUnless(HARNESS, "HARNESS is not set: no generated estate")
    def test_a_generated_estate(self):
        count = os.environ.get("IDENTITIES", "300")
        subprocess.run(
            [HARNESS, "generate", "--out", self.path("estate"), "--identities", count, "--days", "6", "--history", "20", "--rate", "0.3"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        for name in ("history", "events"):
            os.makedirs(self.path(name))
            with open(self.path("estate", name + ".ndjson"), "rb") as file:
                lines = file.readlines()
            for part in range(10):
                with open(self.path(name, f"{part}.ndjson"), "wb") as out:
                    out.writelines(lines[part::10])
        # One of the files is garbage: it changes nothing and stops nothing.
        with open(self.path("events", "poison.ndjson"), "wb") as out:
            out.write(b"\x7f\n{\n[[[[\n\n{\"eventName\":\n" * 1000)
        found = self.check(self.path("history"), self.path("events"), ["--inventory", self.path("estate", "inventory.toml")])
        self.assertGreater(len(found), 10)

    def test_a_file_that_cannot_be_read_stops_the_job_and_is_named(self):
        os.makedirs(self.path("logs"))
        with open(self.path("logs", "a.ndjson.gz"), "wb") as out:
            out.write(b"\x1f\x8b\x08\x00torn")
        said = spark("tag", "--logs", self.path("logs"), "--out", self.path("out"), ok=False)
        self.assertIn("a.ndjson.gz", said)
        self.assertFalse(os.path.exists(self.path("out", "_SUCCESS")))

    def test_the_same_log_twice_is_refused_as_by_one_process(self):
        os.makedirs(self.path("logs"))
        for name in ("a", "b"):
            shutil.copy(os.path.join(ROOT, "datasets/demo/logs/vault.ndjson"), self.path("logs", name + ".ndjson"))
        said = spark("learn", "--logs", self.path("logs"), "--slices", "2", "--out", self.path("b.json"), ok=False)
        self.assertTrue("counted twice" in said or "overlapping inputs" in said, said[-2000:])
        self.assertFalse(os.path.exists(self.path("b.json")))


if __name__ == "__main__":
    if missing():
        print(f"SKIPPED: the Spark job was not tried: {missing()}", file=sys.stderr)
    unittest.main(verbosity=2)
