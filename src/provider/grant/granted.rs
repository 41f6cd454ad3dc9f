//! What a grant found: the contract between the grants and the pipeline.

use crate::id::FamilyId;
use crate::model::account::Account;
use crate::model::authorization::{Authenticated, Authorization};
use crate::provider::grant::settlement::Settlement;
use crate::secret::Secret;

/// What was granted, and what has to be written when tokens are issued for it.
#[derive(Clone, Debug)]
pub struct Granted {
    /// All that was granted; the pipeline narrows it to this token.
    pub authorization: Authorization,
    /// The person it speaks for; none when a client acts for itself.
    pub person: Option<Person>,
    /// `nonce` for the ID token; only a code brings one.
    pub nonce: Option<String>,
    /// The refresh token that goes into the answer.
    pub refresh_token: Option<Secret>,
    /// What is committed before the answer.
    pub settlement: Settlement,
}

/// A person, and the family that their tokens belong to.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub account: Account,
    /// When and how they signed in.
    pub authenticated: Authenticated,
    /// Which family.
    pub family: FamilyId,
    /// Its generation.
    pub generation: i64,
}
