"""Writes N keys of the shape of the seed's unit tests, one a line: what an inventory export looks like. Deterministic.

make_keys.py PATH COUNT [passing]: 7 % of the keys fail AWS.CMK.KeyRotation, or with `passing` none.
"""

import json
import random
import sys

STATES = ["Enabled"] * 94 + ["Disabled"] * 4 + ["PendingDeletion"] * 2


def key(rng, number):
    account = f"{111111111111 + number % 800 * 1000003:012d}"
    region = ("eu-north-1", "eu-west-1", "us-east-1", "us-west-2")[number % 4]
    identity = f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-4{rng.getrandbits(12):03x}-a{rng.getrandbits(12):03x}-{rng.getrandbits(48):012x}"
    state = rng.choice(STATES)
    ours = rng.random() < 0.8
    return {
        "KeyRotationEnabled": rng.random() < 0.97 or not ours,
        "AccountId": account,
        "Arn": f"arn:aws:kms:{region}:{account}:key/{identity}",
        "CloudHsmClusterId": None,
        "CreationDate": f"20{rng.randint(14, 26)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}T0{rng.randint(0, 9)}:00:00Z",
        "CustomKeyStoreId": None,
        "DeletionDate": None,
        "Description": "Default master key that protects my Secrets Manager data when no other key is defined",
        "Enabled": state == "Enabled",
        "ExpirationModel": None,
        "KeyId": identity,
        "KeyManager": "CUSTOMER" if ours else "AWS",
        "KeyState": state,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Origin": "AWS_KMS",
        "ValidTo": None,
        "Policy": "{JSON policy document see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html for details}",
    }


def passes(made):
    return made["KeyManager"] != "CUSTOMER" or (made["KeyRotationEnabled"] and made["KeyState"] == "Enabled")


def main(path, count, only=None):
    rng = random.Random(20261121)
    number = 0
    with open(path, "w", encoding="utf-8") as out:
        while number < int(count):
            made = key(rng, number)
            if only == "passing" and not passes(made):
                continue
            out.write(json.dumps(made) + "\n")
            number += 1


main(*sys.argv[1:])
