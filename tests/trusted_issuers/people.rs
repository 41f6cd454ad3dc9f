//! Whom another issuer's token stands for here: somebody with an account and tokens in the vault, or a service account.

use std::time::Duration;

use passerelle::gateway::caller::{Caller, Issuer};
use passerelle::gateway::issuers::error::IssuerError;
use passerelle::id::{AccountId, ConnectorId, LegacyId};
use passerelle::model::account::{Account, LastHeard};
use passerelle::oauth::error::ErrorCode;
use passerelle::secret::Secret;
use passerelle::store::legacy_grants::{self, SealedTokens};
use passerelle::store::{accounts, db::Db};
use serde_json::{Map, Value, json};

use super::changed;
use crate::support::foreign_issuer::{ForeignIssuer, Key};
use crate::support::parts::BEGINNING;
use crate::support::trust::Trust;

const RULES: &str = r#"
[[gateway.issuer.identity]]
client = "crm-sync"
role = "sync"
service_account = "members"
[[gateway.issuer.identity]]
claim = "member_id"
names = "legacy_id"
[[gateway.issuer.identity]]
claim = "preferred_username"
names = "user_name"
"#;

/// Somebody who has signed in at `connector`, and whose tokens are in the vault or not.
async fn person(db: &Db, connector: &str, legacy_id: &str, user_name: &str, keeps: bool) -> AccountId {
    let account = Account {
        id: AccountId::from(format!("account-{connector}-{legacy_id}")),
        connector: ConnectorId::from(connector),
        legacy_id: LegacyId::from(legacy_id),
        user_name: user_name.to_owned(),
        claims: Map::new(),
        created_at: BEGINNING,
        updated_at: BEGINNING,
        heard: LastHeard::default(),
    };
    let write = db.write(move |tx| {
        Box::pin(async move {
            let account = accounts::remember(tx, &account).await?;
            let until = BEGINNING + Duration::from_hours(1);
            let tokens = SealedTokens { access: vec![1], refresh: None, usable_until: until };
            if keeps {
                legacy_grants::put(tx, &account.id, "client", &tokens, BEGINNING).await?;
            }
            Ok(account.id)
        })
    });
    write.await.unwrap()
}

struct House {
    partner: ForeignIssuer,
    trust: Trust,
}

impl House {
    async fn open() -> Self {
        let partner = ForeignIssuer::open().await;
        let trust = Trust::in_one(&partner.url, RULES).await;
        Self { partner, trust }
    }

    async fn caller(&self, changes: &Value) -> Result<Caller, IssuerError> {
        let token = Key::First.token(&changed(self.partner.claims(BEGINNING), changes));
        let legacy = ConnectorId::from("legacy");
        let calling = self.trust.issuers.caller(&Secret::from(token), &legacy, BEGINNING).await;
        calling.map(|foreign| foreign.caller)
    }

    async fn refused(&self, changes: &Value) -> &'static str {
        let error = self.caller(changes).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDenied, "{error}");
        error.reason()
    }
}

#[tokio::test]
async fn a_claim_names_somebody_who_has_signed_in_here() {
    let house = House::open().await;
    let alice = person(&house.trust.db, "legacy", "21", "Alice", true).await;
    person(&house.trust.db, "elsewhere", "21", "alice", true).await;
    for claims in
        [json!({"member_id": "21"}), json!({"member_id": 21}), json!({"preferred_username": "alice"})]
    {
        let caller = house.caller(&claims).await.unwrap();
        assert_eq!(caller.account.as_ref(), Some(&alice), "{claims}");
        assert_eq!(caller.user_name.as_deref(), Some("Alice"));
        assert_eq!(caller.service_account, None);
        assert_eq!(caller.issuer, Issuer::Foreign(house.partner.url.clone().into()));
        // A client of theirs is none of ours by the same name.
        assert_eq!(caller.client.as_str(), "partner:portal");
        assert_eq!((caller.subject.as_str(), &*caller.roles), ("4711", &["member".to_owned()][..]));
        assert_eq!(caller.scope.to_string(), "members.read");
        assert_eq!(caller.expires_at, BEGINNING + Duration::from_mins(5));
        assert_eq!(caller.claims["jti"], "1");
    }
}

#[tokio::test]
async fn nobody_is_made_up() {
    let house = House::open().await;
    person(&house.trust.db, "legacy", "21", "alice", true).await;
    person(&house.trust.db, "legacy", "22", "bob", false).await;
    person(&house.trust.db, "legacy", "23", "carol", true).await;
    person(&house.trust.db, "legacy", "24", "CAROL", true).await;
    assert_eq!(house.refused(&json!({})).await, "nobody");
    assert_eq!(house.refused(&json!({"member_id": ["21"]})).await, "nobody");
    assert_eq!(house.refused(&json!({"member_id": "99"})).await, "no_account");
    assert_eq!(house.refused(&json!({"member_id": "22"})).await, "nothing_kept");
    // One name that two people have is nobody's, and the first rule that fits decides.
    assert_eq!(house.refused(&json!({"preferred_username": "carol"})).await, "several_people");
    let both = json!({"member_id": "99", "preferred_username": "alice"});
    assert_eq!(house.refused(&both).await, "no_account");
}

#[tokio::test]
async fn a_service_stands_for_its_service_account_and_for_no_person() {
    let house = House::open().await;
    person(&house.trust.db, "legacy", "21", "alice", true).await;
    let service = json!({"sub": "crm-sync", "client_id": "crm-sync", "roles": ["sync"]});
    let caller = house.caller(&service).await.unwrap();
    assert_eq!((caller.account, caller.service_account.as_deref()), (None, Some("members")));
    assert_eq!(caller.client.as_str(), "partner:crm-sync");
    let without_role = changed(service.clone(), &json!({"roles": []}));
    assert_eq!(house.refused(&without_role).await, "nobody");
    let other = changed(service, &json!({"client_id": "another", "sub": "another"}));
    assert_eq!(house.refused(&other).await, "nobody");
    // Whoever may name a client at that provider cannot become alice by it.
    let alice = json!({"sub": "alice", "client_id": "alice", "preferred_username": "alice"});
    assert_eq!(house.refused(&alice).await, "nobody");
}
