/**
 * Control: the process that keeps the store, where it can be watched and broken (`npm run store`). Undefined where it
 * cannot.
 */
export function askControl(path: string, init: RequestInit = {}): Promise<Response> | undefined {
  const { STORE_CONTROL: url, STORE_TOKEN: token } = process.env;
  if (url === undefined) return undefined;
  return fetch(url + path, { ...init, headers: { authorization: `Bearer ${token}` }, cache: "no-store" });
}

export function hasControl(): boolean {
  return process.env.STORE_CONTROL !== undefined;
}
