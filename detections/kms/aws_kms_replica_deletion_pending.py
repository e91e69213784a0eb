"""A multi-Region primary key that is deleted as soon as its last replica is gone."""

LOWER_ENVIRONMENTS = ["staging", "development"]


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key: its owner cannot delete it"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    if resource.get("Environment") in LOWER_ENVIRONMENTS:
        return True
    state = resource["KeyState"]
    if not isinstance(state, str):
        raise TypeError(f"KeyState is {state!r}, not a name")
    return state != "PendingReplicaDeletion"


def reason(resource):
    if resource["KeyState"] != "PendingReplicaDeletion":
        return "does not wait for the deletion of replicas"
    environment = resource.get("Environment")
    when = waiting(resource.get("PendingDeletionWindowInDays"), resource.get("MultiRegionConfiguration") or {})
    if environment in LOWER_ENVIRONMENTS:
        return f"{when}; keys may be deleted freely in a {environment} environment"
    if environment == "production":
        return f"{when}; production environment"
    return f"{when}; environment not known, which counts as production"


def waiting(window, regions):
    where = ", ".join(replica["Region"] for replica in regions.get("ReplicaKeys") or [])
    return f"predicted to be deleted {window or 'some'} days after its last replica ({where or 'none is listed'})"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} will be deleted after its replicas"


def dedup(resource):
    return resource["AccountId"]
