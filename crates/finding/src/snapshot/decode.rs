//! Undoes gzip and zstd, known by their first bytes and not by the name of the file.

use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::SnapshotError;

/// The text of a stream, whatever it was packed with. It is undone piece by piece, so a small file that unpacks to a huge one costs
/// time, but never more memory than one record may have and, for zstd, its window (at most 128 MiB).
pub struct Decoded<R: Read>(Packing<R>);

/// The stream from its first byte, of which some have been looked at.
type Whole<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

enum Packing<R: Read> {
    Plain(Whole<R>),
    Gzip(Box<MultiGzDecoder<Whole<R>>>),
    Zstd(Box<zstd::Decoder<'static, Whole<R>>>),
}

/// Packings that are recognised only to say what to do about them.
const UNSUPPORTED: [(&[u8], &str); 3] = [(b"PK\x03\x04", "zip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz")];

impl<R: Read> Decoded<R> {
    /// The text of a stream.
    ///
    /// # Errors
    /// Where the stream cannot be read, or is packed in another way.
    pub fn new(mut reader: R) -> Result<Self, SnapshotError> {
        let mut start = Vec::new();
        reader.by_ref().take(6).read_to_end(&mut start).map_err(SnapshotError::Start)?;
        if let Some((_, packing)) = UNSUPPORTED.iter().find(|(magic, _)| start.starts_with(magic)) {
            return Err(SnapshotError::Packing { packing });
        }
        let gzip = start.starts_with(&[0x1f, 0x8b]);
        // The second is a frame to be skipped, with which parallel and seekable packers begin.
        let zstd = matches!(start[..], [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
        let whole = BufReader::with_capacity(64 << 10, Cursor::new(start).chain(reader));
        Ok(Self(match (gzip, zstd) {
            (true, _) => Packing::Gzip(Box::new(MultiGzDecoder::new(whole))),
            (_, true) => Packing::Zstd(Box::new(zstd::Decoder::with_buffer(whole).map_err(SnapshotError::Start)?)),
            _ => Packing::Plain(whole),
        }))
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Packing::Plain(reader) => reader.read(into),
            Packing::Gzip(reader) => reader.read(into),
            Packing::Zstd(reader) => reader.read(into),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    fn text(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Decoded::new(bytes).map_err(io::Error::other)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn plain_gzip_and_zstd_are_told_apart_by_their_bytes() {
        assert_eq!(text(b"{}\n").unwrap(), "{}\n");
        assert_eq!(text(b"").unwrap(), "");
        assert_eq!(text(b"{").unwrap(), "{");
        assert_eq!(text(&gzip(b"{}\n")).unwrap(), "{}\n");
        assert_eq!(text(&zstd::encode_all(&b"{}\n"[..], 3).unwrap()).unwrap(), "{}\n");
    }

    #[test]
    fn files_joined_after_packing_are_one_text() {
        let two = [gzip(b"{}\n"), gzip(b"[]\n")].concat();
        assert_eq!(text(&two).unwrap(), "{}\n[]\n");
        let frames = [zstd::encode_all(&b"1"[..], 3).unwrap(), zstd::encode_all(&b"2"[..], 3).unwrap()].concat();
        assert_eq!(text(&frames).unwrap(), "12");
        let skipped = [&b"\x50\x2a\x4d\x18\x04\0\0\0size"[..], &frames].concat();
        assert_eq!(text(&skipped).unwrap(), "12");
    }

    #[test]
    fn a_packed_stream_that_was_cut_off_is_an_error() {
        let whole = gzip(&b"{}\n".repeat(1000));
        assert!(text(&whole[..whole.len() - 5]).is_err());
        let whole = zstd::encode_all(&b"{}\n".repeat(1000)[..], 3).unwrap();
        assert!(text(&whole[..whole.len() - 5]).is_err());
        assert!(text(&[0x1f, 0x8b]).is_err());
    }

    #[test]
    fn other_packings_are_named() {
        let message = text(b"PK\x03\x04....").unwrap_err().to_string();
        assert_eq!(message, "the file is packed with zip: unpack it, or pack it with gzip or zstd");
    }
}
