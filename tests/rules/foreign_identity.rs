//! Whom another issuer's token stands for.

use passerelle::id::LegacyId;
use passerelle::rules::foreign_identity::{Facts, Identity, IdentityRule, Names, Who, identify};
use serde_json::json;

fn person(claim: &str, names: Names) -> IdentityRule {
    IdentityRule { client: None, role: None, who: Who::Person { claim: claim.into(), names } }
}

fn service(client: Option<&str>, role: Option<&str>, account: &str) -> IdentityRule {
    IdentityRule {
        client: client.map(str::to_owned),
        role: role.map(str::to_owned),
        who: Who::ServiceAccount(account.to_owned()),
    }
}

fn named(rules: &[IdentityRule], subject: &str, client: Option<&str>, roles: &[&str]) -> Option<Identity> {
    let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
    let claims = json!({"sub": subject, "number": 4711, "member": "4711", "half": 0.5, "empty": ""});
    identify(rules, Facts { client, subject, roles: &roles, claims: &claims })
}

#[test]
fn the_first_rule_that_fits_decides_and_without_one_it_is_nobody() {
    let rules = [
        service(Some("crm-sync"), Some("sync"), "members"),
        service(Some("crm-sync"), None, "reader"),
        person("member", Names::LegacyId),
    ];
    let service_account = |name: &str| Some(Identity::ServiceAccount(name.to_owned()));
    assert_eq!(named(&rules, "crm-sync", Some("crm-sync"), &["a", "sync"]), service_account("members"));
    assert_eq!(named(&rules, "crm-sync", Some("crm-sync"), &["Sync"]), service_account("reader"));
    let member = Some(Identity::LegacyId(LegacyId::from("4711")));
    assert_eq!(named(&rules, "a", Some("portal"), &[]), member);
    assert_eq!(named(&rules, "a", None, &["sync"]), member);
    assert_eq!(named(&[], "a", None, &[]), None);
}

#[test]
fn a_claim_names_a_person_by_a_text_or_a_whole_number() {
    let by = |claim: &str, names| named(&[person(claim, names)], "alice", Some("portal"), &[]);
    assert_eq!(by("sub", Names::UserName), Some(Identity::UserName("alice".to_owned())));
    assert_eq!(by("number", Names::LegacyId), Some(Identity::LegacyId(LegacyId::from("4711"))));
    for claim in ["half", "empty", "absent", "/sub/a"] {
        assert_eq!(by(claim, Names::LegacyId), None, "{claim}");
    }
}

/// RFC 9068 §5.
#[test]
fn a_client_that_is_called_alice_is_not_alice() {
    let rules = [person("sub", Names::UserName)];
    assert_eq!(named(&rules, "alice", Some("alice"), &[]), None);
    assert_eq!(named(&rules, "alice", Some("portal"), &[]), Some(Identity::UserName("alice".to_owned())));
}

#[test]
fn conditions_narrow_a_persons_rule_too() {
    let rule = IdentityRule { role: Some("member".to_owned()), ..person("sub", Names::UserName) };
    assert_eq!(named(std::slice::from_ref(&rule), "alice", None, &[]), None);
    assert!(named(&[rule], "alice", None, &["member"]).is_some());
}
