//! Who gets in: the checks of a request in their order, before anybody behind hears of it. The decision endpoint and the way through
//! share them.

use std::sync::Arc;

use http::{HeaderMap, Uri, Version, header};
use tracing::warn;

use crate::gateway::caller::Caller;
use crate::gateway::limits::Place;
use crate::gateway::refusal::Refusal;
use crate::gateway::route::{Mode, Route, Routes};
use crate::gateway::verify::Verifier;
use crate::rules::access::{Asked, Denial, Permit, decide};
use crate::rules::request_path::RequestPath;
use crate::secret::Secret;
use crate::time::Timestamp;

/// Lets requests in.
#[derive(Clone)]
pub struct Admission {
    /// The routes.
    pub routes: Routes,
    /// Whose token it is.
    pub verifier: Verifier,
}

/// A request that may go on.
#[derive(Debug)]
pub struct Admitted {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// The path that was decided on, and no other is sent on.
    pub path: RequestPath,
    /// That it may.
    pub permit: Permit,
    /// Its place among the requests at once.
    pub place: Place,
}

/// A request as far as anybody needs to know it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The method.
    pub method: &'a str,
    /// The rest of the path below the prefix, as it was sent.
    pub rest: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
}

/// A request that does not go on, and who sent it where that is known.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub why: Refusal,
    /// Who calls.
    pub caller: Option<Arc<Caller>>,
}

impl Admission {
    /// Whether a call on `route` may go on.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn admit(&self, route: &Route, call: Call<'_>, now: Timestamp) -> Result<Admitted, Refused> {
        let anonymous = |why| Refused { why, caller: None };
        if ["CONNECT", "TRACE"].contains(&call.method) {
            return Err(anonymous(Refusal::Method));
        }
        let path = RequestPath::parse(call.rest).map_err(|path| anonymous(path.into()))?;
        let token = bearer(call.headers).map_err(anonymous)?;
        let caller = self.verifier.caller(&token, now).await.map_err(|error| anonymous(error.into()))?;
        match self.decided(route, call, &path, &caller, now) {
            Ok((permit, place)) => Ok(Admitted { caller, path, permit, place }),
            Err(why) => Err(Refused { why, caller: Some(caller) }),
        }
    }

    fn decided(
        &self,
        route: &Route,
        call: Call<'_>,
        path: &RequestPath,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<(Permit, Place), Refusal> {
        if !caller.audiences.iter().any(|audience| audience == route.audience.as_str()) {
            return Err(Refusal::Audience);
        }
        let place = route.limits.enter(caller).map_err(Refusal::TooMany)?;
        match decide(&route.rules, &asked(call.method, path, caller), now) {
            Ok(permit) => Ok((permit, place)),
            Err(denial) if route.mode == Mode::Shadow => Ok((in_shadow(route, call, caller, &denial), place)),
            Err(denial) => Err(denial.into()),
        }
    }
}

/// What the rules hear of a request.
pub fn asked<'a>(method: &'a str, path: &'a RequestPath, caller: &'a Caller) -> Asked<'a> {
    Asked {
        method,
        path,
        client: &caller.client,
        scope: &caller.scope,
        roles: &caller.roles,
        acr: caller.acr.as_deref(),
        auth_time: caller.auth_time,
    }
}

fn in_shadow(route: &Route, call: Call<'_>, caller: &Caller, denial: &Denial) -> Permit {
    warn!(
        client.id = %caller.client, route = route.prefix, method = call.method, path = call.rest,
        rule = denial.rule(), "would deny {} {}{}: {denial}", call.method, route.prefix, call.rest
    );
    Permit::in_shadow(denial)
}

/// RFC 9112 §3.2.2: a whole address in the request line is for proxies that people choose; here it could name another host than the one
/// that was asked. HTTP/2 has no other form (RFC 9113 §8.3.1).
///
/// # Errors
/// When it is one.
pub fn origin_form(uri: &Uri, version: Version) -> Result<(), Refusal> {
    if version < Version::HTTP_2 && (uri.scheme().is_some() || uri.authority().is_some()) {
        return Err(Refusal::AbsoluteForm);
    }
    Ok(())
}

/// RFC 6750 §2.1, and none of its other ways: a token in a form or in an address ends up where it can be read.
fn bearer(headers: &HeaderMap) -> Result<Secret, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
    let value = values.next().ok_or(Refusal::NoToken)?;
    if values.next().is_some() {
        return Err(Refusal::MalformedAuthorization);
    }
    let value = value.to_str().map_err(|_| Refusal::MalformedAuthorization)?;
    let (scheme, token) = value.split_once(' ').ok_or(Refusal::MalformedAuthorization)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NoToken);
    }
    let token = token.trim_start_matches(' ');
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || !token.bytes().all(is_token) {
        return Err(Refusal::MalformedAuthorization);
    }
    Ok(Secret::from(token))
}
