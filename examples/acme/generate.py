#!/usr/bin/env python3
"""Writes snapshot.jsonl: the keys of Acme, a retailer that does not exist, with the faults that such a company has.

Everything follows from organisation.py and from hashes of names, so each run writes the same bytes. It needs the
standard library only.
"""

import json
import pathlib
import sys
from datetime import datetime, timedelta

sys.dont_write_bytecode = True

import organisation as acme
from names import NOW, created_at, hexadecimal, key_arn, number, stamp, uuid
from policies import KeyPolicy, shared_with_security

TRACKING_START = datetime(2026, 3, 2)  # since when KMS records the use of keys, in this story
ROLE = "arn:aws:sts::{}:assumed-role/KeyreeveReader/keyreeve"

ALGORITHMS = {
    ("RSA", "ENCRYPT_DECRYPT"): ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
    ("RSA", "SIGN_VERIFY"): [f"RSASSA_{kind}_SHA_{bits}" for kind in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512)],
    ("ECC_NIST_P256", "SIGN_VERIFY"): ["ECDSA_SHA_256"],
    ("ECC_NIST_P384", "SIGN_VERIFY"): ["ECDSA_SHA_384"],
    ("ECC_NIST_P521", "SIGN_VERIFY"): ["ECDSA_SHA_512"],
    ("ECC_SECG_P256K1", "SIGN_VERIFY"): ["ECDSA_SHA_256"],
    ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"): ["ED25519_SHA_512", "ED25519_PH_SHA_512"],
    ("ML_DSA", "SIGN_VERIFY"): ["ML_DSA_SHAKE_256"],
    ("SM2", "SIGN_VERIFY"): ["SM2DSA"],
    ("SM2", "ENCRYPT_DECRYPT"): ["SM2PKE"],
    ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"): ["SYMMETRIC_DEFAULT"],
}
OPERATIONS = {
    "ENCRYPT_DECRYPT": "Decrypt",
    "SIGN_VERIFY": "Sign",
    "GENERATE_VERIFY_MAC": "GenerateMac",
    "KEY_AGREEMENT": "DeriveSharedSecret",
    "ENCAPSULATE_DECAPSULATE": "Decapsulate",
}
# what was refused: how the message goes on, and the fields that each call would have given
ROTATION_FIELDS = ["KeyRotationEnabled", "RotationPeriodInDays", "NextRotationDate", "OnDemandRotationStartDate"]
REFUSED = {
    "rotation": (
        "no resource-based policy allows",
        {"GetKeyRotationStatus": ROTATION_FIELDS, "ListKeyRotations": ["Rotations"]},
    ),
    "last use": ("no identity-based policy allows", {"GetKeyLastUsage": ["KeyLastUsage", "TrackingStartDate"]}),
    "tags": ("no identity-based policy allows", {"ListResourceTags": ["Tags"]}),
    "policy": ("no resource-based policy allows", {"GetKeyPolicy": ["Policy", "RamPolicy"]}),
}


def algorithms(spec, usage):
    made = {
        "EncryptionAlgorithms": None,
        "SigningAlgorithms": None,
        "MacAlgorithms": None,
        "KeyAgreementAlgorithms": None,
    }
    if usage == "GENERATE_VERIFY_MAC":
        return made | {"MacAlgorithms": [spec.replace("HMAC_", "HMAC_SHA_")]}
    if usage == "KEY_AGREEMENT":
        return made | {"KeyAgreementAlgorithms": ["ECDH"]}
    field = {"ENCRYPT_DECRYPT": "EncryptionAlgorithms", "SIGN_VERIFY": "SigningAlgorithms"}.get(usage)
    family = spec if (spec, usage) in ALGORITHMS else spec.rsplit("_", 1)[0]
    return made | ({field: ALGORITHMS[family, usage]} if field else {})


def lifecycle(facts):
    """The state, and the dates that belong to it."""
    state, made = facts.get("state", "Enabled"), {"DeletionDate": None, "PendingDeletionWindowInDays": None}
    if "deleted_in" in facts:
        state, made["DeletionDate"] = "PendingDeletion", stamp(NOW + timedelta(days=facts["deleted_in"], hours=7))
    if "replica_window" in facts:
        state, made["PendingDeletionWindowInDays"] = "PendingReplicaDeletion", facts["replica_window"]
    if facts.get("store") in acme.STORES and acme.STORES[facts["store"]][4] == "DISCONNECTED":
        state = "Unavailable"
    return {"KeyState": state, "Enabled": state == "Enabled", **made}


def home_of_material(name, facts):
    """Where the key material comes from and where it is kept."""
    if "store" not in facts:
        origin = {"Origin": facts.get("origin", "AWS_KMS"), "CustomKeyStoreId": None, "CloudHsmClusterId": None}
        return {**origin, "CustomKeyStoreConnectionState": None, "XksKeyConfiguration": None}
    _, _, store, kind, connection = acme.STORES[facts["store"]]
    cluster = f"cluster-{hexadecimal(11, 'cluster', store)}" if kind == "AWS_CLOUDHSM" else None
    return {
        "Origin": kind,
        "CustomKeyStoreId": f"cks-{hexadecimal(17, 'store', store)}",
        "CloudHsmClusterId": cluster,
        "CustomKeyStoreConnectionState": connection,
        "XksKeyConfiguration": None if cluster else {"Id": f"{name}/1"},
    }


def expiry(facts, state):
    if facts.get("origin") != "EXTERNAL" or state == "PendingImport":
        return {"ExpirationModel": None, "ValidTo": None}
    if "material_expires_in" not in facts:
        return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", "ValidTo": None}
    valid_to = NOW + timedelta(days=facts["material_expires_in"], hours=3)
    return {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": stamp(valid_to)}


def material_id(key_id, version):
    return hexadecimal(64, "material", key_id, version)


def rotation(key_id, created, period, facts):
    """What GetKeyRotationStatus and ListKeyRotations say of a key that rotates, or does not."""
    off = {"KeyRotationEnabled": False, **dict.fromkeys(ROTATION_FIELDS[1:]), "Rotations": []}
    if not period:
        return off
    planned = [created + timedelta(days=period * turn) for turn in range(1, 12)]
    upcoming = next(date for date in planned if date > NOW)
    if "next_rotation" in facts:
        upcoming = NOW + timedelta(days=facts["next_rotation"], hours=4)
    done = [date for date in planned if date < min(upcoming - timedelta(days=30), NOW)]
    past = [
        {
            "RotationDate": stamp(date),
            "RotationType": "AUTOMATIC",
            "KeyMaterialId": material_id(key_id, turn),
            "KeyMaterialState": "CURRENT" if turn == len(done) else "NON_CURRENT",
        }
        for turn, date in enumerate(done, 1)
    ]
    on = {"KeyRotationEnabled": True, "RotationPeriodInDays": period, "NextRotationDate": stamp(upcoming)}
    return off | on | {"Rotations": past}


def last_use(key_id, region, usage, created, used):
    tracked = {"TrackingStartDate": stamp(max(created, TRACKING_START))}
    if used is None:
        return {"KeyLastUsage": None, **tracked}
    moment = NOW - timedelta(days=used, seconds=number(60, 80000, "use", key_id, region))
    call = {"Operation": OPERATIONS[usage], "Timestamp": stamp(max(moment, created + timedelta(minutes=9)))}
    ids = {"CloudTrailEventId": uuid("event", key_id, region), "KmsRequestId": uuid("request", key_id, region)}
    return {"KeyLastUsage": call | ids, **tracked}


def grants(account, key_id, name, count):
    return [grant(account, key_id, name, index) for index in range(1, count + 1)]


def grant(account, key_id, name, index):
    """As AWS Auto Scaling is given one; every other one is for a single volume."""
    role = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    volume = {"EncryptionContextSubset": {"aws:ebs:id": f"vol-{hexadecimal(17, key_id, index)}"}}
    made = {
        "GrantId": hexadecimal(64, "grant", key_id, index),
        "Name": f"{name}-{index}",
        "CreationDate": stamp(NOW - timedelta(days=number(3, 400, "grant", key_id, index))),
        "GranteePrincipal": f"arn:aws:iam::{account}:{role}",
        "IssuingAccount": f"arn:aws:iam::{account}:root",
        "Operations": ["Decrypt", "GenerateDataKeyWithoutPlaintext", "CreateGrant", "DescribeKey"],
    }
    return made | ({"Constraints": volume} if index % 2 else {})


def unknown(account, arn, what):
    because, calls = REFUSED[what]
    refusal = "User: {} is not authorized to perform: kms:{} on resource: {} because {} the kms:{} action"
    return {
        field: {
            "operation": call,
            "code": "AccessDeniedException",
            "message": refusal.format(ROLE.format(account), call, arn, because, call),
        }
        for call, fields in calls.items()
        for field in fields
    }


def identity(account, region, key_id, created):
    arn = key_arn(account, region, key_id)
    return {
        "kind": "resource",
        "ResourceType": "AWS.KMS.Key",
        "ResourceId": arn,
        "AccountId": account,
        "Region": region,
        "Arn": arn,
        "KeyId": key_id,
        "CreationDate": stamp(created),
        "TimeCreated": stamp(created),
    }


def key(account, region, name, team, description, kind, facts, family=None):
    """One customer managed key, with every field that a snapshot has. `family` is given for a multi-Region key."""
    spec, usage = kind
    key_id = family["key_id"] if family else uuid("key", account, region, name)
    created = family["created"](region) if family else created_at(account, name, region, facts)
    made = identity(account, region, key_id, created)
    life, home = lifecycle(facts), home_of_material(name, facts)
    state = life["KeyState"]
    rotates = spec == "SYMMETRIC_DEFAULT" and home["Origin"] == "AWS_KMS" and not state.endswith("Deletion")
    since = family["created"](family["primary"]) if family else created
    turning = rotation(key_id, since, facts.get("rotation", 365) if rotates else None, facts)
    has_material = (
        spec == "SYMMETRIC_DEFAULT" and not home["CustomKeyStoreId"] and state not in ("PendingImport", "Creating")
    )
    policies = KeyPolicy(account, region, name, spec, usage)
    is_replica = family is not None and region != family["primary"]
    resource = {
        **made,
        "DeletionDate": life["DeletionDate"],
        "Description": facts.get("description", description),
        "Enabled": life["Enabled"],
        **expiry(facts, state),
        "KeyManager": "CUSTOMER",
        "KeyState": state,
        "KeyUsage": usage,
        "KeySpec": spec,
        **algorithms(spec, usage),
        **home,
        "MultiRegion": family is not None,
        "MultiRegionConfiguration": family["regions"](region) if family else None,
        "CurrentKeyMaterialId": material_id(key_id, len(turning["Rotations"])) if has_material else None,
        **turning,
        "PendingDeletionWindowInDays": life["PendingDeletionWindowInDays"],
        "Aliases": [f"alias/{acme.PREFIX[account]}/{name}"] if facts.get("alias", True) else [],
        "Grants": grants(account, key_id, name, facts.get("grants", 0)),
        "Policy": policies.text(policy_of(account, facts)),
        "RamPolicy": shared_with_security() if facts.get("shared") else None,
        "PrimaryPolicy": family["policy"](spec, usage) if is_replica else None,
        "Tags": facts.get("tags", {"soar:team": team, "service": name} if team else {}),
        **last_use(key_id, region, usage, created, facts.get("used", number(0, 6, "used", key_id, region))),
    }
    if "unknown" not in facts:
        return resource
    refused = unknown(account, made["Arn"], facts["unknown"])
    return resource | dict.fromkeys(refused) | {"Unknown": refused}


def policy_of(account, facts):
    return facts.get("policy", "console" if account in (acme.DEV, acme.SANDBOX, acme.BROOKSIDE) else "template")


def aws_managed(account, region, service):
    """A key that AWS manages: what DescribeKey and the list of aliases say, and the rotation that AWS promises."""
    key_id = uuid("aws", account, region, service)
    home = home_of_material(service, {})
    del home["CustomKeyStoreConnectionState"]
    return {
        **identity(account, region, key_id, created_at(account, f"aws/{service}", region, {})),
        "DeletionDate": None,
        "Description": f"Default key that protects my {service.upper()} data when no other key is defined",
        "Enabled": True,
        **expiry({}, "Enabled"),
        "KeyManager": "AWS",
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        **algorithms("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        **home,
        "MultiRegion": False,
        "MultiRegionConfiguration": None,
        "CurrentKeyMaterialId": material_id(key_id, 0),
        "KeyRotationEnabled": True,
        "RotationPeriodInDays": 365,
        "PendingDeletionWindowInDays": None,
        "Aliases": [f"alias/aws/{service}"],
    }


def ordinary_keys():
    by_name = {name: (name, team, what) for name, team, what in acme.SERVICES}
    elsewhere = {account: [by_name[name] for name in names] for account, names in acme.ELSEWHERE.items()}
    for account, entries in ({acme.PROD: acme.SERVICES} | elsewhere | acme.OWN).items():
        region = {acme.BROOKSIDE: acme.FALLBACK, acme.CHINA: "cn-north-1"}.get(account, acme.HOME)
        for name, team, what in entries:
            description = f"For encrypting {what}" if what else ""
            yield key(account, region, name, team, description, acme.AES, acme.FAULTS.get((account, name), {}))


def family_of(account, name, primary, replicas, facts):
    """What the keys of one multi-Region key have in common."""
    key_id = f"mrk-{hexadecimal(32, 'key', account, name)}"
    first = created_at(account, name, primary, {})

    def place(region):
        return {"Arn": key_arn(account, region, key_id), "Region": region}

    def regions(region):
        role = "PRIMARY" if region == primary else "REPLICA"
        return {
            "MultiRegionKeyType": role,
            "PrimaryKey": place(primary),
            "ReplicaKeys": [place(other) for other in replicas],
        }

    def created(region):
        return first + timedelta(minutes=[primary, *replicas].index(region) * 20)

    def policy(spec, usage):
        return KeyPolicy(account, primary, name, spec, usage).text(policy_of(account, facts))

    return {"key_id": key_id, "primary": primary, "regions": regions, "created": created, "policy": policy}


def multi_region_keys():
    for account, name, team, description, kind, regions, shared, single in acme.MULTI_REGION:
        family = family_of(account, name, regions[0], regions[1:], shared | single.get(regions[0], {}))
        for region in regions:
            yield key(account, region, name, team, description, kind, shared | single.get(region, {}), family)


def stores():
    for which, (account, region, name, kind, connection) in acme.STORES.items():
        home = home_of_material(name, {"store": which})
        proxy = {
            "Connectivity": "VPC_ENDPOINT_SERVICE",
            "AccessKeyId": "ABCDE" + hexadecimal(15, "proxy", name).upper(),
            "UriEndpoint": f"https://{name}.xks.example.com",
            "UriPath": "/kms/xks/v1",
            "VpcEndpointServiceName": f"com.amazonaws.vpce.{region}.vpce-svc-{hexadecimal(17, 'vpce', name)}",
            "VpcEndpointServiceOwner": account,
        }
        yield {
            "kind": "resource",
            "ResourceType": "AWS.KMS.CustomKeyStore",
            "ResourceId": home["CustomKeyStoreId"],
            "AccountId": account,
            "Region": region,
            "CustomKeyStoreId": home["CustomKeyStoreId"],
            "CustomKeyStoreName": name,
            "CustomKeyStoreType": kind,
            "ConnectionState": connection,
            "ConnectionErrorCode": None,
            "CloudHsmClusterId": home["CloudHsmClusterId"],
            "CreationDate": stamp(created_at(account, name, region, {})),
            "XksProxyConfiguration": proxy if kind == "EXTERNAL_KEY_STORE" else None,
        }


def accounts():
    for account, (name, unit, joined, tags) in sorted(acme.ACCOUNTS.items()):
        email = f"aws+{name}@acme.example"
        yield {
            "kind": "account",
            "id": account,
            "name": name,
            "email": email,
            "joined": f"{joined}T00:00:00Z",
            "ou": unit,
            "tags": tags,
        }


def errors():
    for account, region in acme.REFUSED_REGIONS:
        message = f"User: {ROLE.format(account)} is not authorized to perform: kms:ListKeys"
        message += " with an explicit deny in a service control policy"
        yield {"kind": "error", "message": message, "account_id": account, "region": region, "operation": "ListKeys",
               "code": "AccessDeniedException"}


def resources():
    managed = (aws_managed(*place, service) for place, services in acme.AWS_MANAGED.items() for service in services)
    everything = [*ordinary_keys(), *(key(*entry) for entry in acme.SPECIAL), *multi_region_keys(), *managed, *stores()]
    return sorted(
        everything, key=lambda made: [made[field] for field in ("AccountId", "Region", "ResourceType", "ResourceId")]
    )


def snapshot():
    body = {"accounts": list(accounts()), "resources": resources(), "errors": list(errors())}
    yield {
        "kind": "header",
        "format_version": 1,
        "tool": {"name": "keyreeve", "version": "0.1.0"},
        "collected_at": stamp(NOW),
    }
    for lines in body.values():
        yield from lines
    yield {"kind": "end", **{name: len(lines) for name, lines in body.items()}}


def main():
    lines = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in snapshot()]
    path = pathlib.Path(__file__).with_name("snapshot.jsonl")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
