//! `simulate`: pretends to be AWS until it is told to stop.

mod watch;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;
use simulator::{Counts, DeskOptions, Events, HubOptions, Options, Quotas, Role, RunningDesk, Shape, Simulator, World};

use crate::cli::Simulate;
use crate::exit::Status;
use crate::interrupt::Interrupt;
use crate::{disk, output};

/// The most keys of an invented world, so that it stays in memory.
const MAX_KEYS: u32 = 2_000_000;

/// Runs the command.
pub fn run(asked: &Simulate) -> anyhow::Result<Status> {
    let world = world(asked)?;
    let options = options(asked)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.context("starting the threads of the simulator")?.block_on(serve(asked, world, options))
}

fn world(asked: &Simulate) -> anyhow::Result<World> {
    let mut world = if asked.snapshots.is_empty() { invented(asked)? } else { from_snapshots(asked)? };
    for name in &asked.role {
        world.add_role(Role { name: name.clone(), external_id: None, in_management: true });
    }
    if asked.external_id.is_some() {
        for role in world.roles().to_vec() {
            world.add_role(Role { external_id: asked.external_id.clone(), ..role });
        }
    }
    Ok(world)
}

fn invented(asked: &Simulate) -> anyhow::Result<World> {
    if asked.keys > MAX_KEYS {
        bail!("inventing {} keys: at most {MAX_KEYS} are held", asked.keys);
    }
    Ok(World::generated(Shape {
        accounts: asked.accounts as usize,
        regions: asked.region.clone(),
        keys: asked.keys as usize,
        seed: asked.seed,
    }))
}

fn from_snapshots(asked: &Simulate) -> anyhow::Result<World> {
    let mut readers = Vec::new();
    let mut names = Vec::new();
    for path in &asked.snapshots {
        for file in disk::snapshots(path)? {
            readers.push(disk::open(&file).with_context(|| format!("opening {}", file.display()))?);
            names.push(disk::shown(&file));
        }
    }
    World::from_snapshots(readers).with_context(|| format!("making a world of {}", names.join(", ")))
}

fn options(asked: &Simulate) -> anyhow::Result<Options> {
    let faults = match &asked.faults {
        Some(path) => {
            let reading = || format!("reading the faults in {}", path.display());
            simulator::faults(&fs::read_to_string(path).with_context(reading)?).with_context(reading)?
        }
        None => Vec::new(),
    };
    let defaults = Options::default();
    Ok(Options {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, asked.port)),
        latency: asked.latency.unwrap_or_default(),
        lag: asked.lag.unwrap_or_default(),
        session: asked.session.unwrap_or(defaults.session),
        quotas: asked.quota_factor.map_or(Quotas::None, Quotas::Documented),
        faults,
        clock: asked.clock.unwrap_or(defaults.clock),
        hub: asked.security_hub.then(|| HubOptions {
            update: asked.update_lag.unwrap_or_default(),
            evaluation: asked.evaluation_lag.unwrap_or_default(),
            ..HubOptions::default()
        }),
        events: asked
            .events
            .as_deref()
            .map(|queue| Events { lag: asked.event_lag.unwrap_or_default(), ..Events::to(queue) }),
        ..defaults
    })
}

async fn serve(asked: &Simulate, world: World, options: Options) -> anyhow::Result<Status> {
    let (accounts, regions, region) = (world.accounts().len(), world.regions().len(), world.home_region());
    let listen = options.listen;
    let running = Simulator::start(world, options).await.with_context(|| format!("listening on {listen}"))?;
    let mut stop = Interrupt::new().context("preparing to be stopped")?;
    asked.secret.iter().for_each(|(name, value)| running.set_secret(name, value));
    asked.parameter.iter().for_each(|(name, value)| running.set_parameter(name, value));
    let desk = if asked.desk { Some(desk(asked.desk_port).await?) } else { None };
    let endpoint = running.endpoint();
    output::print(&format!(
        "# a simulated AWS with {accounts} accounts in {regions} regions answers on {endpoint}; stop it with Ctrl-C\n\
         export AWS_ENDPOINT_URL={endpoint}\nexport AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n\
         export AWS_REGION={region}\nexport AWS_DEFAULT_REGION={region}\n",
        running.access_key_id(),
        simulator::ANY_SECRET,
    ))?;
    match desk {
        None => stop.recv().await,
        Some(desk) => {
            tokio::select! {
                () = stop.recv() => {}
                () = watch::tell(&desk) => {}
            }
            let (issues, incidents) = (desk.issues(), desk.incidents());
            let done = issues.iter().filter(|issue| issue.is_done).count()
                + incidents.iter().filter(|it| watch::is_done(it)).count();
            eprintln!(
                "{} tickets, {done} of them closed, {} mails",
                issues.len() + incidents.len(),
                desk.mails().len()
            );
            desk.stop().await;
        }
    }
    let counts = running.counts();
    running.stop().await;
    eprintln!("{} requests, {} throttled", counts.total(), counts.throttled());
    if let Some(path) = &asked.counts {
        write(path, &counts).with_context(|| format!("writing the counts to {}", path.display()))?;
    }
    Ok(Status::Clean)
}

/// Starts the others' systems, and says where they are and who may come in.
async fn desk(port: u16) -> anyhow::Result<RunningDesk> {
    let options = DeskOptions { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), ..DeskOptions::default() };
    let (jira, servicenow, hook) = (options.jira.clone(), options.servicenow.clone(), options.webhook_secret.clone());
    let listen = options.listen;
    let desk = RunningDesk::start(options).await.with_context(|| format!("listening on {listen}"))?;
    output::print(&format!(
        "# Jira (projects {}), ServiceNow, a webhook's receiver and a mail server: {} shows what they got\n\
         export DESK_URL={}\n\
         export JIRA_URL={}\nexport JIRA_USER={}\nexport JIRA_TOKEN={}\n\
         export SERVICENOW_URL={}\nexport SERVICENOW_USER={}\nexport SERVICENOW_PASSWORD={}\n\
         export WEBHOOK_URL={}\nexport WEBHOOK_SECRET={hook}\n\
         export SMTP_HOST={}\nexport SMTP_PORT={}\n",
        jira.projects.join(", "),
        desk.url(),
        desk.url(),
        desk.jira_url(),
        jira.user,
        jira.token,
        desk.servicenow_url(),
        servicenow.user,
        servicenow.password,
        desk.webhook_url(),
        desk.smtp_address().ip(),
        desk.smtp_address().port(),
    ))?;
    Ok(desk)
}

/// Writes the counts beside the file first, so that the file is never half there.
fn write(path: &Path, counts: &Counts) -> anyhow::Result<()> {
    let buckets: Vec<_> = counts
        .buckets
        .iter()
        .map(|(bucket, count)| {
            json!({
                "account": bucket.account, "region": bucket.region, "service": bucket.service,
                "operation": bucket.operation, "requests": count.requests, "throttled": count.throttled,
                "peak": count.peak, "quota": count.quota,
            })
        })
        .collect();
    let text = json!({ "unattributed": counts.unattributed, "buckets": buckets }).to_string() + "\n";
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    fs::write(&beside, text)?;
    Ok(fs::rename(&beside, path)?)
}
