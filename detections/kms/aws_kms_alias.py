"""A key should have an alias, so that people know it by a name."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and names it"
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return "scheduled for deletion"
    if "Aliases" not in resource:
        return "the inventory does not tell the aliases"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    aliases = resource["Aliases"]
    if aliases is not None and not isinstance(aliases, list):
        raise TypeError(f"Aliases is {aliases!r}, not a list of names")
    return bool(aliases)


def reason(resource):
    if resource["Aliases"]:
        return f"known as {resource['Aliases'][0]}"
    return "no alias points to the key"


def title(resource):
    return f"Key {resource['KeyId']} has no alias"


def dedup(resource):
    return resource["AccountId"]
