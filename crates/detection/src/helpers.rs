//! Which file an import of a pack means: a global detection's by its id, else a sibling module.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::files::{Files, folder_of, join};
use crate::lower::{Helper, Helpers, ParsedHelper};

/// The helper modules that a detection of a pack can import.
#[derive(Clone, Copy)]
pub struct PackHelpers<'a> {
    /// The pack's files.
    pub files: &'a dyn Files,
    /// The folder of the detection.
    pub folder: &'a str,
    /// The paths of the pack's global detections' sources, by their `GlobalID`.
    pub globals: &'a BTreeMap<String, String>,
    /// The helpers parsed so far.
    pub cache: Option<&'a HelperCache>,
}

/// Helper modules by path, each parsed once.
#[derive(Debug, Default)]
pub struct HelperCache(RefCell<BTreeMap<String, Rc<ParsedHelper>>>);

impl<'a> PackHelpers<'a> {
    /// The helpers of the detection whose source stands at `path`.
    #[must_use]
    pub fn new(files: &'a dyn Files, path: &'a str, globals: &'a BTreeMap<String, String>) -> Self {
        Self { files, folder: folder_of(path), globals, cache: None }
    }
}

impl PackHelpers<'_> {
    fn path(&self, module: &str) -> Option<String> {
        let is_name = !module.is_empty() && module.chars().all(|it| it.is_alphanumeric() || it == '_');
        match self.globals.get(module) {
            Some(path) => Some(path.clone()),
            None => is_name.then(|| join(self.folder, &format!("{module}.py"))),
        }
    }

    fn read(&self, path: String) -> Option<Helper> {
        let source = String::from_utf8(self.files.read(&path).ok()?).ok()?;
        Some(Helper { path, source })
    }
}

impl Helpers for PackHelpers<'_> {
    fn find(&self, module: &str) -> Option<Helper> {
        self.read(self.path(module)?)
    }

    fn parsed(&self, module: &str) -> Option<Rc<ParsedHelper>> {
        let path = self.path(module)?;
        let known = self.cache.and_then(|cache| cache.0.borrow().get(&path).map(Rc::clone));
        if known.is_some() {
            return known;
        }
        let parsed = Rc::new(ParsedHelper::new(self.read(path.clone())?));
        if let Some(cache) = self.cache {
            cache.0.borrow_mut().insert(path, Rc::clone(&parsed));
        }
        Some(parsed)
    }
}
