#!/usr/bin/env python3
"""schemathesis, which others wrote, drives the HTTP API of a real daemon from its own OpenAPI document: every operation, with valid and with broken requests,
without a token, with a wrong one and with each role.

The daemon acts on examples/acme, everything simulated. Who may not do a thing must have changed nothing: everything that the API shows is the same before and
after. Of who may, the log must tell exactly what was granted, and nothing else.
"""

import argparse
import collections
import contextlib
import copy
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import live

HERE = Path(__file__).parent
DOCUMENT = live.ROOT / "docs" / "openapi.json"
QUEUE = "arn:aws:sqs:eu-north-1:111111111111:keyreeve"
ROLES = ["viewer", "responder", "approver", "administrator"]
HOOK_SECRET = "a-secret-that-the-fuzzer-does-not-know"
TOKENS = {role: "keyreeve_" + hashlib.sha256(role.encode()).hexdigest() for role in ROLES}
# What each operation that changes something leaves in the log. An operation that is in neither list fails the oracle: say here what it does.
EVENTS = {
    "/api/v1/findings": "intake", "/api/v1/findings/{key}/decide": "finding.asked", "/api/v1/tickets/{key}/snooze": "ticket.snoozed",
    "/api/v1/tickets/{key}/wake": "ticket.woken", "/api/v1/remediations/{key}/approve": "approval.given", "/api/v1/remediations/{key}/refuse": "approval.refused",
    "/api/v1/remediations/{key}/undo": "remediation.undo", "/api/v1/brake/stop": "remediation.stopped", "/api/v1/brake/release": "remediation.released",
    "/api/v1/jobs/{id}/retry": "job.retried", "/api/v1/jobs/{id}/drop": "job.dropped",
}
# Without the sender's secret nothing is taken there.
SIGNED = {"/hooks/findings"}
LOOKS = {"/api/v1/suppressions/check", "/api/v1/suppressions/explain", "/api/v1/events/verify"}
# Where what is well-formed may still be refused, as the document cannot say it: a digest of another plan, a time that is over, rules and findings that are none.
DOMAIN = ["/api/v1/findings", "/api/v1/suppressions/explain", "/api/v1/tickets/{key}/snooze"]


class Api:
    def __init__(self, address):
        self.address = address

    def ask(self, path, role="administrator", seconds=30):
        headers = {"Authorization": f"Bearer {TOKENS[role]}"} if role else {}
        with urllib.request.urlopen(urllib.request.Request(self.address + path, headers=headers), timeout=seconds) as answer:
            return answer.read()

    def json(self, path):
        return json.loads(self.ask(path))

    def all(self, path):
        """A list, whole."""
        first = self.json(path + "?limit=1000") if path in PARTS else self.json(path)
        if not isinstance(first, dict) or "items" not in first:
            return first
        items, part = first["items"], first
        while part["next"]:
            part = self.json(f"{path}?limit=1000&after={urllib.parse.quote(part['next'], safe='')}")
            items += part["items"]
        return items


document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
OPERATIONS = [(path, method, operation) for path, item in document["paths"].items() for method, operation in item.items() if isinstance(operation, dict) and "responses" in operation]
PARTS = {path for path, method, operation in OPERATIONS if method == "get" and any(parameter["name"] == "limit" for parameter in operation.get("parameters", []))}
# What changes with each reading of the keys, whatever anybody asks.
MOVES = {"read", "last_seen", "version"}
# What changes by itself: when workers had their turns, how many requests there were, how late it is.
MOVING = {"/api/v1/workers", "/metrics", "/api/v1/reports/weekly"}
SHOWN = [path for path, method, operation in OPERATIONS if method == "get" and "{" not in path and path not in MOVING]


def dump(api):
    return {path: api.all(path) for path in SHOWN}


def difference(before, after):
    """What is shown now and was not, or the other way round, and is not the daemon's own doing: that stands in the log as such."""
    own = [event for event in after["/api/v1/events"] if event not in before["/api/v1/events"]]
    words = [f"/api/v1/events: {json.dumps(event)[:400]}" for event in own if event["actor"] != "keyreeve"]
    touched = {event["subject"] for event in own}

    def as_set(path, shown):
        items = [item for item in (shown if isinstance(shown, list) else [shown]) if isinstance(item, dict)]
        # Keys are read again by themselves: when that was is no change.
        items = [{name: value for name, value in item.items() if name not in MOVES} for item in items if item.get("queue") != "read"]
        return {json.dumps(item, sort_keys=True) for item in items if not touched & {str(item.get(name)) for name in ("key", "id", "arn", "finding", "resource")}}

    for path in SHOWN:
        if path in ("/api/v1/events", "/api/v1/decisions", "/api/v1/job-counts"):
            continue
        new, old = as_set(path, after[path]) - as_set(path, before[path]), as_set(path, before[path]) - as_set(path, after[path])
        if new or old:
            words.append(f"{path}: {len(new)} new, {len(old)} gone: {sorted(new)[:2]} {sorted(old)[:2]}"[:900])
    return words


CONFIG = """
[aws]
org = true
[triage]
default_project = "NOWHERE"
hold = ["incidents"]
[serve]
mode = "act"
listen = "127.0.0.1:{port}"
store = "keyreeve.db"
schedule = "0 0 1 1 *"
destinations = ["jira"]
log_level = "debug"
[serve.intake]
queues = ["{queue}"]
hub = true
[serve.remediation]
as_caller = true
[[serve.hooks]]
name = "fuzzer"
secret = "env:HOOK_SECRET"
[serve.times]
look_minutes = 1440
hub_minutes = 1440
hub_full_hours = 168
[serve.directory]
minutes = 1440
[serve.caps]
tickets_an_hour = 100000
changes_an_hour = 100000
[serve.tickets.jira]
kind = "jira-cloud"
address = "{JIRA_URL}"
project = "NOWHERE"
user = "{JIRA_USER}"
secret = "env:JIRA_TOKEN"
allow_private = true
"""


@contextlib.contextmanager
def stage(folder):
    """Everything simulated, and the daemon: yields (API, process, its log)."""
    command = [live.KEYREEVE, "simulate", live.ROOT / "examples" / "acme", "--security-hub", "--events", QUEUE, "--desk"]
    with live.server(command) as (_, _, lines):
        deadline = time.monotonic() + 30
        while "AWS_DEFAULT_REGION" not in "".join(lines):
            if time.monotonic() > deadline:
                raise live.Failed("the simulator did not say how to reach it")
            time.sleep(0.05)
        named = dict(re.findall(r"^export (\w+)=['\"]?([^'\"\n]*)", "".join(lines), re.M))
        port = live.free_port()
        tokens = "".join(f'[[serve.tokens]]\nname = "{role}"\nrole = "{role}"\nsha256 = "{hashlib.sha256(token.encode()).hexdigest()}"\n' for role, token in TOKENS.items())
        (folder / "keyreeve.toml").write_text(CONFIG.format(port=port, queue=QUEUE, **named) + tokens, encoding="utf-8")
        env = {**live.environment(named["AWS_ENDPOINT_URL"], named["AWS_ACCESS_KEY_ID"], named["AWS_REGION"], folder), **named, "HOOK_SECRET": HOOK_SECRET}
        log = folder / "log"
        with open(log, "w", encoding="utf-8") as errors:
            daemon = subprocess.Popen([live.KEYREEVE, "serve", "--config", "keyreeve.toml"], env=env, cwd=folder, stdout=errors, stderr=errors, start_new_session=True)
        try:
            api = Api(f"http://127.0.0.1:{port}")
            until(60, lambda: ready(api, daemon, log), "the daemon did not become ready")
            yield api, daemon, log
        finally:
            live.end(daemon)


def ready(api, daemon, log):
    if daemon.poll() is not None:
        raise live.Failed(f"the daemon ended: {log.read_text(encoding='utf-8')[-2000:]}")
    try:
        return api.ask("/readyz", role=None)
    except OSError:
        return None


def until(seconds, asked, otherwise):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := asked():
            return found
        time.sleep(0.2)
    raise live.Failed(otherwise)


def settled(api, seconds=240):
    """Waits until nothing is going on any more: the same is shown twice, and no job waits for its turn, but for keys that are read again."""
    last = None

    def quiet():
        nonlocal last
        shown = dump(api)
        waiting = [job for job in shown["/api/v1/jobs"] if job["state"] in ("pending", "unknown") and job["queue"] != "read"]
        waiting += [plan for plan in shown["/api/v1/remediations"] if plan["state"] in ("approved", "applying", "undoing")]
        undecided = [finding for finding in shown["/api/v1/findings"] if finding["action"] is None]
        still = last and not difference(last, shown) and len(last["/api/v1/events"]) == len(shown["/api/v1/events"]) and not waiting and not undecided
        last = shown
        if still:
            return shown
        time.sleep(1.5)
        return None

    return until(seconds, quiet, "the daemon did not come to rest")


def values(shown):
    """For each parameter of a path, what there is of it."""
    first = lambda path, field, fits=lambda item: True: [item[field] for item in shown[path] if fits(item)][:40]
    plans = [item for item in shown["/api/v1/remediations"] if item["state"] == "awaiting_approval"]
    done = [item for item in shown["/api/v1/remediations"] if item["state"] == "verified" and item["undo"]]
    found = {
        "accounts": first("/api/v1/accounts", "id"), "keys": first("/api/v1/keys", "arn"), "custom-key-stores": first("/api/v1/custom-key-stores", "id"),
        "detections": first("/api/v1/detections", "id"), "findings": first("/api/v1/findings", "key"), "tickets": first("/api/v1/tickets", "key"),
        "remediations": first("/api/v1/remediations", "key"), "approve": [plan["key"] for plan in plans], "refuse": [plan["key"] for plan in plans],
        "undo": [plan["key"] for plan in done], "jobs": first("/api/v1/jobs", "id", lambda job: job["state"] == "dead") or first("/api/v1/jobs", "id"),
        "digests": [plan["digest"] for plan in plans], "resources": first("/api/v1/findings", "resource"),
    }
    return {name: some for name, some in found.items() if some}


def kind_of(path, parameter, known):
    """What a parameter names."""
    if parameter["in"] != "path":
        return {"finding": "findings", "account_id": "accounts", "resource": "resources"}.get(parameter["name"])
    _, _, _, kind, *rest = path.split("/")
    return rest[-1] if rest[-1] in known else kind


def bodies(api, known):
    """Bodies that are granted, where a made-up one hardly ever would be."""
    tomorrow = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
    rules = [{"id": "KMS.3", "suppress_when": "account_id = 111111111111", "owner": "fuzzer", "reason": "to see what it hits"}]
    return {
        "/api/v1/findings": api.json("/api/v1/findings/" + urllib.parse.quote(known["findings"][0], safe=""))["text"],
        "/api/v1/tickets/{key}/snooze": {"until": tomorrow, "reason": "for a day"},
        "/api/v1/suppressions/explain": {"rules": json.dumps(rules)}, "/api/v1/suppressions/check": {"rules": json.dumps(rules)},
    }


def described(known, given):
    """The document, with things that there are as examples: else hardly a request would find anything."""
    told = copy.deepcopy(document)
    for path, item in told["paths"].items():
        for method, operation in item.items():
            if path in given and method == "post":
                operation["requestBody"]["content"]["application/json"]["examples"] = {"granted": {"value": given[path]}}
            for parameter in operation.get("parameters", []):
                kind = kind_of(path, parameter, known) if parameter["in"] == "path" else None
                if kind in known:
                    parameter["examples"] = {f"known-{number}": {"value": value} for number, value in enumerate(known[kind][:3])}
    return told


def configuration(known, weak):
    """schemathesis's own configuration: known names as dictionaries, and what is well-formed but refused all the same."""
    lines = [f"hooks = {json.dumps(str(HERE / 'api_checks.py'))}", ""]
    for name, some in known.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(some)}", ""]
    for path, method, operation in OPERATIONS:
        bound = []
        for parameter in operation.get("parameters", []):
            kind = kind_of(path, parameter, known)
            if kind in known:
                probability = 0.7 if parameter["in"] == "path" else 0.3
                bound.append(f'"{parameter["in"]}.{parameter["name"]}" = {{ dictionary = "{kind}", probability = {probability} }}')
        if path.endswith("/approve") and "digests" in known:
            bound.append('"body.digest" = { dictionary = "digests", probability = 0.7 }')
        domain = path in DOMAIN and method == "post" and not weak
        if bound or domain:
            lines += ["[[operations]]", f'include-name = "{method.upper()} {path}"']
            lines += ["parameters = { " + ", ".join(bound) + " }"] if bound else []
            lines += ["checks.positive_data_acceptance.expected-statuses = " + json.dumps(["2xx", "3xx", 401, 403, 404, 409, 422])] if domain else []
            lines.append("")
    return "\n".join(lines)


def fuzz(folder, api, role, known, given, examples, seed, granted):
    """Lets schemathesis ask, as somebody; gives (what it said, whether all is well)."""
    weak = role != "administrator"
    place = folder / f"as-{role}"
    place.mkdir()
    (place / "openapi.json").write_text(json.dumps(described(known, given)), encoding="utf-8")
    (place / "schemathesis.toml").write_text(configuration(known, weak), encoding="utf-8")
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,refused_by_role,says_nothing_to_browsers" if weak else "all"
    command = [Path(sys.executable).parent / "schemathesis", "--config-file", place / "schemathesis.toml", "run", place / "openapi.json", "--url", api.address,
               "--seed", seed, "--max-examples", examples, "--checks", checks, "--phases", "examples,coverage,fuzzing", "--no-color", "--generation-database", "none",
               "--suppress-health-check", "all", "--request-timeout", 30, "--continue-on-failure", "--warnings", "off",
               "--report", "json", "--report-json-path", place / "report.json"]
    if role in TOKENS:
        command += ["--header", f"Authorization: Bearer {TOKENS[role]}"]
    elif role == "a-wrong-token":
        command += ["--header", "Authorization: Bearer keyreeve_" + "0" * 64]
    if weak:
        # Only what it may not do: the rest is for whoever may do everything.
        for path, method, operation in OPERATIONS:
            needed = operation.get("x-role")
            if needed is None or (role in ROLES and ROLES.index(needed) <= ROLES.index(role)):
                command += ["--exclude-name", f"{method.upper()} {path}"]
    env = {**os.environ, "KEYREEVE_ROLE": role, "KEYREEVE_GRANTED": str(granted), "PYTHONHASHSEED": "0"}
    began = time.monotonic()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=env, cwd=place, timeout=900)
    print(f"as {role}: {time.monotonic() - began:.0f} s, exit status {done.returncode}")
    if done.returncode:
        print("\n".join(line[:400] for line in done.stdout.splitlines())[-20000:], done.stderr[-3000:])
    return done


def count(granted):
    if not granted.exists():
        return collections.Counter()
    return collections.Counter((method, path) for method, path, _ in map(json.loads, granted.read_text(encoding="utf-8").splitlines()))


def requests_of(done):
    found = re.search(r"([\d,]+) generated", done.stdout)
    return int(found[1].replace(",", "")) if found else 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=20261122)
    arguments.add_argument("--examples", type=int, default=25, help="requests made up for each operation, beside those that cover its parameters")
    arguments.add_argument("--keep", type=Path, help="leave what was made here")
    asked = arguments.parse_args()
    problems = []
    for path, method, operation in OPERATIONS:
        if method != "get" and path not in set(EVENTS) | LOOKS | SIGNED:
            problems.append(f"{method} {path}: say in oracles/api.py which event it leaves")
    with contextlib.ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(exist_ok=True)
        api, daemon, log = stack.enter_context(stage(folder))
        before = settled(api)
        known = values(before)
        given = bodies(api, known)
        print({name: len(some) for name, some in known.items()}, collections.Counter(job["state"] for job in before["/api/v1/jobs"]))
        made = 0
        for role in ["nobody", "a-wrong-token", *ROLES[:-1]]:
            granted = folder / f"granted-{role}"
            done = fuzz(folder, api, role, known, given, max(2, asked.examples // 5), asked.seed, granted)
            made += requests_of(done)
            if done.returncode:
                problems.append(f"schemathesis found something as {role}: see above")
            if granted.exists() and granted.read_text(encoding="utf-8"):
                problems.append(f"{role} was granted what only others may: {granted.read_text(encoding='utf-8')[:300]}")
        problems += [f"requests that were to be refused changed something: {words}" for words in difference(before, dump(api))]

        granted = folder / "granted-administrator"
        done = fuzz(folder, api, "administrator", known, given, asked.examples, asked.seed, granted)
        made += requests_of(done)
        if done.returncode:
            problems.append("schemathesis found something as administrator: see above")
        if not api.ask("/readyz", role=None):
            problems.append("the daemon is not ready any more")
        if daemon.poll() is not None:
            problems.append(f"the daemon ended with {daemon.returncode}")
        counts = count(granted)
        events = [event for event in api.all("/api/v1/events") if event["actor"].startswith("token:")]
        told = collections.Counter(event["kind"] for event in events)
        for path, kind in EVENTS.items():
            if counts["POST", path] != told.pop(kind, 0):
                problems.append(f"POST {path} was granted {counts['POST', path]} times, and the log has {collections.Counter(e['kind'] for e in events)[kind]} entries {kind}")
        problems += [f"nobody was granted what the log tells: {number} times {kind}" for kind, number in told.items()]
        if others := {event["actor"] for event in events} - {"token:administrator"}:
            problems.append(f"the log has entries of {others}")
        reached = {path for method, path in counts if method == "POST"}
        problems += [f"no request to POST {path} was granted, so it was hardly tested" for path in sorted(set(EVENTS) | LOOKS) if path not in reached]
        written = log.read_text(encoding="utf-8", errors="replace")
        problems += [f"the log has {token[:12]}…" for token in [*TOKENS.values(), HOOK_SECRET] if token in written]
        faults = [line for line in written.splitlines() if any(word in line for word in ("panicked", "which is a fault of", "the store failed", "something that was asked for failed"))]
        problems += [f"the log tells of a fault: {line[:800]}" for line in faults[:5]]
    good = f"{made} requests to {len(OPERATIONS)} operations as six callers; those without the right were refused and changed nothing, {sum(counts.values())} were granted and the log tells of each change"
    return live.conclude("api", problems, good)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (live.Failed, urllib.error.URLError) as error:
        print(f"api: {error}")
        sys.exit(2)
