//! Jellyfin: a header that names the client, a token in the same header's words, and refusals that are plain text.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refusal::Refusal;
use serde_json::json;

use super::scripted::{says, text};
use super::{Asked, System, Way, access, refresh, seconds};

pub(super) const WAY: Way = Way::new(
    r#"identity = { legacy_id = '/answer/User/Id', user_name = '/answer/User/Name' }
    claims = { preferred_username = '/me/Name', admin = '/me/Policy/IsAdministrator' }
    error = [{ status = 401, outcome = 'wrong_credentials' }]
    [login]
    url = '{base_url}/Users/AuthenticateByName'
    headers = { Authorization = 'MediaBrowser Client="Passerelle", Device="bridge", DeviceId="1", Version="1"' }
    json = { Username = '{/typed/user_name}', Pw = '{/typed/password}' }
    access_token = '/AccessToken'
    [[profile]]
    name = 'me'
    url = '{base_url}/Users/Me'
    send_token = 'none'
    headers = { Authorization = 'MediaBrowser Token="{/token/access_token}"' }
    [alive]
    url = '{base_url}/Users/Me'
    send_token = 'none'
    headers = { Authorization = 'MediaBrowser Token="{/token/access_token}"' }
    at = '/Policy/IsDisabled'
    equals = false"#,
    LOGIN,
    typed,
);
const LOGIN: &str = "POST /Users/AuthenticateByName";

fn typed(asked: &Asked) -> (String, String) {
    (asked.json_at("/Username"), asked.json_at("/Pw"))
}

#[tokio::test]
async fn alice_signs_in_and_out_of_the_house() {
    let system = System::of(&WAY).await;
    system.old.on(LOGIN, text(401, "text/plain", "Error processing request."));
    let granted =
        json!({ "User": { "Name": "alice", "Id": "b0b" }, "AccessToken": "T0KEN", "ServerId": "s" });
    system.old.when(LOGIN, |asked| typed(asked).1 == "wonderland", says(200, &granted));
    let me = |disabled: bool| json!({ "Name": "alice", "Id": "b0b", "Policy": { "IsDisabled": disabled, "IsAdministrator": true } });
    system.old.on("GET /Users/Me", says(200, &me(false)));
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), &alice.claims["admin"]), ("b0b", &json!(true)));
    assert_eq!((access(&tokens), refresh(&tokens), seconds(&tokens)), ("T0KEN", None, None));
    assert!(system.old.last(LOGIN).header("authorization").starts_with("MediaBrowser Client=\"Passerelle\""));
    assert_eq!(system.old.last("GET /Users/Me").header("authorization"), "MediaBrowser Token=\"T0KEN\"");
    assert_eq!(system.refusal("alice", "x").await, Refusal::WrongCredentials);
    assert_eq!(system.life("T0KEN", "b0b").await, Life::Alive);
    system.old.on("GET /Users/Me", says(200, &me(true)));
    assert_eq!(system.life("T0KEN", "b0b").await, Life::Over);
}
