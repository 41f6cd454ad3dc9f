//! `inject` of a `[[gateway.route]]`: where the legacy token goes.

use serde::Deserialize;

use super::names::{is_own_header, named};
use crate::config::findings::Findings;
use crate::config::reading;

/// Where the legacy token goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inject {
    /// Into a header, behind a scheme.
    Header {
        /// In small letters.
        name: String,
        /// Such as `Bearer`; nothing in front when empty.
        scheme: String,
    },
    /// Into a cookie.
    Cookie(String),
    /// Into a query parameter.
    Query(String),
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Raw {
    header: Option<String>,
    scheme: Option<String>,
    cookie: Option<String>,
    query: Option<String>,
}

impl Raw {
    pub(super) fn check(self, at: &str, findings: &mut Findings) -> Inject {
        let Self { header, scheme, cookie, query } = self;
        if scheme.is_some() && (cookie.is_some() || query.is_some()) {
            findings.problem(reading::key(at, "scheme"), "only a header has one");
        }
        match (header, cookie, query) {
            (None, Some(name), None) => {
                named(&name, &reading::key(at, "cookie"), findings);
                Inject::Cookie(name)
            }
            (None, None, Some(name)) => {
                named(&name, &reading::key(at, "query"), findings);
                Inject::Query(name)
            }
            (header, None, None) => {
                let name = header.unwrap_or_else(|| "authorization".to_owned()).to_ascii_lowercase();
                if name != "authorization" && !is_own_header(&name) {
                    findings.problem(
                        reading::key(at, "header"),
                        "no header for this; write for example \"x-token\"",
                    );
                }
                let scheme = scheme.unwrap_or_else(|| "Bearer".to_owned());
                if !scheme.bytes().all(|byte| byte.is_ascii_graphic()) {
                    findings.problem(reading::key(at, "scheme"), "one word, such as \"Bearer\", or nothing");
                }
                Inject::Header { name, scheme }
            }
            _ => {
                findings.problem(at, "`header`, `cookie` and `query` exclude one another; keep one");
                Inject::Header { name: "authorization".to_owned(), scheme: "Bearer".to_owned() }
            }
        }
    }
}
