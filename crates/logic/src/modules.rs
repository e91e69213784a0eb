//! The standard library, as far as detections use it.

use std::cmp::Ordering;
use std::rc::Rc;

use smol_str::SmolStr;

use crate::builtin::Builtin;
use crate::class::Class;
use crate::evaluate::arguments::Call;
use crate::evaluate::machine::Machine;
use crate::iterate::Iter;
use crate::method::Method;
use crate::object::{Object, Raised};
use crate::stop::{R, Stop};
use crate::tree::{BinaryOp, UnaryOp};
use crate::value::Value;

/// The functions of each module.
pub(crate) static TABLES: &[&[Builtin]] = &[];

/// `-value` and its like for objects of the library.
pub(crate) fn unary(_: UnaryOp, _: &Value) -> R<Option<Value>> {
    Ok(None)
}

/// `abs(value)` for objects of the library.
pub(crate) fn absolute(_: &Value) -> R<Option<Value>> {
    Ok(None)
}

/// `format(object, spec)`; `None` where the object takes no spec.
pub(crate) fn formatted(_: &Object, _: &str) -> Option<R<String>> {
    None
}

impl Object {
    /// `str(self)` where that is not its `repr`.
    pub(crate) fn text(&self) -> Option<String> {
        None
    }

    /// `repr(self)`.
    pub(crate) fn repr(&self) -> Option<String> {
        None
    }

    /// The order of two objects that have one.
    pub(crate) fn compare(&self, _: &Self) -> R<Option<Ordering>> {
        Ok(None)
    }
}

impl Machine<'_> {
    /// An iterator over an object of the library.
    pub(crate) fn library_iter(&mut self, _: &Rc<Object>) -> Option<R<Iter>> {
        None
    }

    /// `a op b` where one is an object of the library.
    pub(crate) fn library_binary(&mut self, _: BinaryOp, _: &Value, _: &Value) -> R<Option<Value>> {
        Ok(None)
    }

    /// `item in object`.
    pub(crate) fn library_contains(&mut self, _: &Object, _: &Value) -> R<Option<bool>> {
        Ok(None)
    }

    /// `object[index]`.
    pub(crate) fn object_item(&mut self, object: &Object, index: &Value) -> R<Option<Value>> {
        match object {
            Object::Range(range) => {
                let at = crate::text::index(index)?;
                let at = if at < 0 { at.saturating_add(range.len()) } else { at };
                if (0..range.len()).contains(&at) {
                    return Ok(Some(Value::Int(range.at(at))));
                }
                Err(Stop::raise(&crate::class::INDEX_ERROR, "range object index out of range"))
            }
            _ => Ok(None),
        }
    }

    /// An attribute that is no method.
    pub(crate) fn library_attribute(&mut self, value: &Value, name: &SmolStr) -> R<Option<Value>> {
        Ok(match (value, name.as_str()) {
            (value, "__class__") => value.class().map(Value::Class),
            (Value::Class(class), "__name__" | "__qualname__") => Some(Value::str(class.name())),
            (Value::Object(object), name) => match &**object {
                Object::Exception(raised) => exception_attribute(raised, name),
                _ => None,
            },
            _ => None,
        })
    }

    /// A method of an object.
    pub(crate) fn library_method(&mut self, receiver: &Value, _: &Object, method: Method, _: Call) -> R<Value> {
        Err(self.no_method(receiver, method))
    }

    /// A new instance of a class of the library.
    pub(crate) fn library_construct(&mut self, class: &'static Class, _: Call) -> R<Value> {
        Err(Stop::unsupported(format!("making a '{}'", class.path())))
    }
}

fn exception_attribute(raised: &Raised, name: &str) -> Option<Value> {
    match name {
        "args" => Some(Value::tuple(raised.args.clone())),
        _ => None,
    }
}
