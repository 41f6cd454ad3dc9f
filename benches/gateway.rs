//! The gateway under load, beside nginx in front of the same API and beside the API alone, all in one run on one machine:
//! `cargo bench --bench gateway`. Starts and stops everything itself; wants the Debian packages `wrk` and `nginx-light`.
//!
//! Printed are requests per second, the 99th percentile, and what a request costs the proxy in processor time and memory. The token is
//! verified and swapped for a legacy one: one token that was seen, and as many that were not.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark has nobody to answer to"
)]

#[path = "../examples/legacy_system.rs"]
pub mod legacy_system;
pub mod running;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use passerelle::app::blueprint::Blueprint;
use passerelle::app::bridge::open_custody;
use passerelle::config::environment::Environment;
use passerelle::keys::keyring::Keyring;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::secret::Chance;
use passerelle::time::Clock;
use passerelle::tokens::access::{AccessClaims, OneOrMany};
use running::{Running, free_port, wait_for};

const SECRET: &str = "service-secret-0123456789-0123456789-0123456789";
const AUDIENCE: &str = "https://api.example.org";
const CONNECTIONS: usize = 32;
const SECONDS: u64 = 8;
/// As many tokens as no run can use up twice within a minute.
const UNSEEN: usize = 60_000;

#[tokio::main]
async fn main() {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let there =
        |program: &str| Command::new(program).arg("-v").stderr(Stdio::null()).stdout(Stdio::null()).spawn();
    if there("wrk").map(|mut child| child.wait()).is_err()
        || there("nginx").map(|mut child| child.wait()).is_err()
    {
        println!("gateway: left out; it needs wrk and nginx (apt-get install wrk nginx-light)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (api, proxy, bridge) = (free_port(), free_port(), free_port());
    let _api =
        nginx(folder.path(), "api", api, "location / { return 200 '{\"invoices\":[1,2,3,4,5,6,7,8,9]}'; }");
    let kept = format!("upstream api {{ server 127.0.0.1:{api}; keepalive 64; }}");
    let passing =
        "location / { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ''; }";
    let nginx_process = nginx_with(folder.path(), "proxy", proxy, passing, &kept);

    let legacy = legacy_system::start(legacy_system::Settings::default(), 0).await.unwrap();
    let config = configuration(bridge, api, &legacy.base_url);
    let file = folder.path().join("passerelle.toml");
    std::fs::write(&file, &config).unwrap();
    let bridge_process = Running::bridge(&file);
    let issuer = format!("http://127.0.0.1:{bridge}");
    wait_for(&format!("{issuer}/healthz")).await;
    let tokens = tokens(&config, folder.path(), &issuer).await;

    println!("{CONNECTIONS} connections, {SECONDS} s each; the answer has 32 bytes");
    let script = |name: &str, tokens: &[String]| script(folder.path(), name, tokens);
    let one = script("one.lua", &tokens[..1]);
    let many = script("many.lua", &tokens);
    let direct = load(&format!("http://127.0.0.1:{api}/x"), &one, "the API alone", None);
    let through_nginx =
        load(&format!("http://127.0.0.1:{proxy}/x"), &one, "nginx in front", Some(&nginx_process));
    let url = format!("{issuer}/gateway/api/x");
    let seen = load(&url, &one, "gateway, token seen", Some(&bridge_process));
    let unseen = load(&url, &many, "gateway, tokens unseen", Some(&bridge_process));
    println!(
        "of nginx's throughput: {:.2} with a token that was seen, {:.2} with tokens that were not; of the API's alone: {:.2}",
        seen / through_nginx,
        unseen / through_nginx,
        seen / direct
    );
    legacy.stop().await;
}

fn nginx(folder: &Path, name: &str, port: u16, location: &str) -> Running {
    nginx_with(folder, name, port, location, "")
}

fn nginx_with(folder: &Path, name: &str, port: u16, location: &str, more: &str) -> Running {
    let home = folder.join(name);
    std::fs::create_dir_all(&home).unwrap();
    let home = home.display();
    // The proxy logs what the gateway logs: a line for each request.
    let log = if name == "proxy" { format!("{home}/access.log") } else { "off".to_owned() };
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {home}/{kind};"))
        .concat();
    let config = format!(
        "daemon off; worker_processes 2; pid {home}/pid; error_log {home}/error.log;\nevents {{ worker_connections 1024; }}\n\
         http {{ {paths} access_log {log}; keepalive_requests 1000000000; {more}\n\
         server {{ listen 127.0.0.1:{port}; {location} }} }}\n"
    );
    let file = folder.join(format!("{name}.conf"));
    std::fs::write(&file, config).unwrap();
    Running::start(Command::new("nginx").arg("-c").arg(file))
}

fn configuration(bridge: u16, api: u16, legacy: &str) -> String {
    format!(
        r#"
        [server]
        issuer = "http://127.0.0.1:{bridge}"
        listen = "127.0.0.1:{bridge}"
        [legacy]
        preset = "imis"
        base_url = "{legacy}"
        [[service_account]]
        name = "nightly"
        user_name = "svc"
        password = "svc-password-for-loopback-only"
        [[api]]
        audience = "{AUDIENCE}"
        scopes = ["events.read"]
        [[client]]
        id = "service"
        secret = "{SECRET}"
        token_endpoint_auth_method = "client_secret_post"
        grant_types = ["client_credentials"]
        scopes = ["events.read"]
        audiences = ["{AUDIENCE}"]
        service_account = "nightly"
        [[gateway.route]]
        prefix = "/gateway/api"
        upstream = "http://127.0.0.1:{api}"
        audience = "{AUDIENCE}"
        [[gateway.route.rule]]
        methods = ["POST"]
        path = "/{{*rest}}"
        [[gateway.route.rule]]
        methods = ["GET"]
        path = "/{{*rest}}"
        scopes = ["events.read"]
        "#
    )
}

/// One from the token endpoint, and many more of its kind, signed with the bridge's own key.
async fn tokens(config: &str, base: &Path, issuer: &str) -> Vec<String> {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "service"),
        ("client_secret", SECRET),
        ("audience", AUDIENCE),
    ];
    let http = passerelle::app::outbound::app_client(Duration::from_secs(10)).unwrap();
    let answer = http.post(format!("{issuer}/token")).form(&form).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    let mut tokens = vec![answer["access_token"].as_str().unwrap().to_owned()];

    let blueprint = Blueprint::of_text(config, base, &Environment::default()).unwrap();
    let custody = open_custody(&blueprint, &Chance::System).await.unwrap();
    let now = Clock::System.now();
    let placed = custody.keep(now).await.unwrap();
    let keyring = Keyring::new(custody.assemble(&placed).await.unwrap());
    for number in 0..UNSEEN {
        let claims = AccessClaims {
            iss: issuer.to_owned(),
            sub: "service".to_owned(),
            aud: OneOrMany::One(AUDIENCE.to_owned()),
            exp: now.as_seconds() + 600,
            iat: now.as_seconds(),
            jti: format!("unseen {number}"),
            client_id: "service".to_owned(),
            scope: Some("events.read".to_owned()),
            auth_time: None,
            acr: None,
            amr: None,
            sid: None,
            fam: None,
            r#gen: None,
        };
        tokens.push(keyring.sign(SigningAlgorithm::Es256, "at+jwt", &claims).await.unwrap());
    }
    custody.db.close().await;
    tokens
}

/// A script for wrk that sends one of `tokens` after the other. Its threads begin at different ones.
fn script(folder: &Path, name: &str, tokens: &[String]) -> PathBuf {
    let list = folder.join(format!("{name}.tokens"));
    std::fs::write(&list, tokens.join("\n")).unwrap();
    let mut lua = String::new();
    writeln!(lua, "local tokens = {{}}").unwrap();
    writeln!(lua, "for line in io.lines({:?}) do tokens[#tokens + 1] = line end", list.display().to_string())
        .unwrap();
    writeln!(lua, "local threads = 0").unwrap();
    writeln!(lua, "function setup(thread) thread:set('first', threads); threads = threads + 1 end").unwrap();
    writeln!(lua, "local at = 0").unwrap();
    writeln!(lua, "function init() at = math.floor(first * #tokens / 2) end").unwrap();
    writeln!(lua, "function request() at = at % #tokens + 1").unwrap();
    writeln!(lua, "  return wrk.format('GET', nil, {{ ['Authorization'] = 'Bearer ' .. tokens[at] }}) end")
        .unwrap();
    writeln!(lua, "function done(summary, latency)").unwrap();
    writeln!(lua, "  io.write(string.format('RESULT %d %d %f %d\\n', summary.requests, summary.duration,")
        .unwrap();
    writeln!(lua, "    latency:percentile(99), summary.errors.status + summary.errors.read + summary.errors.connect)) end")
        .unwrap();
    let file = folder.join(name);
    std::fs::write(&file, lua).unwrap();
    file
}

/// Requests per second.
fn load(url: &str, script: &Path, what: &str, proxy: Option<&Running>) -> f64 {
    let before = proxy.map(Running::costs);
    let wrk = Command::new("wrk")
        .args(["-t2", &format!("-c{CONNECTIONS}"), &format!("-d{SECONDS}s"), "-s"])
        .arg(script)
        .arg(url)
        .output()
        .unwrap();
    let told = String::from_utf8(wrk.stdout).unwrap();
    let line = told.lines().find_map(|line| line.strip_prefix("RESULT ")).unwrap_or_else(|| panic!("{told}"));
    let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
    let [requests, microseconds, p99, errors] = numbers[..] else { panic!("{told}") };
    let rate = requests / (microseconds / 1e6);
    let costs = before.zip(proxy.map(Running::costs)).map(|(before, after)| {
        // A clock tick is a hundredth of a second on every Linux that this runs on.
        let each = (after.0 - before.0) as f64 * 10_000.0 / requests;
        format!(
            ", {each:.0} µs of processor time each, {} MB before and {} MB after",
            before.1 >> 20,
            after.1 >> 20
        )
    });
    println!(
        "{what:<24} {rate:>8.0}/s, p99 {:.1} ms, {errors} errors{}",
        p99 / 1000.0,
        costs.unwrap_or_default()
    );
    rate
}
