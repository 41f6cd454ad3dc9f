//! What `sub` says to a client.

use crate::model::account::Account;
use crate::model::client::{Client, SubjectKind};

/// The subject by which `client` knows `account` (OpenID Connect Core §8): the one that was minted, unless the client must join on
/// the legacy user name.
pub fn subject(client: &Client, account: &Account) -> String {
    match client.subject {
        SubjectKind::Minted => account.id.to_string(),
        SubjectKind::LegacyUserName => account.user_name.clone(),
    }
}
