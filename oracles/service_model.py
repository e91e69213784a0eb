"""One reply of AWS, as it came over the wire, against botocore's model of the service: strictly.

botocore's own parser takes what it knows and forgives the rest. This walks the raw JSON or XML along the model's shapes: unknown members, missing
required ones, wrong types, nulls, timestamps in the wrong notation, values outside an enumeration, lengths, patterns, ranges, and the shapes of errors.
Protocols: JSON 1.1 (KMS, Organizations), query (STS), REST-JSON (Account, SSO).
"""

import datetime
import json
import re
import xml.etree.ElementTree as ElementTree

# What every service may answer besides the errors its model lists for an operation (AWS: "Common errors"), with the status it has there.
COMMON_ERRORS = {
    "AccessDenied": 403, "AccessDeniedException": 400, "ExpiredToken": 403, "ExpiredTokenException": 400, "IncompleteSignature": 400,
    "ForbiddenException": 403, "InternalFailure": 500, "InternalServerError": 500, "InvalidClientTokenId": 403, "InvalidSignatureException": 400, "MissingAuthenticationToken": 403,
    "MissingAuthenticationTokenException": 400, "NotAuthorized": 400, "OptInRequired": 403, "RequestExpired": 400, "ServiceUnavailable": 503,
    "SerializationException": 400, "SignatureDoesNotMatch": 403, "Throttling": 400, "ThrottlingException": 400, "TooManyRequestsException": 429,
    "UnknownOperationException": 400, "UnrecognizedClientException": 400, "ValidationError": 400, "ValidationException": 400, "InvalidAction": 400,
}
EPOCH_YEARS = (2000, 2100)


class Problems(list):
    def add(self, path, text):
        self.append(f"{path or 'reply'}: {text}")


def validate(operation, status, headers, body):
    """What is wrong with one reply, as a list of lines. `operation` is a botocore OperationModel."""
    problems = Problems()
    protocol = operation.metadata["protocol"]
    headers = {name.lower(): value for name, value in headers.items()}
    if not any(name in headers for name in ("x-amzn-requestid", "x-amz-request-id")):
        problems.add("", "no x-amzn-RequestId header")
    check = {"json": _json, "rest-json": _rest_json, "query": _query}.get(protocol)
    if check is None:
        problems.add("", f"protocol {protocol} is not one that this oracle knows")
    else:
        check(operation, status, headers, body, problems)
    return list(problems)


# JSON 1.1 and REST-JSON

def _json(operation, status, headers, body, problems):
    wanted = f"application/x-amz-json-{operation.metadata.get('jsonVersion', '1.1')}"
    if headers.get("content-type") != wanted:
        problems.add("", f"content type {headers.get('content-type')!r}, not {wanted!r}")
    content = _parse_json(body, problems)
    if content is None:
        return
    if status == 200:
        _output(operation, content, problems)
    else:
        _json_error(operation, status, content, content.get("__type"), problems)


def _rest_json(operation, status, headers, body, problems):
    if not headers.get("content-type", "").startswith("application/json"):
        problems.add("", f"content type {headers.get('content-type')!r}, not application/json")
    content = _parse_json(body, problems)
    if content is None:
        return
    if status == operation.http.get("responseCode", 200):
        _output(operation, content, problems)
        return
    kind = headers.get("x-amzn-errortype") or content.get("__type") or content.get("code")
    _json_error(operation, status, content, kind, problems, typed_by_header="x-amzn-errortype" in headers)


def _output(operation, content, problems):
    if operation.output_shape is None:
        if content not in ({}, None):
            problems.add("", f"{operation.name} has no output, but {list(content)} came")
        return
    _json_value(operation.output_shape, content, "", problems)


def _parse_json(body, problems):
    if body in (b"", b"{}"):
        return {}
    try:
        content = json.loads(body.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError) as error:
        problems.add("", f"not JSON: {error}: {body[:80]!r}")
        return None
    if not isinstance(content, dict):
        problems.add("", f"not a JSON object: {body[:80]!r}")
        return None
    return content


def _no_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"a key stands twice in {names}")
    return dict(pairs)


def _no_constant(text):
    raise ValueError(f"{text} is not JSON")


def _json_error(operation, status, content, kind, problems, typed_by_header=False):
    if not isinstance(kind, str) or not kind:
        problems.add("", f"status {status} without a type of error")
        return
    code = kind.split(":")[0].split("#")[-1]
    shape = _error_shape(operation, code, status, problems)
    members = dict(content)
    if not typed_by_header:
        members.pop("__type", None)
    spelled = [name for name in members if name.lower() == "message"]
    if not spelled or not isinstance(members[spelled[0]], str):
        problems.add("", f"{code} has no message")
    for name in spelled:
        members.pop(name)
    known = shape.members if shape is not None else {}
    for name, value in members.items():
        if name not in known:
            problems.add(name, f"is not a member of {code}")
        else:
            _json_value(known[name], value, name, problems)


def _error_shape(operation, code, status, problems):
    """The shape of an error that the operation may give, by its code; the status must be the one the model tells."""
    for shape in operation.error_shapes:
        error = shape.metadata.get("error", {})
        if code in (shape.name, error.get("code")):
            # KMS and Organizations leave the status out: what is not a fault of the service is 400. botocore drops that mark.
            told = error.get("httpStatusCode") or (500 if shape._shape_model.get("fault") else 400)
            if status != told:
                problems.add("", f"{code} has status {status}, not {told}")
            return shape
    if code not in COMMON_ERRORS:
        problems.add("", f"{operation.name} has no error {code}")
    elif status != COMMON_ERRORS[code]:
        problems.add("", f"{code} has status {status}, not {COMMON_ERRORS[code]}")
    return None


def _json_value(shape, value, path, problems):
    if value is None:
        problems.add(path, "is null: AWS leaves out what has no value")
        return
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            problems.add(path, f"is {_called(value)}, not an object")
            return
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            problems.add(path, f"is a union with {len(value)} members")
        known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name in value.keys() - known.keys():
            problems.add(f"{path}.{name}", f"is not a member of {shape.name}")
        for name in shape.required_members:
            if shape.members[name].serialization.get("name", name) not in value:
                problems.add(f"{path}.{name}", f"is required in {shape.name}, and missing")
        for name, member in known.items():
            if name in value:
                _json_value(member, value[name], f"{path}.{name}", problems)
    elif kind == "list":
        if not isinstance(value, list):
            problems.add(path, f"is {_called(value)}, not a list")
            return
        _length(shape, len(value), path, problems)
        for number, item in enumerate(value):
            _json_value(shape.member, item, f"{path}[{number}]", problems)
    elif kind == "map":
        if not isinstance(value, dict):
            problems.add(path, f"is {_called(value)}, not an object")
            return
        for name, item in value.items():
            _json_value(shape.key, name, f"{path}.{name}", problems)
            _json_value(shape.value, item, f"{path}.{name}", problems)
    elif kind == "timestamp":
        _epoch(value, path, problems)
    elif kind == "boolean":
        if not isinstance(value, bool):
            problems.add(path, f"is {_called(value)}, not true or false")
    elif kind in ("integer", "long"):
        if isinstance(value, bool) or not isinstance(value, int):
            problems.add(path, f"is {_called(value)}, not a whole number")
        else:
            _range(shape, value, path, problems)
    elif kind in ("float", "double"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            problems.add(path, f"is {_called(value)}, not a number")
    elif kind in ("string", "character", "blob"):
        if not isinstance(value, str):
            problems.add(path, f"is {_called(value)}, not a string")
        else:
            _text(shape, value, path, problems)
    else:
        problems.add(path, f"has the type {kind}, which this oracle does not know")


def _called(value):
    return {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}.get(type(value), repr(value))


def _epoch(value, path, problems):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        problems.add(path, f"is {value!r}: a timestamp is a number of seconds here")
    elif not EPOCH_YEARS[0] <= 1970 + value / 31_556_952 < EPOCH_YEARS[1]:
        problems.add(path, f"is {value!r} seconds, which is no date of our time (milliseconds?)")


# query

def _query(operation, status, headers, body, problems):
    if not headers.get("content-type", "").startswith("text/xml"):
        problems.add("", f"content type {headers.get('content-type')!r}, not text/xml")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        problems.add("", f"not XML: {error}: {body[:80]!r}")
        return
    namespace = operation.metadata.get("xmlNamespace") or ""
    wanted = "{" + namespace + "}" if namespace else ""
    for element in root.iter():
        if not element.tag.startswith(wanted):
            problems.add(element.tag, f"is not in the namespace {namespace}")
            return
    if status == 200:
        _query_output(operation, root, wanted, problems)
    else:
        _query_error(operation, status, root, wanted, problems)


def _query_output(operation, root, namespace, problems):
    if root.tag != f"{namespace}{operation.name}Response":
        problems.add("", f"the root is {root.tag}, not {operation.name}Response")
    children = {child.tag.removeprefix(namespace): child for child in root}
    metadata = children.pop("ResponseMetadata", None)
    if metadata is None or metadata.find(f"{namespace}RequestId") is None:
        problems.add("", "no ResponseMetadata with a RequestId")
    shape = operation.output_shape
    wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
    result = children.pop(wrapper, None) if wrapper else None
    for name in children:
        problems.add(name, "is not expected here")
    if wrapper and result is None:
        problems.add("", f"no {wrapper}")
    elif wrapper:
        _xml_value(shape, [result], namespace, "", problems)


def _query_error(operation, status, root, namespace, problems):
    error = root.find(f"{namespace}Error")
    if root.tag != f"{namespace}ErrorResponse" or error is None:
        problems.add("", f"status {status} without ErrorResponse/Error")
        return
    if root.find(f"{namespace}RequestId") is None:
        problems.add("", "no RequestId")
    told = {child.tag.removeprefix(namespace): child.text for child in error}
    for name in ("Type", "Code", "Message"):
        if not told.get(name):
            problems.add("", f"an error without {name}")
    if told.get("Type") not in ("Sender", "Receiver"):
        problems.add("Type", f"is {told.get('Type')!r}, not Sender or Receiver")
    if told.get("Code"):
        _error_shape(operation, told["Code"], status, problems)
    for name in told.keys() - {"Type", "Code", "Message", "Detail"}:
        problems.add(name, "is not part of an error")


def _xml_value(shape, elements, namespace, path, problems):
    """`elements` are all that have the member's name: more than one only in a flattened list."""
    kind = shape.type_name
    if kind == "list":
        if not shape.serialization.get("flattened"):
            items = shape.member.serialization.get("name", "member")
            for child in elements[0]:
                if child.tag != f"{namespace}{items}":
                    problems.add(path, f"has {child.tag}, not {items}")
            elements = list(elements[0])
        _length(shape, len(elements), path, problems)
        for number, element in enumerate(elements):
            _xml_value(shape.member, [element], namespace, f"{path}[{number}]", problems)
        return
    if len(elements) != 1:
        problems.add(path, f"stands {len(elements)} times")
    element = elements[0]
    if kind == "structure":
        known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        found = {}
        for child in element:
            found.setdefault(child.tag.removeprefix(namespace), []).append(child)
        for name in found.keys() - known.keys():
            problems.add(f"{path}.{name}", f"is not a member of {shape.name}")
        for name in shape.required_members:
            if shape.members[name].serialization.get("name", name) not in found:
                problems.add(f"{path}.{name}", f"is required in {shape.name}, and missing")
        for name, children in found.items():
            if name in known:
                _xml_value(known[name], children, namespace, f"{path}.{name}", problems)
        return
    if len(element):
        problems.add(path, f"has elements in it, but is a {kind}")
    text = element.text or ""
    if kind == "timestamp":
        try:
            datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            problems.add(path, f"is {text!r}: a timestamp is ISO 8601 here")
        if "T" not in text or not text.endswith("Z"):
            problems.add(path, f"is {text!r}, not a UTC time")
    elif kind == "boolean":
        if text not in ("true", "false"):
            problems.add(path, f"is {text!r}, not true or false")
    elif kind in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", text):
            problems.add(path, f"is {text!r}, not a whole number")
        else:
            _range(shape, int(text), path, problems)
    elif kind in ("string", "blob"):
        _text(shape, text, path, problems)
    else:
        problems.add(path, f"has the type {kind}, which this oracle does not know")


# What both notations share

def _text(shape, value, path, problems):
    if shape.enum and value not in shape.enum:
        problems.add(path, f"is {value!r}, not one of {shape.name}: {', '.join(shape.enum[:6])} …")
    _length(shape, len(value), path, problems)
    pattern = shape.metadata.get("pattern")
    if pattern:
        try:
            fits = _fits(pattern, value)
        except re.error as error:
            problems.add(path, f"the model's pattern {pattern!r} cannot be read here: {error}")
            return
        if not fits:
            problems.add(path, f"is {value!r}, which does not fit {pattern}")


def _fits(pattern, value):
    """Java's classes in Python's words; a pattern that anchors nothing means the whole value."""
    for java, python in ((r"\p{L}", r"\w"), (r"\p{N}", r"\d"), (r"\p{Z}", r"\s")):
        pattern = pattern.replace(java, python)
    match = re.search if pattern.startswith("^") or pattern.endswith("$") else re.fullmatch
    return match(pattern, value) is not None


def _length(shape, length, path, problems):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and length < low or high is not None and length > high:
        problems.add(path, f"has the length {length}, outside {low}..{high} of {shape.name}")


def _range(shape, value, path, problems):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low or high is not None and value > high:
        problems.add(path, f"is {value}, outside {low}..{high} of {shape.name}")


# Whether the checks above see anything

GOOD = {"KeyMetadata": {"KeyId": "0f4c9a52-6f3e-4d0b-9b61-3a7de2c51f08", "CreationDate": 1700000000.5, "Enabled": True, "KeySpec": "SYMMETRIC_DEFAULT", "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"]}}
JSON_HEADERS = {"x-amzn-RequestId": "r", "Content-Type": "application/x-amz-json-1.1"}
IDENTITY = ('<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::111111111111:user/x</Arn><UserId>AIDA</UserId>'
            "<Account>111111111111</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>")


def blind_spots(session):
    """Good replies that are found fault with, and broken ones that are not: empty, or this oracle proves nothing."""
    describe = session.get_service_model("kms").operation_model("DescribeKey")
    identity = session.get_service_model("sts").operation_model("GetCallerIdentity")
    metadata = GOOD["KeyMetadata"]
    broken = [{"KeyMetadata": {**metadata, **change}} for change in (
        {"Surprise": 1}, {"CreationDate": "2023-11-14T22:13:20Z"}, {"CreationDate": 1700000000000}, {"Enabled": "true"}, {"Enabled": None}, {"KeySpec": "AES_256"}, {"EncryptionAlgorithms": ["AES"]},
        {"EncryptionAlgorithms": "SYMMETRIC_DEFAULT"}, {"CurrentKeyMaterialId": "short"}, {"PendingDeletionWindowInDays": 0}, {"PendingDeletionWindowInDays": True}, {"Arn": "x"})]
    broken.append({"KeyMetadata": {name: value for name, value in metadata.items() if name != "KeyId"}})
    seen = [("a good reply", validate(describe, 200, JSON_HEADERS, json.dumps(GOOD).encode()) == []),
            ("a good error", validate(describe, 400, JSON_HEADERS, b'{"__type":"NotFoundException","message":"m"}') == []),
            ("a good XML reply", validate(identity, 200, {**JSON_HEADERS, "Content-Type": "text/xml"}, IDENTITY.encode()) == [])]
    seen += [(json.dumps(reply), validate(describe, 200, JSON_HEADERS, json.dumps(reply).encode()) != []) for reply in broken]
    for status, body in ((400, b'{"__type":"DisabledException","message":"m"}'), (500, b'{"__type":"NotFoundException","message":"m"}'), (400, b'{"message":"m"}'), (400, b'{"__type":"NotFoundException"}'),
                         (200, b"<html>"), (200, b'{"KeyMetadata":{"KeyId":"a","KeyId":"b"}}')):
        seen.append((body.decode(), validate(describe, status, JSON_HEADERS, body) != []))
    for reply in (IDENTITY.replace("UserId", "User"), IDENTITY.replace("2011-06-15", "2012"), IDENTITY.replace("GetCallerIdentityResult", "Result"), IDENTITY[:-10]):
        seen.append((reply, validate(identity, 200, {**JSON_HEADERS, "Content-Type": "text/xml"}, reply.encode()) != []))
    return [what for what, right in seen if not right]
