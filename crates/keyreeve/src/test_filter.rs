//! `--filter KEY=V[,V]` and `KEY!=V`, as the peer has it: several filters must all hold, several values are alternatives.

use anyhow::bail;
use detection::Detection;
use source::yaml;

/// One filter.
#[derive(Debug)]
pub struct Filter {
    key: String,
    values: Vec<String>,
    negated: bool,
}

impl Filter {
    /// Reads `Severity=High,Critical` or `PolicyID!=X`.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let Some((key, values)) = text.split_once('=') else {
            bail!("--filter {text}: expected KEY=VALUE, for example Severity=High");
        };
        let (key, negated) = key.strip_suffix('!').map_or((key, false), |key| (key, true));
        if key.trim().is_empty() {
            bail!("--filter {text}: the key is missing, for example Severity=High");
        }
        let values = values.split(',').map(|value| value.trim().to_lowercase()).collect();
        Ok(Self { key: key.trim().to_owned(), values, negated })
    }

    /// Whether the detection's YAML has one of the values under the key; a list has each of its items.
    pub fn fits(&self, detection: &Detection) -> bool {
        let held = values(&detection.yaml.text, &self.key);
        let hit = held.iter().any(|value| self.values.contains(&value.to_lowercase()));
        hit != self.negated
    }
}

fn values(text: &str, key: &str) -> Vec<String> {
    let Some(node) = yaml::parse(text).ok().and_then(|node| node.get(key).cloned()) else { return Vec::new() };
    let items = node.as_sequence().map_or_else(|| vec![&node], |items| items.iter().collect());
    items.into_iter().filter_map(|item| item.text().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_alternatives_in_any_case_and_lists_count_by_item() {
        let pack = detection::builtin::pack("panther-kms").unwrap();
        let rotation = &pack.detections[0];
        for (filter, fits) in [
            ("Severity=low,high", true),
            ("Severity=High", false),
            ("Severity!=High", true),
            ("PolicyID=aws.cmk.keyrotation", true),
            ("Tags=AWS", true),
            ("NoSuchKey=x", false),
        ] {
            assert_eq!(Filter::parse(filter).unwrap().fits(rotation), fits, "{filter}");
        }
        assert!(Filter::parse("Severity").is_err() && Filter::parse("=x").is_err());
    }
}
