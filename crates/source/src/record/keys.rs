//! The keys of the objects being read, for finding equal ones.

use crate::escape::unescape;

/// Up to this many keys are compared pair by pair; more are sorted, so that no choice of keys makes it quadratic.
const PAIRWISE: usize = 24;

/// A stack of keys: those of the innermost object lie on top.
#[derive(Debug, Default)]
pub(super) struct Keys {
    keys: Vec<Key>,
    /// The text of keys that are written with escapes.
    decoded: String,
}

#[derive(Debug, Clone, Copy)]
struct Key {
    /// Equal keys have equal prints; the reverse holds only for keys of up to seven bytes.
    print: u64,
    start: u32,
    end: u32,
    decoded: bool,
}

/// Where an object's keys begin on the stack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Base {
    keys: usize,
    decoded: usize,
}

impl Keys {
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.decoded.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn base(&self) -> Base {
        Base { keys: self.keys.len(), decoded: self.decoded.len() }
    }

    /// Adds the key whose inside stands at `start..end`; `None` where it cannot be decoded.
    #[inline]
    pub(super) fn push(&mut self, text: &str, start: usize, end: usize, escaped: bool) -> Option<()> {
        if escaped {
            return self.push_escaped(text.get(start..end)?);
        }
        let print = print(text.as_bytes().get(start..end)?);
        self.keys.push(Key { print, start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()?, decoded: false });
        Some(())
    }

    #[cold]
    fn push_escaped(&mut self, inside: &str) -> Option<()> {
        let start = self.decoded.len();
        unescape(inside, &mut self.decoded).ok()?;
        let print = print(self.decoded.as_bytes().get(start..)?);
        let (start, end) = (u32::try_from(start).ok()?, u32::try_from(self.decoded.len()).ok()?);
        self.keys.push(Key { print, start, end, decoded: true });
        Some(())
    }

    /// The text of a key by its place on the stack.
    pub(super) fn get<'a>(&'a self, index: usize, text: &'a str) -> &'a str {
        self.keys.get(index).map(|&key| self.text(key, text)).unwrap_or_default()
    }

    fn text<'a>(&'a self, key: Key, text: &'a str) -> &'a str {
        let from = if key.decoded { &self.decoded } else { text };
        from.get(key.start as usize..key.end as usize).unwrap_or_default()
    }

    /// Takes the keys above `base` from the stack; `None` if two of them are equal.
    #[inline]
    pub(super) fn close(&mut self, base: Base, text: &str) -> Option<()> {
        let unique = match self.keys.get(base.keys..).unwrap_or_default() {
            [] | [_] => true,
            few if few.len() <= PAIRWISE => self.pairwise_unique(few, text),
            _ => self.sorted_unique(base, text),
        };
        self.keys.truncate(base.keys);
        self.decoded.truncate(base.decoded);
        unique.then_some(())
    }

    fn pairwise_unique(&self, keys: &[Key], text: &str) -> bool {
        keys.iter().enumerate().all(|(index, &key)| {
            let earlier = keys.get(..index).unwrap_or_default();
            !earlier.iter().any(|&other| other.print == key.print && self.text(other, text) == self.text(key, text))
        })
    }

    #[cold]
    fn sorted_unique(&mut self, base: Base, text: &str) -> bool {
        let mut keys = self.keys.split_off(base.keys);
        keys.sort_unstable_by(|&a, &b| a.print.cmp(&b.print).then_with(|| self.text(a, text).cmp(self.text(b, text))));
        let unique = keys.windows(2).all(|pair| match pair {
            &[a, b] => a.print != b.print || self.text(a, text) != self.text(b, text),
            _ => true,
        });
        self.keys.append(&mut keys);
        unique
    }
}

/// The first seven bytes and the length.
#[inline]
fn print(key: &[u8]) -> u64 {
    let length = (key.len() as u64) << 56;
    match key.first_chunk::<8>() {
        Some(head) => u64::from_le_bytes(*head) << 8 >> 8 ^ length,
        None => key.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)) ^ length,
    }
}
