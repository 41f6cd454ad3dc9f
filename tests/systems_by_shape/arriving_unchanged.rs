//! Every byte that people type arrives at every system as they typed it, once, and nothing of it becomes anything else.

use rstest::rstest;

use super::{System, Way};
use super::{
    aspnet_owin, cmic, directus, doorkeeper, drupal, firebase, iimmpact, jellyfin, keycloak,
    laravel_passport, magento, matrix, moodle, nextcloud, oauth2_password, salesforce, spring, strapi,
    wordpress, zimbra,
};

const NAMES: [&str; 9] = [
    "alice",
    "a+b%20&c=d",
    "\"quotes\" 'n' \\slashes\\",
    "ä€ü 🦢",
    "nul\0",
    "line\r\nbreak",
    " blank ",
    "{base_url}{/typed/password}",
    "</account><password>x</password>",
];
const PASSWORDS: [&str; 7] =
    ["+%&\"\\\0ä€", "p&password=x", "a:b::", " ", "{{ x }}", "\u{7f}\t\r\n", "<![CDATA[x]]>&amp;"];

#[rstest]
#[case::aspnet_owin(&aspnet_owin::WAY)]
#[case::cmic(&cmic::WAY)]
#[case::directus(&directus::WAY)]
#[case::doorkeeper(&doorkeeper::WAY)]
#[case::drupal(&drupal::WAY)]
#[case::firebase(&firebase::WAY)]
#[case::iimmpact(&iimmpact::WAY)]
#[case::jellyfin(&jellyfin::WAY)]
#[case::keycloak(&keycloak::WAY)]
#[case::laravel_passport(&laravel_passport::WAY)]
#[case::magento(&magento::CUSTOMERS)]
#[case::magento_staff(&magento::STAFF)]
#[case::matrix(&matrix::WAY)]
#[case::moodle(&moodle::WAY)]
#[case::nextcloud(&nextcloud::WAY)]
#[case::oauth2_password_basic(&oauth2_password::BASIC)]
#[case::oauth2_password_body(&oauth2_password::BODY)]
#[case::salesforce(&salesforce::WAY)]
#[case::spring(&spring::WAY)]
#[case::strapi(&strapi::WAY)]
#[case::wordpress(&wordpress::WAY)]
#[case::zimbra(&zimbra::JSON)]
#[case::zimbra_as_xml(&zimbra::XML)]
#[tokio::test]
async fn what_was_typed_is_what_arrives(#[case] way: &Way) {
    let system = System::of(way).await;
    for user_name in NAMES {
        for password in PASSWORDS {
            if !user_name.chars().chain(password.chars()).all(way.says) {
                continue;
            }
            system.old.forgets_what_it_was_asked();
            system.sign_in(user_name, password).await.unwrap_err();
            let asked = system.old.asked(way.login);
            assert_eq!(asked.len(), 1, "{user_name:?} {password:?}");
            assert_eq!((way.typed)(&asked[0]), (user_name.to_owned(), password.to_owned()));
        }
    }
}
