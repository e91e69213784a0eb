"""A key that is still needed must work: its key store is connected, and nobody disabled it under its users."""

RECENT_USE_DAYS = 30
CUT_OFF = ("DISCONNECTED", "DISCONNECTING", "FAILED")


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key: its owner cannot disable it"
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return "scheduled for deletion: AWS.KMS.ScheduledForDeletion and AWS.KMS.ReplicaDeletionPending judge that"
    if resource["KeyState"] == "PendingImport":
        return "has no key material: AWS.KMS.MaterialExpiring judges that"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    state = resource["KeyState"]
    if state == "Creating" or not isinstance(state, str):
        raise ValueError(f"KeyState is {state!r}: whether the key works is not settled yet")
    if state == "Unavailable" or resource.get("CustomKeyStoreConnectionState") in CUT_OFF:
        return False
    if state != "Disabled" or resource.get("LastUse") != "USED":
        return True
    return resource["DaysSinceLastUse"] > RECENT_USE_DAYS


def reason(resource):
    connection = resource.get("CustomKeyStoreConnectionState")
    if connection in CUT_OFF:
        return f"its key store {resource.get('CustomKeyStoreId')} is not connected ({connection})"
    if resource["KeyState"] == "Unavailable":
        return "KMS cannot reach the key material"
    if resource["KeyState"] != "Disabled":
        return "the key can be used"
    if resource.get("LastUse") != "USED":
        return "disabled, and no use of it is on record"
    days = resource["DaysSinceLastUse"]
    if days <= RECENT_USE_DAYS:
        return f"disabled, but used {days_text(days)} ago: something may still need it"
    return f"disabled, and not used for {days_text(days)}"


def days_text(days):
    return "1 day" if days == 1 else f"{days} days"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} cannot be used"


def dedup(resource):
    return resource["AccountId"]
