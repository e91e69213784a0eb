//! `keys list` and `keys show`: keys as the KMS console shows them.

use std::path::PathBuf;

use anyhow::Context as _;
use finding::snapshot::{self, Entry, Reader};
use finding::{FactContext, Resource};
use jiff::Timestamp;

use super::keys_view::{KEY_COLUMNS, Look, Row, STORE_COLUMNS, fitting, key_page, key_row, store_row};
use super::verdicts;
use crate::cli::{Detections, Input, KeyKind, Keys, Plain, TableOutput, Terminal};
use crate::config::Loaded;
use crate::errors::Problems;
use crate::exit::{NothingSelected, Status};
use crate::{accounts, disk, output, policies, selection};

/// Shows what was asked for.
pub fn run(asked: &Keys) -> anyhow::Result<Status> {
    match asked {
        Keys::List { input, kind, output } => {
            let (source, loaded) = match input.is_live()? {
                true => {
                    let loaded = Loaded::find(None)?;
                    (live::list(input, *kind, &loaded, &output.terminal)?, loaded)
                }
                false => (Source::files(input)?, Loaded::default()),
            };
            list(source, &loaded, *kind, output)
        }
        Keys::Show { key, input, detections, config, output } => {
            let loaded = Loaded::find(config.config.as_deref())?;
            let source = match input.is_live()? {
                true => live::show(input, key, &loaded, &output.terminal)?,
                false => Source::files(input)?,
            };
            show(key, source, detections, &loaded, output)
        }
    }
}

/// Where keys come from.
struct Source {
    files: Vec<PathBuf>,
    /// An inventory that was just taken.
    taken: Option<std::fs::File>,
    now: Option<Timestamp>,
}

impl Source {
    fn files(input: &Input) -> anyhow::Result<Self> {
        let files = input.snapshots.iter().map(|path| disk::snapshots(path)).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self { files: files.concat(), taken: None, now: input.now })
    }
}

/// Reads AWS: only what is shown.
#[cfg(feature = "live")]
mod live {
    use aws::Needs;

    use super::{Input, KeyKind, Source};
    use crate::cli::Terminal;
    use crate::config::Loaded;
    use crate::live::Live;

    pub fn list(input: &Input, kind: KeyKind, loaded: &Loaded, terminal: &Terminal) -> anyhow::Result<Source> {
        let stores = matches!(kind, KeyKind::Stores | KeyKind::All);
        let live = Live::connect(&input.live, loaded, Needs { stores, ..Needs::LISTS }, terminal)?;
        Ok(Source { files: Vec::new(), taken: Some(live.take()?.file), now: input.now })
    }

    pub fn show(input: &Input, key: &str, loaded: &Loaded, terminal: &Terminal) -> anyhow::Result<Source> {
        let needs = Needs { grants: true, rotations: true, ..Needs::SNAPSHOT };
        let live = Live::connect(&input.live, loaded, needs, terminal)?.only(key);
        Ok(Source { files: Vec::new(), taken: Some(live.take()?.file), now: input.now })
    }
}

#[cfg(not(feature = "live"))]
mod live {
    use super::{Input, KeyKind, Source};
    use crate::cli::Terminal;
    use crate::config::Loaded;

    const NONE: &str =
        "name a snapshot, for example examples/acme, or `-` for standard input: this build does not read AWS";

    pub fn list(_: &Input, _: KeyKind, _: &Loaded, _: &Terminal) -> anyhow::Result<Source> {
        anyhow::bail!(NONE)
    }

    pub fn show(_: &Input, _: &str, _: &Loaded, _: &Terminal) -> anyhow::Result<Source> {
        anyhow::bail!(NONE)
    }
}

const KEY: &str = "AWS.KMS.Key";
const STORE: &str = "AWS.KMS.CustomKeyStore";

/// The tables, in the console's order of tabs.
#[derive(Default)]
struct Tables {
    aws: Vec<Row>,
    customer: Vec<Row>,
    stores: Vec<Row>,
}

fn list(source: Source, loaded: &Loaded, kind: KeyKind, output: &TableOutput) -> anyhow::Result<Status> {
    if output.format != Plain::Pretty {
        return list_json(source, loaded, kind, output);
    }
    let mut tables = Tables::default();
    let status = each(source, &output.terminal, loaded, |resource, context| {
        let look = Look { resource, context: *context };
        match table_of(&look) {
            Some(KeyKind::Aws) => tables.aws.push(key_row(&look)),
            Some(KeyKind::Customer) => tables.customer.push(key_row(&look)),
            Some(KeyKind::Stores) => tables.stores.push(store_row(&look)),
            _ => {}
        }
        Ok(())
    })?;
    let all = [
        (KeyKind::Aws, "AWS managed keys", &KEY_COLUMNS[..], tables.aws),
        (KeyKind::Customer, "Customer managed keys", &KEY_COLUMNS[..], tables.customer),
        (KeyKind::Stores, "Custom key stores", &STORE_COLUMNS[..], tables.stores),
    ];
    let mut text = String::new();
    for (of, title, columns, rows) in all {
        if kind != KeyKind::All && kind != of {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{title} ({})\n\n", rows.len()));
        text.push_str(&fitting(columns, rows, usize::from(output::width())));
    }
    output::print(&text)?;
    Ok(status)
}

/// The tab of the console where the resource is found.
fn table_of(look: &Look<'_>) -> Option<KeyKind> {
    match look.resource.kind().ok()?.as_ref() {
        KEY if look.text("KeyManager").as_deref() == Some("AWS") => Some(KeyKind::Aws),
        KEY => Some(KeyKind::Customer),
        STORE => Some(KeyKind::Stores),
        _ => None,
    }
}

/// The resources as they are written, a line each or in an array.
fn list_json(source: Source, loaded: &Loaded, kind: KeyKind, asked: &TableOutput) -> anyhow::Result<Status> {
    let mut first = true;
    let status = each(source, &asked.terminal, loaded, |resource, context| {
        let of = table_of(&Look { resource, context: *context });
        if of.is_some() && (kind == KeyKind::All || of == Some(kind)) {
            let text = resource.record().text().trim();
            match asked.format {
                Plain::Json => output::print(&format!("{}{text}", if first { "[\n" } else { ",\n" }))?,
                _ => output::print(&(text.replace('\n', " ") + "\n"))?,
            }
            first = false;
        }
        Ok(())
    })?;
    if asked.format == Plain::Json {
        output::print(if first { "[]\n" } else { "\n]\n" })?;
    }
    Ok(status)
}

fn show(
    key: &str,
    source: Source,
    detections: &Detections,
    loaded: &Loaded,
    asked: &TableOutput,
) -> anyhow::Result<Status> {
    let selected = selection::load(detections, loaded)?;
    let mut pages: Vec<String> = Vec::new();
    let status = each(source, &asked.terminal, loaded, |resource, context| {
        let look = Look { resource, context: *context };
        if is_called(&look, key) {
            pages.push(match asked.format {
                Plain::Pretty => key_page(&look) + &verdicts::on(resource, context, &selected)?,
                _ => resource.record().text().trim().replace('\n', " ") + "\n",
            });
        }
        Ok(())
    })?;
    if pages.is_empty() {
        return Err(NothingSelected(format!(
            "no key `{key}` among the keys given: name it by key id, ARN or alias (`keyreeve keys list` shows them)"
        ))
        .into());
    }
    output::print(&pages.join("\n"))?;
    Ok(status)
}

fn is_called(look: &Look<'_>, name: &str) -> bool {
    let fields = ["KeyId", "Arn", "CustomKeyStoreId", "CustomKeyStoreName"];
    fields.iter().any(|field| look.text(field).as_deref() == Some(name))
        || look.strings("Aliases").iter().any(|alias| alias == name || alias.strip_prefix("alias/") == Some(name))
}

/// Hands every resource of a snapshot, or of a folder of them, to `look`.
pub fn each_in(
    path: &std::path::Path,
    terminal: &Terminal,
    loaded: &Loaded,
    look: impl FnMut(&Resource<'_>, &FactContext<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Status> {
    each(Source { files: disk::snapshots(path)?, taken: None, now: None }, terminal, loaded, look)
}

/// Hands every resource of an inventory that was just taken to `look`.
#[cfg(feature = "live")]
pub fn each_taken(
    taken: std::fs::File,
    terminal: &Terminal,
    loaded: &Loaded,
    look: impl FnMut(&Resource<'_>, &FactContext<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Status> {
    each(Source { files: Vec::new(), taken: Some(taken), now: None }, terminal, loaded, look)
}

/// Hands every resource to `look`; 2 if something was not valid, 4 if something was not whole.
fn each(
    source: Source,
    terminal: &Terminal,
    loaded: &Loaded,
    mut look: impl FnMut(&Resource<'_>, &FactContext<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Status> {
    let mut status = Status::Clean;
    for file in &source.files {
        let reading = || format!("reading {}", disk::shown(file));
        let opened = disk::open(file).with_context(reading)?;
        let ended =
            each_of(opened, &disk::shown(file), terminal, source.now, loaded, &mut look).with_context(reading)?;
        status = status.max(ended);
    }
    if let Some(taken) = source.taken {
        status = status.max(each_of(taken, "AWS", terminal, source.now, loaded, &mut look)?);
    }
    Ok(status)
}

fn each_of(
    opened: impl std::io::Read,
    name: &str,
    terminal: &Terminal,
    now: Option<Timestamp>,
    loaded: &Loaded,
    look: &mut impl FnMut(&Resource<'_>, &FactContext<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Status> {
    let (prologue, batches) = snapshot::open(opened, accounts::configured(&loaded.config)?)?;
    let taken = prologue.header.as_ref().map(|header| header.collected_at);
    let policies = policies::reader(&loaded.config, &prologue.accounts);
    let now = now.or(taken).unwrap_or_else(Timestamp::now);
    let context = FactContext::new(now, &prologue.accounts).reading(&policies);
    let mut reader = Reader::new([]);
    let (mut problems, mut failed) = (Problems { kept: prologue.problems, more: 0 }, None);
    let mut unread = prologue.errors;
    for batch in batches {
        match batch {
            Ok(batch) => reader.read(&batch, |entry| match entry {
                Entry::Resource(resource, text) if failed.is_none() => match resource.kind() {
                    Ok(_) => failed = look(resource, &context).err(),
                    Err(error) => problems
                        .push(snapshot::Problem { place: None, message: format!("line {}: {error}", text.line) }),
                },
                Entry::Problem(problem) => problems.push(problem),
                Entry::Error(error) if unread.len() < snapshot::MAX_ERRORS => unread.push(error),
                Entry::Error(_) | Entry::Resource(..) => {}
            }),
            Err(problem) => problems.push(problem),
        }
        if let Some(error) = failed {
            return Err(error);
        }
    }
    let mut tally = prologue.tally;
    tally.add(reader.tally());
    let missing = tally.missing(prologue.header.as_ref());
    for problem in problems.kept.iter().chain(&missing) {
        output::complain_of(name, problem);
    }
    if let Some(problem) = problems.untold() {
        output::complain_of(name, &problem);
    }
    unread.iter().for_each(|error| output::complain(terminal, error));
    Ok(match (problems.kept.is_empty(), missing.is_empty() && unread.is_empty()) {
        (false, _) => Status::Invalid,
        (true, false) => Status::Incomplete,
        (true, true) => Status::Clean,
    })
}
