//! Records to keep. Each is full: every column holds something, and something that is easily spoilt on the way.

use std::collections::BTreeMap;
use std::time::Duration;

use passerelle::id::{
    AccountId, Audience, ClientId, ConnectorId, FamilyId, KeyId, LegacyId, LogoutId, SessionId,
};
use passerelle::model::account::{Account, LastHeard};
use passerelle::model::authorization::{Authenticated, Authorization};
use passerelle::model::code::AuthorizationCode;
use passerelle::model::consent::Consent;
use passerelle::model::login_session::{LoginSession, Whereabouts};
use passerelle::model::logout_notice::LogoutNotice;
use passerelle::model::opaque_token::OpaqueToken;
use passerelle::model::signing_key::SigningKeyRecord;
use passerelle::model::token_family::{Binding, RefreshState, TokenFamily};
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::oauth::claims::{ClaimsRequest, IndividualClaim};
use passerelle::oauth::pkce::CodeChallenge;
use passerelle::oauth::scope::Scope;
use passerelle::secret::Digest;
use serde_json::{Map, Value, json};

use crate::support::parts::BEGINNING;

pub(super) const HOUR: Duration = Duration::from_hours(1);

pub(super) fn claims() -> Map<String, Value> {
    let claims = json!({
        "name": "Zoë \"Z\" O'Brien 🦊",
        "address": { "locality": "Gent", "tags": ["a", null, 1.5] },
        "email_verified": true,
        "born": -315_619_200,
    });
    claims.as_object().unwrap().clone()
}

pub(super) fn account(id: &str) -> Account {
    Account {
        id: AccountId::from(id),
        connector: ConnectorId::from("imis"),
        legacy_id: LegacyId::from(format!("legacy-{id}")),
        user_name: format!("{id}@example.org; DROP TABLE accounts; --"),
        claims: claims(),
        created_at: BEGINNING,
        updated_at: BEGINNING,
        heard: LastHeard::default(),
    }
}

pub(super) fn login_session(id: &str, account: &str) -> LoginSession {
    LoginSession {
        id: SessionId::from(id),
        account: AccountId::from(account),
        cookie: Digest::of(&format!("cookie of {id}")),
        auth_time: BEGINNING - Duration::from_secs(5),
        amr: vec!["pwd".to_owned(), "mfa".to_owned()],
        acr: "urn:example:ordinary".to_owned(),
        created_at: BEGINNING,
        last_seen: BEGINNING + Duration::from_secs(1),
        expires_at: BEGINNING + HOUR * 12,
        whereabouts: Whereabouts {
            agent: Some("Mozilla/5.0 (☃)".to_owned()),
            address: Some("192.0.2.7".to_owned()),
        },
        ended: None,
    }
}

pub(super) fn logout_notice(id: &str, account: &str) -> LogoutNotice {
    LogoutNotice {
        id: LogoutId::from(id),
        client: ClientId::from("web"),
        session: SessionId::from(id),
        account: AccountId::from(account),
        created_at: BEGINNING,
        due_at: BEGINNING,
        attempts: 0,
    }
}

pub(super) fn authorization(session: &str, account: &str) -> Authorization {
    let wanted = IndividualClaim { essential: true, value: Some(json!("x")), values: None };
    Authorization {
        client: ClientId::from("web"),
        person: Some(Authenticated {
            account: AccountId::from(account),
            session: SessionId::from(session),
            auth_time: BEGINNING,
            acr: "urn:example:ordinary".to_owned(),
            amr: vec!["pwd".to_owned()],
        }),
        scope: Scope::parse("openid offline_access events.read").unwrap(),
        audiences: vec![Audience::from("https://api.example.org"), Audience::from("urn:other")],
        claims: ClaimsRequest {
            userinfo: BTreeMap::from([("nickname".to_owned(), None)]),
            id_token: BTreeMap::from([("acr".to_owned(), Some(wanted))]),
        },
    }
}

pub(super) fn code(name: &str) -> AuthorizationCode {
    AuthorizationCode {
        digest: Digest::of(name),
        authorization: authorization("session", "alice"),
        redirect_uri: Some("https://web.example/callback?a=b&c=%20".to_owned()),
        challenge: CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        issued_at: BEGINNING,
        expires_at: BEGINNING + Duration::from_mins(1),
        redeemed_as: None,
    }
}

pub(super) fn refresh_state(family: &str) -> RefreshState {
    RefreshState {
        handle: Digest::of(&format!("handle of {family}")),
        current: Digest::of("second"),
        previous: Some(Digest::of("first")),
        generation: 1,
        rotated_at: BEGINNING + Duration::from_secs(2),
        idle_expires_at: BEGINNING + HOUR * 24,
        successor: Some(vec![0, 255, b'\'', 10]),
        successor_used: false,
    }
}

pub(super) fn family(id: &str, session: &str) -> TokenFamily {
    TokenFamily {
        id: FamilyId::from(id),
        authorization: authorization(session, "alice"),
        bound_to: Binding::Session,
        refresh: Some(refresh_state(id)),
        created_at: BEGINNING,
        expires_at: BEGINNING + HOUR * 24 * 30,
        revoked: None,
    }
}

pub(super) fn opaque_token(name: &str) -> OpaqueToken {
    OpaqueToken {
        digest: Digest::of(name),
        authorization: authorization("session", "alice"),
        family: Some(FamilyId::from("family")),
        generation: 3,
        issued_at: BEGINNING,
        expires_at: BEGINNING + HOUR,
    }
}

pub(super) fn consent(account: &str, scope: &str) -> Consent {
    Consent {
        account: AccountId::from(account),
        client: ClientId::from("spa"),
        scope: Scope::parse(scope).unwrap(),
        claims: vec!["birthdate".to_owned(), "nickname".to_owned()],
        granted_at: BEGINNING,
        updated_at: BEGINNING,
    }
}

pub(super) fn signing_key(id: &str) -> SigningKeyRecord {
    SigningKeyRecord {
        id: KeyId::from(id),
        algorithm: SigningAlgorithm::EdDsa,
        sealed: (0..=255).collect(),
        created_at: BEGINNING,
        signs_from: BEGINNING + HOUR,
        retired_at: None,
    }
}
