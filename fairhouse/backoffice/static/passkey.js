// Passkeys of staff: asks the browser's authenticator and sends its answer. Logging in by password
// and code works without this file.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const text = (data) => (data ? btoa(String.fromCharCode(...new Uint8Array(data))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") : undefined);
const named = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function post(path, csrf, fields) {
  const body = new URLSearchParams({ csrf, ...fields });
  const answer = await fetch(path, { method: "POST", body, headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).message ?? String(answer.status));
  return answer.json();
}

async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: { ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: named(options.excludeCredentials) },
  });
  const { clientDataJSON, attestationObject } = made.response;
  return [made, { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject), transports: made.response.getTransports() }];
}

async function get(options) {
  const found = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials) } });
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  return [found, { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature), userHandle: text(userHandle) }];
}

for (const button of document.querySelectorAll("button[data-passkey]")) {
  button.hidden = typeof PublicKeyCredential === "undefined";
  button.addEventListener("click", async () => {
    const form = button.closest("form");
    const fields = Object.fromEntries(new FormData(form));
    const path = button.dataset.passkey;
    button.disabled = true;
    try {
      const { challenge, options } = await post(`${path}/options`, fields.csrf, {});
      const [credential, response] = await (options.user ? create(options) : get(options));
      const said = { id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: {}, response };
      const { next } = await post(path, fields.csrf, { ...fields, challenge, credential: JSON.stringify(said) });
      location.assign(next);
    } catch (error) {
      if (error.name !== "NotAllowedError") button.closest("form").querySelector("[role=alert]").textContent = error.message;
    } finally {
      button.disabled = false;
    }
  });
}
