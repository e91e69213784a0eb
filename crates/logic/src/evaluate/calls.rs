//! Calls: functions of the module, lambdas, builtins, classes, methods.

use std::rc::Rc;

use super::arguments::Call;
use super::code::{Kind, Node};
use super::machine::{DEPTH_UNIT, Machine};
use super::statements::Flow;
use crate::method::Method;
use crate::object::{Closure, Home, Object};
use crate::stop::{R, Stop};
use crate::tree::FunctionId;
use crate::value::Value;
use crate::worlds::Op;

impl<'a> Machine<'a> {
    /// Calls a function of the module with plain arguments, which go straight into its frame.
    pub(crate) fn call_function_nodes(&mut self, id: FunctionId, nodes: &'a [Node]) -> R<Value> {
        let Some(function) = self.code.functions.get(id.0 as usize) else {
            return Err(Stop::unsupported("a function that does not exist"));
        };
        if !function.plain || function.params.len() != nodes.len() {
            let mut args = Vec::with_capacity(nodes.len());
            for node in nodes {
                args.push(self.eval(node)?);
            }
            return self.call_function(id, Call::of(args));
        }
        let base = self.state.stack.len();
        for (place, node) in nodes.iter().enumerate() {
            // A function that reads the input by field only is not given the whole of it, which would have to be made.
            if place == 0 && !function.reads_first && matches!(node.kind, Kind::Input) {
                self.state.stack.push(Some(Value::None));
                continue;
            }
            match self.eval(node) {
                Ok(value) => self.state.stack.push(Some(value)),
                Err(stop) => {
                    self.state.stack.truncate(base);
                    return Err(stop);
                }
            }
        }
        self.enter(id.0, base, |_| Ok(()))
    }

    /// Calls a function that takes plain arguments and as many as given here: none or one.
    pub(crate) fn enter_with(&mut self, id: FunctionId, argument: Option<Value>) -> R<Value> {
        let base = self.state.stack.len();
        self.state.stack.extend(argument.map(Some));
        self.enter(id.0, base, |_| Ok(()))
    }

    /// Calls a function of the module.
    pub(crate) fn call_function(&mut self, id: FunctionId, call: Call) -> R<Value> {
        if self.code.functions.get(id.0 as usize).is_none() {
            return Err(Stop::unsupported("a function that does not exist"));
        }
        let base = self.state.stack.len();
        self.enter(id.0, base, |this| this.bind_arguments(id.0, call))
    }

    /// Runs a function whose frame begins at `base`, once its arguments are bound.
    fn enter(&mut self, index: u32, base: usize, bind: impl FnOnce(&mut Self) -> R<()>) -> R<Value> {
        let function = &self.code.functions[index as usize];
        self.tick(1)?;
        let caller = self.state.frame;
        self.state.next_activation += 1;
        let activation = self.state.next_activation;
        self.state.frame = Home { base, function: index, activation };
        self.state.activations.push(activation);
        self.state.stack.resize_with(base + function.locals.len().max(function.params.len()), || None);
        let result = self.deeper(DEPTH_UNIT + function.depth, |this| {
            bind(this)?;
            match this.run(&function.body)? {
                Flow::Return(value) => Ok(value),
                _ => Ok(Value::None),
            }
        });
        self.state.stack.truncate(base);
        self.state.activations.pop();
        self.state.frame = caller;
        result
    }

    /// Calls any value.
    pub(crate) fn call_value(&mut self, callee: &Value, call: Call) -> R<Value> {
        match callee {
            Value::Function(id) => self.call_function(*id, call),
            Value::Object(object) => match &**object {
                Object::Lambda(closure) => self.call_lambda(closure, call),
                Object::Bound { receiver, method } => self.call_method(receiver.clone(), *method, call),
                Object::Unbound { class, method } => self.call_unbound(class, *method, call),
                _ => Err(not_callable(callee)),
            },
            Value::Builtin(_) | Value::Class(_) | Value::Unknown(_) => {
                let (names, operands) = operands(callee.clone(), call);
                self.perform(Op::Call(names), &operands)
            }
            _ => Err(not_callable(callee)),
        }
    }

    /// Calls a builtin or a class with arguments that are known where they must be.
    pub(crate) fn call_known(&mut self, callee: &Value, call: Call) -> R<Value> {
        match callee {
            Value::Builtin(builtin) => builtin.call(self, call),
            Value::Class(class) => self.construct(class, call),
            _ => Err(not_callable(callee)),
        }
    }

    pub(crate) fn call_unbound(
        &mut self,
        class: &'static crate::class::Class,
        method: Method,
        mut call: Call,
    ) -> R<Value> {
        let name = method.name();
        if call.args.is_empty() {
            return Err(Stop::type_error(format!("unbound method {}.{name}() needs an argument", class.name())));
        }
        let receiver = call.args.remove(0);
        match receiver.class() {
            Some(own) if own.derives(class) => self.call_method(receiver, method, call),
            None => self.call_method(receiver, method, call),
            Some(own) => Err(Stop::type_error(format!(
                "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
                class.name(),
                own.name()
            ))),
        }
    }

    /// Calls a method of a value.
    pub(crate) fn call_method(&mut self, receiver: Value, method: Method, call: Call) -> R<Value> {
        if !self.state.worlds.exploring {
            return self.method(&receiver, method, call);
        }
        let (names, operands) = operands(receiver, call);
        self.perform(Op::Method(method, names), &operands)
    }

    /// Calls a lambda: its variables live in its definer's frame, and are put back afterwards.
    fn call_lambda(&mut self, closure: &Closure, call: Call) -> R<Value> {
        let lambda = &self.code.lambdas[closure.lambda as usize];
        self.tick(1)?;
        let args = self.lambda_arguments(closure, call)?;
        let top = self.state.stack.len();
        let home = self.home(closure.frame, "lambda")?;
        self.state.next_activation += 1;
        let activation = self.state.next_activation;
        let caller = std::mem::replace(&mut self.state.frame, Home { activation, ..home });
        self.state.activations.push(activation);
        let saved: Vec<_> = lambda.own.iter().map(|slot| self.take_slot(*slot)).collect();
        for ((slot, _), value) in lambda.params.iter().zip(args) {
            self.bind(*slot, value);
        }
        let result = self.deeper(DEPTH_UNIT, |this| this.eval(&lambda.body));
        for (slot, value) in lambda.own.iter().zip(saved) {
            self.put_slot(*slot, value);
        }
        self.state.activations.pop();
        self.state.frame = caller;
        self.state.stack.truncate(top);
        result
    }

    /// The frame in which a lambda or generator works: its definer's, or a fresh one for those of the module itself.
    pub(crate) fn home(&mut self, home: Home, what: &str) -> R<Home> {
        if home.activation == 0 {
            let base = self.state.stack.len();
            self.state.stack.resize(base + self.code.global_slots, None);
            return Ok(Home { base, ..home });
        }
        match self.state.activations.binary_search(&home.activation) {
            Ok(_) => Ok(home),
            Err(_) => Err(Stop::unsupported(format!("a {what} used after the function that made it has returned"))),
        }
    }

    /// The arguments of a lambda; its parameters have no names here, which the front end sees to.
    fn lambda_arguments(&self, closure: &Closure, call: Call) -> R<Vec<Value>> {
        let params = &self.code.lambdas[closure.lambda as usize].params;
        let count = params.len();
        if !call.keyword.is_empty() {
            return Err(Stop::unsupported("a lambda called with arguments by name"));
        }
        let given = call.args.len();
        let required = count - closure.defaults.len();
        if given > count {
            let plural = if count == 1 { "" } else { "s" };
            let were = if given == 1 { "was" } else { "were" };
            let message = format!("<lambda>() takes {count} positional argument{plural} but {given} {were} given");
            return Err(Stop::type_error(message));
        }
        if given < required {
            let plural = if required - given == 1 { "" } else { "s" };
            let names: Vec<_> =
                params[given..required].iter().map(|(slot, _)| self.slot_name(closure.frame, *slot)).collect();
            let (missing, names) = (required - given, super::arguments::join_names(&names));
            let message = format!("<lambda>() missing {missing} required positional argument{plural}: {names}");
            return Err(Stop::type_error(message));
        }
        let mut args = call.args;
        args.extend(closure.defaults.iter().skip(given - required).cloned());
        Ok(args)
    }

    fn slot_name(&self, frame: Home, slot: u32) -> String {
        let function = self.code.functions.get(frame.function as usize);
        let name = function.and_then(|function| function.locals.get(slot as usize));
        format!("'{}'", name.map_or("?", |name| name.as_str()))
    }

    pub(crate) fn take_slot(&mut self, slot: u32) -> Option<Value> {
        let index = self.state.frame.base + slot as usize;
        self.state.stack.get_mut(index).and_then(Option::take)
    }

    pub(crate) fn put_slot(&mut self, slot: u32, value: Option<Value>) {
        let index = self.state.frame.base + slot as usize;
        if let Some(place) = self.state.stack.get_mut(index) {
            *place = value;
        }
    }
}

fn operands(first: Value, call: Call) -> (Vec<smol_str::SmolStr>, Vec<Value>) {
    let mut operands = Vec::with_capacity(1 + call.args.len() + call.keyword.len());
    operands.push(first);
    operands.extend(call.args);
    let mut names = Vec::with_capacity(call.keyword.len());
    for (name, value) in call.keyword {
        names.push(name);
        operands.push(value);
    }
    (names, operands)
}

/// The call that operands stand for, without the first.
pub(crate) fn call_of(names: &[smol_str::SmolStr], operands: &[Value]) -> Call {
    let positional = operands.len().saturating_sub(names.len());
    let args = operands.get(1..positional).unwrap_or_default().to_vec();
    let keyword = names.iter().cloned().zip(operands.iter().skip(positional).cloned()).collect();
    Call { args, keyword }
}

fn not_callable(value: &Value) -> Box<Stop> {
    Stop::wrong(value, |name| format!("'{name}' object is not callable"))
}

/// A method not called yet.
pub(crate) fn bound(receiver: &Value, method: Method) -> Value {
    Value::Object(Rc::new(Object::Bound { receiver: receiver.clone(), method }))
}
