"""Whoever schedules a key for deletion must leave the configured time to take it back."""

MIN_WINDOW_DAYS = 30


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key: its owner cannot delete it"
    if resource.get("PendingDeletionWindowInDays") is not None:
        return None
    if resource["KeyState"] == "PendingDeletion":
        return "KMS shows the date of the deletion only, not the window it was scheduled with"
    return "no deletion window is set"


def policy(resource):
    if not_applicable(resource):
        return True
    window = resource["PendingDeletionWindowInDays"]
    if isinstance(window, bool) or not isinstance(window, int):
        raise TypeError(f"PendingDeletionWindowInDays is {window!r}, not a number of days")
    return window >= MIN_WINDOW_DAYS


def reason(resource):
    return f"the deletion window is {resource['PendingDeletionWindowInDays']} days; at least {MIN_WINDOW_DAYS} are asked for"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} can be deleted after {resource['PendingDeletionWindowInDays']} days"


def dedup(resource):
    return resource["AccountId"]
