// Wallets by independent implementations: viem writes and signs EIP-4361 messages, Node's own
// Ed25519 signs Solana's. Reads one JSON request, prints one JSON answer.
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";

const asked = JSON.parse(readFileSync(0, "utf8"));

async function ethereum() {
  const { privateKeyToAccount } = await import("viem/accounts");
  const { createSiweMessage, parseSiweMessage, validateSiweMessage } = await import("viem/siwe");
  const account = privateKeyToAccount(asked.key);
  if (!asked.message && !asked.fields) return { address: account.address };
  let message = asked.message;
  if (asked.fields) {
    const times = {};
    for (const name of ["issuedAt", "expirationTime", "notBefore"])
      if (asked.fields[name]) times[name] = new Date(asked.fields[name]);
    message = createSiweMessage({ ...asked.fields, ...times, address: account.address });
  }
  const parsed = parseSiweMessage(message);
  return {
    address: account.address,
    message,
    signature: await account.signMessage({ message }),
    parsed,
    valid: validateSiweMessage({ address: account.address, message: parsed, nonce: parsed.nonce, domain: parsed.domain, time: parsed.issuedAt }),
  };
}

function solana() {
  const head = Buffer.from("302e020100300506032b657004220420", "hex");
  const key = createPrivateKey({ key: Buffer.concat([head, Buffer.from(asked.key, "hex")]), format: "der", type: "pkcs8" });
  return { signature: sign(null, Buffer.from(asked.message), key).toString("base64") };
}

console.log(JSON.stringify(asked.kind === "solana" ? solana() : await ethereum()));
