//! Whether a person has already agreed.

use passerelle::id::{AccountId, ClientId};
use passerelle::model::client::{Client, ConsentPolicy};
use passerelle::model::consent::Consent;
use passerelle::oauth::claims::ClaimsRequest;
use passerelle::oauth::scope::Scope;
use passerelle::rules::consent::{Standing, standing};

use crate::support::parts::{BEGINNING, spa, web};

fn agreed(scope: &str, claims: &[&str]) -> Consent {
    Consent {
        account: AccountId::from("ann"),
        client: ClientId::from("spa"),
        scope: Scope::parse(scope).unwrap(),
        claims: claims.iter().map(|name| (*name).to_owned()).collect(),
        granted_at: BEGINNING,
        updated_at: BEGINNING,
    }
}

fn stands(client: &Client, scope: &str, claims: &str, remembered: Option<&Consent>) -> Standing {
    standing(client, &Scope::parse(scope).unwrap(), &ClaimsRequest::parse(claims).unwrap(), remembered)
}

#[test]
fn what_is_remembered_counts_when_it_covers_all_that_is_asked() {
    let email = r#"{"userinfo":{"email":null}}"#;
    let in_both = r#"{"userinfo":{"email":null},"id_token":{"name":{"essential":true}}}"#;
    // OpenID Connect Core §3.1.2.4: agreement before information is released. §5.5: to single claims too. §11: to offline access.
    let rows = [
        ("openid", "{}", None, Standing::Missing),
        ("openid", "{}", Some(agreed("openid", &[])), Standing::Given),
        ("openid", "{}", Some(agreed("profile openid", &[])), Standing::Given),
        ("profile openid", "{}", Some(agreed("openid profile", &[])), Standing::Given),
        ("openid profile", "{}", Some(agreed("openid", &[])), Standing::Missing),
        ("openid offline_access", "{}", Some(agreed("openid", &[])), Standing::Missing),
        ("openid", "{}", Some(agreed("", &[])), Standing::Missing),
        ("openid", email, Some(agreed("openid", &[])), Standing::Missing),
        ("openid", email, Some(agreed("openid email", &[])), Standing::Missing),
        ("openid", email, Some(agreed("openid", &["email"])), Standing::Given),
        ("openid", in_both, Some(agreed("openid", &["email"])), Standing::Missing),
        ("openid", in_both, Some(agreed("openid", &["email", "name"])), Standing::Given),
        ("openid", "{}", Some(agreed("openid", &["email"])), Standing::Given),
    ];
    for (scope, claims, remembered, expected) in rows {
        assert_eq!(
            stands(&spa(), scope, claims, remembered.as_ref()),
            expected,
            "{scope} {claims} {remembered:?}"
        );
    }
}

#[test]
fn a_first_party_client_asks_nobody() {
    assert_eq!(web().consent, ConsentPolicy::Skip);
    assert_eq!(stands(&web(), "openid profile offline_access", "{}", None), Standing::NotAsked);
    assert_eq!(stands(&web(), "openid", "{}", Some(&agreed("", &[]))), Standing::NotAsked);
}
