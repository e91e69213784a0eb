//! `ipaddress.IPv4Network` and `ipaddress.IPv6Network`.

use super::address::{reversed_digits, reversed_octets};
use super::tables::{self, Block, v4_in, v6_in};
use super::{Address, Source, Version, address_error, netmask_error, text, version_error};
use crate::library::{Failure, PythonError, repr};
use std::fmt;

/// The most addresses or subnets that are listed.
pub const LISTED: u128 = 100_000;

/// A network. Equality is CPython's `==`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Network {
    address: Address,
    prefix: u8,
}

impl Network {
    /// `IPv4Network(source, strict)` or `IPv6Network(source, strict)`.
    ///
    /// # Errors
    /// `AddressValueError`, `NetmaskValueError`, or (`strict`) `ValueError` when host bits are set.
    pub fn new(version: Version, source: Source<'_>, strict: bool) -> Result<Self, PythonError> {
        let (Source::Text(whole) | Source::Other { text: whole, .. }) = source else {
            return Self::of(Address::new(version, source)?, version.width(), strict);
        };
        let mut parts = whole.split('/');
        let (address, mask) = (parts.next().unwrap_or_default(), parts.next());
        if parts.next().is_some() {
            return Err(address_error(format!("Only one '/' permitted in {}", source.repr())));
        }
        let address = Address::new(version, Source::Text(address))?;
        let prefix = mask.map_or(Ok(version.width()), |mask| read_mask(version, mask))?;
        Self::of(address, prefix, strict)
    }

    /// The network of an address and a prefix length, as from the pair `(address, prefix)`.
    ///
    /// # Errors
    /// `NetmaskValueError` when the prefix is too long, or (`strict`) `ValueError` when host bits are set.
    pub fn with_prefix(address: Address, prefix: i128, strict: bool) -> Result<Self, PythonError> {
        match u8::try_from(prefix) {
            Ok(length) if length <= address.version().width() => Self::of(address, length, strict),
            _ => Err(netmask_error(&prefix.to_string())),
        }
    }

    fn of(address: Address, prefix: u8, strict: bool) -> Result<Self, PythonError> {
        let mask = mask_bits(address.version(), prefix);
        let network = Self { address, prefix };
        if network.address.bits() & !mask == 0 {
            return Ok(network);
        }
        if strict {
            return Err(PythonError::value(format!("{network} has host bits set")));
        }
        Ok(network.sibling(network.address.bits() & mask, prefix))
    }

    fn sibling(&self, bits: u128, prefix: u8) -> Self {
        Self { address: Address::from_bits(self.version(), bits), prefix }
    }

    /// `.version`, as a type.
    pub fn version(&self) -> Version {
        self.address.version()
    }

    /// `.network_address`.
    pub fn network_address(&self) -> &Address {
        &self.address
    }

    /// `.prefixlen`.
    pub fn prefixlen(&self) -> u8 {
        self.prefix
    }

    /// `.netmask`.
    pub fn netmask(&self) -> Address {
        Address::from_bits(self.version(), self.mask())
    }

    /// `.hostmask`.
    pub fn hostmask(&self) -> Address {
        Address::from_bits(self.version(), !self.mask())
    }

    /// `.broadcast_address`.
    pub fn broadcast_address(&self) -> Address {
        Address::from_bits(self.version(), self.last())
    }

    /// `.num_addresses`, `None` where it is 2**128.
    pub fn num_addresses(&self) -> Option<u128> {
        (self.last() - self.address.bits()).checked_add(1)
    }

    fn mask(&self) -> u128 {
        mask_bits(self.version(), self.prefix)
    }

    fn last(&self) -> u128 {
        self.address.bits() | (!self.mask() & self.version().all_ones())
    }

    /// The name of the Python class.
    pub fn class(&self) -> &'static str {
        match self.version() {
            Version::V4 => "IPv4Network",
            Version::V6 => "IPv6Network",
        }
    }

    /// `repr(network)`.
    pub fn repr(&self) -> String {
        format!("{}({})", self.class(), repr::string(&self.to_string()))
    }

    /// `.exploded`.
    ///
    /// # Errors
    /// `AddressValueError` for a network address with a scope, as in CPython.
    pub fn exploded(&self) -> Result<String, PythonError> {
        Ok(format!("{}/{}", self.address.exploded()?, self.prefix))
    }

    /// `.with_netmask`.
    pub fn with_netmask(&self) -> String {
        format!("{}/{}", self.address, self.netmask())
    }

    /// `.with_hostmask`.
    pub fn with_hostmask(&self) -> String {
        format!("{}/{}", self.address, self.hostmask())
    }

    /// `.reverse_pointer`, the prefix within it, as in CPython.
    ///
    /// # Errors
    /// As [`Self::exploded`].
    pub fn reverse_pointer(&self) -> Result<String, PythonError> {
        Ok(match self.version() {
            Version::V4 => reversed_octets(&self.to_string()),
            Version::V6 => reversed_digits(&self.exploded()?),
        })
    }

    /// `address in self`. A network is never in a network.
    pub fn contains(&self, address: &Address) -> bool {
        address.version() == self.version() && address.bits() & self.mask() == self.address.bits()
    }

    /// `.overlaps(other)`.
    pub fn overlaps(&self, other: &Self) -> bool {
        other.contains(&self.address)
            || other.contains(&self.broadcast_address())
            || self.contains(&other.address)
            || self.contains(&other.broadcast_address())
    }

    /// `.subnet_of(other)`.
    ///
    /// # Errors
    /// `TypeError` when the versions differ.
    pub fn subnet_of(&self, other: &Self) -> Result<bool, PythonError> {
        if self.version() != other.version() {
            return Err(version_error(self, other));
        }
        Ok(other.address.less_or_equal(&self.address)? && other.last() >= self.last())
    }

    /// `.supernet_of(other)`.
    ///
    /// # Errors
    /// `TypeError` when the versions differ.
    pub fn supernet_of(&self, other: &Self) -> Result<bool, PythonError> {
        other.subnet_of(self)
    }

    /// `self < other`.
    ///
    /// # Errors
    /// `TypeError` when the versions differ.
    pub fn less(&self, other: &Self) -> Result<bool, PythonError> {
        if self.version() != other.version() {
            return Err(version_error(self, other));
        }
        if self.address != other.address {
            return self.address.less(&other.address);
        }
        Ok(self.prefix < other.prefix)
    }

    /// `self <= other`.
    ///
    /// # Errors
    /// `TypeError` when the versions differ.
    pub fn less_or_equal(&self, other: &Self) -> Result<bool, PythonError> {
        Ok(self.less(other)? || self == other)
    }

    /// `self > other`.
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

    /// `self[index]`.
    ///
    /// # Errors
    /// `IndexError` beyond the network.
    pub fn nth(&self, index: i128) -> Result<Address, PythonError> {
        let bits = if index < 0 {
            self.last().checked_sub(index.unsigned_abs() - 1).filter(|&bits| bits >= self.address.bits())
        } else {
            self.address.bits().checked_add(index.unsigned_abs()).filter(|&bits| bits <= self.last())
        };
        bits.map(|bits| Address::from_bits(self.version(), bits))
            .ok_or_else(|| PythonError::new("IndexError", "address out of range"))
    }

    /// `list(self)`.
    ///
    /// # Errors
    /// Beyond [`LISTED`].
    pub fn addresses(&self) -> Result<Vec<Address>, Failure> {
        self.listed(self.address.bits(), self.last())
    }

    /// `list(self.hosts())`.
    ///
    /// # Errors
    /// Beyond [`LISTED`].
    pub fn hosts(&self) -> Result<Vec<Address>, Failure> {
        let (first, last) = (self.address.bits(), self.last());
        match (self.version(), self.version().width() - self.prefix) {
            // The one address is read from the text again, so that it keeps its scope.
            (_, 0) => Ok(vec![self.address.clone()]),
            (_, 1) => self.listed(first, last),
            (Version::V4, _) => self.listed(first + 1, last - 1),
            (Version::V6, _) => self.listed(first + 1, last),
        }
    }

    fn listed(&self, first: u128, last: u128) -> Result<Vec<Address>, Failure> {
        if last - first >= LISTED {
            return Err(Failure::Exceeded("addresses of a network"));
        }
        Ok((first..=last).map(|bits| Address::from_bits(self.version(), bits)).collect())
    }

    /// `list(self.subnets(prefixlen_diff, new_prefix))`.
    ///
    /// # Errors
    /// `ValueError` as CPython words it; beyond [`LISTED`].
    pub fn subnets(&self, prefixlen_diff: i128, new_prefix: Option<i128>) -> Result<Vec<Self>, Failure> {
        let width = self.version().width();
        if self.prefix == width {
            return Ok(vec![self.clone()]);
        }
        let diff = self.diff(prefixlen_diff, new_prefix, |new| new - i128::from(self.prefix), "longer")?;
        if diff < 0 {
            return Err(PythonError::value("prefix length diff must be > 0").into());
        }
        let prefix = i128::from(self.prefix).saturating_add(diff);
        let Some(prefix) = u8::try_from(prefix).ok().filter(|&prefix| prefix <= width) else {
            let message = format!("prefix length diff {prefix} is invalid for netblock {self}");
            return Err(PythonError::value(message).into());
        };
        if diff >= 64 || 1 << diff > LISTED {
            return Err(Failure::Exceeded("subnets of a network"));
        }
        let shift = u32::from(width - prefix);
        let step = |i: u128| i.checked_shl(shift).unwrap_or(0);
        Ok((0..1 << diff).map(|i| self.sibling(self.address.bits() + step(i), prefix)).collect())
    }

    /// `self.supernet(prefixlen_diff, new_prefix)`.
    ///
    /// # Errors
    /// `ValueError` as CPython words it; a negative difference is not reproduced.
    pub fn supernet(&self, prefixlen_diff: i128, new_prefix: Option<i128>) -> Result<Self, Failure> {
        if self.prefix == 0 {
            return Ok(self.clone());
        }
        let diff = self.diff(prefixlen_diff, new_prefix, |new| i128::from(self.prefix) - new, "shorter")?;
        if diff < 0 {
            return Err(Failure::unsupported("ipaddress: supernet() with a negative prefix length difference"));
        }
        let Ok(prefix) = u8::try_from(i128::from(self.prefix).saturating_sub(diff)) else {
            let message = format!("current prefixlen is {}, cannot have a prefixlen_diff of {diff}", self.prefix);
            return Err(PythonError::value(message).into());
        };
        Ok(self.sibling(self.address.bits() & mask_bits(self.version(), prefix), prefix))
    }

    fn diff(
        &self,
        diff: i128,
        new_prefix: Option<i128>,
        to: impl Fn(i128) -> i128,
        must: &str,
    ) -> Result<i128, PythonError> {
        let Some(new) = new_prefix else { return Ok(diff) };
        if new.unsigned_abs() > 1 << 64 {
            return Err(PythonError::value(format!("new prefix must be {must}")));
        }
        if to(new) < 0 {
            return Err(PythonError::value(format!("new prefix must be {must}")));
        }
        if diff != 1 {
            return Err(PythonError::value("cannot set prefixlen_diff and new_prefix"));
        }
        Ok(to(new))
    }

    fn both(&self, test: impl Fn(&Address) -> bool) -> bool {
        test(&self.address) && test(&self.broadcast_address())
    }

    /// `.is_private`: within one private block, and neither end in an exception.
    pub fn is_private(&self) -> bool {
        let (first, last) = (self.address.bits(), self.last());
        match self.version() {
            Version::V4 => {
                let (a, b) = (first as u32, last as u32);
                private(tables::V4_PRIVATE, tables::V4_PRIVATE_EXCEPTIONS, |block| (v4_in(a, block), v4_in(b, block)))
            }
            Version::V6 => private(tables::V6_PRIVATE, tables::V6_PRIVATE_EXCEPTIONS, |block| {
                (v6_in(first, block), v6_in(last, block))
            }),
        }
    }

    /// `.is_global`.
    pub fn is_global(&self) -> bool {
        let shared =
            self.version() == Version::V4 && self.both(|address| v4_in(address.bits() as u32, tables::V4_SHARED));
        !shared && !self.is_private()
    }

    /// `.is_multicast`.
    pub fn is_multicast(&self) -> bool {
        self.both(Address::is_multicast)
    }

    /// `.is_reserved`.
    pub fn is_reserved(&self) -> bool {
        self.both(Address::is_reserved)
    }

    /// `.is_link_local`.
    pub fn is_link_local(&self) -> bool {
        self.both(Address::is_link_local)
    }

    /// `.is_loopback`.
    pub fn is_loopback(&self) -> bool {
        self.both(Address::is_loopback)
    }

    /// `.is_unspecified`.
    pub fn is_unspecified(&self) -> bool {
        self.both(Address::is_unspecified)
    }

    /// `.is_site_local`; an IPv4 network has no such attribute.
    pub fn is_site_local(&self) -> Option<bool> {
        (self.version() == Version::V6).then(|| self.both(|address| address.is_site_local() == Some(true)))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn private<T: Copy>(blocks: &[Block<T>], exceptions: &[Block<T>], ends: impl Fn(Block<T>) -> (bool, bool)) -> bool {
    blocks.iter().any(|&block| ends(block) == (true, true))
        && exceptions.iter().all(|&block| ends(block) == (false, false))
}

fn mask_bits(version: Version, prefix: u8) -> u128 {
    let hosts = version.all_ones().checked_shr(prefix.into()).unwrap_or(0);
    version.all_ones() ^ if prefix >= version.width() { 0 } else { hosts }
}

/// Reads what stands after the slash: a length, or for IPv4 a net mask or host mask.
fn read_mask(version: Version, mask: &str) -> Result<u8, PythonError> {
    let invalid = || netmask_error(&repr::string(mask));
    if !mask.is_empty() && mask.bytes().all(|b| b.is_ascii_digit()) {
        let length = mask.trim_start_matches('0');
        let length = if length.is_empty() { Some(0) } else { length.parse().ok() };
        // A run of digits that is no length is no dotted mask either.
        return length.filter(|&length: &u8| length <= version.width()).ok_or_else(invalid);
    }
    if version == Version::V6 {
        return Err(invalid());
    }
    let bits = text::read_v4(mask).map_err(|_| invalid())?;
    mask_length(bits).or_else(|| mask_length(!bits)).ok_or_else(invalid)
}

/// How many ones lead, when nothing but zeros follows.
fn mask_length(bits: u32) -> Option<u8> {
    (bits.leading_ones() + bits.trailing_zeros().min(32 - bits.leading_ones()) == 32).then(|| bits.leading_ones() as u8)
}
