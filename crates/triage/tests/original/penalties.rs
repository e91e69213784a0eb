//! P: penalty scores, to the last figure.

use finding::Environment::{Development, Production, Staging, Unknown};
use triage::penalty::score;

fn check(normalized: u8, [development, staging, production]: [f64; 3]) {
    assert_eq!(score(normalized, Development), development);
    assert_eq!(score(normalized, Staging), staging);
    assert_eq!(score(normalized, Production), production);
    assert_eq!(score(normalized, Unknown), production, "unknown counts as production");
}

#[test]
fn p1_informational() {
    check(0, [0.36, 0.72, 3.6]);
}

#[test]
fn p2_low() {
    check(1, [0.3721, 0.7442, 3.721]);
}

#[test]
fn p3_medium() {
    check(40, [1.0, 2.0, 10.0]);
}

#[test]
fn p4_high() {
    check(70, [1.69, 3.38, 16.9]);
}

#[test]
fn p5_critical() {
    check(90, [2.25, 4.5, 22.5]);
}

#[test]
fn p6_the_most() {
    check(100, [2.56, 5.12, 25.6]);
}
