import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { REASONS } from "../../src/commands/help/signatures.js";
import { uncheckedWords } from "../../src/commands/verify/unchecked.js";
import { listFolder } from "../../src/fixtures/folder.js";
import { providers } from "../../src/providers/index.js";
import type { Provider } from "../../src/providers/provider.js";
import { retryMarkWords, signatureHeadersOf } from "../../src/providers/words.js";
import { RAW_BODY } from "../../src/signatures/explain-fixes.js";
import { schemeWords } from "../../src/signatures/scheme-words.js";
import { rootDir } from "../helpers/data.js";

const path = join(rootDir, "docs/providers.md");

const INTRODUCTION = `# Providers

What hookcli knows of those who send webhooks. \`hookcli providers show stripe\` says all of one of them: what is signed, where the secret
is found, where type and ids stand, deadlines and retries, and what there is not to check. \`hookcli providers list --json\` gives the rows
to programs. How checking works, and how a provider is added, stands in [signatures.md](signatures.md).

Several schemes of one provider stand one after the other, the default first; "not checked" says what a right signature leaves open.
A provider without a signature header has its signature in the body, or none.

<!-- Made from the rows. After a change: npx vitest run --project unit test/providers/page.test.ts -u -->

`;

const HEAD = [
  "name",
  "title",
  "signature headers",
  "schemes",
  "not checked",
  "retries marked by",
  "fixtures",
  "documents",
];

async function pageText(): Promise<string> {
  const entries = await listFolder(join(rootDir, "fixtures"));
  const rows = providers.map((row) => cells(row, entries.filter(({ provider }) => provider === row.name).length));
  return INTRODUCTION + tableText([HEAD, ...rows]);
}

function cells(row: Provider, fixtures: number): string[] {
  const schemes = row.schemes.map(schemeWords).join("; ");
  return [
    code(row.name),
    row.title,
    signatureHeadersOf(row).map(code).join(", "),
    schemes,
    uncheckedWords(row) ?? "",
    row.retryMark === undefined ? "" : retryMarkWords(row.retryMark),
    String(fixtures),
    row.documents === undefined ? "" : `[documents](${row.documents})`,
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}

/** In columns of equal width, as the formatter writes tables. */
function tableText(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |\n`;
  const [head = [], ...rest] = rows.map(line);
  return [head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`, ...rest].join("");
}

describe("docs/providers.md", () => {
  // After a change of the rows or of their fixtures: npx vitest run --project unit test/providers/page.test.ts -u
  it("says what the rows say", async () => {
    await expect(await pageText()).toMatchFileSnapshot(path);
  });
});

describe("docs/signatures.md", () => {
  const text = readFileSync(join(rootDir, "docs/signatures.md"), "utf8");

  it("says of every reason what the help says", () => {
    const rows = [...text.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map((match) => match.slice(1));

    expect(rows).toEqual(Object.entries(REASONS));
  });

  it("says of every framework what the explanations say", () => {
    for (const fix of RAW_BODY) expect(text).toContain(`\n${fix.for}: ${fix.text}\n`);
  });

  it("shows a row as it stands in the code", () => {
    const [, row = "none"] = /```ts\n(export const [^]*?)```/.exec(text) ?? [];

    expect(readFileSync(join(rootDir, "src/providers/mail-and-phone.ts"), "utf8")).toContain(row);
  });
});
