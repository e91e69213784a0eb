"""Stand-ins for what only a deployment knows: the account that owns the key, others, roles, trails, buckets.

The own account is 111122223333 and the Region us-east-1. Names follow the reference that they stand for, so that two references to one thing
stay one thing. Documented in docs/policy-corpus.md.
"""

import re

OWN, OTHER, REGION = "111122223333", "444455556666", "us-east-1"
ORGANISATION = "o-a1b2c3d4e5"
# What the keys of conditions are compared with.
WANTED = {
    "aws:principalorgid": ORGANISATION,
    "aws:sourceorgid": ORGANISATION,
    "kms:calleraccount": OWN,
    "aws:sourceaccount": OWN,
    "aws:principalaccount": OWN,
    "kms:viaservice": f"s3.{REGION}.amazonaws.com",
}
# What a resource's type says of its ARN: Terraform's name without `aws_`, CloudFormation's without `AWS::`, in lower case.
RESOURCES = {
    "iam_role": "arn:aws:iam::{a}:role/{n}",
    "iam_user": "arn:aws:iam::{a}:user/{n}",
    "iam_service_linked_role": "arn:aws:iam::{a}:role/aws-service-role/{n}",
    "s3_bucket": "arn:aws:s3:::{n}",
    "lambda_function": "arn:aws:lambda:{r}:{a}:function:{n}",
    "sns_topic": "arn:aws:sns:{r}:{a}:{n}",
    "sqs_queue": "arn:aws:sqs:{r}:{a}:{n}",
    "cloudtrail": "arn:aws:cloudtrail:{r}:{a}:trail/{n}",
    "cloudtrail_trail": "arn:aws:cloudtrail:{r}:{a}:trail/{n}",
    "cloudwatch_log_group": "arn:aws:logs:{r}:{a}:log-group:{n}",
    "logs_loggroup": "arn:aws:logs:{r}:{a}:log-group:{n}",
    "kms_key": "arn:aws:kms:{r}:{a}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "sfn_state_machine": "arn:aws:states:{r}:{a}:stateMachine:{n}",
    "stepfunctions_statemachine": "arn:aws:states:{r}:{a}:stateMachine:{n}",
    "cloudfront_distribution": "arn:aws:cloudfront::{a}:distribution/E1A2B3C4D5E6F7",
    "events_rule": "arn:aws:events:{r}:{a}:rule/{n}",
    "secretsmanager_secret": "arn:aws:secretsmanager:{r}:{a}:secret:{n}",
    "dynamodb_table": "arn:aws:dynamodb:{r}:{a}:table/{n}",
    "eks_cluster": "arn:aws:eks:{r}:{a}:cluster/{n}",
}


def mended(text):
    """A text with accounts and partitions in its ARNs, where a name stands for one."""
    text = re.sub(r"\barn:\w*partition\w*:", "arn:aws:", text)
    named = r"(\barn:aws[\w-]*:(?:iam|sts)::)([A-Za-z][\w-]*)(?=:)"
    return re.sub(named, lambda found: found[1] + (OWN if re.search(r"current|^(aws_)?(acc|account)_?id$", found[2]) else OTHER) if found[2] not in ("aws", "cloudfront") else found[0], text)


def slug(reference):
    # The suffix by which the CDK tells logical ids apart would make one policy many.
    words = re.sub(r"([A-Za-z])[0-9A-F]{8}$", r"\1", re.sub(r"[^\w/-]+", "-", reference).strip("-"))
    return words[:64] or "thing"


def arn(kind, name):
    pattern = RESOURCES.get(kind)
    return pattern.format(a=OWN, r=REGION, n=slug(name)) if pattern else None


def stand_in(reference, inside=False, wanted=None):
    """The value of a reference; `inside`: as part of a longer string; `wanted`: AWS, Service, account, organisation."""
    low = reference.lower()
    parts = [part for part in re.split(r"[.\s]", low) if part]
    last = re.sub(r"_?\*$", "", parts[-1]) if parts else ""
    if wanted in WANTED:
        return WANTED[wanted]
    if "partition" in last:
        return "aws"
    if "dns_suffix" in last or "urlsuffix" in last:
        return "amazonaws.com"
    if "aws_organizations_organization" in low and last == "id":
        return ORGANISATION
    if "caller_identity" in low and last in ("id", "account_id", "account"):
        return OWN
    if "org" in low and re.search(r"(?<![a-z])(org(ani[sz]ation)?s?)(_?id|_?path|\.id|id)", low) and "account" not in last and "arn" not in last:
        return ORGANISATION + "/r-ab12/ou-ab12-11111111/" if "path" in low else ORGANISATION
    if last.endswith("arn") or last.endswith("arns") or "_arn" in last:
        return of_arn(low, parts, wanted)
    if re.search(r"account|aws_?id", low) and not re.search(r"(name|email|alias|role|user)s?$", last):
        own = re.search(r"caller|current|self|this|accountid$", low.replace("_", "")) or low in ("account_id", "var.account_id", "local.account_id")
        return OWN if own and not re.search(r"(source|target|trusted|master|prod|shared|tools?|audit|log|security|management|child|member|other|external|dev)", low) else OTHER
    if re.search(r"region", low):
        return REGION
    if re.search(r"vpce|endpoint", last):
        return "vpce-0123456789abcdef0"
    if re.search(r"cidr|_ips?$", last):
        return "203.0.113.0/24"
    if wanted == "Service":
        return "logs.amazonaws.com"
    if wanted == "AWS":
        return of_arn(low, parts, wanted)
    return slug(parts[-2] if len(parts) > 1 and last in ("name", "id", "arn", "value", "key", "*") else last or "thing")


def of_arn(low, parts, wanted):
    name = slug((parts[-2] if len(parts) > 1 and len(parts[-1]) < 5 else parts[-1]) if parts else "thing")
    for kind in ("iam_role", "iam_user", *RESOURCES):
        if re.search(rf"aws_{kind}\b", low):
            return arn(kind, name)
    if "caller_identity" in low:
        return f"arn:aws:iam::{OWN}:role/deploy"
    if wanted == "AWS":
        return arn("iam_user" if "user" in parts[-1] and "role" not in parts[-1] else "iam_role", name)
    for word, kind in (
        ("bucket", "s3_bucket"), ("topic", "sns_topic"), ("queue", "sqs_queue"), ("trail", "cloudtrail"), ("log_group", "cloudwatch_log_group"),
        ("lambda", "lambda_function"), ("function", "lambda_function"), ("user", "iam_user"), ("kms", "kms_key"),
    ):
        if word in parts[-1] and "role" not in parts[-1] and "principal" not in parts[-1]:
            return arn(kind, name)
    return arn("iam_role", name)
