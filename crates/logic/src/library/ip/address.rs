//! `ipaddress.IPv4Address` and `ipaddress.IPv6Address`.

use super::tables::{self, v4_in, v6_in};
use super::{Source, address_error, text, version_error};
use crate::library::{PythonError, repr};
use std::fmt;

/// Which Internet protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Version {
    /// 4 or 6.
    pub fn number(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }

    /// Bits of an address.
    pub fn width(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    /// The highest address.
    pub(super) fn all_ones(self) -> u128 {
        match self {
            Self::V4 => u32::MAX.into(),
            Self::V6 => u128::MAX,
        }
    }
}

/// An address. Equality is CPython's `==`: version, bits and scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    version: Version,
    bits: u128,
    scope: Option<Box<str>>,
}

impl Address {
    /// `IPv4Address(source)` or `IPv6Address(source)`.
    ///
    /// # Errors
    /// `AddressValueError`, as CPython words it.
    pub fn new(version: Version, source: Source<'_>) -> Result<Self, PythonError> {
        match source {
            Source::Int(number) => Self::from_int(version, number),
            Source::Packed(bytes) => Self::from_packed(version, bytes),
            Source::Text(text) | Source::Other { text, .. } => Self::from_text(version, text, &source),
        }
    }

    fn from_int(version: Version, number: i128) -> Result<Self, PythonError> {
        let n = version.number();
        let Ok(bits) = u128::try_from(number) else {
            return Err(address_error(format!("{number} (< 0) is not permitted as an IPv{n} address")));
        };
        if bits > version.all_ones() {
            return Err(too_large(version, bits));
        }
        Ok(Self::from_bits(version, bits))
    }

    fn from_packed(version: Version, bytes: &[u8]) -> Result<Self, PythonError> {
        let expected = usize::from(version.width() / 8);
        if bytes.len() != expected {
            return Err(address_error(format!(
                "{} (len {} != {expected}) is not permitted as an IPv{} address",
                repr::bytes(bytes),
                bytes.len(),
                version.number()
            )));
        }
        Ok(Self::from_bits(version, bytes.iter().fold(0, |bits, &byte| (bits << 8) | u128::from(byte))))
    }

    fn from_text(version: Version, text: &str, source: &Source<'_>) -> Result<Self, PythonError> {
        if text.contains('/') {
            return Err(address_error(format!("Unexpected '/' in {}", source.repr())));
        }
        if version == Version::V4 {
            return Ok(Self::from_bits(version, text::read_v4(text).map_err(address_error)?.into()));
        }
        let (plain, scope) = match text.split_once('%') {
            None => (text, None),
            Some((_, scope)) if scope.is_empty() || scope.contains('%') => {
                return Err(address_error(format!("Invalid IPv6 address: \"{}\"", repr::string(text))));
            }
            Some((plain, scope)) => (plain, Some(scope.into())),
        };
        Ok(Self { version, bits: text::read_v6(plain).map_err(address_error)?, scope })
    }

    /// The address of these bits; those beyond the version's width are dropped.
    pub fn from_bits(version: Version, bits: u128) -> Self {
        Self { version, bits: bits & version.all_ones(), scope: None }
    }

    /// `.version`, as a type.
    pub fn version(&self) -> Version {
        self.version
    }

    /// `int(address)`.
    pub fn bits(&self) -> u128 {
        self.bits
    }

    /// `.scope_id`.
    pub fn scope_id(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// The name of the Python class.
    pub fn class(&self) -> &'static str {
        match self.version {
            Version::V4 => "IPv4Address",
            Version::V6 => "IPv6Address",
        }
    }

    /// `repr(address)`.
    pub fn repr(&self) -> String {
        format!("{}({})", self.class(), repr::string(&self.to_string()))
    }

    /// `.packed`.
    pub fn packed(&self) -> Vec<u8> {
        let bytes = self.bits.to_be_bytes();
        bytes[16 - usize::from(self.version.width() / 8)..].to_vec()
    }

    /// `.exploded`.
    ///
    /// # Errors
    /// `AddressValueError` for an address with a scope, as in CPython.
    pub fn exploded(&self) -> Result<String, PythonError> {
        if self.version == Version::V4 {
            return Ok(self.to_string());
        }
        text::read_v6(&self.to_string()).map(text::write_v6_exploded).map_err(address_error)
    }

    /// `.reverse_pointer`.
    ///
    /// # Errors
    /// As [`Self::exploded`].
    pub fn reverse_pointer(&self) -> Result<String, PythonError> {
        Ok(match self.version {
            Version::V4 => reversed_octets(&self.to_string()),
            Version::V6 => reversed_digits(&self.exploded()?),
        })
    }

    /// `self < other`.
    ///
    /// # Errors
    /// `TypeError` when the versions differ.
    pub fn less(&self, other: &Self) -> Result<bool, PythonError> {
        if self.version != other.version {
            return Err(version_error(self, other));
        }
        Ok(self.bits < other.bits)
    }

    /// `self <= other`.
    ///
    /// # Errors
    /// `TypeError` when the versions differ.
    pub fn less_or_equal(&self, other: &Self) -> Result<bool, PythonError> {
        Ok(self.less(other)? || self == other)
    }

    /// `self > other`. Addresses that differ in scope only are each greater than the other, as in CPython.
    ///
    /// # Errors
    /// `TypeError` when the versions differ.
    pub fn greater(&self, other: &Self) -> Result<bool, PythonError> {
        Ok(!self.less(other)? && self != other)
    }

    /// `self >= other`.
    ///
    /// # Errors
    /// `TypeError` when the versions differ.
    pub fn greater_or_equal(&self, other: &Self) -> Result<bool, PythonError> {
        Ok(!self.less(other)?)
    }

    /// `self + number`; subtraction adds the negative.
    ///
    /// # Errors
    /// `AddressValueError` when the result is no address.
    pub fn plus(&self, number: i128) -> Result<Self, PythonError> {
        let n = self.version.number();
        match self.bits.checked_add_signed(number) {
            Some(bits) if bits <= self.version.all_ones() => Ok(Self::from_bits(self.version, bits)),
            Some(bits) => Err(too_large(self.version, bits)),
            None if number < 0 => {
                let below = number.unsigned_abs() - self.bits;
                Err(address_error(format!("-{below} (< 0) is not permitted as an IPv{n} address")))
            }
            None => {
                let sum = beyond_128_bits(self.bits.wrapping_add_signed(number));
                Err(address_error(format!("{sum} (>= 2**128) is not permitted as an IPv6 address")))
            }
        }
    }

    fn v4(&self) -> Option<u32> {
        (self.version == Version::V4).then_some(self.bits as u32)
    }

    /// `.is_private`.
    pub fn is_private(&self) -> bool {
        match (self.v4(), self.ipv4_mapped()) {
            (Some(bits), _) => private_v4(bits),
            (None, Some(mapped)) => mapped.is_private(),
            (None, None) => private_v6(self.bits),
        }
    }

    /// `.is_global`.
    pub fn is_global(&self) -> bool {
        !self.v4().is_some_and(|bits| v4_in(bits, tables::V4_SHARED)) && !self.is_private()
    }

    /// `.is_multicast`.
    pub fn is_multicast(&self) -> bool {
        self.v4().map_or_else(|| v6_in(self.bits, tables::V6_MULTICAST), |bits| v4_in(bits, tables::V4_MULTICAST))
    }

    /// `.is_reserved`.
    pub fn is_reserved(&self) -> bool {
        let v6 = || tables::V6_RESERVED.iter().any(|&block| v6_in(self.bits, block));
        self.v4().map_or_else(v6, |bits| v4_in(bits, tables::V4_RESERVED))
    }

    /// `.is_link_local`.
    pub fn is_link_local(&self) -> bool {
        self.v4().map_or_else(|| v6_in(self.bits, tables::V6_LINK_LOCAL), |bits| v4_in(bits, tables::V4_LINK_LOCAL))
    }

    /// `.is_loopback`.
    pub fn is_loopback(&self) -> bool {
        self.v4().map_or(self.bits == 1, |bits| v4_in(bits, tables::V4_LOOPBACK))
    }

    /// `.is_unspecified`.
    pub fn is_unspecified(&self) -> bool {
        self.bits == 0
    }

    /// `.is_site_local`; an IPv4 address has no such attribute.
    pub fn is_site_local(&self) -> Option<bool> {
        (self.version == Version::V6).then(|| v6_in(self.bits, tables::V6_SITE_LOCAL))
    }

    /// `.ipv4_mapped` of an IPv6 address.
    pub fn ipv4_mapped(&self) -> Option<Self> {
        (self.version == Version::V6 && self.bits >> 32 == 0xffff).then(|| Self::from_bits(Version::V4, self.bits))
    }

    /// `.sixtofour` of an IPv6 address.
    pub fn sixtofour(&self) -> Option<Self> {
        (self.version == Version::V6 && self.bits >> 112 == 0x2002)
            .then(|| Self::from_bits(Version::V4, self.bits >> 80))
    }

    /// `.teredo` of an IPv6 address: server and client.
    pub fn teredo(&self) -> Option<(Self, Self)> {
        (self.version == Version::V6 && self.bits >> 96 == 0x2001_0000)
            .then(|| (Self::from_bits(Version::V4, self.bits >> 64), Self::from_bits(Version::V4, !self.bits)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(bits) = self.v4() else {
            f.write_str(&text::write_v6(self.bits))?;
            return self.scope.as_ref().map_or(Ok(()), |scope| write!(f, "%{scope}"));
        };
        f.write_str(&text::write_v4(bits))
    }
}

fn too_large(version: Version, bits: u128) -> PythonError {
    address_error(format!("{bits} (>= 2**{}) is not permitted as an IPv{} address", version.width(), version.number()))
}

/// The decimal digits of 2**128 + `rest`, for `rest` below 2**127.
fn beyond_128_bits(rest: u128) -> String {
    const UNIT: u128 = 1_000_000_000_000_000_000_000_000_000_000_000_000;
    let (high, low) = (u128::MAX / UNIT, u128::MAX % UNIT + 1);
    let low = low + rest % UNIT;
    format!("{}{:036}", high + rest / UNIT + low / UNIT, low % UNIT)
}

/// `4.3.2.1.in-addr.arpa` of `1.2.3.4`.
pub(super) fn reversed_octets(text: &str) -> String {
    let octets: Vec<&str> = text.split('.').rev().collect();
    octets.join(".") + ".in-addr.arpa"
}

/// The characters but colons backwards, each with a dot.
pub(super) fn reversed_digits(text: &str) -> String {
    let digits: String = text.chars().rev().filter(|&c| c != ':').flat_map(|c| [c, '.']).collect();
    digits + "ip6.arpa"
}

/// Whether the block list of IPv4 holds it, without its exceptions.
pub(super) fn private_v4(bits: u32) -> bool {
    tables::V4_PRIVATE.iter().any(|&block| v4_in(bits, block))
        && !tables::V4_PRIVATE_EXCEPTIONS.iter().any(|&block| v4_in(bits, block))
}

/// Whether the block list of IPv6 holds it, without its exceptions.
pub(super) fn private_v6(bits: u128) -> bool {
    tables::V6_PRIVATE.iter().any(|&block| v6_in(bits, block))
        && !tables::V6_PRIVATE_EXCEPTIONS.iter().any(|&block| v6_in(bits, block))
}
