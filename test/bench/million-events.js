// Makes a store of many events of about 2 KB: six providers, forty types, several projects, answers of all kinds.
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "node_modules", ".cache", "hookcli-million");

/** When the newest event came in: events are one second apart. */
export const NEWEST_AT = Date.UTC(2026, 0, 1);
/** In one event in the middle alone. */
export const RARE_WORD = "xylophonequartz";
/** The project of nearly all events, and one that has only the oldest hundred. */
const PROJECT = "/home/dev/shop";
const OLD_PROJECT = "/home/dev/old";

const PROVIDERS = {
  stripe: ["invoice.paid", "invoice.created", "charge.succeeded", "charge.refunded", "customer.created", "payout.paid"],
  github: ["push", "pull_request", "issues", "release", "check_run", "workflow_run", "star"],
  shopify: ["orders/create", "orders/updated", "products/update", "carts/update", "refunds/create"],
  slack: ["message", "app_mention", "reaction_added", "team_join"],
  twilio: ["message.received", "message.delivered", "call.completed"],
  generic: ["message.created", "user.joined", "user.left", "job.done"],
};
const KINDS = Object.entries(PROVIDERS).flatMap(([provider, types]) => types.map((type) => ({ provider, type })));
const WORDS =
  "order customer payment shipped address invoice subscription trial created updated label blue green river house market street winter summer account balance currency amount quantity product variant discount coupon delivery warehouse package tracking number message channel thread reply emoji reaction member team workspace repository branch commit author review merge release".split(
    " ",
  );

/** Opens the current schema's modules, bundled. */
export async function loadStore() {
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: {
      open: "src/store/open.ts",
      writer: "src/store/writer-thread.ts",
      id: "src/events/id.ts",
      driver: "src/store/driver.ts",
      search: "src/store/search-build.ts",
    },
    outdir: cache,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: ["@photostructure/sqlite"],
  });
  const load = (name) => import(pathToFileURL(join(cache, `${name}.mjs`)).href);
  const { openStore } = await load("open");
  const { newEventId } = await load("id");
  const { openDatabase } = await load("driver");
  const { SearchBuilder } = await load("search");
  return { openStore, newEventId, openDatabase, SearchBuilder, writerPath: pathToFileURL(join(cache, "writer.mjs")) };
}

/** Brings the index of --grep up to date. */
export async function buildIndex(path) {
  const { openStore, openDatabase, SearchBuilder, writerPath } = await loadStore();
  await (await openStore({ path, context: { now: Date.now }, writerPath, readOnly: true })).close();
  const db = await openDatabase(path, { readOnly: false, busyTimeoutMs: 1000 });
  const builder = new SearchBuilder(db, () => db.exec("BEGIN IMMEDIATE"));
  while (builder.work(20) === "more");
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

/** What measurements look for in a store. */
export async function namesOf(path) {
  const { openDatabase } = await loadStore();
  const db = await openDatabase(path, { readOnly: true, busyTimeoutMs: 1000 });
  const { count, middleSeq } = db.prepare("SELECT max(seq) AS count, max(seq) / 2 AS middleSeq FROM events").get();
  const { id } = db.prepare("SELECT id FROM events WHERE seq = ?").get(middleSeq);
  const { named } = db.prepare("SELECT provider_event_id AS named FROM requests WHERE seq = ?").get(middleSeq);
  db.close();
  return { count, middleSeq, middleId: id, hexId: Buffer.from(named).toString() };
}

/** Makes the store with direct inserts, without a sync for each. */
export async function makeStore(path, count) {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
  const { openStore, newEventId, openDatabase, writerPath } = await loadStore();
  const store = await openStore({ path, context: { now: Date.now }, writerPath });
  await store.close();
  const db = await openDatabase(path, { readOnly: false, busyTimeoutMs: 1000 });
  db.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000");
  const insert = inserter(db, newEventId);
  for (let from = 0; from < count; from += 10_000) {
    db.exec("BEGIN");
    for (let index = from; index < Math.min(count, from + 10_000); index += 1) insert(index, count);
    db.exec("COMMIT");
  }
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

function inserter(db, newEventId) {
  const chance = randomFrom(1);
  const names = new Map();
  const insertName = db.prepare("INSERT INTO names (kind, value) VALUES (?, ?)");
  const nameId = (kind, value) => {
    const key = `${kind}\n${value}`;
    if (!names.has(key)) names.set(key, Number(insertName.run(kind, Buffer.from(value)).lastInsertRowid));
    return names.get(key);
  };
  const insertEvent = db.prepare(
    "INSERT INTO events (id, project, received_at, type, provider, status, state, signature, source, size, repeat_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const insertRequest = db.prepare(
    "INSERT INTO requests (seq, method, path, remote_ip, provider_event_id, signature, duplicate_of, body_sha256, body_complete, headers, trailers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
  );
  const insertBody = db.prepare("INSERT INTO bodies (seq, body) VALUES (?, ?)");
  const insertAttempt = db.prepare(
    "INSERT INTO attempts (event, n, target, started_at, duration_ms, status, error, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const note = Buffer.from("{}");
  const none = Buffer.from("[]");
  const target = Buffer.from("http://localhost:5000/webhook");
  const answerHeaders = Buffer.from('[["content-type","text/plain"]]');
  return (index, count) => {
    const { provider, type } = KINDS[Math.floor(chance() * KINDS.length)];
    const at = NEWEST_AT - (count - index) * 1000;
    const outcome = outcomeOf(index, count, chance);
    const providerId = `${provider.slice(0, 2)}_${hex(chance, 24)}`;
    const body = Buffer.from(bodyOf({ index, count, type, at, providerId, chance }));
    const project = index < 100 ? OLD_PROJECT : chance() < 0.02 ? "/home/dev/other" : PROJECT;
    const { lastInsertRowid } = insertEvent.run(
      newEventId(at, (length) => Uint8Array.from({ length }, () => Math.floor(chance() * 256))),
      nameId("project", project),
      at,
      nameId("type", type),
      nameId("provider", provider),
      outcome.status,
      outcome.state,
      outcome.signature,
      outcome.source,
      body.byteLength,
      createHash("sha256").update(providerId).digest().subarray(0, 16),
    );
    const seq = Number(lastInsertRowid);
    const headers = Buffer.from(JSON.stringify(headersOf(provider, type, body, chance)));
    const hash = createHash("sha256").update(body).digest();
    const duplicateOf = chance() < 0.01 ? "evt_00000000000000000000000000" : null;
    insertRequest.run(
      seq,
      Buffer.from("POST"),
      Buffer.from(`/webhook/${provider}?account=acct_${hex(chance, 6)}`),
      Buffer.from("203.0.113.7"),
      Buffer.from(providerId),
      note,
      duplicateOf,
      hash,
      headers,
      none,
    );
    insertBody.run(seq, body);
    const ms = 2 + chance() ** 4 * 900;
    for (let n = 1; n <= outcome.attempts; n += 1) {
      const status = n === outcome.attempts ? outcome.status : 503;
      insertAttempt.run(seq, n, target, at, ms, status, null, answerHeaders, Buffer.from("ok"));
    }
  };
}

/** The rare kinds are among the oldest only, or nowhere near the newest: the worst case of a search from the newest. */
function outcomeOf(index, count, chance) {
  const signature = index < 50 ? "not_checkable" : chance() < 0.03 ? "invalid" : chance() < 0.5 ? "valid" : "unchecked";
  const source = index < 30 ? "import" : chance() < 0.1 ? "local" : chance() < 0.05 ? "send" : "tunnel";
  const dice = chance();
  if (index < 20) return { status: 418, state: "dead", attempts: 3, signature, source };
  if (dice < 0.01) return { status: null, state: "refused", attempts: 0, signature, source };
  if (dice < 0.05) return { status: null, state: "stored", attempts: 0, signature, source };
  if (dice < 0.1) return { status: chance() < 0.5 ? 500 : 404, state: "failed", attempts: 2, signature, source };
  return { status: chance() < 0.9 ? 200 : 204, state: "delivered", attempts: 1, signature, source };
}

function headersOf(provider, type, body, chance) {
  return [
    ["Host", "quiet-otter-12.loca.lt"],
    ["User-Agent", `${provider}-hooks/1.0`],
    ["Content-Type", "application/json"],
    ["Content-Length", String(body.byteLength)],
    ["X-Event-Type", type],
    ["X-Signature", `sha256=${hex(chance, 64)}`],
    ["X-Request-Id", uuid(chance)],
    ["X-Forwarded-For", `203.0.113.${Math.floor(chance() * 256)}`],
    ["X-Forwarded-Proto", "https"],
  ];
}

function bodyOf({ index, count, type, at, providerId, chance }) {
  const items = Array.from({ length: 4 }, () => ({
    id: `item_${hex(chance, 20)}`,
    title: words(chance, 6),
    sku: uuid(chance),
    quantity: 1 + Math.floor(chance() * 9),
    price: { amount: Math.floor(chance() * 100_000), currency: chance() < 0.5 ? "eur" : "usd" },
  }));
  const [resource, action = "done"] = type.split(/[./_]/);
  return JSON.stringify({
    id: providerId,
    object: "event",
    type,
    created: Math.floor(at / 1000),
    livemode: false,
    data: {
      [resource]: {
        id: `${resource}_${hex(chance, 24)}`,
        [`${action}_at`]: new Date(at).toISOString(),
        customer: { name: words(chance, 2), email: `${words(chance, 1)}.${hex(chance, 5)}@example.com` },
        description: index === Math.floor(count / 2) ? RARE_WORD : words(chance, 60),
        address: { line1: `${Math.floor(chance() * 200)} ${words(chance, 1)} street`, city: "Zürich", country: "CH" },
        items,
        metadata: { trace: hex(chance, 32), attempt: Math.floor(chance() * 5), session: uuid(chance) },
      },
    },
    request: { id: `req_${hex(chance, 14)}`, idempotency_key: uuid(chance) },
  });
}

function words(chance, count) {
  return Array.from({ length: count }, () => WORDS[Math.floor(chance() * WORDS.length)]).join(" ");
}

function uuid(chance) {
  return hex(chance, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function hex(chance, length) {
  let text = "";
  while (text.length < length)
    text += Math.floor(chance() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, "0");
  return text.slice(0, length);
}

/** Numbers from 0 to 1, the same at every run. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
