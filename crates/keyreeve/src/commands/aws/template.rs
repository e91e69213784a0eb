//! The CloudFormation template of the reader role.

use std::fmt::Write as _;

use aws::Needs;

use super::policy::{Place, Policy};

/// Who may assume the role.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The account that the caller is of.
    pub account: String,
    /// Patterns of the role that the caller has, below `role/`; everybody whom the account lets where there is none.
    pub roles: Vec<String>,
    /// What the caller must say.
    pub external_id: Option<String>,
}

/// The role, with its path if it has one.
#[derive(Debug, Clone, Copy)]
pub struct Role<'a>(pub &'a str);

impl<'a> Role<'a> {
    /// Its name without a path.
    pub fn name(self) -> &'a str {
        self.0.rsplit('/').next().unwrap_or(self.0)
    }

    /// `/` or `/team/`.
    fn path(self) -> String {
        match self.0.rsplit_once('/') {
            Some((path, _)) => format!("/{path}/"),
            None => "/".to_owned(),
        }
    }
}

/// CloudFormation fills these in, so that one template is right in every account and partition.
const HERE: Place<'static> = Place { partition: "${AWS::Partition}", account: "${AWS::AccountId}" };

/// The template. Texts are written as JSON strings, which YAML reads as they stand.
pub fn cloudformation(needs: Needs, role: Role<'_>, trust: &Trust) -> String {
    let mut yaml = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        yaml,
        r#"AWSTemplateFormatVersion: "2010-09-09"
Description: {description}
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {name}
      Path: {path}
      Description: Reads the KMS keys of this account for keyreeve, and nothing else
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: TrustKeyreeve
            Effect: Allow
            Principal:
              AWS: !Sub "arn:${{AWS::Partition}}:iam::{account}:root"
            Action: sts:AssumeRole
{conditions}      Policies:
        - PolicyName: ReadKeys
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
{statements}Outputs:
  RoleArn:
    Description: What keyreeve assumes
    Value: !GetAtt Reader.Arn
"#,
        description = text(&format!("The role {}, with which keyreeve reads KMS keys", role.name())),
        name = text(role.name()),
        path = text(&role.path()),
        account = trust.account,
        conditions = conditions(trust),
        statements = statements(&Policy::of_reader(needs, HERE)),
    );
    yaml
}

fn conditions(trust: &Trust) -> String {
    let mut yaml = String::new();
    if let Some(id) = &trust.external_id {
        let _ = write!(yaml, "              StringEquals:\n                sts:ExternalId: {}\n", text(id));
    }
    if !trust.roles.is_empty() {
        // ARNs here are of the caller's account, which is in the same partition: a role cannot be trusted across partitions.
        yaml += "              ArnLike:\n                aws:PrincipalArn:\n";
        for role in &trust.roles {
            let arn = format!("arn:${{AWS::Partition}}:iam::{}:role/{role}", trust.account);
            let _ = writeln!(yaml, "                  - !Sub {}", text(&arn));
        }
    }
    if yaml.is_empty() { yaml } else { format!("            Condition:\n{yaml}") }
}

fn statements(policy: &Policy) -> String {
    let mut yaml = String::new();
    for statement in &policy.statement {
        let _ = writeln!(
            yaml,
            "              - Sid: {}\n                Effect: Allow\n                Action:",
            statement.sid
        );
        for action in &statement.action {
            let _ = writeln!(yaml, "                  - {action}");
        }
        let tag = if statement.resource.contains("${") { "!Sub " } else { "" };
        let _ = writeln!(yaml, "                Resource: {tag}{}", text(&statement.resource));
    }
    yaml
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
