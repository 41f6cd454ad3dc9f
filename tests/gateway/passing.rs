//! What goes up and what comes down.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::legacy_system::{Door, Fault};
use crate::support::gate::{Gate, ROUTES, got};
use crate::support::house::CONFIG;

#[tokio::test]
async fn the_bridges_token_stays_outside_and_the_persons_own_goes_in() {
    let gate = Gate::open().await;
    let token = gate.alice().await;
    gate.house.old_system().journal.clear();

    let mine = gate.get("/gateway/legacy/api/invoices", &token).await;
    assert_eq!(mine.status, 200, "{mine:?}");
    let calls = gate.house.old_system().journal.calls();
    // It took the token for alice's: the journal says that there was one, and never which.
    assert_eq!((calls.len(), calls[0].authorization.as_deref()), (1, Some("Bearer")));

    let echo = gate.get("/gateway/echo/a/b?c=d%26", &token).await.json();
    let [authorization] = got(&echo, "authorization")[..] else { panic!("{echo}") };
    assert!(authorization.starts_with("Bearer "), "{authorization}");
    assert_eq!((&echo["method"], &echo["target"]), (&json!("GET"), &json!("/a/b?c=d%26")));
    assert!(!echo.to_string().contains(&token));
}

#[tokio::test]
async fn the_old_systems_own_no_is_passed_on_as_it_is() {
    let gate = Gate::open().await;
    let token = gate.alice().await;
    let body = Body::from("{}");
    let headers =
        [("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let refused = gate.sends(Method::POST, "/gateway/legacy/api/invoices", &headers, body).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("www-authenticate"), None);
    assert!(refused.body.contains("Message"), "the old system's own words: {refused:?}");
}

#[tokio::test]
async fn headers_that_others_could_take_for_the_gateways_own_word_do_not_go_up() {
    let gate = Gate::open().await;
    let bearer = format!("Bearer {}", gate.alice().await);
    let headers = [
        ("authorization", bearer.as_str()),
        ("cookie", "session=of-the-bridge"),
        ("x-user", "bob"),
        ("X_User", "bob"),
        ("x-roles", "Administrator"),
        ("x-client", "other"),
        ("x.user", "bob"),
        ("connection", "x-hop, x-client"),
        ("x-hop", "of this connection"),
        ("keep-alive", "timeout=5"),
        ("te", "trailers"),
        ("proxy-authorization", "Basic x"),
        ("x-http-method-override", "DELETE"),
        ("x-http-method", "DELETE"),
        ("x-method-override", "DELETE"),
        ("x-original-url", "/admin"),
        ("x-rewrite-url", "/admin"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-user", "bob"),
        ("x-real-ip", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("accept", "application/json"),
        ("x-own", "kept"),
    ];
    let echo = gate.sends(Method::GET, "/gateway/echo/x", &headers, Body::empty()).await.json();
    let mut got: Vec<(String, String)> = echo["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()))
        .filter(|(name, _)| name != "authorization" && name != "host")
        .collect();
    got.sort();
    let expected = [
        ("accept", "application/json"),
        ("x-client", "web"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "localhost:8080"),
        ("x-forwarded-prefix", "/gateway/echo"),
        ("x-forwarded-proto", "http"),
        ("x-own", "kept"),
        ("x-roles", "Member"),
        ("x-user", "alice"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(got, expected);
}

#[tokio::test]
async fn a_trusted_proxys_word_on_the_way_counts_and_is_added_to() {
    let trusting = CONFIG.replace("[server]", "[server]\ntrusted_proxies = [\"127.0.0.1\"]");
    let gate = Gate::of(&trusting, ROUTES).await;
    let bearer = format!("Bearer {}", gate.alice().await);
    let headers = [("authorization", bearer.as_str()), ("x-forwarded-for", "203.0.113.9, 198.51.100.2")];
    let echo = gate.sends(Method::GET, "/gateway/echo/x", &headers, Body::empty()).await.json();
    assert_eq!(got(&echo, "x-forwarded-for"), ["203.0.113.9, 198.51.100.2, 127.0.0.1"]);
}

#[tokio::test]
async fn nothing_of_the_old_system_acts_on_browsers_and_no_answer_holds_its_token() {
    let gate = Gate::open().await;
    let answer = gate.get("/gateway/echo/answers", &gate.alice().await).await;
    assert_eq!(answer.body, "here");
    for gone in [
        "set-cookie",
        "clear-site-data",
        "strict-transport-security",
        "access-control-allow-origin",
        "connection",
        "x-private",
        "keep-alive",
        "x-token",
    ] {
        assert_eq!(answer.header(gone), None, "{gone}");
    }
    assert_eq!(answer.header("etag").as_deref(), Some("\"1\""));
    assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"));
}

#[tokio::test]
async fn redirects_stay_outside() {
    let gate = Gate::open().await;
    let token = gate.alice().await;
    let inside = gate.upstream.base_url.clone();
    for (to, told) in [
        ("/a?b#c", "/gateway/echo/a?b#c".to_owned()),
        (&format!("{inside}/a"), "/gateway/echo/a".to_owned()),
        (&format!("{}/a", inside.trim_start_matches("http:")), "/gateway/echo/a".to_owned()),
        ("a/b", "a/b".to_owned()),
        ("https://elsewhere.example/a", "https://elsewhere.example/a".to_owned()),
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
        let answer = gate.get(&format!("/gateway/echo/redirect?{query}"), &token).await;
        assert_eq!((answer.status.as_u16(), answer.location().unwrap()), (302, told), "{to}");
    }
}

#[tokio::test]
async fn a_paging_parameter_is_clamped_however_it_is_written() {
    let gate = Gate::open().await;
    let token = gate.alice().await;
    for (sent, passed) in [
        ("limit=10&a=b", "limit=10&a=b"),
        ("limit=1000", "limit=1000"),
        ("a=%20&limit=1001&c", "a=%20&limit=1000&c"),
        ("Limit=5000", "limit=1000"),
        ("l%69mit=5000", "limit=1000"),
        ("limit=5&limit=5000", "limit=5&limit=1000"),
        ("limit=-1", "limit=1000"),
        ("limit=9e9", "limit=1000"),
        ("limit=", "limit=1000"),
        ("unlimit=5000", "unlimit=5000"),
    ] {
        let echo = gate.get(&format!("/gateway/echo/x?{sent}"), &token).await.json();
        assert_eq!(echo["target"], format!("/x?{passed}"), "{sent}");
    }
}

#[tokio::test]
async fn the_token_goes_where_the_route_says_and_callers_cannot_put_theirs_there() {
    for (inject, sent, name, begins) in [
        ("{ header = \"X-Token\", scheme = \"\" }", "/x", "x-token", ""),
        ("{ header = \"authorization\", scheme = \"Token\" }", "/x", "authorization", "Token "),
        ("{ cookie = \"session\" }", "/x", "cookie", "session="),
        ("{ query = \"key\" }", "/x?KEY=theirs&a=b", "", "/x?a=b&key="),
    ] {
        let routes = ROUTES.replacen("timeout = \"2s\"", &format!("timeout = \"2s\"\ninject = {inject}"), 1);
        let gate = Gate::with(&routes).await;
        let bearer = format!("Bearer {}", gate.alice().await);
        let headers =
            [("authorization", bearer.as_str()), ("x-token", "theirs"), ("cookie", "session=theirs")];
        let path = format!("/gateway/echo{sent}");
        let echo = gate.sends(Method::GET, &path, &headers, Body::empty()).await.json();
        assert!(!echo.to_string().contains(&bearer), "{echo}");
        let told = match name {
            "" => vec![echo["target"].as_str().unwrap()],
            name => got(&echo, name),
        };
        let [told] = told[..] else { panic!("{inject}: {echo}") };
        assert!(told.starts_with(begins) && told.len() > begins.len() + 20, "{told}");
        assert!(!told.contains("theirs"), "{told}");
    }
}

#[tokio::test]
async fn a_legacy_token_that_died_early_is_replaced_and_nobody_notices() {
    let gate = Gate::open().await;
    let token = gate.alice().await;
    assert_eq!(gate.get("/gateway/legacy/api/me", &token).await.status, 200);
    gate.house.old_system().journal.clear();
    gate.house.old_system().end_access_tokens();
    assert_eq!(gate.get("/gateway/legacy/api/me", &token).await.status, 200);
    assert_eq!(gate.house.old_system().journal.refreshes(), 1);
    assert_eq!(gate.house.old_system().journal.calls_to("/api/me").len(), 2);
}

#[tokio::test]
async fn a_request_with_a_body_is_never_sent_twice() {
    let gate = Gate::open().await;
    let bearer = format!("Bearer {}", gate.alice().await);
    gate.house.old_system().end_access_tokens();
    gate.house.old_system().journal.clear();
    let headers = [("authorization", bearer.as_str())];
    let post = async || {
        let body = Body::from("{}");
        gate.sends(Method::POST, "/gateway/legacy/api/invoices", &headers, body).await
    };
    let first = post().await;
    assert_eq!((first.status.as_u16(), first.header("retry-after").as_deref()), (503, Some("1")));
    assert_eq!(gate.house.old_system().journal.calls_to("/api/invoices").len(), 1);
    // The token is a new one by now: the old system answers for itself.
    assert_eq!(post().await.status, 403);
}

#[tokio::test]
async fn whom_the_old_system_gives_no_token_any_more_the_gateway_lets_in_no_more() {
    let gate = Gate::open().await;
    let token = gate.alice().await;
    gate.house.old_system().rotate_elsewhere("alice", "passerelle").unwrap();
    gate.house.old_system().end_access_tokens();
    let refused = gate.get("/gateway/legacy/api/me", &token).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    assert!(refused.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn while_the_old_system_is_down_it_is_said_so() {
    let gate = Gate::open().await;
    let token = gate.alice().await;
    gate.house.old_system().end_access_tokens();
    gate.house.old_system().faults.set(Door::Token, Fault::Status500);
    let answer = gate.get("/gateway/legacy/api/me", &token).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test]
async fn an_api_that_wants_no_legacy_token_gets_none() {
    let routes = ROUTES.replacen("timeout = \"2s\"", "timeout = \"2s\"\nidentity = \"none\"", 1);
    let gate = Gate::with(&routes).await;
    let token = gate.alice().await;
    let echo = gate.get("/gateway/echo/x", &token).await.json();
    assert!(got(&echo, "authorization").is_empty());
    assert_eq!(got(&echo, "x-user"), ["alice"]);
    // Its 401 is its own.
    let answer = gate.get("/gateway/echo/status/401", &token).await;
    assert_eq!(answer.header("www-authenticate").as_deref(), Some("Basic realm=\"legacy\""));
}

#[tokio::test]
async fn callers_may_speak_http_2() {
    let gate = Gate::open().await;
    let (address, token) = (gate.listens(), gate.alice().await);
    #[expect(clippy::disallowed_methods, reason = "this caller is no room of the bridge")]
    let http = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let calls = (0..20).map(|number| {
        let request = http.post(format!("http://{address}/gateway/echo/{number}")).bearer_auth(&token);
        async move { request.body(format!("body {number}")).send().await.unwrap() }
    });
    for (number, answer) in futures_util::future::join_all(calls).await.into_iter().enumerate() {
        assert_eq!((answer.version(), answer.status().as_u16()), (axum::http::Version::HTTP_2, 200));
        let echo: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(
            (&echo["target"], &echo["body"]),
            (&json!(format!("/{number}")), &json!(format!("body {number}")))
        );
        assert_eq!(got(&echo, "x-forwarded-host"), ["localhost:8080"]);
    }
}

#[tokio::test]
async fn a_route_may_call_as_one_service_account_for_everybody() {
    let service = "identity = \"service_account\"\nservice_account = \"nightly\"\n[[gateway.route.rule]]";
    let (first, second) = ROUTES.split_at(ROUTES.rfind("[[gateway.route.rule]]").unwrap());
    let account = "[[service_account]]\nname = \"nightly\"\nuser_name = \"svc\"\n\
                   password = \"svc-password-for-loopback-only\"\n";
    let routes = format!("{first}{}{account}", second.replacen("[[gateway.route.rule]]", service, 1));
    let gate = Gate::with(&routes).await;
    for token in [gate.alice().await, gate.service().await] {
        assert_eq!(gate.get("/gateway/legacy/api/me", &token).await.json()["UserName"], "svc");
    }
    let signed_in = gate.house.old_system().journal.calls_to("/token");
    let signed_in = signed_in.iter().filter(|call| call.field("username") == Some("svc")).count();
    assert_eq!(signed_in, 1);
}

#[tokio::test]
async fn scripts_of_registered_origins_may_call_and_others_may_not() {
    let gate = Gate::open().await;
    let preflight = async |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "PATCH"),
            ("access-control-request-headers", "authorization,x-own"),
        ];
        gate.sends(Method::OPTIONS, "/gateway/echo/x", &headers, Body::empty()).await
    };
    let allowed = preflight("https://spa.example").await;
    assert_eq!(allowed.header("access-control-allow-origin").as_deref(), Some("https://spa.example"));
    assert_eq!(allowed.header("access-control-allow-methods").as_deref(), Some("PATCH"));
    assert_eq!(allowed.header("access-control-allow-headers").as_deref(), Some("authorization,x-own"));
    assert_eq!(preflight("https://evil.example").await.header("access-control-allow-origin"), None);
    assert!(gate.upstream.seen().is_empty(), "nobody behind is asked");

    // A script has to be able to read why it was refused.
    let refused =
        gate.sends(Method::GET, "/gateway/echo/x", &[("origin", "https://spa.example")], Body::empty()).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("access-control-allow-origin").as_deref(), Some("https://spa.example"));
}
