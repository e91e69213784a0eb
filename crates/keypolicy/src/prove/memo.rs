//! The patterns of tests that are the same in every scenario, made once for a search.

use super::atom::{Lift, Pat};
use crate::rules::Test;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// The patterns of tests, each made once for each function of a value and each reading.
#[derive(Debug, Default)]
pub(super) struct Memo<'q>(RefCell<HashMap<Key<'q>, Rc<[Pat]>>>);

type Key<'q> = (Same<'q>, Lift, bool);

impl<'q> Memo<'q> {
    /// The patterns of a test, made if they were not yet.
    pub(super) fn patterns(
        &self,
        (test, lift, wide): (&'q Test, Lift, bool),
        make: impl FnOnce() -> Rc<[Pat]>,
    ) -> Rc<[Pat]> {
        let key = (Same(test), lift, wide);
        if let Some(made) = self.0.borrow().get(&key) {
            return Rc::clone(made);
        }
        let made = make();
        self.0.borrow_mut().insert(key, Rc::clone(&made));
        made
    }
}

/// A test that is equal to itself only.
#[derive(Debug, Clone, Copy)]
struct Same<'q>(&'q Test);

impl PartialEq for Same<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Same<'_> {}

impl Hash for Same<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self.0, state);
    }
}
