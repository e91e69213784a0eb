"""A key must carry the configured tags, each with a value."""

REQUIRED_TAGS = ["soar:team"]


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key: its owner cannot tag it"
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return "scheduled for deletion: KMS does not let the tags change"
    if not REQUIRED_TAGS:
        return "no tags are required by the configuration"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    return not missing_tags(resource)


def missing_tags(resource):
    tags = resource["Tags"] or {}
    return [name for name in REQUIRED_TAGS if not (tags.get(name) or "").strip()]


def reason(resource):
    missing = missing_tags(resource)
    if missing:
        return f"missing or empty: {', '.join(missing)}"
    return "has every required tag"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} lacks {', '.join(missing_tags(resource))}"


def dedup(resource):
    return resource["AccountId"]
