//! Merge keys (`<<`), and the search for equal keys.

use super::{Keys, fault};
use crate::SyntaxError;
use crate::tree::{Entry, Node, NodeKind, Resolved, Style};
use std::collections::BTreeMap;

/// A mapping with its merge keys replaced by what they bring.
pub(super) struct Merged {
    pub(super) entries: Vec<Entry>,
    /// How many values that added.
    pub(super) added: usize,
}

/// What makes two keys equal: as in a Python dict, where `1`, `1.0` and `true` are one key.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Null,
    Whole(i128),
    Digits(String),
    Fraction(u64),
    Text(String),
}

/// Checks that no key is written twice, and merges. `budget` bounds the values that merging may copy.
pub(super) fn mapping(entries: Vec<Entry>, budget: usize, keys: Keys) -> Result<Merged, SyntaxError> {
    let mut first = BTreeMap::new();
    for entry in &entries {
        if let Some(earlier) = first.insert(identity(&entry.key), entry.key.span)
            && keys == Keys::Unique
        {
            return Err(fault::duplicate_key(&entry.key, earlier));
        }
    }
    if entries.iter().any(|entry| is_merge(&entry.key)) {
        merge(entries, budget)
    } else {
        Ok(Merged { entries, added: 0 })
    }
}

/// As PyYAML does it: what is merged comes first, later ones before earlier ones, and own keys take the place of merged ones.
fn merge(entries: Vec<Entry>, budget: usize) -> Result<Merged, SyntaxError> {
    let (merges, own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| is_merge(&entry.key));
    let mut all: Vec<Entry> = Vec::new();
    let mut places = BTreeMap::new();
    let mut added = 0;
    for source in merges.iter().map(|entry| sources(&entry.value)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten()
    {
        for entry in source {
            added += entry.key.size() + entry.value.size();
            if added > budget {
                return Ok(Merged { entries: Vec::new(), added });
            }
            put(&mut all, &mut places, entry.clone());
        }
    }
    for entry in own {
        put(&mut all, &mut places, entry);
    }
    Ok(Merged { entries: all, added })
}

/// A key keeps its first place and gets its last value, as in a dict; the key itself is then the last one, whose span matters.
fn put(all: &mut Vec<Entry>, places: &mut BTreeMap<Identity, usize>, entry: Entry) {
    let place = *places.entry(identity(&entry.key)).or_insert(all.len());
    match all.get_mut(place) {
        Some(earlier) => *earlier = entry,
        None => all.push(entry),
    }
}

/// The mappings that a merge key names, in the order in which they count: the last one wins.
fn sources(value: &Node) -> Result<Vec<&[Entry]>, SyntaxError> {
    match &value.kind {
        NodeKind::Mapping(entries) => Ok(vec![entries]),
        NodeKind::Sequence(items) => {
            items.iter().rev().map(|item| item.as_mapping().ok_or_else(|| fault::not_mergeable(item))).collect()
        }
        NodeKind::Scalar(_) => Err(fault::not_mergeable(value)),
    }
}

fn is_merge(key: &Node) -> bool {
    key.tag.is_none() && key.as_scalar().is_some_and(|scalar| scalar.style == Style::Plain && scalar.text == "<<")
}

fn identity(key: &Node) -> Identity {
    let Some(scalar) = key.as_scalar() else { return Identity::Null };
    match &scalar.resolved {
        Resolved::Null => Identity::Null,
        Resolved::Bool(value) => Identity::Whole(i128::from(*value)),
        Resolved::Int(value) => Identity::Whole(*value),
        Resolved::BigInt(digits) => Identity::Digits(digits.clone()),
        Resolved::Float(value) => match whole(*value) {
            Some(whole) => Identity::Whole(whole),
            None => Identity::Fraction(value.to_bits()),
        },
        // A quoted `<<` is a key like any other, and no merge key.
        Resolved::String if is_merge(key) => Identity::Digits("<<".to_owned()),
        Resolved::String => Identity::Text(scalar.text.clone()),
    }
}

/// The whole number that a double equals, as far as doubles hold whole numbers exactly.
fn whole(value: f64) -> Option<i128> {
    let exact = value.fract() == 0.0 && value.abs() < 1e15;
    #[expect(clippy::cast_possible_truncation, reason = "it is a small whole number")]
    exact.then_some(value as i128)
}
