"""Who administers a key should not be able to read what it protects."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and its policy"
    if "MixedDuties" not in resource:
        return "the inventory does not tell: Keyreeve works it out from the key's policies and grants"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    found = resource["MixedDuties"]
    if not isinstance(found, list):
        raise TypeError(f"MixedDuties is {found!r}, not a list of sentences")
    return not found


def reason(resource):
    found = resource["MixedDuties"]
    if not found:
        return "it is proved that nobody holds both but through the account as a whole"
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"One principal both administers and uses {name}"


def dedup(resource):
    return resource["AccountId"]
