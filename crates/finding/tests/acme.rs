//! The example that is shipped is a snapshot as this crate reads, describes and writes it.

use std::collections::BTreeSet;

use finding::resource::catalogue::resource_type;
use finding::snapshot::{Entry, Reader, SnapshotWriter, open};
use finding::{Accounts, FactContext};

const ACME: &str = include_str!("../../../examples/acme/snapshot.jsonl");

#[test]
fn acme_is_whole_and_every_field_is_described() {
    let (prologue, batches) = open(ACME.as_bytes(), Accounts::default()).unwrap();
    let header = prologue.header.unwrap();
    let context = FactContext::new(header.collected_at, &prologue.accounts);
    let mut reader = Reader::new([]);
    let mut seen = 0;
    for batch in batches {
        reader.read(&batch.unwrap(), |entry| match entry {
            Entry::Resource(resource, text) => {
                seen += 1;
                let reference = resource.reference(&context).unwrap();
                let kind = resource_type(&reference.kind).unwrap();
                for (name, _) in resource.facts(&context) {
                    let field =
                        kind.field(name).unwrap_or_else(|| panic!("line {}: {name} is not described", text.line));
                    let given = resource.record().index_of(name).is_some();
                    assert!(!(given && field.is_computed()), "line {}: {name} is computed", text.line);
                }
                for unknown in resource.unknown_facts() {
                    assert!(kind.field(&unknown.field).is_some(), "line {}: {unknown:?}", text.line);
                }
            }
            Entry::Error(_) => {}
            Entry::Problem(problem) => panic!("{problem}"),
        });
    }
    let mut tally = prologue.tally;
    tally.add(reader.tally());
    assert_eq!(tally.missing(Some(&header)), []);
    assert!(seen > 150, "{seen}");
}

#[test]
fn acmes_resources_are_written_as_they_stand() {
    let (prologue, batches) = open(ACME.as_bytes(), Accounts::default()).unwrap();
    let mut writer = SnapshotWriter::new(prologue.header.unwrap());
    let mut reader = Reader::new([]);
    for batch in batches {
        reader.read(&batch.unwrap(), |entry| match entry {
            Entry::Resource(_, text) => writer.add_resource(text.text).unwrap(),
            Entry::Error(_) => {}
            Entry::Problem(problem) => panic!("{problem}"),
        });
    }
    let mut written = Vec::new();
    writer.write(&mut written).unwrap();
    let written = String::from_utf8(written).unwrap();
    fn resources(text: &str) -> impl Iterator<Item = &str> {
        text.lines().filter(|line| line.starts_with(r#"{"kind":"resource""#))
    }
    let kept: BTreeSet<&str> = resources(ACME).collect();
    let written: BTreeSet<&str> = resources(&written).collect();
    assert!(written == kept, "{:?}", written.symmetric_difference(&kept).next());
}
