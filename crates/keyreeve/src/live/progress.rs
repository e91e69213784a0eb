//! Progress bars on standard error, where it is a terminal.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use aws::{Client, Progress, Session};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// How often the bars are drawn.
const EVERY: Duration = Duration::from_millis(120);

/// The bars; they go when this does.
pub struct Bars {
    ended: Arc<AtomicBool>,
    drawing: Option<JoinHandle<()>>,
}

impl Bars {
    /// Draws how far the reading is until dropped.
    pub fn start(wanted: bool, progress: &Arc<Progress>, session: &Session) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        if !wanted || !io::stderr().is_terminal() {
            return Self { ended, drawing: None };
        }
        let (progress, client, over) = (Arc::clone(progress), Arc::clone(&session.client), Arc::clone(&ended));
        let drawing = std::thread::spawn(move || draw(&progress, &client, &over));
        Self { ended, drawing: Some(drawing) }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(drawing) = self.drawing.take() {
            // The bars are only for show: one that panicked has nothing to tell.
            let _ = drawing.join();
        }
    }
}

fn draw(progress: &Progress, client: &Client, over: &AtomicBool) {
    let all = MultiProgress::new();
    let bar = |name: &'static str| {
        let style = ProgressStyle::with_template("{prefix:>9} {bar:30} {pos}/{len} {msg}");
        let bar = ProgressBar::new(0).with_prefix(name);
        all.add(match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    };
    let (accounts, regions, keys) = (bar("accounts"), bar("regions"), bar("keys"));
    while !over.load(Ordering::Relaxed) {
        let show = |bar: &ProgressBar, done: u64, of: u64| {
            bar.set_length(of);
            bar.set_position(done);
        };
        show(&accounts, progress.accounts_done.get(), progress.accounts.get());
        show(&regions, progress.regions_done.get(), progress.regions.get());
        show(&keys, progress.keys_done.get(), progress.keys.get());
        let traffic = &client.traffic;
        let throttled = match traffic.throttled() {
            0 => String::new(),
            number => format!(", {number} throttled"),
        };
        keys.set_message(format!("{} requests{throttled}", traffic.requests()));
        std::thread::sleep(EVERY);
    }
    for bar in [accounts, regions, keys] {
        bar.finish_and_clear();
    }
}
