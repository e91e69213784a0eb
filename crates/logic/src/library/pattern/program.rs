//! A pattern as instructions for the [`super::engine`].

use super::flags::{ASCII, DOTALL, MULTILINE, combined};
use super::set::{Fold, Literal, One, Set};
use super::tree::{At, Greed, Node};
use crate::library::Failure;

/// The most instructions of a program.
const INSTRUCTIONS: usize = 1 << 20;

/// A position that is asked for, flags applied.
#[derive(Debug, Clone, Copy)]
pub(super) enum Where {
    Beginning,
    BeginningOfLine,
    End,
    EndOfLine,
    /// Before the final line feed too.
    EndOrFinalLine,
    Boundary {
        ascii: bool,
        there: bool,
    },
}

/// How often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) min: u32,
    pub(super) max: Option<u32>,
}

impl Bounds {
    /// Whether another one may follow so many.
    pub(super) fn allow(self, done: u32) -> bool {
        self.max.is_none_or(|max| done < max)
    }
}

/// An instruction. What it does not name goes on at the next one.
#[derive(Debug, Clone)]
pub(super) enum Inst {
    One(One),
    Literal(Box<str>),
    Mark(u32),
    Where(Where),
    /// Tries the next instruction, then this place.
    Split(usize),
    Jump(usize),
    /// One character repeated; `follow` is the byte that the rest starts with, where known.
    Repeat {
        one: One,
        bounds: Bounds,
        greed: Greed,
        follow: Option<u8>,
    },
    /// Opens a loop and goes to its [`Inst::Until`].
    Loop {
        slot: usize,
        until: usize,
    },
    /// Decides whether the body runs again.
    Until {
        slot: usize,
        bounds: Bounds,
        lazy: bool,
        body: usize,
    },
    AtomicStart(usize),
    AtomicEnd(usize),
    PossessiveStart(usize),
    PossessiveNext {
        slot: usize,
        bounds: Bounds,
        exit: usize,
    },
    PossessiveEnd {
        slot: usize,
        next: usize,
    },
    Backreference(u32, Fold),
    Never,
    Match,
}

/// A pattern made ready.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) code: Vec<Inst>,
    pub(super) sets: Vec<Set>,
    /// Loops and atomic groups.
    pub(super) slots: usize,
    /// Whether it matches at the beginning of the text only.
    pub(super) anchored: bool,
    /// Which bytes a match may start with; `None` where it may be empty.
    pub(super) first: Option<Box<[bool; 256]>>,
}

impl Program {
    /// Compiles a pattern.
    pub(super) fn new(body: &[Node], flags: u32) -> Result<Self, Failure> {
        let program = Self { code: Vec::new(), sets: Vec::new(), slots: 0, anchored: false, first: None };
        let mut compiler = Compiler { program };
        compiler.nodes(body, flags)?;
        compiler.emit(Inst::Match)?;
        let mut program = compiler.program;
        program.look_ahead();
        let start = program.code.iter().find(|inst| !matches!(inst, Inst::Mark(_)));
        program.anchored = matches!(start, Some(Inst::Where(Where::Beginning)));
        let mut seen = vec![false; program.code.len()];
        let mut first = Box::new([false; 256]);
        program.first = program.starts(0, &mut first, &mut seen).then_some(first);
        Ok(program)
    }

    /// Notes for each repetition which byte must follow.
    fn look_ahead(&mut self) {
        for i in 1..self.code.len() {
            let byte = match &self.code[i] {
                Inst::Literal(text) => text.as_bytes().first().copied(),
                _ => None,
            };
            if let Inst::Repeat { follow, .. } = &mut self.code[i - 1] {
                *follow = byte;
            }
        }
    }

    /// Collects the bytes that a match from here may start with; false where it may be empty or is not known.
    fn starts(&self, at: usize, bytes: &mut [bool; 256], seen: &mut [bool]) -> bool {
        let mut todo = vec![at];
        while let Some(at) = todo.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            match &self.code[at] {
                Inst::One(one) => self.add(*one, bytes),
                Inst::Repeat { one, bounds, .. } => {
                    self.add(*one, bytes);
                    if bounds.min == 0 {
                        todo.push(at + 1);
                    }
                }
                Inst::Literal(text) => text.bytes().take(1).for_each(|byte| bytes[usize::from(byte)] = true),
                Inst::Split(other) => todo.extend([at + 1, *other]),
                Inst::Jump(to) | Inst::Loop { until: to, .. } | Inst::PossessiveEnd { next: to, .. } => todo.push(*to),
                Inst::Until { body: to, .. } | Inst::PossessiveNext { exit: to, .. } => todo.extend([at + 1, *to]),
                Inst::Mark(_) | Inst::Where(_) | Inst::AtomicStart(_) | Inst::AtomicEnd(_) => todo.push(at + 1),
                Inst::PossessiveStart(_) => todo.push(at + 1),
                Inst::Never => {}
                Inst::Backreference(..) | Inst::Match => return false,
            }
        }
        true
    }

    fn add(&self, one: One, bytes: &mut [bool; 256]) {
        for c in 0..0x80u8 {
            bytes[usize::from(c)] |= one.matches(c.into(), &self.sets);
        }
        let ascii_only = matches!(one, One::Char(c) if c < 0x80);
        if !ascii_only {
            bytes[0xc2..].fill(true);
        }
    }
}

struct Compiler {
    program: Program,
}

impl Compiler {
    fn emit(&mut self, inst: Inst) -> Result<usize, Failure> {
        if self.program.code.len() >= INSTRUCTIONS {
            return Err(Failure::Exceeded("size of a regular expression"));
        }
        self.program.code.push(inst);
        Ok(self.program.code.len() - 1)
    }

    fn here(&self) -> usize {
        self.program.code.len()
    }

    fn slot(&mut self) -> usize {
        self.program.slots += 1;
        self.program.slots - 1
    }

    fn nodes(&mut self, nodes: &[Node], flags: u32) -> Result<(), Failure> {
        let mut literal = String::new();
        for node in nodes {
            if let Some(c) = plain(node, flags) {
                literal.push(c);
                continue;
            }
            self.literal(&mut literal)?;
            self.node(node, flags)?;
        }
        self.literal(&mut literal)
    }

    fn literal(&mut self, text: &mut String) -> Result<(), Failure> {
        if !text.is_empty() {
            let text = std::mem::take(text);
            self.emit(Inst::Literal(text.into()))?;
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, flags: u32) -> Result<(), Failure> {
        match node {
            Node::Literal(_) | Node::NotLiteral(_) | Node::Any | Node::Set { .. } => {
                let one = self.one(node, flags)?;
                self.emit(Inst::One(one))?;
            }
            Node::At(at) => {
                self.emit(Inst::Where(place(*at, flags)))?;
            }
            Node::Branch(branches) => self.branch(branches, flags)?,
            Node::Repeat { min, max, greed, body } => {
                self.repeat(Bounds { min: *min, max: *max }, *greed, body, flags)?;
            }
            Node::Group { number, add, del, body } => self.group(*number, body, combined(flags, *add, *del))?,
            Node::Atomic(body) => {
                let slot = self.slot();
                self.emit(Inst::AtomicStart(slot))?;
                self.nodes(body, flags)?;
                self.emit(Inst::AtomicEnd(slot))?;
            }
            Node::Backreference(group) => {
                self.emit(Inst::Backreference(*group, Fold::of(flags)))?;
            }
            Node::Never => {
                self.emit(Inst::Never)?;
            }
        }
        Ok(())
    }

    fn one(&mut self, node: &Node, flags: u32) -> Result<One, Failure> {
        let set = match node {
            Node::Literal(c) | Node::NotLiteral(c) => {
                match Literal::new(*c, matches!(node, Node::NotLiteral(_)), flags) {
                    Literal::One(one) => return Ok(one),
                    Literal::Set(set) => set,
                }
            }
            Node::Set { negate, items } => Set::new(*negate, items, flags)?,
            Node::Group { add, del, body, .. } if body.len() == 1 => {
                return self.one(&body[0], combined(flags, *add, *del));
            }
            _ => return Ok(if flags & DOTALL == 0 { One::Any } else { One::AnyAll }),
        };
        self.program.sets.push(set);
        Ok(One::Set(self.program.sets.len() - 1))
    }

    fn group(&mut self, number: Option<u32>, body: &[Node], flags: u32) -> Result<(), Failure> {
        let Some(number) = number else { return self.nodes(body, flags) };
        self.emit(Inst::Mark(2 * (number - 1)))?;
        self.nodes(body, flags)?;
        self.emit(Inst::Mark(2 * (number - 1) + 1))?;
        Ok(())
    }

    fn branch(&mut self, branches: &[Vec<Node>], flags: u32) -> Result<(), Failure> {
        let mut jumps = Vec::new();
        for (i, branch) in branches.iter().enumerate() {
            if i + 1 == branches.len() {
                self.nodes(branch, flags)?;
                break;
            }
            let split = self.emit(Inst::Split(0))?;
            self.nodes(branch, flags)?;
            jumps.push(self.emit(Inst::Jump(0))?);
            self.program.code[split] = Inst::Split(self.here());
        }
        for jump in jumps {
            self.program.code[jump] = Inst::Jump(self.here());
        }
        Ok(())
    }

    fn repeat(&mut self, bounds: Bounds, greed: Greed, body: &[Node], flags: u32) -> Result<(), Failure> {
        if let [only] = body
            && only.is_single()
        {
            let one = self.one(only, flags)?;
            self.emit(Inst::Repeat { one, bounds, greed, follow: None })?;
            return Ok(());
        }
        let slot = self.slot();
        if greed == Greed::Possessive {
            return self.possessive(slot, bounds, body, flags);
        }
        let open = self.emit(Inst::Loop { slot, until: 0 })?;
        self.nodes(body, flags)?;
        let lazy = greed == Greed::Lazy;
        let until = self.emit(Inst::Until { slot, bounds, lazy, body: open + 1 })?;
        self.program.code[open] = Inst::Loop { slot, until };
        Ok(())
    }

    fn possessive(&mut self, slot: usize, bounds: Bounds, body: &[Node], flags: u32) -> Result<(), Failure> {
        if !body.iter().all(Node::is_straight) {
            // CPython 3.11.2 goes on from a wrong place, or crashes (gh-106052, gh-101955).
            return Err(Failure::unsupported("regular expression: a choice or group within a possessive repetition"));
        }
        self.emit(Inst::PossessiveStart(slot))?;
        let next = self.emit(Inst::PossessiveNext { slot, bounds, exit: 0 })?;
        self.nodes(body, flags)?;
        self.emit(Inst::PossessiveEnd { slot, next })?;
        self.program.code[next] = Inst::PossessiveNext { slot, bounds, exit: self.here() };
        Ok(())
    }
}

/// The character of a literal that matches nothing but itself.
fn plain(node: &Node, flags: u32) -> Option<char> {
    let Node::Literal(c) = node else { return None };
    match Literal::new(*c, false, flags) {
        Literal::One(One::Char(c)) => char::from_u32(c),
        _ => None,
    }
}

fn place(at: At, flags: u32) -> Where {
    let multiline = flags & MULTILINE != 0;
    let ascii = flags & ASCII != 0;
    match at {
        At::Beginning if multiline => Where::BeginningOfLine,
        At::Beginning | At::BeginningString => Where::Beginning,
        At::End if multiline => Where::EndOfLine,
        At::End => Where::EndOrFinalLine,
        At::EndString => Where::End,
        At::Boundary => Where::Boundary { ascii, there: true },
        At::NonBoundary => Where::Boundary { ascii, there: false },
    }
}
