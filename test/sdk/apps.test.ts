import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, startApp } from "./app.js";
import { type Credentials, type Row, rows } from "./rows.js";
import { type SignedRequest, writtenOut } from "./written-out.js";

const minuteSeconds = 60;

describe.each(rows)("the app of $name", (row) => {
  let credentials: Credentials;
  let app: App;

  beforeAll(async () => {
    credentials = row.credentials();
    app = await startApp(row.name, credentials.appEnv);
  });
  afterAll(() => app.close());

  test("accepts what was signed by the provider's documents", async () => {
    const statuses = await Promise.all(requests(row, { credentials, app }).map((request) => send(app, request)));

    expect(statuses.length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status < 200 || status > 299)).toEqual([]);
  });

  if (row.signsBody)
    test("refuses another body", async () => {
      const changed = requests(row, { credentials, app }).map((request) => ({
        ...request,
        body: request.body.replace("na", "NA"),
      }));

      expect(await refusals(app, changed)).toEqual([]);
    });

  test("refuses what was signed with another secret", async () => {
    const strange = requests(row, { credentials: row.credentials(), app });

    expect(await refusals(app, strange)).toEqual([]);
  });

  test("refuses what was not signed", async () => {
    const unsigned = requests(row, { credentials, app }).map((request) => ({
      ...request,
      headers: Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => !/signature|hmac|token/.test(name)),
      ),
    }));

    expect(await refusals(app, unsigned)).toEqual([]);
  });

  if (row.checksAge)
    test("refuses a signature that is ten minutes old", async () => {
      const stale = requests(row, { credentials, app, ageSeconds: 10 * minuteSeconds });

      expect(await refusals(app, stale)).toEqual([]);
    });

  if (row.signsUrl)
    test("refuses what was signed for another URL", async () => {
      const elsewhere = requests(row, { credentials, app, origin: "https://elsewhere.example" });

      expect(await refusals(app, elsewhere)).toEqual([]);
    });

  if (row.signsUrl)
    test("believes the URL that a proxy on loopback names", async () => {
      const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": "hooks.example" };
      const proxied = requests(row, { credentials, app, origin: "https://hooks.example" }).map((request) => ({
        ...request,
        headers: { ...request.headers, ...forwarded },
      }));

      const statuses = await Promise.all(proxied.map((request) => send(app, request)));

      expect(statuses.every((status) => status === 200)).toBe(true);
    });
});

interface Situation {
  readonly credentials: Credentials;
  readonly app: App;
  readonly ageSeconds?: number;
  readonly origin?: string;
}

function requests(row: Row, { credentials, app, ageSeconds = 0, origin }: Situation): readonly SignedRequest[] {
  const timestamp = Math.floor(Date.now() / 1000) - ageSeconds;
  const signers = writtenOut[row.name] ?? [];
  return signers.map((sign) => sign({ credentials, timestamp, origin: origin ?? `http://127.0.0.1:${app.port}` }));
}

async function send(app: App, { path, headers, body }: SignedRequest): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${app.port}${path}`, { method: "POST", headers, body });
  await response.arrayBuffer();
  return response.status;
}

/** The statuses that are no refusal: none when all is well. */
async function refusals(app: App, changed: readonly SignedRequest[]): Promise<readonly number[]> {
  const statuses = await Promise.all(changed.map((request) => send(app, request)));
  return statuses.filter((status) => ![400, 401, 403].includes(status));
}
