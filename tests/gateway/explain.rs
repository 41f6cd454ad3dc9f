//! `passerelle gateway explain`.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::gate::{ROUTES, signs_in};
use crate::support::house::CONFIG;
use crate::support::process::Site;
use crate::support::upstream::Upstream;

fn explains(site: &Site, arguments: &[&str]) -> Result<Value, String> {
    let answer = Command::new(env!("CARGO_BIN_EXE_passerelle"))
        .args(["gateway", "explain", "--json"])
        .args(arguments)
        .arg("--config")
        .arg(site.a_file())
        .output()
        .unwrap();
    if answer.status.success() {
        Ok(serde_json::from_slice(&answer.stdout).unwrap())
    } else {
        Err(String::from_utf8(answer.stderr).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_told_which_rule_and_why_and_as_whom_and_nobody_is_called() {
    let upstream = Upstream::start().await;
    let routes =
        ROUTES.replacen("scopes = [\"events.read\"]", "methods = [\"GET\"]\nscopes = [\"events.read\"]", 1);
    let config = format!("{CONFIG}{}", routes.replace("{upstream}", &upstream.base_url));
    let site = Site::of("sqlite:passerelle.db", &config).await;
    let process = site.starts().await;
    let (_, tokens) = signs_in(&process.web(), process.browser(), ("alice", "wonderland")).await;
    let subject = tokens.id_claims()["sub"].as_str().unwrap().to_owned();
    site.legacy.system.journal.clear();

    let alice = ["--as", "alice", "--client", "web"];
    let invoices =
        explains(&site, &[["GET", "/gateway/echo/a%62/7?x=y"].as_slice(), &alice].concat()).unwrap();
    let expected = json!({
        "forwarded": true,
        "route": "/gateway/echo",
        "rule": "GET /{*rest}",
        "why": "the rule allows it",
        "upstream": format!("{}/ab/7", upstream.base_url),
        "legacy_identity": format!("alice ({subject})"),
    });
    assert_eq!(invoices, expected);
    for (arguments, rule, why) in [
        (vec!["POST", "/gateway/echo/x", "--as", "alice", "--client", "web"], Value::Null, "no rule allows"),
        (vec!["GET", "/gateway/echo/../x", "--as", "alice", "--client", "web"], Value::Null, "dot segment"),
        (vec!["GET", "/elsewhere", "--as", "alice", "--client", "web"], Value::Null, "no route"),
        (
            vec!["GET", "/gateway/echo/x", "--as", "alice", "--client", "web", "--scope", "openid"],
            json!("GET /{*rest}"),
            "was not granted",
        ),
        (vec!["GET", "/gateway/legacy/x", "--client", "service"], json!("* /{*rest}"), "stands for nobody"),
        (vec!["GET", "/gateway/echo/x", "--client", "native"], Value::Null, "gets no tokens"),
    ] {
        let told = explains(&site, &arguments).unwrap();
        assert_eq!((&told["forwarded"], &told["rule"]), (&json!(false), &rule), "{told}");
        assert!(told["why"].as_str().unwrap().contains(why), "{told}");
    }
    let nobody =
        explains(&site, &["GET", "/gateway/echo/x", "--as", "mallory", "--client", "web"]).unwrap_err();
    assert!(nobody.contains("mallory"), "{nobody}");
    let nothing = explains(&site, &["GET", "/gateway/echo/x", "--client", "none"]).unwrap_err();
    assert!(nothing.contains("none"), "{nothing}");
    assert!(site.legacy.system.journal.calls().is_empty() && upstream.seen().is_empty());
}
