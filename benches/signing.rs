//! What signing and verifying cost through the keyring, beside the bare library call: `cargo bench --bench signing`. The two stand in
//! one run, since machines are noisy; the difference is what our own code costs.
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to answer to")]

use std::sync::{Arc, LazyLock};

use divan::{Bencher, black_box};
use josekit::jwk::alg::{ec::EcKeyPair, ed::EdKeyPair, rsa::RsaKeyPair};
use josekit::jwk::{Ed25519, P_256};
use josekit::jws::{self, JwsHeader, JwsSigner, JwsVerifier};
use passerelle::keys::keyring::Keyring;
use passerelle::keys::master_key::MasterKey;
use passerelle::keys::ring::{Duty, Ring};
use passerelle::keys::seal::Sealer;
use passerelle::keys::signing_key::generate;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::secret::{Chance, Secret};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let sealer = Sealer::new(&MasterKey::from_text(&Secret::from("0f".repeat(32))).unwrap());
    let stored: Vec<_> = SigningAlgorithm::ALL
        .iter()
        .map(|algorithm| (generate(*algorithm, &sealer, &Chance::System).unwrap(), Duty::Signs))
        .collect();
    Keyring::new(Ring::assemble(&stored, &sealer).unwrap())
});

static CLAIMS: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "iss": "https://login.example.org", "sub": "service", "aud": "https://api.example.org",
        "exp": 1_800_000_600, "iat": 1_800_000_000, "jti": "nXkqk4Yk0l6m8Qe8l5mQ8w",
        "client_id": "service", "scope": "events.read events.write",
    })
});

/// A signer and a verifier of the library itself.
fn bare(algorithm: SigningAlgorithm) -> (Arc<dyn JwsSigner>, Arc<dyn JwsVerifier>) {
    macro_rules! pair {
        ($engine:expr, $pair:expr) => {{
            let pair = $pair;
            let signer = $engine.signer_from_der(pair.to_der_private_key()).unwrap();
            let verifier = $engine.verifier_from_der(pair.to_der_public_key()).unwrap();
            (Arc::new(signer), Arc::new(verifier))
        }};
    }
    match algorithm {
        SigningAlgorithm::Rs256 => pair!(jws::RS256, RsaKeyPair::generate(2048).unwrap()),
        SigningAlgorithm::Ps256 => pair!(jws::PS256, RsaKeyPair::generate(2048).unwrap()),
        SigningAlgorithm::Es256 => pair!(jws::ES256, EcKeyPair::generate(P_256).unwrap()),
        SigningAlgorithm::EdDsa => pair!(jws::EdDSA, EdKeyPair::generate(Ed25519).unwrap()),
    }
}

fn bare_token(signer: &dyn JwsSigner) -> String {
    let mut header = JwsHeader::new();
    header.set_token_type("at+jwt");
    jws::serialize_compact(&serde_json::to_vec(&*CLAIMS).unwrap(), &header, signer).unwrap()
}

#[divan::bench(args = SigningAlgorithm::ALL)]
fn sign_bare(bencher: Bencher<'_, '_>, algorithm: &SigningAlgorithm) {
    let (signer, _) = bare(*algorithm);
    bencher.bench(|| bare_token(black_box(&*signer)));
}

#[divan::bench(args = SigningAlgorithm::ALL)]
fn sign_with_the_keyring(bencher: Bencher<'_, '_>, algorithm: &SigningAlgorithm) {
    let sign = || RUNTIME.block_on(KEYRING.sign(*algorithm, "at+jwt", black_box(&*CLAIMS))).unwrap();
    sign();
    bencher.bench(sign);
}

#[divan::bench(args = SigningAlgorithm::ALL)]
fn verify_bare(bencher: Bencher<'_, '_>, algorithm: &SigningAlgorithm) {
    let (signer, verifier) = bare(*algorithm);
    let token = bare_token(&*signer);
    bencher.bench(|| jws::deserialize_compact(black_box(&token), &*verifier).unwrap());
}

#[divan::bench(args = SigningAlgorithm::ALL)]
fn verify_with_the_keyring(bencher: Bencher<'_, '_>, algorithm: &SigningAlgorithm) {
    let token = RUNTIME.block_on(KEYRING.sign(*algorithm, "at+jwt", &*CLAIMS)).unwrap();
    bencher.bench(|| KEYRING.verify(black_box(&token)).unwrap());
}
