"""Ids, numbers and dates that look random and never change: they follow from hashes of names."""

import hashlib
from datetime import datetime, timedelta

NOW = datetime(2026, 11, 20, 6, 0, 0)


def hexadecimal(length, *of):
    text = "/".join(str(part) for part in of)
    return hashlib.shake_128(text.encode()).hexdigest((length + 1) // 2)[:length]


def number(low, high, *of):
    return low + int(hexadecimal(12, *of), 16) % (high - low + 1)


def uuid(*of):
    digits = hexadecimal(32, *of)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def stamp(time):
    return time and time.strftime("%Y-%m-%dT%H:%M:%SZ")


def partition(region):
    return "aws-cn" if region.startswith("cn-") else "aws"


def key_arn(account, region, key_id):
    return f"arn:{partition(region)}:kms:{region}:{account}:key/{key_id}"


def created_at(account, name, region, facts):
    moment = timedelta(seconds=number(5 * 3600, 15 * 3600, "hour", account, name, region))
    if "created" in facts:
        return min(datetime.fromisoformat(facts["created"]) + moment, NOW - timedelta(minutes=1))
    return datetime(2021, 3, 1) + timedelta(days=number(0, 1700, "day", account, name)) + moment
