import { serverText, t, tOr, type Fields } from "../state/i18n.svelte";

export type ErrorBody = {
  code: string;
  message: string;
  param?: string | null;
  fields?: Record<string, unknown> | null;
  request_id?: string | null;
};

/** A refusal of the server: typed, final, and it changed nothing. */
export class ApiError extends Error {
  readonly code: string;
  readonly param: string | null;
  readonly fields: Fields;
  readonly requestId: string | null;

  constructor(
    readonly status: number,
    body: ErrorBody,
  ) {
    super(body.message);
    this.code = body.code;
    this.param = body.param ?? null;
    this.requestId = body.request_id ?? null;
    this.fields = Object.fromEntries(
      Object.entries(body.fields ?? {}).map(([name, value]) => [name, typeof value === "number" ? value : String(value)]),
    );
  }
}

/** No answer came: the request may or may not have been carried out. */
export class NetworkError extends Error {}

type Explanation = (error: ApiError) => string;
const explanations = new Map<string, Explanation>();

/** Refusals whose facts need more than filling in: amounts, times, periods. */
export function explain(codes: readonly string[], explanation: Explanation): void {
  for (const code of codes) explanations.set(code, explanation);
}

/** The sentence a person reads: ours by code, else the server's. */
export function sentenceOf(error: unknown): string {
  const explanation = error instanceof ApiError ? explanations.get(error.code) : undefined;
  if (explanation) return explanation(error as ApiError);
  if (error instanceof ApiError) return tOr(`error.${error.code}`, serverText("refusals", error.code, error.fields, error.message), error.fields);
  if (error instanceof NetworkError) return t("error.network");
  return t("error.unexpected");
}

/** The server's answer to a refused request, whatever shape a proxy gave it. */
export function refusalOf(status: number, body: unknown): ApiError {
  const error = (body as { error?: Partial<ErrorBody> } | null | undefined)?.error;
  if (error && typeof error.code === "string") {
    return new ApiError(status, { message: "", ...error, code: error.code });
  }
  return new ApiError(status, { code: status >= 500 ? "unavailable" : "unexpected", message: t("error.unexpected") });
}
