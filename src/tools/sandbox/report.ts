// What a sandbox enforces on this machine, said to people (`doctor`) and to models.

export interface SandboxLimits {
  /** Bytes that all programs of a run (with a cgroup) or each one (without) may use. */
  readonly memoryBytes: number;
  /** Processes and threads at one time. */
  readonly processes: number;
  /** Size of one written file, in bytes. */
  readonly fileBytes: number;
}

export const DEFAULT_LIMITS: SandboxLimits = {
  memoryBytes: 4 * 1024 ** 3,
  processes: 512,
  fileBytes: 4 * 1024 ** 3,
};

/** Facts, found by trying and not by guessing. */
export interface SandboxReport {
  readonly kind: 'bubblewrap' | 'seatbelt' | 'none';
  /** Writes only to the workspace and temp; credentials hidden. */
  readonly files: boolean;
  /** `none`: no connection at all; `hosts`: only through our proxy; `open`: nothing holds it. */
  readonly network: 'none' | 'hosts' | 'open';
  readonly memory: 'all together' | 'each process' | 'no';
  readonly processes: 'all together' | 'each user' | 'no';
  /** Programs can't outlive their command. */
  readonly contained: boolean;
  /** Why something is not enforced, and the command that would bring it. */
  readonly notes: readonly string[];
}

export const NO_SANDBOX: SandboxReport = {
  kind: 'none',
  files: false,
  network: 'open',
  memory: 'no',
  processes: 'no',
  contained: false,
  notes: [],
};

/** Lines for `doctor`. */
export function reportLines(report: SandboxReport): string[] {
  if (report.kind === 'none') {
    return ['sandbox: none. In mode auto only what is read-only runs unasked.', ...report.notes];
  }
  const network = { none: 'no connections', hosts: 'allowed hosts only', open: 'not limited' }[
    report.network
  ];
  return [
    `sandbox: ${report.kind}`,
    `files: ${report.files ? 'writes to the workspace and temp only; credentials hidden' : 'not limited'}`,
    `network: ${network}`,
    `memory: ${report.memory === 'no' ? 'not limited' : `limited, ${report.memory}`}`,
    `processes: ${report.processes === 'no' ? 'not limited' : `limited, ${report.processes}`}`,
    ...report.notes,
  ];
}

/** What a model should know about where its commands run, for the system text. Empty without a sandbox. */
export function describeForModel(report: SandboxReport, allowedHosts: readonly string[]): string {
  if (report.kind === 'none') return '';
  const network =
    allowedHosts.length === 0
      ? 'There is no network.'
      : `Of the network only these hosts can be reached: ${allowedHosts.join(', ')}.`;
  return `Commands run in a sandbox: they can write to the workspace and /tmp only, and credentials are not visible. ${network}`;
}
