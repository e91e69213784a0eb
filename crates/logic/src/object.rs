//! The rarer kinds of values, behind one pointer.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use smol_str::SmolStr;

use crate::class::{self, Class};
use crate::containers::Dict;
use crate::iterate::Iter;
use crate::library::ip::{Address, Network, Version};
use crate::library::pattern::{Match, Pattern};
use crate::library::time::{Date, DateTime, Delta, Zone};
use crate::library::url::Url;
use crate::method::Method;
use crate::sealed::Sealed;
use crate::value::Value;

/// A value that is neither a scalar nor a plain container.
#[derive(Debug)]
pub enum Object {
    /// `range(start, stop, step)`.
    Range(Range),
    /// `start:stop:step` as an index.
    Slice { start: Value, stop: Value, step: Value },
    /// `d.keys()`, `d.values()`, `d.items()`.
    View(View, Rc<Dict>),
    /// Anything `next` works on.
    Iterator(Iterator),
    /// An exception as a value.
    Exception(Raised),
    /// `receiver.method` not called yet.
    Bound { receiver: Value, method: Method },
    /// `str.lower`.
    Unbound { class: &'static Class, method: Method },
    /// A lambda.
    Lambda(Closure),
    /// A compiled regular expression.
    Pattern(Rc<Pattern>),
    /// A match of one.
    Match(Found),
    /// `datetime.datetime`.
    DateTime(DateTime),
    /// `datetime.date`.
    Date(Date),
    /// `datetime.timedelta`.
    Delta(Delta),
    /// `datetime.timezone`.
    Zone(Zone),
    /// An address of `ipaddress`.
    Address(Address),
    /// A network of `ipaddress`.
    Network(Network),
    /// What `urllib.parse.urlparse` gives; its parts are read by name.
    Url(Url),
    /// An event or a part of one.
    Sealed(Sealed),
}

/// A match with what it was found by and in.
#[derive(Debug)]
pub struct Found {
    pub(crate) pattern: Rc<Pattern>,
    pub(crate) subject: SmolStr,
    pub(crate) found: Match,
}

/// `range(start, stop, step)`; the step is never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub(crate) start: i128,
    pub(crate) stop: i128,
    pub(crate) step: i128,
}

/// Which side of a dict a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    Keys,
    Values,
    Items,
}

/// An iterator: its state is taken out while it advances, so that one that asks for itself is seen.
#[derive(Debug)]
pub struct Iterator {
    pub(crate) class: &'static Class,
    pub(crate) state: RefCell<Iter>,
    /// How many iterators stand within each other.
    pub(crate) depth: u32,
}

/// An exception: its class and arguments.
#[derive(Debug)]
pub struct Raised {
    pub(crate) class: &'static Class,
    pub(crate) args: Vec<Value>,
}

/// A lambda in its definer's frame.
#[derive(Debug)]
pub struct Closure {
    pub(crate) lambda: u32,
    pub(crate) frame: Home,
    pub(crate) defaults: Vec<Value>,
}

/// The frame that a lambda or generator works in; valid while that activation lasts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Home {
    pub(crate) base: usize,
    pub(crate) function: u32,
    pub(crate) activation: u64,
}

impl Range {
    /// How many numbers it has.
    pub(crate) fn len(&self) -> i128 {
        let (low, high) = if self.step > 0 { (self.start, self.stop) } else { (self.stop, self.start) };
        if low >= high {
            return 0;
        }
        high.saturating_sub(low).saturating_sub(1) / self.step.saturating_abs() + 1
    }

    /// The number at `index`, which is within.
    pub(crate) fn at(&self, index: i128) -> i128 {
        self.start.saturating_add(index.saturating_mul(self.step))
    }

    pub(crate) fn contains(&self, value: i128) -> bool {
        let within = if self.step > 0 {
            self.start <= value && value < self.stop
        } else {
            self.stop < value && value <= self.start
        };
        within && value.checked_sub(self.start).is_some_and(|offset| offset % self.step == 0)
    }
}

impl Object {
    pub(crate) fn class(&self) -> &'static Class {
        match self {
            Self::Range(_) => &class::RANGE,
            Self::Slice { .. } => &class::SLICE,
            Self::View(View::Keys, _) => &class::DICT_KEYS,
            Self::View(View::Values, _) => &class::DICT_VALUES,
            Self::View(View::Items, _) => &class::DICT_ITEMS,
            Self::Iterator(iterator) => iterator.class,
            Self::Exception(raised) => raised.class,
            Self::Bound { .. } | Self::Unbound { .. } => &class::BUILTIN_FUNCTION,
            Self::Lambda(_) => &class::FUNCTION,
            Self::Pattern(_) => &class::PATTERN,
            Self::Match(_) => &class::MATCH,
            Self::DateTime(_) => &class::DATE_TIME,
            Self::Date(_) => &class::DATE,
            Self::Delta(_) => &class::TIME_DELTA,
            Self::Zone(_) => &class::TIME_ZONE,
            Self::Address(address) if address.version() == Version::V4 => &class::ADDRESS4,
            Self::Address(_) => &class::ADDRESS6,
            Self::Network(network) if network.version() == Version::V4 => &class::NETWORK4,
            Self::Network(_) => &class::NETWORK6,
            Self::Url(_) => &class::URL_PARTS,
            Self::Sealed(sealed) => sealed.class(),
        }
    }

    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::Range(range) => range.len() > 0,
            Self::View(_, dict) => !dict.entries().is_empty(),
            Self::Delta(length) => !length.is_zero(),
            Self::Sealed(sealed) => sealed.len() > 0,
            _ => true,
        }
    }

    pub(crate) fn is_hashable(&self) -> bool {
        !matches!(self, Self::Slice { .. } | Self::View(View::Keys | View::Items, _) | Self::Sealed(_))
    }

    /// Equality beyond identity, for kinds that have one.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Range(a), Self::Range(b)) => {
                let (len, other_len) = (a.len(), b.len());
                len == other_len && (len == 0 || a.start == b.start && (len == 1 || a.step == b.step))
            }
            (Self::Pattern(a), Self::Pattern(b)) => a == b,
            (Self::DateTime(a), Self::DateTime(b)) => a == b,
            (Self::Date(a), Self::Date(b)) => a == b,
            (Self::Delta(a), Self::Delta(b)) => a == b,
            (Self::Zone(a), Self::Zone(b)) => a == b,
            (Self::Address(a), Self::Address(b)) => a == b,
            (Self::Network(a), Self::Network(b)) => a == b,
            (Self::Url(a), Self::Url(b)) => a.parts() == b.parts(),
            _ => false,
        }
    }

    /// Consistent with [`Self::equals`].
    pub(crate) fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Range(range) => range.len().hash(state),
            Self::Pattern(pattern) => pattern.source().hash(state),
            Self::DateTime(time) => time.key().hash(state),
            Self::Date(date) => date.hash(state),
            Self::Delta(length) => length.hash(state),
            Self::Zone(zone) => zone.offset().hash(state),
            Self::Address(address) => address.hash(state),
            Self::Network(network) => network.hash(state),
            Self::Url(url) => url.parts().hash(state),
            _ => std::ptr::from_ref(self).hash(state),
        }
    }

    /// Moves the values within into `pending`, for a drop without recursion.
    pub(crate) fn take_values(&mut self, pending: &mut Vec<Value>) {
        match self {
            Self::Slice { start, stop, step } => {
                pending.extend([start, stop, step].map(std::mem::take));
            }
            Self::Iterator(iterator) => iterator.state.get_mut().take_values(pending),
            Self::Exception(raised) => pending.append(&mut raised.args),
            Self::Bound { receiver, .. } => pending.push(std::mem::take(receiver)),
            Self::Lambda(closure) => pending.append(&mut closure.defaults),
            Self::View(_, dict) => pending.push(Value::Dict(std::mem::take(dict))),
            Self::Sealed(sealed) => pending.push(sealed.take()),
            _ => {}
        }
    }
}
