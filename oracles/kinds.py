#!/usr/bin/env python3
"""A snapshot with every kind of key that KMS has, in three accounts and two regions: what the simulator is seeded with. `kinds.py > FILE`.

Ids come from a hash of the name, dates from NOW, so that the same arguments give the same bytes.
"""

import argparse
import datetime
import hashlib
import json
import sys

NOW = datetime.datetime(2026, 11, 20, 6, 0, tzinfo=datetime.timezone.utc)
MANAGEMENT = "123456789012"
ACCOUNTS = [(MANAGEMENT, "shop-management", "Root", {}), ("222222222222", "shop-dev", "Root/Workloads/Dev", {"soar:environment": "DEV"}),
            ("333333333333", "shop-prod", "Root/Workloads/Prod", {"soar:environment": "PROD", "soar:team": "shop"})]
REGIONS = ["us-east-1", "eu-central-1"]
TRACKED = "2026-03-02T00:00:00Z"

ALGORITHMS = {
    ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"): ("EncryptionAlgorithms", ["SYMMETRIC_DEFAULT"]),
    ("RSA_2048", "SIGN_VERIFY"): ("SigningAlgorithms", ["RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512",
                                                       "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512"]),
    ("RSA_4096", "ENCRYPT_DECRYPT"): ("EncryptionAlgorithms", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]),
    ("ECC_NIST_P256", "SIGN_VERIFY"): ("SigningAlgorithms", ["ECDSA_SHA_256"]),
    ("ECC_NIST_P384", "KEY_AGREEMENT"): ("KeyAgreementAlgorithms", ["ECDH"]),
    ("ECC_SECG_P256K1", "SIGN_VERIFY"): ("SigningAlgorithms", ["ECDSA_SHA_256"]),
    ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"): ("SigningAlgorithms", ["ED25519_SHA_512", "ED25519_PH_SHA_512"]),
    ("HMAC_256", "GENERATE_VERIFY_MAC"): ("MacAlgorithms", ["HMAC_SHA_256"]),
    ("ML_DSA_65", "SIGN_VERIFY"): ("SigningAlgorithms", ["ML_DSA_SHAKE_256"]),
    ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"): (None, None),
}

# What differs from an ordinary key: symmetric, AWS_KMS, Enabled, rotating every year, used yesterday, with alias, description and tags.
KINDS = {
    "rotating": {},
    "not-rotating": {"period": None},
    "rotating-slowly": {"period": 730},
    "rotation-overdue": {"next": -12},
    "rotating-now": {"on_demand": -0.01},
    "many-rotations": {"rotations": 30},
    "many-grants": {"grants": 130},
    "many-tags": {"tags": {f"tag-{number:02}": f"value {number}" for number in range(49)}},
    "rsa-signing": {"spec": "RSA_2048", "usage": "SIGN_VERIFY", "period": None},
    "rsa-encrypting": {"spec": "RSA_4096", "period": None},
    "elliptic": {"spec": "ECC_NIST_P256", "usage": "SIGN_VERIFY", "period": None},
    "agreement": {"spec": "ECC_NIST_P384", "usage": "KEY_AGREEMENT", "period": None},
    "elliptic-secg": {"spec": "ECC_SECG_P256K1", "usage": "SIGN_VERIFY", "period": None},
    "edwards": {"spec": "ECC_NIST_EDWARDS25519", "usage": "SIGN_VERIFY", "period": None},
    "hmac": {"spec": "HMAC_256", "usage": "GENERATE_VERIFY_MAC", "period": None},
    "ml-dsa": {"spec": "ML_DSA_65", "usage": "SIGN_VERIFY", "period": None},
    "ml-kem": {"spec": "ML_KEM_768", "usage": "ENCAPSULATE_DECAPSULATE", "period": None},
    "imported": {"origin": "EXTERNAL", "period": None, "expires": None},
    "imported-expiring": {"origin": "EXTERNAL", "period": None, "expires": 10},
    "imported-later": {"origin": "EXTERNAL", "period": None, "expires": 400},
    "waiting-for-import": {"origin": "EXTERNAL", "period": None, "state": "PendingImport", "used": None},
    "cloudhsm": {"origin": "AWS_CLOUDHSM", "period": None, "store": "hsm"},
    "external-store": {"origin": "EXTERNAL_KEY_STORE", "period": None, "store": "xks", "state": "Unavailable"},
    "disabled": {"state": "Disabled", "period": None, "used": -200},
    "disabled-rotating": {"state": "Disabled", "next": -40, "used": -200},
    "disabled-in-use": {"state": "Disabled", "used": -3},
    "deleting": {"state": "PendingDeletion", "deletion": 12, "period": None},
    "deleting-unused": {"state": "PendingDeletion", "deletion": 29.5, "period": None, "used": None},
    "unavailable": {"state": "Unavailable"},
    "creating": {"state": "Creating", "used": None, "age": 0.001, "period": None},
    "updating": {"state": "Updating"},
    "never-used": {"used": None, "age": 100},
    "new-and-unused": {"used": None, "age": 3},
    "untracked": {"used": None, "age": 2000},
    "unused-for-long": {"used": -180},
    "nameless": {"aliases": []},
    "undescribed": {"description": ""},
    "odd-description": {"description": "Schlüssel «für» \"alles\" \\ und =1+1 <b>mehr</b> \t|"},
    "untagged": {"tags": {}},
    "tagged-empty": {"tags": {"soar:team": ""}},
    "two-names": {"aliases": ["zebra", "aardvark"]},
    "shared": {"ram": True},
}
MULTI_REGION = {"multi-region-rotating": {}, "multi-region-not-rotating": {"period": None}, "multi-region-deleting": {"state": "PendingReplicaDeletion", "window": 7, "period": None}}


def date(days):
    return (NOW + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def number(*of):
    return hashlib.sha256("/".join(map(str, of)).encode()).hexdigest()


def uuid(*of):
    text = number(*of)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def policy(account, name):
    return json.dumps({"Version": "2012-10-17", "Id": f"key-{name}", "Statement": [
        {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}]}, separators=(",", ":"))


def key(account, region, name, kind, multi=None, number_of=0):
    settings = {"spec": "SYMMETRIC_DEFAULT", "usage": "ENCRYPT_DECRYPT", "origin": "AWS_KMS", "state": "Enabled", "period": 365, "next": 200, "used": -1, "age": 900, **kind}
    rotates = settings["period"] is not None
    key_id = f"mrk-{number(account, name, number_of)[:32]}" if multi else uuid(account, region, name, number_of)
    arn = f"arn:aws:kms:{region}:{account}:key/{key_id}"
    created = date(-settings["age"])
    deleting = settings["state"] in ("PendingDeletion", "PendingReplicaDeletion")
    suffix = f"-{number_of}" if number_of else ""
    record = {
        "kind": "resource", "ResourceType": "AWS.KMS.Key", "ResourceId": arn, "AccountId": account, "Region": region, "Arn": arn, "KeyId": key_id,
        "CreationDate": created, "TimeCreated": created, "DeletionDate": date(settings["deletion"]) if "deletion" in settings else None,
        "Description": settings.get("description", f"For the test of {name}"), "Enabled": settings["state"] == "Enabled",
        "ExpirationModel": None, "ValidTo": None, "KeyManager": "CUSTOMER", "KeyState": settings["state"], "KeyUsage": settings["usage"], "KeySpec": settings["spec"],
        "EncryptionAlgorithms": None, "SigningAlgorithms": None, "MacAlgorithms": None, "KeyAgreementAlgorithms": None, "Origin": settings["origin"],
        "CustomKeyStoreId": None, "CloudHsmClusterId": None, "CustomKeyStoreConnectionState": None, "XksKeyConfiguration": None,
        "MultiRegion": bool(multi), "MultiRegionConfiguration": multi(account, key_id) if multi else None,
        "CurrentKeyMaterialId": number(arn, "material") if settings["origin"] in ("AWS_KMS", "EXTERNAL") and settings["spec"] == "SYMMETRIC_DEFAULT" and settings["state"] not in ("PendingImport", "Creating") else None,
        "KeyRotationEnabled": rotates and not deleting, "RotationPeriodInDays": settings["period"] if not deleting else None,
        "NextRotationDate": date(settings["next"]) if rotates and not deleting else None,
        "OnDemandRotationStartDate": date(settings["on_demand"]) if "on_demand" in settings else None, "Rotations": rotations(arn, settings),
        "PendingDeletionWindowInDays": settings.get("window"), "Aliases": sorted(f"alias/{alias}{suffix}" for alias in settings.get("aliases", [name])),
        "Grants": [grant(arn, account, each) for each in range(settings.get("grants", 0))], "Policy": policy(account, name),
        "RamPolicy": policy(account, "ram") if settings.get("ram") else None, "Tags": settings.get("tags", {"soar:team": "shop", "service": name}),
        "KeyLastUsage": last_use(arn, settings["used"]), "TrackingStartDate": max(TRACKED, created),
    }
    algorithms, listed = ALGORITHMS[settings["spec"], settings["usage"]]
    if algorithms:
        record[algorithms] = listed
    if settings["origin"] == "EXTERNAL" and settings["state"] != "PendingImport":
        expires = settings["expires"]
        record["ExpirationModel"] = "KEY_MATERIAL_DOES_NOT_EXPIRE" if expires is None else "KEY_MATERIAL_EXPIRES"
        record["ValidTo"] = None if expires is None else date(expires)
    if "store" in settings:
        store = stores(account, region)[settings["store"]]
        record |= {"CustomKeyStoreId": store["CustomKeyStoreId"], "CloudHsmClusterId": store["CloudHsmClusterId"], "CustomKeyStoreConnectionState": store["ConnectionState"]}
        if settings["store"] == "xks":
            record["XksKeyConfiguration"] = {"Id": f"xks-{number(arn)[:12]}"}
    return record


def rotations(arn, settings):
    count = settings.get("rotations", 1 if settings["period"] else 0)
    return [{"RotationDate": date(-30 * (count - each)), "RotationType": "ON_DEMAND" if count > 1 else "AUTOMATIC", "KeyMaterialId": number(arn, "material") if each == count - 1 else number(arn, each),
             "KeyMaterialState": "CURRENT" if each == count - 1 else "NON_CURRENT"} for each in range(count)]


def grant(arn, account, each):
    told = {"GrantId": number(arn, "grant", each), "Name": f"grant-{each}", "CreationDate": date(-100 + each / 10), "GranteePrincipal": f"arn:aws:iam::{account}:role/worker-{each % 7}",
            "IssuingAccount": f"arn:aws:iam::{account}:root", "Operations": ["Decrypt", "GenerateDataKey"]}
    if each % 3 == 0:
        told["RetiringPrincipal"] = f"arn:aws:iam::{account}:role/retirer"
    if each % 2 == 0:
        told["Constraints"] = {"EncryptionContextSubset": {"order": str(each)}}
    return told


def last_use(arn, days):
    if days is None:
        return None
    return {"Operation": "Decrypt", "Timestamp": date(days), "CloudTrailEventId": uuid(arn, "event"), "KmsRequestId": uuid(arn, "request")}


def stores(account, region):
    common = {"kind": "resource", "ResourceType": "AWS.KMS.CustomKeyStore", "AccountId": account, "Region": region, "CreationDate": date(-1000), "ConnectionErrorCode": None}
    hsm, xks = f"cks-{number(account, region, 'hsm')[:17]}", f"cks-{number(account, region, 'xks')[:17]}"
    return {
        "hsm": {**common, "ResourceId": hsm, "CustomKeyStoreId": hsm, "CustomKeyStoreName": "hsm", "CustomKeyStoreType": "AWS_CLOUDHSM", "ConnectionState": "CONNECTED",
                "CloudHsmClusterId": "cluster-abcdefg2345", "XksProxyConfiguration": None},
        "xks": {**common, "ResourceId": xks, "CustomKeyStoreId": xks, "CustomKeyStoreName": "vault", "CustomKeyStoreType": "EXTERNAL_KEY_STORE", "ConnectionState": "FAILED",
                "ConnectionErrorCode": "XKS_PROXY_TIMED_OUT", "CloudHsmClusterId": None,
                "XksProxyConfiguration": {"Connectivity": "PUBLIC_ENDPOINT", "AccessKeyId": "ABCDE2345ABCDE2345AB", "UriEndpoint": "https://vault.example.com", "UriPath": "/kms/xks/v1"}},
    }


def aws_managed(account, region, service):
    arn = f"arn:aws:kms:{region}:{account}:key/{uuid(account, region, service)}"
    whole = key(account, region, f"aws-{service}", {})
    kept = ["kind", "ResourceType", "AccountId", "Region", "CreationDate", "TimeCreated", "DeletionDate", "Enabled", "ExpirationModel", "ValidTo", "KeyState", "KeyUsage", "KeySpec", "EncryptionAlgorithms",
            "SigningAlgorithms", "MacAlgorithms", "KeyAgreementAlgorithms", "Origin", "CustomKeyStoreId", "CloudHsmClusterId", "XksKeyConfiguration", "MultiRegion", "MultiRegionConfiguration", "PendingDeletionWindowInDays"]
    return {**{name: whole[name] for name in kept}, "ResourceId": arn, "Arn": arn, "KeyId": arn.split("/")[-1], "KeyManager": "AWS", "Description": f"Default key for {service}",
            "CurrentKeyMaterialId": number(arn, "material"), "KeyRotationEnabled": True, "RotationPeriodInDays": 365, "Aliases": [f"alias/aws/{service}"]}


def family(role):
    def configuration(account, key_id):
        primary, replica = ({"Arn": f"arn:aws:kms:{region}:{account}:key/{key_id}", "Region": region} for region in REGIONS)
        return {"MultiRegionKeyType": role, "PrimaryKey": primary, "ReplicaKeys": [replica]}
    return configuration


def region_of(account, region, repeat=1, only=None):
    found = []
    for each in range(repeat):
        found += [key(account, region, name, kind, number_of=each) for name, kind in KINDS.items() if only is None or name in only]
    if only is None:
        found += stores(account, region).values()
        found += [aws_managed(account, region, service) for service in ("ebs", "s3", "acm")]
        role = "PRIMARY" if region == REGIONS[0] else "REPLICA"
        for name, kind in MULTI_REGION.items():
            if role == "REPLICA":
                kind = {"period": kind.get("period", 365)}
            found.append(key(account, region, name, kind, multi=family(role)))
    return found


def snapshot(accounts=ACCOUNTS, regions=REGIONS, repeat=1, only=None):
    records = [record for account, *_ in accounts for region in regions for record in region_of(account, region, repeat, only)]
    records.sort(key=lambda record: (record["AccountId"], record["Region"], record["ResourceId"]))
    lines = [{"kind": "header", "format_version": 1, "tool": {"name": "kinds.py", "version": "1"}, "collected_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}]
    lines += [{"kind": "account", "id": account, "name": name, "email": f"aws+{name}@example.com", "joined": "2021-02-01T00:00:00Z", "ou": unit, "tags": tags} for account, name, unit, tags in accounts]
    lines += records
    lines.append({"kind": "end", "accounts": len(accounts), "resources": len(records), "errors": 0})
    return "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--repeat", type=int, default=1, help="so many keys of each kind in each region")
    arguments.add_argument("--one-account", action="store_true", help="only the management account, only the first region")
    arguments.add_argument("--only", nargs="*", help="only these kinds")
    options = arguments.parse_args()
    accounts, regions = (ACCOUNTS[:1], REGIONS[:1]) if options.one_account else (ACCOUNTS, REGIONS)
    sys.stdout.write(snapshot(accounts, regions, options.repeat, options.only))


if __name__ == "__main__":
    main()
