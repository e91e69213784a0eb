//! Comprehensions and generator expressions.

use std::rc::Rc;

use super::code::{Comprehension, ComprehensionKind};
use super::machine::Machine;
use crate::class;
use crate::containers::{Dict, Entries, Key, Members, Set};
use crate::iterate::{Generator, Iter};
use crate::stop::{R, Stop};
use crate::value::Value;
use crate::worlds::{Op, Shape};

impl<'a> Machine<'a> {
    /// The value of a comprehension; where what it goes through is unknown, a symbol.
    pub(crate) fn comprehension(&mut self, index: u32) -> R<Value> {
        let seen = match self.state.worlds.exploring {
            true => self.frame_shapes(self.state.frame, 0),
            false => None,
        };
        match self.comprehend(index) {
            Err(stop) => match (*stop, seen) {
                (Stop::Needs(symbol), Some(seen)) => self.lift_comprehension(index, seen, symbol),
                (stop, _) => Err(Box::new(stop)),
            },
            value => value,
        }
    }

    fn lift_comprehension(&mut self, index: u32, mut seen: Vec<Shape>, symbol: crate::worlds::Symbol) -> R<Value> {
        self.split(symbol)?;
        seen.push(Shape::Symbol(symbol));
        Ok(self.symbol(Op::Comprehension(index), seen))
    }

    fn comprehend(&mut self, index: u32) -> R<Value> {
        let comprehension = &self.code.comprehensions[index as usize];
        let Some(first) = comprehension.clauses.first() else {
            return Err(Stop::unsupported("a comprehension without a clause"));
        };
        let source = self.eval(&first.iter)?;
        let level = self.iter(&source)?;
        match &comprehension.kind {
            ComprehensionKind::Generator => {
                let saved = vec![None; comprehension.own.len()];
                let home = self.state.frame;
                let generator = Generator { comprehension: index, home, saved, levels: vec![level] };
                self.iterator(&class::GENERATOR, Iter::Generator(Box::new(generator)))
            }
            ComprehensionKind::List => {
                let mut items = Vec::new();
                self.each_binding(comprehension, level, |this| {
                    let item = this.eval(&comprehension.element)?;
                    this.charge_values(1)?;
                    items.push(item);
                    Ok(())
                })?;
                Ok(Value::list(items))
            }
            ComprehensionKind::Set => {
                let mut members = Members::new();
                self.each_binding(comprehension, level, |this| {
                    let item = this.eval(&comprehension.element)?;
                    this.charge_values(1)?;
                    members.insert(Key::new(item)?);
                    Ok(())
                })?;
                Ok(Value::Set(Rc::new(Set::new(members))))
            }
            ComprehensionKind::Dict(value) => {
                let mut entries = Entries::new();
                self.each_binding(comprehension, level, |this| {
                    let key = this.eval(&comprehension.element)?;
                    let value = this.eval(value)?;
                    this.charge_values(2)?;
                    entries.insert(Key::new(key)?, value);
                    Ok(())
                })?;
                Ok(Value::Dict(Rc::new(Dict::new(entries))))
            }
        }
    }

    fn each_binding(
        &mut self,
        comprehension: &'a Comprehension,
        first: Iter,
        mut each: impl FnMut(&mut Self) -> R<()>,
    ) -> R<()> {
        let mut levels = vec![first];
        while self.next_binding(comprehension, &mut levels)? {
            each(self)?;
        }
        Ok(())
    }

    /// Binds the targets to the next combination that passes the conditions; whether there is one.
    fn next_binding(&mut self, comprehension: &'a Comprehension, levels: &mut Vec<Iter>) -> R<bool> {
        while let Some(index) = levels.len().checked_sub(1) {
            let clause = &comprehension.clauses[index];
            let Some(item) = self.advance(&mut levels[index])? else {
                levels.pop();
                continue;
            };
            self.assign(&clause.target, item)?;
            if !self.all_true(&clause.conditions)? {
                continue;
            }
            match comprehension.clauses.get(index + 1) {
                None => return Ok(true),
                Some(inner) => {
                    let source = self.eval(&inner.iter)?;
                    levels.push(self.iter(&source)?);
                }
            }
        }
        Ok(false)
    }

    fn all_true(&mut self, conditions: &'a [super::code::Node]) -> R<bool> {
        for condition in conditions {
            if !self.test(condition)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The next value of a generator, in its home frame.
    pub(crate) fn resume(&mut self, generator: &mut Generator) -> R<Option<Value>> {
        let comprehension = &self.code.comprehensions[generator.comprehension as usize];
        let top = self.state.stack.len();
        let home = self.home(generator.home, "generator")?;
        let caller = std::mem::replace(&mut self.state.frame, home);
        self.swap(comprehension, &mut generator.saved);
        let mut levels = std::mem::take(&mut generator.levels);
        let next = match self.next_binding(comprehension, &mut levels) {
            Ok(true) => self.eval(&comprehension.element).map(Some),
            Ok(false) => Ok(None),
            Err(stop) => Err(stop),
        };
        generator.levels = levels;
        self.swap(comprehension, &mut generator.saved);
        self.state.frame = caller;
        self.state.stack.truncate(top);
        next
    }

    fn swap(&mut self, comprehension: &Comprehension, saved: &mut [Option<Value>]) {
        for (slot, saved) in comprehension.own.iter().zip(saved) {
            let place = self.state.frame.base + *slot as usize;
            if let Some(place) = self.state.stack.get_mut(place) {
                std::mem::swap(place, saved);
            }
        }
    }
}
