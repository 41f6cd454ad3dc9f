// A browser without a screen: keeps cookies, submits the bridge's forms, goes along to the old system's own site, and stops where the app
// would take over.

const known = [process.env.ISSUER, process.env.LEGACY].map((url) => new URL(url).origin);

export class Browser {
  #cookies = new Map();

  // Follows redirects, of pages too; answers with the URL at the app, or with the page that is shown.
  async open(url, init = {}) {
    for (let hops = 0; hops < 10; hops++) {
      const headers = { ...init.headers, cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
      const response = await fetch(url, { ...init, headers, redirect: "manual" });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
        if (value === "" || /max-age=0/i.test(cookie)) this.#cookies.delete(name);
        else this.#cookies.set(name, value);
      }
      const location = response.headers.get("location");
      let onward = response.status >= 300 && response.status <= 399 ? location : null;
      if (!onward) {
        const page = await response.text();
        const refresh = /<meta http-equiv="refresh" content="0;url=([^"]+)"/.exec(page);
        if (!refresh) return { page, url };
        onward = refresh[1].replaceAll("&#38;", "&");
      }
      const next = new URL(onward, url);
      if (!known.includes(next.origin)) return { app: next };
      url = next.href;
      init = {};
    }
    throw new Error("the bridge sends the browser in circles");
  }

  async submit({ page, url }, id, fields) {
    const form = new RegExp(`<form id="${id}" method="post" action="([^"]+)"`).exec(page);
    if (!form) throw new Error(`no form ${id} on ${url}:\n${page}`);
    const request = /<input type="hidden" name="request" value="([^"]+)">/.exec(page)[1];
    const body = new URLSearchParams({ request, ...fields });
    return this.open(new URL(form[1], url).href, { method: "POST", body });
  }

  // From an authorization URL to the URL at the app, through whatever pages come.
  async authorize(url, username, password) {
    let shown = await this.open(url);
    if (shown.page?.includes('id="login"')) shown = await this.submit(shown, "login", { username, password });
    if (shown.page?.includes('id="consent"')) shown = await this.submit(shown, "consent", { decision: "allow" });
    if (!shown.app) throw new Error(`not at the app:\n${shown.page}`);
    return shown.app;
  }
}
