import { parentPort, workerData } from "node:worker_threads";
import { openDatabase } from "./driver.js";
import type { WriterData } from "./operations.js";
import { serveWriter } from "./writer-loop.js";

if (parentPort !== null) void serveWriter(parentPort, workerData as WriterData, openDatabase);
