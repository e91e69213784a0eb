"""A key that rotates by itself must not take longer over it than the configured maximum."""

MAX_ROTATION_PERIOD_DAYS = 365


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and rotates it every year"
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return "scheduled for deletion: KMS reports rotation as off meanwhile"
    if resource["Origin"] != "AWS_KMS" or (resource.get("KeySpec") or "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        return "KMS cannot rotate this kind of key by itself"
    if not resource["KeyRotationEnabled"]:
        return "automatic rotation is off: AWS.KMS.RotationEnabled judges that"
    if "RotationPeriodInDays" not in resource:
        return "the inventory does not tell the rotation period"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    period = resource["RotationPeriodInDays"]
    if isinstance(period, bool) or not isinstance(period, int):
        raise TypeError(f"RotationPeriodInDays is {period!r}, not a number of days")
    return period <= MAX_ROTATION_PERIOD_DAYS


def reason(resource):
    return f"rotates every {resource['RotationPeriodInDays']} days; at most {MAX_ROTATION_PERIOD_DAYS} are allowed"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} rotates only every {resource['RotationPeriodInDays']} days"


def dedup(resource):
    return resource["AccountId"]
