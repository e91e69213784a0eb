//! Threads that read, each with a connection of its own: readers never wait for the writer, nor it for them.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::fault::io;
use super::open::{Setting, connect};
use crate::error::StoreError;

/// At most so many questions wait; who comes then waits for a place.
pub(super) const QUEUE: usize = 1_024;

/// A question, asked of whichever thread is free; it answers its asker itself.
pub(super) type Question = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;

type Questions = Arc<Mutex<mpsc::Receiver<Question>>>;

/// Starts so many threads. They end when nobody can ask any more.
pub(super) fn start(
    count: usize,
    path: &Path,
    setting: Setting,
    questions: mpsc::Receiver<Question>,
) -> Result<Vec<JoinHandle<()>>, StoreError> {
    let questions = Arc::new(Mutex::new(questions));
    let thread = |number: usize| {
        let (questions, path) = (Arc::clone(&questions), path.to_path_buf());
        let run = move || run(&questions, &path, setting);
        thread::Builder::new().name(format!("store-reader-{number}")).spawn(run)
    };
    (0..count.max(1)).map(thread).collect::<Result<_, _>>().map_err(|error| io("opening", path, &error))
}

fn run(questions: &Questions, path: &Path, setting: Setting) {
    let mut kept: Option<Connection> = None;
    loop {
        // One waits for the next question, the others wait for its place.
        let question = questions.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(question) = question else { return };
        if kept.is_none() {
            match connect(path, setting) {
                Ok(connection) => kept = Some(connection),
                Err(error) => {
                    question(Err(error));
                    continue;
                }
            }
        }
        if let Some(connection) = &kept {
            question(Ok(connection));
        }
    }
}
