"""A service that may use the key for anybody can be made to use it by anybody."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and its policy"
    if "ConfusedDeputies" not in resource:
        return "the inventory does not tell: Keyreeve works it out from the key's policies and grants"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    found = resource["ConfusedDeputies"]
    if not isinstance(found, list):
        raise TypeError(f"ConfusedDeputies is {found!r}, not a list of sentences")
    return not found


def reason(resource):
    found = resource["ConfusedDeputies"]
    if not found:
        return "every service that may use the key may do so for named resources or accounts only"
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"A service may use {name} for anybody"


def dedup(resource):
    return resource["AccountId"]
