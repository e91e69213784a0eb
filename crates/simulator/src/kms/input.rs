//! The members of a request, checked as the service's model says.

use serde_json::{Map, Value};

use crate::error::ServiceError;

/// The object that a request holds.
#[derive(Debug)]
pub(crate) struct Input(Map<String, Value>);

impl Input {
    /// Reads it; an empty body is an empty object.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ServiceError> {
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            _ => Err(ServiceError::new("SerializationException", "")),
        }
    }

    /// A member that is there; null is not.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn wrong_type(value: &Value, wanted: &str) -> ServiceError {
        let found = match value {
            Value::Null => "NULL_VALUE",
            Value::Bool(true) => "TRUE_VALUE",
            Value::Bool(false) => "FALSE_VALUE",
            Value::Number(_) => "NUMBER_VALUE",
            Value::String(_) => "STRING_VALUE",
            Value::Array(_) => "Start of list",
            Value::Object(_) => "Start of structure or map",
        };
        ServiceError::new("SerializationException", format!("{found} can not be converted to {wanted}"))
    }

    /// A text of that many characters.
    pub(crate) fn string(&self, name: &str, least: usize, most: usize) -> Result<Option<&str>, ServiceError> {
        let Some(value) = self.member(name) else { return Ok(None) };
        let Value::String(text) = value else { return Err(Self::wrong_type(value, "a String")) };
        check_length(name, text, least, most)?;
        Ok(Some(text))
    }

    /// As [`Input::string`], and it must be there.
    pub(crate) fn required(&self, name: &str, least: usize, most: usize) -> Result<&str, ServiceError> {
        self.string(name, least, most)?.ok_or_else(|| missing(name))
    }

    /// One of several texts.
    pub(crate) fn one_of<'t>(&self, name: &str, several: &[&'t str]) -> Result<Option<&'t str>, ServiceError> {
        let Some(text) = self.string(name, 0, usize::MAX)? else { return Ok(None) };
        let known = several.iter().find(|known| **known == text).copied();
        known.map(Some).ok_or_else(|| {
            let constraint = format!("Member must satisfy enum value set: [{}]", several.join(", "));
            ServiceError::constraint(text, name, &constraint)
        })
    }

    /// A whole number within bounds.
    pub(crate) fn integer(&self, name: &str, least: usize, most: usize) -> Result<Option<usize>, ServiceError> {
        let Some(value) = self.member(name) else { return Ok(None) };
        let Value::Number(number) = value else { return Err(Self::wrong_type(value, "an Integer")) };
        let number = number.as_i64().ok_or_else(|| Self::wrong_type(value, "an Integer"))?;
        match usize::try_from(number) {
            Ok(count) if (least..=most).contains(&count) => Ok(Some(count)),
            _ => {
                let (word, bound) = if number < i64::try_from(least).unwrap_or(i64::MAX) {
                    ("greater than or equal to", least)
                } else {
                    ("less than or equal to", most)
                };
                let constraint = format!("Member must have value {word} {bound}");
                Err(ServiceError::constraint(&number.to_string(), name, &constraint))
            }
        }
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ServiceError> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(*truth)),
            Some(other) => Err(Self::wrong_type(other, "a Boolean")),
        }
    }

    pub(crate) fn list(&self, name: &str) -> Result<Option<&[Value]>, ServiceError> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(Self::wrong_type(other, "a list")),
        }
    }

    /// A list of texts.
    pub(crate) fn strings(&self, name: &str) -> Result<Option<Vec<&str>>, ServiceError> {
        let Some(items) = self.list(name)? else { return Ok(None) };
        let text = |item: &'_ Value| -> Result<(), ServiceError> {
            if item.is_string() { Ok(()) } else { Err(Self::wrong_type(item, "a String")) }
        };
        items.iter().try_for_each(text)?;
        Ok(Some(items.iter().filter_map(Value::as_str).collect()))
    }
}

/// Whether a text has as many characters as it may have.
pub(crate) fn check_length(name: &str, text: &str, least: usize, most: usize) -> Result<(), ServiceError> {
    let length = text.chars().count();
    if length < least {
        let constraint = format!("Member must have length greater than or equal to {least}");
        return Err(ServiceError::constraint(text, name, &constraint));
    }
    if length > most {
        let constraint = format!("Member must have length less than or equal to {most}");
        return Err(ServiceError::constraint(text, name, &constraint));
    }
    Ok(())
}

/// A member that must be there is not.
pub(crate) fn missing(name: &str) -> ServiceError {
    let mut shown = name.to_owned();
    if let Some(first) = shown.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    ServiceError::validation(format!(
        "1 validation error detected: Value null at '{shown}' failed to satisfy constraint: Member must not be null"
    ))
}
