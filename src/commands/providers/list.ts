import { loadConfig } from "../../config/config.js";
import { EXIT } from "../../errors.js";
import { globMatches } from "../../events/glob.js";
import { tableLines, type Cell } from "../../output/columns.js";
import { providerNamed, providers } from "../../providers/index.js";
import type { Provider } from "../../providers/provider.js";
import { signatureHeadersOf } from "../../providers/words.js";
import { schemeWords } from "../../signatures/scheme-words.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { refuseMistypedSubcommand } from "../mistyped.js";
import { PAGER_OPTION, paged, type PagerOptions } from "../paging.js";
import { fixturesByProvider, rowJson } from "./row.js";

/** `hookcli providers list`. */
export const list: CommandDefinition<PagerOptions> = {
  examples: [
    { line: "hookcli providers list", about: "name, signature, scheme, how well it is known, fixtures" },
    { line: "hookcli providers list git", about: "those with git in a name" },
    { line: "hookcli providers list 's*' --json", about: "the rows of some, for a program" },
  ],
  define: (command) => {
    command
      .argument("[filter]", "a part of a name, title or alias, or the whole with * for any characters")
      .option(...PAGER_OPTION);
    refuseMistypedSubcommand(command.parent, { isArgument: (word) => providers.some((row) => fits(row, word)) });
  },
  run: (invocation) => paged(invocation, (output) => runList({ ...invocation, output })),
  endsOnSignal: true,
};

async function runList({ args, context, global, output }: Invocation<PagerOptions>): Promise<number> {
  const [filter] = args;
  const config = await loadConfig(context, global);
  const all = [...config.ownProviders, ...providers];
  const rows = filter === undefined ? all : all.filter((provider) => fits(provider, filter));
  if (filter !== undefined && rows.length === 0 && !isGlob(filter)) providerNamed(filter, config.ownProviders);
  const fixtures = await fixturesByProvider(context, config);
  const fixturesOf = ({ name }: Provider) => fixtures.get(name) ?? [];
  if (output.json) output.record(rows.map((row) => rowJson(row, fixturesOf(row))));
  else if (rows.length === 0) output.note("no providers");
  else await output.lines(table(rows, fixturesOf, output.columns));
  return EXIT.done;
}

function isGlob(filter: string): boolean {
  return /[*?]/.test(filter);
}

function fits({ name, aliases, title }: Provider, filter: string): boolean {
  const wanted = filter.toLowerCase();
  const names = [name, ...aliases, title].map((text) => text.toLowerCase());
  return names.some((text) => (isGlob(wanted) ? globMatches(wanted, text) : text.includes(wanted)));
}

const HEAD = ["NAME", "TITLE", "SIGNATURE IN", "SCHEME", "EVIDENCE", "FIXTURES"];

function table(rows: readonly Provider[], fixturesOf: (row: Provider) => readonly string[], columns: number) {
  const cells = rows.map((row) => rowCells(row, fixturesOf(row).length));
  const head = HEAD.map((text): Cell => ({ text, style: "dim" }));
  return tableLines([head, ...cells], {
    columns,
    gap: 2,
    concessions: [
      { column: 3, to: "short" },
      { column: 1, to: 12 },
      { column: 2, to: 19 },
      { column: 3, to: 17 },
      { column: 1, to: "nothing" },
      { column: 4, to: "nothing" },
      { column: 2, to: "nothing" },
      { column: 3, to: "nothing" },
    ],
  });
}

function rowCells(row: Provider, fixtures: number): Cell[] {
  const [first] = row.schemes;
  const scheme = first === undefined ? "signs nothing" : schemeWords(first);
  return [
    { text: row.name, style: "bold" },
    { text: row.title, style: "plain" },
    { text: signaturePlace(row), style: "plain" },
    { text: `${scheme}${more(row.schemes.length)}`, short: scheme, style: "plain" },
    { text: row.evidence === "own" ? "yours" : row.evidence, style: "dim" },
    { text: String(fixtures), style: "plain" },
  ];
}

/** The header of the first scheme that has one; else where else its signature stands. */
function signaturePlace(row: Provider): string {
  const [header] = signatureHeadersOf(row);
  if (header !== undefined) return header;
  const from = row.schemes[0]?.signature.from;
  return from === undefined
    ? ""
    : from === "query"
      ? "(the query)"
      : from === "formField"
        ? "(a form field)"
        : "(the body)";
}

/** How many schemes there are, where there are several. */
function more(schemes: number): string {
  return schemes < 2 ? "" : ` (${schemes})`;
}
