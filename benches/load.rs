//! The running bridge under load, over real connections and with SQLite on the disk that the project is on: `cargo bench --bench load`.
//!
//! Printed are operations per second, their median and 99th percentile, and what one costs the bridge in processor time; then what a login
//! storm does to somebody who only reads. The load and the old system share the machine with the bridge, so that the numbers compare with
//! each other, and with the bare signatures that the same run makes, but not with another machine's.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark has nobody to answer to"
)]

pub mod apps;
#[path = "../examples/legacy_system.rs"]
pub mod legacy_system;
pub mod running;

use std::future::Future;
use std::time::{Duration, Instant};

use apps::{AUTHORIZATION, CONFIG, SERVICE, WEB, code_in, redemption, sealed_in};
use josekit::jws::{self, JwsHeader, RS256};
use passerelle::app::outbound::app_client;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, StatusCode};
use running::{Running, free_port, wait_for};
use serde_json::Value;

const AT_ONCE: usize = 32;
const SPAN: Duration = Duration::from_secs(6);

#[tokio::main]
async fn main() {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let legacy = legacy_system::start(legacy_system::Settings::default(), 0).await.unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (port, file) = (free_port(), folder.path().join("passerelle.toml"));
    std::fs::write(&file, configuration(port, &legacy.base_url)).unwrap();
    let bridge = Running::bridge(&file);
    let issuer = format!("http://127.0.0.1:{port}");
    wait_for(&format!("{issuer}/healthz")).await;

    let bare = bare_signatures();
    println!(
        "{AT_ONCE} at once, {} s each; one core makes {bare:.0} bare RS256 signatures a second",
        SPAN.as_secs()
    );
    let mut people = Vec::new();
    for _ in 0..AT_ONCE {
        people.push(Person::arrives(&issuer).signs_in().await);
    }
    let people = load("discovery", &bridge, people, Person::reads).await;
    let people = load("client credentials", &bridge, people, Person::asks_as_a_service).await;
    let people = load("userinfo", &bridge, people, Person::asks_who_they_are).await;
    let people = load("introspection", &bridge, people, Person::asks_about_a_token).await;
    let people = load("refresh", &bridge, people, Person::refreshes).await;
    let people = load("sign-on without password", &bridge, people, Person::signs_on).await;
    let people = load("sign-in with password", &bridge, people, Person::signs_in).await;

    println!("somebody who reads, alone and beside {AT_ONCE} who sign in:");
    let reader = || vec![Person::arrives(&issuer)];
    load("discovery alone", &bridge, reader(), Person::reads).await;
    let storm = tokio::spawn(act(people, Person::signs_in));
    load("discovery beside", &bridge, reader(), Person::reads).await;
    storm.await.unwrap();
    legacy.stop().await;
}

/// What nobody can be faster than: one signature after the other on one core.
fn bare_signatures() -> f64 {
    let pair = josekit::jwk::alg::rsa::RsaKeyPair::generate(2048).unwrap();
    let signer = RS256.signer_from_der(pair.to_der_private_key()).unwrap();
    let (header, began, mut made) = (JwsHeader::new(), Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_secs(1) {
        jws::serialize_compact(b"{\"sub\":\"alice\"}", &header, &signer).unwrap();
        made += 1;
    }
    f64::from(made) / began.elapsed().as_secs_f64()
}

/// Everybody does `what` again and again for a while; prints how that went.
async fn load<D: Future<Output = Person> + Send + 'static>(
    name: &str,
    bridge: &Running,
    people: Vec<Person>,
    what: fn(Person) -> D,
) -> Vec<Person> {
    let ((before, _), began) = (bridge.costs(), Instant::now());
    let (people, mut times) = act(people, what).await;
    let (seconds, (after, memory)) = (began.elapsed().as_secs_f64(), bridge.costs());
    times.sort();
    let count = times.len();
    // A clock tick is a hundredth of a second on every Linux that this runs on.
    let each = (after - before) as f64 * 10_000.0 / count as f64;
    println!(
        "{name:<26} {:>8.0}/s, median {:>7.2} ms, p99 {:>7.2} ms, {each:>6.0} µs of processor time, {} MB",
        count as f64 / seconds,
        times[count / 2].as_secs_f64() * 1000.0,
        times[count * 99 / 100].as_secs_f64() * 1000.0,
        memory >> 20
    );
    people
}

async fn act<D: Future<Output = Person> + Send + 'static>(
    people: Vec<Person>,
    what: fn(Person) -> D,
) -> (Vec<Person>, Vec<Duration>) {
    let end = Instant::now() + SPAN;
    let busy = people.into_iter().map(|mut person| {
        tokio::spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let began = Instant::now();
                person = what(person).await;
                times.push(began.elapsed());
            }
            (person, times)
        })
    });
    let (mut rested, mut all) = (Vec::new(), Vec::new());
    for done in futures_util::future::join_all(busy).await {
        let (person, times) = done.unwrap();
        rested.push(person);
        all.extend(times);
    }
    (rested, all)
}

/// A person with a browser, and the app that they use.
struct Person {
    http: Client,
    issuer: String,
    cookies: String,
    access: String,
    refresh: String,
}

impl Person {
    fn arrives(issuer: &str) -> Self {
        // It follows no redirects.
        let http = app_client(Duration::from_secs(30)).unwrap();
        let nothing = String::new;
        Self { http, issuer: issuer.to_owned(), cookies: nothing(), access: nothing(), refresh: nothing() }
    }

    async fn reads(self) -> Self {
        let document = format!("{}/.well-known/openid-configuration", self.issuer);
        succeeds(self.http.get(document).send().await.unwrap()).await;
        self
    }

    async fn asks_as_a_service(self) -> Self {
        self.at_token_endpoint(&SERVICE).await;
        self
    }

    async fn asks_who_they_are(self) -> Self {
        let question = self.http.get(format!("{}/userinfo", self.issuer)).bearer_auth(&self.access);
        succeeds(question.send().await.unwrap()).await;
        self
    }

    async fn asks_about_a_token(self) -> Self {
        let [id, secret] = WEB;
        let fields = [("token", self.access.as_str()), id, secret];
        let question = self.http.post(format!("{}/introspect", self.issuer)).form(&fields);
        let told = succeeds(question.send().await.unwrap()).await;
        assert_eq!(told["active"], true);
        self
    }

    async fn refreshes(mut self) -> Self {
        let [id, secret] = WEB;
        let fields = [("grant_type", "refresh_token"), id, secret, ("refresh_token", &self.refresh)];
        let tokens = self.at_token_endpoint(&fields).await;
        self.keeps(&tokens);
        self
    }

    /// Sign-on: the browser has a session, the app gets its code and redeems it.
    async fn signs_on(mut self) -> Self {
        let question = self.http.get(self.authorize()).header(COOKIE, &self.cookies);
        let answer = question.send().await.unwrap();
        self.redeems(answer).await;
        self
    }

    /// The whole way: the page, the form with the password, the code and its tokens.
    async fn signs_in(mut self) -> Self {
        let page = self.http.get(self.authorize()).send().await.unwrap();
        let binding = cookies(&page);
        let html = page.text().await.unwrap();
        let fields = [("request", sealed_in(&html)), ("username", "alice"), ("password", "wonderland")];
        let form = self.http.post(format!("{}/sign-in", self.issuer)).form(&fields);
        let answer = form.header(COOKIE, &binding).header("origin", &self.issuer).send().await.unwrap();
        self.cookies = format!("{binding}; {}", cookies(&answer));
        self.redeems(answer).await;
        self
    }

    fn authorize(&self) -> String {
        reqwest::Url::parse_with_params(&format!("{}/authorize", self.issuer), AUTHORIZATION).unwrap().into()
    }

    async fn redeems(&mut self, answer: Response) {
        if answer.status() != StatusCode::SEE_OTHER {
            panic!("{}", answer.text().await.unwrap());
        }
        let location = answer.headers()[LOCATION].to_str().unwrap();
        let tokens = self.at_token_endpoint(&redemption(code_in(location))).await;
        self.keeps(&tokens);
    }

    async fn at_token_endpoint(&self, fields: &[(&str, &str)]) -> Value {
        let request = self.http.post(format!("{}/token", self.issuer)).form(fields);
        succeeds(request.send().await.unwrap()).await
    }

    fn keeps(&mut self, tokens: &Value) {
        let token = |name: &str| tokens[name].as_str().unwrap().to_owned();
        (self.access, self.refresh) = (token("access_token"), token("refresh_token"));
    }
}

async fn succeeds(answer: Response) -> Value {
    let (status, told) = (answer.status(), answer.text().await.unwrap());
    if status != StatusCode::OK {
        panic!("{status}: {told}");
    }
    serde_json::from_str(&told).unwrap()
}

/// What the answer sets, as a browser sends it back.
fn cookies(answer: &Response) -> String {
    let cookies = answer.headers().get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
    cookies.filter_map(|cookie| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}

fn configuration(port: u16, legacy: &str) -> String {
    format!(
        r#"
        # Everybody is alice, at one address, at once.
        sign_in.per_account = {{ failures = 1000 }}
        sign_in.per_address = {{ failures = 1000 }}
        [server]
        issuer = "http://127.0.0.1:{port}"
        listen = "127.0.0.1:{port}"
        [legacy]
        preset = "imis"
        base_url = "{legacy}"
        {CONFIG}
        "#
    )
}
