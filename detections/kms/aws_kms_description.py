"""A key should say what it is for."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and describes it"
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return "scheduled for deletion: KMS does not let the description change"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    description = resource["Description"]
    return description is not None and description.strip() != ""


def reason(resource):
    if (resource["Description"] or "").strip():
        return "has a description"
    return "the description is empty"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} has no description"


def dedup(resource):
    return resource["AccountId"]
