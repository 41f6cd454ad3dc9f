//! The openidconnect crate, which we did not write, completes every flow against the bridge. (Other libraries do the same in
//! `interop`.)

use std::time::Duration;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreRevocableToken, CoreUserInfoClaims};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    IntrospectionUrl, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, RevocationUrl, Scope,
    TokenIntrospectionResponse as _, TokenResponse as _,
};
use passerelle::time::Clock;
use url::Url;

use crate::support::app::{App, Proof};
use crate::support::client_library::over;
use crate::support::house::{CONFIG, House, ISSUER};

/// The library revokes nothing at a provider that has no TLS, so this one is known by an https address.
const HERE: &str = "https://login.example.org";

/// The path and query of an address of the bridge.
fn below_issuer(url: &Url) -> String {
    url.as_str().strip_prefix(HERE).unwrap().to_owned()
}

/// What the provider says of itself, read by the library.
async fn discovered(house: &House) -> ProviderMetadataWithLogout {
    let http = |request| over(house.router.clone(), request);
    ProviderMetadataWithLogout::discover_async(IssuerUrl::new(HERE.to_owned()).unwrap(), &http).await.unwrap()
}

fn credentials(app: &App) -> (ClientId, Option<ClientSecret>, AuthType) {
    let id = ClientId::new(app.id.to_owned());
    match app.proof {
        Proof::Name => (id, None, AuthType::RequestBody),
        Proof::Basic(secret) => (id, Some(ClientSecret::new(secret.to_owned())), AuthType::BasicAuth),
        Proof::Post(secret) => (id, Some(ClientSecret::new(secret.to_owned())), AuthType::RequestBody),
    }
}

/// A house whose clock is the library's, which looks at nothing else.
async fn house() -> House {
    let house = House::of(&CONFIG.replace(ISSUER, HERE)).await;
    house.forward(Clock::System.now().since(house.now()));
    house
}

#[tokio::test]
async fn it_signs_in_refreshes_asks_revokes_and_signs_out() {
    let house = house().await;
    let http = |request| over(house.router.clone(), request);
    let metadata = discovered(&house).await;
    let end_session = metadata.additional_metadata().end_session_endpoint.clone().unwrap();
    let url = |route: &str| format!("{HERE}{route}");
    let app = house.web();
    let (id, secret, method) = credentials(&app);
    let client = CoreClient::from_provider_metadata(metadata, id, secret)
        .set_auth_type(method)
        .set_redirect_uri(RedirectUrl::new(app.redirect.to_owned()).unwrap())
        .set_introspection_url(IntrospectionUrl::new(url("/introspect")).unwrap())
        .set_revocation_url(RevocationUrl::new(url("/revoke")).unwrap());

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
    let scopes = ["email", "offline_access", "events.read"].map(|scope| Scope::new(scope.to_owned()));
    let (to, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
    let mut browser = house.browser();
    let page = browser.get(&below_issuer(&to)).await;
    let sent = browser.sign_in(&page, "alice", "wonderland").await.sent_to(app.redirect);
    assert_eq!(&sent["state"], state.secret());

    let code = AuthorizationCode::new(sent["code"].clone());
    let exchange = client.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    let tokens = exchange.request_async(&http).await.unwrap();
    let id_token = tokens.id_token().unwrap();
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, &nonce).unwrap();
    let signed = (id_token.signing_alg().unwrap(), id_token.signing_key(&verifier).unwrap());
    let hash = AccessTokenHash::from_token(tokens.access_token(), signed.0, signed.1).unwrap();
    assert_eq!(claims.access_token_hash(), Some(&hash));

    let subject = claims.subject().clone();
    let request = client.user_info(tokens.access_token().clone(), Some(subject.clone())).unwrap();
    let person: CoreUserInfoClaims = request.request_async(&http).await.unwrap();
    assert_eq!(person.email().unwrap().as_str(), "alice@example.org");

    let refresh_token = tokens.refresh_token().unwrap();
    let refreshed = client.exchange_refresh_token(refresh_token).unwrap().request_async(&http).await.unwrap();
    let again = refreshed.id_token().unwrap().claims(&verifier, |_: Option<&Nonce>| Ok(())).unwrap();
    assert_eq!((again.subject(), again.auth_time()), (&subject, claims.auth_time()));

    let is_active =
        async |token: &AccessToken| client.introspect(token).request_async(&http).await.unwrap().active();
    assert!(is_active(refreshed.access_token()).await);
    let last = CoreRevocableToken::RefreshToken(refreshed.refresh_token().unwrap().clone());
    client.revoke_token(last).unwrap().request_async(&http).await.unwrap();
    assert!(!is_active(refreshed.access_token()).await);

    let bye = PostLogoutRedirectUrl::new("https://web.example/bye".to_owned()).unwrap();
    let request = LogoutRequest::from(end_session).set_id_token_hint(id_token);
    let to =
        request.set_post_logout_redirect_uri(bye).set_state(CsrfToken::new("s".to_owned())).http_get_url();
    let left = browser.get(&below_issuer(&to)).await;
    assert_eq!(left.location().unwrap(), "https://web.example/bye?state=s");
    assert!(
        browser.get(&app.request(&[("prompt", "none")])).await.sent_to(app.redirect).contains_key("error")
    );
}

#[tokio::test]
async fn it_gets_a_token_for_a_service() {
    let house = house().await;
    let http = |request| over(house.router.clone(), request);
    let (id, secret, method) = credentials(&house.service());
    let client =
        CoreClient::from_provider_metadata(discovered(&house).await, id, secret).set_auth_type(method);
    let request =
        client.exchange_client_credentials().unwrap().add_scope(Scope::new("events.read".to_owned()));
    let tokens = request.request_async(&http).await.unwrap();
    assert_eq!(tokens.scopes().unwrap(), &[Scope::new("events.read".to_owned())]);
    assert_eq!(tokens.expires_in(), Some(Duration::from_secs(600)));
    assert!(tokens.refresh_token().is_none() && tokens.id_token().is_none());
}
