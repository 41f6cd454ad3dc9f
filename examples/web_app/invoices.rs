//! The old system's invoices, read and written through the gateway. The app sends its own access token there and never sees another.

use openidconnect::AccessToken;
use serde::Deserialize;
use serde_json::json;

use crate::loopback::http::Http;

/// Where the API is, below the provider.
const API: &str = "/gateway/legacy/api/invoices";

/// An invoice, as far as the app shows it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Invoice {
    pub description: String,
    pub amount: f64,
    pub currency: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    items: Values,
}

#[derive(Deserialize)]
struct Values {
    #[serde(rename = "$values")]
    values: Vec<Invoice>,
}

/// The invoices that the person may see, or why there are none.
pub(super) async fn read(http: &Http, issuer: &str, token: &AccessToken) -> Result<Vec<Invoice>, String> {
    let request = http.0.get(format!("{issuer}{API}")).bearer_auth(token.secret());
    let answer = request.send().await.map_err(|error| error.to_string())?;
    if !answer.status().is_success() {
        return Err(format!("the answer was {}", answer.status()));
    }
    let page: Page = answer.json().await.map_err(|error| error.to_string())?;
    Ok(page.items.values)
}

/// Writes one; what became of it, in a sentence. Who may is the old system's affair, as far as the gateway's rules go.
pub(super) async fn write(http: &Http, issuer: &str, token: &AccessToken) -> String {
    let invoice = json!({
        "PartyId": "10002", "Description": "Written by the web app", "Amount": 12.5, "Currency": "EUR", "IsPaid": false
    });
    let request = http.0.post(format!("{issuer}{API}")).bearer_auth(token.secret()).json(&invoice);
    match request.send().await.map(|answer| answer.status()) {
        Ok(status) if status.is_success() => "The invoice was written.".to_owned(),
        Ok(status) if status.as_u16() == 403 => "You may not write invoices, the old system says.".to_owned(),
        Ok(status) => format!("The invoice was not written: the answer was {status}."),
        Err(error) => format!("The invoice was not written: {error}."),
    }
}
