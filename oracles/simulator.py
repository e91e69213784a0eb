#!/usr/bin/env python3
"""botocore's own clients against `keyreeve simulate`: every operation that Keyreeve uses or the simulator offers, all pages, and every error.

Each raw reply is held to the service model (oracles/service_model.py), and every fact read is compared with the snapshot that the simulator was
seeded with (oracles/kinds.py).
"""

import collections
import datetime
import json
import sys
import tempfile
from pathlib import Path

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import kinds
import live
import service_model

FAULTS = """
[[fault]]
what = "role-missing"
account = "222222222222"
role = "Gone"
[[fault]]
what = "region-off"
region = "af-south-1"
[[fault]]
what = "service-control-policy"
operation = "ListRetirableGrants"
region = "us-east-1"
account = "333333333333"
[[fault]]
what = "throttle"
operation = "ListRetirableGrants"
account = "222222222222"
[[fault]]
what = "status-500"
operation = "DescribeAccount"
account = "222222222222"
[[fault]]
what = "expired"
operation = "ListRetirableGrants"
region = "eu-central-1"
account = "333333333333"
[[fault]]
what = "clock-skew"
operation = "GetCallerIdentity"
account = "222222222222"
"""

# Every operation that Keyreeve uses or the simulator offers must be answered well at least once.
OPERATIONS = {
    "kms": ["ListKeys", "ListAliases", "DescribeKey", "GetKeyPolicy", "ListKeyPolicies", "GetKeyRotationStatus", "ListKeyRotations", "ListResourceTags", "ListGrants", "ListRetirableGrants",
            "GetKeyLastUsage", "DescribeCustomKeyStores", "CreateKey", "ReplicateKey", "EnableKey", "DisableKey", "EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand",
            "ScheduleKeyDeletion", "CancelKeyDeletion", "PutKeyPolicy", "TagResource", "UntagResource", "CreateAlias", "UpdateAlias", "DeleteAlias", "UpdateKeyDescription", "CreateGrant",
            "RevokeGrant", "RetireGrant"],
    "sts": ["GetCallerIdentity", "AssumeRole"],
    "organizations": ["DescribeOrganization", "ListAccounts", "DescribeAccount", "ListParents", "DescribeOrganizationalUnit", "ListTagsForResource", "ListDelegatedAdministrators", "ListRoots",
                      "ListOrganizationalUnitsForParent", "ListAccountsForParent"],
    "account": ["ListRegions", "GetRegionOptStatus"],
    "sso": ["GetRoleCredentials"],
    "securityhub": ["GetFindings", "BatchUpdateFindings", "BatchImportFindings"],
    "sqs": ["ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility", "SendMessage", "GetQueueUrl", "GetQueueAttributes", "CreateQueue", "PurgeQueue"],
    "secretsmanager": ["GetSecretValue"],
    "ssm": ["GetParameter"],
}
QUEUE = f"arn:aws:sqs:us-east-1:{kinds.MANAGEMENT}:keyreeve-events"


class Session:
    """Makes clients, and keeps what is wrong with their raw replies."""

    def __init__(self, endpoint, access_key, secret):
        self.endpoint, self.access_key, self.secret = endpoint, access_key, secret
        self.botocore = botocore.session.Session()
        self.problems = collections.Counter()
        self.replies = collections.Counter()
        self.codes = collections.defaultdict(set)
        self.last = None

    def client(self, service, region="us-east-1", credentials=None, **config):
        credentials = credentials or {"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret}
        client = self.botocore.create_client(service, region_name=region, endpoint_url=self.endpoint, **credentials,
                                             config=Config(retries={"total_max_attempts": 1}, parameter_validation=False, **config))
        client.meta.events.register(f"response-received.{client.meta.service_model.service_id.hyphenize()}", lambda **seen: self.received(client, **seen))
        return client

    def received(self, client, response_dict=None, event_name="", **_):
        operation = client.meta.service_model.operation_model(event_name.rsplit(".", 1)[-1])
        self.last = response_dict
        if response_dict is None:
            return
        status, body = response_dict["status_code"], response_dict["body"]
        self.replies[f"{client.meta.service_model.service_name}:{operation.name}"] += 1
        self.codes[client.meta.service_model.service_name].add((operation.name, status == 200))
        for problem in service_model.validate(operation, status, dict(response_dict["headers"]), body):
            self.problems[f"{operation.name} ({status}): {problem}"] += 1

    def assumed(self, account, role="KeyreeveReader"):
        answer = self.client("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="oracle")["Credentials"]
        return {"aws_access_key_id": answer["AccessKeyId"], "aws_secret_access_key": answer["SecretAccessKey"], "aws_session_token": answer["SessionToken"]}


def pages(call, member, token, limit, problems, where, **arguments):
    """All items of a paged list, asked for in small pages: `token` is (the request's name, the reply's name)."""
    items, given, seen = [], {}, set()
    for _ in range(10_000):
        page = call(**arguments, **limit, **given)
        items += page.get(member, [])
        most = next(iter(limit.values()))
        if len(page.get(member, [])) > most:
            problems[f"{where}: a page of {len(page[member])}, more than {most}"] += 1
        following = page.get(token[1])
        if "Truncated" in page and page["Truncated"] != (following is not None):
            problems[f"{where}: Truncated is {page['Truncated']}, the next marker {following!r}"] += 1
        if not following:
            return items
        if following in seen:
            problems[f"{where}: the marker {following!r} came twice"] += 1
            return items
        seen.add(following)
        given = {token[0]: following}
    problems[f"{where}: no end of pages"] += 1
    return items


MARKER = ("Marker", "NextMarker")


def moment(value):
    return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime.datetime) else value


def told(value):
    """What botocore parsed, as the snapshot writes it."""
    if isinstance(value, dict):
        return {name: told(item) for name, item in value.items() if name != "ResponseMetadata"}
    return [told(item) for item in value] if isinstance(value, list) else moment(value)


# Every fact

def read_everything(session, seed, problems):
    for account, *_ in kinds.ACCOUNTS:
        credentials = None if account == kinds.MANAGEMENT else session.assumed(account)
        for region in kinds.REGIONS:
            kms = session.client("kms", region, credentials)
            here = {arn: record for arn, record in seed.items() if record["AccountId"] == account and record["Region"] == region}
            read_region(kms, here, account, region, problems)


def read_region(kms, here, account, region, problems):
    where = f"{account} {region}"
    keys = {arn: record for arn, record in here.items() if record["ResourceType"] == "AWS.KMS.Key"}
    listed = pages(kms.list_keys, "Keys", MARKER, {"Limit": 7}, problems, f"ListKeys of {where}")
    differ(problems, f"ListKeys of {where}", sorted(entry["KeyArn"] for entry in listed), sorted(keys))
    aliases = pages(kms.list_aliases, "Aliases", MARKER, {"Limit": 5}, problems, f"ListAliases of {where}")
    wanted = sorted((alias, record["KeyId"]) for record in keys.values() for alias in record["Aliases"])
    differ(problems, f"ListAliases of {where}", sorted((alias["AliasName"], alias["TargetKeyId"]) for alias in aliases if "TargetKeyId" in alias), wanted)
    stores = pages(kms.describe_custom_key_stores, "CustomKeyStores", MARKER, {"Limit": 1}, problems, f"DescribeCustomKeyStores of {where}")
    for store in stores:
        record = here[store["CustomKeyStoreId"]]
        for name in ("CustomKeyStoreName", "CustomKeyStoreType", "ConnectionState", "ConnectionErrorCode", "CloudHsmClusterId", "CreationDate", "XksProxyConfiguration"):
            differ(problems, f"DescribeCustomKeyStores: {name} in {where}", told(store.get(name)), record[name])
    differ(problems, f"DescribeCustomKeyStores of {where}", len(stores), len(here) - len(keys))
    for arn, record in keys.items():
        read_key(kms, arn, record, problems)


PLAIN = ["KeyId", "Arn", "CreationDate", "DeletionDate", "Description", "Enabled", "ExpirationModel", "ValidTo", "KeyManager", "KeyState", "KeyUsage", "KeySpec", "EncryptionAlgorithms",
         "SigningAlgorithms", "MacAlgorithms", "KeyAgreementAlgorithms", "Origin", "CustomKeyStoreId", "CloudHsmClusterId", "XksKeyConfiguration", "MultiRegion", "MultiRegionConfiguration",
         "CurrentKeyMaterialId", "PendingDeletionWindowInDays"]
# What KMS says of a key that cannot rotate by itself: refused, or off.
CANNOT_ROTATE = {"UnsupportedOperationException"}


def read_key(kms, arn, record, problems):
    metadata = told(kms.describe_key(KeyId=arn)["KeyMetadata"])
    name = record["Aliases"][0] if record["Aliases"] else "nameless"
    for field in PLAIN:
        differ(problems, f"DescribeKey: {field} of {name}", metadata.get(field) or None, record[field] or None)
    if record["KeyManager"] == "AWS":
        return
    differ(problems, f"GetKeyPolicy of {name}", json.loads(kms.get_key_policy(KeyId=arn)["Policy"]), json.loads(record["Policy"]))
    differ(problems, f"GetKeyPolicy default of {name}", kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"], record["Policy"])
    ram = attempt(kms.get_key_policy, KeyId=arn, PolicyName="AWS_RAM")
    differ(problems, f"GetKeyPolicy AWS_RAM of {name}", ram.get("Policy", ram.get("code")), record["RamPolicy"] or "NotFoundException")
    names = pages(kms.list_key_policies, "PolicyNames", MARKER, {"Limit": 1}, problems, f"ListKeyPolicies of {name}", KeyId=arn)
    differ(problems, f"ListKeyPolicies of {name}", sorted(names), ["AWS_RAM", "default"] if record["RamPolicy"] else ["default"])
    tags = pages(kms.list_resource_tags, "Tags", MARKER, {"Limit": 10}, problems, f"ListResourceTags of {name}", KeyId=record["KeyId"])
    differ(problems, f"ListResourceTags of {name}", {tag["TagKey"]: tag["TagValue"] for tag in tags}, record["Tags"])
    grants = pages(kms.list_grants, "Grants", MARKER, {"Limit": 50}, problems, f"ListGrants of {name}", KeyId=arn)
    for grant in grants:
        differ(problems, f"ListGrants: KeyId of {name}", grant.pop("KeyId", None), arn)
    differ(problems, f"ListGrants of {name}", sorted(map(told, grants), key=lambda grant: grant["GrantId"]), sorted(record["Grants"], key=lambda grant: grant["GrantId"]))
    usage = told(kms.get_key_last_usage(KeyId=arn))
    differ(problems, f"GetKeyLastUsage of {name}", (usage.get("KeyLastUsage") or None, usage.get("TrackingStartDate")), (record["KeyLastUsage"], record["TrackingStartDate"]))
    read_rotation(kms, arn, name, record, problems)


def read_rotation(kms, arn, name, record, problems):
    status = attempt(kms.get_key_rotation_status, KeyId=arn)
    symmetric = record["KeySpec"] == "SYMMETRIC_DEFAULT" and record["Origin"] == "AWS_KMS"
    if "code" in status:
        if symmetric and record["KeyState"] not in ("PendingImport", "Unavailable") or status["code"] not in CANNOT_ROTATE:
            problems[f"GetKeyRotationStatus of {name} ({record['KeyState']}) is refused: {status['code']}"] += 1
    else:
        status = told(status)
        wanted = {"KeyId": arn, "KeyRotationEnabled": bool(record["KeyRotationEnabled"]), **{field: record[field] for field in ("RotationPeriodInDays", "NextRotationDate", "OnDemandRotationStartDate") if record[field] is not None}}
        if "KeyId" in status and status["KeyId"] in (arn, record["KeyId"]):
            wanted["KeyId"] = status["KeyId"]
        differ(problems, f"GetKeyRotationStatus of {name}", {field: value for field, value in status.items() if value is not None}, wanted)
    if symmetric and record["KeyState"] not in ("PendingDeletion", "PendingReplicaDeletion", "Creating", "Unavailable"):
        past = pages(kms.list_key_rotations, "Rotations", MARKER, {"Limit": 7}, problems, f"ListKeyRotations of {name}", KeyId=arn)
        differ(problems, f"ListKeyRotations of {name}", len([each for each in past if "RotationDate" in each]), len(record["Rotations"]))


def differ(problems, what, found, wanted):
    if found != wanted:
        problems[f"{what}: {str(found)[:300]}, seeded {str(wanted)[:300]}"] += 1


def attempt(call, **arguments):
    try:
        return call(**arguments)
    except ClientError as error:
        return {"code": error.response["Error"]["Code"], "message": error.response["Error"].get("Message", ""), "status": error.response["ResponseMetadata"]["HTTPStatusCode"]}


# Every error

def errors(session, seed, problems):
    def key(name, account=kinds.MANAGEMENT, region="us-east-1"):
        return next(arn for arn, record in seed.items() if record.get("Aliases") == [f"alias/{name}"] and (record["AccountId"], record["Region"]) == (account, region))

    kms, sts = session.client("kms"), session.client("sts")
    organizations, account = session.client("organizations"), session.client("account")
    member = session.assumed("222222222222")
    nowhere = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"
    unknown = {"aws_access_key_id": "AKIANOBODYNOBODYNOBO", "aws_secret_access_key": "x"}
    expired = {**member, "aws_session_token": "IQoJsomethingelse"}
    cases = [
        (kms.describe_key, {"KeyId": nowhere}, "NotFoundException"),
        (kms.describe_key, {"KeyId": "alias/nobody"}, "NotFoundException"),
        (kms.describe_key, {"KeyId": "arn:aws:kms:us-east-1:123456789012:key"}, "InvalidArnException"),
        (kms.describe_key, {"KeyId": key("rotating", region="eu-central-1")}, "NotFoundException InvalidArnException"),
        (kms.describe_key, {}, "ValidationException"),
        (kms.describe_key, {"KeyId": key("rotating", account="333333333333")}, "AccessDeniedException"),
        (kms.list_keys, {"Limit": 0}, "ValidationException"),
        (kms.list_keys, {"Limit": 1001}, "ValidationException"),
        (kms.list_keys, {"Marker": "nonsense"}, "InvalidMarkerException"),
        (kms.list_aliases, {"Marker": "nonsense"}, "InvalidMarkerException"),
        (kms.list_aliases, {"KeyId": nowhere}, "NotFoundException"),
        (kms.list_grants, {"KeyId": nowhere}, "NotFoundException"),
        (kms.list_grants, {"KeyId": key("rotating"), "Marker": "nonsense"}, "InvalidMarkerException"),
        (kms.list_resource_tags, {"KeyId": nowhere}, "NotFoundException"),
        (kms.list_resource_tags, {"KeyId": "alias/rotating"}, "InvalidArnException NotFoundException ValidationException"),
        (kms.list_key_rotations, {"KeyId": nowhere}, "NotFoundException"),
        (kms.list_key_rotations, {"KeyId": key("rsa-signing")}, "UnsupportedOperationException"),
        (kms.get_key_policy, {"KeyId": nowhere}, "NotFoundException"),
        (kms.get_key_policy, {"KeyId": key("rotating"), "PolicyName": "other"}, "NotFoundException"),
        (kms.get_key_rotation_status, {"KeyId": nowhere}, "NotFoundException"),
        (kms.get_key_rotation_status, {"KeyId": key("waiting-for-import")}, "UnsupportedOperationException"),
        (kms.get_key_rotation_status, {"KeyId": "alias/rotating"}, "InvalidArnException NotFoundException ValidationException"),
        (kms.get_key_last_usage, {"KeyId": nowhere}, "NotFoundException"),
        (kms.describe_custom_key_stores, {"CustomKeyStoreId": "cks-nothing"}, "CustomKeyStoreNotFoundException"),
        (kms.describe_custom_key_stores, {"CustomKeyStoreName": "nobody"}, "CustomKeyStoreNotFoundException"),
        (session.client("kms", credentials=unknown).list_keys, {}, "UnrecognizedClientException"),
        (session.client("kms", credentials=expired).list_keys, {}, "UnrecognizedClientException ExpiredTokenException"),
        (session.client("kms", "af-south-1").list_keys, {}, "UnrecognizedClientException"),
        (session.client("kms", credentials=session.assumed("333333333333")).list_retirable_grants, {"RetiringPrincipal": "arn:aws:iam::333333333333:role/x"}, "AccessDeniedException"),
        (session.client("kms", "eu-central-1", session.assumed("333333333333")).list_retirable_grants, {"RetiringPrincipal": "arn:aws:iam::333333333333:role/x"}, "ExpiredTokenException"),
        (session.client("kms", credentials=member).list_retirable_grants, {"RetiringPrincipal": "arn:aws:iam::222222222222:role/x"}, "ThrottlingException"),
        (session.client("sts", credentials=member).get_caller_identity, {}, "SignatureDoesNotMatch RequestExpired"),
        (organizations.describe_account, {"AccountId": "999999999999"}, "AccountNotFoundException"),
        (session.client("organizations", credentials=member).describe_account, {"AccountId": "222222222222"}, "ServiceException InternalFailure AccessDeniedException"),
        (session.client("sts", credentials=unknown).get_caller_identity, {}, "InvalidClientTokenId"),
        (sts.assume_role, {"RoleArn": "arn:aws:iam::222222222222:role/Gone", "RoleSessionName": "oracle"}, "AccessDenied"),
        (sts.assume_role, {"RoleArn": "arn:aws:iam::999999999999:role/Any", "RoleSessionName": "oracle"}, "AccessDenied"),
        (sts.assume_role, {"RoleArn": "nonsense", "RoleSessionName": "oracle"}, "ValidationError"),
        (sts.assume_role, {"RoleArn": "arn:aws:iam::222222222222:role/Any"}, "ValidationError"),
        (organizations.list_accounts, {"NextToken": "nonsense"}, "InvalidInputException"),
        (organizations.list_parents, {"ChildId": "999999999999"}, "ChildNotFoundException"),
        (organizations.list_tags_for_resource, {"ResourceId": "999999999999"}, "TargetNotFoundException"),
        (organizations.list_accounts_for_parent, {"ParentId": "r-none"}, "ParentNotFoundException"),
        (session.client("organizations", credentials=member).list_accounts, {}, "AccessDeniedException"),
        (account.list_regions, {"MaxResults": 0}, "ValidationException"),
        (account.list_regions, {"NextToken": "nonsense"}, "ValidationException"),
        (session.client("account", credentials=member).list_regions, {"AccountId": "333333333333"}, "AccessDeniedException"),
        (session.client("sso").get_role_credentials, {"roleName": "Reader", "accountId": "222222222222", "accessToken": "expired"}, "UnauthorizedException"),
        (session.client("sso").get_role_credentials, {"roleName": "Reader", "accountId": "999999999999", "accessToken": "token"}, "ForbiddenException ResourceNotFoundException"),
    ]
    seen = collections.Counter()
    for call, arguments, wanted in cases:
        answer = attempt(call, **arguments)
        name = getattr(call, "__name__", str(call))
        seen[answer.get("code")] += 1
        if answer.get("code") not in wanted.split():
            problems[f"{name}({arguments}): {answer.get('code') or 'no error'} {answer.get('message', '')}, wanted {wanted}"] += 1
    return seen


# The other services

def other_services(session, problems):
    sts, organizations, account = session.client("sts"), session.client("organizations"), session.client("account")
    identity = sts.get_caller_identity()
    differ(problems, "GetCallerIdentity", identity["Account"], kinds.MANAGEMENT)
    member = session.assumed("333333333333")
    assumed = session.client("sts", credentials=member).get_caller_identity()
    differ(problems, "GetCallerIdentity as the role", (assumed["Account"], ":assumed-role/KeyreeveReader/oracle" in assumed["Arn"]), ("333333333333", True))
    portal = session.client("sso").get_role_credentials(roleName="Reader", accountId="222222222222", accessToken="token")["roleCredentials"]
    portal = {"aws_access_key_id": portal["accessKeyId"], "aws_secret_access_key": portal["secretAccessKey"], "aws_session_token": portal["sessionToken"]}
    differ(problems, "who the portal's credentials are", session.client("kms", credentials=portal).list_keys(Limit=1)["Keys"][0]["KeyArn"].split(":")[4], "222222222222")
    kms = session.client("kms")
    retirable = pages(kms.list_retirable_grants, "Grants", MARKER, {"Limit": 10}, problems, "ListRetirableGrants", RetiringPrincipal=f"arn:aws:iam::{kinds.MANAGEMENT}:role/retirer")
    differ(problems, "ListRetirableGrants", len(retirable), len([number for number in range(130) if number % 3 == 0]))
    differ(problems, "DescribeAccount", organizations.describe_account(AccountId="333333333333")["Account"]["Name"], "shop-prod")
    pages(organizations.list_delegated_administrators, "DelegatedAdministrators", ("NextToken", "NextToken"), {"MaxResults": 1}, problems, "ListDelegatedAdministrators")
    differ(problems, "GetRegionOptStatus", account.get_region_opt_status(RegionName="us-east-1")["RegionOptStatus"], "ENABLED_BY_DEFAULT")
    differ(problems, "DescribeOrganization", organizations.describe_organization()["Organization"]["MasterAccountId"], kinds.MANAGEMENT)
    accounts = pages(organizations.list_accounts, "Accounts", ("NextToken", "NextToken"), {"MaxResults": 1}, problems, "ListAccounts")
    differ(problems, "ListAccounts", sorted((entry["Id"], entry["Name"], entry["Email"], entry["Status"]) for entry in accounts),
           sorted((number, name, f"aws+{name}@example.com", "ACTIVE") for number, name, *_ in kinds.ACCOUNTS))
    for number, _, unit, tags in kinds.ACCOUNTS:
        found = organizations.list_tags_for_resource(ResourceId=number)["Tags"]
        differ(problems, f"ListTagsForResource of {number}", {tag["Key"]: tag["Value"] for tag in found}, tags)
        differ(problems, f"the organisational unit of {number}", unit_path(organizations, number), unit)
    differ(problems, "the accounts by the tree of units", sorted(tree(organizations)), sorted((number, unit) for number, _, unit, _ in kinds.ACCOUNTS))
    regions = pages(account.list_regions, "Regions", ("NextToken", "NextToken"), {"MaxResults": 5}, problems, "ListRegions")
    enabled = {region["RegionName"] for region in regions if region["RegionOptStatus"] in ("ENABLED", "ENABLED_BY_DEFAULT")}
    if not set(kinds.REGIONS) <= enabled or "af-south-1" in enabled:
        problems[f"ListRegions: enabled are {sorted(enabled)}"] += 1
    filtered = account.list_regions(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"], AccountId="222222222222", MaxResults=50)["Regions"]
    if any(region["RegionOptStatus"] not in ("ENABLED", "ENABLED_BY_DEFAULT") for region in filtered) or not filtered:
        problems[f"ListRegions with a filter: {filtered}"] += 1


def unit_path(organizations, child):
    names = []
    for _ in range(10):
        parent = organizations.list_parents(ChildId=child)["Parents"][0]
        if parent["Type"] == "ROOT":
            return "/".join(["Root", *reversed(names)])
        names.append(organizations.describe_organizational_unit(OrganizationalUnitId=parent["Id"])["OrganizationalUnit"]["Name"])
        child = parent["Id"]
    return None


def tree(organizations):
    waiting = [(root["Id"], root["Name"]) for root in organizations.list_roots()["Roots"]]
    while waiting:
        parent, path = waiting.pop()
        for entry in pages(organizations.list_accounts_for_parent, "Accounts", ("NextToken", "NextToken"), {"MaxResults": 1}, collections.Counter(), "", ParentId=parent):
            yield entry["Id"], path
        waiting += [(unit["Id"], f"{path}/{unit['Name']}") for unit in organizations.list_organizational_units_for_parent(ParentId=parent)["OrganizationalUnits"]]


# What is changed is seen

def writes(session, seed, problems):
    kms = session.client("kms", "eu-central-1", session.assumed("222222222222"))
    keys = {record["Aliases"][0].removeprefix("alias/"): arn for arn, record in seed.items()
            if record.get("Aliases") and (record["AccountId"], record["Region"]) == ("222222222222", "eu-central-1")}
    lockout = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "kms:Decrypt", "Resource": "*"}]})
    policy = kinds.policy("222222222222", "changed")
    steps = [
        (kms.enable_key_rotation, {"KeyId": keys["not-rotating"], "RotationPeriodInDays": 180}, None),
        (kms.enable_key_rotation, {"KeyId": keys["not-rotating"], "RotationPeriodInDays": 89}, "ValidationException"),
        (kms.enable_key_rotation, {"KeyId": keys["rsa-signing"]}, "UnsupportedOperationException"),
        (kms.enable_key_rotation, {"KeyId": keys["hmac"]}, "UnsupportedOperationException"),
        (kms.enable_key_rotation, {"KeyId": keys["imported"]}, "UnsupportedOperationException"),
        (kms.enable_key_rotation, {"KeyId": keys["cloudhsm"]}, "UnsupportedOperationException"),
        (kms.enable_key_rotation, {"KeyId": keys["disabled"]}, "DisabledException"),
        (kms.enable_key_rotation, {"KeyId": keys["deleting"]}, "KMSInvalidStateException"),
        (kms.enable_key_rotation, {"KeyId": keys["multi-region-not-rotating"]}, "UnsupportedOperationException"),
        (kms.disable_key_rotation, {"KeyId": keys["rotating"]}, None),
        (kms.disable_key, {"KeyId": keys["rotating"]}, None),
        (kms.enable_key, {"KeyId": keys["rotating"]}, None),
        (kms.enable_key, {"KeyId": keys["deleting"]}, "KMSInvalidStateException"),
        (kms.schedule_key_deletion, {"KeyId": keys["rotating"], "PendingWindowInDays": 6}, "ValidationException"),
        (kms.schedule_key_deletion, {"KeyId": keys["rotating"], "PendingWindowInDays": 7}, None),
        (kms.schedule_key_deletion, {"KeyId": keys["rotating"]}, "KMSInvalidStateException"),
        (kms.cancel_key_deletion, {"KeyId": keys["rotating"]}, None),
        (kms.cancel_key_deletion, {"KeyId": keys["rotating"]}, "KMSInvalidStateException"),
        (kms.put_key_policy, {"KeyId": keys["two-names"] if "two-names" in keys else keys["updating"], "Policy": policy}, None),
        (kms.put_key_policy, {"KeyId": keys["updating"], "Policy": lockout}, "MalformedPolicyDocumentException"),
        (kms.put_key_policy, {"KeyId": keys["updating"], "Policy": lockout, "BypassPolicyLockoutSafetyCheck": True}, None),
        (kms.put_key_policy, {"KeyId": keys["rotating"], "Policy": "{not json"}, "MalformedPolicyDocumentException"),
        (kms.put_key_policy, {"KeyId": keys["rotating"], "Policy": "x" * 40_000}, "LimitExceededException MalformedPolicyDocumentException"),
        (kms.tag_resource, {"KeyId": keys["untagged"], "Tags": [{"TagKey": "soar:team", "TagValue": "new"}]}, None),
        (kms.tag_resource, {"KeyId": keys["deleting"], "Tags": [{"TagKey": "a", "TagValue": "b"}]}, "KMSInvalidStateException"),
    ]
    grant = attempt(kms.create_grant, KeyId=keys["rotating"], GranteePrincipal="arn:aws:iam::222222222222:role/worker", Operations=["Decrypt"], Name="one")
    again = attempt(kms.create_grant, KeyId=keys["rotating"], GranteePrincipal="arn:aws:iam::222222222222:role/worker", Operations=["Decrypt"], Name="one")
    differ(problems, "CreateGrant twice under one name", again.get("GrantId"), grant.get("GrantId"))
    other = attempt(kms.create_grant, KeyId=keys["rotating"], GranteePrincipal="arn:aws:iam::222222222222:role/worker", RetiringPrincipal="arn:aws:iam::222222222222:role/retirer", Operations=["Decrypt"])
    made = attempt(kms.create_key, Description="made", MultiRegion=True, Tags=[{"TagKey": "a", "TagValue": "b"}]).get("KeyMetadata", {})
    steps += [
        (kms.revoke_grant, {"KeyId": keys["rotating"], "GrantId": grant.get("GrantId", "")}, None),
        (kms.revoke_grant, {"KeyId": keys["rotating"], "GrantId": grant.get("GrantId", "")}, "NotFoundException"),
        (kms.retire_grant, {"KeyId": keys["rotating"], "GrantId": other.get("GrantId", "")}, None),
        (kms.create_grant, {"KeyId": keys["disabled"], "GranteePrincipal": "arn:aws:iam::222222222222:role/worker", "Operations": ["Decrypt"]}, "DisabledException"),
        (kms.create_key, {"KeySpec": "RSA_2048"}, "ValidationException"),
        (kms.create_key, {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, None),
        (kms.create_key, {"KeySpec": "ML_DSA_65", "KeyUsage": "SIGN_VERIFY"}, None),
        (kms.create_key, {"Origin": "EXTERNAL"}, None),
        (kms.create_key, {"Policy": lockout}, "MalformedPolicyDocumentException"),
        (kms.replicate_key, {"KeyId": made.get("KeyId", ""), "ReplicaRegion": "us-east-1"}, None),
        (kms.replicate_key, {"KeyId": made.get("KeyId", ""), "ReplicaRegion": "us-east-1"}, "AlreadyExistsException"),
        (kms.replicate_key, {"KeyId": keys["not-rotating"], "ReplicaRegion": "us-east-1"}, "UnsupportedOperationException"),
        (kms.create_alias, {"AliasName": "alias/made", "TargetKeyId": made.get("KeyId", "")}, None),
        (kms.create_alias, {"AliasName": "alias/made", "TargetKeyId": made.get("KeyId", "")}, "AlreadyExistsException"),
        (kms.create_alias, {"AliasName": "alias/aws/made", "TargetKeyId": made.get("KeyId", "")}, "NotAuthorizedException InvalidAliasNameException"),
        (kms.create_alias, {"AliasName": "made", "TargetKeyId": made.get("KeyId", "")}, "InvalidAliasNameException ValidationException"),
        (kms.update_alias, {"AliasName": "alias/made", "TargetKeyId": keys["not-rotating"]}, None),
        (kms.delete_alias, {"AliasName": "alias/made"}, None),
        (kms.delete_alias, {"AliasName": "alias/made"}, "NotFoundException"),
        (kms.update_key_description, {"KeyId": keys["not-rotating"], "Description": "changed"}, None),
        (kms.untag_resource, {"KeyId": keys["not-rotating"], "TagKeys": ["service"]}, None),
        (kms.rotate_key_on_demand, {"KeyId": keys["updating"]}, None),
        (kms.rotate_key_on_demand, {"KeyId": keys["rsa-signing"]}, "UnsupportedOperationException"),
    ]
    for call, arguments, wanted in steps:
        answer = attempt(call, **arguments)
        if (answer.get("code") or "None") not in (wanted or "None").split():
            shown = {name: str(value)[:60] for name, value in arguments.items()}
            problems[f"{call.__name__}({shown}): {answer.get('code') or 'no error'} {answer.get('message', '')}, wanted {wanted}"] += 1
    differ(problems, "EnableKeyRotation with 180 days", attempt(kms.get_key_rotation_status, KeyId=keys["not-rotating"]).get("RotationPeriodInDays"), 180)
    changed = kms.describe_key(KeyId=keys["not-rotating"])["KeyMetadata"]
    differ(problems, "UpdateKeyDescription", changed["Description"], "changed")
    differ(problems, "UntagResource", [tag["TagKey"] for tag in kms.list_resource_tags(KeyId=keys["not-rotating"])["Tags"]], ["soar:team"])
    differ(problems, "the state after ScheduleKeyDeletion and CancelKeyDeletion", kms.describe_key(KeyId=keys["rotating"])["KeyMetadata"]["KeyState"], "Disabled")
    return len(steps)


# What tells of keys, and who is told

def responding(session, seed, problems):
    hub, sqs, kms = session.client("securityhub"), session.client("sqs"), session.client("kms")
    own = [record for record in seed.values() if (record["AccountId"], record["Region"]) == (kinds.MANAGEMENT, "us-east-1") and record["ResourceType"] == "AWS.KMS.Key"]
    is_key = {"ResourceType": [{"Value": "AwsKmsKey", "Comparison": "EQUALS"}]}
    findings = pages(hub.get_findings, "Findings", ("NextToken", "NextToken"), {"MaxResults": 7}, problems, "GetFindings", Filters=is_key)
    for control, wanted in (("KMS.3", lambda record: record["KeyState"] != "PendingDeletion"), ("KMS.4", lambda record: record["KeyRotationEnabled"])):
        for record in own:
            of_key = [finding for finding in findings if finding["Compliance"]["SecurityControlId"] == control and finding["Resources"][0]["Id"] == record["Arn"]]
            for finding in of_key:
                differ(problems, f"{control} of {record['Arn']}", finding["Compliance"]["Status"], "PASSED" if wanted(record) else "FAILED")
                differ(problems, f"{control}: workflow of {record['Arn']}", finding["Workflow"]["Status"], "RESOLVED" if wanted(record) else "NEW")
    failed = next(finding for finding in findings if finding["Compliance"]["SecurityControlId"] == "KMS.4" and finding["Compliance"]["Status"] == "FAILED"
                  and finding["Resources"][0]["Details"]["AwsKmsKey"]["KeyState"] == "Enabled" and finding["AwsAccountId"] == kinds.MANAGEMENT)
    identifier = {"Id": failed["Id"], "ProductArn": failed["ProductArn"]}
    updated = hub.batch_update_findings(FindingIdentifiers=[{**identifier, "Id": "nobody"}, identifier], Workflow={"Status": "NOTIFIED"},
                                        Note={"Text": "told", "UpdatedBy": "oracle"}, UserDefinedFields={"TicketId": "SEC-1"})
    differ(problems, "BatchUpdateFindings", [len(updated["ProcessedFindings"]), updated["UnprocessedFindings"][0]["ErrorCode"]], [1, "FindingNotFound"])
    url = sqs.get_queue_url(QueueName="keyreeve-events")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    kms.enable_key_rotation(KeyId=failed["Resources"][0]["Id"])
    again = hub.get_findings(Filters={"Id": [{"Value": failed["Id"], "Comparison": "EQUALS"}]})["Findings"][0]
    differ(problems, "a finding after its key was fixed", [again["Compliance"]["Status"], again["Workflow"]["Status"], again["UserDefinedFields"]], ["PASSED", "RESOLVED", {"TicketId": "SEC-1"}])
    kms.disable_key_rotation(KeyId=failed["Resources"][0]["Id"])
    again = hub.get_findings(Filters={"Id": [{"Value": failed["Id"], "Comparison": "EQUALS"}]})["Findings"][0]
    differ(problems, "a finding whose key is broken again", [again["Compliance"]["Status"], again["Workflow"]["Status"]], ["FAILED", "NEW"])
    told = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageSystemAttributeNames=["All"]).get("Messages", []):
        told += [json.loads(message["Body"]) for message in messages]
        sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(messages)])
    kinds_told = collections.Counter((event["source"], event["detail-type"]) for event in told)
    differ(problems, "events of two changes", dict(kinds_told), {("aws.kms", "AWS API Call via CloudTrail"): 2, ("aws.securityhub", "Security Hub Findings - Imported"): 2})
    imported = {**{name: failed[name] for name in ("SchemaVersion", "GeneratorId", "CreatedAt", "UpdatedAt", "Title", "Description", "Severity", "Resources", "Types")},
                "Id": "oracle-1", "AwsAccountId": kinds.MANAGEMENT, "ProductArn": f"arn:aws:securityhub:us-east-1:{kinds.MANAGEMENT}:product/{kinds.MANAGEMENT}/default"}
    answer = hub.batch_import_findings(Findings=[imported, {**imported, "Id": "oracle-2", "Title": ""}])
    differ(problems, "BatchImportFindings", [answer["SuccessCount"], answer["FailedCount"]], [1, 1])
    for wanted, call, arguments in (
        ("InvalidInputException", hub.get_findings, {"NextToken": "nonsense"}),
        ("InvalidInputException", hub.batch_update_findings, {"FindingIdentifiers": [identifier] * 101}),
        ("InvalidInputException", hub.batch_import_findings, {"Findings": [imported] * 101}),
        ("AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist", sqs.receive_message, {"QueueUrl": url + "x"}),
        ("ReceiptHandleIsInvalid", sqs.change_message_visibility, {"QueueUrl": url, "ReceiptHandle": "nobody", "VisibilityTimeout": 1}),
        ("ResourceNotFoundException", session.client("secretsmanager").get_secret_value, {"SecretId": "nobody"}),
        ("ParameterNotFound", session.client("ssm").get_parameter, {"Name": "/nobody"}),
    ):
        code = attempt(call, **arguments).get("code")
        if code not in wanted.split():
            problems[f"{call.__name__}({str(arguments)[:80]}): {code}, wanted {wanted}"] += 1
    other = sqs.create_queue(QueueName="other")["QueueUrl"]
    sent = sqs.send_message(QueueUrl=other, MessageBody="one")
    [first] = sqs.receive_message(QueueUrl=other, WaitTimeSeconds=1)["Messages"]
    differ(problems, "a message", [first["MessageId"], first["Body"], first["MD5OfBody"]], [sent["MessageId"], "one", "f97c5d29941bfb1b2fdab0874906ab82"])
    differ(problems, "a message that is being worked on", sqs.get_queue_attributes(QueueUrl=other, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessagesNotVisible"], "1")
    sqs.change_message_visibility(QueueUrl=other, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    [second] = sqs.receive_message(QueueUrl=other)["Messages"]
    sqs.delete_message(QueueUrl=other, ReceiptHandle=second["ReceiptHandle"])
    differ(problems, "a queue from which all was deleted", sqs.receive_message(QueueUrl=other).get("Messages"), None)
    secret = session.client("secretsmanager").get_secret_value(SecretId="jira")
    differ(problems, "GetSecretValue", [secret["SecretString"], session.client("secretsmanager").get_secret_value(SecretId=secret["ARN"])["Name"]], ["s3cr3t", "jira"])
    parameter = session.client("ssm").get_parameter(Name="/keyreeve/mail", WithDecryption=True)["Parameter"]
    differ(problems, "GetParameter", [parameter["Value"], parameter["Type"]], ["pa55", "SecureString"])
    limited = session.client("kms", credentials=session.assumed("222222222222", "KeyreeveRemediateTags"))
    differ(problems, "a role that may only tag", attempt(limited.list_keys).get("code"), "AccessDeniedException")


def main():
    blind = service_model.blind_spots(botocore.session.get_session())
    if blind:
        raise live.Failed(f"the check of replies does not see, or sees what is not there: {blind}")
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        text = kinds.snapshot()
        (place / "seed.jsonl").write_text(text, encoding="utf-8")
        (place / "faults.toml").write_text(FAULTS, encoding="utf-8")
        seed = {record["ResourceId"]: record for record in map(json.loads, text.splitlines()) if record["kind"] == "resource"}
        more = ["--security-hub", "--events", QUEUE, "--secret", "jira=s3cr3t", "--parameter", "/keyreeve/mail=pa55"]
        with live.simulator(place / "seed.jsonl", faults=place / "faults.toml", more=more) as world:
            session = Session(world.endpoint, world.access_key, "any-secret")
            problems = collections.Counter()
            parts = [(read_everything, session, seed, problems), (other_services, session, problems), (errors, session, seed, problems), (writes, session, seed, problems), (responding, session, seed, problems)]
            results = {}
            for part, *arguments in parts:
                try:
                    results[part.__name__] = part(*arguments)
                except (ClientError, BotoCoreError, KeyError, IndexError) as error:
                    problems[f"{part.__name__}: {type(error).__name__}: {error}; the last reply: {str(session.last)[:300]}"] += 1
    problems += session.problems
    for service, operations in OPERATIONS.items():
        for operation in operations:
            if (operation, True) not in session.codes[service]:
                problems[f"{service} {operation} was never answered well"] += 1
    lines = [f"{text} ({count} times)" if count > 1 else text for text, count in sorted(problems.items())]
    codes = len(results.get("errors") or {})
    return live.conclude("simulator", lines, f"{sum(session.replies.values()):,} replies of {len(session.replies)} operations fit botocore's models; {codes} kinds of error; {len(seed)} resources read back")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except live.Failed as error:
        print(f"simulator: {error}")
        sys.exit(2)
