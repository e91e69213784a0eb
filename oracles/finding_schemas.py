#!/usr/bin/env python3
"""Validates findings for other systems against what their owners publish.

ASFF batches against the service model of Security Hub (PyPI: botocore): its ParamValidator, what that leaves out (enumerations,
patterns, sizes of lists), the lengths that the model only tells in prose, and the rules of BatchImportFindings. OCSF events
against the schema of the version they declare and of the older ones we promise (PyPI: ocsf-json-schema).

    oracles/finding_schemas.py [FILE …]      the files (JSON Lines of either format), and the golden ones of crates/report

Packages are installed, at fixed versions, into target/oracles/findings. Exit status: 0 all valid, 1 something is not, 2 the
oracle could not run; it never skips.
"""

import copy
import datetime
import fcntl
import functools
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

from pins import pinned

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "target" / "oracles" / "findings"
VENV = HOME / "venv"
PACKAGES = pinned("botocore", "jsonschema", "ocsf-json-schema")
GOLDEN = [ROOT / "crates" / "report" / "tests" / "snapshots" / f"golden__{name}.snap.jsonl" for name in ("asff", "ocsf")]
# docs/formats.md promises that consumers of these read our events too.
OLDER = ("1.5.0", "1.6.0", "1.7.0")
PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f")


class Broken(Exception):
    """The oracle itself cannot do its work."""


def main(arguments):
    if Path(sys.prefix) != VENV:
        return rerun(arguments)
    for path in GOLDEN:
        if not path.exists():
            raise Broken(f"{path} is missing")
    paths = [*map(Path, arguments), *GOLDEN]
    failed = sum(0 if validate(path) else 1 for path in paths)
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


def rerun(arguments):
    """Makes the environment, once, and runs this file in it."""
    HOME.mkdir(parents=True, exist_ok=True)
    with open(HOME / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare()
    return subprocess.run([VENV / "bin" / "python", __file__, *arguments]).returncode


def prepare():
    wanted = hashlib.sha256("\n".join(PACKAGES).encode()).hexdigest()
    mark = HOME / "installed"
    if mark.exists() and mark.read_text() == wanted and (VENV / "bin" / "python").exists():
        return
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([VENV / "bin" / "pip", "--quiet", "--disable-pip-version-check", "install", *PACKAGES], check=True)
    mark.write_text(wanted)


def validate(path):
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        what, problems = check(lines)
    except (ValueError, OSError) as error:
        what, problems = "lines", [f"cannot be read: {error}"]
    except (LookupError, TypeError, AttributeError) as error:
        what, problems = "lines", [f"is not shaped as its format wants: {error!r}"]
    for problem in problems[:20]:
        print(f"{path}: {problem}")
    if not problems:
        print(f"{path}: valid ({len(lines)} {what})")
    return not problems


def check(lines):
    if not lines:
        return "lines", ["is empty"]
    if isinstance(lines[0], list):
        return "batches", list(check_batches(lines))
    return "events", list(check_events(lines))


# --- ASFF


@functools.cache
def import_shape():
    """The input of BatchImportFindings, after a proof that its validator refuses what is wrong."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    model = ServiceModel(Loader().load_service_model("securityhub", "service-2"), "securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    wrong = [{}, {"Findings": [{"Id": 1}]}, {"Findings": [{"RecordState": "GONE"}]}, {"Findings": [{"Nonsense": "x"}]}, {"Findings": []}]
    for request in wrong:
        if not list(shape_problems(request, shape)):
            raise Broken(f"the service model accepts {request}")
    return shape


def shape_problems(request, shape):
    from botocore.validate import ParamValidator

    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        yield report.generate_report()
    yield from beyond_botocore(request, shape, "", "")


def beyond_botocore(value, shape, path, prose):
    """What the model says and ParamValidator does not look at."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in value.items():
            if name not in shape.members:
                yield f"{path}/{name} is unknown"
            else:
                inner = shape.members[name]
                yield from beyond_botocore(member, inner, f"{path}/{name}", inner.documentation or "")
    elif shape.type_name == "list" and isinstance(value, list):
        yield from outside(len(value), shape.metadata, limit(prose, r"Maximum number of (\d+) items"), f"{path} has", "items")
        for index, item in enumerate(value):
            yield from beyond_botocore(item, shape.member, f"{path}/{index}", "")
    elif shape.type_name == "map" and isinstance(value, dict):
        yield from outside(len(value), shape.metadata, limit(prose, r"up to (\d+) key-value pairs"), f"{path} has", "pairs")
        for name, item in value.items():
            yield from outside(units(name), {}, limit(prose, r"key can contain up to (\d+)"), f"the key {path}/{name} has", "characters")
            yield from outside(units(item), {}, limit(prose, r"value can contain up to (\d+)"), f"{path}/{name} has", "characters")
            yield from beyond_botocore(item, shape.value, f"{path}/{name}", "")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from outside(units(value), shape.metadata, limit(prose, r"Maximum (?:length )?of (\d+)"), f"{path} has", "characters")
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{path} is {value!r}, not one of {', '.join(shape.enum)}"
        if "pattern" in shape.metadata and not re.search(shape.metadata["pattern"], value):
            yield f"{path} does not match {shape.metadata['pattern']}"


def outside(size, bounds, told, what, unit):
    least, most = bounds.get("min", 0), min(bounds.get("max", sys.maxsize), told)
    if not least <= size <= most:
        yield f"{what} {size} {unit}, {least} to {most} are taken"


def limit(prose, pattern):
    found = re.search(pattern, re.sub("<[^>]+>", "", prose))
    return int(found.group(1)) if found else sys.maxsize


def units(text):
    return len(text.encode("utf-16-le")) // 2


def check_batches(batches):
    shape = import_shape()
    prove_limits(shape)
    seen = set()
    for number, batch in enumerate(batches, 1):
        for problem in shape_problems({"Findings": batch}, shape):
            yield f"batch {number}: {problem}"
        if len(json.dumps(batch).encode()) > 6_000_000:
            yield f"batch {number} is larger than 6 MB"
        if len({(finding["AwsAccountId"], finding["Resources"][0]["Region"]) for finding in batch}) != 1:
            yield f"batch {number} is not of one account and region"
        for finding in batch:
            for problem in import_rules(finding):
                yield f"batch {number}, {finding['Id']}: {problem}"
            key = (finding["ProductArn"], finding["Id"])
            if key in seen:
                yield f"batch {number}, {finding['Id']}: twice"
            seen.add(key)


def prove_limits(shape):
    """The lengths stand in prose: were it reworded, they would silently be unlimited."""
    finding = shape.members["Findings"].member
    recommendation = finding.members["Remediation"].members["Recommendation"]
    for members, name, pattern, expected in (
        (finding.members, "Title", r"Maximum (?:length )?of (\d+)", 256),
        (finding.members, "Description", r"Maximum (?:length )?of (\d+)", 1024),
        (finding.members, "Id", r"Maximum (?:length )?of (\d+)", 512),
        (recommendation.members, "Text", r"Maximum (?:length )?of (\d+)", 512),
        (finding.members, "Resources", r"Maximum number of (\d+) items", 32),
        (finding.members["Compliance"].members, "RelatedRequirements", r"Maximum number of (\d+) items", 32),
        (finding.members, "ProductFields", r"up to (\d+) key-value pairs", 50),
        (finding.members, "ProductFields", r"value can contain up to (\d+)", 2048),
    ):
        if limit(members[name].documentation or "", pattern) != expected:
            raise Broken(f"the service model no longer says that {name} is limited to {expected}")


def import_rules(finding):
    """docs.aws.amazon.com: BatchImportFindings, "Integrating with custom products", "ASFF syntax"."""
    account, resource = finding["AwsAccountId"], finding["Resources"][0]
    if not re.fullmatch(r"\d{12}", account):
        yield f"AwsAccountId is {account!r}"
    arn = f":securityhub:{resource['Region']}:{account}:product/{account}/default"
    if finding["ProductArn"] not in [f"arn:{partition}{arn}" for partition in PARTITIONS]:
        yield f"ProductArn is {finding['ProductArn']}, not the default product of {account} in {resource['Region']}"
    if len(json.dumps(finding, ensure_ascii=False).encode()) > 240_000:
        yield "larger than 240 KB"
    for name in ("Workflow", "WorkflowState", "Note", "UserDefinedFields", "VerificationState"):
        if name in finding:
            yield f"{name} belongs to the customer"
    for name in ("CreatedAt", "UpdatedAt"):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", finding[name]):
            yield f"{name} is {finding[name]}"
        datetime.datetime.fromisoformat(finding[name].replace("Z", "+00:00"))
    if finding["UpdatedAt"] < finding["CreatedAt"]:
        yield "updated before it was created"
    provider = finding["FindingProviderFields"]
    if provider["Severity"] != finding["Severity"] or provider["Types"] != finding["Types"]:
        yield "FindingProviderFields say otherwise"
    spaces = ("Software and Configuration Checks", "TTPs", "Effects", "Unusual Behaviors", "Sensitive Data Identifications")
    for kind in finding["Types"]:
        if kind.split("/")[0] not in spaces or kind.count("/") > 2:
            yield f"Types has {kind!r}"
    status = finding["Compliance"]["Status"]
    if status == "NOT_AVAILABLE" and not finding["Compliance"].get("StatusReasons"):
        yield "NOT_AVAILABLE without a reason"
    control = finding["Compliance"].get("SecurityControlId")
    if control is not None and not re.fullmatch(r"[A-Za-z0-9]+\.\d+", control):
        yield f"SecurityControlId is {control!r}"


# --- OCSF


def check_events(events):
    versions = {event["metadata"]["version"] for event in events}
    if len(versions) != 1:
        yield f"versions {sorted(versions)}"
    uids = [event["metadata"]["uid"] for event in events]
    if len(set(uids)) != len(uids):
        yield "metadata.uid is not unique"
    for version in (*versions, *OLDER):
        validator, schema = ocsf(version)
        for number, event in enumerate(events, 1):
            event = copy.deepcopy(event)
            event["metadata"]["version"] = version
            for error in validator.iter_errors(event):
                yield f"event {number}, OCSF {version}: {error.json_path}: {error.message[:200]}"
            for problem in siblings(event, schema["classes"]["compliance_finding"], schema, ""):
                yield f"event {number}, OCSF {version}: {problem}"
    for number, event in enumerate(events, 1):
        for problem in event_rules(event):
            yield f"event {number}: {problem}"


@functools.cache
def ocsf(version):
    """The validator of a version, after a proof that it refuses what is wrong, and the schema behind it."""
    import jsonschema
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema, get_packaged_versions

    if version not in get_packaged_versions():
        raise Broken(f"ocsf-json-schema has no OCSF {version}")
    schema = get_ocsf_schema(version)
    validator = jsonschema.Draft202012Validator(OcsfJsonSchemaEmbedded(schema).get_class_schema("compliance_finding", ["cloud"]))
    good = {
        "activity_id": 1, "category_uid": 2, "class_uid": 2003, "type_uid": 200301, "time": 1, "severity_id": 1, "cloud": {"provider": "AWS"},
        "metadata": {"version": version, "product": {"name": "x"}}, "finding_info": {"uid": "x", "title": "x"}, "compliance": {},
    }
    if not validator.is_valid(good):
        raise Broken(f"OCSF {version} refuses the least event there is: {next(validator.iter_errors(good)).message}")
    for name, value in (("class_uid", 2004), ("activity_id", 42), ("time", "now"), ("metadata", {}), ("nonsense", 1), ("cloud", {})):
        if validator.is_valid({**good, name: value}):
            raise Broken(f"OCSF {version} accepts {name} {value!r}")
    return validator, schema


def siblings(value, shape, schema, path):
    """A name beside a number says what the schema calls the number, and nothing deprecated is used."""
    for name, member in value.items():
        attribute = shape["attributes"].get(name)
        if attribute is None:
            continue
        if attribute.get("@deprecated"):
            yield f"{path}/{name} is deprecated"
        caption = attribute.get("enum", {}).get(str(member), {}).get("caption")
        sibling = attribute.get("sibling") or re.sub("_(id|uid)$", "_name" if name in ("activity_id", "class_uid", "category_uid", "type_uid") else "", name)
        if caption and sibling in value and caption != "Other" and value[sibling] != caption:
            yield f"{path}/{sibling} is {value[sibling]!r} where {name} {member} is {caption!r}"
        inner = schema["objects"].get(attribute.get("object_type"))
        if inner and attribute["object_type"] != "object":
            for index, item in enumerate(member if isinstance(member, list) else [member]):
                yield from siblings(item, inner, schema, f"{path}/{name}" + (f"/{index}" if isinstance(member, list) else ""))


def event_rules(event):
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        yield f"type_uid is {event['type_uid']}"
    # Between 2010 and 2100 in milliseconds: seconds or microseconds are not.
    if not 1_262_304_000_000 < event["time"] < 4_102_444_800_000:
        yield f"time {event['time']} is not in milliseconds"
    if event["metadata"].get("profiles") != ["cloud"]:
        yield "profiles"
    account = event["cloud"].get("account")
    if account and (account["type_id"] != 10 or not re.fullmatch(r"\d{12}", account.get("uid", "0" * 12))):
        yield f"cloud.account is {account}"
    if event["compliance"]["status_id"] == 99 and not event["compliance"]["status"]:
        yield "compliance.status_id is 99 without the source's own word"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Broken, subprocess.CalledProcessError, OSError) as error:
        print(f"the oracle could not run: {error}", file=sys.stderr)
        sys.exit(2)
