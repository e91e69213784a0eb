//! CloudFormation templates of roles.

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
pub const HERE: Place<'static> = Place { partition: "${AWS::Partition}", account: "${AWS::AccountId}" };

/// A role of a template.
pub struct RoleOf {
    /// What the template calls it.
    pub logical: String,
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// What it is for.
    pub description: String,
    /// What its policy is called.
    pub policy_name: &'static str,
    /// What it may do.
    pub policy: Policy,
}

/// The template of the reader role.
pub fn cloudformation(needs: Needs, role: Role<'_>, trust: &Trust) -> String {
    let reader = RoleOf {
        logical: "Reader".to_owned(),
        name: role.name().to_owned(),
        path: role.path(),
        description: "Reads the KMS keys of this account for keyreeve, and nothing else".to_owned(),
        policy_name: "ReadKeys",
        policy: Policy::of_reader(needs, HERE),
    };
    let description = format!("The role {}, with which keyreeve reads KMS keys", role.name());
    let outputs = "Outputs:\n  RoleArn:\n    Description: What keyreeve assumes\n    Value: !GetAtt Reader.Arn\n";
    roles(&description, &[reader], trust) + outputs
}

/// A template of roles. Texts are written as JSON strings, which YAML reads as they stand.
pub fn roles(description: &str, roles: &[RoleOf], trust: &Trust) -> String {
    let mut yaml = String::new();
    // Writing to a string cannot fail.
    let _ = write!(yaml, "AWSTemplateFormatVersion: \"2010-09-09\"\nDescription: {}\nResources:\n", text(description));
    for role in roles {
        yaml += &resource(role, trust);
    }
    yaml
}

fn resource(role: &RoleOf, trust: &Trust) -> String {
    format!(
        r#"  {logical}:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {name}
      Path: {path}
      Description: {description}
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
        - PolicyName: {policy_name}
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
{statements}"#,
        logical = role.logical,
        name = text(&role.name),
        path = text(&role.path),
        description = role.description,
        account = trust.account,
        conditions = conditions(trust),
        policy_name = role.policy_name,
        statements = statements(&role.policy),
    )
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
        if let Some(condition) = &statement.condition {
            let (key, value) = (condition.key, text(condition.value));
            let _ = write!(
                yaml,
                "                Condition:\n                  Bool:\n                    {key}: {value}\n"
            );
        }
    }
    yaml
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
