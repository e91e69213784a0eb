//! Whom a statement for everybody really reaches: which conditions bind it to accounts, organisations, services or networks.

use crate::lint::case::Case;
use crate::operator::{Comparison, Operator, Quantifier};
use crate::policy::{Condition, Principals, Statement};
use crate::text::{Piece, Template, Text};
use finding::is_account_id;

/// Whom a statement reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Those it names.
    Named,
    /// Everybody whom its conditions leave: each of these binds it by itself.
    Everybody(Vec<Bound>),
}

impl Reach {
    /// Whether anybody with an AWS account can be reached.
    pub fn is_public(&self) -> bool {
        matches!(self, Self::Everybody(bounds) if bounds.is_empty())
    }
}

/// A condition that binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The position of the condition in its statement.
    pub condition: usize,
    /// To what it binds.
    pub to: To,
    /// Whether all its values are fixed: without wildcards and variables, which Security Hub's KMS.5 does not evaluate.
    pub fixed: bool,
}

/// To what a condition binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// These accounts.
    Accounts(Vec<String>),
    /// These organisations, or parts of them.
    Organizations(Vec<String>),
    /// AWS services that act for a named source.
    Sources,
    /// Networks or endpoints with unique ids.
    Network,
    /// Something that a template fills in: not known, but something.
    Unknown,
}

/// Whom a statement reaches.
pub(super) fn reach(case: &Case<'_>, statement: &Statement) -> Reach {
    match &statement.principals {
        Some(principals) if is_open(principals) => Reach::Everybody(
            statement.conditions.iter().enumerate().filter_map(|(at, condition)| bound(case, at, condition)).collect(),
        ),
        _ => Reach::Named,
    }
}

fn is_open(principals: &Principals) -> bool {
    principals.negated || principals.items.iter().any(|item| item.is_everybody())
}

/// What a condition binds to, if it does: it must be positive, must hold of a request that has the key, and of all its values.
pub(super) fn bound(case: &Case<'_>, at: usize, condition: &Condition) -> Option<Bound> {
    let operator = condition.operator?;
    if operator.negated || operator.if_exists || operator.quantifier == Some(Quantifier::ForAllValues) {
        return None;
    }
    let to = binds(case, &condition.key.value, operator, &condition.values)?;
    let fixed = condition
        .values
        .iter()
        .all(|value| !(operator.has_wildcards() && value.has_wildcard()) && value.variables().next().is_none());
    Some(Bound { condition: at, to, fixed })
}

/// What a positive condition on this key binds to; the same question is asked of weakened ones, to say what they would have done.
pub(super) fn binds(case: &Case<'_>, key: &str, operator: Operator, values: &[Text]) -> Option<To> {
    if values.is_empty() {
        return None;
    }
    if is_textual(operator) && values.iter().any(|value| value.unknown().is_some()) && is_binding_key(key) {
        return Some(To::Unknown);
    }
    let all = |of: &dyn Fn(&Text) -> Option<String>| values.iter().map(of).collect::<Option<Vec<_>>>();
    match key.to_ascii_lowercase().as_str() {
        "aws:principalaccount" | "kms:calleraccount" if is_textual(operator) => {
            all(&|value| account_value(case, value)).map(To::Accounts)
        }
        "aws:principalarn" if is_textual(operator) || operator.comparison == Comparison::Arn => {
            all(&|value| arn_account(case, operator, value)).map(To::Accounts)
        }
        "aws:userid" if is_textual(operator) => all(&|value| user_id(value)).map(|_| To::Accounts(Vec::new())),
        "aws:principalorgid" if is_textual(operator) => {
            all(&|value| fixed(case, value).filter(|id| id.starts_with("o-"))).map(To::Organizations)
        }
        "aws:principalorgpaths" if is_textual(operator) && operator.quantifier == Some(Quantifier::ForAnyValue) => {
            all(&|value| organization_of_path(case, value)).map(To::Organizations)
        }
        "aws:sourceaccount" if is_textual(operator) => all(&|value| account_value(case, value)).map(|_| To::Sources),
        "aws:sourceorgid" if is_textual(operator) => {
            all(&|value| fixed(case, value).filter(|id| id.starts_with("o-"))).map(|_| To::Sources)
        }
        "aws:sourceorgpaths" if is_textual(operator) => {
            all(&|value| organization_of_path(case, value)).map(|_| To::Sources)
        }
        "aws:sourcearn" if is_textual(operator) || operator.comparison == Comparison::Arn => {
            all(&|value| fixed(case, value).filter(|text| text != "*" && !text.starts_with("*"))).map(|_| To::Sources)
        }
        "aws:sourcevpc" | "aws:sourcevpce" if is_textual(operator) => {
            let is_id = |id: &String| id.starts_with("vpc") && !id.contains(['*', '?']);
            all(&|value| fixed(case, value).filter(is_id)).map(|_| To::Network)
        }
        _ => None,
    }
}

/// Keys that can bind a statement to somebody.
pub(super) fn is_binding_key(key: &str) -> bool {
    matches!(
        key.to_ascii_lowercase().as_str(),
        "aws:principalaccount"
            | "kms:calleraccount"
            | "aws:principalarn"
            | "aws:userid"
            | "aws:principalorgid"
            | "aws:principalorgpaths"
            | "aws:sourceaccount"
            | "aws:sourceorgid"
            | "aws:sourceorgpaths"
            | "aws:sourcearn"
            | "aws:sourcevpc"
            | "aws:sourcevpce"
    )
}

/// Keys that bind a service to whom it acts for.
pub(super) fn is_source_key(key: &str) -> bool {
    matches!(
        key.to_ascii_lowercase().as_str(),
        "aws:sourceaccount" | "aws:sourcearn" | "aws:sourceorgid" | "aws:sourceorgpaths"
    )
}

fn is_textual(operator: Operator) -> bool {
    matches!(
        operator.comparison,
        Comparison::StringEquals | Comparison::StringEqualsIgnoreCase | Comparison::StringLike | Comparison::Arn
    )
}

fn fixed(case: &Case<'_>, value: &Text) -> Option<String> {
    case.plain(value)
}

fn account_value(case: &Case<'_>, value: &Text) -> Option<String> {
    // The key's own account, whichever it is.
    if let [Piece::Variable { key, default: None, .. }] = value.pieces.as_slice()
        && key.eq_ignore_ascii_case("aws:ResourceAccount")
    {
        return Some(case.setting.account.clone().unwrap_or_default());
    }
    case.plain(value).filter(|text| is_account_id(text))
}

/// The account that an ARN, or a pattern of ARNs, is bound to.
fn arn_account(case: &Case<'_>, operator: Operator, value: &Text) -> Option<String> {
    let head = head(case, value);
    let account = head.split(':').nth(4).filter(|_| head.splitn(6, ':').count() == 6)?;
    if !is_account_id(account) {
        return None;
    }
    // Outside ARN operators `*` reaches over colons, so everything before the account must be fixed.
    let before = head.get(..head.len() - head.splitn(6, ':').nth(5).map_or(0, str::len)).unwrap_or_default();
    match operator.comparison {
        Comparison::Arn => Some(account.to_owned()),
        Comparison::StringLike => (!before.contains(['*', '?'])).then(|| account.to_owned()),
        _ => Some(account.to_owned()),
    }
}

/// A text up to its first variable or unknown piece.
fn head(case: &Case<'_>, value: &Text) -> String {
    let mut known = value.clone();
    let open = |piece: &Piece| matches!(piece, Piece::Variable { .. } | Piece::Template(Template::Unknown(_)));
    let end = known.pieces.iter().position(open).unwrap_or(known.pieces.len());
    known.pieces.truncate(end);
    case.plain(&known).unwrap_or_default()
}

fn user_id(value: &Text) -> Option<String> {
    let text = value.literal()?;
    let id = text.split(':').next().unwrap_or_default();
    let is_unique = id.len() >= 20 && (id.starts_with("AROA") || id.starts_with("AIDA")) && !id.contains(['*', '?']);
    is_unique.then(|| id.to_owned())
}

fn organization_of_path(case: &Case<'_>, value: &Text) -> Option<String> {
    let head = head(case, value);
    let id = head.split('/').next().filter(|id| head.len() > id.len() && id.starts_with("o-"))?;
    (!id.contains(['*', '?'])).then(|| id.to_owned())
}
