//! The daemon's log: to standard error, a JSON object or a line of text an event, secrets never.

use tracing::level_filters::LevelFilter;

use crate::config::serve::{LogForm, LogLevel, Serve};

/// Begins to write it.
pub fn start(serve: &Serve) -> anyhow::Result<()> {
    let level = match serve.log_level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).with_ansi(false);
    // Libraries below may say at DEBUG what they send: only our own crates are heard.
    let ours = |name: &str| ["keyreeve", "console", "respond", "store"].iter().any(|own| name.starts_with(own));
    let ours = tracing_subscriber::filter::FilterFn::new(move |about| {
        ours(about.target()) || *about.level() <= tracing::Level::WARN
    });
    use tracing_subscriber::layer::SubscriberExt as _;
    let set = match serve.log {
        LogForm::Json => tracing::subscriber::set_global_default(log.json().flatten_event(true).finish().with(ours)),
        LogForm::Text => tracing::subscriber::set_global_default(log.finish().with(ours)),
    };
    set.map_err(|error| anyhow::anyhow!("starting the log: {error}"))
}
