// A real OpenID provider (npm oidc-provider) for the tests: it logs in whoever it is told to and
// asks nobody. Prints its URL; ends when its input does.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const people = {
  grace: { email: "grace@player.test", email_verified: true },
  mallory: { email: "ada.lovelace@player.test", email_verified: false },
};
const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const url = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(url, {
  clients: [{ client_id: "fairhouse", client_secret: "a secret of the tests", redirect_uris: ["https://casino.test/v1/oidc/tests/callback"], token_endpoint_auth_method: "client_secret_post" }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: [] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ["only for tests"] },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
});
const oidc = provider.callback();
server.on("request", async (request, response) => {
  if (!request.url.startsWith("/interaction/")) return oidc(request, response);
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    const accountId = request.headers["x-person"] ?? "grace";
    return provider.interactionFinished(request, response, { login: { accountId } });
  }
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
});
console.log(url);
process.stdin.on("end", () => process.exit(0)).resume();
