// Drives npm `bankid` (bankid-se.md section 10); the protocol is described in driver.py.

import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import bankid from "bankid";

const { BankIdClientV6, BankIdError, RequestError } = bankid;

const { values } = parseArgs({ options: { "base-url": { type: "string" } } });
if (!values["base-url"]) {
  console.error("usage: bankid_npm_driver.mjs --base-url http://127.0.0.1:PORT");
  process.exit(64);
}

function newClient(refreshInterval) {
  const client = new BankIdClientV6({ production: false, refreshInterval });
  client.axios.defaults.baseURL = `${values["base-url"].replace(/\/$/, "")}/rp/v6.0/`;
  return client;
}

const shared = newClient(2000);

const operations = {
  auth: (args) => shared.authenticate(args).then(order),
  sign: (args) => shared.sign(args).then(order),
  collect: (args) => shared.collect(args),
  cancel: (args) => shared.cancel(args),
  login,
};

// The QR generator beside the tokens is the client's own object, not part of the answer.
function order({ qr, ...tokens }) {
  return tokens;
}

// The client polls by itself; it rejects with the plain answer when the order has failed.
async function login({ pollMs = 2000, ...args }) {
  try {
    return await newClient(pollMs).authenticateAndCollect(args);
  } catch (thrown) {
    if (thrown?.status === "failed") return { ...thrown, rejected: true };
    throw thrown;
  }
}

function failure(thrown) {
  const found = { class: thrown?.constructor?.name ?? typeof thrown, message: String(thrown?.message ?? thrown) };
  if (thrown instanceof BankIdError) return { ok: false, error: { ...found, status: null, errorCode: thrown.code ?? null } };
  if (thrown instanceof RequestError) return { ok: false, error: { ...found, status: null, errorCode: null } };
  return { ok: false, crash: found };
}

async function answer(line) {
  const { do: name, args = {} } = JSON.parse(line);
  if (!Object.hasOwn(operations, name)) {
    return { ok: false, usage: `no operation ${name}; write one of ${Object.keys(operations).join(", ")}` };
  }
  // When the client throws inside its own promise chain, the call never settles: only the process hears of it.
  const escaped = new Promise((_, reject) => {
    process.removeAllListeners("unhandledRejection");
    process.once("unhandledRejection", reject);
  });
  escaped.catch(() => {});
  try {
    return { ok: true, result: await Promise.race([operations[name](args), escaped]) };
  } catch (thrown) {
    return failure(thrown);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
// The client's QR generator keeps a timer of a minute for each order.
process.exit(0);
