"""A key that is still needed must work: its key store is connected, and nobody disabled it under its users."""

RECENT_USE_DAYS = 30


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
    if state == "Unavailable" or is_cut_off(resource):
        return False
    return state != "Disabled" or not used_lately(resource)


def is_cut_off(resource):
    return resource.get("CustomKeyStoreConnectionState") in ("DISCONNECTED", "DISCONNECTING", "FAILED")


def used_lately(resource):
    return resource["LastUse"] == "USED" and resource["DaysSinceLastUse"] <= RECENT_USE_DAYS


def reason(resource):
    if is_cut_off(resource):
        store = resource.get("CustomKeyStoreId")
        return f"its key store {store} is {resource['CustomKeyStoreConnectionState'].lower()}"
    if resource["KeyState"] == "Unavailable":
        return "KMS cannot reach the key material"
    if resource["KeyState"] != "Disabled":
        return "the key can be used"
    if used_lately(resource):
        return f"disabled, but used {days_text(resource['DaysSinceLastUse'])} ago: something may still need it"
    return f"disabled, and not used in the last {RECENT_USE_DAYS} days"


def days_text(days):
    return "1 day" if days == 1 else f"{days} days"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} cannot be used"


def dedup(resource):
    return resource["AccountId"]
