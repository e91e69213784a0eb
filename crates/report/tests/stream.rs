//! A streamed report has the same bytes as one written whole.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod fixture;

use report::{Format, Report, Stream, write};

#[test]
fn streaming_writes_the_same_bytes() {
    let (document, rules, options) = (fixture::document(), fixture::rules(), fixture::options());
    let tally = fixture::tally(&document);
    let report = Report { document: &document, rules: &rules, tally: &tally, options: &options };
    for format in Format::ALL {
        let Some(mut stream) = Stream::new(format, options.color) else {
            assert!(!format.streams(), "{format} says it streams");
            continue;
        };
        assert!(format.streams(), "{format} says it does not stream");
        let (mut whole, mut streamed) = (Vec::new(), Vec::new());
        write(format, &report, &mut whole).unwrap();
        document.findings.iter().for_each(|finding| stream.finding(finding, &mut streamed).unwrap());
        stream.finish(&options, &tally, &mut streamed).unwrap();
        assert_eq!(streamed, whole, "{format}");
    }
}

#[test]
fn formats_are_found_by_name() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.name()), Some(format));
    }
    assert_eq!(Format::parse("yaml"), None);
}

#[test]
fn the_page_on_formats_lists_them_all_in_order() {
    let page = include_str!("../../../docs/formats.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let listed: Vec<_> = rows.take(Format::ALL.len()).collect();
    for (format, (name, rest)) in Format::ALL.into_iter().zip(&listed) {
        assert_eq!(*name, format.name());
        assert!(rest.ends_with(&format!("| `.{}` |", format.extension())), "{name}: {rest}");
        assert_eq!(rest.contains("; streams |"), format.streams(), "{name}");
    }
    assert_eq!(listed.len(), Format::ALL.len());
}
