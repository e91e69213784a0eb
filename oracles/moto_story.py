#!/usr/bin/env python3
"""The daemon's story on moto, which we did not write: KMS, STS, Organizations and SQS are moto's, seeded by boto3; Jira, ServiceNow and mail are our simulator's.

Every clause is asserted from outside: by the desk's APIs, by moto's own state as boto3 reads it, by the daemon's API. What moto lacks is done in its
place, as FAULTS says; a fault that nothing shows any more is a problem too. `moto_verdicts.py --write` puts the list on docs/moto.md.
"""

import base64
import datetime
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import live

HERE = Path(__file__).resolve().parent
REGION = "us-east-1"
MANAGEMENT = "123456789012"  # moto's, for whoever has no role
PATIENCE = 60  # seconds that anything may take


class Aws:
    """moto, as boto3 sees it: an organisation with a production and a development account, their keys, a queue."""

    def __init__(self, endpoint):
        self.common = {"endpoint_url": endpoint, "region_name": REGION, "aws_access_key_id": "AKIAMOTOMOTOMOTOMOTO", "aws_secret_access_key": "x"}
        self.endpoint = endpoint
        organizations = boto3.client("organizations", **self.common)
        organizations.create_organization(FeatureSet="ALL")
        self.accounts = {}
        for name, environment in (("shop-prod", "PROD"), ("shop-dev", "DEV")):
            tags = {"soar:environment": environment, "soar:team": "shop", "soar:team:email": f"{name}@example.com"}
            made = organizations.create_account(AccountName=name, Email=f"{name}@example.com", Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
            self.accounts[name] = made["CreateAccountStatus"]["AccountId"]
        sts = boto3.client("sts", **self.common)
        self.kms = {}
        for name, account in self.accounts.items():
            role = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/Admin", RoleSessionName="oracle")["Credentials"]
            who = {"aws_access_key_id": role["AccessKeyId"], "aws_secret_access_key": role["SecretAccessKey"], "aws_session_token": role["SessionToken"]}
            self.kms[name] = boto3.client("kms", **{**self.common, **who})
        self.sqs = boto3.client("sqs", **self.common)
        self.queue = self.sqs.create_queue(QueueName="keyreeve")["QueueUrl"]
        self.keys = {
            "doomed": self.key("shop-prod", "doomed", rotates=True),
            "toy": self.key("shop-dev", "toy", rotates=True),
            "plain": self.key("shop-prod", "plain"),
            "stack": self.key("shop-prod", "stack", tags={"aws:cloudformation:stack-name": "app", "aws:cloudformation:logical-id": "AppKey"}),
            "locked": self.key("shop-prod", "locked"),
        }
        refusal = {"operation": "EnableKeyRotation", "key": self.keys["locked"]["KeyId"]}
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/-/refuse", data=json.dumps(refusal).encode(), method="POST"), timeout=10).close()

    def key(self, account, name, rotates=False, tags=None):
        kms = self.kms[account]
        tags = [{"TagKey": key, "TagValue": value} for key, value in {"soar:team": "shop", **(tags or {})}.items()]
        made = kms.create_key(Description=f"For the story of {name}", KeyUsage="ENCRYPT_DECRYPT", KeySpec="SYMMETRIC_DEFAULT", MultiRegion=False, Tags=tags)["KeyMetadata"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=made["KeyId"])
        if rotates:
            kms.enable_key_rotation(KeyId=made["KeyId"])
        return {**made, "account": account}

    def rotates(self, name):
        key = self.keys[name]
        return self.kms[key["account"]].get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]

    def state(self, name):
        key = self.keys[name]
        return self.kms[key["account"]].describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]

    def call(self, name, operation, **parameters):
        """A person calls KMS, and CloudTrail's event of it is delivered, twice."""
        key = self.keys[name]
        method = re.sub("(?<!^)([A-Z])", r"_\1", operation).lower()
        getattr(self.kms[key["account"]], method)(KeyId=key["KeyId"], **parameters)
        event = json.dumps(self.event(key, operation, parameters))
        for _ in range(2):
            self.sqs.send_message(QueueUrl=self.queue, MessageBody=event)

    @staticmethod
    def event(key, operation, parameters):
        """What EventBridge delivers of CloudTrail's record. CloudTrail names the key in `resources` or only in the parameters: here each has one way."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        account = key["AWSAccountId"]
        role = f"arn:aws:sts::{account}:assumed-role/Admin/alice"
        camel = {name[0].lower() + name[1:]: value for name, value in parameters.items()}
        detail = {
            "eventVersion": "1.11", "userIdentity": {"type": "AssumedRole", "arn": role, "accountId": account}, "eventTime": now, "eventSource": "kms.amazonaws.com",
            "eventName": operation, "awsRegion": REGION, "sourceIPAddress": "192.0.2.1", "userAgent": "aws-cli/2", "requestParameters": {"keyId": key["KeyId"], **camel},
            "responseElements": {"keyId": key["Arn"]}, "requestID": str(uuid.uuid4()), "eventID": str(uuid.uuid4()), "readOnly": False, "eventType": "AwsApiCall",
            "managementEvent": True, "recipientAccountId": account, "eventCategory": "Management",
        }
        if key["account"] == "shop-prod":
            detail["resources"] = [{"accountId": account, "type": "AWS::KMS::Key", "ARN": key["Arn"]}]
        return {"version": "0", "id": str(uuid.uuid4()), "detail-type": "AWS API Call via CloudTrail", "source": "aws.kms", "account": account, "time": now, "region": REGION,
                "resources": [], "detail": detail}

    def waiting(self):
        """How many messages the queue still has, visible or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def counts(self):
        with urllib.request.urlopen(f"{self.endpoint}/-/counts", timeout=10) as reply:
            return json.load(reply)


class Desk:
    """Jira, ServiceNow and mail, asked as a person's scripts would ask them."""

    def __init__(self, lines):
        exports = dict(re.findall(r"^export (\w+)='?([^'\n]*)'?$", "".join(lines), re.M))
        self.env = {name: value for name, value in exports.items() if not name.startswith("AWS_")}

    def ask(self, url, user=None, password=None):
        request = urllib.request.Request(url, headers={"Accept": "application/json"})
        if user:
            request.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def shown(self):
        return self.ask(self.env["DESK_URL"].rstrip("/") + "/index.json")

    def issues(self, key, *words):
        """Jira's issues about a key with these words in their titles, by its REST API."""
        env, found = self.env, []
        for issue in self.shown()["issues"]:
            if all(word in issue["summary"] for word in words):
                whole = self.ask(f"{env['JIRA_URL']}/rest/api/3/issue/{issue['key']}", env["JIRA_USER"], env["JIRA_TOKEN"])["fields"]
                if key["KeyId"] in json.dumps(whole["description"]):
                    comments = self.ask(f"{env['JIRA_URL']}/rest/api/3/issue/{issue['key']}/comment", env["JIRA_USER"], env["JIRA_TOKEN"])["comments"]
                    found.append({**issue, "description": json.dumps(whole["description"]), "said": [json.dumps(comment["body"]) for comment in comments]})
        return found

    def records(self, key, *words):
        """ServiceNow's records about a key with these words in their titles, by its Table API."""
        env, found = self.env, []
        for record in self.shown()["incidents"]:
            fields = record["fields"]
            if all(word in fields["short_description"] for word in words) and key["KeyId"] in fields["description"]:
                url = f"{env['SERVICENOW_URL']}/api/now/table/incident/{record['sys_id']}?sysparm_display_value=true"
                whole = self.ask(url, env["SERVICENOW_USER"], env["SERVICENOW_PASSWORD"])["result"]
                found.append({**fields, "work_notes": whole["work_notes"]})
        return found

    def mails(self, *words):
        return [mail for mail in self.shown()["mails"] if all(word in (mail["subject"] or "") for word in words)]


class Daemon:
    """`keyreeve serve`, and what its API says."""

    def __init__(self, place, endpoint, queue, desk):
        self.port = live.free_port()
        self.config = place / "keyreeve.toml"
        self.config.write_text(CONFIG.format(port=self.port, queue=queue, region=REGION, **desk.env), encoding="utf-8")
        self.env = {**live.environment(endpoint, region=REGION, home=place), **{name: desk.env[name] for name in ("JIRA_TOKEN", "SERVICENOW_PASSWORD")}}
        self.log_file = place / "log"
        self.place = place

    @contextmanager
    def running(self):
        with self.log_file.open("w") as log:
            process = subprocess.Popen([str(live.KEYREEVE), "serve", "--config", str(self.config)], env=self.env, cwd=self.place, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=30) as reply:
                return json.load(reply)
        except OSError as error:
            return live_or_none(error)

    def items(self, path):
        return (self.get(path) or {}).get("items", [])

    def finding(self, key, control):
        return next((it for it in self.items(f"findings?resource={key['Arn']}&limit=1000") if it["control"] == control), None)

    def log(self):
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        return "".join(line for line in lines if '"message":"answered"' not in line)


def live_or_none(error):
    """A daemon that does not listen yet has nothing to say; one that refuses a question is a failure."""
    if isinstance(error, urllib.error.HTTPError):
        raise live.Failed(f"{error.url} answered {error.code}: {error.read()[:500]!r}")
    return None


# What moto 5.2.5 lacks for this story, what is done in its place, and whether that still is so.

@dataclass
class Fault:
    operation: str
    what: str
    instead: str
    shows: Callable


def tells_nobody(aws):
    """A rule for KMS's events leads to a queue, a key is made and disabled, and nothing arrives."""
    events = boto3.client("events", **aws.common)
    queue = aws.sqs.create_queue(QueueName="from-event-bridge")["QueueUrl"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="kms", EventPattern=json.dumps({"source": ["aws.kms"]}))
    events.put_targets(Rule="kms", Targets=[{"Id": "queue", "Arn": arn}])
    kms = boto3.client("kms", **aws.common)
    kms.disable_key(KeyId=kms.create_key(KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"])
    return not aws.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0).get("Messages")


def refuses_nobody(aws):
    """A key policy denies everybody EnableKeyRotation, and it is done all the same."""
    kms = boto3.client("kms", **aws.common)
    denied = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:EnableKeyRotation", "Resource": "*"}
    key = kms.create_key(KeyUsage="ENCRYPT_DECRYPT", Policy=json.dumps({"Version": "2012-10-17", "Statement": [denied]}))["KeyMetadata"]["KeyId"]
    try:
        kms.enable_key_rotation(KeyId=key)
    except ClientError:
        return False
    return kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]


def forgets_the_period(aws):
    kms = boto3.client("kms", **aws.common)
    key = kms.create_key(KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    return "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=key)


def makes_keys_of_no_kind(aws):
    kms = boto3.client("kms", **aws.common)
    made = kms.create_key()["KeyMetadata"]
    return made.get("MultiRegion") is None and not made.get("KeyUsage")


def has_no_updates_of_findings(aws):
    hub = boto3.client("securityhub", **{**aws.common, "config": Config(retries={"total_max_attempts": 1})})
    try:
        hub.batch_update_findings(FindingIdentifiers=[{"Id": "x", "ProductArn": f"arn:aws:securityhub:{REGION}::product/aws/securityhub"}], Note={"Text": "x", "UpdatedBy": "x"})
    except ClientError:
        return True
    return False


FAULTS = [
    Fault("EventBridge", "tells nobody what is called of KMS, rule or not", "the oracle puts CloudTrail's event of each call into the queue, twice, as SQS may deliver it", tells_nobody),
    Fault("CreateKey", "without MultiRegion and KeyUsage makes a key that has neither, which leaves a plan in doubt whether it is a replica", "the oracle always says both", makes_keys_of_no_kind),
    Fault("EnableKeyRotation", "is refused to nobody, whatever the key's policy denies", "for one key a front before moto answers `AccessDeniedException`", refuses_nobody),
    Fault("EnableKeyRotation", "forgets RotationPeriodInDays", "the daemon verifies what is told: that the key rotates", forgets_the_period),
    Fault("BatchUpdateFindings", "is not there, and GetFindings does not filter", "Security Hub has its part of the story on our simulator", has_no_updates_of_findings),
]


def section():
    """The story's part of docs/moto.md."""
    lines = ["## The daemon's story", "",
             "`./x oracles moto_story`: boto3 makes an organisation, accounts, keys and a queue in moto; `keyreeve serve` works on them, with tickets and mail on our simulator. A key of production that is "
             "scheduled for deletion becomes a CRITICAL ticket in Jira and in ServiceNow, is reminded of, and is closed when the deletion is cancelled; one of development becomes a line of the log; rotation is "
             "turned on and read back; the key of a stack gets a ticket with the patch, and the key that refuses us a TEAMFIX. moto's part is done by others where it lacks it:", "",
             "| operation | fault of moto | instead |", "|---|---|---|"]
    lines += [f"| {fault.operation} | {fault.what} | {fault.instead} |" for fault in FAULTS]
    return "\n".join(lines) + "\n"


CONFIG = """
[aws]
org = true
role = "KeyreeveReader"
regions = ["{region}"]
[triage]
remediate = ["KMS.4"]
# moto's accounts are minutes old, and findings of new accounts wait.
new_account_hours = 0
[triage.hours]
# Overdue at once.
critical = 0
[serve]
mode = "act"
listen = "127.0.0.1:{port}"
open_on_loopback = true
destinations = ["jira", "servicenow"]
[serve.intake]
queues = ["{queue}"]
[serve.times]
debounce_seconds = 1
[serve.code."app/AppKey"]
file = "stacks/app.yaml"
line = 12
[serve.tickets.jira]
kind = "jira-cloud"
address = "{JIRA_URL}"
project = "SEC"
user = "{JIRA_USER}"
secret = "env:JIRA_TOKEN"
allow_private = true
search_lag_seconds = 0
[serve.tickets.servicenow]
kind = "servicenow"
address = "{SERVICENOW_URL}"
user = "{SERVICENOW_USER}"
secret = "env:SERVICENOW_PASSWORD"
allow_private = true
[serve.mail]
host = "{SMTP_HOST}"
port = {SMTP_PORT}
security = "none"
from = "Keyreeve <keyreeve@example.com>"
allow_private = true
"""


class Story:
    """The clauses, in order. Each says what must become so, and waits for it."""

    def __init__(self, aws, desk, daemon):
        self.aws, self.desk, self.daemon, self.problems, self.times = aws, desk, daemon, [], {}

    def wait(self, what, until):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = until()
            if found:
                return found
            time.sleep(0.1)
        told = json.dumps(self.desk.shown())[:4000] + json.dumps(self.daemon.items("findings?limit=1000"))[:8000]
        raise live.Failed(f"{what} did not come within {PATIENCE} s\n{told}\n{self.daemon.log()[-6000:]}")

    def must(self, truth, what):
        if not truth:
            self.problems.append(what)

    def rotation_off_is_enabled_verified_and_autofixed(self):
        plain = self.aws.keys["plain"]
        issue = self.wait("the fix in Jira", lambda: [it for it in self.desk.issues(plain, "AUTOFIXED") if it["done"]])[0]
        self.wait("the fix in ServiceNow", lambda: [it for it in self.desk.records(plain, "AUTOFIXED") if it["state"] in ("6", "7")])
        self.must(self.aws.rotates("plain"), "moto says that the key does not rotate")
        self.must("EnableKeyRotation" in issue["description"], f"the ticket does not say what was done: {issue['description']}")
        fixes = [it for it in self.daemon.items("remediations") if it["resource"] == plain["Arn"]]
        self.must([it["state"] for it in fixes] == ["verified"], f"the fix is not verified: {fixes}")

    def what_cloudformation_owns_gets_a_ticket_with_the_patch(self):
        stack = self.aws.keys["stack"]
        issue = self.wait("the patch in Jira", lambda: self.desk.issues(stack, "TEAM FIX", "rotat"))[0]
        record = self.wait("the patch in ServiceNow", lambda: self.desk.records(stack, "TEAM FIX", "rotat"))[0]
        for text in (issue["description"], record["description"]):
            for part in ("EnableKeyRotation: true", "stacks/app.yaml", "AppKey"):
                self.must(part in text, f"{part} is missing in the ticket: {text}")
        self.must(not self.aws.rotates("stack"), "a key of CloudFormation was changed behind its back")

    def access_denied_is_a_team_fix_and_never_suppressed(self):
        locked = self.aws.keys["locked"]
        self.wait("the refused fix in Jira", lambda: self.desk.issues(locked, "TEAM FIX", "rotat"))
        self.wait("the refused fix in ServiceNow", lambda: self.desk.records(locked, "TEAM FIX", "rotat"))
        finding = self.daemon.finding(locked, "KMS.4")
        self.must(finding and finding["action"] == "TEAMFIX", f"what was refused is {finding}")
        self.must(not self.daemon.items("findings?action=SUPPRESS"), "something is suppressed")
        refusals = json.dumps(self.daemon.items("events?kind=remediation.failed"))
        self.must("AccessDenied" in refusals and locked["KeyId"] in refusals, f"the log does not say what was refused: {refusals}")
        self.must(not self.aws.rotates("locked"), "a key that was refused rotates")
        calls = self.aws.counts()["kms:EnableKeyRotation"] - self.made_by_us
        self.must(calls == 2, f"EnableKeyRotation was called {calls} times by the daemon: once for each of two keys is right")

    def a_production_deletion_is_critical_in_both_systems_within_seconds(self):
        doomed = self.aws.keys["doomed"]
        self.wait("the end of the first reading", lambda: "everything was read" in self.daemon.log())
        began = time.monotonic()
        self.aws.call("doomed", "ScheduleKeyDeletion", PendingWindowInDays=30)
        self.aws.call("toy", "ScheduleKeyDeletion", PendingWindowInDays=30)
        issue = self.wait("the ticket in Jira", lambda: self.desk.issues(doomed, "TEAM FIX", "delet"))[0]
        self.times["Jira"] = time.monotonic() - began
        record = self.wait("the ticket in ServiceNow", lambda: self.desk.records(doomed, "TEAM FIX", "delet"))[0]
        self.times["ServiceNow"] = time.monotonic() - began
        self.must(issue["priority"] == "Highest" and not issue["done"], f"the issue is {issue}")
        self.must((record["impact"], record["urgency"]) == ("1", "1"), f"the record is {record}")
        finding = self.daemon.finding(doomed, "KMS.3")
        self.must(finding and (finding["action"], finding["severity"]) == ("TEAMFIX", "CRITICAL"), f"decided was {finding}")

    def in_development_there_is_no_ticket_and_the_log_says_so(self):
        toy = self.aws.keys["toy"]
        finding = self.wait("the decision to do nothing", lambda: (it := self.daemon.finding(toy, "KMS.3")) and it["action"] == "NOTHING" and it)
        decisions = [it["decision"]["decision"] for it in self.daemon.items(f"decisions?finding={finding['key']}")]
        last = decisions[-1] if decisions else {}
        self.must(last.get("decision") == "NOTHING" and "development" in last.get("reason", ""), f"the log says {decisions}")
        called = json.dumps([it["body"] for it in self.daemon.items("events?kind=kms.called&limit=1000") if it["subject"] == toy["Arn"]])
        self.must("ScheduleKeyDeletion" in called and "alice" in called, f"the log does not say who scheduled it: {called}")
        self.nobody_hears_of_development()

    def nobody_hears_of_development(self):
        toy = self.aws.keys["toy"]
        told = self.desk.issues(toy, "delet") + self.desk.records(toy, "delet") + self.desk.mails("alias/toy", "delet")
        self.must(not told, f"a development key is talked of: {told}")

    def past_the_service_level_there_is_a_reminder(self):
        doomed = self.aws.keys["doomed"]
        self.wait("the reminder in Jira", lambda: any("overdue" in said for it in self.desk.issues(doomed, "delet") for said in it["said"]))
        self.wait("the reminder in ServiceNow", lambda: any("overdue" in it["work_notes"] for it in self.desk.records(doomed, "delet")))
        mail = self.wait("the reminder by mail", lambda: self.desk.mails("OVERDUE TEAM FIX: KMS.3", "alias/doomed"))[0]
        self.must(mail["to"] == ["shop-prod@example.com"], f"the reminder went to {mail['to']}")
        for ticket in self.daemon.items("tickets?limit=1000"):
            self.must(ticket["reminders"] == (ticket["severity"] == "CRITICAL"), f"reminders: {ticket}")

    def a_cancelled_deletion_closes_the_tickets(self):
        doomed = self.aws.keys["doomed"]
        self.aws.call("doomed", "CancelKeyDeletion")
        self.aws.call("doomed", "EnableKey")
        self.wait("the closing in Jira", lambda: [it for it in self.desk.issues(doomed, "delet") if it["done"]])
        self.wait("the resolution in ServiceNow", lambda: [it for it in self.desk.records(doomed, "delet") if it["state"] in ("6", "7")])
        self.wait("the mail", lambda: self.desk.mails("CLOSED", "alias/doomed"))
        for system, found in (("Jira", self.desk.issues(doomed, "delet")), ("ServiceNow", self.desk.records(doomed, "delet"))):
            self.must(len(found) == 1, f"{len(found)} tickets in {system} for one key, each event having come twice")
        outcomes = [it["outcome"] for it in self.daemon.items("tickets?state=closed&limit=1000") if it["severity"] == "CRITICAL"]
        self.must(outcomes == ["cancelled", "cancelled"], f"the tickets ended as {outcomes}")
        self.must(self.aws.state("doomed") == "Enabled", "the key is not enabled")
        self.wait("the empty queue", lambda: self.aws.waiting() == 0)
        self.nobody_hears_of_development()

    def told_to_stop_it_ends_in_order_and_its_log_is_whole(self, process):
        process.send_signal(signal.SIGTERM)
        code = process.wait(40)
        self.must(code == 0, f"the daemon ended with {code}: {self.daemon.log()[-2000:]}")
        for word in ("panicked", "any-token", "any-password"):
            self.must(word not in self.daemon.log(), f"the log has {word}")
        live.keyreeve(["store", "verify", "--config", self.daemon.config], self.daemon.env, expected=(0,), cwd=self.daemon.place)

    def tell(self):
        self.made_by_us = self.aws.counts().get("kms:EnableKeyRotation", 0)
        with self.daemon.running() as process:
            self.rotation_off_is_enabled_verified_and_autofixed()
            self.what_cloudformation_owns_gets_a_ticket_with_the_patch()
            self.access_denied_is_a_team_fix_and_never_suppressed()
            self.a_production_deletion_is_critical_in_both_systems_within_seconds()
            self.in_development_there_is_no_ticket_and_the_log_says_so()
            self.past_the_service_level_there_is_a_reminder()
            self.a_cancelled_deletion_closes_the_tickets()
            self.told_to_stop_it_ends_in_order_and_its_log_is_whole(process)


def main():
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        command = [sys.executable, HERE / "moto_server.py", "--seed", "nothing", "--truth", place / "truth.json"]
        with live.server(command) as (endpoint, *_), live.server([live.KEYREEVE, "simulate", "--accounts", "1", "--keys", "0", "--desk"]) as (_, _, lines):
            while "AWS_DEFAULT_REGION" not in "".join(lines):
                time.sleep(0.02)
            desk = Desk(lines)
            aws = Aws(endpoint)
            story = Story(aws, desk, Daemon(place, endpoint, aws.queue, desk))
            story.tell()
            story.problems += [f"moto no longer shows this: {fault.operation}: {fault.what}" for fault in FAULTS if not fault.shows(aws)]
    times = ", ".join(f"{system} {seconds:.1f} s" for system, seconds in story.times.items())
    return live.conclude("moto_story", story.problems, f"every clause holds on moto; from the event to the ticket: {times}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (live.Failed, subprocess.SubprocessError) as error:
        print(f"moto_story: {error}")
        sys.exit(2)
