import fastCheck from "fast-check";

export { default as fc } from "fast-check";

/** Where the random values of properties begin, so that a run can be repeated; `PROPERTY_SEED=$RANDOM` begins elsewhere. */
const SEED = Number(process.env["PROPERTY_SEED"] ?? 20_231_130);

fastCheck.configureGlobal({ ...fastCheck.readConfigureGlobal(), seed: SEED });
