//! The packs that the program carries: the files below `/detections`, as they are.

use crate::files::{Entry, Files, ReadError};
use crate::load::{Pack, load};

type PackFiles = &'static [(&'static str, &'static [u8])];

static PACKS: &[(&str, PackFiles)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// The pack that is used when none is named.
pub const DEFAULT: &str = "kms";

/// The names of the built-in packs, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    PACKS.iter().map(|(name, _)| *name)
}

/// The built-in pack of that name, loaded.
#[must_use]
pub fn pack(name: &str) -> Option<Pack> {
    Some(load(name, &files(name)?))
}

/// The files of a built-in pack.
#[must_use]
pub fn files(name: &str) -> Option<BuiltIn> {
    PACKS.iter().find(|(pack, _)| *pack == name).map(|(_, files)| BuiltIn(files))
}

/// The files of a built-in pack.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn(PackFiles);

impl Files for BuiltIn {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let file = self.0.iter().find(|(name, _)| *name == path);
        file.map(|(_, bytes)| bytes.to_vec()).ok_or(ReadError::Missing)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        Ok(crate::files::entries_of(self.0.iter().map(|(name, _)| *name), folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_packs_have_no_problem() {
        assert_eq!(names().collect::<Vec<_>>(), ["kms", "panther-kms"]);
        for name in names() {
            let pack = pack(name).unwrap();
            assert_eq!(pack.problems.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
            assert!(pack.detections.iter().all(|detection| detection.module().is_some()), "{name}");
            assert!(pack.detections.iter().all(|detection| detection.sidecar.is_some()), "{name}");
        }
        assert_eq!(pack("kms").unwrap().detections.len(), 12);
        assert!(pack("no-such-pack").is_none());
    }

    #[test]
    fn the_seeds_detection_is_what_its_page_says() {
        let pack = pack("panther-kms").unwrap();
        let detection = pack.detection("AWS.CMK.KeyRotation").unwrap();
        assert_eq!(detection.name(), "AWS KMS CMK Key Rotation");
        assert_eq!(detection.severity, Some(finding::Severity::Low));
        assert_eq!(detection.report("CIS").collect::<Vec<_>>(), ["2.8"]);
        assert_eq!(detection.report("PCI").collect::<Vec<_>>(), ["3.5.2"]);
        assert_eq!(detection.attack()[0].technique.name, "Unsecured Credentials");
    }
}
