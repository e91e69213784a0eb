//! Which files of a folder are read: YAML, at any depth, but nothing hidden.

use crate::files::{Files, ReadError, join};
use crate::problem::{Problem, TOO_MUCH, UNREADABLE};

use super::unreadable;

/// The most YAML files of a pack.
const MAX_FILES: usize = 20_000;

/// How deep folders are followed.
const MAX_DEPTH: usize = 32;

/// The YAML files below the root, sorted by path.
pub(super) fn yaml_files(files: &dyn Files, problems: &mut Vec<Problem>) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), 0usize)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = match files.list(&folder) {
            Ok(entries) => entries,
            Err(ReadError::Missing) if folder.is_empty() => {
                problems.push(unreadable("the pack", &ReadError::Missing, &UNREADABLE));
                return found;
            }
            Err(error) => {
                problems.push(unreadable(&folder, &error, &UNREADABLE));
                continue;
            }
        };
        for entry in entries.into_iter().filter(|entry| !entry.name.starts_with('.')) {
            let path = join(&folder, &entry.name);
            if entry.folder && depth < MAX_DEPTH {
                folders.push((path, depth + 1));
            } else if !entry.folder && (path.ends_with(".yml") || path.ends_with(".yaml")) {
                found.push(path);
            }
        }
        if found.len() > MAX_FILES {
            let message = format!("there are more than {MAX_FILES} YAML files");
            let (file, help) = ("the pack".to_owned(), Some("split the pack".to_owned()));
            problems.push(Problem { code: &TOO_MUCH, message, file, place: None, help, detection: None });
            break;
        }
    }
    found.sort();
    found.truncate(MAX_FILES);
    found
}
