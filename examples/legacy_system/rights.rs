//! Who may do what to the business records. Pure: a person, an action and a resource in, a reach out.

use super::person::{Person, Role, Standing};

#[derive(Clone, Copy)]
pub(super) enum Resource {
    Events,
    Invoices,
    Members,
}

#[derive(Clone, Copy)]
pub(super) enum Action {
    Read,
    Create,
    Update,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Nothing,
    Own,
    Everything,
}

pub(super) fn reach(person: &Person, action: Action, resource: Resource) -> Reach {
    use {Action::*, Reach::*, Resource::*};
    let [member, staff, service] = [Role::Member, Role::Staff, Role::Service].map(|role| person.has(role));
    match (action, resource) {
        // A disabled user keeps a living token and the sight of the own profile, and nothing else.
        _ if person.standing == Standing::Disabled => Nothing,
        _ if person.has(Role::Administrator) => Everything,
        (Read, Events) if member || staff => Everything,
        (Read, Invoices) if staff => Everything,
        (Read, Members) if staff || service => Everything,
        (Read, Invoices | Members) if member => Own,
        (Create, Events | Invoices) if staff => Everything,
        (Update, Events) if staff => Everything,
        _ => Nothing,
    }
}
