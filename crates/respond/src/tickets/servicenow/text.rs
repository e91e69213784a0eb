//! Text for ServiceNow's fields. They are plain, but for one thing: what stands between `[code]` and `[/code]` in a journal is shown as HTML.

/// The text without that, of at most so many characters.
pub(super) fn harmless(text: &str, most: usize) -> String {
    let mut harmless = String::with_capacity(text.len());
    for part in text.split_inclusive('[') {
        // The bracket before this part was the end of the one before.
        if harmless.ends_with('[') && is_code(part) {
            harmless.push(' ');
        }
        harmless.push_str(part);
    }
    crate::letter::clean::cut(&harmless, most).into_owned()
}

fn is_code(rest: &str) -> bool {
    let rest = rest.trim_start().trim_start_matches('/').trim_start();
    rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("code"))
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn nothing_is_shown_as_html() {
        assert_eq!(harmless("[code]<img src=x>[/code]", 99), "[ code]<img src=x>[ /code]");
        assert_eq!(harmless("[CoDe]", 99), "[ CoDe]");
        assert_eq!(harmless("[[code]] [é [codé] a[", 99), "[[ code]] [é [codé] a[");
        assert_eq!(harmless("[code][code]", 4), "[ c…");
    }
}
