// The library's sign and verify against those of the providers' SDKs (test/sdk), one body after the other in one process.
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { beside, median, spread } from "./measure.js";

const SIZES = [
  { name: "1 KB", bytes: 1_024, calls: 20_000 },
  { name: "1 MB", bytes: 1_048_576, calls: 20 },
];
const EXPLAIN_BYTES = 65_536;
const EXPLAIN_ROUNDS = 5;

/** @param {{ rounds?: number }} [options] */
export async function benchSdks({ rounds = 9 } = {}) {
  if (!existsSync(beside("../sdk/node_modules")))
    throw new Error("the SDKs are not installed: npm ci --prefix test/sdk --ignore-scripts");
  const library = await import(new URL("../../dist/index.js", import.meta.url));
  const rows = [];
  const ratios = [];
  for (const size of SIZES) {
    for (const pair of pairsFor(library, bodyOf(size.bytes))) {
      const { ours, theirs } = await race(pair, { calls: size.calls, rounds });
      const ratio = median(ours) / median(theirs);
      ratios.push(ratio);
      rows.push([pair.name, pair.does, size.name, spread(ours), spread(theirs), ratio.toFixed(2)]);
    }
  }
  const explained = explainTimes(library);
  const lowest = Math.min(...ratios);
  return {
    name: "sdks",
    title: "Against the SDKs",
    about: "Calls a second of the library's `sign` and `verify` and of each SDK's own, in one process, in turns.",
    columns: ["SDK", "what", "body", "hookcli", "SDK", "ratio"],
    rows,
    findings: [
      { aim: "at least each SDK's rate", found: `lowest ratio ${lowest.toFixed(2)}`, met: lowest >= 1 },
      {
        aim: "a body of 64 KB is explained within 1 s",
        found: `${spread(explained)} ms`,
        met: Math.max(...explained) < 1_000,
      },
    ],
    notes: ["razorpay's SDK compares with `===`; `verify` compares in constant time, and returns what it found out."],
  };
}

/** Calls a second of both, measured in turns. */
async function race({ ours, theirs }, { calls, rounds }) {
  const contenders = [
    { run: ours, rates: [] },
    { run: theirs, rates: [] },
  ];
  for (let round = 0; round <= rounds; round += 1) {
    for (const { run, rates } of contenders) {
      const started = performance.now();
      for (let call = 0; call < calls; call += 1) await run();
      // The first round warms up.
      if (round > 0) rates.push((calls * 1_000) / (performance.now() - started));
    }
  }
  return { ours: contenders[0].rates, theirs: contenders[1].rates };
}

/** How long a wrong secret takes to be explained, milliseconds. */
function explainTimes({ sign, explain }) {
  const body = bodyOf(EXPLAIN_BYTES);
  const now = Date.now();
  const { headers } = sign({ provider: "stripe", secret: "one", body, now });
  return Array.from({ length: EXPLAIN_ROUNDS }, () => {
    const started = performance.now();
    explain({ provider: "stripe", secret: "another", headers, body, now });
    return performance.now() - started;
  });
}

function bodyOf(bytes) {
  const event = { id: "evt_1", type: "invoice.paid", data: { text: "" } };
  event.data.text = "x".repeat(bytes - JSON.stringify(event).length);
  return JSON.stringify(event);
}

/** What is compared: each as a user of either would call it, with the body as text, and true where it must be. */
function pairsFor({ sign, verify }, body) {
  const load = createRequire(new URL("../sdk/package.json", import.meta.url));
  const secret = randomBytes(16).toString("hex");
  const standard = `whsec_${randomBytes(24).toString("base64")}`;
  const signed = (provider, of) => {
    const { headers } = sign({ provider, secret: of, body, now: Date.now(), id: "msg_1" });
    const record = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
    const ours = () => demand(verify({ provider, secret: of, headers: record, body, now: Date.now() }).valid);
    return { record, ours, signs: () => sign({ provider, secret: of, body, now: Date.now(), id: "msg_1" }) };
  };
  const stripe = new (load("stripe"))("sk_test_none").webhooks;
  const { Webhook } = load("svix");
  const { Webhook: StandardWebhook } = load("standardwebhooks");
  const svix = new Webhook(standard);
  const standardWebhook = new StandardWebhook(standard);
  const { isValidSlackRequest } = load("@slack/bolt");
  const { validateSignature } = load("@line/bot-sdk");
  const { validateWebhookSignature } = load("razorpay");
  const { verifyWebhookSignature } = load("@notionhq/client");
  const byProvider = {
    stripe: signed("stripe", secret),
    svix: signed("svix", standard),
    standard: signed("standard-webhooks", standard),
    slack: signed("slack", secret),
    line: signed("line", secret),
    razorpay: signed("razorpay", secret),
    notion: signed("notion", secret),
  };
  const { stripe: s, svix: v, standard: w, slack: k, line: l, razorpay: r, notion: n } = byProvider;
  const slackHeaders = {
    "x-slack-signature": k.record["x-slack-signature"],
    "x-slack-request-timestamp": Number(k.record["x-slack-request-timestamp"]),
  };
  const verifies = [
    ["stripe", s, () => demand(stripe.constructEvent(body, s.record["stripe-signature"], secret) !== undefined)],
    ["svix", v, () => demand(svix.verify(body, v.record) !== undefined)],
    ["standardwebhooks", w, () => demand(standardWebhook.verify(body, w.record) !== undefined)],
    ["@slack/bolt", k, () => demand(isValidSlackRequest({ signingSecret: secret, body, headers: slackHeaders }))],
    ["@line/bot-sdk", l, () => demand(validateSignature(body, secret, l.record["x-line-signature"]))],
    ["razorpay", r, () => demand(validateWebhookSignature(body, r.record["x-razorpay-signature"], secret))],
    [
      "@notionhq/client",
      n,
      async () =>
        demand(
          await verifyWebhookSignature({ body, signature: n.record["x-notion-signature"], verificationToken: secret }),
        ),
    ],
  ];
  const signs = [
    ["stripe", s, () => stripe.generateTestHeaderString({ payload: body, secret })],
    ["svix", v, () => svix.sign("msg_1", new Date(), body)],
    ["standardwebhooks", w, () => standardWebhook.sign("msg_1", new Date(), body)],
  ];
  return [
    ...verifies.map(([name, { ours }, theirs]) => ({ name, does: "verify", ours, theirs })),
    ...signs.map(([name, { signs: ours }, theirs]) => ({ name, does: "sign", ours, theirs })),
  ];
}

function demand(accepted) {
  if (!accepted) throw new Error("a right signature was refused");
}
