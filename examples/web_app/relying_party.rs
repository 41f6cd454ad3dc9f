//! The app as an OpenID Connect relying party: authorization code with PKCE, state and nonce, a verified ID token, userinfo, refresh,
//! sign-out at the provider, and hearing of a sign-out there.
//!
//! It reads the provider's description at every step, so that it can be started before the provider and sees new signing keys at once. A
//! busy app keeps it for some minutes.

use jiff::Timestamp;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreIdToken, CoreTokenResponse,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl,
    RefreshToken, Scope, SubjectIdentifier, TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::invitation::Wish;
use super::logout_token::{self, Distrust, Expected, Notice, Whom};
use super::trouble::Trouble;
use crate::loopback::claims;
use crate::loopback::ending::chain;
use crate::loopback::http::Http;

/// What the app asks for; `openid` is added by the library.
const SCOPES: [&str; 8] =
    ["profile", "email", "phone", "address", "roles", "offline_access", "invoices.read", "invoices.write"];

/// How the app finds its provider, and who it is there.
pub struct Settings {
    /// The provider's issuer URL.
    pub issuer: String,
    /// What the provider calls this app.
    pub client_id: String,
    /// How this app proves that to the provider.
    pub client_secret: String,
}

/// Knows the way to the provider and back.
pub(super) struct RelyingParty {
    pub settings: Settings,
    /// `http://localhost:<port>`
    pub base_url: String,
    pub http: Http,
}

/// What must be remembered in this browser's session until the provider sends the browser back.
pub(super) struct Departure {
    pub state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    /// Where in the app the sign-in ends.
    pub target: Option<Url>,
}

/// What the provider sends the browser back with.
#[derive(Deserialize)]
pub(super) struct Arrival {
    pub state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Somebody who is signed in, and the tokens that say so. They never leave the server.
pub(super) struct SignedIn {
    pub id_token: CoreIdToken,
    pub id_claims: Map<String, Value>,
    pub user_info: Map<String, Value>,
    pub refresh_token: Option<RefreshToken>,
    /// For the API behind the gateway.
    pub access_token: AccessToken,
    subject: SubjectIdentifier,
    /// Which of the provider's sessions this came of (OpenID Connect Back-Channel Logout §2.1).
    session: Option<String>,
}

impl SignedIn {
    /// Whether a logout token is about this sign-in.
    pub(super) fn is_meant(&self, whom: &Whom) -> bool {
        match whom {
            Whom::Session(sid) => self.session.as_ref() == Some(sid),
            Whom::Person(sub) => **self.subject == *sub,
        }
    }
}

/// The claims that the library has no type for: roles and the like.
#[derive(Debug, Deserialize, Serialize)]
struct FurtherClaims(Map<String, Value>);
impl AdditionalClaims for FurtherClaims {}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl RelyingParty {
    /// Where to send the browser, and what to remember meanwhile.
    pub(super) async fn depart(&self, wish: Wish) -> Result<(Url, Departure), Trouble> {
        let client = self.client(self.discover().await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        );
        if let Some(hint) = wish.login_hint {
            request = request.set_login_hint(hint);
        }
        let scopes = SCOPES.map(|scope| Scope::new(scope.to_owned()));
        let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        Ok((url, Departure { state, nonce, verifier, target: wish.target }))
    }

    /// Turns the answer into somebody. The caller has matched `arrival.state` with this departure.
    pub(super) async fn arrive(&self, arrival: Arrival, departure: Departure) -> Result<SignedIn, Trouble> {
        if let Some(other) = arrival.iss.filter(|iss| *iss != self.settings.issuer) {
            return Err(Trouble::OtherProvider(other));
        }
        if let Some(error) = arrival.error {
            return Err(Trouble::Refused {
                error,
                description: arrival.error_description.unwrap_or_default(),
            });
        }
        let code = AuthorizationCode::new(arrival.code.ok_or(Trouble::NoCode)?);
        let client = self.client(self.discover().await?)?;
        let exchange = client.exchange_code(code)?.set_pkce_verifier(departure.verifier);
        let tokens =
            exchange.request_async(&self.http).await.map_err(|error| Trouble::Token(chain(&error)))?;
        let id_token = tokens.id_token().ok_or(Trouble::NoIdToken)?.clone();
        let subject = verified(&client, &id_token, &tokens, |nonce| match nonce {
            Some(nonce) if nonce.secret() == departure.nonce.secret() => Ok(()),
            _ => Err("the nonce is not the one that was sent".to_owned()),
        })?;
        self.signed_in(&client, id_token, subject, &tokens).await
    }

    /// Trades the refresh token for new tokens; the provider forgets the old one.
    pub(super) async fn refresh(&self, before: &SignedIn) -> Result<SignedIn, Trouble> {
        let client = self.client(self.discover().await?)?;
        let refresh_token = before.refresh_token.as_ref().ok_or(Trouble::NoRefreshToken)?;
        let exchange = client.exchange_refresh_token(refresh_token)?;
        let tokens =
            exchange.request_async(&self.http).await.map_err(|error| Trouble::Token(chain(&error)))?;
        // OpenID Connect Core §12.2: a new ID token may come or not; when it does, it is about the same person.
        let id_token = tokens.id_token().unwrap_or(&before.id_token).clone();
        if tokens.id_token().is_some() {
            let subject = verified(&client, &id_token, &tokens, |_| Ok(()))?;
            if subject != before.subject {
                return Err(Trouble::IdToken("it is about somebody else".to_owned()));
            }
        }
        let mut after = self.signed_in(&client, id_token, before.subject.clone(), &tokens).await?;
        // RFC 6749 §6: no new refresh token means that the old one stays.
        after.refresh_token = after.refresh_token.or_else(|| before.refresh_token.clone());
        after.session = after.session.or_else(|| before.session.clone());
        Ok(after)
    }

    /// Where to send the browser so that the provider signs the user out too (OpenID Connect RP-Initiated Logout §2).
    pub(super) async fn farewell(&self, leaving: &SignedIn) -> Result<Url, Trouble> {
        let metadata = self.discover().await?;
        let endpoint = metadata.additional_metadata().end_session_endpoint.clone();
        let back = format!("{}/", self.base_url);
        let back = PostLogoutRedirectUrl::new(back.clone()).map_err(|_| Trouble::NoUrl(back))?;
        let request = LogoutRequest::from(endpoint.ok_or(Trouble::NoSignOut)?);
        Ok(request.set_id_token_hint(&leaving.id_token).set_post_logout_redirect_uri(back).http_get_url())
    }

    /// What the provider tells behind the browser's back (OpenID Connect Back-Channel Logout §2.6), when it is to be believed.
    pub(super) async fn hear(&self, logout_token: &str) -> Result<Notice, Distrust> {
        let metadata = self.discover().await.map_err(|trouble| Distrust::NoKeys(trouble.to_string()))?;
        let expected = Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            algorithms: metadata.id_token_signing_alg_values_supported(),
            keys: metadata.jwks(),
            now: Timestamp::now(),
        };
        logout_token::believe(logout_token, &expected)
    }

    async fn discover(&self) -> Result<ProviderMetadataWithLogout, Trouble> {
        let issuer = &self.settings.issuer;
        let issuer = IssuerUrl::new(issuer.clone()).map_err(|_| Trouble::NoUrl(issuer.clone()))?;
        let found = ProviderMetadataWithLogout::discover_async(issuer, &self.http).await;
        found.map_err(|error| Trouble::Discovery(chain(&error)))
    }

    fn client(&self, metadata: ProviderMetadataWithLogout) -> Result<Client, Trouble> {
        let callback = format!("{}/callback", self.base_url);
        let callback = RedirectUrl::new(callback.clone()).map_err(|_| Trouble::NoUrl(callback))?;
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = ClientSecret::new(self.settings.client_secret.clone());
        Ok(CoreClient::from_provider_metadata(metadata, id, Some(secret)).set_redirect_uri(callback))
    }

    async fn signed_in(
        &self,
        client: &Client,
        id_token: CoreIdToken,
        subject: SubjectIdentifier,
        tokens: &CoreTokenResponse,
    ) -> Result<SignedIn, Trouble> {
        // With the subject at hand the library refuses claims about somebody else (OpenID Connect Core §5.3.2).
        let request = client.user_info(tokens.access_token().clone(), Some(subject.clone()))?;
        let answer = request.request_async(&self.http).await;
        let user_info: UserInfoClaims<FurtherClaims, CoreGenderClaim> =
            answer.map_err(|error| Trouble::UserInfo(chain(&error)))?;
        let Ok(Value::Object(user_info)) = serde_json::to_value(user_info) else {
            return Err(Trouble::UserInfo("it is no object".to_owned()));
        };
        let id_claims = claims::of_jwt(&id_token.to_string()).unwrap_or_default();
        Ok(SignedIn {
            session: id_claims.get("sid").and_then(Value::as_str).map(str::to_owned),
            id_claims,
            id_token,
            user_info,
            refresh_token: tokens.refresh_token().cloned(),
            access_token: tokens.access_token().clone(),
            subject,
        })
    }
}

/// Verifies signature, issuer, audience, lifetime, nonce and `at_hash`; answers whom the ID token is about.
fn verified(
    client: &Client,
    id_token: &CoreIdToken,
    tokens: &CoreTokenResponse,
    nonce: impl FnOnce(Option<&Nonce>) -> Result<(), String>,
) -> Result<SubjectIdentifier, Trouble> {
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, nonce).map_err(|error| Trouble::IdToken(chain(&error)))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = id_token.signing_alg().map_err(|error| Trouble::IdToken(chain(&error)))?;
        let key = id_token.signing_key(&verifier).map_err(|error| Trouble::IdToken(chain(&error)))?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if actual.map_err(|error| Trouble::IdToken(chain(&error)))? != *expected {
            return Err(Trouble::IdToken("it belongs to another access token".to_owned()));
        }
    }
    Ok(claims.subject().clone())
}
