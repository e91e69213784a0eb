"""What the fuzzer checks beside its own checks, and the count of what was granted. schemathesis loads this; `api.py` says who is asking, by KEYREEVE_ROLE."""

import json
import os

import schemathesis

ROLES = ["viewer", "responder", "approver", "administrator"]
ROLE = os.environ["KEYREEVE_ROLE"]
GRANTED = open(os.environ["KEYREEVE_GRANTED"], "a", encoding="utf-8", buffering=1)


def needed(case):
    return case.operation.definition.raw.get("x-role")


@schemathesis.check
def refused_by_role(ctx, response, case):
    """Who has no token, or too weak a role, is told so before anything else that may be wrong."""
    role = needed(case)
    if role is None or (ROLE in ROLES and ROLES.index(ROLE) >= ROLES.index(role)):
        return
    # 401 also where the fuzzer leaves the token out to see what comes of it; 404 and 405 where path or method are no route at all.
    expected = (401, 403, 404, 405) if ROLE in ROLES else (401, 404, 405)
    assert response.status_code in expected, f"{ROLE} got {response.status_code} where {role} is needed"


@schemathesis.check
def says_nothing_to_browsers(ctx, response, case):
    """No answer lets a browser guess, cache or run anything, and none sets a cookie or opens itself to other origins."""
    headers = {name.lower(): " ".join(values) for name, values in response.headers.items()}
    assert headers.get("x-content-type-options") == "nosniff", headers
    assert "default-src 'none'" in headers.get("content-security-policy", ""), headers
    assert not [name for name in headers if name == "set-cookie" or name.startswith("access-control-")], headers


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What is too large for any request is refused before there is one: without a body, by the HTTP library."""
    return response.status_code != 431


@schemathesis.hook
def after_call(ctx, case, response):
    if response.status_code < 400:
        method = response.request.method
        GRANTED.write(json.dumps([method, case.operation.path, response.status_code]) + "\n")
