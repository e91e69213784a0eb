//! What is asked about a key's policies when the key is judged, and who answers: whoever understands policies stands behind a trait.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use source::record::{Kind, Raw};

use super::computed::Computed;
use super::projection::Own;
use super::{Fact, FactContext, OpenFact, Resource, Small};

/// A question about who may do what with a key. The answer is a list of sentences, one for each thing that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyQuestion {
    /// How anybody at all can do something.
    PublicAccess,
    /// How somebody outside the own and the trusted accounts and organisations can.
    ExternalAccess,
    /// Why the policy may soon be one that nobody can change.
    ManagementRisks,
    /// Who may both administer the key and use it.
    MixedDuties,
    /// The principals that were deleted.
    OrphanedPrincipals,
    /// The services that may use the key for whomever they act.
    ConfusedDeputies,
    /// The grants that give too much.
    RiskyGrants,
    /// Where a replica's policy allows something else than its primary's.
    ReplicaDrift,
}

impl PolicyQuestion {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::PublicAccess,
        Self::ExternalAccess,
        Self::ManagementRisks,
        Self::MixedDuties,
        Self::OrphanedPrincipals,
        Self::ConfusedDeputies,
        Self::RiskyGrants,
        Self::ReplicaDrift,
    ];

    /// The computed field that holds the answer.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::PublicAccess => "PublicAccess",
            Self::ExternalAccess => "ExternalAccess",
            Self::ManagementRisks => "ManagementRisks",
            Self::MixedDuties => "MixedDuties",
            Self::OrphanedPrincipals => "OrphanedPrincipals",
            Self::ConfusedDeputies => "ConfusedDeputies",
            Self::RiskyGrants => "RiskyGrants",
            Self::ReplicaDrift => "ReplicaDrift",
        }
    }
}

/// What an answer is made of: the key's policies as JSON strings, undecoded, and what is known of the key.
#[derive(Debug, Clone, Copy)]
pub struct PolicyInput<'s> {
    /// The policy `default`.
    pub policy: Option<Raw<'s>>,
    /// The policy `AWS_RAM`.
    pub ram_policy: Option<Raw<'s>>,
    /// The policy of the primary.
    pub primary_policy: Option<Raw<'s>>,
    /// The grants.
    pub grants: Option<Raw<'s>>,
    /// The key's ARN.
    pub arn: Option<Raw<'s>>,
    /// The key's account.
    pub account: Option<Raw<'s>>,
    /// `KeySpec`.
    pub spec: Option<Raw<'s>>,
    /// `KeyUsage`.
    pub usage: Option<Raw<'s>>,
    /// `Origin`.
    pub origin: Option<Raw<'s>>,
    /// `MultiRegion`.
    pub multi_region: Option<Raw<'s>>,
    /// `MultiRegionConfiguration`.
    pub regions: Option<Raw<'s>>,
}

/// The sentences of an answer, or why there is none.
pub type PolicyAnswer = Result<Arc<[String]>, String>;

/// Whoever understands key policies. Answers depend on the input only, so that they can be remembered.
pub trait PolicyReader: Debug + Sync {
    /// The answer to a question.
    fn answer(&self, question: PolicyQuestion, input: &PolicyInput<'_>) -> PolicyAnswer;
}

/// A value, or the fact that stands in its way.
type Input<'s> = Result<Option<Raw<'s>>, Fact<'s>>;

impl Resource<'_> {
    /// The answer to a question about the policies, as a fact.
    pub(super) fn policy_fact<'s>(&'s self, question: PolicyQuestion, context: &FactContext<'s>) -> Fact<'s> {
        let made = match question {
            PolicyQuestion::RiskyGrants => self.input(Own::Grants).and_then(|grants| self.grants(grants, context)),
            PolicyQuestion::ReplicaDrift if !self.is_replica() => return Fact::Computed(Small::Null),
            PolicyQuestion::ReplicaDrift => self.drift(context),
            _ => self.of_policy(question, context),
        };
        made.unwrap_or_else(|fact| fact)
    }

    fn is_replica(&self) -> bool {
        let regions = self.own(Own::MultiRegionConfiguration).filter(|raw| raw.kind() == Kind::Object);
        regions.and_then(|raw| raw.get("MultiRegionKeyType")).is_some_and(|kind| kind.is_str("REPLICA"))
    }

    fn of_policy<'s>(&'s self, question: PolicyQuestion, context: &FactContext<'s>) -> Result<Fact<'s>, Fact<'s>> {
        let policy = self.needed(Own::Policy, question)?;
        let asked = PolicyInput { policy: Some(policy), ..self.policy_input() };
        let ram = match question {
            PolicyQuestion::PublicAccess | PolicyQuestion::ExternalAccess => self.input(Own::RamPolicy),
            _ => Ok(None),
        };
        match ram {
            Ok(ram_policy) => Ok(self.ask(question, &PolicyInput { ram_policy, ..asked }, context)),
            // Another policy only adds: what this one alone opens is open.
            Err(unknown) => match self.ask(question, &asked, context) {
                Fact::Listed(found) if !found.is_empty() => Ok(Fact::Listed(found)),
                _ => Err(unknown),
            },
        }
    }

    fn grants<'s>(&'s self, grants: Option<Raw<'s>>, context: &FactContext<'s>) -> Result<Fact<'s>, Fact<'s>> {
        let question = PolicyQuestion::RiskyGrants;
        let grants = grants.ok_or_else(|| self.missing(Own::Grants, question))?;
        Ok(self.ask(question, &PolicyInput { grants: Some(grants), ..self.policy_input() }, context))
    }

    fn drift<'s>(&'s self, context: &FactContext<'s>) -> Result<Fact<'s>, Fact<'s>> {
        let question = PolicyQuestion::ReplicaDrift;
        let (policy, primary) = (self.needed(Own::Policy, question)?, self.needed(Own::PrimaryPolicy, question)?);
        let asked = PolicyInput { policy: Some(policy), primary_policy: Some(primary), ..self.policy_input() };
        Ok(self.ask(question, &asked, context))
    }

    fn needed<'s>(&'s self, field: Own, question: PolicyQuestion) -> Result<Raw<'s>, Fact<'s>> {
        self.input(field)?.ok_or_else(|| self.missing(field, question))
    }

    /// An inventory that never asked does not have the answer either; one that says `null` is not understood.
    fn missing<'s>(&self, field: Own, question: PolicyQuestion) -> Fact<'s> {
        match self.own(field) {
            None => Fact::Absent,
            Some(_) => open(question, format!("`{}` is null", field.name())),
        }
    }

    fn ask<'s>(&self, question: PolicyQuestion, input: &PolicyInput<'_>, context: &FactContext<'s>) -> Fact<'s> {
        let Some(reader) = context.policies else { return open(question, "nobody here reads key policies") };
        reader.answer(question, input).map_or_else(|why| open(question, why), Fact::Listed)
    }

    /// What is known of the key. What could not be read counts as not known, which answers allow for.
    fn policy_input(&self) -> PolicyInput<'_> {
        let known = |field| -> Option<Raw<'_>> {
            let value: Input<'_> = self.input(field);
            value.ok().flatten()
        };
        PolicyInput {
            policy: None,
            ram_policy: None,
            primary_policy: None,
            grants: None,
            arn: known(Own::Arn),
            account: known(Own::AccountId),
            spec: known(Own::KeySpec),
            usage: known(Own::KeyUsage),
            origin: known(Own::Origin),
            multi_region: known(Own::MultiRegion),
            regions: known(Own::MultiRegionConfiguration),
        }
    }
}

fn open<'s>(question: PolicyQuestion, why: impl Into<Cow<'static, str>>) -> Fact<'s> {
    let field = Computed::Policy(question).name();
    Fact::Open(Box::new(OpenFact { field, why: why.into().into_owned() }))
}
