/**
 * The one place that talks to the player API. Types come from the OpenAPI document
 * (`npm run generate`); everything else in the app calls `api.*`.
 */
import createClient, { type Middleware } from "openapi-fetch";

import { messages } from "../state/i18n.svelte";
import { ApiError, NetworkError, refusalOf } from "./errors";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Config = Schemas["Config"];
export type Place = Schemas["PlaceView"];
export type Brand = Schemas["BrandView"];
export type Theme = Schemas["ThemeView"];
export type Currency = Schemas["CurrencyView"];
export type ChainOption = Schemas["ChainView"];
export type Game = Schemas["GameView"];
export type Session = Schemas["SessionView"];
export type Player = Schemas["PlayerView"];
export type Balance = Schemas["BalanceView"];
export type Rates = Schemas["RatesView"];
export type DepositAddress = Schemas["DepositAddressView"];
export type Deposit = Schemas["DepositView"];
export type Withdrawal = Schemas["WithdrawalView"];
export type WithdrawalQuote = Schemas["QuoteView"];
export type Check = Schemas["CheckView"];
/** A bet with its server seed, once that is revealed. */
export type PublicBet = Schemas["PublicBet"];
export type Bet = Schemas["BetView"];
export type ActiveSeed = Schemas["ActiveSeed"];
/** A live game as it stands, its rounds, who is in, and what proves a round. */
export type LiveTable = Schemas["TableView"];
export type LiveRound = Schemas["RoundView"];
export type Seat = Schemas["SeatView"];
export type RoundDetail = Schemas["RoundDetail"];
export type RevealedSeed = Schemas["RevealedSeed"];
export type Device = Schemas["DeviceView"];
export type Notice = Schemas["NotificationView"];
export type Statement = Schemas["StatementView"];
export type WithdrawalAsked = Schemas["WithdrawalAsked"];
export type Entrance = Schemas["EntranceView"];
export type Offered = Schemas["OfferedView"];
export type Purpose = "enter" | "link" | "step_up";
export type Way = Schemas["WayView"];
export type Ways = Schemas["WaysView"];
export type AddressBook = Schemas["AddressBookView"];
export type Enrolment = Schemas["EnrolmentView"];
export type Protection = Schemas["ProtectionView"];
export type Limit = Schemas["LimitView"];
export type LimitKind = Schemas["LimitKind"];
export type Period = Schemas["Period"];
export type PendingLimit = Schemas["PendingView"];
export type Exclusion = Schemas["ExclusionView"];
export type ProtectionChange = Schemas["ChangeView"];
export type Kyc = Schemas["KycView"];
export type KycTier = Schemas["KycTierView"];
export type KycDocumentKind = Schemas["DocumentKind"];

let csrfToken = "";
/** Fetches the session anew: when it ended, or when another tab logged in and changed the token. */
let renewSession: () => Promise<void> = () => Promise.resolve();

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

export function setRenewSession(renew: () => Promise<void>): void {
  renewSession = renew;
}

/** Send; with a stale CSRF token once more, after fetching the new one. Refused requests did nothing. */
async function send(request: Request): Promise<Response> {
  const copy = request.clone();
  const response = await fetch(request);
  if (response.status !== 403) return response;
  const body: unknown = await response.clone().json().catch(() => null);
  if (refusalOf(403, body).code !== "csrf_invalid") return response;
  await renewSession();
  copy.headers.set("X-CSRF-Token", csrfToken);
  return fetch(copy);
}

const security: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET" && csrfToken) request.headers.set("X-CSRF-Token", csrfToken);
    return request;
  },
};

const http = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin", fetch: send });
http.use(security);

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer. Throws ApiError for a refusal and NetworkError when none came. */
async function need<T>(answer: Promise<Answer<T>>): Promise<T> {
  let got: Answer<T>;
  try {
    got = await answer;
  } catch {
    throw new NetworkError();
  }
  if (got.response.ok) return got.data as T;
  const refusal = refusalOf(got.response.status, got.error);
  if (refusal.code === "unauthenticated") void renewSession();
  // Its sentence is about to be read; of a server in trouble nothing more is asked.
  if (refusal.status < 500) await messages.complete().catch(() => undefined);
  throw refusal;
}

/** Send a file and say how far it is, which `fetch` cannot. */
function upload<T>(path: string, file: Blob, onprogress: (share: number) => void): Promise<T> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    if (csrfToken) request.setRequestHeader("X-CSRF-Token", csrfToken);
    request.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
    request.onerror = () => failed(new NetworkError());
    request.onload = () => (request.status < 300 ? done(request.response as T) : failed(refusalOf(request.status, request.response)));
    request.send(file);
  });
}

/** Whether asking again with the same id is safe and may help. */
function isPassing(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && [502, 503, 504].includes(error.status));
}

const RETRY_DELAYS_MS = [250, 700, 1500, 3000, 5000];

/**
 * Ask again with the same body after a lost answer. Only for requests that carry a client-made id:
 * the server gives the same answer to the same id, so nothing happens twice.
 */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  underWay += 1;
  try {
    for (const delay of RETRY_DELAYS_MS) {
      try {
        return await ask();
      } catch (error) {
        if (!isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
    return await ask();
  } finally {
    underWay -= 1;
  }
}

let underWay = 0;

/** A request that moves money waits for its answer. */
export const isSending = (): boolean => underWay > 0;

/** A bet as it is asked for; `stake` in the currency's decimal text, `params` the game's own. */
export type BetAsked = Schemas["BetRequest"];
/** One step of an open round: `do` names it. */
export type Choice = { do: string } & Record<string, unknown>;

const page = (before?: string | null, limit = 30) => ({ params: { query: before ? { before, limit } : { limit } } });

export const api = {
  config: () => need(http.GET("/v1/config")),
  place: () => need(http.GET("/v1/place")),
  session: () => need(http.GET("/v1/session")),
  rates: () => need(http.GET("/v1/rates")),

  guest: (language: string) => need(http.POST("/v1/guest", { body: { language, token: false } })),
  register: (body: Schemas["RegisterRequest"]) => need(http.POST("/v1/register", { body })),
  logIn: (email: string, password: string, totp?: string) =>
    need(http.POST("/v1/login", { body: { email, password, token: false, ...(totp ? { totp } : {}) } })),
  logOut: () => need(http.POST("/v1/logout")),
  /** The account opens when the code from the mail comes back. */
  confirmRegistration: (registration: string, code: string) =>
    need(http.POST("/v1/register/confirm", { body: { registration, code, token: false } })),
  offered: () => need(http.GET("/v1/ways/offered")),
  ticketCode: (ticket: string, totp: string) => need(http.POST("/v1/login/code", { body: { ticket, totp, token: false } })),
  openAccount: (body: Schemas["OpenRequest"]) => need(http.POST("/v1/register/open", { body })),
  newPasskey: (name: string) => need(http.POST("/v1/passkeys/new/options", { body: { name } })),
  makePasskey: (body: Schemas["NewPasskeyAnswer"]) => need(http.POST("/v1/passkeys/new", { body })),
  askPasskey: (purpose: Purpose) => need(http.POST("/v1/passkeys/options", { body: { purpose } })),
  usePasskey: (body: Schemas["PasskeyAnswer"]) => need(http.POST("/v1/passkeys", { body })),
  walletMessage: (body: Schemas["WalletAsk"]) => need(http.POST("/v1/wallets/message", { body })),
  walletAnswer: (body: Schemas["WalletAnswer"]) => need(http.POST("/v1/wallets", { body })),
  beginOidc: (provider: string, purpose: Purpose) => need(http.POST("/v1/oidc/{provider}/begin", { params: { path: { provider } }, body: { purpose } })),
  telegramWidget: (fields: Record<string, string>) => need(http.POST("/v1/telegram", { body: { fields, purpose: "enter", token: false } })),
  telegramLaunch: (initData: string) => need(http.POST("/v1/telegram/mini-app", { body: { init_data: initData, purpose: "enter", token: false } })),
  phoneCode: (body: Schemas["PhoneAsk"]) => need(http.POST("/v1/phone/code", { body })),
  phoneAnswer: (body: Schemas["PhoneAnswer"]) => need(http.POST("/v1/phone", { body })),
  ways: () => need(http.GET("/v1/ways")),
  removeWay: (id: string) => need(http.DELETE("/v1/ways/{way_id}", { params: { path: { way_id: id } } })),
  removePassword: () => need(http.DELETE("/v1/ways/password")),
  phrase: () => need(http.GET("/v1/security/phrase")),
  setPhrase: (phrase: string | null) => need(http.PUT("/v1/security/phrase", { body: { phrase } })),
  addresses: () => need(http.GET("/v1/addresses")),
  addAddress: (body: Schemas["AddressRequest"]) => need(http.POST("/v1/addresses", { body })),
  removeAddress: (id: string) => need(http.DELETE("/v1/addresses/{address_id}", { params: { path: { address_id: id } } })),
  setWhitelist: (on: boolean) => need(http.PUT("/v1/addresses/whitelist", { body: { on } })),
  closeAccount: () => need(http.POST("/v1/account/close")),
  exportData: () => need(http.GET("/v1/account/export", { parseAs: "blob" })) as Promise<unknown> as Promise<Blob>,
  resendRegistration: (registration: string) => need(http.POST("/v1/register/resend", { body: { registration } })),
  forgotPassword: (email: string) => need(http.POST("/v1/password/forgot", { body: { email } })),
  resetPassword: (code: string, password: string, totp?: string) =>
    need(http.POST("/v1/password/reset", { body: { code, password, ...(totp ? { totp } : {}) } })),
  acceptTerms: (version: string) => need(http.POST("/v1/terms/accept", { body: { terms_version: version } })),
  setLanguage: (language: string) => need(http.POST("/v1/language", { body: { language } })),
  changePassword: (current: string, password: string) => need(http.POST("/v1/password", { body: { current, password } })),
  changeEmail: (email: string, password: string | null) => need(http.POST("/v1/email/change", { body: { email, password } })),
  confirmEmail: (code: string) => need(http.POST("/v1/email/change/confirm", { body: { code } })),

  devices: () => need(http.GET("/v1/sessions")),
  revoke: (id: string) => need(http.DELETE("/v1/sessions/{session_id}", { params: { path: { session_id: id } } })),
  enrolTotp: () => need(http.POST("/v1/totp/enrol")),
  confirmTotp: (code: string) => need(http.POST("/v1/totp/confirm", { body: { code } })),
  disableTotp: (code: string) => need(http.DELETE("/v1/totp", { body: { code } })),
  stepUp: (body: Schemas["StepUpRequest"]) => need(http.POST("/v1/step-up", { body })),

  depositAddress: (asset: string) => need(http.POST("/v1/deposit-addresses", { body: { asset } })),
  deposits: (before?: string | null) => need(http.GET("/v1/deposits", page(before))),
  deposit: (id: string) => need(http.GET("/v1/deposits/{deposit_id}", { params: { path: { deposit_id: id } } })),
  quoteWithdrawal: (body: WithdrawalAsked) => need(http.POST("/v1/withdrawals/quote", { body })),
  withdraw: (id: string, body: WithdrawalAsked) =>
    again(() => need(http.POST("/v1/withdrawals", { params: { header: { "idempotency-key": id } }, body: { ...body, id } }))),
  withdrawals: (before?: string | null) => need(http.GET("/v1/withdrawals", page(before))),
  withdrawal: (id: string) => need(http.GET("/v1/withdrawals/{withdrawal_id}", { params: { path: { withdrawal_id: id } } })),
  cancelWithdrawal: (id: string) => need(http.POST("/v1/withdrawals/{withdrawal_id}/cancel", { params: { path: { withdrawal_id: id } } })),

  placeBet: (slug: string, body: BetAsked) => again(() => need(http.POST("/v1/games/{slug}/bets", { params: { path: { slug } }, body }))),
  takeStep: (slug: string, id: string, step: number, choice: Choice) =>
    again(() => need(http.POST("/v1/games/{slug}/bets/{bet_id}/steps", { params: { path: { slug, bet_id: id } }, body: { step, choice } }))),
  table: (slug: string) => need(http.GET("/v1/games/{slug}/table", { params: { path: { slug } } })),
  /** How a game is played in numbers: its exact mathematics. */
  rules: (slug: string) => need(http.GET("/v1/games/{slug}/rules", { params: { path: { slug } } })),
  live: (slug: string) => need(http.GET("/v1/crash/{game}", { params: { path: { game: slug } } })),
  liveRound: (slug: string, id: string) => need(http.GET("/v1/crash/{game}/rounds/{round_id}", { params: { path: { game: slug, round_id: id } } })),
  sitting: () => need(http.GET("/v1/sitting")),
  openRounds: () => need(http.GET("/v1/rounds/open")),
  bets: (before?: string | null, limit?: number) => need(http.GET("/v1/bets", page(before, limit))),
  bet: (id: string) => need(http.GET("/v1/bets/{bet_id}", { params: { path: { bet_id: id } } })),
  feed: () => need(http.GET("/v1/feed")),

  seeds: () => need(http.GET("/v1/seeds")),
  rotateSeeds: (clientSeed: string) => need(http.POST("/v1/seeds/rotate", { body: { client_seed: clientSeed } })),
  seedHistory: () => need(http.GET("/v1/seeds/history")),

  protection: () => need(http.GET("/v1/protection")),
  protectionHistory: (before?: string | null) => need(http.GET("/v1/protection/history", page(before, 10))),
  setLimit: (kind: LimitKind, period: Period, amount: string | null) =>
    need(http.PUT("/v1/protection/limits/{kind}/{period}", { params: { path: { kind, period } }, body: { amount } })),
  confirmLimit: (kind: LimitKind, period: Period) =>
    need(http.POST("/v1/protection/limits/{kind}/{period}/confirm", { params: { path: { kind, period } } })),
  cancelLimit: (kind: LimitKind, period: Period) =>
    need(http.POST("/v1/protection/limits/{kind}/{period}/cancel", { params: { path: { kind, period } } })),
  setRealityCheck: (minutes: number | null) => need(http.PUT("/v1/protection/reality-check", { body: { minutes } })),
  coolOff: (term: string) => need(http.POST("/v1/protection/cool-off", { body: { term } })),
  selfExclude: (term: string) => need(http.POST("/v1/protection/self-exclusion", { body: { term } })),
  askReturn: () => need(http.POST("/v1/protection/return")),

  kyc: () => need(http.GET("/v1/kyc")),
  acceptKyc: (version: string) => need(http.POST("/v1/kyc/disclosure", { body: { version } })),
  kycDetails: (body: Schemas["DetailsBody"]) => need(http.PUT("/v1/kyc/details", { body })),
  submitKyc: (tier: number) => need(http.POST("/v1/kyc/tiers/{tier}/submit", { params: { path: { tier: tier as Schemas["Tier"] } } })),
  kycVendor: (tier: number) => need(http.POST("/v1/kyc/tiers/{tier}/vendor", { params: { path: { tier: tier as Schemas["Tier"] } } })),
  removeDocument: (id: string) => need(http.DELETE("/v1/kyc/documents/{document}", { params: { path: { document: id } } })),
  uploadDocument: (tier: number, kind: KycDocumentKind, file: Blob, onprogress: (share: number) => void) => upload<Kyc>(`/v1/kyc/documents?tier=${tier}&kind=${kind}`, file, onprogress),

  notifications: () => need(http.GET("/v1/notifications")),
  readNotifications: (upTo: string) => need(http.POST("/v1/notifications/read", { body: { up_to: upTo } })),
  statement: (currency: string, since: string, until: string, before?: string | null) =>
    need(http.GET("/v1/statement", { params: { query: { currency, since, until, limit: 100, ...(before ? { before } : {}) } } })),
  socketTicket: () => need(http.POST("/v1/ws-ticket")),
};
