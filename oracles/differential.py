#!/usr/bin/env python3
"""The same bodies on the same inputs in CPython and in Keyreeve's tree: the same value, or the same exception.

    differential.py EVALUATE [--pairs N] [--seed N] [--helpers DIR] BODY.py…

EVALUATE is the example `evaluate` of crate `detection`. It is started once a body, gets the body's path and then one input a
line, and answers each with one line: what every function of the body gave, encoded as `encode` below does. It also answers
for the printed logic lowered back, under the key `printed`. Bodies that it cannot lower are counted, not compared.
"""

import argparse
import ast
import collections
import importlib.util
import json
import math
import os
import random
import subprocess
import sys
import warnings

ENTRIES = ("not_applicable", "policy", "reason", "title", "dedup", "severity", "description", "runbook", "reference",
           "destinations", "alert_context", "unique", "rule")
STRANGE = ["", " ", "é", "ẞ", "İ", "ǅ", "\u200b", "😀", "a\nb", "0", "1", "true", "None", "*", "arn:aws:iam::*:root",
           "2026-05-06T07:08:09Z", "2026-05-06", "10.0.0.0/8", "::1", "[]", "{}", '{"Statement": []}', "{broken"]
NUMBERS = [0, 1, -1, 2, 7, 30, 90, 365, 366, 2560, 2**31, 2**53 + 1, 2**63, -2**63, 2**100, 0.0, -0.0, 0.5, 1.0, 365.0, 1e16, 1e22,
           1e-7, 1.5e300, math.inf, -math.inf, math.nan]


def encode(value):
    """A value as JSON that keeps what JSON loses: int from float, tuple from list, sets, non-string keys."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, str):
        return {"str": value}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [encode(item) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, (set, frozenset)):
        return {type(value).__name__: sorted((encode(item) for item in value), key=json.dumps)}
    return {"object": type(value).__name__}


def send(value):
    """An input as JSON for the other side: floats that JSON has no text for go as {"__float__": "nan"}."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"__float__": repr(value)}
    if isinstance(value, dict):
        return {key: send(item) for key, item in value.items()}
    if isinstance(value, list):
        return [send(item) for item in value]
    return value


class Body:
    """A detection's module in CPython, with the field names and constants that its source mentions."""

    def __init__(self, path, helpers):
        self.path = path
        self.helpers = helpers
        self.module = None
        with open(path, encoding="utf-8") as text:
            self.tree = ast.parse(text.read())
        self.names, self.constants = mentioned(self.tree)
        for imported in self.imported():
            names, constants = mentioned(imported)
            self.names |= names
            self.constants |= constants

    def imported(self):
        """The syntax trees of helper modules that the body imports."""
        for node in ast.walk(self.tree):
            module = getattr(node, "module", None) if isinstance(node, ast.ImportFrom) else None
            for folder in [os.path.dirname(self.path), *self.helpers] if module else []:
                path = os.path.join(folder, module.replace(".", "/") + ".py")
                if os.path.exists(path):
                    with open(path, encoding="utf-8") as text:
                        yield ast.parse(text.read())
                    break

    def fresh(self):
        """The module as CPython makes it anew."""
        spec = importlib.util.spec_from_file_location("body_under_test", self.path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def mentioned(tree):
    """Strings used as keys, and every constant, of a syntax tree."""
    names, constants = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float, bool)) and not isinstance(node.value, bytes):
            if not isinstance(node.value, str) or len(node.value) < 80:
                constants.add(node.value)
            if isinstance(node.value, str) and node.value.isidentifier():
                names.add(node.value)
    return names, constants


class Maker:
    """Makes inputs: mostly plausible, often wrong."""

    def __init__(self, rng, body, samples):
        self.rng = rng
        self.names = sorted(body.names) or ["X"]
        self.constants = sorted(body.constants, key=repr) or ["x"]
        self.samples = samples

    def resource(self):
        made = {}
        if self.samples and self.rng.random() < 0.6:
            made = json.loads(self.rng.choice(self.samples))
        else:
            made = {name: self.value() for name in self.names if self.rng.random() < 0.75}
        for _ in range(self.rng.choice((0, 1, 1, 2, 3))):
            self.spoil(made)
        return made

    def spoil(self, made):
        name = self.rng.choice(self.names + list(made)[:40])
        if self.rng.random() < 0.25:
            made.pop(name, None)
        else:
            made[name] = self.value()

    def value(self, depth=0):
        pick = self.rng.random()
        if pick < 0.38:
            return self.rng.choice(self.constants)
        if pick < 0.52:
            return self.rng.choice((None, True, False))
        if pick < 0.62:
            return self.rng.choice(NUMBERS)
        if pick < 0.74:
            return self.rng.choice(STRANGE)
        if depth > 2:
            return None
        if pick < 0.86:
            return [self.value(depth + 1) for _ in range(self.rng.randint(0, 3))]
        if pick < 0.95:
            return {self.rng.choice(self.names): self.value(depth + 1) for _ in range(self.rng.randint(0, 3))}
        return json.dumps(send(self.value(depth + 1)))


def outcome(body.module, name, resource):
    try:
        return {"value": encode(getattr(module, name)(resource))}
    except RecursionError:
        return {"limit": "recursion"}
    except BaseException as error:  # noqa: BLE001 - whatever a body raises is its outcome
        return {"raised": type(error).__name__}


def agree(theirs, ours):
    """The same, or the other side says that it does not know: which is counted apart, never taken for agreement."""
    if "declined" in ours or "limit" in theirs:
        return None
    return theirs == ours


def samples_of(path):
    """Test resources beside the body, where PyYAML is there to read them."""
    for ending in (".yml", ".yaml"):
        spec = path[:-3] + ending
        if os.path.exists(spec):
            try:
                import yaml
            except ImportError:
                return []
            with open(spec, encoding="utf-8") as text:
                loaded = yaml.safe_load(text)
            found = [test.get("Resource", test.get("Log")) for test in loaded.get("Tests") or []]
            return [json.dumps(sample, default=str) for sample in found if isinstance(sample, dict)]
    return []


def compare(evaluate, body, count, rng, tally, show):
    command = [evaluate, body.path, *body.helpers]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as other:
        ready = json.loads(other.stdout.readline())
        if "refused" in ready:
            tally["bodies refused"] += 1
            show(f"not lowered: {body.path}: {ready['refused']}")
            other.stdin.close()
            return
        tally["bodies"] += 1
        functions = [name for name in ENTRIES if name in ready["functions"]]
        maker = Maker(rng, body, samples_of(body.path))
        for _ in range(count):
            resource = maker.resource()
            text = json.dumps(send(resource))
            other.stdin.write(text + "\n")
            other.stdin.flush()
            answer = json.loads(other.stdout.readline())
            if ready["stateful"] or body.module is None:
                body.module = body.fresh()
            for name in functions:
                theirs = outcome(body.module, name, json.loads(json.dumps(resource)))
                for way in ("tree", "printed"):
                    if name not in answer[way]:
                        continue
                    ours = answer[way][name]
                    verdict = agree(theirs, ours)
                    tally["declined" if verdict is None else "same" if verdict else "DIFFERENT"] += 1
                    if verdict is None and "declined" in ours:
                        tally["declined: " + ours["declined"].split(":")[0][:70]] += 1
                    if verdict is False:
                        show(f"DIFFERENT {body.path} {name} ({way})\n  input   {text}\n  CPython {json.dumps(theirs)}\n  ours    {json.dumps(ours)}")
        other.stdin.close()


def main():
    words = argparse.ArgumentParser()
    words.add_argument("evaluate")
    words.add_argument("bodies", nargs="+")
    words.add_argument("--pairs", type=int, default=2000, help="inputs a body")
    words.add_argument("--seed", type=int, default=20261121)
    words.add_argument("--helpers", action="append", default=[])
    words.add_argument("--most-shown", type=int, default=20)
    asked = words.parse_args()
    warnings.simplefilter("ignore")
    sys.path[:0] = asked.helpers
    shown = collections.Counter()

    def show(text):
        shown["lines"] += 1
        if shown["lines"] <= asked.most_shown:
            print(text, flush=True)

    tally = collections.Counter()
    for path in asked.bodies:
        rng = random.Random(f"{asked.seed} {os.path.basename(path)}")
        try:
            body = Body(path, asked.helpers)
            body.fresh()
        except Exception as error:  # noqa: BLE001 - a body that CPython cannot import has nothing to be compared with
            tally["bodies that CPython cannot import"] += 1
            show(f"not importable: {path}: {error!r}")
            continue
        compare(asked.evaluate, body, asked.pairs, rng, tally, show)
    for name, count in sorted(tally.items()):
        print(f"{count:>9,} {name}")
    print(f"{tally['same']} passed, {tally['DIFFERENT']} failed")
    return 1 if tally["DIFFERENT"] or not tally["same"] else 0


sys.exit(main())
