// Drives npm `openid-client` as the application of a user who logs in; the protocol is described in driver.py. The browser between
// the application and the provider is a handful of redirects with cookies.

import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createPrivateKey } from "node:crypto";
import * as client from "openid-client";

const { values } = parseArgs({ options: { "base-url": { type: "string" } } });
if (!values["base-url"]) {
  console.error("usage: openid_client_driver.mjs --base-url http://127.0.0.1:PORT");
  process.exit(64);
}
const base = values["base-url"].replace(/\/$/, "");
const REDIRECT = "https://shop.example/callback";

async function authentication(clientId, issuer) {
  if (clientId === "shop-post") return client.ClientSecretPost("shop-secret");
  if (clientId !== "shop-jwt") return client.ClientSecretBasic("shop-secret");
  const jwk = createPrivateKey(readFileSync(new URL("../../crates/wire/tests/jose/keys/p256.pem", import.meta.url))).export({ format: "jwk" });
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  // The assertion is for the issuer, which is the same on both sides of the sidecar.
  return client.PrivateKeyJwt({ key, kid: "shop" }, { [client.modifyAssertion]: (_, payload) => { payload.aud = issuer; } });
}

// The configuration as it comes through the sidecar, and what was sent with each request to it.
async function configured({ clientId = "shop", headers = {}, alg } = {}) {
  const document = await (await fetch(`${base}/.well-known/openid-configuration`)).json();
  const configuration = new client.Configuration(document, clientId, { id_token_signed_response_alg: alg ?? "ES256" }, await authentication(clientId, document.issuer));
  client.allowInsecureRequests(configuration);
  configuration[client.customFetch] = async (url, options) => {
    const own = url.startsWith(base) ? headers : {};
    const response = await fetch(url, { ...options, headers: { ...options.headers, ...own } });
    if (url.startsWith(base)) seen = Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("riskgate-")));
    return response;
  };
  return configuration;
}
let seen = {};

// What a browser does between the application and its callback.
async function browse(url) {
  const cookies = new Map();
  let at = url.href;
  for (let hops = 0; hops < 10; hops += 1) {
    if (at.startsWith(REDIRECT)) return new URL(at);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(at, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (!location) throw new Error(`no redirect from ${at}: ${response.status} ${(await response.text()).slice(0, 400)}`);
    at = new URL(location, at).href;
  }
  throw new Error("redirects without end");
}

async function authorized(configuration, { scope = "openid", loginHint, acrValues, par = false }) {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const parameters = {
    redirect_uri: REDIRECT,
    scope,
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...(loginHint && { login_hint: loginHint }),
    ...(acrValues && { acr_values: acrValues }),
  };
  const url = par
    ? await client.buildAuthorizationUrlWithPAR(configuration, parameters)
    : client.buildAuthorizationUrl(configuration, parameters);
  const callback = await browse(url);
  return { callback, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce } };
}

function tokens(granted) {
  return { claims: granted.claims() ?? null, tokenType: granted.token_type, refresh: granted.refresh_token ?? null, access: granted.access_token, idToken: granted.id_token ?? null, riskgate: seen };
}

const operations = {
  // A whole login. `repeat` sends the same token request again.
  async login({ repeat = false, ...args }) {
    const configuration = await configured(args);
    const { callback, checks } = await authorized(configuration, args);
    seen = {};
    let again;
    if (repeat) {
      const kept = configuration[client.customFetch];
      let sent;
      configuration[client.customFetch] = (url, options) => {
        sent = [url, options];
        return kept(url, options);
      };
      const first = await client.authorizationCodeGrant(configuration, callback, checks);
      const answer = await fetch(sent[0], sent[1]);
      again = { status: answer.status, body: await answer.json() };
      return { ...tokens(first), again };
    }
    return tokens(await client.authorizationCodeGrant(configuration, callback, checks));
  },
  async refresh({ refreshToken, ...args }) {
    seen = {};
    return tokens(await client.refreshTokenGrant(await configured(args), refreshToken));
  },
  async userinfo({ accessToken, subject, ...args }) {
    return client.fetchUserInfo(await configured(args), accessToken, subject);
  },
  async introspect({ accessToken, ...args }) {
    return client.tokenIntrospection(await configured(args), accessToken);
  },
  async revoke({ accessToken, ...args }) {
    await client.tokenRevocation(await configured(args), accessToken);
    return {};
  },
  async configuration() {
    return (await configured()).serverMetadata();
  },
};

function failure(thrown) {
  const found = { class: thrown?.constructor?.name ?? typeof thrown, message: String(thrown?.message ?? thrown) };
  if (thrown instanceof client.ResponseBodyError) {
    return { ok: false, error: { ...found, status: thrown.status, errorCode: thrown.error, riskgate: seen, cause: thrown.cause } };
  }
  if (thrown instanceof client.ClientError || thrown instanceof client.AuthorizationResponseError) {
    return { ok: false, error: { ...found, message: `${found.message} (${thrown.code})`, status: thrown.cause?.status ?? null, errorCode: null } };
  }
  return { ok: false, crash: { ...found, message: thrown?.stack ?? found.message } };
}

async function answer(line) {
  const { do: name, args = {} } = JSON.parse(line);
  if (!Object.hasOwn(operations, name)) {
    return { ok: false, usage: `no operation ${name}; write one of ${Object.keys(operations).join(", ")}` };
  }
  try {
    return { ok: true, result: await operations[name](args) };
  } catch (thrown) {
    return failure(thrown);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(line)));
}
