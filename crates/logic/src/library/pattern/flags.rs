//! The flags of `re`, by their numbers.

/// `re.T`.
pub const TEMPLATE: u32 = 1;
/// `re.I`.
pub const IGNORECASE: u32 = 2;
/// `re.L`.
pub const LOCALE: u32 = 4;
/// `re.M`.
pub const MULTILINE: u32 = 8;
/// `re.S`.
pub const DOTALL: u32 = 16;
/// `re.U`.
pub const UNICODE: u32 = 32;
/// `re.X`.
pub const VERBOSE: u32 = 64;
/// `re.DEBUG`.
pub const DEBUG: u32 = 128;
/// `re.A`.
pub const ASCII: u32 = 256;

/// Flags of which one at most holds.
pub(super) const TYPE_FLAGS: u32 = ASCII | LOCALE | UNICODE;

/// The flag of a letter.
pub(super) fn of_letter(letter: char) -> Option<u32> {
    Some(match letter {
        'i' => IGNORECASE,
        'L' => LOCALE,
        'm' => MULTILINE,
        's' => DOTALL,
        'x' => VERBOSE,
        'a' => ASCII,
        't' => TEMPLATE,
        'u' => UNICODE,
        _ => return None,
    })
}

/// The flags within a group that turns some on and others off.
pub(super) fn combined(flags: u32, add: u32, del: u32) -> u32 {
    let kept = if add & TYPE_FLAGS == 0 { flags } else { flags & !TYPE_FLAGS };
    (kept | add) & !del
}
