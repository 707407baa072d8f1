import { messages } from "./messages.js";
import { payments } from "./payments.js";
import { services } from "./services.js";

export const judges = [...payments, ...messages, ...services];
