//! What Security Hub calls things: partitions, types of resources and findings, controls and requirements; and texts cut to what it takes.

use std::borrow::Cow;

use finding::{Arn, ResourceRef};

use crate::escape::terminal;

/// The beginnings of region names outside the partition `aws`.
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
];

/// The partition that the ARN names; without an ARN, the region's.
pub(crate) fn partition(resource: &ResourceRef) -> Cow<'_, str> {
    match resource.id.parse::<Arn>() {
        Ok(arn) => Cow::Owned(arn.partition().to_owned()),
        Err(_) => {
            let known = PARTITIONS.iter().find(|(beginning, _)| resource.region.starts_with(beginning));
            Cow::Borrowed(known.map_or("aws", |(_, partition)| partition))
        }
    }
}

/// The first of the controls that is Security Hub's own: `KMS.4`.
pub(crate) fn security_control(controls: &[String]) -> Option<&str> {
    controls.iter().map(String::as_str).find(|control| {
        let parts = control.split_once('.');
        parts.is_some_and(|(service, number)| is_word(service) && is_number(number)) && control.len() <= 64
    })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A requirement of a standard, in Security Hub's words where it has some.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// `CIS AWS Foundations Benchmark v5.0.0`.
    pub(crate) standard: String,
    /// `CIS AWS Foundations Benchmark v5.0.0/3.6`.
    pub(crate) name: String,
}

/// The requirement that a control such as `CIS-5.0.0/3.6` is; `None` for a control of no standard (`KMS.4`).
pub(crate) fn requirement(control: &str) -> Option<Requirement> {
    let (framework, number) = control.split_once('/')?;
    let version =
        |name| framework.strip_prefix(name).filter(|rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit()));
    let standard = if let Some(version) = version("CIS-") {
        format!("CIS AWS Foundations Benchmark v{version}")
    } else if let Some(version) = version("PCI-") {
        format!("PCI DSS v{version}")
    } else if let Some(revision) = version("NIST-800-53r") {
        format!("NIST.800-53.r{revision}")
    } else {
        framework.to_owned()
    };
    let separator = if standard.starts_with("NIST.") { ' ' } else { '/' };
    let name = format!("{standard}{separator}{number}");
    Some(Requirement { standard, name })
}

/// Finding types from AWS's taxonomy, for what a detection with these controls finds.
pub(crate) fn finding_types(controls: &[String]) -> Vec<String> {
    const CHECKS: &str = "Software and Configuration Checks";
    let mut types = Vec::new();
    for (framework, _) in controls.iter().filter_map(|control| control.split_once('/')) {
        let classifier = match framework.split('-').next() {
            Some("CIS") => "/CIS AWS Foundations Benchmark",
            Some("PCI") => "/PCI-DSS Controls",
            Some("NIST") if framework.starts_with("NIST-800-53") => "/NIST 800-53 Controls (USA)",
            _ => "",
        };
        let kind = format!("{CHECKS}/Industry and Regulatory Standards{classifier}");
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
    if types.is_empty() {
        types.push(format!("{CHECKS}/AWS Security Best Practices"));
    }
    types
}

/// A text for people, of at most so many UTF-16 units: each line escaped, the whole cut between characters. `None` where
/// nothing would be seen: AWS refuses blank texts.
pub(crate) fn prose(text: &str, units: usize) -> Option<String> {
    let short = clip(text.trim(), units);
    let lines: Vec<_> = short.split('\n').map(|line| terminal(line.trim_end())).collect();
    let text = lines.join("\n");
    let text = clip(text.trim(), units);
    (!text.is_empty()).then(|| text.into_owned())
}

/// [`prose`] on one line.
pub(crate) fn label(text: &str, units: usize) -> Option<String> {
    let text = terminal(&clip(text.trim(), units)).into_owned();
    let text = clip(text.trim(), units);
    (!text.is_empty()).then(|| text.into_owned())
}

/// The text cut between two characters to so many UTF-16 units, with `…` where something was cut. Whether a limit counts
/// code points or UTF-16 units (AWS does not say), this is within it.
pub(crate) fn clip(text: &str, units: usize) -> Cow<'_, str> {
    if text.len() <= units {
        return Cow::Borrowed(text);
    }
    let (mut used, mut room) = (0, 0);
    for (start, character) in text.char_indices() {
        if used < units {
            room = start;
        }
        used += character.len_utf16();
        if used > units {
            return Cow::Owned(format!("{}…", &text[..room]));
        }
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(id: &str, region: &str) -> ResourceRef {
        ResourceRef {
            id: id.to_owned(),
            kind: "AWS.KMS.Key".to_owned(),
            account_id: "111111111111".to_owned(),
            region: region.to_owned(),
            name: String::new(),
            description: String::new(),
            account_name: String::new(),
            team: String::new(),
            environment: String::new(),
        }
    }

    #[test]
    fn the_partition_is_the_arns_or_else_the_regions() {
        let asked = [
            ("arn:aws-us-gov:kms:us-gov-west-1:111111111111:key/a", "us-gov-west-1", "aws-us-gov"),
            ("arn:aws:kms:eu-north-1:111111111111:key/a", "cn-north-1", "aws"),
            ("cks-1", "cn-north-1", "aws-cn"),
            ("cks-1", "us-isob-east-1", "aws-iso-b"),
            ("cks-1", "us-iso-east-1", "aws-iso"),
            ("cks-1", "us-west-2", "aws"),
        ];
        for (id, region, expected) in asked {
            assert_eq!(partition(&resource(id, region)), expected, "{id} in {region}");
        }
    }

    #[test]
    fn controls_are_named_as_security_hub_names_them() {
        let named: Vec<_> = ["CIS-5.0.0/3.6", "PCI-4.0.1/3.7.4", "NIST-800-53r5/SC-12(2)", "CIS/2.8", "SOP/3", "KMS.4"]
            .into_iter()
            .map(|control| requirement(control).map(|it| (it.standard, it.name)))
            .collect();
        let both = |standard: &str, name: &str| Some((standard.to_owned(), name.to_owned()));
        assert_eq!(
            named,
            [
                both("CIS AWS Foundations Benchmark v5.0.0", "CIS AWS Foundations Benchmark v5.0.0/3.6"),
                both("PCI DSS v4.0.1", "PCI DSS v4.0.1/3.7.4"),
                both("NIST.800-53.r5", "NIST.800-53.r5 SC-12(2)"),
                both("CIS", "CIS/2.8"),
                both("SOP", "SOP/3"),
                None,
            ]
        );
        let controls = ["CIS/2.8", "x", "a.b", "KMS.4", "KMS.3"].map(str::to_owned);
        assert_eq!(security_control(&controls), Some("KMS.4"));
        assert_eq!(security_control(&controls[..3]), None);
    }

    #[test]
    fn a_text_is_cut_between_characters_whichever_way_its_length_is_counted() {
        assert_eq!(clip("abc", 3), "abc");
        assert_eq!(clip("abcd", 3), "ab…");
        assert_eq!(clip("鍵鍵鍵", 3), "鍵鍵鍵");
        assert_eq!(clip("🔑🔑", 4), "🔑🔑");
        assert_eq!(clip("🔑🔑🔑", 4), "🔑…");
        assert_eq!(clip("🔑", 1), "…");
    }

    #[test]
    fn prose_keeps_its_lines_and_nothing_that_acts() {
        assert_eq!(prose(" one\r\ntwo\u{202e} ", 99).as_deref(), Some("one\ntwo\\u{202e}"));
        assert_eq!(label(" one\r\ntwo ", 99).as_deref(), Some("one\\r\\ntwo"));
        assert_eq!(prose(&"\u{1b}".repeat(9), 20).as_deref(), Some("\\u{1b}\\u{1b}\\u{1b}\\…"));
        assert_eq!(prose(" \n\u{3000}\t", 9), None);
        assert_eq!(label("\u{3000} ", 9), None);
    }
}
