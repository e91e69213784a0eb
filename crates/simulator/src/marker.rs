//! The opaque markers by which a caller asks for the next page.

use crate::error::ServiceError;
use crate::random::hash;

/// What a marker belongs to: it is of no use in another list.
pub(crate) struct Scope<'a> {
    pub(crate) operation: &'a str,
    /// Account, region, key, filters: whatever decides what is in the list.
    pub(crate) list: String,
}

/// A marker that says where a list goes on.
pub(crate) fn write(scope: &Scope<'_>, position: &str) -> String {
    let mut text = format!("{:016x}", seal(scope, position));
    for byte in position.bytes() {
        // Not to be read, nor to be guessed by counting.
        text.push_str(&format!("{:02x}", byte ^ 0x5a));
    }
    text
}

/// Where the list of that marker goes on; `None` if it is no marker of this list.
pub(crate) fn read(scope: &Scope<'_>, marker: &str) -> Option<String> {
    let (sealed, position) = (marker.get(..16)?, marker.get(16..)?);
    if !position.is_ascii() || position.len() % 2 != 0 {
        return None;
    }
    let bytes: Option<Vec<u8>> = (0..position.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(&position[start..start + 2], 16).ok().map(|byte| byte ^ 0x5a))
        .collect();
    let position = String::from_utf8(bytes?).ok()?;
    (u64::from_str_radix(sealed, 16).ok()? == seal(scope, &position)).then_some(position)
}

fn seal(scope: &Scope<'_>, position: &str) -> u64 {
    hash(format!("{}\0{}\0{position}", scope.operation, scope.list).as_bytes())
}

/// One page of a list.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
}

/// Cuts a page out of a list that stands in order of its positions: `limit` items behind `after`.
pub(crate) fn page<T>(items: impl Iterator<Item = T>, limit: usize, position: impl Fn(&T) -> String) -> Page<T> {
    let mut items: Vec<T> = items.take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(position) } else { None };
    Page { items, next }
}

/// A marker that is none of this list.
pub(crate) fn invalid() -> ServiceError {
    ServiceError::new("InvalidMarkerException", "Could not deserialize marker")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope<'a>(operation: &'a str, list: &str) -> Scope<'a> {
        Scope { operation, list: list.to_owned() }
    }

    #[test]
    fn a_marker_leads_on_in_its_own_list_only() {
        let marker = write(&scope("ListKeys", "111111111111 eu-north-1"), "abc-1");
        assert_eq!(read(&scope("ListKeys", "111111111111 eu-north-1"), &marker).as_deref(), Some("abc-1"));
        assert_eq!(read(&scope("ListKeys", "111111111111 eu-west-1"), &marker), None);
        assert_eq!(read(&scope("ListAliases", "111111111111 eu-north-1"), &marker), None);
        assert!(!marker.contains("abc"));
    }

    #[test]
    fn what_is_no_marker_is_refused_and_never_panics() {
        for text in [
            "",
            "x",
            "0123456789abcdef",
            "0123456789abcdefé",
            "0123456789abcdef0",
            "é123456789abcdef",
            "+123456789abcdef+f",
        ] {
            assert_eq!(read(&scope("ListKeys", ""), text), None, "{text:?}");
        }
    }
}
