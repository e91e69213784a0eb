//! Where each setting comes from: the line of the file that says it, or nobody but us.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

/// The places of a file's keys, by path: `serve.tokens[0].name`.
#[derive(Debug, Clone, Default)]
pub struct Places(BTreeMap<String, Range<usize>>);

impl Places {
    /// Of a file's text; none where it is no TOML.
    pub fn of(text: &str) -> Self {
        let mut places = Self::default();
        if let Ok(root) = DeTable::parse(text) {
            places.table("", root.get_ref());
        }
        places
    }

    /// Where the key stands; where it does not, the nearest heading above it that does.
    pub fn get(&self, path: &str) -> Option<Range<usize>> {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return Some(place.clone());
            }
            path = path.rsplit_once(['.', '['])?.0;
        }
    }

    fn exactly(&self, path: &str) -> Option<Range<usize>> {
        self.0.get(path).cloned()
    }

    fn table(&mut self, path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = joined(path, key.get_ref());
            self.0.insert(path.clone(), key.span());
            self.value(&path, value);
        }
    }

    fn value(&mut self, path: &str, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(path, table),
            DeValue::Array(array) => {
                for (index, item) in array.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    self.0.insert(path.clone(), item.span());
                    self.value(&path, item);
                }
            }
            _ => {}
        }
    }
}

fn joined(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let key = if plain { key.to_owned() } else { Value::String(key.to_owned()).to_string() };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// The configuration as TOML, with where each value comes from behind it.
pub fn annotated(table: &toml::Table, places: &Places, origin: &dyn Fn(usize) -> String) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = section(table, "", "", places, origin, &mut text);
    text
}

fn section(
    table: &toml::Table,
    heading: &str,
    path: &str,
    places: &Places,
    origin: &dyn Fn(usize) -> String,
    text: &mut String,
) -> std::fmt::Result {
    let is_section = |value: &Value| match value {
        Value::Table(_) => true,
        Value::Array(items) => !items.is_empty() && items.iter().all(Value::is_table),
        _ => false,
    };
    for (key, value) in table.iter().filter(|(_, value)| !is_section(value)) {
        let path = joined(path, key);
        let from = places.exactly(&path).map_or_else(|| "default".to_owned(), |place| origin(place.start));
        writeln!(text, "{} = {value} # {from}", joined("", key))?;
    }
    for (key, value) in table.iter().filter(|(_, value)| is_section(value)) {
        let (heading, path) = (joined(heading, key), joined(path, key));
        match value {
            Value::Table(table) => {
                if table.values().any(|value| !is_section(value)) {
                    writeln!(text, "\n[{heading}]")?;
                }
                section(table, &heading, &path, places, origin, text)?;
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    writeln!(text, "\n[[{heading}]]")?;
                    if let Value::Table(table) = item {
                        section(table, &heading, &format!("{path}[{index}]"), places, origin, text)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_says_where_it_comes_from_and_the_whole_is_toml() {
        let file = "packs = [\"kms\"]\n[serve]\nmode = \"act\"\n[[serve.tokens]]\nname = \"a\"\n[serve.code.\"x/y\"]\nfile = \"f\"\n";
        let mut table: toml::Table = toml::from_str(file).unwrap();
        let serve = table.get_mut("serve").and_then(Value::as_table_mut).unwrap();
        serve.insert("listen".to_owned(), Value::String("127.0.0.1:1".to_owned()));
        let line = |offset: usize| format!("line {}", 1 + file[..offset].matches('\n').count());
        let text = annotated(&table, &Places::of(file), &line);
        for expected in [
            "packs = [\"kms\"] # line 1\n",
            "mode = \"act\" # line 3\n",
            "listen = \"127.0.0.1:1\" # default\n",
            "[[serve.tokens]]\nname = \"a\" # line 5\n",
            "[serve.code.\"x/y\"]\nfile = \"f\" # line 7\n",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert_eq!(toml::from_str::<toml::Table>(&text).unwrap(), table);
    }

    #[test]
    fn a_key_that_is_not_there_has_the_place_of_what_it_would_stand_under() {
        let file = "[serve]\nmode = \"act\"\n";
        let places = Places::of(file);
        assert_eq!(places.get("serve.mode").unwrap().start, 8);
        assert_eq!(places.get("serve.limits.requests").unwrap().start, 1);
        assert_eq!(places.get("gate"), None);
    }
}
