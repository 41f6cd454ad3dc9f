//! The people that the system starts with. Their numbers and GUIDs never change between runs.

use super::person::{Address, Email, Organization, Person, Phone, Role, Standing};

/// Party numbers of people added later start here.
pub(super) const FIRST_NEW_PARTY: usize = 50_000;

const SHARED_PASSWORD: &str = "letmein-please";

pub(super) fn founders() -> Vec<Person> {
    let refused = [
        (3, "carol", ["Carol", "Carol", "Núñez"], Standing::Locked),
        (4, "dave", ["David", "Dave", "O'Brien"], Standing::PasswordExpired),
        (5, "erin", ["Erin", "Erin", "Ó Súilleabháin"], Standing::Disabled),
    ];
    let refused = refused.map(|(number, login, names, standing)| Person {
        standing,
        ..numbered(number, (login, SHARED_PASSWORD), names, &[Role::Member])
    });
    let mut people = vec![
        alice(),
        bob(),
        Person {
            emails: vec![email("office@bridge-keepers.example", "Office", true)],
            ..numbered(2, ("admin", "opensesame"), ["Ada", "Ada", "Ministrator"], &[Role::Administrator])
        },
    ];
    people.extend(refused);
    let names = ["Nightly", "Nightly", "Interface"];
    people.push(numbered(6, ("svc", "svc-password-for-loopback-only"), names, &[Role::Service]));
    people
}

fn alice() -> Person {
    Person {
        emails: vec![
            email("alice@example.org", "Primary", true),
            email("alice.liddell@college.example", "Work", false),
        ],
        phones: vec![phone("+44 1865 276150", "Home"), phone("+44 7700 900123", "Mobile")],
        address: Some(Address {
            lines: vec!["The Deanery".into(), "1 Looking-Glass Lane".into()],
            city: "Oxford".into(),
            region: "Oxfordshire".into(),
            postal_code: "OX1 1DP".into(),
            country: "United Kingdom".into(),
        }),
        organization: Some(Organization { name: "Christ Church".into(), title: "Reader".into() }),
        ..numbered(0, ("alice", "wonderland"), ["Alice", "Alice", "Liddell"], &[Role::Member])
    }
}

/// His primary address is not the first of the list, and his organisation does not survive an unescaped page.
fn bob() -> Person {
    Person {
        emails: vec![
            email("boeb@heim.example", "Home", false),
            email("bob@example.org", "Work", true),
            email("bob.alt@example.net", "Other", false),
        ],
        phones: vec![phone("+49 89 5550199", "Work")],
        address: Some(Address {
            lines: vec!["Brückenstraße 7".into()],
            city: "München".into(),
            region: "Bayern".into(),
            postal_code: "80331".into(),
            country: "Deutschland".into(),
        }),
        organization: Some(Organization { name: "Brücken & Söhne <GmbH>".into(), title: "Polier".into() }),
        ..numbered(1, ("bob", "builder"), ["Robert", "Böb", "Bäumeister"], &[Role::Member, Role::Staff])
    }
}

fn numbered(number: u32, (login, password): (&str, &str), names: [&str; 3], roles: &[Role]) -> Person {
    let [first, informal, last] = names.map(String::from);
    Person {
        party_id: (10_001 + number).to_string(),
        guid: Some(format!("6f1d4c2a-0b5e-4e7b-9a31-{:012x}", 0x00c0_ffee_0001_u64 + u64::from(number))),
        standing: Standing::Active,
        roles: roles.to_vec(),
        member_id: format!("M-{:05}", 401 + number),
        first_name: first,
        informal_name: informal,
        last_name: last,
        ..Person::new(login, password)
    }
}

fn email(address: &str, kind: &str, is_primary: bool) -> Email {
    Email { address: address.into(), email_type: kind.into(), is_primary }
}

fn phone(number: &str, kind: &str) -> Phone {
    Phone { number: number.into(), phone_type: kind.into() }
}
