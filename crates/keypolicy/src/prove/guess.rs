//! Values made from patterns: cheap guesses, of which one is often right.

use super::atom::{Lang, Lift, Pat};
use crate::pattern::{Glob, Net, Pattern, Token, address, decimal, decimal_text, moment, moment_text};

/// Values made from the patterns: each wildcard filled with a few things, each limit with what lies on, below and above it.
pub(super) fn guesses<'a>(langs: &'a [&Lang], accounts: &'a [String]) -> impl Iterator<Item = String> + 'a {
    langs.iter().flat_map(|lang| lang.pats()).flat_map(|pat| {
        let mut made = Vec::new();
        guess(pat, accounts, &mut made);
        made
    })
}

const FILLINGS: [(&str, char); 5] = [("", 'x'), ("x", 'x'), ("0", '0'), ("x/x", 'x'), ("us-east-1", 'a')];

fn guess(pat: &Pat, accounts: &[String], made: &mut Vec<String>) {
    const STEP: i128 = 1_000_000_000;
    let around = |at: i128, step: i128| [at, at - step, at + step, at - 1, at + 1];
    match (&*pat.pattern, pat.lift) {
        (Pattern::Number(_, number), Lift::Epoch) => {
            // Billionths of a second are nanoseconds.
            made.extend(around(*number, STEP).into_iter().filter_map(moment_text));
        }
        (Pattern::Date(_, time), Lift::Epoch | Lift::Whole) => {
            made.extend(around(*time, STEP).into_iter().filter_map(moment_text));
        }
        (Pattern::Number(_, number), _) => made.extend(around(*number, STEP).into_iter().map(decimal_text)),
        (Pattern::Net(net), _) => {
            let near = [net.first, net.last, net.first.wrapping_sub(1), net.last.wrapping_add(1)];
            made.extend(near.into_iter().filter_map(|bits| address(net.six, bits)).map(|it| it.to_string()));
        }
        (Pattern::Exact(text) | Pattern::IgnoreCase(text), Lift::Whole) => {
            made.push(text.clone());
            near(text, made);
        }
        (Pattern::Exact(text), Lift::Organization) => made.push(format!("{text}/r-root/ou-root-witness1/")),
        (Pattern::Exact(text), Lift::Session) => made.push(format!("AROAWITNESS0000000001:{text}")),
        (Pattern::Glob(glob), Lift::Whole) => {
            for (many, one) in FILLINGS {
                made.push(fill(glob, many, one));
            }
            with_accounts(&fill(glob, "*", 'x'), accounts, made);
        }
        (Pattern::Glob(glob), Lift::Organization) => {
            made.push(format!("{}/r-root/", fill(glob, "witness", '0')));
        }
        (Pattern::Arn(fields), Lift::Whole) => {
            for (many, one) in FILLINGS {
                let mut parts: Vec<String> = fields.iter().map(|glob| fill(glob, many, one)).collect();
                let Some(field) = fields.get(4) else { continue };
                for account in accounts.iter().filter(|account| field.fits(account)) {
                    if let Some(part) = parts.get_mut(4) {
                        part.clone_from(account);
                    }
                    made.push(parts.join(":"));
                }
                made.push(parts.join(":"));
            }
        }
        (Pattern::Bool(value), Lift::Whole) => made.push(value.to_string()),
        _ => {}
    }
}

/// What lies beside a number, a time or an address, so that a gap between excluded ones is found.
fn near(text: &str, made: &mut Vec<String>) {
    const STEP: i128 = 1_000_000_000;
    if let Some(number) = decimal(text) {
        made.extend([number - STEP, number + STEP, number - 1, number + 1].into_iter().map(decimal_text));
    } else if let Some(net) = Net::parse(text) {
        let beside = [net.first.wrapping_sub(1), net.last.wrapping_add(1)];
        made.extend(beside.into_iter().filter_map(|bits| address(net.six, bits)).map(|it| it.to_string()));
    } else if text.contains('-')
        && let Some(time) = moment(text)
    {
        made.extend([time - STEP, time + STEP, time - 1, time + 1].into_iter().filter_map(moment_text));
    }
}

/// A glob over a whole ARN: the `*` left in it become an account, then plain text.
fn with_accounts(text: &str, accounts: &[String], made: &mut Vec<String>) {
    for account in accounts.iter().take(4) {
        let first = text.replacen('*', account, 1);
        made.push(first.replace('*', "x"));
        made.push(first.replace('*', ""));
        made.push(text.replacen('*', &format!("arn:aws:iam::{account}:role/x"), 1).replace('*', "x"));
        made.push(text.replacen('*', &format!("aws:iam::{account}:role/x"), 1).replace('*', "x"));
        made.push(text.replacen('*', &format!("{account}:role/x"), 1).replace('*', "x"));
    }
}

fn fill(glob: &Glob, many: &str, one: char) -> String {
    let mut made = String::new();
    for token in &glob.0 {
        match token {
            Token::Char(c) => made.push(*c),
            Token::One => made.push(one),
            Token::Any => made.push_str(many),
        }
    }
    made
}
