//! Answers what detections ask about key policies, each question once for each different policy.
//!
//! Keys of one account often have the same policy, word for word; answers are kept by the text, undecoded, and the account. What is
//! kept is bounded: when it grows over [`MOST_KEPT`] bytes it is forgotten, and made again where it is asked for again.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use finding::resource::{PolicyAnswer, PolicyInput, PolicyQuestion, PolicyReader};
use source::record::Raw;

use crate::context::{Context, GrantFacts};
use crate::lint;
use crate::policy::Policy;
use crate::prove::{Assumptions, Standing, diff, prove};
use crate::setting::{Trusted, digits};
use crate::{Action, ActionSet, Proof, Property, Request, Rules, Setting, Verdict, rules};

/// How much text is kept at most, in bytes.
pub const MOST_KEPT: usize = 8 << 20;

/// Reads key policies for those who judge keys.
#[derive(Debug, Default)]
pub struct Reader {
    trusted: Trusted,
    root_usable: Option<bool>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<Key, Arc<Answers>>,
    bytes: usize,
}

/// What answers are kept by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key(Box<str>);

/// The answers about one policy, made when they are asked for.
#[derive(Debug, Default)]
struct Answers([OnceLock<PolicyAnswer>; PolicyQuestion::ALL.len()]);

impl Reader {
    /// A reader that knows who is trusted, and whether root users can be used.
    pub fn new(trusted: Trusted, root_usable: Option<bool>) -> Self {
        Self { trusted, root_usable, kept: Mutex::default() }
    }

    fn answers(&self, key: Key) -> Arc<Answers> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.entries.get(&key) {
            return Arc::clone(found);
        }
        // The answers are sentences, shorter than the policies that they are about.
        let size = 2 * key.0.len() + 256;
        if kept.bytes + size > MOST_KEPT {
            *kept = Kept::default();
        }
        kept.bytes += size;
        Arc::clone(kept.entries.entry(key).or_default())
    }

    fn make(&self, question: PolicyQuestion, input: &PolicyInput<'_>) -> PolicyAnswer {
        let known = Known::of(input, &self.trusted)?;
        if question == PolicyQuestion::RiskyGrants {
            return self.linted("KP085", EMPTY, &known, grants(input.grants));
        }
        let text = decoded(input.policy, "the policy")?;
        let policy = read(&text, "the policy")?;
        match question {
            PolicyQuestion::OrphanedPrincipals => self.linted("KP027", &text, &known, Vec::new()),
            PolicyQuestion::ConfusedDeputies => self.linted("KP034", &text, &known, Vec::new()),
            PolicyQuestion::ReplicaDrift => drift(&text, input, &known),
            _ => self.proved(question, &policy, input, &known),
        }
    }

    fn linted(&self, id: &str, text: &str, known: &Known, grants: Vec<GrantFacts>) -> PolicyAnswer {
        let policy = read(text, "the policy")?;
        let key = Setting { trusted: self.trusted.clone(), ..known.setting.clone() };
        let context = Context { key, grants, ..Context::default() };
        let mut sentences: Vec<String> = Vec::new();
        for it in lint::run_one(id, text, &policy, &context) {
            let place = it.statement.map(|index| format!("statement {}: ", index + 1)).unwrap_or_default();
            let sentence = format!("{place}{}", it.message);
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
        Ok(sentences.into())
    }

    fn proved(
        &self,
        question: PolicyQuestion,
        policy: &Policy,
        input: &PolicyInput<'_>,
        known: &Known,
    ) -> PolicyAnswer {
        let property = match question {
            PolicyQuestion::PublicAccess => Property::NotPublic,
            PolicyQuestion::ExternalAccess => Property::NoOutsideAccess(ActionSet::ALL),
            PolicyQuestion::ManagementRisks => Property::Manageable,
            _ => Property::Separated,
        };
        let setting = known.setting.clone().completed(policy);
        let own = rules::compile(policy, &setting);
        let mut found = sentence(&self.prove(&own, &setting, &property), None)?;
        if let Some(shared) = input.ram_policy {
            let text = decoded(Some(shared), "the policy AWS_RAM")?;
            let shared = rules::compile(&read(&text, "the policy AWS_RAM")?, &setting);
            found.extend(sentence(&self.prove(&with_denies(shared, &own), &setting, &property), Some("AWS_RAM"))?);
        }
        Ok(found.into())
    }

    fn prove(&self, rules: &Rules, setting: &Setting, property: &Property) -> Proof {
        let assumptions = Assumptions { now: None, existing: None, root_usable: self.root_usable };
        prove(rules, setting, &assumptions, property)
    }
}

/// A policy of nobody, for lints that do not look at it.
const EMPTY: &str = r#"{"Version": "2012-10-17", "Statement": []}"#;

impl PolicyReader for Reader {
    fn answer(&self, question: PolicyQuestion, input: &PolicyInput<'_>) -> PolicyAnswer {
        if question == PolicyQuestion::RiskyGrants && input.grants.is_some_and(|it| it.elements().next().is_none()) {
            return Ok(Arc::from([]));
        }
        // Grants differ from key to key, and a replica's policy is asked about once.
        if matches!(question, PolicyQuestion::RiskyGrants | PolicyQuestion::ReplicaDrift) {
            return self.make(question, input);
        }
        let answers = self.answers(Key::of(input));
        match answers.0.get(question as usize) {
            Some(slot) => slot.get_or_init(|| self.make(question, input)).clone(),
            None => self.make(question, input),
        }
    }
}

impl Key {
    /// All that an answer can depend on: of the key's own facts, those that the policy asks for.
    fn of(input: &PolicyInput<'_>) -> Self {
        let policy = input.policy.map_or("", |raw| raw.text());
        let shared = input.ram_policy.map_or("", |raw| raw.text());
        let mut text = String::with_capacity(policy.len() + shared.len() + 32);
        text.push_str(input.account.map_or("", |raw| raw.text()));
        let partition = input.arn.map_or("", |raw| raw.text()).split(':').nth(1).unwrap_or_default();
        text.push_str(partition);
        for part in [policy, shared] {
            text.push('\n');
            text.push_str(part);
        }
        if depends_on_key(policy) || depends_on_key(shared) {
            let facts = [input.arn, input.spec, input.usage, input.origin, input.multi_region];
            for raw in facts.into_iter().flatten() {
                let _ = write!(text, "\n{}", raw.text());
            }
        }
        Self(text.into())
    }
}

/// Whether a policy looks at facts of the key, or at its region; one that writes characters as escapes may.
fn depends_on_key(policy: &str) -> bool {
    const TELLING: [&str; 7] =
        ["requestedregion", "keyspec", "keyusage", "keyorigin", "multiregion", "masterkey", "\\\\u"];
    let lower = policy.to_ascii_lowercase();
    TELLING.iter().any(|word| lower.contains(word))
}

/// What is known of a key.
struct Known {
    setting: Setting,
}

impl Known {
    fn of(input: &PolicyInput<'_>, trusted: &Trusted) -> Result<Self, String> {
        let text = |raw: Option<Raw<'_>>| raw.and_then(|raw| raw.as_str()?.ok()).map(|text| text.into_owned());
        let arn = text(input.arn);
        let field = |at| arn.as_deref()?.split(':').nth(at).filter(|field| !field.is_empty()).map(str::to_owned);
        let account = field(4).or_else(|| text(input.account)).filter(|id| finding::is_account_id(id));
        let account = account.ok_or("the inventory does not say which account the key is in")?;
        // Only whom the policies mention can matter; an organisation may have a thousand accounts.
        let mentioned: BTreeSet<&str> =
            [input.policy, input.ram_policy].into_iter().flatten().flat_map(|raw| digits(raw.text())).collect();
        let accounts =
            trusted.accounts.iter().filter(|account| mentioned.contains(account.as_str())).cloned().collect();
        Ok(Self {
            setting: Setting {
                account: Some(account),
                partition: field(1),
                region: field(3),
                key_spec: text(input.spec),
                key_usage: text(input.usage),
                origin: text(input.origin),
                multi_region: input.multi_region.and_then(|raw| raw.as_bool()),
                trusted: Trusted { accounts, organizations: trusted.organizations.clone() },
                ..Setting::default()
            },
        })
    }
}

fn decoded(raw: Option<Raw<'_>>, what: &str) -> Result<String, String> {
    match raw.and_then(|raw| raw.as_str()) {
        Some(Ok(text)) => Ok(text.into_owned()),
        Some(Err(_)) => Err(format!("{what} holds half a character")),
        None => Err(format!("{what} is not a string")),
    }
}

fn read(text: &str, what: &str) -> Result<Policy, String> {
    crate::parse(text).map_err(|error| format!("{what} cannot be read: {}", error.message))
}

/// The statements of a shared policy, and what the key's own denies.
fn with_denies(mut shared: Rules, own: &Rules) -> Rules {
    shared.rules.extend(own.rules.iter().filter(|rule| rule.effect == crate::policy::Effect::Deny).cloned());
    shared
}

fn sentence(proof: &Proof, of: Option<&str>) -> Result<Vec<String>, String> {
    let place = of.map(|of| format!("{of}: ")).unwrap_or_default();
    match proof.verdict {
        Verdict::Proved => Ok(Vec::new()),
        Verdict::Unknown => Err(format!("{place}{}", proof.why)),
        Verdict::Refuted => {
            let grade = proof.grade.map(|grade| format!("{}: ", grade.name())).unwrap_or_default();
            Ok(vec![format!("{place}{grade}{}", proof.why)])
        }
    }
}

/// Where a replica's policy allows something else than its primary's, the regions aside.
fn drift(text: &str, input: &PolicyInput<'_>, known: &Known) -> PolicyAnswer {
    let primary = decoded(input.primary_policy, "the primary's policy")?;
    let region = input.regions.and_then(|raw| raw.get("PrimaryKey")?.get("Region")?.as_str()?.ok());
    // Each names the services of its own region.
    let text = match (&known.setting.region, region) {
        (Some(own), Some(region)) => text.replace(own.as_str(), &region),
        _ => text.to_owned(),
    };
    let (old, new) = (read(&primary, "the primary's policy")?, read(&text, "the policy")?);
    let setting = Setting { region: None, ..known.setting.clone() };
    let (old, new) = (rules::compile(&old, &setting), rules::compile(&new, &setting));
    let found = diff(&old, &new, &setting, &Assumptions::default());
    let sides = [("replica", "primary", &found.gained), ("primary", "replica", &found.lost)];
    let sentences: Vec<String> = sides
        .into_iter()
        .filter_map(|(one, other, change)| {
            let Request { action, principal, .. } = &change.as_ref()?.request;
            Some(format!("the {one}'s policy allows what the {other}'s does not: {action} by {principal}"))
        })
        .collect();
    match found.standing {
        Standing::Unknown if sentences.is_empty() => {
            Err(format!("it depends on {}", found.constructs.into_iter().collect::<Vec<_>>().join("; ")))
        }
        _ => Ok(sentences.into()),
    }
}

/// The grants of a key as lints look at them.
pub fn grants(raw: Option<Raw<'_>>) -> Vec<GrantFacts> {
    raw.map_or_else(Vec::new, |raw| grants_of(raw.text()))
}

/// The grants of a key, from a JSON list of them.
pub fn grants_of(text: &str) -> Vec<GrantFacts> {
    let listed: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let text = |grant: &serde_json::Value, name: &str| grant.get(name).and_then(|it| it.as_str()).map(str::to_owned);
    let one = |grant: &serde_json::Value| GrantFacts {
        id: text(grant, "GrantId").unwrap_or_default(),
        grantee: text(grant, "GranteePrincipal").or_else(|| text(grant, "GranteeServicePrincipal")).unwrap_or_default(),
        retiring: text(grant, "RetiringPrincipal"),
        issuer: text(grant, "IssuingAccount"),
        operations: operations(grant),
        constraints: grant.get("Constraints").filter(|it| !it.is_null()).map(ToString::to_string),
    };
    listed.iter().map(one).collect()
}

fn operations(grant: &serde_json::Value) -> ActionSet {
    let named = grant.get("Operations").and_then(|it| it.as_array()).into_iter().flatten();
    named.filter_map(|it| it.as_str()).filter_map(Action::named).collect()
}
