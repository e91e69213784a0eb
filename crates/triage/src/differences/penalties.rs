//! Penalty scores.

use super::{Known, known};

const UNKNOWN: &str = "nobody has said that it is less than production";

pub(super) const ROWS: &[Known] = &[
    known("P1", "INFORMATIONAL (0)", "0.36; 0.72; 3.6; unknown 0.36", "0.36; 0.72; 3.6; unknown 3.6").because(UNKNOWN),
    known("P2", "LOW (1)", "0.3721; 0.7442; 3.721; unknown 0.3721", "0.3721; 0.7442; 3.721; unknown 3.721")
        .because(UNKNOWN),
    known("P3", "MEDIUM (40)", "1; 2; 10; unknown 1", "1; 2; 10; unknown 10").because(UNKNOWN),
    known("P4", "HIGH (70)", "1.69; 3.38; 16.9; unknown 1.69", "1.69; 3.38; 16.9; unknown 16.9").because(UNKNOWN),
    known("P5", "CRITICAL (90)", "2.25; 4.5; 22.5; unknown 2.25", "2.25; 4.5; 22.5; unknown 22.5").because(UNKNOWN),
    known("P6", "the most (100)", "2.56; 5.12; 25.6; unknown 2.56", "2.56; 5.12; 25.6; unknown 25.6").because(UNKNOWN),
];
