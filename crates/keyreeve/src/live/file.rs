//! The file that a snapshot goes to: written beside its place and moved there when it is whole. `-` is standard output.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use flate2::write::GzEncoder;
use tempfile::NamedTempFile;

/// A file in the making. Until [`Self::finish`] its place holds what it held before, whatever happens to this program.
pub struct Target {
    path: PathBuf,
    packing: Packing,
}

enum Packing {
    Standard(io::Stdout),
    Plain(BufWriter<NamedTempFile>),
    Gzip(GzEncoder<BufWriter<NamedTempFile>>),
    Zstd(Box<zstd::Encoder<'static, BufWriter<NamedTempFile>>>),
}

impl Target {
    /// Makes the file beside its place, so that a place that cannot be written is known before the work.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self { path: path.to_owned(), packing: Packing::Standard(io::stdout()) });
        }
        let creating = || format!("creating {}", path.display());
        if path.is_dir() {
            bail!("creating {}: it is a folder; name a file in it", path.display());
        }
        // Moving a file onto a device or a pipe would put an end to it, and onto a link would leave what it points at as it was.
        let path = &match path.metadata() {
            Ok(place) if !place.is_file() => {
                bail!("creating {}: it is there and not a plain file; name one that is, or a new one", path.display())
            }
            Ok(_) => path.canonicalize().with_context(creating)?,
            Err(_) => path.to_owned(),
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().with_context(creating)?.to_string_lossy();
        let beside = tempfile::Builder::new().prefix(&format!(".{name}.")).suffix(".part").tempfile_in(folder);
        let file = BufWriter::with_capacity(256 << 10, beside.with_context(creating)?);
        let packing = match path.extension().and_then(|end| end.to_str()) {
            Some("zst" | "zstd") => Packing::Zstd(Box::new(zstd::Encoder::new(file, 3).with_context(creating)?)),
            Some("gz") => Packing::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            _ => Packing::Plain(file),
        };
        Ok(Self { path: path.to_owned(), packing })
    }

    /// Moves the file to its place, whole and on the disk.
    pub fn finish(self) -> anyhow::Result<()> {
        let writing = || format!("writing {}", self.path.display());
        let file = match self.packing {
            Packing::Standard(mut out) => return out.flush().with_context(writing),
            Packing::Plain(file) => file,
            Packing::Gzip(packed) => packed.finish().with_context(writing)?,
            Packing::Zstd(packed) => packed.finish().with_context(writing)?,
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error).with_context(writing)?;
        file.as_file().sync_all().with_context(writing)?;
        let file: File = file.persist(&self.path).with_context(writing)?;
        readable(&file).with_context(writing)
    }
}

/// Temporary files are made for their owner only; a snapshot is read by others too, as the umask says it may be.
fn readable(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o640))?;
    }
    let _ = file;
    Ok(())
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.packing {
            Packing::Standard(out) => out.write(bytes),
            Packing::Plain(file) => file.write(bytes),
            Packing::Gzip(file) => file.write(bytes),
            Packing::Zstd(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.packing {
            Packing::Standard(out) => out.flush(),
            Packing::Plain(file) => file.flush(),
            Packing::Gzip(file) => file.flush(),
            Packing::Zstd(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_no_plain_file_is_not_replaced_and_a_link_stays_one() {
        let error = Target::create(Path::new("/dev/null")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("not a plain file"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.jsonl"), folder.path().join("link.jsonl"));
        std::fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut target = Target::create(&link).unwrap();
        target.write_all(b"new").unwrap();
        target.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn the_place_holds_nothing_until_the_file_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["keys.jsonl", "keys.jsonl.zst", "keys.jsonl.gz"] {
            let path = folder.path().join(name);
            let mut target = Target::create(&path).unwrap();
            target.write_all(b"{}\n").unwrap();
            assert!(!path.exists());
            target.finish().unwrap();
            let mut text = String::new();
            finding::snapshot::Decoded::new(File::open(&path).unwrap()).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "{}\n", "{name}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside them");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_known_before_the_work() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Target::create(folder.path()).is_err());
        assert!(Target::create(&folder.path().join("nowhere/keys.jsonl")).is_err());
    }
}
