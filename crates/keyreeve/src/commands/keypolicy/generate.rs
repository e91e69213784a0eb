//! `keypolicy generate`: writes the policy for a key, and proves what it promises before it is printed.

use anyhow::{Context as _, bail};
use keypolicy::Setting;
use keypolicy::generate::{Delegation, Generated, Principal, ServiceUser, Wanted, generate};
use keypolicy::prove::{Assumptions, Property, Verdict, prove};

use crate::cli::{DelegationName, PolicyForm, PolicyGenerate};
use crate::exit::Status;
use crate::output;

/// Writes the policy.
pub fn run(asked: &PolicyGenerate) -> anyhow::Result<Status> {
    let wanted = wanted(asked)?;
    let generated = generate(&wanted).context("generating the policy")?;
    confirm(&generated, &wanted)?;
    output::print(&match asked.format {
        PolicyForm::Json => generated.json(),
        PolicyForm::Cloudformation => generated.cloudformation(),
        PolicyForm::Terraform if asked.jsonencode => generated.terraform_jsonencode(),
        PolicyForm::Terraform => generated.terraform(),
    })?;
    Ok(Status::Clean)
}

fn wanted(asked: &PolicyGenerate) -> anyhow::Result<Wanted> {
    let principals = |texts: &[String]| texts.iter().map(|text| Principal::parse(text)).collect::<Result<Vec<_>, _>>();
    Ok(Wanted {
        account: asked.account.clone(),
        partition: asked.partition.clone(),
        region: asked.region.clone(),
        key_usage: asked.key_usage.clone(),
        key_spec: asked.key_spec.clone(),
        imported: asked.origin.as_deref() == Some("EXTERNAL"),
        multi_region: asked.multi_region,
        delegation: match asked.delegate {
            DelegationName::Management => Delegation::Management,
            DelegationName::Full => Delegation::Full,
        },
        administrators: principals(&asked.admin)?,
        users: principals(&asked.user)?,
        grants: asked.grants,
        services: asked.service.iter().map(|text| service(text)).collect(),
        deletion_floor: asked.deletion_floor,
    })
}

/// `cloudtrail`, or `cloudtrail=arn:…` for one source.
fn service(text: &str) -> ServiceUser {
    match text.split_once('=') {
        Some((name, arn)) => ServiceUser { name: name.to_owned(), source_arn: Some(arn.to_owned()) },
        None => ServiceUser { name: text.to_owned(), source_arn: None },
    }
}

/// Proves what the policy promises. That a promise does not hold would be a fault of ours; it must not be printed then.
fn confirm(generated: &Generated, wanted: &Wanted) -> anyhow::Result<()> {
    let text = generated.json();
    let policy = keypolicy::parse(&text)
        .map_err(|error| anyhow::anyhow!("reading back what was generated: {}", error.message))?;
    let setting = Setting {
        account: Some(wanted.account.clone()),
        key_spec: wanted.key_spec.clone(),
        key_usage: wanted.key_usage.clone(),
        ..Setting::default()
    };
    let setting = setting.completed(&policy);
    let rules = keypolicy::rules::compile(&policy, &setting);
    for property in [Property::NotPublic, Property::PassesKms5, Property::Manageable, Property::Separated] {
        let proof = prove(&rules, &setting, &Assumptions::default(), &property);
        if proof.verdict != Verdict::Proved {
            bail!("the generated policy could not be proved ({property:?}): {}; please report this", proof.why);
        }
    }
    Ok(())
}
