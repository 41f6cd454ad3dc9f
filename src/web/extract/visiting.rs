//! The browser behind a page request: its binding value, its address, and the session that its cookie names.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use tower_sessions::Session;

use crate::id::SessionId;
use crate::provider::visitor::Visitor;
use crate::store::cookies::SID;
use crate::store::error::StoreError;
use crate::web::browsers::Arrived;

/// So much of `User-Agent` is kept.
const LONGEST_AGENT: usize = 256;

/// A browser that visits.
#[derive(Clone, Debug)]
pub struct Visiting {
    arrived: Arrived,
    /// The session cookie's carrier.
    pub session: Session,
    /// `Accept-Language`.
    pub language: Option<String>,
    agent: Option<String>,
    /// Its cookies, which no log shows.
    pub cookies: HeaderMap,
}

impl Visiting {
    /// Where it is.
    pub const fn address(&self) -> IpAddr {
        self.arrived.address
    }

    /// What flows are told of it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn visitor(&self) -> Result<Visitor, StoreError> {
        let session = self.session.get::<SessionId>(SID).await;
        let session = session.map_err(|_| StoreError::Unavailable {
            during: "find login session by cookie",
            cause: "the session could not be read".to_owned(),
        })?;
        Ok(Visitor {
            session,
            binding: self.arrived.binding.clone(),
            agent: self.agent.clone(),
            address: self.arrived.address,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visiting {
    /// Only when a router was put together without its layers.
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let arrived = parts.extensions.get::<Arrived>().cloned();
        let session = parts.extensions.get::<Session>().cloned();
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let language = header(header::ACCEPT_LANGUAGE);
        let agent = header(header::USER_AGENT);
        let mut cookies = HeaderMap::new();
        for value in parts.headers.get_all(header::COOKIE) {
            let mut value = value.clone();
            value.set_sensitive(true);
            cookies.append(header::COOKIE, value);
        }
        Ok(Self {
            arrived: arrived.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?,
            session: session.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?,
            language: language.map(str::to_owned),
            cookies,
            agent: agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect()),
        })
    }
}
