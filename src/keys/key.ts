export { keyFromObject, looksLikeKey, parseKey, type Key, type KeyForm } from "../signatures/key.js";
