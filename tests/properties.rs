//! What holds whatever is sent: texts from outside are read or refused, what is written is read again, and nothing forged is believed.

use std::sync::LazyLock;

use passerelle::config::duration::Span;
use passerelle::config::environment::Environment;
use passerelle::config::settings::Reading;
use passerelle::keys::keyring::Keyring;
use passerelle::keys::seal::Purpose;
use passerelle::model::client::Client;
use passerelle::oauth::authorization_request::AuthorizationRequest;
use passerelle::oauth::claims::ClaimsRequest;
use passerelle::oauth::params::{MalformedParams, Params};
use passerelle::oauth::pkce::{CodeChallenge, CodeVerifier};
use passerelle::oauth::prompt::{Prompt, Prompts};
use passerelle::oauth::scope::Scope;
use passerelle::oauth::token_request::{ClientParameters, TokenInquiry, TokenRequest};
use passerelle::oauth::{basic, form};
use passerelle::rules::authorization::check;
use passerelle::rules::redirect_uri::trust;
use passerelle::secret::Chance;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::parts::{apis, keyring, native, old, sealer, spa, web};

static KEYRING: LazyLock<Keyring> = LazyLock::new(keyring);

/// Pieces that mean something somewhere, and some that never do.
const PIECES: [&str; 30] = [
    "openid",
    "profile",
    "offline_access",
    "events.read",
    "code",
    "none",
    "login",
    "S256",
    "plain",
    "query",
    "form_post",
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "https://web.example/callback",
    "http://127.0.0.1:80/callback",
    "https://api.example.org",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "{\"id_token\":{\"acr\":null}}",
    "{",
    "0",
    "-1",
    " ",
    "%00",
    "%ff",
    "\"",
    "ü",
    "\u{202e}",
    "a.b.c",
    "",
];

const NAMES: [&str; 22] = [
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
    "claims",
    "resource",
    "audience",
    "request",
    "grant_type",
    "code",
    "code_verifier",
    "refresh_token",
    "token",
    "acr_values",
    "unheard",
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(&PIECES[..]).prop_map(str::to_owned),
        2 => proptest::collection::vec(select(&PIECES[..]), 0..4).prop_map(|pieces| pieces.join(" ")),
        1 => "\\PC{0,24}",
    ]
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    proptest::collection::vec((select(&NAMES[..]).prop_map(str::to_owned), value()), 0..12)
}

fn encoded(pairs: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| format!("{}={}", form::encode(name), form::encode(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_parameters_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(params) = Params::from_form(&body) {
            let _ = AuthorizationRequest::from_params(&params);
            let _ = TokenRequest::from_params(&params);
        }
    }

    #[test]
    fn parameters_are_read_as_they_were_written(pairs in pairs()) {
        let read = Params::from_query(&encoded(&pairs));
        let sent: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).collect();
        let times = |name: &str| sent.iter().filter(|(known, _)| known == name).count();
        let repeated = sent.iter().any(|(name, _)| !["resource", "audience"].contains(&name.as_str()) && times(name) > 1);
        match read {
            // RFC 6749 §3.1: no parameter more than once, and one without a value counts as left out.
            Ok(params) => {
                prop_assert!(!repeated);
                for (name, value) in sent {
                    prop_assert!(params.all(name).any(|known| known == value));
                }
            }
            Err(MalformedParams::Duplicate(duplicate)) => {
                prop_assert!(times(&duplicate.name) > 1);
                prop_assert!(duplicate.single.one(&duplicate.name).is_none());
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn any_request_is_understood_or_refused_in_the_grammar_of_an_error(pairs in pairs()) {
        let Ok(params) = Params::from_query(&encoded(&pairs)) else { return Ok(()) };
        let request = AuthorizationRequest::from_params(&params);
        for client in [web(), spa(), old()] {
            match check(&request, &client, &apis(), &[]) {
                Ok(checked) => {
                    prop_assert!(client.scope.covers(&checked.scope));
                    prop_assert!(!client.is_public() || checked.challenge.is_some());
                }
                // RFC 6749 §4.1.2.1.
                Err(refusal) => prop_assert!(
                    refusal.description().bytes().all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
                ),
            }
        }
        let _ = TokenRequest::from_params(&params);
        let _ = TokenInquiry::from_params(&params);
        let _ = ClientParameters::from_params(&params);
        let sealed = serde_json::to_string(&request).unwrap();
        prop_assert_eq!(serde_json::from_str::<AuthorizationRequest>(&sealed).unwrap(), request);
    }

    #[test]
    fn a_scope_is_written_the_way_it_is_read(text in prop_oneof![value(), "[ -~]{0,40}"]) {
        let Ok(scope) = Scope::parse(&text) else { return Ok(()) };
        prop_assert_eq!(Scope::parse(&scope.to_string()), Ok(scope.clone()));
        let words: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).collect();
        prop_assert!(words.iter().all(|word| scope.contains(word)));
        prop_assert!(scope.iter().all(|token| words.contains(&token)));
        prop_assert_eq!(serde_json::from_str::<Scope>(&serde_json::to_string(&scope).unwrap()).unwrap(), scope);
    }

    #[test]
    fn a_claims_request_is_written_the_way_it_is_read(
        text in prop_oneof![
            value(),
            "\\{\"(userinfo|id_token)\":\\{\"[a-z]{1,4}\":(null|\\{\\}|\\{\"essential\":(true|false)\\}|\\{\"value\":[0-9\\[\\]]{1,8}\\})\\}\\}",
        ]
    ) {
        let Ok(request) = ClaimsRequest::parse(&text) else { return Ok(()) };
        prop_assert_eq!(ClaimsRequest::parse(&serde_json::to_string(&request).unwrap()), Ok(request));
    }

    #[test]
    fn an_accepted_redirect_differs_from_a_registered_one_at_most_by_its_port(
        known in select(&["http://127.0.0.1/callback", "http://[::1]:80/cb?x=1", "https://a.example/cb", "com.example:/cb", "http://localhost/cb"][..]),
        at in any::<prop::sample::Index>(),
        cut in 0..3_usize,
        insert in prop_oneof!["[:/?@.%0-9a-z\\\\ -]{0,8}", ":[0-9]{0,6}"],
        public in any::<bool>(),
    ) {
        let at = at.index(known.len() + 1);
        let end = (at + cut).min(known.len());
        let asked = format!("{}{insert}{}", &known[..at], &known[end..]);
        let client = Client { redirect_uris: vec![known.to_owned()], ..if public { native() } else { web() } };
        if trust(&client, Some(&asked), Some("openid")).is_ok() && asked != known {
            prop_assert!(public);
            let (left, right) = (url::Url::parse(known).unwrap(), url::Url::parse(&asked).unwrap());
            let loopback = matches!(left.host_str(), Some("127.0.0.1" | "[::1]"));
            prop_assert!(loopback && right.port() != Some(0), "{}", asked);
            let without_port = |mut url: url::Url| { url.set_port(None).unwrap(); url };
            prop_assert_eq!(without_port(left), without_port(right));
        }
    }

    #[test]
    fn a_duration_is_written_the_way_it_is_read(seconds in 0..=31_536_000_000_u64, text in "[0-9a-z ]{0,16}") {
        let span = Span::seconds(seconds);
        prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        if let Ok(span) = text.parse::<Span>() {
            prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        }
    }

    #[test]
    fn basic_credentials_are_read_as_they_were_written(id in "\\PC{1,20}", secret in "\\PC{0,20}", text in "\\PC{0,40}") {
        use base64::Engine as _;
        // RFC 6749 §2.3.1.
        let joined = format!("{}:{}", form::encode(&id), form::encode(&secret));
        let header = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(joined));
        let (read, proof) = basic::parse(&header).unwrap();
        prop_assert_eq!((read.as_str(), proof.expose()), (id.as_str(), secret.as_str()));
        let _ = basic::parse(&text);
        let _ = basic::parse(&format!("Basic {text}"));
    }

    #[test]
    fn a_verifier_keeps_to_its_grammar(text in prop_oneof!["[A-Za-z0-9._~-]{40,130}", "\\PC{43,60}"]) {
        // RFC 7636 §4.1.
        let unreserved = |character: char| character.is_ascii_alphanumeric() || "-._~".contains(character);
        let fits = (43..=128).contains(&text.len()) && text.chars().all(unreserved);
        prop_assert_eq!(CodeVerifier::parse(&text).is_some(), fits);
        if let (Some(verifier), Some(challenge)) = (CodeVerifier::parse(&text), CodeChallenge::parse(&text)) {
            prop_assert!(!challenge.is_met_by(&verifier), "a challenge is not its own verifier");
        }
    }

    #[test]
    fn prompts_are_known_words_and_none_stands_alone(words in proptest::collection::vec(select(&["none", "login", "consent", "select_account", "create", "LOGIN", ""][..]), 0..4)) {
        // OpenID Connect Core §3.1.2.1.
        let sent: Vec<_> = words.iter().filter(|word| !word.is_empty()).collect();
        let known = sent.iter().all(|word| Prompt::from_word(word).is_some());
        let alone = !sent.iter().any(|word| **word == "none") || sent.iter().all(|word| **word == "none");
        let read = Prompts::parse(&words.join(" "));
        prop_assert_eq!(read.is_ok(), known && alone);
        if let Ok(prompts) = read {
            prop_assert!(Prompt::ALL.iter().all(|prompt| prompts.contains(*prompt) == sent.iter().any(|word| **word == prompt.as_str())));
        }
    }

    #[test]
    fn any_text_and_any_variable_is_a_configuration_or_refused(text in "\\PC{0,60}", name in "[A-Z_]{0,12}", value in "\\PC{0,20}") {
        let environment: Environment = [(format!("PASSERELLE__{name}"), value)].into_iter().collect();
        let _ = Reading::of_text(&text, std::path::Path::new(""), &environment);
        if let Ok(reading) = Reading::of_text("", std::path::Path::new(""), &environment) {
            prop_assert!(reading.finish().is_err(), "nothing is not enough");
        }
    }

    #[test]
    fn nobody_vouches_for_a_text_that_nobody_signed(
        text in prop_oneof!["\\PC{0,80}", "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,90}"],
        header in select(&["RS256", "PS256", "ES256", "EdDSA", "none", "HS256"][..]),
    ) {
        prop_assert!(KEYRING.verify(&text).is_err());
        let named = format!("{}.{text}", form_header(header));
        prop_assert!(KEYRING.verify(&named).is_err());
    }

    #[test]
    fn a_sealed_value_opens_unchanged_only(
        plain in proptest::collection::vec(any::<u8>(), 0..64),
        place in proptest::collection::vec(any::<u8>(), 0..16),
        byte in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        cut in any::<prop::sample::Index>(),
    ) {
        let (sealer, purpose) = (sealer(), Purpose::Browser);
        let sealed = sealer.seal(purpose, &place, &plain, &Chance::seeded(1));
        prop_assert_eq!(&*sealer.open(purpose, &place, &sealed).unwrap(), &plain);
        let mut flipped = sealed.clone();
        flipped[byte.index(sealed.len())] ^= 1 << bit;
        prop_assert!(sealer.open(purpose, &place, &flipped).is_err());
        prop_assert!(sealer.open(purpose, &place, &sealed[..cut.index(sealed.len())]).is_err());
        prop_assert!(sealer.open(purpose, &[&place[..], b"x"].concat(), &sealed).is_err());
    }
}

/// A header that names a key of ours.
fn form_header(algorithm: &str) -> String {
    use base64::Engine as _;
    let keys = KEYRING.public_keys();
    let key = keys.iter().find(|key| key.algorithm.as_str() == algorithm).unwrap_or(&keys[0]);
    let header = format!("{{\"alg\":\"{algorithm}\",\"kid\":\"{}\"}}", key.id);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header)
}
