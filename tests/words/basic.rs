//! HTTP Basic as clients use it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use passerelle::oauth::basic::{MalformedBasic, parse};

fn header(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

#[test]
fn id_and_secret_are_form_encoded_before_they_are_joined() {
    for (sent, id, secret) in [
        (header("web:s3cret"), "web", "s3cret"),
        (header("web:"), "web", ""),
        (header("web:a:b"), "web", "a:b"),
        (header("we%3Ab:s+%2B%25%C3%A9"), "we:b", "s +%é"),
        (format!("bAsIc {}", STANDARD.encode("web:s")), "web", "s"),
        (format!("  Basic   {}  ", STANDARD.encode("web:s")), "web", "s"),
    ] {
        let (read_id, read_secret) = parse(&sent).unwrap();
        assert_eq!((read_id.as_str(), read_secret.expose()), (id, secret));
    }
}

#[test]
fn what_is_no_basic_header_is_refused_by_its_name() {
    for (sent, expected) in [
        (String::new(), MalformedBasic::NotBasic),
        ("Basic".to_owned(), MalformedBasic::NotBasic),
        ("Bearer abc".to_owned(), MalformedBasic::NotBasic),
        ("Basicd2ViOnM=".to_owned(), MalformedBasic::NotBasic),
        ("Basic ****".to_owned(), MalformedBasic::NotBase64),
        ("Basic d2ViOnM".to_owned(), MalformedBasic::NotBase64),
        ("Basic d2Vi OnM=".to_owned(), MalformedBasic::NotBase64),
        (header("web"), MalformedBasic::NoColon),
        (header(":secret"), MalformedBasic::NoClient),
        (header("web%ff:x"), MalformedBasic::NotText),
        (header("web:%00"), MalformedBasic::NotText),
        (format!("Basic {}", STANDARD.encode(b"\xff:x")), MalformedBasic::NotText),
    ] {
        assert_eq!(parse(&sent).unwrap_err(), expected, "{sent}");
    }
}
