"""A key that nothing uses costs money and attention, and is one more way to lose or leak data."""

UNUSED_DAYS = 90
NEW_KEY_DAYS = 30


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key: its owner cannot remove it"
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return "scheduled for deletion"
    if resource["KeyState"] == "PendingImport":
        return "has no key material, so nothing can use it"
    if has_relatives(resource.get("MultiRegionConfiguration")):
        return "a multi-Region key: KMS records its use by Region, and the standby of another Region rests by design"
    if "LastUse" not in resource or (resource["LastUse"] == "UNTRACKED" and "TrackingStartDate" not in resource):
        return "the inventory does not tell when the key was used"
    # Not UNKNOWN, since nothing was refused and no later scan can know better; not PASS, since nothing shows a use.
    if resource["LastUse"] == "UNTRACKED":
        return "older than KMS's records of use, which show none since: earlier use cannot be known"
    return None


def has_relatives(regions):
    return regions is not None and (regions["MultiRegionKeyType"] == "REPLICA" or bool(regions.get("ReplicaKeys")))


def policy(resource):
    if not_applicable(resource):
        return True
    found = resource["LastUse"]
    if found == "USED":
        return resource["DaysSinceLastUse"] < UNUSED_DAYS
    if found == "NEVER":
        return resource["DaysSinceCreation"] < NEW_KEY_DAYS
    raise ValueError(f"LastUse is {found!r}, not USED, NEVER or UNTRACKED")


def reason(resource):
    if resource["LastUse"] == "USED":
        return f"last used {days_text(resource['DaysSinceLastUse'])} ago"
    return f"never used since it was created {days_text(resource['DaysSinceCreation'])} ago"


def days_text(days):
    return "1 day" if days == 1 else f"{days} days"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"Nothing uses {name}"


def dedup(resource):
    return resource["AccountId"]
