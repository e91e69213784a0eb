//! `[triage]`: what an organisation has decided about tickets, service levels and fixes.

use std::collections::BTreeMap;

use finding::{Accounts, Severity};
use serde::{Deserialize, Serialize};
use triage::Settings;

use super::SeverityName;

/// The section; what is not given keeps its default.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Triage {
    /// The tags that name a ticket's project or queue; the first that an account has counts.
    pub project_tags: Option<Vec<String>>,
    /// The tag that holds a team's address.
    pub email_tag: Option<String>,
    /// The project where no tag names one.
    pub default_project: Option<String>,
    /// The address where no tag holds one.
    pub default_email: Option<String>,
    /// Hours until a ticket is overdue, by severity; -1 is never.
    pub hours: BTreeMap<String, i64>,
    /// Hours for which an account is new.
    pub new_account_hours: Option<u32>,
    /// Controls that are fixed without asking.
    pub remediate: Option<Vec<String>>,
    /// Controls that somebody has reviewed, beside those of KMS.
    pub reviewed: Vec<String>,
    /// The least severity that makes an incident.
    pub incident_severity: Option<SeverityName>,
    /// Generators of the organisation's own findings that report incidents; `*` may stand at the end.
    pub incident_generators: Option<Vec<String>>,
    /// Accounts outside the organisation that may use keys.
    pub trusted_accounts: Vec<String>,
    /// Tags that say that infrastructure code owns a key; `*` may stand at the end.
    pub code_tags: Option<Vec<String>>,
    /// Effects that are held back.
    pub hold: Vec<Effect>,
}

/// What a decision brings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Tickets for teams.
    TeamFixes,
    /// Tickets for incidents.
    Incidents,
    /// Changes of keys.
    Remediation,
}

#[cfg(feature = "serve")]
impl Effect {
    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::TeamFixes => "team-fixes",
            Self::Incidents => "incidents",
            Self::Remediation => "remediation",
        }
    }
}

impl Triage {
    /// What deciding goes by.
    pub fn settings(&self, accounts: Accounts) -> anyhow::Result<Settings> {
        let mut settings = Settings { tags: accounts.tags, environments: accounts.environments, ..Settings::default() };
        let given = |slot: &mut Vec<String>, value: &Option<Vec<String>>| {
            if let Some(value) = value {
                slot.clone_from(value);
            }
        };
        given(&mut settings.project_tags, &self.project_tags);
        given(&mut settings.incident_generators, &self.incident_generators);
        given(&mut settings.code_tags, &self.code_tags);
        if let Some(tag) = &self.email_tag {
            settings.email_tag.clone_from(tag);
        }
        if let Some(controls) = &self.remediate {
            settings.remediate = controls.iter().cloned().collect();
        }
        settings.default_project.clone_from(&self.default_project);
        settings.default_email.clone_from(&self.default_email);
        settings.new_account_hours = self.new_account_hours.unwrap_or(settings.new_account_hours);
        settings.reviewed.extend(self.reviewed.iter().cloned());
        settings.trusted_accounts.extend(self.trusted_accounts.iter().cloned());
        settings.incident_severity = self.incident_severity.map_or(settings.incident_severity, |name| name.0);
        settings.switches.team_fixes = !self.hold.contains(&Effect::TeamFixes);
        settings.switches.incidents = !self.hold.contains(&Effect::Incidents);
        settings.switches.remediation = !self.hold.contains(&Effect::Remediation);
        self.set_hours(&mut settings)?;
        Ok(settings)
    }

    /// The section with its defaults written out.
    pub fn with_defaults(&self) -> Self {
        let (mut all, settings) = (self.clone(), Settings::default());
        all.project_tags.get_or_insert(settings.project_tags);
        all.email_tag.get_or_insert(settings.email_tag);
        all.new_account_hours.get_or_insert(settings.new_account_hours);
        all.remediate.get_or_insert_with(|| settings.remediate.into_iter().collect());
        all.incident_severity.get_or_insert(SeverityName(settings.incident_severity));
        all.incident_generators.get_or_insert(settings.incident_generators);
        all.code_tags.get_or_insert(settings.code_tags);
        for severity in [Severity::Critical, Severity::High, Severity::Medium, Severity::Low] {
            let given = all.hours.keys().any(|name| Severity::parse(name) == Some(severity));
            if !given {
                let hours = settings.hours.of(severity).map_or(-1, i64::from);
                all.hours.insert(severity.name().to_lowercase(), hours);
            }
        }
        all
    }

    fn set_hours(&self, settings: &mut Settings) -> anyhow::Result<()> {
        for (name, hours) in &self.hours {
            let hours = if *hours == -1 {
                None
            } else {
                let wrong = || anyhow::anyhow!("triage.hours.{name}: expected hours, or -1 for never, not {hours}");
                Some(u32::try_from(*hours).map_err(|_| wrong())?)
            };
            let slot = match Severity::parse(name) {
                Some(Severity::Critical) => &mut settings.hours.critical,
                Some(Severity::High) => &mut settings.hours.high,
                Some(Severity::Medium) => &mut settings.hours.medium,
                Some(Severity::Low) => &mut settings.hours.low,
                _ => anyhow::bail!("triage.hours.{name}: expected critical, high, medium or low"),
            };
            *slot = hours;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> anyhow::Result<Settings> {
        toml::from_str::<Triage>(text)?.settings(Accounts::default())
    }

    #[test]
    fn what_is_not_given_keeps_its_default() {
        assert_eq!(settings("").unwrap(), Settings::default());
        let written = Triage::default().with_defaults();
        assert_eq!(written.settings(Accounts::default()).unwrap(), Settings::default());
        let text = toml::to_string(&written).unwrap();
        assert_eq!(settings(&text).unwrap(), Settings::default(), "{text}");
    }

    #[test]
    fn what_is_given_is_used() {
        let text = "hours = { critical = 2, low = -1 }\nhold = [\"team-fixes\"]\nremediate = []\ncode_tags = [\"terraform\"]\n\
                    default_project = \"SEC\"\nincident_severity = \"high\"\n";
        let settings = settings(text).unwrap();
        assert_eq!((settings.hours.critical, settings.hours.high, settings.hours.low), (Some(2), Some(8), None));
        assert!(!settings.switches.team_fixes && settings.switches.incidents && settings.remediate.is_empty());
        assert_eq!((settings.code_tags.len(), settings.default_project.as_deref()), (1, Some("SEC")));
        assert_eq!(settings.incident_severity, Severity::High);
    }

    #[test]
    fn mistakes_are_named() {
        let message = |text: &str| settings(text).unwrap_err().to_string();
        assert!(message("hours = { severe = 2 }").contains("triage.hours.severe"));
        assert!(message("hours = { low = -2 }").contains("-1 for never"));
        assert!(message("hold = [\"tickets\"]").contains("team-fixes"));
        assert!(message("hour = 1").contains("unknown field"));
    }
}
