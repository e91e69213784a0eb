//! `aws bootstrap --remediation`: a role for each kind of change, each with the calls of its own and no others.

use aws::operation::Operation;
use aws::remedy::{ACTIONS, Action};

use super::policy::{Condition, Place, Policy, Statement};
use super::template::{HERE, RoleOf, Trust, roles};

/// The template of the roles of these actions; of all where none is named.
pub fn cloudformation(wanted: &[String], trust: &Trust) -> String {
    let of: Vec<RoleOf> = actions(wanted).map(|action| role(action, HERE)).collect();
    roles("The roles with which keyreeve changes KMS keys, one for each kind of change", &of, trust)
}

fn actions(wanted: &[String]) -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter().filter(move |action| wanted.is_empty() || wanted.iter().any(|name| name == action.name))
}

/// The role of an action.
fn role(action: &'static Action, place: Place<'_>) -> RoleOf {
    RoleOf {
        logical: action.role.trim_start_matches("Keyreeve").to_owned(),
        name: action.role.to_owned(),
        path: "/".to_owned(),
        description: action.purpose.to_owned(),
        policy_name: "ChangeKeys",
        policy: policy(action, place),
    }
}

/// What a role may do.
fn policy(action: &Action, Place { partition, account }: Place<'_>) -> Policy {
    let mut actions: Vec<String> = action.operations.iter().map(|operation| Operation::action(operation)).collect();
    actions.sort_unstable();
    // KMS asks for both: the alias, and the key that it names.
    let on = if action.name == "alias" { "*" } else { "key/*" };
    let mut changing = Statement::new("ChangeKeys", actions, format!("arn:{partition}:kms:*:{account}:{on}"));
    changing.condition = match action.name {
        "policy" => Some(Condition { key: "kms:BypassPolicyLockoutSafetyCheck", value: "false" }),
        "grants" => Some(Condition { key: "kms:GrantIsForAWSResource", value: "false" }),
        _ => None,
    };
    Policy::new(vec![changing])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place { partition: "aws", account: "111122223333" };

    #[test]
    fn no_role_may_do_what_another_is_for_and_none_may_leave_out_the_lockout_check() {
        for action in &ACTIONS {
            let policy = policy(action, PLACE);
            let mut allowed: Vec<&String> = policy.statement.iter().flat_map(|it| &it.action).collect();
            allowed.sort_unstable();
            allowed.dedup();
            assert_eq!(allowed.len(), action.operations.len(), "{}", action.name);
            let of_own = |name: &&String| action.operations.iter().any(|operation| operation.action() == **name);
            assert!(allowed.iter().all(of_own));
            assert!(!allowed.iter().any(|name| name.contains("Schedule") || name.contains('*')));
        }
        let of = |name: &str| policy(Action::named(name).unwrap_or(&ACTIONS[0]), PLACE).statement.pop();
        assert!(of("policy").is_some_and(|it| it.condition.is_some_and(|it| it.key.contains("Lockout"))));
    }

    #[test]
    fn only_the_roles_that_are_wanted_are_printed() {
        let trust = Trust { account: "999999999999".into(), roles: Vec::new(), external_id: Some("acme:7".into()) };
        let template = cloudformation(&["rotation".into(), "tags".into()], &trust);
        assert_eq!(template.matches("Type: AWS::IAM::Role").count(), 2);
        assert_eq!(template.matches("sts:ExternalId: \"acme:7\"").count(), 2);
        assert_eq!(cloudformation(&[], &trust).matches("Type: AWS::IAM::Role").count(), ACTIONS.len());
    }
}
