//! `aws bootstrap`: roles in every account, or the queue of events, as CloudFormation, as Terraform, or as the commands that lay it out.

use std::fmt::Write as _;

use aws::inventory::DEFAULT_ROLE;

use super::template::{Role, Trust, cloudformation};
use super::{events, findings, remediation};
use crate::cli::{Bootstrap, BootstrapFormat};
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

/// Prints it.
pub fn run(asked: &Bootstrap) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    if let Some(organization) = &asked.events {
        return queue(asked, organization);
    }
    let trust = trust(asked, &loaded);
    for remark in remarks(&trust) {
        output::remark(&asked.terminal, remark);
    }
    let laid_out = match &asked.remediation {
        Some(actions) => LaidOut {
            name: "KeyreeveRemediation".to_owned(),
            subject: "The roles with which keyreeve changes KMS keys".to_owned(),
            options: " --remediation".to_owned(),
            template: remediation::cloudformation(actions, &trust),
            resource: "remediation",
            doctor: None,
        },
        None if asked.findings => LaidOut {
            name: "KeyreeveFindings".to_owned(),
            subject: "The role with which keyreeve imports findings into Security Hub".to_owned(),
            options: " --findings".to_owned(),
            template: findings::cloudformation(&trust),
            resource: "findings",
            doctor: None,
        },
        None => reader(asked, &loaded, &trust)?,
    };
    output::print(&match asked.format {
        BootstrapFormat::Cloudformation => laid_out.template,
        BootstrapFormat::Terraform => terraform(&laid_out),
        BootstrapFormat::StacksetCommands => commands(&laid_out, asked.organizational_unit.as_deref()),
    })?;
    Ok(Status::Clean)
}

/// What is laid out in every account.
struct LaidOut {
    /// Of the stack set.
    name: String,
    subject: String,
    /// What was typed for it, beside the format.
    options: String,
    template: String,
    /// What Terraform calls the stack set.
    resource: &'static str,
    /// How to see whether it worked.
    doctor: Option<String>,
}

fn reader(asked: &Bootstrap, loaded: &Loaded, trust: &Trust) -> anyhow::Result<LaidOut> {
    let (needs, _) = super::wanted(&asked.detections, &asked.with, loaded)?;
    let role = Role(asked.role.as_deref().or(loaded.config.aws.role.as_deref()).unwrap_or(DEFAULT_ROLE));
    let external_id = trust.external_id.as_ref().map(|id| format!(" --external-id {id}")).unwrap_or_default();
    let named = if role.0 == DEFAULT_ROLE { String::new() } else { format!(" --role {}", role.0) };
    Ok(LaidOut {
        name: role.name().to_owned(),
        subject: "The role with which keyreeve reads KMS keys".to_owned(),
        options: String::new(),
        template: cloudformation(needs, role, trust),
        resource: "reader",
        doctor: Some(format!("keyreeve doctor --org{named}{external_id}")),
    })
}

/// The queue, or what hands on to it.
fn queue(asked: &Bootstrap, organization: &str) -> anyhow::Result<Status> {
    let template = match &asked.members_of {
        Some(region) => events::member(&asked.trust_account, region),
        None => events::home(organization),
    };
    let text = match asked.format {
        BootstrapFormat::Cloudformation => template,
        BootstrapFormat::Terraform => {
            let body: String = template.replace("${", "$${").lines().map(|line| format!("    {line}\n")).collect();
            format!(
                "# Made by `keyreeve aws bootstrap --events --format terraform`.\n\nresource \"aws_cloudformation_stack\" \
                 \"keyreeve_events\" {{\n  name          = \"KeyreeveEvents\"\n  capabilities  = [\"CAPABILITY_IAM\"]\n  \
                 template_body = <<-YAML\n{body}  YAML\n}}\n"
            )
        }
        BootstrapFormat::StacksetCommands => {
            anyhow::bail!(
                "--events is printed as cloudformation or terraform: deploy it once at home, and with --members-of in every account and Region"
            )
        }
    };
    output::print(&text)?;
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
            "note: everybody whom the trusted account lets call sts:AssumeRole can use the roles; --trust-role or --trust-permission-set names who",
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
fn terraform(LaidOut { name, subject, options, template, resource, .. }: &LaidOut) -> String {
    // Terraform's own interpolation looks like CloudFormation's.
    let template = template.replace("${", "$${");
    let template: String = template.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        r#"# {subject}, in every account of the organisation: apply it in the management account.
# Made by `keyreeve aws bootstrap{options} --format terraform`.

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

resource "aws_cloudformation_stack_set" "{resource}" {{
  name             = "{name}"
  description      = "{subject}"
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
  stack_set_name = aws_cloudformation_stack_set.{resource}.name

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
fn commands(LaidOut { name, subject, options, template, doctor, .. }: &LaidOut, unit: Option<&str>) -> String {
    let unit = unit.map_or_else(
        || "$(aws organizations list-roots --query 'Roots[0].Id' --output text)".to_owned(),
        str::to_owned,
    );
    let mut script = format!(
        r#"#!/bin/sh
# {subject}, in every account of the organisation: run it in the management account.
# Made by `keyreeve aws bootstrap{options} --format stackset-commands`.
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
  --description "{subject}" --template-body "file://$template" \
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
    );
    if let Some(doctor) = doctor {
        // Writing to a string cannot fail.
        let _ = write!(script, "\n# See whether it worked.\n{doctor}\n");
    }
    script
}
