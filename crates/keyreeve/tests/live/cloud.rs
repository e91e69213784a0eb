//! A simulated AWS and a home folder to call it from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use simulator::{Fault, Options, Running, Simulator, What, World};

use crate::common::{Run, program, root};

/// Where the program begins, and where the keys of the worlds made here are.
pub const REGION: &str = "eu-north-1";

/// A simulated AWS while it runs.
pub struct Cloud {
    runtime: tokio::runtime::Runtime,
    pub aws: Running,
    pub home: tempfile::TempDir,
}

impl Cloud {
    pub fn start(world: World, options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let aws = runtime.block_on(Simulator::start(world, options)).unwrap();
        Self { runtime, aws, home: tempfile::tempdir().unwrap() }
    }

    /// Waits for something beside it.
    pub fn wait_for<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(work)
    }

    /// A call of KMS that must go well, as somebody who may do everything in that account.
    #[cfg(feature = "serve")]
    pub fn kms(&self, account: &str, operation: &str, body: &Value) -> Value {
        let date = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let scope = format!("{}/{}/{REGION}/kms/aws4_request", simulator::access_key_id(account), &date[..8]);
        let (endpoint, body) = (self.aws.endpoint(), body.to_string());
        let address = endpoint.trim_start_matches("http://");
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
             X-Amz-Date: {date}\r\nX-Amz-Target: TrentService.{operation}\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature={}\r\n\r\n{body}",
            body.len(),
            "0".repeat(64),
        );
        let answer = super::daemon::exchange(address, &request);
        assert!(answer.starts_with("HTTP/1.1 200"), "{operation}: {answer}");
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
    }

    /// The world of the example, or of it what `keep` keeps of its lines.
    pub fn acme(faults: Vec<Fault>, keep: impl Fn(&Value) -> bool) -> Self {
        Self::start(world(keep), Options { faults, clock: clock(), ..Options::default() })
    }

    /// The program, called from the home folder with the credentials of the management account.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.stranger(arguments);
        command
            .env("AWS_ACCESS_KEY_ID", self.aws.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", simulator::ANY_SECRET)
            .env("AWS_REGION", REGION);
        command
    }

    /// The program, called by nobody in particular.
    pub fn stranger(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.home.path(), arguments);
        command
            .env("HOME", self.home.path())
            .env("AWS_ENDPOINT_URL", self.aws.endpoint())
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    /// Runs the program with the credentials of the management account.
    pub fn run(&self, arguments: &[&str]) -> Run {
        finish(self.command(arguments))
    }

    /// Writes a file below the home folder.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn stop(self) {
        self.runtime.block_on(self.aws.stop());
    }
}

/// Runs a program to its end.
pub fn finish(mut command: Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// When the example was collected.
pub fn clock() -> jiff::Timestamp {
    "2026-11-20T06:00:00Z".parse().unwrap()
}

/// The lines of the example.
pub fn acme() -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("examples/acme/snapshot.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The example, or of it what `keep` keeps of its accounts, resources and errors.
pub fn snapshot(keep: impl Fn(&Value) -> bool) -> String {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut text = String::new();
    for line in acme() {
        let kind = line["kind"].as_str().unwrap().to_owned();
        if matches!(kind.as_str(), "account" | "resource" | "error") {
            if !keep(&line) {
                continue;
            }
            *counts.entry(kind.clone()).or_default() += 1;
        }
        if kind != "end" {
            text.push_str(&format!("{line}\n"));
        }
    }
    let count = |kind: &str| counts.get(kind).copied().unwrap_or_default();
    let (accounts, resources, errors) = (count("account"), count("resource"), count("error"));
    text + &format!(r#"{{"kind":"end","accounts":{accounts},"resources":{resources},"errors":{errors}}}"#) + "\n"
}

pub fn world(keep: impl Fn(&Value) -> bool) -> World {
    World::from_snapshot(snapshot(keep).as_bytes()).unwrap()
}

/// The account of a line.
pub fn account(line: &Value) -> &str {
    ["id", "AccountId", "account_id"].iter().find_map(|name| line[*name].as_str()).unwrap_or_default()
}

/// The region of a line; an account has none.
pub fn region(line: &Value) -> Option<&str> {
    ["Region", "region"].iter().find_map(|name| line[*name].as_str())
}

/// A fault of an account's calls.
pub fn in_account(account: &str, what: What) -> Fault {
    Fault { account: Some(account.to_owned()), ..Fault::of(what) }
}

/// A fault of an operation.
pub fn of_operation(operation: &str, what: What) -> Fault {
    Fault { operation: Some(operation.to_owned()), ..Fault::of(what) }
}

/// A findings document.
pub fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Account, region, operation and class of each error.
pub fn errors(document: &Value) -> BTreeSet<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = document["errors"].as_array().unwrap();
    errors.iter().map(|it| ["account_id", "region", "operation", "class"].map(|name| text(&it[name]))).collect()
}
