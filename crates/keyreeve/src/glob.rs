//! `*` and `?` patterns over detection ids and ARNs.

/// Whether the whole text fits the pattern: `*` stands for any run of characters, `?` for one. Linear space, at worst
/// pattern × text time.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                last_star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match last_star {
                Some((star, from)) => {
                    p = star + 1;
                    t = from + 1;
                    last_star = Some((star, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_stand_for_runs_and_single_characters() {
        for (pattern, text, expected) in [
            ("AWS.KMS.*", "AWS.KMS.Alias", true),
            ("AWS.KMS.*", "AWS.CMK.KeyRotation", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xaxxbc", false),
            ("arn:aws:kms:*:111111111111:key/?", "arn:aws:kms:eu-north-1:111111111111:key/é", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_ends_in_reasonable_time() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
    }
}
