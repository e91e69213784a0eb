"""Generated key policies and requests, the same for the same seed."""

import json
import random

OWN, OTHER, STRANGER = "111122223333", "444455556666", "777788889999"
NOW = "2026-11-22T12:00:00Z"

ACTIONS = ["kms:Decrypt", "kms:Encrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:Sign",
           "kms:GenerateDataKey", "kms:ListKeys", "kms:GetPublicKey", "kms:EnableKeyRotation"]
ACTION_PATTERNS = ["kms:*", "*", "kms:Decrypt", "KMS:decrypt", "kms:Create*", "kms:?ecrypt", "kms:*Key*", "kms:Put*", "kms:S*",
                   "kms>Delete*", "s3:GetObject", "kms:ReEncrypt", "kms:G*", "kms:List*", "kms:*y", "k*"]
PRINCIPALS = ["*", {"AWS": "*"}, {"AWS": OWN}, {"AWS": f"arn:aws:iam::{OWN}:root"}, {"AWS": f"arn:aws:iam::{OTHER}:root"},
              {"AWS": [f"arn:aws:iam::{OWN}:role/a", f"arn:aws:iam::{OTHER}:role/a"]}, {"AWS": f"arn:aws:iam::{OWN}:role/p/b"},
              {"AWS": f"arn:aws:iam::{OWN}:user/u"}, {"AWS": f"arn:aws:sts::{OWN}:assumed-role/a/s1"},
              {"AWS": f"arn:aws:sts::{OWN}:assumed-role/b/s1"}, {"AWS": f"arn:aws:sts::{OWN}:federated-user/f"},
              {"Service": "s3.amazonaws.com"}, {"AWS": OWN, "Service": ["s3.amazonaws.com", "logs.eu-west-1.amazonaws.com"]},
              {"AWS": "AROAEXAMPLEEXAMPLE123"}, {"AWS": f"arn:aws:iam::{OWN}:role/*"}, {"Federated": "cognito-identity.amazonaws.com"},
              {"AWS": [OWN, f"arn:aws:iam::{OWN}:role/a", f"arn:aws:sts::{OWN}:assumed-role/a/s1"]},
              {"AWS": [OWN, f"arn:aws:iam::{OWN}:user/u"]}]
TEXT = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"]
ARN = ["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals", "StringLike", "StringNotLike", "StringEquals"]
NUMERIC = ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"]
DATE = [name.replace("Numeric", "Date") for name in NUMERIC]
KEYS = [
    ("aws:PrincipalAccount", TEXT, [OWN, OTHER, "*", "1*", "4???55556666", "${aws:ResourceAccount}"]),
    ("kms:CallerAccount", TEXT, [OWN, OTHER, "7*", "${aws:PrincipalTag/acct}"]),
    ("aws:PrincipalArn", ARN, [f"arn:aws:iam::{OWN}:role/*", "arn:aws:iam::*:role/a", f"arn:aws:iam::{OWN}:root", "arn:*:role/a", "*",
                               f"arn:aws:iam::{OWN}:role/p/?", "arn:aws:iam::*:*/${aws:PrincipalTag/t}", f"arn:aws:iam::{OWN}:role/a"]),
    ("aws:PrincipalOrgID", TEXT, ["o-1", "o-2", "o-*", "O-1", "${aws:ResourceOrgID}"]),
    ("aws:PrincipalOrgPaths", TEXT, ["o-1/*", "o-1/r-1/", "*/ou-a/*"]),
    ("aws:PrincipalTag/t", TEXT, ["a", "b*", "*", "?", "a?c", "${aws:ResourceTag/t}", "${aws:ResourceTag/t, 'dflt'}*", "${*}", "A", "x${$}"]),
    ("AWS:principaltag/T", TEXT, ["a", "ab", "*b*"]),
    ("aws:userid", TEXT, ["AROAEXAMPLEEXAMPLE123:*", "*:s1", "AIDA*"]),
    ("aws:username", TEXT, ["u", "u*", "${aws:PrincipalTag/t}"]),
    ("kms:ViaService", TEXT, ["s3.eu-west-1.amazonaws.com", "s3.*.amazonaws.com", "*.amazonaws.com"]),
    ("aws:CalledVia", TEXT, ["athena.amazonaws.com", "cloudformation.amazonaws.com"]),
    ("kms:GrantOperations", TEXT, ["Decrypt", "Encrypt", "Sign", "*crypt"]),
    ("kms:EncryptionContext:team", TEXT, ["a", "A", "b*"]),
    ("kms:EncryptionContextKeys", TEXT, ["team", "aws:*"]),
    ("aws:SourceArn", ARN, [f"arn:aws:s3:::bucket", "arn:aws:s3:::*", f"arn:aws:sns:*:{OWN}:t*", "arn:aws:sns:eu-west-1:*"]),
    ("aws:SourceAccount", TEXT, [OWN, OTHER]),
    ("aws:SourceIp", ["IpAddress", "NotIpAddress"], ["203.0.113.0/24", "203.0.113.7", "10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0", "nonsense"]),
    ("aws:SourceVpce", TEXT, ["vpce-1", "vpce-*"]),
    ("aws:MultiFactorAuthAge", NUMERIC, ["300", "0", "12.5", "x"]),
    ("kms:ScheduleKeyDeletionPendingWindowInDays", NUMERIC, ["7", "30", "14", "14.0"]),
    ("aws:CurrentTime", DATE, ["2026-11-22T12:00:00Z", "2026-11-22", "2027-01-01T00:00:00Z", "1763812800", "2026-11-22T13:00:00+01:00", "soon"]),
    ("aws:EpochTime", NUMERIC + DATE, ["1795348800", "1763812800", "1900000000"]),
    ("aws:MultiFactorAuthPresent", ["Bool"], ["true", "false", True, False, "True", "yes"]),
    ("aws:ViaAWSService", ["Bool"], ["true", "false"]),
    ("aws:PrincipalIsAWSService", ["Bool"], ["true", "false"]),
    ("aws:SecureTransport", ["Bool"], ["true", "false"]),
    ("kms:GrantIsForAWSResource", ["Bool"], ["true", True]),
    ("aws:PrincipalType", TEXT, ["User", "Assumed*", "Account"]),
]
NULLABLE = [key for key, _, _ in KEYS]


def condition(rng):
    if rng.random() < 0.12:
        return "Null", rng.choice(NULLABLE), rng.choice(["true", "false", True, False])
    key, operators, values = rng.choice(KEYS)
    operator = rng.choice(operators)
    if rng.random() < 0.2 or key in ("kms:GrantOperations", "aws:CalledVia", "aws:PrincipalOrgPaths", "kms:EncryptionContextKeys"):
        operator = rng.choice(["ForAllValues:", "ForAnyValue:", "ForAnyValue:", ""]) + operator
    if rng.random() < 0.15:
        operator += "IfExists"
    chosen = [rng.choice(values) for _ in range(rng.randint(1, 3))]
    return operator, key, chosen[0] if len(chosen) == 1 and rng.random() < 0.7 else chosen


def statement(rng):
    made = {"Effect": "Allow" if rng.random() < 0.7 else "Deny"}
    made["NotPrincipal" if rng.random() < 0.1 else "Principal"] = rng.choice(PRINCIPALS)
    actions = [rng.choice(ACTION_PATTERNS) for _ in range(rng.randint(1, 3))]
    made["NotAction" if rng.random() < 0.1 else "Action"] = actions[0] if len(actions) == 1 else actions
    made["Resource"] = "*" if rng.random() < 0.97 else f"arn:aws:kms:eu-west-1:{OWN}:key/1"
    block, seen = {}, set()
    for _ in range(rng.choice([0, 0, 1, 1, 1, 2, 2, 3])):
        operator, key, values = condition(rng)
        if (operator.lower(), key.lower()) not in seen:
            seen.add((operator.lower(), key.lower()))
            block.setdefault(operator, {})[key] = values
    if block or rng.random() < 0.05:
        made["Condition"] = block
    return made


def policy(rng):
    made = {"Version": "2012-10-17" if rng.random() < 0.9 else "2008-10-17"}
    made["Statement"] = [statement(rng) for _ in range(rng.randint(1, 5))]
    return made


def request(rng):
    action = rng.choice(ACTIONS)
    context = {}

    def maybe(chance, key, values):
        if rng.random() < chance:
            context[key] = rng.choice(values)

    account = rng.choice([OWN, OWN, OTHER, STRANGER])
    kind = rng.choice(["role", "role", "role", "user", "root", "federated", "service"])
    if kind == "service":
        principal, account = rng.choice(["s3.amazonaws.com", "logs.eu-west-1.amazonaws.com", "sns.amazonaws.com"]), None
        maybe(0.6, "aws:SourceAccount", [OWN, OTHER, STRANGER])
        maybe(0.6, "aws:SourceArn", ["arn:aws:s3:::bucket", f"arn:aws:sns:eu-west-1:{OWN}:topic", f"arn:aws:sns:eu-west-1:{OTHER}:x"])
    else:
        if kind == "role":
            path, name, session = rng.choice([("", "a"), ("p/", "b")]) + (rng.choice(["s1", "s2"]),)
            arn = f"arn:aws:iam::{account}:role/{path}{name}"
            principal = arn if rng.random() < 0.3 else f"arn:aws:sts::{account}:assumed-role/{name}/{session}"
            context["aws:PrincipalArn"] = arn
            context["aws:userid"] = f"AROAEXAMPLEEXAMPLE123:{session}"
        elif kind == "user":
            principal = f"arn:aws:iam::{account}:user/u"
            context["aws:userid"] = "AIDAEXAMPLEEXAMPLE123"
        elif kind == "root":
            principal = f"arn:aws:iam::{account}:root"
            context["aws:userid"] = account
        else:
            principal = f"arn:aws:sts::{account}:federated-user/f"
            context["aws:userid"] = f"{account}:f"
        maybe(0.5, "aws:PrincipalOrgID", ["o-1", "o-2"])
        maybe(0.4, "aws:PrincipalOrgPaths", [["o-1/r-1/"], ["o-1/r-1/ou-a/"], ["o-2/r-9/", "o-1/r-1/"]])
        maybe(0.5, "aws:PrincipalTag/t", ["a", "b", "abc", "*", "u", "dfltx", "x$", "A", "é"])
        maybe(0.2, "aws:PrincipalTag/acct", [OWN, OTHER])
        maybe(0.3, "kms:ViaService", ["s3.eu-west-1.amazonaws.com", "ec2.us-east-1.amazonaws.com"])
        maybe(0.2, "aws:CalledVia", [["athena.amazonaws.com"], ["cloudformation.amazonaws.com", "athena.amazonaws.com"]])
        maybe(0.4, "aws:SourceIp", ["203.0.113.7", "203.0.114.1", "10.1.2.3", "2001:db8::5"])
        maybe(0.2, "aws:SourceVpce", ["vpce-1", "vpce-2"])
        maybe(0.3, "aws:MultiFactorAuthAge", ["0", "299", 300, "12.5"])
        maybe(0.3, "aws:MultiFactorAuthPresent", [True, "false", "true"])
    maybe(0.4, "aws:ResourceTag/t", ["a", "b", "abc"])
    maybe(0.3, "aws:ResourceOrgID", ["o-1"])
    if action == "kms:CreateGrant":
        maybe(0.9, "kms:GrantOperations", [["Decrypt"], ["Decrypt", "Encrypt"], ["Sign"], ["GenerateDataKey"]])
        maybe(0.5, "kms:GrantIsForAWSResource", [True, False])
    if action in ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"):
        maybe(0.5, "kms:EncryptionContext:team", ["a", "A", "bc"])
        maybe(0.5, "kms:EncryptionContextKeys", [["team"], ["team", "aws:x"]])
    if action == "kms:ScheduleKeyDeletion":
        maybe(0.8, "kms:ScheduleKeyDeletionPendingWindowInDays", [7, "14", "30"])
    key = {"arn": f"arn:aws:kms:eu-west-1:{OWN}:key/1", "spec": None, "usage": None}
    return {"principal": principal, "account": account, "action": action, "context": context, "key": key}


def generator(seed):
    return random.Random(seed)


def dump(value):
    return json.dumps(value, ensure_ascii=False)
