//! The daemon: opens the store, makes the engine and the API of the configuration, starts the workers, and stops in order.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use console::{App, Parts, Swap};
use jiff::Timestamp;
use respond::ports::{Directory, Tickets};
use respond::secret::{Secrets, Vault};
use respond::{Engine, Ports};
use store::sqlite::{self, Sqlite, User};
use store::{Change, Commit, Memory, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::aws::{Cloud, Queues};
use super::detections::Detections;
use super::doors::{Current, Door, Paper};
use super::reload::{Watch, kept};
use super::systems::{AccountFile, Wall, look_over, mailer, tickets};
use super::workers::{self, Bell, told};
use super::{aws, input, log, options};
use crate::commands::triage_input::settings;
use crate::config::Loaded;
use crate::config::schedule::Schedule;
use crate::exit::Status;
use crate::interrupt::Interrupt;
use crate::{accounts, selection};

/// The named value that holds when everything was read last.
const LAST_READING: &str = "serve.last-reading";

/// The most projects that are looked over.
const MOST_LOOKED_AT: usize = 100;

/// What stays while configurations come and go.
struct Base {
    store: Arc<dyn Store>,
    cloud: Option<Cloud>,
    holder: String,
    started: Timestamp,
    /// Where it listens, whatever a configuration says since.
    listens: IpAddr,
    bell: Bell,
}

/// What a configuration comes to.
struct Made {
    loaded: Arc<Loaded>,
    engine: Engine,
    systems: BTreeMap<String, Arc<dyn Tickets>>,
    detections: Arc<Detections>,
    gate: console::Gate,
    hooks: console::Hooks,
    triage: triage::Triage,
    catalog: console::Catalog,
    about: console::About,
    queues: Queues,
}

/// Serves until it is told to stop.
pub async fn run(loaded: Loaded, listen: Option<std::net::SocketAddr>) -> anyhow::Result<Status> {
    log::start(&loaded.config.serve)?;
    let mut interrupt = Interrupt::new().context("preparing to be stopped")?;
    // A SIGHUP that comes before somebody waits for it would end the process.
    let files = Watch::new(&loaded);
    let holder = options::holder(&loaded.config.serve);
    let base = Base {
        store: open(&loaded, &holder)?,
        cloud: connected(&loaded).await?,
        holder,
        started: Timestamp::now(),
        listens: loaded.config.serve.listen.ip(),
        bell: Bell::new(),
    };
    let made = make(Arc::new(loaded), &base).await?;
    let serve = &made.loaded.config.serve;
    let listener = TcpListener::bind(serve.listen).await;
    let listener =
        listener.with_context(|| format!("listening on {}: serve.listen names another address", serve.listen))?;
    let address = listener.local_addr().context("listening")?;
    let (limits, drain) = (options::limits(&serve.limits), Duration::from_secs(serve.drain_seconds.into()));

    introduce(&made, &base, address);
    let look = look_over(made.systems.clone(), projects(&made.loaded, &made.detections));
    let current: Current = Arc::new(Swap::new(made.engine));
    let now: Arc<Swap<Now>> =
        Arc::new(Swap::new(Now { loaded: made.loaded.clone(), detections: made.detections.clone() }));
    let bell = base.bell.clone();
    let app = App::new(Parts {
        store: base.store.clone(),
        intake: Arc::new(Door { engine: current.clone(), store: base.store.clone() }),
        reports: Arc::new(Paper { store: base.store.clone() }),
        now: Timestamp::now,
        wake: Arc::new(move || bell.ring()),
        gate: made.gate,
        hooks: made.hooks,
        triage: made.triage,
        catalog: made.catalog,
        about: made.about,
    });
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(until(stopped.clone(), look));
    workers::start(&mut tasks, &current, &base.bell, &stopped);
    let (queues, wanted) = watch::channel(made.queues);
    tasks.spawn(workers::drain_all(wanted, current.clone(), base.bell.clone(), stopped.clone()));
    let router = console::router(&app, &limits);
    tasks.spawn(console::listen::serve(listener, router, limits, stopped.clone(), drain));
    let base = Arc::new(base);
    tasks.spawn(read_on_schedule(base.clone(), now.clone(), current.clone(), stopped.clone()));
    tasks.spawn(follow(base.clone(), now, Running { engine: current, app, queues }, files, listen, stopped));

    interrupt.recv().await;
    tracing::info!(seconds = drain.as_secs(), "stopping: what is being done is done first");
    // Nobody listens any more where all tasks have ended.
    let _ = stop.send(true);
    tokio::select! {
        () = async { while tasks.join_next().await.is_some() {} } => tracing::info!("stopped"),
        () = tokio::time::sleep(drain) => tracing::warn!("stopped before all was done: it is taken up again at the next start"),
        () = interrupt.recv() => tracing::warn!("stopped at once: what was being done is taken up again at the next start"),
    }
    tasks.abort_all();
    Ok(Status::Clean)
}

/// What readings go by.
struct Now {
    loaded: Arc<Loaded>,
    detections: Arc<Detections>,
}

fn open(loaded: &Loaded, holder: &str) -> anyhow::Result<Arc<dyn Store>> {
    let Some(path) = options::store_path(loaded) else { return Ok(Arc::new(Memory::new())) };
    let user = User {
        holder: holder.to_owned(),
        program: format!("keyreeve {}", env!("CARGO_PKG_VERSION")),
        pid: std::process::id(),
        since: Timestamp::now(),
    };
    let store = Sqlite::open(&path, sqlite::Options { user: Some(user), ..sqlite::Options::default() });
    let store = store.with_context(|| format!("opening the store {}", path.display()))?;
    if store.let_go() > 0 {
        tracing::info!(jobs = store.let_go(), "whoever held these jobs is gone: they are taken up at once");
    }
    Ok(Arc::new(store))
}

async fn connected(loaded: &Loaded) -> anyhow::Result<Option<Cloud>> {
    if !aws::is_needed(loaded) {
        return Ok(None);
    }
    Ok(Some(aws::connect(loaded, ::aws::Stop::default()).await?))
}

/// Makes what the configuration says. Nothing has changed where that fails.
async fn make(loaded: Arc<Loaded>, base: &Base) -> anyhow::Result<Made> {
    selection::check(&loaded)?;
    let serve = &loaded.config.serve;
    let selected = Arc::new(options::selected(&loaded)?);
    let needs = options::needs(&selected, &loaded)?;
    let in_aws = base.cloud.as_ref().map(|cloud| cloud.keys(&loaded, needs));
    let secrets = Arc::new(Secrets::new(in_aws.clone().map(|keys| keys as Arc<dyn Vault>)));
    let triage = options::triage(&loaded)?;
    let detections = Detections::new(&loaded, selected.clone(), accounts::configured(&loaded.config)?, base.started)?;
    let rows = base.store.accounts().await.context("reading the accounts")?;
    detections.know(rows.into_iter().filter_map(|row| serde_json::from_value(row.account).ok()).collect());
    let detections = Arc::new(detections);
    let keys = in_aws.filter(|_| serve.snapshots.is_empty());
    let directory: Option<Arc<dyn Directory>> = match (&serve.directory.file, &keys) {
        (Some(file), _) => Some(Arc::new(AccountFile(loaded.path(file)))),
        (None, Some(keys)) if serve.directory.organizations => Some(keys.clone()),
        _ => None,
    };
    let systems = tickets(&loaded, &secrets)?;
    let ports = Ports {
        tickets: systems.clone(),
        mailer: mailer(&loaded, &secrets)?,
        hub: base.cloud.as_ref().and_then(|cloud| cloud.hub(&serve.intake)),
        keys: keys.map(|keys| keys as Arc<dyn respond::ports::Keys>),
        directory,
        judge: Some(detections.clone()),
        ..Ports::alone(Arc::new(Wall))
    };
    let queues = base.cloud.as_ref().map_or_else(|| Ok(Queues::new()), |cloud| cloud.queues(serve))?;
    let hooks = options::hooks(serve, &secrets).await?;
    let gate = options::gate(serve, base.listens)?;
    let about = options::about(&loaded, &base.holder, base.started);
    let behaviour = options::engine(&loaded);
    let engine = Engine::new(base.store.clone(), ports, Arc::new(triage.clone()), behaviour, base.holder.clone());
    let catalog = options::catalog(&selected);
    Ok(Made { loaded, engine, systems, detections, gate, hooks, triage, catalog, about, queues })
}

/// Says who serves what, where, and as whom: the first thing that an operator wants to know.
fn introduce(made: &Made, base: &Base, address: std::net::SocketAddr) {
    let serve = &made.loaded.config.serve;
    let store =
        options::store_path(&made.loaded).map_or_else(|| "memory only".to_owned(), |path| path.display().to_string());
    let config =
        made.loaded.file.as_ref().map_or_else(|| "none: defaults".to_owned(), |file| file.display().to_string());
    let aws = base.cloud.as_ref().map_or("not asked", |cloud| cloud.arn.as_str());
    let doing = match serve.mode {
        crate::config::serve::Mode::Observe => {
            "observes: it decides and records, and does nothing (serve.mode = \"act\" does)"
        }
        crate::config::serve::Mode::Act => "acts",
    };
    let tickets = if serve.destinations.is_empty() { "none".to_owned() } else { serve.destinations.join(", ") };
    let who = match (serve.tokens.len(), serve.open_on_loopback) {
        (0, false) => "nobody yet: `keyreeve serve token NAME --role viewer` makes a token".to_owned(),
        (0, true) => "anybody on this machine may look".to_owned(),
        (count, open) => format!("{count} tokens{}", if open { ", and anybody on this machine may look" } else { "" }),
    };
    let lines = [
        format!("keyreeve {} {doing}", env!("CARGO_PKG_VERSION")),
        format!("  API       http://{address}/api/v1 ({who})"),
        format!("  store     {store}"),
        format!("  config    {config}"),
        format!("  AWS       {aws}"),
        format!("  tickets   {tickets}"),
    ];
    for line in lines {
        anstream::eprintln!("{}", report::escape_terminal(&line));
    }
    for detection in made.detections.unread() {
        let remedy = "[aws] with = [\"grants\"] reads what it needs";
        tracing::warn!(
            detection,
            remedy,
            "it does not judge: grants cost more requests than all else together, and are not read"
        );
    }
    for unused in serve.unused() {
        tracing::warn!(unused, "configured and never used");
    }
    tracing::info!(address = %address, mode = options::mode(serve), holder = base.holder, "serving");
}

/// The projects that tickets may go to, as far as is known before the first of them.
fn projects(loaded: &Loaded, detections: &Detections) -> Vec<String> {
    let Ok(settings) = settings(loaded) else { return Vec::new() };
    let accounts = detections.accounts();
    let named = accounts.ids().filter_map(|id| accounts.get(id)).filter_map(|line| {
        let tags = &line.account().tags;
        settings.project_tags.iter().find_map(|tag| tags.get(tag)).cloned()
    });
    let all: BTreeSet<String> = named.chain(settings.default_project.clone()).collect();
    all.into_iter().take(MOST_LOOKED_AT).collect()
}

/// Does it until it is time to stop.
async fn until(mut stop: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = told(&mut stop) => {}
        () = work => {}
    }
}

/// Reads everything when the schedule says so, and at the start where that was missed.
async fn read_on_schedule(base: Arc<Base>, now: Arc<Swap<Now>>, engine: Current, mut stop: watch::Receiver<bool>) {
    let mut last = last_reading(&base.store).await;
    loop {
        let Now { loaded, .. } = &*now.get();
        let schedule = Schedule::parse(&loaded.config.serve.schedule).ok().flatten();
        let due = match (&schedule, last) {
            (None, _) => None,
            (Some(_), None) => Some(Timestamp::now()),
            (Some(schedule), Some(last)) => schedule.next(last),
        };
        // The schedule may change while nothing is due.
        let wait = due.map_or(60, |due| due.as_second().saturating_sub(Timestamp::now().as_second()).clamp(0, 60));
        tokio::select! {
            () = told(&mut stop) => return,
            () = tokio::time::sleep(Duration::from_secs(wait.unsigned_abs())) => {}
        }
        if due.is_none_or(|due| due > Timestamp::now()) {
            continue;
        }
        last = Some(Timestamp::now());
        let Now { loaded, detections } = &*now.get();
        let reading = input::read(loaded.clone(), detections.clone(), engine.get(), base.store.clone());
        let read = tokio::select! {
            () = told(&mut stop) => return,
            read = reading => read,
        };
        match read {
            Ok(counts) => {
                let input::Counts { keys, findings, accounts, errors } = counts;
                tracing::info!(keys, findings, accounts, errors, "everything was read");
                remember_reading(&base.store, last).await;
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "the inventory could not be read"),
        }
        base.bell.ring();
    }
}

async fn last_reading(store: &Arc<dyn Store>) -> Option<Timestamp> {
    store.value(LAST_READING.to_owned()).await.ok().flatten()?.parse().ok()
}

async fn remember_reading(store: &Arc<dyn Store>, at: Option<Timestamp>) {
    let change = Change::Value(LAST_READING.to_owned(), at.map(|at| at.to_string()));
    if let Err(error) = store.commit(Commit { at: Timestamp::now(), changes: vec![change] }).await {
        tracing::error!(%error, "the store failed");
    }
}

/// What takes a new configuration over.
struct Running {
    engine: Current,
    app: App,
    queues: watch::Sender<Queues>,
}

/// Takes over what a changed configuration says; one that is wrong changes nothing, and is said so.
async fn follow(
    base: Arc<Base>,
    now: Arc<Swap<Now>>,
    running: Running,
    mut watch: Watch,
    listen: Option<std::net::SocketAddr>,
    mut stop: watch::Receiver<bool>,
) {
    while watch.changed(&mut stop).await {
        let old = now.get().loaded.clone();
        let new = Loaded::find(old.file.as_deref()).map(|mut loaded| {
            loaded.config.serve.listen = listen.unwrap_or(loaded.config.serve.listen);
            Arc::new(loaded)
        });
        let made = match new {
            Ok(loaded) => make(loaded, &base).await,
            Err(error) => Err(error),
        };
        match made {
            Ok(made) => {
                for key in kept(&old, &made.loaded, base.cloud.is_some()) {
                    tracing::warn!(key, "this is taken over when the daemon is started again");
                }
                tokio::spawn(until(stop.clone(), look_over(made.systems, projects(&made.loaded, &made.detections))));
                watch.follow(&made.loaded);
                log::set_level(made.loaded.config.serve.log_level);
                running.engine.set(made.engine);
                running.queues.send_replace(made.queues);
                now.set(Now { loaded: made.loaded, detections: made.detections });
                running.app.reconfigure(made.gate, made.hooks, made.triage, made.catalog, made.about);
                base.bell.ring();
                tracing::info!("the new configuration is in force");
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "the new configuration is wrong: the one before stays in force");
            }
        }
    }
}
