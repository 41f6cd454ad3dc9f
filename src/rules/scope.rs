//! How much: scopes and audiences, at the authorization endpoint and again for each access token.
//!
//! # Why unknown scopes are dropped and forbidden ones refused
//!
//! OpenID Connect Core §3.1.2.1 wants scopes that are not understood to be ignored, and libraries send such scopes; RFC 6749 §3.3
//! allows it as long as the answer tells the scope that was granted, which ours always does. A scope that is known here but not
//! registered for the client is a mistake that somebody can mend, and silence would hide it: `invalid_scope`.
//!
//! # Why an access token is for one API unless several are named
//!
//! A token that two APIs accept can be replayed by one against the other (RFC 9700 §2.3). With no target named, the scope tells
//! which API is meant (RFC 9068 §3), and with no API scope the client's first.

use crate::id::Audience;
use crate::model::api::Api;
use crate::model::authorization::Authorization;
use crate::model::client::Client;
use crate::oauth::error::ErrorCode;
use crate::oauth::grant_type::GrantType;
use crate::oauth::printable::printable;
use crate::oauth::resource::{Targets, is_resource};
use crate::oauth::scope::{MalformedScope, OFFLINE_ACCESS, STANDARD, Scope};

/// Why a scope or target was refused at the authorization endpoint or the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NarrowingRefusal {
    /// RFC 6749 §3.3.
    #[error("{0}")]
    Malformed(#[from] MalformedScope),
    /// Nothing that was asked for is known, or nothing was asked for and there is no default.
    #[error("none of the scopes asked for is known here")]
    NothingKnown,
    /// Known here, but not registered for the client.
    #[error("the scope `{}` is not registered for this client", printable(.0))]
    NotRegistered(String),
    /// RFC 6749 §6: no more than was granted.
    #[error("the scope `{}` was not granted", printable(.0))]
    NotGranted(String),
    /// RFC 9068 §3: the scopes point to different APIs.
    #[error("the scopes belong to more than one API; name the APIs with `resource`")]
    SeveralApis,
    /// RFC 9068 §3: a scope of another API than those named.
    #[error("the scope `{}` means nothing at the APIs that `resource` or `audience` names", printable(.0))]
    OfAnotherApi(String),
    /// RFC 8707 §2.
    #[error("`resource` is not an absolute URI without a fragment")]
    MalformedResource,
    /// RFC 8707 §2: unknown, or not this client's. Both get one text: a client need not learn which APIs exist.
    #[error("the API `{}` is not registered for this client", printable(.0))]
    UnknownTarget(String),
    /// RFC 8707 §2.2: beyond what was granted.
    #[error("the API `{}` was not part of what was granted", printable(.0))]
    TargetNotGranted(String),
    /// One token cannot have two shapes.
    #[error("the APIs named want different kinds of access token; ask for one token each")]
    FormatsDiffer,
}

impl NarrowingRefusal {
    /// The protocol's word for it.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed(_)
            | Self::NothingKnown
            | Self::NotRegistered(_)
            | Self::NotGranted(_)
            | Self::SeveralApis
            | Self::OfAnotherApi(_) => ErrorCode::InvalidScope,
            Self::MalformedResource
            | Self::UnknownTarget(_)
            | Self::TargetNotGranted(_)
            | Self::FormatsDiffer => ErrorCode::InvalidTarget,
        }
    }
}

/// A scope and the APIs it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowed {
    /// The scope.
    pub scope: Scope,
    /// The APIs.
    pub audiences: Vec<Audience>,
}

/// What an authorization request may end in: its scope and the APIs that its tokens may be for.
///
/// # Errors
/// When a scope or target is not this client's.
pub fn for_authorization(
    client: &Client,
    apis: &[Api],
    asked: Option<&str>,
    targets: &Targets,
) -> Result<Narrowed, NarrowingRefusal> {
    let apis = Apis(apis);
    let asked = asked.map(Scope::parse).transpose()?;
    let named = apis.named(targets, &client.audiences, NarrowingRefusal::UnknownTarget)?;
    let scope = match &asked {
        Some(asked) => apis.registered(client, asked)?,
        // RFC 6749 §3.3: a default when none is asked for, here what the API offers; nothing about the person.
        None => {
            apis.at(&client.scope.filter(|token| apis.is_api_scope(token)), default_target(&named, client))
        }
    };
    if scope.is_empty() {
        return Err(NarrowingRefusal::NothingKnown);
    }
    let audiences = if named.is_empty() { apis.inferred(&scope, &client.audiences)? } else { named };
    match scope.first(|token| apis.is_api_scope(token) && !apis.means_something(token, &audiences)) {
        Some(token) => Err(NarrowingRefusal::OfAnotherApi(token)),
        None => Ok(Narrowed { scope, audiences }),
    }
}

/// What one access token carries of what was granted: no more than `asked`, for the APIs named or the one that is meant.
///
/// Scopes of other APIs are left out without a word, and the answer's `scope` tells: libraries repeat the whole scope with each
/// `resource` (RFC 8707 §2.2 has the server narrow it). What was granted, and a refresh token with it, stays as it was (RFC 6749 §6).
///
/// # Errors
/// When more is asked for than was granted.
pub fn narrow(
    granted: &Authorization,
    asked: Option<&str>,
    targets: &Targets,
    apis: &[Api],
) -> Result<Narrowed, NarrowingRefusal> {
    let apis = Apis(apis);
    let scope = match asked.map(Scope::parse).transpose()? {
        None => granted.scope.clone(),
        Some(asked) => match asked.first(|token| !granted.scope.contains(token)) {
            Some(beyond) => return Err(NarrowingRefusal::NotGranted(beyond)),
            None => asked,
        },
    };
    let named = apis.named(targets, &granted.audiences, NarrowingRefusal::TargetNotGranted)?;
    let meant = || apis.one_that_covers(&scope, &granted.audiences).or(granted.audiences.first()).cloned();
    let audiences = if named.is_empty() { meant().into_iter().collect() } else { named };
    if !apis.share_a_format(&audiences) {
        return Err(NarrowingRefusal::FormatsDiffer);
    }
    let left = apis.at(&scope, &audiences);
    // The answer has no spelling for an empty scope, and to leave it out would say that all that was asked for was given.
    match scope.first(|_| asked.is_some() && left.is_empty()) {
        Some(token) => Err(NarrowingRefusal::OfAnotherApi(token)),
        None => Ok(Narrowed { scope: left, audiences }),
    }
}

/// All that `client` may have when it speaks for itself (RFC 6749 §4.4): nothing that speaks of a person.
pub fn of_client_itself(client: &Client, apis: &[Api]) -> Scope {
    client.scope.filter(|token| Apis(apis).is_api_scope(token))
}

fn default_target<'a>(named: &'a [Audience], client: &'a Client) -> &'a [Audience] {
    if named.is_empty() { client.audiences.get(..1).unwrap_or_default() } else { named }
}

/// The APIs that we know, and the questions above asked of them.
struct Apis<'a>(&'a [Api]);

impl Apis<'_> {
    fn find(&self, audience: &Audience) -> Option<&Api> {
        self.0.iter().find(|api| api.audience == *audience)
    }

    fn is_api_scope(&self, token: &str) -> bool {
        !STANDARD.contains(&token) && self.0.iter().any(|api| has(api, token))
    }

    fn means_something(&self, token: &str, audiences: &[Audience]) -> bool {
        audiences.iter().filter_map(|audience| self.find(audience)).any(|api| has(api, token))
    }

    /// `scope` without the scopes of APIs that are not among `audiences`.
    fn at(&self, scope: &Scope, audiences: &[Audience]) -> Scope {
        scope.filter(|token| !self.is_api_scope(token) || self.means_something(token, audiences))
    }

    /// The scopes of `asked` that are known, all of which must be the client's.
    fn registered(&self, client: &Client, asked: &Scope) -> Result<Scope, NarrowingRefusal> {
        let known = asked.filter(|token| {
            STANDARD.contains(&token) || client.scope.contains(token) || self.is_api_scope(token)
        });
        // OpenID Connect Core §11: offline_access is ignored, not refused, where no refresh token can be given.
        let offline =
            client.grant_types.contains(&GrantType::RefreshToken) && client.scope.contains(OFFLINE_ACCESS);
        let scope = known.filter(|token| offline || token != OFFLINE_ACCESS);
        match scope.first(|token| !client.scope.contains(token)) {
            Some(token) => Err(NarrowingRefusal::NotRegistered(token)),
            None => Ok(scope),
        }
    }

    /// The APIs that the request names, all of which must be known and among `allowed`.
    fn named(
        &self,
        targets: &Targets,
        allowed: &[Audience],
        refusal: fn(String) -> NarrowingRefusal,
    ) -> Result<Vec<Audience>, NarrowingRefusal> {
        if !targets.resource.iter().all(|resource| is_resource(resource)) {
            return Err(NarrowingRefusal::MalformedResource);
        }
        targets
            .names()
            .into_iter()
            .map(|name| {
                let audience = Audience::from(name);
                let known = allowed.contains(&audience) && self.find(&audience).is_some();
                if known { Ok(audience) } else { Err(refusal(name.to_owned())) }
            })
            .collect()
    }

    /// RFC 9068 §3: the API that the scope points to; the client's first where it points to none.
    fn inferred(&self, scope: &Scope, allowed: &[Audience]) -> Result<Vec<Audience>, NarrowingRefusal> {
        if !scope.iter().any(|token| self.is_api_scope(token)) {
            return Ok(allowed.iter().take(1).cloned().collect());
        }
        match self.one_that_covers(scope, allowed) {
            Some(audience) => Ok(vec![audience.clone()]),
            None => Err(NarrowingRefusal::SeveralApis),
        }
    }

    /// The first of `audiences` at which every API scope in `scope` means something.
    fn one_that_covers<'a>(&self, scope: &Scope, audiences: &'a [Audience]) -> Option<&'a Audience> {
        audiences.iter().find(|audience| {
            self.find(audience)
                .is_some_and(|api| scope.iter().all(|token| !self.is_api_scope(token) || has(api, token)))
        })
    }

    fn share_a_format(&self, audiences: &[Audience]) -> bool {
        let apis = audiences.iter().filter_map(|audience| self.find(audience));
        // One token has one `sub`, too.
        let mut formats = apis.map(|api| (api.format, api.subject));
        let first = formats.next();
        formats.all(|format| Some(format) == first)
    }
}

fn has(api: &Api, token: &str) -> bool {
    api.scopes.iter().any(|scope| scope.token == token)
}
