//! A person with a login: the record, and nothing that is done with it.

use serde::Serialize;

use super::chance;

/// What a person is to the association; what the role may do stands in `rights`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Role {
    /// Pays the fee; sees the own records.
    Member,
    /// Works in the office.
    Staff,
    /// May do everything.
    Administrator,
    /// A machine.
    Service,
}

/// Whether a right password lets the person in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Active,
    /// Too many wrong passwords.
    Locked,
    /// A new password must be chosen on the web site first.
    PasswordExpired,
    /// Shut out by the office.
    Disabled,
}

/// One of several e-mail addresses.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Email {
    /// `alice@example.org`
    pub address: String,
    /// `Home`, `Work`: free text of the office.
    pub email_type: String,
    /// At most one of a person's addresses is; it need not be the first.
    pub is_primary: bool,
}

/// One of several telephone numbers.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Phone {
    /// As somebody typed it.
    pub number: String,
    /// `Home`, `Mobile`: free text of the office.
    pub phone_type: String,
}

/// A postal address.
#[derive(Clone)]
pub struct Address {
    /// The lines above the city.
    pub lines: Vec<String>,
    /// The city.
    pub city: String,
    /// The county, state or Land.
    pub region: String,
    /// The postal code.
    pub postal_code: String,
    /// The country's name, not its code.
    pub country: String,
}

/// Where a person works.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Organization {
    /// Its name.
    pub name: String,
    /// The person's title there.
    pub title: String,
}

/// Everything that the system knows about a person.
#[derive(Clone)]
pub struct Person {
    /// The number of the contact. Tokens and sessions hang on it, so that a changed login keeps them.
    pub party_id: String,
    /// The immutable id. A broken import may have left it out.
    pub guid: Option<String>,
    /// The login name: it changes, and it may be given to somebody else later.
    pub login: String,
    /// In the clear: this is a stand-in.
    pub password: String,
    /// Whether the password lets the person in.
    pub standing: Standing,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// The number on the membership card.
    pub member_id: String,
    /// The given name.
    pub first_name: String,
    /// What friends say.
    pub informal_name: String,
    /// The family name.
    pub last_name: String,
    /// In no order that means anything.
    pub emails: Vec<Email>,
    /// In no order that means anything.
    pub phones: Vec<Phone>,
    /// The address at home.
    pub address: Option<Address>,
    /// The place of work.
    pub organization: Option<Organization>,
}

impl Person {
    /// A plain member with a new GUID. Any login goes: `a&b%c`, line breaks, any script.
    pub fn new(login: &str, password: &str) -> Self {
        Self {
            party_id: String::new(),
            guid: Some(chance::guid()),
            login: login.into(),
            password: password.into(),
            standing: Standing::Active,
            roles: vec![Role::Member],
            member_id: String::new(),
            first_name: "Newly".into(),
            informal_name: "New".into(),
            last_name: "Joined".into(),
            emails: Vec::new(),
            phones: Vec::new(),
            address: None,
            organization: None,
        }
    }

    /// Given name and family name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    pub(super) fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Logins are compared whole and without regard to case.
    pub(super) fn answers_to(&self, login: &str) -> bool {
        self.login.to_lowercase() == login.to_lowercase()
    }
}
