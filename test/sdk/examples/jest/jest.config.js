export default {
  testEnvironment: "node",
  // Nothing to compile: these are ES modules, which Node runs as they are.
  transform: {},
};
