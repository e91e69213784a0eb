//! The file system, as the library crates see it: packs below a folder, snapshots by path.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use detection::files::{Entry, Files, ReadError};

/// The largest file of a pack that is read.
const MAX_PACK_FILE: u64 = 16 << 20;

/// The files below one folder. What a link points to outside it is not followed.
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The files below `root`.
    pub fn new(root: &Path) -> anyhow::Result<Self> {
        let opening = || format!("opening the pack {}", root.display());
        let root = root.canonicalize().with_context(opening)?;
        if !root.is_dir() {
            bail!("opening the pack {}: it is no folder", root.display());
        }
        Ok(Self { root })
    }

    fn resolve(&self, path: &str) -> Result<PathBuf, ReadError> {
        let resolved = self.root.join(path).canonicalize().map_err(|error| read_error(&error))?;
        if resolved.starts_with(&self.root) {
            Ok(resolved)
        } else {
            Err(ReadError::Failed("it lies outside the pack".to_owned()))
        }
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let path = self.resolve(path)?;
        let size = fs::metadata(&path).map_err(|error| read_error(&error))?.len();
        if size > MAX_PACK_FILE {
            return Err(ReadError::Failed(format!("it has {size} bytes, at most {MAX_PACK_FILE} are read")));
        }
        fs::read(path).map_err(|error| read_error(&error))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.resolve(folder)?).map_err(|error| read_error(&error))? {
            let entry = entry.map_err(|error| read_error(&error))?;
            // A name that is not UTF-8 cannot be a pack's file.
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(Entry { folder: entry.path().is_dir(), name });
            }
        }
        entries.sort();
        Ok(entries)
    }
}

fn read_error(error: &io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound => ReadError::Missing,
        _ => ReadError::Failed(error.to_string()),
    }
}

/// The endings by which a folder's snapshots are known.
const SNAPSHOT_ENDINGS: [&str; 9] =
    [".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz", ".json.zst", ".jsonl.zst", ".ndjson.zst"];

/// How deep folders of snapshots are searched.
const MAX_FOLDERS: usize = 32;

/// The snapshot files that are meant: a file is itself, a folder stands for those below it, in order of their path.
pub fn snapshots(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let reading = || format!("reading {}", path.display());
    if path == Path::new("-") || !fs::metadata(path).with_context(reading)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    collect(path, 0, &mut found).with_context(reading)?;
    if found.is_empty() {
        bail!("reading {}: the folder holds no snapshot ({})", path.display(), SNAPSHOT_ENDINGS[..3].join(", "));
    }
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if depth > MAX_FOLDERS {
        bail!("{} lies more than {MAX_FOLDERS} folders deep", folder.display());
    }
    for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), depth + 1, found)?;
        } else if SNAPSHOT_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Opens a snapshot; `-` is standard input.
pub fn open(path: &Path) -> io::Result<Box<dyn io::Read + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let file = fs::File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    Ok(Box::new(file))
}

/// The name by which a snapshot is called in messages: relative to where we are, with `/`.
pub fn shown(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.to_string_lossy().replace('\\', "/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_out_of_the_pack_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let pack = folder.path().join("pack");
        fs::create_dir(&pack).unwrap();
        fs::write(folder.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), pack.join("link.py")).unwrap();
        let files = Folder::new(&pack).unwrap();
        assert!(matches!(files.read("link.py"), Err(ReadError::Failed(_))));
        assert!(matches!(files.read("../secret"), Err(ReadError::Failed(_))));
        assert!(matches!(files.read("nothing.py"), Err(ReadError::Missing)));
    }

    #[test]
    fn a_folder_stands_for_its_snapshots_in_order() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["b/z.jsonl", "a.json.gz", "generate.py", ".hidden.json", "c.ndjson"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<String> = snapshots(folder.path())
            .unwrap()
            .iter()
            .map(|path| shown(path.strip_prefix(folder.path()).unwrap()))
            .collect();
        assert_eq!(names, ["a.json.gz", "b/z.jsonl", "c.ndjson"]);
    }
}
