//! What can be told at a glance: a call that only compares plain fields with constants is answered without a machine.
//!
//! Most keys are judged by a handful of such comparisons, and a machine costs more than they do. This is no second
//! meaning: whatever is not plain (an unknown or missing fact, a number, a container, text with escapes, a local, any
//! operation but those below) gives no answer here, and the machine then runs the call from its start. That is sound
//! because nothing looked at here has an effect, nor can an earlier call have changed it: see [`Code::glances`].

use super::code::{Code, Global, Kind, Node, Step};
use super::machine::DEPTH_UNIT;
use super::{Context, Facts};
use crate::tree::{CompareOp, Const, FunctionId};
use crate::value::Value;

/// What a field is, as far as that can be said without making a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glance<'a> {
    /// The input has no such key.
    Absent,
    /// `None`.
    None,
    /// `True`, `False`.
    Bool(bool),
    /// Text.
    Text(&'a str),
    /// Anything else, known or not: [`Facts::field`] says what.
    Other,
}

impl<'a> Glance<'a> {
    /// What a value is at a glance.
    pub fn of(value: &'a Value) -> Self {
        match value {
            Value::None => Self::None,
            Value::Bool(value) => Self::Bool(*value),
            Value::Str(text) => Self::Text(text),
            _ => Self::Other,
        }
    }
}

/// A value that needs no memory of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Plain<'a> {
    None,
    Bool(bool),
    Text(&'a str),
    /// Some number.
    Number,
    /// Some list or dict.
    Container,
}

/// What a function returns for these facts, where a glance suffices.
/// The keys of an event may be in any case, so that the fields of one have to be looked for.
pub(super) fn call(code: &Code, function: FunctionId, facts: &dyn Facts, context: &Context) -> Option<Value> {
    if !code.glances || code.events || context.limits.memory < AMPLE {
        return None;
    }
    let depth = context.limits.depth.saturating_mul(DEPTH_UNIT);
    let value = Onlooker { code, facts, steps: context.limits.steps, depth }.call(function)?;
    match value {
        Plain::None => Some(Value::None),
        Plain::Bool(value) => Some(Value::Bool(value)),
        Plain::Text(text) => Some(Value::str(text)),
        Plain::Number | Plain::Container => None,
    }
}

/// With less memory than this the machine has to see whether the module's constants fit.
const AMPLE: u64 = 1 << 20;

/// Looks at a call. Counts steps and depth as the machine does, and leaves it to the machine to say that they do not suffice.
struct Onlooker<'a> {
    code: &'a Code,
    facts: &'a dyn Facts,
    steps: u64,
    depth: u32,
}

impl<'a> Onlooker<'a> {
    fn call(&mut self, id: FunctionId) -> Option<Plain<'a>> {
        let function = self.code.functions.get(id.0 as usize)?;
        if function.reads_first || !function.plain || function.params.len() > 1 {
            return None;
        }
        self.tick()?;
        let cost = DEPTH_UNIT + function.depth;
        self.depth = self.depth.checked_sub(cost)?;
        let value = self.block(&function.body)?;
        self.depth += cost;
        Some(value.unwrap_or(Plain::None))
    }

    fn tick(&mut self) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        Some(())
    }

    /// What a block returns; `Some(None)` where it returns nothing.
    fn block(&mut self, steps: &'a [Step]) -> Option<Option<Plain<'a>>> {
        for step in steps {
            self.tick()?;
            let returned = match step {
                Step::Return(value) => Some(self.eval(value)?),
                Step::If(arms, otherwise) => self.arms(arms, otherwise)?,
                Step::Pass => None,
                _ => return None,
            };
            if returned.is_some() {
                return Some(returned);
            }
        }
        Some(None)
    }

    fn arms(&mut self, arms: &'a [(Node, Vec<Step>)], otherwise: &'a [Step]) -> Option<Option<Plain<'a>>> {
        for (test, body) in arms {
            if self.test(test)? {
                return self.block(body);
            }
        }
        self.block(otherwise)
    }

    fn eval(&mut self, node: &'a Node) -> Option<Plain<'a>> {
        match &node.kind {
            Kind::Const(constant) => Plain::of(constant),
            Kind::Field(index) => self.field(*index),
            Kind::FieldGet(index, default) => {
                let default = default.as_deref().map_or(Some(Plain::None), |default| self.eval(default))?;
                match self.facts.glance(*index as usize) {
                    Glance::Absent => Some(default),
                    Glance::None => Some(Plain::None),
                    Glance::Bool(value) => Some(Plain::Bool(value)),
                    Glance::Text(text) => Some(Plain::Text(text)),
                    Glance::Other => None,
                }
            }
            Kind::And(operands) => self.chain(operands, false),
            Kind::Or(operands) => self.chain(operands, true),
            Kind::IfElse(parts) => {
                let (test, then, otherwise) = &**parts;
                if self.test(test)? { self.eval(then) } else { self.eval(otherwise) }
            }
            Kind::CallFunction(id, args) if args.iter().all(|arg| matches!(arg.kind, Kind::Input)) => {
                let takes = self.code.functions.get(id.0 as usize)?.params.len();
                if takes == args.len() { self.call(*id) } else { None }
            }
            _ if is_truth(node) => self.test(node).map(Plain::Bool),
            _ => None,
        }
    }

    /// A field that is there.
    #[inline]
    fn field(&self, index: u32) -> Option<Plain<'a>> {
        match self.facts.glance(index as usize) {
            Glance::None => Some(Plain::None),
            Glance::Bool(value) => Some(Plain::Bool(value)),
            Glance::Text(text) => Some(Plain::Text(text)),
            Glance::Absent | Glance::Other => None,
        }
    }

    /// The operand that settles it, or the last.
    fn chain(&mut self, operands: &'a [Node], settles: bool) -> Option<Plain<'a>> {
        let (last, firsts) = operands.split_last()?;
        for operand in firsts {
            let value = match is_truth(operand) {
                true => Plain::Bool(self.test(operand)?),
                false => self.eval(operand)?,
            };
            if value.truth()? == settles {
                return Some(value);
            }
        }
        self.eval(last)
    }

    fn test(&mut self, node: &'a Node) -> Option<bool> {
        match &node.kind {
            Kind::And(operands) | Kind::Or(operands) => {
                let settles = matches!(node.kind, Kind::Or(_));
                for operand in operands {
                    if self.test(operand)? == settles {
                        return Some(settles);
                    }
                }
                Some(!settles)
            }
            Kind::CompareConst(left, op, right) => {
                let left = if let Kind::Field(index) = left.kind { self.field(index)? } else { self.eval(left)? };
                left.compare(*op, right)
            }
            Kind::Not(_) | Kind::FieldContains(_) | Kind::Compare(..) => self.comparison(node),
            _ => self.eval(node)?.truth(),
        }
    }

    /// The rarer expressions whose value is a truth.
    fn comparison(&mut self, node: &'a Node) -> Option<bool> {
        match &node.kind {
            Kind::Not(operand) => self.test(operand).map(|truth| !truth),
            Kind::FieldContains(index) => match self.facts.glance(*index as usize) {
                Glance::Absent => Some(false),
                Glance::None | Glance::Bool(_) | Glance::Text(_) => Some(true),
                Glance::Other => None,
            },
            Kind::Compare(first, rest) => match &rest[..] {
                [
                    (
                        op @ (CompareOp::In | CompareOp::NotIn),
                        Node { kind: Kind::Tuple(items) | Kind::List(items), .. },
                    ),
                ] => {
                    let value = self.eval(first)?;
                    value.is_among(items).map(|found| found == (*op == CompareOp::In))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether the value of an expression is `True` or `False`.
fn is_truth(node: &Node) -> bool {
    matches!(node.kind, Kind::Not(_) | Kind::FieldContains(_) | Kind::CompareConst(..) | Kind::Compare(..))
}

impl<'a> Plain<'a> {
    /// A constant; `None` for those whose comparison takes more than a glance.
    pub(crate) fn of(constant: &'a Const) -> Option<Self> {
        match constant {
            Const::None => Some(Self::None),
            Const::Bool(value) => Some(Self::Bool(*value)),
            Const::Str(text) => Some(Self::Text(text)),
            Const::Int(_) | Const::Float(_) | Const::Bytes(_) => None,
        }
    }

    fn truth(self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Bool(value) => Some(value),
            Self::Text(text) => Some(!text.is_empty()),
            Self::Number | Self::Container => None,
        }
    }

    /// `self op constant`, where that is a question of being equal: identity of these values is, too.
    #[inline]
    pub(crate) fn compare(self, op: CompareOp, constant: &Const) -> Option<bool> {
        let positive = match op {
            CompareOp::Eq | CompareOp::Is => true,
            CompareOp::NotEq | CompareOp::IsNot => false,
            _ => return None,
        };
        Some(self.equals(Plain::of(constant)?)? == positive)
    }

    /// Whether it is equal to a constant; `None` where numbers have to be compared, of which truths are some.
    fn equals(self, constant: Plain<'_>) -> Option<bool> {
        match (self, constant) {
            (Self::Text(text), Plain::Text(constant)) => Some(text == constant),
            (Self::Bool(value), Plain::Bool(constant)) => Some(value == constant),
            (Self::None, Plain::None) => Some(true),
            (Self::Number, Plain::Bool(_)) | (_, Plain::Number | Plain::Container) => None,
            _ => Some(false),
        }
    }

    fn is_among(self, items: &[Node]) -> Option<bool> {
        for item in items {
            let Kind::Const(constant) = &item.kind else { return None };
            if self.equals(Plain::of(constant)?)? {
                return Some(true);
            }
        }
        Some(false)
    }
}

impl Value {
    /// The value as it is seen at a glance.
    pub(crate) fn plain(&self) -> Option<Plain<'_>> {
        match self {
            Self::None => Some(Plain::None),
            Self::Bool(value) => Some(Plain::Bool(*value)),
            Self::Str(text) => Some(Plain::Text(text)),
            Self::Int(_) => Some(Plain::Number),
            Self::List(_) | Self::Dict(_) => Some(Plain::Container),
            _ => None,
        }
    }
}

/// Whether a glance suffices for anything of a module with these globals: making them must not fail.
pub(super) fn are_constant(globals: &[Global]) -> bool {
    let sizes = globals.iter().filter_map(|global| global.value.as_ref()).map(|value| match &value.kind {
        Kind::Const(_) => Some(1),
        Kind::List(items) | Kind::Tuple(items) => {
            items.iter().all(|item| matches!(item.kind, Kind::Const(_))).then_some(items.len())
        }
        _ => None,
    });
    sizes.sum::<Option<usize>>().is_some_and(|size| size <= MOST_ITEMS)
}

/// The most constants of a module, which then fit in [`AMPLE`] memory many times.
const MOST_ITEMS: usize = 4096;
