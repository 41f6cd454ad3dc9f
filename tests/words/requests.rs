//! Authorization, token and end-session requests out of their parameters.

use passerelle::oauth::authorization_request::AuthorizationRequest;
use passerelle::oauth::end_session_request::EndSessionRequest;
use passerelle::oauth::form::encode;
use passerelle::oauth::grant_type::GrantType;
use passerelle::oauth::params::Params;
use passerelle::oauth::token_request::{
    ClientParameters, GrantRequest, MalformedTokenRequest, TokenInquiry, TokenRequest, TokenTypeHint,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::parts::apis;

const NAMES: [&str; 23] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "display",
    "ui_locales",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "claims",
    "resource",
    "audience",
    "request",
    "request_uri",
    "registration",
    "unheard_of",
];

fn params(query: &str) -> Params {
    Params::from_query(query).unwrap()
}

#[test]
fn every_parameter_of_an_authorization_request_lands_in_its_own_field() {
    for name in NAMES {
        let request = AuthorizationRequest::from_params(&params(&format!("{name}=value%20{name}")));
        let written = serde_json::to_value(&request).unwrap();
        let expected = match name {
            "unheard_of" => serde_json::json!({}),
            "resource" | "audience" => serde_json::json!({"targets": {name: [format!("value {name}")]}}),
            name => serde_json::json!({name: format!("value {name}")}),
        };
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<AuthorizationRequest>(written).unwrap(), request);
    }
}

#[test]
fn an_end_session_request_is_read() {
    let names =
        ["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];
    for name in names {
        let request = EndSessionRequest::from_params(&params(&format!("{name}=v&unheard=x")));
        assert_eq!(serde_json::to_value(&request).unwrap(), serde_json::json!({name: "v"}));
    }
}

#[test]
fn each_grant_needs_its_own_parameters() {
    for (query, expected) in [
        ("", Err(MalformedTokenRequest::Missing("grant_type"))),
        ("grant_type=", Err(MalformedTokenRequest::Missing("grant_type"))),
        ("grant_type=password&username=a&password=b", Err(MalformedTokenRequest::UnknownGrantType)),
        ("grant_type=Authorization_Code&code=c", Err(MalformedTokenRequest::UnknownGrantType)),
        ("grant_type=implicit", Err(MalformedTokenRequest::UnknownGrantType)),
        ("grant_type=authorization_code", Err(MalformedTokenRequest::Missing("code"))),
        ("grant_type=authorization_code&refresh_token=r", Err(MalformedTokenRequest::Missing("code"))),
        ("grant_type=authorization_code&code=c", Ok(GrantType::AuthorizationCode)),
        ("grant_type=refresh_token&code=c", Err(MalformedTokenRequest::Missing("refresh_token"))),
        ("grant_type=refresh_token&refresh_token=r&scope=s", Ok(GrantType::RefreshToken)),
        ("grant_type=client_credentials", Ok(GrantType::ClientCredentials)),
    ] {
        let request = TokenRequest::from_params(&params(query));
        assert_eq!(request.map(|request| request.grant.grant_type()), expected, "{query}");
    }
}

#[test]
fn a_token_request_says_what_it_wants_and_never_shows_its_secrets() {
    let body =
        "grant_type=authorization_code&code=c0de&redirect_uri=u&code_verifier=verif1er&scope=s&resource=a:b";
    let request = TokenRequest::from_params(&params(body)).unwrap();
    assert_eq!((request.grant.scope(), request.targets.names()), (None, vec!["a:b"]));
    let GrantRequest::AuthorizationCode(code) = &request.grant else { panic!("another grant") };
    assert_eq!((code.code.expose(), code.redirect_uri.as_deref()), ("c0de", Some("u")));
    assert_eq!(code.code_verifier.as_ref().unwrap().expose(), "verif1er");
    let client = ClientParameters::from_params(&params(
        "client_id=a&client_secret=s3cret&client_assertion=assert10n&client_assertion_type=t",
    ));
    assert_eq!(client.client_id.as_ref().unwrap().as_str(), "a");
    let shown = format!("{request:?} {client:?}");
    for hidden in ["c0de", "verif1er", "s3cret", "assert10n"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    for (body, scope) in [
        ("grant_type=client_credentials&scope=s", "s"),
        ("grant_type=refresh_token&refresh_token=r&scope=t", "t"),
    ] {
        assert_eq!(TokenRequest::from_params(&params(body)).unwrap().grant.scope(), Some(scope));
    }
}

#[test]
fn an_inquiry_needs_a_token_and_an_unknown_hint_is_none() {
    let read = |query: &str| TokenInquiry::from_params(&params(query));
    assert_eq!(read("token_type_hint=access_token").unwrap_err(), MalformedTokenRequest::Missing("token"));
    for (query, hint) in [
        ("token=t", None),
        ("token=t&token_type_hint=access_token", Some(TokenTypeHint::AccessToken)),
        ("token=t&token_type_hint=refresh_token", Some(TokenTypeHint::RefreshToken)),
        ("token=t&token_type_hint=id_token", None),
    ] {
        let inquiry = read(query).unwrap();
        assert_eq!((inquiry.token.expose(), inquiry.token_type_hint), ("t", hint));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_authorization_request_survives_its_sealing_and_is_honoured_or_refused(
        sent in proptest::collection::btree_map(
            proptest::sample::select(NAMES.to_vec()),
            prop_oneof![
                "\\PC{1,20}",
                proptest::sample::select(vec![
                    "code", "query", "form_post", "openid", "openid profile", "S256", "none", "login", "0", "{}",
                    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "{\"id_token\":{\"acr\":{\"essential\":true}}}",
                ]).prop_map(str::to_owned),
            ],
            0..12,
        )
    ) {
        let query: Vec<_> = sent.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = AuthorizationRequest::from_params(&params(&query.join("&")));
        let sealed = serde_json::to_string(&request).unwrap();
        prop_assert_eq!(&serde_json::from_str::<AuthorizationRequest>(&sealed).unwrap(), &request);
        for client in crate::support::parts::clients() {
            match passerelle::rules::authorization::check(&request, &client, &apis(), &[]) {
                Ok(checked) => {
                    prop_assert_eq!(request.response_type.as_deref(), Some("code"));
                    prop_assert!(checked.challenge.is_some() || !client.is_public());
                    prop_assert!(client.scope.covers(&checked.scope));
                    prop_assert!(checked.audiences.iter().all(|audience| client.audiences.contains(audience)));
                }
                Err(refusal) => {
                    let told = passerelle::oauth::printable::description(&refusal.description());
                    prop_assert!(!told.is_empty());
                }
            }
        }
    }

    #[test]
    fn any_token_request_is_read_or_refused(
        sent in proptest::collection::btree_map(
            proptest::sample::select(vec!["grant_type", "code", "refresh_token", "scope", "token", "client_id"]),
            "\\PC{0,9}|authorization_code|refresh_token|client_credentials",
            0..6,
        )
    ) {
        let query: Vec<_> = sent.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let params = params(&query.join("&"));
        let known = params.one("grant_type").and_then(GrantType::from_word);
        match TokenRequest::from_params(&params) {
            Ok(request) => prop_assert_eq!(Some(request.grant.grant_type()), known),
            Err(MalformedTokenRequest::Missing(name)) => prop_assert_eq!(params.one(name), None),
            Err(MalformedTokenRequest::UnknownGrantType) => prop_assert_eq!(known, None),
        }
        prop_assert_eq!(TokenInquiry::from_params(&params).is_ok(), params.one("token").is_some());
        let _: Value = serde_json::to_value(AuthorizationRequest::from_params(&params)).unwrap();
    }
}
