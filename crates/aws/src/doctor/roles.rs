//! The reader role in some accounts: whether it can be assumed, and what it may do.

use std::sync::Arc;

use super::{Ask, Check, Findings, State, Subject, permissions, scope};
use crate::client::Scope;
use crate::credentials::{Keeper, Source};
use crate::identity::Session;
use crate::operation::ASSUME_ROLE;

/// Tries the role in each of these accounts, side by side; where it works, in one region what it may do.
pub(super) async fn try_each(session: &Session, ask: &Ask, accounts: &[String], findings: &Findings) {
    accounts.iter().for_each(|account| findings.begin(Subject::Role, account));
    let mut trying = Vec::new();
    for account in accounts {
        trying.push(try_one(session, ask, account, findings));
    }
    let scopes: Vec<Scope> = permissions::all(trying).await.into_iter().flatten().collect();
    permissions::try_each(session, ask, &scopes, findings).await;
}

async fn try_one(session: &Session, ask: &Ask, account: &str, findings: &Findings) -> Option<Scope> {
    let arn = format!("arn:{}:iam::{account}:role/{}", session.partition.name, ask.role.trim_start_matches('/'));
    let caller = Arc::clone(&session.home);
    let source = Source::Role { arn: arn.clone(), external_id: ask.external_id.clone(), caller };
    let keeper = Arc::new(Keeper::new(source));
    match keeper.identity(&session.client, &ASSUME_ROLE).await {
        Ok(_) => {
            findings.found(Check::new(Subject::Role, account, State::Ok, format!("{arn} can be assumed")));
            let region = ask.regions.first().unwrap_or(&session.home.region);
            Some(scope(session, account, region, &keeper))
        }
        Err(failure) => {
            findings.found(Check::refused(Subject::Role, account, &failure));
            None
        }
    }
}
