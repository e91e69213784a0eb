//! Mutation for tests on the stable compiler: bounded, and the same in every run.

/// A small generator of numbers, the same in every run.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `count`; 0 below nothing.
    pub fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (count as u64).max(1)).unwrap_or(0)
    }
}

/// Changes a byte, takes some away, cuts the end off, doubles some, or puts one of the words in.
pub fn mutate(bytes: &mut Vec<u8>, words: &[&[u8]], dice: &mut Dice) {
    if bytes.is_empty() {
        bytes.push(b'{');
    }
    let (a, b) = (dice.below(bytes.len()), dice.below(bytes.len()));
    let (start, end) = (a.min(b), a.max(b).min(a.min(b) + 300));
    match dice.below(6) {
        0 => bytes[start] = u8::try_from(dice.below(256)).unwrap_or(0),
        1 => drop(bytes.drain(start..end)),
        2 => bytes.truncate(start.max(1)),
        3 => {
            let copy = bytes[start..end].to_vec();
            bytes.splice(a..a, copy);
        }
        _ => {
            let word = words[dice.below(words.len())];
            bytes.splice(start..start, word.iter().copied());
        }
    }
}
