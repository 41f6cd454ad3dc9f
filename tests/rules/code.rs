//! What a code must be shown with.

use std::time::Duration;

use passerelle::id::{ClientId, FamilyId};
use passerelle::model::authorization::Authorization;
use passerelle::model::code::AuthorizationCode;
use passerelle::oauth::claims::ClaimsRequest;
use passerelle::oauth::error::ErrorCode;
use passerelle::oauth::pkce::CodeChallenge;
use passerelle::oauth::scope::Scope;
use passerelle::oauth::token_request::CodeRequest;
use passerelle::rules::code::{CodeRefusal, check};
use passerelle::secret::{Digest, Secret};
use passerelle::time::Timestamp;

use crate::support::parts::BEGINNING;

/// RFC 7636 Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "https://web.example/callback";

fn code() -> AuthorizationCode {
    AuthorizationCode {
        digest: Digest::of("code"),
        authorization: Authorization {
            client: ClientId::from("web"),
            person: None,
            scope: Scope::parse("openid").unwrap(),
            audiences: Vec::new(),
            claims: ClaimsRequest::default(),
        },
        redirect_uri: Some(REDIRECT.to_owned()),
        challenge: CodeChallenge::parse(CHALLENGE),
        nonce: None,
        issued_at: BEGINNING,
        expires_at: BEGINNING + Duration::from_secs(60),
        redeemed_as: None,
    }
}

fn shown(redirect: Option<&str>, verifier: Option<&str>) -> CodeRequest {
    CodeRequest {
        code: Secret::from("code"),
        redirect_uri: redirect.map(str::to_owned),
        code_verifier: verifier.map(Secret::from),
    }
}

fn told(
    code: &AuthorizationCode,
    client: &str,
    request: &CodeRequest,
    now: Timestamp,
) -> Result<(), CodeRefusal> {
    check(code, &ClientId::from(client), request, now)
}

#[test]
fn who_shows_all_that_the_code_was_made_with_may_redeem_it() {
    let good = shown(Some(REDIRECT), Some(VERIFIER));
    assert_eq!(told(&code(), "web", &good, BEGINNING), Ok(()));
    let without_redirect = AuthorizationCode { redirect_uri: None, ..code() };
    assert_eq!(told(&without_redirect, "web", &shown(None, Some(VERIFIER)), BEGINNING), Ok(()));
    let without_challenge = AuthorizationCode { challenge: None, ..code() };
    assert_eq!(told(&without_challenge, "web", &shown(Some(REDIRECT), None), BEGINNING), Ok(()));
    let spent = AuthorizationCode { redeemed_as: Some(FamilyId::from("f")), ..code() };
    assert_eq!(told(&spent, "web", &good, BEGINNING), Ok(()), "whether it is spent is the gate's question");
}

#[test]
fn whatever_does_not_fit_is_refused() {
    let bare = AuthorizationCode { challenge: None, redirect_uri: None, ..code() };
    let other_verifier = VERIFIER.replace('d', "e");
    let (short, long) = ("a".repeat(42), "a".repeat(129));
    let trailing = format!("{REDIRECT}/");
    let upper = REDIRECT.to_uppercase();
    // The code, by whom, with which redirect and verifier; the refusal; the paragraph.
    let rows = [
        (code(), "spa", Some(REDIRECT), Some(VERIFIER), CodeRefusal::AnotherClient, "RFC 6749 §4.1.3"),
        (code(), "Web", Some(REDIRECT), Some(VERIFIER), CodeRefusal::AnotherClient, "RFC 6749 §4.1.3"),
        (code(), "", Some(REDIRECT), Some(VERIFIER), CodeRefusal::AnotherClient, "RFC 6749 §4.1.3"),
        (code(), "web", None, Some(VERIFIER), CodeRefusal::AnotherRedirect, "RFC 6749 §4.1.3"),
        (code(), "web", Some(""), Some(VERIFIER), CodeRefusal::AnotherRedirect, "RFC 6749 §4.1.3"),
        (
            code(),
            "web",
            Some(&*trailing),
            Some(VERIFIER),
            CodeRefusal::AnotherRedirect,
            "RFC 6749 §4.1.3: identical",
        ),
        (
            code(),
            "web",
            Some(&*upper),
            Some(VERIFIER),
            CodeRefusal::AnotherRedirect,
            "RFC 6749 §4.1.3: identical",
        ),
        (
            bare.clone(),
            "web",
            Some(REDIRECT),
            None,
            CodeRefusal::AnotherRedirect,
            "RFC 6749 §4.1.3: none was sent",
        ),
        (code(), "web", Some(REDIRECT), None, CodeRefusal::VerifierMissing, "RFC 7636 §4.6"),
        (code(), "web", Some(REDIRECT), Some(""), CodeRefusal::VerifierMalformed, "RFC 7636 §4.1"),
        (code(), "web", Some(REDIRECT), Some(&*short), CodeRefusal::VerifierMalformed, "RFC 7636 §4.1"),
        (code(), "web", Some(REDIRECT), Some(&*long), CodeRefusal::VerifierMalformed, "RFC 7636 §4.1"),
        (code(), "web", Some(REDIRECT), Some(&*other_verifier), CodeRefusal::VerifierWrong, "RFC 7636 §4.6"),
        (
            code(),
            "web",
            Some(REDIRECT),
            Some(CHALLENGE),
            CodeRefusal::VerifierWrong,
            "RFC 9700 §2.1.1: not plain",
        ),
        (bare, "web", None, Some(VERIFIER), CodeRefusal::VerifierUnexpected, "RFC 9700 §4.8.2: downgrade"),
    ];
    for (code, client, redirect, verifier, refusal, paragraph) in rows {
        let told = told(&code, client, &shown(redirect, verifier), BEGINNING);
        assert_eq!(told, Err(refusal), "{client} {redirect:?} {verifier:?}: {paragraph}");
        assert_eq!(refusal.code(), ErrorCode::InvalidGrant, "RFC 6749 §5.2, RFC 7636 §4.6");
    }
}

#[test]
fn a_code_is_good_until_its_last_second() {
    // RFC 6749 §4.1.2.
    let good = shown(Some(REDIRECT), Some(VERIFIER));
    let after = |seconds| BEGINNING + Duration::from_secs(seconds);
    assert_eq!(told(&code(), "web", &good, after(59)), Ok(()));
    assert_eq!(told(&code(), "web", &good, after(60)), Err(CodeRefusal::Expired));
    assert_eq!(CodeRefusal::Expired.code(), ErrorCode::InvalidGrant);
}

#[test]
fn who_cannot_prove_anything_does_not_learn_that_the_code_has_expired() {
    let late = BEGINNING + Duration::from_secs(60);
    let order = [
        ("spa", shown(None, None), CodeRefusal::AnotherClient),
        ("web", shown(None, None), CodeRefusal::AnotherRedirect),
        ("web", shown(Some(REDIRECT), None), CodeRefusal::VerifierMissing),
        ("web", shown(Some(REDIRECT), Some(VERIFIER)), CodeRefusal::Expired),
    ];
    for (client, request, refusal) in order {
        assert_eq!(told(&code(), client, &request, late), Err(refusal));
    }
}
