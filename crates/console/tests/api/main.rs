//! The API without sockets: who comes in, what they see and can do, and the document that says so.

mod document;
mod doors;
mod resources;
mod stage;
