//! Runs statements.

use super::code::{For, Handler, Step, Target, Try};
use super::machine::Machine;
use crate::class::{self, Class};
use crate::containers::Key;
use crate::object::{Object, Raised};
use crate::stop::{R, Stop};
use crate::tree::{At, BinaryOp};
use crate::value::Value;
use crate::worlds::Op;

/// How a block ended.
#[derive(Debug)]
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

impl<'a> Machine<'a> {
    /// Runs a block.
    pub(crate) fn run(&mut self, steps: &'a [Step]) -> R<Flow> {
        for step in steps {
            self.tick(1)?;
            match self.step(step)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn step(&mut self, step: &'a Step) -> R<Flow> {
        match step {
            Step::Expr(value) => {
                self.eval(value)?;
            }
            Step::Let(slot, value) => {
                let value = self.eval(value)?;
                self.bind(*slot, value);
            }
            Step::Assign(targets, value) => {
                let value = self.eval(value)?;
                for target in targets {
                    self.assign(target, value.clone())?;
                }
            }
            Step::Augment(target, op, value, at) => placed(self.augment(target, *op, value), *at)?,
            Step::If(arms, otherwise) => {
                for (test, body) in arms {
                    if self.test(test)? {
                        return self.run(body);
                    }
                }
                return self.run(otherwise);
            }
            Step::For(each) => return self.run_for(each),
            Step::While(test, body, otherwise) => {
                while self.test(test)? {
                    self.tick(1)?;
                    match self.run(body)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => return Ok(Flow::Next),
                        flow => return Ok(flow),
                    }
                }
                return self.run(otherwise);
            }
            Step::Return(value) => return self.eval(value).map(Flow::Return),
            Step::Break => return Ok(Flow::Break),
            Step::Continue => return Ok(Flow::Continue),
            Step::Pass => {}
            Step::Try(block) => return self.run_try(block),
            Step::Raise(exception, at) => {
                let exception = match exception {
                    Some(exception) => Some(self.eval(exception)?),
                    None => None,
                };
                return placed(self.raise(exception), *at);
            }
            Step::Assert(test, message, at) => {
                if !self.test(test)? {
                    let args = match message {
                        Some(message) => vec![self.eval(message)?],
                        None => Vec::new(),
                    };
                    return placed(Err(Stop::raise_with(&class::ASSERTION_ERROR, args)), *at);
                }
            }
            Step::Delete(targets) => {
                for target in targets {
                    self.delete(target)?;
                }
            }
        }
        Ok(Flow::Next)
    }

    fn run_for(&mut self, each: &'a For) -> R<Flow> {
        let source = self.eval(&each.iter)?;
        let mut iter = placed(self.iter(&source), each.iter.at)?;
        while let Some(item) = placed(self.advance(&mut iter), each.iter.at)? {
            self.assign(&each.target, item)?;
            match self.run(&each.body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                flow => return Ok(flow),
            }
        }
        self.run(&each.otherwise)
    }

    fn run_try(&mut self, block: &'a Try) -> R<Flow> {
        let result = self.run_handled(block);
        // What is no exception of Python's passes without the `finally`, which could otherwise hide it.
        if let Err(stop) = &result
            && !matches!(**stop, Stop::Raised(..))
        {
            return result;
        }
        match self.run(&block.finally)? {
            Flow::Next => result,
            flow => Ok(flow),
        }
    }

    fn run_handled(&mut self, block: &'a Try) -> R<Flow> {
        match self.run(&block.body) {
            Ok(Flow::Next) => self.run(&block.otherwise),
            Ok(flow) => Ok(flow),
            Err(stop) => match *stop {
                Stop::Raised(exception, at) => self.handle(&block.handlers, exception, at),
                stop => Err(Box::new(stop)),
            },
        }
    }

    fn handle(&mut self, handlers: &'a [Handler], exception: Value, at: Option<At>) -> R<Flow> {
        let class = exception.class().unwrap_or(&class::EXCEPTION);
        for handler in handlers {
            if !catches(handler, class)? {
                continue;
            }
            if let Some(slot) = handler.name {
                self.bind(slot, exception.clone());
            }
            self.state.handling.push(exception);
            let result = self.run(&handler.body);
            self.state.handling.pop();
            if let Some(slot) = handler.name {
                self.put_slot(slot, None);
            }
            return result;
        }
        Err(Box::new(Stop::Raised(exception, at)))
    }

    fn raise<T>(&mut self, exception: Option<Value>) -> R<T> {
        let Some(exception) = exception else {
            return Err(match self.state.handling.last() {
                Some(handled) => Box::new(Stop::Raised(handled.clone(), None)),
                None => Stop::raise(&class::RUNTIME_ERROR, "No active exception to reraise"),
            });
        };
        let exception = match &exception {
            Value::Class(class) if class.kind == class::Kind::Exception => {
                self.call_known(&exception, super::arguments::Call::default())?
            }
            _ => exception,
        };
        match &exception {
            Value::Object(object) if matches!(**object, Object::Exception(_)) => {
                Err(Box::new(Stop::Raised(exception, None)))
            }
            other => Err(Stop::wrong(other, |_| "exceptions must derive from BaseException".to_owned())),
        }
    }

    /// Binds a target.
    pub(crate) fn assign(&mut self, target: &'a Target, value: Value) -> R<()> {
        match target {
            Target::Local(slot) => self.bind(*slot, value),
            Target::Global(index) => {
                if let Some(place) = self.state.globals.get_mut(*index as usize) {
                    *place = Some(value);
                }
            }
            Target::Item { container, index, at } => {
                let container = self.eval(container)?;
                let index = self.eval(index)?;
                placed(self.set_item(&container, index, value), *at)?;
            }
            Target::Tuple(targets, at) => placed(self.unpack(targets, &value), *at)?,
            Target::Star(_) => return Err(Stop::unsupported("a starred target outside of a tuple")),
        }
        Ok(())
    }

    fn unpack(&mut self, targets: &'a [Target], value: &Value) -> R<()> {
        let star = targets.iter().position(|target| matches!(target, Target::Star(_)));
        let mut iter = match self.iter(value) {
            Ok(iter) => iter,
            Err(stop) => return Err(unpack_error(stop, value)),
        };
        let wanted = star.unwrap_or(targets.len());
        let mut items = Vec::with_capacity(targets.len());
        while items.len() < wanted {
            match self.advance(&mut iter)? {
                Some(item) => items.push(item),
                None => return Err(too_few(targets.len(), star, items.len())),
            }
        }
        let Some(star) = star else {
            if self.advance(&mut iter)?.is_some() {
                return Err(Stop::value_error(format!("too many values to unpack (expected {wanted})")));
            }
            return self.assign_all(targets, items);
        };
        let mut rest = Vec::new();
        while let Some(item) = self.advance(&mut iter)? {
            self.charge_values(1)?;
            rest.push(item);
        }
        let after = targets.len() - star - 1;
        let Some(split) = rest.len().checked_sub(after) else {
            return Err(too_few(targets.len(), Some(star), items.len() + rest.len()));
        };
        let tail = rest.split_off(split);
        items.push(Value::list(rest));
        items.extend(tail);
        self.assign_all(targets, items)
    }

    fn assign_all(&mut self, targets: &'a [Target], items: Vec<Value>) -> R<()> {
        for (target, item) in targets.iter().zip(items) {
            match target {
                Target::Star(target) => self.assign(target, item)?,
                target => self.assign(target, item)?,
            }
        }
        Ok(())
    }

    fn augment(&mut self, target: &'a Target, op: BinaryOp, node: &'a super::code::Node) -> R<()> {
        match target {
            Target::Local(slot) => {
                let old = self.local(*slot)?;
                let value = self.eval(node)?;
                let new = self.augmented(op, old, value)?;
                self.bind(*slot, new);
                Ok(())
            }
            Target::Global(index) => {
                let old = self.global(*index)?;
                let value = self.eval(node)?;
                let new = self.augmented(op, old, value)?;
                self.assign(target, new)
            }
            Target::Item { container, index, .. } => {
                let container = self.eval(container)?;
                let index = self.eval(index)?;
                let old = self.perform(Op::Subscript, &[container.clone(), index.clone()])?;
                let value = self.eval(node)?;
                let new = self.augmented(op, old, value)?;
                self.set_item(&container, index, new)
            }
            Target::Tuple(..) | Target::Star(_) => Err(Stop::unsupported("an augmented assignment to a tuple")),
        }
    }

    /// `old op= value`: lists, sets and dicts change in place.
    fn augmented(&mut self, op: BinaryOp, old: Value, value: Value) -> R<Value> {
        if self.augment_in_place(op, &old, &value)? {
            return Ok(old);
        }
        self.perform(Op::Binary(op), &[old, value])
    }

    fn delete(&mut self, target: &'a Target) -> R<()> {
        match target {
            Target::Local(slot) => match self.take_slot(*slot) {
                Some(_) => Ok(()),
                None => Err(self.unbound(*slot)),
            },
            Target::Global(index) => {
                self.global(*index)?;
                if let Some(place) = self.state.globals.get_mut(*index as usize) {
                    *place = None;
                }
                Ok(())
            }
            Target::Item { container, index, at } => {
                let container = self.eval(container)?;
                let index = self.eval(index)?;
                placed(self.delete_item(&container, &index), *at)
            }
            Target::Tuple(targets, _) => targets.iter().try_for_each(|target| self.delete(target)),
            Target::Star(_) => Err(Stop::unsupported("deleting a starred target")),
        }
    }

    /// `container[index] = value`.
    fn set_item(&mut self, container: &Value, index: Value, value: Value) -> R<()> {
        match container {
            Value::Dict(dict) => {
                let key = Key::new(index)?;
                self.charge_values(2)?;
                dict.entries_mut().insert(key, value);
                Ok(())
            }
            Value::List(list) => self.set_list_item(list, &index, value),
            other => Err(Stop::wrong(other, |name| format!("'{name}' object does not support item assignment"))),
        }
    }
}

fn catches(handler: &Handler, class: &'static Class) -> R<bool> {
    if let Some(unknown) = &handler.unknown {
        return Err(Stop::unsupported(format!("the exception class '{unknown}'")));
    }
    Ok(handler.classes.is_empty() || handler.classes.iter().any(|caught| class.derives(caught)))
}

fn placed<T>(result: R<T>, at: At) -> R<T> {
    result.map_err(|mut stop| {
        stop.place(at);
        stop
    })
}

fn too_few(targets: usize, star: Option<usize>, got: usize) -> Box<Stop> {
    Stop::value_error(match star {
        None => format!("not enough values to unpack (expected {targets}, got {got})"),
        Some(_) => format!("not enough values to unpack (expected at least {}, got {got})", targets - 1),
    })
}

fn unpack_error(stop: Box<Stop>, value: &Value) -> Box<Stop> {
    match *stop {
        Stop::Raised(..) => Stop::wrong(value, |name| format!("cannot unpack non-iterable {name} object")),
        _ => stop,
    }
}

impl Raised {
    /// The value a key error is about, and the like.
    pub(crate) fn first(&self) -> Option<&Value> {
        self.args.first()
    }
}
