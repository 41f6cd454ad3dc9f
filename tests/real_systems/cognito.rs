//! Amazon Cognito as moto plays it: every call goes to one URL and is named by a header, and a challenge comes where the tokens would.
//! Where Amazon's own is known to answer otherwise, it is said beside the line.

use serde_json::{Value, json};

use super::claims_of;
use crate::support::cognito::{Cognito, code_of};
use crate::support::systems::Answer;

const TOKENS: [&str; 3] = [
    "/AuthenticationResult/AccessToken",
    "/AuthenticationResult/RefreshToken",
    "/AuthenticationResult/IdToken",
];

fn result() -> Value {
    json!({ "AccessToken": "…", "ExpiresIn": 3600, "TokenType": "Bearer", "RefreshToken": "…", "IdToken": "…" })
}

fn is_refused(answer: &Answer, code: &str, message: &str) {
    assert_eq!(answer.told(), (400, json!({ "__type": code, "message": message })));
    assert_eq!(answer.header("x-amzn-errortype"), Some(code));
}

/// Answers a challenge.
async fn responds(pool: &Cognito, challenge: &Answer, responses: Value) -> Answer {
    let body = json!({
        "ClientId": pool.client_id,
        "ChallengeName": challenge.text_at("/ChallengeName"),
        "Session": challenge.text_at("/Session"),
        "ChallengeResponses": responses,
    });
    pool.asks("RespondToAuthChallenge", body).await
}

async fn profile(pool: &Cognito, token: &str) -> Answer {
    pool.asks("GetUser", json!({ "AccessToken": token })).await
}

#[tokio::test]
async fn alice_signs_in_and_is_shown_with_her_token() {
    let pool = Cognito::open().await;
    let answer = pool.signs_in("alice", "correct horse").await;
    assert_eq!(answer.told_but(&TOKENS), (200, json!({ "AuthenticationResult": result() })));
    assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.1"));
    let claims = claims_of(&answer.text_at("/AuthenticationResult/AccessToken"));
    assert_eq!((&claims["username"], &claims["token_use"]), (&json!("alice"), &json!("access")));
    assert_eq!(claims["cognito:groups"], json!(["editors"]));
    let id_token = claims_of(&answer.text_at("/AuthenticationResult/IdToken"));
    assert_eq!((&id_token["cognito:username"], &id_token["aud"]), (&json!("alice"), &json!(pool.client_id)));
    assert_eq!(id_token["sub"], claims["sub"]);
    let shown = profile(&pool, &answer.text_at("/AuthenticationResult/AccessToken")).await;
    let shape = json!({
        "Username": "alice",
        "UserAttributes": [
            { "Name": "email", "Value": "alice@example.org" },
            { "Name": "email_verified", "Value": "true" },
            { "Name": "given_name", "Value": "Alice" },
            { "Name": "family_name", "Value": "Liddell" },
            { "Name": "sub", "Value": claims["sub"] },
        ],
        "MFAOptions": [],
        "PreferredMfaSetting": "",
        "UserMFASettingList": [],
    });
    assert_eq!(shown.told(), (200, shape));
}

#[tokio::test]
async fn refusals_are_told_apart_by_type_and_message() {
    let pool = Cognito::open().await;
    let wrong = pool.signs_in("alice", "wrong").await;
    is_refused(&wrong, "NotAuthorizedException", "Incorrect username or password.");
    // A client that prevents user existence errors is told what a wrong password is told.
    is_refused(&pool.signs_in("nobody", "wrong").await, "UserNotFoundException", "User does not exist.");
    // The type of a wrong password: only the message tells.
    for password in ["correct horse", "wrong"] {
        is_refused(&pool.signs_in("carol", password).await, "NotAuthorizedException", "User is disabled.");
    }
    let mut other = pool;
    "nobody's".clone_into(&mut other.client_id);
    is_refused(&other.signs_in("alice", "correct horse").await, "ResourceNotFoundException", "nobody's");
}

#[tokio::test]
async fn a_refresh_brings_no_refresh_token_and_the_old_one_is_kept() {
    let pool = Cognito::open().await;
    let token = pool.signs_in("alice", "correct horse").await.text_at("/AuthenticationResult/RefreshToken");
    for _ in 0..2 {
        let answer = pool.refreshes(&token).await;
        let mut kept = result();
        kept.as_object_mut().unwrap().remove("RefreshToken");
        assert_eq!(answer.told_but(&[TOKENS[0], TOKENS[2]]), (200, json!({ "AuthenticationResult": kept })));
    }
    let refusal = pool.refreshes("nonsense").await;
    // Amazon's own says "Invalid Refresh Token." here.
    is_refused(&refusal, "NotAuthorizedException", "Refresh Token has been revoked");
}

#[tokio::test]
async fn a_disabled_user_can_still_refresh_and_only_the_profile_tells() {
    let pool = Cognito::open().await;
    let answer = pool.signs_in("alice", "correct horse").await;
    pool.disables("alice").await;
    // Amazon documents that this operation revokes the user's tokens; here the refresh token lives on.
    let refreshed = pool.refreshes(&answer.text_at("/AuthenticationResult/RefreshToken")).await;
    assert_eq!(refreshed.status, 200);
    let shown = profile(&pool, &refreshed.text_at("/AuthenticationResult/AccessToken")).await;
    assert_eq!((shown.status, shown.text_at("/__type").as_str()), (400, "NotAuthorizedException"));
}

#[tokio::test]
async fn signing_out_everywhere_ends_both_tokens() {
    let pool = Cognito::open().await;
    let answer = pool.signs_in("alice", "correct horse").await;
    let token = answer.text_at("/AuthenticationResult/AccessToken");
    let signed_out = pool.asks("GlobalSignOut", json!({ "AccessToken": token })).await;
    assert_eq!(signed_out.told(), (200, json!({})));
    is_refused(&profile(&pool, &token).await, "NotAuthorizedException", "Invalid token");
    let refusal = pool.refreshes(&answer.text_at("/AuthenticationResult/RefreshToken")).await;
    is_refused(&refusal, "NotAuthorizedException", "Refresh Token has been revoked");
}

#[tokio::test]
async fn erin_is_challenged_for_a_new_password_where_the_tokens_would_be() {
    let pool = Cognito::open().await;
    let challenge = pool.signs_in("erin", "first password").await;
    let shape = json!({
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": "…",
        "ChallengeParameters": { "USERNAME": "erin" },
    });
    assert_eq!(challenge.told_but(&["/Session"]), (200, shape));
    let short = responds(&pool, &challenge, json!({ "USERNAME": "erin", "NEW_PASSWORD": "short" })).await;
    let message = "The provided password does not confirm to the configured password policy";
    is_refused(&short, "InvalidPasswordException", message);
    let chosen = json!({ "USERNAME": "erin", "NEW_PASSWORD": "second password" });
    let answer = responds(&pool, &challenge, chosen).await;
    let shape = json!({ "ChallengeParameters": {}, "AuthenticationResult": result() });
    assert_eq!(answer.told_but(&TOKENS), (200, shape));
    assert_eq!(pool.signs_in("erin", "second password").await.status, 200);
}

#[tokio::test]
async fn bob_is_challenged_for_the_code_of_his_telephone() {
    let pool = Cognito::open().await;
    let secret = pool.bob_registers_his_telephone().await;
    let wrong = pool.signs_in("bob", "wrong").await;
    is_refused(&wrong, "NotAuthorizedException", "Incorrect username or password.");
    let challenge = pool.signs_in("bob", "correct horse").await;
    let shape = json!({ "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "…", "ChallengeParameters": {} });
    assert_eq!(challenge.told_but(&["/Session"]), (200, shape));
    let code = code_of(&secret).await;
    let other = if code == "000000" { "000001" } else { "000000" };
    let mistyped = json!({ "USERNAME": "bob", "SOFTWARE_TOKEN_MFA_CODE": other });
    is_refused(&responds(&pool, &challenge, mistyped).await, "CodeMismatchException", "MFA Code Mismatch");
    let typed = json!({ "USERNAME": "bob", "SOFTWARE_TOKEN_MFA_CODE": code });
    // The session outlives a mistyped code.
    let answer = responds(&pool, &challenge, typed.clone()).await;
    let shape = json!({ "ChallengeParameters": {}, "AuthenticationResult": result() });
    assert_eq!(answer.told_but(&TOKENS), (200, shape));
    let again = responds(&pool, &challenge, typed).await;
    is_refused(&again, "ResourceNotFoundException", &challenge.text_at("/Session"));
}
