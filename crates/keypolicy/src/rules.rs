//! A policy made ready for judging requests: statements as rules, their conditions as tests on context keys.

use crate::key::{self, KeyInfo};
use crate::operator::{Comparison, Operator, Quantifier};
use crate::pattern::{Pattern, Token, tokens, verbatim};
use crate::policy::{
    ActionForm, Condition, Effect, Fault, FaultKind, Policy, Principal, PrincipalKind, Statement, Version,
};
use crate::request::Request;
use crate::setting::{Setting, account_principal};
use crate::text::{Piece, Text};
use crate::{ActionSet, request};
use std::sync::Arc;

/// A policy made ready.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// One for each statement that can do something, in order.
    pub rules: Vec<Rule>,
    /// The statements that do nothing, and why.
    pub inert: Vec<Inert>,
}

/// A statement that does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inert {
    /// Its position in the policy.
    pub index: usize,
    /// Whether it would give or take, if that can be read.
    pub effect: Option<Effect>,
    /// Why.
    pub why: String,
}

/// A statement made ready.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its position in the policy.
    pub index: usize,
    /// Whether it gives or takes.
    pub effect: Effect,
    /// The actions it speaks of.
    pub actions: ActionSet,
    /// Whether it has `NotAction`.
    pub not_action: bool,
    /// Whether its principals are those that are *not* listed.
    pub negated: bool,
    /// The principals listed.
    pub who: Vec<Who>,
    /// All of these must hold.
    pub tests: Vec<Test>,
    /// Why it does nothing, if so; a proof must not rely on that.
    pub dormant: Option<String>,
    /// What about it cannot be known, or is not documented.
    pub doubts: Vec<Doubt>,
}

/// Something that leaves open what a statement means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The construct, in words.
    pub what: String,
    /// What it leaves open.
    pub about: About,
}

/// What a construct leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// Everything: an element stands twice, and AWS does not say which one counts.
    Everything,
    /// Whether the statement does anything.
    Effect,
    /// Which actions it speaks of.
    Actions,
    /// Of whom it speaks.
    Principals,
    /// Which of two lines on this key counts, by the position of the first in [`Rule::tests`].
    Test(usize),
}

/// One principal made ready.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// `*`
    Everybody,
    /// An account: delegates to its IAM policies, and names its root user.
    Account(String),
    /// A user, a role or a federated user.
    Arn(String),
    /// One session of a role.
    Session {
        /// The account.
        account: String,
        /// The role's name, without its path.
        role: String,
        /// The session's name.
        session: String,
    },
    /// An AWS service.
    Service(String),
    /// Nobody: a deleted principal, a group, a wildcard in an ARN …
    Nobody(String),
    /// Not known before a template is filled in.
    Unknown(String),
}

/// One line of a condition made ready.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The key, in lower case.
    pub key: String,
    /// As written.
    pub key_name: String,
    /// What is known of the key.
    pub info: Option<&'static KeyInfo>,
    /// The operator.
    pub operator: Operator,
    /// The values.
    pub values: Vec<Value>,
}

/// One value of a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// As written.
    pub raw: String,
    /// What it fits.
    pub form: Form,
}

/// What a value of a condition is.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// Fixed; shared, because proofs speak of it in many places.
    Fixed(Arc<Pattern>),
    /// Has policy variables.
    Variable(Vec<Bit>),
    /// Holds what nobody knows here.
    Unknown(String),
}

/// A piece of a value with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bit {
    /// What is fixed.
    Fixed(Vec<Token>),
    /// The value of a key.
    Key {
        /// The key, in lower case.
        key: String,
        /// What stands there when the key is missing.
        default: Option<String>,
    },
}

/// How a rule fits a request's caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Not.
    No,
    /// Through its account.
    Account,
    /// By its name, or because everybody is meant.
    Direct,
}

/// Makes a policy ready.
pub fn compile(policy: &Policy, setting: &Setting) -> Rules {
    let variables = policy.version.is_some_and(|version| version.value == Version::V2012);
    let mut made = Rules { rules: Vec::new(), inert: Vec::new() };
    for statement in &policy.statements {
        match rule(statement, setting, variables) {
            Ok(mut rule) => {
                for fault in ambiguous(policy, statement.index) {
                    rule.doubt(fault.message.clone(), About::Everything);
                }
                made.rules.push(rule);
            }
            Err(why) => {
                made.inert.push(Inert { index: statement.index, effect: statement.effect.map(|it| it.value), why })
            }
        }
    }
    made
}

/// What makes a statement say two things at once.
fn ambiguous(policy: &Policy, index: usize) -> impl Iterator<Item = &Fault> {
    policy.faults.iter().filter(move |fault| {
        matches!(fault.kind, FaultKind::Repeated | FaultKind::Contradiction)
            && fault.statement.is_none_or(|statement| statement == index)
    })
}

fn rule(statement: &Statement, setting: &Setting, variables: bool) -> Result<Rule, String> {
    let effect = statement.effect.ok_or("it has no valid `Effect`")?.value;
    let principals = statement.principals.as_ref().ok_or("it has no `Principal`")?;
    let actions = statement.actions.as_ref().ok_or("it has no `Action`")?;
    let mut made = Rule {
        index: statement.index,
        effect,
        actions: actions.set(),
        not_action: actions.negated,
        negated: principals.negated,
        who: principals.items.iter().map(|principal| who(principal, setting)).collect(),
        tests: Vec::new(),
        dormant: None,
        doubts: Vec::new(),
    };
    match &statement.resources {
        Some(resources) if resources.is_this_key() => {}
        Some(_) => made.sleep("a `Resource` other than `\"*\"`"),
        None => made.sleep("a statement without `Resource`"),
    }
    for item in actions.items.iter().filter(|item| item.form == ActionForm::Unresolved) {
        made.doubt(format!("the action `{}`, which a template fills in", item.text.raw), About::Actions);
    }
    for who in made.who.clone() {
        if let Who::Unknown(what) = who {
            made.doubt(format!("the principal `{what}`, which a template fills in"), About::Principals);
        }
    }
    for condition in &statement.conditions {
        let Some(operator) = condition.operator else {
            made.sleep(&format!("the condition operator `{}`, which does not exist", condition.operator_text.value));
            continue;
        };
        if condition.repeated {
            let what = format!("the condition key `{}`, which stands there twice", condition.key.value);
            made.doubt(what, About::Test(made.tests.len()));
        }
        made.tests.push(test(condition, operator, setting, variables));
    }
    Ok(made)
}

impl Rule {
    fn doubt(&mut self, what: String, about: About) {
        self.doubts.push(Doubt { what, about });
    }

    fn sleep(&mut self, what: &str) {
        self.doubt(what.to_owned(), About::Effect);
        self.dormant = Some(what.to_owned());
    }

    /// How it fits the caller.
    pub fn fit(&self, request: &Request) -> Fit {
        if self.dormant.is_some() {
            return Fit::No;
        }
        let fits = |who: &Who| who.fit(request);
        if !self.negated {
            return self.who.iter().map(fits).max().unwrap_or(Fit::No);
        }
        if self.exempts(request) { Fit::No } else { Fit::Direct }
    }

    /// Whether `NotPrincipal` lists all identities of the caller.
    fn exempts(&self, request: &Request) -> bool {
        if self.who.contains(&Who::Everybody) {
            return true;
        }
        let class = request.class();
        if class == request::Class::Service {
            return self.who.iter().any(|who| who.fit(request) == Fit::Direct);
        }
        let account = self.who.iter().any(|who| matches!(who, Who::Account(_)) && who.fit(request) != Fit::No);
        let named = self.who.iter().any(|who| matches!(who, Who::Arn(_)) && who.fit(request) != Fit::No);
        let session = self.who.iter().any(|who| matches!(who, Who::Session { .. }) && who.fit(request) != Fit::No);
        match class {
            request::Class::Root => account,
            request::Class::Role => account && named && session,
            _ => account && named,
        }
    }

    /// The first test that does not hold.
    pub fn failing(&self, request: &Request) -> Option<&Test> {
        self.tests.iter().find(|test| !test.holds(request))
    }
}

impl Who {
    fn fit(&self, request: &Request) -> Fit {
        use request::Class;
        let class = request.class();
        let matched = match self {
            Self::Everybody => true,
            Self::Service(name) => class == Class::Service && request.principal == *name,
            Self::Nobody(_) | Self::Unknown(_) => false,
            _ if class == Class::Service => false,
            Self::Account(account) => {
                if request.account.as_ref() != Some(account) {
                    return Fit::No;
                }
                return if class == Class::Root { Fit::Direct } else { Fit::Account };
            }
            Self::Arn(arn) => request.value("aws:principalarn") == Some(arn),
            Self::Session { account, role, session } => {
                let name = request.value("aws:principalarn").and_then(|arn| arn.rsplit('/').next());
                class == Class::Role
                    && request.account.as_ref() == Some(account)
                    && name == Some(role)
                    && request.session() == Some(session)
            }
        };
        if matched { Fit::Direct } else { Fit::No }
    }
}

/// A principal made ready.
fn who(principal: &Principal, setting: &Setting) -> Who {
    let text = match filled(&principal.text, setting) {
        Ok(text) => text,
        Err(what) => return Who::Unknown(what),
    };
    match &principal.kind {
        PrincipalKind::Bare | PrincipalKind::Aws if text == "*" => Who::Everybody,
        PrincipalKind::Bare => Who::Nobody(format!("`{text}` stands where only `*` may")),
        PrincipalKind::Service => Who::Service(text),
        PrincipalKind::Federated => Who::Nobody(format!("the federated principal `{text}` has no effect on keys")),
        PrincipalKind::Other(name) => Who::Nobody(format!("no kind of principal is called `{name}`")),
        PrincipalKind::Aws => identity(text),
    }
}

/// The identity that an ARN or an account names.
pub(crate) fn identity(text: String) -> Who {
    if let Some(account) = account_principal(&text) {
        return Who::Account(account.to_owned());
    }
    if text.contains(['*', '?']) {
        return Who::Nobody(format!("`{text}`: wildcards do not work in a principal"));
    }
    let is_id =
        |prefix| text.starts_with(prefix) && text.len() >= 16 && text.bytes().all(|it| it.is_ascii_alphanumeric());
    if is_id("AIDA") || is_id("AROA") {
        return Who::Nobody(format!("`{text}` is the id of a principal that was deleted"));
    }
    match request::class_of(&text) {
        Some(request::Class::Service) | None => Who::Nobody(format!("`{text}` is no principal")),
        Some(request::Class::Role) if text.contains(":assumed-role/") => {
            let account = request::account_of(&text).unwrap_or_default().to_owned();
            let rest = text.split_once(":assumed-role/").map(|(_, rest)| rest).unwrap_or_default();
            let (role, session) = rest.split_once('/').unwrap_or_default();
            Who::Session { account, role: role.to_owned(), session: session.to_owned() }
        }
        Some(_) => Who::Arn(text),
    }
}

/// A string with its templates filled in; policy variables do not work in principals and stay as they are.
fn filled(text: &Text, setting: &Setting) -> Result<String, String> {
    let mut made = String::new();
    for piece in &text.pieces {
        match piece {
            Piece::Literal(text) | Piece::Verbatim(text) => made.push_str(text),
            Piece::Variable { raw, .. } => made.push_str(raw),
            Piece::Template(template) => made.push_str(&setting.fill(template).ok_or_else(|| text.raw.clone())?),
        }
    }
    Ok(made)
}

fn test(condition: &Condition, operator: Operator, setting: &Setting, variables: bool) -> Test {
    let values = condition
        .values
        .iter()
        .map(|text| Value { raw: text.raw.clone(), form: form(text, operator.comparison, setting, variables) });
    Test {
        key: condition.key.value.to_ascii_lowercase(),
        key_name: condition.key.value.clone(),
        info: key::find(&condition.key.value),
        operator,
        values: values.collect(),
    }
}

fn form(text: &Text, comparison: Comparison, setting: &Setting, variables: bool) -> Form {
    let mut bits: Vec<Bit> = Vec::new();
    let mut fixed: Vec<Token> = Vec::new();
    for piece in &text.pieces {
        match piece {
            Piece::Literal(literal) => fixed.extend(tokens(literal)),
            Piece::Verbatim(literal) if variables => fixed.extend(verbatim(literal)),
            Piece::Verbatim(literal) => fixed.extend(verbatim(&format!("${{{literal}}}"))),
            Piece::Template(template) => match setting.fill(template) {
                Some(filled) => fixed.extend(verbatim(&filled)),
                None => return Form::Unknown(text.raw.clone()),
            },
            Piece::Variable { raw, .. } if !variables => fixed.extend(verbatim(raw)),
            Piece::Variable { key, default, .. } => {
                bits.push(Bit::Fixed(std::mem::take(&mut fixed)));
                bits.push(Bit::Key { key: key.to_ascii_lowercase(), default: default.clone() });
            }
        }
    }
    if bits.is_empty() {
        return Form::Fixed(Pattern::new(comparison, &fixed).into());
    }
    bits.push(Bit::Fixed(fixed));
    Form::Variable(bits)
}

/// The tokens of a value whose variables have these values; `None` where one is missing.
pub fn instance<'a>(bits: &[Bit], value_of: impl Fn(&str) -> Option<&'a str>) -> Option<Vec<Token>> {
    let mut made = Vec::new();
    for bit in bits {
        match bit {
            Bit::Fixed(fixed) => made.extend(fixed.iter().copied()),
            Bit::Key { key, default } => match value_of(key) {
                Some(value) => made.extend(verbatim(value)),
                None => made.extend(verbatim(default.as_deref()?)),
            },
        }
    }
    Some(made)
}

impl Value {
    /// Whether a value of the request fits; what nobody knows fits nothing.
    pub fn fits(&self, comparison: Comparison, request: &Request, value: &str) -> bool {
        match &self.form {
            Form::Fixed(pattern) => pattern.fits(value),
            Form::Unknown(_) => false,
            Form::Variable(bits) => instance(bits, |key| request.value(key))
                .is_some_and(|tokens| Pattern::new(comparison, &tokens).fits(value)),
        }
    }
}

impl Test {
    /// Whether it holds for a request.
    pub fn holds(&self, request: &Request) -> bool {
        let operator = self.operator;
        let values = request.values(&self.key);
        if operator.comparison == Comparison::Null {
            let missing = values.is_none().to_string();
            return self.values.iter().any(|value| value.fits(operator.comparison, request, &missing));
        }
        let fits = |value: &String| self.values.iter().any(|it| it.fits(operator.comparison, request, value));
        let good = |value: &String| fits(value) != operator.negated;
        match (values, self.quantifier()) {
            (None, _) => self.holds_when_missing(),
            (Some(values), Quantifier::ForAllValues) => values.iter().all(good),
            (Some(values), Quantifier::ForAnyValue) => values.iter().any(good),
        }
    }

    /// How several values count: as said, else like `ForAnyValue` where positive, like `ForAllValues` where negated.
    pub fn quantifier(&self) -> Quantifier {
        let plain = if self.operator.negated { Quantifier::ForAllValues } else { Quantifier::ForAnyValue };
        self.operator.quantifier.unwrap_or(plain)
    }

    /// Whether it holds for a request that lacks the key.
    pub fn holds_when_missing(&self) -> bool {
        self.operator.if_exists
            || match self.operator.quantifier {
                Some(Quantifier::ForAllValues) => true,
                Some(Quantifier::ForAnyValue) => false,
                None => self.operator.negated,
            }
    }

    /// Whether any of its values has policy variables.
    pub fn has_variables(&self) -> bool {
        self.values.iter().any(|value| matches!(value.form, Form::Variable(_)))
    }

    /// In words: `ArnLike aws:PrincipalArn`.
    pub fn title(&self) -> String {
        format!("{} {}", self.operator.name(), self.key_name)
    }
}
