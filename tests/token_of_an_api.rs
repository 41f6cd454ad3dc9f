//! What an API may want of its tokens: how `aud` is written, whom `sub` names, which scopes, for how long.

use std::time::Duration;

use passerelle::id::Audience;
use passerelle::model::api::{AccessTokenFormat, Api, ApiScope, AudienceShape, TokenLifetime};
use passerelle::model::client::{Client, SubjectKind};
use passerelle::model::registry::Registry;
use passerelle::oauth::scope::Scope;
use serde_json::{Value, json};

use crate::support::app::claims;
use crate::support::desk::{Desk, granted, refused, text};
use crate::support::parts::{API, OPAQUE_API, Parts, apis, clients, service, web};

/// 9999-12-31T23:59:59Z.
const FOR_EVER: i64 = 253_402_300_799;
const SECOND: &str = "https://second.example.org";

/// The desk where `change` was done to the usual APIs.
async fn where_apis(change: impl FnOnce(&mut Vec<Api>)) -> Desk {
    let mut all = apis();
    change(&mut all);
    Desk::of(Parts { registry: Registry::new(clients(), all), ..Parts::new().await })
}

impl Desk {
    async fn for_service(&self, more: &[(&str, &str)]) -> Value {
        let mut fields = vec![("grant_type", "client_credentials")];
        fields.extend_from_slice(more);
        granted(&self.ask(&service(), &fields).await)
    }
}

#[tokio::test]
async fn an_api_that_insists_reads_an_array_even_of_one_audience() {
    let desk = where_apis(|all| all.iter_mut().for_each(|api| api.aud = AudienceShape::Array)).await;
    let tokens = desk.for_service(&[]).await;
    assert_eq!(claims(text(&tokens, "access_token"))["aud"], json!([API]));
    assert_eq!(desk.machines.introspected(text(&tokens, "access_token")).await["aud"], json!([API]));
    let opaque = desk.for_service(&[("resource", OPAQUE_API)]).await;
    assert_eq!(desk.machines.introspected(text(&opaque, "access_token")).await["aud"], json!([OPAQUE_API]));
}

#[tokio::test]
async fn an_api_that_joins_on_the_user_name_finds_it_in_sub_whatever_the_client_sees() {
    let desk = where_apis(|all| {
        all.iter_mut().for_each(|api| api.subject = Some(SubjectKind::LegacyUserName));
    })
    .await;
    let tokens = desk.tokens(&web(), "openid events.read").await;
    let (access, id) = (claims(text(&tokens, "access_token")), claims(text(&tokens, "id_token")));
    assert_eq!(access["sub"], "alice");
    assert_ne!(id["sub"], "alice", "the client's own setting stays");
    assert_eq!(desk.machines.introspected(text(&tokens, "access_token")).await["sub"], "alice");
    // Who speaks for itself is no user, whatever it is called over there (RFC 9068 §2.2).
    assert_eq!(claims(text(&desk.for_service(&[]).await, "access_token"))["sub"], "service");

    let desk = where_apis(|all| all[0].subject = Some(SubjectKind::Minted)).await;
    let joins = Client { subject: SubjectKind::LegacyUserName, ..web() };
    let desk = Desk::of(Parts {
        registry: Registry::new([joins.clone()], desk.parts().registry.apis().to_vec()),
        ..Parts::new().await
    });
    let tokens = desk.tokens(&joins, "openid events.read").await;
    assert_ne!(claims(text(&tokens, "access_token"))["sub"], "alice");
    assert_eq!(claims(text(&tokens, "id_token"))["sub"], "alice");
}

#[tokio::test]
async fn apis_that_know_a_person_by_different_names_share_no_token() {
    let mut all = apis();
    all.push(Api {
        audience: Audience::from(SECOND),
        subject: Some(SubjectKind::LegacyUserName),
        ..all[0].clone()
    });
    let client = Client { audiences: vec![Audience::from(API), Audience::from(SECOND)], ..service() };
    let desk = Desk::of(Parts { registry: Registry::new([client.clone()], all), ..Parts::new().await });
    let both = [("grant_type", "client_credentials"), ("resource", API), ("audience", SECOND)];
    refused(&desk.ask(&client, &both).await, "invalid_target");
    granted(&desk.ask(&client, &both[..2]).await);
}

#[tokio::test]
async fn scopes_may_be_uris() {
    let (read, write) = ("https://api.example.org/scopes/events.read?v=1#all", "urn:example:events:write");
    let scope = |token: &str| ApiScope { token: token.to_owned(), description: None };
    let mut all = apis();
    all[0].scopes = vec![scope(read), scope(write)];
    let client = Client { scope: Scope::parse(&format!("{read} {write}")).unwrap(), ..service() };
    let desk = Desk::of(Parts { registry: Registry::new([client.clone()], all), ..Parts::new().await });
    let grant = ("grant_type", "client_credentials");
    let all_of_them = granted(&desk.ask(&client, &[grant]).await);
    assert_eq!(all_of_them["scope"], format!("{read} {write}"));
    let one = granted(&desk.ask(&client, &[grant, ("scope", read)]).await);
    assert_eq!((&one["scope"], &claims(text(&one, "access_token"))["scope"]), (&read.into(), &read.into()));
    // One that only begins like it is another one.
    refused(&desk.ask(&client, &[grant, ("scope", "urn:example:events")]).await, "invalid_scope");
}

#[tokio::test]
async fn a_token_without_end_says_the_last_second_of_the_year_9999_and_no_expires_in() {
    let desk = where_apis(|all| {
        all.iter_mut().for_each(|api| api.lifetime = Some(TokenLifetime::Unlimited));
    })
    .await;
    for target in [API, OPAQUE_API] {
        let tokens = desk.for_service(&[("resource", target)]).await;
        assert!(tokens.get("expires_in").is_none(), "{tokens}");
        let token = text(&tokens, "access_token");
        desk.wait(Duration::from_hours(24 * 365 * 100));
        let meant = desk.machines.introspected(token).await;
        assert_eq!((&meant["active"], &meant["exp"]), (&true.into(), &FOR_EVER.into()), "{meant}");
        if target == API {
            assert_eq!(claims(token)["exp"], FOR_EVER);
        }
    }
}

#[tokio::test]
async fn a_persons_token_ends_with_what_the_person_gave_where_a_services_does_not() {
    let desk = where_apis(|all| all[0].lifetime = Some(TokenLifetime::Unlimited)).await;
    let tokens = desk.tokens(&web(), "openid events.read").await;
    let most = web().lifetimes.refresh_token_absolute.as_secs();
    assert_eq!(tokens["expires_in"], most);
    let access = claims(text(&tokens, "access_token"));
    assert_eq!(access["exp"].as_u64(), access["iat"].as_u64().map(|iat| iat + most));
}

#[tokio::test]
async fn of_several_apis_the_shortest_lifetime_counts() {
    for (lifetimes, expected) in [
        ([Some(TokenLifetime::Unlimited), Some(TokenLifetime::Limited(Duration::from_mins(2)))], Some(120)),
        ([None, Some(TokenLifetime::Limited(Duration::from_hours(24 * 365)))], Some(31_536_000)),
        ([Some(TokenLifetime::Unlimited), Some(TokenLifetime::Unlimited)], None),
    ] {
        let mut all = apis();
        all[0].lifetime = lifetimes[0];
        all.push(Api { audience: Audience::from(SECOND), lifetime: lifetimes[1], ..all[0].clone() });
        assert!(matches!(all[0].format, AccessTokenFormat::Jwt { .. }));
        let client = Client { audiences: vec![Audience::from(API), Audience::from(SECOND)], ..service() };
        let desk = Desk::of(Parts { registry: Registry::new([client.clone()], all), ..Parts::new().await });
        let both = [("grant_type", "client_credentials"), ("resource", API), ("resource", SECOND)];
        assert_eq!(granted(&desk.ask(&client, &both).await)["expires_in"].as_i64(), expected);
    }
}
