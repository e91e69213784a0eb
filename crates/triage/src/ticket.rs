//! The ticket that is known for a finding.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A ticket, in whatever system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// `SEC-1`.
    pub id: String,
    /// The finding it was opened for.
    pub finding_id: String,
    /// Whether it is open.
    pub status: TicketStatus,
    /// When it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time")]
    pub opened: Option<Timestamp>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time")]
    pub closed: Option<Timestamp>,
}

/// Whether a ticket is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum TicketStatus {
    Open,
    Closed,
}

mod time {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(time),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
    }
}
