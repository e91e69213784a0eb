//! All lints, in the order of their ids.

use super::Lint;

mod known;
mod kp001;
mod kp002;
mod kp003;
mod kp004;
mod kp005;
mod kp006;
mod kp007;
mod kp008;
mod kp009;
mod kp010;
mod kp011;
mod kp012;
mod kp020;
mod kp021;
mod kp022;
mod kp023;
mod kp024;
mod kp025;
mod kp026;
mod kp027;
mod kp028;
mod kp029;
mod kp030;
mod kp031;
mod kp032;
mod kp033;
mod kp034;
mod kp035;
mod kp036;
mod kp037;
mod kp040;
mod kp041;
mod kp042;
mod kp043;
mod kp044;
mod kp045;
mod kp046;
mod kp047;
mod kp048;
mod kp049;
mod kp060;
mod kp061;
mod kp062;
mod kp063;
mod kp064;
mod kp065;
mod kp066;
mod kp070;
mod kp071;
mod kp072;
mod kp073;
mod kp074;
mod kp075;
mod kp076;
mod kp077;
mod kp078;
mod kp080;
mod kp081;
mod kp082;
mod kp083;
mod kp084;
mod kp085;
mod kp086;
mod kp087;
mod roles;
mod sso;

/// Every lint.
pub const ALL: &[Lint] = &[
    kp001::LINT,
    kp002::LINT,
    kp003::LINT,
    kp004::LINT,
    kp005::LINT,
    kp006::LINT,
    kp007::LINT,
    kp008::LINT,
    kp009::LINT,
    kp010::LINT,
    kp011::LINT,
    kp012::LINT,
    kp020::LINT,
    kp021::LINT,
    kp022::LINT,
    kp023::LINT,
    kp024::LINT,
    kp025::LINT,
    kp026::LINT,
    kp027::LINT,
    kp028::LINT,
    kp029::LINT,
    kp030::LINT,
    kp031::LINT,
    kp032::LINT,
    kp033::LINT,
    kp034::LINT,
    kp035::LINT,
    kp036::LINT,
    kp037::LINT,
    kp040::LINT,
    kp041::LINT,
    kp042::LINT,
    kp043::LINT,
    kp044::LINT,
    kp045::LINT,
    kp046::LINT,
    kp047::LINT,
    kp048::LINT,
    kp049::LINT,
    kp060::LINT,
    kp061::LINT,
    kp062::LINT,
    kp063::LINT,
    kp064::LINT,
    kp065::LINT,
    kp066::LINT,
    kp070::LINT,
    kp071::LINT,
    kp072::LINT,
    kp073::LINT,
    kp074::LINT,
    kp075::LINT,
    kp076::LINT,
    kp077::LINT,
    kp078::LINT,
    kp080::LINT,
    kp081::LINT,
    kp082::LINT,
    kp083::LINT,
    kp084::LINT,
    kp085::LINT,
    kp086::LINT,
    kp087::LINT,
];

/// The grants that give too much, by id, each with the first reason.
pub(super) fn risky_grants(context: &super::Context) -> Vec<(String, String)> {
    kp085::risky(context)
}
