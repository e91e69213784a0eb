"""A key that KMS made for a customer must rotate and be in use, by the seed's four facts alone."""


def policy(resource):
    return (
        resource["Origin"] != "AWS_KMS"
        or resource["KeyManager"] != "CUSTOMER"
        or (resource["KeyRotationEnabled"] is True and resource["KeyState"] == "Enabled")
    )


def dedup(resource):
    return resource["AccountId"]
