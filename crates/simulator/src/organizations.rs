//! Organizations: accounts, units, tags, to be seen by the management account and by delegated administrators.

use serde_json::{Value, json};

use crate::error::ServiceError;
use crate::kms::Input;
use crate::marker::{self, Scope};
use crate::service::Call;
use crate::time::Time;
use crate::world::{AccountEntry, AccountNumber, Organization, World};

pub(crate) const OPERATIONS: [&str; 10] = [
    "DescribeOrganization",
    "ListAccounts",
    "DescribeAccount",
    "ListParents",
    "DescribeOrganizationalUnit",
    "ListTagsForResource",
    "ListDelegatedAdministrators",
    "ListRoots",
    "ListOrganizationalUnitsForParent",
    "ListAccountsForParent",
];

/// The most entries of a page.
const PAGE: usize = 20;

pub(crate) fn answer(world: &World, call: &Call<'_>) -> Result<Vec<u8>, ServiceError> {
    let input = Input::parse(call.body)?;
    let not_in_use =
        || ServiceError::new("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
    let (organization, own) = world.account(call.caller.account).ok_or_else(not_in_use)?;
    let view = View { organization, call, input: &input };
    if call.operation == "DescribeOrganization" {
        return Ok(view.describe().to_string().into_bytes());
    }
    if organization.management != call.caller.account && !own.delegated {
        return Err(ServiceError::access_denied("You don't have permissions to access this resource."));
    }
    let body = match call.operation {
        "ListAccounts" => view.accounts(|_| true),
        "DescribeAccount" => view.account(),
        "ListParents" => view.parents(),
        "DescribeOrganizationalUnit" => view.unit(),
        "ListTagsForResource" => view.tags(),
        "ListDelegatedAdministrators" => view.delegated(),
        "ListRoots" => view.roots(),
        "ListOrganizationalUnitsForParent" => view.units(),
        _ => view.parent().and_then(|parent| view.accounts(|entry| entry.parent == parent)),
    }?;
    Ok(body.to_string().into_bytes())
}

/// One call on an organisation.
struct View<'a> {
    organization: &'a Organization,
    call: &'a Call<'a>,
    input: &'a Input,
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::new("InvalidInputException", message)
}

impl View<'_> {
    fn describe(&self) -> Value {
        let Organization { management, id, .. } = self.organization;
        let email = self.organization.accounts.get(management).map(|entry| entry.email.as_str());
        let mut organization = json!({
            "Id": id,
            "Arn": self.organization.arn(),
            "FeatureSet": "ALL",
            "MasterAccountArn": self.organization.account_arn(*management),
            "MasterAccountId": management.to_string(),
            "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
        });
        if let Some(email) = email.filter(|email| !email.is_empty()) {
            organization["MasterAccountEmail"] = email.into();
        }
        json!({ "Organization": organization })
    }

    fn entry(&self, number: AccountNumber, entry: &AccountEntry) -> Value {
        let status = if entry.suspended { "SUSPENDED" } else { "ACTIVE" };
        let method = if number == self.organization.management { "INVITED" } else { "CREATED" };
        let mut value = json!({
            "Id": number.to_string(),
            "Arn": self.organization.account_arn(number),
            "Name": entry.name,
            "Status": status,
            "State": status,
            "JoinedMethod": method,
        });
        if !entry.email.is_empty() {
            value["Email"] = entry.email.as_str().into();
        }
        if let Some(joined) = entry.joined {
            value["JoinedTimestamp"] = json!(joined);
        }
        value
    }

    /// A page of a list whose entries stand in order of their keys.
    fn page(
        &self,
        list: &str,
        filter: String,
        limit: usize,
        entries: impl Iterator<Item = (String, Value)>,
    ) -> Result<Value, ServiceError> {
        let limit = self.input.integer("MaxResults", 1, limit)?.unwrap_or(limit);
        let scope = Scope { operation: self.call.operation, list: format!("{} {filter}", self.organization.id) };
        let after = match self.input.string("NextToken", 0, 100_000)?.filter(|token| !token.is_empty()) {
            Some(token) => {
                Some(marker::read(&scope, token).ok_or_else(|| invalid("You specified an invalid value for nextToken. You must get the value from the response to a previous call to the API."))?)
            }
            None => None,
        };
        let entries = entries.filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
        let page = marker::page(entries, limit, |(key, _)| key.clone());
        let items: Vec<Value> = page.items.into_iter().map(|(_, value)| value).collect();
        let mut body = json!({});
        body[list] = items.into();
        if let Some(next) = page.next {
            body["NextToken"] = marker::write(&scope, &next).into();
        }
        Ok(body)
    }

    fn accounts(&self, wanted: impl Fn(&AccountEntry) -> bool) -> Result<Value, ServiceError> {
        let accounts = self.organization.accounts.iter().filter(|(_, entry)| wanted(entry));
        let filter = self.input.string("ParentId", 0, 100)?.unwrap_or_default().to_owned();
        let entries = accounts.map(|(number, entry)| (number.to_string(), self.entry(*number, entry)));
        self.page("Accounts", filter, PAGE, entries)
    }

    fn account(&self) -> Result<Value, ServiceError> {
        let asked = self.input.required("AccountId", 1, 12)?;
        let found = AccountNumber::parse(asked)
            .and_then(|number| self.organization.accounts.get(&number).map(|entry| (number, entry)));
        let (number, entry) = found.ok_or_else(|| {
            ServiceError::new("AccountNotFoundException", "You specified an account that doesn't exist.")
        })?;
        Ok(json!({ "Account": self.entry(number, entry) }))
    }

    fn parents(&self) -> Result<Value, ServiceError> {
        let child = self.input.required("ChildId", 1, 100)?;
        let account = AccountNumber::parse(child).and_then(|number| self.organization.accounts.get(&number));
        let parent = account
            .map(|entry| entry.parent.as_str())
            .or_else(|| self.organization.units.get(child).map(|unit| unit.parent.as_str()));
        let parent = parent
            .ok_or_else(|| ServiceError::new("ChildNotFoundException", "You specified a child that doesn't exist."))?;
        let kind = if parent == self.organization.root { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
        Ok(json!({ "Parents": [{ "Id": parent, "Type": kind }] }))
    }

    fn unit_value(&self, id: &str, name: &str) -> Value {
        json!({ "Id": id, "Arn": self.organization.unit_arn(id), "Name": name })
    }

    fn unit(&self) -> Result<Value, ServiceError> {
        let id = self.input.required("OrganizationalUnitId", 1, 68)?;
        let unit = self.organization.units.get(id).ok_or_else(|| {
            let message = "You specified an organizational unit that doesn't exist.";
            ServiceError::new("OrganizationalUnitNotFoundException", message)
        })?;
        Ok(json!({ "OrganizationalUnit": self.unit_value(id, &unit.name) }))
    }

    fn tags(&self) -> Result<Value, ServiceError> {
        let id = self.input.required("ResourceId", 1, 130)?;
        let account = AccountNumber::parse(id).and_then(|number| self.organization.accounts.get(&number));
        let is_other = id == self.organization.root || self.organization.units.contains_key(id);
        if account.is_none() && !is_other {
            return Err(ServiceError::new("TargetNotFoundException", "You specified a target that doesn't exist."));
        }
        let mut tags: Vec<_> = account.map(|entry| entry.tags.clone()).unwrap_or_default();
        tags.sort();
        let entries = tags.into_iter().map(|(key, value)| (key.clone(), json!({ "Key": key, "Value": value })));
        self.page("Tags", id.to_owned(), PAGE, entries)
    }

    fn delegated(&self) -> Result<Value, ServiceError> {
        let delegated = self.organization.accounts.iter().filter(|(_, entry)| entry.delegated);
        let entries = delegated.map(|(number, entry)| {
            let mut value = self.entry(*number, entry);
            value["DelegationEnabledDate"] = json!(entry.joined.unwrap_or(Time::of(jiff::Timestamp::UNIX_EPOCH)));
            (number.to_string(), value)
        });
        self.page("DelegatedAdministrators", String::new(), PAGE, entries)
    }

    fn roots(&self) -> Result<Value, ServiceError> {
        let Organization { root, root_name, .. } = self.organization;
        let policies = json!([{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }]);
        let value =
            json!({ "Id": root, "Arn": self.organization.root_arn(), "Name": root_name, "PolicyTypes": policies });
        self.page("Roots", String::new(), PAGE, std::iter::once((root.clone(), value)))
    }

    /// The root or unit whose children are asked for.
    fn parent(&self) -> Result<String, ServiceError> {
        let parent = self.input.required("ParentId", 1, 100)?;
        if parent == self.organization.root || self.organization.units.contains_key(parent) {
            return Ok(parent.to_owned());
        }
        Err(ServiceError::new("ParentNotFoundException", "You specified parent that doesn't exist."))
    }

    fn units(&self) -> Result<Value, ServiceError> {
        let parent = self.parent()?;
        let units = self.organization.units.iter().filter(|(_, unit)| unit.parent == parent);
        let entries = units.map(|(id, unit)| (id.clone(), self.unit_value(id, &unit.name)));
        self.page("OrganizationalUnits", parent.clone(), PAGE, entries)
    }
}
