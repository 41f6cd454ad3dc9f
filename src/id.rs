//! Names of things. Each kind has a type of its own, so that two ids of different things never fit in the same hole.
//! An id is no secret: it may stand in a log, a page or a token.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Builder;

use crate::secret::Chance;
use crate::time::Timestamp;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// `client_id` (RFC 6749 §2.2).
    ClientId;
    /// Our name of a person: the `sub` that clients see (OpenID Connect Core §8), minted once per connector and legacy id.
    AccountId;
    /// `sid`: one login of one browser (OpenID Connect Back-Channel Logout §2.1). Not the cookie's value, which is a secret.
    SessionId;
    /// Everything issued from one authorization; ends as one.
    FamilyId;
    /// `kid` (RFC 7517 §4.5).
    KeyId;
    /// Which legacy system an account comes from: the name of its configuration section.
    ConnectorId;
    /// The immutable id that the legacy system gives a person.
    LegacyId;
    /// An API's name in `aud`, `audience` and `resource` (RFC 8707).
    Audience;
    /// One logout token on its way to one client.
    LogoutId;
    /// What the configuration calls a service account: a user of the legacy system that no person is.
    ServiceAccountName;
    /// One process of the bridge, for what only one of them may do at a time.
    NodeId;
    /// Joins what a person saw on an error page with the log line that tells why.
    ReferenceId;
}

impl AccountId {
    /// A new subject: random, and silent about when it was made.
    pub fn mint(chance: &Chance) -> Self {
        Self(Builder::from_random_bytes(chance.bytes()).into_uuid().to_string())
    }
}

impl SessionId {
    /// A new session's id.
    pub fn mint(now: Timestamp, chance: &Chance) -> Self {
        Self(time_ordered(now, chance))
    }
}

impl FamilyId {
    /// A new family's id.
    pub fn mint(now: Timestamp, chance: &Chance) -> Self {
        Self(time_ordered(now, chance))
    }
}

impl LogoutId {
    /// A new row of the outbox.
    pub fn mint(now: Timestamp, chance: &Chance) -> Self {
        Self(time_ordered(now, chance))
    }
}

impl NodeId {
    /// A process that has just started.
    pub fn mint(chance: &Chance) -> Self {
        Self(Builder::from_random_bytes(chance.bytes()).into_uuid().to_string())
    }
}

impl ReferenceId {
    /// Ten characters that a person can read out on the telephone.
    pub fn mint(chance: &Chance) -> Self {
        let hex = Builder::from_random_bytes(chance.bytes()).into_uuid().simple().to_string();
        Self(hex.chars().take(10).collect())
    }
}

/// A UUID version 7 (RFC 9562 §5.7): keys of growing tables come in the order of time, so that an index grows at one end.
fn time_ordered(now: Timestamp, chance: &Chance) -> String {
    let milliseconds = u64::try_from(now.as_seconds()).unwrap_or(0).saturating_mul(1000);
    Builder::from_unix_timestamp_millis(milliseconds, &chance.bytes()).into_uuid().to_string()
}
