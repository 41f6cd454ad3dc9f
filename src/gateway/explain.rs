//! What the gateway would do with a request, without doing it: nobody is called, and no token is needed.

use serde::Serialize;

use crate::gateway::admission::asked;
use crate::gateway::caller::Caller;
use crate::gateway::route::{Mode, Routes};
use crate::gateway::swap::Whose;
use crate::rules::access::decide;
use crate::rules::request_path::RequestPath;
use crate::time::Timestamp;

/// What would become of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Whether it would be forwarded.
    pub forwarded: bool,
    /// The prefix of its route.
    pub route: Option<String>,
    /// The rule that speaks of it.
    pub rule: Option<String>,
    /// Why.
    pub why: String,
    /// Where it would go.
    pub upstream: Option<String>,
    /// As whom the legacy system would be called.
    pub legacy_identity: Option<String>,
}

impl Explanation {
    fn refused(why: String) -> Self {
        Self { forwarded: false, route: None, rule: None, why, upstream: None, legacy_identity: None }
    }
}

/// What would become of `method` on `path` if `caller` sent it; `path` is the whole one, prefix included.
pub fn explain(
    routes: &Routes,
    (method, path): (&str, &str),
    caller: &Caller,
    now: Timestamp,
) -> Explanation {
    let path = path.split('?').next().unwrap_or_default();
    let Some((route, rest)) = routes.find(path) else {
        return Explanation::refused("no route has this prefix".to_owned());
    };
    let on_route =
        |why: String| Explanation { route: Some(route.prefix.clone()), ..Explanation::refused(why) };
    let path = match RequestPath::parse(rest) {
        Ok(path) => path,
        Err(ambiguous) => return on_route(ambiguous.to_string()),
    };
    if !caller.audiences.iter().any(|audience| audience == route.audience.as_str()) {
        return on_route(format!("{} gets no tokens for {}", caller.client, route.audience));
    }
    let (rule, why) = match decide(&route.rules, &asked(method, &path, caller), now) {
        Ok(permit) => (permit.rule().map(str::to_owned), "the rule allows it".to_owned()),
        Err(denial) if route.mode == Mode::Shadow => (
            denial.rule().map(str::to_owned),
            format!("{denial}; the route is in shadow mode, so it goes on"),
        ),
        Err(denial) => {
            let rule = denial.rule().map(str::to_owned);
            return Explanation { rule, ..on_route(denial.to_string()) };
        }
    };
    let identity = match Whose::of(route, caller) {
        Ok(None) => "nobody: no legacy token is sent".to_owned(),
        Ok(Some(Whose::Person(account))) => {
            format!("{} ({account})", caller.user_name.as_deref().unwrap_or("the person"))
        }
        Ok(Some(Whose::ServiceAccount(name))) => format!("the service account {name}"),
        Err(refusal) => return Explanation { rule, ..on_route(refusal.to_string()) },
    };
    Explanation {
        forwarded: true,
        route: Some(route.prefix.clone()),
        rule,
        why,
        upstream: route.upstream.uri(path.as_str(), None).ok().map(|uri| uri.to_string()),
        legacy_identity: Some(identity),
    }
}
