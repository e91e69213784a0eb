"""`prove` and `diff` against Z3 on generated policies: keypolicy_z3.py PROGRAM [--cases N] [--seed S] [--seconds T].

The encoding is written from docs/keypolicy-model.md and knows nothing of the Rust code. Strings are Z3 strings, patterns are
regular expressions, an action is a number. A query that Z3 cannot answer in time is counted, not compared.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections import Counter

import z3

import keypolicy_generated as generated
from keypolicy_generated import OTHER, OWN
from keypolicy_naive import CROSS_ACCOUNT, IAM_ONLY, account_in, as_list, principals_of, simple_glob

SAME_ACCOUNT = """PutKeyPolicy EnableKey DisableKey ScheduleKeyDeletion CancelKeyDeletion EnableKeyRotation DisableKeyRotation
RotateKeyOnDemand ImportKeyMaterial DeleteImportedKeyMaterial GetParametersForImport ReplicateKey UpdatePrimaryRegion
SynchronizeMultiRegionKey UpdateKeyDescription TagResource UntagResource CreateAlias UpdateAlias DeleteAlias GetKeyPolicy
GetKeyLastUsage ListKeyPolicies ListKeyRotations ListResourceTags""".lower().split()
ACTIONS = CROSS_ACCOUNT + SAME_ACCOUNT + IAM_ONLY
GRANTABLE = [a for a in CROSS_ACCOUNT if a not in ("revokegrant", "getkeyrotationstatus", "listgrants")]
assert len(ACTIONS) == 58 and len(GRANTABLE) == 19

ROLE, USER, ROOT, SERVICE = range(4)
DIRECT, ENDPOINT, MEDIATED = range(3)

ANY = z3.Union(z3.Range(" ", "~"))
DIGIT = z3.Range("0", "9")
NAME = z3.Union(z3.Range("0", "9"), z3.Range("A", "Z"), z3.Range("a", "z"), *[z3.Re(c) for c in "_+=,.@-"])
WORD = z3.Union(z3.Range("0", "9"), z3.Range("A", "Z"), z3.Range("a", "z"), z3.Re("-"))
NOT_COLON = z3.Union(z3.Range(" ", "9"), z3.Range(";", "~"))


def concat(*parts):
    parts = [p for p in parts]
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


def expression(pattern, any_char=ANY):
    parts = []
    for char in pattern:
        parts.append(z3.Star(any_char) if char == "*" else any_char if char == "?" else z3.Re(char))
    return concat(*parts) if parts else z3.Re("")


def arn_expression(pattern):
    fields = pattern.split(":", 5)
    if len(fields) != 6:
        return None
    parts = []
    for at, field in enumerate(fields):
        if at:
            parts.append(z3.Re(":"))
        parts.append(expression(field, ANY if at == 5 else NOT_COLON))
    return concat(*parts)


class Request:
    """The symbolic request, with what holds of every request."""

    def __init__(self):
        s, b, i = z3.String, z3.Bool, z3.Int
        self.action, self.cls, self.mode, self.days = i("action"), i("class"), i("mode"), i("days")
        self.account, self.rest, self.org, self.tag = s("account"), s("rest"), s("org"), s("tag")
        self.has_org, self.has_tag, self.has_days = b("has_org"), b("has_tag"), b("has_days")
        self.via, self.vpce, self.service, self.source = s("via"), s("vpce"), s("service"), s("source")
        self.has_source, self.for_resource = b("has_source"), b("for_resource")
        self.operations = {name: b("op_" + name) for name in GRANTABLE}
        self.arn = z3.Concat(z3.StringVal("arn:aws:iam::"), self.account, z3.StringVal(":"), self.rest)
        self.identity = self.cls != SERVICE
        self.mediated = z3.And(self.identity, self.mode == MEDIATED)

    def facts(self):
        word = z3.Plus(WORD)
        host = z3.Concat(z3.Plus(WORD), z3.Re("."), z3.Star(z3.Concat(z3.Plus(WORD), z3.Re("."))), z3.Re("amazonaws.com"))
        path = z3.Option(z3.Concat(z3.Plus(z3.Range("!", "~")), z3.Re("/")))
        named = z3.Concat(path, z3.Plus(NAME))
        return [
            self.action >= 0, self.action < len(ACTIONS), self.cls >= 0, self.cls <= SERVICE,
            self.mode >= 0, self.mode <= MEDIATED, self.days >= 7, self.days <= 30,
            z3.InRe(self.account, z3.Loop(DIGIT, 12, 12)),
            z3.Implies(self.cls == ROLE, z3.InRe(self.rest, z3.Concat(z3.Re("role/"), named))),
            z3.Implies(self.cls == USER, z3.InRe(self.rest, z3.Concat(z3.Re("user/"), named))),
            z3.Implies(self.cls == ROOT, self.rest == "root"),
            z3.InRe(self.org, z3.Concat(z3.Re("o-"), word)), z3.Length(self.tag) >= 1, z3.InRe(self.tag, z3.Star(ANY)),
            z3.InRe(self.via, z3.Concat(z3.Plus(WORD), z3.Re("."), host)), z3.InRe(self.vpce, z3.Concat(z3.Re("vpce-"), word)),
            z3.InRe(self.service, host), z3.InRe(self.source, z3.Loop(DIGIT, 12, 12)),
            z3.Or(*self.operations.values()), z3.Implies(self.for_resource, self.mediated),
            z3.Implies(self.cls == SERVICE, self.mode == DIRECT),
        ]

    def is_action(self, *names):
        return z3.Or(*[self.action == ACTIONS.index(name) for name in names])

    def key(self, key):
        """(whether it is there, its value)"""
        true = z3.BoolVal(True)
        as_text = lambda holds: z3.If(holds, z3.StringVal("true"), z3.StringVal("false"))
        grants = self.is_action("creategrant", "listgrants", "revokegrant")
        return {
            "aws:principalaccount": (self.identity, self.account),
            "kms:calleraccount": (self.identity, self.account),
            "aws:principalarn": (self.identity, self.arn),
            "aws:principalorgid": (z3.And(self.identity, self.has_org), self.org),
            "aws:principaltag/t": (z3.And(self.identity, self.has_tag), self.tag),
            "kms:viaservice": (self.mediated, self.via),
            "aws:sourcevpce": (z3.And(self.identity, self.mode == ENDPOINT), self.vpce),
            "aws:sourceaccount": (z3.And(self.cls == SERVICE, self.has_source), self.source),
            "aws:principalisawsservice": (true, as_text(self.cls == SERVICE)),
            "aws:viaawsservice": (true, as_text(self.mediated)),
            "aws:securetransport": (true, z3.StringVal("true")),
            "kms:grantisforawsresource": (grants, as_text(self.for_resource)),
            "kms:schedulekeydeletionpendingwindowindays": (z3.And(self.is_action("schedulekeydeletion"), self.has_days), self.days),
        }[key]


def fits(base, value, pattern):
    if base == "stringequals":
        return value == z3.StringVal(pattern)
    if base == "stringlike":
        return z3.InRe(value, expression(pattern))
    if base in ("arnlike", "arnequals"):
        made = arn_expression(pattern)
        return z3.BoolVal(False) if made is None else z3.InRe(value, made)
    if base == "bool":
        return value == z3.StringVal(pattern.lower())
    number = int(pattern)
    return {"numericequals": value == number, "numericlessthan": value < number, "numericlessthanequals": value <= number,
            "numericgreaterthan": value > number, "numericgreaterthanequals": value >= number}[base]


def condition(request, operator, key, wanted):
    name, quantifier = operator.lower(), ""
    if ":" in name:
        quantifier, name = name.split(":")
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    key = key.lower()
    wanted = [v if isinstance(v, str) else str(v).lower() for v in as_list(wanted)]
    negated = "not" in name
    name = name.replace("not", "", 1) if negated else name
    if key == "kms:grantoperations":
        there = request.is_action("creategrant")
        good = lambda op: (op in [w.lower() for w in wanted]) != negated
        if not quantifier:
            quantifier = "forallvalues" if negated else "foranyvalue"
            when_missing = negated
        else:
            when_missing = quantifier == "forallvalues"
        if quantifier == "forallvalues":
            holds = z3.And(*[z3.Not(chosen) for op, chosen in request.operations.items() if not good(op)])
        else:
            holds = z3.Or(*[chosen for op, chosen in request.operations.items() if good(op)])
        return z3.If(there, holds, z3.BoolVal(when_missing or if_exists))
    there, value = request.key(key)
    if name == "null":
        return z3.Or(*[z3.Not(there) if w == "true" else there for w in wanted])
    holds = z3.Or(*[fits(name, value, w) for w in wanted])
    holds = z3.Not(holds) if negated else holds
    return z3.If(there, holds, z3.BoolVal(negated or if_exists))


def matches(request, statement):
    """(through the account or directly, directly)"""
    patterns = as_list(statement.get("Action", statement.get("NotAction")))
    names = [n for n in ACTIONS if any(simple_glob(p, "kms:" + n, re.IGNORECASE) for p in patterns) == ("Action" in statement)]
    action = request.is_action(*names) if names else z3.BoolVal(False)
    direct, account = [], []
    for kind, text in principals_of(statement["Principal"]):
        named = account_in(text)
        if kind in ("", "AWS") and text == "*":
            direct.append(z3.BoolVal(True))
        elif kind == "Service":
            direct.append(z3.And(request.cls == SERVICE, request.service == text))
        elif kind == "AWS" and named:
            account.append(z3.And(request.identity, request.account == named))
            direct.append(z3.And(request.cls == ROOT, request.account == named))
        elif kind == "AWS":
            direct.append(z3.And(request.identity, request.arn == text))
    lines = [condition(request, op, key, wanted) for op, keys in statement.get("Condition", {}).items() for key, wanted in keys.items()]
    rest = z3.And(action, *lines)
    return z3.And(rest, z3.Or(*direct, *account)), z3.And(rest, z3.Or(*direct))


def allowed(request, policy):
    """(ALLOW or NEEDS_IAM, ALLOW)"""
    own = request.account == OWN
    governed = request.is_action(*CROSS_ACCOUNT, *SAME_ACCOUNT)
    effective = z3.And(governed, z3.Or(request.cls == SERVICE, own, request.is_action(*CROSS_ACCOUNT)))
    some, outright, denied = [], [], []
    for statement in policy["Statement"]:
        any_fit, direct = matches(request, statement)
        if statement["Effect"] == "Deny":
            denied.append(any_fit)
        else:
            some.append(z3.If(request.cls == SERVICE, direct, any_fit))
            full = z3.Or(request.cls == SERVICE, request.cls == ROOT, own)
            outright.append(z3.And(full, z3.If(request.cls == ROOT, any_fit, direct)))
    passes = z3.And(effective, z3.Not(z3.Or(*denied)))
    return z3.And(passes, z3.Or(*some)), z3.And(passes, z3.Or(*outright))


def satisfiable(facts, goal, seconds):
    solver = z3.Solver()
    solver.set("timeout", int(seconds * 1000))
    solver.add(*facts, goal)
    answer = solver.check()
    return True if answer == z3.sat else False if answer == z3.unsat else None


TEXT = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists", "StringNotLikeIfExists"]
KEYS = [
    ("aws:PrincipalAccount", TEXT, [OWN, OTHER, "*", "1*", "4???55556666"]),
    ("kms:CallerAccount", TEXT, [OWN, OTHER, "7*"]),
    ("aws:PrincipalArn", ["ArnLike", "ArnNotLike", "ArnEquals", "StringLike", "StringNotLike"],
     [f"arn:aws:iam::{OWN}:role/*", "arn:aws:iam::*:role/a", f"arn:aws:iam::{OWN}:root", "arn:*:role/a", "arn:aws:iam::*:user/u?", "arn:aws:*:role/*b"]),
    ("aws:PrincipalOrgID", TEXT, ["o-1", "o-2", "o-*"]),
    ("aws:PrincipalTag/t", TEXT, ["a", "b", "a*", "*b", "?", "ab", "*a*", "??"]),
    ("aws:PrincipalTag/t", TEXT, ["a*b", "*ab", "a?*", "*:*"]),
    ("kms:ViaService", TEXT, ["s3.us-east-1.amazonaws.com", "s3.*.amazonaws.com", "*"]),
    ("aws:SourceVpce", TEXT, ["vpce-1", "vpce-*"]),
    ("aws:SourceAccount", TEXT, [OWN, OTHER, "*"]),
    ("kms:GrantOperations", ["ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals",
                             "ForAllValues:StringNotEquals"], ["Decrypt", "Encrypt", "Sign"]),
    ("kms:ScheduleKeyDeletionPendingWindowInDays", ["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals"],
     ["7", "20", "30", "25"]),
    ("aws:PrincipalIsAWSService", ["Bool"], ["true", "false"]),
    ("aws:ViaAWSService", ["Bool"], ["true", "false"]),
    ("kms:GrantIsForAWSResource", ["Bool"], ["true", "false"]),
    ("aws:SecureTransport", ["Bool"], ["true", "false"]),
]
PRINCIPALS = [p for p in generated.PRINCIPALS if "assumed-role" not in json.dumps(p) and "federated" not in json.dumps(p)
              and "AROA" not in json.dumps(p) and "role/*" not in json.dumps(p) and "Federated" not in json.dumps(p)]


def statement(rng):
    made = {"Effect": "Allow" if rng.random() < 0.75 else "Deny", "Principal": rng.choice(["*", *PRINCIPALS])}
    actions = [rng.choice(["kms:*", *generated.ACTION_PATTERNS]) for _ in range(rng.randint(1, 2))]
    made["NotAction" if rng.random() < 0.1 else "Action"] = actions
    made["Resource"] = "*"
    block = {}
    for _ in range(rng.choice([0, 1, 1, 1, 2, 2])):
        key, operators, values = rng.choice(KEYS)
        operator = rng.choice(operators)
        if rng.random() < 0.1:
            operator, values = "Null", ["true", "false"]
            if key == "kms:GrantOperations":
                continue
        block.setdefault(operator, {})[key] = [rng.choice(values) for _ in range(rng.randint(1, 2))]
    made["Condition"] = block
    return made


def policies(rng):
    old = {"Version": "2012-10-17", "Statement": [statement(rng) for _ in range(rng.randint(1, 4))]}
    statements = list(old["Statement"])
    if rng.random() < 0.5:
        rng.shuffle(statements)
    if rng.random() < 0.6:
        statements.append(statement(rng))
    if rng.random() < 0.3:
        statements.pop(0)
    return old, {"Version": "2012-10-17", "Statement": statements or [statement(rng)]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=150)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--seconds", type=float, default=240, help="stop after this time")
    parser.add_argument("--query", type=float, default=2, help="seconds that Z3 gets for one query")
    asked = parser.parse_args()
    rng = generated.generator(asked.seed)
    pairs = [policies(rng) for _ in range(asked.cases)]
    lines = []
    for old, new in pairs:
        job = {"policy": json.dumps(new), "account": OWN}
        lines += [json.dumps({**job, "prove": "no-outside-access"}), json.dumps({**job, "old": json.dumps(old)})]
    ended = subprocess.run([asked.program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    request, begun, counts, wrong = Request(), time.monotonic(), Counter(), 0
    facts = request.facts()
    outside = z3.If(request.cls == SERVICE, z3.And(request.has_source, request.source != OWN), request.account != OWN)
    for at, (old, new) in enumerate(pairs):
        if time.monotonic() - begun > asked.seconds:
            counts["cases left"] = asked.cases - at
            break
        proved, compared = answers[2 * at], answers[2 * at + 1]
        (new_some, new_full), (old_some, old_full) = allowed(request, new), allowed(request, old)
        more = lambda a, b, c, d: z3.Or(z3.And(a, z3.Not(b)), z3.And(c, z3.Not(d)))
        questions = [
            ("outside", z3.And(new_some, outside), {"PROVED": False, "REFUTED": True}.get(proved.get("verdict"))),
            ("gained", more(new_some, old_some, new_full, old_full), direction(compared, "gained", "NARROWER")),
            ("lost", more(old_some, new_some, old_full, new_full), direction(compared, "lost", "WIDER")),
        ]
        for name, goal, ours in questions:
            theirs = satisfiable(facts, goal, asked.query)
            if theirs is None or ours is None:
                counts["Z3 gave up" if theirs is None else "UNKNOWN"] += 1
            elif theirs == ours:
                counts[f"{name} {'yes' if ours else 'no'}"] += 1
            else:
                wrong += 1
                print(f"{name}: Z3 says {theirs}, we say {ours}\n{json.dumps(old, indent=1)}\n{json.dumps(new, indent=1)}")
                print(json.dumps(proved if name == "outside" else compared))
    shares = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    agreed = sum(count for name, count in counts.items() if name.split()[0] in ("outside", "gained", "lost"))
    if agreed < 100:
        sys.exit(f"too few answers to compare: {shares}")
    print(f"{agreed} agreements, {wrong} disagreements ({shares})")
    sys.exit(1 if wrong else 0)


def direction(compared, name, without):
    """Whether there is a difference in this direction; None where that is unknown."""
    relation = compared.get("relation")
    if compared.get(name) is not None:
        return True
    return False if relation in ("EQUAL", without) else None


if __name__ == "__main__":
    main()
