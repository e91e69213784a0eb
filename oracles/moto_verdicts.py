#!/usr/bin/env python3
"""Keyreeve against moto, which we did not write: every verdict is what AWS's rules say of the key that was seeded, or a known fault of moto explains it.

    moto_verdicts.py          three accounts, two regions, every kind of key that moto can hold: scan --org, scan, snapshot
    moto_verdicts.py --write  writes docs/moto.md from what it found, instead of comparing

The rules below are written from AWS's documentation, not from the detections. A fault that nothing shows any more is a problem too.
"""

import dataclasses
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Callable

import boto3

import live
import moto_story
from moto_server import TEAM

HERE = Path(__file__).resolve().parent
PAGE = live.ROOT / "docs" / "moto.md"
DELETING = ("PendingDeletion", "PendingReplicaDeletion")
NA = "NOT_APPLICABLE"


# What AWS would show, by detection: from the key as it was seeded (`oracles/moto_server.py`), minutes ago and never used.

def rotates_by_itself(key):
    return key["origin"] == "AWS_KMS" and key["spec"] == "SYMMETRIC_DEFAULT"


def waits_for_import(key):
    return key["origin"] == "EXTERNAL" and not key["material"]


def expected(key, environment):
    deleting = key["state"] in DELETING
    lower = environment in ("staging", "development")
    scheduled = {"AWS.KMS.RotationEnabled", "AWS.KMS.RotationOverdue", "AWS.KMS.RotationPeriod"}
    rules = {
        "AWS.KMS.Alias": NA if deleting else passes(key["aliases"]),
        # Every key was seeded with AWS's default policy: the account, and through it IAM. Grants are not read unless asked for.
        **dict.fromkeys(("AWS.KMS.ConfusedDeputy", "AWS.KMS.ExternalAccess", "AWS.KMS.Manageable", "AWS.KMS.OrphanedPrincipal", "AWS.KMS.PublicAccess",
                         "AWS.KMS.SeparationOfDuties"), "PASS"),
        "AWS.KMS.Grants": NA,
        "AWS.KMS.DeletionWindow": NA,
        "AWS.KMS.Description": NA if deleting else passes(key["description"].strip()),
        "AWS.KMS.MaterialExpiring": NA if deleting or key["origin"] != "EXTERNAL" else passes(key["material"]),
        "AWS.KMS.ReplicaDeletionPending": passes(lower or key["state"] != "PendingReplicaDeletion"),
        "AWS.KMS.RequiredTags": NA if deleting else passes(key["tags"].get(TEAM, "").strip()),
        "AWS.KMS.RotationEnabled": passes(key["rotation"]),
        "AWS.KMS.RotationOverdue": "PASS" if key["rotation"] else NA,
        "AWS.KMS.RotationPeriod": passes(key["rotation"] <= 365) if key["rotation"] else NA,
        "AWS.KMS.ScheduledForDeletion": passes(lower or key["state"] != "PendingDeletion"),
        "AWS.KMS.Unusable": NA if deleting or waits_for_import(key) else "PASS",
        "AWS.KMS.Unused": NA if deleting or waits_for_import(key) or key["multi_region"] else "PASS",
    }
    if deleting or not rotates_by_itself(key):
        rules.update(dict.fromkeys(scheduled, NA))
    return rules


def passes(truth):
    return "PASS" if truth else "FAIL"


# Known faults of moto 5.2.5, each with the verdicts that it changes. `got` is what Keyreeve rightly says of what moto answers.

@dataclasses.dataclass
class Fault:
    operation: str
    what: str
    detections: tuple
    keys: Callable
    expected: tuple
    got: str
    unknown: tuple = ()  # the facts that an UNKNOWN must name


FAULTS = [
    Fault("GetKeyLastUsage", "not there: HTTP 500 with an HTML page. The fact is unknown, and named", ("AWS.KMS.Unused",),
          lambda key: not waits_for_import(key), ("PASS",), "UNKNOWN", ("KeyLastUsage", "TrackingStartDate")),
    Fault("GetKeyLastUsage", "not there: whether something still uses a disabled key is unknown", ("AWS.KMS.Unusable",),
          lambda key: key["state"] == "Disabled", ("PASS",), "UNKNOWN", ("KeyLastUsage", "TrackingStartDate")),
    Fault("GetKeyRotationStatus", "tells the flag only, neither RotationPeriodInDays nor NextRotationDate: whoever rotates has no period to judge", ("AWS.KMS.RotationPeriod",),
          lambda key: key["rotation"], ("PASS", "FAIL"), "UNKNOWN"),
    Fault("GetKeyRotationStatus", "tells no NextRotationDate: no date to be overdue", ("AWS.KMS.RotationOverdue",),
          lambda key: key["state"] == "Enabled", ("PASS",), "UNKNOWN"),
    Fault("GetKeyRotationStatus", "tells no NextRotationDate: a disabled key with the flag on, without a date, waits for its rotation", ("AWS.KMS.RotationOverdue",),
          lambda key: key["state"] == "Disabled", ("PASS",), "FAIL"),
    Fault("DescribeKey", "an imported key has no ExpirationModel: whether the material expires cannot be told", ("AWS.KMS.MaterialExpiring",),
          lambda key: key["material"], ("PASS",), "UNKNOWN"),
    Fault("DescribeKey", "a key that waits for its material is Enabled, not PendingImport", ("AWS.KMS.MaterialExpiring",),
          waits_for_import, ("FAIL",), "UNKNOWN"),
    Fault("DescribeKey", "a key that waits for its material is Enabled, not PendingImport: it looks usable", ("AWS.KMS.Unusable",),
          waits_for_import, (NA,), "PASS"),
    Fault("DescribeKey", "a key that waits for its material is Enabled, not PendingImport: its use is asked for, and GetKeyLastUsage is not there", ("AWS.KMS.Unused",),
          waits_for_import, (NA,), "UNKNOWN", ("KeyLastUsage", "TrackingStartDate")),
    Fault("ReplicateKey", "the replica has its primary's aliases, although on AWS an alias belongs to one region", ("AWS.KMS.Alias",),
          lambda key: key["multi_region"] == "REPLICA", ("FAIL",), "PASS"),
]


def explain(key, detection, wanted, finding):
    """The fault that makes the difference, or None."""
    for fault in FAULTS:
        if detection in fault.detections and fault.keys(key) and wanted in fault.expected and finding["status"] == fault.got:
            named = {fact["field"] for fact in finding.get("unknown_facts", [])}
            if not fault.unknown or (named and named <= set(fault.unknown)):
                return fault
    return None


def compare(truth, table, accounts, problems, shown):
    arns = {key["arn"] for key in truth["keys"] if key["account"] in accounts}
    for key in truth["keys"]:
        if key["account"] not in accounts:
            continue
        for detection, wanted in expected(key, truth["environments"][key["account"]]).items():
            finding = table.pop((detection, key["arn"]), None)
            where = f"{detection} of {key['kind']} in {key['account']} {key['region']}"
            if finding is None:
                problems.append(f"{where}: not judged")
            elif finding["status"] != wanted:
                fault = explain(key, detection, wanted, finding)
                if fault is None:
                    problems.append(f"{where}: {finding['status']} ({finding['reason']}; {finding.get('unknown_facts')}), AWS: {wanted}")
                else:
                    shown[id(fault)] += 1
            for fact in finding.get("unknown_facts", []) if finding else []:
                if not (fact["operation"] and fact["code"] and fact["message"]):
                    problems.append(f"{where}: an unknown fact without a cause: {fact}")
    for detection, arn in table:
        problems.append(f"{detection} of {arn}: {'a detection this oracle has no rule for' if arn in arns else 'a key that was not seeded'}")


# The same facts, read by boto3

def facts_by_boto3(endpoint, truth, account):
    """What moto tells boto3 of each key, in the fields of our resource. AssumeRole, as Keyreeve does."""
    common = {"endpoint_url": endpoint, "aws_access_key_id": "AKIAMOTOMOTOMOTOMOTO", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    if account != truth["management"]:
        role = boto3.client("sts", **common).assume_role(RoleArn=f"arn:aws:iam::{account}:role/Reader", RoleSessionName="oracle")["Credentials"]
        common |= {"aws_access_key_id": role["AccessKeyId"], "aws_secret_access_key": role["SecretAccessKey"], "aws_session_token": role["SessionToken"]}
    for region in truth["regions"]:
        kms = boto3.client("kms", **{**common, "region_name": region})
        aliases = {}
        for alias in kms.list_aliases()["Aliases"]:
            aliases.setdefault(alias.get("TargetKeyId"), []).append(alias["AliasName"])
        for entry in kms.list_keys()["Keys"]:
            told = kms.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]
            yield told["Arn"], {
                **{name: told.get(name) for name in ("KeyId", "Description", "Enabled", "KeyManager", "KeyState", "KeyUsage", "Origin", "KeySpec", "MultiRegion")},
                "AccountId": told["AWSAccountId"], "Region": region, "Aliases": sorted(aliases.get(entry["KeyId"], [])),
                "KeyRotationEnabled": kms.get_key_rotation_status(KeyId=entry["KeyId"])["KeyRotationEnabled"],
                "Tags": {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=entry["KeyId"])["Tags"]},
                "Policy": kms.get_key_policy(KeyId=entry["KeyId"], PolicyName="default")["Policy"],
                "CreationDate": told["CreationDate"].strftime("%Y-%m-%dT%H:%M:%S"), "DeletionDate": told["DeletionDate"].strftime("%Y-%m-%dT%H:%M:%S") if "DeletionDate" in told else None,
                "MultiRegionConfiguration": told.get("MultiRegionConfiguration"),
            }


def compare_facts(endpoint, truth, taken, problems):
    resources = dict(taken["resource"])
    for account in truth["environments"]:
        for arn, facts in facts_by_boto3(endpoint, truth, account):
            ours = resources.pop(arn, None)
            if ours is None:
                problems.append(f"snapshot: {arn} is missing")
                continue
            for name, value in facts.items():
                told = ours.get(name)
                if name.endswith("Date") and isinstance(told, str):
                    told = told[:19]
                if name in ours.get("Unknown", {}):
                    told = f"unknown: {ours['Unknown'][name]}"
                # A replica carries its primary's rotation facts, whatever the replica's own answer is.
                if told != value and not (name in ("EncryptionAlgorithms", "SigningAlgorithms") and not told and not value):
                    problems.append(f"snapshot: {name} of {arn} is {told!r}, boto3 reads {value!r}")
    for arn, resource in resources.items():
        if resource.get("ResourceType") == "AWS.KMS.Key":
            problems.append(f"snapshot: {arn} is not in moto")


def unread(taken, truth, problems):
    """What moto cannot answer is a named unknown fact of each key, or a named error of each region: nothing is silently absent."""
    for arn, resource in taken["resource"].items():
        unknown = resource.get("Unknown", {})
        if "KeyLastUsage" not in unknown and resource.get("KeyManager") == "CUSTOMER":
            problems.append(f"snapshot: {arn} has no word of GetKeyLastUsage, which failed: {sorted(unknown)}")
        for name, cause in unknown.items():
            if "<" in cause["message"] or not cause["operation"] or not cause["code"]:
                problems.append(f"snapshot: the cause of {name} of {arn} is {cause}")
    named = {(error.get("account_id"), error.get("region")) for error in taken["error"] if error.get("operation") == "DescribeCustomKeyStores"}
    unread_stores = {(account, region) for account in truth["environments"] for region in truth["regions"]} - named
    for account, region in sorted(unread_stores):
        problems.append(f"snapshot: no error line says that DescribeCustomKeyStores failed in {account} {region}")


def page(shown, judged):
    lines = ["# Keyreeve against moto", "",
             "<!-- Written by oracles/moto_verdicts.py --write; `./x oracles moto` compares. -->", "",
             "moto 5.2.5 (PyPI), which we did not write, holds three accounts and two regions with every kind of key that it can hold. `keyreeve scan --org`, `scan` of one account, and "
             f"`scan` of the snapshot are compared with verdicts that the oracle works out from what was seeded and what AWS documents: {judged:,} judgements in `scan --org`. "
             "Every difference must be explained by one of these faults of moto, and each of these must still show.", "",
             "| operation | fault of moto | detection | AWS | on moto | judgements |", "|---|---|---|---|---|---|"]
    for fault in FAULTS:
        lines.append(f"| {fault.operation} | {fault.what} | {', '.join(fault.detections)} | {' or '.join(fault.expected)} | {fault.got} | {shown[id(fault)]} |")
    lines += ["", "What changes no verdict, but must be survived: Account `ListRegions` and `DescribeCustomKeyStores` answer HTTP 404 and 500 with HTML pages (named, not fatal; regions are given with `--region`); "
              "Organizations answers JSON as `text/html`; `ListAliases` lists `alias/aws/…` without keys; nothing is paged; no call is refused or throttled.", "",
              "Kinds that moto cannot hold (ML-DSA, ML-KEM, Ed25519, waiting for replicas, unavailable, custom key stores, expiring material, AWS-managed keys) are judged on the simulator only.", ""]
    return "\n".join(lines) + "\n" + moto_story.section()


def findings(arguments, env):
    # moto's replica shares its MultiRegionConfiguration with its primary: which of them says REPLICA depends on who was described first.
    done = live.keyreeve(["scan", *arguments, "--ignore", "AWS.KMS.ReplicaPolicyDrift", "--all", "--fail-on", "none", "--format", "json", "--no-progress"], env, expected=(0, 4))
    return done, live.document(done.stdout)


def main(arguments):
    problems, shown = [], Counter()
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        command = [sys.executable, HERE / "moto_server.py", "--seed", "organisation", "--truth", place / "truth.json"]
        with live.server(command) as (endpoint, _, _):
            truth = json.loads((place / "truth.json").read_text(encoding="utf-8"))
            env = live.environment(endpoint, home=place)
            regions = [part for region in truth["regions"] for part in ("--region", region)]
            done, found = findings(["--org", "--role", "Reader", *regions], env)
            judged = len(found["findings"])
            compare(truth, live.verdicts(found), set(truth["environments"]), problems, shown)
            if done.returncode != 4:
                problems.append(f"scan --org ended with {done.returncode}: facts were unknown, so 4 is right")
            _, single = findings(regions, env)
            compare(truth, live.verdicts(single), {truth["management"]}, problems, Counter())
            taken = place / "moto.jsonl"
            live.keyreeve(["snapshot", "--org", "--role", "Reader", *regions, "-o", taken, "--no-progress"], env, expected=(0, 4))
            lines = live.snapshot(taken)
            compare_facts(endpoint, truth, lines, problems)
            unread(lines, truth, problems)
            _, again = findings([taken], env)
            same(found, again, problems)
    for fault in FAULTS:
        if not shown[id(fault)]:
            problems.append(f"moto no longer shows this: {fault.operation}: {fault.what} ({', '.join(fault.detections)})")
    if "--write" in arguments and not problems:
        PAGE.write_text(page(shown, judged), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page(shown, judged):
        problems.append("docs/moto.md is not what was found: oracles/moto_verdicts.py --write")
    return live.conclude("moto", problems, f"{judged:,} judgements of {len(truth['keys'])} keys, {sum(shown.values())} differ, all by {len(FAULTS)} known faults")


def same(found, again, problems):
    """The snapshot gives the same verdicts as the live scan did, with the same causes."""
    live_table, file_table = live.verdicts(found), live.verdicts(again)
    for place in sorted(live_table.keys() | file_table.keys()):
        one, other = live_table.get(place), file_table.get(place)
        if one is None or other is None or (one["status"], one["fingerprint"], one.get("unknown_facts")) != (other["status"], other["fingerprint"], other.get("unknown_facts")):
            problems.append(f"{place}: live {one and (one['status'], one.get('unknown_facts'))}, from the snapshot {other and (other['status'], other.get('unknown_facts'))}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (live.Failed, subprocess.SubprocessError) as error:
        print(f"moto: {error}")
        sys.exit(2)
