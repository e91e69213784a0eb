#!/usr/bin/env python3
"""Checks what `keyreeve aws permissions` and `keyreeve aws bootstrap` print against tools of others.

The template by cfn-lint; Terraform by python-hcl2, with the template in it compared to the one printed alone; every IAM policy, those in the
template too, by parliament and by policy_sentry: each action exists (in botocore's model, where it is newer than their tables) and only reads; the commands by `sh -n`, and each of their options by botocore's model of CloudFormation.

    oracles/bootstrap.py [KEYREEVE]

Packages are installed, at fixed versions, into target/oracles/bootstrap. Exit status: 0 all right, 1 something is not, 2 the oracle could
not run; it never skips.
"""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "target" / "oracles" / "bootstrap"
VENV = HOME / "venv"
PACKAGES = ["cfn-lint==1.58.0", "python-hcl2==8.1.4", "pygohcl==1.2.9", "policy-sentry==0.15.2", "parliament==1.6.4", "botocore==1.44.5", "setuptools<81"]
TRUST = ["--trust-account", "999999999999"]
VARIANTS = {
    "plain": [],
    "closed": ["--trust-role", "team/audit", "--trust-permission-set", "SecurityAudit", "--external-id", "acme:7", "--role", "team/Reader"],
    "all": ["--with", "grants,rotations"],
    "pruned": ["--select", "AWS.KMS.RotationEnabled"],
}


def prepare():
    HOME.mkdir(parents=True, exist_ok=True)
    mark, wanted = HOME / "installed", "\n".join(PACKAGES)
    if mark.exists() and mark.read_text() == wanted:
        return
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([VENV / "bin" / "pip", "--quiet", "--disable-pip-version-check", "install", *PACKAGES], check=True)
    mark.write_text(wanted)


class Checks:
    def __init__(self, keyreeve):
        self.keyreeve, self.passed, self.failed, self.newer = keyreeve, 0, 0, set()

    @functools.cache
    def model(self, service):
        import botocore.session
        return botocore.session.get_session().get_service_model(service)

    def say(self, what, problems):
        problems = list(problems)
        self.failed += bool(problems)
        self.passed += not problems
        for problem in problems[:10]:
            print(f"{what}: {problem}")

    def run(self, *arguments):
        done = subprocess.run([self.keyreeve, "aws", *arguments], capture_output=True, text=True, env={**os.environ, "HOME": "/nonexistent"})
        if done.returncode != 0:
            raise SystemExit(f"keyreeve aws {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def template(self, name, options):
        text = self.run("bootstrap", *TRUST, *options, "--format", "cloudformation")
        path = HOME / f"{name}.yaml"
        path.write_text(text)
        done = subprocess.run([VENV / "bin" / "cfn-lint", "--include-checks", "I", "--", path], capture_output=True, text=True)
        self.say(f"cfn-lint {name}", [done.stdout + done.stderr] if done.returncode else [])
        from cfnlint.decode.cfn_yaml import loads
        role = loads(text)["Resources"]["Reader"]["Properties"]
        plain = json.loads(json.dumps(role).replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "111122223333"))
        substituted = flatten(plain)
        for policy in substituted["Policies"]:
            self.policy(f"{name} template", policy["PolicyDocument"])
        self.say(f"trust {name}", trust_problems(substituted["AssumeRolePolicyDocument"], options))
        return text

    def changes(self):
        """The roles that change keys: the actions of each exist and are its own, and nothing else is in the template."""
        from cfnlint.decode.cfn_yaml import loads
        options = ["--external-id", "acme:7", "--trust-role", "team/audit"]
        text = self.lint("remediation", "bootstrap", *TRUST, *options, "--remediation")
        roles = json.loads(json.dumps(loads(text)["Resources"]))
        problems, seen = [], set()
        for name, role in roles.items():
            role = flatten(json.loads(json.dumps(role["Properties"]).replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "111122223333")))
            problems += [f"{name}: {problem}" for problem in trust_problems(role["AssumeRolePolicyDocument"], options)]
            for policy in role["Policies"]:
                document = policy["PolicyDocument"]
                actions = {action for statement in document["Statement"] for action in statement["Action"]}
                problems += [f"{name}: {action} belongs to two roles" for action in actions & seen]
                seen |= actions
                self.policy(f"{name} of remediation", document, only_reads=False)
        if len(roles) != 7 or any(action.split(":")[1] not in self.model("kms").operation_names for action in seen):
            problems.append(f"{len(roles)} roles, actions {sorted(seen)}")
        self.say("remediation roles", problems)
        self.lint("events", "bootstrap", *TRUST, "--events", "o-abcdefghij")
        self.lint("events of members", "bootstrap", *TRUST, "--events", "o-abcdefghij", "--members-of", "eu-north-1")

    def lint(self, name, *arguments):
        text = self.run(*arguments, "--format", "cloudformation")
        path = HOME / f"{name.replace(' ', '-')}.yaml"
        path.write_text(text)
        done = subprocess.run([VENV / "bin" / "cfn-lint", "--include-checks", "I", "--", path], capture_output=True, text=True)
        self.say(f"cfn-lint {name}", [done.stdout + done.stderr] if done.returncode else [])
        return text

    def policy(self, name, document, only_reads=True):
        from policy_sentry.querying.actions import get_action_data
        problems = []
        for statement in document["Statement"]:
            for action in statement["Action"]:
                service, bare = action.split(":")
                data = get_action_data(service, bare)
                if not data:
                    # Newer than the table: then AWS's own model must have the call, and its name say that it only reads.
                    if bare not in self.model(service).operation_names or not bare.startswith(("Get", "List", "Describe")):
                        problems.append(f"nobody knows {action}")
                    continue
                for row in data[service]:
                    if only_reads and action != "sts:AssumeRole" and row["access_level"] not in ("Read", "List"):
                        problems.append(f"{action} is {row['access_level']}")
                    arn = row["resource_arn_format"]
                    if statement["Resource"] != "*" and arn == "*" and not any(r["resource_arn_format"] != "*" for r in data[service]):
                        problems.append(f"{action} takes no resource but *")
        import parliament
        known = {f"{service['prefix']}:{privilege['privilege']}".lower() for service in parliament.iam_definition for privilege in service["privileges"]}
        reduced = json.loads(json.dumps(document))
        newer = []
        for statement in reduced["Statement"]:
            newer += [action for action in statement["Action"] if action.lower() not in known]
            statement["Action"] = [action for action in statement["Action"] if action.lower() in known]
        reduced["Statement"] = [statement for statement in reduced["Statement"] if statement["Action"]]
        if newer:
            self.newer.update(newer)
        analysed = parliament.analyze_policy_string(json.dumps(reduced))
        problems += [str(finding) for finding in analysed.findings]
        self.say(f"policy {name}", problems)

    def terraform(self, name, options, template):
        import hcl2
        text = self.run("bootstrap", *TRUST, *options, "--format", "terraform")
        parsed = hcl2.loads(text)
        inner = re.search(r"<<-YAML\n(.*?)\n  YAML\n", text, re.S).group(1)
        inner = "".join(line.removeprefix("    ") + "\n" for line in inner.split("\n")).replace("$${", "${")
        kinds = sorted(key.strip('"') for resource in parsed["resource"] for key in resource)
        problems = [] if inner == template else ["the template in it differs from the one alone"]
        if kinds != ["aws_cloudformation_stack", "aws_cloudformation_stack_set", "aws_cloudformation_stack_set_instance"]:
            problems.append(f"resources {kinds}")
        if "${" in text.replace("$${", ""):
            problems.append("something of CloudFormation's would be read as Terraform's")
        self.say(f"terraform {name}", problems)

    def commands(self, name, options, template):
        text = self.run("bootstrap", *TRUST, *options, "--format", "stackset-commands")
        path = HOME / f"{name}.sh"
        path.write_text(text)
        done = subprocess.run(["sh", "-n", path], capture_output=True, text=True)
        problems = [done.stderr] if done.returncode else []
        if template not in text:
            problems.append("the template in it differs from the one alone")
        used = 0
        for line in text.split("YAML\n")[-1].replace("\\\n", " ").split("\n"):
            words = line.split()
            if words[:1] != ["aws"] or "wait" in words:
                continue
            model = self.model(words[1])
            operation = "".join(part.capitalize() for part in words[2].split("-"))
            if operation not in model.operation_names:
                problems.append(f"{words[1]} has no {operation}")
                continue
            shape = model.operation_model(operation).input_shape
            members = {re.sub(r"(?<!^)(?=[A-Z])", "-", member).lower() for member in shape.members}
            for option in re.findall(r" --([a-z-]+)", line):
                used += 1
                if option not in members | {"region", "query", "output"}:
                    problems.append(f"{operation} has no --{option}")
        if used < 15:
            problems.append(f"only {used} options were looked at")
        self.say(f"commands {name}", problems)


def flatten(value):
    if isinstance(value, dict):
        return value["Fn::Sub"] if set(value) == {"Fn::Sub"} else {key: flatten(each) for key, each in value.items()}
    return [flatten(each) for each in value] if isinstance(value, list) else value


def trust_problems(document, options):
    [statement] = document["Statement"]
    condition = statement.get("Condition", {})
    if statement["Principal"] != {"AWS": "arn:aws:iam::999999999999:root"}:
        yield f"principal {statement['Principal']}"
    if ("--external-id" in options) != ("sts:ExternalId" in condition.get("StringEquals", {})):
        yield "external id"
    if ("--trust-role" in options) != ("aws:PrincipalArn" in condition.get("ArnLike", {})):
        yield "roles"


def main(keyreeve):
    if Path(sys.prefix) != VENV:
        prepare()
        return subprocess.run([VENV / "bin" / "python", __file__, str(keyreeve)]).returncode
    checks = Checks(keyreeve)
    for name, options in VARIANTS.items():
        template = checks.template(name, options)
        checks.terraform(name, options, template)
        checks.commands(name, options, template)
    checks.changes()
    for whose in ("reader", "caller"):
        for partition in ("aws", "aws-cn", "aws-us-gov"):
            for with_ in ([], ["--with", "grants,rotations"]):
                text = checks.run("permissions", "--for", whose, "--partition", partition, *with_)
                checks.policy(f"{whose} {partition}", json.loads(text))
    if checks.newer:
        print(f"newer than parliament's table: {', '.join(sorted(checks.newer))}")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "debug" / "keyreeve").resolve()))
