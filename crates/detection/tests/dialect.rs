//! The catalogue's dialect of bodies in different styles.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use detection::condition::{Alerts, Condition, condition};
use detection::{Judges, NoHelpers, Request, lower};

fn of(source: &str, entry: &str, judges: Judges, alerts: Alerts) -> Condition {
    let request = Request { path: "body.py", source, judges, helpers: &NoHelpers, mocks: &[] };
    condition(&lower(request).unwrap(), entry, alerts).unwrap()
}

fn shown(said: &Condition) -> String {
    let mut out = String::new();
    match (&said.condition, &said.why_no_condition) {
        (Some(condition), _) => writeln!(out, "{condition}").unwrap(),
        (None, Some((what, at))) => writeln!(out, "no condition: {what}, at {}", at.start).unwrap(),
        (None, None) => {}
    }
    for row in &said.exclusions {
        writeln!(out, "- {} | {} | {}", row.field, row.kind, row.values.join(", ")).unwrap();
    }
    if let Some(passes) = &said.passes_when {
        writeln!(out, "passes: {passes}").unwrap();
    }
    for unknown in &said.unknown_when {
        writeln!(out, "unknown: {unknown}").unwrap();
    }
    out
}

fn policy(source: &str) -> String {
    shown(&of(source, "policy", Judges::Resources, Alerts::OnFalse))
}

fn rule(source: &str) -> String {
    shown(&of(source, "rule", Judges::Events, Alerts::OnTrue))
}

#[test]
fn the_seeds_detection_reads_as_its_page() {
    let pack = detection::builtin::pack("panther-kms").unwrap();
    let module = pack.detection("AWS.CMK.KeyRotation").unwrap().module().unwrap();
    let said = condition(module, "policy", Alerts::OnFalse).unwrap();
    assert_eq!(
        said.condition.as_deref(),
        Some(
            r#"not (Origin ne "AWS_KMS" or KeyManager ne "CUSTOMER" or (KeyRotationEnabled eq "True" and KeyState eq "Enabled"))"#
        )
    );
    insta::assert_snapshot!(shown(&said), @r#"
    not (Origin ne "AWS_KMS" or KeyManager ne "CUSTOMER" or (KeyRotationEnabled eq "True" and KeyState eq "Enabled"))
    - KeyRotationEnabled | eq | True
    - KeyState | eq | Enabled
    - KeyManager | ne | CUSTOMER
    - Origin | ne | AWS_KMS
    passes: Origin is not "AWS_KMS", or KeyManager is not "CUSTOMER", or both KeyRotationEnabled is True and KeyState is "Enabled". KeyRotationEnabled alone excludes nothing, nor does KeyState.
    "#);
}

#[test]
fn our_rotation_detection() {
    let pack = detection::builtin::pack("kms").unwrap();
    let module = pack.detection("AWS.KMS.RotationEnabled").unwrap().module().unwrap();
    insta::assert_snapshot!(shown(&condition(module, "policy", Alerts::OnFalse).unwrap()), @r#"
    not (KeyManager eq "AWS" or KeyState in ["PendingDeletion", "PendingReplicaDeletion"] or Origin eq "EXTERNAL" or Origin in ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"] or CustomKeyStoreId is_set or default(KeySpec, "SYMMETRIC_DEFAULT") ne "SYMMETRIC_DEFAULT" or KeyState eq "Creating" or (KeyRotationEnabled is_not_null and not (KeyRotationEnabled is_a "bool")) or KeyRotationEnabled eq "True")
    - KeyManager | eq | AWS
    - KeyRotationEnabled | eq | True
    - KeyState | eq | Creating
    - Origin | eq | EXTERNAL
    - KeyState | in | PendingDeletion, PendingReplicaDeletion
    - Origin | in | AWS_CLOUDHSM, EXTERNAL_KEY_STORE
    - KeyRotationEnabled | is_not_null | 
    - CustomKeyStoreId | is_set | 
    - default(KeySpec, "SYMMETRIC_DEFAULT") | ne | SYMMETRIC_DEFAULT
    passes: KeyManager is "AWS", or KeyState is "PendingDeletion" or "PendingReplicaDeletion", or Origin is "EXTERNAL", or Origin is "AWS_CLOUDHSM" or "EXTERNAL_KEY_STORE", or CustomKeyStoreId has a value, or KeySpec (by default "SYMMETRIC_DEFAULT") is not "SYMMETRIC_DEFAULT", or all of (KeyState is not "Creating", (either KeyRotationEnabled is null or KeyRotationEnabled is of type "bool") and KeyRotationEnabled is True). KeyRotationEnabled alone excludes nothing.
    unknown: KeyManager is not "AWS", and KeyState is neither "PendingDeletion" nor "PendingReplicaDeletion", and Origin is not "EXTERNAL", and Origin is neither "AWS_CLOUDHSM" nor "EXTERNAL_KEY_STORE", and CustomKeyStoreId has no value, and KeySpec (by default "SYMMETRIC_DEFAULT") is "SYMMETRIC_DEFAULT", and KeyState is "Creating": the key is still being created: its rotation is not settled yet
    unknown: KeyManager is not "AWS", and KeyState is neither "PendingDeletion" nor "PendingReplicaDeletion", and Origin is not "EXTERNAL", and Origin is neither "AWS_CLOUDHSM" nor "EXTERNAL_KEY_STORE", and CustomKeyStoreId has no value, and KeySpec (by default "SYMMETRIC_DEFAULT") is "SYMMETRIC_DEFAULT", and KeyState is not "Creating", and KeyRotationEnabled is not null, and KeyRotationEnabled is not of type "bool": KeyRotationEnabled is …, not true, false or null
    "#);
}

#[test]
fn early_returns() {
    insta::assert_snapshot!(policy(
        r#"
def policy(resource):
    if resource.get("Origin") != "AWS_KMS":
        return True
    if resource["KeyManager"] == "AWS":
        return True
    if resource["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return False
    return resource["KeyRotationEnabled"] is True
"#
    ), @r#"
    not (Origin ne "AWS_KMS" or KeyManager eq "AWS" or (KeyState not_in ["PendingDeletion", "PendingReplicaDeletion"] and KeyRotationEnabled eq "True"))
    - KeyManager | eq | AWS
    - KeyRotationEnabled | eq | True
    - Origin | ne | AWS_KMS
    - KeyState | not_in | PendingDeletion, PendingReplicaDeletion
    passes: Origin is not "AWS_KMS", or KeyManager is "AWS", or both KeyState is neither "PendingDeletion" nor "PendingReplicaDeletion" and KeyRotationEnabled is True. KeyState alone excludes nothing, nor does KeyRotationEnabled.
    "#);
}

#[test]
fn a_loop_that_looks_for_an_item() {
    insta::assert_snapshot!(policy(
        r#"
def policy(resource):
    for grant in resource.get("Grants") or []:
        if grant["GranteePrincipal"] == "*" and "CreateGrant" in grant["Operations"]:
            return False
    return True
"#
    ), @r#"
    any grant in Grants (grant.GranteePrincipal eq "*" and grant.Operations contains "CreateGrant")
    passes: no grant in Grants fits (grant.GranteePrincipal is "*" and grant.Operations contains "CreateGrant")
    "#);
}

#[test]
fn nested_loops_with_a_filter() {
    insta::assert_snapshot!(policy(
        r#"
def policy(resource):
    return any(
        rotation["KeyMaterialState"] == "CURRENT" and rotation.get("RotationType") != "ON_DEMAND"
        for rotation in resource["Rotations"]
        if rotation is not None
    ) and all(alias.startswith("alias/") for alias in resource["Aliases"])
"#
    ), @r#"
    not (any rotation in Rotations (rotation is_not_null and rotation.KeyMaterialState eq "CURRENT" and rotation.RotationType ne "ON_DEMAND") and all alias in Aliases (alias startswith "alias/"))
    - Rotations[].KeyMaterialState | eq | CURRENT
    - Rotations[] | is_not_null | 
    - Rotations[].RotationType | ne | ON_DEMAND
    - Aliases[] | startswith | alias/
    passes: some rotation in Rotations fits (rotation is not null and rotation.KeyMaterialState is "CURRENT" and rotation.RotationType is not "ON_DEMAND"), and every alias in Aliases fits (alias starts with "alias/"). Rotations[] alone excludes nothing, nor do Rotations[].KeyMaterialState, Rotations[].RotationType and Aliases[].
    "#);
}

#[test]
fn deep_paths() {
    insta::assert_snapshot!(rule(
        r#"
def rule(event):
    if event.get("eventName") not in {"DisableKey", "ScheduleKeyDeletion"}:
        return False
    if event.deep_get("userIdentity", "sessionContext", "attributes", "mfaAuthenticated") == "true":
        return False
    return not event.deep_get("requestParameters", "pendingWindowInDays", default=30) < 30
"#
    ), @r#"
    eventName in ["DisableKey", "ScheduleKeyDeletion"] and userIdentity.sessionContext.attributes.mfaAuthenticated ne "true" and not (default(requestParameters.pendingWindowInDays, 30) lt 30)
    - default(requestParameters.pendingWindowInDays, 30) | lt | 30
    passes: eventName is neither "DisableKey" nor "ScheduleKeyDeletion", or userIdentity.sessionContext.attributes.mfaAuthenticated is "true", or requestParameters.pendingWindowInDays (by default 30) is less than 30
    "#);
}

#[test]
fn any_and_all_of_a_list_of_tests() {
    insta::assert_snapshot!(rule(
        r#"
def rule(event):
    return all(
        [
            event.get("eventSource", "") == "kms.amazonaws.com",
            event.get("errorCode") is None,
            not any([event.get("sourceIPAddress", "").endswith(".amazonaws.com"), event.get("readOnly")]),
        ]
    )
"#
    ), @r#"
    eventSource eq "kms.amazonaws.com" and errorCode is_null and not (sourceIPAddress endswith ".amazonaws.com" or readOnly is_set)
    - sourceIPAddress | endswith | .amazonaws.com
    - readOnly | is_set | 
    passes: eventSource is not "kms.amazonaws.com", or errorCode is not null, or sourceIPAddress ends with ".amazonaws.com", or readOnly has a value
    "#);
}

#[test]
fn helpers_by_what_they_ask_and_by_name() {
    insta::assert_snapshot!(policy(
        r#"
import json

TAGS = ["Team", "Environment"]

def is_customers(resource):
    return resource["KeyManager"] == "CUSTOMER"

def is_open(statement):
    found = 0
    for action in statement["Action"]:
        found += action == "kms:*"
    return found > 0

def policy(resource):
    if not is_customers(resource):
        return True
    for tag in TAGS:
        if tag not in (resource["Tags"] or {}):
            return False
    document = json.loads(resource["Policy"])
    return not any(is_open(statement) for statement in document["Statement"])
"#
    ), @r#"
    not (KeyManager ne "CUSTOMER" or (Tags contains "Team" and Tags contains "Environment" and not (any statement in json(Policy).Statement (is_open(statement)))))
    - Tags | contains | Team, Environment
    - KeyManager | ne | CUSTOMER
    passes: KeyManager is not "CUSTOMER", or all of (Tags contains "Team", Tags contains "Environment" and no statement in json(Policy).Statement fits (is_open(statement) holds)). Tags alone excludes nothing, nor does is_open(json(Policy).Statement[]).
    "#);
}

#[test]
fn numbers_patterns_and_types() {
    insta::assert_snapshot!(policy(
        r#"
import re
from fnmatch import fnmatch

MAX_ROTATION_PERIOD_DAYS = 365

def policy(resource):
    period = resource.get("RotationPeriodInDays")
    if period is None or not isinstance(period, int):
        return "Description" in resource and len(resource["Description"]) > 3
    if re.match("[a-z-]+", resource["Description"]) or fnmatch(resource["Arn"], "arn:aws:kms:*"):
        return 90 <= period <= MAX_ROTATION_PERIOD_DAYS
    return False
"#
    ), @r#"
    not (((RotationPeriodInDays is_null or not (RotationPeriodInDays is_a "int")) and Description exists and length(Description) gt 3) or (not (RotationPeriodInDays is_null or not (RotationPeriodInDays is_a "int")) and (Description matches "^[a-z-]+" or Arn like "arn:aws:kms:*") and RotationPeriodInDays gte 90 and RotationPeriodInDays lte 365))
    - Description | exists | 
    - length(Description) | gt | 3
    - RotationPeriodInDays | gte | 90
    - RotationPeriodInDays | is_a | int
    - RotationPeriodInDays | is_null | 
    - Arn | like | arn:aws:kms:*
    - RotationPeriodInDays | lte | 365
    - Description | matches | ^[a-z-]+
    passes: all of ((either RotationPeriodInDays is null or RotationPeriodInDays is not of type "int"), Description is present and the length of Description is more than 3), or all of (RotationPeriodInDays is not null, RotationPeriodInDays is of type "int", (either Description matches "^[a-z-]+" or Arn is like "arn:aws:kms:*"), RotationPeriodInDays is at least 90 and RotationPeriodInDays is at most 365). RotationPeriodInDays alone excludes nothing, nor do Description, length(Description) and Arn.
    "#);
}

#[test]
fn raising_is_neither() {
    insta::assert_snapshot!(policy(
        r#"
def policy(resource):
    if resource["KeyState"] == "Creating":
        raise ValueError("not settled yet")
    return resource["Enabled"]
"#
    ), @r#"
    not (KeyState eq "Creating" or Enabled is_set)
    - KeyState | eq | Creating
    - Enabled | is_set | 
    passes: KeyState is not "Creating", and Enabled has a value. KeyState alone excludes nothing, nor does Enabled.
    unknown: KeyState is "Creating": not settled yet
    "#);
}

#[test]
fn what_has_no_words_has_no_condition() {
    insta::assert_snapshot!(policy(
        r#"
def policy(resource):
    count = 0
    for alias in resource["Aliases"]:
        count += 1
    return count < 5
"#
    ), @"no condition: a loop that does more than look for an item, at 54");
    insta::assert_snapshot!(policy(
        r#"
def policy(resource):
    try:
        return int(resource["X"]) > 1
    except ValueError:
        return False
"#
    ), @"no condition: `try` and `except`, at 47");
}

#[test]
fn constants() {
    insta::assert_snapshot!(policy("def policy(resource):\n    return True\n"), @r"
    false
    passes: always
    ");
    insta::assert_snapshot!(rule("def rule(event):\n    return True\n"), @r"
    true
    passes: never
    ");
}
