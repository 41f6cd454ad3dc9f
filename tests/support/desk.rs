//! The token endpoint over real parts, and codes that alice allowed. Everything is called without a socket.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use passerelle::id::{Audience, FamilyId};
use passerelle::model::authorization::Authorization;
use passerelle::model::claim_scopes::ClaimScopes;
use passerelle::model::client::{Client, Credentials, SecretMethod};
use passerelle::model::code::AuthorizationCode;
use passerelle::model::login_session::{EndReason, LoginSession};
use passerelle::model::token_family::TokenFamily;
use passerelle::oauth::claims::ClaimsRequest;
use passerelle::oauth::pkce::CodeChallenge;
use passerelle::oauth::scope::Scope;
use passerelle::provider::grant::authorization_code::CodeGrant;
use passerelle::provider::grant::refresh_token::RefreshGrant;
use passerelle::provider::token::TokenEndpoint;
use passerelle::secret::{Digest, Secret};
use passerelle::store::db::{Db, Sql};
use passerelle::store::{codes, login_sessions, token_families};
use passerelle::tokens::access::AccessTokens;
use passerelle::tokens::identity::IdTokens;
use passerelle::tokens::refresh;
use passerelle::web::error::json::JsonDoor;
use passerelle::web::oidc::token;
use serde_json::Value;

use super::app::{VERIFIER, challenge};
use super::machines::{Answer, Machines, basic, posted, send};
use super::parts::{API, ISSUER, Parts, clients};

/// How long an answer may be given again.
pub const WINDOW: Duration = Duration::from_secs(30);
/// After how long a session that nobody uses is over.
pub const IDLE: Duration = Duration::from_hours(2);
/// How long a code is good.
pub const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// How long a session lives at most.
pub const SESSION_LIFETIME: Duration = Duration::from_hours(12);

/// The token endpoint, and the other machine endpoints beside it.
#[expect(missing_docs, reason = "the types say it")]
pub struct Desk {
    pub machines: Machines,
    pub router: Router,
}

/// A code that alice's browser brought to a client.
#[derive(Clone)]
#[expect(missing_docs, reason = "the types say it")]
pub struct Issued {
    pub client: Client,
    pub code: String,
    pub record: AuthorizationCode,
    pub session: LoginSession,
}

impl Desk {
    /// For the usual clients.
    pub async fn new() -> Self {
        Self::with_clients(clients()).await
    }

    /// For other clients.
    pub async fn with_clients(clients: Vec<Client>) -> Self {
        Self::of(Parts::with_clients(clients).await)
    }

    /// With its database in a file of `folder`, where commits are shared and waited for.
    pub async fn in_a_file(folder: &tempfile::TempDir) -> Self {
        let url = format!("sqlite:{}", folder.path().join("desk.db").display());
        Self::of(Parts { db: Db::open(&url, 8).await.unwrap(), ..Parts::new().await })
    }

    /// Over these parts.
    pub fn of(parts: Parts) -> Self {
        let machines = Machines::of(parts);
        let Parts { db, registry, keyring, sealer, chance, clock } = &machines.parts;
        let endpoint = TokenEndpoint {
            clients: machines.auth.clone(),
            registry: registry.clone(),
            db: db.clone(),
            code: CodeGrant { db: db.clone(), chance: chance.clone(), session_idle: IDLE },
            refresh: RefreshGrant {
                db: db.clone(),
                sealer: sealer.clone(),
                chance: chance.clone(),
                replay_window: WINDOW,
                session_idle: IDLE,
                liveness: machines.parts.liveness(),
            },
            access_tokens: AccessTokens {
                keyring: keyring.clone(),
                registry: registry.clone(),
                chance: chance.clone(),
                issuer: ISSUER.into(),
            },
            id_tokens: IdTokens {
                keyring: keyring.clone(),
                issuer: ISSUER.into(),
                scopes: Arc::new(ClaimScopes::default().with("roles", ["roles", "member_id"])),
            },
        };
        let door = JsonDoor { chance: chance.clone() };
        let router = token::router(token::Token { endpoint, door, clock: clock.clone() });
        Self { machines, router }
    }

    /// What it is made of.
    pub fn parts(&self) -> &Parts {
        &self.machines.parts
    }

    /// Time passes.
    pub fn wait(&self, span: Duration) {
        self.parts().clock.forward(span);
    }

    /// Alice signs in to `client`, which asked for `scope` at the usual API.
    pub async fn code(&self, client: &Client, scope: &str) -> Issued {
        self.code_with(client, scope, |_| {}).await
    }

    /// The same, with `change` done to the code's record.
    pub async fn code_with(
        &self,
        client: &Client,
        scope: &str,
        change: impl FnOnce(&mut AuthorizationCode),
    ) -> Issued {
        let Parts { db, chance, .. } = self.parts();
        let now = self.parts().now();
        let (_, session) = self.machines.alice_begins_a_session(now + SESSION_LIFETIME).await;
        let code = chance.secret();
        let mut record = AuthorizationCode {
            digest: Digest::of(code.expose()),
            authorization: Authorization {
                client: client.id.clone(),
                person: Some(session.authenticated()),
                scope: Scope::parse(scope).unwrap(),
                audiences: vec![Audience::from(API)],
                claims: ClaimsRequest::default(),
            },
            redirect_uri: client.redirect_uris.first().cloned(),
            challenge: CodeChallenge::parse(&challenge()),
            nonce: Some("n-0S6".to_owned()),
            issued_at: now,
            expires_at: now + CODE_LIFETIME,
            redeemed_as: None,
        };
        change(&mut record);
        let issued = record.clone();
        db.write(move |tx| Box::pin(async move { codes::insert(tx, &issued).await })).await.unwrap();
        Issued { client: client.clone(), code: code.expose().to_owned(), record, session }
    }

    /// Alice signs in to `client`, which redeems its code.
    pub async fn tokens(&self, client: &Client, scope: &str) -> Value {
        let issued = self.code(client, scope).await;
        granted(&self.redeem(&issued).await)
    }

    /// Redeems as it should be done.
    pub async fn redeem(&self, issued: &Issued) -> Answer {
        self.redeem_with(issued, &[]).await
    }

    /// Redeems with `more` replacing or adding fields; an empty value takes one out.
    pub async fn redeem_with(&self, issued: &Issued, more: &[(&str, &str)]) -> Answer {
        self.ask(&issued.client, &issued.fields(more)).await
    }

    /// Refreshes.
    pub async fn refresh(&self, client: &Client, token: &str) -> Answer {
        self.refresh_with(client, token, &[]).await
    }

    /// Refreshes with `more` fields.
    pub async fn refresh_with(&self, client: &Client, token: &str, more: &[(&str, &str)]) -> Answer {
        let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        fields.extend_from_slice(more);
        self.ask(client, &fields).await
    }

    /// Posts a token request with `client`'s proof.
    pub async fn ask(&self, client: &Client, fields: &[(&str, &str)]) -> Answer {
        let (header, fields) = proven(client, fields);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        send(&self.router, posted("/token", header.as_deref(), &fields)).await
    }

    /// The session ends as it does when a person signs out.
    pub async fn signs_out(&self, session: &LoginSession) {
        let (id, now) = (session.id.clone(), self.parts().now());
        let end = self.parts().db.write(move |tx| {
            Box::pin(async move { login_sessions::end(tx, &id, EndReason::SignedOut, now).await })
        });
        assert!(end.await.unwrap().is_some());
    }

    /// The code's record as it stands.
    pub async fn record(&self, issued: &Issued) -> AuthorizationCode {
        codes::find(&self.parts().db, &issued.record.digest).await.unwrap().unwrap()
    }

    /// The family that the code became.
    pub async fn family(&self, issued: &Issued) -> TokenFamily {
        self.family_of(&self.record(issued).await.redeemed_as.unwrap()).await
    }

    /// The family of this id.
    pub async fn family_of(&self, id: &FamilyId) -> TokenFamily {
        token_families::find(&self.parts().db, id).await.unwrap().unwrap()
    }

    /// The family of a refresh token.
    pub async fn family_of_token(&self, token: &str) -> TokenFamily {
        let handle = refresh::handle_of(token).unwrap();
        token_families::find_by_handle(&self.parts().db, &handle).await.unwrap().unwrap()
    }

    /// How many families there are.
    pub async fn families(&self) -> usize {
        self.count(&Sql::new("every family", "SELECT id FROM token_families")).await
    }

    /// How many opaque tokens there are.
    pub async fn opaque_tokens(&self) -> usize {
        self.count(&Sql::new("every opaque token", "SELECT digest FROM opaque_tokens")).await
    }

    async fn count(&self, sql: &Sql) -> usize {
        self.parts().db.fetch_all(sql, Vec::new()).await.unwrap().len()
    }
}

impl Issued {
    /// The fields of a token request for it, with `more` replacing or adding some; an empty value takes one out.
    pub fn fields<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut fields = vec![("grant_type", "authorization_code"), ("code", &*self.code)];
        fields.extend(self.record.redirect_uri.as_deref().map(|uri| ("redirect_uri", uri)));
        fields.extend(self.record.challenge.as_ref().map(|_| ("code_verifier", VERIFIER)));
        fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        fields.extend(more.iter().filter(|(_, value)| !value.is_empty()));
        fields
    }
}

/// The `Authorization` header and the form of a request in which `client` proves itself: its secret is its id and `-secret`.
pub fn proven(client: &Client, fields: &[(&str, &str)]) -> (Option<String>, Vec<(String, String)>) {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut fields: Vec<_> = fields.iter().map(owned).collect();
    let (id, secret) = (client.id.as_str(), format!("{}-secret", client.id));
    match &client.credentials {
        Credentials::Secret { method: SecretMethod::Basic, .. } => {
            return (Some(basic(id, &secret)), fields);
        }
        Credentials::Secret { method: SecretMethod::Post, .. } => {
            fields.push(("client_secret".to_owned(), secret));
        }
        Credentials::Public | Credentials::PrivateKey { .. } => {}
    }
    fields.push(("client_id".to_owned(), id.to_owned()));
    (None, fields)
}

/// A successful answer's body.
pub fn granted(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// A text in an answer.
pub fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name} in {tokens}"))
}

/// Asserts that `answer` is the error `code` with status 400 and a sentence.
pub fn refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, code), "{}", answer.body);
    assert!(answer.json()["error_description"].as_str().is_some_and(|sentence| sentence.len() > 10));
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// A secret that is nobody's.
pub fn stranger() -> Secret {
    Secret::from("nobody-was-ever-given-this-0123456789-0123")
}
