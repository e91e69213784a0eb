//! What bodies in common styles simplify to; what is printed lowers back to an equal tree.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use detection::lower::ENTRIES;
use detection::{Judges, NoHelpers, Request, lower};
use logic::tree::Module;
use logic::{print, simplify};

fn lowered(source: &str, judges: Judges) -> Module {
    lower(Request { path: "body.py", source, judges, helpers: &NoHelpers, mocks: &[] }).unwrap()
}

/// The print of a module, after a check that it lowers back to the module.
fn printed(module: &Module, judges: Judges) -> String {
    let text = print::module(module);
    let again = lowered(&text, judges);
    assert_eq!(again.globals, module.globals, "{text}");
    assert_eq!(again.functions, module.functions, "{text}");
    text
}

fn simplified_for(source: &str, judges: Judges) -> String {
    let module = lowered(source, judges);
    printed(&module, judges);
    printed(&simplify::reached_from(simplify::module(module), ENTRIES), judges)
}

fn simplified(source: &str) -> String {
    simplified_for(source, Judges::Resources)
}

#[test]
fn early_returns_become_one_expression() {
    insta::assert_snapshot!(simplified(
        r#"
def policy(resource):
    if resource.get("Origin") != "AWS_KMS":
        return True
    if resource["KeyManager"] == "AWS":
        return True
    if resource["KeyState"] == "PendingDeletion":
        return False
    return resource["KeyRotationEnabled"] is True
"#
    ), @r#"
    def policy(resource):
        return resource.get("Origin") != "AWS_KMS" or resource["KeyManager"] == "AWS" or resource["KeyState"] != "PendingDeletion" and resource["KeyRotationEnabled"] is True
    "#);
}

#[test]
fn a_local_for_a_field_gives_way_to_the_field() {
    insta::assert_snapshot!(simplified(
        r#"
def policy(resource):
    state = resource["KeyState"]
    if state in ("PendingDeletion", "PendingReplicaDeletion"):
        return False
    return state == "Enabled"
"#
    ), @r#"
    def policy(resource):
        return resource["KeyState"] not in ("PendingDeletion", "PendingReplicaDeletion") and resource["KeyState"] == "Enabled"
    "#);
}

#[test]
fn a_helper_with_the_input_gives_way_to_its_expression() {
    insta::assert_snapshot!(simplified(
        r#"
LIMIT = 365

def is_customers(key):
    if key["KeyManager"] == "CUSTOMER":
        return True
    return False

def days(key, default=0):
    return key.get("RotationPeriodInDays") or default

def policy(resource):
    return not is_customers(resource) or days(resource, default=365) <= LIMIT
"#
    ), @r#"
    LIMIT = 365


    def policy(resource):
        return resource["KeyManager"] != "CUSTOMER" or (resource.get("RotationPeriodInDays") or 365) <= LIMIT
    "#);
}

#[test]
fn loops_over_lists_become_any_and_all() {
    insta::assert_snapshot!(simplified(
        r#"
def policy(resource):
    for grant in resource.get("Grants") or []:
        if grant["GranteePrincipal"] is None:
            continue
        for operation in grant["Operations"]:
            if operation == "CreateGrant":
                return False
    return True
"#
    ), @r#"
    def policy(resource):
        return all(operation != "CreateGrant" for grant in resource.get("Grants") or [] if grant["GranteePrincipal"] is not None for operation in grant["Operations"])
    "#);
}

#[test]
fn what_cannot_be_one_expression_stays_statements() {
    insta::assert_snapshot!(simplified(
        r#"
def policy(resource):
    if resource["KeyState"] == "Creating":
        raise ValueError("not settled yet")
    count = 0
    for alias in resource["Aliases"]:
        count += 1
    if count == 0:
        return False
    return True
"#
    ), @r#"
    def policy(resource):
        if resource["KeyState"] == "Creating":
            raise ValueError("not settled yet")
        count = 0
        for alias in resource["Aliases"]:
            count += 1
        return count != 0
    "#);
}

#[test]
fn strings_and_values_are_not_mistaken_for_truths() {
    insta::assert_snapshot!(simplified(
        r#"
def policy(resource):
    if resource.get("Tags"):
        return True
    return resource.get("Description")

def reason(resource):
    name = resource.get("KeyId")
    if resource["KeyState"] == "Disabled":
        return f"{name} is off"
    if resource["KeyState"] == "Unavailable":
        return f"{name} is off"
    return None
"#
    ), @r#"
    def policy(resource):
        return True if resource.get("Tags") else resource.get("Description")


    def reason(resource):
        return f"{resource.get('KeyId')} is off" if resource["KeyState"] == "Disabled" or resource["KeyState"] == "Unavailable" else None
    "#);
}

#[test]
fn a_rule_keeps_the_events_own_methods() {
    insta::assert_snapshot!(simplified_for(
        r#"
def by_root(event):
    return event.deep_get("userIdentity", "type") == "Root"

def rule(event):
    if event.get("errorCode") is not None:
        return False
    if not by_root(event):
        return False
    return event["eventName"] in {"DisableKey", "ScheduleKeyDeletion"}
"#,
        Judges::Events
    ), @r#"
    def rule(event):
        return event.get("errorCode") is None and event.deep_get("userIdentity", "type") == "Root" and event["eventName"] in {"DisableKey", "ScheduleKeyDeletion"}
    "#);
}

#[test]
fn nested_functions_print_within_their_function() {
    insta::assert_snapshot!(simplified(
        r#"
def policy(resource):
    def is_old(rotation):
        days = rotation["Days"]
        days = days + 1
        return days > 365 and resource["KeyState"] == "Enabled"
    return not any(is_old(rotation) for rotation in resource["Rotations"])
"#
    ), @r#"
    def policy(resource):
        def is_old(rotation):
            days = rotation["Days"]
            days = days + 1
            return days > 365 and resource["KeyState"] == "Enabled"
        return not any(is_old(rotation) for rotation in resource["Rotations"])
    "#);
}
