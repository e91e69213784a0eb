"""A rotation that is due must happen: its date may not lie in the past, nor may it wait on a disabled key."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and rotates it every year"
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return "scheduled for deletion: KMS does not rotate it any more"
    if resource["Origin"] != "AWS_KMS" or (resource.get("KeySpec") or "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        return "KMS cannot rotate this kind of key by itself"
    if not resource["KeyRotationEnabled"]:
        return "automatic rotation is off: AWS.KMS.RotationEnabled judges that"
    if resource["KeyState"] == "Disabled" or resource.get("DaysUntilNextRotation") is not None:
        return None
    if "NextRotationDate" not in resource:
        return "the inventory does not tell when the key rotates next"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    days = resource.get("DaysUntilNextRotation")
    if days is not None:
        return days >= 0
    # The state of a replica does not hold its rotation up: the primary key's does.
    if resource["KeyState"] == "Disabled" and not is_replica(resource.get("MultiRegionConfiguration")):
        return False
    raise ValueError("automatic rotation is on, but no date of the next rotation is given")


def is_replica(regions):
    return regions is not None and regions["MultiRegionKeyType"] == "REPLICA"


def reason(resource):
    days = resource.get("DaysUntilNextRotation")
    if days is None:
        return "the key is disabled: predicted to rotate only once it is enabled again"
    if days >= 0:
        return f"the next rotation is due in {days_text(days)}"
    if resource["KeyState"] == "Disabled":
        return f"the rotation is {days_text(-days)} overdue, and predicted to happen as soon as the disabled key is enabled again"
    return f"the rotation is {days_text(-days)} overdue"


def days_text(days):
    return "1 day" if days == 1 else f"{days} days"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"The rotation of {name} is overdue"


def dedup(resource):
    return resource["AccountId"]
