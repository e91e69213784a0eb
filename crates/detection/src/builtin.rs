//! The packs that the program carries: the files below `/detections`, as they are.

use crate::files::{Entry, Files, ReadError};
use crate::load::{Pack, load};
use crate::problem::NO_TESTS;

/// What the tests of a detection begin with.
const TESTS: &[u8] = b"\nTests:\n";

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

/// The built-in pack of that name without its unit tests, which are most of its text: for judging, which must start at once.
#[must_use]
pub fn pack_for_judging(name: &str) -> Option<Pack> {
    let mut pack = load(name, &WithoutTests(files(name)?));
    pack.problems.retain(|problem| problem.code != &NO_TESTS);
    Some(pack)
}

/// The files of a built-in pack.
#[must_use]
pub fn files(name: &str) -> Option<BuiltIn> {
    PACKS.iter().find(|(pack, _)| *pack == name).map(|(_, files)| BuiltIn(files))
}

/// The files of a built-in pack.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn(PackFiles);

impl BuiltIn {
    fn bytes(self, path: &str) -> Result<&'static [u8], ReadError> {
        let file = self.0.iter().find(|(name, _)| *name == path);
        file.map(|(_, bytes)| *bytes).ok_or(ReadError::Missing)
    }
}

impl Files for BuiltIn {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.bytes(path).map(<[u8]>::to_vec)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        Ok(crate::files::entries_of(self.0.iter().map(|(name, _)| *name), folder))
    }
}

/// A pack's files, each YAML cut before its tests. They are ours, and a test sees to it that nothing follows these.
struct WithoutTests(BuiltIn);

impl Files for WithoutTests {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let bytes = self.0.bytes(path)?;
        let end = memchr::memmem::find(bytes, TESTS).map_or(bytes.len(), |start| start + 1);
        Ok(bytes.get(..end).unwrap_or(bytes).to_vec())
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        self.0.list(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_for_judging_is_the_pack_without_its_tests() {
        for name in names() {
            let (whole, cut) = (pack(name).unwrap(), pack_for_judging(name).unwrap());
            assert_eq!(cut.problems, []);
            assert_eq!(whole.detections.len(), cut.detections.len());
            for (whole, cut) in whole.detections.iter().zip(&cut.detections) {
                assert!(!whole.tests.is_empty() && cut.tests.is_empty(), "{}", cut.id);
                assert_eq!(whole.module(), cut.module());
                assert_eq!(whole.sidecar, cut.sidecar);
                let facts = |it: &crate::Detection| {
                    (
                        it.severity,
                        it.enabled,
                        it.tags.clone(),
                        it.reports.clone(),
                        it.resource_types.clone(),
                        it.reference.clone(),
                    )
                };
                assert_eq!(facts(whole), facts(cut));
                assert!(whole.yaml.text.starts_with(cut.yaml.text.as_ref()));
            }
        }
    }

    #[test]
    fn nothing_follows_the_tests_of_a_built_in_detection() {
        for (path, bytes) in PACKS.iter().flat_map(|(_, files)| *files) {
            let text = str::from_utf8(bytes).unwrap();
            if let Some((_, tests)) = text.split_once(str::from_utf8(TESTS).unwrap()) {
                let own = |line: &str| line.is_empty() || line.starts_with(' ');
                assert_eq!(tests.lines().find(|line| !own(line)), None, "{path}");
            }
        }
    }

    #[test]
    fn the_built_in_packs_have_no_problem() {
        assert_eq!(names().collect::<Vec<_>>(), ["kms", "panther-kms"]);
        for name in names() {
            let pack = pack(name).unwrap();
            assert_eq!(pack.problems.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
            assert!(pack.detections.iter().all(|detection| detection.module().is_some()), "{name}");
            assert!(pack.detections.iter().all(|detection| detection.sidecar.is_some()), "{name}");
        }
        assert_eq!(pack("kms").unwrap().detections.len(), 20);
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
