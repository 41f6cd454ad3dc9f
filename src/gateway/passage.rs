//! The way through: verified, decided, swapped, forwarded. Bodies stream in both directions; nothing of a request is kept.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::gateway::admission::{Admission, Admitted, Call, Refused, origin_form};
use crate::gateway::body::{Body, Download, Progress, Upload, empty};
use crate::gateway::caller::Caller;
use crate::gateway::forwarded::Outside;
use crate::gateway::journal::Entry;
use crate::gateway::limits::Place;
use crate::gateway::refusal::Refusal;
use crate::gateway::route::{Inject, LegacyIdentity, Route};
use crate::gateway::swap::{LegacyTokens, Whose, put};
use crate::gateway::tunnel::{self, Tunnel};
use crate::gateway::upstream::UpstreamClient;
use crate::gateway::{headers, query, redirect};
use crate::rules::access::Permit;
use crate::secret::Secret;
use crate::time::Clock;

/// Sends requests through.
#[derive(Clone)]
pub struct Passage {
    /// Who gets in.
    pub admission: Admission,
    /// Whose legacy tokens they carry on.
    pub tokens: LegacyTokens,
    /// Calls the APIs.
    pub http: UpstreamClient,
    /// How the bridge is reached.
    pub outside: Outside,
    /// For verdicts.
    pub clock: Clock,
}

/// A request as it is sent up, as often as need be.
struct Outgoing<'a> {
    route: &'a Route,
    path: &'a str,
    query: Option<String>,
    method: http::Method,
    headers: HeaderMap,
}

/// An answer, and the token that it must not repeat.
struct Answered {
    answer: Response<Incoming>,
    token: Option<Secret>,
}

impl Passage {
    /// Takes a request that `peer` sent to `route`, whose path goes on with `rest`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn answer(
        &self,
        (route, rest): (&Arc<Route>, &str),
        request: Request<Body>,
        peer: IpAddr,
    ) -> Result<Response<Body>, Refusal> {
        let began = Instant::now();
        let method = request.method().clone();
        let note = |caller: Option<&Caller>, rule: Option<&str>, outcome| {
            let (method, took) = (method.as_str(), began.elapsed());
            Entry { route, method, path: rest, caller, rule, outcome, took }.write();
        };
        let admitted = match origin_form(request.uri(), request.version()) {
            Ok(()) => {
                let call = Call { method: method.as_str(), rest, headers: request.headers() };
                self.admission.admit(route, call, self.clock.now()).await
            }
            Err(why) => Err(Refused { why, caller: None }),
        };
        let Admitted { caller, path, permit, place } = match admitted {
            Ok(admitted) => admitted,
            Err(Refused { why, caller }) => {
                note(caller.as_deref(), why.rule(), Err(&why));
                return Err(why);
            }
        };
        let outcome = self.pass(route, (&caller, &permit), (path.as_str(), request), (peer, place)).await;
        note(Some(&caller), permit.rule(), outcome.as_ref().map(Response::status));
        outcome
    }

    /// Nothing comes here without a permit.
    async fn pass(
        &self,
        route: &Route,
        (caller, _permit): (&Arc<Caller>, &Permit),
        (path, mut request): (&str, Request<Body>),
        (peer, place): (IpAddr, Place),
    ) -> Result<Response<Body>, Refusal> {
        if request.body().size_hint().lower() > route.body_limit {
            return Err(Refusal::TooLarge);
        }
        let below = tunnel::is_wanted(&request).then(|| hyper::upgrade::on(&mut request));
        let (parts, body) = request.into_parts();
        let gone = match &route.inject {
            Inject::Query(name) => Some(name.as_str()),
            Inject::Header { .. } | Inject::Cookie(_) => None,
        };
        let mut outgoing = Outgoing {
            route,
            path,
            query: query::passed(parts.uri.query(), route.clamp.as_ref(), gone),
            method: parts.method,
            headers: parts.headers,
        };
        let hops = self.outside.hops(&outgoing.headers, peer);
        headers::clean_up(&mut outgoing.headers, route);
        self.outside.tell(&hops, route, &mut outgoing.headers);
        introduce(caller, route, &mut outgoing.headers);
        if below.is_some() {
            tunnel::ask(&mut outgoing.headers);
        }
        let Answered { mut answer, token } = self.called(&outgoing, caller, body).await?;
        let above = tunnel::is_agreed(&answer).then(|| hyper::upgrade::on(&mut answer));
        let (mut parts, body) = answer.into_parts();
        headers::clean_down(&mut parts.headers, token.as_ref());
        redirect::rewrite(&mut parts.headers, route, &self.outside);
        parts.version = Version::default();
        match (below, above) {
            (Some(below), Some(above)) => {
                tunnel::ask(&mut parts.headers);
                let verdicts = self.admission.verifier.verdicts.clone();
                let (caller, clock) = (caller.clone(), self.clock.clone());
                Tunnel { below, above, caller, verdicts, clock, place }.open();
                Ok(Response::from_parts(parts, empty()))
            }
            // Nobody asked for another protocol.
            (None, Some(_)) => Err(Refusal::Unreachable),
            (_, None) => {
                Ok(Response::from_parts(parts, Download::new(body, route.idle, place).boxed_unsync()))
            }
        }
    }

    /// Calls the API, with a fresh legacy token a second time when it did not take the first and the request can be sent twice.
    async fn called(
        &self,
        outgoing: &Outgoing<'_>,
        caller: &Caller,
        body: Body,
    ) -> Result<Answered, Refusal> {
        let route = outgoing.route;
        let repeatable = body.is_end_stream();
        let Some(whose) = Whose::of(route, caller)? else {
            let answer = self.send(outgoing, None, body).await?;
            return Ok(Answered { answer, token: None });
        };
        let token = self.tokens.fresh(&whose, caller).await?;
        let answer = self.send(outgoing, Some(&token), body).await?;
        if answer.status() != http::StatusCode::UNAUTHORIZED {
            return Ok(Answered { answer, token: Some(token) });
        }
        drop(answer);
        Box::pin(self.called_again(outgoing, (&whose, caller), &token, repeatable)).await
    }

    /// `dead` was not taken.
    async fn called_again(
        &self,
        outgoing: &Outgoing<'_>,
        (whose, caller): (&Whose, &Caller),
        dead: &Secret,
        repeatable: bool,
    ) -> Result<Answered, Refusal> {
        let token = self.tokens.instead_of(whose, caller, dead).await?;
        if !repeatable {
            return Err(Refusal::SendAgain);
        }
        let answer = self.send(outgoing, Some(&token), empty()).await?;
        if answer.status() == http::StatusCode::UNAUTHORIZED {
            return Err(match outgoing.route.identity {
                LegacyIdentity::User if caller.account.is_some() => Refusal::SignInAgain,
                _ => Refusal::LegacyUnavailable,
            });
        }
        Ok(Answered { answer, token: Some(token) })
    }

    async fn send(
        &self,
        outgoing: &Outgoing<'_>,
        token: Option<&Secret>,
        body: Body,
    ) -> Result<Response<Incoming>, Refusal> {
        let route = outgoing.route;
        let progress = Progress::begin();
        let body = if body.is_end_stream() {
            body
        } else {
            Upload::new(body, route.body_limit, progress.clone()).boxed_unsync()
        };
        let mut request = Request::new(body);
        *request.method_mut() = outgoing.method.clone();
        *request.headers_mut() = outgoing.headers.clone();
        let query = match token {
            Some(token) => put(token, &route.inject, request.headers_mut(), outgoing.query.clone())?,
            None => outgoing.query.clone(),
        };
        let uri = route.upstream.uri(outgoing.path, query.as_deref()).map_err(|_| Refusal::Unspeakable)?;
        *request.uri_mut() = uri;
        self.http.send(request, &progress, route.timeout).await
    }
}

/// Tells the API who calls, where it wants to know. What cannot stand in a header is not told.
fn introduce(caller: &Caller, route: &Route, headers: &mut HeaderMap) {
    let names = &route.identity_headers;
    // A role with a comma in it would be two.
    let roles: Vec<&str> =
        caller.roles.iter().map(String::as_str).filter(|role| !role.contains(',')).collect();
    let told = [
        (&names.user, caller.user_name.clone()),
        (&names.roles, (!roles.is_empty()).then(|| roles.join(","))),
        (&names.client, Some(caller.client.to_string())),
    ];
    for (name, value) in told {
        if let (Some(name), Some(Ok(value))) = (name, value.map(HeaderValue::try_from)) {
            headers.insert(name.clone(), value);
        }
    }
}

impl Passage {
    /// The headers that tell a proxy, and the API behind it, who calls.
    pub fn introduction(caller: &Caller, route: &Route) -> HeaderMap {
        let mut headers = HeaderMap::new();
        introduce(caller, route, &mut headers);
        headers
    }
}
