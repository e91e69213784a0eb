"""A customer's key that KMS can rotate by itself must be set to."""


def not_applicable(resource):
    if resource["KeyManager"] == "AWS":
        return "AWS manages this key and rotates it every year"
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return "scheduled for deletion: KMS reports rotation as off meanwhile"
    if resource["Origin"] == "EXTERNAL":
        return "imported key material rotates on demand only"
    if resource["Origin"] in ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE") or resource.get("CustomKeyStoreId"):
        return "a key in a custom key store is rotated by hand"
    key_spec = resource.get("KeySpec") or "SYMMETRIC_DEFAULT"
    if key_spec != "SYMMETRIC_DEFAULT":
        return f"KMS cannot rotate {key_spec} keys by itself"
    return None


def policy(resource):
    if not_applicable(resource):
        return True
    if resource["KeyState"] == "Creating":
        raise ValueError("the key is still being created: its rotation is not settled yet")
    enabled = resource["KeyRotationEnabled"]
    if enabled is not None and not isinstance(enabled, bool):
        raise TypeError(f"KeyRotationEnabled is {enabled!r}, not true, false or null")
    return enabled is True


def reason(resource):
    if resource["KeyRotationEnabled"]:
        return "automatic rotation is on"
    regions = resource.get("MultiRegionConfiguration") or {}
    if regions.get("MultiRegionKeyType") == "REPLICA":
        primary = regions["PrimaryKey"]
        where = f"the primary key {primary['Arn']}"
        return f"automatic rotation is off, predicted to be the setting of {where}: enable it there, in {primary['Region']}"
    return "automatic rotation is off"


def title(resource):
    name = (resource.get("Aliases") or [resource["KeyId"]])[0]
    return f"{name} does not rotate automatically"


def dedup(resource):
    return resource["AccountId"]
