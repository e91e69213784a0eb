//! What the operating procedure for KMS keys demands.

use super::{Known, known};

pub(super) const ROWS: &[Known] = &[
    known(
        "K1",
        "automatic rotation",
        "every KMS key must have it",
        "KMS.4 and AWS.KMS.RotationEnabled that fail are REMEDIATE",
    ),
    known("K2", "missing rotation is MEDIUM", "MEDIUM", "MEDIUM"),
    known("K3", "the period", "one year unless told otherwise", "a plan says 365 days unless told otherwise"),
    known(
        "K4",
        "old material is kept",
        "so enabling rotation destroys nothing",
        "the change is of the risk `safe`, and needs no approval",
    ),
    known("K5", "CloudFormation sets EnableKeyRotation", "template check", "checked before deployment")
        .later("crate `iac`"),
    known("K6", "Terraform sets enable_key_rotation", "module check", "checked before deployment").later("crate `iac`"),
    known("K7", "keys made in the console", "the box must be ticked", "the same as K1: the key's state is judged")
        .elsewhere("`scan`"),
    known("K8", "a policy locks no administrator out", "must not", "`keypolicy lint`: KP063 to KP066")
        .elsewhere("crate `keypolicy`"),
    known(
        "K9",
        "principals in a policy exist",
        "else deployment fails",
        "`keypolicy lint`: KP027 finds what is left of deleted principals",
    )
    .elsewhere("crate `keypolicy`"),
    known("K10", "the account's root statement", "must be there, of this account", "`keypolicy lint`: KP062")
        .elsewhere("crate `keypolicy`"),
    known("K11", "root means the whole account", "must be known", "`keypolicy lint`: KP060 says so")
        .elsewhere("crate `keypolicy`"),
    known(
        "K12",
        "service control policies",
        "cannot be seen in the policy",
        "no verdict claims more than the policy says",
    )
    .later("`keypolicy decide`"),
    known(
        "K13",
        "three statements",
        "account, administrators, users",
        "each role is judged by what it holds, not by the number of statements: see K14 to K16",
    )
    .elsewhere("crate `keypolicy`"),
    known("K14", "administrators' actions", "the listed ones only", "`keypolicy lint`: KP072, KP073")
        .elsewhere("crate `keypolicy`"),
    known("K15", "users' actions", "the listed ones only", "`keypolicy lint`: KP075, KP076")
        .elsewhere("crate `keypolicy`"),
    known("K16", "no role is over-generous", "users must not become administrators", "`keypolicy lint`: KP070, KP071")
        .elsewhere("crate `keypolicy`"),
    known(
        "K17",
        "services in the users' statement",
        "the real user",
        "`keypolicy lint`: KP034 asks for a condition on the source",
    )
    .elsewhere("crate `keypolicy`"),
    known("K18", "more roles for administrators", "by the pattern of K24", "patterns of the form of K24 are accepted")
        .elsewhere("crate `keypolicy`"),
    known("K19", "aliases", "recommended", "INFO: NOTHING, recorded; a plan adds the alias that is asked for"),
    known(
        "K20",
        "descriptions",
        "recommended",
        "INFO: NOTHING, recorded; a plan sets the description that is asked for",
    ),
    known(
        "K21",
        "deletion makes data unreadable",
        "7 days at least",
        "date and days left stand in reason and service level; due never later than that",
    ),
    known(
        "K22",
        "lower environments",
        "may schedule deletion freely",
        "staging and development: NOTHING with its reason; not suppressed",
    ),
    known(
        "K23",
        "production",
        "CRITICAL, as a TEAMFIX",
        "production and unknown: TEAMFIX, CRITICAL, escalated (Jira and ServiceNow come with tickets)",
    ),
    known(
        "K24",
        "roles of IAM Identity Center",
        "`*` only with a condition on a fixed account",
        "`keypolicy lint`: KP022 to KP026",
    )
    .elsewhere("crate `keypolicy`"),
    known("K25", "wildcards in principals", "do not work", "`keypolicy lint`: KP021").elsewhere("crate `keypolicy`"),
    known("K26", "other roles of many accounts", "substitute the account id", "advice on templates")
        .later("crate `iac`"),
    known(
        "K27",
        "the controls",
        "KMS.3 CRITICAL; KMS.4, by whatever number",
        "CIS 2.8, 3.8 and 3.6 (each in its standard), CIS.2.8 and PCI.KMS.1 are KMS.4",
    ),
    known("K28", "compliant from the start", "before deployment", "checked without AWS").later("crate `iac`"),
    known("K29", "new controls", "off until reviewed", "REVIEW: no ticket, no suppression"),
    known(
        "K30",
        "tickets are closed by the system",
        "when it is fixed; escalated when overdue",
        "CLOSE_TICKET once it passes; overdue and reminders are computed (sending them comes with tickets)",
    ),
];
