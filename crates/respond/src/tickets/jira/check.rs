//! Looks whether tickets could be created as configured, without creating any: for `doctor`, and at the start.

use serde_json::Value;

use super::{Dialect, Jira};
use crate::failure::{Failure, Fate};
use crate::http::Call;
use crate::ports::Checkup;

/// What is always given, or needs not be.
const GIVEN: [&str; 7] = ["project", "issuetype", "summary", "description", "labels", "priority", "duedate"];

/// The most pages of a list: fields, issue types.
const MAX_PAGES: usize = 20;

impl Jira {
    /// Looks at these projects, and at the one that is configured.
    pub(super) async fn look_over(&self, projects: &[String]) -> Result<Checkup, Failure> {
        self.get(self.at(&["myself"])?, &[]).await?;
        let mut checkup = Checkup::default();
        let mut all: Vec<&str> = std::iter::once(&self.options.project).chain(projects).map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        for project in all {
            match self.check_project(project, &mut checkup).await {
                Ok(()) => {}
                Err(Failure { fate: Fate::Never, what }) => checkup.problems.push(format!(
                    "project {project}: its issue types cannot be read; does it exist, and may this user create issues in it? {what}"
                )),
                Err(failure) => return Err(failure),
            }
        }
        Ok(checkup)
    }

    async fn check_project(&self, project: &str, checkup: &mut Checkup) -> Result<(), Failure> {
        let types = self.list(&["issue", "createmeta", project, "issuetypes"], "issueTypes").await?;
        let wanted = self.options.issue_type.as_str();
        let is_wanted = |found: &&Value| found["id"] == wanted || found["name"] == wanted;
        let Some(id) = types.iter().find(is_wanted).and_then(|found| found["id"].as_str()) else {
            let known: Vec<&str> = types.iter().filter_map(|found| found["name"].as_str()).collect();
            checkup.problems.push(format!(
                "project {project}: no issue type {wanted:?}; set `issue_type` to one of: {}",
                known.join(", ")
            ));
            return Ok(());
        };
        let fields = self.list(&["issue", "createmeta", project, "issuetypes", id], "fields").await?;
        let field = |name: &str| fields.iter().find(|field| field["fieldId"] == name || field["key"] == name);
        if field("labels").is_none() {
            checkup.problems.push(format!(
                "project {project}: {wanted} has no field Labels on its create screen; tickets are found again by it, so put it there"
            ));
        }
        for field in &fields {
            let name = field["fieldId"].as_str().or_else(|| field["key"].as_str()).unwrap_or_default();
            if field["required"] == true && field["hasDefaultValue"] != true && !GIVEN.contains(&name) {
                let shown = field["name"].as_str().unwrap_or(name);
                checkup.problems.push(format!(
                    "project {project}: {wanted} requires the field {shown:?} ({name}); give it a default, or make it optional"
                ));
            }
        }
        match field("priority") {
            None => checkup
                .notes
                .push(format!("project {project}: no priority on the create screen; it is written into the text")),
            Some(field) => self.check_priorities(project, field, checkup),
        }
        if field("duedate").is_none() {
            checkup
                .notes
                .push(format!("project {project}: no due date on the create screen; it is written into the text"));
        }
        Ok(())
    }

    fn check_priorities(&self, project: &str, field: &Value, checkup: &mut Checkup) {
        let Some(allowed) = field["allowedValues"].as_array() else { return };
        for (severity, wanted) in &self.options.priorities {
            let is_known =
                allowed.iter().any(|value| value["id"] == wanted.as_str() || value["name"] == wanted.as_str());
            if !is_known {
                let known: Vec<&str> = allowed.iter().filter_map(|value| value["name"].as_str()).collect();
                checkup.problems.push(format!(
                    "project {project}: no priority {wanted:?} for {severity}; there are: {}",
                    known.join(", ")
                ));
            }
        }
    }

    /// All of a list that comes in pages: under a name of its own in Cloud, as `values` in Data Center.
    async fn list(&self, parts: &[&str], name: &str) -> Result<Vec<Value>, Failure> {
        let name = match self.options.dialect {
            Dialect::Cloud => name,
            Dialect::DataCenter => "values",
        };
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let start = all.len().to_string();
            let call = Call::get(self.at(parts)?).query(&[("startAt", &start), ("maxResults", "200")]);
            let answer = self.call(call).await?.accepted()?;
            let mut page = answer.json()?;
            let Some(Value::Array(values)) = page.get_mut(name).map(Value::take) else {
                return Err(answer.lacks(name));
            };
            let is_empty = values.is_empty();
            all.extend(values);
            let total = page["total"].as_u64().and_then(|total| usize::try_from(total).ok());
            if is_empty || page["isLast"] == true || total.is_none_or(|total| all.len() >= total) {
                break;
            }
        }
        Ok(all)
    }
}
