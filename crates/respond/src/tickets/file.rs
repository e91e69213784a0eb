//! Tickets in a file, a JSON object a line: for trials, and for whoever wants to read along. One process writes it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::{mark_of_words, plain};
use crate::failure::Failure;
use crate::letter::{Letter, clean, text};
use crate::ports::{Draft, External, Mark, Reply, Seen, Standing, Tickets};

/// The longest file that is read.
const MAX_FILE: u64 = 256 << 20;

/// The most characters of a text.
const MAX_TEXT: usize = 100_000;

/// A file of tickets.
#[derive(Debug)]
pub struct FileTickets(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// One reader or writer at a time.
    turn: Mutex<()>,
}

/// A ticket as its lines say.
#[derive(Debug, Clone, Default)]
struct Ticket {
    mark: String,
    is_done: bool,
    comments: Vec<String>,
}

impl FileTickets {
    /// Tickets in this file. It is made when the first is opened.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Inner { path: path.into(), turn: Mutex::new(()) }))
    }

    /// Does something with the tickets, and appends the line that comes of it.
    async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&BTreeMap<String, Ticket>) -> Result<(Option<Value>, T), Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let inner = self.0.clone();
        let done = tokio::task::spawn_blocking(move || inner.act(act));
        done.await.unwrap_or_else(|_| Err(Failure::unknown("writing tickets: the writer was stopped")))
    }

    async fn move_to(&self, external: &External, letter: &Letter, done: bool) -> Result<(), Failure> {
        let (id, mark) = (external.id.clone(), mark_of_words(&external.id, letter));
        let told = told(if done { "closed" } else { "reopened" }, &id, &mark, letter);
        self.with(move |tickets| {
            let ticket = known(tickets, &id)?;
            Ok(((ticket.is_done != done).then_some(told), ()))
        })
        .await
    }
}

impl Inner {
    fn act<T>(
        &self,
        act: impl FnOnce(&BTreeMap<String, Ticket>) -> Result<(Option<Value>, T), Failure>,
    ) -> Result<T, Failure> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = |doing: &str, error: &io::Error| format!("{doing} {}: {error}", self.path.display());
        let tickets = self.read().map_err(|error| Failure::later(fault("reading", &error), None))?;
        let (line, result) = act(&tickets)?;
        if let Some(line) = line {
            // Whether the line is there is seen when it is read again.
            self.append(&line).map_err(|error| Failure::unknown(fault("writing", &error)))?;
        }
        Ok(result)
    }

    fn append(&self, line: &Value) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(&self.path)?;
        let mut text = shown(&line.to_string()) + "\n";
        if !ends_with_line(&mut file)? {
            // A line was broken off when the machine stopped: it stays alone.
            text.insert(0, '\n');
        }
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }

    /// All tickets. A line that was broken off says nothing.
    fn read(&self) -> io::Result<BTreeMap<String, Ticket>> {
        let mut text = Vec::new();
        match File::open(&self.path) {
            Ok(file) => file.take(MAX_FILE + 1).read_to_end(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(error),
        };
        if text.len() as u64 > MAX_FILE {
            return Err(io::Error::other("it is longer than 256 MiB; move it away"));
        }
        let mut tickets: BTreeMap<String, Ticket> = BTreeMap::new();
        for line in text.split(|byte| *byte == b'\n') {
            let Ok(line) = serde_json::from_slice::<Value>(line) else { continue };
            let (Some(event), Some(id)) = (line["event"].as_str(), line["id"].as_str()) else { continue };
            let mark = line["mark"].as_str().unwrap_or_default().to_owned();
            let ticket = tickets.entry(id.to_owned()).or_default();
            match event {
                "opened" => ticket.mark = mark,
                "commented" => ticket.comments.push(mark),
                "closed" => ticket.is_done = true,
                "reopened" => ticket.is_done = false,
                _ => {}
            }
        }
        Ok(tickets)
    }
}

/// The same JSON, in which nothing is hidden: people read along in a terminal, and a project is a stranger's text.
fn shown(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if clean::is_hidden(character) {
            let mut units = [0; 2];
            shown.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            shown.push(character);
        }
    }
    shown
}

fn ends_with_line(file: &mut File) -> io::Result<bool> {
    use std::io::{Seek as _, SeekFrom};
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0_u8];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

fn told(event: &str, id: &str, mark: &str, letter: &Letter) -> Value {
    let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (title, text) = (text::title(letter, 1000), text::body(letter, MAX_TEXT));
    json!({ "at": at, "event": event, "id": id, "mark": mark, "title": title, "text": text })
}

fn known<'a>(tickets: &'a BTreeMap<String, Ticket>, id: &str) -> Result<&'a Ticket, Failure> {
    tickets.get(id).ok_or_else(|| Failure::never(format!("there is no ticket {id:?} in the file")))
}

fn external(id: &str) -> External {
    External { id: id.to_owned(), name: id.to_owned(), address: None }
}

fn standing(ticket: &Ticket) -> Standing {
    if ticket.is_done { Standing::Done } else { Standing::Open }
}

/// Ids count up, and sort as numbers.
fn order(id: &str) -> u64 {
    id.strip_prefix("FILE-").and_then(|number| number.parse().ok()).unwrap_or(u64::MAX)
}

impl Tickets for FileTickets {
    fn open<'a>(&'a self, draft: &'a Draft) -> Reply<'a, External> {
        Box::pin(async move {
            let mark = plain(&draft.mark)?.to_owned();
            let draft = draft.clone();
            self.with(move |tickets| {
                let last = tickets.keys().map(|id| order(id)).filter(|number| *number < u64::MAX).max().unwrap_or(0);
                let id = format!("FILE-{}", last + 1);
                let mut line = told("opened", &id, &mark, &draft.letter);
                line["severity"] = draft.severity.name().into();
                line["project"] = draft.project.as_deref().map_or(Value::Null, Value::from);
                line["labels"] = draft.labels.clone().into();
                line["due"] = draft.due.map_or(Value::Null, |due| due.to_string().into());
                Ok((Some(line), external(&id)))
            })
            .await
        })
    }

    fn find<'a>(&'a self, mark: &'a Mark, _project: Option<&'a str>) -> Reply<'a, Vec<Seen>> {
        Box::pin(async move {
            let mark = plain(mark)?.to_owned();
            self.with(move |tickets| {
                let mut found: Vec<(&String, &Ticket)> =
                    tickets.iter().filter(|(_, ticket)| ticket.mark == mark).collect();
                found.sort_by_key(|(id, _)| order(id));
                let seen =
                    found.into_iter().map(|(id, ticket)| Seen { external: external(id), standing: standing(ticket) });
                Ok((None, seen.collect()))
            })
            .await
        })
    }

    fn look<'a>(&'a self, external: &'a External) -> Reply<'a, Seen> {
        Box::pin(async move {
            let external = external.clone();
            self.with(move |tickets| {
                let standing = tickets.get(&external.id).map_or_else(
                    || Standing::Missing(format!("there is no ticket {:?} in the file", external.id)),
                    standing,
                );
                Ok((None, Seen { external, standing }))
            })
            .await
        })
    }

    fn comment<'a>(&'a self, external: &'a External, mark: &'a Mark, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(async move {
            let (id, mark) = (external.id.clone(), plain(mark)?.to_owned());
            let told = told("commented", &id, &mark, letter);
            self.with(move |tickets| known(tickets, &id).map(|_| (Some(told), ()))).await
        })
    }

    fn commented<'a>(&'a self, external: &'a External, mark: &'a Mark) -> Reply<'a, bool> {
        Box::pin(async move {
            let (id, mark) = (external.id.clone(), plain(mark)?.to_owned());
            self.with(move |tickets| Ok((None, known(tickets, &id)?.comments.contains(&mark)))).await
        })
    }

    fn close<'a>(&'a self, external: &'a External, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(self.move_to(external, letter, true))
    }

    fn reopen<'a>(&'a self, external: &'a External, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(self.move_to(external, letter, false))
    }

    fn search_lag(&self) -> Duration {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_hides_nothing_and_says_the_same() {
        let told = json!({ "project": "a\u{9b}2J\u{202e}\u{7f}\u{e0041} \"å\" 鍵" });
        let line = shown(&told.to_string());
        assert!(!line.chars().any(clean::is_hidden) && line.contains("鍵"), "{line}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), told);
    }
}
