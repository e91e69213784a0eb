//! Runs a program on a text as CPython's `re` does: the first way to match in order of preference, by backtracking.
//!
//! Every change to a group or loop is undone when the choice before it is taken back, so a failed attempt leaves no
//! trace. Positions are byte offsets on character boundaries.

use super::program::{Bounds, Inst, Program, Where};
use super::set::{Fold, One, in_class};
use super::tree::{Class, Greed};
use crate::library::{Failure, Steps};

/// An unset position.
pub(super) const UNSET: usize = usize::MAX;
/// The most choices and undo notes kept at once: some 50 MB.
const FRAMES: usize = 1 << 21;

/// What a match must fulfil beyond the pattern.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand {
    /// It ends where the text ends.
    pub(super) whole: bool,
    /// It is not empty.
    pub(super) advance: bool,
}

/// The state of a loop or atomic group.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// Rounds begun.
    done: u32,
    /// How many frames there were when the atomic part began.
    height: u32,
    /// Where the last optional round began.
    last: usize,
}

/// A choice to come back to, or a change to undo.
#[derive(Debug, Clone, Copy)]
enum Frame {
    Choice {
        at: usize,
        pos: usize,
    },
    /// A greedy repetition that may give back characters down to `floor`.
    Greedy {
        at: usize,
        pos: usize,
        floor: usize,
    },
    /// A lazy repetition that may take `left` more.
    Lazy {
        at: usize,
        pos: usize,
        left: Option<u32>,
    },
    /// A lazy loop that may run once more.
    More {
        at: usize,
        pos: usize,
    },
    Mark {
        mark: u32,
        lastindex: u32,
        old: usize,
    },
    Slot {
        slot: u32,
        old: Slot,
    },
}

/// A run on a text.
pub(super) struct Engine<'a> {
    program: &'a Program,
    text: &'a str,
    bytes: &'a [u8],
    /// Where groups start and end.
    pub(super) marks: Vec<usize>,
    /// The group closed last, 0 for none.
    pub(super) lastindex: u32,
    slots: Vec<Slot>,
    stack: Vec<Frame>,
    start: usize,
    demand: Demand,
}

impl<'a> Engine<'a> {
    pub(super) fn new(program: &'a Program, groups: u32, text: &'a str) -> Self {
        Self {
            program,
            text,
            bytes: text.as_bytes(),
            marks: vec![UNSET; 2 * groups as usize],
            lastindex: 0,
            slots: vec![Slot::default(); program.slots],
            stack: Vec::new(),
            start: 0,
            demand: Demand::default(),
        }
    }

    /// Matches from one place; gives where the match ends.
    pub(super) fn match_at(
        &mut self,
        start: usize,
        demand: Demand,
        steps: &mut Steps,
    ) -> Result<Option<usize>, Failure> {
        self.marks.fill(UNSET);
        self.lastindex = 0;
        self.stack.clear();
        (self.start, self.demand) = (start, demand);
        let (mut at, mut pos) = (0, start);
        loop {
            steps.take(1)?;
            let next = match &self.program.code[at] {
                Inst::Match if self.accepts(pos) => return Ok(Some(pos)),
                Inst::Match => None,
                inst => self.step(inst, at, pos, steps)?,
            };
            let next = match next {
                Some(next) => Some(next),
                None => self.backtrack(steps)?,
            };
            match next {
                Some(next) => (at, pos) = next,
                None => return Ok(None),
            }
            if self.stack.len() > FRAMES {
                return Err(Failure::Exceeded("memory of a regular expression"));
            }
        }
    }

    /// Looks for the first match from a place on; gives where it starts and ends. `advance`: one at that very place
    /// must not be empty.
    pub(super) fn search(
        &mut self,
        from: usize,
        advance: bool,
        steps: &mut Steps,
    ) -> Result<Option<(usize, usize)>, Failure> {
        let mut start = from;
        loop {
            if let Some(first) = &self.program.first {
                let skipped = self.bytes[start..].iter().position(|&byte| first[usize::from(byte)]);
                let Some(skipped) = skipped else { return Ok(None) };
                steps.take(skipped as u64 / 8)?;
                start += skipped;
            }
            let demand = Demand { whole: false, advance: advance && start == from };
            if let Some(end) = self.match_at(start, demand, steps)? {
                return Ok(Some((start, end)));
            }
            if self.program.anchored || start >= self.bytes.len() {
                return Ok(None);
            }
            start += self.width(start);
        }
    }

    fn accepts(&self, pos: usize) -> bool {
        !(self.demand.whole && pos != self.bytes.len() || self.demand.advance && pos == self.start)
    }

    /// The bytes of the character at a place, which is not the end.
    fn width(&self, pos: usize) -> usize {
        match self.bytes[pos] {
            0..=0x7f => 1,
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0.. => 4,
        }
    }

    fn char_at(&self, pos: usize) -> Option<(u32, usize)> {
        match self.bytes.get(pos) {
            Some(&byte) if byte < 0x80 => Some((byte.into(), 1)),
            Some(_) => self.text[pos..].chars().next().map(|c| (c.into(), c.len_utf8())),
            None => None,
        }
    }

    fn char_before(&self, pos: usize) -> Option<u32> {
        self.text[..pos].chars().next_back().map(u32::from)
    }

    /// Where the next character ends when it matches.
    fn one(&self, one: One, pos: usize) -> Option<usize> {
        let (c, width) = self.char_at(pos)?;
        one.matches(c, &self.program.sets).then_some(pos + width)
    }

    /// What one instruction leads to; `None` where it fails.
    fn step(
        &mut self,
        inst: &Inst,
        at: usize,
        pos: usize,
        steps: &mut Steps,
    ) -> Result<Option<(usize, usize)>, Failure> {
        let next = Some((at + 1, pos));
        Ok(match inst {
            Inst::One(one) => self.one(*one, pos).map(|pos| (at + 1, pos)),
            Inst::Literal(text) => self.bytes[pos..].starts_with(text.as_bytes()).then(|| (at + 1, pos + text.len())),
            Inst::Mark(mark) => {
                self.set_mark(*mark, pos);
                next
            }
            Inst::Where(place) => self.stands(*place, pos).then_some((at + 1, pos)),
            Inst::Split(other) => {
                self.stack.push(Frame::Choice { at: *other, pos });
                next
            }
            Inst::Jump(to) => Some((*to, pos)),
            Inst::Repeat { one, bounds, greed, follow } => {
                return self.repeat(*one, *bounds, *greed, *follow, (at, pos), steps);
            }
            Inst::Loop { slot, until } => {
                self.save(*slot);
                self.slots[*slot] = Slot { done: 0, height: 0, last: UNSET };
                Some((*until, pos))
            }
            Inst::Until { slot, bounds, lazy, body } => Some(self.until(*slot, *bounds, *lazy, *body, (at, pos))),
            Inst::AtomicStart(slot) => {
                self.save(*slot);
                self.slots[*slot].height = self.stack.len() as u32;
                next
            }
            Inst::AtomicEnd(slot) => {
                self.cut(*slot);
                next
            }
            Inst::PossessiveStart(slot) => {
                self.save(*slot);
                self.slots[*slot] = Slot { done: 0, height: 0, last: UNSET };
                next
            }
            Inst::PossessiveNext { slot, bounds, exit } => Some(self.possessive(*slot, *bounds, *exit, (at, pos))),
            Inst::PossessiveEnd { slot, next } => {
                self.cut(*slot);
                self.save(*slot);
                self.slots[*slot].done = self.slots[*slot].done.saturating_add(1);
                Some((*next, pos))
            }
            Inst::Backreference(group, fold) => self.backreference(*group, *fold, pos, steps)?.map(|pos| (at + 1, pos)),
            Inst::Never | Inst::Match => None,
        })
    }

    fn set_mark(&mut self, mark: u32, pos: usize) {
        let old = std::mem::replace(&mut self.marks[mark as usize], pos);
        self.stack.push(Frame::Mark { mark, lastindex: self.lastindex, old });
        if mark % 2 == 1 {
            self.lastindex = mark / 2 + 1;
        }
    }

    fn save(&mut self, slot: usize) {
        self.stack.push(Frame::Slot { slot: slot as u32, old: self.slots[slot] });
    }

    /// Forgets the choices made since an atomic part began; what they changed can still be undone.
    fn cut(&mut self, slot: usize) {
        let height = self.slots[slot].height as usize;
        let mut kept = height;
        for i in height..self.stack.len() {
            if matches!(self.stack[i], Frame::Mark { .. } | Frame::Slot { .. }) {
                self.stack[kept] = self.stack[i];
                kept += 1;
            }
        }
        self.stack.truncate(kept);
    }

    fn stands(&self, place: Where, pos: usize) -> bool {
        let end = self.bytes.len();
        match place {
            Where::Beginning => pos == 0,
            Where::BeginningOfLine => pos == 0 || self.bytes[pos - 1] == b'\n',
            Where::End => pos == end,
            Where::EndOfLine => pos == end || self.bytes[pos] == b'\n',
            Where::EndOrFinalLine => pos == end || pos + 1 == end && self.bytes[pos] == b'\n',
            Where::Boundary { ascii, there } => {
                let word = |c| in_class(Class::Word, c, ascii);
                let before = self.char_before(pos).is_some_and(word);
                let after = self.char_at(pos).is_some_and(|(c, _)| word(c));
                end != 0 && (before != after) == there
            }
        }
    }

    fn repeat(
        &mut self,
        one: One,
        bounds: Bounds,
        greed: Greed,
        follow: Option<u8>,
        (at, start): (usize, usize),
        steps: &mut Steps,
    ) -> Result<Option<(usize, usize)>, Failure> {
        let Some(floor) = self.taken(one, start, bounds.min, steps)? else { return Ok(None) };
        let left = bounds.max.map(|max| max - bounds.min);
        if greed == Greed::Lazy {
            if left != Some(0) {
                self.stack.push(Frame::Lazy { at, pos: floor, left });
            }
            return Ok(Some((at + 1, floor)));
        }
        let mut pos = floor;
        let mut taken = 0;
        while left != Some(taken)
            && let Some(next) = self.one(one, pos)
        {
            pos = next;
            taken += 1;
        }
        steps.take(u64::from(taken) / 4)?;
        if greed == Greed::Possessive {
            return Ok(Some((at + 1, pos)));
        }
        if pos > floor {
            self.stack.push(Frame::Greedy { at, pos, floor });
        }
        let fits = follow.is_none_or(|byte| self.bytes.get(pos) == Some(&byte));
        Ok(fits.then_some((at + 1, pos)))
    }

    /// Where so many characters end, when all match.
    fn taken(&self, one: One, mut pos: usize, count: u32, steps: &mut Steps) -> Result<Option<usize>, Failure> {
        for _ in 0..count {
            match self.one(one, pos) {
                Some(next) => pos = next,
                None => return Ok(None),
            }
        }
        steps.take(u64::from(count) / 4)?;
        Ok(Some(pos))
    }

    fn until(
        &mut self,
        slot: usize,
        bounds: Bounds,
        lazy: bool,
        body: usize,
        (at, pos): (usize, usize),
    ) -> (usize, usize) {
        let Slot { done, last, .. } = self.slots[slot];
        if done < bounds.min {
            self.save(slot);
            self.slots[slot].done += 1;
            return (body, pos);
        }
        if lazy {
            self.stack.push(Frame::More { at, pos });
            return (at + 1, pos);
        }
        // A round that matched nothing is the last.
        if !bounds.allow(done) || pos == last {
            return (at + 1, pos);
        }
        self.stack.push(Frame::Choice { at: at + 1, pos });
        self.again(slot, pos);
        (body, pos)
    }

    fn again(&mut self, slot: usize, pos: usize) {
        self.save(slot);
        let state = &mut self.slots[slot];
        state.done = state.done.saturating_add(1);
        state.last = pos;
    }

    fn possessive(&mut self, slot: usize, bounds: Bounds, exit: usize, (at, pos): (usize, usize)) -> (usize, usize) {
        let Slot { done, last, .. } = self.slots[slot];
        let needed = done < bounds.min;
        if !needed && (!bounds.allow(done) || pos == last) {
            return (exit, pos);
        }
        self.save(slot);
        self.slots[slot].height = self.stack.len() as u32;
        if !needed {
            self.stack.push(Frame::Choice { at: exit, pos });
            self.slots[slot].last = pos;
        }
        (at + 1, pos)
    }

    fn backreference(
        &self,
        group: u32,
        fold: Fold,
        mut pos: usize,
        steps: &mut Steps,
    ) -> Result<Option<usize>, Failure> {
        let mark = 2 * (group as usize - 1);
        let (mut from, to) = (self.marks[mark], self.marks[mark + 1]);
        if from == UNSET || to == UNSET || to < from {
            return Ok(None);
        }
        steps.take((to - from) as u64 / 4)?;
        while from < to {
            match (self.char_at(from), self.char_at(pos)) {
                (Some((a, wide)), Some((b, width))) if fold.lower(a) == fold.lower(b) => {
                    from += wide;
                    pos += width;
                }
                _ => return Ok(None),
            }
        }
        Ok(Some(pos))
    }

    /// Undoes changes up to the last choice and takes its other way.
    fn backtrack(&mut self, steps: &mut Steps) -> Result<Option<(usize, usize)>, Failure> {
        while let Some(frame) = self.stack.pop() {
            match frame {
                Frame::Choice { at, pos } => return Ok(Some((at, pos))),
                Frame::Mark { mark, lastindex, old } => {
                    self.marks[mark as usize] = old;
                    self.lastindex = lastindex;
                }
                Frame::Slot { slot, old } => self.slots[slot as usize] = old,
                Frame::Greedy { at, pos, floor } => {
                    if let Some(next) = self.give_back(at, pos, floor, steps)? {
                        return Ok(Some(next));
                    }
                }
                Frame::Lazy { at, pos, left } => {
                    if let Some(next) = self.take_more(at, pos, left) {
                        return Ok(Some(next));
                    }
                }
                Frame::More { at, pos } => {
                    if let Some(next) = self.once_more(at, pos) {
                        return Ok(Some(next));
                    }
                }
            }
        }
        Ok(None)
    }

    fn give_back(
        &mut self,
        at: usize,
        pos: usize,
        floor: usize,
        steps: &mut Steps,
    ) -> Result<Option<(usize, usize)>, Failure> {
        let shorter = match &self.program.code[at] {
            Inst::Repeat { follow: Some(byte), .. } => self.bytes[floor..pos].iter().rposition(|b| b == byte),
            _ => self.text[floor..pos].char_indices().next_back().map(|(i, _)| i),
        };
        steps.take((pos - floor - shorter.unwrap_or(0)) as u64 / 8)?;
        let Some(pos) = shorter.map(|i| floor + i) else { return Ok(None) };
        if pos > floor {
            self.stack.push(Frame::Greedy { at, pos, floor });
        }
        Ok(Some((at + 1, pos)))
    }

    fn take_more(&mut self, at: usize, pos: usize, left: Option<u32>) -> Option<(usize, usize)> {
        let Inst::Repeat { one, .. } = &self.program.code[at] else { return None };
        let pos = self.one(*one, pos)?;
        let left = left.map(|left| left - 1);
        if left != Some(0) {
            self.stack.push(Frame::Lazy { at, pos, left });
        }
        Some((at + 1, pos))
    }

    fn once_more(&mut self, at: usize, pos: usize) -> Option<(usize, usize)> {
        let Inst::Until { slot, bounds, body, .. } = self.program.code[at] else { return None };
        let Slot { done, last, .. } = self.slots[slot];
        if !bounds.allow(done) || pos == last {
            return None;
        }
        self.again(slot, pos);
        Some((body, pos))
    }
}
