//! Whether an authorization request can be honoured.

use std::time::Duration;

use passerelle::id::Audience;
use passerelle::model::client::{Client, PkcePolicy};
use passerelle::oauth::authorization_request::AuthorizationRequest;
use passerelle::oauth::claims::MalformedClaims;
use passerelle::oauth::display::Display;
use passerelle::oauth::error::ErrorCode;
use passerelle::oauth::grant_type::GrantType;
use passerelle::oauth::params::Params;
use passerelle::oauth::prompt::{MalformedPrompt, Prompt};
use passerelle::oauth::response_mode::ResponseMode;
use passerelle::rules::authorization::{CheckedRequest, check, refusal_mode};
use passerelle::rules::authorization_refusal::AuthorizationRefusal as Refusal;
use passerelle::rules::scope::NarrowingRefusal;

use crate::support::parts::{API, OPAQUE_API, apis, native, old, service, spa, web};

/// The challenge of RFC 7636 Appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const GOOD: &str = "response_type=code&scope=openid&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

/// A good request with `changes` laid over it; a parameter that is changed to nothing is left out.
fn request(changes: &str) -> AuthorizationRequest {
    let changed: Vec<_> =
        changes.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name).collect();
    let kept = GOOD.split('&').filter(|pair| !changed.contains(&pair.split_once('=').unwrap().0));
    let query: Vec<_> = kept.chain(changes.split('&').filter(|pair| !pair.is_empty())).collect();
    AuthorizationRequest::from_params(&Params::from_query(&query.join("&")).unwrap())
}

fn checked(client: &Client, changes: &str) -> Result<CheckedRequest, Refusal> {
    check(&request(changes), client, &apis(), &["pwd".to_owned()])
}

#[test]
fn a_good_request_of_each_kind_of_client_is_honoured() {
    for client in [web(), spa(), native(), old()] {
        let request = checked(&client, "").unwrap();
        assert_eq!(request.scope.to_string(), "openid", "{}", client.id);
        assert_eq!(request.response_mode, ResponseMode::Query);
        assert!(request.challenge.is_some());
        assert_eq!(request.audiences, [Audience::from(API)]);
    }
}

/// The changes, the refusal, its code, the paragraph.
type Row = (&'static str, Refusal, ErrorCode, &'static str);

#[expect(clippy::too_many_lines, reason = "a table, one row per way to say no")]
fn refusals() -> Vec<Row> {
    use ErrorCode::{InvalidRequest, InvalidScope, InvalidTarget};
    vec![
        (
            "request=e30.e30.",
            Refusal::RequestObject,
            ErrorCode::RequestNotSupported,
            "OpenID Connect Core §3.1.2.6",
        ),
        (
            "request_uri=https://a.example",
            Refusal::RequestUri,
            ErrorCode::RequestUriNotSupported,
            "OpenID Connect Core §3.1.2.6",
        ),
        (
            "registration={}",
            Refusal::Registration,
            ErrorCode::RegistrationNotSupported,
            "OpenID Connect Core §7.2.1",
        ),
        ("response_type=", Refusal::ResponseTypeMissing, InvalidRequest, "RFC 6749 §3.1.1"),
        (
            "response_type=token",
            Refusal::ResponseTypeUnsupported,
            ErrorCode::UnsupportedResponseType,
            "RFC 9700 §2.1.2",
        ),
        (
            "response_type=id_token",
            Refusal::ResponseTypeUnsupported,
            ErrorCode::UnsupportedResponseType,
            "RFC 9700 §2.1.2",
        ),
        (
            "response_type=code+id_token",
            Refusal::ResponseTypeUnsupported,
            ErrorCode::UnsupportedResponseType,
            "RFC 9700 §2.1.2",
        ),
        (
            "response_type=code+code",
            Refusal::ResponseTypeUnsupported,
            ErrorCode::UnsupportedResponseType,
            "RFC 6749 §3.1.1",
        ),
        (
            "response_type=Code",
            Refusal::ResponseTypeUnsupported,
            ErrorCode::UnsupportedResponseType,
            "RFC 6749 §3.1.1",
        ),
        (
            "response_mode=fragment",
            Refusal::ResponseModeUnsupported,
            InvalidRequest,
            "Multiple Response Types §2.1",
        ),
        (
            "response_mode=query.jwt",
            Refusal::ResponseModeUnsupported,
            InvalidRequest,
            "Multiple Response Types §2.1",
        ),
        ("scope=open%22id", narrowing("open\"id"), InvalidScope, "RFC 6749 §3.3"),
        (
            "scope=unheard-of",
            Refusal::Narrowing(NarrowingRefusal::NothingKnown),
            InvalidScope,
            "RFC 6749 §3.3",
        ),
        ("resource=https://other.example", unknown("https://other.example"), InvalidTarget, "RFC 8707 §2"),
        (
            "resource=relative",
            Refusal::Narrowing(NarrowingRefusal::MalformedResource),
            InvalidTarget,
            "RFC 8707 §2",
        ),
        (
            "code_challenge=&code_challenge_method=",
            Refusal::ChallengeMissing,
            InvalidRequest,
            "RFC 9700 §2.1.1",
        ),
        ("code_challenge=", Refusal::ChallengeMethodAlone, InvalidRequest, "RFC 7636 §4.3"),
        (
            "code_challenge_method=",
            Refusal::ChallengePlain,
            InvalidRequest,
            "RFC 7636 §4.3: plain is the default",
        ),
        ("code_challenge_method=plain", Refusal::ChallengePlain, InvalidRequest, "RFC 9700 §2.1.1"),
        ("code_challenge_method=s256", Refusal::ChallengeMethodUnknown, InvalidRequest, "RFC 7636 §4.4.1"),
        ("code_challenge_method=S512", Refusal::ChallengeMethodUnknown, InvalidRequest, "RFC 7636 §4.4.1"),
        ("code_challenge=short", Refusal::ChallengeMalformed, InvalidRequest, "RFC 7636 §4.2"),
        (
            "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM%3D",
            Refusal::ChallengeMalformed,
            InvalidRequest,
            "RFC 7636 §4.2: no padding",
        ),
        (
            "prompt=create",
            Refusal::Prompt(MalformedPrompt::Unknown),
            InvalidRequest,
            "Initiating User Registration §4.1",
        ),
        (
            "prompt=none+login",
            Refusal::Prompt(MalformedPrompt::NoneWithOthers),
            InvalidRequest,
            "OpenID Connect Core §3.1.2.1",
        ),
        ("max_age=soon", Refusal::MaxAgeMalformed, InvalidRequest, "OpenID Connect Core §3.1.2.1"),
        ("max_age=-1", Refusal::MaxAgeMalformed, InvalidRequest, "OpenID Connect Core §3.1.2.1"),
        ("max_age=%2B1", Refusal::MaxAgeMalformed, InvalidRequest, "OpenID Connect Core §3.1.2.1"),
        ("max_age=1.5", Refusal::MaxAgeMalformed, InvalidRequest, "OpenID Connect Core §3.1.2.1"),
        (
            "max_age=99999999999999999999999",
            Refusal::MaxAgeMalformed,
            InvalidRequest,
            "OpenID Connect Core §3.1.2.1",
        ),
        ("claims=[", Refusal::Claims(MalformedClaims::NotClaims), InvalidRequest, "OpenID Connect Core §5.5"),
        (
            "claims={\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"gold\"}}}",
            Refusal::AcrUnreachable,
            ErrorCode::UnmetAuthenticationRequirements,
            "OpenID Connect Core §5.5.1.1",
        ),
        (
            "claims={\"id_token\":{\"acr\":{\"essential\":true,\"values\":[]}}}",
            Refusal::AcrUnreachable,
            ErrorCode::UnmetAuthenticationRequirements,
            "OpenID Connect Core §5.5.1.1",
        ),
    ]
}

fn narrowing(token: &str) -> Refusal {
    Refusal::Narrowing(NarrowingRefusal::Malformed(passerelle::oauth::scope::MalformedScope(
        token.to_owned(),
    )))
}

fn unknown(target: &str) -> Refusal {
    Refusal::Narrowing(NarrowingRefusal::UnknownTarget(target.to_owned()))
}

#[test]
fn each_way_to_be_wrong_has_its_refusal_and_its_code() {
    for (changes, refusal, code, paragraph) in refusals() {
        assert_eq!(checked(&web(), changes), Err(refusal.clone()), "{changes}: {paragraph}");
        assert_eq!(refusal.code(), code, "{changes}: {paragraph}");
    }
}

#[test]
fn no_description_leaves_the_grammar_of_an_error_description() {
    // RFC 6749 §4.1.2.1.
    let fits = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    for (changes, refusal, _, _) in refusals() {
        let description = refusal.description();
        assert!(!description.is_empty() && description.bytes().all(fits), "{changes}: {description}");
    }
}

#[test]
fn a_client_without_the_code_grant_is_not_authorized() {
    // RFC 6749 §4.1.2.1.
    let refusal = checked(&service(), "").unwrap_err();
    assert_eq!(refusal, Refusal::GrantNotRegistered);
    assert_eq!(refusal.code(), ErrorCode::UnauthorizedClient);
}

#[test]
fn what_is_too_long_to_travel_back_is_refused_and_the_longest_is_not() {
    for name in ["state", "nonce", "login_hint", "ui_locales", "acr_values"] {
        assert!(checked(&web(), &format!("{name}={}", "a".repeat(2048))).is_ok(), "{name}");
        let refused = checked(&web(), &format!("{name}={}", "a".repeat(2049))).unwrap_err();
        assert_eq!((refused.code(), refused), (ErrorCode::InvalidRequest, Refusal::TooLong(name)));
    }
    let scope = format!("scope=openid+{}", "a".repeat(2048));
    assert_eq!(checked(&web(), &scope), Err(Refusal::TooLong("scope")));
}

#[test]
fn the_checks_stand_in_their_order() {
    // All wrong at once; mended one by one, from the first check to the last.
    let wrong = [
        ("request=x", "request="),
        ("request_uri=x", "request_uri="),
        ("registration=x", "registration="),
        ("response_type=token", "response_type=code"),
        ("response_mode=fragment", "response_mode=query"),
        ("resource=relative", ""),
        ("code_challenge_method=plain", "code_challenge_method=S256"),
        ("prompt=create", "prompt=login"),
        ("max_age=soon", "max_age=5"),
        ("claims=[", "claims={}"),
    ];
    let found: Vec<_> = (0..=wrong.len())
        .map(|mended| {
            let changes =
                wrong.iter().enumerate().map(|(at, (bad, good))| if at < mended { *good } else { *bad });
            checked(&web(), &changes.collect::<Vec<_>>().join("&")).err()
        })
        .collect();
    let order = [
        Refusal::RequestObject,
        Refusal::RequestUri,
        Refusal::Registration,
        Refusal::ResponseTypeUnsupported,
        Refusal::ResponseModeUnsupported,
        Refusal::Narrowing(NarrowingRefusal::MalformedResource),
        Refusal::ChallengePlain,
        Refusal::Prompt(MalformedPrompt::Unknown),
        Refusal::MaxAgeMalformed,
        Refusal::Claims(MalformedClaims::NotClaims),
    ];
    assert_eq!(found, order.into_iter().map(Some).chain([None]).collect::<Vec<_>>());
}

#[test]
fn only_a_confidential_client_may_be_let_off_pkce_and_then_needs_a_nonce() {
    // RFC 9700 §2.1.1.
    let bare = "code_challenge=&code_challenge_method=";
    assert_eq!(checked(&old(), bare), Err(Refusal::NonceMissing));
    assert_eq!(Refusal::NonceMissing.code(), ErrorCode::InvalidRequest);
    assert_eq!(checked(&old(), &format!("{bare}&nonce=n")).unwrap().challenge, None);
    assert!(
        checked(&old(), &format!("{bare}&scope=events.read")).is_ok(),
        "without openid there is no ID token"
    );
    let public = Client { pkce: PkcePolicy::Optional, ..spa() };
    assert_eq!(checked(&public, &format!("{bare}&nonce=n")), Err(Refusal::ChallengeMissing));
    assert_eq!(checked(&old(), "code_challenge_method=plain&nonce=n"), Err(Refusal::ChallengePlain));
}

#[test]
fn what_is_asked_for_is_read() {
    let asked = format!(
        "response_mode=form_post&scope=openid+profile&state=s&nonce=n&prompt=login+consent&max_age=0&display=popup\
         &ui_locales=de++en&login_hint=ann&id_token_hint=h&acr_values=gold+pwd&resource={OPAQUE_API}\
         &claims={{\"userinfo\":{{\"email\":null}}}}"
    );
    let request = checked(&web(), &asked).unwrap();
    assert_eq!(request.response_mode, ResponseMode::FormPost);
    assert_eq!(request.scope.to_string(), "openid profile");
    assert_eq!(request.audiences, [Audience::from(OPAQUE_API)]);
    assert_eq!((request.state.as_deref(), request.nonce.as_deref()), (Some("s"), Some("n")));
    assert!(request.prompts.contains(Prompt::Login) && request.prompts.contains(Prompt::Consent));
    assert_eq!(request.max_age, Some(Duration::ZERO));
    assert_eq!(request.display, Some(Display::Popup));
    assert_eq!(request.ui_locales, ["de", "en"]);
    assert_eq!((request.login_hint.as_deref(), request.id_token_hint.as_deref()), (Some("ann"), Some("h")));
    assert_eq!(request.acr_values, ["gold", "pwd"]);
    assert_eq!(request.claims.names(), ["email"]);
    assert_eq!(serde_json::to_value(request.challenge).unwrap(), CHALLENGE);
}

#[test]
fn what_is_only_a_wish_refuses_nothing() {
    // OpenID Connect Core §3.1.2.1: acr_values, ui_locales; §5.5.1.1: a voluntary acr.
    assert_eq!(checked(&web(), "display=hologram").unwrap().display, None);
    assert!(checked(&web(), "acr_values=gold").is_ok());
    assert!(checked(&web(), "claims={\"id_token\":{\"acr\":{\"value\":\"gold\"}}}").is_ok());
    assert!(checked(&web(), "claims={\"id_token\":{\"acr\":{\"essential\":true}}}").is_ok());
    assert!(
        checked(&web(), "claims={\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"gold\",\"pwd\"]}}}")
            .is_ok()
    );
    assert!(checked(&web(), "unheard=of").is_ok(), "RFC 6749 §3.1");
    let many = format!("ui_locales={}", ["en"; 50].join("+"));
    assert_eq!(checked(&web(), &many).unwrap().ui_locales.len(), 20);
}

#[test]
fn claims_mean_nothing_without_openid() {
    // OpenID Connect Core §5.5.
    let request = checked(&web(), "scope=events.read&claims={\"userinfo\":{\"email\":null}}").unwrap();
    assert!(request.claims.is_empty());
    assert!(checked(&web(), "scope=events.read&claims=[").is_ok());
}

#[test]
fn the_clients_default_max_age_stands_where_none_is_sent() {
    let client = Client { default_max_age: Some(Duration::from_secs(60)), ..web() };
    assert_eq!(checked(&client, "").unwrap().max_age, Some(Duration::from_secs(60)));
    assert_eq!(checked(&client, "max_age=5").unwrap().max_age, Some(Duration::from_secs(5)));
    assert_eq!(checked(&web(), "").unwrap().max_age, None);
}

#[test]
fn a_refusal_travels_as_asked_for_where_that_can_be_told() {
    assert_eq!(refusal_mode(&request("response_mode=form_post")), ResponseMode::FormPost);
    assert_eq!(refusal_mode(&request("response_mode=fragment")), ResponseMode::Query);
    assert_eq!(refusal_mode(&request("")), ResponseMode::Query);
}

#[test]
fn a_client_that_lost_the_code_grant_is_refused_before_its_request_is_read() {
    let client = Client { grant_types: vec![GrantType::RefreshToken], ..web() };
    assert_eq!(checked(&client, "response_mode=fragment&max_age=x"), Err(Refusal::GrantNotRegistered));
}
