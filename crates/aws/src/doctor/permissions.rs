//! What may be read: every operation that will be called, once, on a key of the region.

use std::pin::Pin;
use std::task::Poll;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ask, Check, Findings, State, Subject};
use crate::client::Scope;
use crate::failure::Failure;
use crate::identity::Session;
use crate::operation::{
    About, DESCRIBE_CUSTOM_KEY_STORES, DESCRIBE_KEY, GET_KEY_POLICY, LIST_ALIASES, LIST_KEYS, Operation, Service,
};
use crate::pages::{Page as _, page};
use finding::Refusal;

/// Keys of a region that are described to find one to try.
const CANDIDATES: usize = 6;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    key_id: String,
}

page!(Keys, Listing, "Keys", "NextMarker");

/// Waits for all, side by side.
pub(super) async fn all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<Pin<Box<_>>> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// Tries everything in each of these accounts and regions.
pub(super) async fn try_each(session: &Session, ask: &Ask, scopes: &[Scope], findings: &Findings) {
    scopes.iter().for_each(|scope| findings.begin(Subject::Permissions, &place(scope)));
    all(scopes.iter().map(|scope| try_one(session, ask, scope, findings)).collect()).await;
}

fn place(scope: &Scope) -> String {
    format!("{} {}", scope.account, scope.region)
}

async fn try_one(session: &Session, ask: &Ask, scope: &Scope, findings: &Findings) {
    let place = place(scope);
    let refused = |failure: &Failure| Check::refused(Subject::Permissions, &place, failure);
    let (lists, key) = tokio::join!(try_lists(session, ask, scope), sample(session, scope));
    let mut failures: Vec<Check> = lists.iter().filter_map(|list| list.as_ref().err()).map(refused).collect();
    let mut answered: Vec<&str> = lists.iter().filter_map(|list| list.as_ref().ok().copied()).collect();
    let on = match key {
        Err(failure) => {
            failures.push(refused(&failure));
            String::new()
        }
        Ok(None) => {
            answered.push(LIST_KEYS.name);
            ", but there is no key to try the others on".to_owned()
        }
        Ok(Some(key)) => {
            answered.push(LIST_KEYS.name);
            match &key.refused {
                Some(failure) => failures.push(refused(failure)),
                None => answered.push(DESCRIBE_KEY.name),
            }
            for tried in try_key(session, ask, scope, &key).await {
                match tried {
                    Ok(name) => answered.push(name),
                    Err(failure) => failures.push(refused(&failure)),
                }
            }
            format!(" on key {}", key.id)
        }
    };
    answered.sort_unstable();
    if !answered.is_empty() {
        let names = answered.join(", ");
        findings.found(Check::new(Subject::Permissions, &place, State::Ok, format!("allowed: {names}{on}")));
    }
    failures.into_iter().for_each(|failure| findings.found(failure));
}

type Tried = Result<&'static str, Failure>;

async fn try_lists(session: &Session, ask: &Ask, scope: &Scope) -> Vec<Tried> {
    let wanted = ask
        .needs
        .operations(false)
        .filter(|operation| **operation == LIST_ALIASES || **operation == DESCRIBE_CUSTOM_KEY_STORES);
    all(wanted.map(|operation| once(session, scope, operation, json!({ "Limit": 1 }))).collect()).await
}

async fn once(session: &Session, scope: &Scope, operation: &'static Operation, request: Value) -> Tried {
    match session.client.json::<Value>(scope, operation, &request).await {
        Ok(_) => Ok(operation.name),
        // It was allowed, or it would have been refused for that.
        Err(failure) if failure.refusal() == Refusal::NotSupported => Ok(operation.name),
        Err(failure) => Err(failure),
    }
}

/// A key to try.
struct Key {
    id: String,
    /// Why it cannot be described.
    refused: Option<Failure>,
    is_aws_managed: bool,
}

/// The best of the first keys: a customer's, because more calls of AWS's own would raise the alarms of whoever watches for refusals.
async fn sample(session: &Session, scope: &Scope) -> Result<Option<Key>, Failure> {
    let page = session.client.json::<Keys>(scope, &LIST_KEYS, &json!({ "Limit": 100 })).await?;
    let keys: Vec<Listing> = page.into_parts().0.into_iter().take(CANDIDATES).collect();
    let described = all(keys.into_iter().map(|key| describe(session, scope, key.key_id)).collect()).await;
    Ok(described.into_iter().min_by_key(|key| (key.refused.is_some(), key.is_aws_managed)))
}

async fn describe(session: &Session, scope: &Scope, id: String) -> Key {
    match session.client.json::<Value>(scope, &DESCRIBE_KEY, &json!({ "KeyId": id })).await {
        Ok(answer) => {
            let is_aws_managed = answer.pointer("/KeyMetadata/KeyManager").is_some_and(|manager| manager == "AWS");
            Key { id, refused: None, is_aws_managed }
        }
        Err(failure) => Key { id, refused: Some(failure), is_aws_managed: false },
    }
}

async fn try_key(session: &Session, ask: &Ask, scope: &Scope, key: &Key) -> Vec<Tried> {
    if key.is_aws_managed {
        return Vec::new();
    }
    let wanted = ask.needs.operations(false).filter(|operation| {
        operation.service == Service::Kms && operation.about == About::Key && **operation != DESCRIBE_KEY
    });
    let request = |operation: &Operation| match operation {
        _ if *operation == GET_KEY_POLICY => json!({ "KeyId": key.id, "PolicyName": "default" }),
        _ => json!({ "KeyId": key.id }),
    };
    all(wanted.map(|operation| once(session, scope, operation, request(operation))).collect()).await
}
