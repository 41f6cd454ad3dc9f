//! PKCE.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passerelle::oauth::pkce::{CodeChallenge, CodeVerifier};

#[test]
fn a_verifier_keeps_to_its_grammar() {
    for (text, fits) in [
        ("a".repeat(42), false),
        ("a".repeat(43), true),
        ("a".repeat(128), true),
        ("a".repeat(129), false),
        ("-._~AZaz09".repeat(5), true),
        (format!("{} ", "a".repeat(43)), false),
        (format!("{}+", "a".repeat(43)), false),
        (format!("{}=", "a".repeat(43)), false),
        ("é".repeat(43), false),
    ] {
        assert_eq!(CodeVerifier::parse(&text).is_some(), fits, "{text}");
    }
    let verifier = CodeVerifier::parse(&"a".repeat(43)).unwrap();
    assert_eq!(format!("{verifier:?}"), "[code_verifier]");
}

#[test]
fn a_challenge_is_the_base64url_of_32_bytes() {
    for (bytes, fits) in [(31, false), (32, true), (33, false), (0, false)] {
        let text = URL_SAFE_NO_PAD.encode(vec![0xfb; bytes]);
        assert_eq!(CodeChallenge::parse(&text).is_some(), fits, "{bytes}");
    }
    // Two spellings of the same bytes: only the canonical one is a challenge.
    let canonical = URL_SAFE_NO_PAD.encode([0_u8; 32]);
    let loose = format!("{}B", &canonical[..42]);
    assert!(CodeChallenge::parse(&loose).is_none());
}
