//! Finding a text in some languages and not in others: a walk through the product of their automata, whose states are made as they are
//! reached. A state is a set of positions in the patterns, one bit each.

use super::atom::{Lift, Pat};
use super::chain::{Chain, Piece};
use super::domain::Domain;
use super::shape::{self, Shape};
use super::spent::{MOST_IN_WALK, Spent};
use crate::operator::Comparison;
use crate::pattern::{Pattern, tokens};
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::rc::Rc;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A shortest text.
    Text(String),
    /// There is none.
    Nothing,
    /// The automata are too large.
    TooLarge,
}

/// A shortest text of the domain that is in all of the languages `within` and in none of `without`.
pub(super) fn find(domain: &Domain, within: &[&[Pat]], without: &[&[Pat]], spent: &Spent) -> Found {
    let Some(shape) = Shape::of(domain) else { return Found::TooLarge };
    let mut wanted: Vec<Vec<Chain>> = partition(domain).into_iter().map(|chain| vec![chain]).collect();
    wanted.extend(within.iter().map(|pats| pats.iter().filter_map(Chain::of).collect()));
    if wanted.iter().any(Vec::is_empty) {
        return Found::Nothing;
    }
    let unwanted: Vec<Chain> = without.iter().flat_map(|pats| pats.iter()).filter_map(Chain::of).collect();
    Product::new(shape, &wanted, &unwanted).walk(spent)
}

/// The shapes of ARNs leave the partition open.
fn partition(domain: &Domain) -> Option<Chain> {
    let Domain::PrincipalArn(_, partition) = domain else { return None };
    let tokens: Vec<_> = tokens(&format!("arn:{partition}:*")).collect();
    Chain::of(&Pat { lift: Lift::Whole, pattern: Pattern::new(Comparison::StringLike, &tokens).into() })
}

/// The automata of all languages side by side, with one bit for each position.
struct Product {
    shape: &'static Shape,
    /// How many words the positions take.
    words: usize,
    /// The characters that are told apart, those that people like to read first.
    symbols: Vec<char>,
    /// For each symbol, the positions whose piece is one such character.
    single: Vec<u64>,
    /// For each symbol, the positions whose piece is a run of such.
    stays: Vec<u64>,
    /// The positions before a run.
    runs: Vec<u64>,
    /// Positions before a run, the last first, and where those begin from which nothing else can be read.
    held: Vec<(usize, Range<usize>)>,
    starts: Vec<u64>,
    ends: Vec<u64>,
    /// From here on everything fits.
    forever: Vec<u64>,
    /// The words of each language that is wanted.
    wanted: Vec<Range<usize>>,
    /// The words of what is not.
    unwanted: Range<usize>,
}

impl Product {
    fn new(shape: &'static Shape, wanted: &[Vec<Chain>], unwanted: &[Chain]) -> Self {
        let symbols = symbols(shape, wanted.iter().flatten().chain(unwanted));
        let mut places: Vec<(usize, &Chain)> = Vec::new();
        let groups: Vec<Range<usize>> = wanted.iter().map(|chains| lay(chains, &mut places)).collect();
        let rest = lay(unwanted, &mut places);
        let words = rest.end;
        let none = vec![0; words];
        let mut made = Self {
            shape,
            words,
            single: vec![0; words * symbols.len()],
            stays: vec![0; words * symbols.len()],
            runs: none.clone(),
            held: Vec::new(),
            starts: none.clone(),
            ends: none.clone(),
            forever: none,
            wanted: groups,
            unwanted: rest,
            symbols,
        };
        for (bit, chain) in places {
            made.place(bit, chain);
        }
        made.held.reverse();
        made
    }

    /// Enters the positions of a chain.
    fn place(&mut self, first: usize, chain: &Chain) {
        for (at, piece) in chain.pieces.iter().enumerate() {
            let bit = first + at;
            for (symbol, c) in self.symbols.iter().enumerate() {
                let row = symbol * self.words;
                match piece {
                    Piece::Many(except) if except.admits(*c) => set(&mut self.stays, row, bit),
                    piece if piece.fits(*c) => set(&mut self.single, row, bit),
                    _ => {}
                }
            }
            if matches!(piece, Piece::Many(_)) {
                set(&mut self.runs, 0, bit);
                let from = chain.held_from(at);
                if from < at {
                    self.held.push((bit, first + from..bit));
                }
                if chain.is_forever(at) {
                    set(&mut self.forever, 0, bit);
                }
            }
        }
        chain.starts.iter().for_each(|at| set(&mut self.starts, 0, first + at));
        chain.ends.iter().for_each(|at| set(&mut self.ends, 0, first + at));
    }

    /// Breadth first, so that the text is a shortest one; symbols in order, so that it is always the same.
    fn walk(&self, spent: &Spent) -> Found {
        let Some(start) = self.shape.start() else { return Found::TooLarge };
        let mut first = self.starts.clone();
        self.settle(&mut first);
        if self.is_hopeless(&first) {
            return Found::Nothing;
        }
        let first: Place = (start, Rc::from(first));
        let mut seen: HashSet<Place> = HashSet::from([first.clone()]);
        // Each with the one before it, and the symbol between them.
        let mut reached: Vec<(Place, usize, char)> = vec![(first, 0, '\0')];
        let mut next = vec![0; self.words];
        let (before, mut at) = (spent.steps(), 0);
        while let Some((place, ..)) = reached.get(at) {
            let (state, positions) = place.clone();
            if self.accepts(state, &positions) {
                return Found::Text(text(&reached, at));
            }
            // Words are quicker than what other steps are counted in.
            spent.add(self.symbols.len() * (self.words + 4) / 4);
            if spent.is_exhausted() || spent.steps() - before > MOST_IN_WALK {
                return Found::TooLarge;
            }
            for (symbol, &c) in self.symbols.iter().enumerate() {
                let Some(state) = self.shape.next(state, c) else { continue };
                self.step(&positions, symbol, &mut next);
                if self.is_hopeless(&next) {
                    continue;
                }
                let place: Place = (state, Rc::from(next.as_slice()));
                if seen.insert(place.clone()) {
                    reached.push((place, at, c));
                }
            }
            at += 1;
        }
        Found::Nothing
    }

    /// The positions behind a symbol.
    fn step(&self, from: &[u64], symbol: usize, to: &mut [u64]) {
        let row = symbol * self.words..(symbol + 1) * self.words;
        let single = self.single.get(row.clone()).unwrap_or_default();
        let stays = self.stays.get(row).unwrap_or_default();
        let mut carry = 0;
        for (((to, from), single), stays) in to.iter_mut().zip(from).zip(single).zip(stays) {
            let moved = from & single;
            *to = moved << 1 | carry | from & stays;
            carry = moved >> 63;
        }
        self.settle(to);
    }

    /// Adds the positions that are reached by reading nothing, and drops those from which nothing else can be read than from another.
    fn settle(&self, positions: &mut [u64]) {
        let mut carry = 0;
        for (word, runs) in positions.iter_mut().zip(&self.runs) {
            let moved = *word & runs;
            *word |= moved << 1 | carry;
            carry = moved >> 63;
        }
        for (run, held) in &self.held {
            if has(positions, *run) {
                clear(positions, held);
            }
        }
        for group in &self.wanted {
            let kept = group.clone().find_map(|word| {
                let bits = positions.get(word)? & self.forever.get(word)?;
                (bits != 0).then(|| word * 64 + bits.trailing_zeros() as usize)
            });
            if let Some(bit) = kept {
                positions.get_mut(group.clone()).into_iter().for_each(|words| words.fill(0));
                set(positions, 0, bit);
                set(positions, 0, bit + 1);
            }
        }
    }

    /// Whether nothing that follows can be wanted.
    fn is_hopeless(&self, positions: &[u64]) -> bool {
        let lost = |group: &Range<usize>| positions.get(group.clone()).is_some_and(|it| it.iter().all(|it| *it == 0));
        self.wanted.iter().any(lost) || self.meets(positions, &self.forever, &self.unwanted)
    }

    fn meets(&self, positions: &[u64], others: &[u64], words: &Range<usize>) -> bool {
        let (a, b) = (positions.get(words.clone()), others.get(words.clone()));
        a.into_iter().flatten().zip(b.into_iter().flatten()).any(|(a, b)| a & b != 0)
    }

    fn accepts(&self, state: shape::State, positions: &[u64]) -> bool {
        self.shape.accepts(state)
            && self.wanted.iter().all(|group| self.meets(positions, &self.ends, group))
            && !self.meets(positions, &self.ends, &self.unwanted)
    }
}

/// Where a walk is: in the shape, and in the patterns.
type Place = (shape::State, Rc<[u64]>);

/// Gives the chains of a language positions behind those there are, from a new word on; which words.
fn lay<'a>(chains: &'a [Chain], places: &mut Vec<(usize, &'a Chain)>) -> Range<usize> {
    let from = places.last().map_or(0, |(bit, chain)| (bit + chain.pieces.len() + 1).div_ceil(64));
    let mut bit = from * 64;
    for chain in chains {
        places.push((bit, chain));
        bit += chain.pieces.len() + 1;
    }
    from..bit.div_ceil(64)
}

fn set(bits: &mut [u64], row: usize, bit: usize) {
    if let Some(word) = bits.get_mut(row + bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

fn has(bits: &[u64], bit: usize) -> bool {
    bits.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
}

fn clear(bits: &mut [u64], range: &Range<usize>) {
    for at in range.start / 64..=range.end / 64 {
        let Some(word) = bits.get_mut(at) else { return };
        let (from, to) = (range.start.saturating_sub(at * 64), range.end.saturating_sub(at * 64).min(64));
        let below = |bit: usize| if bit >= 64 { u64::MAX } else { (1 << bit) - 1 };
        *word &= !(below(to) & !below(from));
    }
}

/// The text that leads to a place.
fn text(reached: &[(Place, usize, char)], mut at: usize) -> String {
    let mut made = Vec::new();
    while let Some((_, before, c)) = reached.get(at).filter(|_| at != 0) {
        made.push(*c);
        at = *before;
    }
    made.iter().rev().collect()
}

/// The characters that texts are made of: what the patterns mention, and of all others one of each kind that the shape tells apart.
/// Printable ASCII is what AWS's values are made of; one character beyond it stands for all the rest.
fn symbols<'a>(shape: &Shape, chains: impl Iterator<Item = &'a Chain>) -> Vec<char> {
    const BEYOND: [char; 4] = ['é', 'ø', 'ß', 'ж'];
    let mut made: BTreeSet<char> = BTreeSet::from([':', '/']);
    for piece in chains.flat_map(|chain| &chain.pieces) {
        match piece {
            Piece::Char(c) => drop(made.insert(*c)),
            Piece::Either(c) => made.extend([c.to_ascii_lowercase(), c.to_ascii_uppercase()]),
            Piece::One(_) | Piece::Many(_) => {}
        }
    }
    let preferred = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(b' '..=b'~');
    let mut seen = BTreeSet::new();
    let others: Vec<char> = preferred
        .clone()
        .filter(|byte| !made.contains(&char::from(*byte)) && seen.insert(shape.kind(*byte)))
        .map(char::from)
        .collect();
    made.extend(others);
    made.extend(BEYOND.iter().find(|c| !made.contains(c)).copied());
    let mut ordered: Vec<char> = Vec::with_capacity(made.len());
    for c in preferred.map(char::from) {
        if made.remove(&c) {
            ordered.push(c);
        }
    }
    ordered.extend(made);
    ordered
}

#[cfg(test)]
mod tests {
    use super::super::atom::{Lang, Lift};
    use super::super::domain::Form;
    use super::*;
    use crate::pattern::Token;
    use crate::request::Class;

    fn like(text: &str) -> Pat {
        let tokens: Vec<Token> = tokens(text).collect();
        Pat { lift: Lift::Whole, pattern: Pattern::new(Comparison::StringLike, &tokens).into() }
    }

    fn arn(text: &str) -> Pat {
        let tokens: Vec<Token> = tokens(text).collect();
        Pat { lift: Lift::Whole, pattern: Pattern::new(Comparison::Arn, &tokens).into() }
    }

    fn text(within: &[&[Pat]], without: &[&[Pat]]) -> Found {
        find(&Domain::Form(Form::Text), within, without, &Spent::default())
    }

    #[test]
    fn a_shortest_text_is_found_or_none() {
        assert_eq!(text(&[&[like("a*")], &[like("*b")]], &[&[like("ab")]]), Found::Text("aab".into()));
        assert_eq!(text(&[&[like("a*")]], &[&[like("*")]]), Found::Nothing);
        assert_eq!(text(&[&[like("a?")], &[like("b*"), like("*c")]], &[]), Found::Text("ac".into()));
        assert_eq!(text(&[&[like("é?")]], &[&[like("éa")]]), Found::Text("éb".into()));
        assert_eq!(text(&[], &[&[like("a"), like("b")]]), Found::Text("c".into()));
        assert_eq!(text(&[&[]], &[]), Found::Nothing);
    }

    #[test]
    fn stars_of_arns_stay_in_their_field() {
        let one = [arn("arn:aws:iam::*:role/x")];
        let colon = [like("arn:aws:iam::1:2:role/x")];
        assert_eq!(text(&[&one, &colon], &[]), Found::Nothing);
        let whole = [like("arn:aws:iam::*:role/x")];
        assert_eq!(text(&[&whole, &colon], &[]), Found::Text("arn:aws:iam::1:2:role/x".into()));
    }

    #[test]
    fn functions_of_a_value_are_lifted() {
        let account = [Pat { lift: Lift::Account, ..like("12*") }];
        let name = [Pat { lift: Lift::Name, ..like("adm*") }];
        let domain = Domain::PrincipalArn(Class::User, "aws-cn".to_owned());
        let Found::Text(text) = find(&domain, &[&account, &name], &[], &Spent::default()) else { panic!("one is") };
        assert!(text.starts_with("arn:aws-cn:iam::12") && text.ends_with(":user/adm"), "{text}");
    }

    /// Numbers that look random and are always the same.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, most: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % most as u64).unwrap()
        }

        fn pat(&mut self) -> Pat {
            let text: String = (0..self.below(6)).map(|_| ['a', 'b', ':', '/', '?', '*', '*'][self.below(7)]).collect();
            let lift = [Lift::Whole, Lift::Whole, Lift::Account, Lift::Name, Lift::Organization, Lift::Session];
            let pat = match self.below(6) {
                0 => Pat::exact(Lift::Whole, &text.replace(['?', '*'], "b")),
                1 => arn(&format!("a?n:{text}")),
                2 => arn("*"),
                3 => Pat { lift: Lift::Whole, pattern: Pattern::IgnoreCase(text.to_uppercase()).into() },
                _ => like(&text),
            };
            Pat { lift: lift[self.below(6)], ..pat }
        }

        fn pats(&mut self) -> Vec<Pat> {
            (0..1 + self.below(3)).map(|_| self.pat()).collect()
        }
    }

    /// All texts of up to six of these characters, and some ARNs.
    fn texts() -> Vec<String> {
        let mut made = vec![String::new()];
        let mut last = made.clone();
        for _ in 0..6 {
            last = last.iter().flat_map(|text| ['a', 'b', ':', '/'].map(|c| format!("{text}{c}"))).collect();
            made.extend(last.iter().cloned());
        }
        let short: Vec<String> = made.iter().take(85).cloned().collect();
        made.extend(short.iter().map(|text| format!("arn:::::{text}")));
        made.extend(short.iter().map(|text| format!("arn:{text}::b::a")));
        made.retain(|text| !text.is_empty());
        made
    }

    #[test]
    fn what_is_found_is_in_all_languages_and_nothing_means_that_no_text_is() {
        let (texts, mut dice) = (texts(), Dice(0x2545_F491_4F6C_DD1D));
        let (mut found, mut none) = (0, 0);
        for case in 0..600 {
            let within: Vec<Vec<Pat>> = (0..dice.below(3)).map(|_| dice.pats()).collect();
            let without: Vec<Vec<Pat>> = (0..dice.below(4)).map(|_| dice.pats()).collect();
            let inside: Vec<&[Pat]> = within.iter().map(Vec::as_slice).collect();
            let outside: Vec<&[Pat]> = without.iter().map(Vec::as_slice).collect();
            let langs: Vec<Lang> = within.iter().map(|pats| Lang::In(pats.clone().into())).collect();
            let nots = without.iter().map(|pats| Lang::NotIn(pats.clone().into()));
            let langs: Vec<Lang> = langs.into_iter().chain(nots).collect();
            let holds = |text: &str| langs.iter().all(|lang| lang.holds(text));
            match text(&inside, &outside) {
                Found::Text(text) => {
                    found += 1;
                    assert!(holds(&text), "case {case}: {text} {langs:?}");
                    let shorter = texts.iter().find(|it| it.chars().count() < text.chars().count() && holds(it));
                    assert_eq!(shorter, None, "case {case}: {text} is no shortest text of {langs:?}");
                }
                Found::Nothing => {
                    none += 1;
                    assert_eq!(texts.iter().find(|text| holds(text)), None, "case {case}: {langs:?}");
                }
                Found::TooLarge => panic!("case {case}: {langs:?}"),
            }
        }
        assert!(found > 100 && none > 100, "both are tested: {found} {none}");
    }
}
