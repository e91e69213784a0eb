//! The organisation: what we are in it, whether its accounts can be listed, and some of them.

use serde_json::json;

use super::{Ask, Check, Findings, State, Subject, roles, spread};
use crate::failure::Failure;
use crate::identity::Session;
use crate::operation::LIST_ACCOUNTS;
use crate::organization::{Listing, Member, describe};
use crate::pages::{Page as _, page};

page!(Accounts, Listing, "Accounts", "NextToken");

/// Looks at the organisation, then at roles in some accounts other than the own.
pub(super) async fn others(session: &Session, ask: &Ask, findings: &Findings) {
    let place = session.home.account.as_str();
    findings.begin(Subject::Organization, place);
    let listed = listed(session).await;
    let described = describe(&session.client, &session.home).await;
    findings.found(position(session, ask, &described, listed.as_ref()));
    let own = session.home.account.as_str();
    let mut accounts: Vec<String> = if ask.accounts.is_empty() && ask.organization {
        let members = listed.unwrap_or_default();
        members.into_iter().filter(|member| member.is_active).map(|member| member.account.id.to_string()).collect()
    } else {
        ask.accounts.clone()
    };
    accounts.sort_unstable();
    accounts.dedup();
    accounts.retain(|account| account != own);
    roles::try_each(session, ask, &spread(&accounts, ask.sample), findings).await;
}

/// The accounts of the first page: enough for a sample.
async fn listed(session: &Session) -> Result<Vec<Member>, Failure> {
    let page = session.client.json::<Accounts>(&session.home, &LIST_ACCOUNTS, &json!({})).await?;
    Ok(page.into_parts().0.into_iter().filter_map(Member::of).collect())
}

/// What we are in the organisation, and what that means.
fn position(
    session: &Session,
    ask: &Ask,
    described: &Result<(String, String), Failure>,
    listed: Result<&Vec<Member>, &Failure>,
) -> Check {
    let own = session.home.account.as_str();
    let check = |state, message: String| Check::new(Subject::Organization, own, state, message);
    // Without --org nobody needs the organisation.
    let lacking = if ask.organization { State::Failed } else { State::Note };
    match (described, listed) {
        (Ok((id, management)), Ok(_)) if management == own => {
            check(State::Ok, format!("the management account of {id}: every account can be listed"))
        }
        (Ok((id, management)), Ok(_)) => check(
            State::Ok,
            format!("a delegated administrator of {id} (management account {management}): every account can be listed"),
        ),
        (Err(failure), Ok(_)) => {
            let refused = Check::refused(Subject::Organization, own, failure);
            Check { state: State::Note, message: format!("accounts can be listed, but {}", refused.message), ..refused }
        }
        (Err(failure), Err(_)) if failure.code == "AWSOrganizationsNotInUseException" => check(
            lacking,
            "the account is in no organisation: only it can be read, and accounts named with --account".to_owned(),
        )
        .remedy("leave --org out, or name accounts with --account"),
        (Ok((id, management)), Err(failure)) => {
            let refused = Check::refused(Subject::Organization, own, failure);
            let message = format!(
                "a member of {id} (management account {management}) that cannot list its accounts: {}",
                refused.message
            );
            Check { state: lacking, message, ..refused }.remedy(format!(
                "run --org in {management}, or let the management account delegate organizations:List* to {own}, or name accounts with --account"
            ))
        }
        (Err(_), Err(failure)) => Check { state: lacking, ..Check::refused(Subject::Organization, own, failure) },
    }
}
