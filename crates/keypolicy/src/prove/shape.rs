//! The forms of values as automata: the same for every policy, so each is made once.

use super::domain::{Domain, Form};
use crate::request::Class;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::{primitives::StateID, start, syntax};
use regex_automata::{Anchored, MatchKind};
use std::sync::OnceLock;

/// An automaton over the characters of values.
#[derive(Debug)]
pub(super) struct Shape(dense::DFA<Vec<u32>>);

/// Where an automaton is.
pub(super) type State = StateID;

const COUNT: usize = 20;

impl Shape {
    /// That of a domain of texts; `None` where values are compared by more than their text. Partitions are left open.
    pub(super) fn of(domain: &Domain) -> Option<&'static Self> {
        static MADE: [OnceLock<Option<Shape>>; COUNT] = [const { OnceLock::new() }; COUNT];
        let (at, expression) = expression(domain)?;
        MADE.get(at)?.get_or_init(|| Self::made(expression)).as_ref()
    }

    fn made(expression: &str) -> Option<Self> {
        let config = dense::Config::new().start_kind(StartKind::Anchored).match_kind(MatchKind::All);
        let syntax = syntax::Config::new().unicode(false).utf8(false).dot_matches_new_line(true);
        dense::Builder::new().configure(config).syntax(syntax).build(expression).ok().map(Self)
    }

    /// Where it begins.
    pub(super) fn start(&self) -> Option<State> {
        self.0.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()
    }

    /// Where it is behind a character; `None` where nothing can follow any more.
    pub(super) fn next(&self, state: State, c: char) -> Option<State> {
        let mut buffer = [0; 4];
        let end = c.encode_utf8(&mut buffer).bytes().fold(state, |state, byte| self.0.next_state(state, byte));
        (!self.0.is_dead_state(end) && !self.0.is_quit_state(end)).then_some(end)
    }

    /// Whether a text may end there.
    pub(super) fn accepts(&self, state: State) -> bool {
        self.0.is_match_state(self.0.next_eoi_state(state))
    }

    /// A number for each kind of ASCII characters that it does not tell apart.
    pub(super) fn kind(&self, byte: u8) -> u8 {
        self.0.byte_classes().get(byte)
    }
}

/// The expression of a domain, with a number of its own.
fn expression(domain: &Domain) -> Option<(usize, &'static str)> {
    Some(match domain {
        Domain::PrincipalArn(class, _) => match class {
            Class::Role => (0, r"arn:[^:]*:iam::[0-9]{12}:role/(?:[!-~]+/)?[0-9A-Za-z_+=,.@\-]+"),
            Class::User => (1, r"arn:[^:]*:iam::[0-9]{12}:user/(?:[!-~]+/)?[0-9A-Za-z_+=,.@\-]+"),
            Class::Root => (2, r"arn:[^:]*:iam::[0-9]{12}:root"),
            Class::Federated => (3, r"arn:[^:]*:sts::[0-9]{12}:federated-user/[0-9A-Za-z_+=,.@\-]+"),
            Class::Service => return None,
        },
        Domain::UserId(class) => match class {
            Class::Role => (4, r"AROA[A-Z0-9]+:[0-9A-Za-z_+=,.@\-]+"),
            Class::User => (5, "AIDA[A-Z0-9]+"),
            Class::Root => (6, "[0-9]{12}"),
            Class::Federated => (7, r"[0-9]{12}:[0-9A-Za-z_+=,.@\-]+"),
            Class::Service => return None,
        },
        Domain::OneOf(_) | Domain::Number(..) | Domain::Date | Domain::Address => return None,
        Domain::Form(form) => match form {
            Form::Text => (8, ".+"),
            Form::Account => (9, "[0-9]{12}"),
            Form::Organization => (10, r"o-[0-9a-z\-]+"),
            Form::OrganizationPath => (11, r"o-[0-9a-z\-]+/r-[0-9A-Za-z\-]+/(?:ou-[0-9A-Za-z\-]+/)*"),
            Form::Service => (12, r"[0-9A-Za-z\-]+\.(?:[0-9A-Za-z\-]+\.)*amazonaws\.com(?:\.cn)?"),
            Form::ViaService => (13, r"[0-9A-Za-z\-]+\.[0-9A-Za-z\-]+\.(?:[0-9A-Za-z\-]+\.)*amazonaws\.com(?:\.cn)?"),
            Form::SourceArnWithAccount => (14, r"arn:aws[0-9a-z\-]*:[0-9a-z\-]+:[0-9a-z\-]*:[0-9]{12}:.+"),
            Form::SourceArnWithoutAccount => (15, r"arn:aws[0-9a-z\-]*:[0-9a-z\-]+:[0-9a-z\-]*::.+"),
            Form::Arn => (16, r"arn:aws[0-9a-z\-]*:[0-9a-z\-]+:[0-9a-z\-]*:(?:[0-9]{12})?:.+"),
            Form::Vpc => (17, r"vpc-[0-9a-z\-]+"),
            Form::Endpoint => (18, r"vpce-[0-9a-z\-]+"),
            Form::Region => (19, r"[0-9A-Za-z\-]+"),
        },
    })
}
