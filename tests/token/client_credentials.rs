//! A client that speaks for itself.

use crate::support::app::{App, Proof, Tokens, claims, error, jose_header};
use crate::support::house::{House, ISSUER};

async fn ask(app: &App, more: &[(&str, &str)]) -> crate::support::browser::Shown {
    app.token(&[&[("grant_type", "client_credentials")], more].concat()).await
}

#[tokio::test]
async fn a_service_gets_a_token_for_its_api_and_nothing_that_speaks_of_a_person() {
    let house = House::open().await;
    let tokens = Tokens::of(ask(&house.service(), &[]).await);
    let access = claims(tokens.access());
    assert_eq!(jose_header(tokens.access())["typ"], "at+jwt");
    assert_eq!((access["iss"].as_str(), access["sub"].as_str()), (Some(ISSUER), Some("service")));
    assert_eq!(
        (access["client_id"].as_str(), access["aud"].as_str()),
        (Some("service"), Some("https://api.example.org"))
    );
    assert_eq!(tokens.0["scope"], "events.read events.write", "all that the first API knows");
    for absent in ["refresh_token", "id_token"] {
        assert!(tokens.0.get(absent).is_none(), "{absent}: RFC 6749 §4.4.3");
    }
    for absent in ["auth_time", "acr", "amr", "sid", "fam"] {
        assert!(access.get(absent).is_none(), "{absent}");
    }
    assert_eq!(house.service().userinfo(tokens.access()).await.status, 403, "there is nobody to tell of");
}

#[tokio::test]
async fn audience_and_resource_both_name_an_api_and_unknown_ones_are_refused() {
    let house = House::open().await;
    let service = house.service();
    for name in ["resource", "audience"] {
        let tokens = Tokens::of(ask(&service, &[(name, "https://ledger.example.org")]).await);
        assert!(!tokens.access().contains('.'), "opaque");
        assert_eq!(tokens.0["scope"], "ledger.read");
        for unknown in ["https://evil.example", "https://api.example.org/", "ledger"] {
            let expected = (400, "invalid_target".to_owned());
            assert_eq!(error(&ask(&service, &[(name, unknown)]).await), expected, "{name} {unknown}");
        }
    }
    let both = [("resource", "https://api.example.org"), ("audience", "https://ledger.example.org")];
    assert_eq!(error(&ask(&service, &both).await), (400, "invalid_target".to_owned()), "two shapes of token");
}

#[tokio::test]
async fn scopes_can_be_fewer_and_never_others() {
    let house = House::open().await;
    let service = house.service();
    let tokens = Tokens::of(ask(&service, &[("scope", "events.read")]).await);
    assert_eq!(claims(tokens.access())["scope"], "events.read");
    for scope in ["openid", "offline_access", "admin", "events.read admin"] {
        assert_eq!(
            error(&ask(&service, &[("scope", scope)]).await),
            (400, "invalid_scope".to_owned()),
            "{scope}"
        );
    }
    assert_eq!(error(&ask(&service, &[("scope", "events.read\"")]).await), (400, "invalid_scope".to_owned()));
}

#[tokio::test]
async fn only_a_client_that_is_registered_for_it_may() {
    let house = House::open().await;
    assert_eq!(error(&ask(&house.web(), &[]).await), (400, "unauthorized_client".to_owned()));
    assert_eq!(error(&ask(&house.spa(), &[]).await), (400, "unauthorized_client".to_owned()));
    let thief = App { proof: Proof::Post("wrong-secret-0123456789-0123456789-012345"), ..house.service() };
    assert_eq!(error(&ask(&thief, &[]).await), (401, "invalid_client".to_owned()));
    let weaker = App { proof: Proof::Name, ..house.service() };
    assert_eq!(error(&ask(&weaker, &[]).await), (401, "invalid_client".to_owned()));
}
