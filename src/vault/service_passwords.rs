//! The passwords of service accounts: given by the configuration, or sealed here by an operator. Which one was refused is remembered
//! sealed too: a person chose it, so its bare digest could be guessed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::ServiceAccountName;
use crate::keys::seal::{Purpose, Sealer};
use crate::model::service_account::{KeptServiceAccount, Refused, ServiceAccount};
use crate::secret::{Chance, Digest, Secret};
use crate::time::Timestamp;

/// The service accounts of the configuration, and what opens what is kept of them. Clones share it.
#[derive(Clone, Debug)]
pub struct ServicePasswords {
    /// Seals them.
    pub sealer: Sealer,
    /// For seals.
    pub chance: Chance,
    /// The accounts there are.
    pub accounts: Arc<BTreeMap<ServiceAccountName, ServiceAccount>>,
}

/// How an account stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is a password to sign in with.
    Ready(Secret),
    /// There is none.
    NoPassword,
    /// The one that is kept was set for another user name.
    OtherUserName,
    /// The legacy system refused the one there is.
    Refused {
        /// What it said.
        why: String,
        /// When.
        at: Timestamp,
    },
}

impl ServicePasswords {
    /// How `account` stands, by the configuration and by what is kept of it.
    pub fn standing(&self, account: &ServiceAccount, kept: Option<&KeptServiceAccount>) -> Standing {
        let sealed = kept.and_then(|kept| kept.password.as_deref());
        let password = match (&account.password, sealed) {
            (Some(password), _) => password.clone(),
            (None, None) => return Standing::NoPassword,
            (None, Some(sealed)) => match self.open(account, sealed) {
                Some(password) => password,
                None => return Standing::OtherUserName,
            },
        };
        match kept.and_then(|kept| kept.refused.as_ref()) {
            Some(refused) if self.speaks_of(refused, account, &password) => {
                Standing::Refused { why: refused.why.clone(), at: refused.at }
            }
            _ => Standing::Ready(password),
        }
    }

    /// `password` as it is kept for `account`.
    pub fn seal(&self, account: &ServiceAccount, password: &Secret) -> Vec<u8> {
        let plain = password.expose().as_bytes();
        self.sealer.seal(Purpose::ServiceAccount, &place(account), plain, &self.chance)
    }

    /// That `password` was refused.
    pub(super) fn refusal(
        &self,
        account: &ServiceAccount,
        password: &Secret,
        why: String,
        at: Timestamp,
    ) -> Refused {
        let name = refusal_place(account);
        let tried = tried(account, password);
        let password = self.sealer.seal(Purpose::ServiceAccount, &name, tried.as_bytes(), &self.chance);
        Refused { password, why, at }
    }

    fn open(&self, account: &ServiceAccount, sealed: &[u8]) -> Option<Secret> {
        let plain = self.sealer.open(Purpose::ServiceAccount, &place(account), sealed).ok()?;
        std::str::from_utf8(&plain).ok().map(Secret::from)
    }

    /// What cannot be opened speaks of whatever there is: a password more that is not tried locks nobody out.
    fn speaks_of(&self, refused: &Refused, account: &ServiceAccount, password: &Secret) -> bool {
        let name = refusal_place(account);
        let opened = self.sealer.open(Purpose::ServiceAccount, &name, &refused.password);
        opened.map_or(true, |opened| opened.as_slice() == tried(account, password).as_bytes())
    }
}

/// A password that was set for one user name is never sent for another.
fn place(account: &ServiceAccount) -> Vec<u8> {
    // Names of accounts hold no zero byte: the configuration takes letters, digits, `-` and `_`.
    [b"password\0", account.name.as_str().as_bytes(), b"\0", account.user_name.as_bytes()].concat()
}

fn refusal_place(account: &ServiceAccount) -> Vec<u8> {
    [b"refused\0".as_slice(), account.name.as_str().as_bytes()].concat()
}

/// What was tried. Its user name belongs to it: another one is worth a try of its own.
fn tried(account: &ServiceAccount, password: &Secret) -> Digest {
    let pair = [Digest::of(&account.user_name), Digest::of(password.expose())];
    Digest::of_bytes(&pair.map(|digest| *digest.as_bytes()).concat())
}
