// An identity provider that we did not write (npm oidc-provider), for the gateway to trust. It listens on a free port, prints its issuer
// and runs until its standard input is closed. Below /story/ the story in tests/trusted_issuers.rs has its ways with it:
//   rotate    from now on it signs with a new key; the one before stays published
//   counts    how often each of its endpoints was called
//   signs-in  a person's sign-in with a code and PKCE: answers what the token endpoint said
import crypto from "node:crypto";
import http from "node:http";
import * as jose from "jose";

// What it advises for production.
console.info = console.warn = () => {};
const { default: Provider } = await import("oidc-provider");

const server = http.createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const callback = "https://app.partner.example/callback";
const counts = {};

async function key(alg) {
  const { privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  return { ...(await jose.exportJWK(privateKey)), alg, use: "sig", kid: crypto.randomUUID() };
}

let rsa = [await key("RS256")];
const others = [await key("ES256"), await key("PS256")];

// How the tokens for each API look.
const jwt = (alg) => ({ accessTokenFormat: "jwt", jwt: { sign: { alg } } });
const apis = {
  "https://api.example.org": { ...jwt("RS256"), accessTokenTTL: 300 },
  "https://other.example.org": { ...jwt("RS256"), accessTokenTTL: 300 },
  "https://es256.example.org": { ...jwt("ES256"), accessTokenTTL: 300 },
  "https://hs256.example.org": {
    accessTokenFormat: "jwt",
    jwt: { sign: { alg: "HS256", key: Buffer.from("a secret that two parties share") } },
  },
  "https://encrypted.example.org": {
    accessTokenFormat: "jwt",
    jwt: { encrypt: { alg: "dir", enc: "A256GCM", key: crypto.randomBytes(32) } },
  },
  "https://opaque.example.org": { accessTokenFormat: "opaque", accessTokenTTL: 300 },
};

function provider() {
  const clients = [
    { client_id: "crm-sync", client_secret: "crm-sync-secret", grant_types: ["client_credentials"], redirect_uris: [], response_types: [] },
    { client_id: "portal", client_secret: "portal-secret", redirect_uris: [callback] },
  ];
  const made = new Provider(issuer, {
    clients,
    jwks: { keys: [...rsa, ...others] },
    cookies: { keys: ["for this story only"] },
    claims: { openid: ["sub"], member: ["member_id", "tenant"] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({ scope: "members.read members.write", ...apis[resource] }),
        useGrantedResource: () => false,
      },
    },
    extraTokenClaims: (_, token) => ({ roles: token.accountId ? ["member"] : ["sync"], member_id: token.accountId, tenant: "guild" }),
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, member_id: id, tenant: "guild" }) }),
    interactions: { url: (_, interaction) => `/story/interaction/${interaction.uid}` },
  });
  return { made, answer: made.callback() };
}

let current = provider();

// The person agrees to everything.
async function interaction(request, response) {
  const { params, prompt } = await current.made.interactionDetails(request, response);
  const accountId = params.login_hint;
  const grant = new current.made.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope("openid member");
  for (const resource of Object.keys(apis)) grant.addResourceScope(resource, "members.read members.write");
  const result = { login: { accountId }, consent: { grantId: await grant.save() } };
  await current.made.interactionFinished(request, response, prompt && result, { mergeWithLastSubmission: false });
}

async function signsIn({ person, scope, resource }) {
  const verifier = crypto.randomBytes(32).toString("base64url");
  const challenge = crypto.createHash("sha256").update(verifier).digest("base64url");
  const asked = { client_id: "portal", redirect_uri: callback, response_type: "code", login_hint: person, scope };
  const query = new URLSearchParams({ ...asked, code_challenge: challenge, code_challenge_method: "S256" });
  if (resource) query.set("resource", resource);
  const cookies = new Map();
  let url = new URL(`${issuer}/auth?${query}`);
  while (!url.href.startsWith(callback)) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      cookies.set(name, value);
    }
    if (!answer.headers.has("location")) throw new Error(`${answer.status} ${await answer.text()}`);
    url = new URL(answer.headers.get("location"), url);
  }
  const code = url.searchParams.get("code");
  if (!code) throw new Error(url.href);
  const form = { grant_type: "authorization_code", code, redirect_uri: callback, code_verifier: verifier };
  const body = new URLSearchParams(resource ? { ...form, resource } : form);
  const authorization = `Basic ${Buffer.from("portal:portal-secret").toString("base64")}`;
  return (await fetch(`${issuer}/token`, { method: "POST", headers: { authorization }, body })).json();
}

async function story(request, response) {
  const { pathname, searchParams } = new URL(request.url, issuer);
  if (pathname.startsWith("/story/interaction/")) return interaction(request, response);
  const answer = (value) => response.setHeader("content-type", "application/json").end(JSON.stringify(value));
  switch (pathname) {
    case "/story/rotate":
      rsa = [await key("RS256"), rsa[0]];
      current = provider();
      return answer({});
    case "/story/counts":
      return answer(counts);
    case "/story/signs-in":
      return answer(await signsIn(Object.fromEntries(searchParams)));
    default:
      return response.writeHead(404).end();
  }
}

server.on("request", (request, response) => {
  const path = new URL(request.url, issuer).pathname;
  if (!path.startsWith("/story/")) {
    counts[path] = (counts[path] ?? 0) + 1;
    return current.answer(request, response);
  }
  story(request, response).catch((error) => response.writeHead(500).end(`${error.stack}`));
});
console.log(issuer);
process.stdin.resume().on("end", () => process.exit(0));
