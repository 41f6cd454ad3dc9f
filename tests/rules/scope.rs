//! How much: scopes and audiences, at the authorization endpoint and again for each access token.

use passerelle::id::{Audience, ClientId};
use passerelle::model::api::{Api, ApiScope};
use passerelle::model::authorization::Authorization;
use passerelle::model::client::{Client, SubjectKind};
use passerelle::oauth::claims::ClaimsRequest;
use passerelle::oauth::error::ErrorCode;
use passerelle::oauth::grant_type::GrantType;
use passerelle::oauth::resource::Targets;
use passerelle::oauth::scope::{MalformedScope, Scope};
use passerelle::rules::scope::{
    Narrowed, NarrowingRefusal as Refusal, for_authorization, narrow, of_client_itself,
};

use crate::support::parts::{API, OPAQUE_API, apis, service, spa, web};

/// An API that is known, but no client's.
const STRANGE_API: &str = "https://strange.example";
/// A third API of the same format as [`API`], with a scope that [`API`] has too.
const SECOND_API: &str = "https://second.example";

fn all_apis() -> Vec<Api> {
    let [jwt, opaque] = <[Api; 2]>::try_from(apis()).unwrap();
    let scopes = |tokens: &[&str]| {
        tokens.iter().map(|token| ApiScope { token: (*token).to_owned(), description: None }).collect()
    };
    let strange =
        Api { audience: Audience::from(STRANGE_API), scopes: scopes(&["strange.read"]), ..jwt.clone() };
    let second = Api {
        audience: Audience::from(SECOND_API),
        scopes: scopes(&["events.read", "mail.send"]),
        ..jwt.clone()
    };
    vec![jwt, opaque, strange, second]
}

/// May use both APIs of the parts and the second one.
fn client() -> Client {
    let scope = Scope::parse("mail.send").unwrap();
    let web = web();
    let audiences = [API, OPAQUE_API, SECOND_API].map(Audience::from).to_vec();
    Client { scope: web.scope.union(&scope), audiences, ..web }
}

fn resources(names: &[&str]) -> Targets {
    Targets { resource: names.iter().map(|name| (*name).to_owned()).collect(), audience: Vec::new() }
}

fn pair(narrowed: Narrowed) -> (String, Vec<String>) {
    (narrowed.scope.to_string(), narrowed.audiences.iter().map(ToString::to_string).collect())
}

type Told = Result<(String, Vec<String>), Refusal>;

fn authorized(client: &Client, asked: Option<&str>, named: &[&str]) -> Told {
    for_authorization(client, &all_apis(), asked, &resources(named)).map(pair)
}

fn is(scope: &str, audiences: &[&str]) -> Told {
    Ok((scope.to_owned(), audiences.iter().map(|name| (*name).to_owned()).collect()))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row per way to say no")]
fn an_authorization_is_for_what_the_client_may_have_and_the_apis_that_it_means() {
    // The scope asked for, the APIs named, what it ends in, the paragraph.
    let rows: [(Option<&str>, &[&str], Told, &str); 23] = [
        (Some("openid"), &[], is("openid", &[API]), "RFC 9068 §3: the client's first API"),
        (Some("openid profile"), &[OPAQUE_API], is("openid profile", &[OPAQUE_API]), "RFC 8707 §2"),
        (Some("events.read"), &[], is("events.read", &[API]), "RFC 9068 §3: the scope points to it"),
        (Some("openid ledger.read"), &[], is("openid ledger.read", &[OPAQUE_API]), "RFC 9068 §3"),
        (
            Some("events.read mail.send"),
            &[],
            is("events.read mail.send", &[SECOND_API]),
            "RFC 9068 §3: all of it",
        ),
        (Some("openid openid"), &[], is("openid", &[API]), "RFC 6749 §3.3: a set"),
        (
            Some("openid made-up"),
            &[],
            is("openid", &[API]),
            "OpenID Connect Core §3.1.2.1: not understood, ignored",
        ),
        (Some("made-up"), &[], Err(Refusal::NothingKnown), "RFC 6749 §3.3"),
        (Some(""), &[], Err(Refusal::NothingKnown), "RFC 6749 §3.3"),
        (Some("  "), &[], Err(Refusal::NothingKnown), "RFC 6749 §3.3"),
        (Some("OpenID"), &[], Err(Refusal::NothingKnown), "RFC 6749 §3.3: case-sensitive"),
        (Some("a\\b"), &[], Err(Refusal::Malformed(MalformedScope("a\\b".to_owned()))), "RFC 6749 §3.3"),
        (Some("a\tb"), &[], Err(Refusal::Malformed(MalformedScope("a\tb".to_owned()))), "RFC 6749 §3.3"),
        (Some("straße"), &[], Err(Refusal::Malformed(MalformedScope("straße".to_owned()))), "RFC 6749 §3.3"),
        (
            Some("openid strange.read"),
            &[],
            Err(Refusal::NotRegistered("strange.read".to_owned())),
            "RFC 6749 §3.3",
        ),
        (Some("events.read ledger.read"), &[], Err(Refusal::SeveralApis), "RFC 9068 §3"),
        (
            Some("events.read ledger.read"),
            &[API, OPAQUE_API],
            is("events.read ledger.read", &[API, OPAQUE_API]),
            "RFC 8707 §2: several resources",
        ),
        (
            Some("events.read"),
            &[OPAQUE_API],
            Err(Refusal::OfAnotherApi("events.read".to_owned())),
            "RFC 9068 §3",
        ),
        (Some("openid"), &[STRANGE_API], Err(Refusal::UnknownTarget(STRANGE_API.to_owned())), "RFC 8707 §2"),
        (
            Some("openid"),
            &["https://nobody.example"],
            Err(Refusal::UnknownTarget("https://nobody.example".to_owned())),
            "RFC 8707 §2",
        ),
        (Some("openid"), &["nobody"], Err(Refusal::MalformedResource), "RFC 8707 §2: an absolute URI"),
        (
            Some("openid"),
            &["https://api.example.org#x"],
            Err(Refusal::MalformedResource),
            "RFC 8707 §2: no fragment",
        ),
        (
            Some("openid"),
            &["https://api.example.org/"],
            Err(Refusal::UnknownTarget("https://api.example.org/".to_owned())),
            "RFC 8707 §2",
        ),
    ];
    for (asked, named, expected, paragraph) in rows {
        assert_eq!(authorized(&client(), asked, named), expected, "{asked:?} {named:?}: {paragraph}");
    }
}

#[test]
fn without_a_scope_the_default_is_what_the_api_offers_and_nothing_about_the_person() {
    // RFC 6749 §3.3.
    assert_eq!(authorized(&client(), None, &[]), is("events.read events.write", &[API]));
    assert_eq!(authorized(&client(), None, &[OPAQUE_API]), is("ledger.read", &[OPAQUE_API]));
    assert_eq!(
        authorized(&client(), None, &[API, OPAQUE_API]),
        is("events.read events.write ledger.read", &[API, OPAQUE_API])
    );
    let person_only = Client { scope: Scope::parse("openid profile").unwrap(), ..client() };
    assert_eq!(authorized(&person_only, None, &[]), Err(Refusal::NothingKnown));
    let nowhere = Client { audiences: Vec::new(), ..client() };
    assert_eq!(authorized(&nowhere, None, &[]), Err(Refusal::NothingKnown));
}

#[test]
fn a_scope_that_openid_connect_defines_must_be_registered_too() {
    let narrow = Client { scope: Scope::parse("openid").unwrap(), ..client() };
    assert_eq!(
        authorized(&narrow, Some("openid email"), &[]),
        Err(Refusal::NotRegistered("email".to_owned()))
    );
}

#[test]
fn offline_access_is_ignored_where_no_refresh_token_can_be_given() {
    // OpenID Connect Core §11.
    assert_eq!(
        authorized(&client(), Some("openid offline_access"), &[]),
        is("openid offline_access", &[API])
    );
    let no_refresh = Client { grant_types: vec![GrantType::AuthorizationCode], ..client() };
    assert_eq!(authorized(&no_refresh, Some("openid offline_access"), &[]), is("openid", &[API]));
    let unregistered = Client { scope: Scope::parse("openid").unwrap(), ..client() };
    assert_eq!(authorized(&unregistered, Some("openid offline_access"), &[]), is("openid", &[API]));
    assert_eq!(authorized(&no_refresh, Some("offline_access"), &[]), Err(Refusal::NothingKnown));
}

#[test]
fn a_client_without_apis_has_tokens_for_nobody_but_us() {
    let nowhere = Client { audiences: Vec::new(), ..spa() };
    assert_eq!(authorized(&nowhere, Some("openid"), &[]), is("openid", &[]));
    assert_eq!(authorized(&nowhere, Some("events.read"), &[]), Err(Refusal::SeveralApis));
}

#[test]
fn audience_names_an_api_like_resource_does_but_need_not_be_a_uri() {
    let [jwt, _] = <[Api; 2]>::try_from(apis()).unwrap();
    let named = [Api { audience: Audience::from("ledger-api"), ..jwt }];
    let client = Client { audiences: vec![Audience::from("ledger-api")], ..web() };
    let by = |resource: &[&str], audience: &[&str]| Targets {
        audience: audience.iter().map(|name| (*name).to_owned()).collect(),
        ..resources(resource)
    };
    let told = |targets: &Targets| for_authorization(&client, &named, Some("openid"), targets).map(pair);
    assert_eq!(told(&by(&[], &["ledger-api"])), is("openid", &["ledger-api"]));
    assert_eq!(told(&by(&[], &["ledger-api", "ledger-api"])), is("openid", &["ledger-api"]));
    assert_eq!(told(&by(&["ledger-api"], &[])), Err(Refusal::MalformedResource));
    assert_eq!(told(&by(&[], &["nobody"])), Err(Refusal::UnknownTarget("nobody".to_owned())));
}

/// What was granted, the scope asked for, the APIs named, what the token carries, the paragraph.
type Row<'a> = (&'a Authorization, Option<&'a str>, &'a [&'a str], Told, &'a str);

fn granted(scope: &str, audiences: &[&str]) -> Authorization {
    Authorization {
        client: ClientId::from("web"),
        person: None,
        scope: Scope::parse(scope).unwrap(),
        audiences: audiences.iter().map(|name| Audience::from(*name)).collect(),
        claims: ClaimsRequest::default(),
    }
}

#[test]
fn one_access_token_carries_no_more_than_was_granted() {
    let both = granted("openid events.read events.write ledger.read", &[API, OPAQUE_API]);
    let bare = granted("openid profile", &[API, OPAQUE_API]);
    let none = granted("openid", &[]);
    let alike = granted("openid events.read mail.send", &[API, SECOND_API]);
    let rows: [Row<'_>; 19] = [
        (&both, None, &[API], is("openid events.read events.write", &[API]), "RFC 8707 §2.2"),
        (&both, None, &[OPAQUE_API], is("openid ledger.read", &[OPAQUE_API]), "RFC 8707 §2.2"),
        (
            &both,
            None,
            &[],
            is("openid events.read events.write", &[API]),
            "RFC 9700 §2.3: one API, the first",
        ),
        (
            &both,
            Some("ledger.read"),
            &[],
            is("ledger.read", &[OPAQUE_API]),
            "RFC 9068 §3: the scope points to it",
        ),
        (&both, Some("openid ledger.read"), &[], is("openid ledger.read", &[OPAQUE_API]), "RFC 9068 §3"),
        (&both, Some("events.write"), &[], is("events.write", &[API]), "RFC 6749 §6"),
        (
            &both,
            Some("events.read ledger.read"),
            &[API],
            is("events.read", &[API]),
            "RFC 8707 §2.2: the server narrows",
        ),
        (&both, Some("events.read ledger.read"), &[], is("events.read", &[API]), "RFC 9700 §2.3"),
        (&both, Some("openid profile"), &[], Err(Refusal::NotGranted("profile".to_owned())), "RFC 6749 §6"),
        (&both, Some("made-up"), &[], Err(Refusal::NotGranted("made-up".to_owned())), "RFC 6749 §6"),
        (&both, Some("\""), &[], Err(Refusal::Malformed(MalformedScope("\"".to_owned()))), "RFC 6749 §3.3"),
        (&both, None, &[SECOND_API], Err(Refusal::TargetNotGranted(SECOND_API.to_owned())), "RFC 8707 §2.2"),
        (
            &both,
            None,
            &["https://nobody.example"],
            Err(Refusal::TargetNotGranted("https://nobody.example".to_owned())),
            "RFC 8707 §2.2",
        ),
        (&both, None, &["nobody"], Err(Refusal::MalformedResource), "RFC 8707 §2"),
        (&both, None, &[API, OPAQUE_API], Err(Refusal::FormatsDiffer), "one token cannot have two shapes"),
        (
            &alike,
            None,
            &[API, SECOND_API],
            is("openid events.read mail.send", &[API, SECOND_API]),
            "RFC 8707 §2",
        ),
        (&bare, None, &[], is("openid profile", &[API]), "RFC 9068 §3"),
        (&none, None, &[], is("openid", &[]), "no API: userinfo only"),
        (&none, None, &[API], Err(Refusal::TargetNotGranted(API.to_owned())), "RFC 8707 §2.2"),
    ];
    for (granted, asked, named, expected, paragraph) in rows {
        let told = narrow(granted, asked, &resources(named), &all_apis()).map(pair);
        assert_eq!(told, expected, "{asked:?} {named:?}: {paragraph}");
    }
}

#[test]
fn two_apis_that_know_the_person_by_different_names_get_no_token_together() {
    let both = granted("openid events.read mail.send", &[API, SECOND_API]);
    let mut all = all_apis();
    let second = all.iter_mut().find(|api| api.audience.as_str() == SECOND_API).unwrap();
    second.subject = Some(SubjectKind::LegacyUserName);
    let told = narrow(&both, None, &resources(&[API, SECOND_API]), &all).map(pair);
    assert_eq!(told, Err(Refusal::FormatsDiffer), "one token has one `sub`");
}

#[test]
fn an_api_that_was_taken_out_of_the_configuration_is_no_target_any_more() {
    let both = granted("openid events.read ledger.read", &[API, OPAQUE_API]);
    let left = &all_apis()[1..];
    assert_eq!(
        narrow(&both, None, &resources(&[API]), left).map(pair),
        Err(Refusal::TargetNotGranted(API.to_owned()))
    );
}

#[test]
fn a_client_that_speaks_for_itself_has_nothing_that_speaks_of_a_person() {
    // RFC 6749 §4.4.
    assert_eq!(of_client_itself(&web(), &apis()).to_string(), "events.read events.write ledger.read");
    assert_eq!(of_client_itself(&service(), &apis()).to_string(), "events.read events.write ledger.read");
    assert_eq!(of_client_itself(&service(), &apis()[1..]).to_string(), "ledger.read");
    // Even when an API calls a scope of its own like one of OpenID Connect.
    let [jwt, _] = <[Api; 2]>::try_from(apis()).unwrap();
    let profile = ApiScope { token: "profile".to_owned(), description: None };
    assert_eq!(of_client_itself(&web(), &[Api { scopes: vec![profile], ..jwt }]).to_string(), "");
}

#[test]
fn each_refusal_has_the_protocols_word() {
    // RFC 6749 §5.2, RFC 8707 §2.
    let text = || "x".to_owned();
    let scope = [
        Refusal::Malformed(MalformedScope(text())),
        Refusal::NothingKnown,
        Refusal::NotRegistered(text()),
        Refusal::NotGranted(text()),
        Refusal::SeveralApis,
        Refusal::OfAnotherApi(text()),
    ];
    let target = [
        Refusal::MalformedResource,
        Refusal::UnknownTarget(text()),
        Refusal::TargetNotGranted(text()),
        Refusal::FormatsDiffer,
    ];
    assert!(scope.iter().all(|refusal| refusal.code() == ErrorCode::InvalidScope));
    assert!(target.iter().all(|refusal| refusal.code() == ErrorCode::InvalidTarget));
}

#[test]
fn a_client_does_not_learn_which_apis_there_are() {
    // RFC 8707 §2.
    let about = |name: &str| {
        authorized(&client(), Some("openid"), &[name]).unwrap_err().to_string().replace(name, "…")
    };
    assert_eq!(about(STRANGE_API), about("https://nobody.example"));
}
