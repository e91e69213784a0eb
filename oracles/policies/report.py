#!/usr/bin/env python3
"""`./x policies DIR`: how the key policies that gather.py put into DIR fare here.

Each is read, linted under both profiles, and every preset is proved of it; so is the text of a template as a person would paste it. Printed, as
Markdown: counts, refusals and what is outside the fragment, and, from judged.tsv, what a person said of the lints. Nothing of the policies.

    oracles/policies/report.py DIR [--binary KEYREEVE] [--out FILE] [--jobs 2]

With --out, the generated part of that page (between its two marks) is written anew.
"""

import argparse
import collections
import concurrent.futures
import datetime
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PRESETS = ["not-public", "no-outside-access", "passes-kms.5", "manageable", "separated", "root-only"]
SEVERITIES = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO"]
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"
KINDS = [
    (r"which a template fills in", "a value that a template fills in"),
    (r"`Resource` other than", "a `Resource` other than `\"*\"`, which KMS refuses in new policies"),
    (r"statement without `Resource`|no `Principal`|no `Action`|no valid `Effect`", "a statement that lacks an element, which KMS refuses"),
    (r"which account the key is in", "the key's account, which nothing in the template says"),
]


def said(binary, *arguments):
    return subprocess.run([binary, "keypolicy", *arguments, "--format", "json"], capture_output=True, text=True)


def linted(binary, path, account, profile):
    """The findings of a policy, or why it is not read."""
    done = said(binary, "lint", path, *account, "--profile", profile, "--fail-on", "none", "--fail-on-unknown", "none")
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return None, done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
    errors = [error.get("message", "") for error in document.get("errors") or []]
    return document["findings"], errors


def judged(binary, path):
    """All that is asked about one file."""
    began = time.monotonic()
    # Whoever has a key knows its account; whoever pastes a template does not.
    account = [] if ".pasted." in path.name else ["--account", source(path)["account"]]
    made = {"path": path, "lints": {}, "verdicts": {}, "refused": None}
    for profile in ("default", "strict"):
        findings, errors = linted(binary, path, account, profile)
        if errors or findings is None:
            made["refused"] = "; ".join(errors)
            return made
        made["lints"][profile] = [(it["detection_id"], it["severity"], (it.get("location") or {}).get("start", {}).get("line"), it["title"]) for it in findings]
    for preset in PRESETS:
        done = said(binary, "prove", path, *account, "--preset", preset)
        try:
            answer = json.loads(done.stdout)
            made["verdicts"][preset] = (answer["verdict"], answer["why"])
        except ValueError:
            made["verdicts"][preset] = ("ERROR", done.stderr.strip()[-200:])
    made["seconds"] = time.monotonic() - began
    return made


def source(path):
    return json.loads((path.parent / f"{path.name.split('.')[0]}.source").read_text())


def all_judged(binary, paths, jobs):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda path: judged(binary, path), paths))


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return [*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows), ""]


def readings():
    """What a person said of each lint that was read: code → (read, false, debatable, why)."""
    path = HERE / "judged.tsv"
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:] if line.strip()] if path.is_file() else []
    return {row[0]: row[1:] for row in rows}


def sources(results):
    made = [source(result["path"]) for result in results]
    forms = collections.Counter(it["form"] for it in made)
    repositories = {it["repository"] for it in made}
    partial = sum(it["partial"] for it in made)
    named = ", ".join(f"{count} {form}" for form, count in forms.most_common())
    return f"{len(made)} distinct policies of {len(repositories)} repositories ({named}; {partial} of them are parts that a module merges with others)."


def refusals(results, what):
    refused = [result for result in results if result["refused"] is not None]
    lines = [f"{what}: {len(results)} given, {len(results) - len(refused)} read, {len(refused)} refused.", ""]
    reasons = collections.Counter(re.sub(r"^\S*?:\d+:\d+:\s*|[\w./-]+\.(json|yaml)[:\d]*\s*", "", result["refused"])[:160] for result in refused)
    return lines + [f"- {count} × {reason}" for reason, count in reasons.most_common()] + ([""] if reasons else [])


def verdicts(results):
    rows = []
    for preset in PRESETS:
        counts = collections.Counter(result["verdicts"][preset][0] for result in results if result["verdicts"])
        rows.append([f"`{preset}`", *(counts[name] for name in ("PROVED", "REFUTED", "UNKNOWN", "ERROR"))])
    return table(["preset", "PROVED", "REFUTED", "UNKNOWN", "error"], rows)


def kind_of(why):
    """The construct that a reason names, without its names and numbers."""
    for pattern, kind in KINDS:
        if re.search(pattern, why):
            return kind
    return re.sub(r"`[^`]*`", "…", re.sub(r"\d+", "N", why))[:140]


def unknowns(results):
    """What stops proofs, the names in it left out."""
    reasons = collections.Counter()
    files = collections.defaultdict(set)
    for result in results:
        for preset, (verdict, why) in result["verdicts"].items():
            if verdict in ("UNKNOWN", "ERROR"):
                kind = kind_of(why)
                reasons[kind] += 1
                files[kind].add(result["path"].name)
    return [f"- {count} verdicts of {len(files[kind])} policies: {kind}" for kind, count in reasons.most_common()] + [""]


def lints(results):
    counts = {profile: collections.Counter() for profile in ("default", "strict")}
    severity, raised_in = {}, collections.defaultdict(set)
    for result in results:
        for profile, found in result["lints"].items():
            for code, level, _, _ in found:
                counts[profile][code] += 1
                if profile == "default":
                    severity[code] = min(severity.get(code, level), level, key=SEVERITIES.index)
                    raised_in[code].add(result["path"].name)
    notes = readings()
    rows = []
    for code in sorted(set(counts["default"]) | set(counts["strict"])):
        read, false, debatable, why = (notes.get(code, []) + ["", "", "", ""])[:4]
        true = int(read) - int(false) - int(debatable) if read else ""
        rows.append([code, severity.get(code, "–"), counts["default"][code], len(raised_in[code]), counts["strict"][code], read, true, false, debatable, why])
    return table(["code", "severity", "raised", "in policies", "strict", "read", "true", "false", "debatable", "remark"], rows)


def page(binary, results, pasted, seconds):
    version = subprocess.run([binary, "--version"], capture_output=True, text=True).stdout.strip()
    each = sorted(result["seconds"] for result in [*results, *pasted] if "seconds" in result)
    files = len(each)
    return "\n".join([
        f"{sources(results)}",
        f"{version}, {datetime.date.today()}; {files} files × (2 lint runs and {len(PRESETS)} proofs, a process each) in {seconds:.0f} s,"
        f" median {1000 * statistics.median(each):.0f} ms a file, longest {1000 * each[-1]:.0f} ms.",
        "",
        "### Read", "", *refusals(results, "Policies"), *refusals(pasted, "The same as pasted from templates"),
        "### Proved", "", *verdicts(results), "What is outside the fragment:", "", *(unknowns(results) if any(v[0] in ("UNKNOWN", "ERROR") for r in results for v in r["verdicts"].values()) else ["- nothing", ""]),
        "As pasted, with the template's functions in it:", "", *verdicts(pasted), *unknowns(pasted),
        "### Lints", "", *lints(results),
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--binary", default=ROOT / "target" / "debug" / "keyreeve")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--details", type=Path, help="every finding and verdict, one JSON line a file, to read them")
    given = parser.parse_args()
    paths = sorted(given.folder.glob("*.json"))
    plain = [path for path in paths if ".pasted." not in path.name]
    if not plain:
        sys.exit(f"{given.folder} has no policies: oracles/policies/gather.py MIRRORS {given.folder}")
    began = time.monotonic()
    results = all_judged(given.binary, plain, given.jobs)
    pasted = all_judged(given.binary, sorted(given.folder.glob("*.pasted.*")), given.jobs)
    text = page(given.binary, results, pasted, time.monotonic() - began)
    if given.details:
        given.details.write_text("".join(json.dumps(dict(it, path=it["path"].name)) + "\n" for it in [*results, *pasted]))
    if given.out:
        old = given.out.read_text()
        before, after = old.split(BEGIN)[0], old.split(END)[1]
        given.out.write_text(f"{before}{BEGIN}\n\n{text.rstrip()}\n\n{END}{after}")
    else:
        print(text)


if __name__ == "__main__":
    main()
