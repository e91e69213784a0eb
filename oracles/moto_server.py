#!/usr/bin/env python3
"""moto (PyPI, not ours) on loopback, seeded in process, counting what it is asked: `moto_server.py --seed organisation|region|nothing [--keys N]`.

moto makes an RSA key for every symmetric key, 47 ms of CPU each; that one function is replaced, since nobody encrypts here. Everything else is
moto as published. What was seeded is written as JSON to --truth: each key as AWS itself would hold it, which is not always what moto answers.
`GET /-/counts` tells the requests by service and operation since the last `POST /-/reset`. moto refuses nobody anything, so `POST /-/refuse` with
{"operation", "key"} makes us refuse that operation on that key in its place, as AWS would. None of the three is an operation of AWS.
"""

import argparse
import collections
import io
import json
import os
import sys

os.environ.setdefault("MOTO_ALLOW_NONEXISTENT_REGION", "false")

import moto.kms.models as kms
import moto.organizations.utils as organizations_utils
from moto.kms.models import kms_backends
from moto.kms.utils import ECDSAPrivateKey, KeySpec
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.organizations.models import organizations_backends
from werkzeug.serving import make_server

MANAGEMENT = "123456789012"
# id, name, the value of its environment tag
MEMBERS = [("222222222222", "shop-dev", "DEV"), ("333333333333", "shop-prod", "PROD")]
REGIONS = ["us-east-1", "eu-central-1"]
TEAM = "soar:team"

# What is seeded in every account and region. Left out: 1 alias, a description, the team's tag, Enabled, AWS_KMS, single-Region, symmetric.
KINDS = {
    "rotating": {"rotation": 365},
    "not-rotating": {},
    "rotating-slowly": {"rotation": 730},
    "rsa-signing": {"spec": "RSA_2048", "usage": "SIGN_VERIFY"},
    "rsa-encrypting": {"spec": "RSA_4096", "usage": "ENCRYPT_DECRYPT"},
    "elliptic": {"spec": "ECC_NIST_P256", "usage": "SIGN_VERIFY"},
    "elliptic-secg": {"spec": "ECC_SECG_P256K1", "usage": "SIGN_VERIFY"},
    "hmac": {"spec": "HMAC_256", "usage": "GENERATE_VERIFY_MAC"},
    "imported": {"origin": "EXTERNAL", "material": True},
    "waiting-for-import": {"origin": "EXTERNAL", "material": False},
    "cloudhsm": {"origin": "AWS_CLOUDHSM"},
    "external-store": {"origin": "EXTERNAL_KEY_STORE"},
    "disabled": {"state": "Disabled"},
    "disabled-rotating": {"state": "Disabled", "rotation": 365},
    "deleting": {"state": "PendingDeletion", "days": 30, "rotation": 365},
    "deleting-soon": {"state": "PendingDeletion", "days": 7},
    "nameless": {"aliases": [], "rotation": 365},
    "undescribed": {"description": "", "rotation": 365},
    "untagged": {"tags": {}, "rotation": 365},
    "tagged-empty": {"tags": {TEAM: " "}, "rotation": 365},
    "two-names": {"aliases": ["alias/zebra", "alias/aardvark"], "rotation": 365},
}
# In the first region, with a replica in the second.
MULTI_REGION = {"multi-region-rotating": {"rotation": 365}, "multi-region-not-rotating": {}}


def cheap_private_key(spec):
    """Only where a key is really asymmetric does moto need to make one; RSA's is made once."""
    return ECDSAPrivateKey(spec) if spec in KeySpec.ecc_key_specs() else None


kms.generate_private_key = cheap_private_key


def make(account, region, name, kind):
    """Makes one key as the API would, and tells it as AWS would hold it."""
    told = {"spec": "SYMMETRIC_DEFAULT", "usage": "ENCRYPT_DECRYPT", "origin": "AWS_KMS", "state": "Enabled", "rotation": None, "days": None,
            "description": f"For the test of {name}", "tags": {TEAM: "shop"}, "aliases": [f"alias/{name}"], "multi_region": None, "material": None, **kind}
    backend = kms_backends[account][region]
    key = backend.create_key(None, told["usage"], told["spec"], told["description"], [{"TagKey": name, "TagValue": value} for name, value in told["tags"].items()],
                             multi_region=told["multi_region"] is not None, origin=told["origin"])
    for alias in told["aliases"]:
        backend.create_alias(key.id, alias)
    if told["rotation"]:
        backend.enable_key_rotation(key.id)
    if told["state"] == "Disabled":
        backend.disable_key(key.id)
    if told["days"]:
        backend.schedule_key_deletion(key.id, told["days"])
    return key, {"kind": name, "account": account, "region": region, "arn": key.arn, **told}


def seed_organisation():
    truth = []
    ids = iter([None, *(member[0] for member in MEMBERS)])
    random_id = organizations_utils.make_random_account_id
    organizations_utils.make_random_account_id = lambda: next(ids) or random_id()
    backend = organizations_backends[MANAGEMENT]["aws"]
    backend.create_organization(region="us-east-1", FeatureSet="ALL")
    for _, name, environment in MEMBERS:
        backend.create_account(AccountName=name, Email=f"{name}@example.com", Tags=[{"Key": "soar:environment", "Value": environment}])
    for account in (MANAGEMENT, *(member[0] for member in MEMBERS)):
        for region in REGIONS:
            truth += [make(account, region, name, kind)[1] for name, kind in KINDS.items()]
        for name, kind in MULTI_REGION.items():
            primary, told = make(account, REGIONS[0], name, {**kind, "multi_region": "PRIMARY"})
            replica = kms_backends[account][REGIONS[0]].replicate_key(primary.id, REGIONS[1])
            truth.append(told)
            truth.append({**told, "region": REGIONS[1], "arn": replica.arn, "multi_region": "REPLICA", "aliases": [], "tags": {}, "kind": f"{name}-replica"})
    environments = {MANAGEMENT: "unknown", "222222222222": "development", "333333333333": "production"}
    return {"management": MANAGEMENT, "regions": REGIONS, "environments": environments, "keys": truth}


def seed_region(count):
    """One region for the side-by-side: half of it plain keys without rotation, half with; of the rest a few of every kind that moto can hold."""
    truth = []
    kinds = [item for item in KINDS.items() if item[0] not in ("rotating", "not-rotating")]
    others = count // 5
    for number in range(count):
        if number < others:
            name, kind = kinds[number % len(kinds)]
        else:
            name, kind = ("rotating", KINDS["rotating"]) if number % 2 else ("not-rotating", {})
        names = kind.get("aliases", [f"alias/{name}"])
        kind = {**kind, "aliases": [f"{alias}-{number}" for alias in names]}
        truth.append(make(MANAGEMENT, REGIONS[0], name, kind)[1])
    return {"management": MANAGEMENT, "regions": REGIONS[:1], "environments": {MANAGEMENT: "unknown"}, "keys": truth}


SEEDS = {"organisation": lambda _: seed_organisation(), "region": lambda options: seed_region(options.keys), "nothing": lambda _: {}}


class Counting:
    """Counts requests by service and operation, as their headers and bodies name them, and refuses what it was told to refuse."""

    def __init__(self, application):
        self.application = application
        self.counts = collections.Counter()
        self.refused = []

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path.startswith("/-/"):
            if path == "/-/reset":
                self.counts.clear()
            if path == "/-/refuse":
                self.refused.append(json.loads(self.body(environ)))
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(self.counts).encode()]
        operation = self.operation(environ)
        self.counts[operation] += 1
        if any(operation == f"kms:{it['operation']}" and it["key"].encode() in self.body(environ) for it in self.refused):
            start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", "refused")])
            said = f"User is not authorized to perform: {operation} on this resource because no resource-based policy allows the {operation} action"
            return [json.dumps({"__type": "AccessDeniedException", "message": said}).encode()]
        return self.application(environ, start_response)

    @staticmethod
    def body(environ):
        """The whole body, left to be read again."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        return body

    @staticmethod
    def operation(environ):
        scope = environ.get("HTTP_AUTHORIZATION", "").split("Credential=")[-1].split(",")[0].split("/")
        service = scope[3] if len(scope) > 3 else "?"
        return f"{service}:{environ.get('HTTP_X_AMZ_TARGET', environ['REQUEST_METHOD'] + ' ' + environ['PATH_INFO']).split('.')[-1]}"


class Quiet(MotoRequestHandler):
    def log_request(self, *_):
        pass


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--seed", choices=list(SEEDS), required=True)
    arguments.add_argument("--keys", type=int, default=1000)
    arguments.add_argument("--truth", required=True, help="where to write what was seeded")
    arguments.add_argument("--port", type=int, default=0)
    options = arguments.parse_args()
    truth = SEEDS[options.seed](options)
    with open(options.truth, "w", encoding="utf-8") as out:
        json.dump(truth, out, indent=1)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", options.port, Counting(application), threaded=True, request_handler=Quiet)
    print(f"endpoint http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
