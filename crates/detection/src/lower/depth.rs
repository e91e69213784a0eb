//! How deep a source text nests, measured on its tokens before anything recursive touches it.
//!
//! The measure is an upper bound of the height of the syntax tree: every open bracket and block counts one, and so does
//! every operator since the last comma of its bracket (`a.b.c`, `not not x`, `1 + 1 + 1` are as high as they are long).

use super::python::SyntaxError;

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer::lex};
use ruff_text_size::{TextRange, TextSize};

/// The greatest height accepted. CPython itself refuses 200 nested parentheses and 100 levels of indentation.
pub const MAX_DEPTH: usize = 200;

/// What is open: a bracket, or the statement line itself at the bottom.
struct Level {
    closer: Option<TokenKind>,
    /// Operators since the last comma, `and` or `or`: their operands stand side by side.
    operators: usize,
    /// `else`s since the last comma: the operands of `and` and `or` within them do not end them.
    otherwises: usize,
    /// `lambda`s: their own commas do not end them.
    lambdas: usize,
}

impl Level {
    fn new(closer: Option<TokenKind>) -> Self {
        Self { closer, operators: 0, otherwises: 0, lambdas: 0 }
    }

    fn height(&self) -> usize {
        self.operators + self.otherwises + self.lambdas
    }
}

/// Refuses source whose tree could be higher than [`MAX_DEPTH`].
pub(super) fn check(source: &str) -> Result<(), SyntaxError> {
    if !exceeds(source) {
        return Ok(());
    }
    let message = format!("the code nests deeper than {MAX_DEPTH} levels here");
    let end = TextSize::try_from(shortest_exceeding(source)).unwrap_or_default();
    Err(SyntaxError::new(message, TextRange::empty(end)))
}

/// The length of the shortest prefix that nests too deep. The lexer keeps its places to itself, so they are searched for.
fn shortest_exceeding(source: &str) -> usize {
    let (mut fits, mut exceeding) = (0, source.len());
    while exceeding - fits > 1 {
        let mut middle = fits + (exceeding - fits) / 2;
        while !source.is_char_boundary(middle) {
            middle -= 1;
        }
        if middle == fits {
            break;
        }
        if source.get(..middle).is_some_and(exceeds) {
            exceeding = middle;
        } else {
            fits = middle;
        }
    }
    exceeding
}

fn exceeds(source: &str) -> bool {
    let mut lexer = lex(source, Mode::Module);
    let mut levels = vec![Level::new(None)];
    let mut blocks = Blocks::default();
    // The height of the enclosing levels, so that a token costs constant time.
    let mut below = 0usize;
    loop {
        let kind = lexer.next_token();
        match kind {
            TokenKind::EndOfFile => return false,
            TokenKind::Newline => {
                levels = vec![Level::new(None)];
                below = 0;
            }
            TokenKind::Indent | TokenKind::Dedent | TokenKind::Comment | TokenKind::NonLogicalNewline => {}
            _ => below = step(&mut levels, below, kind),
        }
        blocks.step(kind);
        let here = levels.last().map_or(0, Level::height);
        if below + here + blocks.height > MAX_DEPTH {
            return true;
        }
    }
}

/// The blocks that are open, each with the branches of the `if` that stands in it: a chain of `elif` is as high as it is long.
#[derive(Default)]
struct Blocks {
    branches: Vec<usize>,
    /// Branches of the `if` at the bottom.
    outermost: usize,
    /// The blocks and all their branches.
    height: usize,
    /// A token was seen since the line began.
    within_line: bool,
}

impl Blocks {
    fn step(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::Indent => {
                self.branches.push(0);
                self.height += 1;
            }
            TokenKind::Dedent => {
                if let Some(branches) = self.branches.pop() {
                    self.height = self.height.saturating_sub(branches + 1);
                }
            }
            TokenKind::Newline => self.within_line = false,
            TokenKind::Comment | TokenKind::NonLogicalNewline => {}
            _ if self.within_line => {}
            _ => {
                self.within_line = true;
                self.begin_line(kind);
            }
        }
    }

    fn begin_line(&mut self, kind: TokenKind) {
        let branches = self.branches.last_mut().unwrap_or(&mut self.outermost);
        match kind {
            TokenKind::Elif => {
                *branches += 1;
                self.height += 1;
            }
            TokenKind::Else => {}
            _ => {
                self.height = self.height.saturating_sub(*branches);
                *branches = 0;
            }
        }
    }
}

/// Takes one token into account and returns the height of the enclosing levels. A closer that closes nothing changes nothing.
fn step(levels: &mut Vec<Level>, below: usize, kind: TokenKind) -> usize {
    if let Some(closer) = closer_of(kind) {
        let here = levels.last_mut().map_or(0, |level| {
            level.operators += 1;
            level.height()
        });
        levels.push(Level::new(Some(closer)));
        return below + here;
    }
    if levels.last().is_some_and(|level| level.closer == Some(kind)) {
        levels.pop();
        return below.saturating_sub(levels.last().map_or(0, Level::height));
    }
    if let Some(level) = levels.last_mut() {
        count(level, kind);
    }
    below
}

fn count(level: &mut Level, kind: TokenKind) {
    match kind {
        TokenKind::Comma | TokenKind::Semi => (level.operators, level.otherwises) = (0, 0),
        TokenKind::And | TokenKind::Or => level.operators = 0,
        TokenKind::Else => level.otherwises += 1,
        TokenKind::Lambda => level.lambdas += 1,
        TokenKind::Name
        | TokenKind::Int
        | TokenKind::Float
        | TokenKind::Complex
        | TokenKind::String
        | TokenKind::FStringStart
        | TokenKind::FStringMiddle
        | TokenKind::FStringEnd
        | TokenKind::TStringStart
        | TokenKind::TStringMiddle
        | TokenKind::TStringEnd
        | TokenKind::Comment
        | TokenKind::NonLogicalNewline
        | TokenKind::Colon
        | TokenKind::Rpar
        | TokenKind::Rsqb
        | TokenKind::Rbrace
        | TokenKind::True
        | TokenKind::False
        | TokenKind::None => {}
        _ => level.operators += 1,
    }
}

fn closer_of(kind: TokenKind) -> Option<TokenKind> {
    match kind {
        TokenKind::Lpar => Some(TokenKind::Rpar),
        TokenKind::Lsqb => Some(TokenKind::Rsqb),
        TokenKind::Lbrace => Some(TokenKind::Rbrace),
        _ => None,
    }
}
