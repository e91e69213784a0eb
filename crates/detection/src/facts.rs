//! A resource's facts as a program's input.

use finding::resource::Small;
use finding::{FactContext, Resource};
use logic::{Fact, Facts, Glance, Program, Value};
use smol_str::SmolStr;
use source::record::{Kind, Raw};

/// Where a program's fields stand in the projection that all programs share.
#[derive(Debug, Clone)]
pub struct Slots(Vec<usize>);

/// The fields that several programs read, each once: what a [`finding::Projection`] is made of.
#[derive(Debug, Default)]
pub struct Fields(Vec<SmolStr>);

impl Fields {
    /// Adds what a program reads.
    pub fn add(&mut self, program: &Program) -> Slots {
        Slots(program.fields().iter().map(|name| self.slot(name)).collect())
    }

    fn slot(&mut self, name: &SmolStr) -> usize {
        self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.clone());
            self.0.len() - 1
        })
    }

    /// The names, in the order of their slots.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(SmolStr::as_str)
    }
}

/// One resource as the input of one program.
#[derive(Debug, Clone, Copy)]
pub struct ResourceFacts<'r> {
    /// The resource, seen through the shared projection.
    pub resource: &'r Resource<'r>,
    /// The clock and the accounts.
    pub context: &'r FactContext<'r>,
    /// Where the program's fields stand.
    pub slots: &'r Slots,
}

impl ResourceFacts<'_> {
    /// The fact of the program's field of that index.
    #[inline]
    pub fn fact(&self, index: usize) -> finding::Fact<'_> {
        match self.slots.0.get(index) {
            Some(&slot) => self.resource.fact_at(slot, self.context),
            None => finding::Fact::Absent,
        }
    }
}

impl Facts for ResourceFacts<'_> {
    fn field(&self, index: usize) -> Fact {
        fact(self.fact(index))
    }

    fn glance(&self, index: usize) -> Glance<'_> {
        let Some(&slot) = self.slots.0.get(index) else { return Glance::Absent };
        if let Some(raw) = self.resource.known_at(slot) {
            return glance_at(raw);
        }
        match self.resource.fact_at(slot, self.context) {
            finding::Fact::Json(raw) => glance_at(raw),
            finding::Fact::Computed(Small::Text(text)) => Glance::Text(text),
            finding::Fact::Computed(Small::Bool(value)) => Glance::Bool(value),
            finding::Fact::Computed(Small::Null) => Glance::None,
            finding::Fact::Absent => Glance::Absent,
            _ => Glance::Other,
        }
    }

    fn whole(&self) -> Vec<(SmolStr, Fact)> {
        let facts = self.resource.facts(self.context);
        facts.into_iter().map(|(name, value)| (SmolStr::new(name), fact(value))).collect()
    }
}

#[inline]
fn glance_at(raw: Raw<'_>) -> Glance<'_> {
    match raw.kind() {
        Kind::String => raw.as_plain_str().map_or(Glance::Other, Glance::Text),
        Kind::Bool(value) => Glance::Bool(value),
        Kind::Null => Glance::None,
        Kind::Number | Kind::Array | Kind::Object => Glance::Other,
    }
}

fn fact(fact: finding::Fact<'_>) -> Fact {
    match fact {
        finding::Fact::Absent => Fact::Absent,
        finding::Fact::Unknown(_) => Fact::Unknown,
        finding::Fact::Invalid(invalid) => Fact::Unsupported(invalid.to_string()),
        finding::Fact::Open(open) => Fact::Unsupported(open.to_string()),
        finding::Fact::Listed(found) => Fact::Value(Value::list(found.iter().map(Value::str).collect())),
        finding::Fact::Json(raw) => match Value::from_json(raw) {
            Ok(value) => Fact::Value(value),
            Err(unsupported) => Fact::Unsupported(unsupported.to_string()),
        },
        finding::Fact::Computed(small) => Fact::Value(match small {
            Small::Null => Value::None,
            Small::Bool(value) => Value::Bool(value),
            Small::Int(value) => Value::Int(value.into()),
            Small::Text(text) => Value::str(text),
        }),
    }
}
