//! The path of a forwarded request: one meaning, one spelling.

use passerelle::rules::request_path::{AmbiguousPath, RequestPath};
use proptest::prelude::*;
use rstest::rstest;

#[rstest]
#[case::plain("/api/invoices/7", "/api/invoices/7")]
#[case::root("/", "/")]
#[case::slash_at_the_end("/api/invoices/", "/api/invoices/")]
#[case::unreserved_is_written_plainly("/%61pi/inv%6Fices/%7e", "/api/invoices/~")]
#[case::the_rest_in_capitals("/api/m%c3%bcller", "/api/m%C3%BCller")]
#[case::raw_utf8_is_encoded("/api/müller", "/api/m%C3%BCller")]
#[case::a_question_mark_stays_hidden("/api/a%3fb%23", "/api/a%3Fb%23")]
#[case::odata("/Orders('a%20b')/Lines(1)", "/Orders('a%20b')/Lines(1)")]
#[case::dots_inside("/files/a.b.c", "/files/a.b.c")]
#[case::hidden_files("/.well-known/x", "/.well-known/x")]
fn a_path_with_one_meaning_is_written_one_way(#[case] sent: &str, #[case] normal: &str) {
    assert_eq!(RequestPath::parse(sent).unwrap().as_str(), normal);
    // Once is enough.
    assert_eq!(RequestPath::parse(normal).unwrap().as_str(), normal);
}

#[rstest]
#[case("", AmbiguousPath::NotAbsolute)]
#[case("*", AmbiguousPath::NotAbsolute)]
#[case("api/x", AmbiguousPath::NotAbsolute)]
#[case("//", AmbiguousPath::EmptySegment)]
#[case("//api", AmbiguousPath::EmptySegment)]
#[case("/api//x", AmbiguousPath::EmptySegment)]
#[case("/api/x//", AmbiguousPath::EmptySegment)]
#[case("/.", AmbiguousPath::DotSegment)]
#[case("/api/./x", AmbiguousPath::DotSegment)]
#[case("/api/../x", AmbiguousPath::DotSegment)]
#[case("/api/..", AmbiguousPath::DotSegment)]
#[case("/api/.../x", AmbiguousPath::DotSegment)]
#[case("/admin./x", AmbiguousPath::DotSegment)]
#[case("/admin%20/x", AmbiguousPath::DotSegment)]
#[case("/api/%2e%2e/x", AmbiguousPath::HiddenSeparator)]
#[case("/api/%2E./x", AmbiguousPath::HiddenSeparator)]
#[case("/api/a%2fb", AmbiguousPath::HiddenSeparator)]
#[case("/api/a%5Cb", AmbiguousPath::HiddenSeparator)]
#[case("/api/a\\b", AmbiguousPath::HiddenSeparator)]
#[case("/api/x;a=b", AmbiguousPath::HiddenSeparator)]
#[case("/api/x%3bjsessionid=1", AmbiguousPath::HiddenSeparator)]
#[case("/api/..;/x", AmbiguousPath::HiddenSeparator)]
#[case("/api/a%EF%BC%8Fb", AmbiguousPath::HiddenSeparator)]
#[case("/api/%EF%BC%8E%EF%BC%8E/x", AmbiguousPath::HiddenSeparator)]
#[case("/api/%252e%252e/x", AmbiguousPath::DoubleEncoding)]
#[case("/api/%2561", AmbiguousPath::DoubleEncoding)]
#[case("/api/x%25", AmbiguousPath::DoubleEncoding)]
#[case("/api/x%00", AmbiguousPath::Control)]
#[case("/api/x%0d%0aHost:y", AmbiguousPath::Control)]
#[case("/api/x%7f", AmbiguousPath::Control)]
#[case("/api/x%C2%85", AmbiguousPath::Control)]
#[case("/api/%c0%ae%c0%ae/x", AmbiguousPath::Encoding)]
#[case("/api/%e0%80%af", AmbiguousPath::Encoding)]
#[case("/api/%ff", AmbiguousPath::Encoding)]
#[case("/api/%zz", AmbiguousPath::Encoding)]
#[case("/api/%u002e", AmbiguousPath::Encoding)]
#[case("/api/x%2", AmbiguousPath::Encoding)]
fn a_path_with_two_meanings_is_refused(#[case] sent: &str, #[case] why: AmbiguousPath) {
    assert_eq!(RequestPath::parse(sent), Err(why), "{sent}");
}

proptest! {
    /// However often a server decodes the path, and however it cuts it, it sees the segments that the rules saw.
    #[test]
    fn what_is_let_through_cannot_be_read_in_another_way(
        sent in "/(%2[0-9a-fA-F]|%5[cC]|%[cC][0-1]%[aA][eE]|%25|%00|[a-z.;/\\\\ %]|é){0,12}"
    ) {
        if let Ok(path) = RequestPath::parse(&sent) {
            let normal = path.as_str();
            prop_assert_eq!(&RequestPath::parse(normal), &Ok(path.clone()));
            let once = percent_decoded(normal);
            prop_assert_eq!(&percent_decoded(&once), &once, "{}", normal);
            prop_assert_eq!(once.matches('/').count(), normal.matches('/').count(), "{}", normal);
            prop_assert!(!once.contains(['\\', ';', '\0']) && !once.contains("//"), "{}", normal);
            prop_assert!(once.split('/').all(|segment| !segment.ends_with('.')), "{}", normal);
        }
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *byte == b'%') {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
