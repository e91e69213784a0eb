//! What the account of a finding says about it.

/// The name of the innermost unit of a path of organisational units, as the original knows it: `ROOT` for the root itself.
#[must_use]
pub fn unit_name(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().map(str::trim).filter(|name| !name.is_empty())?;
    Some(if path.trim() == "Root" { "ROOT" } else { name })
}
