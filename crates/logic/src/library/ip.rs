//! `ipaddress`: addresses and networks of both versions, read, compared and classified as CPython 3.11.2 (Debian 12) does.
//!
//! Debian's `ipaddress` carries the special-purpose registries of later patch releases; [`tables`] follows Debian.

mod address;
mod network;
mod tables;
mod text;

pub use address::{Address, Version};
pub use network::Network;

use super::{PythonError, repr};

/// What a constructor of `ipaddress` was given.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// A `str`.
    Text(&'a str),
    /// An `int` (or `bool`).
    Int(i128),
    /// `bytes`, the packed form.
    Packed(&'a [u8]),
    /// Any other object, which CPython reads through `str(object)`: an address, a network, `None`, a list.
    Other {
        /// `str(object)`.
        text: &'a str,
        /// `repr(object)`.
        repr: &'a str,
    },
}

impl Source<'_> {
    fn repr(&self) -> String {
        match self {
            Self::Text(text) => repr::string(text),
            Self::Int(number) => number.to_string(),
            Self::Packed(bytes) => repr::bytes(bytes),
            Self::Other { repr, .. } => (*repr).to_owned(),
        }
    }
}

/// `ipaddress.ip_address(source)`.
///
/// # Errors
/// `ValueError` when it is neither an IPv4 nor an IPv6 address.
pub fn ip_address(source: Source<'_>) -> Result<Address, PythonError> {
    Address::new(Version::V4, source)
        .or_else(|_| Address::new(Version::V6, source))
        .map_err(|_| PythonError::value(format!("{} does not appear to be an IPv4 or IPv6 address", source.repr())))
}

/// `ipaddress.ip_network(source, strict)`.
///
/// # Errors
/// `ValueError` when it is neither an IPv4 nor an IPv6 network, or (`strict`) has host bits set.
pub fn ip_network(source: Source<'_>, strict: bool) -> Result<Network, PythonError> {
    for version in [Version::V4, Version::V6] {
        match Network::new(version, source, strict) {
            Err(error) if error.class == ADDRESS_ERROR || error.class == NETMASK_ERROR => {}
            other => return other,
        }
    }
    Err(PythonError::value(format!("{} does not appear to be an IPv4 or IPv6 network", source.repr())))
}

const ADDRESS_ERROR: &str = "ipaddress.AddressValueError";
const NETMASK_ERROR: &str = "ipaddress.NetmaskValueError";

fn address_error(message: String) -> PythonError {
    PythonError::new(ADDRESS_ERROR, message)
}

fn netmask_error(mask: &str) -> PythonError {
    PythonError::new(NETMASK_ERROR, format!("{mask} is not a valid netmask"))
}

fn version_error(this: impl std::fmt::Display, other: impl std::fmt::Display) -> PythonError {
    PythonError::type_error(format!("{this} and {other} are not of the same version"))
}
