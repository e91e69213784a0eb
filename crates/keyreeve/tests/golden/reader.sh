#!/bin/sh
# The role with which keyreeve reads KMS keys, in every account of the organisation: run it in the management account.
# Made by `keyreeve aws bootstrap --format stackset-commands`.
set -eu
region=${AWS_REGION:-$(aws configure get region)}
template=$(mktemp)
trap 'rm -f "$template"' EXIT
cat >"$template" <<'YAML'
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
              AWS: !Sub "arn:${AWS::Partition}:iam::999999999999:root"
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                sts:ExternalId: "acme:7"
              ArnLike:
                aws:PrincipalArn:
                  - !Sub "arn:${AWS::Partition}:iam::999999999999:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_SecurityAudit_????????????????"
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
                Resource: !Sub "arn:${AWS::Partition}:kms:*:${AWS::AccountId}:key/*"
Outputs:
  RoleArn:
    Description: What keyreeve assumes
    Value: !GetAtt Reader.Arn
YAML

# Once an organisation: lets CloudFormation work in its accounts.
aws cloudformation activate-organizations-access --region "$region"

# The members, those that join later too.
aws cloudformation create-stack-set --region "$region" --stack-set-name KeyReader \
  --description "The role with which keyreeve reads KMS keys" --template-body "file://$template" \
  --permission-model SERVICE_MANAGED --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false \
  --capabilities CAPABILITY_NAMED_IAM
aws cloudformation create-stack-instances --region "$region" --stack-set-name KeyReader \
  --deployment-targets "OrganizationalUnitIds=$(aws organizations list-roots --query 'Roots[0].Id' --output text)" --regions "$region" \
  --operation-preferences FailureTolerancePercentage=10,MaxConcurrentPercentage=100

# The management account, which service-managed stack sets leave out.
aws cloudformation create-stack --region "$region" --stack-name KeyReader \
  --template-body "file://$template" --capabilities CAPABILITY_NAMED_IAM
aws cloudformation wait stack-create-complete --region "$region" --stack-name KeyReader

# See whether it worked.
keyreeve doctor --org --role audit/KeyReader --external-id acme:7
