//! The configuration that is shipped, read as data: every key with its default or an example and its words. The JSON Schema is made
//! of it, and tests hold it to what the program reads.

use serde_json::{Map, Value, json};

/// The file: every key, each with its words, all commented out.
pub const DEFAULT: &str = include_str!("default.toml");

/// The place where a name of one's own goes.
pub const NAME: &str = "NAME";

/// A heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// `["serve", "tickets", "NAME"]`; empty for the top.
    pub path: Vec<String>,
    /// Whether there may be several.
    pub is_list: bool,
    /// What it is about.
    pub words: String,
    /// Its keys, in order.
    pub keys: Vec<Key>,
}

/// A key.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its name, or [`NAME`].
    pub name: String,
    /// Its default, or an example.
    pub value: toml::Value,
    /// Whether there is no default.
    pub is_example: bool,
    /// What it means.
    pub words: String,
}

/// All sections of the shipped file, in order.
pub fn sections() -> Vec<Section> {
    let top = Section { path: Vec::new(), is_list: false, words: String::new(), keys: Vec::new() };
    let (mut sections, mut words) = (vec![top], Vec::new());
    for line in DEFAULT.lines() {
        if let Some(text) = line.strip_prefix("## ") {
            words.push(text);
        } else if let Some(heading) = line.strip_prefix("#[") {
            let is_list = heading.starts_with('[');
            let path = heading.trim_matches(['[', ']']).split('.').map(str::to_owned).collect();
            sections.push(Section { path, is_list, words: words.join(" "), keys: Vec::new() });
            words.clear();
        } else if let Some(setting) = line.strip_prefix('#')
            && let Some((name, value)) = setting.split_once(" = ")
            && !setting.starts_with(' ')
        {
            let (value, is_example) = value.strip_suffix(" # example").map_or((value, false), |value| (value, true));
            let value = toml::from_str::<toml::Table>(&format!("value = {value}")).ok();
            let value = value.and_then(|mut table| table.remove("value"));
            if let (Some(value), Some(section)) = (value, sections.last_mut()) {
                let words = std::mem::take(&mut words).join(" ");
                section.keys.push(Key { name: name.to_owned(), value, is_example, words });
            }
        }
    }
    sections
}

/// The JSON Schema of `keyreeve.toml`.
pub fn schema() -> Value {
    let mut root = object("The configuration of Keyreeve");
    for section in sections() {
        let Some(place) = descend(&mut root, &section) else { continue };
        for key in &section.keys {
            let schema = of_key(&section, key);
            if key.name == NAME {
                place.insert("additionalProperties".to_owned(), schema);
                continue;
            }
            if key.words.split(". ").any(|sentence| sentence.trim_end_matches('.') == "Needed") {
                let required = place.entry("required").or_insert_with(|| json!([]));
                if let Some(required) = required.as_array_mut() {
                    required.push(json!(key.name));
                }
            }
            if let Some(properties) = place.get_mut("properties").and_then(Value::as_object_mut) {
                properties.insert(key.name.clone(), schema);
            }
        }
    }
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("keyreeve.toml"));
    schema.extend(root);
    Value::Object(schema)
}

fn object(words: &str) -> Map<String, Value> {
    let schema = json!({"description": words, "type": "object", "additionalProperties": false, "properties": {}});
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// The object of a section, made where it is not there yet.
fn descend<'s>(root: &'s mut Map<String, Value>, section: &Section) -> Option<&'s mut Map<String, Value>> {
    let mut place = root;
    for (depth, name) in section.path.iter().enumerate() {
        let is_last = depth + 1 == section.path.len();
        let words = if is_last { section.words.as_str() } else { "" };
        let fresh = || match is_last && section.is_list {
            true => json!({"type": "array", "items": object(words)}),
            false => Value::Object(object(words)),
        };
        let next = if name == NAME {
            let rest = place.entry("additionalProperties").or_insert(Value::Bool(false));
            if !rest.is_object() {
                *rest = fresh();
            }
            rest
        } else {
            place.get_mut("properties")?.as_object_mut()?.entry(name.clone()).or_insert_with(fresh)
        };
        place = match next.get("items").is_some() {
            true => next.get_mut("items")?.as_object_mut()?,
            false => next.as_object_mut()?,
        };
    }
    Some(place)
}

fn of_key(section: &Section, key: &Key) -> Value {
    let mut schema = Map::new();
    schema.insert("description".to_owned(), json!(key.words));
    if section.path.first().is_none_or(|first| first != "parameters") {
        of_value(&key.value, &key.words, &mut schema);
    }
    let shown = serde_json::to_value(&key.value).unwrap_or_default();
    match key.is_example {
        true => schema.insert("examples".to_owned(), json!([shown])),
        false => schema.insert("default".to_owned(), shown),
    };
    Value::Object(schema)
}

fn of_value(value: &toml::Value, words: &str, schema: &mut Map<String, Value>) {
    let kind = match value {
        toml::Value::Integer(_) => "integer",
        toml::Value::Float(_) => "number",
        toml::Value::Boolean(_) => "boolean",
        toml::Value::Array(_) => "array",
        toml::Value::Table(_) => "object",
        _ => "string",
    };
    schema.insert("type".to_owned(), json!(kind));
    let choices = |lead: &str| -> Option<Vec<String>> {
        let list = words.split_once(lead)?.1.split('.').next()?;
        Some(list.split('`').skip(1).step_by(2).map(str::to_owned).collect())
    };
    if kind == "array" {
        let mut items = json!({"type": "string"});
        if let (Some(choices), Some(items)) = (choices("One or more of "), items.as_object_mut()) {
            items.insert("enum".to_owned(), json!(choices));
        }
        schema.insert("items".to_owned(), items);
    } else if let Some(choices) = choices("One of ") {
        schema.insert("enum".to_owned(), json!(choices));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    /// The file with every line of that kind in force.
    fn in_force(examples: bool) -> String {
        let mut text = String::new();
        for line in DEFAULT.lines().filter(|line| !line.starts_with("# ") && !line.starts_with("##")) {
            let Some(line) = line.strip_prefix('#') else { continue };
            if examples || !line.ends_with("# example") {
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    }

    #[test]
    fn the_file_as_it_is_shipped_changes_nothing() {
        let shipped: Config = toml::from_str(DEFAULT).unwrap();
        let written = |config: &Config| toml::to_string_pretty(&config.with_defaults()).unwrap();
        assert_eq!(written(&shipped), written(&Config::default()));
    }

    #[test]
    fn the_defaults_that_it_shows_are_those_that_hold() {
        // Headings of lists and of named things have nothing but examples below them.
        let text: String = in_force(false)
            .lines()
            .filter(|line| !line.contains(NAME))
            .fold(String::new(), |text, line| if line.starts_with("[[") { text } else { text + line + "\n" });
        // The first is a ticket system's, whose heading is gone.
        let text = text.replacen("allow_private = false\n", "", 1);
        let shown: Config = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let written = |config: &Config| toml::to_string_pretty(&config.with_defaults()).unwrap();
        assert_eq!(written(&shown), written(&Config::default()));
    }

    #[test]
    fn every_example_is_understood() {
        let text = in_force(true).replace("NAME = 365", "MAX = 365").replace("[parameters.NAME]", "[parameters.\"X\"]");
        let config: Config = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.serve.tickets.len(), 1);
        assert_eq!(config.serve.tokens.len(), 1);
    }

    /// The keys that reading a section knows, from what it says of one that it does not know; none where it takes any name.
    fn known(section: &Section) -> Option<BTreeSet<String>> {
        let heading = section.path.join(".");
        let text = match (section.path.is_empty(), section.is_list) {
            (true, _) => "no_such_key = 1\n".to_owned(),
            (_, true) => format!("[[{heading}]]\nno_such_key = 1\n"),
            (_, false) => format!("[{heading}]\nno_such_key = 1\n"),
        };
        let error = toml::from_str::<Config>(&text).err()?.message().to_owned();
        let list = error.strip_prefix("unknown field `no_such_key`, expected ")?;
        Some(list.split('`').skip(1).step_by(2).map(str::to_owned).collect())
    }

    #[test]
    fn every_key_that_is_read_is_in_the_file_and_none_else() {
        let sections = sections();
        for section in &sections {
            let Some(known) = known(section) else { continue };
            let below =
                sections.iter().filter(|it| it.path.len() > section.path.len() && it.path.starts_with(&section.path));
            let below = below.filter_map(|it| it.path.get(section.path.len()).cloned());
            let written: BTreeSet<String> = section.keys.iter().map(|key| key.name.clone()).chain(below).collect();
            assert_eq!(written, known, "[{}]", section.path.join("."));
        }
        assert!(
            sections.len() > 25 && sections.iter().all(|section| section.keys.iter().all(|key| !key.words.is_empty()))
        );
    }

    #[test]
    fn the_schema_in_the_documentation_is_the_one_that_is_made() {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema/keyreeve.schema.json");
        let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("KEYREEVE_WRITE_DOCS").is_some() {
            std::fs::write(&place, &made).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&place).unwrap_or_default(), made, "run ./x generate");
    }
}
