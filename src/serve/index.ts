// The door of serve: faces for machines. `mcp/` has a light door of its own.
export { type HubAccess, hubAccess, hubClientWithKey } from './hub-access.ts';
export { ensureToken } from './mcp/token.ts';
