//! A folder of the disk as the files of a pack.

use std::path::PathBuf;

use detection::{Entry, Files, ReadError};

pub struct Disk(pub PathBuf);

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        std::fs::read(self.0.join(path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => ReadError::Missing,
            _ => ReadError::Failed(error.to_string()),
        })
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        let entries = std::fs::read_dir(self.0.join(folder)).map_err(|error| ReadError::Failed(error.to_string()))?;
        let mut entries: Vec<Entry> = entries
            .map(|entry| {
                let entry = entry.unwrap();
                Entry { name: entry.file_name().into_string().unwrap(), folder: entry.path().is_dir() }
            })
            .collect();
        entries.sort();
        Ok(entries)
    }
}
