//! Computes expressions.

use std::rc::Rc;

use smol_str::SmolStr;

use super::code::{FormatPart, Kind, Node};
use super::machine::{Field, Machine};
use crate::class;
use crate::containers::{Dict, Entries, Key, Members, Set};
use crate::method::Method;
use crate::object::{Closure, Object};
use crate::order;
use crate::stop::{R, Stop};
use crate::tree::{CompareOp, Const};
use crate::value::Value;
use crate::worlds::Op;

/// From how many values on CPython's compiler spares its stack (STACK_USE_GUIDELINE), which shows in what is raised first.
const STACK_USE: usize = 30;

impl<'a> Machine<'a> {
    /// The value of an expression.
    pub(crate) fn eval(&mut self, node: &'a Node) -> R<Value> {
        match self.eval_kind(&node.kind) {
            Err(mut stop) => {
                stop.place(node.at);
                Err(stop)
            }
            value => value,
        }
    }

    fn eval_kind(&mut self, kind: &'a Kind) -> R<Value> {
        match kind {
            Kind::Const(constant) => Ok(Value::from_const(constant)),
            Kind::Local(slot) => self.local(*slot),
            Kind::Free(slot) => self.slot(*slot).cloned().ok_or_else(|| self.unbound_free(*slot)),
            Kind::Global(index) => self.global(*index),
            Kind::Function(id) => Ok(Value::Function(*id)),
            Kind::Builtin(builtin) => Ok(builtin.value()),
            Kind::Class(class) => Ok(Value::Class(class)),
            Kind::Unbound(class, method) => Ok(Value::object(Object::Unbound { class, method: *method })),
            Kind::Input => self.input(),
            Kind::Field(index) => self.field_value(*index),
            Kind::FieldGet(index, default) => self.field_or(*index, default.as_deref()),
            Kind::And(_) | Kind::Or(_) => self.chain(kind),
            Kind::Not(operand) => Ok(Value::Bool(!self.test(operand)?)),
            Kind::FieldContains(_) | Kind::CompareConst(..) | Kind::Compare(..) => {
                self.test_kind(kind).map(Value::Bool)
            }
            Kind::Binary(op, operands) => {
                let left = self.eval(&operands.0)?;
                let right = self.eval(&operands.1)?;
                self.perform(Op::Binary(*op), &[left, right])
            }
            Kind::Unary(op, operand) => {
                let operand = self.eval(operand)?;
                self.perform(Op::Unary(*op), &[operand])
            }
            Kind::IfElse(parts) => {
                let (test, then, otherwise) = &**parts;
                if self.test(test)? { self.eval(then) } else { self.eval(otherwise) }
            }
            Kind::CallFunction(id, args) => self.call_function_nodes(*id, args),
            Kind::Call(callee, args) => {
                let callee = self.eval(callee)?;
                let call = self.arguments(args)?;
                self.call_value(&callee, call)
            }
            Kind::Method(receiver, method, args) => {
                let receiver = self.eval(receiver)?;
                let harmless = |node: &Node| matches!(node.kind, Kind::Const(_));
                // Python looks for the method before it computes what it is called with.
                if !(args.positional.iter().all(harmless) && args.keyword.is_empty()) {
                    check_method(&receiver, *method)?;
                }
                let call = self.arguments(args)?;
                self.call_method(receiver, *method, call)
            }
            Kind::Attribute(value, name) => {
                let value = self.eval(value)?;
                self.perform(Op::Attribute(name.clone()), &[value])
            }
            Kind::Subscript(parts) => {
                let value = self.eval(&parts.0)?;
                let index = self.eval(&parts.1)?;
                self.perform(Op::Subscript, &[value, index])
            }
            Kind::Slice(parts) => {
                let mut values = [Value::None, Value::None, Value::None];
                for (value, part) in values.iter_mut().zip(parts.iter()) {
                    if let Some(part) = part {
                        *value = self.eval(part)?;
                    }
                }
                let [start, stop, step] = values;
                Ok(Value::object(Object::Slice { start, stop, step }))
            }
            Kind::List(items) => Ok(Value::list(self.items(items)?)),
            Kind::Tuple(items) => Ok(Value::tuple(self.items(items)?)),
            Kind::Set(items) => self.set(items),
            Kind::Dict(entries) => self.dict(entries),
            Kind::Star(_) => Err(Stop::unsupported("a starred expression here")),
            Kind::Comprehension(index) => self.comprehension(*index),
            Kind::Format(parts) => self.format_parts(parts),
            Kind::Lambda(index) => self.lambda(*index),
            Kind::Walrus(slot, value) => {
                let value = self.eval(value)?;
                self.bind(*slot, value.clone());
                Ok(value)
            }
            Kind::Unsupported(what) => Err(Stop::unsupported(what.clone())),
        }
    }

    /// The truth of an expression, without making a value where none is needed.
    pub(crate) fn test(&mut self, node: &'a Node) -> R<bool> {
        match self.test_kind(&node.kind) {
            Err(mut stop) => {
                stop.place(node.at);
                Err(stop)
            }
            truth => truth,
        }
    }

    fn test_kind(&mut self, kind: &'a Kind) -> R<bool> {
        match kind {
            Kind::And(operands) => {
                for operand in operands {
                    if !self.test(operand)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Kind::Or(operands) => {
                for operand in operands {
                    if self.test(operand)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Kind::Not(operand) => Ok(!self.test(operand)?),
            Kind::FieldContains(index) => self.field_present(*index),
            Kind::CompareConst(left, op, right) => self.compare_const(left, *op, right),
            Kind::Compare(first, rest) => self.compare_chain(first, rest),
            kind => {
                let value = self.eval_kind(kind)?;
                self.truth(&value)
            }
        }
    }

    /// `and`, `or` as a value: that of the operand that settles it.
    fn chain(&mut self, kind: &'a Kind) -> R<Value> {
        let (operands, settles) = match kind {
            Kind::And(operands) => (operands, false),
            Kind::Or(operands) => (operands, true),
            _ => return self.eval_kind(kind),
        };
        let Some((last, firsts)) = operands.split_last() else { return Ok(Value::Bool(!settles)) };
        for operand in firsts {
            let value = self.eval(operand)?;
            if self.truth(&value)? == settles {
                return Ok(value);
            }
        }
        self.eval(last)
    }

    fn compare_const(&mut self, left: &'a Node, op: CompareOp, right: &'a Const) -> R<bool> {
        if let Kind::Field(index) = left.kind
            && let Field::Value(value) = self.field(index)?
            && let Some(result) = compare_plain(op, value, right)
        {
            return Ok(result);
        }
        let left = self.eval(left)?;
        match compare_plain(op, &left, right) {
            Some(result) => Ok(result),
            None => self.compare(op, &left, &Value::from_const(right)),
        }
    }

    fn compare_chain(&mut self, first: &'a Node, rest: &'a [(CompareOp, Node)]) -> R<bool> {
        let mut left = self.eval(first)?;
        for (index, (op, node)) in rest.iter().enumerate() {
            if index + 1 == rest.len()
                && let Some(items) = membership_items(*op, &left, node)
            {
                return self.member_of_display(*op, &left, items);
            }
            let right = self.eval(node)?;
            if !self.compare(*op, &left, &right)? {
                return Ok(false);
            }
            left = right;
        }
        Ok(true)
    }

    /// `left in (a, b)` with constants, without making the tuple.
    fn member_of_display(&mut self, op: CompareOp, left: &Value, items: &'a [Node]) -> R<bool> {
        let constants = items.iter().filter_map(|item| match &item.kind {
            Kind::Const(constant) => Some(constant),
            _ => None,
        });
        let mut found = false;
        if let Value::Unknown(_) = left {
            found = self.decide_among(left, &constants.map(Value::from_const).collect::<Vec<_>>())?;
        } else {
            for constant in constants {
                found = match compare_plain(CompareOp::Eq, left, constant) {
                    Some(equal) => equal,
                    None => order::equal(left, &Value::from_const(constant), self)?,
                };
                if found {
                    break;
                }
            }
        }
        Ok(found == (op == CompareOp::In))
    }

    /// `a op b`.
    pub(crate) fn compare(&mut self, op: CompareOp, a: &Value, b: &Value) -> R<bool> {
        match op {
            CompareOp::Eq => order::equal(a, b, self),
            CompareOp::NotEq => order::equal(a, b, self).map(|equal| !equal),
            CompareOp::Is => self.identical(a, b),
            CompareOp::IsNot => self.identical(a, b).map(|same| !same),
            CompareOp::In => self.contains(b, a),
            CompareOp::NotIn => self.contains(b, a).map(|found| !found),
            CompareOp::Lt | CompareOp::LtE | CompareOp::Gt | CompareOp::GtE => self.ordered(op, a, b),
        }
    }

    fn identical(&mut self, a: &Value, b: &Value) -> R<bool> {
        if matches!(a, Value::Unknown(_)) || matches!(b, Value::Unknown(_)) {
            return self.decide_identical(a, b);
        }
        Ok(a.same(b))
    }

    /// The truth of a value.
    pub(crate) fn truth(&mut self, value: &Value) -> R<bool> {
        match value.known_truth() {
            Some(truth) => Ok(truth),
            None => self.decide_truth(value),
        }
    }

    fn field_value(&mut self, index: u32) -> R<Value> {
        match self.field(index)? {
            Field::Value(value) => Ok(value.clone()),
            Field::Unknown(value) => {
                let value = value.clone();
                if self.decided_absent(index) { Err(self.missing(index)) } else { Ok(value) }
            }
            Field::Absent | Field::Unread => Err(self.missing(index)),
        }
    }

    #[cold]
    fn missing(&self, index: u32) -> Box<Stop> {
        Stop::key_error(Value::Str(self.code.fields[index as usize].clone()))
    }

    fn field_or(&mut self, index: u32, default: Option<&'a Node>) -> R<Value> {
        // Python computes the default whether or not it is used.
        let default = default.map_or(Ok(Value::None), |default| self.eval(default))?;
        match self.field(index)? {
            Field::Value(value) => Ok(value.clone()),
            Field::Unknown(value) => {
                let value = value.clone();
                Ok(if self.decided_absent(index) { default } else { value })
            }
            Field::Absent | Field::Unread => Ok(default),
        }
    }

    fn field_present(&mut self, index: u32) -> R<bool> {
        match self.field(index)? {
            Field::Value(_) => Ok(true),
            Field::Absent | Field::Unread => Ok(false),
            Field::Unknown(_) => self.decide_present(index),
        }
    }

    /// The values of a display, stars spread.
    pub(crate) fn items(&mut self, nodes: &'a [Node]) -> R<Vec<Value>> {
        self.charge_values(nodes.len())?;
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            match &node.kind {
                Kind::Star(value) => {
                    let value = self.eval(value)?;
                    match self.collect(&value) {
                        Ok(mut more) => items.append(&mut more),
                        Err(stop) => return Err(not_spreadable(stop, &value)),
                    }
                }
                _ => items.push(self.eval(node)?),
            }
        }
        Ok(items)
    }

    /// A set display. As in CPython, a short one without stars is made when all its items are there, so that an item
    /// that cannot be computed is noticed before one that cannot be hashed; others grow item by item.
    fn set(&mut self, nodes: &'a [Node]) -> R<Value> {
        let first_star = nodes.iter().position(|node| matches!(node.kind, Kind::Star(_)));
        let together = match first_star {
            _ if nodes.len() > STACK_USE => 0,
            Some(at) => at,
            None => nodes.len(),
        };
        let (short, long) = nodes.split_at(together);
        let mut members: Members = keys(self.items(short)?)?.collect();
        for node in long {
            members.extend(keys(self.items(std::slice::from_ref(node))?)?);
        }
        Ok(Value::Set(Rc::new(Set::new(members))))
    }

    /// A dict display. As in CPython, a short run of entries is made when all its keys and values are there.
    fn dict(&mut self, nodes: &'a [(Option<Node>, Node)]) -> R<Value> {
        self.charge_values(2 * nodes.len())?;
        let mut entries = Entries::with_capacity(nodes.len());
        for run in nodes.chunk_by(|(one, _), (other, _)| one.is_some() && other.is_some()) {
            // CPython makes longer runs in pieces: seventeen entries one by one, then the rest anew.
            for piece in run.chunks(STACK_USE / 2 + 2) {
                self.dict_piece(piece, &mut entries)?;
            }
        }
        Ok(Value::Dict(Rc::new(Dict::new(entries))))
    }

    fn dict_piece(&mut self, piece: &'a [(Option<Node>, Node)], entries: &mut Entries) -> R<()> {
        let together = piece.len() <= STACK_USE / 2;
        let mut waiting = Vec::new();
        for (key, value) in piece {
            match key {
                Some(key) => {
                    let key = self.eval(key)?;
                    let value = self.eval(value)?;
                    if together {
                        waiting.push((key, value));
                    } else {
                        entries.insert(Key::new(key)?, value);
                    }
                }
                None => {
                    let other = self.eval(value)?;
                    let Some(more) = other.mapping() else {
                        return Err(Stop::wrong(&other, |name| format!("'{name}' object is not a mapping")));
                    };
                    self.charge_values(2 * more.len())?;
                    entries.extend(more);
                }
            }
        }
        for (key, value) in waiting {
            entries.insert(Key::new(key)?, value);
        }
        Ok(())
    }

    fn lambda(&mut self, index: u32) -> R<Value> {
        let lambda = &self.code.lambdas[index as usize];
        let mut defaults = Vec::new();
        for (_, default) in &lambda.params {
            if let Some(default) = default {
                defaults.push(self.eval(default)?);
            }
        }
        Ok(Value::object(Object::Lambda(Closure { lambda: index, frame: self.state.frame, defaults })))
    }

    fn format_parts(&mut self, parts: &'a [FormatPart]) -> R<Value> {
        let mut text = String::new();
        let mut unknown = Vec::new();
        for part in parts {
            let piece = match part {
                FormatPart::Text(piece) => {
                    text.push_str(piece);
                    continue;
                }
                FormatPart::Value { value, conversion, spec } => {
                    let value = self.eval(value)?;
                    let value = self.convert(value, *conversion)?;
                    let spec = if spec.is_empty() { Value::str("") } else { self.format_parts(spec)? };
                    self.perform(Op::Format, &[value, spec])?
                }
            };
            match piece {
                Value::Str(piece) => text.push_str(&piece),
                piece => {
                    unknown.push(Value::from(std::mem::take(&mut text)));
                    unknown.push(piece);
                }
            }
        }
        self.charge(text.len())?;
        if unknown.is_empty() {
            return Ok(Value::from(text));
        }
        unknown.push(Value::from(text));
        self.perform(Op::Join, &unknown)
    }

    fn convert(&mut self, value: Value, conversion: Option<char>) -> R<Value> {
        match conversion {
            None => Ok(value),
            Some('s') => self.perform(Op::Str, &[value]),
            Some('r') => self.perform(Op::Repr, &[value]),
            Some(_) => self.perform(Op::Ascii, &[value]),
        }
    }

    /// Attribute of a value that is known.
    pub(crate) fn attribute(&mut self, value: &Value, name: &SmolStr) -> R<Value> {
        match self.attribute_of(value, name)? {
            Some(found) => Ok(found),
            None => Err(no_attribute(value, name)),
        }
    }
}

/// `*value` of what cannot be gone through.
fn not_spreadable(stop: Box<Stop>, value: &Value) -> Box<Stop> {
    let own = matches!(value, Value::Object(_) | Value::List(_) | Value::Tuple(_));
    match *stop {
        Stop::Raised(..) if !own => Stop::wrong(value, |name| format!("Value after * must be an iterable, not {name}")),
        _ => stop,
    }
}

/// `AttributeError`, unless the value is unknown.
pub(crate) fn no_attribute(value: &Value, name: &str) -> Box<Stop> {
    match value {
        Value::Unknown(symbol) => Stop::needs(*symbol),
        Value::Class(class) => {
            Stop::raise(&class::ATTRIBUTE_ERROR, format!("type object '{}' has no attribute '{name}'", class.name()))
        }
        known => {
            Stop::raise(&class::ATTRIBUTE_ERROR, format!("'{}' object has no attribute '{name}'", known.type_name()))
        }
    }
}

/// `AttributeError` where a value has no such method. Those of unknown values and of classes are looked for later.
fn check_method(receiver: &Value, method: Method) -> R<()> {
    match receiver {
        Value::Dict(_) if method == Method::Get => Ok(()),
        Value::Unknown(_) | Value::Class(_) => Ok(()),
        known => match known.class() {
            Some(class) if crate::names::lists(class) && !crate::names::has(class, method.name()) => {
                Err(no_attribute(known, method.name()))
            }
            _ => Ok(()),
        },
    }
}

fn keys(items: Vec<Value>) -> R<impl Iterator<Item = Key>> {
    let keys: R<Vec<Key>> = items.into_iter().map(Key::new).collect();
    keys.map(Vec::into_iter)
}

/// The answer where a glance at both suffices.
fn compare_plain(op: CompareOp, value: &Value, constant: &Const) -> Option<bool> {
    value.plain()?.compare(op, constant)
}

/// The constants of `in (…)`, `in […]`, and of `in {…}` where what is looked for is hashable.
fn membership_items<'a>(op: CompareOp, left: &Value, node: &'a Node) -> Option<&'a [Node]> {
    let items = match &node.kind {
        Kind::Tuple(items) | Kind::List(items) => items,
        Kind::Set(items)
            if matches!(left, Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Unknown(_)) =>
        {
            items
        }
        _ => return None,
    };
    let constant = items.iter().all(|item| matches!(item.kind, Kind::Const(_)));
    (constant && matches!(op, CompareOp::In | CompareOp::NotIn)).then_some(items)
}
