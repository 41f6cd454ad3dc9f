//! `GET /gateway/decide`: other proxies ask whether they may forward a request (nginx `auth_request`, forward-auth). The same checks and
//! the same log as on the way through; the proxy itself forwards.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use ipnet::IpNet;
use tokio::time::Instant;

use crate::gateway::admission::{Call, Refused};
use crate::gateway::journal::Entry;
use crate::gateway::passage::Passage;
use crate::gateway::refusal::Refusal;
use crate::rules::access::Denial;
use crate::secret::Digest;
use crate::web::gateway::answer::{refuse, status};
use crate::web::gateway::through::{Through, peer};

/// In which header a proxy proves itself.
const SECRET: &str = "x-gateway-secret";

/// Who may ask.
#[derive(Clone, Debug)]
pub enum Askers {
    /// Whoever knows the secret with this digest.
    Secret(Digest),
    /// Whoever connects from these networks.
    From(Arc<[IpNet]>),
}

/// In which headers the method and the address of the request stand. Never both: a proxy passes on what callers put into the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// `X-Original-Method` and `X-Original-URI`.
    Original,
    /// `X-Forwarded-Method` and `X-Forwarded-Uri`.
    Forwarded,
}

/// What the handler needs.
#[derive(Clone)]
pub struct Decide {
    /// The way that is asked about.
    pub through: Through,
    /// Who may ask.
    pub askers: Askers,
    /// How.
    pub told: Told,
}

/// The endpoint.
pub fn router(decide: Decide) -> Router {
    let path = format!("{}/gateway/decide", decide.through.base);
    Router::new().route(&path, get(answer)).with_state(decide)
}

async fn answer(State(decide): State<Decide>, request: Request) -> Response {
    if !decide.askers.include(request.headers(), peer(request.extensions())) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Some((method, uri)) = decide.told.read(request.headers()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let through = &decide.through;
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let below = path.strip_prefix(&*through.base).unwrap_or_default();
    let Some((route, rest)) = through.passage.admission.routes.find(below) else {
        return refuse(&Refusal::Denied(Denial::NoRule), None);
    };
    let Passage { admission, clock, .. } = &*through.passage;
    let (began, now) = (Instant::now(), clock.now());
    let admitted = admission.admit(route, Call { method, rest, headers: request.headers() }, now).await;
    let entry = |caller, rule, outcome| {
        Entry { route, method, path: rest, caller, rule, outcome, took: began.elapsed() }.write();
    };
    match admitted {
        Ok(admitted) => {
            entry(Some(&admitted.caller), admitted.permit.rule(), Ok(StatusCode::OK));
            (StatusCode::OK, Passage::introduction(&admitted.caller, route)).into_response()
        }
        Err(Refused { why, caller }) => {
            entry(caller.as_deref(), why.rule(), Err(&why));
            let mut response = refuse(&why, Some(&through.metadata(route)));
            // Proxies understand yes, 401 and 403, and take everything else for a fault of ours.
            if status(&why).is_client_error() && status(&why) != StatusCode::UNAUTHORIZED {
                *response.status_mut() = StatusCode::FORBIDDEN;
            }
            response
        }
    }
}

impl Askers {
    fn include(&self, headers: &HeaderMap, peer: IpAddr) -> bool {
        match self {
            Self::Secret(digest) => one(headers, SECRET).is_some_and(|secret| Digest::of(secret) == *digest),
            Self::From(networks) => networks.iter().any(|network| network.contains(&peer)),
        }
    }
}

impl Told {
    fn read(self, headers: &HeaderMap) -> Option<(&str, &str)> {
        let (method, uri) = match self {
            Self::Original => ("x-original-method", "x-original-uri"),
            Self::Forwarded => ("x-forwarded-method", "x-forwarded-uri"),
        };
        let uri = one(headers, uri)?;
        // A whole address would name another host.
        let is_path = uri.starts_with('/') && uri.parse::<Uri>().is_ok();
        one(headers, method).filter(|_| is_path).map(|method| (method, uri))
    }
}

/// The only value of a header; none of several is better than the other.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
