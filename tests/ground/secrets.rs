//! Secrets, digests and chance.

use std::collections::HashSet;

use passerelle::secret::{Chance, Digest, Secret};

#[test]
fn a_secret_is_never_printed() {
    let secret = Secret::from("swordfish");
    assert_eq!(format!("{secret:?}"), "[secret]");
    assert_eq!(format!("{:?}", Some(vec![secret.clone()])), "Some([[secret]])");
    assert_eq!(secret.expose(), "swordfish");
    let read: Secret = serde_json::from_str("\"swordfish\"").unwrap();
    assert_eq!(read, secret);
    for other in ["", "swordfis", "swordfisH", "swordfish "] {
        assert_ne!(secret, Secret::from(other));
    }
}

#[test]
fn a_digest_is_sha_256_and_reads_what_it_writes() {
    // FIPS 180-2 Appendix B.1.
    let digest = Digest::of("abc");
    assert_eq!(digest.to_text(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    assert_eq!(Digest::from_text(&digest.to_text()), Some(digest));
    assert_eq!(digest.as_bytes()[..4], [0xba, 0x78, 0x16, 0xbf]);
    assert_ne!(digest, Digest::of("abd"));
    let json = serde_json::to_string(&digest).unwrap();
    assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
    let text = digest.to_text();
    for wrong in ["", "abc", &text[1..], &format!("{text}="), &format!("{text}A"), &text.replace('-', "+")] {
        assert_eq!(Digest::from_text(wrong), None, "{wrong}");
        assert!(serde_json::from_str::<Digest>(&format!("{wrong:?}")).is_err());
    }
    assert_eq!(format!("{digest:?}"), "Digest(ungWv4…)");
}

#[test]
fn chance_is_chance_unless_a_test_holds_the_dice() {
    let many: HashSet<_> = (0..100).map(|_| Chance::System.secret().expose().to_owned()).collect();
    assert_eq!(many.len(), 100);
    assert!(many.iter().all(|secret| secret.len() == 43));
    let throws = |seed| {
        let chance = Chance::seeded(seed);
        (chance.bytes::<16>(), chance.clone().bytes::<16>())
    };
    assert_eq!(throws(7), throws(7));
    assert_ne!(throws(7), throws(8));
    assert_ne!(throws(7).0, throws(7).1, "clones throw the same dice on");
}
