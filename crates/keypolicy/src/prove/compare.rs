//! Two policies compared: a request of which the one allows more than the other, for each direction.

use super::Assumptions;
use super::answer::{self, IDENTITIES};
use super::lower::Reading;
use super::search::{self, Found, Part, Query, Relation};
use super::world::World;
use crate::ActionSet;
use crate::decide::{self, Decision, Sources};
use crate::policy::Effect;
use crate::request::{Class, Request};
use crate::rules::{Fit, Rule, Rules};
use crate::setting::Setting;
use std::collections::BTreeSet;

/// How a new policy stands to an old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// Both allow the same.
    Equal,
    /// The new one allows less.
    Narrower,
    /// The new one allows more.
    Wider,
    /// The new one allows some more and some less.
    Incomparable,
    /// That is not found out.
    Unknown,
}

impl Standing {
    /// As in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "EQUAL",
            Self::Narrower => "NARROWER",
            Self::Wider => "WIDER",
            Self::Incomparable => "INCOMPARABLE",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// A comparison with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// How the new policy stands to the old one.
    pub standing: Standing,
    /// A request of which the new policy allows more.
    pub gained: Option<Change>,
    /// A request of which the new policy allows less.
    pub lost: Option<Change>,
    /// What leaves it open.
    pub constructs: BTreeSet<String>,
}

/// A request that two policies decide differently.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The request.
    pub request: Request,
    /// What the old policy decides.
    pub old: Decision,
    /// What the new policy decides.
    pub new: Decision,
    /// The statement that allows it, in the policy that does; from 0.
    pub allowed_by: usize,
    /// The statement that denies it, in the other policy; from 0.
    pub denied_by: Option<usize>,
}

/// How many accounts are tried for the key's own, where that is not known.
const MOST_OWNERS: usize = 8;

/// Compares what two policies allow. ALLOW is more than NEEDS_IAM, which is more than a denial.
pub fn diff(old: &Rules, new: &Rules, setting: &Setting, assumptions: &Assumptions<'_>) -> Difference {
    let mut made = compared(old, new, setting, assumptions);
    let incomplete = |rules: &Rules| rules.inert.iter().map(|it| it.why.clone()).collect::<Vec<_>>();
    if made.standing == Standing::Equal && incomplete(old).len() != incomplete(new).len() {
        made.constructs.extend(incomplete(old).into_iter().chain(incomplete(new)));
        made.standing = Standing::Unknown;
    }
    made
}

fn compared(old: &Rules, new: &Rules, setting: &Setting, assumptions: &Assumptions<'_>) -> Difference {
    let world = World::new(&[old, new], setting, assumptions);
    if world.account_known {
        return in_world(&world, old, new);
    }
    // Whichever account it is, it is one of those named, or none of them.
    let mut made: Option<Difference> = None;
    let owners = world.mentioned.accounts.iter().filter(|account| Some(account.as_str()) != world.owner());
    let owners: Vec<Option<&String>> = std::iter::once(None).chain(owners.map(Some)).collect();
    for owner in owners.iter().take(MOST_OWNERS) {
        let found = match owner {
            None => in_world(&world, old, new),
            Some(account) => {
                let told = Setting { account: Some((*account).clone()), ..setting.clone() };
                let told = World::new(&[old, new], &told, assumptions);
                told.spent.follow(&world.spent);
                let found = in_world(&told, old, new);
                world.spent.follow(&told.spent);
                found
            }
        };
        made = Some(match made {
            None => found,
            Some(earlier) => merged(earlier, found),
        });
    }
    let mut made = made.unwrap_or_else(|| in_world(&world, old, new));
    if owners.len() > MOST_OWNERS && made.standing == Standing::Equal {
        made.constructs.insert("which account the key is in; give it with --account".to_owned());
        made.standing = Standing::Unknown;
    }
    made
}

fn merged(a: Difference, b: Difference) -> Difference {
    let constructs: BTreeSet<String> = a.constructs.into_iter().chain(b.constructs).collect();
    standing(a.gained.or(b.gained), a.lost.or(b.lost), constructs)
}

fn in_world(world: &World<'_>, old: &Rules, new: &Rules) -> Difference {
    let mut constructs = BTreeSet::new();
    let gained = more(world, old, new, &mut constructs);
    let lost =
        more(world, new, old, &mut constructs).map(|change| Change { old: change.new, new: change.old, ..change });
    standing(gained, lost, constructs)
}

fn standing(gained: Option<Change>, lost: Option<Change>, constructs: BTreeSet<String>) -> Difference {
    let standing = match (&gained, &lost) {
        (Some(_), Some(_)) => Standing::Incomparable,
        _ if !constructs.is_empty() => Standing::Unknown,
        (Some(_), None) => Standing::Wider,
        (None, Some(_)) => Standing::Narrower,
        (None, None) => Standing::Equal,
    };
    Difference { standing, gained, lost, constructs }
}

/// A kind of caller, and what a statement must be to it for the decision that is looked at.
struct Case {
    classes: &'static [Class],
    relation: Relation,
    least: Fit,
    actions: ActionSet,
}

/// The kinds of callers for which NEEDS_IAM is reached, and that for which ALLOW is.
fn cases() -> [Case; 4] {
    let governed = ActionSet::governed();
    let crossing = governed.meet(ActionSet::cross_account());
    [
        Case { classes: IDENTITIES, relation: Relation::Own, least: Fit::Account, actions: governed },
        Case {
            classes: &[Class::Role, Class::User, Class::Federated],
            relation: Relation::Own,
            least: Fit::Direct,
            actions: governed,
        },
        Case { classes: IDENTITIES, relation: Relation::Other, least: Fit::Account, actions: crossing },
        Case { classes: &[Class::Service], relation: Relation::Any, least: Fit::Account, actions: governed },
    ]
}

/// The statements that give, or those that take.
fn of(rules: &Rules, effect: Effect) -> Vec<&Rule> {
    rules.rules.iter().filter(|rule| rule.effect == effect).collect()
}

/// A request of which `new` allows more than `old`.
fn more(world: &World<'_>, old: &Rules, new: &Rules, constructs: &mut BTreeSet<String>) -> Option<Change> {
    let denied = of(new, Effect::Deny);
    let mut lifted = of(old, Effect::Deny);
    lifted.retain(|deny| !denied.iter().any(|it| covers(it, deny)));
    let allowed = of(old, Effect::Allow);
    // What the old policy allows by the same statement is no gain, unless it denied it.
    let added = |rule: &Rule| !allowed.iter().any(|it| covers(it, rule));
    for case in cases() {
        for rule in new.rules.iter().filter(|rule| rule.effect == Effect::Allow) {
            let tries = added(rule).then_some(None).into_iter().chain(lifted.iter().copied().map(Some));
            if let Some(change) = by_rule(world, (old, new), rule, tries, &case, constructs) {
                return Some(change);
            }
        }
    }
    None
}

fn by_rule<'a>(
    world: &World<'_>,
    (old, new): (&'a Rules, &'a Rules),
    rule: &'a Rule,
    tries: impl Iterator<Item = Option<&'a Rule>>,
    case: &Case,
    constructs: &mut BTreeSet<String>,
) -> Option<Change> {
    for deny in tries {
        let mut open = BTreeSet::new();
        for (may, must, unknown_keys) in [(Reading::May, Reading::Must, true), (Reading::Must, Reading::May, false)] {
            let found = search::find(world, &query(old, new, rule, deny, case, (may, must), unknown_keys));
            match found {
                Found::Nothing if may == Reading::May => break,
                Found::Nothing => {}
                Found::Request(request) => match confirmed(world, old, new, *request) {
                    Some((request, before, after)) => {
                        let denied_by = deny.map(|deny| deny.index);
                        return Some(Change { request, old: before, new: after, allowed_by: rule.index, denied_by });
                    }
                    None => {
                        open.extend(answer::constructs(old));
                        open.extend(answer::constructs(new));
                        if open.is_empty() {
                            open.insert("keys that depend on one another in a way that is not modelled".to_owned());
                        }
                    }
                },
                Found::Unclear(why) => open.extend(why),
            }
        }
        constructs.extend(open);
    }
    None
}

/// Whether a statement fits whatever another fits, because it says the same with at least its actions.
fn covers(wide: &Rule, narrow: &Rule) -> bool {
    let same = wide.negated == narrow.negated
        && wide.who == narrow.who
        && wide.tests == narrow.tests
        && wide.doubts == narrow.doubts
        && wide.dormant == narrow.dormant;
    same && (wide.actions == narrow.actions || wide.doubts.is_empty() && narrow.actions.is_within(wide.actions))
}

fn query<'a>(
    old: &'a Rules,
    new: &'a Rules,
    rule: &'a Rule,
    deny: Option<&'a Rule>,
    case: &Case,
    (may, must): (Reading, Reading),
    unknown_keys: bool,
) -> Query<'a> {
    let mut fit = vec![Part { rule, reading: may, least: case.least }];
    let denies = new.rules.iter().filter(|it| it.effect == Effect::Deny);
    let mut unfit: Vec<Part<'a>> = denies.map(|rule| Part { rule, reading: must, least: Fit::Account }).collect();
    match deny {
        Some(deny) => fit.push(Part { rule: deny, reading: may, least: Fit::Account }),
        None => {
            let allows = old.rules.iter().filter(|it| it.effect == Effect::Allow);
            unfit.extend(allows.map(|rule| Part { rule, reading: must, least: case.least }));
        }
    }
    Query {
        fit,
        unfit,
        tests: Vec::new(),
        classes: case.classes,
        relation: case.relation,
        actions: case.actions,
        unknown_keys,
    }
}

/// The request with both decisions, if the new one is more.
fn confirmed(world: &World<'_>, old: &Rules, new: &Rules, request: Request) -> Option<(Request, Decision, Decision)> {
    let decide = |rules| decide::decision(&Sources::of(rules, world.owner()), &request);
    let (before, after) = (decide(old), decide(new));
    let known = request.context.keys().all(|name| crate::key::find(name).is_some());
    let gains = after.allows() && after > before && known;
    gains.then_some((request, before, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse, rules};

    const OWN: &str = "111122223333";

    fn differ(old: &str, new: &str) -> Difference {
        let setting = Setting { account: Some(OWN.to_owned()), ..Setting::default() };
        let compiled = |text: &str| {
            let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{text}]}}"#);
            rules::compile(&parse(&text).unwrap(), &setting)
        };
        diff(&compiled(old), &compiled(new), &setting, &Assumptions::default())
    }

    fn stands(old: &str, new: &str) -> &'static str {
        let there = differ(old, new);
        let back = differ(new, old).standing;
        let turned = match there.standing {
            Standing::Wider => Standing::Narrower,
            Standing::Narrower => Standing::Wider,
            other => other,
        };
        assert_eq!(back, turned, "the other way around");
        there.standing.name()
    }

    fn allow(principals: &str, actions: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect": "Allow", "Principal": {principals}, "Action": {actions}, "Resource": "*", "Condition": {{{condition}}}}}"#
        )
    }

    fn names(names: &[&str]) -> String {
        let list: Vec<String> = names.iter().map(|name| format!(r#""arn:aws:iam::{OWN}:role/{name}""#)).collect();
        format!(r#"{{"AWS": [{}]}}"#, list.join(","))
    }

    #[test]
    fn reordering_splitting_and_merging_change_nothing() {
        let both = allow(&names(&["a", "b"]), r#"["kms:Decrypt", "kms:Encrypt"]"#, "");
        let split = [
            allow(&names(&["b"]), r#"["kms:Encrypt", "kms:Decrypt"]"#, ""),
            allow(&names(&["a"]), r#""kms:decrypt""#, ""),
            allow(&names(&["a"]), r#""kms:Encrypt""#, ""),
        ];
        assert_eq!(stands(&both, &split.join(",")), "EQUAL");
        let like =
            |value: &str| allow(r#""*""#, r#""kms:*""#, &format!(r#""StringLike": {{"aws:PrincipalOrgID": {value}}}"#));
        assert_eq!(stands(&like(r#"["o-a*", "o-b*"]"#), &[like(r#""o-b*""#), like(r#""o-a*""#)].join(",")), "EQUAL");
        let variable =
            allow(r#""*""#, r#""kms:*""#, r#""StringEquals": {"aws:PrincipalTag/a": "${aws:ResourceTag/a}"}"#);
        assert_eq!(stands(&[variable.clone(), both.clone()].join(","), &[both, variable].join(",")), "EQUAL");
    }

    #[test]
    fn more_principals_actions_and_values_are_wider() {
        let base = allow(&names(&["a"]), r#""kms:Decrypt""#, "");
        assert_eq!(stands(&base, &allow(&names(&["a", "b"]), r#""kms:Decrypt""#, "")), "WIDER");
        assert_eq!(stands(&base, &allow(&names(&["a"]), r#""kms:D*""#, "")), "WIDER");
        assert_eq!(
            stands(
                &base,
                &allow(&names(&["a"]), r#""kms:Decrypt""#, r#""Bool": {"aws:MultiFactorAuthPresent": "true"}"#)
            ),
            "NARROWER"
        );
        assert_eq!(stands(&base, &allow(&names(&["b"]), r#""kms:Decrypt""#, "")), "INCOMPARABLE");
        let deny = allow(r#""*""#, r#""kms:Decrypt""#, "").replace("Allow", "Deny");
        assert_eq!(stands(&base, &[base.clone(), deny.clone()].join(",")), "NARROWER");
        let change = differ(&[base.clone(), deny].join(","), &base).gained.unwrap();
        assert_eq!((change.old, change.new, change.denied_by), (Decision::ExplicitDeny, Decision::Allow, Some(1)));
    }

    #[test]
    fn being_named_is_more_than_being_left_to_iam() {
        let root = allow(&format!(r#"{{"AWS": "{OWN}"}}"#), r#""kms:*""#, "");
        let named = [root.clone(), allow(&names(&["a"]), r#""kms:Decrypt""#, "")].join(",");
        let change = differ(&root, &named).gained.unwrap();
        assert_eq!((change.old, change.new), (Decision::NeedsIam, Decision::Allow));
        assert_eq!(stands(&root, &named), "WIDER");
        let foreign = allow(r#"{"AWS": "arn:aws:iam::444455556666:role/x"}"#, r#""kms:PutKeyPolicy""#, "");
        assert_eq!(stands(&root, &[root.clone(), foreign].join(",")), "EQUAL", "that has no effect");
        assert_eq!(
            stands(&root, &[root.clone(), allow(r#"{"Service": "s3.amazonaws.com"}"#, r#""kms:Sign""#, "")].join(",")),
            "WIDER"
        );
    }
}
