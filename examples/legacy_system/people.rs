//! The people with a login: who they are, whether a password lets them in, and what a test or an administrator may change about them.

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::person::{Person, Standing};
use super::roster;

/// Why a sign-in was refused. The token endpoint has one code for all of them: only the sentence differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignInRefusal {
    WrongPassword,
    Locked,
    PasswordExpired,
    Disabled,
}

impl SignInRefusal {
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::WrongPassword => "The user name or password is incorrect.",
            Self::Locked => "Your account has been locked because of too many failed login attempts.",
            Self::PasswordExpired => {
                "Your password has expired. Change it on the web site before you log in again."
            }
            Self::Disabled => "This account has been disabled. Please contact the membership office.",
        }
    }
}

/// Why a change to the roster was not made.
#[derive(Debug, PartialEq, Eq)]
pub enum RosterError {
    /// There is no such login.
    NobodyHasThatLogin,
    /// Two people cannot share one, in whatever case it is spelt.
    LoginTaken,
}

/// Everybody with a login; clones share one roster.
#[derive(Clone)]
pub struct People(Arc<Mutex<Vec<Person>>>);

impl People {
    pub(super) fn of(founders: Vec<Person>) -> Self {
        Self(Arc::new(Mutex::new(founders)))
    }

    /// The password is checked before the standing, so that a stranger cannot learn who is locked.
    pub(super) fn sign_in(&self, login: &str, password: &str) -> Result<Person, SignInRefusal> {
        let people = self.lock();
        let person = people.iter().find(|person| person.answers_to(login) && person.password == password);
        let person = person.ok_or(SignInRefusal::WrongPassword)?;
        match person.standing {
            Standing::Active => Ok(person.clone()),
            Standing::Locked => Err(SignInRefusal::Locked),
            Standing::PasswordExpired => Err(SignInRefusal::PasswordExpired),
            Standing::Disabled => Err(SignInRefusal::Disabled),
        }
    }

    pub(super) fn by_party(&self, party_id: &str) -> Option<Person> {
        self.lock().iter().find(|person| person.party_id == party_id).cloned()
    }

    /// The person who has that login today.
    pub fn by_login(&self, login: &str) -> Option<Person> {
        self.lock().iter().find(|person| person.answers_to(login)).cloned()
    }

    /// Everybody whose login begins so, the newest first: the real system promises no order, and a reader who takes the first row is wrong.
    pub fn beginning_with(&self, prefix: &str) -> Vec<Person> {
        let prefix = prefix.to_lowercase();
        let people = self.lock();
        people
            .iter()
            .rev()
            .filter(|person| person.login.to_lowercase().starts_with(&prefix))
            .cloned()
            .collect()
    }

    /// One line for each login, for the terminal.
    pub fn introduce(&self) -> String {
        self.lock().iter().fold(String::new(), |mut text, person| {
            let (login, password, standing) = (&person.login, &person.password, person.standing);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {login} / {password}  {:?} {standing:?}", person.roles);
            text
        })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Person>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an administrator, or a test, does to people while the system runs.
impl People {
    /// Adds a person under the next free number.
    pub fn add(&self, mut person: Person) -> Result<Person, RosterError> {
        let mut people = self.lock();
        if people.iter().any(|other| other.answers_to(&person.login)) {
            return Err(RosterError::LoginTaken);
        }
        let number = roster::FIRST_NEW_PARTY + people.len();
        person.party_id = number.to_string();
        person.member_id = format!("M-{number}");
        people.push(person.clone());
        Ok(person)
    }

    /// Any change at all, made at once for every reader.
    pub fn change(&self, login: &str, edit: impl FnOnce(&mut Person)) -> Result<(), RosterError> {
        let mut people = self.lock();
        let person = people.iter_mut().find(|person| person.answers_to(login));
        edit(person.ok_or(RosterError::NobodyHasThatLogin)?);
        Ok(())
    }

    /// Shuts the person out.
    pub fn disable(&self, login: &str) -> Result<(), RosterError> {
        self.change(login, |person| person.standing = Standing::Disabled)
    }

    /// Lets the person in again, whatever had shut them out.
    pub fn enable(&self, login: &str) -> Result<(), RosterError> {
        self.change(login, |person| person.standing = Standing::Active)
    }

    /// Changes the login; the person, the tokens and the GUID stay.
    pub fn rename(&self, login: &str, new_login: &str) -> Result<(), RosterError> {
        if self.by_login(new_login).is_some() {
            return Err(RosterError::LoginTaken);
        }
        self.change(login, |person| person.login = new_login.into())
    }

    /// Living tokens stay alive.
    pub fn set_password(&self, login: &str, password: &str) -> Result<(), RosterError> {
        self.change(login, |person| person.password = password.into())
    }

    /// What a broken import does.
    pub fn lose_guid(&self, login: &str) -> Result<(), RosterError> {
        self.change(login, |person| person.guid = None)
    }

    /// The person leaves, and somebody else is given the same login: another number, another GUID.
    pub fn give_login_to_another(&self, login: &str, password: &str) -> Result<Person, RosterError> {
        self.rename(login, &format!("{login} (left)"))?;
        self.add(Person::new(login, password))
    }
}
