//! What an organisation decides once: tags, words for environments, service levels, switches.

use std::collections::BTreeSet;

use finding::{EnvironmentRules, Severity, TagNames};

/// Everything that deciding depends on, beside the rules and the case itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The names of the tags that mean something.
    pub tags: TagNames,
    /// The tags that name the project or queue of tickets, the first that is there; with `:app` behind it, the application's.
    pub project_tags: Vec<String>,
    /// The tag that holds the team's address.
    pub email_tag: String,
    /// The project where no tag names one.
    pub default_project: Option<String>,
    /// The address where no tag holds one, before the account's own.
    pub default_email: Option<String>,
    /// What means which class of environment.
    pub environments: EnvironmentRules,
    /// Hours until a ticket is overdue.
    pub hours: Hours,
    /// Hours for which an account is new.
    pub new_account_hours: u32,
    /// What is done, and what only shown.
    pub switches: Switches,
    /// Controls that have been reviewed, beside those that are known.
    pub reviewed: BTreeSet<String>,
    /// Controls that are fixed without asking, where the key allows it.
    pub remediate: BTreeSet<String>,
    /// The least severity that makes an incident.
    pub incident_severity: Severity,
    /// Generators of an organisation's own findings that report incidents; `CIS-*` for all that begin so.
    pub incident_generators: Vec<String>,
    /// Accounts outside the organisation that may use keys.
    pub trusted_accounts: BTreeSet<String>,
    /// Tags, by name or beginning of the name, that say that infrastructure code owns the key.
    pub code_tags: Vec<String>,
}

/// Hours until a ticket of a severity is overdue; `None` is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Hours {
    pub critical: Option<u32>,
    pub high: Option<u32>,
    pub medium: Option<u32>,
    pub low: Option<u32>,
}

impl Hours {
    /// The hours of a severity.
    #[must_use]
    pub fn of(&self, severity: Severity) -> Option<u32> {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info => None,
        }
    }
}

impl Default for Hours {
    fn default() -> Self {
        Self { critical: Some(4), high: Some(8), medium: Some(336), low: Some(672) }
    }
}

/// What is done and what only shown. A switch that is off changes no decision: it holds the decision's effect back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// Tickets for teams.
    pub team_fixes: bool,
    /// Tickets for incidents.
    pub incidents: bool,
    /// Changes of keys.
    pub remediation: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self { team_fixes: true, incidents: true, remediation: true }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tags: TagNames::default(),
            project_tags: ["soar:jira:project-key", "soar:service-now:project-queue"].map(str::to_owned).to_vec(),
            email_tag: "soar:team:email".to_owned(),
            default_project: None,
            default_email: None,
            environments: EnvironmentRules::default(),
            hours: Hours::default(),
            new_account_hours: 24,
            switches: Switches::default(),
            reviewed: BTreeSet::new(),
            remediate: BTreeSet::from(["KMS.4".to_owned()]),
            incident_severity: Severity::Low,
            incident_generators: vec!["CIS-*".to_owned()],
            trusted_accounts: BTreeSet::new(),
            code_tags: vec!["aws:cloudformation:*".to_owned()],
        }
    }
}

impl Settings {
    /// The tag that says that infrastructure code owns the key.
    #[must_use]
    pub fn code_tag<'t>(&self, mut tags: impl Iterator<Item = &'t str>) -> Option<&'t str> {
        tags.find(|tag| {
            self.code_tags.iter().any(|known| match known.strip_suffix('*') {
                Some(beginning) => tag.starts_with(beginning),
                None => tag == known,
            })
        })
    }
}
