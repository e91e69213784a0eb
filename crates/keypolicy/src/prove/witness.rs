//! The request that the slots found amount to, with every key that such a request always carries.

use super::atom::{Lift, Slot};
use super::cell::Cell;
use super::scenario::{Carrier, Mode, Scenario};
use crate::key;
use crate::pattern::moment;
use crate::request::{Class, KeyFacts, Request, account_of};
use std::collections::BTreeMap;

/// The request.
pub(super) fn request(scenario: &Scenario<'_>, cells: &BTreeMap<Slot, Cell>) -> Request {
    let found = |slot: &Slot| -> Vec<String> {
        match cells.get(slot) {
            Some(cell) => cell.values().to_vec(),
            None => scenario.cell(slot).values().to_vec(),
        }
    };
    let one = |slot: &Slot| found(slot).into_iter().next().unwrap_or_default();
    let (arn, user) = (one(&Slot::Arn), one(&Slot::UserId));
    let principal = match scenario.class {
        Class::Service => one(&Slot::Service),
        Class::Role => session_arn(&arn, &user),
        _ => arn.clone(),
    };
    let mut made = Request::new(&principal, scenario.action);
    made.account = if scenario.class == Class::Service { None } else { account_of(&arn).map(str::to_owned) };
    for info in key::TABLE.iter().filter(|info| !info.is_family()) {
        let values = match scenario.carrier_of(&info.name.to_ascii_lowercase(), Some(info)) {
            Carrier::Missing => continue,
            Carrier::Constant(value) => vec![value],
            Carrier::Slot(slot, lift) => {
                // Of slots of which nothing is asked, only those that are always there are told.
                let values = found(&slot);
                values.iter().filter_map(|value| lift.of(value)).map(std::borrow::Cow::into_owned).collect()
            }
        };
        if !values.is_empty() {
            made.set(info.name, values);
        }
    }
    for (slot, cell) in cells {
        if let Slot::Key(name) = slot
            && !made.context.contains_key(name.as_str())
            && !cell.values().is_empty()
        {
            made.set(&written(name), cell.values().to_vec());
        }
    }
    if scenario.class == Class::Federated {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let id = format!("{}:{name}", made.account.clone().unwrap_or_default());
        made.set("aws:userid", vec![id]);
    }
    repair(&mut made, scenario, cells);
    made.key = KeyFacts {
        arn: key_arn(scenario),
        spec: made.value("kms:keyspec").map(str::to_owned),
        usage: made.value("kms:keyusage").map(str::to_owned),
    };
    made
}

/// A key's name as AWS writes its family, the rest as the policy's own (in lower case: names are not case-sensitive).
fn written(lower: &str) -> String {
    match key::find(lower) {
        Some(info) => format!("{}{}", info.name, lower.get(info.name.len()..).unwrap_or_default()),
        None => lower.to_owned(),
    }
}

/// Adds what correlated keys must agree on, where the slots do not know of one another.
fn repair(made: &mut Request, scenario: &Scenario<'_>, cells: &BTreeMap<Slot, Cell>) {
    if scenario.now.is_none()
        && let Some(time) = made.value("aws:currenttime").and_then(moment)
    {
        made.set("aws:EpochTime", vec![time.div_euclid(1_000_000_000).to_string()]);
    }
    if scenario.mode == Mode::Mediated {
        called_via(made);
    }
    encryption_context(made);
    let asked = |key: &str| cells.contains_key(&Slot::Key(key.into()));
    if !asked("kms:keyspec") && !asked("kms:keyusage") {
        key_type(made, scenario);
    }
    if made.value("aws:principalorgid").is_some() && made.value("aws:principalorgmasteraccount").is_none() {
        made.set("aws:PrincipalOrgMasterAccount", vec![scenario.fresh.last().cloned().unwrap_or_default()]);
    }
}

/// The first and the last of the chain are in it.
fn called_via(made: &mut Request) {
    let chain: Vec<String> = made.values("aws:calledvia").unwrap_or_default().to_vec();
    let first = made.value("aws:calledviafirst").map(str::to_owned);
    let last = made.value("aws:calledvialast").map(str::to_owned);
    if chain.is_empty() && first.is_none() && last.is_none() {
        return;
    }
    let mut whole: Vec<String> = first.into_iter().collect();
    whole.extend(chain.into_iter().chain(last));
    whole.dedup();
    let ends = (whole.first().cloned(), whole.last().cloned());
    if let (Some(first), Some(last)) = ends {
        made.set("aws:CalledViaFirst", vec![first]);
        made.set("aws:CalledViaLast", vec![last]);
        made.set("aws:CalledVia", whole);
    }
}

/// Every key of the encryption context is listed, and every listed key is in it.
fn encryption_context(made: &mut Request) {
    const FAMILY: &str = "kms:EncryptionContext:";
    let mut listed: Vec<String> = made.values("kms:encryptioncontextkeys").unwrap_or_default().to_vec();
    let present: Vec<String> = made
        .context
        .values()
        .filter_map(|(name, _)| {
            name.get(..FAMILY.len()).filter(|it| it.eq_ignore_ascii_case(FAMILY)).and(name.get(FAMILY.len()..))
        })
        .map(str::to_owned)
        .collect();
    for name in &listed {
        if !present.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            made.set(&format!("{FAMILY}{name}"), vec!["witness".to_owned()]);
        }
    }
    for name in present {
        if !listed.iter().any(|it| it.eq_ignore_ascii_case(&name)) {
            listed.push(name);
        }
    }
    if !listed.is_empty() {
        made.set("kms:EncryptionContextKeys", listed);
    }
}

/// A key spec and a key usage that go together and with the action, where the policy does not ask for others.
fn key_type(made: &mut Request, scenario: &Scenario<'_>) {
    let pair = match scenario.action.name() {
        "Sign" | "Verify" => ("ECC_NIST_P256", "SIGN_VERIFY"),
        "GenerateMac" | "VerifyMac" => ("HMAC_256", "GENERATE_VERIFY_MAC"),
        "DeriveSharedSecret" => ("ECC_NIST_P256", "KEY_AGREEMENT"),
        "Encapsulate" | "Decapsulate" => ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"),
        "GetPublicKey" => ("RSA_2048", "SIGN_VERIFY"),
        _ => ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    };
    let told = scenario.setting.key_spec.is_some() || scenario.setting.key_usage.is_some();
    let untouched =
        made.value("kms:keyspec") == Some("SYMMETRIC_DEFAULT") && made.value("kms:keyusage") == Some("ENCRYPT_DECRYPT");
    if untouched && !told {
        for name in ["kms:KeySpec", "kms:CustomerMasterKeySpec"] {
            made.set(name, vec![pair.0.to_owned()]);
        }
        for name in ["kms:KeyUsage", "kms:CustomerMasterKeyUsage"] {
            made.set(name, vec![pair.1.to_owned()]);
        }
    }
}

fn session_arn(role: &str, user: &str) -> String {
    let partition = role.split(':').nth(1).unwrap_or("aws");
    let account = account_of(role).unwrap_or_default();
    let name = role.rsplit('/').next().unwrap_or_default();
    let session = Lift::Session.of(user).unwrap_or_default();
    format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}")
}

fn key_arn(scenario: &Scenario<'_>) -> Option<String> {
    let setting = scenario.setting;
    let account = setting.account.as_deref()?;
    let region = setting.region.as_deref().unwrap_or("us-east-1");
    Some(format!("arn:{}:kms:{region}:{account}:key/00000000-0000-0000-0000-000000000000", setting.partition_name()))
}
