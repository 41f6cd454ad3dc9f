//! Much at once, for long, and many side by side.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, header};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::legacy_system::Person;
use crate::support::browser::Shown;
use crate::support::gate::{Gate, ROUTES, signs_in};
use crate::support::house::CONFIG;
use crate::support::process::Site;
use crate::support::upstream::Upstream;

const USERS: usize = 200;
const GIGABYTES: usize = 2 << 30;
/// What the bridge may grow by while they stream through.
const FLAT: u64 = 48 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_people_at_once_each_get_their_own_answers_though_many_leave_early() {
    // They all come from one address, to a machine that may be busy with much else.
    let [config, routes] = [CONFIG, ROUTES].map(|text| text.replace("timeout = \"2s\"", "timeout = \"60s\""));
    let routes = format!("{routes}[sign_in]\nper_address = {{ failures = 1000 }}\n");
    let gate = Gate::of(&config, &routes).await;
    let names: Vec<String> = (0..USERS).map(|number| format!("user{number}")).collect();
    for name in &names {
        gate.house.old_system().people.add(Person::new(name, "pw")).unwrap();
    }
    let web = gate.house.web();
    let tokens = join_all(names.iter().map(|name| signs_in(&web, gate.house.browser(), (name, "pw")))).await;
    let router = gate.house.router.clone();
    let rounds = names.iter().zip(&tokens).map(|(name, (_, tokens))| {
        let (router, name, token) = (router.clone(), name.clone(), tokens.access().to_owned());
        tokio::spawn(async move {
            let request = |path: &str| {
                let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
                request.body(Body::empty()).unwrap()
            };
            let mut legacy = Vec::new();
            for round in 0..20_u64 {
                let path = format!("/gateway/echo/{name}/{round}");
                if round % 3 == 0 {
                    let hasty = Shown::of(&router, request(&path));
                    // Some leave before, some within, some after the answer.
                    let _ = tokio::time::timeout(Duration::from_micros(300 * round), hasty).await;
                    continue;
                }
                let echo = Shown::of(&router, request(&path)).await.json();
                assert_eq!(echo["target"], format!("/{name}/{round}"));
                let told = echo["headers"].as_array().unwrap();
                let told: BTreeMap<_, _> =
                    told.iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())).collect();
                assert_eq!(told["x-user"], name);
                legacy.push(told["authorization"].to_owned());
            }
            // Whose token it is, the old system itself says.
            let mine = Shown::of(&router, request("/gateway/legacy/api/me")).await.json();
            assert_eq!(mine["UserName"], name, "{mine}");
            legacy.sort();
            legacy.dedup();
            (name, legacy)
        })
    });
    let mut owners = BTreeMap::new();
    for round in join_all(rounds).await {
        let (name, legacy) = round.unwrap();
        assert_eq!(legacy.len(), 1, "{name}");
        for token in legacy {
            assert_eq!(owners.insert(token, name.clone()), None, "one token, one person");
        }
    }
    assert_eq!(owners.len(), USERS);
}

/// A bridge in a process of its own, so that nobody else's memory is measured.
struct Apart {
    site: Site,
    process: crate::support::process::Process,
    token: String,
    _upstream: Upstream,
}

impl Apart {
    async fn starts() -> Self {
        let upstream = Upstream::start().await;
        let routes = ROUTES.replacen("timeout = \"2s\"", "timeout = \"10s\"\nbody_limit = 4000000000", 1);
        let config = format!("{CONFIG}{}", routes.replace("{upstream}", &upstream.base_url));
        let site = Site::of("sqlite:passerelle.db", &config).await;
        let process = site.starts().await;
        let (_, tokens) = signs_in(&process.web(), process.browser(), ("alice", "wonderland")).await;
        let token = tokens.access().to_owned();
        Self { site, process, token, _upstream: upstream }
    }

    async fn opens(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.process.address()).await.unwrap();
        let head =
            format!("{request} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n", self.token);
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gigabytes_stream_up_and_down_through_flat_memory() {
    let apart = Apart::starts().await;
    let mut buffer = vec![0; 1 << 20];
    let mut before = 0;
    // The first little stream makes whatever is made once.
    for bytes in [64 << 20, GIGABYTES] {
        let mut down = apart.opens(&format!("GET /gateway/echo/down/{bytes}")).await;
        down.write_all(b"Connection: close\r\n\r\n").await.unwrap();
        let mut heard = 0;
        loop {
            match down.read(&mut buffer).await.unwrap() {
                0 => break,
                read => heard += read,
            }
        }
        assert!(heard > bytes, "{heard}: {}", apart.site.logs());

        let mut up = apart.opens("POST /gateway/echo/up").await;
        up.write_all(format!("Content-Length: {bytes}\r\nConnection: close\r\n\r\n").as_bytes())
            .await
            .unwrap();
        buffer.fill(0);
        for _ in 0..bytes / buffer.len() {
            up.write_all(&buffer).await.unwrap();
        }
        let mut answer = String::new();
        up.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains(&format!("{{\"bytes\":{bytes}}}")), "{answer}");
        if before == 0 {
            before = apart.process.memory();
        }
    }
    let after = apart.process.memory();
    assert!(after < before + FLAT, "it grew from {before} to {after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_holds_up_nobody_else() {
    let apart = Apart::starts().await;
    let mut slow = Vec::new();
    for _ in 0..8 {
        let mut reader = apart.opens(&format!("GET /gateway/echo/down/{GIGABYTES}")).await;
        reader.write_all(b"\r\n").await.unwrap();
        let mut first = [0; 16];
        reader.read_exact(&mut first).await.unwrap();
        assert!(first.starts_with(b"HTTP/1.1 200"));
        slow.push(reader);
    }
    let before = apart.process.memory();
    let bearer = format!("Bearer {}", apart.token);
    for _ in 0..50 {
        let headers = [("authorization", bearer.as_str())];
        let mut browser = apart.process.browser();
        let shown = browser.send_with(&headers, Method::GET, "/gateway/echo/x", None).await;
        assert_eq!(shown.status, 200);
    }
    let after = apart.process.memory();
    assert!(after < before + FLAT, "it grew from {before} to {after}");
}
