//! The sidecar `NAME.keyreeve.yml`: what the Panther format has no place for. Its shape is described in `docs/sidecar.md`.

use source::{Node, Span};

use crate::check;
use crate::format::{PARAMETER_KEYS, SIDECAR, SOP};
use crate::parameter::{Parameter, ParameterKind, ParameterValue};
use crate::problem::{BAD_CONTROL, BAD_RANGE, BAD_VALUE, Reporter, UNKNOWN_PLACEHOLDER, WRONG_TYPE, did_you_mean};

/// What the file name of a sidecar ends in.
pub const SUFFIXES: [&str; 2] = [".keyreeve.yml", ".keyreeve.yaml"];

/// Where resources come from that a detection can judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Surface {
    /// Keys that exist.
    Live,
    /// Keys that a template or plan would make.
    Planned,
    /// Keys read again because an event spoke of them.
    Event,
}

impl Surface {
    /// All, in the order in which they are written.
    pub const ALL: [Self; 3] = [Self::Live, Self::Planned, Self::Event];

    /// The name as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Planned => "planned",
            Self::Event => "event",
        }
    }
}

/// A place in the operating procedures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sop {
    /// `5.3`.
    pub section: String,
    /// Its heading.
    pub title: String,
}

/// How to fix a finding, by the tool that is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixes {
    /// In the AWS console.
    pub console: Option<String>,
    /// With the AWS command line.
    pub command_line: Option<String>,
    /// In a CloudFormation template.
    pub cloudformation: Option<String>,
    /// In a Terraform configuration.
    pub terraform: Option<String>,
}

impl Fixes {
    /// Each fix there is with the name of its tool.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("Console", &self.console),
            ("CommandLine", &self.command_line),
            ("CloudFormation", &self.cloudformation),
            ("Terraform", &self.terraform),
        ]
        .into_iter()
        .filter_map(|(name, fix)| fix.as_deref().map(|fix| (name, fix)))
    }
}

/// A sidecar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sidecar {
    /// Its file.
    pub path: String,
    /// Which resources it can judge.
    pub surfaces: Vec<Surface>,
    /// Why it cannot judge planned resources, where it cannot.
    pub not_planned: Option<String>,
    /// Constants of the module that the configuration may change.
    pub parameters: Vec<Parameter>,
    /// `KMS.4`, `CIS-1.2.0/2.8`.
    pub controls: Vec<String>,
    /// The operating procedure that it comes from.
    pub sop: Option<Sop>,
    /// Why it matters.
    pub why: Option<String>,
    /// How to fix a finding.
    pub fixes: Fixes,
    /// Where to read more.
    pub references: Vec<String>,
}

impl Sidecar {
    /// The parameter of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

/// The path of the detection's YAML that a sidecar belongs to, without its extension; `None` when the path is no sidecar's.
#[must_use]
pub fn stem(path: &str) -> Option<&str> {
    SUFFIXES.iter().find_map(|suffix| path.strip_suffix(suffix))
}

/// What may stand in braces in the text of a fix.
pub const PLACEHOLDERS: &[&str] =
    &["AccountId", "Alias", "Arn", "CustomKeyStoreId", "KeyId", "PrimaryRegion", "Region", "ResourceId"];

/// Reads a sidecar; what is wrong is reported, and what can be read is kept.
pub(crate) fn read(reporter: &mut Reporter, node: &Node, path: &str) -> Sidecar {
    check::keys(reporter, node, SIDECAR, "");
    let text = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let fixes = node.get("Fixes");
    let fix = |key: &str| fixes.and_then(|fixes| fixes.get(key)).and_then(Node::as_str).map(str::to_owned);
    let sidecar = Sidecar {
        path: path.to_owned(),
        surfaces: surfaces(reporter, node),
        not_planned: text("NotPlanned"),
        parameters: parameters(reporter, node),
        controls: strings(node.get("Controls")),
        sop: sop(reporter, node),
        why: text("Why"),
        fixes: Fixes {
            console: fix("Console"),
            command_line: fix("CommandLine"),
            cloudformation: fix("CloudFormation"),
            terraform: fix("Terraform"),
        },
        references: strings(node.get("References")),
    };
    controls(reporter, node);
    for entry in fixes.and_then(Node::as_mapping).unwrap_or_default() {
        placeholders(reporter, &entry.value);
    }
    sidecar
}

fn strings(node: Option<&Node>) -> Vec<String> {
    let items = node.and_then(Node::as_sequence).unwrap_or_default();
    items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
}

fn surfaces(reporter: &mut Reporter, node: &Node) -> Vec<Surface> {
    let mut surfaces = Vec::new();
    for item in node.get("Surfaces").and_then(Node::as_sequence).unwrap_or_default() {
        let Some(text) = item.as_str() else { continue };
        match Surface::ALL.into_iter().find(|surface| surface.name() == text) {
            Some(surface) => surfaces.push(surface),
            None => {
                let names = Surface::ALL.map(Surface::name);
                let help = did_you_mean(text, names).unwrap_or_else(|| format!("it is one of {}", names.join(", ")));
                reporter.report(&BAD_VALUE, item.span, format!("`{text}` is no surface"), Some(help));
            }
        }
    }
    if let Some(note) = node.entry("NotPlanned").filter(|_| surfaces.contains(&Surface::Planned)) {
        let message = "`NotPlanned` says why planned resources cannot be judged, but `Surfaces` has `planned`";
        reporter.report(&BAD_VALUE, note.key.span, message, Some("leave out one of the two".to_owned()));
    }
    surfaces
}

fn sop(reporter: &mut Reporter, node: &Node) -> Option<Sop> {
    let sop = node.get("Sop").filter(|sop| !sop.is_null())?;
    check::keys(reporter, sop, SOP, "Sop");
    let text = |key: &str| sop.get(key).and_then(Node::as_str).map(str::to_owned);
    Some(Sop { section: text("Section")?, title: text("Title")? })
}

fn parameters(reporter: &mut Reporter, node: &Node) -> Vec<Parameter> {
    let entries = node.get("Parameters").and_then(Node::as_mapping).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| {
            let name = entry.key.text().unwrap_or_default();
            check::keys(reporter, &entry.value, PARAMETER_KEYS, &format!("Parameters.{name}"));
            parameter(reporter, name, &entry.value)
        })
        .collect()
}

fn parameter(reporter: &mut Reporter, name: &str, node: &Node) -> Option<Parameter> {
    let kind = ParameterKind::parse(node.get("Type")?.as_str()?)?;
    let default_node = node.get("Default")?;
    let Some(default) = ParameterValue::of_node(default_node).filter(|value| value.kind() == kind) else {
        let message = format!("the default of `{name}` must be {}, not {}", kind.described(), default_node.describe());
        reporter.report(&WRONG_TYPE, default_node.span, message, None);
        return None;
    };
    let bound = |key: &str| node.get(key).and_then(Node::as_int);
    let parameter = Parameter {
        name: name.to_owned(),
        kind,
        default,
        minimum: bound("Minimum"),
        maximum: bound("Maximum"),
        allowed: node.get("Allowed").map(|allowed| strings(Some(allowed))),
        description: node.get("Description").and_then(Node::as_str).unwrap_or_default().trim().to_owned(),
        span: default_node.span,
    };
    if parameter.minimum.zip(parameter.maximum).is_some_and(|(minimum, maximum)| minimum > maximum) {
        let message = format!("the minimum of `{name}` is greater than its maximum");
        reporter.report(&BAD_RANGE, node.span, message, None);
    } else if let Err(error) = parameter.check(&parameter.default) {
        reporter.report(&BAD_RANGE, default_node.span, format!("the default of `{name}`: {error}"), None);
    }
    Some(parameter)
}

/// `KMS.4`, `CIS-1.2.0/2.8`: a control of Security Hub, or a framework and a number within it.
fn controls(reporter: &mut Reporter, node: &Node) {
    for item in node.get("Controls").and_then(Node::as_sequence).unwrap_or_default() {
        let Some(text) = item.as_str() else { continue };
        if !is_control(text) {
            let help = "write `KMS.4`, or a framework and a number: `CIS-1.2.0/2.8`".to_owned();
            reporter.report(&BAD_CONTROL, item.span, format!("`{text}` is no control"), Some(help));
        }
    }
}

fn is_control(text: &str) -> bool {
    match text.split_once('/') {
        Some((framework, number)) => {
            let framework_fits = framework.chars().all(|it| it.is_ascii_alphanumeric() || "-._".contains(it));
            let number_fits = number.chars().all(|it| it.is_ascii_alphanumeric() || "-._()".contains(it));
            framework_fits && number_fits && !framework.is_empty() && !number.is_empty()
        }
        None => text.split_once('.').is_some_and(|(service, number)| {
            let service_fits = service.chars().all(|it| it.is_ascii_alphanumeric());
            service_fits && !service.is_empty() && !number.is_empty() && number.chars().all(|it| it.is_ascii_digit())
        }),
    }
}

/// Names in braces that nothing fills. Braces with anything else in them are the text's own.
fn placeholders(reporter: &mut Reporter, node: &Node) {
    let Some(text) = node.as_str() else { return };
    for (_, name) in names_in_braces(text) {
        if !PLACEHOLDERS.contains(&name) {
            let help = did_you_mean(name, PLACEHOLDERS.iter().copied())
                .unwrap_or_else(|| format!("known: {}", PLACEHOLDERS.join(", ")));
            let span: Span = node.span;
            reporter.report(&UNKNOWN_PLACEHOLDER, span, format!("nothing fills `{{{name}}}`"), Some(help));
        }
    }
}

/// The words in braces, each with the place of its brace: `{KeyId}`, but not `${KeyId}` nor `{ "x": 1 }`.
pub fn names_in_braces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('{').filter_map(move |(start, _)| {
        if text.get(..start).is_some_and(|before| before.ends_with('$')) {
            return None;
        }
        let name = text.get(start + 1..)?.split_once('}')?.0;
        let is_name =
            name.starts_with(|it: char| it.is_ascii_uppercase()) && name.chars().all(|it| it.is_ascii_alphanumeric());
        is_name.then_some((start, name))
    })
}
