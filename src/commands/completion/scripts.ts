import { bash } from "./scripts/bash.js";
import { fish } from "./scripts/fish.js";
import { powershell } from "./scripts/powershell.js";
import { zsh } from "./scripts/zsh.js";

/**
 * The scripts, by shell. All do the same: they ask `hookcli completion --at=... --word=...`, whose first line says what kind of
 * answer it is, and hand the rest to the shell as data. Nothing of an answer, and nothing that is typed, is ever evaluated.
 */
export const SCRIPTS: Readonly<Record<string, string>> = { bash, zsh, fish, powershell };
