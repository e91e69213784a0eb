#!/usr/bin/env python3
"""The same bodies on the same inputs in CPython and in Keyreeve's tree: the same value, or the same exception.

    differential.py EVALUATE [--pairs N] [--seed N] [--helpers DIR] [--programs N] BODY.py…

EVALUATE is the example `evaluate` of crate `detection`. It is started once a body and gets one input a line; it answers what
every function of the body gave, encoded as `bodies.encode` does, from the tree that detections run and from the logic that
`explain` prints, lowered back. `--programs` adds bodies made at random (`programs.py`). Bodies that do not lower are
counted, not compared. Everything follows from the seed. Not compared on purpose: the order of sets (they are compared as
sets), and `f(a=1, **{"a": 2})` while another exception is handled, where CPython 3.11 says KeyError by mistake.
"""

import argparse
import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import warnings

import yaml

import programs
from bodies import Apart, Body, agree, confine, stop_the_clock
from inputs import Maker, received, send, smaller

NOW = "2026-11-21T00:00:00+00:00"
WAYS = ("tree", "printed")
SECONDS_A_BODY = 120


def bounded():
    """Seconds of the processor and not of the clock: on a busy machine a body may wait for long."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_A_BODY, SECONDS_A_BODY))


class Comparison:
    """One body in both worlds."""

    def __init__(self, asked, path, samples):
        self.asked = asked
        self.body = Body(path, asked.helpers)
        self.samples = samples
        self.tally = collections.Counter()
        self.notes = []

    def run(self, count):
        ready = self.ask([])[0]
        if "refused" in ready:
            self.tally["bodies not lowered"] += 1
            self.notes.append(f"not lowered: {self.body.path}: {ready['refused']}")
            return
        self.tally["bodies"] += 1
        self.functions, self.stateful = ready["functions"], ready["stateful"]
        now = datetime.datetime.fromisoformat(self.asked.now)
        rng = random.Random(f"{self.asked.seed} {os.path.basename(self.body.path)}")
        maker = Maker(rng, self.body.names, self.body.constants, self.samples, now)
        texts = [maker.text() for _ in range(count)]
        self.tally["inputs"] += count
        failures = {}
        for text, name, way, theirs, ours in self.differences(texts):
            failures.setdefault((name, way), (text, theirs, ours))
        told = [key for key in sorted(failures) if key[1] == "tree" or (key[0], "tree") not in failures]
        for name, way in told[: self.asked.most_a_body]:
            self.describe(name, way, self.shrunk(failures[name, way][0], name, way))

    def ask(self, texts):
        """The ready line, and one answer for each input."""
        command = [self.asked.evaluate, "--now", self.asked.now, self.body.path, *self.asked.helpers]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as given:
            given.writelines(text + "\n" for text in texts)
            given.seek(0)
            done = subprocess.run(command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", preexec_fn=bounded)
        lines = done.stdout.split("\n")[:-1]
        if done.returncode != 0 or not lines or "refused" not in lines[0] and len(lines) != len(texts) + 1:
            raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.strip()[-800:]}")
        return [json.loads(line) for line in lines]

    def differences(self, texts):
        _, *answers = self.ask(texts)
        with Apart(self.body) as apart:
            yield from self.compared(texts, answers, apart)
            self.tally["inputs on which CPython was killed"] += apart.killed

    def compared(self, texts, answers, apart):
        for text, answer in zip(texts, answers, strict=True):
            theirs = apart.answer(self.functions, text, afresh=self.stateful)
            spent = set()
            for name in self.functions:
                for way in WAYS:
                    # The printed logic is listed where it gave something else than the tree.
                    ours = answer[way].get(name, answer["tree"][name])
                    same = agree(theirs[name], ours)
                    # What was cut short may have left something behind that later functions see.
                    same = None if way in spent and same is False else same
                    if same is None:
                        spent.add(way)
                    self.count(same, ours)
                    if same is False:
                        yield text, name, way, theirs[name], ours

    def count(self, same, ours):
        if same is None:
            self.tally["declined" if "declined" in ours else "cut short in CPython, or after such a call"] += 1
            if "declined" in ours:
                self.tally["declined: " + ours["declined"].split(":")[0][:80]] += 1
        elif same:
            self.tally["same"] += 1
            self.tally["same exception" if "raised" in ours else "same value"] += 1
        else:
            self.tally["DIFFERENT"] += 1

    def shrunk(self, text, name, way):
        """The simplest input found on which the two still differ."""
        best = text
        counted = self.tally.copy()
        for _ in range(25):
            fewer = list(dict.fromkeys(json.dumps(send(less)) for less in smaller(json.loads(best, object_hook=received))))[:150]
            found = next((it[0] for it in self.differences(fewer) if it[1:3] == (name, way)), None)
            if found is None:
                break
            best = found
        self.tally = counted
        return best

    def describe(self, name, way, text):
        kept = self.tally.copy()
        for _, at, by, theirs, ours in self.differences([text]):
            if (at, by) == (name, way):
                where = "" if way == "tree" else " (the printed logic)"
                self.notes.append(
                    f"DIFFERENT {self.body.path} {name}{where}\n  input    {text}\n"
                    f"  CPython  {json.dumps(theirs, ensure_ascii=False)}\n  ours     {json.dumps(ours, ensure_ascii=False)}"
                )
        self.tally = kept


def samples_of(path):
    """The resources of the unit tests beside the body."""
    try:
        with open(path.removesuffix(".py") + ".yml", encoding="utf-8") as text:
            tests = (yaml.load(text, yaml.SafeLoader) or {}).get("Tests") or []
    except (OSError, yaml.YAMLError):
        return []
    found = (test.get("Resource") or test.get("Log") for test in tests)
    return [json.loads(json.dumps(sample, default=str)) for sample in found if isinstance(sample, dict)]


def compare(asked, path, count, samples=None):
    """One body, in a process of its own."""
    comparison = None
    try:
        comparison = Comparison(asked, path, samples_of(path) if samples is None else samples)
        comparison.body.load()
    except Exception as error:  # noqa: BLE001 - a body that CPython cannot import has nothing to be compared with
        return collections.Counter({"bodies that CPython cannot import": 1}), [f"not importable: {path}: {error!r}"]
    comparison.run(count)
    return comparison.tally, comparison.notes


def begin(asked):
    confine()
    stop_the_clock(datetime.datetime.fromisoformat(asked.now))
    sys.path[:0] = asked.helpers
    sys.dont_write_bytecode = True
    warnings.simplefilter("ignore")


def work(asked, folder):
    """What is to be compared: path, inputs, samples."""
    for path in asked.bodies:
        yield path, asked.pairs, None
    for number in range(asked.programs):
        program = programs.Program(random.Random(f"{asked.seed} program {number}"))
        path = os.path.join(folder, f"program_{asked.seed}_{number}.py")
        pathlib.Path(path).write_text(program.source, encoding="utf-8")
        yield path, asked.program_pairs, program.samples


def main():
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words.add_argument("evaluate")
    words.add_argument("bodies", nargs="*")
    words.add_argument("--pairs", type=int, default=2000, help="inputs a body (default %(default)s)")
    words.add_argument("--programs", type=int, default=0, help="bodies made at random")
    words.add_argument("--program-pairs", type=int, default=60, help="inputs for each of those (default %(default)s)")
    words.add_argument("--keep", help="the folder where programs that differ are kept")
    words.add_argument("--seed", default="20261121")
    words.add_argument("--now", default=NOW)
    words.add_argument("--jobs", type=int, default=2)
    words.add_argument("--helpers", action="append", default=[])
    words.add_argument("--most-shown", type=int, default=20)
    words.add_argument("--most-a-body", type=int, default=3, help="differing functions of a body that are shown")
    words.add_argument("--most-declined", type=float, default=1.0, metavar="PERCENT")
    asked = words.parse_intermixed_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Sets of text come in another order in each process; from one seed should follow one result.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    warnings.simplefilter("ignore")
    asked.evaluate = os.path.abspath(asked.evaluate)
    tally, shown = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        pool = concurrent.futures.ProcessPoolExecutor(asked.jobs, initializer=begin, initargs=(asked,))
        with pool:
            todo = list(work(asked, folder))
            done = [pool.submit(compare, asked, *it) for it in todo]
            for (path, _, samples), future in zip(todo, done, strict=True):
                counted, notes = future.result()
                tally += counted
                if samples is not None and counted["DIFFERENT"] and asked.keep:
                    os.makedirs(asked.keep, exist_ok=True)
                    kept = os.path.join(asked.keep, os.path.basename(path))
                    pathlib.Path(kept).write_text(pathlib.Path(path).read_text(encoding="utf-8"), encoding="utf-8")
                for note in notes:
                    shown += 1
                    if shown <= asked.most_shown:
                        print(note, flush=True)
    return report(tally, asked)


def report(tally, asked):
    for name, count in sorted(tally.items()):
        print(f"{count:>10,} {name}")
    compared = tally["same"] + tally["DIFFERENT"]
    share = 100 * tally["declined"] / max(1, compared + tally["declined"])
    print(f"{share:.2f} % declined, of which {asked.most_declined} % are allowed")
    failed = tally["DIFFERENT"] + (share > asked.most_declined)
    print(f"{tally['same']} passed, {failed} failed")
    return 1 if failed or not tally["same"] else 0


if __name__ == "__main__":
    sys.exit(main())
