"""The key policies that Acme writes, good and bad."""

import json

from names import hexadecimal, partition
from organisation import PARTNER, SECURITY

ADMINISTER = [
    *(
        "kms:Create*",
        "kms:Describe*",
        "kms:Enable*",
        "kms:List*",
        "kms:Put*",
        "kms:Update*",
        "kms:Revoke*",
        "kms:Disable*",
    ),
    *(
        "kms:Get*",
        "kms:Delete*",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:ScheduleKeyDeletion",
        "kms:CancelKeyDeletion",
    ),
]
SYMMETRIC_USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
USE = {
    "ENCRYPT_DECRYPT": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:DescribeKey", "kms:GetPublicKey"],
    "SIGN_VERIFY": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "kms:Verify"],
    "GENERATE_VERIFY_MAC": ["kms:DescribeKey", "kms:GenerateMac", "kms:VerifyMac"],
    "KEY_AGREEMENT": ["kms:DescribeKey", "kms:GetPublicKey", "kms:DeriveSharedSecret"],
    "ENCAPSULATE_DECAPSULATE": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Encapsulate", "kms:Decapsulate"],
}


def statement(sid, principal, actions, condition=None):
    made = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
    return made | ({"Condition": condition} if condition else {})


def document(statements, policy_id=None):
    made = {"Version": "2012-10-17", **({"Id": policy_id} if policy_id else {}), "Statement": statements}
    return json.dumps(made, separators=(",", ":"))


def shared_with_security():
    """What a resource share adds to a key, as its policy AWS_RAM."""
    return document([statement("Shared", {"AWS": f"arn:aws:iam::{SECURITY}:root"}, ["kms:Decrypt", "kms:DescribeKey"])])


class KeyPolicy:
    """The policies that one key could have, a method each; `text` writes the one asked for."""

    def __init__(self, account, region, name, spec, usage):
        self.account, self.region, self.name = account, region, name
        self.iam = f"arn:{partition(region)}:iam::"
        self.actions = SYMMETRIC_USE if spec == "SYMMETRIC_DEFAULT" else USE[usage]
        self.service_role = f"{self.iam}{account}:role/{name}-service"

    def text(self, kind):
        policy_id = {"api": None, "console": "key-consolepolicy-3"}.get(kind, f"key-{self.name}")
        return document(getattr(self, kind)(), policy_id)

    # Statements

    def root(self):
        return statement("Enable IAM User Permissions", {"AWS": f"{self.iam}{self.account}:root"}, "kms:*")

    def sso_admins(self, actions, account=None):
        role = "role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_AdministratorAccess_*"
        pattern = {"ArnLike": {"aws:PrincipalArn": f"{self.iam}{account or self.account}:{role}"}}
        return statement("Allow KMS key administrator access", "*", actions, pattern)

    def use(self, principal=None, actions=None, condition=None):
        return statement(
            "Allow use of the key", principal or {"AWS": self.service_role}, actions or self.actions, condition
        )

    # Policies that are in order

    def api(self):
        return [self.root()]

    def console(self):
        for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        administrators = {"AWS": f"{self.iam}{self.account}:role/KeyAdministrator"}
        grant = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]
        return [
            self.root(),
            statement("Allow access for Key Administrators", administrators, ADMINISTER),
            self.use(),
            statement("Allow attachment of persistent resources", {"AWS": self.service_role}, grant, for_aws),
        ]

    def template(self):
        return [self.root(), self.sso_admins(ADMINISTER), self.use()]

    def cloudtrail(self):
        trail = f"arn:aws:cloudtrail:{self.region}:{self.account}:trail/organisation"
        service = {"Service": "cloudtrail.amazonaws.com"}
        return [*self.template()[:2], self.use(service, condition={"StringEquals": {"aws:SourceArn": trail}})]

    def logs(self):
        groups = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{self.region}:{self.account}:*"}}
        return [*self.template()[:2], self.use({"Service": f"logs.{self.region}.amazonaws.com"}, condition=groups)]

    # Policies with a fault

    def confused_deputy(self):
        return [*self.template()[:2], self.use({"Service": "config.amazonaws.com"})]

    def dnssec(self):
        actions = ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]
        return [self.root(), self.use({"Service": "dnssec-route53.amazonaws.com"}, actions)]

    def closed(self):
        return [self.sso_admins([action for action in ADMINISTER if action != "kms:Get*"]), self.use()]

    def partner(self):
        actions = ["kms:Decrypt", "kms:DescribeKey", "kms:PutKeyPolicy"]
        return [*self.console(), statement("Allow the partner", {"AWS": f"{self.iam}{PARTNER}:root"}, actions)]

    def any_sso_admin(self):
        return [self.root(), self.sso_admins(ADMINISTER, account="*"), self.use()]

    def orphan(self):
        gone = "AROA" + hexadecimal(17, "role", self.name).upper()
        return [self.root(), self.use({"AWS": [gone, self.service_role]})]

    def public(self):
        via = {"StringEquals": {"kms:ViaService": f"s3.{self.region}.amazonaws.com"}}
        return [self.root(), self.use({"AWS": "*"}, condition=via)]

    def not_principal(self):
        everyone = statement("Everyone but guests", None, self.actions)
        del everyone["Principal"]
        return [self.root(), everyone | {"NotPrincipal": {"AWS": f"{self.iam}{self.account}:role/Guest"}}]

    def fragile(self):
        return [statement("Investigators", {"AWS": f"{self.iam}{self.account}:user/j.lind"}, "kms:*")]

    def admins_only(self):
        return [self.sso_admins("kms:*")]

    def typos(self):
        admins = [action.replace("kms:Delete*", "kms>Delete*") for action in ADMINISTER]
        actions = [action.replace("kms:ReEncrypt*", "kms:ReEncrypt") for action in self.actions]
        return [self.root(), self.sso_admins(admins), self.use(actions=actions)]
