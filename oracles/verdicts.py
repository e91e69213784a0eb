#!/usr/bin/env python3
"""The same unit tests in panther_analysis_tool and in `keyreeve test`: the same verdict, and the same functions that fail.

    verdicts.py PAT KEYREEVE PACK…

PAT is the peer's program. Packs are copied together into a folder, since the peer writes beside them. What the peer does not run
without its server (correlation rules, rules without Python) is left out; our own functions, which it does not know, too.
"""

import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

# The peer does not know the first two, and does not count when the last fails.
NOT_SHOWN = {"not_applicable", "reason", "unique"}
# A wrong answer of theirs is told like an exception there, and beside the functions here: the verdict shows either.
MATCHERS = {"policy", "rule"}
LINE = re.compile(r"^(\t*)\[(PASS|FAIL|SKIP)\] (.*)$")
FUNCTION = re.compile(r"^\[(\w+)\]")


def peer(pat, place):
    """What the peer says: for each detection, its tests in order as (name, passed, functions that failed)."""
    command = [os.path.abspath(pat), "--skip-version-check", "test", "--path", "policies"]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PANTHER_DEBUG": "false", "TZ": "UTC"}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).split("\n")
    if "Test Summary" not in done.stdout:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
    told, tests = {}, None
    for line in lines:
        found = LINE.match(line)
        if line.startswith("-----"):
            break
        if found and len(found[1]) == 1 and tests is not None:
            tests.append((found[3], found[2] == "PASS", set()))
        elif found and len(found[1]) == 2 and tests and found[2] == "FAIL":
            name = FUNCTION.match(found[3])
            if name:
                tests[-1][2].add(re.sub(r"([A-Z])", lambda it: "_" + it[1].lower(), name[1]))
        elif line and not line[0].isspace() and not line.startswith(("INFO", "WARN", "ERROR", "[")):
            tests = told.setdefault(line.strip(), [])
    return told, done.stdout


def ours(keyreeve, place):
    command = [keyreeve, "test", os.path.join(place, "policies"), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-1000:]}")
    return json.loads(done.stdout)


def failing(test):
    return {name for name, function in test["functions"].items() if function["error"]}


def compare(told, document):
    tally, differences = collections.Counter(), []
    for detection in document["detections"]:
        tests = told.get(detection["id"])
        if tests is None:
            tally["detections that the peer does not run"] += 1
            continue
        if detection["tier"] != "lowered":
            tally["tests of bodies beyond the tree"] += len(detection["tests"])
            continue
        if len(tests) != len(detection["tests"]):
            differences.append(f"{detection['id']}: {len(tests)} tests there, {len(detection['tests'])} here")
            continue
        for (name, passed, functions), test in zip(tests, detection["tests"], strict=True):
            what = f"{detection['id']}: {name}"
            if test["status"] == "SKIP":
                tally["tests of bodies beyond the tree"] += 1
                continue
            mine = failing(test) - NOT_SHOWN
            agreed = test["status"] == "PASS" or test["status"] == "FAIL" and not mine and test["actual"] == test["expected"]
            if test["status"] == "ERROR":
                tally["tests that are an error here, with the reason"] += 1
                print(f"{what}: {test['error']}")
            elif agreed != passed:
                differences.append(f"{what}: {'passes' if passed else 'fails'} there, {test['status']} here: {test['error']}")
            elif not passed and functions - MATCHERS != mine - MATCHERS:
                differences.append(f"{what}: {sorted(functions)} fail there, {sorted(mine)} here")
            else:
                tally["tests with the same verdict"] += 1
    return tally, differences


def main(pat, keyreeve, *packs):
    with tempfile.TemporaryDirectory() as place:
        for pack in packs:
            shutil.copytree(pack, os.path.join(place, "policies", os.path.basename(os.path.normpath(pack))), symlinks=False)
        told, said = peer(pat, place)
        tally, differences = compare(told, ours(os.path.abspath(keyreeve), place))
    for difference in differences[:40]:
        print(difference)
    for line in re.findall(r"^\t(?:Passed|Skipped|Failed|Invalid): \d+$", re.sub(r"\x1b\[[0-9;]*m", "", said), re.MULTILINE):
        print("the peer:", line.strip())
    for name, count in sorted(tally.items()):
        print(f"{count:>7,} {name}")
    print(f"{tally['tests with the same verdict']} passed, {len(differences)} failed")
    return 1 if differences or not tally["tests with the same verdict"] else 0


sys.exit(main(*sys.argv[1:]))
