//! `aws permissions`: the least that AWS must allow for what is to be read.

use std::fmt::Write as _;

use aws::Needs;
use aws::operation::{About, Operation};

use super::policy::{Place, Policy};
use crate::cli::{For, Permissions, PolicyFormat};
use crate::config::Loaded;
use crate::exit::Status;
use crate::selection::Selected;
use crate::{needs, output};

/// Prints the policy, or a page about it.
pub fn run(asked: &Permissions) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let (needs, selected) = super::wanted(&asked.detections, &asked.with, &loaded)?;
    let place = Place { partition: &asked.partition, account: asked.account.as_deref().unwrap_or("*") };
    let role = asked.role.as_deref().unwrap_or(aws::inventory::DEFAULT_ROLE);
    let policy = |whose| match whose {
        For::Reader => Policy::of_reader(needs, place),
        For::Caller => Policy::of_caller(needs, place, role),
    };
    match asked.format {
        PolicyFormat::Json => output::print_json(&policy(asked.whose))?,
        PolicyFormat::Markdown => {
            output::print(&page(needs, &selected, &policy(For::Reader), &policy(For::Caller), role)?)?;
        }
    }
    Ok(Status::Clean)
}

/// Every permission with its reason, and both policies.
fn page(needs: Needs, selected: &Selected, reader: &Policy, caller: &Policy, role: &str) -> anyhow::Result<String> {
    let mut page = String::from(
        "# What keyreeve needs at AWS\n\nIt only reads. Each permission, and what is missing without it:\n\n",
    );
    page += "| permission | called | tells | detections that need it |\n|---|---|---|---|\n";
    for operation in needs.operations(true) {
        let tells = if operation.fields.is_empty() { tells(operation).to_owned() } else { operation.fields.join(", ") };
        let detections = detections(operation, selected);
        let how_often = called(operation);
        writeln!(page, "| `{}` | {how_often} | {tells} | {detections} |", operation.action())?;
    }
    let policy = |policy: &Policy| serde_json::to_string_pretty(policy);
    write!(
        page,
        "\nGetCallerIdentity needs no permission.\n\n## The role `{role}` in every account\n\n```json\n{}\n```\n\n\
         ## Whoever starts keyreeve\n\nOnly with `--org` or `--account`; the own account is read without the role.\n\n```json\n{}\n```\n",
        policy(reader)?,
        policy(caller)?,
    )?;
    Ok(page)
}

fn called(operation: &Operation) -> &'static str {
    match operation.about {
        About::Caller => "once",
        About::Organization => "for the organisation",
        About::Account => "once an account",
        About::Region => "once an account and region, a page at a time",
        About::Key => "once a key",
        About::Work => "as often as there is something",
    }
}

/// What an operation without fields is for.
fn tells(operation: &Operation) -> &'static str {
    match operation.name {
        "GetCallerIdentity" => "who we are",
        "AssumeRole" => "the credentials for another account",
        "DescribeOrganization" => "whether there is an organisation",
        "ListAccounts" => "its accounts",
        "ListRoots" | "ListOrganizationalUnitsForParent" | "ListAccountsForParent" => "where the accounts stand in it",
        "ListTagsForResource" => "environment and team of an account",
        "ListRegions" => "the regions that are enabled",
        "ListKeys" => "the keys",
        _ => "",
    }
}

/// The detections that need it; none are named where every run calls it.
fn detections(operation: &Operation, selected: &Selected) -> String {
    let always = Needs::LISTS.operations(true).any(|it| it == operation);
    if always {
        return "every one".to_owned();
    }
    let needing = selected
        .detections
        .iter()
        .filter(|detection| needs::of_detection(detection).operations(false).any(|needed| needed == operation));
    let ids: Vec<&str> = needing.map(|detection| detection.id.as_str()).collect();
    if ids.is_empty() { "none: for snapshots".to_owned() } else { ids.join(", ") }
}
