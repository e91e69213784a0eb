//! Pages: lists that AWS gives a piece at a time.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::client::{Client, Scope};
use crate::failure::Failure;
use crate::operation::{Operation, Service};

/// Pages of one list that are read. The largest list there may be, 100,000 keys of a region, has 100; 50,000 grants have 500.
const MAX_PAGES: usize = 5_000;

/// A page, as its service names its parts.
pub(crate) trait Page: DeserializeOwned + Send {
    /// What it lists.
    type Item: Send;
    /// Its items, the mark of the next page if there is one, and whether the service says that there is one.
    fn into_parts(self) -> (Vec<Self::Item>, Option<String>, bool);
}

/// As much of a list as could be read, and why not the rest.
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    pub(crate) failure: Option<Failure>,
}

impl<T> Listed<T> {
    /// The whole list, or why it is not whole.
    pub(crate) fn whole(self) -> Result<Vec<T>, Failure> {
        match self.failure {
            None => Ok(self.items),
            Some(failure) => Err(failure),
        }
    }
}

/// Reads all pages. `request` holds what is asked beside the mark.
pub(crate) async fn list<P: Page>(
    client: &Client,
    scope: &Scope,
    operation: &'static Operation,
    mut request: Value,
) -> Listed<P::Item> {
    let (mut items, mut seen) = (Vec::new(), HashSet::new());
    let mark_name = if operation.service == Service::Kms { "Marker" } else { "NextToken" };
    loop {
        let (mut page, mark, goes_on) = match client.json::<P>(scope, operation, &request).await {
            Ok(page) => page.into_parts(),
            Err(failure) => return Listed { items, failure: Some(failure) },
        };
        items.append(&mut page);
        let Some(mark) = mark.filter(|mark| !mark.is_empty()) else {
            let message = "the answer says that the list goes on, but not where";
            let failure = goes_on.then(|| Failure::new(operation, finding::refusal::NO_ANSWER, message));
            return Listed { items, failure };
        };
        // A mark that comes twice would be followed for ever.
        if seen.len() >= MAX_PAGES || !seen.insert(mark.clone()) {
            let message = format!("the list does not end: page {} points back or is one too many", seen.len() + 1);
            let failure = Failure::new(operation, finding::refusal::NO_ANSWER, message);
            return Listed { items, failure: Some(failure) };
        }
        request[mark_name] = json!(mark);
    }
}

/// Declares the pages of an operation: their list and their mark.
macro_rules! page {
    ($name:ident, $item:ty, $list:literal, $mark:literal) => {
        #[derive(serde::Deserialize)]
        struct $name {
            // An empty list is sent as one: an answer without it is not the service's.
            #[serde(rename = $list)]
            items: Vec<$item>,
            #[serde(rename = "Truncated", default)]
            goes_on: bool,
            #[serde(rename = $mark, default)]
            mark: Option<String>,
        }

        impl $crate::pages::Page for $name {
            type Item = $item;

            fn into_parts(self) -> (Vec<$item>, Option<String>, bool) {
                (self.items, self.mark, self.goes_on)
            }
        }
    };
}

pub(crate) use page;
