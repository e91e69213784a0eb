//! Unknown facts: symbols that stand for them and for what is computed from them.
//!
//! An operation on a symbol gives a symbol, and equal operations on equal operands the same one. Where a truth is needed,
//! the evaluation stops with a [`Fork`], and is run again from the start in each of its regions: a region says what
//! is assumed of some symbols. So a symbol assumed to be a value *is* that value from the first statement on.

mod decide;
mod region;
mod shape;

use std::hash::{Hash, Hasher};

use indexmap::IndexMap;
use smol_str::SmolStr;

pub(crate) use region::{Kinds, Region};
pub(crate) use shape::Shape;

use crate::method::Method;
use crate::tree::{BinaryOp, CompareOp, UnaryOp};

/// Something that is not known: an index into the table of one exploration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Symbol(u32);

/// How a symbol came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    /// A field of the input.
    Field(SmolStr),
    /// Whether the input has that field at all.
    Present(SmolStr),
    /// A field whose value is not held exactly; why. Consulting it is refused.
    Unsupported(SmolStr, String),
    Binary(BinaryOp),
    Unary(UnaryOp),
    Compare(CompareOp),
    Attribute(SmolStr),
    Subscript,
    Method(Method, Vec<SmolStr>),
    /// The first operand called with the others, the last of them by these names.
    Call(Vec<SmolStr>),
    Format,
    Join,
    Str,
    Repr,
    Ascii,
    Comprehension(u32),
}

impl Hash for Op {
    /// The operands tell operations apart well enough.
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
    }
}

#[derive(Debug)]
struct Known {
    /// The unknown fields it is computed from.
    fields: Vec<SmolStr>,
    kinds: Kinds,
}

/// The symbols of an exploration, and the region it is in.
#[derive(Debug, Default)]
pub(crate) struct Worlds {
    table: IndexMap<(Op, Vec<Shape>), Known>,
    pub(crate) region: Region,
    /// Whether unknowns are followed. The first run does without, and stops where it meets one.
    pub(crate) exploring: bool,
    /// Whether assumptions are being checked, which must not fork.
    checking: bool,
}

/// The regions in which to go on.
#[derive(Debug)]
pub(crate) struct Fork {
    /// The unknown fields it was about.
    pub(crate) fields: Vec<SmolStr>,
    pub(crate) regions: Vec<Region>,
    /// The input has an unknown field, and unknowns are not followed yet.
    pub(crate) begin: bool,
}

impl Worlds {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.table.clear();
        self.region = Region::default();
        self.exploring = false;
    }

    /// Whether no symbol was ever made.
    pub(crate) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    fn intern(&mut self, op: Op, operands: Vec<Shape>, extra: &[SmolStr]) -> Symbol {
        let mut fields: Vec<SmolStr> = extra.to_vec();
        if let Op::Field(name) | Op::Present(name) = &op {
            fields.push(name.clone());
        }
        for operand in &operands {
            operand.each_symbol(&mut |symbol| fields.extend_from_slice(self.fields(symbol)));
        }
        let kinds = Kinds::of(&op, &operands);
        let entry = self.table.entry((op, operands));
        let index = entry.index();
        let known = entry.or_insert(Known { fields: Vec::new(), kinds });
        for field in fields {
            if !known.fields.contains(&field) {
                known.fields.push(field);
            }
        }
        Symbol(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The unknown fields that a symbol is computed from.
    pub(crate) fn fields(&self, symbol: Symbol) -> &[SmolStr] {
        self.table.get_index(symbol.0 as usize).map_or(&[], |(_, known)| &known.fields)
    }

    /// All unknown fields that were met.
    pub(crate) fn all_fields(&self) -> Vec<SmolStr> {
        let mut all: Vec<SmolStr> = Vec::new();
        for known in self.table.values() {
            let new: Vec<_> = known.fields.iter().filter(|field| !all.contains(field)).cloned().collect();
            all.extend(new);
        }
        all
    }

    /// Whether the symbol can only be `True` or `False`.
    pub(crate) fn is_truth(&self, symbol: Symbol) -> bool {
        self.kinds(symbol) == Kinds::BOOL
    }

    fn kinds(&self, symbol: Symbol) -> Kinds {
        self.table.get_index(symbol.0 as usize).map_or(Kinds::ANY, |(_, known)| known.kinds)
    }

    fn origin(&self, symbol: Symbol) -> Option<&(Op, Vec<Shape>)> {
        self.table.get_index(symbol.0 as usize).map(|(origin, _)| origin)
    }

    /// Why consulting the symbol is refused, if it is.
    pub(crate) fn refusal(&self, symbol: Symbol) -> Option<String> {
        match self.origin(symbol) {
            Some((Op::Unsupported(name, why), _)) => Some(format!("the field '{name}': {why}")),
            _ => None,
        }
    }
}
