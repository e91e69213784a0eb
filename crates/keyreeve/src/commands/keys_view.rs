//! Keys as the KMS console shows them: a row of the table, the page of one key.

use std::fmt::Write as _;

use finding::resource::Small;
use finding::{Fact, FactContext, Resource};
use source::record::{Kind, Raw};

/// A row of the table: alias, key id, status, key spec, key usage, and where it is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Account, then region: how the rows are put in order.
    pub place: (String, String),
    /// Alias, or the store's name.
    pub name: String,
    /// Key id, or the store's.
    pub id: String,
    /// Status, key spec, key usage; or the store's state and type.
    pub rest: Vec<String>,
}

/// The columns of a table of keys.
pub const KEY_COLUMNS: [&str; 7] = ["Aliases", "Key ID", "Status", "Key spec", "Key usage", "Account", "Region"];

/// The columns of a table of custom key stores.
pub const STORE_COLUMNS: [&str; 6] = ["Name", "Custom key store ID", "Status", "Type", "Account", "Region"];

/// The row of a key.
pub fn key_row(look: &Look<'_>) -> Row {
    let aliases = look.strings("Aliases");
    let name = match aliases.as_slice() {
        [] => look.missing("Aliases").unwrap_or_else(|| "-".to_owned()),
        [only] => only.clone(),
        [first, others @ ..] => format!("{first} (+{} more)", others.len()),
    };
    let rest = vec![look.status(), look.or_dash("KeySpec"), usage(&look.or_dash("KeyUsage")).to_owned()];
    Row { place: look.place(), name, id: look.or_dash("KeyId"), rest }
}

/// The row of a custom key store.
pub fn store_row(look: &Look<'_>) -> Row {
    let rest =
        vec![words(&look.or_dash("ConnectionState")), store_type(&look.or_dash("CustomKeyStoreType")).to_owned()];
    Row { place: look.place(), name: look.or_dash("CustomKeyStoreName"), id: look.or_dash("CustomKeyStoreId"), rest }
}

/// The rows as one table where the width allows it, else as a table for every account and region: in the console's words, else in
/// shorter ones, and names that have no room beside the rest stand on a line of their own. Names and ids are never cut.
pub fn fitting(columns: &[&str], mut rows: Vec<Row>, width: usize) -> String {
    rows.sort();
    let whole = table(columns, &rows.iter().map(Row::cells).collect::<Vec<_>>());
    if fits(&whole, width) {
        return whole;
    }
    let columns = &columns[..columns.len().saturating_sub(2)];
    let mut text = grouped(columns, &rows, None);
    for shorten in [Row::shorten, Row::shorten_more] {
        if fits(&text, width) {
            return text;
        }
        rows.iter_mut().for_each(shorten);
        text = grouped(columns, &rows, None);
    }
    if fits(&text, width) { text } else { grouped(columns, &rows, Some(width)) }
}

fn fits(text: &str, width: usize) -> bool {
    text.lines().all(|line| line.chars().count() <= width)
}

/// A table for every account and region; with a width, names that do not fit stand on lines of their own.
fn grouped(columns: &[&str], rows: &[Row], width: Option<usize>) -> String {
    let mut text = String::new();
    for group in rows.chunk_by(|a, b| a.place == b.place) {
        let Some(Row { place: (account, region), .. }) = group.first() else { continue };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{} {}\n", report::escape_terminal(account), report::escape_terminal(region)));
        let cells: Vec<Vec<String>> = group.iter().map(Row::cells).collect();
        text.push_str(&match width {
            None => table(columns, &cells),
            Some(width) => broken(columns, &cells, width),
        });
    }
    text
}

/// The narrowest column that names and other cells share; below it every name has a line of its own.
const MIN_NAME: usize = 16;

/// A table whose longest names stand above the rest of their rows.
fn broken(columns: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let others =
        columns.iter().enumerate().skip(1).map(|(index, name)| 2 + widest(rows, index).max(name.chars().count()));
    let room = width.saturating_sub(others.sum::<usize>());
    let room = if room < MIN_NAME { 0 } else { room };
    let mut lines = Vec::new();
    for row in std::iter::once(columns.iter().map(|name| (*name).to_owned()).collect()).chain(rows.iter().cloned()) {
        let mut row: Vec<String> = row;
        let name = row.first_mut().map(std::mem::take).unwrap_or_default();
        if name.chars().count() > room {
            lines.push(vec![name]);
        } else if let Some(first) = row.first_mut() {
            *first = name;
        }
        lines.push(row);
    }
    let alone: Vec<bool> = lines.iter().map(|line| line.len() == 1).collect();
    let shared: Vec<Vec<String>> = lines.iter().filter(|line| line.len() > 1).cloned().collect();
    let Some((head, rest)) = shared.split_first() else { return String::new() };
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let aligned = table(&head, rest);
    let mut aligned = aligned.lines();
    let mut text = String::new();
    for (line, alone) in lines.iter().zip(alone) {
        let shown =
            if alone { line.first().map(|name| report::escape_terminal(name)) } else { aligned.next().map(Into::into) };
        text.push_str(&shown.unwrap_or_default());
        text.push('\n');
    }
    text
}

fn widest(rows: &[Vec<String>], column: usize) -> usize {
    rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
}

impl Row {
    /// Says status, key spec and key usage in fewer characters.
    fn shorten(&mut self) {
        for cell in &mut self.rest {
            let short = match cell.as_str() {
                "Pending deletion" => "Pend. deletion",
                "Pending replica deletion" => "Pend. replica del.",
                "SYMMETRIC_DEFAULT" => "SYMMETRIC",
                "ECC_NIST_EDWARDS25519" => "ED25519",
                "Encrypt and decrypt" => "Encrypt",
                "Sign and verify" => "Sign",
                "Generate and verify MAC" => "MAC",
                "Key agreement" => "Agreement",
                "Encapsulate and decapsulate" => "Encapsulate",
                _ => continue,
            };
            *cell = short.to_owned();
        }
    }

    /// Says it in fewer still, and aliases without `alias/`, as the console has them.
    fn shorten_more(&mut self) {
        if let Some(name) = self.name.strip_prefix("alias/") {
            self.name = name.to_owned();
        }
        for cell in &mut self.rest {
            let short = match cell.as_str() {
                "Pend. deletion" => "Pend. del.",
                "Pend. replica del." => "Replica del.",
                "Encapsulate" => "KEM",
                unknown if unknown.starts_with("unknown (") => "unknown",
                curve => match curve.strip_prefix("ECC_") {
                    Some(curve) => curve,
                    None => continue,
                },
            };
            *cell = short.to_owned();
        }
    }

    /// The cells in the order of the columns.
    pub fn cells(&self) -> Vec<String> {
        let (account, region) = &self.place;
        [&self.name, &self.id].into_iter().chain(&self.rest).chain([account, region]).cloned().collect()
    }
}

/// A resource that is looked at, field by field.
pub struct Look<'r> {
    /// The resource.
    pub resource: &'r Resource<'r>,
    /// The clock and the accounts.
    pub context: FactContext<'r>,
}

impl Look<'_> {
    /// The value of a field as one line of text; `None` where it is absent or null.
    pub fn text(&self, field: &str) -> Option<String> {
        match self.resource.fact(field, &self.context) {
            Fact::Json(raw) => shown(raw),
            Fact::Computed(Small::Null) => None,
            Fact::Computed(Small::Bool(value)) => Some(value.to_string()),
            Fact::Computed(Small::Int(value)) => Some(value.to_string()),
            Fact::Computed(Small::Text(text)) => Some(text.to_owned()),
            Fact::Unknown(fact) => Some(format!("unknown: {} was refused ({})", fact.operation, fact.code)),
            Fact::Listed(found) => (!found.is_empty()).then(|| found.join("; ")),
            Fact::Invalid(invalid) => Some(format!("unknown: {invalid}")),
            Fact::Open(open) => Some(format!("unknown: {open}")),
            Fact::Absent => None,
        }
    }

    /// Why a field is not known; `None` where it is.
    fn missing(&self, field: &str) -> Option<String> {
        self.resource.unknown_fact(field).map(|fact| format!("unknown ({})", fact.code))
    }

    fn or_dash(&self, field: &str) -> String {
        self.missing(field).or_else(|| self.text(field)).unwrap_or_else(|| "-".to_owned())
    }

    /// The value of a field as JSON; `None` where it is not known or not there.
    pub fn json(&self, field: &str) -> Option<Raw<'_>> {
        match self.resource.fact(field, &self.context) {
            Fact::Json(raw) if !raw.is_null() => Some(raw),
            _ => None,
        }
    }

    /// The strings of a list.
    pub fn strings(&self, field: &str) -> Vec<String> {
        self.json(field).map(|raw| raw.elements().filter_map(shown).collect()).unwrap_or_default()
    }

    /// The console's word for the key's state.
    pub fn status(&self) -> String {
        match self.or_dash("KeyState").as_str() {
            "PendingDeletion" => "Pending deletion".to_owned(),
            "PendingReplicaDeletion" => "Pending replica deletion".to_owned(),
            "PendingImport" => "Pending import".to_owned(),
            other => other.to_owned(),
        }
    }

    fn place(&self) -> (String, String) {
        let text =
            |found: Option<std::borrow::Cow<'_, str>>| found.map(std::borrow::Cow::into_owned).unwrap_or_default();
        (text(self.resource.account_id()), text(self.resource.region()))
    }
}

/// A value as one line: strings as they are, lists separated by commas, everything else as JSON.
fn shown(raw: Raw<'_>) -> Option<String> {
    match raw.kind() {
        Kind::Null => None,
        Kind::String => raw.as_str()?.ok().map(|text| text.into_owned()),
        Kind::Array => Some(raw.elements().filter_map(shown).collect::<Vec<_>>().join(", ")),
        _ => Some(raw.text().to_owned()),
    }
}

/// The console's words for a key usage.
pub fn usage(name: &str) -> &str {
    match name {
        "ENCRYPT_DECRYPT" => "Encrypt and decrypt",
        "SIGN_VERIFY" => "Sign and verify",
        "GENERATE_VERIFY_MAC" => "Generate and verify MAC",
        "KEY_AGREEMENT" => "Key agreement",
        "ENCAPSULATE_DECAPSULATE" => "Encapsulate and decapsulate",
        other => other,
    }
}

fn store_type(name: &str) -> &str {
    match name {
        "AWS_CLOUDHSM" => "AWS CloudHSM",
        "EXTERNAL_KEY_STORE" => "External key store",
        other => other,
    }
}

/// The console's words for an origin.
fn origin(name: &str) -> &str {
    match name {
        "AWS_KMS" => "AWS KMS",
        "EXTERNAL" => "External (Import key material)",
        "AWS_CLOUDHSM" => "AWS CloudHSM key store",
        "EXTERNAL_KEY_STORE" => "External key store",
        other => other,
    }
}

/// `DISCONNECTED` as `Disconnected`.
fn words(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_string() + &characters.as_str().to_lowercase())
}

/// The console's key type.
fn key_type(spec: &str) -> &'static str {
    match spec {
        "SYMMETRIC_DEFAULT" => "Symmetric",
        hmac if hmac.starts_with("HMAC_") => "HMAC",
        "-" => "-",
        _ => "Asymmetric",
    }
}

/// Aligned columns, two spaces apart; the last one is as wide as it is. Control characters never come through.
pub fn table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| report::escape_terminal(cell).into_owned()).collect()).collect();
    let widths: Vec<usize> =
        columns.iter().enumerate().map(|(column, name)| widest(&rows, column).max(name.chars().count())).collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut padded = String::new();
        for (cell, width) in cells.zip(&widths) {
            let fill = width.saturating_sub(cell.chars().count()) + 2;
            padded.push_str(cell);
            padded.extend(std::iter::repeat_n(' ', fill));
        }
        text.push_str(padded.trim_end());
        text.push('\n');
    };
    line(&mut columns.iter().copied());
    for row in &rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

/// The page of one key: the console's tabs one under the other.
pub fn key_page(look: &Look<'_>) -> String {
    let mut page = String::new();
    section(
        &mut page,
        "General configuration",
        &[
            ("Aliases", list(look, "Aliases")),
            ("Key ID", look.text("KeyId")),
            ("ARN", look.text("Arn")),
            ("Status", Some(look.status())),
            ("Description", look.text("Description").filter(|text| !text.is_empty())),
            ("Creation date", look.text("CreationDate")),
            ("Deletion date", look.text("DeletionDate")),
            (
                "Managed by",
                look.text("KeyManager").map(|manager| if manager == "AWS" { "AWS" } else { "Customer" }.to_owned()),
            ),
            ("Regionality", Some(regionality(look))),
            ("Account", account(look)),
            ("Last used", last_use(look)),
        ],
    );
    section(
        &mut page,
        "Cryptographic configuration",
        &[
            ("Key type", Some(key_type(&look.or_dash("KeySpec")).to_owned())),
            ("Origin", look.text("Origin").map(|name| origin(&name).to_owned())),
            ("Key spec", look.text("KeySpec")),
            ("Key usage", look.text("KeyUsage").map(|name| usage(&name).to_owned())),
            ("Encryption algorithms", list(look, "EncryptionAlgorithms")),
            ("Signing algorithms", list(look, "SigningAlgorithms")),
            ("MAC algorithms", list(look, "MacAlgorithms")),
            ("Key agreement algorithms", list(look, "KeyAgreementAlgorithms")),
            ("Key material expires", look.text("ValidTo")),
            ("Custom key store", look.text("CustomKeyStoreId")),
            ("Key store state", look.text("CustomKeyStoreConnectionState").map(|state| words(&state))),
        ],
    );
    section(
        &mut page,
        "Key rotation",
        &[
            ("Automatic rotation", Some(rotation(look))),
            ("Rotation period", look.text("RotationPeriodInDays").map(|days| format!("{days} days"))),
            ("Next rotation", look.text("NextRotationDate")),
            ("On-demand rotation", look.text("OnDemandRotationStartDate").map(|date| format!("started {date}"))),
            ("Past rotations", past_rotations(look)),
        ],
    );
    tags(&mut page, look);
    grants(&mut page, look);
    policy(&mut page, look, "Key policy", "Policy");
    policy(&mut page, look, "Key policy managed by AWS RAM", "RamPolicy");
    page
}

fn heading(page: &mut String, title: &str) {
    if !page.is_empty() {
        page.push('\n');
    }
    page.push_str(title);
    page.push('\n');
}

fn section(page: &mut String, title: &str, lines: &[(&str, Option<String>)]) {
    heading(page, title);
    for (name, value) in lines {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = writeln!(page, "  {name:<26}{}", report::escape_terminal(value));
        }
    }
}

fn list(look: &Look<'_>, field: &str) -> Option<String> {
    let strings = look.strings(field);
    if strings.is_empty() { look.missing(field) } else { Some(strings.join(", ")) }
}

fn regionality(look: &Look<'_>) -> String {
    let Some(configuration) = look.json("MultiRegionConfiguration") else { return "Single Region".to_owned() };
    let at = |part: Option<Raw<'_>>| part.and_then(|part| part.get("Region")).and_then(shown).unwrap_or_default();
    match configuration.get("MultiRegionKeyType").and_then(shown).as_deref() {
        Some("REPLICA") => {
            format!("Multi-Region replica; the primary key is in {}", at(configuration.get("PrimaryKey")))
        }
        _ => {
            let replicas =
                configuration.get("ReplicaKeys").map(|keys| keys.elements().map(|key| at(Some(key))).collect());
            match replicas.unwrap_or_else(Vec::new).join(", ") {
                none if none.is_empty() => "Multi-Region primary, no replicas".to_owned(),
                regions => format!("Multi-Region primary; replicas in {regions}"),
            }
        }
    }
}

fn account(look: &Look<'_>) -> Option<String> {
    let reference = look.resource.reference(&look.context).ok()?;
    let mut text = reference.account_id;
    let about: Vec<String> = [reference.account_name, reference.environment, reference.team]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    if !about.is_empty() {
        let _ = write!(text, " ({})", about.join(", "));
    }
    (!text.is_empty()).then_some(text)
}

fn last_use(look: &Look<'_>) -> Option<String> {
    if let Some(missing) = look.missing("KeyLastUsage") {
        return Some(missing);
    }
    let last = look.json("KeyLastUsage")?;
    let (time, operation) = (last.get("Timestamp").and_then(shown)?, last.get("Operation").and_then(shown));
    Some(operation.map_or_else(|| time.clone(), |operation| format!("{time} ({operation})")))
}

fn rotation(look: &Look<'_>) -> String {
    match look.or_dash("KeyRotationEnabled").as_str() {
        "true" => "Enabled".to_owned(),
        "false" | "-" => "Disabled".to_owned(),
        other => other.to_owned(),
    }
}

fn past_rotations(look: &Look<'_>) -> Option<String> {
    let rotations = look.json("Rotations")?;
    let dates: Vec<String> = rotations
        .elements()
        .filter_map(|rotation| {
            let date = rotation.get("RotationDate").and_then(shown)?;
            let kind = rotation.get("RotationType").and_then(shown).unwrap_or_default();
            Some(
                format!("{} {}", date.get(..10).unwrap_or(&date), words(&kind.replace('_', "-"))).trim_end().to_owned(),
            )
        })
        .collect();
    (!dates.is_empty()).then(|| dates.join(", "))
}

fn tags(page: &mut String, look: &Look<'_>) {
    let Some(tags) = look.json("Tags") else { return };
    let tags: Vec<(String, Option<String>)> =
        tags.members().map(|(name, value)| (name.into_owned(), shown(value))).collect();
    if tags.is_empty() {
        return;
    }
    heading(page, "Tags");
    for (name, value) in tags {
        let _ = writeln!(
            page,
            "  {:<26}{}",
            report::escape_terminal(&name),
            report::escape_terminal(&value.unwrap_or_default())
        );
    }
}

fn grants(page: &mut String, look: &Look<'_>) {
    let Some(grants) = look.json("Grants") else { return };
    let rows: Vec<Vec<String>> = grants
        .elements()
        .map(|grant| {
            let part = |name: &str| grant.get(name).and_then(shown).unwrap_or_default();
            vec![format!("  {}", part("GranteePrincipal")), part("Operations"), part("Name")]
        })
        .collect();
    if !rows.is_empty() {
        heading(page, "Grants");
        page.push_str(&table(&["  Grantee", "Operations", "Name"], &rows));
    }
}

fn policy(page: &mut String, look: &Look<'_>, title: &str, field: &str) {
    let Some(text) = look.missing(field).or_else(|| look.text(field)) else { return };
    heading(page, title);
    let pretty = serde_json::from_str::<serde_json::Value>(&text).ok();
    let pretty = pretty.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or(text);
    for line in pretty.lines() {
        let _ = writeln!(page, "  {}", report::escape_terminal(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_hostile_cells_are_escaped() {
        let rows = [vec!["alias/é".to_owned(), "1".to_owned()], vec!["-".to_owned(), "\u{1b}[2J".to_owned()]];
        let text = table(&["Alias", "Id"], &rows);
        assert!(!text.contains('\u{1b}'));
        assert!(text.starts_with("Alias    Id\nalias/é  1\n-        "), "{text}");
    }

    fn row(name: &str, status: &str) -> Row {
        let rest = vec![status.to_owned(), "SYMMETRIC_DEFAULT".to_owned(), "Encrypt and decrypt".to_owned()];
        let (place, id) =
            (("1".repeat(12), "eu-north-1".to_owned()), "1234abcd-12ab-34cd-56ef-1234567890ab".to_owned());
        Row { place, name: name.to_owned(), id, rest }
    }

    #[test]
    fn words_are_shortened_as_far_as_the_width_asks_and_names_never() {
        let long = "alias/prod/terminal-exchange-of-the-northern-branches";
        let rows = || vec![row("alias/prod/db", "Enabled"), row(long, "Pending replica deletion")];
        let at = |width| fitting(&KEY_COLUMNS, rows(), width);
        assert!(at(200).starts_with("Aliases") && at(200).contains("Encrypt and decrypt  111111111111  eu-north-1"));
        assert!(at(170).starts_with("111111111111 eu-north-1\n") && at(170).contains("Pending replica deletion"));
        assert!(at(140).contains("Pend. replica del.") && at(140).contains(long), "{}", at(140));
        assert!(at(122).contains("  Replica del.  ") && at(122).contains(&long[6..]), "{}", at(122));
        let narrow = at(100);
        let lines: Vec<&str> = narrow.lines().collect();
        assert!(lines[2].starts_with("prod/db  1234abcd-"), "{narrow}");
        assert_eq!((lines[3], &lines[4][..8]), (&long[6..], "        "), "{narrow}");
        let id = |line: &str| line.find("1234abcd").unwrap_or_default();
        assert_eq!(id(lines[2]), id(lines[4]), "{narrow}");
        let narrower = at(80);
        let lines: Vec<&str> = narrower.lines().collect();
        assert_eq!(lines[1], "Aliases", "{narrower}");
        assert!(lines[2].starts_with("  Key ID") && lines[4].starts_with("  1234abcd"), "{narrower}");
        for width in [80, 100, 122, 140, 170, 200] {
            assert!(fits(&at(width), width), "{}", at(width));
        }
    }

    #[test]
    fn words_are_the_consoles() {
        assert_eq!(words("DISCONNECTED"), "Disconnected");
        assert_eq!(usage("KEY_AGREEMENT"), "Key agreement");
        assert_eq!(usage("NEW_THING"), "NEW_THING");
        assert_eq!(
            [key_type("HMAC_256"), key_type("RSA_2048"), key_type("SYMMETRIC_DEFAULT")],
            ["HMAC", "Asymmetric", "Symmetric"]
        );
    }
}
