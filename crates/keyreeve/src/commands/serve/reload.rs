//! The configuration while the daemon runs: read again when the file changes or SIGHUP comes; a file that is wrong changes nothing.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::workers::told;
use crate::config::Loaded;

/// How often it is looked whether a file has changed.
const EVERY: Duration = Duration::from_secs(2);

/// When files were changed last.
type Marks = Vec<Option<(SystemTime, u64)>>;

/// Waits for changes of the files that a configuration is made of.
pub struct Watch {
    files: Vec<PathBuf>,
    marks: Marks,
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Watch {
    /// Watches the file and the rules that it names.
    pub fn new(loaded: &Loaded) -> Self {
        let mut watch = Self {
            files: Vec::new(),
            marks: Vec::new(),
            #[cfg(unix)]
            hangup: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        };
        watch.follow(loaded);
        watch
    }

    /// Watches what this configuration is made of.
    pub fn follow(&mut self, loaded: &Loaded) {
        let serve = &loaded.config.serve;
        let named = serve.rules.iter().chain(&serve.directory.file).map(|path| loaded.path(path));
        self.files = loaded.file.iter().cloned().chain(named).collect();
        self.marks = self.look();
    }

    fn look(&self) -> Marks {
        let mark = |path: &PathBuf| std::fs::metadata(path).ok().and_then(|it| Some((it.modified().ok()?, it.len())));
        self.files.iter().map(mark).collect()
    }

    /// Waits until one has changed, or somebody asks; `false` when it is time to stop.
    pub async fn changed(&mut self, stop: &mut watch::Receiver<bool>) -> bool {
        loop {
            tokio::select! {
                () = told(stop) => return false,
                () = asked(#[cfg(unix)] &mut self.hangup) => {
                    self.marks = self.look();
                    return true;
                }
                () = tokio::time::sleep(EVERY) => {}
            }
            let marks = self.look();
            if marks != self.marks {
                self.marks = marks;
                return true;
            }
        }
    }
}

#[cfg(unix)]
async fn asked(hangup: &mut Option<tokio::signal::unix::Signal>) {
    match hangup {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn asked() {
    std::future::pending().await
}

/// What of a new configuration is only taken over by a new start; `in_aws` says whether the daemon is somebody in AWS already.
pub fn kept(old: &Loaded, new: &Loaded, in_aws: bool) -> Vec<&'static str> {
    let needs_aws = super::aws::is_needed(new);
    let (was, is, old, new) = (&old.config.aws, &new.config.aws, &old.config.serve, &new.config.serve);
    let changed = [
        ("serve.listen", old.listen != new.listen),
        ("serve.store", old.store != new.store),
        ("serve.name", old.name != new.name),
        ("serve.limits", old.limits != new.limits),
        ("serve.log", old.log != new.log),
        ("serve.intake", old.intake != new.intake && needs_aws && !in_aws),
        ("serve.http", old.http != new.http),
        ("aws.profile", was.profile != is.profile && in_aws),
        ("aws.external_id", was.external_id != is.external_id && in_aws),
        ("aws.budget", (was.budget, &was.budgets) != (is.budget, &is.budgets) && in_aws),
    ];
    changed.into_iter().filter(|(_, changed)| *changed).map(|(key, _)| key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::serve::{LogForm, LogLevel};

    #[test]
    fn what_needs_a_new_start_is_named_and_what_does_not_is_not() {
        let old = Loaded::default();
        let changed = |change: fn(&mut crate::config::Config)| {
            let mut new = Loaded::default();
            change(&mut new.config);
            kept(&old, &new, true)
        };
        assert_eq!(changed(|config| config.serve.log_level = LogLevel::Debug), [""; 0]);
        assert_eq!(changed(|config| config.serve.intake.queues = vec!["https://q".to_owned()]), [""; 0]);
        assert_eq!(changed(|config| config.serve.intake.hub = true), [""; 0]);
        assert_eq!(changed(|config| config.serve.destinations = vec!["jira".to_owned()]), [""; 0]);
        assert_eq!(changed(|config| config.serve.log = LogForm::Text), ["serve.log"]);
        assert_eq!(changed(|config| config.serve.store = "other.db".to_owned()), ["serve.store"]);
        assert_eq!(changed(|config| config.serve.limits.connections += 1), ["serve.limits"]);
        assert_eq!(changed(|config| config.aws.external_id = Some("x".to_owned())), ["aws.external_id"]);
        let mut outside = Loaded::default();
        outside.config.serve.intake.hub = true;
        assert_eq!(kept(&old, &outside, false), ["serve.intake"], "nobody is asked in AWS yet");
    }
}
