//! Builtin and library functions by their canonical names.

use std::fmt;

use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::stop::{R, Stop};
use crate::value::Value;

/// A function, or a constant, of Python's builtins or its library.
pub struct Builtin {
    /// The canonical name: `len`, `json.loads`, `re.IGNORECASE`.
    pub(crate) name: &'static str,
    pub(crate) body: Body,
}

/// What a [`Builtin`] does.
pub(crate) enum Body {
    Function(fn(&mut Machine<'_>, Call) -> R<Value>),
    Constant(fn() -> Value),
}

impl fmt::Debug for Builtin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Builtin {
    pub(crate) const fn function(name: &'static str, body: fn(&mut Machine<'_>, Call) -> R<Value>) -> Self {
        Self { name, body: Body::Function(body) }
    }

    pub(crate) const fn constant(name: &'static str, body: fn() -> Value) -> Self {
        Self { name, body: Body::Constant(body) }
    }

    /// The value that the name has.
    pub(crate) fn value(&'static self) -> Value {
        match self.body {
            Body::Function(_) => Value::Builtin(self),
            Body::Constant(make) => make(),
        }
    }

    pub(crate) fn call(&self, machine: &mut Machine<'_>, call: Call) -> R<Value> {
        match self.body {
            Body::Function(body) => body(machine, call),
            Body::Constant(make) => {
                let name = make().type_name();
                Err(Stop::type_error(format!("'{name}' object is not callable")))
            }
        }
    }
}

/// The builtin or library function of that name.
pub(crate) fn by_name(name: &str) -> Option<&'static Builtin> {
    tables().find(|builtin| builtin.name == name)
}

/// All of them.
pub(crate) fn tables() -> impl Iterator<Item = &'static Builtin> {
    [crate::builtins::TABLE].into_iter().chain(crate::modules::TABLES.iter().copied()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_given_twice() {
        let mut names: Vec<_> = tables().map(|builtin| builtin.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
