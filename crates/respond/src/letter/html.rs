//! Letters as HTML for mail: one page that loads nothing from anywhere, with a bar in the colour of the severity.

use finding::Severity;
use maud::{DOCTYPE, Markup, html};

use super::{Block, Letter, clean};

/// A letter as a page.
#[must_use]
pub fn page(letter: &Letter, severity: Severity) -> String {
    let title = clean::line(&letter.title);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
            }
            body style="margin:0;padding:24px;background:#f4f5f7;color:#172b4d;font:15px/1.5 -apple-system,'Segoe UI',Arial,sans-serif" {
                div style="max-width:680px;margin:0 auto;background:#ffffff;border:1px solid #dfe1e6" {
                    div style=(format!("background:{};color:#ffffff;padding:6px 24px;font-weight:600", colour(severity))) { (severity.name()) }
                    div style="padding:8px 24px 24px" {
                        h1 style="font-size:20px;line-height:1.3" { (title) }
                        @for block in &letter.body { (render(block)) }
                    }
                }
            }
        }
    };
    page.into_string()
}

/// Dark enough for white letters on it.
fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#7a0916",
        Severity::High => "#c9372c",
        Severity::Medium => "#a54800",
        Severity::Low => "#0055cc",
        Severity::Info => "#44546f",
    }
}

fn render(block: &Block) -> Markup {
    match block {
        Block::Heading(text) => html! { h2 style="font-size:16px;margin:24px 0 8px" { (clean::line(text)) } },
        Block::Paragraph(text) => html! { p { (broken(text)) } },
        Block::Facts(facts) => html! {
            table style="border-collapse:collapse;width:100%" {
                @for (name, value) in facts {
                    tr {
                        th style="text-align:left;vertical-align:top;padding:4px 16px 4px 0;white-space:nowrap;color:#44546f;font-weight:600" { (clean::line(name)) }
                        td style="padding:4px 0;word-break:break-word" { (broken(value)) }
                    }
                }
            }
        },
        Block::List(items) => html! { ul { @for item in items { li { (broken(item)) } } } },
        Block::Code(text) => html! {
            pre style="background:#f4f5f7;padding:12px;overflow-x:auto;font:13px/1.4 Menlo,Consolas,monospace;white-space:pre-wrap;word-break:break-word" {
                (clean::lines(text))
            }
        },
        Block::Link { text, address } => match clean::address(address) {
            Some(address) => html! { p { a href=(address) rel="noopener noreferrer" { (clean::line(text)) } } },
            None => html! { p { (clean::line(text)) ": " (clean::line(address)) } },
        },
    }
}

fn broken(text: &str) -> Markup {
    let text = clean::lines(text);
    html! {
        @for (place, line) in text.trim_end().split('\n').enumerate() {
            @if place > 0 { br; }
            (line)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    /// The names of all tags, and of all attributes with their values.
    fn tags(page: &str) -> Vec<String> {
        page.split('<').skip(1).map(|part| part.split('>').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_page_has_its_severity_and_loads_nothing() {
        let page = page(&samples::letter(), Severity::Critical);
        assert!(page.contains("#7a0916") && page.contains(">CRITICAL<"));
        for outside in ["src=", "url(", "@import", "<link", "<script", "<img", "javascript:alert(1)\""] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(
            page.contains(
                "<a href=\"https://keyreeve.example/findings/1\" rel=\"noopener noreferrer\">The finding</a>"
            )
        );
    }

    #[test]
    fn hostile_text_is_text() {
        for hostile in samples::HOSTILE {
            let (plain, with) = (samples::everywhere("x"), samples::everywhere(hostile));
            let shape = |letter: &Letter| -> Vec<String> {
                let all = tags(&page(letter, Severity::Low));
                all.into_iter().filter(|tag| tag != "br" && !tag.starts_with("a ") && tag != "/a").collect()
            };
            assert_eq!(shape(&with), shape(&plain), "{hostile:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_tag(text in "\\PC*[<>&\"'/]{0,9}\\PC*") {
            // U+2028 parts lines, as it should.
            let shown = |text: &str| tags(&page(&samples::everywhere(text), Severity::Low));
            let count = |text: &str| shown(text).iter().filter(|tag| *tag != "br").count();
            prop_assert_eq!(count(&text), count("x"));
        }
    }
}
