//! Security Hub: findings of its own controls about the simulator's keys and of whoever imports some, read and updated as on AWS: late.

mod control;
mod filter;
mod finding;
mod valid;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::error::ServiceError;
use crate::events::{Bus, Event, whole_seconds};
use crate::kms::Input;
use crate::marker::{self, Scope};
use crate::options::HubOptions;
use crate::service::Call;
use crate::time::{Moment, Time};
use crate::world::{AccountNumber, Key, Lagged, Partition, RegionId, World};
use control::{CONTROLS, passes};
use filter::{Filters, invalid};
use finding::{OF_CUSTOMERS, Place, of_control, renewed, text};

pub(crate) const OPERATIONS: [&str; 3] = ["GetFindings", "BatchUpdateFindings", "BatchImportFindings"];

/// Findings of a batch, and bytes of one: Security Hub's own limits.
const BATCH: usize = 100;
const FINDING_BYTES: usize = 240_000;
const BATCH_BYTES: usize = 6_000_000;
/// Findings that are held, and accounts times regions whose keys are looked at when it begins.
const MOST: (usize, usize) = (1_000_000, 5_000);

/// What a finding is known by: product and id.
type Name = (String, String);

/// The hubs of all accounts and regions.
#[derive(Debug)]
pub(crate) struct Hub {
    options: Option<HubOptions>,
    findings: BTreeMap<Name, Stored>,
    /// Keys that are to be looked at, and when.
    due: BTreeMap<(Instant, u64), (AccountNumber, RegionId, Box<str>)>,
    number: u64,
}

#[derive(Debug)]
struct Stored {
    account: AccountNumber,
    region: String,
    text: Lagged<Value>,
}

impl Hub {
    pub(crate) fn new(options: Option<HubOptions>) -> Self {
        Self { options, findings: BTreeMap::new(), due: BTreeMap::new(), number: 0 }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.options.is_some()
    }

    /// All findings as they are, whether they are seen so already or not.
    pub(crate) fn latest(&self) -> Vec<Value> {
        self.findings.values().filter_map(|stored| stored.text.latest().cloned()).collect()
    }

    /// Looks at every key there is. Findings that have long been there tell nobody.
    pub(crate) fn begin(&mut self, world: &mut World, moment: Moment) {
        if !self.is_on() {
            return;
        }
        for (account, region) in world.places(MOST.1) {
            let keys: Vec<Key> =
                world.area(account, region).keys.values().filter_map(|key| key.latest().cloned()).collect();
            let name = world.region_name(region).to_owned();
            for key in &keys {
                for (finding, control_name) in of_key(account, &name, key, moment.time) {
                    if self.findings.len() < MOST.0 {
                        let stored = Stored { account, region: name.clone(), text: Lagged::settled(finding) };
                        self.findings.insert(control_name, stored);
                    }
                }
            }
        }
    }

    /// Something happened to a key: its controls look at it after a while.
    pub(crate) fn touch(&mut self, account: AccountNumber, region: RegionId, key: &str, now: Instant, lag: Duration) {
        if let Some(options) = &self.options {
            self.number += 1;
            self.due.insert((now + lag + options.evaluation, self.number), (account, region, key.into()));
        }
    }

    /// Looks at the keys that are due.
    pub(crate) fn tick(&mut self, world: &mut World, bus: &mut Bus, moment: Moment) {
        while let Some(entry) = self.due.first_entry() {
            if entry.key().0 > moment.instant {
                return;
            }
            let (account, region, id) = entry.remove();
            let name = world.region_name(region).to_owned();
            let seen = world.area(account, region).keys.get(&id).and_then(|key| key.seen(moment.instant)).cloned();
            self.evaluate(account, &name, &id, seen.as_ref(), bus, moment);
        }
    }

    fn evaluate(
        &mut self,
        account: AccountNumber,
        region: &str,
        id: &str,
        key: Option<&Key>,
        bus: &mut Bus,
        moment: Moment,
    ) {
        let account_id = account.to_string();
        let place = Place { partition: Partition::of_region(region), region, account: &account_id, now: moment.time };
        for control in &CONTROLS {
            let name = (place.product(), place.finding_id(control, id));
            let before = self.findings.get(&name).and_then(|stored| stored.text.latest()).cloned();
            let is_gone = |key: &&Key| !key.is_pending_deletion() || key.deletion.is_none_or(|at| at > moment.time);
            let now = key.filter(is_gone).and_then(|key| Some(of_control(control, key, passes(control, key)?, &place)));
            let after = match (before, now) {
                (None, Some(now)) => now,
                (Some(before), Some(now)) => {
                    if status(&before) == status(&now) {
                        continue;
                    }
                    renewed(&before, now, true)
                }
                // The control looks at it no longer, or it is gone.
                (Some(mut before), None) if text(&before, "/RecordState") != "ARCHIVED" => {
                    before["RecordState"] = json!("ARCHIVED");
                    before["UpdatedAt"] = json!(whole_seconds(moment.time));
                    before
                }
                _ => continue,
            };
            // Evaluating took its time already: what it says is seen at once.
            self.store(Of { name, account, region }, after, Duration::ZERO, bus, moment);
        }
    }

    /// Writes a finding, to be seen and told after a while.
    fn store(&mut self, of: Of<'_>, finding: Value, lag: Duration, bus: &mut Bus, moment: Moment) {
        let Of { name, account, region } = of;
        if self.findings.len() >= MOST.0 && !self.findings.contains_key(&name) {
            return;
        }
        let event = Event {
            source: "aws.securityhub",
            detail_type: "Security Hub Findings - Imported",
            account: bus.queue().map_or_else(|| account.to_string(), |queue| queue.account.clone()),
            region: self.options.as_ref().and_then(|options| options.aggregation.as_deref()).unwrap_or(region),
            time: moment.time.plus(lag),
            resources: vec![format!("{}/{}", name.0, name.1)],
            detail: json!({ "findings": [finding] }),
        };
        bus.put(&event, moment.instant + lag);
        let stored = self.findings.entry(name);
        let stored = stored.or_insert_with(|| Stored { account, region: region.to_owned(), text: Lagged::nothing() });
        *stored.text.write(moment.instant, lag) = Some(finding);
    }
}

/// Which finding, and whose and where it is.
struct Of<'a> {
    name: Name,
    account: AccountNumber,
    region: &'a str,
}

/// The findings of all controls about a key, by name.
fn of_key(account: AccountNumber, region: &str, key: &Key, now: Time) -> Vec<(Value, Name)> {
    let account = account.to_string();
    let place = Place { partition: Partition::of_region(region), region, account: &account, now };
    let of = |control| {
        let finding = of_control(control, key, passes(control, key)?, &place);
        Some((finding, (place.product(), place.finding_id(control, &key.id))))
    };
    CONTROLS.iter().filter_map(of).collect()
}

fn status(finding: &Value) -> (&str, &str) {
    (text(finding, "/Compliance/Status"), text(finding, "/RecordState"))
}

/// A call of Security Hub.
pub(crate) struct HubCall<'a> {
    pub(crate) hub: &'a mut Hub,
    pub(crate) world: &'a World,
    pub(crate) bus: &'a mut Bus,
    pub(crate) call: &'a Call<'a>,
}

impl HubCall<'_> {
    pub(crate) fn answer(&mut self) -> Result<Vec<u8>, ServiceError> {
        let account = self.call.caller.account;
        if !self.hub.is_on() {
            let message = format!("Account {account} is not subscribed to AWS Security Hub");
            return Err(ServiceError::new("InvalidAccessException", message).with_status(401));
        }
        let input = Input::parse(self.call.body).map_err(|error| invalid(error.message))?;
        let body = match self.call.operation {
            "GetFindings" => self.get_findings(&input)?,
            "BatchUpdateFindings" => self.update(&input)?,
            _ => self.import(&input)?,
        };
        Ok(body.to_string().into_bytes())
    }

    /// Whether the caller sees a finding: in this region, or in all where it aggregates; his own, or everybody's as the administrator.
    fn sees(&self, stored: &Stored) -> bool {
        let aggregation = self.hub.options.as_ref().and_then(|options| options.aggregation.as_deref());
        let here = stored.region == self.call.region || aggregation == Some(self.call.region);
        here && (stored.account == self.call.caller.account || self.administers(stored.account))
    }

    fn administers(&self, member: AccountNumber) -> bool {
        let own = self.call.caller.account;
        let named = self.hub.options.as_ref().and_then(|options| options.administrator.as_deref());
        self.world.account(own).is_some_and(|(organization, entry)| {
            let is_administrator = match named {
                Some(named) => named == own.to_string(),
                None => organization.management == own || entry.delegated,
            };
            is_administrator && organization.accounts.contains_key(&member)
        })
    }

    fn get_findings(&self, input: &Input) -> Result<Value, ServiceError> {
        let now = self.call.moment;
        let wrong = |error: ServiceError| invalid(error.message);
        let most = input.integer("MaxResults", 1, 100).map_err(wrong)?.unwrap_or(100);
        let filters = Filters::read(input.member("Filters"), now.time)?;
        let sort = input.list("SortCriteria").map_err(wrong)?.and_then(<[Value]>::first);
        let by = sort.and_then(|sort| sort.get("Field")).and_then(Value::as_str).unwrap_or("UpdatedAt");
        let falls = sort.and_then(|sort| sort.get("SortOrder")).and_then(Value::as_str) == Some("desc");
        let list =
            format!("{} {} {:?} {by} {falls}", self.call.caller.account, self.call.region, input.member("Filters"));
        let scope = Scope { operation: "GetFindings", list };
        let after = match input.string("NextToken", 0, 10_000).map_err(wrong)?.filter(|token| !token.is_empty()) {
            Some(token) => Some(marker::read(&scope, token).ok_or_else(|| invalid("Invalid parameter: NextToken"))?),
            None => None,
        };
        let mut found: Vec<(String, &Value)> = Vec::new();
        for (name, stored) in &self.hub.findings {
            let Some(finding) = stored.text.seen(now.instant).filter(|_| self.sees(stored)) else { continue };
            if filters.fit(finding) {
                found.push((format!("{} {} {}", text(finding, &format!("/{by}")), name.0, name.1), finding));
            }
        }
        found.sort_unstable_by(|one, other| if falls { other.0.cmp(&one.0) } else { one.0.cmp(&other.0) });
        let is_after = |position: &String| {
            after.as_ref().is_none_or(|after| if falls { position < after } else { position > after })
        };
        let page = marker::page(found.into_iter().filter(|(position, _)| is_after(position)), most, |it| it.0.clone());
        let findings: Vec<&Value> = page.items.iter().map(|(_, finding)| *finding).collect();
        let mut reply = json!({ "Findings": findings });
        if let Some(next) = page.next {
            reply["NextToken"] = json!(marker::write(&scope, &next));
        }
        Ok(reply)
    }

    fn update(&mut self, input: &Input) -> Result<Value, ServiceError> {
        let identifiers = input.list("FindingIdentifiers").map_err(|error| invalid(error.message))?;
        let identifiers = identifiers.unwrap_or_default().to_vec();
        if identifiers.is_empty() || identifiers.len() > BATCH {
            return Err(invalid(format!("FindingIdentifiers must have 1 to {BATCH} entries")));
        }
        let change = Change::read(input, whole_seconds(self.call.moment.time))?;
        let (mut processed, mut unprocessed) = (Vec::new(), Vec::new());
        let lag = self.hub.options.as_ref().map_or(Duration::ZERO, |options| options.update);
        for (number, identifier) in identifiers.into_iter().enumerate() {
            let name = (text(&identifier, "/ProductArn").to_owned(), text(&identifier, "/Id").to_owned());
            let refused = |code: &str, message: &str| json!({ "FindingIdentifier": identifier, "ErrorCode": code, "ErrorMessage": message });
            if self.call.unprocessed && number == 0 {
                unprocessed.push(refused("ConcurrentUpdateError", "Another request attempted to update the finding"));
                continue;
            }
            let stored = self.hub.findings.get(&name).filter(|stored| self.sees(stored));
            let known = stored.and_then(|stored| Some((stored.account, stored.region.clone(), stored.text.latest()?)));
            let Some((account, region, finding)) = known else {
                unprocessed.push(refused("FindingNotFound", "The specified finding was not found"));
                continue;
            };
            let finding = change.applied(finding.clone());
            self.hub.store(Of { name, account, region: &region }, finding, lag, self.bus, self.call.moment);
            processed.push(identifier);
        }
        Ok(json!({ "ProcessedFindings": processed, "UnprocessedFindings": unprocessed }))
    }

    fn import(&mut self, input: &Input) -> Result<Value, ServiceError> {
        let findings = input.list("Findings").map_err(|error| invalid(error.message))?.unwrap_or_default();
        if findings.is_empty() || findings.len() > BATCH {
            return Err(invalid(format!("Findings must have 1 to {BATCH} entries")));
        }
        if findings.iter().map(|finding| finding.to_string().len()).sum::<usize>() > BATCH_BYTES {
            return Err(invalid("The request is larger than 6 MB"));
        }
        let (mut taken, mut failed) = (0, Vec::new());
        for finding in findings {
            match self.import_one(finding) {
                Ok(()) => taken += 1,
                Err(message) => {
                    let id = Some(text(finding, "/Id")).filter(|id| !id.is_empty()).unwrap_or("unknown");
                    failed.push(json!({ "Id": id, "ErrorCode": "InvalidInput", "ErrorMessage": message }));
                }
            }
        }
        Ok(json!({ "FailedCount": failed.len(), "SuccessCount": taken, "FailedFindings": failed }))
    }

    fn import_one(&mut self, finding: &Value) -> Result<(), String> {
        if let Some(wrong) = valid::fault(finding) {
            return Err(wrong);
        }
        if finding.to_string().len() > FINDING_BYTES {
            return Err("Finding is too large.".to_owned());
        }
        let (account, region) = (self.call.caller.account, self.call.region);
        let product: Vec<&str> = text(finding, "/ProductArn").split(':').collect();
        let default = format!("product/{account}/default");
        let own =
            matches!(product.as_slice(), ["arn", _, "securityhub", of, _, name] if *of == region && *name == default);
        if text(finding, "/AwsAccountId") != account.to_string() || !own {
            return Err("Finding is not of this account and Region, or the product is not enabled.".to_owned());
        }
        let name = (text(finding, "/ProductArn").to_owned(), text(finding, "/Id").to_owned());
        let mut after = finding.clone();
        if after.get("RecordState").is_none() {
            after["RecordState"] = json!("ACTIVE");
        }
        after["Region"] = json!(region);
        after["ProcessedAt"] = json!(whole_seconds(self.call.moment.time));
        let before = self.hub.findings.get(&name).and_then(|stored| stored.text.latest());
        let after = match before {
            // An older version never takes the place of a newer one.
            Some(before) if text(before, "/UpdatedAt") > text(&after, "/UpdatedAt") => return Ok(()),
            Some(before) => renewed(before, after, false),
            None => {
                if let Some(members) = after.as_object_mut() {
                    members.retain(|member, _| !OF_CUSTOMERS.contains(&member.as_str()));
                }
                after["Workflow"] = json!({ "Status": "NEW" });
                after["WorkflowState"] = json!("NEW");
                after
            }
        };
        self.hub.store(Of { name, account, region }, after, Duration::ZERO, self.bus, self.call.moment);
        Ok(())
    }
}

/// What a customer changes of findings.
struct Change {
    members: Vec<(&'static str, Value)>,
}

impl Change {
    fn read(input: &Input, now: String) -> Result<Self, ServiceError> {
        let mut members = Vec::new();
        if let Some(workflow) = input.member("Workflow") {
            let status = text(workflow, "/Status");
            if !["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"].contains(&status) {
                return Err(invalid(format!("Invalid workflow status {status:?}")));
            }
            members.push(("Workflow", json!({ "Status": status })));
        }
        if let Some(note) = input.member("Note") {
            let (said, by) = (text(note, "/Text"), text(note, "/UpdatedBy"));
            if said.is_empty() || by.is_empty() || said.chars().count() > 512 {
                return Err(invalid("Note must have a Text of 1 to 512 characters and an UpdatedBy"));
            }
            members.push(("Note", json!({ "Text": said, "UpdatedBy": by, "UpdatedAt": now })));
        }
        if let Some(fields) = input.member("UserDefinedFields") {
            let fields = fields.as_object().ok_or_else(|| invalid("UserDefinedFields must be a map"))?;
            let fits = |(name, value): (&String, &Value)| {
                let length = value.as_str().map_or(0, |value| value.chars().count());
                (1..=128).contains(&name.chars().count()) && (1..=1024).contains(&length)
            };
            if fields.len() > 50 || !fields.iter().all(fits) {
                return Err(invalid("UserDefinedFields has up to 50 names of 128 and values of 1024 characters"));
            }
            members.push(("UserDefinedFields", Value::Object(fields.clone())));
        }
        for name in ["VerificationState", "Confidence", "Criticality", "Types"] {
            members.extend(input.member(name).map(|value| (name, value.clone())));
        }
        if let Some(severity) = input.member("Severity") {
            members.push(("Severity", severity.clone()));
        }
        Ok(Self { members })
    }

    /// `UpdatedAt` stays: it is the provider's, as AWS's page of BatchUpdateFindings says.
    fn applied(&self, mut finding: Value) -> Value {
        for (name, value) in &self.members {
            finding[*name] = value.clone();
        }
        finding
    }
}
