//! What was probably meant by a name that does not exist.

/// The known name that is nearest, where one is near.
pub fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let likeness = |other: &str| strsim::jaro_winkler(&other.to_lowercase(), &name.to_lowercase());
    let best = known.map(|other| (likeness(other), other)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.8).then_some(best.1)
}

/// What serde says of an unknown name, with the one that was probably meant.
pub fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if !message.starts_with("unknown ") {
        return message.to_owned();
    }
    let Some(name) = quoted.next() else { return message.to_owned() };
    match nearest(name, quoted) {
        Some(near) => format!("{message}; did you mean `{near}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_suggested_and_nothing_far_fetched() {
        let message = "unknown field `fail_onn`, expected one of `fail_on`, `fail_on_unknown`, `min_coverage`";
        assert!(with_suggestion(message).ends_with("; did you mean `fail_on`?"));
        let message = "unknown variant `zzz`, expected `observe` or `act`";
        assert_eq!(with_suggestion(message), message);
        assert_eq!(with_suggestion("missing field `x`"), "missing field `x`");
    }
}
