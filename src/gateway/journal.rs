//! One line in the log for each request: who, by which rule, what came of it, how long it took. No token, and no query, which may hold one.

use std::time::Duration;

use http::StatusCode;
use tracing::info;

use crate::gateway::caller::Caller;
use crate::gateway::refusal::Refusal;
use crate::gateway::route::Route;

/// What is told of a request.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Where it was sent.
    pub route: &'a Route,
    /// Its method.
    pub method: &'a str,
    /// Its path below the prefix.
    pub path: &'a str,
    /// Who sent it, where that is known.
    pub caller: Option<&'a Caller>,
    /// The rule that let it through, or did not.
    pub rule: Option<&'a str>,
    /// What the API answered, or why it was not asked.
    pub outcome: Result<StatusCode, &'a Refusal>,
    /// From the request to the head of its answer.
    pub took: Duration,
}

impl Entry<'_> {
    /// Writes it.
    pub fn write(&self) {
        let client = self.caller.map(|caller| caller.client.as_str());
        let account = self.caller.and_then(|caller| caller.account.as_ref()).map(|account| account.as_str());
        let ms = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        let Self { route, method, path, rule, .. } = self;
        let route = route.prefix.as_str();
        match self.outcome {
            Ok(status) => {
                let upstream = status.as_u16();
                info!(
                    client.id = client,
                    account.id = account,
                    route,
                    method,
                    path,
                    rule,
                    upstream.status = upstream,
                    ms,
                    "{method} {route}{path} {upstream}"
                );
            }
            Err(refusal) => {
                let error = refusal.code();
                info!(
                    client.id = client,
                    account.id = account,
                    route,
                    method,
                    path,
                    rule,
                    error,
                    ms,
                    "{method} {route}{path} refused: {refusal}"
                );
            }
        }
    }
}
