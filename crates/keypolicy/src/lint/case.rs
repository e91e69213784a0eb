//! A policy as lints see it: what is written, and for each statement what that comes to.

use crate::action::ActionSet;
use crate::context::Context;
use crate::lint::bounds::{self, Reach};
use crate::policy::{Effect, Policy, Principal, PrincipalKind, Statement};
use crate::prove::Assumptions;
use crate::setting::{Setting, account_of, account_principal};
use crate::text::{Piece, Text};
use crate::{Proof, Property, Rules, prove, rules};
use std::sync::OnceLock;

/// A policy, what is known beside it, and what its statements come to.
#[derive(Debug)]
pub struct Case<'a> {
    /// The text that was read.
    pub text: &'a str,
    /// What it says.
    pub policy: &'a Policy,
    /// What is known beside it, or follows from it.
    pub context: Context,
    /// Whose key it is: what fills in templates.
    pub setting: Setting,
    /// One for each statement.
    pub facts: Vec<Facts>,
    rules: OnceLock<Rules>,
    management: OnceLock<Proof>,
}

/// What a statement comes to.
#[derive(Debug, Clone)]
pub struct Facts {
    /// `Allow`, `Deny`, or nothing valid.
    pub effect: Option<Effect>,
    /// The actions of KMS that it speaks of and that a key policy governs.
    pub actions: ActionSet,
    /// Whom it reaches.
    pub reach: Reach,
}

impl<'a> Case<'a> {
    /// The policy with what follows from it.
    pub fn new(text: &'a str, policy: &'a Policy, context: &Context) -> Self {
        let setting = context.key.clone().completed(policy);
        let context = context.clone();
        let (rules, management) = (OnceLock::new(), OnceLock::new());
        let mut case = Self { text, policy, context, setting, facts: Vec::new(), rules, management };
        case.facts = policy.statements.iter().map(|statement| case.facts_of(statement)).collect();
        case
    }

    /// The policy made ready for proofs, once.
    pub fn rules(&self) -> &Rules {
        self.rules.get_or_init(|| rules::compile(self.policy, &self.setting))
    }

    /// Whether the policy can be changed, and by whom: proved once.
    pub fn management(&self) -> &Proof {
        self.management.get_or_init(|| prove(self.rules(), &self.setting, &self.assumptions(), &Property::Manageable))
    }

    /// What is known beside the policy, for proofs.
    pub fn assumptions(&self) -> Assumptions<'_> {
        Assumptions { now: None, existing: self.context.existing.as_ref(), root_usable: self.context.root_usable }
    }

    fn facts_of(&self, statement: &Statement) -> Facts {
        let actions = statement.actions.as_ref().map_or(ActionSet::EMPTY, |actions| actions.set());
        Facts {
            effect: statement.effect.map(|effect| effect.value),
            actions: actions.meet(ActionSet::governed()),
            reach: bounds::reach(self, statement),
        }
    }

    /// The statements with what they come to.
    pub fn statements(&self) -> impl Iterator<Item = (&'a Statement, &Facts)> {
        self.policy.statements.iter().zip(&self.facts)
    }

    /// Those that give.
    pub fn allowing(&self) -> impl Iterator<Item = (&'a Statement, &Facts)> {
        self.statements().filter(|(_, facts)| facts.effect == Some(Effect::Allow))
    }

    /// Those that take.
    pub fn denying(&self) -> impl Iterator<Item = (&'a Statement, &Facts)> {
        self.statements().filter(|(_, facts)| facts.effect == Some(Effect::Deny))
    }

    /// A text with what is known of its account, partition and region filled in; `None` where a variable or something unknown is left.
    pub fn plain(&self, text: &Text) -> Option<String> {
        let mut made = String::new();
        for piece in &text.pieces {
            let filled;
            made.push_str(match piece {
                Piece::Literal(literal) | Piece::Verbatim(literal) => literal,
                Piece::Template(template) => {
                    filled = self.setting.fill(template)?;
                    &filled
                }
                Piece::Variable { .. } => return None,
            });
        }
        Some(made)
    }

    /// What stands at a place.
    pub fn written(&self, span: source::Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// A text in the quotes that stand at a place; without, where there are none.
    pub fn quoted_as(&self, span: source::Span, text: &str) -> String {
        match self.written(span).chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => format!("{quote}{text}{quote}"),
            None => text.to_owned(),
        }
    }

    /// The principals of a statement that name AWS identities, with their plain text.
    pub fn identities(&self, statement: &'a Statement) -> impl Iterator<Item = (&'a Principal, String)> + use<'a, '_> {
        let items = statement.principals.iter().flat_map(|principals| &principals.items);
        items
            .filter(|principal| principal.kind == PrincipalKind::Aws && !principal.is_everybody())
            .filter_map(|principal| Some((principal, self.plain(&principal.text)?)))
    }

    /// The statements that delegate to the account's IAM policies: an Allow for the own account as a whole.
    pub fn delegating(&self) -> impl Iterator<Item = (&'a Statement, &Facts)> {
        self.allowing().filter(|(statement, _)| self.identities(statement).any(|(_, text)| self.is_own_root(&text)))
    }

    /// Whether an account among the principals that get something is still to be filled in, by a template or by a person
    /// (`arn:aws:iam::ACCOUNT_ID:root`): then nobody knows yet what the key's own account gets.
    fn has_open_account(&self) -> bool {
        let items = self.allowing().flat_map(|(it, _)| &it.principals).flat_map(|principals| &principals.items);
        items.filter(|it| it.kind == PrincipalKind::Aws).any(|it| match self.plain(&it.text) {
            Some(text) => text.starts_with("arn:") && account_of(&text).is_none(),
            None => it.text.unknown().is_some(),
        })
    }

    /// Whether it can be told what the key's own account gets: the account is known, and none that gets something is open.
    pub fn knows_own_account(&self) -> bool {
        self.setting.account.is_some() && !self.has_open_account()
    }

    /// Where to point for what concerns the policy as a whole.
    pub fn whole(&self) -> source::Span {
        source::Span::new(self.policy.span.start, self.policy.span.start + 1)
    }

    /// Whether a principal is the key's own account as a whole; where nobody knows which that is, any account is taken for it.
    pub fn is_own_root(&self, principal: &str) -> bool {
        account_principal(principal).is_some()
            && self.setting.account.as_deref().is_none_or(|own| account_of(principal) == Some(own))
    }

    /// The account of a principal, where it is neither the key's own nor a trusted one.
    pub fn foreign_account<'p>(&self, principal: &'p str) -> Option<&'p str> {
        let own = self.setting.account.as_ref()?;
        account_of(principal).filter(|account| account != own && !self.setting.is_trusted(account))
    }
}
