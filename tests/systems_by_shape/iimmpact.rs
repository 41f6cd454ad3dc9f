//! A house API in front of Cognito: the bearer is the ID token, and the refresh is another path of its own.

use passerelle::legacy::refusal::Refusal;
use serde_json::json;

use super::scripted::{jwt, says};
use super::{Asked, System, Way, access, refresh, seconds};

pub(super) const WAY: Way = Way::new(
    "identity = { legacy_id = '/jwt/sub', user_name = '/jwt/cognito:username' }
    jwt = { from = '/AuthenticationResult/IdToken', trust = 'transport' }
    error = [{ at = '/__type', equals = 'NotAuthorizedException', outcome = 'wrong_credentials' }]
    profile = [{ name = 'me', url = '{base_url}/v2/me' }]
    [login]
    url = '{base_url}/v2/login'
    json = { username = '{/typed/user_name}', password = '{/typed/password}' }
    access_token = '/AuthenticationResult/IdToken'
    refresh_token = '/AuthenticationResult/RefreshToken'
    expires_in = '/AuthenticationResult/ExpiresIn'
    [refresh]
    url = '{base_url}/v2/refresh-token'
    json = { refresh_token = '{/token/refresh_token}' }
    rotation = 'none'",
    "POST /v2/login",
    typed,
);

fn typed(asked: &Asked) -> (String, String) {
    (asked.json_at("/username"), asked.json_at("/password"))
}

#[tokio::test]
async fn the_id_token_is_the_bearer_and_the_old_refresh_token_is_kept() {
    let system = System::of(&WAY).await;
    let token = jwt(&json!({ "sub": "c0f", "cognito:username": "alice", "token_use": "id" }));
    let mut granted = json!({ "AuthenticationResult": { "AccessToken": "other", "IdToken": token, "RefreshToken": "R1", "ExpiresIn": 3600 } });
    system.old.on("POST /v2/login", says(400, &json!({ "__type": "NotAuthorizedException" })));
    system.old.when("POST /v2/login", |asked| typed(asked).1 == "wonderland", says(200, &granted));
    granted["AuthenticationResult"].as_object_mut().unwrap().remove("RefreshToken");
    system.old.when(
        "POST /v2/refresh-token",
        |asked| asked.json_at("/refresh_token") == "R1",
        says(200, &granted),
    );
    system.old.on("GET /v2/me", says(200, &json!({ "id": 1 })));
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), alice.user_name.as_str()), ("c0f", "alice"));
    assert_eq!(
        (access(&tokens), refresh(&tokens), seconds(&tokens)),
        (token.as_str(), Some("R1"), Some(3600))
    );
    assert_eq!(system.old.last("GET /v2/me").header("authorization"), format!("Bearer {token}"));
    // None in the answer: the vault keeps the one that it has.
    let tokens = system.refreshed("R1").await.unwrap();
    assert_eq!((access(&tokens), refresh(&tokens)), (token.as_str(), None));
    assert_eq!(system.refusal("alice", "x").await, Refusal::WrongCredentials);
}
