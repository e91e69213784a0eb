"""A key may be scheduled for deletion only where its environment is known to be a lower one."""

LOWER_ENVIRONMENTS = ["staging", "development"]


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key: its owner cannot delete it"
    if resource["KeyState"] == "PendingReplicaDeletion":
        return "waits for its replicas to be deleted: AWS.KMS.ReplicaDeletionPending judges that"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    if resource.get("Environment") in LOWER_ENVIRONMENTS:
        return True
    state = resource["KeyState"]
    if not isinstance(state, str):
        raise TypeError(f"KeyState is {state!r}, not a name")
    return state != "PendingDeletion"


def reason(resource):
    if resource["KeyState"] != "PendingDeletion":
        return "not scheduled for deletion"
    environment = resource.get("Environment")
    when = deletion(resource.get("DaysUntilDeletion"), resource.get("DeletionDate"))
    if environment in LOWER_ENVIRONMENTS:
        return f"{when}; keys may be deleted freely in a {environment} environment"
    used = last_use(resource.get("LastUse"), resource.get("DaysSinceLastUse"))
    if environment == "production":
        return f"{when}; {used}; production environment"
    return f"{when}; {used}; environment not known, which counts as production"


def deletion(days, date):
    if days is None:
        return "scheduled for deletion, on a date that is not given"
    if days < 1:
        return "deleted within a day, perhaps already"
    return f"deleted in {days_text(days)}, on {date[:10]}"


def last_use(found, days):
    if found == "USED":
        return f"last used {days_text(days)} ago"
    if found == "NEVER":
        return "never used since it was created"
    return "no use of it is on record"


def days_text(days):
    return "1 day" if days == 1 else f"{days} days"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} is scheduled for deletion"


def dedup(resource):
    return resource["AccountId"]
