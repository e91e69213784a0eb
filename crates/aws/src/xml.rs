//! The few elements of STS's answers: they are small, flat, and need no parser of XML.

/// The text of the first element of that name, its entities undone.
pub(crate) fn element(text: &str, name: &str) -> Option<String> {
    let start = text.find(&format!("<{name}>"))? + name.len() + 2;
    let length = text.get(start..)?.find(&format!("</{name}>"))?;
    text.get(start..start + length).map(unescaped)
}

fn unescaped(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::element;

    #[test]
    fn an_element_is_found_and_its_entities_undone() {
        let text = "<R><Arn>arn:aws:iam::1:role/a&amp;b</Arn><Empty></Empty></R>";
        assert_eq!(element(text, "Arn").as_deref(), Some("arn:aws:iam::1:role/a&b"));
        assert_eq!(element(text, "Empty").as_deref(), Some(""));
        assert_eq!(element(text, "Account"), None);
        assert_eq!(element("<A>never closed", "A"), None);
        assert_eq!(element("<A>&amp;lt;</A>", "A").as_deref(), Some("&lt;"));
    }
}
