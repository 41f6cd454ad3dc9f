//! Three integrations with one API: one creates employees, one only queries them, and one has a single path. The configuration is the one
//! that the README shows.

use axum::body::Body;
use axum::http::{Method, Request, header};
use rstest::rstest;

use crate::support::app::{App, Proof, Tokens};
use crate::support::browser::Shown;
use crate::support::gate::Gate;

/// The README's, with the test's address behind it.
fn configuration() -> String {
    let readme = include_str!("../../README.md");
    let begins = readme.find("```toml\n# Three integrations").expect("the README shows it");
    let block = readme[begins..].trim_start_matches("```toml\n");
    let block = &block[..block.find("```").unwrap()];
    block.replace("https://hr.example.org", "{upstream}")
}

async fn answer(gate: &Gate, client: &'static str, (method, path): (Method, &str)) -> u16 {
    let proof = match client {
        "hr-import" => Proof::Basic("hr-import-secret-of-32-characters-or-more"),
        "directory" => Proof::Basic("directory-secret-of-32-characters-or-more"),
        _ => Proof::Basic("canteen-secret-of-32-characters-or-more"),
    };
    let app = App { router: gate.house.router.clone(), id: client, proof, redirect: "" };
    let tokens = Tokens::of(app.token(&[("grant_type", "client_credentials")]).await);
    let request = Request::builder().method(method).uri(format!("/gateway/hr{path}"));
    let request = request.header(header::AUTHORIZATION, format!("Bearer {}", tokens.access()));
    Shown::of(&gate.house.router, request.body(Body::empty()).unwrap()).await.status.as_u16()
}

#[rstest]
#[case("hr-import", [200, 200, 200, 403])]
#[case("directory", [403, 200, 200, 403])]
#[case("canteen", [403, 403, 200, 403])]
#[tokio::test]
async fn each_integration_may_do_what_the_administrator_wrote(
    #[case] client: &'static str,
    #[case] expected: [u16; 4],
) {
    let gate = Gate::with(&configuration()).await;
    let calls = [
        (Method::POST, "/employees"),
        (Method::GET, "/employees/7"),
        (Method::GET, "/employees/count"),
        (Method::DELETE, "/employees/7"),
    ];
    let mut statuses = Vec::new();
    for call in calls {
        // The API behind says 200 to everything that reaches it.
        statuses.push(answer(&gate, client, call).await);
    }
    assert_eq!(statuses, expected, "{client}: {:?}", gate.upstream.seen());
}
