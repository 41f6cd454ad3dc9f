//! `scope` is a set in order.

use passerelle::oauth::scope::{MalformedScope, Scope};

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

#[test]
fn a_scope_keeps_its_order_and_forgets_repetitions() {
    assert_eq!(scope("  b a  b c a").to_string(), "b a c");
    assert_eq!(scope(""), Scope::default());
    assert_eq!(scope("https://api.example/read a:b*").iter().count(), 2);
    for bad in ["a\tb", "a\nb", "é", "a\"", "a\\b", "a\u{7f}", "a\0"] {
        assert_eq!(Scope::parse(&format!("ok {bad}")), Err(MalformedScope(bad.to_owned())), "{bad:?}");
    }
    let told = MalformedScope("\"<script>é\n".repeat(50)).to_string();
    assert!(told.len() < 200 && !told.contains(['"', '\n']), "{told}");
}

#[test]
fn sets_are_compared_and_joined() {
    assert!(scope("a b c").covers(&scope("c a")) && scope("a").covers(&scope("")));
    assert!(!scope("a b").covers(&scope("a c")) && !scope("ab").covers(&scope("a")));
    assert_eq!(scope("a b").union(&scope("c b d")).to_string(), "a b c d");
    assert_eq!(scope("a b c").filter(|token| token != "b").to_string(), "a c");
    assert_eq!(scope("a b c").first(|token| token > "a").as_deref(), Some("b"));
}
