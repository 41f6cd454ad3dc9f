//! Amazon Cognito as moto plays it: user pools, and the people in them.

use std::sync::OnceLock;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::process::client;
use crate::support::systems::{Answer, Running, script};

/// A user pool of its own in moto's Cognito. alice and bob may come in with `correct horse`, carol is disabled, and erin, who came by
/// `first password`, has yet to choose one.
#[expect(missing_docs, reason = "the names say it")]
pub struct Cognito {
    pub base_url: &'static str,
    pub pool: String,
    pub client_id: String,
    pub client_secret: Option<String>,
    http: Client,
}

impl Cognito {
    /// Opens the pool.
    pub async fn open() -> Self {
        Self::with(json!({})).await
    }

    /// The same with an application client that has a secret.
    pub async fn with_secret() -> Self {
        Self::with(json!({ "GenerateSecret": true })).await
    }

    async fn with(more: Value) -> Self {
        static MOTO: OnceLock<Running> = OnceLock::new();
        let base_url = MOTO.get_or_init(|| Running::start("cognito.py", &[])).base_url.as_str();
        let mut pool = Self {
            base_url,
            pool: String::new(),
            client_id: String::new(),
            client_secret: None,
            http: client(),
        };
        let weak = ["RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols"];
        let mut policy: serde_json::Map<_, _> =
            weak.map(|rule| (rule.to_owned(), json!(false))).into_iter().collect();
        policy.insert("MinimumLength".to_owned(), json!(8));
        let made = json!({ "PoolName": "members", "Policies": { "PasswordPolicy": policy } });
        pool.pool = pool.is_made("CreateUserPool", made).await.text_at("/UserPool/Id");
        let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
        let mut made = json!({ "UserPoolId": pool.pool, "ClientName": "bridge", "ExplicitAuthFlows": flows });
        made.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = pool.is_made("CreateUserPoolClient", made).await;
        pool.client_id = made.text_at("/UserPoolClient/ClientId");
        pool.client_secret = made.json()["UserPoolClient"]["ClientSecret"].as_str().map(str::to_owned);
        pool.people().await;
        pool
    }

    async fn people(&self) {
        for (user_name, first, last) in [
            ("alice", "Alice", "Liddell"),
            ("bob", "Bob", "Ångström"),
            ("carol", "Carol", "Lost"),
            ("erin", "Erin", "New"),
        ] {
            let attributes = [
                ("email", format!("{user_name}@example.org")),
                ("email_verified", "true".to_owned()),
                ("given_name", first.to_owned()),
                ("family_name", last.to_owned()),
            ];
            let attributes = attributes.map(|(name, value)| json!({ "Name": name, "Value": value }));
            let with = json!({ "TemporaryPassword": "first password", "UserAttributes": attributes });
            self.administers("AdminCreateUser", user_name, with).await;
        }
        for user_name in ["alice", "bob", "carol"] {
            let with = json!({ "Password": "correct horse", "Permanent": true });
            self.administers("AdminSetUserPassword", user_name, with).await;
        }
        self.is_made("CreateGroup", json!({ "UserPoolId": self.pool, "GroupName": "editors" })).await;
        self.administers("AdminAddUserToGroup", "alice", json!({ "GroupName": "editors" })).await;
        self.disables("carol").await;
    }

    /// bob wants to be asked for the code of his telephone from now on; its secret.
    pub async fn bob_registers_his_telephone(&self) -> String {
        let token = self.signs_in("bob", "correct horse").await.text_at("/AuthenticationResult/AccessToken");
        let secret = self.is_made("AssociateSoftwareToken", json!({ "AccessToken": token })).await;
        let secret = secret.text_at("/SecretCode");
        let code = code_of(&secret).await;
        self.is_made("VerifySoftwareToken", json!({ "AccessToken": token, "UserCode": code })).await;
        let with = json!({ "SoftwareTokenMfaSettings": { "Enabled": true, "PreferredMfa": true } });
        self.administers("AdminSetUserMFAPreference", "bob", with).await;
        secret
    }

    /// Calls an operation of the service, as everybody may.
    pub async fn asks(&self, operation: &str, body: Value) -> Answer {
        let request = self.http.post(format!("{}/", self.base_url));
        let request = request
            .header("X-Amz-Target", format!("AWSCognitoIdentityProviderService.{operation}"))
            .header(CONTENT_TYPE, "application/x-amz-json-1.1")
            .body(body.to_string());
        Answer::to(request).await
    }

    /// Begins to sign in with a password.
    pub async fn signs_in(&self, user_name: &str, password: &str) -> Answer {
        let parameters = json!({ "USERNAME": user_name, "PASSWORD": password });
        self.asks("InitiateAuth", self.of_client("USER_PASSWORD_AUTH", &parameters)).await
    }

    /// Asks for new tokens.
    pub async fn refreshes(&self, refresh_token: &str) -> Answer {
        let parameters = json!({ "REFRESH_TOKEN": refresh_token });
        self.asks("InitiateAuth", self.of_client("REFRESH_TOKEN_AUTH", &parameters)).await
    }

    fn of_client(&self, flow: &str, parameters: &Value) -> Value {
        json!({ "ClientId": self.client_id, "AuthFlow": flow, "AuthParameters": parameters })
    }

    /// The administrator disables an account.
    pub async fn disables(&self, user_name: &str) {
        self.administers("AdminDisableUser", user_name, json!({})).await;
    }

    /// The administrator deletes an account.
    pub async fn removes(&self, user_name: &str) {
        self.administers("AdminDeleteUser", user_name, json!({})).await;
    }

    /// The id of an account that never changes.
    pub async fn sub_of(&self, user_name: &str) -> String {
        let shown = self.administers("AdminGetUser", user_name, json!({})).await.json();
        let attributes = shown["UserAttributes"].as_array().unwrap();
        let sub = attributes.iter().find(|attribute| attribute["Name"] == "sub").unwrap();
        sub["Value"].as_str().unwrap().to_owned()
    }

    async fn administers(&self, operation: &str, user_name: &str, mut with: Value) -> Answer {
        with["UserPoolId"] = json!(self.pool);
        with["Username"] = json!(user_name);
        self.is_made(operation, with).await
    }

    async fn is_made(&self, operation: &str, body: Value) -> Answer {
        let answer = self.asks(operation, body).await;
        assert_eq!(answer.status, 200, "{operation}: {answer:?}");
        answer
    }
}

/// What the telephone with this secret shows.
///
/// # Panics
/// When the packages are not installed.
pub async fn code_of(secret: &str) -> String {
    let mut command = script("authenticator.py");
    command.arg(secret);
    let shown = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    String::from_utf8(shown.stdout).unwrap().trim().to_owned()
}
