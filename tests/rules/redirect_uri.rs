//! Where an authorization response may go.

use passerelle::model::client::Client;
use passerelle::oauth::error::ErrorCode;
use passerelle::oauth::response::Outcome;
use passerelle::oauth::response_mode::ResponseMode;
use passerelle::rules::redirect_uri::{UntrustedRedirect, trust};

use crate::support::parts::{ISSUER, native, service, spa, web};

fn registered(client: Client, uris: &[&str]) -> Client {
    Client { redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(), ..client }
}

fn trusted(client: &Client, asked: &str) -> Result<String, UntrustedRedirect> {
    trust(client, Some(asked), Some("openid")).map(|redirect| redirect.as_str().to_owned())
}

#[test]
fn what_is_registered_is_trusted_as_it_was_sent() {
    assert_eq!(trusted(&web(), "https://web.example/callback").unwrap(), "https://web.example/callback");
    assert_eq!(trusted(&native(), "com.example.native:/callback").unwrap(), "com.example.native:/callback");
    let two = registered(web(), &["https://a.example/cb", "https://b.example/cb?x=1"]);
    assert!(trusted(&two, "https://a.example/cb").is_ok());
    assert!(trusted(&two, "https://b.example/cb?x=1").is_ok());
}

/// Registered: `https://web.example/callback`. RFC 9700 §2.1: exact string matching.
const LOOK_ALIKES: [&str; 31] = [
    "https://web.example/callback/",
    "https://web.example/callback?",
    "https://web.example/callback?x=1",
    "https://web.example/callback/more",
    "https://web.example/Callback",
    "https://web.example/callbac%6b",
    "https://web.example/%63allback",
    "https://web.example/callback%20",
    "https://web.example/callback ",
    " https://web.example/callback",
    "https://web.example/callback\n",
    "https://web.example/./callback",
    "https://web.example/x/../callback",
    "https://web.example//callback",
    "https://web.example\\callback",
    "https://web.example/callback;x",
    "https://web.example",
    "https://web.example/",
    "https://WEB.example/callback",
    "HTTPS://web.example/callback",
    "http://web.example/callback",
    "https://web.example:443/callback",
    "https://web.example:8443/callback",
    "https://web.example./callback",
    "https://www.web.example/callback",
    "https://web.example.attacker.example/callback",
    "https://web.example@attacker.example/callback",
    "https://attacker.example/https://web.example/callback",
    "https://attacker.example/?https://web.example/callback",
    "//web.example/callback",
    "javascript:alert(1)//https://web.example/callback",
];

#[test]
fn a_look_alike_is_not_registered_whatever_kind_of_client_asks() {
    let clients = [web(), registered(spa(), &["https://web.example/callback"])];
    for client in &clients {
        for asked in LOOK_ALIKES {
            assert_eq!(trusted(client, asked), Err(UntrustedRedirect::NotRegistered), "{asked:?}");
        }
    }
}

#[test]
fn a_fragment_is_told_as_what_it_is() {
    // RFC 6749 §3.1.2, even when such a URI should stand in the registration.
    for asked in ["https://web.example/callback#", "https://web.example/callback#x", "#"] {
        assert_eq!(trusted(&web(), asked), Err(UntrustedRedirect::Fragment), "{asked}");
        assert_eq!(trusted(&registered(web(), &[asked]), asked), Err(UntrustedRedirect::Fragment), "{asked}");
    }
}

#[test]
fn a_native_app_listens_on_whatever_port_it_was_given() {
    // RFC 8252 §7.3.
    let ports = ["", ":", ":1", ":80", ":8080", ":49152", ":65535", ":00080"];
    for host in ["http://127.0.0.1", "http://[::1]"] {
        for known in ["", ":80", ":5000"] {
            let client = registered(native(), &[&format!("{host}{known}/callback?a=b")]);
            for port in ports {
                let asked = format!("{host}{port}/callback?a=b");
                assert_eq!(trusted(&client, &asked).as_deref(), Ok(asked.as_str()), "{known}");
            }
        }
        let bare = registered(native(), &[host]);
        assert!(trusted(&bare, &format!("{host}:4711")).is_ok());
        assert_eq!(trusted(&bare, &format!("{host}:4711/")), Err(UntrustedRedirect::NotRegistered));
    }
}

#[test]
fn nothing_but_the_port_of_a_loopback_address_may_differ() {
    // Registered: `http://127.0.0.1/callback`. RFC 8252 §7.3, §8.3.
    let refused = [
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:99999999999999999999/callback",
        "http://127.0.0.1:-1/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.1:8o/callback",
        "http://127.0.0.1:٨٠/callback",
        "http://127.0.0.1: 80/callback",
        "http://127.0.0.1:80:80/callback",
        "http://127.0.0.1:80@attacker.example/callback",
        "http://127.0.0.1@attacker.example/callback",
        "http://127.0.0.1.attacker.example/callback",
        "http://127.0.0.1:80.attacker.example/callback",
        "http://user@127.0.0.1:80/callback",
        "http://127.0.0.1:80\\@attacker.example/callback",
        "http://127.0.0.1:80/Callback",
        "http://127.0.0.1:80/callback/",
        "http://127.0.0.1:80/callback?x=1",
        "http://127.0.0.1:80/callbac%6b",
        "http://127.0.0.1:80//callback",
        "http://127.0.0.1:80/../callback",
        "http://127.0.0.1:80",
        "http://127.0.0.1:80?/callback",
        "https://127.0.0.1:80/callback",
        "HTTP://127.0.0.1:80/callback",
        "http://127.0.0.2:80/callback",
        "http://127.1:80/callback",
        "http://0x7f.0.0.1:80/callback",
        "http://2130706433:80/callback",
        "http://0.0.0.0:80/callback",
        "http://[::1]:80/callback",
        "http://[::ffff:127.0.0.1]:80/callback",
        "http://localhost:80/callback",
        "http://localhost/callback",
    ];
    for asked in refused {
        assert_eq!(trusted(&native(), asked), Err(UntrustedRedirect::NotRegistered), "{asked}");
    }
}

#[test]
fn localhost_and_other_hosts_keep_their_port() {
    // RFC 8252 §8.3.
    for known in [
        "http://localhost:3000/cb",
        "http://127.0.0.2:3000/cb",
        "https://127.0.0.1:3000/cb",
        "http://[::2]:3000/cb",
    ] {
        let client = registered(native(), &[known]);
        assert!(trusted(&client, known).is_ok());
        let asked = known.replace(":3000", ":3001");
        assert_eq!(trusted(&client, &asked), Err(UntrustedRedirect::NotRegistered), "{asked}");
    }
}

#[test]
fn a_confidential_client_has_one_port() {
    let client = registered(web(), &["http://127.0.0.1:3000/cb"]);
    assert!(trusted(&client, "http://127.0.0.1:3000/cb").is_ok());
    assert_eq!(trusted(&client, "http://127.0.0.1:3001/cb"), Err(UntrustedRedirect::NotRegistered));
}

#[test]
fn a_private_use_scheme_is_matched_like_any_other_text() {
    // RFC 8252 §7.1.
    for asked in [
        "com.example.native:/callback/",
        "com.example.native:/Callback",
        "com.example.native://callback",
        "com.example.native:callback",
        "com.example.NATIVE:/callback",
        "com.example:/callback",
        "com.example.native:80/callback",
    ] {
        assert_eq!(trusted(&native(), asked), Err(UntrustedRedirect::NotRegistered), "{asked}");
    }
}

#[test]
fn without_a_redirect_the_only_registered_one_is_meant_but_not_by_openid_connect() {
    // RFC 6749 §3.1.2.3, OpenID Connect Core §3.1.2.1.
    let only = trust(&web(), None, Some("events.read")).unwrap();
    assert_eq!((only.as_str(), only.to_repeat()), ("https://web.example/callback", None));
    assert!(trust(&web(), None, None).is_ok());
    assert_eq!(trust(&web(), None, Some("profile openid")), Err(UntrustedRedirect::MissingForOpenId));
    assert_eq!(trust(&native(), None, Some("events.read")), Err(UntrustedRedirect::MissingAmongSeveral));
    assert_eq!(trust(&native(), None, Some("openid")), Err(UntrustedRedirect::MissingForOpenId));
    assert_eq!(trust(&service(), None, None), Err(UntrustedRedirect::NoneRegistered));
    assert_eq!(trusted(&service(), "https://web.example/callback"), Err(UntrustedRedirect::NoneRegistered));
}

#[test]
fn a_redirect_that_was_sent_must_be_repeated_as_it_was_sent() {
    // RFC 6749 §4.1.3.
    let sent = trust(&native(), Some("http://127.0.0.1:4711/callback"), Some("openid")).unwrap();
    assert_eq!(sent.to_repeat(), Some("http://127.0.0.1:4711/callback"));
}

#[test]
fn the_answer_keeps_the_registered_query_byte_for_byte() {
    // RFC 6749 §3.1.2, RFC 9207 §2.
    let client = registered(web(), &["https://web.example/cb?a=%7e&b"]);
    let redirect = trust(&client, Some("https://web.example/cb?a=%7e&b"), Some("openid")).unwrap();
    let outcome = Outcome::Error(ErrorCode::AccessDenied, "no");
    let answer = redirect.answer(ResponseMode::Query, &outcome, Some("s&t=ü"), ISSUER);
    assert_eq!(
        answer.to_location(),
        "https://web.example/cb?a=%7e&b&error=access_denied&error_description=no&state=s%26t%3D%C3%BC\
         &iss=http%3A%2F%2Flocalhost%3A8080"
    );
}
