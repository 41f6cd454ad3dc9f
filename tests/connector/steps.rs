//! The calls around the login: those before it, a service account, lists in pages, steps that may fail, and rules about what they answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use passerelle::id::AccountId;
use passerelle::legacy::identity::Identity;
use passerelle::legacy::refusal::Refusal;
use passerelle::legacy::tokens::Owner;
use passerelle::model::account::{Account, LastHeard};
use passerelle::secret::{Chance, Secret};
use passerelle::time::Clock;
use rstest::rstest;
use serde_json::json;

use super::foreign::{ALICE, Foreign, GRANTED, PLAIN};

fn of(foreign: &Foreign, description: &str) -> passerelle::legacy::connector::Connector {
    super::connector(&format!("base_url = '{}'\n{description}", foreign.base_url))
}

const WITH_TICKET: &str = "
    login = { url = '{base_url}/login', form = { name = '{/typed/user_name}', secret = '{/typed/password}', ticket = '{/ticket/value}' }, access_token = '/access_token' }
    profile = [{ name = 'me', url = '{base_url}/me' }]
    identity = { legacy_id = '/me/id', user_name = '/me/login' }
";

#[tokio::test]
async fn what_a_call_before_the_login_answers_is_sent_with_the_password_and_seen_by_no_claim() {
    let foreign = Foreign::open().await;
    foreign.says("/ticket?for=alice", 200, r#"{"value":"t1ck & et"}"#);
    let before =
        "before = [{ name = 'ticket', url = '{base_url}/ticket', query = { for = '{/typed/user_name}' } }]\n";
    let alice = foreign.sign_in(&format!("{before}{WITH_TICKET}")).await.unwrap();
    assert_eq!(foreign.asked("/login")[0].body, "name=alice&secret=wonderland&ticket=t1ck+%26+et");
    assert!(alice.claims.is_empty());
    let peeking =
        format!("base_url = '{}'\n{before}{WITH_TICKET}claims = {{ x = '/ticket/value' }}", foreign.base_url);
    let problems = super::described(&peeking).unwrap_err();
    assert!(problems[0].starts_with("legacy.claims.x: nothing is called `ticket` here"), "{problems:?}");
}

#[tokio::test]
async fn an_answer_that_is_good_for_a_while_is_asked_for_once() {
    let foreign = Foreign::open().await;
    foreign.says("/ticket", 200, r#"{"value":"t1cket"}"#);
    let before = "before = [{ name = 'ticket', url = '{base_url}/ticket', cache = '10min' }]\n";
    let connector = of(&foreign, &format!("{before}{WITH_TICKET}"));
    for _ in 0..3 {
        connector.sign_in("alice", &Secret::from("wonderland")).await.unwrap();
    }
    assert_eq!((foreign.asked("/ticket").len(), foreign.asked("/login").len()), (1, 3));
    let personal = "before = [{ name = 'ticket', url = '{base_url}/{/typed/user_name}', cache = '10min' }]\n";
    let problems =
        super::described(&format!("base_url = 'https://a.example'\n{personal}{WITH_TICKET}")).unwrap_err();
    assert!(problems[0].contains("good for nobody else"), "{problems:?}");
}

#[tokio::test]
async fn without_the_answer_before_it_no_password_is_sent() {
    let foreign = Foreign::open().await;
    foreign.says("/ticket", 500, "{}");
    let before = "before = [{ name = 'ticket', url = '{base_url}/ticket' }]\n";
    let refusal = foreign.sign_in(&format!("{before}{WITH_TICKET}")).await.unwrap_err();
    assert_eq!(refusal, Refusal::Unavailable { why: "step ticket: status 500".to_owned() });
    assert!(foreign.asked("/login").is_empty());
    foreign.says("/ticket", 200, r#"{"other":"field"}"#);
    let refusal = foreign.sign_in(&format!("{before}{WITH_TICKET}")).await.unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Misconfigured { why } if why.contains("/ticket/value")),
        "{refusal:?}"
    );
    assert!(foreign.asked("/login").is_empty());
}

#[tokio::test]
async fn a_service_account_is_signed_in_once_and_its_token_goes_where_it_is_wanted() {
    let foreign = Foreign::open().await;
    foreign.says("/staff/alice", 200, r#"{"roles":["editor"]}"#);
    let description = PLAIN.replace(
        "{ name = 'me', url = '{base_url}/me' }",
        "{ name = 'me', url = '{base_url}/me' }, { name = 'staff', url = '{base_url}/staff/{/me/login}', with = 'service_account' }",
    );
    let connector = of(
        &foreign,
        &format!(
            "{description}service_account = {{ user_name = 'robot', password = 'r0b0t' }}\nclaims = {{ roles = '/staff/roles' }}"
        ),
    );
    for _ in 0..2 {
        let alice = connector.sign_in("alice", &Secret::from("wonderland")).await.unwrap();
        assert_eq!(alice.identity.claims["roles"], json!(["editor"]));
    }
    let logins: Vec<bool> =
        foreign.asked("/login").iter().map(|asked| asked.body.contains("username=robot")).collect();
    assert_eq!(logins.iter().filter(|robot| **robot).count(), 1, "{logins:?}");
}

#[tokio::test]
async fn a_service_account_that_is_refused_is_left_alone() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let login = async move |body: String| {
        if body.contains("username=robot") {
            counted.fetch_add(1, Ordering::SeqCst);
            return (StatusCode::BAD_REQUEST, r#"{"no":"way"}"#);
        }
        (StatusCode::OK, GRANTED)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/login", post(login))).await });
    let description =
        PLAIN.replace("url = '{base_url}/me'", "url = '{base_url}/me', with = 'service_account'");
    let account = "service_account = { user_name = 'robot', password = 'wrong' }";
    let rule = "error = [{ at = '/no', equals = 'way', outcome = 'wrong_credentials' }]";
    let connector = super::connector(&format!("base_url = '{base_url}'\n{description}{account}\n{rule}"));
    for why in ["is refused: wrong user name or password", "is left alone"] {
        let refusal = connector.sign_in("alice", &Secret::from("wonderland")).await.unwrap_err();
        // It is our mistake, and the person is not told that their password is wrong.
        assert!(
            matches!(&refusal, Refusal::Misconfigured { why: told } if told.contains(why)),
            "{refusal:?}"
        );
    }
    assert_eq!(tries.load(Ordering::SeqCst), 1);
}

/// The names of the groups of all pages.
async fn groups(foreign: &Foreign, paging: &str) -> Result<serde_json::Value, Refusal> {
    let description = PLAIN.replace(
        "{ name = 'me', url = '{base_url}/me' }",
        &format!("{{ name = 'me', url = '{{base_url}}/me' }}, {{ name = 'groups', url = '{{base_url}}/groups', paging = {paging} }}"),
    );
    let alice = foreign
        .sign_in(&format!("{description}claims = {{ groups = {{ each = '/groups', take = '/name' }} }}"))
        .await?;
    Ok(alice.claims.get("groups").cloned().unwrap_or_default())
}

#[tokio::test]
async fn a_list_in_pages_is_followed_by_link() {
    let foreign = Foreign::open().await;
    let next = format!("{}/groups?cursor=a%26b", foreign.base_url);
    foreign.says(
        "/groups",
        200,
        &json!({ "results": [{"name": "a"}, {"name": "b"}], "next": next }).to_string(),
    );
    foreign.says("/groups?cursor=a%26b", 200, r#"{"results":[{"name":"c"}],"next":null}"#);
    assert_eq!(
        groups(&foreign, "{ items = '/results', next = '/next' }").await.unwrap(),
        json!(["a", "b", "c"])
    );
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed_with_a_token() {
    let (foreign, other) = (Foreign::open().await, Foreign::open().await);
    let next = format!("{}/groups", other.base_url);
    foreign.says("/groups", 200, &json!({ "results": [{"name": "a"}], "next": next }).to_string());
    let refusal = groups(&foreign, "{ items = '/results', next = '/next' }").await.unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Misconfigured { why } if why.contains("neither base_url's")),
        "{refusal:?}"
    );
    assert!(other.asked("/groups").is_empty());
}

#[tokio::test]
async fn a_list_in_pages_is_followed_by_offset_and_by_number() {
    let foreign = Foreign::open().await;
    foreign.says("/groups", 200, r#"{"Items":[{"name":"a"},{"name":"b"}],"More":true}"#);
    foreign.says("/groups?offset=2", 200, r#"{"Items":[{"name":"c"}],"More":false}"#);
    let by_offset = "{ items = '/Items', offset = 'offset', more = '/More' }";
    assert_eq!(groups(&foreign, by_offset).await.unwrap(), json!(["a", "b", "c"]));
    foreign.says("/groups?page=2", 200, r#"{"Items":[{"name":"c"}]}"#);
    foreign.says("/groups?page=3", 200, r#"{"Items":[]}"#);
    assert_eq!(
        groups(&foreign, "{ items = '/Items', page = 'page' }").await.unwrap(),
        json!(["a", "b", "c"])
    );
}

#[tokio::test]
async fn a_page_that_does_not_advance_ends_the_list_and_one_without_end_is_told() {
    let foreign = Foreign::open().await;
    let same = r#"{"Items":[{"name":"a"},{"name":"b"}]}"#;
    foreign.says("/groups", 200, same);
    foreign.says("/groups?offset=2", 200, same);
    assert_eq!(groups(&foreign, "{ items = '/Items', offset = 'offset' }").await.unwrap(), json!(["a", "b"]));
    for page in 1..40 {
        foreign.says(&format!("/groups?page={page}"), 200, &format!(r#"{{"Items":[{{"name":"{page}"}}]}}"#));
    }
    let refusal = groups(&foreign, "{ items = '/Items', page = 'page', most_pages = 5 }").await.unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Unavailable { why } if why.contains("more than 5 pages")),
        "{refusal:?}"
    );
    assert!(foreign.asked("/groups?page=9").is_empty());
}

#[tokio::test]
async fn a_step_that_is_optional_may_fail_but_not_hide_what_is_said_of_the_person() {
    let foreign = Foreign::open().await;
    let description = PLAIN.replace(
        "{ name = 'me', url = '{base_url}/me' }",
        "{ name = 'me', url = '{base_url}/me' }, { name = 'more', url = '{base_url}/more', optional = true }",
    );
    let rule = "error = [{ step = 'more', at = '/suspended', equals = true, outcome = 'disabled' }]\n";
    let description = format!("{description}{rule}");
    assert_eq!(foreign.sign_in(&description).await.unwrap().user_name, "alice");
    foreign.says("/more", 200, r#"{"suspended":true}"#);
    assert_eq!(foreign.sign_in(&description).await.unwrap_err(), Refusal::Disabled);
}

#[tokio::test]
async fn a_rule_about_a_step_can_say_that_something_is_missing() {
    let foreign = Foreign::open().await;
    let description =
        format!("{PLAIN}error = [{{ step = 'me', at = '/status', absent = true, outcome = 'disabled' }}]");
    assert_eq!(foreign.sign_in(&description).await.unwrap_err(), Refusal::Disabled);
    foreign.says("/me", 200, &ALICE.replace('}', r#","status":"active"}"#));
    foreign.sign_in(&description).await.unwrap();
}

#[tokio::test]
async fn claims_go_through_tables_take_a_type_and_may_be_computed() {
    let foreign = Foreign::open().await;
    let me = r#"{"id":"7f3c","login":"alice","groups":["Board","Choir","Staff"],"active":"1","size":"42","bag":[{"Name":"City","Value":"Bern"}],"Mail":"A@B.example"}"#;
    foreign.says("/me", 200, me);
    let description = format!(
        "{PLAIN}
        [tables.roles]
        Board = 'admin'
        Staff = 'editor'
        [claims]
        roles = {{ from = '/me/groups', table = 'roles' }}
        active = {{ from = '/me/active', type = 'boolean' }}
        size = {{ from = '/me/size', type = 'number' }}
        main_group = {{ from = '/me/groups/0', type = 'list' }}
        city = 'me.bag | bag | attr(\"City\")'
        email = 'me.Mail | lower'
        none = 'me.nothing.at.all'
        choirs = \"me.groups | select('==', 'Choir') | list\"
        "
    );
    let claims = foreign.sign_in(&description).await.unwrap().claims;
    let wanted = json!({
        "roles": ["admin", "editor"], "active": true, "size": 42, "main_group": ["Board"], "city": "Bern",
        "email": "a@b.example", "choirs": ["Choir"],
    });
    assert_eq!(serde_json::Value::Object(claims), wanted);
}

/// A refresh that works is no proof of life: what is asked afterwards may tell that the person is out.
#[rstest]
#[case::the_token_opens_nothing(401, "{}", Owner::Out)]
#[case::a_rule_says_so(200, r#"{"id":"7f3c","login":"alice","off":true}"#, Owner::Out)]
#[case::it_does_not_work(503, "{}", Owner::Unknown)]
#[case::somebody_else(200, r#"{"id":"9999","login":"bob"}"#, Owner::Another)]
#[case::the_same(200, ALICE, Owner::Same)]
#[tokio::test]
async fn after_a_refresh_it_is_looked_whose_tokens_came_and_whether_they_are_good(
    #[case] status: u16,
    #[case] profile: &str,
    #[case] owner: Owner,
) {
    let foreign = Foreign::open().await;
    let connector = of(
        &foreign,
        &format!(
            "client_id = 'bridge'\n{PLAIN}error = [{{ step = 'me', at = '/off', equals = true, outcome = 'disabled' }}]"
        ),
    );
    let Identity { connector: id, legacy_id, user_name, claims } =
        connector.sign_in("alice", &Secret::from("wonderland")).await.unwrap().identity;
    let now = Clock::System.now();
    let account = Account {
        id: AccountId::mint(&Chance::System),
        connector: id,
        legacy_id,
        user_name,
        claims,
        created_at: now,
        updated_at: now,
        heard: LastHeard::default(),
    };
    let refreshed = connector.refresh(&Secret::from("R3FRESH"), &account).await.unwrap();
    foreign.says("/me", status, profile);
    assert_eq!(connector.owner(&refreshed, &account).await, owner);
}
