//! The special-purpose address blocks that Debian 12's `ipaddress` knows.

/// A block: its first address and the length of its prefix.
pub(super) type Block<T> = (T, u32);

const fn v4(a: u8, b: u8, c: u8, d: u8) -> u32 {
    u32::from_be_bytes([a, b, c, d])
}

/// An IPv6 address from its first three hextets.
const fn v6(a: u16, b: u16, c: u16) -> u128 {
    ((a as u128) << 112) | ((b as u128) << 96) | ((c as u128) << 80)
}

pub(super) const V4_PRIVATE: &[Block<u32>] = &[
    (v4(0, 0, 0, 0), 8),
    (v4(10, 0, 0, 0), 8),
    (v4(127, 0, 0, 0), 8),
    (v4(169, 254, 0, 0), 16),
    (v4(172, 16, 0, 0), 12),
    (v4(192, 0, 0, 0), 24),
    (v4(192, 0, 0, 170), 31),
    (v4(192, 0, 2, 0), 24),
    (v4(192, 168, 0, 0), 16),
    (v4(198, 18, 0, 0), 15),
    (v4(198, 51, 100, 0), 24),
    (v4(203, 0, 113, 0), 24),
    (v4(240, 0, 0, 0), 4),
    (v4(255, 255, 255, 255), 32),
];
pub(super) const V4_PRIVATE_EXCEPTIONS: &[Block<u32>] = &[(v4(192, 0, 0, 9), 32), (v4(192, 0, 0, 10), 32)];
pub(super) const V4_SHARED: Block<u32> = (v4(100, 64, 0, 0), 10);
pub(super) const V4_LINK_LOCAL: Block<u32> = (v4(169, 254, 0, 0), 16);
pub(super) const V4_LOOPBACK: Block<u32> = (v4(127, 0, 0, 0), 8);
pub(super) const V4_MULTICAST: Block<u32> = (v4(224, 0, 0, 0), 4);
pub(super) const V4_RESERVED: Block<u32> = (v4(240, 0, 0, 0), 4);

pub(super) const V6_PRIVATE: &[Block<u128>] = &[
    (1, 128),
    (0, 128),
    (0xffff_0000_0000, 96),
    (v6(0x64, 0xff9b, 1), 48),
    (v6(0x100, 0, 0), 64),
    (v6(0x2001, 0, 0), 23),
    (v6(0x2001, 0xdb8, 0), 32),
    (v6(0x2002, 0, 0), 16),
    (v6(0xfc00, 0, 0), 7),
    (v6(0xfe80, 0, 0), 10),
];
pub(super) const V6_PRIVATE_EXCEPTIONS: &[Block<u128>] = &[
    (v6(0x2001, 1, 0) | 1, 128),
    (v6(0x2001, 1, 0) | 2, 128),
    (v6(0x2001, 3, 0), 32),
    (v6(0x2001, 4, 0x112), 48),
    (v6(0x2001, 0x20, 0), 28),
    (v6(0x2001, 0x30, 0), 28),
];
pub(super) const V6_RESERVED: &[Block<u128>] = &[
    (v6(0, 0, 0), 8),
    (v6(0x100, 0, 0), 8),
    (v6(0x200, 0, 0), 7),
    (v6(0x400, 0, 0), 6),
    (v6(0x800, 0, 0), 5),
    (v6(0x1000, 0, 0), 4),
    (v6(0x4000, 0, 0), 3),
    (v6(0x6000, 0, 0), 3),
    (v6(0x8000, 0, 0), 3),
    (v6(0xa000, 0, 0), 3),
    (v6(0xc000, 0, 0), 3),
    (v6(0xe000, 0, 0), 4),
    (v6(0xf000, 0, 0), 5),
    (v6(0xf800, 0, 0), 6),
    (v6(0xfe00, 0, 0), 9),
];
pub(super) const V6_LINK_LOCAL: Block<u128> = (v6(0xfe80, 0, 0), 10);
pub(super) const V6_MULTICAST: Block<u128> = (v6(0xff00, 0, 0), 8);
pub(super) const V6_SITE_LOCAL: Block<u128> = (v6(0xfec0, 0, 0), 10);

/// Whether a block holds the IPv4 address.
pub(super) fn v4_in(bits: u32, (first, prefix): Block<u32>) -> bool {
    prefix == 0 || (bits ^ first) >> (32 - prefix) == 0
}

/// Whether a block holds the IPv6 address.
pub(super) fn v6_in(bits: u128, (first, prefix): Block<u128>) -> bool {
    prefix == 0 || (bits ^ first) >> (128 - prefix) == 0
}
