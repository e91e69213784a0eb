//! Values of conditions made ready for comparing: texts, globs, ARNs, numbers, times, addresses, booleans.

use crate::operator::{Comparison, Relation};
use std::net::IpAddr;

/// What one value of a condition fits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// This text.
    Exact(String),
    /// This text, ASCII letters in either case.
    IgnoreCase(String),
    /// Texts that fit.
    Glob(Glob),
    /// ARNs that fit, field by field.
    Arn(Vec<Glob>),
    /// Every ARN: a lone `*` under an ARN operator.
    AnyArn,
    /// Numbers in this relation to this one.
    Number(Relation, Decimal),
    /// Times in this relation to this one, in nanoseconds since 1970.
    Date(Relation, i128),
    /// This boolean.
    Bool(bool),
    /// Addresses in this range.
    Net(Net),
    /// Nothing: the value is not of the operator's type.
    Nothing,
}

/// A decimal number, in billionths.
pub type Decimal = i128;

/// A pattern with wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Glob(pub Vec<Token>);

/// A piece of a [`Glob`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Token {
    /// This character.
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
}

/// A range of addresses of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Net {
    /// Whether it is IPv6.
    pub six: bool,
    /// The first address.
    pub first: u128,
    /// The last address.
    pub last: u128,
    /// How many leading bits are fixed.
    pub prefix: u8,
}

impl Pattern {
    /// What a value fits under a comparison; the tokens hold the wildcards, where it has any.
    pub fn new(comparison: Comparison, tokens: &[Token]) -> Self {
        let text = || text_of(tokens);
        match comparison {
            Comparison::StringEquals | Comparison::Binary => Self::Exact(text()),
            Comparison::StringEqualsIgnoreCase => Self::IgnoreCase(text()),
            Comparison::StringLike => match tokens.iter().any(|token| !matches!(token, Token::Char(_))) {
                true => Self::Glob(Glob::collapsed(tokens)),
                false => Self::Exact(text()),
            },
            Comparison::Arn => arn(tokens),
            Comparison::Numeric(relation) => {
                decimal(&text()).map_or(Self::Nothing, |number| Self::Number(relation, number))
            }
            Comparison::Date(relation) => moment(&text()).map_or(Self::Nothing, |time| Self::Date(relation, time)),
            Comparison::Bool | Comparison::Null => boolean(&text()).map_or(Self::Nothing, Self::Bool),
            Comparison::IpAddress => Net::parse(&text()).map_or(Self::Nothing, Self::Net),
        }
    }

    /// Whether a value of a request fits.
    pub fn fits(&self, value: &str) -> bool {
        match self {
            Self::Exact(text) => text == value,
            Self::IgnoreCase(text) => text.eq_ignore_ascii_case(value),
            Self::Glob(glob) => glob.fits(value),
            Self::Arn(globs) => {
                value.starts_with("arn:") && value.splitn(6, ':').count() == 6 && {
                    globs.iter().zip(value.splitn(6, ':')).all(|(glob, field)| glob.fits(field))
                }
            }
            Self::AnyArn => value.starts_with("arn:") && value.splitn(6, ':').count() == 6,
            Self::Number(relation, number) => decimal(value).is_some_and(|it| relation.holds(it.cmp(number))),
            Self::Date(relation, time) => moment(value).is_some_and(|it| relation.holds(it.cmp(time))),
            Self::Bool(wanted) => boolean(value) == Some(*wanted),
            Self::Net(net) => value.parse().is_ok_and(|address| net.holds(address)),
            Self::Nothing => false,
        }
    }

    /// Whether whatever fits the other fits this; false where that is not seen at once.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Glob(own), Self::Glob(other)) => own.covers(&other.0),
            (Self::Arn(own), Self::Arn(other)) => own.iter().zip(other).all(|(own, other)| own.covers(&other.0)),
            (_, Self::Exact(text)) => self.fits(text),
            _ => self == other,
        }
    }

    /// Whether nothing fits both; false where that is not seen at once.
    pub fn is_apart(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Nothing) => true,
            (pattern, Self::Exact(text)) | (Self::Exact(text), pattern) => !pattern.fits(text),
            (Self::Glob(own), Self::Glob(other)) => own.is_apart(other),
            (Self::Arn(own), Self::Arn(other)) => own.iter().zip(other).any(|(own, other)| own.is_apart(other)),
            (Self::Glob(glob), Self::Arn(fields)) | (Self::Arn(fields), Self::Glob(glob)) => glob.is_apart(&Glob(
                fields.iter().map(|field| field.0.as_slice()).collect::<Vec<_>>().join(&Token::Char(':')),
            )),
            _ => false,
        }
    }

    /// The one text it fits, if there is just one.
    pub fn exact(&self) -> Option<&str> {
        match self {
            Self::Exact(text) => Some(text),
            _ => None,
        }
    }
}

/// A glob as ARNs are matched: without wildcards it is still a text, and one that is no ARN fits nothing.
fn arn(tokens: &[Token]) -> Pattern {
    if tokens == [Token::Any] {
        return Pattern::AnyArn;
    }
    let mut fields: Vec<Vec<Token>> = vec![Vec::new()];
    for token in tokens {
        if *token == Token::Char(':') && fields.len() < 6 {
            fields.push(Vec::new());
        } else if let Some(last) = fields.last_mut() {
            last.push(*token);
        }
    }
    if fields.len() != 6 {
        return Pattern::Nothing;
    }
    if tokens.iter().all(|token| matches!(token, Token::Char(_))) {
        let text = text_of(tokens);
        return if text.starts_with("arn:") { Pattern::Exact(text) } else { Pattern::Nothing };
    }
    Pattern::Arn(fields.iter().map(|field| Glob::collapsed(field)).collect())
}

impl Glob {
    /// Neighbouring `*` become one.
    pub fn collapsed(tokens: &[Token]) -> Self {
        let mut made: Vec<Token> = Vec::with_capacity(tokens.len());
        for token in tokens {
            if !(*token == Token::Any && made.last() == Some(&Token::Any)) {
                made.push(*token);
            }
        }
        Self(made)
    }

    /// Whether a text fits: at worst the product of the lengths in time.
    pub fn fits(&self, text: &str) -> bool {
        self.takes(text.chars().map(Token::Char))
    }

    /// Whether whatever fits the other fits this, wildcards of the other being taken by this one's own only.
    pub fn covers(&self, other: &[Token]) -> bool {
        self.takes(other.iter().copied())
    }

    fn takes(&self, mut rest: impl Iterator<Item = Token> + Clone) -> bool {
        let tokens = &self.0;
        let mut at = 0;
        let mut retry = None;
        loop {
            match tokens.get(at) {
                Some(Token::Any) => {
                    at += 1;
                    if at == tokens.len() {
                        return true;
                    }
                    retry = Some((at, rest.clone()));
                    continue;
                }
                Some(token) => match rest.next() {
                    Some(found) if *token == found || *token == Token::One && found != Token::Any => {
                        at += 1;
                        continue;
                    }
                    Some(_) => {}
                    None => return false,
                },
                None if rest.clone().next().is_none() => return true,
                None => {}
            }
            let Some((again, from)) = &mut retry else { return false };
            if from.next().is_none() {
                return false;
            }
            at = *again;
            rest = from.clone();
        }
    }

    /// Whether their beginnings or their ends show that nothing fits both.
    fn is_apart(&self, other: &Self) -> bool {
        clash(self.0.iter(), other.0.iter()) || clash(self.0.iter().rev(), other.0.iter().rev())
    }

    /// The text in front of the first wildcard.
    pub fn literal_prefix(&self) -> String {
        let chars = self.0.iter().map_while(|token| match token {
            Token::Char(c) => Some(*c),
            _ => None,
        });
        chars.collect()
    }

    /// The text, if it has no wildcard.
    pub fn literal(&self) -> Option<String> {
        self.0.iter().all(|token| matches!(token, Token::Char(_))).then(|| text_of(&self.0))
    }
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text_of(&self.0))
    }
}

/// Whether two patterns cannot fit the same text, up to the first `*` of either.
fn clash<'a>(mut a: impl Iterator<Item = &'a Token>, mut b: impl Iterator<Item = &'a Token>) -> bool {
    loop {
        match (a.next(), b.next()) {
            (Some(Token::Any), _) | (_, Some(Token::Any)) | (None, None) => return false,
            (None, Some(_)) | (Some(_), None) => return true,
            (Some(Token::Char(a)), Some(Token::Char(b))) if a != b => return true,
            _ => {}
        }
    }
}

/// The tokens of a text in which `*` and `?` are wildcards.
pub fn tokens(text: &str) -> impl Iterator<Item = Token> + '_ {
    text.chars().map(|c| match c {
        '*' => Token::Any,
        '?' => Token::One,
        other => Token::Char(other),
    })
}

/// The tokens of a text in which nothing is a wildcard.
pub fn verbatim(text: &str) -> impl Iterator<Item = Token> + '_ {
    text.chars().map(Token::Char)
}

/// The text that tokens were written as.
fn text_of(tokens: &[Token]) -> String {
    let chars = tokens.iter().map(|token| match token {
        Token::Char(c) => *c,
        Token::One => '?',
        Token::Any => '*',
    });
    chars.collect()
}

/// `true` or `false`, in either case.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A decimal number of at most 18 digits before the point and nine behind it.
pub fn decimal(text: &str) -> Option<Decimal> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let numeric = |part: &str, most: usize| {
        !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !numeric(whole, 18) || !numeric(fraction, 9) {
        return None;
    }
    let value: i128 = format!("{whole}{fraction:0<9}").parse().ok()?;
    Some(if negative { -value } else { value })
}

/// A decimal number as it is written.
pub fn decimal_text(number: Decimal) -> String {
    let (whole, fraction) = (number.abs() / 1_000_000_000, number.abs() % 1_000_000_000);
    let sign = if number < 0 { "-" } else { "" };
    let fraction = format!("{fraction:09}");
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        digits => format!("{sign}{whole}.{digits}"),
    }
}

/// A time in nanoseconds since 1970: ISO 8601 with or without the time of day, or seconds.
pub fn moment(text: &str) -> Option<i128> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_nanosecond());
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        return Some(midnight.timestamp().as_nanosecond());
    }
    // In billionths of a second, which are nanoseconds.
    decimal(text)
}

/// A time as it is written.
pub fn moment_text(time: i128) -> Option<String> {
    jiff::Timestamp::from_nanosecond(time).ok().map(|time| time.to_string())
}

impl Net {
    /// `203.0.113.0/24`, `2001:db8::/32`, or one address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => {
                let digits = prefix.len() <= 3 && prefix.bytes().all(|byte| byte.is_ascii_digit());
                (address, Some(prefix.parse::<u8>().ok().filter(|_| digits)?))
            }
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (six, bits) = number(address);
        let width: u8 = if six { 128 } else { 32 };
        let prefix = prefix.unwrap_or(width);
        if prefix > width {
            return None;
        }
        let free = u32::from(width - prefix);
        let mask = if free == 0 { 0 } else { u128::MAX >> (128 - free) };
        Some(Self { six, first: bits & !mask, last: bits | mask, prefix })
    }

    /// Whether the address lies in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        let (six, bits) = number(address);
        six == self.six && (self.first..=self.last).contains(&bits)
    }
}

/// The family and the number of an address.
pub fn number(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(four) => (false, u128::from(u32::from(four))),
        IpAddr::V6(six) => (true, u128::from(six)),
    }
}

/// The address of that number.
pub fn address(six: bool, bits: u128) -> Option<IpAddr> {
    if six { Some(IpAddr::V6(bits.into())) } else { u32::try_from(bits).ok().map(|bits| IpAddr::V4(bits.into())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(comparison: Comparison, pattern: &str, value: &str) -> bool {
        Pattern::new(comparison, &tokens(pattern).collect::<Vec<_>>()).fits(value)
    }

    #[test]
    fn texts_and_arns_fit_as_documented() {
        use Comparison::{Arn, StringEquals, StringEqualsIgnoreCase, StringLike};
        assert!(like(StringLike, "a*", "a:b"));
        assert!(like(StringEquals, "a*", "a*") && !like(StringEquals, "a*", "ab"));
        assert!(like(StringEqualsIgnoreCase, "aB", "Ab"));
        assert!(like(Arn, "arn:aws:iam::*:role/*", "arn:aws:iam::1:role/a:b"));
        assert!(!like(Arn, "arn:aws:iam:*:role/*", "arn:aws:iam::1:role/a"));
        assert!(like(Arn, "*", "arn:aws:iam::1:role/a") && !like(Arn, "*", "x"));
        assert!(!like(Arn, "arn:aws", "arn:aws"));
        assert!(like(Arn, "arn:aws:iam::1:root", "arn:aws:iam::1:root"));
    }

    #[test]
    fn globs_agree_with_the_text_matcher() {
        for pattern in ["", "*", "a*c", "?b*", "*ab*ab", "a**b", "*?"] {
            for text in ["", "a", "ab", "abab", "abxabab", "acc", "xbc", "abc"] {
                let glob = Glob::collapsed(&tokens(pattern).collect::<Vec<_>>());
                assert_eq!(glob.fits(text), crate::glob::fits(pattern, text), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn numbers_times_addresses_and_booleans_are_compared_by_value() {
        use Comparison::{Bool, Date, IpAddress, Numeric};
        assert!(like(Numeric(Relation::LessOrEqual), "7", "7.0") && !like(Numeric(Relation::Less), "7", "7.000"));
        assert!(like(Numeric(Relation::Greater), "-1.5", "-1") && !like(Numeric(Relation::Equal), "1e3", "1000"));
        assert!(like(Date(Relation::Less), "2026-01-02", "2026-01-01T23:59:59Z"));
        assert!(like(Date(Relation::Equal), "1767312000", "2026-01-02T00:00:00Z"));
        assert!(like(IpAddress, "203.0.113.9/24", "203.0.113.255") && !like(IpAddress, "0.0.0.0/0", "::1"));
        assert!(!like(IpAddress, "203.0.113.0/33", "203.0.113.0") && like(IpAddress, "::/0", "2001:db8::1"));
        assert!(like(Bool, "True", "true") && !like(Bool, "yes", "yes"));
        assert_eq!(decimal_text(decimal("-12.500").unwrap()), "-12.5");
        assert_eq!(moment_text(moment("2026-01-02").unwrap()).unwrap(), "2026-01-02T00:00:00Z");
    }
}
