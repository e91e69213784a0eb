//! Proofs about policies made to be hard end within their budget, counted in steps; policies as people write them do not come near it.

#![expect(clippy::unwrap_used, reason = "a test")]

mod hard;

use keypolicy::prove::{Assumptions, MOST_STEPS};
use keypolicy::{ActionSet, Proof, Property, Setting, Verdict, prove, rules};

/// The hardest that `bench/policies` has found.
const RECIPES: [&[u64]; 3] = [
    &[705465, 899982, 739523, 220190, 380597, 266173, 731509],
    &[306389, 257184, 673838, 532824],
    &[130426, 142245, 345379, 349075],
];

fn proof(text: &str, property: &Property) -> Proof {
    let setting = Setting { account: Some("111122223333".to_owned()), ..Setting::default() };
    let compiled = rules::compile(&keypolicy::parse(text).unwrap(), &setting);
    prove(&compiled, &setting, &Assumptions::default(), property)
}

#[test]
fn the_hardest_policies_end_within_the_budget() {
    let properties = [Property::NotPublic, Property::NoOutsideAccess(ActionSet::ALL), Property::Separated];
    let mut given_up = 0;
    for recipe in RECIPES {
        let text = hard::policy(recipe, keypolicy::policy::AWS_LIMIT);
        for property in &properties {
            let proof = proof(&text, property);
            assert!(proof.steps <= MOST_STEPS + MOST_STEPS / 20, "{recipe:?} {property:?}: {} steps", proof.steps);
            if proof.verdict == Verdict::Unknown {
                given_up += usize::from(proof.why.contains("not all combinations"));
            }
        }
    }
    assert!(given_up > 0, "some are too hard");
}

#[test]
fn the_largest_text_that_is_read_ends_within_the_budget() {
    let text = hard::policy(RECIPES[0], keypolicy::policy::READ_LIMIT);
    let proof = proof(&text, &Property::NotPublic);
    assert!(proof.steps <= MOST_STEPS + MOST_STEPS / 20, "{} steps", proof.steps);
}

#[test]
fn policies_as_people_write_them_take_a_hundredth_of_it() {
    let text = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": "*", "Action": ["kms:Put*", "kms:Create*"], "Resource": "*",
         "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Admin_????????????????"}}},
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*",
         "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}},
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}},
        {"Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*",
         "Condition": {"NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"}}}]}"#;
    let proof = proof(text, &Property::NotPublic);
    assert_eq!(proof.verdict, Verdict::Proved);
    assert!(proof.steps < MOST_STEPS / 100, "{} steps", proof.steps);
}
