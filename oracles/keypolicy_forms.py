#!/usr/bin/env python3
"""Checks what `keyreeve keypolicy generate` writes with tools of others: each form of each wish.

CloudFormation by cfn-lint, in a template with the key; Terraform by HashiCorp's own HCL parser (in Go, which pygohcl wraps) and by python-hcl2, with
the statements in it compared to those of the JSON form;
the JSON form by json, against cfn-lint's schema of a key policy too.

    oracles/keypolicy_forms.py [KEYREEVE]

Packages are those of oracles/bootstrap.py, at the same versions. Exit status: 0 all right, 1 something is not.
"""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from bootstrap import HOME, ROOT, VENV, prepare

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
WISHES = {
    "administrators": ["--admin", "permission-set:KeyAdministrator"],
    "users": ["--admin", "permission-set:AdministratorAccess", "--user", ROLE, "--user", f"arn:aws:iam::{ACCOUNT}:user/jo"],
    "full": ["--delegate", "full", "--admin", ROLE],
    "grants": ["--admin", "permission-set:KeyAdministrator", "--user", ROLE, "--grants"],
    "service": ["--admin", ROLE, "--service", f"cloudtrail=arn:aws:cloudtrail:eu-north-1:{ACCOUNT}:trail/main", "--service", "logs", "--region", "eu-north-1"],
    "accounts": ["--admin", ROLE, "--user", "444455556666"],
    "signing": ["--admin", ROLE, "--user", f"arn:aws:iam::{ACCOUNT}:role/signer", "--key-usage", "SIGN_VERIFY", "--key-spec", "ECC_NIST_P256"],
    "mac": ["--admin", ROLE, "--user", f"arn:aws:iam::{ACCOUNT}:role/mac", "--key-usage", "GENERATE_VERIFY_MAC", "--key-spec", "HMAC_256"],
    "agreement": ["--admin", ROLE, "--user", f"arn:aws:iam::{ACCOUNT}:role/peer", "--key-usage", "KEY_AGREEMENT", "--key-spec", "ECC_NIST_P384"],
    "imported": ["--admin", ROLE, "--origin", "EXTERNAL", "--deletion-floor", "30"],
    "multi-region": ["--admin", ROLE, "--user", f"arn:aws:iam::{ACCOUNT}:role/app", "--multi-region"],
}


def generated(keyreeve, wish, *form):
    command = [keyreeve, "keypolicy", "generate", "--account", ACCOUNT, *wish, *form]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def cloudformation(name, text):
    """What cfn-lint has against the form in a template."""
    body = text if text.lstrip().startswith("KeyPolicy") else "KeyPolicy:\n" + textwrap.indent(text, "  ")
    template = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n    Properties:\n"
    path = HOME / f"policy-{name}.yaml"
    path.write_text(template + textwrap.indent(body, "      "))
    done = subprocess.run([VENV / "bin" / "cfn-lint", "--include-checks", "I", "--", path], capture_output=True, text=True)
    # The sibling forms of a tool that knows older actions only.
    found = [line for line in (done.stdout + done.stderr).splitlines() if re.match(r"[EWI]\d{4}", line)]
    return [line for line in found if line[:5] not in ("I3042",)]


def many(value):
    return value if isinstance(value, list) else [value]


def bare(value):
    """A value of python-hcl2 without the quotes that it keeps."""
    if isinstance(value, str):
        return value.strip('"')
    if isinstance(value, list):
        return [bare(each) for each in value]
    return value


def statements_of_json(text):
    made = []
    for statement in json.loads(text)["Statement"]:
        principal = statement.get("Principal", {})
        names = ["*"] if principal == "*" else sorted(name for value in principal.values() for name in many(value))
        lines = sum(len(keys) for keys in statement.get("Condition", {}).values())
        made.append((statement["Sid"], statement["Effect"], sorted(many(statement["Action"])), len(names), lines))
    return made


def statements_of_hcl(parsed):
    documents = [inner for block in parsed["data"] for kind, outer in block.items() if bare(kind) == "aws_iam_policy_document" for inner in outer.values()]
    [document] = documents
    made = []
    for statement in document["statement"]:
        names = [name for block in statement.get("principals", []) for name in bare(block["identifiers"])]
        actions = sorted(bare(statement["actions"]))
        effect = bare(statement.get("effect", "Allow"))
        made.append((bare(statement["sid"]), effect, actions, len(names), len(statement.get("condition", []))))
    return made


def refused_by_hcl(text):
    """What HCL's own parser says of it."""
    import pygohcl

    try:
        return [] if pygohcl.loads(text) else ["HCL's own parser finds nothing in it"]
    except pygohcl.HCLParseError as error:
        return [f"HCL's own parser: {error}"]


def terraform(text, plain):
    import hcl2

    if problems := refused_by_hcl(text):
        return problems
    found, wanted = statements_of_hcl(hcl2.loads(text)), statements_of_json(plain)
    return [] if found == wanted else [f"Terraform says {found}, JSON {wanted}"]


def jsonencoded(text, plain):
    import hcl2

    source = text if "=" in text.split("jsonencode")[0] else "policy = " + text
    if problems := refused_by_hcl(source + "\n"):
        return problems
    parsed = hcl2.loads(source + "\n")
    sids = [sid for sid, *_ in statements_of_json(plain)]
    missing = [sid for sid in sids if sid not in text]
    return [f"{sid} is missing" for sid in missing] or ([] if parsed else ["nothing was parsed"])


def main(keyreeve):
    if Path(sys.prefix) != VENV:
        prepare()
        return subprocess.run([VENV / "bin" / "python", __file__, str(keyreeve)]).returncode
    passed, failed = 0, 0
    for name, wish in WISHES.items():
        plain = generated(keyreeve, wish)
        forms = {
            "CloudFormation": lambda: cloudformation(name, generated(keyreeve, wish, "--format", "cloudformation")),
            "JSON": lambda: cloudformation(f"{name}-json", plain),
            "Terraform": lambda: terraform(generated(keyreeve, wish, "--format", "terraform"), plain),
            "jsonencode": lambda: jsonencoded(generated(keyreeve, wish, "--format", "terraform", "--jsonencode"), plain),
        }
        for form, look in forms.items():
            problems = look()
            passed += not problems
            failed += bool(problems)
            for problem in problems[:5]:
                print(f"{name} as {form}: {problem}")
    print(f"{passed} forms right, {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "debug" / "keyreeve").resolve()))
