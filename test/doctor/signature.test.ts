import { createHmac } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { oddBody, usualBodies } from "../../src/doctor/bodies.js";
import type { AppSide } from "../../src/doctor/patient.js";
import { closedPort, makeApp, makePatient, probe, SECRET, serve, serveTcp } from "./patient.js";

/** What an app signs of a body to compare. */
type Signed = (raw: string) => string;

/** An app that checks X-Signature over what it takes for the body. */
function verifying(signed: Signed, secret = SECRET, refusal = 401): RequestListener {
  return (request, response) => {
    void read(request).then((raw) => {
      const expected = createHmac("sha256", secret).update(signed(raw)).digest("hex");
      response.writeHead(request.headers["x-signature"] === expected ? 200 : refusal).end();
    });
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Writes JSON as Python's json.dumps does. */
function dumps(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(dumps).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${dumps(item)}`)
    .join(", ")}}`;
}

async function found(name: string, answer: RequestListener, parts: Partial<AppSide> & { path?: string } = {}) {
  const port = await serve(answer);
  return probe(name, await makePatient({ app: makeApp(`127.0.0.1:${port}${parts.path ?? ""}`, parts) }));
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(code, headers).end();

describe("raw-body", () => {
  it("is well when the app checks the bytes that came", async () => {
    expect(
      await found(
        "raw-body",
        verifying((raw) => raw),
      ),
    ).toMatchObject({
      status: "ok",
      message: "a signed probe with odd JSON was accepted (200, generic-hmac-sha256)",
    });
  });

  it.each([
    ["JSON.stringify", (raw: string) => JSON.stringify(JSON.parse(raw))],
    ["json.dumps", (raw: string) => dumps(JSON.parse(raw))],
  ] as const)(
    "is broken when the app writes the body again with %s, with a fix for each framework",
    async (by, signed) => {
      const result = await found("raw-body", verifying(signed));

      expect(result.status).toBe("broken");
      expect(result.message).toContain(`JSON as ${by} writes it was accepted`);
      expect(result.fix?.some((line) => line.startsWith("Express: "))).toBe(true);
      expect(result.fix?.some((line) => line.startsWith("Django: "))).toBe(true);
    },
  );

  it("is broken in another way when the secret is another one: no spelling is accepted", async () => {
    const result = await found(
      "raw-body",
      verifying((raw) => raw, "another secret"),
    );

    expect(result).toMatchObject({ status: "broken", message: expect.stringContaining("its secret is another one") });
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });

  it("cannot be told when the app accepts anything, fails on everything, or has no such path", async () => {
    expect((await found("raw-body", status(200))).status).toBe("skipped");
    expect((await found("raw-body", status(500))).status).toBe("skipped");
    expect((await found("raw-body", status(404))).status).toBe("skipped");
  });

  it("is skipped without a secret", async () => {
    const result = await found("raw-body", status(200), { signing: "no secret is known" });

    expect(result).toMatchObject({ status: "skipped", message: "no secret is known" });
  });
});

describe("app-verifies", () => {
  it("is well when an unsigned event is refused", async () => {
    expect(
      (
        await found(
          "app-verifies",
          verifying((raw) => raw, SECRET, 400),
        )
      ).status,
    ).toBe("ok");
  });

  it("is a warning when an unsigned event is accepted", async () => {
    expect(await found("app-verifies", status(204))).toMatchObject({
      status: "warning",
      message: "an event without a signature was accepted (204): the app does not verify",
    });
  });
});

describe("app-post", () => {
  it("is well when the app answers", async () => {
    expect(
      (
        await found(
          "app-post",
          verifying((raw) => raw),
        )
      ).status,
    ).toBe("ok");
  });

  it.each([301, 302, 303, 307, 308])("is broken by a redirect (%i), and names the place", async (code) => {
    const result = await found("app-post", status(code, { location: "/webhook/" }), { path: "/webhook" });

    expect(result.message).toContain(`answers ${code} and points to /webhook/: webhooks are not followed there`);
    expect(result.status).toBe("broken");
    expect(result.fix?.[0]).toMatch(/^name that place: hookcli doctor http:\/\/127\.0\.0\.1:\d+\/webhook\/;/);
  });

  it("is broken by a redirect to a login", async () => {
    const result = await found("app-post", status(302, { location: "https://127.0.0.1/login?next=/webhook" }));

    expect(result.fix).toEqual(["take the path out of what asks for a login"]);
  });

  it.each([
    [404, "broken", "no such path"],
    [405, "broken", "takes no POST there"],
    [500, "broken", "the app fails on it"],
    [413, "warning", "answers 413"],
    [401, "ok", "answers 401"],
  ])("with a %i is %s", async (code, expected, text) => {
    expect(await found("app-post", status(code))).toMatchObject({
      status: expected,
      message: expect.stringContaining(text),
    });
  });

  it("is broken when the app does not answer, or nothing is there", async () => {
    const silent = await serveTcp(() => {});
    const closed = await closedPort();

    const late = await probe("app-post", await makePatient({ app: makeApp(`127.0.0.1:${silent}`) }));
    const gone = await probe("app-post", await makePatient({ app: makeApp(`127.0.0.1:${closed}`) }));

    expect(late).toMatchObject({ status: "broken", message: expect.stringContaining("it does not answer in time") });
    expect(gone).toMatchObject({ status: "broken", fix: ["start the app, or name its port"] });
  });

  it("can be told from an event by its header and its type", async () => {
    const seen: { header: unknown; body: string }[] = [];
    await found("app-post", (request, response) => {
      void read(request).then((body) => {
        seen.push({ header: request.headers["hookcli-probe"], body });
        response.end();
      });
    });

    expect(seen).toHaveLength(1);
    expect(seen[0]?.header).toBe("doctor");
    expect(JSON.parse(seen[0]?.body ?? "")).toMatchObject({ type: "hookcli.probe" });
  });
});

describe("the bodies of probes", () => {
  it("are odd in spacing, escapes and numbers, so that no serialiser writes them so", () => {
    const odd = oddBody("x");

    expect(JSON.stringify(JSON.parse(odd))).not.toBe(odd);
    expect(JSON.stringify(JSON.parse(odd), null, 2)).not.toBe(odd);
    expect(dumps(JSON.parse(odd))).not.toBe(odd);
  });

  it("are what the serialisers write that they are named after", () => {
    const [stringify, python] = usualBodies("x");

    expect(JSON.stringify(JSON.parse(stringify?.text ?? ""))).toBe(stringify?.text);
    expect(dumps(JSON.parse(python?.text ?? ""))).toBe(python?.text);
  });
});
