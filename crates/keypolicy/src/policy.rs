//! What a key policy says: statements of typed parts, each with its place.

use crate::action::ActionSet;
use crate::operator::Operator;
use crate::text::Text;
use source::Span;

/// AWS's limit for a key policy, in bytes.
pub const AWS_LIMIT: usize = 32_768;

/// The largest text that is read, in bytes: AWS's limit with room for layout and templates.
pub const READ_LIMIT: usize = 131_072;

/// A key policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// All of it.
    pub span: Span,
    /// The `Version`.
    pub version: Option<Spanned<Version>>,
    /// The `Id`.
    pub id: Option<Text>,
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// What does not follow the grammar; the rest is understood without it.
    pub faults: Vec<Fault>,
    /// The size of the text read, in bytes.
    pub size: usize,
}

/// Something with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// Its bytes.
    pub span: Span,
    /// It.
    pub value: T,
}

/// The language of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `2012-10-17`: has policy variables.
    V2012,
    /// `2008-10-17`, and what stands for none: `${…}` means itself.
    V2008,
    /// No such version.
    Unknown,
}

/// Whether a statement gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Gives.
    Allow,
    /// Takes, whatever others give.
    Deny,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its position, from 0.
    pub index: usize,
    /// All of it.
    pub span: Span,
    /// Its name.
    pub sid: Option<Text>,
    /// `None` where it is missing or neither `Allow` nor `Deny`: then the statement does nothing.
    pub effect: Option<Spanned<Effect>>,
    /// `Principal` or `NotPrincipal`.
    pub principals: Option<Principals>,
    /// `Action` or `NotAction`.
    pub actions: Option<Actions>,
    /// `Resource` or `NotResource`.
    pub resources: Option<Resources>,
    /// All that must hold, in the order written.
    pub conditions: Vec<Condition>,
    /// The bytes of the `Condition` element's value.
    pub condition_span: Option<Span>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq)]
pub struct Principals {
    /// The key and the value.
    pub span: Span,
    /// The key alone.
    pub key_span: Span,
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// Any one of these.
    pub items: Vec<Principal>,
}

/// One principal.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// Under which name it stands.
    pub kind: PrincipalKind,
    /// What stands there.
    pub text: Text,
}

/// Under which name a principal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalKind {
    /// `"Principal": "*"`.
    Bare,
    /// `AWS`.
    Aws,
    /// `Service`.
    Service,
    /// `Federated`: has no effect on keys.
    Federated,
    /// Anything else.
    Other(String),
}

impl Principal {
    /// Whether it is everybody: `"*"` or `{"AWS": "*"}`.
    pub fn is_everybody(&self) -> bool {
        matches!(self.kind, PrincipalKind::Bare | PrincipalKind::Aws) && self.text.literal() == Some("*")
    }
}

/// `Action` or `NotAction`.
#[derive(Debug, Clone, PartialEq)]
pub struct Actions {
    /// The key and the value.
    pub span: Span,
    /// The key alone.
    pub key_span: Span,
    /// Whether it is `NotAction`.
    pub negated: bool,
    /// Any one of these.
    pub items: Vec<ActionPattern>,
}

impl Actions {
    /// The actions of KMS that the statement speaks of; what is unknown in a template counts as nothing here.
    pub fn set(&self) -> ActionSet {
        let named = self.items.iter().fold(ActionSet::EMPTY, |set, item| set.union(item.set));
        if self.negated { named.complement() } else { named }
    }
}

/// One action, or a pattern of actions.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionPattern {
    /// As written.
    pub text: Text,
    /// The actions of KMS that it fits.
    pub set: ActionSet,
    /// What it is.
    pub form: ActionForm,
}

/// What an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionForm {
    /// `kms:…`, or a `*` that covers it.
    Kms,
    /// An action of another service.
    OtherService,
    /// Not `service:action` at all: `kms>Delete*`.
    Malformed,
    /// Not known before a template is filled in.
    Unresolved,
}

/// `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq)]
pub struct Resources {
    /// The key and the value.
    pub span: Span,
    /// Whether it is `NotResource`.
    pub negated: bool,
    /// Any one of these.
    pub items: Vec<Text>,
}

impl Resources {
    /// Whether it is the one form that a key policy may have: `"Resource": "*"`.
    pub fn is_this_key(&self) -> bool {
        !self.negated && self.items.iter().any(|item| item.literal() == Some("*"))
    }
}

/// One line of a condition: an operator, a key, values.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// From the key to the end of its values.
    pub span: Span,
    /// The operator as written, and its place.
    pub operator_text: Spanned<String>,
    /// The operator; `None` where there is none of that name.
    pub operator: Option<Operator>,
    /// The key as written, and its place.
    pub key: Spanned<String>,
    /// The values.
    pub values: Vec<Text>,
    /// The bytes of the values.
    pub values_span: Span,
    /// Whether the same operator and key stand in this statement once more, in whatever case; AWS does not say which one counts.
    pub repeated: bool,
}

impl<T> Spanned<T> {
    /// It, there.
    pub const fn new(span: Span, value: T) -> Self {
        Self { span, value }
    }
}

/// Something that does not follow the grammar of key policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind.
    pub kind: FaultKind,
    /// In words: lower case, without the place.
    pub message: String,
    /// Where.
    pub span: Span,
    /// In which statement.
    pub statement: Option<usize>,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// An element or a key stands twice in one object.
    Repeated,
    /// A condition key stands twice under one operator, in different case.
    RepeatedKey,
    /// An element that must be there is not.
    Missing,
    /// An element of that name does not exist (here).
    Unknown,
    /// A value of the wrong type, or one that is not allowed.
    WrongValue,
    /// An element and its negation: `Action` and `NotAction`.
    Contradiction,
    /// No such condition operator.
    Operator,
}
