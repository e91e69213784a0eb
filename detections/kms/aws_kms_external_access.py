"""Who outside the organisation can use a key should be somebody whom its owner knows and wants."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and its policy"
    if "ExternalAccess" not in resource:
        return "the inventory does not tell: Keyreeve works it out from the key's policies and grants"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    found = resource["ExternalAccess"]
    if not isinstance(found, list):
        raise TypeError(f"ExternalAccess is {found!r}, not a list of sentences")
    return not found


def reason(resource):
    found = resource["ExternalAccess"]
    if not found:
        return "it is proved that nobody can outside the own and the trusted accounts"
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} can be used from an account that is not trusted"


def dedup(resource):
    return resource["AccountId"]
