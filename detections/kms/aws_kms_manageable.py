"""A key whose policy nobody can change is lost as soon as the policy is wrong."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and its policy"
    if "ManagementRisks" not in resource:
        return "the inventory does not tell: Keyreeve works it out from the key's policies and grants"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    found = resource["ManagementRisks"]
    if not isinstance(found, list):
        raise TypeError(f"ManagementRisks is {found!r}, not a list of sentences")
    return not found


def reason(resource):
    found = resource["ManagementRisks"]
    if not found:
        return "the account or two principals can change the policy"
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"The policy of {name} hangs by a thread"


def dedup(resource):
    return resource["AccountId"]
