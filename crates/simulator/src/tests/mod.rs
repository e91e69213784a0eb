//! The simulator as a client meets it: over a socket, by a client of our own.

mod client;
mod faults;
mod hostile;
mod limits;
mod reading;
mod writing;

use client::Client;

use crate::{Options, Running, Shape, Simulator, World};

/// The invented organisation of the examples.
const ACME: &str = include_str!("../../../../examples/acme/snapshot.jsonl");

fn acme() -> World {
    World::from_snapshot(ACME.as_bytes()).unwrap()
}

fn small() -> World {
    let regions = vec!["eu-north-1".to_owned(), "eu-west-1".to_owned()];
    World::generated(Shape { accounts: 3, regions, keys: 240, seed: 7 })
}

/// A key of a snapshot in account 111111111111 and eu-north-1, an ordinary one but for what `members` says. Its id begins with `name`.
fn key(name: &str, members: serde_json::Value) -> serde_json::Value {
    let id = format!("{name:0<8}-0000-4000-8000-000000000000");
    let mut key = serde_json::json!({
        "ResourceType": "AWS.KMS.Key", "Arn": format!("arn:aws:kms:eu-north-1:111111111111:key/{id}"), "KeyId": id,
        "CreationDate": "2026-01-01T00:00:00Z", "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Tags": {}, "Grants": [],
        "CurrentKeyMaterialId": "ab".repeat(32),
    });
    for (name, value) in members.as_object().unwrap() {
        key[name] = value.clone();
    }
    key
}

/// A world of keys, as [`key`] makes them.
fn of_keys(keys: &[serde_json::Value]) -> World {
    let lines: Vec<String> = keys.iter().map(ToString::to_string).collect();
    World::from_snapshot(lines.join("\n").as_bytes()).unwrap()
}

async fn start(world: World) -> (Running, Client) {
    start_with(world, Options::default()).await
}

async fn start_with(world: World, options: Options) -> (Running, Client) {
    let management = world.management_account();
    let running = Simulator::start(world, options).await.unwrap();
    let client = Client::user(&running.endpoint(), &management, "eu-north-1");
    (running, client)
}
