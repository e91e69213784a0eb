//! What is assumed of symbols: the part of all possible inputs that one evaluation speaks for.

use super::{Op, Shape, Symbol};
use crate::method::Method;
use crate::tree::{BinaryOp, UnaryOp};

/// A set of kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    pub(crate) const NONE: Self = Self(1);
    pub(crate) const BOOL: Self = Self(2);
    pub(crate) const INT: Self = Self(4);
    pub(crate) const FLOAT: Self = Self(8);
    pub(crate) const STR: Self = Self(16);
    pub(crate) const LIST: Self = Self(32);
    pub(crate) const DICT: Self = Self(64);
    pub(crate) const OTHER: Self = Self(128);
    /// What a fact can be.
    pub(crate) const JSON: Self = Self(127);
    /// What a computation on one can give.
    pub(crate) const ANY: Self = Self(255);

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds of what an operation gives, as far as they are sure.
    pub(super) fn of(op: &Op, operands: &[Shape]) -> Self {
        match op {
            Op::Field(_) => Self::JSON,
            Op::Present(_) | Op::Compare(_) | Op::Unary(UnaryOp::Invert) => match op {
                Op::Unary(_) => Self::INT,
                _ => Self::BOOL,
            },
            Op::Str | Op::Repr | Op::Ascii | Op::Format | Op::Join => Self::STR,
            Op::Binary(BinaryOp::Mod) if matches!(operands, [Shape::Str(_), _]) => Self::STR,
            Op::Method(method, _) => Self::of_method(*method),
            Op::Call(_) => match operands {
                [Shape::Class("str") | Shape::Builtin("repr" | "json.dumps"), ..] => Self::STR,
                [Shape::Class("int") | Shape::Builtin("len"), ..] => Self::INT,
                [Shape::Class("bool") | Shape::Builtin("any" | "all" | "isinstance" | "hasattr" | "callable"), ..] => {
                    Self::BOOL
                }
                [Shape::Class("float"), ..] => Self::FLOAT,
                [Shape::Class("list") | Shape::Builtin("sorted"), ..] => Self::LIST,
                [Shape::Class("dict"), ..] => Self::DICT,
                [Shape::Builtin("json.loads"), ..] => Self::JSON,
                _ => Self::ANY,
            },
            _ => Self::ANY,
        }
    }

    fn of_method(method: Method) -> Self {
        match method.name() {
            "lower" | "upper" | "strip" | "lstrip" | "rstrip" | "title" | "capitalize" | "casefold" | "swapcase"
            | "replace" | "join" | "format" | "zfill" | "ljust" | "rjust" | "center" | "removeprefix"
            | "removesuffix" | "isoformat" | "strftime" | "decode" => Self::STR,
            "startswith" | "endswith" | "isdigit" | "isalpha" | "isalnum" | "isnumeric" | "isdecimal" | "isupper"
            | "islower" | "isspace" | "issubset" | "issuperset" | "isdisjoint" => Self::BOOL,
            "find" | "rfind" | "index" | "rindex" | "count" => Self::INT,
            "split" | "rsplit" | "splitlines" => Self::LIST,
            _ => Self::ANY,
        }
    }

    fn of_shape(shape: &Shape) -> Self {
        match shape {
            Shape::None => Self::NONE,
            Shape::Bool(_) => Self::BOOL,
            Shape::Int(_) => Self::INT,
            Shape::Float(_) => Self::FLOAT,
            Shape::Str(_) => Self::STR,
            Shape::List(_) => Self::LIST,
            Shape::Dict(_) => Self::DICT,
            _ => Self::OTHER,
        }
    }
}

/// What is assumed of one symbol.
#[derive(Debug, Clone)]
pub(crate) struct Assumed {
    pub(crate) kinds: Kinds,
    pub(crate) truth: Option<bool>,
    /// Values it does not have.
    pub(crate) excluded: Vec<Shape>,
    /// The only values it may have.
    pub(crate) among: Option<Vec<Shape>>,
    /// Its value, or the symbol it is the same as.
    pub(crate) value: Option<Shape>,
}

impl Assumed {
    pub(super) fn nothing(kinds: Kinds) -> Self {
        Self { kinds, truth: None, excluded: Vec::new(), among: None, value: None }
    }

    /// Whether it may have that value.
    pub(super) fn allows(&self, value: &Shape) -> bool {
        !self.kinds.and(Kinds::of_shape(value)).is_empty()
            && !self.excluded.contains(value)
            && self.truth.is_none_or(|truth| truth == truth_of(value))
            && self.among.as_ref().is_none_or(|among| among.contains(value))
            && self.value.as_ref().is_none_or(|known| known == value || matches!(known, Shape::Symbol(_)))
    }

    /// Draws the conclusions; whether any value is left.
    pub(super) fn settle(&mut self) -> bool {
        if self.truth == Some(true) {
            self.kinds = self.kinds.without(Kinds::NONE);
        }
        if self.among.is_none() {
            self.among = self.enumerate();
        }
        if let Some(mut among) = self.among.take() {
            among.retain(|value| self.allows(value));
            self.kinds = among.iter().fold(Kinds(0), |kinds, value| kinds.with(Kinds::of_shape(value)));
            if let ([only], None) = (&among[..], &self.value) {
                self.value = Some(only.clone());
            }
            let any = !among.is_empty();
            self.among = Some(among);
            return any;
        }
        !self.kinds.is_empty()
    }

    /// All values that are left, where they can be listed.
    fn enumerate(&self) -> Option<Vec<Shape>> {
        if self.kinds.without(Kinds::NONE.with(Kinds::BOOL)).is_empty() {
            return Some(vec![Shape::None, Shape::Bool(true), Shape::Bool(false)]);
        }
        let falsy = self.truth == Some(false) && self.kinds.and(Kinds::OTHER).is_empty();
        falsy.then(|| {
            vec![
                Shape::None,
                Shape::Bool(false),
                Shape::Int(0),
                Shape::Float(0),
                Shape::Str(smol_str::SmolStr::default()),
                Shape::List(Vec::new()),
                Shape::Dict(Vec::new()),
            ]
        })
    }

    /// Adds what is assumed of another symbol that turns out to be this one.
    pub(super) fn merge(&mut self, other: &Self) -> bool {
        self.kinds = self.kinds.and(other.kinds);
        if let Some(truth) = other.truth {
            if self.truth.is_some_and(|known| known != truth) {
                return false;
            }
            self.truth = Some(truth);
        }
        self.excluded.extend(other.excluded.iter().cloned());
        if let Some(among) = &other.among {
            match &mut self.among {
                Some(own) => own.retain(|value| among.contains(value)),
                None => self.among = Some(among.clone()),
            }
        }
        self.settle()
    }
}

/// The truth of a shape that is a value.
pub(super) fn truth_of(shape: &Shape) -> bool {
    match shape {
        Shape::None => false,
        Shape::Bool(value) => *value,
        Shape::Int(value) => *value != 0,
        Shape::Float(bits) => f64::from_bits(*bits) != 0.0,
        Shape::Str(text) => !text.is_empty(),
        Shape::Bytes(bytes) => !bytes.is_empty(),
        Shape::List(items) | Shape::Tuple(items) | Shape::Set(items) | Shape::FrozenSet(items) => !items.is_empty(),
        Shape::Dict(entries) => !entries.is_empty(),
        _ => true,
    }
}

/// Assumptions about symbols.
#[derive(Debug, Clone, Default)]
pub(crate) struct Region {
    pub(super) assumed: Vec<(Symbol, Assumed)>,
}

impl Region {
    pub(super) fn get(&self, symbol: Symbol) -> Option<&Assumed> {
        self.assumed.iter().find(|(known, _)| *known == symbol).map(|(_, assumed)| assumed)
    }

    /// This region with one more assumption; `None` when nothing is left of it.
    pub(super) fn assuming(&self, symbol: Symbol, kinds: Kinds, assume: impl FnOnce(&mut Assumed)) -> Option<Self> {
        let mut region = self.clone();
        let assumed = region.entry(symbol, kinds);
        assume(assumed);
        assumed.settle().then_some(region)
    }

    pub(super) fn entry(&mut self, symbol: Symbol, kinds: Kinds) -> &mut Assumed {
        let index = self.assumed.iter().position(|(known, _)| *known == symbol).unwrap_or_else(|| {
            self.assumed.push((symbol, Assumed::nothing(kinds)));
            self.assumed.len() - 1
        });
        &mut self.assumed[index].1
    }
}
