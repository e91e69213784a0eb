//! Which attributes instances have in CPython 3.11, so that one this evaluator lacks is refused and not denied.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::class::{self, Class, Kind};

/// Written by `tests/data/names.py`.
const DATA: &str = include_str!("names.txt");

static NAMES: LazyLock<HashMap<&'static str, HashSet<&'static str>>> = LazyLock::new(|| {
    let lines = DATA.lines().filter_map(|line| line.split_once(' ').or(Some((line, ""))));
    lines.map(|(path, names)| (path, names.split(' ').collect())).collect()
});

/// Whether the attributes of `class` are known at all.
pub(crate) fn lists(class: &Class) -> bool {
    NAMES.contains_key(class.path)
}

/// Whether instances of `class` have the attribute `name`.
pub(crate) fn has(class: &Class, name: &str) -> bool {
    let listed = |path: &str| NAMES.get(path).is_some_and(|names| names.contains(name));
    listed(class.path)
        || listed(class::OBJECT.path)
        || class.kind == Kind::Exception && listed(class::BASE_EXCEPTION.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_those_of_cpython() {
        assert!(has(&class::STR, "removeprefix"));
        assert!(!has(&class::STR, "get"));
        assert!(has(&class::KEY_ERROR, "args"));
        assert!(has(&class::JSON_DECODE_ERROR, "lineno"));
        assert!(has(&class::LIST, "__class__"));
    }
}
