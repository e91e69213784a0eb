"""Grants give access that no policy shows, and nobody tidies them up."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and its grants"
    if "RiskyGrants" not in resource:
        return "the inventory does not tell: Keyreeve works it out from the key's policies and grants"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    found = resource["RiskyGrants"]
    if not isinstance(found, list):
        raise TypeError(f"RiskyGrants is {found!r}, not a list of sentences")
    return not found


def reason(resource):
    found = resource["RiskyGrants"]
    if not found:
        return "no grant gives too much"
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"A grant on {name} gives too much"


def dedup(resource):
    return resource["AccountId"]
