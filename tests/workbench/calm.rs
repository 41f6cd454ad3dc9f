//! A connector that does not fit its system: the person reads one calm sentence, and the operator's log says which step and which key.

use rstest::rstest;

use crate::support::process::Site;

#[rstest]
#[case::a_token_that_stands_elsewhere(
    "[legacy.token]\naccess_token = \"/no/such/token\"",
    "status 200, but no text stands at /no/such/token (legacy.token.access_token)"
)]
#[case::an_address_that_is_none(
    "[[legacy.profile]]\nname = \"user\"\nurl = \"{base_url}/no/such/call\"\n[[legacy.profile]]\nname = \"party\"\nurl = \"{base_url}/never\"",
    "profile step user: status 404"
)]
#[case::an_id_that_is_nowhere(
    "[legacy.identity]\nlegacy_id = \"/user/NoSuchId\"",
    "identity.legacy_id: nothing that names anybody stands at /user/NoSuchId"
)]
#[case::a_rule_that_says_so(
    "[[legacy.error]]\nstatus = 400\noutcome = \"misconfigured\"",
    "by legacy.error[0]"
)]
#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_calm_and_the_log_is_exact(#[case] wrong: &str, #[case] logged: &str) {
    let site = Site::with("sqlite::memory:", &format!("\n{wrong}\n")).await;
    let process = site.starts().await;
    let mut browser = process.browser();
    let page = browser.get(&process.web().request(&[])).await;
    let password = if logged.contains("error[0]") { "wr0ng-password" } else { "wonderland" };
    let shown = browser.sign_in(&page, "alice", password).await;
    let log = site.logs();
    assert!(log.contains(logged), "{log}");
    assert!(!log.contains(password), "{log}");
    for inner in ["legacy.", "/no/such", "identity.", "error[", "NoSuchId", "misconfigured"] {
        assert!(!shown.body.contains(inner), "{inner}\n{}", shown.body);
    }
    let notices = ["id=\"notice\"", "id=\"error-page\""].map(|notice| shown.body.matches(notice).count());
    assert_eq!(notices.iter().sum::<usize>(), 1, "{}", shown.body);
}
