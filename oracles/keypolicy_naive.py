"""A key policy's evaluator written from docs/keypolicy-model.md in the most naive way: dictionaries, regular expressions, no types.

Knows nothing of the Rust code. `decide(policy, request, owner, now)` answers one of ALLOW, NEEDS_IAM, IMPLICIT_DENY, EXPLICIT_DENY.
"""

import datetime
import decimal
import ipaddress
import re

CROSS_ACCOUNT = """CreateGrant RevokeGrant RetireGrant Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey
GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext Sign Verify GenerateMac VerifyMac
DeriveSharedSecret Encapsulate Decapsulate GetPublicKey DescribeKey GetKeyRotationStatus ListGrants""".lower().split()
IAM_ONLY = """CreateKey ListKeys ListAliases GenerateRandom ListRetirableGrants ConnectCustomKeyStore CreateCustomKeyStore
DeleteCustomKeyStore DescribeCustomKeyStores DisconnectCustomKeyStore UpdateCustomKeyStore""".lower().split()


def as_list(value):
    return value if isinstance(value, list) else [value]


def glob(pattern, flags=0):
    """`pattern` is a list of (character, is it a wildcard)."""
    parts = []
    for char, wild in pattern:
        if wild and char == "*":
            parts.append(".*")
        elif wild and char == "?":
            parts.append(".")
        else:
            parts.append(re.escape(char))
    return re.compile("".join(parts), re.DOTALL | flags)


def marked(text, wild=True):
    return [(char, wild and char in "*?") for char in text]


def simple_glob(pattern, text, flags=0):
    return glob(marked(pattern), flags).fullmatch(text) is not None


def context_of(request, owner, now):
    """The request's context, in lower case, with what follows from the rest."""
    made = {}
    for key, value in request.get("context", {}).items():
        values = [v if isinstance(v, str) else ("true" if v is True else "false" if v is False else str(v)) for v in as_list(value)]
        if values:
            made[key.lower()] = values
    principal = request["principal"]
    if not principal.startswith("arn:"):
        made.setdefault("aws:principalisawsservice", ["true"])
        made.setdefault("aws:principalservicename", [principal])
        made.setdefault("aws:principalservicenameslist", [principal])
        made.setdefault("aws:viaawsservice", ["false"])
    else:
        fields = principal.split(":", 5)
        arn = principal
        if fields[5].startswith("assumed-role/"):
            arn = f"arn:{fields[1]}:iam::{fields[4]}:role/{fields[5].split('/')[1]}"
        made.setdefault("aws:principalarn", [arn])
        made.setdefault("aws:principalaccount", [fields[4]])
        made.setdefault("kms:calleraccount", [fields[4]])
        kind = fields[5].split("/")[0]
        types = {"root": "Account", "user": "User", "federated-user": "FederatedUser"}
        made.setdefault("aws:principaltype", [types.get(kind, "AssumedRole")])
        if kind == "user":
            made.setdefault("aws:username", [principal.split("/")[-1]])
        made.setdefault("aws:principalisawsservice", ["false"])
        made.setdefault("aws:viaawsservice", ["true" if "kms:viaservice" in made else "false"])
    made.setdefault("aws:securetransport", ["true"])
    made.setdefault("aws:resourceaccount", [owner])
    if now:
        made.setdefault("aws:currenttime", [now])
        made.setdefault("aws:epochtime", [str(int(time_of(now)))])
    return made


def number_of(text):
    if not re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", text, re.ASCII):
        return None
    return decimal.Decimal(text)


def time_of(text):
    """Seconds since 1970."""
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    for form in ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"):
        try:
            moment = datetime.datetime.strptime(text.replace("Z", "+0000"), form)
            return decimal.Decimal(int((moment - epoch).total_seconds()))
        except ValueError:
            pass
    try:
        moment = datetime.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=datetime.timezone.utc)
        return decimal.Decimal(int((moment - epoch).total_seconds()))
    except ValueError:
        return number_of(text)


ORDER = {
    "equals": lambda a, b: a == b,
    "lessthan": lambda a, b: a < b,
    "lessthanequals": lambda a, b: a <= b,
    "greaterthan": lambda a, b: a > b,
    "greaterthanequals": lambda a, b: a >= b,
}


def compare(base, pattern, value):
    """One value of a condition, as marked characters, against one value of the request."""
    text = "".join(char for char, _ in pattern)
    if base in ("stringequals", "binaryequals"):
        return text == value
    if base == "stringequalsignorecase":
        return text.lower() == value.lower()
    if base == "stringlike":
        return glob(pattern).fullmatch(value) is not None
    if base in ("arnequals", "arnlike"):
        return arn_fits(pattern, value)
    if base == "bool":
        return text.lower() in ("true", "false") and text.lower() == value.lower()
    if base == "ipaddress":
        try:
            return ipaddress.ip_address(value) in ipaddress.ip_network(text, strict=False)
        except ValueError:
            return False
    for prefix, parse in (("numeric", number_of), ("date", time_of)):
        if base.startswith(prefix):
            a, b = parse(value), parse(text)
            return a is not None and b is not None and ORDER[base[len(prefix):]](a, b)
    raise ValueError(base)


def arn_fits(pattern, value):
    if not value.startswith("arn:") or value.count(":") < 5:
        return False
    if pattern == [("*", True)]:
        return True
    fields, here = [], []
    for mark in pattern:
        if mark[0] == ":" and len(fields) < 5:
            fields.append(here)
            here = []
        else:
            here.append(mark)
    fields.append(here)
    return len(fields) == 6 and all(glob(f).fullmatch(v) for f, v in zip(fields, value.split(":", 5)))


def substituted(text, context, variables):
    """Marked characters of a policy's value; None where a variable has neither value nor default."""
    if not variables:
        return marked(text)
    made, at = [], 0
    for found in re.finditer(r"\$\{([^}]*)\}", text):
        made += marked(text[at:found.start()])
        at = found.end()
        inside = found.group(1)
        if inside in ("*", "?", "$"):
            made += marked(inside, wild=False)
            continue
        key, _, default = inside.partition(",")
        values = context.get(key.strip().lower())
        if values:
            made += marked(values[0], wild=False)
        elif default:
            made += marked(default.strip().strip("'"), wild=False)
        else:
            return None
    return made + marked(text[at:])


def condition_holds(operator, key, wanted, context, variables):
    name = operator.lower()
    quantifier = ""
    if ":" in name:
        quantifier, name = name.split(":")
    if_exists = name.endswith("ifexists")
    if if_exists:
        name = name[: -len("ifexists")]
    values = context.get(key.lower())
    wanted = [v if isinstance(v, str) else str(v).lower() for v in as_list(wanted)]
    if name == "null":
        missing = "false" if values else "true"
        return any(v.lower() == missing for v in wanted)
    negated = False
    for positive in ("stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike", "numericequals", "dateequals"):
        for family in ("string", "arn", "numeric", "date"):
            if name.startswith(family + "not") and name.replace("not", "", 1) == positive:
                negated, name = True, positive
    if name == "notipaddress":
        negated, name = True, "ipaddress"
    if not values:
        if if_exists:
            return True
        if quantifier:
            return quantifier == "forallvalues"
        return negated

    def good(value):
        fits = False
        for text in wanted:
            pattern = substituted(text, context, variables)
            if pattern is not None and compare(name, pattern, value):
                fits = True
        return fits != negated

    if not quantifier:
        quantifier = "forallvalues" if negated else "foranyvalue"
    return all(map(good, values)) if quantifier == "forallvalues" else any(map(good, values))


def account_in(principal):
    if re.fullmatch(r"\d{12}", principal, re.ASCII):
        return principal
    found = re.fullmatch(r"arn:[^:]*:iam::(\d{12}):root", principal, re.ASCII)
    return found.group(1) if found else None


def principal_fit(kind, text, request, context):
    """'direct', 'account' or None."""
    caller = request["principal"]
    is_service = not caller.startswith("arn:")
    if kind in ("", "AWS") and text == "*":
        return "direct"
    if kind == "Service":
        return "direct" if is_service and caller == text else None
    if kind != "AWS" or is_service:
        return None
    account = caller.split(":")[4]
    named = account_in(text)
    if named:
        if named != account:
            return None
        return "direct" if caller.endswith(":root") else "account"
    arn = context["aws:principalarn"][0]
    if ":assumed-role/" in text:
        fields = text.split(":", 5)
        _, role, session = fields[5].split("/", 2)
        is_role = caller.split(":", 5)[5].split("/")[0] in ("role", "assumed-role")
        same = fields[4] == account and arn.split("/")[-1] == role and is_role
        return "direct" if same and session_of(request, context) == session else None
    valid = re.fullmatch(r"arn:[^:]*:(iam::\d{12}:(user|role)|sts::\d{12}:federated-user)/[^*?]+", text, re.ASCII)
    return "direct" if valid and arn == text else None


def session_of(request, context):
    resource = request["principal"].split(":", 5)[5]
    if resource.startswith("assumed-role/"):
        return resource.split("/", 2)[2]
    ids = context.get("aws:userid", [""])[0]
    return ids.split(":", 1)[1] if ":" in ids else None


def principals_of(element):
    if isinstance(element, str):
        return [("", element)]
    return [(kind, text) for kind, value in element.items() for text in as_list(value)]


def statement_fit(statement, request, context, variables):
    """'direct', 'account' or None, conditions included."""
    action = request["action"]
    patterns = as_list(statement.get("Action", statement.get("NotAction")))
    in_patterns = any(simple_glob(p, action, re.IGNORECASE) for p in patterns)
    if in_patterns != ("Action" in statement):
        return None
    if "Principal" in statement:
        fits = [principal_fit(kind, text, request, context) for kind, text in principals_of(statement["Principal"])]
        fit = "direct" if "direct" in fits else "account" if "account" in fits else None
    else:
        fit = None if exempt(principals_of(statement["NotPrincipal"]), request, context) else "direct"
    if fit is None:
        return None
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            if not condition_holds(operator, key, wanted, context, variables):
                return None
    return fit


def exempt(listed, request, context):
    """Whether NotPrincipal lists every identity of the caller."""
    if any(kind in ("", "AWS") and text == "*" for kind, text in listed):
        return True
    caller = request["principal"]
    fits = [(text, principal_fit(kind, text, request, context)) for kind, text in listed]
    fits = [text for text, fit in fits if fit]
    if not caller.startswith("arn:"):
        return bool(fits)
    account = any(account_in(text) for text in fits)
    session = any(":assumed-role/" in text for text in fits)
    named = any(not account_in(text) and ":assumed-role/" not in text for text in fits)
    kind = caller.split(":", 5)[5].split("/")[0]
    if kind == "root":
        return account
    if kind in ("role", "assumed-role"):
        return account and named and session
    return account and named


def decide(policy, request, owner, now=None):
    action = request["action"].lower().removeprefix("kms:")
    if action in IAM_ONLY:
        return "IMPLICIT_DENY"
    context = context_of(request, owner, now)
    variables = policy.get("Version") == "2012-10-17"
    caller = request["principal"]
    best = "IMPLICIT_DENY"
    for statement in as_list(policy["Statement"]):
        if statement.get("Resource") not in ("*", ["*"]):
            continue
        fit = statement_fit(statement, request, context, variables)
        if fit is None:
            continue
        if statement["Effect"] == "Deny":
            return "EXPLICIT_DENY"
        if not caller.startswith("arn:"):
            worth = "ALLOW"
        elif caller.split(":")[4] != owner and action not in CROSS_ACCOUNT:
            worth = "IMPLICIT_DENY"
        elif caller.endswith(":root"):
            worth = "ALLOW"
        elif fit == "direct" and caller.split(":")[4] == owner:
            worth = "ALLOW"
        else:
            worth = "NEEDS_IAM"
        ranks = ["IMPLICIT_DENY", "NEEDS_IAM", "ALLOW"]
        best = max(best, worth, key=ranks.index)
    # A Deny further down beats what was found before it: the loop has looked at every statement.
    return best
