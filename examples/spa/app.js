// The JavaScript app: OpenID Connect in a browser without a library, so that every step can be read. An app of yours takes a
// library that does the same, such as oidc-client-ts.

// Tokens stay in sessionStorage: they survive a reload and end with the tab. Any script of this origin can read them, so the page's
// policy lets in no script but this one, and lets nothing be sent to anybody but the provider.
const store = {
  read: (name) => JSON.parse(sessionStorage.getItem(name)),
  write: (name, value) => sessionStorage.setItem(name, JSON.stringify(value)),
  remove: (name) => sessionStorage.removeItem(name),
};

const config = await (await fetch("/config.json")).json();
const element = (id) => document.getElementById(id);

// ---- The provider describes itself (OpenID Connect Discovery §4) ----

async function discover() {
  const metadata = await readJson(await fetch(`${config.issuer}/.well-known/openid-configuration`));
  if (metadata.issuer !== config.issuer) throw new Error(`the provider calls itself ${metadata.issuer}`);
  return metadata;
}

// ---- Signing in: authorization code with PKCE (RFC 6749 §4.1, RFC 7636, OpenID Connect Core §3.1) ----

async function signIn(wish = {}) {
  const provider = await discover();
  const departure = depart(config.redirect_uri);
  store.write("departure", departure);
  location.assign(await authorization(provider, departure, wish));
}

// What must be remembered until the provider answers.
const depart = (redirectUri) => ({ state: random(), nonce: random(), verifier: random(), redirectUri });

async function authorization(provider, departure, wish) {
  const challenge = base64url(await crypto.subtle.digest("SHA-256", bytes(departure.verifier)));
  return address(provider.authorization_endpoint, {
    response_type: "code",
    client_id: config.client_id,
    redirect_uri: departure.redirectUri,
    scope: config.scope,
    state: departure.state,
    nonce: departure.nonce,
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...wish,
  });
}

// A link elsewhere begins a sign-in (OpenID Connect Core §4): /start?iss=…&login_hint=…. Anybody can write such a link, so it may name
// no other provider than this app's own. The app has one page, so it does not ask where the sign-in should end.
async function signInByLink() {
  const link = new URLSearchParams(location.search);
  // Who goes back from the provider finds the front page, and is not sent forth again.
  history.replaceState(null, "", "/");
  if (link.get("iss") !== config.issuer) throw new Error("this link begins a sign-in at another provider than this app's");
  await signIn(link.has("login_hint") ? { login_hint: link.get("login_hint") } : {});
}

// The provider sent the browser back: /callback?code=…&state=…&iss=… or ?error=…&state=…
async function arrive() {
  const answer = new URLSearchParams(location.search);
  // The code goes out of the address bar and the history at once.
  history.replaceState(null, "", "/");
  const departure = store.read("departure");
  store.remove("departure");
  store.write("tokens", await redeem(answer, departure));
}

// Turns the provider's answer into tokens that are about somebody.
async function redeem(answer, departure) {
  if (!departure || answer.get("state") !== departure.state) {
    throw new Error("this answer belongs to no sign-in that was begun in this tab; please begin again");
  }
  // RFC 9207: the answer names the provider that it comes from.
  if (answer.has("iss") && answer.get("iss") !== config.issuer) throw new Error("the answer comes from another provider");
  if (answer.has("error")) {
    throw new Error(`the provider refused: ${answer.get("error")} ${answer.get("error_description") ?? ""}`);
  }
  const provider = await discover();
  const tokens = await requestTokens(provider, {
    grant_type: "authorization_code",
    code: answer.get("code"),
    redirect_uri: departure.redirectUri,
    code_verifier: departure.verifier,
  });
  const claims = await verifyIdToken(provider, tokens.id_token);
  if (claims.nonce !== departure.nonce) throw new Error("the ID token was made for another sign-in");
  return { ...tokens, session_state: answer.get("session_state") };
}

// A public client proves nothing: it names itself, and PKCE or the refresh token does the rest.
async function requestTokens(provider, parameters) {
  const body = new URLSearchParams({ ...parameters, client_id: config.client_id });
  return readJson(await fetch(provider.token_endpoint, { method: "POST", body }));
}

// ---- Believing an ID token (OpenID Connect Core §3.1.3.7) ----

const ALGORITHMS = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 },
  ES256: { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
};

async function verifyIdToken(provider, token) {
  const [header, payload, signature] = token.split(".");
  const { alg, kid } = JSON.parse(text(header));
  const { keys } = await readJson(await fetch(provider.jwks_uri));
  const jwk = keys.find((key) => key.kid === kid);
  if (!jwk || !ALGORITHMS[alg]) throw new Error("the ID token is signed in a way that this app does not know");
  const key = await crypto.subtle.importKey("jwk", jwk, ALGORITHMS[alg], false, ["verify"]);
  const signed = await crypto.subtle.verify(ALGORITHMS[alg], key, unbase64url(signature), bytes(`${header}.${payload}`));
  if (!signed) throw new Error("the signature of the ID token is wrong");

  const claims = claimsOf(token);
  const audiences = [claims.aud].flat();
  if (claims.iss !== config.issuer) throw new Error("the ID token comes from another provider");
  if (!audiences.includes(config.client_id)) throw new Error("the ID token is for another app");
  if (claims.exp <= Date.now() / 1000) throw new Error("the ID token has expired");
  return claims;
}

// ---- Staying signed in, and signing out ----

// A refresh token counts once: the answer brings the next one (RFC 6749 §6).
async function refresh() {
  const provider = await discover();
  const before = store.read("tokens");
  const tokens = await requestTokens(provider, { grant_type: "refresh_token", refresh_token: before.refresh_token });
  if (tokens.id_token) {
    const claims = await verifyIdToken(provider, tokens.id_token);
    if (claims.sub !== claimsOf(before.id_token).sub) throw new Error("the new ID token is about somebody else");
  }
  store.write("tokens", { ...before, ...tokens });
  await show();
  element("status").textContent = `Refreshed at ${new Date().toLocaleTimeString()}.`;
}

// Forget the tokens here, then let the provider end its session (OpenID Connect RP-Initiated Logout §2).
async function signOut() {
  const provider = await discover();
  const { id_token } = store.read("tokens");
  store.remove("tokens");
  stopWatching();
  location.assign(address(provider.end_session_endpoint, {
    id_token_hint: id_token,
    post_logout_redirect_uri: config.post_logout_redirect_uri,
  }));
}

// ---- Watching the provider's session (OpenID Connect Session Management §3) ----

// The provider's own page, in a hidden frame, is asked again and again whether the session is still the one that this app knows. It looks
// at a cookie, and asks the provider itself now and then whether the session has ended elsewhere. A browser that keeps the cookies of framed
// sites apart makes it answer "error" where provider and app are of different sites: then nothing can be watched.
const POLL = 2000;
const PATIENCE = 10000;
let stopWatching = () => {};

async function watch() {
  const provider = await discover();
  stopWatching();
  const tokens = store.read("tokens");
  if (!provider.check_session_iframe || !tokens?.session_state) return;
  const origin = new URL(config.issuer).origin;
  const frame = hiddenFrame(provider.check_session_iframe);
  const hear = (event) => {
    if (event.source !== frame.contentWindow || event.origin !== origin) return;
    if (event.data === "unchanged") return;
    stopWatching();
    // After "error" the provider cannot tell, and asking it would only load it.
    if (event.data === "changed") askAgain().catch(complain);
  };
  const ask = () => frame.contentWindow.postMessage(`${config.client_id} ${tokens.session_state}`, origin);
  let timer;
  stopWatching = () => {
    clearInterval(timer);
    removeEventListener("message", hear);
    frame.remove();
    stopWatching = () => {};
  };
  addEventListener("message", hear);
  frame.addEventListener("load", () => {
    ask();
    timer = setInterval(ask, POLL);
  }, { once: true });
}

// §3.1: whoever is no longer the same person, and whatever is no answer, counts as the end of the session.
async function askAgain() {
  const before = store.read("tokens");
  const tokens = await signInSilently(before.id_token).catch(() => null);
  // Signed out here meanwhile: there is nothing left to keep or to tell.
  if (!store.read("tokens")) return;
  if (tokens && claimsOf(tokens.id_token).sub === claimsOf(before.id_token).sub) {
    store.write("tokens", { ...store.read("tokens"), ...tokens });
    await show();
    return watch();
  }
  store.remove("tokens");
  element("ended-elsewhere").hidden = false;
  await show();
}

// Without a page for the person: the provider answers at once, or says why it cannot (OpenID Connect Core §3.1.2.1, prompt=none).
async function signInSilently(idToken) {
  const provider = await discover();
  const departure = depart(config.silent_redirect_uri);
  const url = await authorization(provider, departure, { prompt: "none", id_token_hint: idToken });
  return redeem(new URLSearchParams(await answerInFrame(url)), departure);
}

// What /silent was sent, said by /silent itself.
function answerInFrame(url) {
  return new Promise((resolve, reject) => {
    const frame = hiddenFrame(url);
    const finish = (settle, value) => {
      clearTimeout(timer);
      removeEventListener("message", hear);
      frame.remove();
      settle(value);
    };
    const hear = (event) => {
      if (event.source === frame.contentWindow && event.origin === location.origin) finish(resolve, event.data);
    };
    const timer = setTimeout(() => finish(reject, new Error("the provider did not answer")), PATIENCE);
    addEventListener("message", hear);
  });
}

function hiddenFrame(url) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "The provider's session";
  frame.src = url;
  document.body.append(frame);
  return frame;
}

// ---- What the page shows ----

async function show() {
  const tokens = store.read("tokens");
  if (tokens) {
    const { userinfo_endpoint } = await discover();
    const headers = { Authorization: `Bearer ${tokens.access_token}` };
    const user = await readJson(await fetch(userinfo_endpoint, { headers }));
    const claims = claimsOf(tokens.id_token);
    // OpenID Connect Core §5.3.2: without this an answer about somebody else would be believed.
    if (user.sub !== claims.sub) throw new Error("the provider told about somebody else");
    element("name").textContent = user.given_name ?? user.name ?? user.sub;
    fill(element("claims"), user);
    fill(element("id-token"), claims);
    await showInvoices();
  }
  element("refresh").hidden = !tokens?.refresh_token;
  element("signed-in").hidden = !tokens;
  element("signed-out").hidden = Boolean(tokens);
}

// ---- The old system's API, through the gateway: with this app's own token, and never another ----

const invoices = (request = {}) => fetch(`${config.issuer}/gateway/legacy/api/invoices`, {
  ...request,
  headers: { ...request.headers, Authorization: `Bearer ${store.read("tokens").access_token}` },
});

async function showInvoices() {
  const answer = await invoices();
  const rows = answer.ok ? (await answer.json()).Items.$values : [];
  const told = rows.map((invoice) => [invoice.Description, `${invoice.Amount.toFixed(2)} ${invoice.Currency}`]);
  fill(element("invoices"), Object.fromEntries(answer.ok ? told : [["They cannot be read", `the answer was ${answer.status}`]]));
}

async function writeInvoice() {
  const invoice = { PartyId: "10002", Description: "Written by the JavaScript app", Amount: 12.5, Currency: "EUR", IsPaid: false };
  const headers = { "Content-Type": "application/json" };
  const answer = await invoices({ method: "POST", headers, body: JSON.stringify(invoice) });
  const refused = answer.status === 403 ? "You may not write invoices, the old system says." : `The answer was ${answer.status}.`;
  element("note").textContent = answer.ok ? "The invoice was written." : refused;
  await showInvoices();
}

// One row for each claim; textContent, so that nothing in a claim is ever markup.
function fill(table, claims) {
  const rows = Object.entries(claims).map(([name, value]) => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    const cell = document.createElement("td");
    head.scope = "row";
    head.textContent = name;
    cell.dataset.claim = name;
    cell.textContent = readable(name, value);
    row.append(head, cell);
    return row;
  });
  table.tBodies[0].replaceChildren(...rows);
}

function readable(name, value) {
  if (["exp", "iat", "auth_time", "updated_at"].includes(name)) return new Date(value * 1000).toLocaleString();
  if (Array.isArray(value)) return value.map((item) => readable(name, item)).join(", ");
  if (value !== null && typeof value === "object") {
    return Object.entries(value).map(([member, item]) => `${member}: ${readable(member, item)}`).join("\n");
  }
  return String(value);
}

function complain(error) {
  element("problem").textContent = `That did not work: ${error.message}.`;
  element("problem").hidden = false;
}

// ---- Small tools ----

function address(endpoint, parameters) {
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

async function readJson(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Error(`${new URL(response.url).pathname} answered ${response.status} ${body.error ?? ""} ${body.error_description ?? ""}`);
  }
  return body;
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const bytes = (value) => new TextEncoder().encode(value);
const text = (part) => new TextDecoder().decode(unbase64url(part));
const claimsOf = (token) => JSON.parse(text(token.split(".")[1]));
const unbase64url = (part) => Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

function base64url(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// ---- The start ----

element("issuer").textContent = config.issuer;
for (const [id, act] of [["sign-in", () => signIn()], ["refresh", refresh], ["sign-out", signOut], ["write-invoice", writeInvoice]]) {
  element(id).addEventListener("click", () => act().catch(complain));
}
if (location.pathname === "/callback") await arrive().catch(complain);
if (location.pathname === "/start") await signInByLink().catch(complain);
await show().catch((error) => {
  // Tokens that the provider no longer knows: begin again.
  store.remove("tokens");
  complain(error);
  return show();
});
await watch().catch(complain);
