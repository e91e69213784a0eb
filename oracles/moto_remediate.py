#!/usr/bin/env python3
"""`keyreeve remediate apply` and `undo` against moto, which others wrote: rotation is turned on by the role of that action, moto says so, and off again.

moto lets everybody assume any role, forgets the period and has no Security Hub worth asking; what it does hold is asked of it by botocore.
"""

import json
import sys
import tempfile
from pathlib import Path

import botocore.session

import live

HERE = Path(__file__).parent


def finding(account, region, arn):
    resource = {"id": arn, "type": "AWS.KMS.Key", "account_id": account, "region": region, "name": "k"}
    return {"schema_version": 1, "findings": [{
        "fingerprint": "0" * 32, "detection_id": "AWS.KMS.RotationEnabled", "status": "FAIL", "severity": "MEDIUM", "title": "rotation", "reason": "off", "remediation": "on", "group": "g",
        "controls": ["KMS.4"], "attack": [], "location": None, "suppressed_by": None, "resource": resource}]}


def main():
    problems = []
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        command = [sys.executable, HERE / "moto_server.py", "--seed", "region", "--keys", "5", "--truth", place / "truth.json"]
        with live.server(command) as (endpoint, *_):
            truth = json.loads((place / "truth.json").read_text(encoding="utf-8"))
            account, region = truth["management"], truth["regions"][0]
            kms = botocore.session.Session().create_client("kms", region_name=region, endpoint_url=endpoint, aws_access_key_id="AKIAMOTOMOTOMOTOMOTO", aws_secret_access_key="x")
            key = next(key for key in truth["keys"] if key["kind"] == "not-rotating")
            rotates = lambda: kms.get_key_rotation_status(KeyId=key["arn"])["KeyRotationEnabled"]
            (place / "findings.json").write_text(json.dumps(finding(account, region, key["arn"])), encoding="utf-8")
            env = live.environment(endpoint, region=region, home=place)
            record = place / "record.jsonl"
            before = rotates()
            for arguments, wanted in ((["apply", place / "findings.json", "--record", record], True), (["undo", record], False)):
                live.keyreeve(["remediate", *arguments, "--yes", "-f", "json"], env, expected=(0,), cwd=place)
                if rotates() != wanted:
                    problems.append(f"after {arguments[0]} moto says that the key rotates: {rotates()}")
            if before:
                problems.append("the key rotated before")
    return live.conclude("moto_remediate", problems, "rotation turned on by its role, read back, and turned off again, as moto says itself")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except live.Failed as error:
        print(f"moto_remediate: {error}")
        sys.exit(2)
