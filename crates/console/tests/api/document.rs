//! The committed OpenAPI document is the one that the routes make, and says of every operation what a caller must know.

use std::path::Path;

use serde_json::Value;

use super::stage::api;

#[test]
fn the_document_in_the_repository_is_the_one_that_is_made() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let made = console::document(&api().app);
    if std::env::var_os("KEYREEVE_WRITE_DOCS").is_some() {
        std::fs::write(&place, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&place).unwrap_or_default(), made, "run ./x generate");
}

#[test]
fn every_operation_says_what_it_does_who_may_and_how_it_refuses() {
    let document: Value = serde_json::from_str(&console::document(&api().app)).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{method} {path}");
            let open = ["/healthz", "/readyz", "/api/v1/openapi.json"].contains(&path.as_str());
            let signed = path == "/hooks/findings";
            assert_eq!(operation["x-role"].is_string(), !open && !signed, "{method} {path}");
            assert_eq!(operation["security"].is_array(), !open, "{method} {path}");
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id.clone()), "{method} {path}: there are two {id}");
        }
    }
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
}
