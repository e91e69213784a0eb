//! The penalty score: how much an open finding weighs in an organisation's figures.

use finding::Environment;

/// What a class of environment multiplies. Unknown counts as production: nobody has said that it is less.
#[must_use]
pub fn factor(class: Environment) -> f64 {
    match class {
        Environment::Development => 1.0,
        Environment::Staging => 2.0,
        Environment::Production | Environment::Unknown => 10.0,
    }
}

/// `((normalised severity + 60) / 100)² × factor`, to four decimals: sums come out the same in any order.
#[must_use]
pub fn score(normalized: u8, class: Environment) -> f64 {
    let base = (f64::from(normalized) + 60.0) / 100.0;
    (base * base * factor(class) * 10_000.0).round() / 10_000.0
}
