//! The routes: public prefixes, and what is known of the APIs behind them.

use std::sync::Arc;
use std::time::Duration;

use http::uri::{Authority, Scheme};
use http::{HeaderName, Uri};

use crate::gateway::limits::Limits;
use crate::id::{Audience, ServiceAccountName};
use crate::rules::access::AccessRule;

/// A route.
#[derive(Debug)]
pub struct Route {
    /// Below the issuer's own path, such as `/gateway/legacy`.
    pub prefix: String,
    /// The prefix as everybody outside sees it: the resource of RFC 9728.
    pub resource: String,
    /// Where it leads.
    pub upstream: Upstream,
    /// Whose tokens it takes (RFC 9068 §4, RFC 8707).
    pub audience: Audience,
    /// For whom the API is called.
    pub identity: LegacyIdentity,
    /// Where the legacy token goes.
    pub inject: Inject,
    /// How the API is told who calls.
    pub identity_headers: IdentityHeaders,
    /// Until the answer begins, counted from the last piece of the request.
    pub timeout: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
    /// The largest body of a request.
    pub body_limit: u64,
    /// The most that a query parameter may ask for.
    pub clamp: Option<Clamp>,
    /// How much one client may do for one person.
    pub limits: Limits,
    /// What becomes of denials.
    pub mode: Mode,
    /// Who may do what, in order.
    pub rules: Vec<AccessRule>,
    /// The scopes that the audience has, for the metadata.
    pub scopes: Vec<String>,
}

/// For whom the API is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegacyIdentity {
    /// The person, with their own token; a machine by the service account that is bound to it.
    User,
    /// Everybody by this service account.
    ServiceAccount(ServiceAccountName),
    /// Nobody: no legacy token is sent.
    None,
}

/// Where the legacy token goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inject {
    /// Into a header, behind a scheme unless that is empty.
    Header {
        /// Which.
        name: HeaderName,
        /// Such as `Bearer`.
        scheme: String,
    },
    /// Into a cookie.
    Cookie(String),
    /// Into a query parameter.
    Query(String),
}

/// The names of headers that tell the API who calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityHeaders {
    /// The legacy user name.
    pub user: Option<HeaderName>,
    /// The roles.
    pub roles: Option<HeaderName>,
    /// The client.
    pub client: Option<HeaderName>,
}

impl IdentityHeaders {
    /// Each that has a name.
    pub fn names(&self) -> impl Iterator<Item = &HeaderName> {
        [&self.user, &self.roles, &self.client].into_iter().flatten()
    }
}

/// The most that a query parameter may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clamp {
    /// Its name; capitals make no difference.
    pub parameter: String,
    /// More is made this.
    pub most: u64,
}

/// What becomes of denials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They stand.
    Enforced,
    /// They are logged, and the request goes on.
    Shadow,
}

/// An API as it is reached.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// http or https.
    pub scheme: Scheme,
    /// Host and port.
    pub authority: Authority,
    /// What stands in front of every path there; without a slash at the end.
    pub base: String,
}

impl Upstream {
    /// The address of `path` and `query` there.
    pub fn uri(&self, path: &str, query: Option<&str>) -> Result<Uri, http::Error> {
        let mark = if query.is_some() { "?" } else { "" };
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(format!("{}{path}{mark}{}", self.base, query.unwrap_or_default()))
            .build()
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Routes(Arc<[Arc<Route>]>);

impl Routes {
    /// The longest prefix comes first.
    pub fn new(mut routes: Vec<Route>) -> Self {
        routes.sort_by_key(|route| std::cmp::Reverse(route.prefix.len()));
        Self(routes.into_iter().map(Arc::new).collect())
    }

    /// The route of a path as it was sent, and the rest of the path. Only the very bytes of a prefix count: whatever else they could mean
    /// leads to no API.
    pub fn find<'p>(&self, path: &'p str) -> Option<(&Arc<Route>, &'p str)> {
        self.0.iter().find_map(|route| {
            let rest = path.strip_prefix(route.prefix.as_str())?;
            match rest {
                "" => Some((route, "/")),
                rest => rest.starts_with('/').then_some((route, rest)),
            }
        })
    }

    /// Each.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Route>> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
