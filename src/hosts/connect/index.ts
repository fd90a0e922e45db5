// The door of connecting hosts. Apart from the room's own door, which every start loads.
export {
  type ConnectPlaces,
  findHost,
  HOSTS,
  type HostAdapter,
  type PassedEnvironment,
  SERVER_NAME,
  type ServerEntry,
} from './adapters.ts';
export { applyPlan, changesAnything } from './apply.ts';
export { type ConnectOptions, type Plan, type PlannedFile, planConnect, planDisconnect } from './plan.ts';
export { type HostState, hostStates } from './states.ts';
