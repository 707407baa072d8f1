import type { CommandDefinition } from "./command.js";
import { defineListen, type ListenFlags } from "./listen/options.js";

/** Public URL, capture, deliver. */
export const listen: CommandDefinition<ListenFlags> = {
  examples: [
    { line: "hookcli listen 5000", about: "a public URL for port 5000" },
    { line: "hookcli listen 5000/webhook -e 'message.*'", about: "everything to one path, and only some events" },
    { line: "hookcli listen --no-tunnel --port 4000", about: "no app yet: capture at a fixed local port, answer 200" },
    { line: "hookcli listen 5000 --provider stripe --require-signature", about: "let in only what Stripe signed" },
    {
      line: "hookcli listen --no-tunnel --expect type=message.created --wait 30s -- npm test",
      about: "run a test; 0 when it passed and its event came",
    },
  ],
  define: defineListen,
  endsOnSignal: true,
  takesWords: true,
  run: async (invocation) => (await import("./listen/run.js")).runListen(invocation),
};
