import { writerUrl } from "../helpers/writer.js";

/** What a test's writer does to its commits; they are numbered from 1, that of the schema not counted. */
export interface WriterFaults {
  /** Commits that fail with an I/O error. */
  readonly failCommits?: readonly number[];
  /** The commit at which the thread dies. */
  readonly crashAtCommit?: number;
  /** Counts the threads that were started. */
  readonly starts?: Int32Array;
  /** See {@link CommitGate}. */
  readonly gate?: Int32Array;
  /** Pages that the file may have; 0: any number. */
  readonly quota?: Int32Array;
}

/** The writer with faults, for `openStore({ writerPath })`. */
export function faultyWriterUrl(): Promise<URL> {
  return writerUrl("test/store/programs/faulty-writer.ts");
}

/** Memory that a test and the writer share. */
export function sharedNumbers(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}

/** Holds each commit back until the test lets it pass. */
export class CommitGate {
  readonly shared = sharedNumbers(2);

  /** Resolves when the writer stands before this commit. */
  async reached(commit: number): Promise<void> {
    while (Atomics.load(this.shared, 1) < commit) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets all commits up to this one pass. */
  pass(commit: number): void {
    Atomics.store(this.shared, 0, commit);
    Atomics.notify(this.shared, 0);
  }
}
