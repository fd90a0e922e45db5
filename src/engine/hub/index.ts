// The hub's door in engine: which hub is used, what comes from it, what it is told. Loads no agents, tools or models.
export { type HubConnection, hubConnection, hubSettings } from './connection.ts';
export { shareWithHub } from './share.ts';
export { importForTask, openHubShelf, type Taken } from './take.ts';
