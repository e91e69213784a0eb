//! Which file an import of a pack means: a global detection's by its id, else a sibling module.

use std::collections::BTreeMap;

use crate::files::{Files, folder_of, join};
use crate::lower::{Helper, Helpers};

/// The helper modules that a detection of a pack can import.
#[derive(Clone, Copy)]
pub struct PackHelpers<'a> {
    /// The pack's files.
    pub files: &'a dyn Files,
    /// The folder of the detection.
    pub folder: &'a str,
    /// The paths of the pack's global detections' sources, by their `GlobalID`.
    pub globals: &'a BTreeMap<String, String>,
}

impl<'a> PackHelpers<'a> {
    /// The helpers of the detection whose source stands at `path`.
    #[must_use]
    pub fn new(files: &'a dyn Files, path: &'a str, globals: &'a BTreeMap<String, String>) -> Self {
        Self { files, folder: folder_of(path), globals }
    }
}

impl Helpers for PackHelpers<'_> {
    fn find(&self, module: &str) -> Option<Helper> {
        let is_name = !module.is_empty() && module.chars().all(|it| it.is_alphanumeric() || it == '_');
        let path = match self.globals.get(module) {
            Some(path) => path.clone(),
            None if is_name => join(self.folder, &format!("{module}.py")),
            None => return None,
        };
        let source = String::from_utf8(self.files.read(&path).ok()?).ok()?;
        Some(Helper { path, source })
    }
}
