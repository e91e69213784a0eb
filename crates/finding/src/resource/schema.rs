//! The JSON Schema of a resource, made from the catalogue.

use serde_json::{Map, Value, json};

use super::catalogue::{Field, RESOURCE_TYPES, ResourceType, Shape};

/// The JSON Schema (draft 2020-12) of a resource, as it stands in `docs/schema/resource.schema.json`.
///
/// It refuses no value that AWS may add later and no field that it does not know: documented values are examples. No field is
/// required, because unit tests show only what matters to them.
#[must_use]
pub fn resource_schema() -> String {
    let mut definitions = Map::new();
    let mut branches = Vec::new();
    for kind in RESOURCE_TYPES {
        definitions.insert(kind.name.into(), of_type(kind));
        branches.push(json!({
            "if": {"properties": {"ResourceType": {"const": kind.name}}, "required": ["ResourceType"]},
            "then": {"$ref": format!("#/$defs/{}", kind.name)},
        }));
    }
    definitions.insert("Unknown".into(), unknown());
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:keyreeve:resource:1",
        "title": "Resource",
        "description": "One resource as Keyreeve judges it. Types other than those described here pass through untouched.",
        "type": "object",
        "properties": {"ResourceType": {"type": "string"}, "Unknown": {"$ref": "#/$defs/Unknown"}},
        "allOf": branches,
        "$defs": definitions,
    });
    format!("{schema:#}\n")
}

fn of_type(kind: &ResourceType) -> Value {
    let properties: Map<String, Value> =
        kind.fields.iter().map(|field| (field.name.to_owned(), of_field(field))).collect();
    json!({"description": kind.doc, "type": "object", "properties": properties})
}

fn of_field(field: &Field) -> Value {
    let mut made = Map::new();
    made.insert("description".into(), field.doc.into());
    made.extend(of_shape(&field.shape));
    Value::Object(if field.nullable { or_null(made) } else { made })
}

fn or_null(mut made: Map<String, Value>) -> Map<String, Value> {
    if let Some(kind) = made.get_mut("type") {
        *kind = json!([kind.clone(), "null"]);
    }
    made
}

fn of_shape(shape: &Shape) -> Map<String, Value> {
    let made = match shape {
        Shape::Text([]) => json!({"type": "string"}),
        Shape::Text(values) => json!({"type": "string", "examples": values}),
        Shape::Document => json!({"type": "string", "contentMediaType": "application/json"}),
        Shape::Date => json!({"type": "string", "format": "date-time"}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Int => json!({"type": "integer"}),
        Shape::List(inner) => json!({"type": "array", "items": of_shape(inner)}),
        Shape::Map(inner) => json!({"type": "object", "additionalProperties": of_shape(inner)}),
        Shape::Object(members) => {
            let member = |inner| Value::Object(or_null(of_shape(inner)));
            let properties: Map<String, Value> =
                members.iter().map(|(name, inner)| ((*name).to_owned(), member(inner))).collect();
            json!({"type": "object", "properties": properties})
        }
        Shape::Any => json!({}),
    };
    match made {
        Value::Object(made) => made,
        _ => Map::new(),
    }
}

fn unknown() -> Value {
    json!({
        "description": "The facts that could not be read, by field: which call failed, and how. The field's own value is ignored.",
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "operation": {"description": "The AWS call.", "type": "string"},
                "code": {"description": "AWS's error code.", "type": "string"},
                "message": {"description": "AWS's message.", "type": "string"},
            },
            "required": ["operation", "code", "message"],
            "additionalProperties": false,
        },
    })
}
