//! Drafts as Terraform: a policy document, or an expression.

use super::{Draft, Principals, by_operator};

const ACCOUNT: &str = "${data.aws_caller_identity.current.account_id}";
const PARTITION: &str = "${data.aws_partition.current.partition}";
const SOURCES: &str = "data \"aws_caller_identity\" \"current\" {}\n\ndata \"aws_partition\" \"current\" {}\n\n";

/// `data "aws_iam_policy_document"`, with the data sources that it needs.
pub(super) fn document(drafts: &[Draft]) -> String {
    let mut text = format!("{SOURCES}data \"aws_iam_policy_document\" \"key\" {{\n");
    for (at, draft) in drafts.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        text.push_str("  statement {\n");
        text.push_str(&format!("    sid       = {}\n", string(&draft.sid)));
        text.push_str(&format!("    effect    = {}\n", string(if draft.allow { "Allow" } else { "Deny" })));
        text.push_str(&format!("    actions   = {}\n", list(&draft.actions, 4)));
        text.push_str("    resources = [\"*\"]\n\n");
        let (kind, identifiers) = match &draft.principals {
            Principals::Everybody => ("*", vec!["*".to_owned()]),
            Principals::Aws(arns) => ("AWS", arns.clone()),
            Principals::Service(name) => ("Service", vec![name.clone()]),
        };
        text.push_str("    principals {\n");
        text.push_str(&format!("      type        = {}\n", string(kind)));
        text.push_str(&format!("      identifiers = {}\n    }}\n", list(&identifiers, 6)));
        for (operator, key, values) in &draft.conditions {
            text.push_str("\n    condition {\n");
            text.push_str(&format!("      test     = {}\n", string(operator)));
            text.push_str(&format!("      variable = {}\n", string(key)));
            text.push_str(&format!("      values   = {}\n    }}\n", list(values, 6)));
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    text
}

/// `jsonencode({ … })` in a local value, with the data sources that it needs.
pub(super) fn jsonencode(drafts: &[Draft]) -> String {
    let mut text =
        format!("{SOURCES}locals {{\n  key_policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [\n");
    for draft in drafts {
        text.push_str("      {\n");
        text.push_str(&format!("        Sid      = {}\n", string(&draft.sid)));
        text.push_str(&format!("        Effect   = {}\n", string(if draft.allow { "Allow" } else { "Deny" })));
        let principal = match &draft.principals {
            Principals::Everybody => string("*"),
            Principals::Aws(arns) => format!("{{ AWS = {} }}", list(arns, 8)),
            Principals::Service(name) => format!("{{ Service = {} }}", string(name)),
        };
        text.push_str(&format!("        Principal = {principal}\n"));
        text.push_str(&format!("        Action   = {}\n", list(&draft.actions, 8)));
        text.push_str("        Resource = \"*\"\n");
        if !draft.conditions.is_empty() {
            text.push_str("        Condition = {\n");
            for (operator, keys) in by_operator(draft) {
                text.push_str(&format!("          {operator} = {{\n"));
                for (key, values) in keys {
                    text.push_str(&format!("            {} = {}\n", string(key), list(values, 12)));
                }
                text.push_str("          }\n");
            }
            text.push_str("        }\n");
        }
        text.push_str("      },\n");
    }
    text.push_str("    ]\n  })\n}\n");
    text
}

fn list(texts: &[String], indent: usize) -> String {
    if let [one] = texts {
        return format!("[{}]", string(one));
    }
    let inner = " ".repeat(indent + 2);
    let items: String = texts.iter().map(|text| format!("{inner}{},\n", string(text))).collect();
    format!("[\n{items}{}]", " ".repeat(indent))
}

/// A quoted string, in which only the placeholders are filled in by Terraform.
fn string(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
    format!("\"{}\"", escaped.replace("{account}", ACCOUNT).replace("{partition}", PARTITION))
}
