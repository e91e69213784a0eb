//! What Prometheus asks for: text, one line a number, labels from small sets only.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::{Page, TicketFilter};

use crate::app::App;
use crate::problem::Problem;

/// What requests came to so far.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: Instant,
    requests: Mutex<BTreeMap<(String, u16), (u64, Duration)>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { started: Instant::now(), requests: Mutex::default() }
    }
}

impl Metrics {
    /// Counts a request: by the pattern of its route, so that there are few.
    pub fn count(&self, route: &str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, time) = requests.entry((route.to_owned(), status)).or_default();
        *count += 1;
        *time += took;
    }
}

/// Open tickets are counted up to so many.
const MAX_COUNTED: usize = 100_000;

/// The page.
pub(crate) async fn page(app: &App) -> Result<String, Problem> {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = requests(&app.metrics, &mut text);
    let _ = jobs(app, &mut text).await?;
    let _ = workers(app, &mut text).await?;
    let _ = tickets(app, &mut text).await?;
    Ok(text)
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn requests(metrics: &Metrics, text: &mut String) -> std::fmt::Result {
    head(text, "keyreeve_uptime_seconds", "gauge", "Since this process started.")?;
    writeln!(text, "keyreeve_uptime_seconds {}", metrics.started.elapsed().as_secs())?;
    let requests = metrics.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
    head(text, "keyreeve_http_requests_total", "counter", "Requests, by route and status.")?;
    for ((route, status), (count, _)) in &requests {
        writeln!(text, "keyreeve_http_requests_total{{route=\"{}\",status=\"{status}\"}} {count}", label(route))?;
    }
    head(text, "keyreeve_http_request_seconds_total", "counter", "Time spent on requests, by route and status.")?;
    for ((route, status), (_, time)) in &requests {
        let seconds = time.as_secs_f64();
        writeln!(
            text,
            "keyreeve_http_request_seconds_total{{route=\"{}\",status=\"{status}\"}} {seconds}",
            label(route)
        )?;
    }
    Ok(())
}

async fn jobs(app: &App, text: &mut String) -> Result<std::fmt::Result, Problem> {
    let counts = app.store.job_counts().await?;
    let mut write = || {
        head(text, "keyreeve_jobs", "gauge", "Jobs, by queue and state.")?;
        for ((queue, state), count) in &counts {
            let state = crate::resources::jobs::state_name(*state);
            writeln!(text, "keyreeve_jobs{{queue=\"{}\",state=\"{state}\"}} {count}", label(queue))?;
        }
        Ok(())
    };
    Ok(write())
}

async fn workers(app: &App, text: &mut String) -> Result<std::fmt::Result, Problem> {
    let workers = app.store.workers().await?;
    let mut write = || {
        head(text, "keyreeve_worker_failures", "gauge", "Turns that failed in a row, by worker.")?;
        for worker in &workers {
            writeln!(text, "keyreeve_worker_failures{{worker=\"{}\"}} {}", label(&worker.name), worker.failures)?;
        }
        head(text, "keyreeve_worker_last_turn_timestamp_seconds", "gauge", "When a worker's last turn ended.")?;
        for worker in &workers {
            let at = worker.at.as_second();
            writeln!(text, "keyreeve_worker_last_turn_timestamp_seconds{{worker=\"{}\"}} {at}", label(&worker.name))?;
        }
        Ok(())
    };
    Ok(write())
}

async fn tickets(app: &App, text: &mut String) -> Result<std::fmt::Result, Problem> {
    let mut counts: BTreeMap<(String, String, &'static str), u64> = BTreeMap::new();
    let mut page = Page { after: None, limit: crate::page::MAX };
    let mut counted = 0;
    while counted < MAX_COUNTED {
        let rows = app.store.tickets(TicketFilter::default(), page.clone()).await?;
        for row in &rows {
            let state = crate::resources::tickets::state_name(row.state);
            *counts.entry((row.destination.clone(), row.severity.clone(), state)).or_default() += 1;
        }
        counted += rows.len();
        match rows.last() {
            Some(last) if rows.len() == page.limit => page.after = Some(last.key.clone()),
            _ => break,
        }
    }
    let mut write = || {
        head(text, "keyreeve_tickets", "gauge", "Tickets, by destination, severity and state.")?;
        for ((destination, severity, state), count) in &counts {
            let (destination, severity) = (label(destination), label(severity));
            writeln!(
                text,
                "keyreeve_tickets{{destination=\"{destination}\",severity=\"{severity}\",state=\"{state}\"}} {count}"
            )?;
        }
        Ok(())
    };
    Ok(write())
}

/// A label's value.
fn label(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\\' => "\\\\".to_owned(),
            '"' => "\\\"".to_owned(),
            '\n' => "\\n".to_owned(),
            other if other.is_control() => " ".to_owned(),
            other => other.to_string(),
        })
        .collect()
}
