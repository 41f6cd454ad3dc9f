//! `[[api]]`: an API that accepts our access tokens, and the token that it wants.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::client::Subject;
use super::findings::Findings;
use super::lifetime::Lifetime;
use super::reading;
use super::scopes::is_scope_token;
use super::tokens::access_lifetime;
use crate::i18n::Sentence;
use crate::id::{Audience, ClientId};
use crate::oauth::algorithm::SigningAlgorithm;
use crate::oauth::scope::STANDARD;

/// Thirty times cheaper to sign than RSA.
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Es256;

/// A checked element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// `aud` of its tokens.
    pub audience: Audience,
    /// What its scopes are.
    pub scopes: Vec<ApiScope>,
    /// What its tokens look like.
    pub format: Format,
    /// How `aud` is written.
    pub aud: Aud,
    /// What `sub` says of a person, when that is not the client's to say.
    pub subject: Option<Subject>,
    /// How long they live, when that is not the client's to say.
    pub lifetime: Option<Lifetime>,
    /// The clients by which it asks what a token means.
    pub introspected_by: Vec<ClientId>,
}

/// A scope, and what the consent page says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiScope {
    /// The token.
    pub name: String,
    /// A sentence.
    pub description: Option<Sentence>,
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JWT (RFC 9068).
    Jwt {
        /// `alg`.
        algorithm: SigningAlgorithm,
        /// `typ`.
        typ: Typ,
    },
    /// A random string.
    Opaque,
}

/// `typ` of a JWT access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Typ {
    /// RFC 9068 §2.1.
    #[default]
    #[serde(rename = "at+jwt")]
    AtJwt,
    /// For a library that insists.
    #[serde(rename = "JWT")]
    Jwt,
}

/// How `aud` is written (RFC 7519 §4.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aud {
    /// A text when there is one audience.
    #[default]
    String,
    /// Always an array.
    Array,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    audience: Option<String>,
    scopes: Option<Vec<RawScope>>,
    format: Option<RawFormat>,
    typ: Option<Typ>,
    algorithm: Option<SigningAlgorithm>,
    aud: Option<Aud>,
    subject: Option<Subject>,
    lifetime: Option<Lifetime>,
    introspected_by: Option<Vec<String>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawFormat {
    Jwt,
    Opaque,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ScopeTable {
    name: Option<String>,
    description: Option<Sentence>,
}

/// `"events.read"` or `{ name = "events.read", description = "…" }`.
struct RawScope(ScopeTable);

impl<'de> Deserialize<'de> for RawScope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScopeReader)
    }
}

struct ScopeReader;

impl<'de> Visitor<'de> for ScopeReader {
    type Value = RawScope;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a scope: \"events.read\", or { name = \"events.read\", description = \"See events\" }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawScope, E> {
        Ok(RawScope(ScopeTable { name: Some(text.to_owned()), description: None }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawScope, A::Error> {
        ScopeTable::deserialize(MapAccessDeserializer::new(map)).map(RawScope)
    }
}

/// Checks every `[[api]]`. `issuer` is ours, and `scopes` are those of `[scopes]`.
pub(super) fn check(
    written: Vec<Raw>,
    issuer: &str,
    scopes: &BTreeMap<String, Vec<String>>,
    findings: &mut Findings,
) -> Vec<Api> {
    let mut apis: Vec<Api> = Vec::new();
    for (index, raw) in written.into_iter().enumerate() {
        let at = reading::element("api", index, raw.audience.as_deref().filter(|name| !name.is_empty()));
        let api = raw.check(&at, scopes, findings);
        if apis.iter().any(|known| known.audience == api.audience) {
            findings.problem(reading::key(&at, "audience"), "there is an API of this name already");
        }
        if api.audience.as_str() == issuer {
            findings.problem(
                reading::key(&at, "audience"),
                "the issuer itself is the audience of tokens for the userinfo endpoint; give the API a name of its own",
            );
        }
        apis.push(api);
    }
    apis
}

impl Raw {
    fn check(self, at: &str, others: &BTreeMap<String, Vec<String>>, findings: &mut Findings) -> Api {
        let audience = self.audience.unwrap_or_default();
        if audience.is_empty() {
            findings.missing(
                reading::key(at, "audience"),
                "missing; the API's name in `aud` and `resource`, best a URL such as \"https://api.example.org\"",
            );
        } else if !audience.bytes().all(|byte| byte.is_ascii_graphic()) {
            findings.problem(
                reading::key(at, "audience"),
                "printable ASCII without spaces, best a URL such as \"https://api.example.org\"",
            );
        } else if audience.contains('#') {
            // RFC 8707 §2: a resource has no fragment.
            findings.problem(reading::key(at, "audience"), "leave out the fragment, from # on");
        }
        let algorithm_given = self.algorithm.is_some();
        let format = match self.format.unwrap_or(RawFormat::Jwt) {
            RawFormat::Jwt => Format::Jwt {
                algorithm: self.algorithm.unwrap_or(ALGORITHM),
                typ: self.typ.unwrap_or_default(),
            },
            RawFormat::Opaque => {
                for (key, given) in [("algorithm", algorithm_given), ("typ", self.typ.is_some())] {
                    if given {
                        findings.problem(reading::key(at, key), "an opaque token has none; leave it out");
                    }
                }
                Format::Opaque
            }
        };
        let introspected_by = self.introspected_by.unwrap_or_default();
        if format == Format::Opaque && introspected_by.is_empty() {
            findings.warning(
                reading::key(at, "introspected_by"),
                "missing; an API learns what an opaque token means by asking, as a [[client]] that is named here",
            );
        }
        Api {
            introspected_by: introspected_by.into_iter().map(ClientId::from).collect(),
            audience: Audience::from(audience),
            scopes: scopes(self.scopes.unwrap_or_default(), &reading::key(at, "scopes"), others, findings),
            format,
            aud: self.aud.unwrap_or_default(),
            subject: self.subject,
            lifetime: lifetime(self.lifetime, format, &reading::key(at, "lifetime"), findings),
        }
    }
}

fn lifetime(
    written: Option<Lifetime>,
    format: Format,
    at: &str,
    findings: &mut Findings,
) -> Option<Lifetime> {
    match written? {
        Lifetime::Limited(span) => access_lifetime(Some(span), at, findings).map(Lifetime::Limited),
        Lifetime::Unlimited => {
            findings.warning(at, match format {
                Format::Jwt { .. } => {
                    "nobody can take back such a token at an API that checks it by itself, and every signing key stays published \
                     for ever; a client that can ask again needs no more than \"10min\""
                }
                Format::Opaque => {
                    "such a token is good until somebody revokes it; a client that can ask again needs no more than \"10min\""
                }
            });
            Some(Lifetime::Unlimited)
        }
    }
}

fn scopes(
    written: Vec<RawScope>,
    at: &str,
    others: &BTreeMap<String, Vec<String>>,
    findings: &mut Findings,
) -> Vec<ApiScope> {
    let mut scopes: Vec<ApiScope> = Vec::new();
    for (index, RawScope(scope)) in written.into_iter().enumerate() {
        let name = scope.name.unwrap_or_default();
        let wrong = if !is_scope_token(&name) {
            Some("not a scope: printable ASCII without spaces, quotes and backslashes")
        } else if STANDARD.contains(&name.as_str()) {
            Some("this scope is OpenID Connect's own; choose another, such as \"events.read\"")
        } else if others.contains_key(&name) {
            Some("[scopes] gives this scope another meaning; one scope, one meaning")
        } else if scopes.iter().any(|known| known.name == name) {
            Some("this scope is in the list already")
        } else if scope.description.as_ref().is_some_and(Sentence::is_blank) {
            Some("its description is empty; a sentence such as \"See your events\", or none")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            findings.problem(
                reading::element(at, index, Some(&name).filter(|name| !name.is_empty()).map(String::as_str)),
                wrong,
            );
        }
        scopes.push(ApiScope { name, description: scope.description });
    }
    scopes
}
