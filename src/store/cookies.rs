//! The browser's session cookie, as a tower-sessions store without a table of its own: a record is a view of a row of
//! `login_sessions`, found by the SHA-256 of the cookie's value. tower-sessions carries one id; the record is ours.
//!
//! So nothing is written here. A session begins in the sign-in flow (`login_sessions::insert` or `renew`) and ends in the
//! end-session flow (`login_sessions::end`); this store reads. What the web floor does:
//!
//! * **Reading.** `session.get::<SessionId>(SID)`: one read of the database for the request, `None` without a usable session.
//! * **Sign-in.** `let (cookie, digest) = cookies::new_cookie(&chance)`; commit the row with `digest`; then
//!   `session.cycle_id()` (forgets the id that the browser came with, planted or old) and
//!   `session.insert(COOKIE, cookie.expose())`. The layer then calls `create`, which takes the id from the data, and sends it.
//!   Without a `Max-Age` the cookie lives as long as the browser; `session.set_expiry(Some(Expiry::AtDateTime(…)))` gives it one.
//! * **Sign-out.** After `login_sessions::end` has been committed, `session.flush()`: the layer takes the cookie back.
//!
//! Any other use of the session (`insert` of something else, `insert(COOKIE, …)` without `cycle_id`) is an error when the
//! layer saves, so that nobody loses data silently or keeps an old cookie after a sign-in.

use std::str::FromStr as _;

use async_trait::async_trait;
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::model::login_session::LoginSession;
use crate::secret::{Chance, Digest, Secret};
use crate::store::db::Db;
use crate::store::login_sessions;
use crate::time::Clock;

/// The key in a record under which the session's id (`sid`) stands.
pub const SID: &str = "sid";
/// The key under which the sign-in leaves the cookie's new value for `create`.
pub const COOKIE: &str = "cookie";

/// The session store for the tower-sessions layer.
#[derive(Clone, Debug)]
pub struct Cookies {
    /// Where the sessions are.
    pub db: Db,
    /// Tells whether one has expired.
    pub clock: Clock,
}

/// A new cookie value of 128 bits, and the digest to keep of it.
pub fn new_cookie(chance: &Chance) -> (Secret, Digest) {
    let value = Id(i128::from_le_bytes(chance.bytes())).to_string();
    let digest = Digest::of(&value);
    (Secret::from(value), digest)
}

impl Cookies {
    async fn view(&self, id: &Id) -> Result<Option<Record>> {
        let found = login_sessions::find_by_cookie(&self.db, &Digest::of(&id.to_string())).await;
        let session = found.map_err(|error| Error::Backend(error.to_string()))?;
        let now = self.clock.now();
        let usable = session.filter(|session| session.ended.is_none() && now < session.expires_at);
        usable.map(|session| record(*id, &session)).transpose()
    }
}

#[async_trait]
impl SessionStore for Cookies {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let chosen = record.data.get(COOKIE).and_then(|value| value.as_str());
        let id = chosen.and_then(|text| Id::from_str(text).ok());
        let id = id.ok_or_else(|| Error::Encode("only a sign-in begins a session".to_owned()))?;
        let view = self.view(&id).await?;
        *record =
            view.ok_or_else(|| Error::Backend("the session that the cookie names is not there".to_owned()))?;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        // A cleared record (flush) or an unchanged one loses nothing.
        match record.data.keys().find(|key| *key != SID) {
            Some(key) => Err(Error::Encode(format!("the session cannot hold `{key}`: it is a view"))),
            None => Ok(()),
        }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.view(id).await
    }

    async fn delete(&self, _: &Id) -> Result<()> {
        Ok(())
    }
}

fn record(id: Id, session: &LoginSession) -> Result<Record> {
    let expiry_date = OffsetDateTime::from_unix_timestamp(session.expires_at.as_seconds())
        .map_err(|_| Error::Decode("the session's end is no date".to_owned()))?;
    let data = [(SID.to_owned(), session.id.as_str().into())].into();
    Ok(Record { id, data, expiry_date })
}
