// Makes a key for private_key_jwt and prints both halves as JWKs.
import * as jose from "jose";

const { publicKey, privateKey } = await jose.generateKeyPair("ES256", { extractable: true });
const [publicJwk, privateJwk] = await Promise.all([jose.exportJWK(publicKey), jose.exportJWK(privateKey)]);
const kid = await jose.calculateJwkThumbprint(publicJwk);
console.log(JSON.stringify({ public: { ...publicJwk, kid, alg: "ES256", use: "sig" }, private: { ...privateJwk, kid, alg: "ES256" } }));
