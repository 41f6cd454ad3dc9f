//! Cognito, as moto plays it, through the bridge's connector, by its preset.

use passerelle::legacy::connector::{Second, Typed};
use passerelle::legacy::probe::Life;
use passerelle::legacy::refusal::{Challenge, Refusal};
use passerelle::legacy::tokens::Arrival;
use passerelle::secret::Secret;
use serde_json::json;

use super::bridged::{Bridged, cognito, is_good_for, refresh_token, tokens, told};
use crate::support::cognito::{Cognito, code_of};

impl Bridged {
    /// bob has typed his password, and is asked for the code of his telephone.
    async fn asks_bob_for_a_code(&self) -> Box<Challenge> {
        match self.refuses("bob", "correct horse").await {
            Refusal::SecondFactorRequired(challenge) => challenge,
            other => panic!("{other}"),
        }
    }

    async fn hears_the_code(&self, challenge: &Challenge, code: &str) -> Result<Arrival, Refusal> {
        let code = Secret::from(code);
        let second = Some(Second { code: &code, kept: &challenge.kept });
        self.0.let_in(Typed { user_name: "bob", password: None, second, address: None }).await
    }
}

#[tokio::test]
async fn alice_is_who_her_pool_says_she_is() {
    let pool = Cognito::open().await;
    let alice = Bridged::by(&cognito(&pool)).lets_in("alice", "correct horse").await;
    let (legacy_id, user_name, claims) = told(&alice);
    assert_eq!((legacy_id, user_name), (pool.sub_of("alice").await.as_str(), "alice"));
    let known = json!({
        "name": "Alice Liddell",
        "given_name": "Alice",
        "family_name": "Liddell",
        "preferred_username": "alice",
        "email": "alice@example.org",
        "email_verified": true,
        "groups": ["editors"],
    });
    assert_eq!(claims, known);
    assert!(is_good_for(tokens(&alice), 3600));
}

#[tokio::test]
async fn each_refusal_is_told_in_its_own_word() {
    let pool = Cognito::open().await;
    let members = Bridged::by(&cognito(&pool));
    for (user_name, password, refusal) in [
        ("alice", "wrong", Refusal::WrongCredentials),
        ("nobody", "wrong", Refusal::UnknownUser),
        ("carol", "correct horse", Refusal::Disabled),
        ("erin", "first password", Refusal::MustChangePassword { link: None }),
    ] {
        assert_eq!(members.refuses(user_name, password).await, refusal, "{user_name}");
    }
    let stranger = Bridged::by(&cognito(&pool).replace(&pool.client_id, "nobodys"));
    let refusal = stranger.refuses("alice", "correct horse").await;
    assert!(matches!(refusal, Refusal::Misconfigured { .. }), "{refusal}");
}

#[tokio::test]
async fn a_refresh_keeps_the_refresh_token() {
    let members = Bridged::by(&cognito(&Cognito::open().await));
    let alice = members.lets_in("alice", "correct horse").await;
    let token = refresh_token(tokens(&alice));
    for _ in 0..2 {
        let refreshed = members.refreshes(&alice, token).await.unwrap();
        assert_eq!(refreshed.refresh_token, None, "which the vault takes for: keep yours");
        assert!(is_good_for(&refreshed, 3600));
    }
    members.has_done_with(&alice, &Secret::from("nonsense")).await;
}

#[tokio::test]
async fn a_disabled_or_deleted_user_still_refreshes_and_only_the_probe_tells() {
    let pool = Cognito::open().await;
    let members = Bridged::by(&cognito(&pool));
    let alice = members.lets_in("alice", "correct horse").await;
    assert_eq!(members.life(&alice, &tokens(&alice).access_token).await, Life::Alive);
    pool.disables("alice").await;
    let refreshed = members.refreshes(&alice, refresh_token(tokens(&alice))).await.unwrap();
    assert_eq!(members.life(&alice, &refreshed.access_token).await, Life::Over);
    assert_eq!(members.refuses("alice", "correct horse").await, Refusal::Disabled);

    let bob = members.lets_in("bob", "correct horse").await;
    pool.removes("bob").await;
    assert_eq!(members.life(&bob, &tokens(&bob).access_token).await, Life::Over);
    assert_eq!(members.refuses("bob", "correct horse").await, Refusal::UnknownUser);
}

#[tokio::test]
async fn signing_out_ends_both_tokens() {
    let members = Bridged::by(&cognito(&Cognito::open().await));
    let alice = members.lets_in("alice", "correct horse").await;
    let its = tokens(&alice);
    members.0.sign_out(&its.access_token, its.refresh_token.as_ref()).await.unwrap();
    members.has_done_with(&alice, refresh_token(its)).await;
    assert_eq!(members.life(&alice, &its.access_token).await, Life::Over);
}

#[tokio::test]
async fn bob_is_asked_for_the_code_of_his_telephone_until_it_is_right() {
    let pool = Cognito::open().await;
    let members = Bridged::by(&cognito(&pool));
    let secret = pool.bob_registers_his_telephone().await;
    assert_eq!(members.refuses("bob", "wrong").await, Refusal::WrongCredentials);
    let challenge = members.asks_bob_for_a_code().await;
    assert!(!challenge.wants_password);
    let code = code_of(&secret).await;
    let other = if code == "000000" { "000001" } else { "000000" };
    let again = match members.hears_the_code(&challenge, other).await {
        Err(Refusal::SecondFactorWrong(again)) => again,
        other => panic!("{other:?}"),
    };
    // People type it in two halves, as the telephone shows it.
    let (left, right) = code.split_at(3);
    let bob = members.hears_the_code(&again, &format!("{left} {right}")).await.unwrap();
    assert_eq!((told(&bob).0, told(&bob).1), (pool.sub_of("bob").await.as_str(), "bob"));
    members.refreshes(&bob, refresh_token(tokens(&bob))).await.unwrap();
}

/// As the preset's comments have it. moto looks at the proof in a challenge and in a refresh; Amazon's own in the login too.
#[tokio::test]
async fn an_application_client_with_a_secret_proves_it() {
    let pool = Cognito::with_secret().await;
    let secret = pool.client_secret.clone().unwrap();
    let proven = |secret: &str| {
        Bridged::by(&format!(
            "{}client_secret = '{secret}'
             [login.json.AuthParameters]
             SECRET_HASH = '{{(typed.user_name ~ client.id) | hmac_sha256(client.secret)}}'
             [challenge.json.ChallengeResponses]
             SECRET_HASH = '{{((challenge.user_name or typed.user_name) ~ client.id) | hmac_sha256(client.secret)}}'
             [refresh.json.AuthParameters]
             SECRET_HASH = '{{(account.user_name ~ client.id) | hmac_sha256(client.secret)}}'\n",
            cognito(&pool)
        ))
    };
    let (members, stranger) = (proven(&secret), proven("another"));
    let telephone = pool.bob_registers_his_telephone().await;
    let challenge = members.asks_bob_for_a_code().await;
    let code = code_of(&telephone).await;
    stranger.hears_the_code(&challenge, &code).await.unwrap_err();
    let bob = members.hears_the_code(&challenge, &code).await.unwrap();
    let token = refresh_token(tokens(&bob));
    members.refreshes(&bob, token).await.unwrap();
    stranger.has_done_with(&bob, token).await;
}
