// The door of the sandbox: what a program may see, change and reach, enforced by the system.
export { hostFits, isPublicAddress } from '../addresses.ts';
export { findEnvFiles } from './mounts.ts';
export { createExits, type Exits, type Sandbox, type SandboxOptions, viewSpawner } from './programs.ts';
export { type AllowProxy, checkHost, openProxy, type ProxyOptions } from './proxy.ts';
export {
  DEFAULT_LIMITS,
  describeForModel,
  NO_SANDBOX,
  reportLines,
  type SandboxLimits,
  type SandboxReport,
} from './report.ts';
export { describeSandbox, openSandbox } from './sandbox.ts';
export { isEnvFile, SECRETS_IN_HOME, SECRETS_OF_SYSTEM, setsSecret } from './secret-places.ts';
