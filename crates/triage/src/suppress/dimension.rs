//! What a clause can ask about, and the values that a finding and its account give.

/// What a clause asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Dimension {
    AccountId,
    Region,
    Client,
    Environment,
    EnvironmentClass,
    OrganizationalUnit,
    ProjectName,
    Team,
    PolicyName,
}

/// What the original writes for a tag that an account does not have.
pub(super) const UNSPECIFIED: &str = "Unspecified";

impl Dimension {
    /// All, in the order in which messages list them.
    pub const ALL: [Self; 9] = [
        Self::AccountId,
        Self::Region,
        Self::Client,
        Self::Environment,
        Self::EnvironmentClass,
        Self::OrganizationalUnit,
        Self::ProjectName,
        Self::Team,
        Self::PolicyName,
    ];

    /// The name as it is written in a rule.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AccountId => "account_id",
            Self::Region => "region",
            Self::Client => "client",
            Self::Environment => "environment",
            Self::EnvironmentClass => "environment_class",
            Self::OrganizationalUnit => "organizational_unit",
            Self::ProjectName => "project_name",
            Self::Team => "team",
            Self::PolicyName => "policy_name",
        }
    }

    /// The dimension of exactly that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.name() == name)
    }

    /// Whether the value comes from a tag, so that `Unspecified` means that there is none.
    fn is_tag(self) -> bool {
        matches!(self, Self::Client | Self::Environment | Self::ProjectName | Self::Team)
    }
}

/// The values of one finding and its account. `None` is not known, or not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    values: [Option<&'a str>; 9],
    /// The same without blanks around them, and without those of which nothing is left.
    trimmed: [Option<&'a str>; 9],
    /// The whole path of organisational units: `Root/Workloads/Prod`.
    pub ou_path: Option<&'a str>,
}

impl<'a> Facts<'a> {
    /// Sets a value.
    pub fn set(&mut self, dimension: Dimension, value: Option<&'a str>) {
        self.values[dimension as usize] = value;
        self.trimmed[dimension as usize] = value.map(str::trim).filter(|value| !value.is_empty());
    }

    /// Sets a value.
    #[must_use]
    pub fn with(mut self, dimension: Dimension, value: Option<&'a str>) -> Self {
        self.set(dimension, value);
        self
    }

    /// The value as it was given.
    #[must_use]
    pub fn raw(&self, dimension: Dimension) -> Option<&'a str> {
        self.values[dimension as usize]
    }

    /// The value without the blanks around it; `None` where nothing is left.
    #[must_use]
    pub fn value(&self, dimension: Dimension) -> Option<&'a str> {
        self.trimmed[dimension as usize]
    }

    /// Whether nothing is known: no value, the original's word for a missing tag, or the class `unknown`.
    #[must_use]
    pub fn is_missing(&self, dimension: Dimension) -> bool {
        match self.value(dimension) {
            None => true,
            Some(UNSPECIFIED) => dimension.is_tag(),
            Some("unknown") => dimension == Dimension::EnvironmentClass,
            Some("UNKNOWN_OU") => dimension == Dimension::OrganizationalUnit,
            Some(_) => false,
        }
    }
}
