//! Names of things.

use std::time::Duration;

use passerelle::id::{AccountId, ClientId, FamilyId, ReferenceId, SessionId};
use passerelle::secret::Chance;
use passerelle::time::Timestamp;

use crate::support::parts::BEGINNING;

#[test]
fn an_id_is_its_text() {
    let id = ClientId::from("web é");
    assert_eq!((id.as_str(), id.to_string().as_str()), ("web é", "web é"));
    assert_eq!(serde_json::to_string(&id).unwrap(), "\"web é\"");
    assert_eq!(serde_json::from_str::<ClientId>("\"web é\"").unwrap(), id);
}

#[test]
fn keys_of_growing_tables_come_in_the_order_of_time() {
    let chance = Chance::System;
    let sessions: Vec<_> =
        (0..50).map(|second| SessionId::mint(BEGINNING + Duration::from_secs(second), &chance)).collect();
    assert!(sessions.is_sorted());
    let one = FamilyId::mint(BEGINNING, &chance);
    assert_ne!(one, FamilyId::mint(BEGINNING, &chance), "not by time alone");
    let parsed = uuid::Uuid::parse_str(one.as_str()).unwrap();
    assert_eq!(parsed.get_version_num(), 7);
    for odd in [i64::MIN, -1, 0, i64::MAX] {
        uuid::Uuid::parse_str(SessionId::mint(Timestamp::from_seconds(odd), &chance).as_str()).unwrap();
    }
}

#[test]
fn a_subject_says_nothing_about_when_it_was_minted() {
    let chance = Chance::seeded(7);
    let (one, two) = (AccountId::mint(&chance), AccountId::mint(&chance));
    assert_ne!(one, two);
    assert_eq!(uuid::Uuid::parse_str(one.as_str()).unwrap().get_version_num(), 4);
    assert!(one.as_str().len() <= 255, "OpenID Connect Core §2");
}

#[test]
fn a_reference_can_be_read_out_on_the_telephone() {
    let reference = ReferenceId::mint(&Chance::System);
    assert_eq!(reference.as_str().len(), 10);
    assert!(reference.as_str().bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
}
