//! Who reads key policies for detections, and whom it takes for trusted.

use finding::Accounts;
use keypolicy::reader::Reader;
use keypolicy::setting::Trusted;

use crate::config::Config;

/// A reader that trusts whom the configuration trusts and, unless that says otherwise, the accounts that were read together.
pub fn reader(config: &Config, accounts: &Accounts) -> Reader {
    let configured = &config.keypolicy;
    let mut trusted: Trusted = configured.trust.iter().cloned().collect();
    if configured.trust_inventory.unwrap_or(true) {
        trusted.accounts.extend(accounts.ids().map(str::to_owned));
    }
    Reader::new(trusted, configured.root_usable)
}
