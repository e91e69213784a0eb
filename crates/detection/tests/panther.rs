//! How many public Panther detections lower, counted on a checkout of panther-analysis that `PANTHER_ANALYSIS` names.
//!
//! Ignored by default: the corpus stays outside the repository. Run with
//! `PANTHER_ANALYSIS=/path cargo test -p detection --test panther -- --ignored --nocapture`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use detection::{Helper, Helpers, Judges, Request, lower};

struct GlobalHelpers(PathBuf);

impl Helpers for GlobalHelpers {
    fn find(&self, module: &str) -> Option<Helper> {
        let path = self.0.join("global_helpers").join(format!("{module}.py"));
        let source = std::fs::read_to_string(&path).ok()?;
        Some(Helper { path: format!("global_helpers/{module}.py"), source })
    }
}

fn python_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            python_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "py") && path.with_extension("yml").exists() {
            found.push(path);
        }
    }
}

fn count(corpus: &Path, folder: &str, judges: Judges) -> (usize, usize) {
    let helpers = GlobalHelpers(corpus.to_owned());
    let mut files = Vec::new();
    python_files(&corpus.join(folder), &mut files);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut lowered = 0;
    for path in &files {
        let source = std::fs::read_to_string(path).unwrap();
        let name = path.strip_prefix(corpus).unwrap().display().to_string();
        match lower(Request { path: &name, source: &source, judges, helpers: &helpers, mocks: &[] }) {
            Ok(_) => lowered += 1,
            Err(error) => {
                println!("{name}: {error}");
                *reasons.entry(error.construct.clone()).or_default() += 1;
            }
        }
    }
    let mut reasons: Vec<(usize, String)> = reasons.into_iter().map(|(reason, count)| (count, reason)).collect();
    reasons.sort_by(|a, b| b.cmp(a));
    println!("{folder}: {lowered} of {} lower", files.len());
    for (count, reason) in reasons {
        println!("  {count:4} {reason}");
    }
    (lowered, files.len())
}

#[test]
#[ignore = "needs a checkout of panther-analysis"]
fn most_public_policies_lower() {
    let corpus = PathBuf::from(std::env::var("PANTHER_ANALYSIS").expect("PANTHER_ANALYSIS names a checkout"));
    let (lowered, all) = count(&corpus, "policies", Judges::Resources);
    assert!(lowered * 100 >= all * 79, "{lowered} of {all}");
}

#[test]
#[ignore = "needs a checkout of panther-analysis"]
fn most_public_rules_lower() {
    let corpus = PathBuf::from(std::env::var("PANTHER_ANALYSIS").expect("PANTHER_ANALYSIS names a checkout"));
    let (lowered, all) = count(&corpus, "rules", Judges::Events);
    assert!(lowered * 100 >= all * 50, "{lowered} of {all}");
}
