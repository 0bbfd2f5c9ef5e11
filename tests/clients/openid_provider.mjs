// npm `oidc-provider`, a certified OpenID provider that we did not write, in the place of BankID Norway's login. It has what BankID
// adds of its own (other-systems.md section A): the levels of assurance, `tid`, and the address of the security data service.
//
// It prints {"issuer": "http://127.0.0.1:PORT"} when it serves, and logs in whoever comes, as `login_hint` says:
// SUBJECT or SUBJECT,key=value,… with the keys acr, tid and altsub. POST /test sets how it misbehaves.

import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { readFileSync } from "node:fs";
import { createPrivateKey } from "node:crypto";
import Provider from "oidc-provider";

const { values } = parseArgs({
  options: { "security-data": { type: "string" } },
});

const jwk = (pem, extra) => ({ ...createPrivateKey(pem).export({ format: "jwk" }), ...extra });
const keyOf = (name) => readFileSync(new URL(`../../crates/wire/tests/jose/keys/${name}.pem`, import.meta.url));
const publicKey = ({ d, p, q, dp, dq, qi, ...rest }) => rest;

const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const HIGH = "urn:bankid:bid;LOA=4";
const REDIRECT = "https://shop.example/callback";
const code = { grant_types: ["authorization_code", "refresh_token"], redirect_uris: [REDIRECT], response_types: ["code"] };
const clientKey = publicKey(jwk(keyOf("p256"), { kid: "shop", use: "sig", alg: "ES256" }));
const bankKey = publicKey(jwk(keyOf("p384"), { kid: "bank", use: "sig", alg: "ES384" }));
const bank = { grant_types: ["client_credentials"], redirect_uris: [], response_types: [] };
const clients = [
  { client_id: "shop", client_secret: "shop-secret", id_token_signed_response_alg: "ES256", ...code },
  { client_id: "shop-post", client_secret: "shop-secret", token_endpoint_auth_method: "client_secret_post", ...code },
  { client_id: "shop-jwt", token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [clientKey] }, id_token_signed_response_alg: "PS256", ...code },
  { client_id: "bank", client_secret: "bank-secret", ...bank },
  { client_id: "bank-post", client_secret: "bank-secret", token_endpoint_auth_method: "client_secret_post", ...bank },
  { client_id: "bank-jwt", token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [bankKey] }, ...bank },
  { client_id: "no-bank", client_secret: "bank-secret", scope: "openid", ...bank },
];

const people = new Map();
function person(hint = "") {
  const [subject, ...facts] = hint.split(",");
  return { subject, acr: HIGH, ...Object.fromEntries(facts.map((fact) => fact.split(/=(.*)/s).slice(0, 2))) };
}

const provider = new Provider(issuer, {
  clients,
  clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
  jwks: { keys: [jwk(keyOf("p256"), { kid: "es", use: "sig" }), jwk(keyOf("rsa"), { kid: "rs", use: "sig" })] },
  enabledJWA: { idTokenSigningAlgValues: ["ES256", "RS256", "PS256"], clientAuthSigningAlgValues: ["ES256", "ES384", "RS256"] },
  scopes: ["openid", "offline_access", "sign", "fraud-data-rs/securityData"],
  claims: { openid: ["sub", "tid", "bankid_altsub", "acr"] },
  acrValues: ["urn:bankid:bid", "urn:bankid:bis"],
  conformIdTokenClaims: false,
  cookies: { keys: ["test"] },
  discovery: values["security-data"] ? { "fraud-data-baseurl": values["security-data"] } : {},
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    revocation: { enabled: true },
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: () => true,
  rotateRefreshToken: false,
  ttl: { AccessToken: 300, AuthorizationCode: 60, ClientCredentials: 300, Grant: 3600, IdToken: 300, Interaction: 60, RefreshToken: 3600, Session: 3600 },
  findAccount: (_, subject) => {
    const known = people.get(subject);
    return known && {
      accountId: subject,
      claims: () => ({ sub: subject, ...(known.tid && { tid: known.tid }), ...(known.altsub && { bankid_altsub: known.altsub }) }),
    };
  },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid offline_access sign");
    await grant.save();
    return grant;
  },
});

// What the next token requests get instead of tokens: {"status", "contentType", "body"} or {"silent": true}.
let misbehaviour = [];
const tokenRequests = [];
const askedLevels = [];

async function read(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function interact(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const { subject, acr, ...facts } = person(params.login_hint);
  people.set(subject, facts);
  askedLevels.push(params.acr_values ?? null);
  await provider.interactionFinished(request, response, { login: { accountId: subject, acr } }, { mergeWithLastSubmission: false });
}

const serve = provider.callback();
server.on("request", async (request, response) => {
  try {
    if (request.url === "/test") {
      if (request.method === "POST") misbehaviour = JSON.parse(await read(request));
      response.setHeader("content-type", "application/json").end(JSON.stringify({ tokenRequests, askedLevels }));
    } else if (request.url.startsWith("/interaction/")) {
      await interact(request, response);
    } else {
      if (request.url === "/token") {
        const [, basic = ""] = /^Basic (.*)$/.exec(request.headers.authorization ?? "") ?? [];
        const own = Buffer.from(basic, "base64").toString().startsWith("bank");
        tokenRequests.push({ user: own ? "source" : "application" });
        const wrong = misbehaviour.shift();
        if (wrong) {
          request.resume();
          if (!wrong.silent) {
            response.writeHead(wrong.status, { "content-type": wrong.contentType ?? "application/json" }).end(wrong.body ?? "");
          }
          return;
        }
      }
      serve(request, response);
    }
  } catch (thrown) {
    console.error(thrown);
    response.writeHead(500).end();
  }
});
for (const event of ["server_error", "authorization.error", "grant.error", "pushed_authorization_request.error", "introspection.error"]) {
  provider.on(event, (_, error) => console.error(event, error.message, error.error_detail ?? error.error_description ?? ""));
}
console.log(JSON.stringify({ issuer }));
