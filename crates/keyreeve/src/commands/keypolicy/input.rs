//! Key policies from files, from standard input and from snapshots, and what is known beside them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use finding::{ErrorRecord, FactContext, Resource, ResourceRef};
use keypolicy::Setting;
use keypolicy::context::Context;
use keypolicy::policy::READ_LIMIT;

use super::live;
use crate::cli::{PolicyContext, PolicyLint, Terminal};
use crate::commands::keys;
use crate::commands::keys_view::Look;
use crate::config::Loaded;
use crate::disk;
use crate::exit::Status;

/// A policy to look at.
pub struct Source {
    /// The file, where the text is all of one.
    pub file: Option<PathBuf>,
    /// What it belongs to: the file, or the key.
    pub resource: ResourceRef,
    /// The text.
    pub text: String,
    /// What is known beside it.
    pub context: Context,
}

/// What reading all of it came to.
#[derive(Default)]
pub struct Read {
    /// What could not be read or is not valid.
    pub errors: Vec<ErrorRecord>,
    /// Whether something is not valid.
    pub invalid: bool,
    /// Whether something could not be read when the snapshot was taken.
    pub incomplete: bool,
}

/// Hands every policy to `look`. A file that cannot be read becomes an error, and the others are read.
pub fn each(asked: &PolicyLint, loaded: &Loaded, mut look: impl FnMut(Source)) -> anyhow::Result<Read> {
    let files = &asked.files;
    let (about, terminal) = (&asked.about, &asked.output.terminal);
    let given = Context { bypass_lockout_check: asked.bypass_lockout_check.then_some(true), ..context(about, loaded)? };
    let mut read = Read::default();
    for file in files {
        if let Some(arn) = file.to_str().filter(|name| name.starts_with("arn:")) {
            live::key(arn, asked, loaded, |resource, facts| key(resource, facts, &given, &mut read, &mut look))?;
            continue;
        }
        let ended = match is_snapshot(file) {
            Ok(true) => snapshot(file, &given, terminal, loaded, &mut read, &mut look),
            Ok(false) => policy(file, &given, &mut look),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = ended {
            read.invalid = true;
            let message = format!("{error:#}");
            read.errors.push(ErrorRecord { message, file: Some(disk::shown(file)), ..ErrorRecord::default() });
        }
    }
    Ok(read)
}

/// What the command line and the configuration say.
pub fn context(about: &PolicyContext, loaded: &Loaded) -> anyhow::Result<Context> {
    let configured = &loaded.config.keypolicy;
    let existing = about.existing.as_deref().map(arns).transpose()?;
    let key = Setting {
        account: about.account.clone(),
        partition: about.partition.clone(),
        region: about.region.clone(),
        key_spec: about.key_spec.clone(),
        key_usage: about.key_usage.clone(),
        origin: about.origin.clone(),
        multi_region: about.multi_region,
        trusted: about.trust.iter().chain(&configured.trust).cloned().collect(),
        ..Setting::default()
    };
    Ok(Context {
        key,
        caller: about.caller.clone(),
        root_usable: about.root_usable.or(configured.root_usable),
        existing,
        ..Context::default()
    })
}

fn arns(path: &Path) -> anyhow::Result<BTreeSet<String>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(text.lines().map(str::trim).filter(|line| line.starts_with("arn:")).map(str::to_owned).collect())
}

/// How much of a file tells what it is.
const TELLING: u64 = 4096;

/// Whether a path holds resources rather than one policy.
fn is_snapshot(path: &Path) -> io::Result<bool> {
    if path == Path::new("-") {
        return Ok(false);
    }
    let name = path.to_string_lossy();
    if fs::metadata(path)?.is_dir() || [".jsonl", ".zst", ".gz"].iter().any(|ending| name.ends_with(ending)) {
        return Ok(true);
    }
    let mut start = Vec::new();
    fs::File::open(path)?.take(TELLING).read_to_end(&mut start)?;
    let start = String::from_utf8_lossy(&start);
    Ok(start.contains("\"ResourceType\"")
        || start.contains("\"kind\":\"header\"")
        || start.contains("\"kind\": \"header\""))
}

fn policy(path: &Path, given: &Context, look: &mut impl FnMut(Source)) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    let most = READ_LIMIT as u64 + 1;
    match path == Path::new("-") {
        true => io::stdin().take(most).read_to_end(&mut bytes),
        false => fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    }
    .context("reading the policy")?;
    if bytes.len() > READ_LIMIT {
        anyhow::bail!("the policy has more than {READ_LIMIT} bytes; AWS takes 32,768");
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        anyhow::anyhow!("byte {} is not UTF-8: save the file as UTF-8", error.utf8_error().valid_up_to())
    })?;
    let name = disk::shown(path);
    let file = (path != Path::new("-")).then(|| path.to_owned());
    look(Source { file, resource: reference(&name), text, context: given.clone() });
    Ok(())
}

fn reference(name: &str) -> ResourceRef {
    ResourceRef {
        id: name.to_owned(),
        kind: "AWS.KMS.KeyPolicy".to_owned(),
        account_id: String::new(),
        region: String::new(),
        name: name.to_owned(),
        description: String::new(),
        account_name: String::new(),
        team: String::new(),
        environment: String::new(),
    }
}

fn snapshot(
    path: &Path,
    given: &Context,
    terminal: &Terminal,
    loaded: &Loaded,
    read: &mut Read,
    look: &mut impl FnMut(Source),
) -> anyhow::Result<()> {
    let status = keys::each_in(path, terminal, loaded, |resource, facts| {
        if resource.kind()? == "AWS.KMS.Key" {
            key(resource, facts, given, read, look)?;
        }
        Ok(())
    })?;
    read.invalid |= status == Status::Invalid;
    read.incomplete |= status == Status::Incomplete;
    Ok(())
}

fn key(
    resource: &Resource<'_>,
    facts: &FactContext<'_>,
    given: &Context,
    read: &mut Read,
    look: &mut impl FnMut(Source),
) -> anyhow::Result<()> {
    let seen = Look { resource, context: *facts };
    let reference = resource.reference(facts)?;
    if let Some(unknown) = resource.unknown_fact("Policy") {
        read.incomplete = true;
        read.errors.push(ErrorRecord {
            message: format!("the policy of {} could not be read: {} {}", reference.id, unknown.code, unknown.message),
            account_id: Some(reference.account_id),
            region: Some(reference.region),
            operation: Some(unknown.operation.clone()),
            ..ErrorRecord::default()
        });
        return Ok(());
    }
    let Some(text) = seen.text("Policy") else { return Ok(()) };
    let arn = reference.id.clone();
    let field = |at| arn.split(':').nth(at).filter(|field| !field.is_empty()).map(str::to_owned);
    let key = Setting {
        account: field(4).or_else(|| given.key.account.clone()),
        partition: field(1).or_else(|| given.key.partition.clone()),
        region: field(3).or_else(|| given.key.region.clone()),
        key_spec: seen.text("KeySpec"),
        key_usage: seen.text("KeyUsage"),
        origin: seen.text("Origin"),
        multi_region: resource.record().get("MultiRegion").and_then(|it| it.as_bool()),
        ..given.key.clone()
    };
    let context = Context {
        key,
        shared_by_ram: resource.record().get("RamPolicy").map(|it| it.as_str().is_some()),
        grants: keypolicy::reader::grants(resource.record().get("Grants")),
        ..given.clone()
    };
    look(Source { file: None, resource: reference, text, context });
    Ok(())
}
