//! Who a resource is: its type, id, account, region and name.

use std::borrow::Cow;

use source::record::{Kind, Raw};

use super::projection::Own;
use super::{FactContext, Resource, ResourceError};
use crate::ResourceRef;
use crate::account::Accounts;
use crate::arn::{Arn, KmsResource, account_of, region_of};

/// How others wrap resources: the member, what it is, what it holds, and the path to that for `jq`.
const WRAPPERS: [(&str, Kind, &str, &str); 6] = [
    ("attributes", Kind::Object, "a resource", ".attributes"),
    ("resources", Kind::Array, "resources", ".resources[]"),
    ("results", Kind::Array, "resources", ".results[]"),
    ("data", Kind::Array, "resources", ".data[]"),
    ("data", Kind::Object, "a resource", ".data"),
    ("KeyMetadata", Kind::Object, "a key", ".KeyMetadata"),
];

impl<'a> Resource<'a> {
    /// The type: `ResourceType`, else what the other fields show it to be.
    ///
    /// # Errors
    /// Where nothing says it.
    pub fn kind(&self) -> Result<Cow<'a, str>, ResourceError> {
        match self.own(Own::ResourceType).filter(|raw| !raw.is_null()) {
            Some(raw) => string(raw).filter(|kind| !kind.trim().is_empty()).ok_or(ResourceError::NoType),
            None => self.inferred_kind().map(Cow::Borrowed).ok_or_else(|| self.why_no_type()),
        }
    }

    fn inferred_kind(&self) -> Option<&'static str> {
        let has = |field| self.own(field).is_some_and(|raw| raw.kind() == Kind::String);
        // The ARN last: taking it apart costs more than judging the key.
        let is_key = (has(Own::KeyManager) && has(Own::KeyId))
            || self.arn().is_some_and(|arn| matches!(arn.kms(), Some(KmsResource::Key(_))));
        if is_key {
            return Some(super::key::KEY.name);
        }
        has(Own::CustomKeyStoreName).then_some(super::store::CUSTOM_KEY_STORE.name)
    }

    /// An object without a type is often the answer of an API that has the resource within.
    #[cold]
    fn why_no_type(&self) -> ResourceError {
        let found = WRAPPERS
            .iter()
            .find(|(member, kind, ..)| self.record().get(member).is_some_and(|value| value.kind() == *kind));
        match found {
            Some((member, _, what, path)) => ResourceError::Wrapped { what, member, path },
            None => ResourceError::NoType,
        }
    }

    fn arn(&self) -> Option<Arn> {
        self.text(Own::Arn)?.parse().ok()
    }

    fn of_arn(&self, part: fn(&str) -> Option<&str>) -> Option<Cow<'a, str>> {
        match self.text(Own::Arn)? {
            Cow::Borrowed(text) => part(text).map(Cow::Borrowed),
            Cow::Owned(text) => part(&text).map(|part| Cow::Owned(part.to_owned())),
        }
    }

    /// The text of a field of the resource's own, where it is a string that says something.
    fn text(&self, field: Own) -> Option<Cow<'a, str>> {
        self.own(field).and_then(string).filter(|text| !text.is_empty())
    }

    /// The id: `Arn`, else `ResourceId`, else `KeyId`, else `CustomKeyStoreId`.
    ///
    /// # Errors
    /// Where it has none.
    pub fn id(&self) -> Result<Cow<'a, str>, ResourceError> {
        let fields = [Own::Arn, Own::ResourceId, Own::KeyId, Own::CustomKeyStoreId];
        fields.into_iter().find_map(|field| self.text(field)).ok_or(ResourceError::NoId)
    }

    /// The account: `AccountId`, else the ARN's.
    #[must_use]
    pub fn account_id(&self) -> Option<Cow<'a, str>> {
        self.text(Own::AccountId).or_else(|| self.of_arn(account_of))
    }

    /// The region: `Region`, else the ARN's.
    #[must_use]
    pub fn region(&self) -> Option<Cow<'a, str>> {
        self.text(Own::Region).or_else(|| self.of_arn(region_of))
    }

    /// What a person calls it: the first alias, else the name of the store, else the id of the key, else the id.
    fn name(&self, id: &str) -> String {
        let alias = if self.unknown_fact("Aliases").is_some() { None } else { self.own(Own::Aliases) };
        let alias = alias.and_then(|aliases| aliases.elements().next()).and_then(string);
        let fields = [Own::CustomKeyStoreName, Own::KeyId, Own::Name];
        let name = alias.or_else(|| fields.into_iter().find_map(|field| self.text(field)));
        name.map_or_else(|| id.to_owned(), Cow::into_owned)
    }

    /// The resource as a finding names it.
    ///
    /// # Errors
    /// Where it has no type or no id.
    pub fn reference(&self, context: &FactContext<'_>) -> Result<ResourceRef, ResourceError> {
        let id = self.id()?.into_owned();
        let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned).unwrap_or_default();
        let environment = self.environment_class(context).unwrap_or(crate::Environment::Unknown);
        Ok(ResourceRef {
            kind: self.kind()?.into_owned(),
            account_id: owned(self.account_id()),
            region: owned(self.region()),
            name: self.name(&id),
            description: owned(self.input(Own::Description).ok().flatten().and_then(string)),
            account_name: owned(self.account_text("Name", context.accounts)),
            team: owned(self.team(context.accounts)),
            environment: environment.name().to_owned(),
            id,
        })
    }

    /// Who owns it: the account's team; the resource's own tag first where the account is shared, last where it is not.
    fn team<'s>(&'s self, accounts: &'s Accounts) -> Option<Cow<'s, str>> {
        let own = || self.key_tag(&accounts.tags.team).ok().flatten().filter(|team| !team.trim().is_empty());
        let account = || self.account_text("Team", accounts);
        if self.is_in_shared_account(accounts) { own().or_else(account) } else { account().or_else(own) }
    }

    /// A text of `Account`: the record's own, else the account line's.
    fn account_text<'s>(&'s self, member: &str, accounts: &'s Accounts) -> Option<Cow<'s, str>> {
        if let Some(account) = self.input(Own::Account).ok()? {
            return account.get(member).and_then(string).filter(|text| !text.is_empty());
        }
        let account = self.account_line(accounts)?.account();
        let text = match member {
            "Name" => account.name.as_str(),
            _ => account.tag(&accounts.tags.team)?,
        };
        (!text.is_empty()).then_some(Cow::Borrowed(text))
    }
}

/// A string's text; none for a string that is no text, or another value.
fn string(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    raw.as_str().and_then(Result::ok)
}

impl ResourceRef {
    /// What resources and their findings are ordered by: account, region, id.
    #[must_use]
    pub fn sort_key(&self) -> (&str, &str, &str) {
        (&self.account_id, &self.region, &self.id)
    }
}
