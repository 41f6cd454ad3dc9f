//! `[[client]]` as it is written, and the order in which it is checked.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::addresses;
use super::context::Context;
use super::credentials::{Credentials, Written};
use super::permissions;
use super::redirect_uri::ClientType;
use super::{Client, Consent, Pkce, RefreshTokens, ScopeClaims, Subject};
use crate::config::duration::Span;
use crate::config::findings::Findings;
use crate::config::reading;
use crate::config::secret_source::ClientSecretSource;
use crate::config::tokens::RawLifetimes;
use crate::id::ClientId;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::oauth::client_authentication::AuthenticationMethod;
use crate::oauth::grant_type::GrantType;

/// Every OpenID Provider has it, and every library expects it (OpenID Connect Core §15.1).
const ID_TOKEN_ALGORITHM: SigningAlgorithm = SigningAlgorithm::Rs256;
/// Sign in, and stay signed in.
const GRANT_TYPES: [GrantType; 2] = [GrantType::AuthorizationCode, GrantType::RefreshToken];

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct Raw {
    id: Option<String>,
    name: Option<String>,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    public: Option<bool>,
    secret: Option<ClientSecretSource>,
    secrets: Option<Vec<ClientSecretSource>>,
    jwks: Option<Value>,
    jwks_file: Option<PathBuf>,
    token_endpoint_auth_method: Option<AuthenticationMethod>,
    token_request_json: Option<bool>,
    grant_types: Option<Vec<GrantType>>,
    redirect_uris: Option<Vec<String>>,
    post_logout_redirect_uris: Option<Vec<String>>,
    web_origins: Option<Vec<String>>,
    backchannel_logout_uri: Option<String>,
    frontchannel_logout_uri: Option<String>,
    frontchannel_logout_session_required: Option<bool>,
    initiate_login_uri: Option<String>,
    refresh_tokens: Option<RefreshTokens>,
    scopes: Option<Vec<String>>,
    audiences: Option<Vec<String>>,
    service_account: Option<String>,
    pkce: Option<Pkce>,
    consent: Option<Consent>,
    subject: Option<Subject>,
    id_token_signed_response_alg: Option<SigningAlgorithm>,
    id_token_claims: Option<ScopeClaims>,
    userinfo_signed_response_alg: Option<SigningAlgorithm>,
    default_max_age: Option<Span>,
    lifetimes: Option<RawLifetimes>,
}

/// Checks every `[[client]]`.
pub(in crate::config) fn check(
    written: Vec<Raw>,
    context: &Context<'_>,
    findings: &mut Findings,
) -> Vec<Client> {
    let mut clients: Vec<Client> = Vec::new();
    for (index, raw) in written.into_iter().enumerate() {
        let title = [&raw.id, &raw.name].into_iter().flatten().find(|title| !title.is_empty()).cloned();
        let at = reading::element("client", index, title.as_deref());
        let client = raw.check(&at, context, findings);
        if clients.iter().any(|known| known.id == client.id) {
            findings.problem(reading::key(&at, "id"), "there is a client of this id already");
        }
        clients.push(client);
    }
    introspecting(&clients, context, findings);
    clients
}

impl Raw {
    fn check(mut self, at: &str, context: &Context<'_>, findings: &mut Findings) -> Client {
        let key = |name: &str| reading::key(at, name);
        let id = client_id(self.id.take(), &key("id"), findings);
        let credentials = self.credentials(at).check(at, context, findings);
        let client_type =
            if credentials == Credentials::Public { ClientType::Public } else { ClientType::Confidential };
        let grant_types = self.grant_types.unwrap_or_else(|| GRANT_TYPES.to_vec());
        permissions::grant_types(&grant_types, client_type, context.role_of(&id), at, findings);
        let audiences = permissions::audiences(&self.audiences.unwrap_or_default(), at, context, findings);
        let scope = permissions::scope(self.scopes, &grant_types, &audiences, at, context, findings);
        let service_account =
            permissions::service_account(self.service_account, &grant_types, at, context, findings);
        let addresses = addresses::Written {
            redirect_uris: self.redirect_uris.unwrap_or_default(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.unwrap_or_default(),
            web_origins: self.web_origins.unwrap_or_default(),
            backchannel_logout_uri: self.backchannel_logout_uri,
            frontchannel_logout_uri: self.frontchannel_logout_uri,
            initiate_login_uri: self.initiate_login_uri,
        };
        addresses.check(at, client_type, &grant_types, context.localhost(), findings);
        let pkce = pkce(self.pkce, client_type, &key("pkce"), findings);
        let consent = self.consent.unwrap_or_default();
        if consent == Consent::Skip && addresses.are_anybodys(client_type) {
            findings.warning(
                key("consent"),
                "any program on the device can pretend to be this one, and nobody would be asked (RFC 8252 section 8.6)",
            );
        }
        let lifetimes =
            self.lifetimes.unwrap_or_default().check(context.lifetimes, &key("lifetimes"), findings);
        Client {
            name: self.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| id.to_string()),
            id,
            client_uri: self.client_uri,
            logo_uri: self.logo_uri,
            policy_uri: self.policy_uri,
            tos_uri: self.tos_uri,
            credentials,
            token_request_json: self.token_request_json.unwrap_or(false),
            grant_types,
            redirect_uris: addresses.redirect_uris,
            post_logout_redirect_uris: addresses.post_logout_redirect_uris,
            web_origins: addresses.web_origins,
            backchannel_logout_uri: addresses.backchannel_logout_uri,
            frontchannel_logout_uri: addresses.frontchannel_logout_uri,
            frontchannel_logout_session_required: self.frontchannel_logout_session_required.unwrap_or(true),
            initiate_login_uri: addresses.initiate_login_uri,
            refresh_tokens: self.refresh_tokens.unwrap_or_default(),
            scope,
            audiences,
            service_account,
            pkce,
            consent,
            subject: self.subject.unwrap_or_default(),
            id_token_signed_response_alg: self.id_token_signed_response_alg.unwrap_or(ID_TOKEN_ALGORITHM),
            id_token_claims: self.id_token_claims.unwrap_or_default(),
            userinfo_signed_response_alg: self.userinfo_signed_response_alg,
            default_max_age: self.default_max_age,
            lifetimes,
        }
    }

    /// The keys that say how the client proves itself.
    fn credentials(&mut self, at: &str) -> Written {
        let one = self.secret.take().map(|secret| (reading::key(at, "secret"), secret));
        let list = reading::key(at, "secrets");
        let several = self.secrets.take().unwrap_or_default().into_iter().enumerate();
        let several = several.map(|(index, secret)| (reading::element(&list, index, None), secret));
        Written {
            public: self.public.unwrap_or(false),
            secrets: one.into_iter().chain(several).collect(),
            jwks: self.jwks.take(),
            jwks_file: self.jwks_file.take(),
            method: self.token_endpoint_auth_method,
        }
    }
}

fn pkce(written: Option<Pkce>, client: ClientType, at: &str, findings: &mut Findings) -> Pkce {
    let pkce = written.unwrap_or_default();
    if pkce == Pkce::Optional && client == ClientType::Public {
        // RFC 9700 §2.1.1: public clients MUST use PKCE.
        findings.problem(at, "a public client proves by PKCE alone that a code is its own; leave this out");
    }
    pkce
}

/// RFC 7662 §2.1: whoever introspects is authenticated, so each client that an API names exists and has credentials.
fn introspecting(clients: &[Client], context: &Context<'_>, findings: &mut Findings) {
    for (index, api) in context.apis.iter().enumerate() {
        let title = Some(api.audience.as_str()).filter(|title| !title.is_empty());
        let at = reading::key(&reading::element("api", index, title), "introspected_by");
        for (index, id) in api.introspected_by.iter().enumerate() {
            let at = reading::element(&at, index, None);
            match clients.iter().find(|client| client.id == *id) {
                None => findings.problem(at, "no [[client]] has this id"),
                Some(client) if client.credentials == Credentials::Public => {
                    findings.problem(at, "a public client cannot prove who it is, so nothing is told to it");
                }
                Some(_) => {}
            }
        }
    }
}

/// RFC 6749 Appendix A.1 allows more; a space or a colon in an id only makes trouble in logs and Basic headers.
fn client_id(written: Option<String>, at: &str, findings: &mut Findings) -> ClientId {
    let id = written.unwrap_or_default();
    if id.is_empty() {
        findings.missing(at, "missing; the client_id that the application sends, such as \"shop\"");
    } else if id.len() > 255 || !id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
        findings.problem(at, "up to 255 printable ASCII characters without spaces and colons");
    }
    ClientId::from(id)
}
