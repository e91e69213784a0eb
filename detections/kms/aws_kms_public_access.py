"""A key that anybody with an AWS account can use protects nothing."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and its policy"
    if "PublicAccess" not in resource:
        return "the inventory does not tell: Keyreeve works it out from the key's policies and grants"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    found = resource["PublicAccess"]
    if not isinstance(found, list):
        raise TypeError(f"PublicAccess is {found!r}, not a list of sentences")
    return not found


def reason(resource):
    found = resource["PublicAccess"]
    if not found:
        return "it is proved that nobody can whom the policies do not name"
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} is open to the public"


def dedup(resource):
    return resource["AccountId"]
