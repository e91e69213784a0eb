//! What people and programs ask of a running Keyreeve: the HTTP API, under `/api/v1`, one file a resource.
//!
//! A route belongs to the least role that may use it ([`token::Role`]): the gate that asks for it and the OpenAPI document that says so are
//! made by one function, `gate::with_role`, so neither can forget a route. Everything that is answered is JSON, but for reports and metrics.

mod app;
mod extract;
mod gate;
mod hook;
pub mod listen;
mod metrics;
mod openapi;
mod page;
mod problem;
mod resources;
pub mod token;
mod watch;

pub use app::{About, App, Catalog, Delivery, Form, Intake, Parts, Refusal, Reply, Reports, Swap, Taken};
pub use gate::{Gate, Hosts};
pub use hook::{HookSecret, Hooks, signature};
pub use openapi::{document, router};
pub use watch::Limits;
