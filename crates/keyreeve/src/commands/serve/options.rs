//! What the configuration says, in the words of the engine and of the API.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use console::token::{Role, Token, TokenDigest, Tokens};
use console::{About, Catalog, Gate, HookSecret, Hooks, Hosts, Limits};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use respond::secret::{Reference, Secrets};
use respond::{Autofixed, CodePlace, Grouping, Mode, Options};
use triage::Triage;

use crate::cli::{self, Detections};
use crate::commands::triage_input::{ready_rules, settings};
use crate::config::Loaded;
use crate::config::serve::{self, Serve};
use crate::{live, needs, selection};

/// How the engine behaves.
pub fn engine(loaded: &Loaded) -> Options {
    let (serve, policies) = (&loaded.config.serve, &loaded.config.keypolicy);
    let seconds = |n: u32| SignedDuration::from_secs(n.into());
    let (minutes, hours) =
        (|n: u32| SignedDuration::from_mins(n.into()), |n: u32| SignedDuration::from_hours(n.into()));
    let incidents = &serve.incident_destinations;
    let code =
        serve.code.iter().map(|(name, place)| (name.clone(), CodePlace { file: place.file.clone(), line: place.line }));
    Options {
        mode: match serve.mode {
            serve::Mode::Observe => Mode::Observe,
            serve::Mode::Act => Mode::Act,
        },
        grouping: match serve.group {
            serve::Group::Finding => Grouping::Finding,
            serve::Group::ControlAccount => Grouping::ControlAndAccount,
            serve::Group::Control => Grouping::Control,
        },
        destinations: serve.destinations.clone(),
        incident_destinations: if incidents.is_empty() { serve.destinations.clone() } else { incidents.clone() },
        autofixed: match serve.autofixed {
            serve::Autofixed::OpenAndClose => Autofixed::OpenAndClose,
            serve::Autofixed::Open => Autofixed::Open,
            serve::Autofixed::Never => Autofixed::Never,
        },
        escalation: serve.escalation.clone(),
        code: code.collect(),
        trusted: policies.trust.iter().cloned().collect(),
        trust_inventory: policies.trust_inventory.unwrap_or(true),
        tickets_an_hour: serve.caps.tickets_an_hour.into(),
        changes_an_hour: serve.caps.changes_an_hour.into(),
        look_every: minutes(serve.times.look_minutes),
        remind_every: hours(serve.times.remind_hours),
        reminders: serve.times.reminders,
        debounce: seconds(serve.times.debounce_seconds),
        lease: seconds(serve.times.lease_seconds),
        // Looked for soon, once more, and for the last time.
        belief: [2, 5, 15].map(|part| seconds(serve.times.absence_seconds) * part / 15).to_vec(),
        accounts_every: minutes(serve.directory.minutes),
        hub_every: minutes(serve.times.hub_minutes),
        hub_full_every: hours(serve.times.hub_full_hours),
        keep: hours(serve.keep_days.saturating_mul(24)),
        seed: u64::from(std::process::id()),
        ..Options::default()
    }
}

/// How it is decided.
pub fn triage(loaded: &Loaded) -> anyhow::Result<Triage> {
    let rules = loaded.config.serve.rules.as_ref().map(|rules| loaded.path(rules));
    Ok(Triage::new(settings(loaded)?, ready_rules(rules.as_deref())?))
}

/// The detections in use.
pub fn selected(loaded: &Loaded) -> anyhow::Result<selection::Selected> {
    selection::load(&Detections { pack: Vec::new(), select: Vec::new(), ignore: Vec::new() }, loaded)
}

/// What is read of keys, by schedule and after events alike, so that a key's facts do not change with why it was read. Grants are
/// read where the configuration asks for them: they cost more than all else together.
pub fn needs(selected: &selection::Selected, loaded: &Loaded) -> anyhow::Result<aws::Needs> {
    let (_, plan) = live::wishes(&cli::Live::default(), loaded, needs::of_choice(selected, false))?;
    Ok(plan.needs)
}

/// The same, as the API shows them.
pub fn catalog(selected: &selection::Selected) -> Catalog {
    Catalog::new(selected.detections.clone())
}

/// Who may come in, where it listens now: a configuration that names another address opens nothing before a restart.
pub fn gate(serve: &Serve, listens: IpAddr) -> anyhow::Result<Gate> {
    let tokens = serve.tokens.iter().map(token).collect::<anyhow::Result<Vec<Token>>>()?;
    let hosts = match (listens.is_loopback(), serve.hosts.as_slice()) {
        (true, _) => Hosts::Loopback,
        (false, []) => Hosts::Any,
        (false, named) => Hosts::Named(named.to_vec()),
    };
    Ok(Gate { tokens: Tokens::new(tokens), open: serve.open_on_loopback && listens.is_loopback(), hosts })
}

fn token(token: &serve::Token) -> anyhow::Result<Token> {
    let about = || format!("token `{}`", token.name);
    let role = match token.role {
        serve::RoleName::Viewer => Role::Viewer,
        serve::RoleName::Responder => Role::Responder,
        serve::RoleName::Approver => Role::Approver,
        serve::RoleName::Administrator => Role::Administrator,
    };
    let digest = TokenDigest::parse(&token.sha256).with_context(about)?;
    // The day named is the last on which it holds.
    let end = |day: &String| -> anyhow::Result<Timestamp> {
        let day: jiff::civil::Date = day.parse()?;
        Ok(day.tomorrow()?.to_zoned(TimeZone::UTC)?.timestamp())
    };
    let expires = token.expires.as_ref().map(end).transpose().with_context(about)?;
    Ok(Token { name: token.name.clone(), role, digest, expires })
}

/// Who may hand findings in by signature: their secrets are read now.
pub async fn hooks(serve: &Serve, secrets: &Secrets) -> anyhow::Result<Hooks> {
    let mut all = Vec::new();
    for hook in &serve.hooks {
        let about = || format!("the secret of the hook `{}`", hook.name);
        let reference: Reference = hook.secret.parse().with_context(about)?;
        let secret = secrets.get(&reference).await.with_context(about)?;
        all.push(HookSecret { name: hook.name.clone(), secret: secret.reveal().as_bytes().to_vec() });
    }
    Ok(Hooks { secrets: Arc::new(all) })
}

/// The API's bounds.
pub fn limits(limits: &serve::Limits) -> Limits {
    let (number, seconds) = (|n: u32| usize::try_from(n).unwrap_or(usize::MAX), |n: u32| Duration::from_secs(n.into()));
    Limits {
        connections: number(limits.connections),
        requests: number(limits.requests),
        header_time: seconds(limits.header_seconds),
        request_time: seconds(limits.request_seconds),
        connection_time: seconds(limits.connection_seconds),
        ..Limits::default()
    }
}

/// Who answers.
pub fn about(loaded: &Loaded, holder: &str, started: Timestamp) -> About {
    let serve = &loaded.config.serve;
    let mut destinations: Vec<String> =
        serve.destinations.iter().chain(&serve.incident_destinations).cloned().collect();
    destinations.sort();
    destinations.dedup();
    About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        mode: mode(serve).to_owned(),
        holder: holder.to_owned(),
        started,
        destinations,
        held: loaded.config.triage.hold.iter().map(|effect| effect.name().to_owned()).collect(),
    }
}

/// The mode's name.
pub fn mode(serve: &Serve) -> &'static str {
    match serve.mode {
        serve::Mode::Observe => "observe",
        serve::Mode::Act => "act",
    }
}

/// The name under which this process takes jobs: no other process may have it.
pub fn holder(serve: &Serve) -> String {
    let named = serve.name.clone().or_else(|| std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty()));
    format!("{}/{}", named.unwrap_or_else(|| "keyreeve".to_owned()), std::process::id())
}

/// The store's file; `None` for one in memory.
pub fn store_path(loaded: &Loaded) -> Option<PathBuf> {
    let name = &loaded.config.serve.store;
    (name != ":memory:").then(|| loaded.path(name.as_ref()))
}
