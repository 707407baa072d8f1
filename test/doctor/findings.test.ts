import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { examine } from "../../src/doctor/examine.js";
import { broken, type Finding, ok, warning } from "../../src/doctor/finding.js";
import { findings } from "../../src/doctor/findings.js";
import { rootDir } from "../helpers/data.js";
import { makePatient } from "./patient.js";

const by = () => ({ monotonic: () => performance.now(), signal: new AbortController().signal });
const row = (name: string, probe: Finding["probe"]): Finding => ({
  name,
  probes: name,
  severity: "broken",
  fix: "mend it",
  probe,
});

describe("the table of findings", () => {
  it("has a name, a subject and a fix for each, in the words of the house", () => {
    expect(new Set(findings.map(({ name }) => name)).size).toBe(findings.length);
    for (const { name, probes, fix } of findings) {
      expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
      expect(probes, name).toMatch(/[^.]$/);
      expect(fix, name).toMatch(/^[a-z].*[^.]$/s);
    }
  });

  it("has a test for each", () => {
    const here = join(rootDir, "test/doctor");
    const tests = readdirSync(here)
      .map((file) => readFileSync(join(here, file), "utf8"))
      .join("\n");

    const untested = findings.filter(({ name }) => !new RegExp(`(?:probe|found|examined)\\(\\s*"${name}"`).test(tests));
    expect(untested.map(({ name }) => name)).toEqual([]);
  });

  it("stands in the documentation, row by row", () => {
    const text = readFileSync(join(rootDir, "docs/doctor.md"), "utf8");

    const rows = [...text.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\| (broken|warning) +\|$/gm)].map((match) =>
      match.slice(1),
    );
    expect(rows).toEqual(findings.map(({ name, probes, severity }) => [name, probes, severity]));
  });
});

describe("an examination", () => {
  it("goes on when a probe throws, hangs, or finds something", async () => {
    const table = [
      row("throws", () => Promise.reject(new Error("oh"))),
      row("hangs", () => new Promise(() => {})),
      row("well", async () => ok("fine")),
    ];
    const patient = await makePatient();

    const examined = await examine(table, { ...patient, limits: { ...patient.limits, probeMs: 50 } }, by());

    expect(examined.map(({ status, message }) => [status, message])).toEqual([
      ["warning", "it cannot be told: oh"],
      ["warning", "no result within 0.05 s"],
      ["ok", "fine"],
    ]);
  });

  it("tells a probe whose time is over to stop", async () => {
    let stopped = false;
    const hangs = row("hangs", (_patient, signal) => {
      signal.addEventListener("abort", () => (stopped = true));
      return new Promise(() => {});
    });
    const patient = await makePatient();

    await examine([hangs], { ...patient, limits: { ...patient.limits, probeMs: 20 } }, by());

    expect(stopped).toBe(true);
  });

  it("probes all at once", async () => {
    let running = 0;
    let most = 0;
    let open = () => {};
    const all = new Promise<void>((resolve) => (open = resolve));
    const waits = row("waits", async () => {
      running += 1;
      most = Math.max(most, running);
      if (running === 5) open();
      await all;
      return ok("");
    });

    await examine([waits, waits, waits, waits, waits], await makePatient(), by());

    expect(most).toBe(5);
  });

  it("gives the row's fix where the probe knows none better", async () => {
    const table = [
      row("plain", async () => broken("x")),
      row("better", async () => warning("x", "do this", "or that")),
      row("well", async () => ok("x")),
    ];

    const examined = await examine(table, await makePatient(), by());

    expect(examined.map(({ fix }) => fix)).toEqual([["mend it"], ["do this", "or that"], undefined]);
  });
});
