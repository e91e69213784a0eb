//! Finding a text in some languages and not in others: a walk through the product of their automata.

use super::atom::{Lift, Pat};
use crate::pattern::{Glob, Pattern, Token};
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::{primitives::StateID, start, syntax};
use regex_automata::{Anchored, MatchKind};
use std::collections::{BTreeMap, VecDeque};

/// How many states of the product are looked at before giving up.
const MOST_STATES: usize = 10_000;

/// How large one automaton may be, in bytes.
const MOST_BYTES: usize = 2 << 20;

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

type Dfa = dense::DFA<Vec<u32>>;

/// A shortest text of the domain that is in all of the languages `within` and in none of `without`.
pub(super) fn find(domain: &str, within: &[&[Pat]], without: &[&[Pat]]) -> Found {
    let alphabet = alphabet(within.iter().chain(without).flat_map(|pats| pats.iter()));
    let mut machines = Vec::new();
    let positive =
        std::iter::once(domain.replace('Σ', &alphabet)).chain(within.iter().map(|pats| union(pats, &alphabet)));
    for expression in positive {
        match machine(&expression) {
            Some(made) => machines.push((made, true)),
            None => return Found::TooLarge,
        }
    }
    if !without.is_empty() {
        let all: Vec<String> = without.iter().map(|pats| union(pats, &alphabet)).collect();
        match machine(&all.join("|")) {
            Some(made) => machines.push((made, false)),
            None => return Found::TooLarge,
        }
    }
    walk(&machines)
}

fn machine(expression: &str) -> Option<Dfa> {
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .dfa_size_limit(Some(MOST_BYTES))
        .determinize_size_limit(Some(MOST_BYTES));
    let syntax = syntax::Config::new().unicode(false).utf8(false).dot_matches_new_line(true);
    dense::Builder::new().configure(config).syntax(syntax).build(expression).ok()
}

/// Breadth first, so that the text is a shortest one; bytes in order, so that it is always the same.
fn walk(machines: &[(Dfa, bool)]) -> Found {
    let begin = |(machine, _): &(Dfa, bool)| machine.start_state(&start::Config::new().anchored(Anchored::Yes)).ok();
    let Some(first) = machines.iter().map(begin).collect::<Option<Vec<StateID>>>() else { return Found::TooLarge };
    let mut seen: BTreeMap<Vec<StateID>, usize> = BTreeMap::from([(first.clone(), 0)]);
    let mut steps: Vec<(usize, u8)> = vec![(0, 0)];
    let mut queue = VecDeque::from([(first, 0)]);
    let bytes = representatives(machines);
    while let Some((states, at)) = queue.pop_front() {
        if accepts(machines, &states) {
            return text(&steps, at);
        }
        for &byte in &bytes {
            let next: Vec<StateID> =
                machines.iter().zip(&states).map(|((machine, _), &state)| machine.next_state(state, byte)).collect();
            let hopeless = machines.iter().zip(&next).any(|((machine, wanted), &state)| {
                *wanted && (machine.is_dead_state(state) || machine.is_quit_state(state))
            });
            if hopeless || seen.contains_key(&next) {
                continue;
            }
            if steps.len() >= MOST_STATES {
                return Found::TooLarge;
            }
            seen.insert(next.clone(), steps.len());
            queue.push_back((next, steps.len()));
            steps.push((at, byte));
        }
    }
    Found::Nothing
}

fn accepts(machines: &[(Dfa, bool)], states: &[StateID]) -> bool {
    machines
        .iter()
        .zip(states)
        .all(|((machine, wanted), &state)| machine.is_match_state(machine.next_eoi_state(state)) == *wanted)
}

/// The text that leads to a state.
fn text(steps: &[(usize, u8)], mut at: usize) -> Found {
    let mut bytes = Vec::new();
    while at != 0 {
        let Some(&(before, byte)) = steps.get(at) else { return Found::TooLarge };
        bytes.push(byte);
        at = before;
    }
    bytes.reverse();
    String::from_utf8(bytes).map_or(Found::TooLarge, Found::Text)
}

/// One byte of each class that no automaton tells apart; letters and digits are preferred, for witnesses that people read.
fn representatives(machines: &[(Dfa, bool)]) -> Vec<u8> {
    let preferred = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(0x20..=0xff).chain(0..0x20);
    let mut seen = std::collections::BTreeSet::new();
    preferred
        .filter(|&byte| seen.insert(machines.iter().map(|(it, _)| it.byte_classes().get(byte)).collect::<Vec<u8>>()))
        .collect()
}

/// The characters that texts are made of: printable ASCII, what the patterns mention, and one more that stands for all others.
fn alphabet<'a>(pats: impl Iterator<Item = &'a Pat>) -> String {
    let mut others: Vec<char> = vec!['é'];
    let mut add = |c: char| {
        if !(' '..='~').contains(&c) && !others.contains(&c) {
            others.push(c);
        }
    };
    for pat in pats {
        let globs: &[Glob] = match &pat.pattern {
            Pattern::Exact(text) | Pattern::IgnoreCase(text) => {
                text.chars().for_each(&mut add);
                &[]
            }
            Pattern::Glob(glob) => std::slice::from_ref(glob),
            Pattern::Arn(fields) => fields,
            _ => &[],
        };
        for token in globs.iter().flat_map(|glob| &glob.0) {
            if let Token::Char(c) = token {
                add(*c);
            }
        }
    }
    let mut made = String::from("(?:[ -~]");
    for c in others {
        made.push('|');
        made.push_str(&literal(c));
    }
    made.push(')');
    made
}

fn union(pats: &[Pat], alphabet: &str) -> String {
    if pats.is_empty() {
        return NOTHING.to_owned();
    }
    let parts: Vec<String> = pats.iter().map(|pat| expression(pat, alphabet)).collect();
    format!("(?:{})", parts.join("|"))
}

/// An expression that fits no text.
const NOTHING: &str = "[a&&b]";

/// The language of a pattern on the slot's whole value.
fn expression(pat: &Pat, alphabet: &str) -> String {
    match pat.lift {
        Lift::Whole => inner(&pat.pattern, alphabet, "[ -9;-~]"),
        Lift::Account => format!("(?:[^:]*:){{4}}(?:{}):(?:{alphabet})*", inner(&pat.pattern, "[0-9]", "[0-9]")),
        Lift::Name => format!("(?:(?:{alphabet})*/)(?:{})", inner(&pat.pattern, "[ -.0-~]", "[ -.0-9;-~]")),
        Lift::Organization => format!("(?:{})(?:/(?:{alphabet})*)?", inner(&pat.pattern, "[ -.0-~]", "[ -.0-9;-~]")),
        Lift::Session => format!("[^:]*:(?:{})", inner(&pat.pattern, alphabet, "[ -9;-~]")),
        // Never asked: times are compared by value.
        Lift::Epoch => NOTHING.to_owned(),
    }
}

/// The language of a pattern; `any` is what a wildcard stands for, `field` the same without colons.
fn inner(pattern: &Pattern, any: &str, field: &str) -> String {
    match pattern {
        Pattern::Exact(text) => text.chars().map(literal).collect(),
        Pattern::IgnoreCase(text) => format!("(?i:{})", text.chars().map(literal).collect::<String>()),
        Pattern::Glob(glob) => tokens(&glob.0, any),
        Pattern::Arn(fields) => {
            let last = fields.len().saturating_sub(1);
            let parts: Vec<String> = fields
                .iter()
                .enumerate()
                .map(|(at, glob)| tokens(&glob.0, if at == last { any } else { field }))
                .collect();
            parts.join(":")
        }
        Pattern::AnyArn => format!("arn:(?:[^:]*:){{4}}(?:{any})*"),
        Pattern::Bool(true) => "(?i:true)".to_owned(),
        Pattern::Bool(false) => "(?i:false)".to_owned(),
        Pattern::Number(..) | Pattern::Date(..) | Pattern::Net(_) | Pattern::Nothing => NOTHING.to_owned(),
    }
}

fn tokens(tokens: &[Token], any: &str) -> String {
    let parts = tokens.iter().map(|token| match token {
        Token::Char(c) => literal(*c),
        Token::One => format!("(?:{any})"),
        Token::Any => format!("(?:{any})*"),
    });
    parts.collect()
}

/// A character as its bytes, escaped.
fn literal(c: char) -> String {
    let mut buffer = [0; 4];
    let bytes = c.encode_utf8(&mut buffer).bytes();
    let escaped: String = bytes.map(|byte| format!("\\x{byte:02X}")).collect();
    if c.is_ascii() { escaped } else { format!("(?:{escaped})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::Comparison;
    use crate::pattern;

    fn like(text: &str) -> Pat {
        let tokens: Vec<Token> = pattern::tokens(text).collect();
        Pat { lift: Lift::Whole, pattern: Pattern::new(Comparison::StringLike, &tokens) }
    }

    fn arn(text: &str) -> Pat {
        let tokens: Vec<Token> = pattern::tokens(text).collect();
        Pat { lift: Lift::Whole, pattern: Pattern::new(Comparison::Arn, &tokens) }
    }

    #[test]
    fn a_shortest_text_is_found_or_none() {
        let found = |within: &[&[Pat]], without: &[&[Pat]]| find("Σ+", within, without);
        assert_eq!(found(&[&[like("a*")], &[like("*b")]], &[&[like("ab")]]), Found::Text("aab".into()));
        assert_eq!(found(&[&[like("a*")]], &[&[like("*")]]), Found::Nothing);
        assert_eq!(found(&[&[like("a?")], &[like("b*"), like("*c")]], &[]), Found::Text("ac".into()));
        assert_eq!(found(&[&[like("é?")]], &[&[like("éa")]]), Found::Text("éb".into()));
        assert_eq!(found(&[], &[&[like("a"), like("b")]]), Found::Text("c".into()));
        assert_eq!(found(&[&[]], &[]), Found::Nothing);
    }

    #[test]
    fn stars_of_arns_stay_in_their_field() {
        let one = [arn("arn:aws:iam::*:role/x")];
        let colon = [like("arn:aws:iam::1:2:role/x")];
        assert_eq!(find("Σ+", &[&one, &colon], &[]), Found::Nothing);
        let whole = [like("arn:aws:iam::*:role/x")];
        assert_eq!(find("Σ+", &[&whole, &colon], &[]), Found::Text("arn:aws:iam::1:2:role/x".into()));
    }

    #[test]
    fn functions_of_a_value_are_lifted() {
        let account = [Pat { lift: Lift::Account, ..like("12*") }];
        let name = [Pat { lift: Lift::Name, ..like("adm*") }];
        let domain = "arn:aws:iam::[0-9]{12}:user/(?:Σ*/)?[a-z]+";
        let Found::Text(text) = find(domain, &[&account, &name], &[]) else { panic!("there is one") };
        assert!(text.starts_with("arn:aws:iam::12") && text.contains("adm"), "{text}");
    }
}
