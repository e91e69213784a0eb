//! Parameters: constants of a detection's module that the configuration may set to something else.

use std::fmt;

use logic::tree::{Args, Const, Expr, ExprKind, Module};
use smol_str::SmolStr;
use source::{Node, Resolved, Span};

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// A whole number.
    Int,
    /// A truth value.
    Bool,
    /// Text.
    Text,
    /// A list of texts.
    List,
}

impl ParameterKind {
    /// The kind that a sidecar's `Type` names.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "int" => Self::Int,
            "bool" => Self::Bool,
            "string" => Self::Text,
            "list" => Self::List,
            _ => return None,
        })
    }

    /// The name in a sidecar.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Bool => "bool",
            Self::Text => "string",
            Self::List => "list",
        }
    }

    /// With an article, for messages.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::Int => "a whole number",
            Self::Bool => "true or false",
            Self::Text => "a string",
            Self::List => "a list of strings",
        }
    }
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ParameterValue {
    Int(i128),
    Bool(bool),
    Text(String),
    List(Vec<String>),
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::List(values) => write!(f, "{values:?}"),
        }
    }
}

impl ParameterValue {
    /// What kind of value it is.
    #[must_use]
    pub fn kind(&self) -> ParameterKind {
        match self {
            Self::Int(_) => ParameterKind::Int,
            Self::Bool(_) => ParameterKind::Bool,
            Self::Text(_) => ParameterKind::Text,
            Self::List(_) => ParameterKind::List,
        }
    }

    /// The value that a YAML node writes.
    #[must_use]
    pub fn of_node(node: &Node) -> Option<Self> {
        if let Some(items) = node.as_sequence() {
            return items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>().map(Self::List);
        }
        match &node.as_scalar()?.resolved {
            Resolved::Int(value) => Some(Self::Int(*value)),
            Resolved::Bool(value) => Some(Self::Bool(*value)),
            Resolved::String => node.text().map(|text| Self::Text(text.to_owned())),
            _ => None,
        }
    }

    /// The value that a constant of the tree has: a tuple, set or list of texts counts as a list.
    #[must_use]
    pub fn of_expr(expr: &Expr) -> Option<Self> {
        match &expr.kind {
            ExprKind::Const(Const::Int(value)) => Some(Self::Int(*value)),
            ExprKind::Const(Const::Bool(value)) => Some(Self::Bool(*value)),
            ExprKind::Const(Const::Str(value)) => Some(Self::Text(value.to_string())),
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                items.iter().map(text_of).collect::<Option<_>>().map(Self::List)
            }
            _ => None,
        }
    }

    /// The value as an expression in the place of another, of the same container where it is a list.
    fn as_expr(&self, old: &Expr) -> Expr {
        let constant = |value| Expr { kind: ExprKind::Const(value), at: old.at };
        match self {
            Self::Int(value) => constant(Const::Int(*value)),
            Self::Bool(value) => constant(Const::Bool(*value)),
            Self::Text(value) => constant(Const::Str(SmolStr::new(value))),
            Self::List(values) => {
                let items: Vec<Expr> = values.iter().map(|value| constant(Const::Str(SmolStr::new(value)))).collect();
                let kind = match old.kind {
                    ExprKind::Tuple(_) => ExprKind::Tuple(items),
                    // `{}` would be a dictionary: an empty set is written `set()`.
                    ExprKind::Set(_) if items.is_empty() => {
                        let callee = Box::new(Expr { kind: ExprKind::Class(SmolStr::new_static("set")), at: old.at });
                        ExprKind::Call { callee, args: Args::default() }
                    }
                    ExprKind::Set(_) => ExprKind::Set(items),
                    _ => ExprKind::List(items),
                };
                Expr { kind, at: old.at }
            }
        }
    }
}

fn text_of(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Const(Const::Str(text)) => Some(text.to_string()),
        _ => None,
    }
}

/// A parameter as the sidecar declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name of the module's constant.
    pub name: String,
    /// What it holds.
    pub kind: ParameterKind,
    /// What it holds unless configured.
    pub default: ParameterValue,
    /// The least number allowed.
    pub minimum: Option<i128>,
    /// The greatest number allowed.
    pub maximum: Option<i128>,
    /// The texts allowed.
    pub allowed: Option<Vec<String>>,
    /// What it means.
    pub description: String,
    /// Where the default stands in the sidecar.
    pub span: Span,
}

/// Why a parameter cannot have a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ParameterError {
    #[error("there is no detection `{id}`")]
    NoDetection { id: String },
    #[error("the detection has no parameter `{name}`{}", known_names(known))]
    Unknown { name: String, known: Vec<String> },
    #[error("it must be {}, not {value}", kind.described())]
    Kind { kind: ParameterKind, value: ParameterValue },
    #[error("{value} is less than {minimum}, the least allowed")]
    TooSmall { value: i128, minimum: i128 },
    #[error("{value} is more than {maximum}, the most allowed")]
    TooGreat { value: i128, maximum: i128 },
    #[error("`{value}` is not one of {}", allowed.join(", "))]
    NotAllowed { value: String, allowed: Vec<String> },
    #[error("the module has no constant `{name}`")]
    NoConstant { name: String },
}

fn known_names(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!("; it has {}", known.join(", ")) }
}

impl Parameter {
    /// Whether the parameter may have that value.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, value: &ParameterValue) -> Result<(), ParameterError> {
        if value.kind() != self.kind {
            return Err(ParameterError::Kind { kind: self.kind, value: value.clone() });
        }
        match value {
            ParameterValue::Int(number) => self.check_number(*number),
            ParameterValue::Text(text) => self.check_text(text),
            ParameterValue::List(texts) => texts.iter().try_for_each(|text| self.check_text(text)),
            ParameterValue::Bool(_) => Ok(()),
        }
    }

    fn check_number(&self, value: i128) -> Result<(), ParameterError> {
        if let Some(minimum) = self.minimum.filter(|minimum| value < *minimum) {
            return Err(ParameterError::TooSmall { value, minimum });
        }
        match self.maximum.filter(|maximum| value > *maximum) {
            Some(maximum) => Err(ParameterError::TooGreat { value, maximum }),
            None => Ok(()),
        }
    }

    fn check_text(&self, text: &str) -> Result<(), ParameterError> {
        match &self.allowed {
            Some(allowed) if !allowed.iter().any(|it| it == text) => {
                Err(ParameterError::NotAllowed { value: text.to_owned(), allowed: allowed.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// The value of a module's constant; `None` when it has none of that name or it is no constant.
#[must_use]
pub fn constant(module: &Module, name: &str) -> Option<ParameterValue> {
    let global = module.globals.iter().find(|global| global.name == name)?;
    ParameterValue::of_expr(global.value.as_ref()?)
}

/// Sets a module's constant.
///
/// # Errors
/// When the module has no such constant.
pub(crate) fn set_constant(module: &mut Module, name: &str, value: &ParameterValue) -> Result<(), ParameterError> {
    let global = module.globals.iter_mut().find(|global| global.name == name);
    match global.and_then(|global| global.value.as_mut()) {
        Some(old) => {
            *old = value.as_expr(old);
            Ok(())
        }
        None => Err(ParameterError::NoConstant { name: name.to_owned() }),
    }
}
