//! The daemon's log: to standard error, a JSON object or a line of text an event, secrets never.

use std::sync::atomic::{AtomicU8, Ordering};

use jiff::Timestamp;
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::config::serve::{LogForm, LogLevel, Serve};

/// How much is written: the rank of the least level.
static LEVEL: AtomicU8 = AtomicU8::new(0);

/// From now on writes as much as this says.
pub fn set_level(level: LogLevel) {
    let least = match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    LEVEL.store(rank(least), Ordering::Relaxed);
    // What was found out about each place that writes is not so any more.
    tracing::callsite::rebuild_interest_cache();
}

fn rank(level: Level) -> u8 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        _ => 4,
    }
}

/// Libraries below may say at DEBUG what they send: only our own crates are heard.
fn is_heard(about: &Metadata<'_>) -> bool {
    let is_ours = ["keyreeve", "console", "respond", "store"].iter().any(|own| about.target().starts_with(own));
    let rank = rank(*about.level());
    rank <= LEVEL.load(Ordering::Relaxed) && (is_ours || rank <= 2)
}

/// Begins to write it.
pub fn start(serve: &Serve) -> anyhow::Result<()> {
    set_level(serve.log_level);
    let log =
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(LevelFilter::DEBUG).with_ansi(false);
    let ours = tracing_subscriber::filter::FilterFn::new(is_heard as fn(&Metadata<'_>) -> bool);
    use tracing_subscriber::layer::SubscriberExt as _;
    let set = match serve.log {
        LogForm::Json => tracing::subscriber::set_global_default(log.json().flatten_event(true).finish().with(ours)),
        LogForm::Text => {
            let log = log.with_target(false).with_timer(Seconds);
            tracing::subscriber::set_global_default(log.finish().with(ours))
        }
    };
    set.map_err(|error| anyhow::anyhow!("starting the log: {error}"))
}

/// Times in whole seconds: a person reads them, and a line is to fit a terminal.
struct Seconds;

impl FormatTime for Seconds {
    fn format_time(&self, to: &mut Writer<'_>) -> std::fmt::Result {
        let now = Timestamp::now();
        write!(to, "{}", Timestamp::from_second(now.as_second()).unwrap_or(now))
    }
}
