//! The page and the schema that are checked in are the ones that the catalogue makes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::PathBuf;

fn compare(path: &str, made: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("KEYREEVE_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == made,
        "{path} is not what the catalogue says: run `KEYREEVE_WRITE_DOCS=1 cargo test -p finding --test docs`"
    );
}

#[test]
fn the_page_is_what_the_catalogue_says() {
    compare("docs/resource.md", &finding::resource::resource_page());
}

#[test]
fn the_schema_is_what_the_catalogue_says() {
    compare("docs/schema/resource.schema.json", &finding::resource::resource_schema());
}
