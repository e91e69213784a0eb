"""Two keys with the same material should be open to the same people."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and its policy"
    regions = resource.get("MultiRegionConfiguration")
    if regions is None or regions["MultiRegionKeyType"] != "REPLICA":
        return "not a replica of a multi-Region key"
    if "ReplicaDrift" not in resource:
        return "the inventory does not tell: Keyreeve works it out from the key's policies and grants"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    found = resource["ReplicaDrift"]
    if not isinstance(found, list):
        raise TypeError(f"ReplicaDrift is {found!r}, not a list of sentences")
    return not found


def reason(resource):
    found = resource["ReplicaDrift"]
    if not found:
        return "it is proved that replica and primary allow the same"
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"The policy of {name} differs from its primary's"


def dedup(resource):
    return resource["AccountId"]
