//! A policy as lints see it: what is written, and for each statement what that comes to.

use crate::action::ActionSet;
use crate::context::{Context, account_of, is_account_principal};
use crate::lint::bounds::{self, Reach};
use crate::policy::{Effect, Policy, Principal, PrincipalKind, Statement};
use crate::setting::Setting;
use crate::text::{Piece, Text};

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
        let setting = Setting::from(context).completed(policy);
        let context =
            Context { account: setting.account.clone(), partition: setting.partition.clone(), ..context.clone() };
        let mut case = Self { text, policy, context, setting, facts: Vec::new() };
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

    /// Where to point for what concerns the policy as a whole.
    pub fn whole(&self) -> source::Span {
        source::Span::new(self.policy.span.start, self.policy.span.start + 1)
    }

    /// Whether a principal is the key's own account as a whole; where nobody knows which that is, any account is taken for it.
    pub fn is_own_root(&self, principal: &str) -> bool {
        is_account_principal(principal)
            && self.context.account.as_deref().is_none_or(|own| account_of(principal) == Some(own))
    }

    /// The account of a principal, where it is neither the key's own nor a trusted one.
    pub fn foreign_account<'p>(&self, principal: &'p str) -> Option<&'p str> {
        let own = self.context.account.as_ref()?;
        account_of(principal).filter(|account| account != own && !self.context.is_trusted(account))
    }
}
