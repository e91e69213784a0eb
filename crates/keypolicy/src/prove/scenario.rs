//! A kind of request: who calls how for what; which keys it carries, and which of them are functions of one another.

use super::atom::{Lift, Slot};
use super::cell::Cell;
use super::domain::{Domain, Form};
use super::search::Query;
use super::world::World;
use crate::Action;
use crate::key::{self, KeyInfo, Kind, Presence};
use crate::request::Class;
use crate::setting::Setting;

/// How the request reaches KMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// From the internet.
    Direct,
    /// Through a VPC endpoint.
    Endpoint,
    /// Through an AWS service that calls on the caller's behalf.
    Mediated,
}

/// What a service says of the resource on whose behalf it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The keys are independent, because at most one of them is asked for.
    Free,
    /// No ARN.
    NoArn,
    /// An ARN with an account, and that account.
    Tied,
    /// An ARN, and no account.
    ArnOnly,
    /// An ARN without an account, and an account.
    Bucket,
}

/// A kind of request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scenario<'a> {
    pub(super) class: Class,
    pub(super) mode: Mode,
    /// Whether the caller is in an organisation; `None` leaves that open.
    pub(super) organization: Option<bool>,
    pub(super) source: Source,
    pub(super) action: Action,
    /// Whether keys that are not in the table can be there.
    pub(super) unknown_keys: bool,
    pub(super) setting: &'a Setting,
    /// The value of `aws:ResourceOrgID`, where there can be only one.
    pub(super) owner_organization: Option<&'a str>,
    pub(super) now: Option<&'a str>,
    /// Accounts that nobody mentions.
    pub(super) fresh: &'a [String],
}

/// Where a key's value comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Carrier {
    /// It is not there.
    Missing,
    /// It is always this.
    Constant(String),
    /// It is this function of a slot.
    Slot(Slot, Lift),
}

impl<'a> Scenario<'a> {
    /// Requests of a class from the internet, of which nothing else is known.
    pub(super) fn open(world: &'a World<'_>, query: &Query<'_>, class: Class, action: Action) -> Self {
        Self {
            class,
            mode: Mode::Direct,
            organization: None,
            source: Source::Free,
            action,
            unknown_keys: query.unknown_keys,
            setting: &world.setting,
            owner_organization: world.resource_organization(),
            now: world.now,
            fresh: &world.fresh,
        }
    }

    /// Where a key's value comes from.
    pub(super) fn carrier(&self, key: &str) -> Carrier {
        self.carrier_of(key, key::find(key))
    }

    /// The same of a key whose row is known.
    pub(super) fn carrier_of(&self, key: &str, info: Option<&KeyInfo>) -> Carrier {
        let Some(info) = info else {
            return if self.unknown_keys { free(key) } else { Carrier::Missing };
        };
        if !info.goes_with(self.action) || self.presence(info) == Presence::Never {
            return Carrier::Missing;
        }
        let constant = |text: &str| Carrier::Constant(text.to_owned());
        let told = |value: &Option<String>| value.as_deref().map_or_else(|| free(key), constant);
        let when = |holds: bool| if holds { free(key) } else { Carrier::Missing };
        let service = self.class == Class::Service;
        match key {
            "aws:principalarn" => Carrier::Slot(Slot::Arn, Lift::Whole),
            "aws:principalaccount" | "kms:calleraccount" => Carrier::Slot(Slot::Arn, Lift::Account),
            "aws:principaltype" => constant(match self.class {
                Class::Root => "Account",
                Class::User => "User",
                Class::Federated => "FederatedUser",
                _ => "AssumedRole",
            }),
            "aws:principalisawsservice" => constant(if service { "true" } else { "false" }),
            "aws:userid" if self.class == Class::Root => Carrier::Slot(Slot::Arn, Lift::Account),
            "aws:userid" => Carrier::Slot(Slot::UserId, Lift::Whole),
            "aws:username" if self.class == Class::User => Carrier::Slot(Slot::Arn, Lift::Name),
            "aws:username" => Carrier::Missing,
            "aws:principalorgid" => Carrier::Slot(Slot::OrgPath, Lift::Organization),
            "aws:principalorgpaths" => Carrier::Slot(Slot::OrgPath, Lift::Whole),
            "aws:principalorgmasteraccount" => when(self.organization != Some(false)),
            "aws:principalservicename" | "aws:principalservicenameslist" => Carrier::Slot(Slot::Service, Lift::Whole),
            "aws:viaawsservice" => constant(if self.mode == Mode::Mediated { "true" } else { "false" }),
            "kms:viaservice" | "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => {
                when(self.mode == Mode::Mediated)
            }
            "kms:grantisforawsresource" if self.mode != Mode::Mediated => constant("false"),
            "aws:sourceip" => when(self.mode != Mode::Endpoint),
            "aws:sourcevpc" | "aws:sourcevpce" | "aws:vpcsourceip" | "aws:sourcevpcarn" | "aws:vpceaccount"
            | "aws:vpceorgid" | "aws:vpceorgpaths" => when(self.mode == Mode::Endpoint),
            "aws:sourcearn" if self.source == Source::NoArn => Carrier::Missing,
            "aws:sourcearn" => Carrier::Slot(Slot::SourceArn, Lift::Whole),
            "aws:sourceaccount" => match self.source {
                Source::Tied => Carrier::Slot(Slot::SourceArn, Lift::Account),
                Source::ArnOnly => Carrier::Missing,
                _ => free(key),
            },
            "aws:sourceorgid" => Carrier::Slot(Slot::SourceOrgPath, Lift::Organization),
            "aws:sourceorgpaths" => Carrier::Slot(Slot::SourceOrgPath, Lift::Whole),
            "aws:currenttime" | "aws:epochtime" => self.time(key),
            "aws:securetransport" => constant("true"),
            "aws:requestedregion" => told(&self.setting.region),
            "aws:resourceaccount" => told(&self.setting.account),
            // The deprecated names mean the same.
            "kms:keyspec" | "kms:customermasterkeyspec" => {
                self.setting.key_spec.as_deref().map_or_else(|| free("kms:keyspec"), constant)
            }
            "kms:keyusage" | "kms:customermasterkeyusage" => {
                self.setting.key_usage.as_deref().map_or_else(|| free("kms:keyusage"), constant)
            }
            "kms:keyorigin" => told(&self.setting.origin),
            "kms:multiregion" => told(&self.setting.multi_region.map(|it| it.to_string())),
            _ => free(key),
        }
    }

    fn time(&self, key: &str) -> Carrier {
        let epoch = key == "aws:epochtime";
        match self.now {
            Some(now) if epoch => {
                let value = Lift::Epoch.of(now).map(std::borrow::Cow::into_owned);
                value.map_or(Carrier::Slot(Slot::Time, Lift::Epoch), Carrier::Constant)
            }
            Some(now) => Carrier::Constant(now.to_owned()),
            None => Carrier::Slot(Slot::Time, if epoch { Lift::Epoch } else { Lift::Whole }),
        }
    }

    /// The one value that a key can have, if it is there.
    pub(super) fn sole_value(&self, key: &str) -> Option<String> {
        match self.carrier(key) {
            Carrier::Constant(value) => Some(value),
            Carrier::Slot(Slot::Key(name), _) if name == "aws:resourceorgid" => {
                self.owner_organization.map(str::to_owned)
            }
            _ => None,
        }
    }

    fn presence(&self, info: &KeyInfo) -> Presence {
        if self.class == Class::Service { info.by_service } else { info.by_identity }
    }

    /// A slot of which nothing is asked yet.
    pub(super) fn cell(&self, slot: &Slot) -> Cell {
        use Presence::{Always, Sometimes};
        let form = |form| (Domain::Form(form), false);
        let partition = self.setting.partition_name().to_owned();
        let ((domain, many), presence) = match slot {
            Slot::Arn => ((Domain::PrincipalArn(self.class, partition), false), Always),
            Slot::UserId => ((Domain::UserId(self.class), false), Always),
            Slot::OrgPath => {
                let presence = match self.organization {
                    Some(true) => Always,
                    Some(false) => Presence::Never,
                    None => Sometimes,
                };
                (form(Form::OrganizationPath), presence)
            }
            Slot::SourceOrgPath => (form(Form::OrganizationPath), Sometimes),
            Slot::Service => (form(Form::Service), Always),
            Slot::SourceArn => match self.source {
                Source::Tied => (form(Form::SourceArnWithAccount), Always),
                Source::Bucket => (form(Form::SourceArnWithoutAccount), Always),
                Source::ArnOnly => (form(Form::Arn), Always),
                _ => (form(Form::Arn), Sometimes),
            },
            Slot::Time => ((Domain::Date, false), Always),
            Slot::Key(key) => self.free_cell(key),
            Slot::Second(slot) => return self.cell(slot),
        };
        Cell::new(domain, many, presence, self.fresh)
    }

    fn free_cell(&self, key: &str) -> ((Domain, bool), Presence) {
        let Some(info) = key::find(key) else { return ((Domain::Form(Form::Text), false), Presence::Sometimes) };
        let form = match key {
            "aws:sourcevpc" => Some(Form::Vpc),
            "aws:sourcevpce" => Some(Form::Endpoint),
            "kms:viaservice" => Some(Form::ViaService),
            "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => Some(Form::Service),
            "aws:requestedregion" | "kms:replicaregion" | "kms:primaryregion" => Some(Form::Region),
            "aws:vpceorgid" => Some(Form::Organization),
            "aws:resourceorgid" if self.owner_organization.is_none() => Some(Form::Organization),
            "aws:vpceorgpaths" | "aws:resourceorgpaths" => Some(Form::OrganizationPath),
            _ => None,
        };
        let always = match key {
            "kms:viaservice" => true,
            "aws:sourcevpc" | "aws:sourcevpce" | "aws:vpcsourceip" => true,
            "aws:principalorgmasteraccount" => self.organization == Some(true),
            "aws:sourceaccount" => self.source == Source::Bucket,
            _ => false,
        };
        let presence = if always { Presence::Always } else { self.presence(info) };
        let domain = match (form, key) {
            (Some(form), _) => Domain::Form(form),
            (None, "aws:resourceorgid") => {
                Domain::OneOf(self.owner_organization.map(str::to_owned).into_iter().collect())
            }
            (None, _) => domain(info.kind),
        };
        ((domain, info.multivalued), presence)
    }
}

fn free(key: &str) -> Carrier {
    Carrier::Slot(Slot::Key(key.into()), Lift::Whole)
}

fn domain(kind: Kind) -> Domain {
    match kind {
        Kind::Text => Domain::Form(Form::Text),
        Kind::Arn => Domain::Form(Form::Arn),
        Kind::Account => Domain::Form(Form::Account),
        Kind::Bool => Domain::OneOf(vec!["false".to_owned(), "true".to_owned()]),
        Kind::Number(least, most) => Domain::Number(least, most),
        Kind::Date => Domain::Date,
        Kind::Address => Domain::Address,
        Kind::OneOf(values) => Domain::OneOf(values.iter().map(|it| (*it).to_owned()).collect()),
    }
}
