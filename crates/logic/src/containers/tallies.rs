//! `collections.Counter` and `collections.OrderedDict`: dicts with manners of their own.

use std::rc::Rc;

use super::{Dict, Entries, Flavour, Key};
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::method::Method;
use crate::stop::{R, Stop};
use crate::text::index;
use crate::tree::{BinaryOp, CompareOp};
use crate::value::Value;
use crate::worlds::Op;

impl Machine<'_> {
    /// A method that these dicts have beyond those of `dict`, or have otherwise; `None` where they have it as `dict` does.
    pub(crate) fn flavoured_method(&mut self, dict: &Rc<Dict>, method: Method, call: &Call) -> Option<R<Value>> {
        match (dict.flavour(), method) {
            (Flavour::Counter, Method::Update) => Some(self.tally(dict, call.clone(), BinaryOp::Add)),
            (Flavour::Counter, Method::Subtract) => Some(self.tally(dict, call.clone(), BinaryOp::Sub)),
            (Flavour::Counter, Method::MostCommon) => Some(self.most_common(dict, call.clone())),
            (Flavour::Counter, Method::Total) => Some(self.total(dict, call.clone())),
            (Flavour::Counter, Method::Elements) => Some(Err(Stop::unsupported("the elements of a Counter"))),
            (Flavour::Counter, Method::FromKeys) => Some(Err(Stop::unsupported("Counter.fromkeys"))),
            (Flavour::Ordered, Method::MoveToEnd) => Some(move_to_end(self, dict, call.clone())),
            (Flavour::Ordered, Method::PopItem) => Some(pop_item(self, dict, call.clone())),
            _ => None,
        }
    }

    /// `update` and `subtract`: counts of a mapping, else one for each item; then those given by name.
    pub(crate) fn tally(&mut self, dict: &Rc<Dict>, call: Call, op: BinaryOp) -> R<Value> {
        let given = call.args.len();
        if given > 1 {
            return Err(Stop::type_error(format!("a Counter takes at most 1 positional argument, {given} given")));
        }
        match call.args.first() {
            None | Some(Value::None) => {}
            Some(Value::Dict(counts)) => {
                let counts = counts.entries().clone();
                self.tally_counts(dict, counts, op)?;
            }
            Some(items) => {
                let mut items = self.iter(items)?;
                while let Some(item) = self.advance(&mut items)? {
                    self.tally_one(dict, Key::new(item)?, Value::Int(1), op)?;
                }
            }
        }
        let named: Entries = call.keyword.into_iter().map(|(name, count)| (Key::text(name), count)).collect();
        self.tally_counts(dict, named, op)?;
        Ok(Value::None)
    }

    fn tally_counts(&mut self, dict: &Rc<Dict>, counts: Entries, op: BinaryOp) -> R<()> {
        // An empty Counter takes counts over as they are, whatever they are.
        if op == BinaryOp::Add && dict.entries().is_empty() {
            self.charge_values(2 * counts.len())?;
            dict.entries_mut().extend(counts);
            return Ok(());
        }
        for (key, count) in counts {
            self.tally_one(dict, key, count, op)?;
        }
        Ok(())
    }

    fn tally_one(&mut self, dict: &Rc<Dict>, key: Key, count: Value, op: BinaryOp) -> R<()> {
        let old = dict.entries().get(&key).cloned().unwrap_or(Value::Int(0));
        self.charge_values(2)?;
        let new = match op {
            // As CPython writes it: `count + self[key]`, `self[key] - count`.
            BinaryOp::Add => self.perform(Op::Binary(op), &[count, old])?,
            _ => self.perform(Op::Binary(op), &[old, count])?,
        };
        dict.entries_mut().insert(key, new);
        Ok(())
    }

    fn most_common(&mut self, dict: &Dict, call: Call) -> R<Value> {
        let [most] = call.named("most_common", ["n"], 0, 0)?;
        let most = match most {
            None | Some(Value::None) => usize::MAX,
            Some(most) => usize::try_from(index(&most)?).unwrap_or(0),
        };
        let items = self.by_count(dict)?;
        let items = items.into_iter().take(most).map(|(key, count)| Value::tuple(vec![key.into_value(), count]));
        Ok(Value::list(items.collect()))
    }

    /// The entries with the highest counts first, equal ones in their order.
    pub(crate) fn by_count(&mut self, dict: &Dict) -> R<Vec<(Key, Value)>> {
        let entries: Vec<(Key, Value)> =
            dict.entries().iter().map(|(key, count)| (key.clone(), count.clone())).collect();
        let places = (0..entries.len()).map(|at| Value::Int(at as i128));
        let keyed = entries.iter().map(|(_, count)| count.clone()).zip(places).collect();
        let places = self.sorted_by(keyed, true)?;
        let at = |place: &Value| if let Value::Int(at) = place { usize::try_from(*at).ok() } else { None };
        Ok(places.iter().filter_map(|place| entries.get(at(place)?).cloned()).collect())
    }

    fn total(&mut self, dict: &Dict, call: Call) -> R<Value> {
        let [] = call.exactly("total")?;
        let counts: Vec<Value> = dict.entries().values().cloned().collect();
        counts.into_iter().try_fold(Value::Int(0), |sum, count| self.perform(Op::Binary(BinaryOp::Add), &[sum, count]))
    }

    /// `a op b` of two Counters: only what counts more than nought stays.
    pub(crate) fn counter_binary(&mut self, op: BinaryOp, a: &Dict, b: &Dict) -> R<Option<Value>> {
        if !matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::BitOr | BinaryOp::BitAnd) {
            return Ok(None);
        }
        let (a, b) = (a.entries().clone(), b.entries().clone());
        self.charge_values(2 * (a.len() + b.len()))?;
        let mut result = Entries::new();
        for (key, count) in &a {
            let other = b.get(key).cloned().unwrap_or(Value::Int(0));
            let count = self.combined(op, count.clone(), other)?;
            self.keep(&mut result, key, count)?;
        }
        for (key, count) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
            match op {
                BinaryOp::BitAnd => {}
                BinaryOp::Sub => {
                    let count = self.perform(Op::Binary(op), &[Value::Int(0), count.clone()])?;
                    self.keep(&mut result, key, count)?;
                }
                _ => self.keep(&mut result, key, count.clone())?,
            }
        }
        Ok(Some(Value::Dict(Rc::new(Dict::of(result, Flavour::Counter)))))
    }

    fn combined(&mut self, op: BinaryOp, count: Value, other: Value) -> R<Value> {
        match op {
            BinaryOp::BitOr | BinaryOp::BitAnd => {
                let less = self.ordered(CompareOp::Lt, &count, &other)?;
                Ok(if less == (op == BinaryOp::BitOr) { other } else { count })
            }
            _ => self.perform(Op::Binary(op), &[count, other]),
        }
    }

    fn keep(&mut self, result: &mut Entries, key: &Key, count: Value) -> R<()> {
        if self.ordered(CompareOp::Gt, &count, &Value::Int(0))? {
            result.insert(key.clone(), count);
        }
        Ok(())
    }
}

fn move_to_end(machine: &mut Machine<'_>, dict: &Dict, call: Call) -> R<Value> {
    let [key, last] = call.named("move_to_end", ["key", "last"], 0, 1)?;
    let last = last.map_or(Ok(true), |last| machine.truth(&last))?;
    let key = key.unwrap_or_default();
    let mut entries = dict.entries_mut();
    let Some(at) = entries.get_index_of(&Key::new(key.clone())?) else { return Err(Stop::key_error(key)) };
    let end = if last { entries.len() - 1 } else { 0 };
    entries.move_index(at, end);
    Ok(Value::None)
}

fn pop_item(machine: &mut Machine<'_>, dict: &Dict, call: Call) -> R<Value> {
    let [last] = call.named("popitem", ["last"], 0, 0)?;
    let last = last.map_or(Ok(true), |last| machine.truth(&last))?;
    let mut entries = dict.entries_mut();
    let taken = if last { entries.pop() } else { entries.shift_remove_index(0) };
    match taken {
        Some((key, value)) => Ok(Value::tuple(vec![key.into_value(), value])),
        None => Err(Stop::key_error(Value::str("dictionary is empty"))),
    }
}
