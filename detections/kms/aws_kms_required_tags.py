"""A key must carry the configured tags, each with a value."""

REQUIRED_TAGS = ["soar:team"]


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key: its owner cannot tag it"
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return "scheduled for deletion: KMS does not let the tags change"
    if "Tags" not in resource:
        return "the inventory does not tell the tags"
    if not REQUIRED_TAGS:
        return "no tags are required by the configuration"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    return not missing(resource["Tags"] or {})


def missing(tags):
    return [name for name in REQUIRED_TAGS if not (tags.get(name) or "").strip()]


def reason(resource):
    names = missing(resource["Tags"] or {})
    if names:
        return f"missing or empty: {', '.join(names)}"
    return "has every required tag"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} lacks {', '.join(missing(resource['Tags'] or {}))}"


def dedup(resource):
    return resource["AccountId"]
