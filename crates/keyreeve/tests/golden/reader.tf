# The role with which keyreeve reads KMS keys, in every account of the organisation: apply it in the management account.
# Made by `keyreeve aws bootstrap --format terraform`.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "organizational_unit_ids" {
  description = "Where the role is wanted; the whole organisation where none is named"
  type        = list(string)
  default     = []
}

data "aws_organizations_organization" "this" {}

locals {
  root     = data.aws_organizations_organization.this.roots[0].id
  units    = length(var.organizational_unit_ids) == 0 ? [local.root] : var.organizational_unit_ids
  template = <<-YAML
    AWSTemplateFormatVersion: "2010-09-09"
    Description: "The role KeyReader, with which keyreeve reads KMS keys"
    Resources:
      Reader:
        Type: AWS::IAM::Role
        Properties:
          RoleName: "KeyReader"
          Path: "/audit/"
          Description: Reads the KMS keys of this account for keyreeve, and nothing else
          MaxSessionDuration: 3600
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Sid: TrustKeyreeve
                Effect: Allow
                Principal:
                  AWS: !Sub "arn:$${AWS::Partition}:iam::999999999999:root"
                Action: sts:AssumeRole
                Condition:
                  StringEquals:
                    sts:ExternalId: "acme:7"
                  ArnLike:
                    aws:PrincipalArn:
                      - !Sub "arn:$${AWS::Partition}:iam::999999999999:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_SecurityAudit_????????????????"
          Policies:
            - PolicyName: ReadKeys
              PolicyDocument:
                Version: "2012-10-17"
                Statement:
                  - Sid: ListTheRegions
                    Effect: Allow
                    Action:
                      - account:ListRegions
                    Resource: "*"
                  - Sid: ListTheKeys
                    Effect: Allow
                    Action:
                      - kms:DescribeCustomKeyStores
                      - kms:ListAliases
                      - kms:ListKeys
                    Resource: "*"
                  - Sid: ReadTheKeys
                    Effect: Allow
                    Action:
                      - kms:DescribeKey
                      - kms:GetKeyLastUsage
                      - kms:GetKeyPolicy
                      - kms:GetKeyRotationStatus
                      - kms:ListGrants
                      - kms:ListKeyRotations
                      - kms:ListResourceTags
                    Resource: !Sub "arn:$${AWS::Partition}:kms:*:$${AWS::AccountId}:key/*"
    Outputs:
      RoleArn:
        Description: What keyreeve assumes
        Value: !GetAtt Reader.Arn
  YAML
}

resource "aws_cloudformation_stack_set" "reader" {
  name             = "KeyReader"
  description      = "The role with which keyreeve reads KMS keys"
  permission_model = "SERVICE_MANAGED"
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  template_body    = local.template

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  operation_preferences {
    failure_tolerance_percentage = 10
    max_concurrent_percentage    = 100
  }

  lifecycle {
    ignore_changes = [administration_role_arn]
  }
}

resource "aws_cloudformation_stack_set_instance" "members" {
  stack_set_name = aws_cloudformation_stack_set.reader.name

  deployment_targets {
    organizational_unit_ids = local.units
  }
}

# Service-managed stack sets leave the management account out.
resource "aws_cloudformation_stack" "management" {
  name          = "KeyReader"
  capabilities  = ["CAPABILITY_NAMED_IAM"]
  template_body = local.template
}
