//! `jsonl`: one finding of the document a line.
//!
//! A scan of a million keys may write as many lines, so a line is not left to serde: what is the same in each is copied,
//! and text that needs no escape is recognised in vectors of bytes. What is rare goes the common way of [`crate::json`],
//! and a test holds the two against each other.

use std::io;

use finding::{Document, Finding, ResourceRef};

/// Writes every finding of the document.
pub(crate) fn write(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let mut line = Line::default();
    document.findings.iter().try_for_each(|finding| line.write(finding, out))
}

/// Writes lines, all in the same memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line(Vec<u8>);

impl Line {
    /// Writes one line.
    pub(crate) fn write(&mut self, finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
        self.0.clear();
        self.finding(finding)?;
        out.write_all(&self.0)
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.text("{\"fingerprint\":", &finding.fingerprint)?;
        self.text(",\"detection_id\":", &finding.detection_id)?;
        self.text(",\"status\":", finding.status.name())?;
        self.text(",\"severity\":", finding.severity.name())?;
        self.text(",\"title\":", &finding.title)?;
        self.text(",\"reason\":", &finding.reason)?;
        self.text(",\"remediation\":", &finding.remediation)?;
        self.text(",\"group\":", &finding.group)?;
        self.list(",\"controls\":[", &finding.controls)?;
        self.list(",\"attack\":[", &finding.attack)?;
        self.resource(&finding.resource)?;
        self.value(",\"location\":", &finding.location)?;
        match &finding.suppressed_by {
            Some(rule) => self.text(",\"suppressed_by\":", rule)?,
            None => self.copy(",\"suppressed_by\":null"),
        }
        if !finding.unknown_facts.is_empty() {
            self.value(",\"unknown_facts\":", &finding.unknown_facts)?;
        }
        self.copy("}\n");
        Ok(())
    }

    fn resource(&mut self, resource: &ResourceRef) -> io::Result<()> {
        self.text(",\"resource\":{\"id\":", &resource.id)?;
        self.text(",\"type\":", &resource.kind)?;
        self.text(",\"account_id\":", &resource.account_id)?;
        self.text(",\"region\":", &resource.region)?;
        self.text(",\"name\":", &resource.name)?;
        self.text_if_any(",\"description\":", &resource.description)?;
        self.text_if_any(",\"account_name\":", &resource.account_name)?;
        self.text_if_any(",\"team\":", &resource.team)?;
        self.text_if_any(",\"environment\":", &resource.environment)?;
        self.copy("}");
        Ok(())
    }

    fn copy(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn text_if_any(&mut self, before: &str, text: &str) -> io::Result<()> {
        if text.is_empty() { Ok(()) } else { self.text(before, text) }
    }

    fn text(&mut self, before: &str, text: &str) -> io::Result<()> {
        self.copy(before);
        match Escapes::of(text) {
            Escapes::None => {
                self.copy("\"");
                self.copy(text);
                self.copy("\"");
            }
            Escapes::Quotes => {
                self.copy("\"");
                for byte in text.bytes() {
                    if let b'"' | b'\\' = byte {
                        self.0.push(b'\\');
                    }
                    self.0.push(byte);
                }
                self.copy("\"");
            }
            Escapes::Others => crate::json::one(text, &mut self.0)?,
        }
        Ok(())
    }

    fn list(&mut self, before: &str, texts: &[String]) -> io::Result<()> {
        self.copy(before);
        for (index, text) in texts.iter().enumerate() {
            self.text(if index == 0 { "" } else { "," }, text)?;
        }
        self.copy("]");
        Ok(())
    }

    fn value(&mut self, before: &str, value: &impl serde::Serialize) -> io::Result<()> {
        self.copy(before);
        crate::json::one(value, &mut self.0)
    }
}

/// What a text needs to stand in JSON that is safe to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escapes {
    None,
    /// A backslash before quotes and backslashes; all else are printable ASCII characters.
    Quotes,
    Others,
}

impl Escapes {
    const QUOTE: u8 = 1;
    const OTHER: u8 = 2;

    /// What each byte needs. A table, because most texts are too short for vectors to pay.
    const OF_BYTE: [u8; 256] = {
        let mut table = [Self::OTHER; 256];
        let mut byte = 0x20;
        while byte < 0x7F {
            table[byte] = if byte == b'"' as usize || byte == b'\\' as usize { Self::QUOTE } else { 0 };
            byte += 1;
        }
        table
    };

    fn of(text: &str) -> Self {
        match text.bytes().fold(0, |all, byte| all | Self::OF_BYTE[usize::from(byte)]) {
            0 => Self::None,
            Self::QUOTE => Self::Quotes,
            _ => Self::Others,
        }
    }
}

#[cfg(test)]
mod tests {
    use finding::{Location, Position, Severity, Status, UnknownFact};
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,40}",
            "[a-z\"\\\\]{0,12}",
            any::<String>(),
            Just("a\u{202e}b\u{7f}\n\u{9b}鍵\u{e0041}\"".to_owned()),
        ]
    }

    prop_compose! {
        fn resource()(texts in prop::array::uniform9(text())) -> ResourceRef {
            let [id, kind, account_id, region, name, description, account_name, team, environment] = texts;
            ResourceRef { id, kind, account_id, region, name, description, account_name, team, environment }
        }
    }

    prop_compose! {
        fn findings()(
            texts in prop::array::uniform6(text()),
            (status, severity) in (prop::sample::select(&Status::ALL[..]), prop::sample::select(&Severity::ALL[..])),
            controls in prop::collection::vec(text(), 0..3),
            attack in prop::collection::vec(text(), 0..3),
            resource in resource(),
            suppressed_by in prop::option::of(text()),
            file in prop::option::of(text()),
            unknown in prop::collection::vec(text(), 0..3),
        ) -> Finding {
            let [fingerprint, detection_id, title, reason, remediation, group] = texts;
            let place = Position { line: 1, column: 7 };
            let fact = |field| UnknownFact { field, operation: "DescribeKey".into(), code: "é".into(), message: "\"".into(), expected: None };
            Finding {
                fingerprint, detection_id, status, severity, title, reason, remediation, group, controls, attack, resource,
                location: file.map(|file| Location { file, start: place, end: place }),
                suppressed_by,
                unknown_facts: unknown.into_iter().map(fact).collect(),
            }
        }
    }

    proptest! {
        #[test]
        fn a_line_is_what_serde_makes_of_the_finding(finding in findings()) {
            let (mut line, mut expected) = (Vec::new(), Vec::new());
            Line::default().write(&finding, &mut line).unwrap();
            crate::json::compact(&finding, &mut expected).unwrap();
            prop_assert_eq!(String::from_utf8(line).unwrap(), String::from_utf8(expected).unwrap());
        }
    }
}
