//! Moves an issue through its workflow to a status of the wanted category: never by deleting, never by guessing among several ways.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{Jira, named};
use crate::failure::Failure;
use crate::letter::Letter;
use crate::ports::{External, Standing};
use crate::tickets::mark_of_words;

/// The label of an issue that cannot be closed by us.
const STUCK: &str = "keyreeve-close-by-hand";

/// Where an issue is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Done,
    Open,
}

impl Goal {
    fn does(self) -> &'static str {
        match self {
            Self::Done => "closing",
            Self::Open => "opening again",
        }
    }

    fn is_reached_by(self, transition: &Value) -> bool {
        (category(transition) == "done") == (self == Self::Done)
    }
}

fn category(transition: &Value) -> &str {
    transition["to"]["statusCategory"]["key"].as_str().unwrap_or_default()
}

impl Jira {
    pub(super) async fn move_to(&self, external: &External, letter: &Letter, goal: Goal) -> Result<(), Failure> {
        let _turn = self.turns.of(&external.id).await;
        match (self.look_at(external).await?.standing, goal) {
            (Standing::Done, Goal::Done) | (Standing::Open, Goal::Open) => return Ok(()),
            (Standing::Missing(why), _) => return Err(Failure::never(why)),
            _ => {}
        }
        let url = self.at_issue(&external.id, &["transitions"])?;
        let ways = self.get(url.clone(), &[("expand", "transitions.fields")]).await?;
        let Some(ways) = ways["transitions"].as_array() else {
            return Err(Failure::later("reading transitions: the answer has no list of them", None));
        };
        let body = self.transition(ways, goal);
        // First what is said, for after it there may be nobody left who says it. It is said once, whatever comes between.
        let mark = mark_of_words(&external.id, letter);
        if !self.has_comment(external, &mark).await? {
            self.say(external, &mark, letter).await?;
        }
        match body {
            Ok(body) => {
                self.change(Method::POST, url, &body).await?;
                Ok(())
            }
            Err(why) => {
                let label = json!({ "update": { "labels": [{ "add": STUCK }] } });
                // A help for people. What matters is the failure.
                let _ = self.change(Method::PUT, self.at_issue(&external.id, &[])?, &label).await;
                Err(Failure::never(format!("{} {}: {why}", goal.does(), external.name)))
            }
        }
    }

    /// What is posted to get there, or why that cannot be known.
    fn transition(&self, ways: &[Value], goal: Goal) -> Result<Value, String> {
        let configured = match goal {
            Goal::Done => self.options.done.as_deref(),
            Goal::Open => self.options.reopen.as_deref(),
        };
        let way = chosen(ways, configured, goal)?;
        let mut fields = Map::new();
        for (name, field) in way["fields"].as_object().into_iter().flatten() {
            let is_required = field["required"] == true && field["hasDefaultValue"] != true;
            if name == "resolution" && goal == Goal::Done {
                match resolution(field, self.options.resolution.as_deref()) {
                    Some(value) => {
                        fields.insert(name.clone(), value);
                    }
                    None if is_required => {
                        return Err(format!(
                            "transition {} needs a resolution; set `resolution` to one of: {}",
                            shown(way),
                            names(&field["allowedValues"])
                        ));
                    }
                    None => {}
                }
            } else if is_required {
                let field = field["name"].as_str().unwrap_or(name);
                return Err(format!(
                    "transition {} needs the field {field:?}, which only a person can fill in",
                    shown(way)
                ));
            }
        }
        let mut body = json!({ "transition": { "id": way["id"] } });
        if !fields.is_empty() {
            body["fields"] = fields.into();
        }
        Ok(body)
    }
}

/// The configured way by id, by name; else the only one that leads there.
fn chosen<'a>(ways: &'a [Value], configured: Option<&str>, goal: Goal) -> Result<&'a Value, String> {
    let key = match goal {
        Goal::Done => "done",
        Goal::Open => "reopen",
    };
    if let Some(configured) = configured {
        let by_id = ways.iter().find(|way| way["id"] == configured);
        let by_name = || ways.iter().find(|way| is_named(way, configured));
        let found = by_id.or_else(by_name).ok_or_else(|| {
            format!("there is no transition {configured:?} from where it is; there are: {}", list(ways.iter()))
        })?;
        return if goal.is_reached_by(found) {
            Ok(found)
        } else {
            Err(format!(
                "the configured transition {} leads to a status of the category {:?}",
                shown(found),
                category(found)
            ))
        };
    }
    let leading: Vec<&Value> = ways.iter().filter(|way| goal.is_reached_by(way)).collect();
    let only = |ways: &[&'a Value]| if let [way] = ways { Some(*way) } else { None };
    let of = |wanted: &str| leading.iter().copied().filter(|way| category(way) == wanted).collect::<Vec<_>>();
    let found = only(&leading).or_else(|| if goal == Goal::Open { only(&of("new")) } else { None });
    found.ok_or_else(|| match leading.is_empty() {
        true => format!("no transition leads there from where it is; there are: {}", list(ways.iter())),
        false => format!("several transitions lead there; set `{key}` to one of: {}", list(leading.into_iter())),
    })
}

fn is_named(way: &Value, name: &str) -> bool {
    way["name"].as_str().is_some_and(|known| known.to_lowercase() == name.to_lowercase())
}

/// The configured resolution, by name or id; else one that says what is so; else the only one.
fn resolution(field: &Value, configured: Option<&str>) -> Option<Value> {
    let allowed: Vec<&Value> = field["allowedValues"].as_array().into_iter().flatten().collect();
    let find = |wanted: &str| allowed.iter().find(|value| value["id"] == wanted || is_named(value, wanted)).copied();
    let found = match configured {
        Some(configured) if allowed.is_empty() => return Some(named(configured, "name")),
        Some(configured) => find(configured),
        None => ["Done", "Fixed", "Resolved"].iter().find_map(|usual| find(usual)).or(match allowed.as_slice() {
            [only] => Some(*only),
            _ => None,
        }),
    };
    found.map(|value| json!({ "id": value["id"] }))
}

/// `"Done" (31)`.
fn shown(way: &Value) -> String {
    let text = |name: &str| crate::letter::clean::title(way[name].as_str().unwrap_or_default(), 60);
    format!("{:?} ({})", text("name"), text("id"))
}

fn list<'a>(ways: impl Iterator<Item = &'a Value>) -> String {
    let shown: Vec<String> = ways.take(20).map(shown).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

fn names(values: &Value) -> String {
    list(values.as_array().into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(id: &str, name: &str, category: &str) -> Value {
        json!({ "id": id, "name": name, "to": { "statusCategory": { "key": category } } })
    }

    #[test]
    fn the_only_way_to_done_is_taken_and_among_several_only_the_configured_one() {
        let one = [way("11", "Start", "indeterminate"), way("31", "Fertig", "done")];
        assert_eq!(chosen(&one, None, Goal::Done).unwrap()["id"], "31");
        let two = [way("31", "Done", "done"), way("41", "Won't do", "done"), way("51", "31", "done")];
        let why = chosen(&two, None, Goal::Done).unwrap_err();
        assert!(why.contains("\"Done\" (31), \"Won't do\" (41)") && why.contains("`done`"), "{why}");
        assert_eq!(chosen(&two, Some("31"), Goal::Done).unwrap()["name"], "Done");
        assert_eq!(chosen(&two, Some("won't DO"), Goal::Done).unwrap()["id"], "41");
    }

    #[test]
    fn a_configured_way_that_leads_elsewhere_is_not_taken() {
        let ways = [way("11", "Done", "indeterminate")];
        assert!(chosen(&ways, Some("Done"), Goal::Done).is_err());
        assert!(chosen(&ways, None, Goal::Done).unwrap_err().contains("there are: \"Done\" (11)"));
        assert!(chosen(&[], Some("31"), Goal::Done).unwrap_err().contains("none"));
    }

    #[test]
    fn opening_again_prefers_the_beginning() {
        let ways = [way("11", "To Do", "new"), way("21", "In Progress", "indeterminate"), way("31", "Done", "done")];
        assert_eq!(chosen(&ways, None, Goal::Open).unwrap()["id"], "11");
        assert!(chosen(&ways[2..], None, Goal::Open).is_err());
    }

    #[test]
    fn a_resolution_is_the_configured_one_or_one_that_is_true() {
        let field = json!({ "allowedValues": [{ "id": "1", "name": "Duplicate" }, { "id": "2", "name": "Fixed" }] });
        assert_eq!(resolution(&field, None).unwrap()["id"], "2");
        assert_eq!(resolution(&field, Some("duplicate")).unwrap()["id"], "1");
        assert_eq!(resolution(&field, Some("Unknown")), None);
        let field = json!({ "allowedValues": [{ "id": "1", "name": "Duplicate" }, { "id": "3", "name": "Won't Do" }] });
        assert_eq!(resolution(&field, None), None);
    }
}
