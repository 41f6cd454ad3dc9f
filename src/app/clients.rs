//! `[[client]]` as the registry wants it. Addresses that no page can show and keys that verify nothing become problems.

use crate::app::branding::{image, link};
use crate::config::client as written;
use crate::config::findings::Findings;
use crate::config::reading;
use crate::config::tokens;
use crate::keys::client_keys::ClientKeys;
use crate::model::client::{
    Appearance, Client, ConsentPolicy, Credentials, IdTokenSettings, Lifetimes, PkcePolicy, RefreshBinding,
    ScopeClaims, SecretMethod, SubjectKind, TokenRequests,
};

/// The clients, in the order of the configuration.
pub fn clients(written: &[written::Client], findings: &mut Findings) -> Vec<Client> {
    let one = |(index, written): (usize, &written::Client)| {
        let title = [written.id.as_str(), &written.name].into_iter().find(|title| !title.is_empty());
        client(written, &reading::element("client", index, title), findings)
    };
    written.iter().enumerate().map(one).collect()
}

fn client(written: &written::Client, at: &str, findings: &mut Findings) -> Client {
    Client {
        id: written.id.clone(),
        appearance: appearance(written, at, findings),
        credentials: credentials(&written.credentials, &reading::key(at, "jwks"), findings),
        token_requests: if written.token_request_json {
            TokenRequests::FormOrJson
        } else {
            TokenRequests::Form
        },
        grant_types: written.grant_types.clone(),
        redirect_uris: written.redirect_uris.clone(),
        post_logout_redirect_uris: written.post_logout_redirect_uris.clone(),
        web_origins: written.web_origins.clone(),
        backchannel_logout_uri: written.backchannel_logout_uri.clone(),
        frontchannel_logout_uri: written.frontchannel_logout_uri.clone(),
        frontchannel_logout_session_required: written.frontchannel_logout_session_required,
        initiate_login_uri: written.initiate_login_uri.clone(),
        refresh_tokens: match written.refresh_tokens {
            written::RefreshTokens::ByScope => RefreshBinding::ByScope,
            written::RefreshTokens::Session => RefreshBinding::Session,
            written::RefreshTokens::Standalone => RefreshBinding::Standalone,
        },
        scope: written.scope.clone(),
        audiences: written.audiences.clone(),
        service_account: written.service_account.clone(),
        pkce: match written.pkce {
            written::Pkce::Required => PkcePolicy::Required,
            written::Pkce::Optional => PkcePolicy::Optional,
        },
        consent: match written.consent {
            written::Consent::Ask => ConsentPolicy::Ask,
            written::Consent::Skip => ConsentPolicy::Skip,
        },
        subject: subject(written.subject),
        id_token: IdTokenSettings {
            algorithm: written.id_token_signed_response_alg,
            scope_claims: match written.id_token_claims {
                written::ScopeClaims::UserInfo => ScopeClaims::UserInfo,
                written::ScopeClaims::IdTokenToo => ScopeClaims::IdTokenToo,
            },
        },
        userinfo_signed_response_alg: written.userinfo_signed_response_alg,
        default_max_age: written.default_max_age.map(Into::into),
        lifetimes: lifetimes(&written.lifetimes),
    }
}

/// What `sub` says.
pub(super) fn subject(written: written::Subject) -> SubjectKind {
    match written {
        written::Subject::Minted => SubjectKind::Minted,
        written::Subject::LegacyUserName => SubjectKind::LegacyUserName,
    }
}

fn appearance(written: &written::Client, at: &str, findings: &mut Findings) -> Appearance {
    let at = |key: &str| reading::key(at, key);
    link(written.client_uri.as_deref(), &at("client_uri"), findings);
    image(written.logo_uri.as_deref(), &at("logo_uri"), findings);
    link(written.policy_uri.as_deref(), &at("policy_uri"), findings);
    link(written.tos_uri.as_deref(), &at("tos_uri"), findings);
    Appearance {
        name: written.name.clone(),
        client_uri: written.client_uri.clone(),
        logo_uri: written.logo_uri.clone(),
        policy_uri: written.policy_uri.clone(),
        tos_uri: written.tos_uri.clone(),
    }
}

fn credentials(written: &written::Credentials, at: &str, findings: &mut Findings) -> Credentials {
    match written {
        written::Credentials::Public => Credentials::Public,
        written::Credentials::Secret { place, digests } => Credentials::Secret {
            method: match place {
                written::SecretPlace::Basic => SecretMethod::Basic,
                written::SecretPlace::Post => SecretMethod::Post,
            },
            digests: digests.clone(),
        },
        written::Credentials::PrivateKey { jwks } => {
            // Null: it could not be read, and that has been told.
            if !jwks.is_null()
                && let Err(error) = ClientKeys::from_jwks(jwks)
            {
                findings.problem(at, error.to_string());
            }
            Credentials::PrivateKey { jwks: jwks.clone() }
        }
    }
}

fn lifetimes(written: &tokens::Lifetimes) -> Lifetimes {
    Lifetimes {
        access_token: written.access_token.into(),
        id_token: written.id_token.into(),
        refresh_token_idle: written.refresh_idle.into(),
        refresh_token_absolute: written.refresh_absolute.into(),
    }
}
