//! The keys of every analysis type of the Panther format: which there are, which must be, and what they hold.

use crate::detection::Kind;

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// A string that is not empty.
    FullText,
    /// A string that is not empty, or null.
    TextOrNull,
    /// A string usable as an id: not empty, without `<`, `>`, `&`, `"`, `%`.
    Id,
    /// `true` or `false`.
    Bool,
    /// Only `false`.
    False,
    /// A whole number.
    Int,
    /// A whole number or a string.
    IntOrText,
    /// A list of strings.
    Texts,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A list of types of resources.
    ResourceTypes,
    /// A mapping with any keys.
    Mapping,
    /// A mapping of framework names to lists of numbers.
    Reports,
    /// A mapping with these keys.
    Keys(&'static [Key]),
    /// A list of mappings with these keys.
    EachKeys(&'static [Key]),
    /// A string or a boolean.
    TextOrBool,
}

/// A key of a mapping.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
}

const fn must(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, required: true }
}

const fn may(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, required: false }
}

/// An analysis type.
pub(crate) struct Format {
    pub name: &'static str,
    pub kind: Kind,
    /// The key that holds the id.
    pub id: &'static str,
    pub keys: &'static [Key],
    /// Of each of these, at least one key must be there.
    pub any_of: &'static [&'static [&'static str]],
    /// Of each of these, at most one key may be there.
    pub one_of: &'static [&'static [&'static str]],
}

pub(crate) const SEVERITIES: &[&str] = &["Info", "Low", "Medium", "High", "Critical"];

const MOCK: &[Key] = &[must("objectName", Shape::Text), must("returnValue", Shape::TextOrBool)];

const POLICY_TEST: &[Key] = &[
    must("Name", Shape::Text),
    must("ExpectedResult", Shape::Bool),
    must("Resource", Shape::Any),
    may("ResourceType", Shape::Text),
    may("Mocks", Shape::EachKeys(MOCK)),
];

const RULE_TEST: &[Key] = &[
    must("Name", Shape::Text),
    must("ExpectedResult", Shape::Bool),
    must("Log", Shape::Any),
    may("LogType", Shape::Text),
    may("Mocks", Shape::EachKeys(MOCK)),
];

const CORRELATION_TEST: &[Key] = &[
    must("Name", Shape::Text),
    must("ExpectedResult", Shape::Bool),
    must("RuleOutputs", Shape::EachKeys(&[must("ID", Shape::Text), may("Matches", Shape::Any)])),
];

const SCHEDULE: &[Key] = &[
    may("CronExpression", Shape::IntOrText),
    may("RateMinutes", Shape::IntOrText),
    must("TimeoutMinutes", Shape::Int),
];

const LOG_TYPE_MAP: &[Key] = &[
    must("PrimaryKey", Shape::Text),
    may("AssociatedLogTypes", Shape::EachKeys(&[must("LogType", Shape::Text), may("Selectors", Shape::Texts)])),
];

const REFRESH: &[Key] = &[
    may("ObjectPath", Shape::Text),
    may("PeriodMinutes", Shape::Int),
    may("AlarmPeriodMinutes", Shape::Int),
    may("RoleARN", Shape::Text),
    may("ObjectKMSKey", Shape::Text),
    may("GCSCredentials", Shape::Text),
    may("StorageProvider", Shape::Text),
    may("CronExpression", Shape::Text),
];

const QUERIES: &[&str] = &["Query", "AthenaQuery", "SnowflakeQuery", "DatabricksQuery"];

const RULE_KEYS: &[Key] = &[
    must("AnalysisType", Shape::Text),
    must("RuleID", Shape::Id),
    must("Enabled", Shape::Bool),
    must("Severity", Shape::OneOf(SEVERITIES)),
    may("Filename", Shape::Text),
    may("Detection", Shape::Any),
    may("LogTypes", Shape::Texts),
    may("ScheduledQueries", Shape::Texts),
    may("Description", Shape::Text),
    may("DedupPeriodMinutes", Shape::Int),
    may("InlineFilters", Shape::Any),
    may("DisplayName", Shape::Id),
    may("OnlyUseBaseRiskScore", Shape::Bool),
    may("OutputIds", Shape::Texts),
    may("CreatedBy", Shape::Text),
    may("Reference", Shape::Text),
    may("Runbook", Shape::Text),
    may("Status", Shape::Text),
    may("SummaryAttributes", Shape::Texts),
    may("Threshold", Shape::Int),
    may("Tags", Shape::Texts),
    may("Reports", Shape::Reports),
    may("Tests", Shape::EachKeys(RULE_TEST)),
    may("DynamicSeverities", Shape::Any),
    may("AlertTitle", Shape::Text),
    may("AlertContext", Shape::Any),
    may("GroupBy", Shape::Any),
    may("CreateAlert", Shape::Bool),
    may("BaseVersion", Shape::Int),
];

/// All analysis types.
pub(crate) static FORMATS: &[Format] = &[
    Format {
        name: "policy",
        kind: Kind::Policy,
        id: "PolicyID",
        keys: &[
            must("AnalysisType", Shape::Text),
            must("Enabled", Shape::Bool),
            must("Filename", Shape::Text),
            must("PolicyID", Shape::Id),
            may("ResourceTypes", Shape::ResourceTypes),
            must("Severity", Shape::OneOf(SEVERITIES)),
            may("ActionDelaySeconds", Shape::Int),
            may("AutoRemediationID", Shape::Text),
            may("AutoRemediationParameters", Shape::Any),
            may("Description", Shape::Text),
            may("DisplayName", Shape::Id),
            may("OnlyUseBaseRiskScore", Shape::Bool),
            may("OutputIds", Shape::Texts),
            may("CreatedBy", Shape::Text),
            may("Reference", Shape::Text),
            may("Runbook", Shape::Text),
            may("Status", Shape::Text),
            may("Suppressions", Shape::Texts),
            may("Tags", Shape::Texts),
            may("Reports", Shape::Reports),
            may("Tests", Shape::EachKeys(POLICY_TEST)),
            may("BaseVersion", Shape::Int),
        ],
        any_of: &[],
        one_of: &[],
    },
    Format {
        name: "rule",
        kind: Kind::Rule,
        id: "RuleID",
        keys: RULE_KEYS,
        any_of: &[&["Filename", "Detection"], &["LogTypes", "ScheduledQueries"]],
        one_of: &[&["Filename", "Detection"], &["LogTypes", "ScheduledQueries"]],
    },
    Format {
        name: "scheduled_rule",
        kind: Kind::ScheduledRule,
        id: "RuleID",
        keys: RULE_KEYS,
        any_of: &[&["Filename", "Detection"], &["LogTypes", "ScheduledQueries"]],
        one_of: &[&["Filename", "Detection"], &["LogTypes", "ScheduledQueries"]],
    },
    Format {
        name: "correlation_rule",
        kind: Kind::CorrelationRule,
        id: "RuleID",
        keys: &[
            must("AnalysisType", Shape::Text),
            must("RuleID", Shape::Id),
            must("Enabled", Shape::Bool),
            must("Detection", Shape::Any),
            must("Severity", Shape::OneOf(SEVERITIES)),
            may("Description", Shape::Text),
            may("DisplayName", Shape::Id),
            may("OnlyUseBaseRiskScore", Shape::Bool),
            may("OutputIds", Shape::Texts),
            may("CreatedBy", Shape::Text),
            may("Reference", Shape::Text),
            may("Runbook", Shape::Text),
            may("Status", Shape::Text),
            may("SummaryAttributes", Shape::Texts),
            may("Tags", Shape::Texts),
            may("Reports", Shape::Reports),
            may("CreateAlert", Shape::Bool),
            may("Tests", Shape::EachKeys(CORRELATION_TEST)),
            may("BaseVersion", Shape::Int),
        ],
        any_of: &[],
        one_of: &[],
    },
    Format {
        name: "datamodel",
        kind: Kind::DataModel,
        id: "DataModelID",
        keys: &[
            must("AnalysisType", Shape::Text),
            must("DataModelID", Shape::Id),
            must("Enabled", Shape::Bool),
            must("LogTypes", Shape::Texts),
            must(
                "Mappings",
                Shape::EachKeys(&[must("Name", Shape::Text), may("Method", Shape::Text), may("Path", Shape::Text)]),
            ),
            may("DisplayName", Shape::Id),
            may("Filename", Shape::Text),
            may("BaseVersion", Shape::Int),
        ],
        any_of: &[],
        one_of: &[],
    },
    Format {
        name: "global",
        kind: Kind::Global,
        id: "GlobalID",
        keys: &[
            must("AnalysisType", Shape::Text),
            must("Filename", Shape::Text),
            must("GlobalID", Shape::Id),
            may("Description", Shape::Text),
            may("Tags", Shape::Texts),
            may("BaseVersion", Shape::Int),
        ],
        any_of: &[],
        one_of: &[],
    },
    Format {
        name: "pack",
        kind: Kind::Pack,
        id: "PackID",
        keys: &[
            must("AnalysisType", Shape::Text),
            must("PackID", Shape::Id),
            must("PackDefinition", Shape::Keys(&[must("IDs", Shape::Texts)])),
            may("Description", Shape::Text),
            may("DisplayName", Shape::Id),
        ],
        any_of: &[],
        one_of: &[],
    },
    Format {
        name: "saved_query",
        kind: Kind::SavedQuery,
        id: "QueryName",
        keys: &[
            must("AnalysisType", Shape::Text),
            must("QueryName", Shape::Id),
            may("Query", Shape::Text),
            may("AthenaQuery", Shape::Text),
            may("SnowflakeQuery", Shape::Text),
            may("DatabricksQuery", Shape::Text),
            may("Description", Shape::Text),
            may("Tags", Shape::Texts),
            may("Lookback", Shape::Bool),
            may("LookbackWindowSeconds", Shape::Int),
            may("BaseVersion", Shape::Int),
        ],
        any_of: &[QUERIES],
        one_of: &[],
    },
    Format {
        name: "scheduled_query",
        kind: Kind::ScheduledQuery,
        id: "QueryName",
        keys: &[
            must("AnalysisType", Shape::Text),
            must("QueryName", Shape::Id),
            must("Enabled", Shape::Bool),
            may("Query", Shape::Text),
            may("AthenaQuery", Shape::Text),
            may("SnowflakeQuery", Shape::Text),
            may("DatabricksQuery", Shape::Text),
            must("Schedule", Shape::Keys(SCHEDULE)),
            may("Description", Shape::Text),
            may("Tags", Shape::Texts),
            may("Lookback", Shape::Bool),
            may("LookbackWindowSeconds", Shape::Int),
            may(
                "EmailConfig",
                Shape::Keys(&[
                    must("Recipients", Shape::Texts),
                    may("SendEmpty", Shape::Bool),
                    may("PreferAttachment", Shape::Bool),
                ]),
            ),
            may("BaseVersion", Shape::Int),
        ],
        any_of: &[QUERIES],
        one_of: &[],
    },
    Format {
        name: "scheduled_prompt",
        kind: Kind::ScheduledPrompt,
        id: "PromptName",
        keys: &[
            must("AnalysisType", Shape::Text),
            must("PromptName", Shape::Id),
            must("DisplayName", Shape::Text),
            must("PromptText", Shape::Text),
            must("RunAsUser", Shape::FullText),
            must("Schedule", Shape::Keys(SCHEDULE)),
            may("Description", Shape::Text),
            may("OutputLength", Shape::OneOf(&["small", "medium", "largest"])),
            may("Enabled", Shape::Bool),
            may("Private", Shape::False),
        ],
        any_of: &[],
        one_of: &[],
    },
    Format {
        name: "lookup_table",
        kind: Kind::LookupTable,
        id: "LookupName",
        keys: &[
            must("AnalysisType", Shape::Text),
            must("LookupName", Shape::FullText),
            must("Enabled", Shape::Bool),
            may("Filename", Shape::Text),
            may("Refresh", Shape::Keys(REFRESH)),
            may("Query", Shape::Text),
            may("AthenaQuery", Shape::Text),
            may("SnowflakeQuery", Shape::Text),
            may("DatabricksQuery", Shape::Text),
            may("Schema", Shape::Text),
            must("LogTypeMap", Shape::Keys(LOG_TYPE_MAP)),
            may("Indicators", Shape::EachKeys(&[must("Field", Shape::Text), must("Indicators", Shape::Texts)])),
            may("Validations", Shape::EachKeys(&[must("Field", Shape::Text), must("Validations", Shape::Texts)])),
            may("Description", Shape::Text),
            may("Reference", Shape::Text),
            may("BaseVersion", Shape::Int),
        ],
        any_of: &[&["Filename", "Refresh"]],
        one_of: &[],
    },
];

/// A rule derived from another one.
pub(crate) static DERIVED: Format = Format {
    name: "rule",
    kind: Kind::DerivedRule,
    id: "RuleID",
    keys: &[
        must("AnalysisType", Shape::Text),
        must("RuleID", Shape::Id),
        must("BaseDetection", Shape::Id),
        may("Enabled", Shape::Bool),
        may("Severity", Shape::OneOf(SEVERITIES)),
        may("Description", Shape::Text),
        may("DedupPeriodMinutes", Shape::Int),
        may("InlineFilters", Shape::Any),
        may("DisplayName", Shape::Id),
        may("OnlyUseBaseRiskScore", Shape::Bool),
        may("OutputIds", Shape::Texts),
        may("Reference", Shape::Text),
        may("Runbook", Shape::Text),
        may("Status", Shape::Text),
        may("SummaryAttributes", Shape::Texts),
        may("Threshold", Shape::Int),
        may("Tags", Shape::Texts),
        may("Reports", Shape::Reports),
        may("DynamicSeverities", Shape::Any),
        may("AlertTitle", Shape::Text),
        may("AlertContext", Shape::Any),
        may("GroupBy", Shape::Any),
        may("Tests", Shape::Any),
        may("CreateAlert", Shape::Bool),
        may("BaseVersion", Shape::Int),
    ],
    any_of: &[],
    one_of: &[],
};

const BOUND: Shape = Shape::Int;

const PARAMETER: &[Key] = &[
    must("Type", Shape::OneOf(&["int", "bool", "string", "list"])),
    must("Default", Shape::Any),
    may("Minimum", BOUND),
    may("Maximum", BOUND),
    may("Allowed", Shape::Texts),
    must("Description", Shape::FullText),
];

/// The keys of one parameter of a sidecar.
pub(crate) const PARAMETER_KEYS: &[Key] = PARAMETER;

/// The keys of a sidecar.
pub(crate) const SIDECAR: &[Key] = &[
    must("Surfaces", Shape::Texts),
    may("NotPlanned", Shape::FullText),
    may("Parameters", Shape::Mapping),
    may("Controls", Shape::Texts),
    may("Sop", Shape::Any),
    may("Why", Shape::FullText),
    may(
        "Fixes",
        Shape::Keys(&[
            may("Console", Shape::TextOrNull),
            may("CommandLine", Shape::TextOrNull),
            may("CloudFormation", Shape::TextOrNull),
            may("Terraform", Shape::TextOrNull),
        ]),
    ),
    may("References", Shape::Texts),
];

/// The keys of a sidecar's `Sop`.
pub(crate) const SOP: &[Key] = &[must("Section", Shape::Text), must("Title", Shape::Text)];

/// The types of resources that Panther collects.
const PANTHER_RESOURCE_TYPES: &[&str] = &[
    "AWS.ACM.Certificate",
    "AWS.CloudFormation.Stack",
    "AWS.CloudTrail",
    "AWS.CloudTrail.Meta",
    "AWS.CloudWatch.LogGroup",
    "AWS.Config.Recorder",
    "AWS.Config.Recorder.Meta",
    "AWS.DynamoDB.Table",
    "AWS.EC2.AMI",
    "AWS.EC2.Instance",
    "AWS.EC2.NetworkACL",
    "AWS.EC2.SecurityGroup",
    "AWS.EC2.VPC",
    "AWS.EC2.Volume",
    "AWS.ECS.Cluster",
    "AWS.EKS.Cluster",
    "AWS.ELBV2.ApplicationLoadBalancer",
    "AWS.GuardDuty.Detector",
    "AWS.GuardDuty.Detector.Meta",
    "AWS.IAM.Group",
    "AWS.IAM.Policy",
    "AWS.IAM.Role",
    "AWS.IAM.RootUser",
    "AWS.IAM.User",
    "AWS.KMS.Key",
    "AWS.Lambda.Function",
    "AWS.PasswordPolicy",
    "AWS.RDS.Instance",
    "AWS.Redshift.Cluster",
    "AWS.Route53.HostedZone",
    "AWS.Route53Domains",
    "AWS.S3.Bucket",
    "AWS.WAF.Regional.WebACL",
    "AWS.WAF.WebACL",
];

/// The types of resources that only Keyreeve knows.
const OWN_RESOURCE_TYPES: &[&str] = &["AWS.KMS.CustomKeyStore"];

/// The types of resources that a policy can judge.
pub(crate) fn resource_types() -> impl Iterator<Item = &'static str> {
    PANTHER_RESOURCE_TYPES.iter().chain(OWN_RESOURCE_TYPES).copied()
}
