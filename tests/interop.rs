//! Client libraries that we did not write complete their flows against the bridge: openid-client in Node.js, oidc-client-ts in Chromium.
//! (The openidconnect and oauth2 crates are the relying parties of the example apps.)

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use serde_json::Value;

use crate::demo::ports::Ports;
use crate::demo::town::{CONFIG, Town};
use crate::support::chromium::Chromium;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop")
}

async fn node(script: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new("node");
    command.arg(folder().join(script)).current_dir(folder()).envs(variables.iter().copied());
    let run = move || command.output().expect("Node.js is missing; tests/run installs it");
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn succeeded(output: &Output) -> String {
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}\n(tests/run installs the packages)");
    said.into_owned()
}

/// `CONFIG` with a client for each way to prove itself.
fn with_clients(public_key: &Value, back_channel: &str) -> String {
    let client = |id: &str, proof: &str| {
        format!(
            "\n[[client]]\nid = \"{id}\"\nname = \"{id}\"\n{proof}\n\
             backchannel_logout_uri = \"{back_channel}/{id}\"\nredirect_uris = [\"https://app.example/callback\"]\n\
             post_logout_redirect_uris = [\"https://app.example/bye\"]\n\
             scopes = [\"openid\", \"profile\", \"email\", \"offline_access\", \"events.read\"]\n\
             audiences = [\"https://api.example.org\"]\n"
        )
    };
    let secret = "secret = \"interop-secret-for-loopback-only-0123\"";
    let post = format!("{secret}\ntoken_endpoint_auth_method = \"client_secret_post\"");
    let members = public_key.as_object().unwrap().iter();
    let members: Vec<String> = members.map(|(name, value)| format!("{name} = {value}")).collect();
    let jwks = format!("jwks = {{ keys = [{{ {} }}] }}", members.join(", "));
    [CONFIG, &client("interop-basic", secret), &client("interop-post", &post), &client("interop-key", &jwks)]
        .concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn openid_client_is_content_with_every_flow_and_jose_with_the_access_tokens() {
    let key: Value = serde_json::from_str(&succeeded(&node("key.mjs", &[]).await)).unwrap();
    let data = tempfile::tempdir().unwrap();
    // The script listens there; nobody else takes a port so soon after it was free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let back_channel = format!("http://127.0.0.1:{port}");
    let config = with_clients(&key["public"], &back_channel);
    let town = Town::start(&config, Ports::FREE, data.path()).await.unwrap();
    let private = key["private"].to_string();
    let variables = [
        ("ISSUER", town.bridge_url.as_str()),
        ("LEGACY", town.legacy.base_url.as_str()),
        ("REDIRECT", "https://app.example/callback"),
        ("BYE", "https://app.example/bye"),
        ("KEY", private.as_str()),
        ("BACK_CHANNEL", back_channel.as_str()),
    ];
    let said = succeeded(&node("openid_client.mjs", &variables).await);
    assert!(said.contains("openid-client is content"), "{said}");
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_client_ts_signs_in_refreshes_revokes_and_signs_out_in_a_browser() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let client = format!(
        "\n[[client]]\nid = \"interop-spa\"\nname = \"oidc-client-ts\"\npublic = true\n\
         redirect_uris = [\"{origin}/callback\", \"{origin}/silent\"]\npost_logout_redirect_uris = [\"{origin}/\"]\n\
         web_origins = [\"{origin}\"]\nscopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n"
    );
    let data = tempfile::tempdir().unwrap();
    let town = Town::start(&format!("{CONFIG}{client}"), Ports::FREE, data.path()).await.unwrap();
    let page = std::fs::read_to_string(folder().join("oidc_client_ts.html")).unwrap();
    let page = page.replace("ISSUER", &town.bridge_url);
    let routes = Router::new()
        .route("/", get(Html(page.clone())))
        .route("/callback", get(Html(page.clone())))
        .route("/silent", get(Html(page)))
        .route("/oidc-client-ts.js", get(module("oidc-client-ts/dist/esm/oidc-client-ts.js")))
        .route("/jwt-decode.js", get(module("jwt-decode/build/esm/index.js")));
    let server = tokio::spawn(async { axum::serve(listener, routes).await });

    let alice = Chromium::open().await;
    alice.goes_to(&format!("{origin}/")).await;
    alice.reads("#said", "nobody").await;
    alice.clicks("#sign-in").await;
    alice.signs_in("alice", "wonderland").await;
    alice.clicks("form#consent button[value=allow]").await;
    alice.reads("#said", "Alice Liddell <alice@example.org>").await;
    alice.clicks("#refresh").await;
    alice.reads("#said", "refreshed Alice Liddell").await;
    alice.clicks("#revoke").await;
    alice.reads("#said", "revoked").await;
    alice.clicks("#sign-out").await;
    alice.reads("#said", "nobody").await;
    // Session management: it notices that the session ended in another tab.
    alice.clicks("#sign-in").await;
    alice.signs_in("alice", "wonderland").await;
    alice.reads("#said", "Alice Liddell <alice@example.org>").await;
    let app = alice.window.window().await.unwrap();
    let other = alice.window.new_window(true).await.unwrap().handle;
    alice.window.switch_to_window(other).await.unwrap();
    alice.goes_to(&format!("{}/sign-out", town.bridge_url)).await;
    alice.clicks("form#logout button[value=logout]").await;
    alice.sees("#signed-out-page").await;
    alice.window.switch_to_window(app).await.unwrap();
    alice.reads("#said", "signed out elsewhere").await;
    drop(alice);
    server.abort();
    town.stop().await;
}

/// A library's own file. The bare names in it are resolved by the page's import map.
fn module(file: &str) -> impl Fn() -> std::future::Ready<axum::response::Response> + Clone + use<> {
    let text = std::fs::read_to_string(folder().join("node_modules").join(file));
    let text = text.expect("npm packages are missing; tests/run installs them");
    move || std::future::ready(([(header::CONTENT_TYPE, "text/javascript")], text.clone()).into_response())
}
