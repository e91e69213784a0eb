"""Imported key material must be there, and must not expire soon: without it the key decrypts nothing."""

EXPIRY_WARNING_DAYS = 30
NEW_KEY_DAYS = 7


def not_applicable(resource):
    if resource["KeyManager"] == "AWS" or resource["Origin"] != "EXTERNAL":
        return "the key material is not imported: it does not expire"
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return "scheduled for deletion"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    if resource["KeyState"] == "PendingImport":
        return False
    if resource["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE":
        return True
    days = resource["DaysUntilMaterialExpires"]
    if days is None:
        raise ValueError("no date is given on which the key material expires")
    return days > EXPIRY_WARNING_DAYS


def severity(resource):
    if resource["KeyState"] != "PendingImport" or resource.get("LastUse") != "NEVER":
        return "HIGH"
    age = resource.get("DaysSinceCreation")
    return "LOW" if age is not None and age < NEW_KEY_DAYS else "HIGH"


def reason(resource):
    if resource["KeyState"] == "PendingImport":
        if resource.get("LastUse") == "NEVER":
            return "the key has no material, and was never used: it may wait for its first import"
        return "the key has no material: whatever it encrypted cannot be read until it is imported"
    if resource["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE":
        return "the imported key material does not expire"
    days = resource["DaysUntilMaterialExpires"]
    if days < 0:
        return f"the imported key material expired on {resource['ValidTo'][:10]}"
    return f"the imported key material expires in {days_text(days)}, on {resource['ValidTo'][:10]}"


def days_text(days):
    return "1 day" if days == 1 else f"{days} days"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    if resource["KeyState"] == "PendingImport":
        return f"{name} has no key material"
    return f"The key material of {name} expires soon"


def dedup(resource):
    return resource["AccountId"]
