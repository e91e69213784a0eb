//! Divisions that round once, to the nearest and at a tie to the even.

/// `a / b` as the nearest `f64`. `b` is not zero.
pub(super) fn quotient(a: i128, b: i128) -> f64 {
    // So zero divided by a negative is `-0.0`, as in Python.
    let negative = (a < 0) != (b < 0);
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    if a >> 53 == 0 && b >> 53 == 0 {
        let value = a as f64 / b as f64;
        return if negative { -value } else { value };
    }
    // Scales so that the integer quotient has 55 bits at least; what is left of it only matters as not being zero.
    let wanted = 55 + i64::from(u128::BITS - b.leading_zeros()) - i64::from(u128::BITS - a.leading_zeros());
    let (quotient, exact, scale) = scaled(a, b, wanted.max(0) as u32);
    let bits = u128::BITS - quotient.leading_zeros();
    let surplus = bits.saturating_sub(54);
    let dropped = quotient & ((1 << surplus) - 1) != 0 || !exact;
    // 54 bits with the last one sticky: the conversion to 53 bits rounds right.
    let mantissa = ((quotient >> surplus) << 1) | u128::from(dropped);
    let value = mantissa as f64 * 2f64.powi(surplus as i32 - 1 - scale as i32);
    if negative { -value } else { value }
}

/// `a * 2**scale / b`, and whether it comes out even.
fn scaled(a: u128, b: u128, scale: u32) -> (u128, bool, u32) {
    let (mut quotient, mut rest) = (a / b, a % b);
    for _ in 0..scale {
        // `rest < b`, and `b` is far below 2**127, so the shift loses nothing.
        rest <<= 1;
        quotient <<= 1;
        if rest >= b {
            rest -= b;
            quotient |= 1;
        }
    }
    (quotient, rest == 0, scale)
}

/// `a / b` as the nearest integer. `b` is not zero.
pub(super) fn nearest(a: i128, b: i128) -> i128 {
    let (mut quotient, mut rest) = (floor(a, b), a - floor(a, b) * b);
    if b < 0 {
        rest = -rest;
    }
    let left = b.abs() - rest;
    if rest > left || rest == left && quotient % 2 != 0 {
        quotient += 1;
    }
    quotient
}

/// `a // b`. `b` is not zero.
pub(super) fn floor(a: i128, b: i128) -> i128 {
    let quotient = a / b;
    if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
}

/// A finite float as an integer times a power of two.
pub(super) fn ratio(number: f64) -> (i128, i32) {
    let bits = number.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let fraction = i128::from(bits & ((1 << 52) - 1));
    let (mantissa, exponent) = if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
    (if number < 0.0 { -mantissa } else { mantissa }, exponent)
}

/// The nearest whole number, at a tie the even one.
pub(super) fn half_even(number: f64) -> f64 {
    number.round_ties_even()
}
