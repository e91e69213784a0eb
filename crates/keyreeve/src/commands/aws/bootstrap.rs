//! `aws bootstrap`: the reader role in every account, as CloudFormation, as Terraform, or as the commands that lay it out.

use std::fmt::Write as _;

use aws::Needs;
use aws::inventory::DEFAULT_ROLE;

use super::template::{Role, Trust, cloudformation};
use crate::cli::{Bootstrap, BootstrapFormat};
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

/// Prints it.
pub fn run(asked: &Bootstrap) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let (needs, _) = super::wanted(&asked.detections, &asked.with, &loaded)?;
    let role = Role(asked.role.as_deref().or(loaded.config.aws.role.as_deref()).unwrap_or(DEFAULT_ROLE));
    let trust = trust(asked, &loaded);
    for remark in remarks(&trust) {
        output::remark(&asked.terminal, remark);
    }
    output::print(&match asked.format {
        BootstrapFormat::Cloudformation => cloudformation(needs, role, &trust),
        BootstrapFormat::Terraform => terraform(needs, role, &trust),
        BootstrapFormat::StacksetCommands => commands(needs, role, &trust, asked.organizational_unit.as_deref()),
    })?;
    Ok(Status::Clean)
}

fn trust(asked: &Bootstrap, loaded: &Loaded) -> Trust {
    // A permission set's role ends in 16 characters that AWS chose; a region stands in its path unless Identity Center is in us-east-1.
    let of_set = |name: &String| format!("aws-reserved/sso.amazonaws.com*/AWSReservedSSO_{name}_????????????????");
    let roles = asked.trust_role.iter().cloned().chain(asked.trust_permission_set.iter().map(of_set)).collect();
    let external_id = asked.external_id.clone().or_else(|| loaded.config.aws.external_id.clone());
    Trust { account: asked.trust_account.clone(), roles, external_id }
}

fn remarks(trust: &Trust) -> Vec<&'static str> {
    let mut remarks = Vec::new();
    if trust.roles.is_empty() {
        remarks.push(
            "note: everybody whom the trusted account lets call sts:AssumeRole can read keys; --trust-role or --trust-permission-set names who",
        );
    }
    if trust.external_id.is_none() {
        remarks.push(
            "note: no --external-id: that is right inside one organisation, and wrong where another company starts keyreeve",
        );
    }
    remarks
}

/// A stack set for the members and a stack for the management account, which service-managed stack sets leave out.
fn terraform(needs: Needs, role: Role<'_>, trust: &Trust) -> String {
    // Terraform's own interpolation looks like CloudFormation's.
    let template = cloudformation(needs, role, trust).replace("${", "$${");
    let template: String = template.lines().map(|line| format!("    {line}\n")).collect();
    let name = role.name();
    format!(
        r#"# The role {name} in every account of the organisation: apply it in the management account.
# Made by `keyreeve aws bootstrap --format terraform`.

terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }}
  }}
}}

variable "organizational_unit_ids" {{
  description = "Where the role is wanted; the whole organisation where none is named"
  type        = list(string)
  default     = []
}}

data "aws_organizations_organization" "this" {{}}

locals {{
  root     = data.aws_organizations_organization.this.roots[0].id
  units    = length(var.organizational_unit_ids) == 0 ? [local.root] : var.organizational_unit_ids
  template = <<-YAML
{template}  YAML
}}

resource "aws_cloudformation_stack_set" "reader" {{
  name             = "{name}"
  description      = "The role with which keyreeve reads KMS keys"
  permission_model = "SERVICE_MANAGED"
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  template_body    = local.template

  auto_deployment {{
    enabled                          = true
    retain_stacks_on_account_removal = false
  }}

  operation_preferences {{
    failure_tolerance_percentage = 10
    max_concurrent_percentage    = 100
  }}

  lifecycle {{
    ignore_changes = [administration_role_arn]
  }}
}}

resource "aws_cloudformation_stack_set_instance" "members" {{
  stack_set_name = aws_cloudformation_stack_set.reader.name

  deployment_targets {{
    organizational_unit_ids = local.units
  }}
}}

# Service-managed stack sets leave the management account out.
resource "aws_cloudformation_stack" "management" {{
  name          = "{name}"
  capabilities  = ["CAPABILITY_NAMED_IAM"]
  template_body = local.template
}}
"#
    )
}

/// The AWS CLI's commands; IAM is global, so one region is enough.
fn commands(needs: Needs, role: Role<'_>, trust: &Trust, unit: Option<&str>) -> String {
    let name = role.name();
    let unit = unit.map_or_else(
        || "$(aws organizations list-roots --query 'Roots[0].Id' --output text)".to_owned(),
        str::to_owned,
    );
    let mut script = format!(
        r#"#!/bin/sh
# The role {name} in every account of the organisation: run it in the management account.
# Made by `keyreeve aws bootstrap --format stackset-commands`.
set -eu
region=${{AWS_REGION:-$(aws configure get region)}}
template=$(mktemp)
trap 'rm -f "$template"' EXIT
cat >"$template" <<'YAML'
{template}YAML

# Once an organisation: lets CloudFormation work in its accounts.
aws cloudformation activate-organizations-access --region "$region"

# The members, those that join later too.
aws cloudformation create-stack-set --region "$region" --stack-set-name {name} \
  --description "The role with which keyreeve reads KMS keys" --template-body "file://$template" \
  --permission-model SERVICE_MANAGED --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false \
  --capabilities CAPABILITY_NAMED_IAM
aws cloudformation create-stack-instances --region "$region" --stack-set-name {name} \
  --deployment-targets "OrganizationalUnitIds={unit}" --regions "$region" \
  --operation-preferences FailureTolerancePercentage=10,MaxConcurrentPercentage=100

# The management account, which service-managed stack sets leave out.
aws cloudformation create-stack --region "$region" --stack-name {name} \
  --template-body "file://$template" --capabilities CAPABILITY_NAMED_IAM
aws cloudformation wait stack-create-complete --region "$region" --stack-name {name}
"#,
        template = cloudformation(needs, role, trust),
    );
    let external_id = trust.external_id.as_ref().map(|id| format!(" --external-id {id}")).unwrap_or_default();
    let role = if role.0 == DEFAULT_ROLE { String::new() } else { format!(" --role {}", role.0) };
    // Writing to a string cannot fail.
    let _ = write!(script, "\n# See whether it worked.\nkeyreeve doctor --org{role}{external_id}\n");
    script
}
