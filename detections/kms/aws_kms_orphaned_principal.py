"""A principal that was deleted leaves its unique id behind, and the policy can no longer be saved."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and its policy"
    if "OrphanedPrincipals" not in resource:
        return "the inventory does not tell: Keyreeve works it out from the key's policies and grants"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    found = resource["OrphanedPrincipals"]
    if not isinstance(found, list):
        raise TypeError(f"OrphanedPrincipals is {found!r}, not a list of sentences")
    return not found


def reason(resource):
    found = resource["OrphanedPrincipals"]
    if not found:
        return "no principal of the policy was deleted"
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"The policy of {name} names a principal that is gone"


def dedup(resource):
    return resource["AccountId"]
