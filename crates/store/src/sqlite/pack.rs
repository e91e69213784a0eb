//! Rows as bytes: JSON, compressed where that pays, with a checksum that tells what was damaged.

use std::cell::RefCell;
use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zstd::bulk::{Compressor, Decompressor};

use crate::error::StoreError;

/// A row of fewer bytes is kept as it is.
const WORTH_IT: usize = 256;
/// The longest row that is unpacked: more than anything that is ever packed.
const MAX_ROW: usize = 128 << 20;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// A row as bytes.
pub(super) fn pack<T: Serialize>(row: &T, name: impl Fn() -> String) -> Result<Vec<u8>, StoreError> {
    let refused = |cause: String| StoreError::Refused { row: name(), cause };
    let mut bytes = vec![PLAIN];
    serde_json::to_writer(&mut bytes, row).map_err(|cause| refused(cause.to_string()))?;
    if bytes.len() > MAX_ROW {
        return Err(refused(format!("it has {} bytes, {MAX_ROW} is the most", bytes.len())));
    }
    if bytes.len() <= WORTH_IT {
        return Ok(bytes);
    }
    compress(&bytes).map_err(|cause| refused(cause.to_string()))
}

/// The row that was packed.
pub(super) fn unpack<T: DeserializeOwned>(bytes: &[u8], name: impl Fn() -> String) -> Result<T, StoreError> {
    let corrupt = |cause: String| StoreError::Corrupt { row: name(), cause };
    let row = match bytes.split_first() {
        Some((&PLAIN, json)) => serde_json::from_slice(json),
        Some((&ZSTD, packed)) => {
            let json = decompress(packed).map_err(|cause| corrupt(cause.to_string()))?;
            serde_json::from_slice(json.get(1..).unwrap_or_default())
        }
        _ => return Err(corrupt("it is packed in a way this program does not know".into())),
    };
    row.map_err(|cause| corrupt(cause.to_string()))
}

fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => {
                let mut compressor = Compressor::new(1)?;
                compressor.set_parameter(zstd::zstd_safe::CParameter::ChecksumFlag(true))?;
                kept.insert(compressor)
            }
        };
        let mut packed = compressor.compress(bytes)?;
        packed.insert(0, ZSTD);
        Ok(packed)
    })
}

fn decompress(packed: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    }
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= MAX_ROW);
    let Some(size) = size else { return Err(io::Error::other("its length is not known, or beyond all measure")) };
    DECOMPRESSOR.with_borrow_mut(|kept| {
        let decompressor = match kept {
            Some(decompressor) => decompressor,
            None => kept.insert(Decompressor::new()?),
        };
        decompressor.decompress(packed, size)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> String {
        "row".into()
    }

    #[test]
    fn short_and_long_rows_come_back_as_they_were() {
        for length in [0, 10, 250, 256, 257, 4_000, 300_000] {
            let text: String = "key \u{1f511}\0\"".chars().cycle().take(length).collect();
            let packed = pack(&text, name).unwrap();
            assert!(length < 1_000 || packed.len() < length / 10, "{length} characters became {} bytes", packed.len());
            assert_eq!(unpack::<String>(&packed, name).unwrap(), text);
        }
    }

    #[test]
    fn a_damaged_row_is_corrupt_and_never_another_row() {
        let text = "arn:aws:kms:eu-north-1:111111111111:key/1 ".repeat(20);
        let packed = pack(&text, name).unwrap();
        for at in 0..packed.len() {
            for mask in [1, 0x80] {
                let mut damaged = packed.clone();
                damaged[at] ^= mask;
                let read = unpack::<String>(&damaged, name);
                assert!(matches!(&read, Err(StoreError::Corrupt { .. })) || read.as_ref() == Ok(&text), "byte {at}");
            }
            assert!(unpack::<String>(&packed[..at], name).is_err(), "cut at {at}");
        }
    }
}
