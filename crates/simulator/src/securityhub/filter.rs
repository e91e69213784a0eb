//! The filters of GetFindings: within an attribute OR (AND for what is denied), between attributes AND.

use serde_json::Value;

use crate::error::ServiceError;
use crate::time::Time;

/// Attributes of texts, and where they stand.
const TEXTS: [(&str, &str); 17] = [
    ("Id", "/Id"),
    ("ProductArn", "/ProductArn"),
    ("AwsAccountId", "/AwsAccountId"),
    ("GeneratorId", "/GeneratorId"),
    ("Region", "/Region"),
    ("Title", "/Title"),
    ("ProductName", "/ProductName"),
    ("CompanyName", "/CompanyName"),
    ("SeverityLabel", "/Severity/Label"),
    ("ComplianceStatus", "/Compliance/Status"),
    ("ComplianceSecurityControlId", "/Compliance/SecurityControlId"),
    ("WorkflowStatus", "/Workflow/Status"),
    ("RecordState", "/RecordState"),
    ("VerificationState", "/VerificationState"),
    ("NoteText", "/Note/Text"),
    ("ResourceType", "/Resources/*/Type"),
    ("ResourceId", "/Resources/*/Id"),
];

/// Attributes of dates.
const DATES: [&str; 4] = ["UpdatedAt", "CreatedAt", "FirstObservedAt", "LastObservedAt"];

pub(crate) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidInputException", message)
}

/// Filters, checked.
pub(crate) struct Filters(Vec<Attribute>);

enum Attribute {
    Text { path: &'static str, wanted: Vec<(Comparison, String)> },
    Date { name: &'static str, ranges: Vec<(i64, i64)> },
}

#[derive(Clone, Copy)]
enum Comparison {
    Equals,
    Prefix,
    Contains,
    NotEquals,
    NotPrefix,
    NotContains,
}

impl Comparison {
    fn named(name: &str) -> Result<Self, ServiceError> {
        Ok(match name {
            "EQUALS" => Self::Equals,
            "PREFIX" => Self::Prefix,
            "CONTAINS" | "CONTAINS_WORD" => Self::Contains,
            "NOT_EQUALS" => Self::NotEquals,
            "PREFIX_NOT_EQUALS" => Self::NotPrefix,
            "NOT_CONTAINS" => Self::NotContains,
            other => return Err(invalid(format!("Invalid comparison {other:?}"))),
        })
    }

    fn denies(self) -> bool {
        matches!(self, Self::NotEquals | Self::NotPrefix | Self::NotContains)
    }

    fn fits(self, value: &str, wanted: &str) -> bool {
        match self {
            Self::Equals | Self::NotEquals => value == wanted,
            Self::Prefix | Self::NotPrefix => value.starts_with(wanted),
            Self::Contains | Self::NotContains => value.contains(wanted),
        }
    }
}

impl Filters {
    /// The filters of a request.
    pub(crate) fn read(filters: Option<&Value>, now: Time) -> Result<Self, ServiceError> {
        let Some(filters) = filters else { return Ok(Self(Vec::new())) };
        let filters = filters.as_object().ok_or_else(|| invalid("Filters must be an object"))?;
        if filters.len() > 10 {
            return Err(invalid("Only 10 attributes can be filtered by"));
        }
        let mut attributes = Vec::new();
        for (name, wanted) in filters {
            let wanted = wanted.as_array().ok_or_else(|| invalid(format!("{name} must be a list")))?;
            if wanted.len() > 20 {
                return Err(invalid(format!("Only 20 values can be given for {name}")));
            }
            let path = TEXTS.iter().find(|(known, _)| known == name).map(|(_, path)| *path);
            let date = DATES.iter().find(|known| **known == name.as_str()).copied();
            attributes.push(match (path, date) {
                (Some(path), _) => Attribute::Text { path, wanted: texts(wanted)? },
                (None, Some(name)) => Attribute::Date { name, ranges: ranges(wanted, now)? },
                _ => return Err(invalid(format!("{name} is no attribute that this simulator filters by"))),
            });
        }
        Ok(Self(attributes))
    }

    pub(crate) fn fit(&self, finding: &Value) -> bool {
        self.0.iter().all(|attribute| match attribute {
            Attribute::Text { path, wanted } => text_fits(finding, path, wanted),
            Attribute::Date { name, ranges } => {
                let time = finding.get(name).and_then(Value::as_str).and_then(milliseconds);
                ranges.is_empty()
                    || time.is_some_and(|time| ranges.iter().any(|(from, to)| (*from..=*to).contains(&time)))
            }
        })
    }
}

fn text_fits(finding: &Value, path: &str, wanted: &[(Comparison, String)]) -> bool {
    let values: Vec<&str> = match path.split_once("/*") {
        Some((list, member)) => {
            let items = finding.pointer(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            items.iter().filter_map(|item| item.pointer(member).and_then(Value::as_str)).collect()
        }
        None => finding.pointer(path).and_then(Value::as_str).into_iter().collect(),
    };
    let any = |comparison: Comparison, wanted: &str| values.iter().any(|value| comparison.fits(value, wanted));
    let (denied, asked): (Vec<_>, Vec<_>) = wanted.iter().partition(|(comparison, _)| comparison.denies());
    denied.iter().all(|(comparison, wanted)| !any(*comparison, wanted))
        && (asked.is_empty() || asked.iter().any(|(comparison, wanted)| any(*comparison, wanted)))
}

fn texts(wanted: &[Value]) -> Result<Vec<(Comparison, String)>, ServiceError> {
    let one = |item: &Value| {
        let member = |name: &str| item.get(name).and_then(Value::as_str);
        let value = member("Value").ok_or_else(|| invalid("A filter has no Value"))?;
        Ok((Comparison::named(member("Comparison").unwrap_or_default())?, value.to_owned()))
    };
    wanted.iter().map(one).collect()
}

fn ranges(wanted: &[Value], now: Time) -> Result<Vec<(i64, i64)>, ServiceError> {
    let one = |item: &Value| {
        let member = |name: &str| item.get(name).and_then(Value::as_str);
        if let Some(days) = item.pointer("/DateRange/Value").and_then(Value::as_i64) {
            return Ok((now.plus_days(-days).milliseconds(), i64::MAX));
        }
        let time =
            |name: &str| member(name).and_then(milliseconds).ok_or_else(|| invalid(format!("{name} is no time")));
        Ok((time("Start")?, time("End")?))
    };
    wanted.iter().map(one).collect()
}

fn milliseconds(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(|time| time.as_millisecond())
}
