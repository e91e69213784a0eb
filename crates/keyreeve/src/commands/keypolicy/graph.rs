//! Who can do what as a graph: principals, edges named for their powers, the key.

use keypolicy::Setting;
use keypolicy::prove::who::{Access, Holder};

use super::who_can::{POWERS, actions_of, conditions, name};

/// One edge: who, what, and whether only under conditions.
struct Edge {
    who: String,
    label: String,
    conditional: bool,
}

/// A Mermaid flowchart.
pub fn mermaid(access: &Access, setting: &Setting) -> String {
    let mut text = "flowchart LR\n    key([\"the key\"])\n".to_owned();
    for (at, edge) in edges(access, setting).iter().enumerate() {
        let arrow = if edge.conditional { "-. \"" } else { "-- \"" };
        let end = if edge.conditional { "\" .->" } else { "\" -->" };
        text.push_str(&format!("    p{at}[\"{}\"]\n", entities(&edge.who)));
        text.push_str(&format!("    p{at} {arrow}{}{end} key\n", entities(&edge.label)));
    }
    text
}

/// A graph in Graphviz's language.
pub fn dot(access: &Access, setting: &Setting) -> String {
    let mut text =
        "digraph key_policy {\n    rankdir=LR;\n    node [shape=box];\n    key [label=\"the key\", shape=oval];\n"
            .to_owned();
    for (at, edge) in edges(access, setting).iter().enumerate() {
        let style = if edge.conditional { ", style=dashed" } else { "" };
        text.push_str(&format!("    p{at} [label=\"{}\"];\n", quoted(&edge.who)));
        text.push_str(&format!("    p{at} -> key [label=\"{}\"{style}];\n", quoted(&edge.label)));
    }
    text.push_str("}\n");
    text
}

fn edges(access: &Access, setting: &Setting) -> Vec<Edge> {
    let made = access.holders.iter().map(|holder| Edge {
        who: name(&holder.subject, setting),
        label: label(holder),
        conditional: !conditions(holder).is_empty(),
    });
    made.filter(|edge| !edge.label.is_empty()).collect()
}

fn label(holder: &Holder) -> String {
    let held: Vec<&str> =
        POWERS.into_iter().filter(|power| !holder.rights.meet(actions_of(power)).is_empty()).collect();
    let held = match (held.is_empty(), holder.rights.is_empty(), holder.open.is_empty()) {
        (false, _, _) => held.join(", "),
        (true, false, _) => "read".to_owned(),
        (true, true, false) => "perhaps something".to_owned(),
        (true, true, true) => return String::new(),
    };
    match conditions(holder) {
        conditions if conditions.is_empty() => held,
        conditions => format!("{held}: {conditions}"),
    }
}

/// Mermaid's own escapes for all that could mean something to Mermaid, Markdown or HTML.
fn entities(text: &str) -> String {
    let mut made = String::new();
    for character in text.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | ':' | '/' | '.' | ',' | '-' | '_' | '+' | '=' | '@' => {
                made.push(character)
            }
            other if other.is_control() => made.push(' '),
            other => made.push_str(&format!("#{};", u32::from(other))),
        }
    }
    made
}

/// The inside of one of Graphviz's quoted strings.
fn quoted(text: &str) -> String {
    let mut made = String::new();
    for character in text.chars() {
        match character {
            '"' | '\\' => made.extend(['\\', character]),
            other if other.is_control() => made.push(' '),
            other => made.push(other),
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(entities("a\"] --> b\n<script>`"), "a#34;#93; --#62; b #60;script#62;#96;");
        assert_eq!(quoted("a\"; b -> \\N\n"), "a\\\"; b -> \\\\N ");
    }
}
