/**
 * Ways in besides the password: what the browser's authenticator or a wallet is asked, and what the
 * server makes of the answer. No script of anybody else's is loaded for any of them.
 */
import { api, type Entrance, type Purpose } from "../api/client";

/** The person closed the browser's or the wallet's window: nothing to complain about. */
export class Cancelled extends Error {}

export const canPasskey = (): boolean => typeof PublicKeyCredential !== "undefined";

const bytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));

const text = (data: ArrayBuffer | null): string | undefined =>
  data ? btoa(String.fromCharCode(...new Uint8Array(data))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") : undefined;

type Json = Record<string, unknown>;
type Named = { id: string; type: "public-key" };
const named = (list: unknown): PublicKeyCredentialDescriptor[] => ((list ?? []) as Named[]).map((one) => ({ ...one, id: bytes(one.id) }));

async function ask<T>(question: Promise<T | null>): Promise<T> {
  try {
    const answer = await question;
    if (!answer) throw new Cancelled();
    return answer;
  } catch (error) {
    if (error instanceof DOMException && ["NotAllowedError", "AbortError"].includes(error.name)) throw new Cancelled();
    throw error;
  }
}

function answerOf(credential: PublicKeyCredential, response: Json): Json {
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: {}, response };
}

async function create(options: Json): Promise<Json> {
  const user = options["user"] as { id: string; name: string; displayName: string };
  const publicKey = {
    ...options,
    challenge: bytes(options["challenge"] as string),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: named(options["excludeCredentials"]),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await ask(navigator.credentials.create({ publicKey }))) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return answerOf(made, {
    clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject),
    transports: response.getTransports(),
  });
}

async function get(options: Json): Promise<Json> {
  const publicKey = {
    ...options,
    challenge: bytes(options["challenge"] as string),
    allowCredentials: named(options["allowCredentials"]),
  } as unknown as PublicKeyCredentialRequestOptions;
  const found = (await ask(navigator.credentials.get({ publicKey }))) as PublicKeyCredential;
  const response = found.response as AuthenticatorAssertionResponse;
  return answerOf(found, {
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: text(response.userHandle),
  });
}

/** Make a passkey: for one's account, or (nobody logged in) to open one with. */
export async function makePasskey(label: string): Promise<Entrance> {
  const { challenge, options } = await api.newPasskey(label);
  return api.makePasskey({ challenge, credential: await create(options), label });
}

/** Use a passkey: to log in, or as a fresh proof. */
export async function usePasskey(purpose: Purpose): Promise<Entrance> {
  const { challenge, options } = await api.askPasskey(purpose);
  return api.usePasskey({ challenge, credential: await get(options), purpose, token: false });
}

type Ethereum = { request: (asked: { method: string; params?: unknown[] }) => Promise<unknown> };
type Solana = {
  connect: () => Promise<{ publicKey: { toString(): string } }>;
  signMessage: (message: Uint8Array, encoding: string) => Promise<{ signature: Uint8Array }>;
};
type Wallets = { ethereum?: Ethereum; solana?: Solana };

const wallets = (): Wallets => window as unknown as Wallets;
export const hasWallet = (kind: string): boolean => (kind === "solana" ? Boolean(wallets().solana) : Boolean(wallets().ethereum));

/** EIP-55: wallets tell addresses in small letters, the message wants the checksum. */
async function ethereumSign(purpose: Purpose): Promise<Entrance> {
  const wallet = wallets().ethereum!;
  const [account] = (await wallet.request({ method: "eth_requestAccounts" })) as string[];
  if (!account) throw new Cancelled();
  const { challenge, message } = await api.walletMessage({ kind: "ethereum", address: account, purpose });
  const hex = "0x" + [...new TextEncoder().encode(message)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const signature = (await wallet.request({ method: "personal_sign", params: [hex, account] })) as string;
  return api.walletAnswer({ kind: "ethereum", challenge, message, signature, purpose, token: false });
}

async function solanaSign(purpose: Purpose): Promise<Entrance> {
  const wallet = wallets().solana!;
  const address = (await wallet.connect()).publicKey.toString();
  const { challenge, message } = await api.walletMessage({ kind: "solana", address, purpose });
  const { signature } = await wallet.signMessage(new TextEncoder().encode(message), "utf8");
  return api.walletAnswer({ kind: "solana", challenge, message, signature: btoa(String.fromCharCode(...signature)), purpose, token: false });
}

const DECLINED = 4001;

/** Have a wallet sign: to log in, to be linked, or as a fresh proof. */
export async function signWithWallet(kind: string, purpose: Purpose): Promise<Entrance> {
  try {
    return await (kind === "solana" ? solanaSign(purpose) : ethereumSign(purpose));
  } catch (error) {
    if ((error as { code?: number }).code === DECLINED) throw new Cancelled();
    throw error;
  }
}

/** Leave for an issuer; the browser comes back by itself. */
export async function leaveFor(provider: string, purpose: Purpose): Promise<void> {
  location.assign((await api.beginOidc(provider, purpose)).url);
  await new Promise(() => undefined);
}

/** Telegram's own page, which comes back with `#tgAuthResult=`. */
export function leaveForTelegram(botId: string): void {
  const query = new URLSearchParams({ bot_id: botId, origin: location.origin, return_to: location.origin });
  location.assign(`https://oauth.telegram.org/auth?${query}`);
}

/** What Telegram sent along in the address: the login page's answer, or a Mini App's launch data. */
export async function telegramEntrance(hash: string): Promise<Entrance | null> {
  const fields = new URLSearchParams(hash.replace(/^#\/?/, ""));
  const launch = fields.get("tgWebAppData");
  const login = fields.get("tgAuthResult");
  if (!launch && !login) return null;
  history.replaceState(null, "", "#/");
  if (launch) return api.telegramLaunch(launch);
  const said = JSON.parse(new TextDecoder().decode(bytes(login!))) as Record<string, string | number>;
  return api.telegramWidget(Object.fromEntries(Object.entries(said).map(([name, value]) => [name, String(value)])));
}
