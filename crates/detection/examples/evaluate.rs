//! Our side of `oracles/differential.py`: one body, one input a line, one line with what every function gave.
//!
//! `evaluate [--now TIME] [--print] BODY.py [HELPER_DIR …]` writes a line that says whether the body lowers, then answers
//! each input line. `--print` writes the printed logic instead.

#[path = "../tests/outcome/mod.rs"]
mod outcome;

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use logic::{Context, Limits, Session};
use serde_json::json;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("evaluate: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let mut now = jiff::Timestamp::UNIX_EPOCH;
    let mut print = false;
    let mut paths = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--print" => print = true,
            "--now" => {
                let text = arguments.next().ok_or("--now needs a time")?;
                now = text.parse().map_err(|error| format!("--now {text}: {error}"))?;
            }
            _ => paths.push(PathBuf::from(argument)),
        }
    }
    let Some((body, folders)) = paths.split_first() else {
        return Err("usage: evaluate [--now TIME] [--print] BODY.py [HELPER_DIR …]".to_owned());
    };
    // Bodies made at random loop for ever now and then.
    let limits = Limits { steps: 100_000, memory: 64 << 20, ..Limits::default() };
    if print { show(body, folders) } else { answer(body, folders, &Context { limits, ..Context::new(now) }) }
}

fn show(body: &Path, folders: &[PathBuf]) -> Result<(), String> {
    println!("{}", outcome::Body::load(body, folders)?.text);
    Ok(())
}

fn answer(body: &Path, folders: &[PathBuf], context: &Context) -> Result<(), String> {
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let mut write =
        |line: serde_json::Value| writeln!(output, "{line}").map_err(|error| format!("standard output: {error}"));
    let body = match outcome::Body::load(body, folders) {
        Ok(body) => body,
        Err(why) => return write(json!({"refused": why})),
    };
    write(json!({"functions": body.functions, "stateful": body.is_stateful()}))?;
    let mut sessions = (Session::new(), Session::new());
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| format!("standard input: {error}"))?;
        write(body.answer(&mut sessions, &line, context)?)?;
    }
    Ok(())
}
