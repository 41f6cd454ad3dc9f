//! Sealing: for one purpose, one place and one master key; and the file that the master key is kept in.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use passerelle::keys::form::FormError;
use passerelle::keys::master_key::{MasterKey, MasterKeyError};
use passerelle::keys::seal::{Purpose, Sealer, Unsealable};
use passerelle::secret::{Chance, Secret};

use crate::support::parts::{BEGINNING, sealer};

const PURPOSES: [Purpose; 4] =
    [Purpose::SigningKey, Purpose::Browser, Purpose::RefreshSuccessor, Purpose::LegacyToken];

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn other_sealer() -> Sealer {
    Sealer::new(&MasterKey::from_text(&Secret::from("f0".repeat(32))).unwrap())
}

#[test]
fn a_sealed_value_opens_for_its_purpose_in_its_place_under_its_master_key_only() {
    for purpose in PURPOSES {
        let sealed = sealer().seal(purpose, b"row 1", b"plain", &Chance::System);
        assert_eq!(&**sealer().open(purpose, b"row 1", &sealed).unwrap(), b"plain");
        for other in PURPOSES.into_iter().filter(|other| *other != purpose) {
            assert_eq!(
                sealer().open(other, b"row 1", &sealed),
                Err(Unsealable::Tampered),
                "{purpose:?} as {other:?}"
            );
        }
        assert_eq!(sealer().open(purpose, b"row 2", &sealed), Err(Unsealable::Tampered));
        assert_eq!(sealer().open(purpose, b"", &sealed), Err(Unsealable::Tampered));
        assert_eq!(other_sealer().open(purpose, b"row 1", &sealed), Err(Unsealable::OtherMasterKey));
        assert!(!sealed.windows(5).any(|window| window == b"plain"));
    }
}

#[test]
fn the_same_value_is_never_sealed_the_same_way_twice() {
    let seal = || sealer().seal(Purpose::Browser, b"", b"plain", &Chance::System);
    assert_ne!(seal(), seal());
}

#[test]
fn a_form_comes_back_to_its_browser_until_it_expires() {
    let later = BEGINNING + std::time::Duration::from_secs(60);
    let text = sealer().seal_form(Purpose::Browser, b"ann", &["a"], later, &Chance::System).unwrap();
    let open = |place: &[u8], now| sealer().open_form::<Vec<String>>(Purpose::Browser, place, &text, now);
    assert_eq!(open(b"ann", BEGINNING), Ok(vec!["a".to_owned()]));
    assert_eq!(open(b"ann", later), Err(FormError::Expired));
    assert_eq!(open(b"bob", BEGINNING), Err(FormError::Forged));
    let other_shape = sealer().open_form::<u8>(Purpose::Browser, b"ann", &text, BEGINNING);
    assert_eq!(other_shape, Err(FormError::Expired), "an older version made it");
    let forged = sealer().open_form::<Vec<String>>(Purpose::Browser, b"ann", "not base64!", BEGINNING);
    assert_eq!(forged, Err(FormError::Forged));
}

#[test]
fn a_master_key_is_32_bytes_in_one_of_three_spellings() {
    let fingerprint =
        |text: &str| MasterKey::from_text(&Secret::from(text)).map(|key| Sealer::new(&key).fingerprint());
    let bytes = [0xfb; 32];
    let hex = "fb".repeat(32);
    let expected = fingerprint(&hex).unwrap();
    let padded = STANDARD.encode(bytes);
    for text in
        [hex.to_uppercase(), encode(bytes), padded.trim_end_matches('=').to_owned(), format!(" {padded}\n")]
    {
        assert_eq!(fingerprint(&text).ok().as_ref(), Some(&expected), "{text}");
    }
    for text in [
        String::new(),
        "fb".repeat(31),
        "fb".repeat(33),
        encode([1; 31]),
        encode([1; 33]),
        "g".repeat(64),
        "ü".repeat(32),
    ] {
        assert!(matches!(fingerprint(&text), Err(MasterKeyError::Malformed)), "{text}");
    }
}

#[test]
fn a_master_key_file_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    assert!(MasterKey::read_file(&path).unwrap().is_none());
    let made = MasterKey::create_file(&path, &Chance::System).unwrap();
    let read = MasterKey::read_file(&path).unwrap().unwrap();
    assert_eq!(Sealer::new(&made).fingerprint(), Sealer::new(&read).fingerprint());
    assert_eq!(format!("{made:?}"), "[master key]");
    let before = fs::read(&path).unwrap();
    assert!(matches!(MasterKey::create_file(&path, &Chance::System), Err(MasterKeyError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), before, "it is never overwritten");
    for mode in [0o400, 0o600, 0o700] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        assert!(MasterKey::read_file(&path).unwrap().is_some(), "{mode:o}");
    }
    for open in [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o660, 0o644, 0o777] {
        fs::set_permissions(&path, Permissions::from_mode(open)).unwrap();
        let refused = MasterKey::read_file(&path).unwrap_err();
        assert!(matches!(refused, MasterKeyError::OpenToOthers { mode, .. } if mode == open), "{refused}");
    }
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    for content in [&b"short"[..], b"", b"\xff\xff", &[b'a'; 4096]] {
        fs::write(&path, content).unwrap();
        assert!(matches!(MasterKey::read_file(&path), Err(MasterKeyError::MalformedFile { .. })));
    }
}
