//! The business records: events, invoices and members, and what the shelves hold at the start.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::person::Person;
use super::rights::Resource;

/// What the three kinds of record have in common.
pub(super) trait Record: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    const RESOURCE: Resource;
    fn id(&self) -> &str;
    fn numbered(self, id: String) -> Self;
    /// The party whose own record this is.
    fn owner(&self) -> Option<&str>;
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Event {
    #[serde(default)]
    id: String,
    title: String,
    city: String,
    begins: String,
    seats: u32,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Invoice {
    #[serde(default)]
    id: String,
    party_id: String,
    description: String,
    amount: f64,
    currency: String,
    is_paid: bool,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Member {
    /// The party number of the member.
    #[serde(default)]
    id: String,
    name: String,
    member_type: String,
    city: String,
}

impl Record for Event {
    const RESOURCE: Resource = Resource::Events;
    fn id(&self) -> &str {
        &self.id
    }
    fn numbered(self, id: String) -> Self {
        Self { id, ..self }
    }
    fn owner(&self) -> Option<&str> {
        None
    }
}

impl Record for Invoice {
    const RESOURCE: Resource = Resource::Invoices;
    fn id(&self) -> &str {
        &self.id
    }
    fn numbered(self, id: String) -> Self {
        Self { id, ..self }
    }
    fn owner(&self) -> Option<&str> {
        Some(&self.party_id)
    }
}

impl Record for Member {
    const RESOURCE: Resource = Resource::Members;
    fn id(&self) -> &str {
        &self.id
    }
    fn numbered(self, id: String) -> Self {
        Self { id, ..self }
    }
    fn owner(&self) -> Option<&str> {
        Some(&self.id)
    }
}

/// The records of one kind; clones share the shelf.
#[derive(Clone)]
pub(super) struct Shelf<R>(Arc<Mutex<Vec<R>>>);

impl<R: Record> Shelf<R> {
    fn holding(records: Vec<R>) -> Self {
        Self(Arc::new(Mutex::new(records)))
    }

    pub(super) fn all(&self) -> Vec<R> {
        self.lock().clone()
    }

    pub(super) fn find(&self, id: &str) -> Option<R> {
        self.lock().iter().find(|record| record.id() == id).cloned()
    }

    pub(super) fn add(&self, draft: R) -> R {
        let mut records = self.lock();
        let number = 70_000 + records.len();
        let record = draft.numbered(number.to_string());
        records.push(record.clone());
        record
    }

    pub(super) fn replace(&self, id: &str, draft: R) -> Option<R> {
        let mut records = self.lock();
        let place = records.iter_mut().find(|record| record.id() == id)?;
        *place = draft.numbered(id.into());
        Some(place.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
pub(super) struct Ledger {
    pub events: Shelf<Event>,
    pub invoices: Shelf<Invoice>,
    pub members: Shelf<Member>,
}

const FIRST_NAMES: &str = "Anaïs Björn Chloé Dirk Elif Finn Greta Hugo Inès Jan Karin Léa Milan Nora Oskar Paula Quentin Rosa Søren Tomáš Ute Vera \
                           Willem Xenia Yves Zoë";
const LAST_NAMES: &str = "Abel Brandt Claes Durand Eriksen Fabre Gruber Huber Ilić Jansen Keller Lang Moreau Novák Olsen Peeters Quist Roux Schmidt \
                          Thys Ünal Vogel Weiß Yılmaz Zeman Arnaud Becker Colin Dubois Ek Fischer Girard Horn Ivanov Jung Kurz Lemaire Meyer Nagel Ott";
const CITIES: [&str; 5] = ["Lyon", "Köln", "Gent", "Malmö", "Graz"];

impl Ledger {
    /// More than a thousand members, so that both the default page and the longest one are too short for all.
    pub(super) fn opening(people: &[Person]) -> Self {
        let own = people.iter().map(|person| (person.party_id.clone(), person.full_name()));
        let contacts = LAST_NAMES
            .split_whitespace()
            .flat_map(|last| FIRST_NAMES.split_whitespace().map(move |first| format!("{first} {last}")));
        let contacts = (20_001_u32..).map(|number| number.to_string()).zip(contacts);
        let cities = CITIES.iter().cycle();
        let members: Vec<Member> =
            own.chain(contacts).zip(cities).map(|((id, name), city)| member(id, name, city)).collect();
        // Three rounds over a few members: several invoices each, and most members without one.
        let invoiced =
            [2022, 2023, 2024].iter().flat_map(|year| members.iter().step_by(9).map(move |who| (year, who)));
        let invoices = (30_001_u32..).zip(invoiced).map(|(id, (year, who))| invoice(id, &who.id, *year));
        let events = (1_u32..=24).zip(CITIES.iter().cycle()).map(|(number, city)| event(number, city));
        Self {
            invoices: Shelf::holding(invoices.collect()),
            events: Shelf::holding(events.collect()),
            members: Shelf::holding(members),
        }
    }
}

fn member(id: String, name: String, city: &str) -> Member {
    Member { id, name, member_type: "Regular".into(), city: city.into() }
}

fn invoice(id: u32, party_id: &str, year: u16) -> Invoice {
    Invoice {
        id: id.to_string(),
        party_id: party_id.into(),
        description: format!("Membership fee {year}"),
        amount: 120.5,
        currency: "EUR".into(),
        is_paid: year < 2024,
    }
}

fn event(number: u32, city: &str) -> Event {
    let (year, month) = (2025 + (number - 1) / 12, (number - 1) % 12 + 1);
    Event {
        id: (500 + number).to_string(),
        title: format!("Bridge walk no. {number}"),
        city: city.into(),
        begins: format!("{year}-{month:02}-14T18:30:00"),
        seats: 40,
    }
}
