//! Whether a session ends at once, after a question, or not at all, and where the browser may go afterwards.

use passerelle::id::{ClientId, SessionId};
use passerelle::model::client::Client;
use passerelle::rules::logout::{
    Decision, Facts, Hint, HintClaims, LogoutRefusal as Refusal, Then, decide, named_client,
};

use crate::support::parts::{native, old, web};

const BYE: &str = "https://web.example/bye";

fn hint(audiences: &[&str], party: Option<&str>, session: Option<&str>) -> Hint {
    Hint::Ours(HintClaims {
        audiences: audiences.iter().map(|name| ClientId::from(*name)).collect(),
        authorized_party: party.map(ClientId::from),
        session: session.map(SessionId::from),
    })
}

#[test]
fn the_request_comes_from_whom_the_hint_and_the_client_id_agree_on() {
    // RP-Initiated Logout §2, OpenID Connect Core §2 (azp).
    let rows = [
        (Hint::Absent, None, Ok(None)),
        (Hint::Absent, Some("web"), Ok(Some("web"))),
        (Hint::Unverifiable, None, Ok(None)),
        (Hint::Unverifiable, Some("web"), Ok(Some("web"))),
        (hint(&["web"], None, None), None, Ok(Some("web"))),
        (hint(&["web"], None, None), Some("web"), Ok(Some("web"))),
        (hint(&["web"], None, None), Some("spa"), Err(Refusal::ClientContradictsHint)),
        (hint(&["web"], None, None), Some("Web"), Err(Refusal::ClientContradictsHint)),
        // Several audiences name nobody, but each may name itself.
        (hint(&["web", "spa"], None, None), None, Ok(None)),
        (hint(&["web", "spa"], None, None), Some("spa"), Ok(Some("spa"))),
        (hint(&["web", "spa"], None, None), Some("old"), Err(Refusal::ClientContradictsHint)),
        (hint(&["web", "spa"], Some("spa"), None), None, Ok(Some("spa"))),
        (hint(&["web", "spa"], Some("spa"), None), Some("spa"), Ok(Some("spa"))),
        (hint(&["web", "spa"], Some("spa"), None), Some("web"), Err(Refusal::ClientContradictsHint)),
        (hint(&[], None, None), None, Ok(None)),
        (hint(&[], None, None), Some("web"), Err(Refusal::ClientContradictsHint)),
    ];
    for (hint, client_id, expected) in rows {
        let found = named_client(&hint, client_id.map(ClientId::from).as_ref());
        assert_eq!(found, expected.map(|client| client.map(ClientId::from)), "{hint:?} {client_id:?}");
    }
}

fn told(
    hint: &Hint,
    client: Option<&Client>,
    redirect: Option<&str>,
    session: Option<&str>,
) -> Result<Decision, Refusal> {
    let session = session.map(SessionId::from);
    let facts = Facts { hint, client, post_logout_redirect_uri: redirect, session: session.as_ref() };
    decide(client.map(|client| &client.id), &facts)
}

fn then(hint: &Hint, client: Option<&Client>, session: Option<&str>) -> Then {
    told(hint, client, None, session).unwrap().then
}

#[test]
fn the_session_of_the_cookie_ends_without_a_question_only_by_a_hint_of_this_very_session() {
    // RP-Initiated Logout §2: the provider should ask, and must when it cannot tell whose request it is.
    let web = web();
    assert_eq!(then(&hint(&["web"], None, Some("s")), Some(&web), Some("s")), Then::EndNow);
    assert_eq!(then(&hint(&["web", "spa"], None, Some("s")), None, Some("s")), Then::EndNow);
    for hint in
        [hint(&["web"], None, Some("t")), hint(&["web"], None, None), Hint::Absent, Hint::Unverifiable]
    {
        assert_eq!(then(&hint, Some(&web), Some("s")), Then::Ask, "{hint:?}");
        assert_eq!(then(&hint, None, Some("s")), Then::Ask, "{hint:?}");
    }
    for hint in [hint(&["web"], None, Some("s")), Hint::Absent, Hint::Unverifiable] {
        assert_eq!(then(&hint, Some(&web), None), Then::NothingToEnd, "{hint:?}");
    }
}

fn goes_to(hint: &Hint, client: Option<&Client>, redirect: &str) -> Result<Option<String>, Refusal> {
    let redirect = told(hint, client, Some(redirect), Some("s"))?.redirect;
    Ok(redirect.map(|redirect| redirect.as_str().to_owned()))
}

#[test]
fn the_browser_goes_only_where_the_client_registered_it() {
    // RP-Initiated Logout §3.
    let ours = hint(&["web"], None, Some("s"));
    assert_eq!(goes_to(&ours, Some(&web()), BYE), Ok(Some(BYE.to_owned())));
    assert_eq!(goes_to(&Hint::Absent, Some(&web()), BYE), Ok(Some(BYE.to_owned())));
    for look_alike in [
        "https://web.example/bye/",
        "https://web.example/bye?",
        "https://web.example/bye#",
        "https://web.example/Bye",
        "https://WEB.example/bye",
        "https://web.example:443/bye",
        "http://web.example/bye",
        "https://web.example/%62ye",
        "https://web.example.attacker.example/bye",
        "https://web.example/callback",
        "https://old.example/bye",
        "",
    ] {
        assert_eq!(
            goes_to(&ours, Some(&web()), look_alike),
            Err(Refusal::RedirectNotRegistered),
            "{look_alike}"
        );
    }
    assert_eq!(
        goes_to(&ours, Some(&native()), "http://127.0.0.1:4711/bye"),
        Err(Refusal::RedirectNotRegistered)
    );
    assert_eq!(
        goes_to(&Hint::Absent, Some(&old()), "https://old.example/bye"),
        Ok(Some("https://old.example/bye".to_owned()))
    );
}

#[test]
fn without_a_client_or_with_a_hint_that_nobody_signed_no_redirect_is_followed() {
    // RP-Initiated Logout §3, §4.
    assert_eq!(goes_to(&Hint::Absent, None, BYE), Ok(None));
    assert_eq!(goes_to(&hint(&["web", "spa"], None, None), None, BYE), Ok(None));
    assert_eq!(goes_to(&Hint::Unverifiable, Some(&web()), BYE), Ok(None));
    assert_eq!(goes_to(&Hint::Unverifiable, Some(&web()), "https://attacker.example/"), Ok(None));
    assert_eq!(told(&Hint::Absent, Some(&web()), None, None).unwrap().redirect, None);
}

#[test]
fn a_client_that_is_not_registered_is_refused() {
    let gone = ClientId::from("gone");
    let hint = hint(&["gone"], None, Some("s"));
    let facts = Facts {
        hint: &hint,
        client: None,
        post_logout_redirect_uri: None,
        session: Some(&SessionId::from("s")),
    };
    assert_eq!(decide(Some(&gone), &facts), Err(Refusal::UnknownClient));
}

#[test]
fn state_is_given_back() {
    // RP-Initiated Logout §3.
    let redirect = told(&Hint::Absent, Some(&web()), Some(BYE), None).unwrap().redirect.unwrap();
    assert_eq!(redirect.to_location(None), BYE);
    assert_eq!(redirect.to_location(Some("a b&c=d")), "https://web.example/bye?state=a+b%26c%3Dd");
    let client =
        Client { post_logout_redirect_uris: vec!["https://web.example/bye?a=%7e".to_owned()], ..web() };
    let redirect =
        told(&Hint::Absent, Some(&client), Some("https://web.example/bye?a=%7e"), None).unwrap().redirect;
    assert_eq!(redirect.unwrap().to_location(Some("s")), "https://web.example/bye?a=%7e&state=s");
}
