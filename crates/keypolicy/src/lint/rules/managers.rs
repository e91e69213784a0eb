//! Who may change a key policy, as far as the policy tells.

use std::collections::BTreeSet;

use crate::action::Action;
use crate::lint::Case;
use crate::lint::bounds::{Reach, To};
use crate::policy::Statement;

/// Who may change the policy.
#[derive(Debug, Default)]
pub struct Managers {
    /// The account as a whole, and so its root user and its IAM policies.
    pub account: bool,
    /// Principals of the account, by name.
    pub named: BTreeSet<String>,
    /// Whether principals are described by conditions.
    pub described: bool,
    /// Whether something that nobody can know here decides.
    pub unknown: bool,
}

impl Managers {
    /// Those of a policy.
    pub fn of(case: &Case<'_>) -> Self {
        let mut made = Self::default();
        let Some(put) = Action::named("PutKeyPolicy") else { return made };
        if case.denying().any(|(statement, facts)| facts.actions.has(put) && denies_everybody(statement)) {
            return made;
        }
        made.unknown = case.context.account.is_none();
        for (statement, facts) in case.allowing() {
            let unresolved = statement.actions.iter().flat_map(|it| &it.items).any(|it| it.text.literal().is_none());
            if !facts.actions.has(put) && !unresolved {
                continue;
            }
            let principals = statement.principals.iter().flat_map(|it| &it.items);
            made.unknown |= unresolved || principals.clone().any(|it| case.plain(&it.text).is_none());
            for (_, text) in case.identities(statement).filter(|(_, text)| !text.contains(['*', '?'])) {
                let is_own = crate::context::account_of(&text) == case.context.account.as_deref();
                match () {
                    () if case.is_own_root(&text) && !excludes_some(statement) => made.account = true,
                    () if is_own && exists(case, &text) => drop(made.named.insert(text)),
                    () => {}
                }
            }
            if let Reach::Everybody(bounds) = &facts.reach {
                let own = |to: &To| match to {
                    To::Accounts(accounts) => {
                        accounts.is_empty() || accounts.iter().any(|it| Some(it) == case.context.account.as_ref())
                    }
                    To::Organizations(_) => true,
                    To::Unknown => true,
                    To::Sources | To::Network => false,
                };
                made.described |= bounds.is_empty() || bounds.iter().any(|bound| own(&bound.to));
            }
        }
        made
    }

    /// Whether nobody may.
    pub fn locked_out(&self) -> bool {
        !self.unknown && !self.account && self.named.is_empty() && !self.described
    }

    /// Whether it hangs by one principal, or by a pattern.
    pub fn fragile(&self) -> bool {
        !self.unknown && !self.account && !self.locked_out() && self.named.len() < 2
    }
}

fn denies_everybody(statement: &Statement) -> bool {
    let everybody =
        statement.principals.as_ref().is_some_and(|it| !it.negated && it.items.iter().any(|it| it.is_everybody()));
    everybody && statement.conditions.is_empty()
}

/// Whether the conditions of a statement for the account leave out more than they must.
fn excludes_some(statement: &Statement) -> bool {
    let harmless = ["aws:principalaccount", "kms:calleraccount", "aws:principalorgid", "aws:securetransport"];
    statement.conditions.iter().any(|it| !harmless.contains(&it.key.value.to_ascii_lowercase().as_str()))
}

fn exists(case: &Case<'_>, principal: &str) -> bool {
    case.context.existing.as_ref().is_none_or(|existing| existing.contains(principal))
}
