//! Decides what is asked of unknowns, or says in which regions to go on.

use smol_str::SmolStr;

use super::region::{Assumed, Kinds, Region};
use super::{Fork, Op, Shape, Symbol};
use crate::evaluate::machine::Machine;
use crate::number::{self, Number};
use crate::stop::{R, Stop};
use crate::tree::CompareOp;
use crate::value::Value;

impl Machine<'_> {
    /// Does an operation. Where it needs the value of an unknown, its result is a symbol.
    pub(crate) fn perform(&mut self, op: Op, operands: &[Value]) -> R<Value> {
        if !self.state.worlds.exploring {
            return self.apply(&op, operands);
        }
        let shapes = operands.iter().map(|operand| self.shape(operand)).collect::<Option<Vec<_>>>();
        match self.apply(&op, operands) {
            Err(stop) => match *stop {
                Stop::Needs(symbol) => self.lift(op, operands, shapes, symbol),
                stop => Err(Box::new(stop)),
            },
            value => value,
        }
    }

    /// The symbol for an operation that needs the value of `needed`.
    fn lift(&mut self, op: Op, operands: &[Value], shapes: Option<Vec<Shape>>, needed: Symbol) -> R<Value> {
        self.consult(needed)?;
        self.split(needed)?;
        let changes = match (&op, operands.first()) {
            (Op::Method(method, _), Some(receiver)) => method.mutates() && !matches!(receiver, Value::Unknown(_)),
            (Op::Call(_), Some(Value::Builtin(builtin))) => builtin.name == "next",
            _ => false,
        };
        match shapes {
            Some(shapes) if !changes => {
                let fields = self.state.worlds.fields(needed).to_vec();
                let symbol = self.state.worlds.intern(op, shapes, &fields);
                Ok(self.resolve(symbol))
            }
            _ => Err(Stop::needs(needed)),
        }
    }

    /// The symbol for an operation on these operands, or what it is in this region.
    pub(crate) fn symbol(&mut self, op: Op, operands: Vec<Shape>) -> Value {
        let symbol = self.state.worlds.intern(op, operands, &[]);
        self.resolve(symbol)
    }

    /// Goes on in one region for each value, where an unknown has but a few left.
    pub(crate) fn split(&mut self, symbol: Symbol) -> R<()> {
        let region = self.state.worlds.region.clone();
        let Some(Assumed { among: Some(among), value: None, .. }) = region.get(symbol) else { return Ok(()) };
        let regions =
            among.iter().filter_map(|value| self.assume(symbol, |assumed| assumed.among = Some(vec![value.clone()])));
        let regions = regions.collect::<Vec<_>>();
        self.fork(symbol, regions)
    }

    /// What a symbol is in this region: a value, or itself.
    pub(crate) fn resolve(&self, symbol: Symbol) -> Value {
        let mut symbol = symbol;
        // Aliases never form a ring: each points to a symbol that was without a value.
        for _ in 0..self.state.worlds.region.assumed.len() + 1 {
            match self.state.worlds.region.get(symbol).and_then(|assumed| assumed.value.as_ref()) {
                Some(Shape::Symbol(other)) => symbol = *other,
                Some(value) => {
                    return value.value(&mut |inner| Some(self.resolve(inner))).unwrap_or(Value::Unknown(symbol));
                }
                None => break,
            }
        }
        Value::Unknown(symbol)
    }

    /// The symbol of an unknown field, or what it is in this region.
    pub(crate) fn unknown_field(&mut self, name: &SmolStr) -> R<Value> {
        if !self.state.worlds.exploring {
            return Err(Box::new(Stop::Fork(Fork { fields: Vec::new(), regions: Vec::new(), begin: true })));
        }
        let symbol = self.state.worlds.intern(Op::Field(name.clone()), Vec::new(), &[]);
        Ok(self.resolve(symbol))
    }

    /// A symbol that must not be consulted.
    pub(crate) fn unsupported_field(&mut self, name: &SmolStr, why: &str) -> Value {
        let op = Op::Unsupported(name.clone(), why.to_owned());
        Value::Unknown(self.state.worlds.intern(op, Vec::new(), &[]))
    }

    /// Whether the value is the unknown field of that name.
    pub(crate) fn is_input_unknown(&self, value: &Value, name: &SmolStr) -> bool {
        match value {
            Value::Unknown(symbol) => {
                self.state.worlds.origin(*symbol).is_some_and(|(op, _)| matches!(op, Op::Field(field) if field == name))
            }
            _ => false,
        }
    }

    fn present(&mut self, index: u32) -> Symbol {
        let name = self.code.fields[index as usize].clone();
        self.state.worlds.intern(Op::Present(name), Vec::new(), &[])
    }

    /// Whether the input has an unknown field at all.
    pub(crate) fn decide_present(&mut self, index: u32) -> R<bool> {
        let symbol = self.present(index);
        self.decide_symbol(symbol)
    }

    /// Whether this region assumes that the input lacks an unknown field.
    pub(crate) fn decided_absent(&mut self, index: u32) -> bool {
        let symbol = self.present(index);
        self.state.worlds.region.get(symbol).is_some_and(|assumed| assumed.truth == Some(false))
    }

    /// The truth of an unknown.
    pub(crate) fn decide_truth(&mut self, value: &Value) -> R<bool> {
        match value {
            Value::Unknown(symbol) => self.decide_symbol(*symbol),
            known => Ok(known.known_truth().unwrap_or(false)),
        }
    }

    fn decide_symbol(&mut self, symbol: Symbol) -> R<bool> {
        self.consult(symbol)?;
        match self.resolve(symbol) {
            Value::Unknown(_) => {}
            known => return self.truth(&known),
        }
        if let Some(truth) = self.state.worlds.region.get(symbol).and_then(|assumed| assumed.truth) {
            return Ok(truth);
        }
        self.choose(symbol, |assumed| assumed.truth = Some(true), |assumed| assumed.truth = Some(false))
    }

    /// Whether the first or the second holds: known, or a fork between them.
    fn choose(&mut self, symbol: Symbol, yes: impl FnOnce(&mut Assumed), no: impl FnOnce(&mut Assumed)) -> R<bool> {
        let yes = self.assume(symbol, yes);
        let no = self.assume(symbol, no);
        match (yes, no) {
            (Some(_), None) => Ok(true),
            (None, Some(_)) => Ok(false),
            (Some(yes), Some(no)) => self.fork(symbol, vec![yes, no]).map(|()| false),
            // The region itself is impossible: whatever is said of it speaks for no input.
            (None, None) => self.fork(symbol, Vec::new()).map(|()| false),
        }
    }

    fn fork(&mut self, symbol: Symbol, regions: Vec<Region>) -> R<()> {
        if self.state.worlds.checking {
            return Err(Stop::needs(symbol));
        }
        let fields = self.state.worlds.fields(symbol).to_vec();
        Err(Box::new(Stop::Fork(Fork { fields, regions, begin: false })))
    }

    /// Refuses to consult what is not held exactly.
    fn consult(&self, symbol: Symbol) -> R<()> {
        match self.state.worlds.refusal(symbol) {
            Some(why) => Err(Stop::unsupported(why)),
            None => Ok(()),
        }
    }

    /// This region with one more assumption; `None` when nothing is left of it.
    fn assume(&mut self, symbol: Symbol, assume: impl FnOnce(&mut Assumed)) -> Option<Region> {
        let kinds = self.state.worlds.kinds(symbol);
        let region = self.state.worlds.region.assuming(symbol, kinds, assume)?;
        // While a region is being checked, its own assumptions are asked for, and not checked once more.
        if self.state.worlds.checking { Some(region) } else { self.consistent(region) }
    }

    /// The region with what follows for computed symbols; `None` when they contradict each other.
    fn consistent(&mut self, region: Region) -> Option<Region> {
        let outer = std::mem::replace(&mut self.state.worlds.region, region);
        let checking = std::mem::replace(&mut self.state.worlds.checking, true);
        let agrees = self.agrees();
        self.state.worlds.checking = checking;
        let region = std::mem::replace(&mut self.state.worlds.region, outer);
        agrees.then_some(region)
    }

    fn agrees(&mut self) -> bool {
        let mut index = 0;
        while let Some((symbol, assumed)) = self.state.worlds.region.assumed.get(index).cloned() {
            index += 1;
            let now = match &assumed.value {
                // An alias hands what is assumed of it to the symbol it is the same as.
                Some(Shape::Symbol(_)) => self.resolve(symbol),
                _ => match self.compute(symbol, 0) {
                    Some(now) => now,
                    None => continue,
                },
            };
            if !self.fits(symbol, &assumed, &now) {
                return false;
            }
        }
        true
    }

    fn fits(&mut self, symbol: Symbol, assumed: &Assumed, now: &Value) -> bool {
        match now {
            Value::Unknown(other) if *other == symbol => true,
            Value::Unknown(other) => {
                let kinds = self.state.worlds.kinds(*other);
                self.state.worlds.region.entry(*other, kinds).merge(assumed)
            }
            known => match self.shape(known) {
                Some(shape) => assumed.allows(&shape),
                None => true,
            },
        }
    }

    /// What a computed symbol comes to in this region; `None` for fields, and for what cannot be computed again.
    fn compute(&mut self, symbol: Symbol, depth: u32) -> Option<Value> {
        let (op, operands) = self.state.worlds.origin(symbol)?.clone();
        if depth > 20 || matches!(op, Op::Field(_) | Op::Present(_) | Op::Unsupported(..) | Op::Comprehension(_)) {
            return None;
        }
        let mut values = Vec::with_capacity(operands.len());
        for operand in &operands {
            let value = operand.value(&mut |inner| {
                Some(match self.resolve(inner) {
                    Value::Unknown(inner) => self.compute(inner, depth + 1).unwrap_or(Value::Unknown(inner)),
                    known => known,
                })
            });
            values.push(value?);
        }
        self.perform(op, &values).ok()
    }

    /// `a == b` where at least one is unknown.
    pub(crate) fn decide_equal(&mut self, a: &Value, b: &Value) -> R<bool> {
        match (a, b) {
            (Value::Unknown(a), Value::Unknown(b)) => self.decide_same(*a, *b),
            (Value::Unknown(_), constant) => self.decide_among(a, std::slice::from_ref(constant)),
            (constant, unknown) => self.decide_among(unknown, std::slice::from_ref(constant)),
        }
    }

    /// Whether an unknown is equal to one of the values.
    pub(crate) fn decide_among(&mut self, unknown: &Value, values: &[Value]) -> R<bool> {
        let Value::Unknown(symbol) = unknown else { return Ok(false) };
        self.consult(*symbol)?;
        if values.iter().any(|value| equals_of(value).is_none()) {
            for value in values {
                let found = match equals_of(value) {
                    Some(equals) => self.decide_candidates(*symbol, equals)?,
                    None => self.decide_atom(CompareOp::Eq, unknown, value)?,
                };
                if found {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        let candidates = values.iter().filter_map(equals_of).flatten().collect();
        self.decide_candidates(*symbol, candidates)
    }

    /// Whether a symbol has one of these values, each meant strictly.
    fn decide_candidates(&mut self, symbol: Symbol, mut candidates: Vec<Shape>) -> R<bool> {
        let excluded = candidates.clone();
        // Zero stands for both its signs, and a candidate must fit all else that is assumed.
        candidates.retain(|value| self.assume(symbol, |assumed| assumed.among = only(assumed, value)).is_some());
        let yes = |assumed: &mut Assumed| {
            let among = candidates.iter().filter(|value| assumed.allows(value)).cloned().collect();
            assumed.among = Some(among);
        };
        self.choose(symbol, yes, |assumed| assumed.excluded.extend(excluded))
    }

    /// Whether two symbols are equal.
    fn decide_same(&mut self, a: Symbol, b: Symbol) -> R<bool> {
        self.consult(a)?;
        self.consult(b)?;
        if a == b {
            return Ok(true);
        }
        let (a, b) = if a.0 < b.0 { (a, b) } else { (b, a) };
        let operands = vec![Shape::Symbol(a), Shape::Symbol(b)];
        let atom = self.state.worlds.intern(Op::Compare(CompareOp::Eq), operands, &[]);
        if let Some(truth) = self.state.worlds.region.get(atom).and_then(|assumed| assumed.truth) {
            return Ok(truth);
        }
        if self.state.worlds.checking {
            return Err(Stop::needs(atom));
        }
        let mut regions: Vec<Region> = Vec::new();
        regions.extend(self.assume(b, |assumed| assumed.value = Some(Shape::Symbol(a))));
        regions.extend(self.assume(atom, |assumed| assumed.truth = Some(false)));
        regions.extend(self.equal_but_distinct(a, b));
        self.fork(atom, regions).map(|()| false)
    }

    /// `True`, `1` and `1.0` are equal and yet not the same.
    fn equal_but_distinct(&mut self, a: Symbol, b: Symbol) -> Vec<Region> {
        let mut regions = Vec::new();
        for (truth, number) in [(true, 1), (false, 0)] {
            let float = if truth { 1.0_f64 } else { 0.0 };
            let equals = [Shape::Bool(truth), Shape::Int(number), Shape::Float(float.to_bits())];
            for x in &equals {
                for y in equals.iter().filter(|y| *y != x) {
                    let outer = self.state.worlds.region.clone();
                    if let Some(region) = self.assume(a, |assumed| assumed.among = only(assumed, x)) {
                        self.state.worlds.region = region;
                        regions.extend(self.assume(b, |assumed| assumed.among = only(assumed, y)));
                    }
                    self.state.worlds.region = outer;
                }
            }
        }
        regions
    }

    /// `a is b` where at least one is unknown.
    pub(crate) fn decide_identical(&mut self, a: &Value, b: &Value) -> R<bool> {
        let (symbol, other) = match (a, b) {
            (Value::Unknown(a), Value::Unknown(b)) if a == b => return Ok(true),
            (Value::Unknown(symbol), other) | (other, Value::Unknown(symbol)) => (*symbol, other),
            _ => return Ok(a.same(b)),
        };
        self.consult(symbol)?;
        match other {
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) => match self.shape(other) {
                Some(shape) => self.decide_candidates(symbol, vec![shape]),
                None => Err(Stop::needs(symbol)),
            },
            Value::Unknown(_) => self.decide_atom(CompareOp::Is, a, b),
            // A fact is not the same object as anything the code made.
            _ if self.state.worlds.kinds(symbol) == Kinds::JSON => Ok(false),
            _ => self.decide_atom(CompareOp::Is, a, b),
        }
    }

    /// A comparison as something that is true or false.
    fn decide_atom(&mut self, op: CompareOp, a: &Value, b: &Value) -> R<bool> {
        let symbol = match (a, b) {
            (Value::Unknown(symbol), _) | (_, Value::Unknown(symbol)) => *symbol,
            _ => return Ok(false),
        };
        let (Some(x), Some(y)) = (self.shape(a), self.shape(b)) else { return Err(Stop::needs(symbol)) };
        let atom = self.state.worlds.intern(Op::Compare(op), vec![x, y], &[]);
        self.decide_symbol(atom)
    }

    /// `item in container` where the container is unknown.
    pub(crate) fn decide_contains(&mut self, container: &Value, item: &Value) -> R<bool> {
        self.decide_atom(CompareOp::In, item, container)
    }

    /// Whether an unknown is of one of these kinds.
    pub(crate) fn decide_kinds(&mut self, symbol: Symbol, kinds: Kinds) -> R<bool> {
        self.consult(symbol)?;
        self.choose(
            symbol,
            |assumed| assumed.kinds = assumed.kinds.and(kinds),
            |assumed| assumed.kinds = assumed.kinds.without(kinds),
        )
    }

    /// `a < b` and its like where at least one is unknown: `<` or `<=`, or the opposite of one.
    pub(crate) fn unknown_ordered(&mut self, op: CompareOp, a: &Value, b: &Value) -> R<bool> {
        for side in [a, b] {
            if let Value::Unknown(symbol) = side {
                self.consult(*symbol)?;
            }
        }
        let (op, a, b) = match op {
            // The unknown stands left of a constant.
            _ if matches!(a, Value::Unknown(_)) => (op, a, b),
            CompareOp::Lt => (CompareOp::Gt, b, a),
            CompareOp::LtE => (CompareOp::GtE, b, a),
            CompareOp::Gt => (CompareOp::Lt, b, a),
            _ => (CompareOp::LtE, b, a),
        };
        let (atom, opposite) = match op {
            CompareOp::Gt => (CompareOp::LtE, true),
            CompareOp::GtE => (CompareOp::Lt, true),
            op => (op, false),
        };
        let truth = match self.implied(atom, a, b) {
            Some(truth) => truth,
            None => self.decide_atom(atom, a, b)?,
        };
        Ok(truth != opposite)
    }

    /// What other comparisons of the same unknown say of this one.
    fn implied(&self, op: CompareOp, a: &Value, b: &Value) -> Option<bool> {
        let unknown = self.shape(a)?;
        let bound = self.shape(b)?;
        self.state.worlds.region.assumed.iter().find_map(|(symbol, assumed)| {
            let truth = assumed.truth?;
            let (Op::Compare(known), operands) = self.state.worlds.origin(*symbol)? else { return None };
            let [x, limit] = &operands[..] else { return None };
            if *x != unknown {
                return None;
            }
            let order = compare_shapes(limit, &bound)?;
            match (known, truth) {
                (CompareOp::Lt, true) => order.is_le().then_some(true),
                (CompareOp::LtE, true) => (order.is_lt() || order.is_eq() && op == CompareOp::LtE).then_some(true),
                (CompareOp::LtE, false) => order.is_ge().then_some(false),
                (CompareOp::Lt, false) => (order.is_gt() || order.is_eq() && op == CompareOp::Lt).then_some(false),
                _ => None,
            }
        })
    }
}

/// The only value, if it is allowed; none otherwise.
fn only(assumed: &Assumed, value: &Shape) -> Option<Vec<Shape>> {
    Some(if assumed.allows(value) { vec![value.clone()] } else { Vec::new() })
}

fn compare_shapes(a: &Shape, b: &Shape) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Shape::Str(a), Shape::Str(b)) => Some(a.cmp(b)),
        _ => number::compare(number_of(a)?, number_of(b)?),
    }
}

fn number_of(shape: &Shape) -> Option<Number> {
    match shape {
        Shape::Bool(value) => Some(Number::Int(i128::from(*value))),
        Shape::Int(value) => Some(Number::Int(*value)),
        Shape::Float(bits) => Some(Number::Float(f64::from_bits(*bits))),
        _ => None,
    }
}

/// All JSON values equal to a constant; `None` where they cannot be listed.
fn equals_of(value: &Value) -> Option<Vec<Shape>> {
    Some(match value {
        Value::None => vec![Shape::None],
        Value::Str(text) => vec![Shape::Str(text.clone())],
        Value::Bytes(bytes) => vec![Shape::Bytes(bytes.to_vec())],
        Value::List(list) if list.items().is_empty() => vec![Shape::List(Vec::new())],
        Value::Dict(dict) if dict.entries().is_empty() => vec![Shape::Dict(Vec::new())],
        Value::Tuple(tuple) if tuple.items().is_empty() => vec![Shape::Tuple(Vec::new())],
        value => numbers_equal_to(Number::of(value)?),
    })
}

fn numbers_equal_to(number: Number) -> Vec<Shape> {
    let float = number.to_float();
    let int = match number {
        Number::Int(int) => Some(int),
        Number::Float(float) => number::exact_int(float),
    };
    let mut equals = Vec::new();
    if let Some(int) = int {
        if int == 0 || int == 1 {
            equals.push(Shape::Bool(int == 1));
        }
        equals.push(Shape::Int(int));
    }
    if int.is_none_or(|int| number::exact_int(float) == Some(int)) {
        // Zero's sign makes no difference to any comparison.
        equals.push(Shape::Float(if float == 0.0 { 0 } else { float.to_bits() }));
    }
    equals
}
