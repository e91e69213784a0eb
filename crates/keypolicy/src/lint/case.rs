//! A policy as lints see it: what is written, and for each statement what that comes to.

use crate::action::ActionSet;
use crate::context::{Context, account_of, is_account_principal};
use crate::lint::bounds::{self, Reach};
use crate::policy::{Effect, Policy, Principal, PrincipalKind, Statement};
use crate::text::{Piece, Template, Text};

/// Stands for the key's own account where a template fills it in and nobody said which it is.
pub const OWN: &str = "000000000000";

/// A policy, what is known beside it, and what its statements come to.
#[derive(Debug)]
pub struct Case<'a> {
    /// The text that was read.
    pub text: &'a str,
    /// What it says.
    pub policy: &'a Policy,
    /// What is known beside it, or follows from it.
    pub context: Context,
    /// One for each statement.
    pub facts: Vec<Facts>,
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
        let mut context = context.clone().derived(policy);
        if context.account.is_none() && uses_own_account(policy) {
            context.account = Some(OWN.to_owned());
        }
        let mut case = Self { text, policy, context, facts: Vec::new() };
        case.facts = policy.statements.iter().map(|statement| case.facts_of(statement)).collect();
        case
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
            made.push_str(match piece {
                Piece::Literal(literal) | Piece::Verbatim(literal) => literal,
                Piece::Template(Template::Account) => self.context.account.as_deref().unwrap_or(OWN),
                Piece::Template(Template::Partition) => self.context.partition.as_deref().unwrap_or("aws"),
                Piece::Template(Template::Region) => self.context.region.as_deref().unwrap_or("eu-central-1"),
                Piece::Template(Template::UrlSuffix) => "amazonaws.com",
                Piece::Variable { .. } | Piece::Template(Template::Unknown(_)) => return None,
            });
        }
        Some(made)
    }

    /// What stands at a place.
    pub fn written(&self, span: source::Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The principals of a statement that name AWS identities, with their plain text.
    pub fn identities(&self, statement: &'a Statement) -> impl Iterator<Item = (&'a Principal, String)> + use<'a, '_> {
        let items = statement.principals.iter().flat_map(|principals| &principals.items);
        items
            .filter(|principal| principal.kind == PrincipalKind::Aws && !principal.is_everybody())
            .filter_map(|principal| Some((principal, self.plain(&principal.text)?)))
    }

    /// Whether a principal is the key's own account as a whole.
    pub fn is_own_root(&self, principal: &str) -> bool {
        is_account_principal(principal) && account_of(principal) == self.context.account.as_deref()
    }

    /// The account of a principal, where it is neither the key's own nor a trusted one.
    pub fn foreign_account<'p>(&self, principal: &'p str) -> Option<&'p str> {
        let own = self.context.account.as_ref()?;
        account_of(principal).filter(|account| account != own && !self.context.is_trusted(account))
    }
}

fn uses_own_account(policy: &Policy) -> bool {
    let is_own = |text: &Text| text.pieces.contains(&Piece::Template(Template::Account));
    policy.statements.iter().any(|statement| {
        statement.principals.iter().flat_map(|it| &it.items).any(|it| is_own(&it.text))
            || statement.conditions.iter().flat_map(|it| &it.values).any(is_own)
    })
}
