//! A provider that we did not write, npm's oidc-provider, as a trusted issuer: what it issues is taken as configured, and no more than that.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use passerelle::oauth::error::ErrorCode;
use passerelle::time::Timestamp;
use serde_json::Value;

use super::MINUTE;
use crate::loopback::http::Http;
use crate::support::trust::Trust;

/// The provider in its own process. It ends when its standard input is closed.
struct OidcProvider {
    issuer: String,
    http: reqwest::Client,
    child: Child,
    _stdin: ChildStdin,
}

impl OidcProvider {
    async fn start() -> Arc<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
        let mut command = Command::new("node");
        command
            .arg(folder.join("issuer.mjs"))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("Node.js is missing; tests/run installs it");
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let first_line = tokio::task::spawn_blocking(|| BufReader::new(stdout).lines().next());
        let issuer =
            first_line.await.unwrap().expect("npm packages are missing; tests/run installs them").unwrap();
        Arc::new(Self { issuer, http: Http::new().unwrap().0, child, _stdin: stdin })
    }

    /// An access token of the service's own, for an API.
    async fn service_token(&self, api: &str) -> String {
        let form = [("grant_type", "client_credentials"), ("resource", api), ("scope", "members.read")];
        let request = self.http.post(format!("{}/token", self.issuer)).form(&form);
        let answer = request.basic_auth("crm-sync", Some("crm-sync-secret")).send().await.unwrap();
        access_token(&answer.json().await.unwrap())
    }

    /// What a person's sign-in ends in.
    async fn signs_in(&self, person: &str, scope: &str, resource: Option<&str>) -> Value {
        let mut query = vec![("person", person), ("scope", scope)];
        query.extend(resource.map(|resource| ("resource", resource)));
        let request = self.http.get(format!("{}/story/signs-in", self.issuer)).query(&query);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    async fn rotates(&self) {
        let request = self.http.get(format!("{}/story/rotate", self.issuer));
        request.send().await.unwrap().error_for_status().unwrap();
    }

    async fn calls_of(&self, path: &str) -> u64 {
        let request = self.http.get(format!("{}/story/counts", self.issuer));
        let counts: Value = request.send().await.unwrap().json().await.unwrap();
        counts[path].as_u64().unwrap_or(0)
    }

    fn is_killed(self: Arc<Self>) {
        let mut provider = Arc::into_inner(self).unwrap();
        provider.child.kill().unwrap();
        provider.child.wait().unwrap();
    }
}

fn access_token(answer: &Value) -> String {
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// The provider's clock is the machine's.
fn now() -> Timestamp {
    Timestamp::from_seconds(jiff::Timestamp::now().as_second())
}

const API: &str = "https://api.example.org";

#[tokio::test(flavor = "multi_thread")]
async fn a_real_providers_tokens_are_taken_as_configured() {
    let provider = OidcProvider::start().await;
    let trust = Trust::in_one(&provider.issuer, "required_claims = { tenant = \"guild\" }").await;
    let service = trust.verify(&provider.service_token(API).await, now()).await.unwrap();
    assert_eq!((service.subject.as_str(), service.client.as_deref()), ("crm-sync", Some("crm-sync")));
    assert_eq!(
        (service.scope.to_string().as_str(), &*service.roles),
        ("members.read", &["sync".to_owned()][..])
    );
    let answer = provider.signs_in("4711", "openid member members.read", Some(API)).await;
    let person = trust.verify(&access_token(&answer), now()).await.unwrap();
    assert_eq!((person.subject.as_str(), person.client.as_deref()), ("4711", Some("portal")));
    assert_eq!(person.claims["member_id"], "4711");
    // By its ES256 key too, where that is allowed.
    let lines = "algorithms = [\"ES256\"]\naudiences = [\"https://es256.example.org\"]";
    let es256 = Trust::in_one(&provider.issuer, lines).await;
    assert!(es256.verify(&provider.service_token("https://es256.example.org").await, now()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_providers_tokens_are_refused_for_each_reason() {
    let (provider, other) = (OidcProvider::start().await, OidcProvider::start().await);
    let names = ["api", "es256", "hs256", "encrypted"].map(|name| format!("\"https://{name}.example.org\""));
    let audiences = format!("audiences = [{}]", names.join(", "));
    let trust = Trust::in_one(&provider.issuer, &audiences).await;
    let good = provider.service_token(API).await;
    assert!(trust.verify(&good, now()).await.is_ok());
    let id_token =
        provider.signs_in("4711", "openid", Some(API)).await["id_token"].as_str().unwrap().to_owned();
    let (signed, _) = good.rsplit_once('.').unwrap();
    let another = provider.service_token(API).await;
    let forged = format!("{signed}.{}", another.rsplit_once('.').unwrap().1);
    for (reason, token, at) in [
        ("issuer", other.service_token(API).await, now()),
        ("audience", provider.service_token("https://other.example.org").await, now()),
        ("algorithm", provider.service_token("https://es256.example.org").await, now()),
        ("algorithm", provider.service_token("https://hs256.example.org").await, now()),
        ("encrypted", provider.service_token("https://encrypted.example.org").await, now()),
        ("unknown", provider.service_token("https://opaque.example.org").await, now()),
        ("type", id_token, now()),
        ("signature", forged, now()),
        ("expired", good.clone(), now() + 7 * MINUTE),
        ("issued_ahead", good.clone(), now() - 2 * MINUTE),
    ] {
        let error = trust.verify(&token, at).await.unwrap_err();
        assert_eq!((error.reason(), error.code()), (reason, ErrorCode::InvalidToken));
    }
    let once = Trust::in_one(&provider.issuer, "single_use = true").await;
    assert!(once.verify(&good, now()).await.is_ok());
    assert_eq!(once.reason(&good, now()).await, "replayed");
    // A key that it has withdrawn since.
    provider.rotates().await;
    provider.rotates().await;
    let anew = Trust::in_one(&provider.issuer, &audiences).await;
    assert!(anew.verify(&provider.service_token(API).await, now()).await.is_ok());
    assert_eq!(anew.reason(&good, now()).await, "key");
}

/// Four apps call as fast as they can, each with a new token every time, while the provider rotates its keys.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_provider_rotates_its_keys_under_load_and_no_token_is_refused() {
    let provider = OidcProvider::start().await;
    let trust = Trust::in_one(&provider.issuer, "keys_pause = \"1s\"").await;
    let (taken, rotations) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut apps = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (provider, trust) = (provider.clone(), trust.clone());
        let (taken, rotations) = (taken.clone(), rotations.clone());
        apps.spawn(async move {
            while rotations.load(Ordering::SeqCst) < 3 {
                let token = provider.service_token(API).await;
                trust.verify(&token, now()).await.unwrap();
                taken.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    for rotation in 1..=3 {
        let before = taken.load(Ordering::SeqCst);
        while taken.load(Ordering::SeqCst) < before + 12 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        provider.rotates().await;
        // With the new key, all of the apps.
        let before = taken.load(Ordering::SeqCst);
        while taken.load(Ordering::SeqCst) < before + 12 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        rotations.store(rotation, Ordering::SeqCst);
    }
    while let Some(app) = apps.join_next().await {
        app.unwrap();
    }
    assert_eq!(provider.calls_of("/jwks").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_provider_that_is_gone_keeps_nobody_out() {
    let provider = OidcProvider::start().await;
    let trust = Trust::in_one(&provider.issuer, "").await;
    trust.issuers.warm(now()).await;
    let token = provider.service_token(API).await;
    provider.is_killed();
    for _ in 0..3 {
        assert!(trust.verify(&token, now()).await.is_ok());
    }
    // An hour later its keys are old, and count on.
    let later = now() + Duration::from_secs(200);
    assert!(trust.verify(&token, later).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_providers_userinfo_is_asked_once_in_an_interval() {
    let provider = OidcProvider::start().await;
    let lines = "validation = \"userinfo\"\nopaque_tokens = true\naudiences = []\n\
                 apis = [\"https://api.example.org\"]\nrequired_claims = { tenant = \"guild\" }";
    let trust = Trust::in_one(&provider.issuer, lines).await;
    let token = access_token(&provider.signs_in("4711", "openid member", None).await);
    let begin = now();
    assert_eq!(trust.shown_at_once(&vec![token.clone(); 40], begin).await, [""; 0]);
    assert_eq!(
        trust.verify(&token, begin + Duration::from_secs(299)).await.unwrap().claims["member_id"],
        "4711"
    );
    assert_eq!(provider.calls_of("/me").await, 1);
    assert!(trust.verify(&token, begin + Duration::from_secs(300)).await.is_ok());
    assert_eq!(provider.calls_of("/me").await, 2);
    assert_eq!(trust.reason("a-token-that-it-never-issued", begin).await, "inactive");
    // Of another tenant's configuration.
    let other = Trust::in_one(&provider.issuer, &lines.replace("\"guild\"", "\"other\"")).await;
    assert_eq!(other.reason(&token, begin).await, "required_claim");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_provider_is_asked_by_introspection() {
    let provider = OidcProvider::start().await;
    let lines = "validation = \"introspection\"\nopaque_tokens = true\nclient_id = \"portal\"\n\
                 client_secret = \"portal-secret\"\naudiences = [\"https://opaque.example.org\"]";
    let trust = Trust::in_one(&provider.issuer, lines).await;
    let token = provider.service_token("https://opaque.example.org").await;
    assert_eq!(trust.shown_at_once(&vec![token.clone(); 20], now()).await, [""; 0]);
    assert_eq!(trust.verify(&token, now()).await.unwrap().client.as_deref(), Some("crm-sync"));
    assert_eq!(provider.calls_of("/token/introspection").await, 1);
    assert_eq!(trust.reason("a-token-that-it-never-issued", now()).await, "inactive");
}
