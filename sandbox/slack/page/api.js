/** @file The sandbox's control API. Every answer is `{ok, …}`; a server that is gone answers `sandbox_unreachable`. */

/**
 * POST to /sandbox/<path>.
 * @param {string} path e.g. "slash"
 * @param {object} body
 * @returns {Promise<{ok: boolean, error?: string}>}
 */
export async function post(path, body) {
  try {
    const response = await fetch(`/sandbox/${path}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    return await response.json();
  } catch {
    return { ok: false, error: "sandbox_unreachable" };
  }
}

const RETRY_MS = 1000;

/**
 * Follow the state as one user sees it, reconnecting for as long as it takes.
 * @param {string} user
 * @param {{onState: function(object): void, onLink: function(boolean): void}} listeners
 * @returns {function(): void} stops following
 */
export function follow(user, { onState, onLink }) {
  let source;
  let retry;
  const open = () => {
    source = new EventSource(`/sandbox/events?as=${encodeURIComponent(user)}`);
    source.addEventListener("state", (event) => onState(JSON.parse(event.data)));
    source.addEventListener("open", () => onLink(true));
    source.addEventListener("error", () => {
      onLink(false);
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
    });
  };
  open();
  return () => {
    clearTimeout(retry);
    source.close();
  };
}
