#!/usr/bin/env python3
"""`keyreeve scan --org` and `snapshot` while things break: no panic, no fact lost without a name, no key judged on half its facts as if whole.

    faults.py               the scenarios that CI runs
    faults.py --all         every failure of every operation too
    faults.py NAME …        only these

What is right comes from judging the file that the simulator was seeded with. Under a passing fault every verdict must be the same; under a lasting one
each is the same, or UNKNOWN with a named cause, or missing under a named error for its account and region. Exit status 4 exactly when something is unknown.
"""

import argparse
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import kinds
import liar
import live

NOW = kinds.NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
DEV, PROD = "222222222222", "333333333333"
# Every fact counts, and none is unknown without a fault: a key that is being created would be.
CONFIG = ["--config", Path(__file__).resolve().parent / "faults.toml"]
# What replicas are held to is read beside their keys, and the seed does not hold it.
ORDINARY = [*CONFIG, "--ignore", "AWS.KMS.ReplicaPolicyDrift", "--all", "--fail-on", "none", "--fail-on-unknown", "info", "--format", "json", "--no-progress", "--now", NOW]
ORGANISATION = ["--org", "--role", "KeyreeveReader", *(part for region in kinds.REGIONS for part in ("--region", region))]


@dataclasses.dataclass
class Scenario:
    """Faults in the simulator's words, and what must come of them."""

    name: str
    faults: list
    same: bool = True  # a retry heals it
    noted: bool = False  # a known state of affairs, told beside the findings: no error
    says: tuple = ()  # words that the output must name
    seconds: int = 120
    simulate: tuple = ()


def fault(what, **where):
    return {"what": what, **where}


# A call is tried five times: one in twenty that fails does not fail five times running, not in a thousand runs of this.
SCENARIOS = [
    Scenario("no fault", []),
    Scenario("connections reset", [fault("reset", every=20)]),
    Scenario("status 500", [fault("status-500", every=20)]),
    Scenario("HTML from a gateway", [fault("html-500", every=20)]),
    Scenario("truncated bodies", [fault("truncated", every=20)]),
    Scenario("slow replies", [fault("slow", every=40, milliseconds=1500)]),
    Scenario("throttling", [fault("throttle", every=10)]),
    Scenario("a login page with status 200, at times", [fault("html-200", every=20)]),
    Scenario("credentials expire in the middle", [fault("expired", account=PROD, operation="DescribeKey", times=3)]),
    Scenario("the clock is off for a moment", [fault("clock-skew", operation="DescribeKey", times=3)], same=False, says=("DescribeKey",)),
    Scenario("everything at once", [fault("reset", every=59), fault("status-500", every=53), fault("html-500", every=71), fault("truncated", every=83), fault("throttle", every=19),
                                    fault("slow", every=41, milliseconds=300)]),
    Scenario("a region is refused by SCP", [fault("service-control-policy", account=PROD, region="eu-central-1")], same=False, says=("SCP", PROD, "eu-central-1")),
    Scenario("a role is missing", [fault("role-missing", account=DEV)], same=False, says=("role missing", DEV)),
    Scenario("an account is suspended", [fault("suspended", account=DEV)], same=False, noted=True, says=("suspended", DEV)),
    Scenario("a region is off", [fault("region-off", account=PROD, region="eu-central-1")], same=False, noted=True, says=("eu-central-1",)),
    Scenario("a key cannot be read", [fault("key-policy", key="THE-KEY")], same=False, says=("key policy",)),
    Scenario("one operation is not permitted", [fault("missing-permission", operation="GetKeyRotationStatus")], same=False, says=("missing permission", "GetKeyRotationStatus")),
    Scenario("a region's connections are always reset", [fault("reset", account=PROD, region="us-east-1")], same=False, says=("us-east-1",)),
    Scenario("one operation always answers HTML", [fault("html-500", operation="GetKeyLastUsage")], same=False, says=("GetKeyLastUsage",)),
    Scenario("a login page with status 200, always", [fault("html-200", operation="ListResourceTags")], same=False, says=("ListResourceTags",)),
    Scenario("bodies of one operation are always truncated", [fault("truncated", operation="DescribeKey", account=DEV)], same=False, says=("DescribeKey",)),
    Scenario("the list of aliases is refused", [fault("missing-permission", operation="ListAliases", account=PROD)], same=False, says=("ListAliases",)),
    Scenario("the list of keys is refused", [fault("missing-permission", operation="ListKeys", account=PROD)], same=False, says=("ListKeys", PROD)),
    Scenario("the second page of keys fails", [fault("status-500", operation="ListKeys", account=PROD, region="us-east-1")], same=False, says=("ListKeys",)),
    Scenario("account tags are refused", [fault("missing-permission", operation="ListTagsForResource")], same=False, says=("ListTagsForResource",)),
    Scenario("throttled for ever", [fault("throttle", operation="GetKeyPolicy"), fault("throttle", operation="ListResourceTags", account=DEV)], same=False, says=("ListResourceTags",)),
    Scenario("credentials expired for good", [fault("expired", account=PROD)], same=False, says=("expired",)),
    Scenario("the clock stays wrong", [fault("clock-skew", account=PROD)], same=False, says=(PROD,)),
]

KMS = ["ListKeys", "ListAliases", "DescribeKey", "GetKeyRotationStatus", "ListResourceTags", "GetKeyLastUsage", "DescribeCustomKeyStores"]
OTHERS = ["AssumeRole", "ListAccounts", "DescribeOrganization", "ListRoots", "ListAccountsForParent", "ListOrganizationalUnitsForParent", "ListTagsForResource", "GetCallerIdentity"]
FAILURES = ["missing-permission", "key-policy", "resource-control-policy", "throttle", "status-500", "html-500", "html-200", "reset", "truncated", "expired", "clock-skew"]
MATRIX = [Scenario(f"{operation}: {what}, always", [fault(what, operation=operation)], same=False, says=(operation,), seconds=240) for operation in KMS for what in FAILURES]
# Without these the organisation is not known, so that status 2 may be all that can be said.
MATRIX += [Scenario(f"{operation}: {what}, always", [fault(what, operation=operation)], same=False, seconds=240) for operation in OTHERS for what in FAILURES]


def toml(faults, the_key):
    lines = []
    for each in faults:
        lines.append("[[fault]]")
        lines += [f"{name} = {json.dumps(value.replace('THE-KEY', the_key) if isinstance(value, str) else value)}" for name, value in each.items()]
    return "\n".join(lines) + "\n"


def seed(place):
    ordinary = [name for name in kinds.KINDS if name not in ("creating", "many-rotations", "many-grants")]
    text = "".join(line + "\n" for line in kinds.snapshot().splitlines() if not any(f'"alias/{name}"' in line for name in kinds.KINDS if name not in ordinary))
    lines = [json.loads(line) for line in text.splitlines()]
    lines[-1]["resources"] = sum(line["kind"] == "resource" for line in lines)
    (place / "seed.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return place / "seed.jsonl"


def judge(scenario, wanted, done, problems):
    """Holds one run against the right verdicts."""
    told = []

    def wrong(text):
        told.append(text)
        # The first few say it all.
        if len(told) <= 4:
            problems.append(f"{scenario.name}: {text}")

    if done.returncode == 2 and not scenario.same and not done.stdout.strip():
        if "error" not in done.stderr.lower() or len(done.stderr) > 20_000:
            wrong(f"ended with 2, saying {done.stderr[:300]!r}")
        return 0
    found = live.document(done.stdout)
    table = live.verdicts(found)
    named = {(error.get("account_id"), error.get("region")) for error in found["errors"]}
    differing = 0
    for place, right in wanted.items():
        finding = table.pop(place, None)
        resource = right["resource"]
        if finding is None:
            differing += 1
            spots = {(resource["account_id"], resource["region"]), (resource["account_id"], None), (None, None), (resource["account_id"], "")}
            if not spots & named and not scenario.noted:
                wrong(f"{place} was not judged, and no error names {resource['account_id']} {resource['region']}: {found['errors'][:3]}")
            continue
        if finding["status"] == right["status"]:
            continue
        differing += 1
        facts = finding.get("unknown_facts", [])
        if finding["status"] != "UNKNOWN":
            wrong(f"{place} is {finding['status']}, without faults {right['status']}: {finding['reason']}")
        # A value of the wrong type is met by the body that reads it, which says so.
        elif not (facts and all(fact["operation"] and fact["code"] and fact["message"] for fact in facts)) and not re.search(r"Error: |cannot be (judged|computed)", finding["reason"]):
            wrong(f"{place} is UNKNOWN without a named cause: {finding['reason']} {facts}")
        for fact in facts:
            if "<" in fact["message"] or "simulated-secret" in fact["message"] or len(fact["message"]) > 1000:
                wrong(f"{place}: an unfit message: {fact['message'][:200]!r}")
    for place in table:
        wrong(f"{place} is judged, but is no key of the seed")
    if differing and done.returncode != 4 and not scenario.noted:
        wrong(f"ended with {done.returncode}, although {differing} verdicts are unknown or missing")
    if not differing and not found["errors"] and done.returncode != 0:
        wrong(f"ended with {done.returncode}, although everything was read: {done.stderr[-600:]}")
    if scenario.same and (differing or found["errors"]):
        wrong(f"{differing} verdicts differ, although the fault passes: {json.dumps(found['errors'])[:400]}")
    if not scenario.same and not differing and not found["errors"]:
        wrong("nothing differs: the fault did not strike, or was not seen")
    text = done.stdout + done.stderr
    for word in scenario.says:
        if word.lower() not in text.lower():
            wrong(f"the output does not say {word!r}: {json.dumps(found['errors'])[:300]} … {done.stderr[-500:]}")
    return differing


def run(scenario, place, seeded, wanted, the_key, problems):
    (place / "faults.toml").write_text(toml(scenario.faults, the_key), encoding="utf-8")
    began = time.monotonic()
    with live.simulator(seeded, faults=place / "faults.toml", more=scenario.simulate) as world:
        env = live.environment(world.endpoint, world.access_key, home=place)
        try:
            done = live.keyreeve(["scan", *ORGANISATION, *ORDINARY], env, expected=(0, 4) if scenario.same else (0, 2, 4), seconds=scenario.seconds)
            differing = judge(scenario, wanted, done, problems)
        except live.Failed as error:
            problems.append(f"{scenario.name}: {error}")
            differing = "?"
    print(f"{scenario.name}: {differing} verdicts unknown or missing, {time.monotonic() - began:.1f} s", flush=True)


# Answers that are none: (operation, lie)

LIES = [("GetKeyRotationStatus", liar.empty), ("GetKeyRotationStatus", liar.wrong_types), ("ListResourceTags", liar.other_json), ("ListResourceTags", liar.cut_off), ("DescribeKey", liar.empty),
        ("DescribeKey", liar.nulls), ("DescribeKey", liar.wrong_types), ("DescribeKey", liar.no_utf8), ("DescribeKey", liar.deep), ("ListKeys", liar.empty),
        ("ListKeys", liar.cut_off), ("ListKeys", liar.in_a_circle), ("ListAliases", liar.other_json), ("ListAliases", liar.cut_off), ("GetKeyLastUsage", liar.not_an_object),
        ("GetKeyLastUsage", liar.elsewhere), ("DescribeCustomKeyStores", liar.empty), ("ListAccounts", liar.empty), ("ListAccounts", liar.in_a_circle)]
MORE_LIES = [("ListKeys", liar.for_ever), ("ListAliases", liar.for_ever), ("ListAccounts", liar.for_ever), ("GetKeyRotationStatus", liar.drip), ("ListKeys", liar.huge), ("DescribeKey", liar.twice),
             ("ListKeys", liar.twice), ("AssumeRole", liar.empty), ("GetCallerIdentity", liar.empty), ("ListTagsForResource", liar.other_json), ("ListRoots", liar.empty), ("ListKeys", liar.elsewhere)]


def lied_to(operation, lie, place, seeded, wanted, problems):
    """A lie is told apart from an answer: what depends on it is unknown, by name, or the same as the truth."""
    scenario = Scenario(f"{operation}: {lie.__name__}", [], same=False, seconds=240)
    began = time.monotonic()
    with live.simulator(seeded) as world, liar.liar(world.endpoint, operation, lie) as server:
        env = live.environment(server.endpoint, world.access_key, home=place)
        found = []
        try:
            done = live.keyreeve(["scan", *ORGANISATION, *ORDINARY], env, expected=(0, 2, 4), seconds=scenario.seconds)
            differing = judge(scenario, wanted, done, found)
        except live.Failed as error:
            found.append(f"{scenario.name}: {error}")
            differing = "?"
        if not server.told:
            found.append(f"{scenario.name}: was never asked")
    # The same verdicts are right too where the lie takes nothing away.
    problems += [text for text in found if "nothing differs" not in text or lie in (liar.empty, liar.nulls, liar.other_json, liar.wrong_types, liar.cut_off)]
    print(f"{scenario.name}: {differing} verdicts unknown or missing, {time.monotonic() - began:.1f} s", flush=True)


# Ended in the middle

def interrupted(place, seeded, problems):
    """`snapshot` is killed, and interrupted, at several moments; what it leaves must not pass for whole."""
    (place / "faults.toml").write_text(toml([fault("slow", operation="DescribeKey", every=2, milliseconds=60)], ""), encoding="utf-8")
    with live.simulator(seeded, faults=place / "faults.toml", more=("--latency", "10ms")) as world:
        env = live.environment(world.endpoint, world.access_key, home=place)
        for how in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
            for moment in (0.3, 1.0, 2.0):
                for before in (None, b"precious\n"):
                    end_in_the_middle(place, env, how, moment, before, problems)


def end_in_the_middle(place, env, how, moment, before, problems):
    name = f"{how.name} after {moment} s"
    folder = Path(tempfile.mkdtemp(dir=place))
    out = folder / "taken.jsonl"
    if before:
        out.write_bytes(before)
    process = subprocess.Popen([str(live.KEYREEVE), "snapshot", *map(str, CONFIG), *ORGANISATION, "-o", str(out), "--no-progress"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)
    time.sleep(moment)
    process.send_signal(how)
    try:
        _, errors = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        problems.append(f"snapshot, {name}: still running 30 s later")
        return
    if "panicked" in errors:
        problems.append(f"snapshot, {name}: {errors[-500:]}")
    left = sorted(path.name for path in folder.iterdir() if path != out)
    if how != signal.SIGKILL and left:
        problems.append(f"snapshot, {name}: left {left} behind")
    content = out.read_bytes() if out.exists() else None
    if content is None or content == before:
        return
    # Something new stands there: it must be readable, and say itself that it is not whole.
    done = live.keyreeve(["scan", out, *ORDINARY], env, expected=None)
    complete = done.returncode == 0
    if complete and process.returncode != 0:
        problems.append(f"snapshot, {name} (ended with {process.returncode}): what it left passes for whole")
    if how == signal.SIGINT and done.returncode == 2:
        problems.append(f"snapshot, {name}: what it left is no valid snapshot: {done.stderr[-300:]}")


def broken_outputs(place, seeded, problems):
    """A full disk, a closed pipe, a folder that is not there."""
    with live.simulator(seeded) as world:
        env = live.environment(world.endpoint, world.access_key, home=place)
        for target in ("/dev/full", str(place / "no" / "folder" / "x.jsonl"), str(place)):
            done = live.keyreeve(["snapshot", *CONFIG, *ORGANISATION, "-o", target, "--no-progress"], env, expected=None)
            if done.returncode in (0, 4) or "error" not in done.stderr.lower():
                problems.append(f"snapshot -o {target} ended with {done.returncode}: {done.stderr[-300:]}")
        piped = subprocess.run(f"'{live.KEYREEVE}' scan {' '.join(ORGANISATION)} --all --format jsonl --no-progress | head -n 1", shell=True, env=env, capture_output=True, text=True, cwd=place, timeout=120)
        if "panicked" in piped.stderr or not piped.stdout.startswith("{"):
            problems.append(f"scan | head: {piped.stderr[-300:]}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("names", nargs="*")
    arguments.add_argument("--all", action="store_true")
    options = arguments.parse_args()
    problems = []
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        seeded = seed(place)
        nowhere = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        whole = live.keyreeve(["scan", seeded, *ORDINARY], nowhere, expected=(0,))
        wanted = live.verdicts(live.document(whole.stdout))
        the_key = next(place for _, place in wanted if PROD in place and "us-east-1" in place)
        chosen = [scenario for scenario in SCENARIOS + MATRIX if any(name in scenario.name for name in options.names)] if options.names else SCENARIOS + (MATRIX if options.all else [])
        for scenario in chosen:
            run(scenario, place, seeded, wanted, the_key, problems)
        lies = LIES + MORE_LIES if options.all or options.names else LIES
        for operation, lie in lies:
            if not options.names or any(name in f"{operation}: {lie.__name__}" for name in options.names):
                lied_to(operation, lie, place, seeded, wanted, problems)
        if not options.names:
            interrupted(place, seeded, problems)
            broken_outputs(place, seeded, problems)
    return live.conclude("faults", problems, f"{len(chosen)} scenarios of {len(wanted):,} judgements each, {len(lies)} lies, 18 runs ended in the middle")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except live.Failed as error:
        print(f"faults: {error}")
        sys.exit(2)
