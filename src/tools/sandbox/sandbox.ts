// Opens the sandbox that this system has, and says what it enforces.
import { OpenSpaceError } from '../../lib/index.ts';
import { openBubblewrap } from './bubblewrap-sandbox.ts';
import type { Sandbox, SandboxOptions } from './programs.ts';
import { NO_SANDBOX, type SandboxReport } from './report.ts';
import { openSeatbelt } from './seatbelt-sandbox.ts';

/**
 * Opens a sandbox for one run: bubblewrap on Linux, Seatbelt on macOS.
 * Throws `unsupported`, with what would help, where this machine has none: callers decide what then is allowed.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  return process.platform === 'darwin' ? openSeatbelt(options) : openBubblewrap(options);
}

/** What a sandbox would enforce here. Tries it; never throws for a missing one. For `doctor`. */
export async function describeSandbox(options: SandboxOptions): Promise<SandboxReport> {
  try {
    const sandbox = await openSandbox(options);
    await sandbox.close();
    return sandbox.report;
  } catch (error) {
    if (!(error instanceof OpenSpaceError) || error.code !== 'unsupported') throw error;
    return { ...NO_SANDBOX, notes: [error.message, ...(error.hint === undefined ? [] : [error.hint])] };
  }
}
