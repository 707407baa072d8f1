import type { Output } from "../output/output.js";

/** A page of `hookcli help <topic>` that is not about one command. */
export interface HelpTopic {
  readonly name: string;
  readonly summary: string;
  /** Prints it; what it tells of is loaded then. */
  readonly print: (output: Output) => Promise<void>;
}

/** All topics, in the order of `hookcli --help`. */
export const helpTopics: readonly HelpTopic[] = [
  {
    name: "exit-codes",
    summary: "what each exit code means",
    print: async (output) => (await import("./help/exit-codes.js")).printExitCodes(output),
  },
  {
    name: "environment",
    summary: "the environment variables that hookcli reads",
    print: async (output) => (await import("./help/environment.js")).printEnvironment(output),
  },
  {
    name: "signatures",
    summary: "providers, secrets, what unchecked means, and why a signature is not valid",
    print: async (output) => (await import("./help/signatures.js")).printSignatures(output),
  },
  {
    name: "selectors",
    summary: "how events are named and filtered",
    print: async (output) => (await import("./help/selectors.js")).printSelectors(output),
  },
  {
    name: "expectations",
    summary: "what --expect takes",
    print: async (output) => (await import("./help/expectations.js")).printExpectations(output),
  },
];
