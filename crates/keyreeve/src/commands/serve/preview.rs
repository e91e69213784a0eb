//! `serve --preview`: the first day's work, decided and not done.

use std::sync::Arc;

use jiff::Timestamp;
use respond::{Engine, Mode, Options, Ports, Worker};
use store::{Memory, Store};

use super::detections::Detections;
use super::systems::Wall;
use super::{input, options};
use crate::cli::Plain;
use crate::config::Loaded;
use crate::exit::Status;
use crate::{accounts, output};

/// The most turns of the decider: each decides hundreds.
const MAX_TURNS: usize = 100_000;

/// Reads everything into a store that is forgotten, decides it, and prints what would be done.
pub async fn run(loaded: Loaded, format: Plain) -> anyhow::Result<Status> {
    let store: Arc<dyn Store> = Arc::new(Memory::new());
    let triage = Arc::new(options::triage(&loaded)?);
    let wanted = Options { mode: Mode::Observe, ..options::engine(&loaded) };
    let engine = Arc::new(Engine::new(store.clone(), Ports::alone(Arc::new(Wall)), triage, wanted, "preview"));
    let selected = Arc::new(options::selected(&loaded)?);
    let detections =
        Arc::new(Detections::new(&loaded, selected, accounts::configured(&loaded.config)?, Timestamp::now())?);
    let counts = input::read(Arc::new(loaded), detections, engine.clone(), store.clone()).await?;
    for _ in 0..MAX_TURNS {
        if engine.run(Worker::Decider).await?.done == 0 {
            break;
        }
    }
    let preview = engine.preview().await?;
    match format {
        Plain::Pretty => {
            let read = format!("{} keys in {} accounts were read.\n", counts.keys, counts.accounts);
            let lines = preview.text();
            let lines = lines.lines().map(|line| report::escape_terminal(line).into_owned() + "\n");
            output::print(&lines.fold(read, |text, line| text + &line))?;
        }
        _ => output::print_json(&preview)?,
    }
    if counts.errors > 0 {
        anstream::eprintln!("{} things could not be read: there may be more findings", counts.errors);
        return Ok(Status::Incomplete);
    }
    Ok(Status::Clean)
}
