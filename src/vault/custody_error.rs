//! Why the vault has no token to give.

use crate::store::error::StoreError;

/// Why there is no legacy access token. `why` names states, never what was sent or received.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VaultError {
    /// The person never brought any, or the last session on them ended. Or there is no such service account.
    #[error("nothing is kept for this account")]
    Empty,
    /// The access token is over, and there never was anything to refresh it with: the sign-in brought no more.
    #[error("the sign-in brought no refresh token, and its access token is over")]
    RunOut,
    /// What is kept cannot be refreshed (any more): the person has to sign in again when it is needed. Nothing else ends. A service
    /// account has no password to sign in with.
    #[error("a new sign-in is needed: {why}")]
    NeedsSignIn {
        /// What happened.
        why: String,
    },
    /// The legacy system says that the person is out, or it refused the password of a service account and is not asked again.
    #[error("the legacy system refuses the account: {why}")]
    Refused {
        /// What it said.
        why: String,
    },
    /// The legacy system does not work now. Everything is kept and tried again later.
    #[error("the legacy system is not available: {why}")]
    Unavailable {
        /// What happened.
        why: String,
    },
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
