//! Nextcloud: the person's own name and password as HTTP Basic, and a password for the app in return.

use passerelle::legacy::probe::Life;
use passerelle::legacy::refusal::Refusal;
use serde_json::{Value, json};

use super::scripted::says;
use super::{Asked, System, Way, access, refresh, seconds};

pub(super) const WAY: Way = Way {
    config: "identity = { legacy_id = '/user/ocs/data/id', user_name = '/user/ocs/data/id' }
    claims = { name = '/user/ocs/data/displayname', email = '/user/ocs/data/email', groups = '/user/ocs/data/groups' }
    error = [{ status = 401, outcome = 'wrong_credentials' }, { status = 403, outcome = 'misconfigured' }]
    [login]
    method = 'GET'
    url = '{base_url}/ocs/v2.php/core/getapppassword'
    query = { format = 'json' }
    headers = { OCS-APIRequest = 'true' }
    basic = { user_name = '{/typed/user_name}', password = '{/typed/password}' }
    access_token = '/ocs/data/apppassword'
    [[profile]]
    name = 'user'
    url = '{base_url}/ocs/v2.php/cloud/user?format=json'
    headers = { OCS-APIRequest = 'true' }
    send_token = 'none'
    basic = { user_name = '{/typed/user_name}', password = '{/token/access_token}' }
    [alive]
    url = '{base_url}/ocs/v2.php/cloud/user?format=json'
    headers = { OCS-APIRequest = 'true' }
    send_token = 'none'
    basic = { user_name = '{/account/user_name}', password = '{/token/access_token}' }
    at = '/ocs/data/enabled'
    equals = true",
    login: LOGIN,
    typed,
    // RFC 7617 §2: a user name has no colon.
    says: |_| true,
};
const LOGIN: &str = "GET /ocs/v2.php/core/getapppassword";
const USER: &str = "GET /ocs/v2.php/cloud/user";

fn typed(asked: &Asked) -> (String, String) {
    asked.basic().unwrap()
}

fn ocs(data: &Value) -> Value {
    json!({ "ocs": { "meta": { "status": "ok", "statuscode": 200 }, "data": data } })
}

#[tokio::test]
async fn alice_gets_a_password_for_the_bridge_and_is_shown_by_it() {
    let system = System::of(&WAY).await;
    system.old.on(LOGIN, says(401, &ocs(&json!([]))));
    let right = |asked: &Asked| typed(asked) == ("alice".to_owned(), "wonderland".to_owned());
    system.old.when(LOGIN, right, says(200, &ocs(&json!({ "apppassword": "app-pw" }))));
    let user = |enabled: bool| {
        ocs(
            &json!({ "id": "alice", "enabled": enabled, "displayname": "Alice", "email": "alice@example.org", "groups": ["staff"] }),
        )
    };
    system.old.on(USER, says(401, &json!({})));
    let by_app = |asked: &Asked| asked.basic() == Some(("alice".to_owned(), "app-pw".to_owned()));
    system.old.when(USER, by_app, says(200, &user(true)));
    let (alice, tokens) = system.alice().await;
    assert_eq!((alice.legacy_id.as_str(), &alice.claims["groups"]), ("alice", &json!(["staff"])));
    assert_eq!((access(&tokens), refresh(&tokens), seconds(&tokens)), ("app-pw", None, None));
    assert_eq!(system.old.last(LOGIN).header("ocs-apirequest"), "true");
    assert_eq!(system.refusal("alice", "x").await, Refusal::WrongCredentials);
    assert_eq!(system.life("app-pw", "alice").await, Life::Alive);
    system.old.when(USER, by_app, says(200, &user(false)));
    assert_eq!(system.life("app-pw", "alice").await, Life::Over);
}
