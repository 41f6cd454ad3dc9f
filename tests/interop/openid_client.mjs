// openid-client (a certified library) through every flow: code with PKCE, userinfo, refresh, introspection, revocation, end-session,
// private_key_jwt, client credentials. jose, which is another library, verifies the RFC 9068 access tokens and the logout tokens that come
// by the back channel.
import assert from "node:assert/strict";
import http from "node:http";
import * as jose from "jose";
import * as client from "openid-client";
import { Browser } from "./browser.mjs";

const { ISSUER, REDIRECT, BYE, KEY, BACK_CHANNEL } = process.env;
const issuer = new URL(ISSUER);
const insecure = { execute: [client.allowInsecureRequests] };
const keys = jose.createRemoteJWKSet(new URL(`${ISSUER}/jwks`));

// What came to each client's backchannel_logout_uri.
const heard = [];
const receiver = http.createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  heard.push({ client: request.url.slice(1), token: new URLSearchParams(body).get("logout_token") });
  response.writeHead(200, { "cache-control": "no-store" }).end();
});
await new Promise((listening) => receiver.listen(new URL(BACK_CHANNEL).port, "127.0.0.1", listening));

// OpenID Connect Back-Channel Logout §2.6.
async function toldOf(id, session) {
  const mine = heard.filter(({ client }) => client === id);
  assert.equal(mine.length, 1);
  const { payload } = await jose.jwtVerify(mine[0].token, keys, {
    issuer: ISSUER,
    audience: id,
    typ: "logout+jwt",
    requiredClaims: ["iat", "exp", "jti", "events"],
  });
  assert.deepEqual(payload.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
  assert.equal(payload.nonce, undefined);
  assert.equal(payload.sid, session.sid);
  assert.equal(payload.sub, session.sub);
}

async function signIn(config, browser, more = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const nonce = client.randomNonce();
  const state = client.randomState();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: "openid profile email offline_access events.read",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    nonce,
    state,
    ...more,
  });
  const back = await browser.authorize(url.href, "alice", "wonderland");
  return client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state });
}

async function interactive(id, authentication) {
  const config = await client.discovery(issuer, id, undefined, authentication, insecure);
  const browser = new Browser();
  const tokens = await signIn(config, browser);
  const claims = tokens.claims();
  assert.equal(claims.iss, ISSUER);
  assert.equal(tokens.token_type, "bearer");

  const { payload, protectedHeader } = await jose.jwtVerify(tokens.access_token, keys, {
    issuer: ISSUER,
    audience: "https://api.example.org",
    typ: "at+jwt",
    requiredClaims: ["exp", "aud", "sub", "client_id", "iat", "jti"],
  });
  assert.equal(protectedHeader.alg, "ES256");
  assert.equal(payload.client_id, id);
  assert.equal(payload.sub, claims.sub);

  const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(user.email, "alice@example.org");

  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
  assert.equal(refreshed.claims().sub, claims.sub);

  const known = await client.tokenIntrospection(config, refreshed.access_token);
  assert.equal(known.active, true);
  assert.equal(known.username, "alice");
  await client.tokenRevocation(config, refreshed.refresh_token);
  assert.equal((await client.tokenIntrospection(config, refreshed.access_token)).active, false);
  await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), { error: "invalid_grant" });

  // Signed in: no page is needed. Signed out: login_required.
  const silent = await signIn(config, browser, { prompt: "none" });
  const bye = client.buildEndSessionUrl(config, { id_token_hint: silent.id_token, post_logout_redirect_uri: BYE, state: "s" });
  const { app } = await browser.open(bye.href);
  assert.equal(app.href, `${BYE}?state=s`);
  await toldOf(id, silent.claims());
  await assert.rejects(signIn(config, browser, { prompt: "none" }), { error: "login_required" });
}

async function service() {
  const secret = "demo-service-secret-for-loopback-only";
  const config = await client.discovery(issuer, "demo-service", undefined, client.ClientSecretBasic(secret), insecure);
  const tokens = await client.clientCredentialsGrant(config, { audience: "https://api.example.org", scope: "events.read" });
  const { payload } = await jose.jwtVerify(tokens.access_token, keys, { issuer: ISSUER, audience: "https://api.example.org", typ: "at+jwt" });
  assert.equal(payload.sub, "demo-service");
  assert.equal(payload.scope, "events.read");
  await assert.rejects(client.clientCredentialsGrant(config, { resource: "https://evil.example" }), { error: "invalid_target" });
}

await interactive("interop-basic", client.ClientSecretBasic("interop-secret-for-loopback-only-0123"));
await interactive("interop-post", client.ClientSecretPost("interop-secret-for-loopback-only-0123"));
const key = await jose.importJWK(JSON.parse(KEY), "ES256");
await interactive("interop-key", client.PrivateKeyJwt({ key, kid: JSON.parse(KEY).kid }));
await service();
receiver.close();
receiver.closeAllConnections();
console.log("openid-client is content");
