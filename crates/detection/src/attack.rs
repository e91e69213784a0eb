//! The Enterprise matrix of MITRE ATT&CK: which tactics and techniques there are, and what they are called.
//!
//! The table is bundled as text and searched as text: seven hundred lines, asked a few times a run.

use std::fmt;

const TABLE: &str = include_str!("attack.tsv");

/// Which edition of the matrix is bundled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// `18.0`.
    pub version: &'static str,
    /// The day it was published: `2025-10-28`.
    pub date: &'static str,
}

/// A column of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tactic {
    /// `TA0006`.
    pub id: &'static str,
    /// `Credential Access`.
    pub name: &'static str,
}

/// A cell of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Technique {
    /// `T1552` or `T1552.004`.
    pub id: &'static str,
    /// `Private Keys`.
    pub name: &'static str,
    tactics: &'static str,
}

impl Technique {
    /// The ids of the tactics that it serves.
    pub fn tactics(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.tactics.split(' ').filter(|id| !id.is_empty())
    }

    /// The name with its parent's: `Unsecured Credentials: Private Keys`.
    #[must_use]
    pub fn full_name(&self) -> String {
        let parent = self.id.split_once('.').and_then(|(parent, _)| technique(parent));
        match parent {
            Some(parent) => format!("{}: {}", parent.name, self.name),
            None => self.name.to_owned(),
        }
    }
}

/// A tactic with a technique: what a detection maps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// The tactic.
    pub tactic: Tactic,
    /// The technique.
    pub technique: Technique,
}

/// Why a value is no mapping to the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingError {
    /// Not of the form `TA0006:T1552`.
    Malformed,
    /// No such tactic in this edition.
    NoTactic(String),
    /// No such technique in this edition.
    NoTechnique(String),
    /// The technique does not serve that tactic; it serves these.
    NotOfTactic(Technique, Tactic),
}

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = edition().version;
        match self {
            Self::Malformed => f.write_str("it is not of the form `TA0006:T1552`"),
            Self::NoTactic(id) => write!(f, "ATT&CK {version} (Enterprise) has no tactic {id}"),
            Self::NoTechnique(id) => write!(f, "ATT&CK {version} (Enterprise) has no technique {id}"),
            Self::NotOfTactic(technique, tactic) => {
                let own: Vec<&str> = technique.tactics().collect();
                let (id, name) = (technique.id, technique.name);
                write!(f, "{id} ({name}) does not belong to {} ({}) but to {}", tactic.id, tactic.name, own.join(", "))
            }
        }
    }
}

/// The edition that is bundled.
#[must_use]
pub fn edition() -> Edition {
    let mut cells = TABLE.lines().find_map(|line| line.strip_prefix("version\t")).unwrap_or_default().split('\t');
    Edition { version: cells.next().unwrap_or_default(), date: cells.next().unwrap_or_default() }
}

/// All tactics, in the order of the matrix.
pub fn tactics() -> impl Iterator<Item = Tactic> {
    rows().filter_map(|(id, name, _)| id.starts_with("TA").then_some(Tactic { id, name }))
}

/// All techniques, by id.
pub fn techniques() -> impl Iterator<Item = Technique> {
    rows().filter_map(|(id, name, tactics)| is_technique(id).then_some(Technique { id, name, tactics }))
}

/// The tactic with that id.
#[must_use]
pub fn tactic(id: &str) -> Option<Tactic> {
    row(id).filter(|(id, ..)| id.starts_with("TA")).map(|(id, name, _)| Tactic { id, name })
}

/// The technique with that id.
#[must_use]
pub fn technique(id: &str) -> Option<Technique> {
    row(id).filter(|(id, ..)| is_technique(id)).map(|(id, name, tactics)| Technique { id, name, tactics })
}

/// The mapping that a value such as `TA0006:T1552` names.
///
/// # Errors
/// What is wrong with it.
pub fn mapping(text: &str) -> Result<Mapping, MappingError> {
    let (tactic_id, technique_id) = text.split_once(':').ok_or(MappingError::Malformed)?;
    if !is_id(tactic_id, "TA") || !is_technique(technique_id) {
        return Err(MappingError::Malformed);
    }
    let tactic = tactic(tactic_id).ok_or_else(|| MappingError::NoTactic(tactic_id.to_owned()))?;
    let technique = technique(technique_id).ok_or_else(|| MappingError::NoTechnique(technique_id.to_owned()))?;
    if technique.tactics().any(|own| own == tactic.id) {
        Ok(Mapping { tactic, technique })
    } else {
        Err(MappingError::NotOfTactic(technique, tactic))
    }
}

type Row = (&'static str, &'static str, &'static str);

fn rows() -> impl Iterator<Item = Row> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(cells)
}

/// The row that begins with this id. The table is not read line by line for it: a scan asks at its start.
fn row(id: &str) -> Option<Row> {
    let start = memchr::memmem::find(TABLE.as_bytes(), format!("\n{id}\t").as_bytes())? + 1;
    cells(TABLE.get(start..)?.lines().next()?)
}

fn cells(line: &'static str) -> Option<Row> {
    let mut cells = line.split('\t');
    Some((cells.next()?, cells.next()?, cells.next().unwrap_or_default()))
}

/// `T1552` or `T1552.004`.
fn is_technique(id: &str) -> bool {
    match id.split_once('.') {
        Some((technique, sub)) => is_id(technique, "T") && sub.len() == 3 && sub.bytes().all(|it| it.is_ascii_digit()),
        None => is_id(id, "T"),
    }
}

fn is_id(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|it| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_whole() {
        assert_eq!(edition(), Edition { version: "18.0", date: "2025-10-28" });
        assert_eq!(tactics().count(), 14);
        assert_eq!(techniques().count(), 691);
        for technique in techniques() {
            assert!(technique.tactics().count() > 0, "{} serves no tactic", technique.id);
            assert!(technique.tactics().all(|id| tactic(id).is_some()), "{}", technique.id);
            let parent = technique.id.split_once('.').map(|(parent, _)| parent);
            assert!(parent.is_none_or(|parent| super::technique(parent).is_some()), "{}", technique.id);
        }
    }

    #[test]
    fn the_seeds_mapping_has_names() {
        let mapping = mapping("TA0006:T1552").unwrap();
        assert_eq!((mapping.tactic.name, mapping.technique.name), ("Credential Access", "Unsecured Credentials"));
        assert_eq!(technique("T1552.004").unwrap().full_name(), "Unsecured Credentials: Private Keys");
    }

    #[test]
    fn wrong_mappings_say_what_is_wrong() {
        for (text, message) in [
            ("T1552", "it is not of the form `TA0006:T1552`"),
            ("TA6:T1552", "it is not of the form `TA0006:T1552`"),
            ("TA0006:T1552.4", "it is not of the form `TA0006:T1552`"),
            ("TA0099:T1552", "ATT&CK 18.0 (Enterprise) has no tactic TA0099"),
            ("TA0006:T9999", "ATT&CK 18.0 (Enterprise) has no technique T9999"),
            ("TA0040:T1552", "T1552 (Unsecured Credentials) does not belong to TA0040 (Impact) but to TA0006"),
        ] {
            assert_eq!(mapping(text).unwrap_err().to_string(), message);
        }
    }
}
