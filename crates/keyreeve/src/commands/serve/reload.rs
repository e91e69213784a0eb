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

/// What of a new configuration is only taken over by a new start.
pub fn kept(old: &Loaded, new: &Loaded) -> Vec<&'static str> {
    let (old, new) = (&old.config.serve, &new.config.serve);
    let changed = [
        ("serve.listen", old.listen != new.listen),
        ("serve.store", old.store != new.store),
        ("serve.name", old.name != new.name),
        ("serve.limits", old.limits != new.limits),
        ("serve.log", old.log != new.log || old.log_level != new.log_level),
        ("serve.intake", old.intake != new.intake),
        ("serve.http", old.http != new.http),
    ];
    changed.into_iter().filter(|(_, changed)| *changed).map(|(key, _)| key).collect()
}
