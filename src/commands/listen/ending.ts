/** Takes the steps one after another, each whatever became of those before it; then throws what the first that failed threw. */
export async function endEach(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: { error: unknown }[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push({ error });
    }
  }
  if (failures[0] !== undefined) throw failures[0].error;
}
