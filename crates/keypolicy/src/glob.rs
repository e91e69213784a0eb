//! Matching with `*` and `?`, as IAM does it: linear in space, and at worst the product of the lengths in time.

/// Whether a text fits a pattern in which `*` is any run of characters and `?` is any one.
pub fn fits(pattern: &str, text: &str) -> bool {
    fits_by(pattern, text, |a, b| a == b)
}

/// As [`fits`], ASCII letters being equal in either case.
pub fn fits_ignoring_case(pattern: &str, text: &str) -> bool {
    fits_by(pattern, text, |a, b| a.eq_ignore_ascii_case(&b))
}

/// As [`fits`] for ARNs: each of the six colon-separated fields is matched by itself, so `*` does not reach into the next field; the
/// sixth, the resource, may hold colons.
pub fn fits_arn(pattern: &str, text: &str) -> bool {
    if !text.starts_with("arn:") {
        return false;
    }
    let mut patterns = pattern.splitn(6, ':');
    let mut fields = text.splitn(6, ':');
    let mut count = 0;
    loop {
        match (patterns.next(), fields.next()) {
            (Some(pattern), Some(field)) if fits(pattern, field) => count += 1,
            (None, None) => return count == 6,
            _ => return false,
        }
    }
}

/// Goes back to the last `*` only: a later one makes the earlier ones settled.
fn fits_by(pattern: &str, text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let mut pattern_rest = pattern.chars();
    let mut text_rest = text.chars();
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        match pattern_rest.next() {
            Some('*') => {
                retry = Some((pattern_rest.clone(), text_rest.clone()));
                continue;
            }
            Some(wanted) => {
                if let Some(found) = text_rest.next() {
                    if wanted == '?' || same(wanted, found) {
                        continue;
                    }
                } else {
                    // Nothing is left to read, and the pattern wants more: no shorter run for `*` can help.
                    return false;
                }
            }
            None if text_rest.as_str().is_empty() => return true,
            None => {}
        }
        let Some((pattern_again, text_again)) = &mut retry else { return false };
        if text_again.next().is_none() {
            return false;
        }
        pattern_rest = pattern_again.clone();
        text_rest = text_again.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_fit_as_written() {
        for (pattern, text, wanted) in [
            ("", "", true),
            ("*", "", true),
            ("**", "abc", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbbd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*ab*ab", "abxabab", true),
            ("*?", "", false),
            ("?*?", "ab", true),
            ("é?", "éü", true),
        ] {
            assert_eq!(fits(pattern, text), wanted, "{pattern} {text}");
        }
        assert!(!fits("A", "a"));
        assert!(fits_ignoring_case("A*", "abc"));
    }

    #[test]
    fn stars_stay_inside_the_fields_of_an_arn() {
        let arn = "arn:aws:iam::111122223333:role/path/name";
        assert!(fits_arn("arn:aws:iam::111122223333:role/*", arn));
        assert!(fits_arn("arn:*:iam::*:*", arn));
        assert!(!fits_arn("arn:aws:iam::*", arn), "five fields");
        assert!(!fits_arn("arn:aws:*role/path/name", arn));
        assert!(fits("arn:aws:*role/path/name", arn));
        assert!(fits_arn("arn:aws:x:::a*d", "arn:aws:x:::a:b:c:d"), "the resource may hold colons");
        assert!(!fits_arn("*", arn));
        assert!(!fits_arn("*:*:*:*:*:*", "a:b:c:d:e:f"), "not an ARN");
    }
}
