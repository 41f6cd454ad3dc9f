//! Every page, sample and language is rendered and looked at as a visitor's tools would: is it whole, labelled, in one
//! language, and free of anything that a name could smuggle in. The pages are left in cargo's directory for temporary
//! files of tests, to be opened in a browser.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use askama::Template;
use base64::Engine as _;
use passerelle::i18n::{Language, Messages};
use passerelle::web::page::account::AccountPage;
use passerelle::web::page::branding::Branding;
use passerelle::web::page::consent::ConsentPage;
use passerelle::web::page::error::ErrorPage;
use passerelle::web::page::form_post::FormPostPage;
use passerelle::web::page::frame::Frame;
use passerelle::web::page::further::{NewPasswordPage, SecondFactorPage};
use passerelle::web::page::handover::{HandoverPage, NotSignedInPage};
use passerelle::web::page::notice::{Help, Notice};
use passerelle::web::page::sign_in::SignInPage;
use passerelle::web::page::sign_out::{PassingPage, SignOutPage, SignedOutPage, StillSignedInPage};
use passerelle::web::page::stylesheet::Stylesheet;
use passerelle::web::page::uri::{ImageUri, WebUri};
use regex::Regex;
use sha2::Digest as _;

/// One rendered sample.
struct Shown {
    page: &'static str,
    number: usize,
    language: Language,
    html: String,
}

impl Shown {
    fn name(&self) -> String {
        format!("{}-{:02}-{}.html", self.page, self.number, self.language.tag())
    }

    fn has(&self, text: &str) -> bool {
        pattern(text).is_match(&self.html)
    }

    fn count(&self, text: &str) -> usize {
        pattern(text).find_iter(&self.html).count()
    }

    fn captures(&self, text: &str) -> Vec<String> {
        pattern(text).captures_iter(&self.html).map(|found| found[1].to_owned()).collect()
    }
}

/// Compiled once: there are many pages.
fn pattern(text: &str) -> Regex {
    thread_local! { static KNOWN: RefCell<BTreeMap<String, Regex>> = const { RefCell::new(BTreeMap::new()) }; }
    let compile = || Regex::new(text).unwrap();
    KNOWN.with_borrow_mut(|known| known.entry(text.to_owned()).or_insert_with(compile).clone())
}

fn plain_branding() -> Branding {
    let mut branding = Branding::named("Heron & <script>Sons</script>");
    branding.support_uri = WebUri::parse("https://members.example/help");
    branding.privacy_uri = WebUri::parse("https://members.example/privacy");
    branding
}

fn frame(branding: Branding, language: Language) -> Frame {
    Frame { messages: Messages { language }, branding: Arc::new(branding), stylesheet: "style.css".into() }
}

fn every_page() -> Vec<Shown> {
    every_page_of(&plain_branding())
}

fn every_page_of(branding: &Branding) -> Vec<Shown> {
    fn add<T: Template>(shown: &mut Vec<Shown>, page: &'static str, language: Language, samples: Vec<T>) {
        assert!(!samples.is_empty(), "{page} has no samples");
        for (number, sample) in samples.into_iter().enumerate() {
            shown.push(Shown { page, number, language, html: sample.render().unwrap() });
        }
    }
    let mut shown = Vec::new();
    for language in Language::ALL {
        let frame = &frame(branding.clone(), language);
        add(&mut shown, "sign_in", language, SignInPage::samples(frame));
        add(&mut shown, "second_factor", language, SecondFactorPage::samples(frame));
        add(&mut shown, "new_password", language, NewPasswordPage::samples(frame));
        add(&mut shown, "consent", language, ConsentPage::samples(frame));
        add(&mut shown, "error", language, ErrorPage::samples(frame));
        add(&mut shown, "sign_out", language, SignOutPage::samples(frame));
        add(&mut shown, "signed_out", language, SignedOutPage::samples(frame));
        add(&mut shown, "still_signed_in", language, StillSignedInPage::samples(frame));
        add(&mut shown, "handover", language, HandoverPage::samples(frame));
        add(&mut shown, "not_signed_in", language, NotSignedInPage::samples(frame));
        add(&mut shown, "passing", language, PassingPage::samples(frame));
        add(&mut shown, "account", language, AccountPage::samples(frame));
        add(&mut shown, "form_post", language, FormPostPage::samples(frame));
    }
    shown
}

#[test]
fn every_page_can_be_opened_from_disk() {
    write_every_page();
}

/// Leaves every page in cargo's directory for temporary files of tests.
pub(crate) fn write_every_page() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let branding = Branding { organisation: "Heron Society".to_owned(), ..plain_branding() };
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("style.css"), Stylesheet::of(&branding).unwrap().text).unwrap();
    for shown in every_page_of(&branding) {
        assert!(shown.has(r#"<link rel="stylesheet" href="style.css">"#));
        std::fs::write(folder.join(shown.name()), &shown.html).unwrap();
    }
}

const HOOKS: &[(&str, &[&str])] = &[
    (
        "sign_in",
        &[
            r#"<body id="login-page">"#,
            r#"<form id="login" method="post" action="/sign-in">"#,
            r#"<input id="username" name="username" type="text""#,
            r#"<input id="password" name="password" type="password""#,
            r#"<input type="hidden" name="request" value="v1\.sample&#34;request">"#,
            r#"<button class="button" type="submit">"#,
        ],
    ),
    (
        "consent",
        &[
            r#"<body id="consent-page">"#,
            r#"<form id="consent" method="post" action="/consent""#,
            r#"<input type="hidden" name="request" value="v1\.sample">"#,
            r#"<button class="button" type="submit" name="decision" value="allow">"#,
            r#"<button class="button button-quiet" type="submit" name="decision" value="deny">"#,
        ],
    ),
    ("error", &[r#"<body id="error-page">"#, "<code>7K3M-Q9TX</code>"]),
    (
        "sign_out",
        &[
            r#"<body id="logout-page">"#,
            r#"<form id="logout" method="post" action="/sign-out""#,
            r#"<input type="hidden" name="request" value="v1\.sample">"#,
            r#"<button class="button" type="submit" name="decision" value="logout">"#,
            r#"<button class="button button-quiet" type="submit" name="decision" value="stay">"#,
        ],
    ),
    ("signed_out", &[r#"<body id="signed-out-page">"#]),
    (
        "handover",
        &[
            r#"<body id="handover-page">"#,
            r#"<form id="handover" method="post" action="/handover/resume""#,
            r#"<input type="hidden" name="request" value="v1\.sample">"#,
            r#"<button class="button" type="submit" name="decision" value="continue">"#,
            r#"<button class="button button-quiet" type="submit" name="decision" value="stop">"#,
        ],
    ),
    (
        "second_factor",
        &[
            r#"<body id="second-factor-page">"#,
            r#"<form id="second-factor" method="post" action="/sign-in/code""#,
            r#"<input id="code" name="code" type="text""#,
        ],
    ),
    (
        "new_password",
        &[
            r#"<body id="new-password-page">"#,
            r#"<form id="new-password" method="post" action="/sign-in/new-password""#,
            r#"<input id="new-password-1" name="new_password" type="password""#,
            r#"<input id="new-password-2" name="new_password_again" type="password""#,
        ],
    ),
    ("passing", &[r#"<body id="passing-page">"#, r#"<meta http-equiv="refresh" content="#]),
    ("not_signed_in", &[r#"<body id="not-signed-in-page">"#]),
    ("account", &[r#"<body id="account-page">"#, r#"<h2 class="section-title" id="apps">"#]),
    ("still_signed_in", &[r#"<body id="still-signed-in-page">"#]),
    (
        "form_post",
        &[
            r#"<body id="form-post-page">"#,
            r#"<form id="form-post" method="post" action="https://tickets\.example/callback\?a=1&#38;b=&#34;2&#34;">"#,
            r#"<input type="hidden" name="code" value="c0de">"#,
            r#"<noscript>\s*<p[^>]*>[^<]+</p>\s*<button class="button" type="submit">[^<]+</button>"#,
        ],
    ),
];

#[test]
fn the_hooks_that_browser_automation_relies_on_are_there() {
    for shown in every_page() {
        for hook in HOOKS.iter().find(|(page, _)| *page == shown.page).unwrap().1 {
            assert_eq!(shown.count(hook), 1, "{}: {hook}", shown.name());
        }
    }
}

#[test]
fn every_page_is_whole() {
    for shown in every_page() {
        let name = shown.name();
        assert!(shown.html.starts_with("<!DOCTYPE html>\n<html "), "{name}");
        let mut open = Vec::new();
        for tag in shown.captures(r"<(/?[a-z][a-z0-9]*)(?:[^>]*[^/>])?>") {
            match tag.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop().as_deref(), Some(closed), "{name}"),
                None if ["meta", "link", "img", "input", "br", "source"].contains(&tag.as_str()) => {}
                None => open.push(tag),
            }
        }
        assert_eq!(open, Vec::<String>::new(), "{name}");
        let ids = shown.captures(r#"\sid="([^"]*)""#);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}: an id twice: {ids:?}");
    }
}

#[test]
fn every_page_can_be_used_without_seeing_it() {
    for shown in every_page() {
        let name = shown.name();
        for (element, pattern) in [("main", "<main[ >]"), ("header", "<header[ >]"), ("h1", "<h1[ >]")] {
            assert_eq!(shown.count(pattern), 1, "{name}: {element}");
        }
        let ids = shown.captures(r#"\sid="([^"]*)""#);
        for wanted in shown.captures(r#"\saria-(?:describedby|labelledby)="([^"]*)""#) {
            assert!(ids.contains(&wanted), "{name}: nothing is called {wanted}");
        }
        for input in shown.captures(r#"<input id="([^"]*)""#) {
            assert_eq!(shown.count(&format!(r#"<label for="{input}">[^<]+</label>"#)), 1, "{name}: {input}");
        }
        assert_eq!(shown.count("<img "), shown.count(r#"<img [^>]*alt=""#), "{name}");
        assert_eq!(shown.count("<svg "), shown.count(r#"<svg [^>]*aria-hidden="true""#), "{name}");
        let focused = usize::from(["sign_in", "second_factor", "new_password"].contains(&shown.page));
        assert_eq!(shown.count(r"\sautofocus[ >]"), focused, "{name}");
        let empty = r"<(a|button|p|h1|h2|label|strong|title)(\s[^>]*)?>\s*</";
        assert!(!shown.has(empty), "{name}: something is empty");
    }
}

#[test]
fn every_page_speaks_one_language() {
    let missing = pattern(r"%\{|\{\{|\{%|\b(en|fr|de)\.[a-z_]+\.[a-z_]+");
    let mut texts: BTreeMap<(&str, usize), BTreeSet<String>> = BTreeMap::new();
    for shown in every_page() {
        let name = shown.name();
        assert!(shown.has(&format!(r#"<html lang="{}">"#, shown.language.tag())), "{name}");
        assert_eq!(missing.find(&shown.html).map(|found| found.as_str()), None, "{name}");
        texts
            .entry((shown.page, shown.number))
            .or_default()
            .insert(shown.captures("<h1>([^<]+)</h1>").concat());
    }
    for (page, headings) in texts {
        assert_eq!(headings.len(), Language::ALL.len(), "{page:?}: {headings:?}");
    }
}

#[test]
fn nothing_that_a_name_holds_becomes_markup() {
    for shown in every_page() {
        let name = shown.name();
        let scripts = shown.captures("(?s)<script[^>]*>(.*?)</script>");
        match shown.page {
            "form_post" => {
                assert_eq!(scripts, [r#"document.getElementById("form-post").submit();"#], "{name}")
            }
            _ => assert_eq!(scripts, Vec::<String>::new(), "{name}"),
        }
        assert!(
            shown.has("&#60;script&#62;Sons&#60;/script&#62;"),
            "{name}: the organisation's name is not shown"
        );
        for forbidden in [r"<[^>]*\son[a-z]+\s*=", r"<[^>]*\sstyle\s*=", "<style", "<object", "javascript:"] {
            assert!(!shown.has(forbidden), "{name}: {forbidden}");
        }
        let framed = usize::from(shown.html.contains("tickets.example/out?"));
        assert_eq!(shown.count("<iframe"), framed, "{name}: only apps that want to hear by a frame");
    }
    let smuggled =
        |page, text: &str| every_page().iter().any(|shown| shown.page == page && shown.html.contains(text));
    for (page, text) in [
        ("sign_in", "value=\"&#60;script&#62;alice&#60;/script&#62;&#34;\""),
        ("sign_in", "&#60;script&#62;alert(&#39;app&#39;)"),
        ("consent", "&#60;script&#62;alice"),
        ("consent", "&#60;script&#62;scope"),
        ("error", "&#60;script&#62;sent"),
        ("error", "&#60;script&#62;registered"),
        ("error", "&#60;script&#62;alert(&#39;back&#39;)"),
        ("sign_out", "&#60;script&#62;alice"),
        ("form_post", "value=\"&#34;&#62;&#60;script&#62;alert(&#39;state&#39;)"),
    ] {
        assert!(smuggled(page, text), "{page}: the sample does not show {text}");
    }
}

#[test]
fn the_one_script_is_the_one_in_the_policy() {
    for shown in every_page().into_iter().filter(|shown| shown.page == "form_post") {
        let script = shown.captures("(?s)<script>(.*?)</script>").concat();
        let digest = base64::prelude::BASE64_STANDARD.encode(sha2::Sha256::digest(script));
        assert_eq!(FormPostPage::script_hash(), format!("sha256-{digest}"));
    }
}

#[test]
fn what_the_legacy_system_said_is_told_with_the_way_out() {
    let frame = frame(plain_branding(), Language::En);
    let help = Help {
        password_uri: WebUri::parse("https://members.example/password"),
        account_uri: WebUri::parse("https://members.example/account"),
    };
    let contact = Some("https://members.example/help");
    for notice in Notice::ALL {
        let way_out = match notice {
            Notice::PasswordExpired | Notice::MustChangePassword => Some("https://members.example/password"),
            Notice::Locked { .. } | Notice::Unconfirmed => Some("https://members.example/account"),
            Notice::Disabled | Notice::Misconfigured | Notice::Unknown => contact,
            _ => None,
        };
        let link = notice.link(&frame, &help).map(|(uri, _)| uri.to_string());
        assert_eq!(link.as_deref(), way_out, "{notice:?}");
        if contact != way_out {
            assert!(notice.link(&frame, &Help::default()).is_none(), "{notice:?}");
        }
        let remaining = match notice {
            Notice::Locked { remaining } | Notice::RateLimited { remaining } => remaining,
            _ => None,
        };
        assert_eq!(notice.text(&frame).contains("You can try again in"), remaining.is_some(), "{notice:?}");
    }
}

#[test]
fn only_wrong_credentials_are_the_fields_fault() {
    let frame = frame(plain_branding(), Language::En);
    for page in SignInPage::samples(&frame) {
        let html = page.render().unwrap();
        let blamed = html.matches(r#"aria-invalid="true""#).count();
        assert_eq!(blamed, if page.notice == Some(Notice::WrongCredentials) { 2 } else { 0 });
        let described = html.matches(r#"aria-describedby="notice""#).count();
        assert_eq!(described, if page.notice.is_some() { 2 } else { 0 });
        let alarming = page.notice.is_some_and(|notice| notice != Notice::SignInAgain);
        assert_eq!(html.contains(r#"role="alert""#), alarming);
        assert_eq!(html.contains("<title>Problem: "), alarming);
    }
}

#[test]
fn only_what_was_wrong_is_blamed_on_the_pages_behind_the_password() {
    let frame = frame(plain_branding(), Language::En);
    let blamed = |html: &str| {
        pattern(r#"<input id="([^"]*)"[^>]*aria-invalid="true""#)
            .captures_iter(html)
            .map(|found| found[1].to_owned())
            .collect::<Vec<_>>()
    };
    for page in SecondFactorPage::samples(&frame) {
        let expected: &[&str] = if page.notice == Some(Notice::SecondFactorWrong) { &["code"] } else { &[] };
        assert_eq!(blamed(&page.render().unwrap()), expected, "{:?}", page.notice);
    }
    for page in NewPasswordPage::samples(&frame) {
        let html = page.render().unwrap();
        let expected: &[&str] = match page.notice {
            Some(Notice::WrongCredentials) => &["password"],
            Some(Notice::NewPasswordsDiffer) => &["new-password-1", "new-password-2"],
            _ => &[],
        };
        assert_eq!(blamed(&html), expected, "{:?}", page.notice);
        // A password manager learns whose new password it keeps; nothing of it is sent.
        assert!(
            html.contains(r#"autocomplete="username" readonly hidden>"#)
                && !html.contains(r#"name="username""#)
        );
    }
}

#[test]
fn nobody_is_hurried_who_has_something_to_read() {
    let frame = frame(plain_branding(), Language::En);
    let mut hurried = 0;
    for page in SignedOutPage::samples(&frame) {
        let html = page.render().unwrap();
        let by_itself = html.contains("http-equiv=\"refresh\"");
        assert!(!by_itself || page.unreached.is_empty());
        assert_eq!(page.onward.is_some(), html.contains("id=\"onward\""), "there is always a way on by hand");
        hurried += usize::from(by_itself);
    }
    assert_eq!(hurried, 1);
}

#[test]
fn buttons_of_the_same_name_are_told_apart() {
    for shown in every_page().into_iter().filter(|shown| shown.page == "account") {
        let buttons = shown.captures(r#"<button ([^>]*name="(?:end_session|disconnect)"[^>]*)>"#);
        assert_eq!(buttons.is_empty(), shown.number == 1, "{}", shown.name());
        let described: BTreeSet<_> =
            buttons.iter().map(|button| button.split("aria-describedby=").nth(1)).collect();
        assert!(
            described.len() == buttons.len() && !described.contains(&None),
            "{}: {buttons:?}",
            shown.name()
        );
    }
}

#[test]
fn a_logo_that_cannot_be_loaded_leaves_the_initial() {
    let apps = every_page().into_iter().filter(|shown| shown.count("class=\"tile\"") > 0);
    let logos: usize = apps
        .map(|shown| {
            let logos = shown.count("referrerpolicy=\"no-referrer\" data-initial=\"[A-Z]\"");
            assert_eq!(shown.count("<span class=\"tile\"><img "), logos, "{}", shown.name());
            logos
        })
        .sum();
    assert!(logos > 10, "{logos}");
}

#[test]
fn the_organisations_logos_stand_where_its_name_stood() {
    let mut branding = plain_branding();
    branding.logo = ImageUri::parse("https://cdn.example/logo.svg");
    branding.logo_dark = ImageUri::parse("https://cdn.example/logo-dark.svg");
    let frame = frame(branding, Language::En);
    let page = SignedOutPage::samples(&frame).into_iter().find(|page| page.back.is_none()).unwrap();
    let html = page.render().unwrap();
    assert!(html.contains(r#"<link rel="icon" href="https://cdn.example/logo.svg">"#));
    assert!(html.contains(
        r#"<source srcset="https://cdn.example/logo-dark.svg" media="(prefers-color-scheme: dark)">"#
    ));
    assert!(html.contains(r#"alt="Heron &#38; &#60;script&#62;Sons&#60;/script&#62;""#));
    assert!(!html.contains("monogram"));
}
