//! What `sub` says to a client, and to an API.

use crate::model::account::Account;
use crate::model::api::Api;
use crate::model::client::{Client, SubjectKind};

/// The subject by which `client` knows `account` (OpenID Connect Core §8): the one that was minted, unless the client must join on
/// the legacy user name.
pub fn subject(client: &Client, account: &Account) -> String {
    of_kind(client.subject, account)
}

/// The subject by which `apis`, which agree on it, know `account` in tokens of `client`: as they want it, else as the client does.
pub fn subject_at<'a>(mut apis: impl Iterator<Item = &'a Api>, client: &Client, account: &Account) -> String {
    of_kind(apis.find_map(|api| api.subject).unwrap_or(client.subject), account)
}

fn of_kind(kind: SubjectKind, account: &Account) -> String {
    match kind {
        SubjectKind::Minted => account.id.to_string(),
        SubjectKind::LegacyUserName => account.user_name.clone(),
    }
}
