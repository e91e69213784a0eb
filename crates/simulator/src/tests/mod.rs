//! The simulator as a client meets it: over a socket, by a client of our own.

mod client;
mod reading;

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

async fn start(world: World) -> (Running, Client) {
    start_with(world, Options::default()).await
}

async fn start_with(world: World, options: Options) -> (Running, Client) {
    let management = world.management_account();
    let running = Simulator::start(world, options).await.unwrap();
    let client = Client::user(&running.endpoint(), &management, "eu-north-1");
    (running, client)
}
