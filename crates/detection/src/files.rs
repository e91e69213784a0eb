//! How the library reaches the files of a pack: through a trait, so that a disk, the built-in packs and tests all fit.

use std::collections::BTreeMap;

/// A tree of text files. Paths are relative, with `/` between the parts; the root is the empty path.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;

    /// The files and folders directly in a folder, sorted by name.
    ///
    /// # Errors
    /// Why it cannot be listed, in words.
    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError>;
}

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name within the folder.
    pub name: String,
    /// Whether it is a folder itself.
    pub folder: bool,
}

/// Why a file or folder cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It does not exist.
    #[error("there is no such file")]
    Missing,
    /// It exists and cannot be read.
    #[error("{0}")]
    Failed(String),
}

/// Files held in memory.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// No files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more file.
    #[must_use]
    pub fn with(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), text.into());
        self
    }
}

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.files.get(path).cloned().ok_or(ReadError::Missing)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        let entries = entries_of(self.files.keys().map(String::as_str), folder);
        if entries.is_empty() && !folder.is_empty() { Err(ReadError::Missing) } else { Ok(entries) }
    }
}

/// What stands directly in a folder, from the paths of all files.
pub(crate) fn entries_of<'a>(paths: impl Iterator<Item = &'a str>, folder: &str) -> Vec<Entry> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut entries: Vec<Entry> = paths
        .filter_map(|path| path.strip_prefix(&prefix))
        .map(|rest| match rest.split_once('/') {
            Some((name, _)) => Entry { name: name.to_owned(), folder: true },
            None => Entry { name: rest.to_owned(), folder: false },
        })
        .collect();
    entries.sort();
    entries.dedup();
    entries
}

/// The folder that a path stands in; empty for the root.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path relative to a folder.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
