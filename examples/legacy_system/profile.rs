//! The profile side of the REST API: `user` by login prefix, `party` by number, and `me`.

use axum::extract::{Path, RawQuery, State};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde_json::{Map, Value, json};

use super::form;
use super::gate::Caller;
use super::people::People;
use super::person::{Address, Person, Standing};
use super::reply::{ApiError, Collection, Window};
use super::rights::{Action, Reach, Resource, reach};

pub(super) fn router(people: People) -> Router {
    Router::new()
        .route("/api/user", get(users))
        .route("/api/party/{id}", get(party))
        .route("/api/me", get(me))
        .with_state(people)
}

/// `?username=` is a prefix, as in the real system, and every signed-in user sees the rows: whoever takes the first hit for the
/// person that was meant lets one user in as another.
async fn users(
    State(people): State<People>,
    RawQuery(query): RawQuery,
) -> Result<Json<Collection<Value>>, ApiError> {
    let query = form::fields(query.unwrap_or_default().as_bytes());
    let window = Window::parse(&query)?;
    let found = people.beginning_with(form::value(&query, "username").unwrap_or_default());
    Ok(Json(window.of(found.iter().map(user_row).collect())))
}

async fn party(
    State(people): State<People>,
    Extension(Caller(caller)): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let everybody = reach(&caller, Action::Read, Resource::Members) == Reach::Everything;
    if caller.party_id != id && !everybody {
        return Err(ApiError::Forbidden);
    }
    let person = people.by_party(&id).ok_or(ApiError::NotFound)?;
    Ok(Json(Value::Object(party_fields(&person))))
}

/// A disabled user gets a 200 here too; only `IsDisable` tells.
async fn me(Extension(Caller(caller)): Extension<Caller>) -> Json<Value> {
    let mut fields = login_fields(&caller);
    fields.insert("MemberId".into(), json!(caller.member_id));
    fields.append(&mut party_fields(&caller));
    Json(Value::Object(fields))
}

fn user_row(person: &Person) -> Value {
    let primary = person.emails.iter().find(|email| email.is_primary).map(|email| &email.address);
    let mut party = identity_fields(person);
    party.insert("Name".into(), json!(person.full_name()));
    party.insert("Email".into(), json!(primary));
    let mut fields = login_fields(person);
    fields.insert("Party".into(), Value::Object(party));
    Value::Object(fields)
}

fn login_fields(person: &Person) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Some(guid) = &person.guid {
        fields.insert("UserId".into(), json!(guid));
    }
    fields.insert("UserName".into(), json!(person.login));
    fields.insert("IsDisable".into(), json!(person.standing == Standing::Disabled));
    fields.insert("Roles".into(), json!({"$values": person.roles}));
    fields
}

fn identity_fields(person: &Person) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("PartyId".into(), json!(person.party_id));
    fields.insert("Id".into(), json!(person.party_id));
    if let Some(guid) = &person.guid {
        fields.insert("UniformId".into(), json!(guid));
    }
    fields
}

fn party_fields(person: &Person) -> Map<String, Value> {
    let mut fields = identity_fields(person);
    let status = if person.standing == Standing::Disabled { ("I", "Inactive") } else { ("A", "Active") };
    let addresses: Vec<Value> = person.address.iter().map(address).collect();
    let mut set = |key: &str, value| fields.insert(key.into(), value);
    set(
        "PersonName",
        json!({
            "FirstName": person.first_name,
            "InformalName": person.informal_name,
            "LastName": person.last_name,
            "FullName": person.full_name(),
        }),
    );
    set("PrimaryOrganization", json!(person.organization));
    set("Emails", json!({"$values": person.emails}));
    set("Phones", json!({"$values": person.phones}));
    set("Addresses", json!({"$values": addresses}));
    set("AdditionalAttributes", json!({"$values": [{"Name": "MemberId", "Value": person.member_id}]}));
    set("Status", json!({"PartyStatusId": status.0, "Name": status.1}));
    fields
}

fn address(address: &Address) -> Value {
    let inner = json!({
        "AddressLines": {"$values": address.lines},
        "CityName": address.city,
        "CountrySubEntityName": address.region,
        "PostalCode": address.postal_code,
        "CountryName": address.country,
    });
    json!({"AddressPurpose": "Home", "Address": inner})
}
