//! A resource: one scanned record with its unknown facts, its account and its computed fields.

pub mod catalogue;
mod key;
mod page;
mod schema;
mod store;

pub use page::resource_page;
pub use schema::resource_schema;
